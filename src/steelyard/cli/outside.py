"""This file says where a command's requests go: out, or to the stand-in the environment names."""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from steelyard.cli.console import complain

if TYPE_CHECKING:
    from steelyard.venues.exchange import Exchange
    from steelyard.venues.standin.loopback import Place


def place() -> "Place | None":
    """Return the stand-in that ``STEELYARD_WORLD`` names, and say so; None for the real world.

    Raises
    ------
    RequestError
        If it names none.
    """
    from steelyard.venues.standin.loopback import VARIABLE, place_of

    words = os.environ.get(VARIABLE, "")
    if not words:
        return None
    found = place_of(words)
    complain(f"{VARIABLE} is set: every request goes to the stand-in at port {found.port}")
    return found


@asynccontextmanager
async def opened(
    names: Sequence[str], standin: "Place | None"
) -> "AsyncIterator[dict[str, Exchange]]":
    """Open venues by name, out or at a stand-in, and close them at the end; without a key.

    Raises
    ------
    RequestError
        If one is not known, or ccxt is not installed.
    """
    from steelyard.venues.exchange import connected
    from steelyard.venues.profiles import profile_of

    session = None if standin is None else standin.session()
    exchanges = {}
    try:
        for name in names:
            exchanges[name] = connected(profile_of(name), now_ms, session=session)
        yield exchanges
    finally:
        for exchange in exchanges.values():
            await exchange.close()
        if session is not None:
            await session.close()


def now_ms() -> int:
    """Return the time."""
    import time

    return time.time_ns() // 1_000_000
