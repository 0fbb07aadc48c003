"""This file is the command ``steelyard data record``: what venues say now, kept on a schedule."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from steelyard.cli import options
from steelyard.cli.console import complain, say
from steelyard.domain.errors import RequestError

if TYPE_CHECKING:
    from steelyard.venues.record import Recorder, Tick

_UNITS: Final = {"m": 60_000, "h": 3_600_000}
_LONGEST_MS: Final = 24 * 3_600_000


def record(
    assets: Annotated[list[str], typer.Argument(metavar="ASSET...", help="Such as BTC ETH.")],
    *,
    venue: Annotated[
        list[str],
        typer.Option(
            "--venue", metavar="NAME", help="Whom to ask; may be repeated. See steelyard venues."
        ),
    ],
    every: Annotated[
        str, typer.Option("--every", metavar="TIME", help="How often, such as 1m, 5m or 1h.")
    ] = "5m",
    once: Annotated[bool, typer.Option("--once", help="Record one row of each, and end.")] = False,
    data: Annotated[
        Path,
        typer.Option("--data", metavar="DIR", help="Folder of the history.", show_default=True),
    ] = Path("data"),
    json: options.Json = False,
) -> None:
    """Record open interest, funding, premium, dated prices and implied volatility from now on.

    For venues that keep no history of them. It runs until it is stopped, and may be stopped at any
    moment, also by force: each series is whole at every time. No key is needed. A venue that is
    away leaves a gap, which data list shows.
    """
    import asyncio

    every_ms = 0 if once else _every(every)
    try:
        asyncio.run(_record(assets, venue, data, every_ms, as_json=json))
    except KeyboardInterrupt:
        complain("recording ends; what was recorded is whole")


async def _record(
    assets: list[str], names: list[str], data: Path, every_ms: int, *, as_json: bool
) -> None:
    from steelyard.cli.outside import now_ms, opened, place
    from steelyard.venues.profiles import profile_of
    from steelyard.venues.record import Recorder

    wanted = list(dict.fromkeys(profile_of(name).name for name in names))
    async with opened(wanted, place()) as exchanges:
        recorder = Recorder(
            folder=data, exchanges=exchanges, coins=[one.upper() for one in assets], now_ms=now_ms
        )
        lacking = _lacking(recorder)

        def told(tick: "Tick") -> None:
            _tell(tick, as_json=as_json)
            while lacking:
                complain(lacking.pop())

        await recorder.run(every_ms, told)


def _lacking(recorder: "Recorder") -> list[str]:
    """Return what the venues do not tell, so that nobody waits for it."""
    from steelyard.venues.record import RECORDABLE

    found = []
    for exchange in recorder.exchanges.values():
        lacks = [one.value for one in RECORDABLE if not exchange.profile.can(one)]
        if lacks:
            found.append(f"{exchange.profile.title} does not tell {', '.join(lacks)}")
    return found


def _tell(tick: "Tick", *, as_json: bool) -> None:
    """Print what a tick brought, one line for each; what was not learnt on standard error."""
    import json

    if as_json:
        troubles = {name: str(error) for name, error in tick.troubles.items()}
        say(json.dumps({"schema": 1, "appended": sorted(tick.appended), "troubles": troubles}))
    elif tick.appended:
        say(f"{len(tick.appended)} rows: {', '.join(sorted(tick.appended))}")
    for name, error in tick.troubles.items():
        complain(f"{name}: {error}")


def _every(words: str) -> int:
    """Return a time between two ticks in milliseconds.

    Raises
    ------
    RequestError
        If it is none, shorter than a minute or longer than a day.
    """
    found = re.fullmatch(r"(\d{1,4})([mh])", words)
    every_ms = int(found[1]) * _UNITS[found[2]] if found else 0
    if not 0 < every_ms <= _LONGEST_MS or _LONGEST_MS % every_ms:
        message = (
            f"--every {words} is no time that divides a day; write minutes or hours, such as 1m, "
            f"5m or 1h"
        )
        raise RequestError(message)
    return every_ms
