"""This file proves when macro values and the basis of dated contracts are known, and until when."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from steelyard.data.catalogue import open_market
from steelyard.data.synthetic import synthetic_market
from steelyard.domain.errors import DataError
from steelyard.domain.time import DAY_MS, HOUR_MS, stamp, text
from steelyard.features.sampling import asof
from tests.support import catalogues as made
from tests.support.data import real_data

WEDNESDAY = made.FIRST_MS
VIX, DXY, MOOD = "macro.VIX.1d", "macro.DXY.1d", "alternative.fear_greed.1d"
FRONT = "cme.BTC.front.1d"
DATED = "binance.dated.BTCUSDT_"


def values(days: list[int], column: list[float]) -> pl.DataFrame:
    """Return daily values on some days after 2020-01-01."""
    ms = pl.Series("ts", [WEDNESDAY + day * DAY_MS for day in days])
    return pl.DataFrame([ms.cast(pl.Datetime("ms", "UTC")), pl.Series("value", column)])


def contract(hours: list[int], closes: list[float], expiry: int) -> pl.DataFrame:
    """Return prices of a contract, stamped by hours after 2020-01-01, and its expiry likewise."""
    kind = pl.Datetime("ms", "UTC")
    return pl.DataFrame(
        [
            pl.Series("ts", [WEDNESDAY + hour * HOUR_MS for hour in hours]).cast(kind),
            pl.Series("close", closes),
            pl.Series("expiry", [WEDNESDAY + expiry * HOUR_MS] * len(hours)).cast(kind),
        ]
    )


@pytest.mark.parametrize(("file", "name"), [(VIX, "vix"), (DXY, "dxy"), (MOOD, "fear_greed")])
def test_a_macro_value_is_known_at_the_end_of_its_day_and_for_four_days(
    tmp_path: Path, file: str, name: str
) -> None:
    made.write_catalogue(tmp_path)
    made.replace(tmp_path, file, values([0, 1], [20.0, 21.0]))

    series = open_market(tmp_path, asset="BTC").series[name]
    at = np.array([1, 2, 5, 6, 7]) * DAY_MS + WEDNESDAY
    read = asof(at, series.known_ms, series.value, series.max_age_ms)

    # 21 is of the 2nd, known from the 3rd on, and good until the 7th itself.
    assert read[:4].tolist() == [20.0, 21.0, 21.0, 21.0]
    assert np.isnan(read[4])


def test_a_weekend_is_no_hole_and_a_week_without_a_value_is(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    made.replace(tmp_path, VIX, values([1, 2, 5, 12], [20.0, 21.0, 22.0, 23.0]))
    made.replace(tmp_path, MOOD, values([0, 2], [20.0, 21.0]))

    holes = open_market(tmp_path, asset="BTC").holes

    # From Friday to Monday there are three days; from the 6th to the 13th six are missing.
    assert [(hole.series, text(hole.start_ms), hole.count) for hole in holes] == [
        (MOOD, "2020-01-02", 1),
        (VIX, "2020-01-07", 6),
    ]


def test_the_basis_of_the_front_contract_is_against_spot_at_its_settlement(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    # Spot closes at 101 + hour: the hour that ends at 21:00 is hour 20, at 121.
    made.replace(tmp_path, FRONT, contract([21, 45], [121.0 * 1.01, 150.0], 21 + 24 * 73))

    market = open_market(tmp_path, asset="BTC")
    basis, days = market.series["basis_apr"], market.series["days_to_expiry"]

    assert basis.known_ms.tolist() == [WEDNESDAY + 21 * HOUR_MS, WEDNESDAY + 45 * HOUR_MS]
    # 1 % in 73 days is 5 % in 365; at 45:00 spot is at 145, and 72 days are left.
    assert basis.value.tolist() == pytest.approx([0.05, (150 / 145 - 1) * 365 / 72])
    assert days.value.tolist() == [73.0, 72.0]
    assert basis.max_age_ms == days.max_age_ms == 4 * DAY_MS


def test_the_basis_is_unknown_at_expiry_and_where_spot_is(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    hours = made.bars(96)
    made.replace(tmp_path, made.SPOT, pl.concat([hours[:20], hours[21:]]))
    made.replace(tmp_path, FRONT, contract([21, 45], [121.0, 150.0], 45))

    market = open_market(tmp_path, asset="BTC")

    assert np.isnan(market.series["basis_apr"].value).all()
    assert market.series["days_to_expiry"].value.tolist() == [1.0, 0.0]


def test_hourly_contracts_of_the_venue_follow_each_other_and_come_first(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    made.replace(tmp_path, FRONT, contract([21], [500.0], 90))
    made.replace(tmp_path, f"{DATED}200104.1h", contract([10, 11], [112.0, 113.0], 72))
    made.replace(tmp_path, f"{DATED}200105.1h", contract([9, 11, 12], [900.0, 900.0, 114.0], 96))

    market = open_market(tmp_path, asset="BTC")
    basis, days = market.series["basis_apr"], market.series["days_to_expiry"]

    # A bar is known when it ends. The later contract is read from where the earlier one ends.
    assert [(ms - WEDNESDAY) // HOUR_MS for ms in basis.known_ms] == [11, 12, 13]
    assert days.value.tolist() == [61 / 24, 60 / 24, 83 / 24]
    # 112 over the spot close of hour 10, 111.
    assert basis.value[0] == pytest.approx((112 / 111 - 1) * 365 / (61 / 24))
    assert basis.max_age_ms == 3 * HOUR_MS
    assert [one.series for one in market.sources[-2:]] == [f"{DATED}200104.1h", f"{DATED}200105.1h"]


REFUSALS = [
    (MOOD, values([0, 1], [50.0, 101.0]), "row 2 (2020-01-02): value is 101; fear and greed lies"),
    (MOOD, values([0, 1], [50.0, -1.0]), "value is -1; fear and greed lies within 0 and 100"),
    (VIX, values([0, 1], [20.0, 0.0]), "row 2 (2020-01-02): value is 0; value must be above 0"),
    (DXY, values([1, 0], [99.0, 99.0]), "rows must be in order of time"),
    (VIX, values([0], [20.0]).rename({"value": "close"}), "has no column value"),
    (FRONT, contract([21], [0.0], 90), "close is 0; close must be above 0"),
    (FRONT, contract([21], [9.0], 20), "row 1 (2020-01-01 21:00 UTC): the price comes after the"),
    (FRONT, contract([21], [9.0], 90).drop("expiry"), "has no column expiry"),
    (
        FRONT,
        contract([21], [9.0], 90).with_columns(pl.lit(5).alias("expiry")),
        "column expiry is of type Int32, must be a timestamp in UTC",
    ),
    (f"{DATED}1.1h", contract([71], [9.0], 71), "a price is known by the expiry of its contract"),
]


@pytest.mark.parametrize(("file", "frame", "said"), REFUSALS)
def test_a_damaged_series_is_refused_with_its_place(
    tmp_path: Path, file: str, frame: pl.DataFrame, said: str
) -> None:
    made.write_catalogue(tmp_path)
    made.replace(tmp_path, file, frame)
    with pytest.raises(DataError) as refused:
        open_market(tmp_path, asset="BTC")

    assert said in str(refused.value)
    assert f"{file}.parquet" in str(refused.value)


def test_the_synthetic_macro_series_tell_the_plot() -> None:
    series = synthetic_market().series
    mood, vix, dxy = (series[name] for name in ("fear_greed", "vix", "dxy"))
    # 1970-01-01 was a Thursday, so day 4 was a Monday: (4 + 3) % 7 = 0.
    weekday = (vix.known_ms // DAY_MS + 3) % 7

    # A value is known when the day after its own begins: Tuesday to Saturday.
    assert set(weekday.tolist()) == {1, 2, 3, 4, 5}
    assert mood.value.min() >= 0.0
    assert mood.value.max() >= 75.0
    assert (mood.value <= 24.0).any()
    assert (vix.value >= 30.0).any()
    assert (dxy.value[20:] / dxy.value[:-20] >= 1.02).any()


@pytest.mark.real
def test_the_vix_of_the_real_crash_is_known_the_day_after() -> None:
    series = open_market(real_data(), asset="BTC").series["vix"]
    at = np.array([stamp(2020, 3, 16, 23), stamp(2020, 3, 17)])
    before, after = asof(at, series.known_ms, series.value, series.max_age_ms)

    # 82.69 on 2020-03-16, a Monday; on its evening Friday's 57.83 is still the last known.
    assert after == pytest.approx(82.69)
    assert before == pytest.approx(57.83, abs=0.01)


@pytest.mark.real
def test_the_real_basis_grew_rich_early_in_2021() -> None:
    market = open_market(real_data(), asset="BTC")
    basis, days = market.series["basis_apr"], market.series["days_to_expiry"]
    months = (basis.known_ms >= stamp(2021, 2, 1)) & (basis.known_ms < stamp(2021, 4, 1))
    liquid = days.value >= 7.0

    assert np.nanmedian(basis.value[months & liquid]) > 0.10
    assert np.abs(np.nanmedian(basis.value[liquid])) < 0.15
