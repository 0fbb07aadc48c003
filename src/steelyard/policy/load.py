"""How a policy is opened: a shipped name or a file, settings on top, everything checked."""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path as FilePath
from typing import cast

from steelyard.domain.errors import PolicyError
from steelyard.policy.account import AccountTerms
from steelyard.policy.checks import check_document
from steelyard.policy.conditions import Conditions
from steelyard.policy.faults import document_of
from steelyard.policy.files import Table, parsed, read_file
from steelyard.policy.place import Path, Source, nearest, spots_of
from steelyard.policy.schema import PolicyDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A policy that has passed every check.

    Parameters
    ----------
    name : str
    sha256 : str
        Digest of the whole effective document, settings and defaults included.
    path_text : str
        The file as the user named it.
    document : PolicyDocument
    trigger_ids, regime_ids : tuple of str
        In the file's order.
    conditions : tuple of Conditions
        Of every trigger, then of every regime.
    source : Source
        Where each key stands, for later refusals.
    """

    name: str
    sha256: str
    path_text: str
    document: PolicyDocument
    trigger_ids: tuple[str, ...]
    regime_ids: tuple[str, ...]
    conditions: tuple[Conditions, ...] = field(repr=False, compare=False)
    source: Source = field(repr=False, compare=False)


def policy_names() -> tuple[str, ...]:
    """Return the names of the shipped policies, sorted."""
    folder = files("steelyard").joinpath("policies")
    names = (entry.name for entry in folder.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load_policy(
    name_or_path: str | FilePath,
    settings: Sequence[str] = (),
    *,
    account: AccountTerms | None = None,
) -> Policy:
    """Open a policy and check all of it.

    Parameters
    ----------
    name_or_path : str or Path
        Name of a shipped policy, or a file.
    settings : sequence of str
        ``PATH=VALUE`` each, as ``limits.band=0.01`` or ``triggers.atr_expansion.dwell=2``; they
        replace what the file says before anything is checked.
    account : AccountTerms, optional
        On whose terms it will run: they say whether cash or coins back its futures.

    Raises
    ------
    PolicyError
        With file, line, column, what is allowed and the nearest name.
    """
    path_text, text = _read(name_or_path)
    table = parsed(path_text, text, "policy")
    changed = _with_settings(path_text, table, settings)
    source = Source(path_text, text, spots_of(text), changed)
    document = document_of(PolicyDocument, table, source)
    in_coins = account is not None and account.document.in_coins
    conditions = check_document(document, source, in_coins=in_coins)
    effective = json.dumps(document.model_dump(mode="json", by_alias=True), sort_keys=True)
    return Policy(
        name=document.name,
        sha256=hashlib.sha256(effective.encode()).hexdigest(),
        path_text=path_text,
        document=document,
        trigger_ids=tuple(trigger.id for trigger in document.triggers),
        regime_ids=tuple(regime.id for regime in document.regimes),
        conditions=conditions,
        source=source,
    )


def _read(name_or_path: str | FilePath) -> tuple[str, str]:
    name = str(name_or_path)
    if isinstance(name_or_path, str) and name in policy_names():
        shipped = files("steelyard").joinpath("policies", f"{name}.toml")
        return f"{name}.toml", shipped.read_text("utf-8").replace("\r\n", "\n")
    try:
        return name, read_file(FilePath(name_or_path), "policy")
    except FileNotFoundError:
        names = policy_names()
        hint = nearest(name.removesuffix(".toml"), names)
        message = (
            f'there is no policy "{name}", neither shipped ({", ".join(names)}) nor a file{hint}'
        )
        raise PolicyError(message) from None


def _with_settings(path_text: str, table: Table, settings: Sequence[str]) -> Mapping[Path, str]:
    changed: dict[Path, str] = {}
    for setting in settings:
        name, equals, value = setting.partition("=")
        keys = [key.strip() for key in name.split(".")]
        if not equals or not all(keys):
            message = f'setting "{setting}" must be PATH=VALUE, such as limits.band=0.01'
            raise PolicyError(message)
        if "\n" in value.strip() or "\r" in value.strip():
            message = f"setting {setting!a} holds a line end; write its value in one line"
            raise PolicyError(message)
        path, place = _container(path_text, table, setting, keys)
        place[keys[-1]] = _value(value)
        changed[*path, keys[-1]] = setting
    return changed


def _value(text: str) -> object:
    """Return a setting's value: TOML where it is TOML, else the text itself."""
    try:
        return tomllib.loads(f"value = {text.strip()}")["value"]
    except (ValueError, RecursionError, KeyError):
        return text.strip()


def _container(path_text: str, table: Table, setting: str, keys: list[str]) -> tuple[Path, Table]:
    path: Path = ()
    here: object = table
    for key in keys[:-1]:
        if isinstance(here, list):
            ids = [str(item.get("id")) for item in here if isinstance(item, dict)]
            if key not in ids:
                message = f'setting "{setting}": {path_text} has no "{key}" among its {path[-1]}'
                raise PolicyError(f"{message}: {', '.join(ids)}{nearest(key, ids)}")
            path = (*path, ids.index(key))
            here = here[ids.index(key)]
            continue
        if isinstance(here, dict):
            here = here.setdefault(key, [] if key in {"triggers", "regimes"} else {})
        path = (*path, key)
    if not isinstance(here, dict):
        message = f'setting "{setting}": "{".".join(keys[:-1])}" is not a table'
        raise PolicyError(f"{message}; name a key inside a table, such as limits.band=0.01")
    return path, cast("Table", here)
