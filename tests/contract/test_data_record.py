"""Recording: what is appended, what is refused, and that a kill at any moment leaves it whole."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from steelyard.data.columns import AVAILABLE
from steelyard.data.coverage import covered
from steelyard.data.manifest import RECORDING, sole_writer
from steelyard.data.recorded import Recorded, append, read_recorded
from steelyard.domain.errors import DataError, RequestError, VenueBusy
from steelyard.domain.time import stamp
from steelyard.venues.client import Client, client_of
from steelyard.venues.exchange import Exchange
from steelyard.venues.profiles import PROFILES
from steelyard.venues.record import Recorder, Tick
from steelyard.venues.standin.invented import invented_world
from steelyard.venues.standin.server import serving
from steelyard.venues.web import Patience
from tests.support.commands import process, refused
from tests.support.fake_session import Answered, FakeSession, Query
from tests.support.record_loop import SERIES, row
from tests.support.small_venues import FIRST_MS, VENUES, Truth

NOW_MS = stamp(2026, 1, 5, 12)
LINEAR = "bybit.perp.BTCUSDT"
INVERSE = "bybit_coinm.perp.BTCUSD"


class Clock:
    """A clock that moves as it is slept by."""

    def __init__(self, now_ms: int) -> None:
        self.ms = now_ms
        self.slept: list[float] = []

    def now_ms(self) -> int:
        return self.ms

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.ms += round(1000 * seconds)


class Stopped(Exception):  # noqa: N818 - what the test makes of the run
    pass


def exchange(
    venue: str, clock: Clock, broken: Callable[[str, Query], object] = lambda _path, _query: None
) -> Exchange:
    def answers(_host: str, path: str, query: Query) -> object:
        truth = Truth(bars=[], now_ms=clock.now_ms())
        return broken(path, query) or VENUES[venue](truth, path, query)

    library = client_of(PROFILES[venue], FakeSession(answers))
    library.enableRateLimit = False
    patience = Patience(tries=1)
    return Exchange(PROFILES[venue], Client(PROFILES[venue], library, clock.now_ms, patience))


def recorded(
    folder: Path,
    clock: Clock,
    *exchanges: Exchange,
    coins: tuple[str, ...] = ("BTC",),
    many: int = 1,
) -> list[Tick]:
    ticks: list[Tick] = []

    def listener(tick: Tick) -> None:
        ticks.append(tick)
        if len(ticks) == many:
            raise Stopped

    async def run() -> None:
        recorder = Recorder(
            folder=folder,
            exchanges={one.profile.name: one for one in exchanges},
            coins=coins,
            now_ms=clock.now_ms,
            sleep=clock.sleep,
        )
        try:
            await recorder.run(300_000, listener)
        except Stopped:
            pass
        finally:
            for one in exchanges:
                await one.close()

    asyncio.run(run())
    return ticks


def column(folder: Path, series: str, name: str) -> list[float]:
    return pl.read_parquet(folder / f"{series}.parquet")[name].to_list()


def test_what_a_venue_says_is_appended_at_every_tick(tmp_path: Path) -> None:
    clock = Clock(NOW_MS + 61_000)

    ticks = recorded(tmp_path, clock, exchange("bybit", clock), many=3)
    table = read_recorded(tmp_path, f"{LINEAR}.open_interest.recorded")

    # At 12:01:01, and then at 12:05 and 12:10.
    assert clock.slept == [239.0, 300.0]
    assert (table.ms - NOW_MS).tolist() == [61_000, 300_000, 600_000]
    assert column(tmp_path, f"{LINEAR}.open_interest.recorded", "open_interest") == [1000.0] * 3
    # Dollars: 1000 coins at the mark price of 50,000.
    assert column(tmp_path, f"{INVERSE}.open_interest.recorded", "open_interest") == [5e7] * 3
    assert column(tmp_path, f"{LINEAR}.funding.recorded", "rate") == [0.0001] * 3
    # 50,000 over 49,900, less 1.
    assert column(tmp_path, f"{LINEAR}.premium.recorded", "premium") == pytest.approx(
        [100 / 49_900] * 3
    )
    assert column(tmp_path, "bybit.dated.BTCUSDT_260327.price.recorded", "price") == [5e4] * 3
    assert sorted(ticks[0].appended) == sorted(
        [
            *(f"{pair}.{what}.recorded" for pair in (LINEAR, INVERSE)
              for what in ("open_interest", "funding", "premium")),
            "bybit.dated.BTCUSDT_260327.price.recorded",
            "bybit_coinm.dated.BTCUSD_260327.price.recorded",
        ]
    )  # fmt: skip


def test_deribit_says_implied_volatility(tmp_path: Path) -> None:
    clock = Clock(FIRST_MS)
    venue = exchange("deribit", clock)

    recorded(tmp_path, clock, venue, coins=("BTC",))

    assert column(tmp_path, "deribit.BTC.dvol.recorded", "close") == [55.0]


@pytest.mark.parametrize("venue", PROFILES)
def test_every_venue_can_be_recorded(tmp_path: Path, venue: str) -> None:
    clock = Clock(NOW_MS)

    (tick,) = recorded(tmp_path, clock, exchange(venue, clock))
    there = covered(tmp_path)

    assert tick.troubles == {}
    assert len(tick.appended) >= 3
    assert [one.series for one in there] == sorted(tick.appended)
    assert [one.fault for one in there if one.fault] == []


def test_a_value_that_the_venue_has_not_renewed_is_not_written_twice(tmp_path: Path) -> None:
    one = row(SERIES[0], NOW_MS)

    assert append(tmp_path, one) is True
    assert append(tmp_path, one) is False
    assert read_recorded(tmp_path, SERIES[0]).ms.tolist() == [NOW_MS]


def test_a_route_that_is_down_loses_no_other_series(tmp_path: Path) -> None:
    clock = Clock(NOW_MS)

    def broken(path: str, _query: Query) -> object:
        return Answered("", status=503) if path.endswith("openInterest") else None

    (tick,) = recorded(tmp_path, clock, exchange("binance", clock, broken))

    assert "binance.perp.BTCUSDT.funding.recorded" in tick.appended
    assert "binance.perp.BTCUSDT.open_interest.recorded" not in tick.appended
    assert set(tick.troubles) == {"binance BTCUSDT", "binance BTCUSD_PERP"}


def test_a_venue_that_is_away_later_leaves_a_gap_that_is_shown(tmp_path: Path) -> None:
    clock = Clock(NOW_MS)

    def broken(path: str, _query: Query) -> object:
        away = NOW_MS + 500_000 < clock.now_ms() < NOW_MS + 1_300_000
        return Answered("", status=503) if away and path.endswith("tickers") else None

    ticks = recorded(tmp_path, clock, exchange("bybit", clock, broken), many=8)
    series = next(one for one in covered(tmp_path) if one.series == f"{LINEAR}.funding.recorded")

    # 12:00 to 12:35 every 5 minutes; 12:10, 12:15 and 12:20 are missing.
    assert [bool(tick.appended) for tick in ticks] == [True, True, *[False] * 3, *[True] * 3]
    assert (series.rows, series.lacking) == (5, 3)
    assert [(hole.start_ms - NOW_MS) // 60_000 for hole in series.holes] == [10]


def test_a_venue_that_is_away_at_first_is_refused(tmp_path: Path) -> None:
    clock = Clock(NOW_MS)
    away = exchange("bybit", clock, lambda _path, _query: Answered("", status=503))

    with pytest.raises(VenueBusy, match=r"Bybit .markets. is away or in maintenance"):
        recorded(tmp_path / "data", clock, away)

    assert not (tmp_path / "data").exists()


def test_a_coin_that_no_venue_lists_is_refused(tmp_path: Path) -> None:
    clock = Clock(NOW_MS)

    with pytest.raises(RequestError, match="BTX in USDT is not listed as linear on bybit; did you"):
        recorded(tmp_path / "data", clock, exchange("bybit", clock), coins=("BTX",))


def test_one_process_records_and_another_may_download(tmp_path: Path) -> None:
    with sole_writer(tmp_path, RECORDING):
        (tmp_path / "half.parquet.recording").write_bytes(b"half")
        with sole_writer(tmp_path):
            there = (tmp_path / "half.parquet.recording").exists()
        second = sole_writer(tmp_path, RECORDING)
        with pytest.raises(RequestError, match="another process is writing"), second:
            pass

    assert there


@pytest.mark.parametrize(
    ("received", "number", "words"),
    [([2, 1], [1.0, 2.0], "was received before the row above"), ([1, 2], [1.0, None], "NaN")],
)
def test_a_recorded_series_that_cannot_be_true_is_a_fault(
    tmp_path: Path, received: list[int], number: list[float | None], words: str
) -> None:
    clock = pl.Datetime("ms", "UTC")
    frame = pl.DataFrame(
        {
            "ts": pl.Series([1, 2]).cast(clock),
            AVAILABLE: pl.Series(received).cast(clock),
            "open_interest": number,
        }
    )
    frame.write_parquet(tmp_path / f"{SERIES[0]}.parquet")

    with pytest.raises(DataError, match=words):
        read_recorded(tmp_path, SERIES[0])
    (told,) = covered(tmp_path)

    assert words in told.fault


def killed_again_and_again(folder: Path, form: str, kills: int, longest_s: float) -> None:
    """Kill a recorder at random moments; after each, every series is whole and none has lost."""
    dice = np.random.default_rng(7)
    before: dict[str, int] = {}
    for place in range(kills):
        words = [sys.executable, "-m", "tests.support.record_loop", str(folder)]
        words += [str(NOW_MS + place * 10**9), form]
        process = subprocess.Popen(words, stdout=subprocess.PIPE)  # noqa: S603 - the test's own
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(dice.uniform(0.0, longest_s))
        process.kill()
        process.wait()
        process.stdout.close()
        there = {one.name: one for one in folder.glob("*.parquet")}
        rows = {name: pl.read_parquet(one).height for name, one in there.items()}
        faults = [one.fault for one in covered(folder) if one.fault]

        assert faults == []
        assert all(rows.get(name, 0) >= count for name, count in before.items())
        before = rows
    assert before


def test_a_recorder_that_is_killed_at_any_moment_leaves_every_series_whole(tmp_path: Path) -> None:
    killed_again_and_again(tmp_path, "rows", kills=10, longest_s=0.2)
    table = read_recorded(tmp_path, SERIES[1])
    due = [row(SERIES[1], int(ms)).columns["premium"] for ms in table.ms]

    assert table.columns["premium"].tolist() == due
    with sole_writer(tmp_path, RECORDING):
        left = list(tmp_path.glob(f"*{RECORDING}"))
    assert left == []


@pytest.mark.slow
def test_a_recorder_of_two_venues_that_is_killed_50_times_is_whole(tmp_path: Path) -> None:
    killed_again_and_again(tmp_path, "venues", kills=50, longest_s=0.3)


def test_the_command_records_from_the_stand_in(tmp_path: Path) -> None:
    with serving(invented_world(lambda: NOW_MS)) as where:
        environment = {"STEELYARD_WORLD": str(where.place)}
        words = ("BTC", "--venue", "binance", "--venue", "bybit", "--once", "--json")
        done = process("data", "record", *words, "--data", tmp_path, environment=environment)
        listed = process("data", "list", "--data", tmp_path)
        checked = process("data", "check", "--data", tmp_path)
    document = json.loads(done.stdout)

    assert done.returncode == 0, done.stderr
    assert document["troubles"] == {}
    assert "bybit.perp.BTCUSDT.open_interest.recorded" in document["appended"]
    assert "binance_coinm.perp.BTCUSD.premium.recorded" in document["appended"]
    assert all(name in listed.stdout for name in document["appended"])
    assert checked.returncode == 0
    assert "0 faults" in checked.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--venue", "bybitt"), "did you mean bybit?"),
        (("--venue", "bybit", "--every", "7m"), "no time that divides a day"),
        (("--venue", "bybit", "--every", "soon"), "no time that divides a day"),
    ],
)
def test_the_command_refuses_what_it_cannot_do(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    line = refused("data", "record", "BTC", *words, "--data", tmp_path / "data")

    assert said in line
    assert not (tmp_path / "data").exists()


def test_rows_of_another_column_are_appended_beside_them(tmp_path: Path) -> None:
    series = "mexc.perp.BTCUSDT.funding.recorded"
    first = {"rate": 1e-4, "next": 1.0}
    append(tmp_path, Recorded(series=series, ms=1, available_ms=2, columns=first))
    more = {**first, "interval_hours": 8.0}
    append(tmp_path, Recorded(series=series, ms=3, available_ms=4, columns=more))

    assert column(tmp_path, series, "interval_hours") == [None, 8.0]
