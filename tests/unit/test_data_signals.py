"""Open interest that another venue tells than the one that is traded on, and what was recorded."""

from pathlib import Path

import numpy as np
import polars as pl

from steelyard.data.catalogue import open_market
from steelyard.data.recorded import Recorded, append
from steelyard.domain.time import DAY_MS, HOUR_MS
from tests.support import catalogues as made

BYBIT = "bybit.perp.BTCUSDT.open_interest"
MEXC = "mexc.perp.BTCUSDT.open_interest"
DOLLARS = "mexc_coinm.perp.BTCUSD.open_interest"
NAME = "open_interest"


def daily(values: list[float]) -> pl.DataFrame:
    ms = pl.Series("ts", [made.FIRST_MS + day * DAY_MS for day in range(len(values))])
    return pl.DataFrame([ms.cast(pl.Datetime("ms", "UTC")), pl.Series("close", values)])


def record(folder: Path, series: str, hours: dict[float, float]) -> None:
    for hour, value in hours.items():
        ms = made.FIRST_MS + int(hour * HOUR_MS)
        row = Recorded(
            series=f"{series}.recorded", ms=ms - 1, available_ms=ms, columns={NAME: value}
        )
        append(folder, row)


def test_conditions_read_the_open_interest_of_the_venue_that_is_named(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    made.replace(tmp_path, f"{BYBIT}.1d", daily([5.0, 6.0]))

    traded = open_market(tmp_path, asset="BTC")
    told = open_market(tmp_path, asset="BTC", signals="bybit")

    assert traded.venue == told.venue == "binance"
    assert NAME not in traded.series
    assert told.series[NAME].value.tolist() == [5.0, 6.0]
    assert f"{BYBIT}.1d" in {source.series for source in told.sources}


def test_what_was_recorded_counts_by_the_last_hour_of_a_day(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    # The first day has 23:30 and midnight as its last, the second nothing after 22:00.
    record(tmp_path, MEXC, {1.0: 1.0, 23.5: 2.0, 24.0: 3.0, 46.0: 4.0, 71.75: 5.0})

    series = open_market(tmp_path, asset="BTC", signals="mexc").series[NAME]

    known = np.isfinite(series.value)
    assert series.value[known].tolist() == [3.0, 5.0]
    assert series.known_ms[known].tolist() == [made.FIRST_MS + day * DAY_MS for day in (1, 3)]


def test_a_record_of_less_than_a_day_says_nothing_yet(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    record(tmp_path, MEXC, {1.0: 1.0})

    market = open_market(tmp_path, asset="BTC", signals="mexc")

    assert NAME not in market.series


def test_dollars_that_were_recorded_become_coins_at_the_close_of_their_day(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    record(tmp_path, DOLLARS, {24.0: 1240.0})

    series = open_market(tmp_path, asset="BTC", signals="mexc").series[NAME]

    # Spot closes at 101 + hour: the last hour of the first day, 23, at 124; 1240 / 124 = 10.
    assert series.value.tolist() == [10.0]
