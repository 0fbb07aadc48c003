"""Write docs/article.md: every sentence of the article beside the policy lines that do it.

``python scripts/article.py DATA`` prints the page; DATA is the folder of the real history. What it
says stands in docs/article.toml, the policy lines in the shipped files; the counts are measured.
"""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import steelyard as sy
from steelyard.domain.time import text
from steelyard.engine.evidence import Evidence, evidence_of
from steelyard.policy.compile import compile_policy
from steelyard.report.words import counted

ROOT = Path(__file__).resolve().parents[1]
SENTENCES = ROOT / "docs" / "article.toml"
START = "2020-01-01"
BAR = re.compile(r"^(\[\[?[a-z_]+\]?\])")
KEY = re.compile(r"^([a-z0-9_]+)\s*=")
ONE_OF = {"triggers": "trigger", "regimes": "regime"}

HEAD = (
    "# The article, sentence by sentence\n\n"
    "Every sentence of the article with a number or an action, in other words, and what this "
    "product does about it.\n"
    "The lines are those of the shipped policies; `steelyard policies show article` prints the "
    "whole of one.\n"
    "Where a sentence can be read in several ways the reading is named; another reading is another "
    "number or line in a policy file, and `tests/unit/test_readings.py` writes each.\n"
    "`DATA` is a folder of real history.\n"
    "The counts are of real BTC to {end}: days on which the condition was true in the daily "
    "history, in episodes (days at most seven apart are one), and how often the rule was in force "
    "in a backtest from {start}.\n"
    "A count says how rare a rule is, and nothing about profit.\n"
    "This page is written by `scripts/article.py` and compared in a test.\n"
)


@dataclass(frozen=True, slots=True)
class Lived:
    """How often a trigger or regime was in force in a backtest."""

    episodes: int
    days: float


def lines_of(policy: str, path: str) -> list[str]:
    """Return the lines of a shipped policy file that state a key or a table, as they stand there.

    Raises
    ------
    SystemExit
        If the file does not state it.
    """
    shipped = files("steelyard") / "policies" / f"{policy}.toml"
    file = ROOT / policy if policy.endswith(".toml") else shipped
    source = file.read_text(encoding="utf-8")
    parts = path.split(".")
    found = [
        *_table(source.splitlines(), parts[:-1], parts[-1]),
        *(_whole(source.splitlines(), path) if len(parts) == 1 else []),
    ]
    if not found:
        raise SystemExit(f"{file.name} does not state {path}; correct docs/article.toml")
    return found


def stated(policy: str, paths: Sequence[str]) -> str:
    """Return the lines of several paths, each group under a comment that says where it stands."""
    shown: list[str] = []
    place = ""
    for path in paths:
        table, *inside = path.split(".")[:-1] or [""]
        here = " ".join([f"# {policy}:", ONE_OF.get(table, table) or "the policy", *inside])
        if here != place:
            shown.append(here)
            place = here
        shown += [line.rstrip() for line in lines_of(policy, path)]
    return "\n".join(shown)


def _blocks(lines: list[str]) -> Iterator[tuple[str, str, list[str]]]:
    """Yield the tables of a policy file: the header, the id if there is one, the lines below it."""
    header, held = "", list[str]()
    for line in [*lines, "[end]"]:
        found = BAR.match(line)
        if found is None:
            held.append(line)
            continue
        identity = re.search(r'^id = "(\w+)"', "\n".join(held), re.MULTILINE)
        yield header.strip("[]"), identity[1] if identity else "", held
        header, held = found[1], []


def _table(lines: list[str], where: list[str], key: str) -> list[str]:
    for header, identity, held in _blocks(lines):
        if [part for part in (header, identity) if part] == where:
            return _statement(held, key)
    return []


def _whole(lines: list[str], table: str) -> list[str]:
    for header, _, held in _blocks(lines):
        if header == table:
            return [f"[{table}]", *(line for line in held if KEY.match(line))]
    return []


def _statement(held: list[str], key: str) -> list[str]:
    """Return the line that states a key, with those that its value goes on over."""
    taken: list[str] = []
    for line in held:
        found = KEY.match(line)
        if found is not None and taken:
            break
        if (found is not None and found[1] == key) or (taken and not line.startswith("#")):
            taken.append(line)
    while taken and not taken[-1].strip():
        taken.pop()
    return taken


def happened(name: str, rows: Mapping[str, Evidence], lived: Mapping[str, Lived]) -> str:
    """Return how often something happened, in a sentence."""
    said = []
    row = rows[name]
    if row.unanswered:
        said.append(f"It depends on its own state, so its days are not counted: {row.unanswered}")
    elif row.first_ms is not None:
        last = f", last on {text(row.episodes[-1].first_ms)}" if row.episodes else ""
        needs = f" ({' and '.join(row.while_active)} aside)" if row.while_active else ""
        said.append(
            f"True on {counted(row.true_days, 'day')} of {row.known_days:,d} since "
            f"{text(row.first_ms)}{needs}, in {counted(len(row.episodes), 'episode')}{last}"
        )
    if name in lived:
        force = lived[name]
        said.append(
            f"in force {counted(force.episodes, 'time')}, {force.days:.0f} days, in the backtest"
            if force.episodes
            else "never in force in the backtest"
        )
    return "; ".join(said) + "."


def loaded(policy: str) -> sy.Policy:
    """Return a shipped policy by its name, or one of this repository by its path."""
    return sy.load_policy(str(ROOT / policy) if policy.endswith(".toml") else policy)


def lived_of(policy: str, market: sy.Market) -> dict[str, Lived]:
    """Return how often each trigger and regime was in force in a backtest."""
    result = sy.backtest(loaded(policy), market, start=START)
    triggers = {each.id: Lived(each.episodes, each.days_active) for each in result.triggers}
    return triggers | {each.id: Lived(each.entries, each.days) for each in result.regimes}


def page(market: sy.Market) -> str:
    """Return the page."""
    sentences = tomllib.loads(SENTENCES.read_text(encoding="utf-8"))["sentences"]
    policies = sorted({each["policy"] for each in sentences if "counts" in each})
    rows: dict[str, dict[str, Evidence]] = {}
    for name in policies:
        found = evidence_of(compile_policy(loaded(name)), market)
        rows[name] = {row.id: row for row in found}
    lived = {name: lived_of(name, market) for name in policies}
    said = [HEAD.format(end=text(market.end_ms - 1)[:10], start=START)]
    section = ""
    for each in sentences:
        if each["section"] != section:
            section = each["section"]
            said.append(f"## {section}\n")
        said.append(f"**{each['says']}**\n{each['reading']}\n")
        if each["lines"]:
            said.append(f"```toml\n{stated(each['policy'], each['lines'])}\n```\n")
        tail = f"See it: `{each['command']}`."
        if "counts" in each:
            tail += f"\n{happened(each['counts'], rows[each['policy']], lived[each['policy']])}"
        said.append(f"{tail}\n")
    return "\n".join(said)


def main() -> None:
    """Print the page."""
    sys.stdout.write(page(sy.open_market(sys.argv[1], asset="BTC")))


if __name__ == "__main__":
    main()
