"""This file records into a catalogue as a process of its own, to be killed.

Words: folder, first stamp, and ``rows`` to append made rows, or ``venues`` to ask two small venues.
It says ``ready`` once it holds the folder, and goes on for ever.
"""

import asyncio
import sys
from itertools import count
from pathlib import Path

from steelyard.data.manifest import RECORDING, sole_writer
from steelyard.data.recorded import Recorded, append

SERIES = ("bybit.perp.BTCUSDT.open_interest.recorded", "bybit.perp.BTCUSDT.premium.recorded")
STEP_MS = 60_000


def row(series: str, ms: int) -> Recorded:
    """Return the row of a time: its numbers are made of the time, so that a torn one shows."""
    number = float(ms % 1_000_003)
    columns = {"open_interest": number}
    if "premium" in series:
        columns = {"mark": number + 2.0, "index": number + 1.0, "premium": 1.0 / (number + 1.0)}
    return Recorded(series=series, ms=ms, available_ms=ms + 250, columns=columns)


def append_for_ever(folder: Path, first_ms: int) -> None:
    with sole_writer(folder, RECORDING):
        print("ready", flush=True)  # noqa: T201
        for place in count():
            for series in SERIES:
                append(folder, row(series, first_ms + place * STEP_MS))


def ask_for_ever(folder: Path, first_ms: int) -> None:
    from steelyard.venues.client import Client, client_of  # noqa: PLC0415 - ccxt is heavy
    from steelyard.venues.exchange import Exchange  # noqa: PLC0415
    from steelyard.venues.profiles import PROFILES  # noqa: PLC0415
    from steelyard.venues.record import Recorder, Tick  # noqa: PLC0415
    from tests.support.fake_session import FakeSession, Query  # noqa: PLC0415
    from tests.support.small_venues import VENUES, Truth  # noqa: PLC0415

    clock = count(first_ms, STEP_MS)

    def exchange(venue: str) -> Exchange:
        def answers(_host: str, path: str, query: Query) -> object:
            return VENUES[venue](Truth(bars=[], now_ms=next(clock)), path, query)

        library = client_of(PROFILES[venue], FakeSession(answers))
        library.enableRateLimit = False
        return Exchange(PROFILES[venue], Client(PROFILES[venue], library, lambda: next(clock)))

    def listener(tick: Tick) -> None:
        print("ready" if tick.appended else "nothing", flush=True)  # noqa: T201

    async def ask() -> None:
        recorder = Recorder(
            folder=folder,
            exchanges={name: exchange(name) for name in ("bybit", "binance")},
            coins=["BTC"],
            now_ms=lambda: next(clock),
            sleep=lambda _seconds: asyncio.sleep(0),
        )
        await recorder.run(STEP_MS, listener)

    asyncio.run(ask())


if __name__ == "__main__":
    forms = {"rows": append_for_ever, "venues": ask_for_ever}
    forms[sys.argv[3]](Path(sys.argv[1]), int(sys.argv[2]))
