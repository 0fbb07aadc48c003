"""This file is the command ``steelyard venues``: which venue can do what, and why not."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from steelyard.cli import options
from steelyard.cli.console import say, waiting
from steelyard.domain.errors import SteelyardError

if TYPE_CHECKING:
    from steelyard.venues.profile import Feature

    Told = Mapping[str, Mapping[Feature, str]]


def venues(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[VENUE]...", help="Such as bybit; else all.")
    ] = None,
    *,
    probe: Annotated[
        bool,
        typer.Option("--probe", help="Try everything on BTC, over the network, without a key."),
    ] = False,
    json: options.Json = False,
) -> None:
    """List the venues that can be read, who can do what, and why not.

    Without --probe nothing is asked. With it, the command ends with 1 where something did not work
    that the table says should.
    """  # noqa: DOC501 - help is for people
    import asyncio

    from steelyard.venues.probe import capabilities
    from steelyard.venues.profiles import PROFILES, profile_of

    profiles = [profile_of(name) for name in names or PROFILES]
    expected: Told = {one.name: capabilities(one) for one in profiles}
    told = expected
    failed: Mapping[str, str] = {}
    if probe:
        with waiting("Trying out venues"):
            told, failed = asyncio.run(_probed(list(expected)))
    if json:
        _say_document(told, failed)
    else:
        say("\n".join([*_table(told), *_reasons(told), *failed.values()]))
    if failed or any(told[name] != expected[name] for name in told):
        raise typer.Exit(1)


async def _probed(names: list[str]) -> "tuple[Told, Mapping[str, str]]":
    """Return what was found by trying, and the venues that could not be tried.

    Raises
    ------
    SteelyardError
        If none could.
    """
    from steelyard.cli.outside import opened, place
    from steelyard.venues.probe import probed

    told, failed = {}, {}
    async with opened(names, place()) as exchanges:
        for name, exchange in exchanges.items():
            try:
                told[name] = await probed(exchange)
            except SteelyardError as error:
                failed[name] = str(error)
                if len(failed) == len(names):
                    raise
    return told, failed


def _table(told: "Told") -> list[str]:
    """Return a line for each feature: y, part, or a dash for each venue."""
    from steelyard.venues.profile import Feature

    widest = max(len(feature.value) for feature in Feature)
    head = " " * widest + "".join(f"  {name:^8}" for name in told)
    return [
        head.rstrip(),
        *(
            f"{feature.value:<{widest}}"
            + "".join(f"  {_mark(name, feature, told):^8}" for name in told).rstrip()
            for feature in Feature
        ),
    ]


def _mark(name: str, feature: "Feature", told: "Told") -> str:
    from steelyard.venues.profiles import PROFILES

    if not told[name][feature]:
        return "y"
    return "part" if PROFILES[name].can(feature) else "-"


def _reasons(told: "Told") -> list[str]:
    """Return why not, one line for each reason."""
    from steelyard.venues.profiles import PROFILES

    by_reason: dict[tuple[str, str], list[str]] = {}
    for name, features in told.items():
        for feature, reason in features.items():
            if reason:
                by_reason.setdefault((feature.value, reason), []).append(PROFILES[name].title)
    return [
        f"{feature}, {', '.join(names)}: {reason}"
        for (feature, reason), names in sorted(by_reason.items())
    ]


def _say_document(told: "Told", failed: Mapping[str, str]) -> None:
    import json

    from steelyard.venues.profiles import PROFILES

    listed = [
        {
            "venue": name,
            "features": {
                feature.name.lower(): {"can": PROFILES[name].can(feature), "reason": reason}
                for feature, reason in features.items()
            },
        }
        for name, features in told.items()
    ]
    say(json.dumps({"schema": 1, "venues": listed, "failed": dict(failed)}, indent=1))
