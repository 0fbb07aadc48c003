"""This file proves how hourly bars become daily and weekly ones, and how a market is cut."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from steelyard.data.assemble import bar_holes, cut_market, gridded, resampled
from steelyard.data.catalogue import complete_assets, open_market
from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.errors import DataError
from steelyard.domain.market import Bars, Hole
from steelyard.domain.time import DAY_MS, HOUR_MS, WEEK_MS, stamp, text
from tests.support import catalogues as made
from tests.support.data import real_data

WEDNESDAY = stamp(2020, 1, 1)
MONDAY = stamp(2020, 1, 6)


def hourly(hours: Ints, first_ms: int = WEDNESDAY) -> Bars:
    """Return bars of the given hours: hour h opens at 100 + h, closes 1 higher, trades 1 coin."""
    ms = first_ms + hours * HOUR_MS
    opened: Floats = (100.0 + hours).astype(np.float64)
    columns = {
        "open": opened,
        "high": opened + 3.0,
        "low": opened - 2.0,
        "close": opened + 1.0,
        "volume": np.ones(hours.size),
    }
    return gridded(ms, columns, HOUR_MS)


def test_a_day_opens_with_its_first_hour_and_closes_with_its_last() -> None:
    days = resampled(hourly(np.arange(48)), "1d")

    assert days.open.tolist() == [100.0, 124.0]
    assert days.high.tolist() == [126.0, 150.0]  # 100 + 23 + 3, 100 + 47 + 3
    assert days.low.tolist() == [98.0, 122.0]  # 100 - 2, 124 - 2
    assert days.close.tolist() == [124.0, 148.0]  # 100 + 23 + 1, 100 + 47 + 1
    assert days.volume.tolist() == [24.0, 24.0]
    assert days.known_ms.tolist() == [WEDNESDAY + DAY_MS, WEDNESDAY + 2 * DAY_MS]


def test_a_day_that_has_not_ended_does_not_exist() -> None:
    days = resampled(hourly(np.arange(47)), "1d")

    assert days.open_ms.tolist() == [WEDNESDAY]


@pytest.mark.parametrize(("hours", "exists"), [(12, True), (11, False)])
def test_a_day_needs_half_of_its_hours(hours: int, *, exists: bool) -> None:
    # A full first day, then only the last hours of the second.
    there = np.concatenate((np.arange(24), np.arange(48 - hours, 48)))

    second = resampled(hourly(there), "1d")

    assert np.isfinite(second.close).tolist() == [True, exists]
    assert np.isfinite(second.volume).tolist() == [True, exists]


def test_four_hours_begin_at_multiples_of_four_and_need_two_of_them() -> None:
    # Hours 3 to 8 without 5: 0-3 has one hour, 4-7 has 4, 6 and 7, 8-11 has not ended.
    bars = resampled(hourly(np.array([3, 4, 6, 7, 8])), "4h")

    assert bars.open_ms.tolist() == [WEDNESDAY, WEDNESDAY + 4 * HOUR_MS]
    assert np.isnan(bars.close[0])
    assert (bars.open[1], bars.high[1], bars.low[1], bars.close[1]) == (104.0, 110.0, 102.0, 108.0)


def test_conditions_can_count_bars_of_four_hours(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    market = open_market(tmp_path, asset="BTC")

    # Four days of hours.
    assert {kind: bars.close.size for kind, bars in market.bars.items()} == {
        "1h": 96,
        "4h": 24,
        "1d": 4,
        "1w": 0,
    }


def test_a_day_closes_with_its_last_hour_however_old_that_is() -> None:
    # The first twelve hours of the second day make it: half of 24, the last one closing at 136.
    days = resampled(hourly(np.array([*range(36), 48])), "1d")

    assert days.close.tolist() == [124.0, 136.0]


def test_a_day_with_holes_at_both_ends_opens_and_closes_with_the_hours_there_are() -> None:
    # Hours 3 to 20 are there: opens at 100 + 3, closes at 100 + 20 + 1, volume 18.
    there = np.concatenate((np.arange(3, 21), np.arange(24, 48)))

    days = resampled(hourly(there), "1d")

    assert (days.open[0], days.close[0], days.volume[0]) == (103.0, 121.0, 18.0)


@pytest.mark.parametrize(("first_hour", "exists"), [(12, True), (13, False)])
def test_the_first_partial_day_follows_the_same_rule(first_hour: int, *, exists: bool) -> None:
    days = resampled(hourly(np.arange(first_hour, 48)), "1d")

    assert days.open_ms[0] == WEDNESDAY
    assert np.isfinite(days.close[0]) == exists


def test_weeks_begin_on_monday() -> None:
    # Wednesday to Sunday are 120 of 168 hours: the first week is there; the second is whole.
    weeks = resampled(hourly(np.arange(120 + 168)), "1w")

    assert weeks.open_ms.tolist() == [MONDAY - WEEK_MS, MONDAY]
    assert weeks.open.tolist() == [100.0, 220.0]
    assert weeks.volume.tolist() == [120.0, 168.0]


def test_a_week_that_began_on_friday_is_missing() -> None:
    # Friday to Sunday are 72 of 168 hours, less than half.
    weeks = resampled(hourly(np.arange(48, 120 + 168)), "1w")

    assert np.isnan(weeks.close).tolist() == [True, False]


def test_a_history_shorter_than_a_week_has_no_weekly_bars() -> None:
    assert resampled(hourly(np.arange(30)), "1w").open_ms.size == 0


def test_missing_hours_are_rows_of_nan_and_listed_as_holes() -> None:
    bars = hourly(np.array([0, 1, 4, 5, 7]))

    assert np.isnan(bars.close).tolist() == [False, False, True, True, False, False, True, False]
    assert bar_holes("s", bars) == (
        Hole(series="s", start_ms=WEDNESDAY + 2 * HOUR_MS, end_ms=WEDNESDAY + 4 * HOUR_MS, count=2),
        Hole(series="s", start_ms=WEDNESDAY + 6 * HOUR_MS, end_ms=WEDNESDAY + 7 * HOUR_MS, count=1),
    )


def test_a_mark_price_has_no_volume_on_any_bar(tmp_path: Path) -> None:
    market = open_market(made.write_catalogue(tmp_path), asset="BTC")

    assert np.isnan(market.mark.volume).all()
    assert market.mark.close[0] == 101.0


def test_holes_of_every_series_are_listed(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    hours = made.bars(96)
    made.replace(tmp_path, made.PERP, pl.concat([hours[:10], hours[13:]]))
    settled = made.funding(12)
    made.replace(tmp_path, made.FUNDING, pl.concat([settled[:4], settled[5:]]))
    days = made.daily([50.0, 51.0, 52.0, 53.0])
    made.replace(tmp_path, made.IMPLIED_VOL, pl.concat([days[:1], days[3:]]))

    market = open_market(tmp_path, asset="BTC")

    found = [
        (hole.series, text(hole.start_ms), text(hole.end_ms), hole.count) for hole in market.holes
    ]
    # Settlement 5 is due 5 x 8 h after midnight of the 1st; index 10 to 12 are 10:00 to 12:00.
    assert found == [
        (made.PERP, "2020-01-01 10:00 UTC", "2020-01-01 13:00 UTC", 3),
        (made.FUNDING, "2020-01-02 16:00 UTC", "2020-01-03", 1),
        (made.IMPLIED_VOL, "2020-01-02", "2020-01-04", 2),
    ]


def test_implied_volatility_is_known_at_the_end_of_its_day(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    made.replace(tmp_path, made.IMPLIED_VOL, made.daily([50.0, 51.0]))

    series = open_market(tmp_path, asset="BTC").series["implied_vol"]

    assert series.known_ms.tolist() == [WEDNESDAY + DAY_MS, WEDNESDAY + 2 * DAY_MS]
    assert series.value.tolist() == [50.0, 51.0]
    assert series.max_age_ms == 26 * HOUR_MS


def test_open_interest_is_unknown_after_six_hours_and_implied_volatility_after_26(
    tmp_path: Path,
) -> None:
    made.write_catalogue(tmp_path)
    days = made.stamps(made.FIRST_MS, DAY_MS, 3)
    for name in (made.IMPLIED_VOL, "binance.perp.BTCUSDT.open_interest.1d"):
        frame = pl.DataFrame([days, pl.Series("close", [50.0, 51.0, 52.0])])
        frame.write_parquet(tmp_path / f"{name}.parquet")

    series = open_market(tmp_path, asset="BTC").series

    assert series["implied_vol"].max_age_ms == 26 * HOUR_MS
    assert series["open_interest"].max_age_ms == 6 * HOUR_MS
    assert {one.step_ms for one in series.values()} == {DAY_MS}


def test_open_interest_in_dollars_becomes_coins_at_the_close_of_its_day(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    # Spot closes at 124, 148, 172, 196 (100 + last hour + 1); the fifth day has no close.
    made.replace(
        tmp_path, made.OPEN_INTEREST_USD, made.daily([1240.0, 2960.0, 5160.0, 7840.0, 9.0])
    )

    series = open_market(tmp_path, asset="BTC").series["open_interest"]

    assert series.value[:4].tolist() == [10.0, 20.0, 30.0, 40.0]
    assert np.isnan(series.value[4])


def test_what_a_catalogue_lacks_is_not_among_the_side_series(tmp_path: Path) -> None:
    assert open_market(made.write_catalogue(tmp_path), asset="BTC").series == {}


def test_the_newest_snapshot_of_tiers_is_taken_and_its_month_named(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    newer = made.tiers().with_columns(pl.col("maint_margin_rate") * 2, pl.col("maint_amount") * 2)
    made.replace(tmp_path, "binance.perp.leverage_tiers.2025-01", newer)
    made.replace(tmp_path, "binance.perp.leverage_tiers.2024-11", made.tiers())

    market = open_market(tmp_path, asset="BTC")

    assert market.tiers.rate.tolist() == [0.008, 0.01, 0.02]
    assert market.tiers_source == (
        "binance.perp.leverage_tiers.2025-01: the ladder of 2025-01, taken for all times"
    )


def test_the_last_tier_has_no_end(tmp_path: Path) -> None:
    market = open_market(made.write_catalogue(tmp_path), asset="BTC")

    assert market.tiers.cap.tolist() == [50_000.0, 250_000.0, np.inf]


def test_a_market_begins_when_the_last_thing_an_account_needs_does(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    made.replace(tmp_path, made.MARK, made.bars(96, with_volume=False)[30:])

    market = open_market(tmp_path, asset="BTC")

    assert market.start_ms == WEDNESDAY + 30 * HOUR_MS
    assert market.end_ms == WEDNESDAY + 96 * HOUR_MS


def test_a_cut_holds_what_had_ended_by_then_and_nothing_else(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    made.replace(tmp_path, made.IMPLIED_VOL, made.daily([50.0, 51.0, 52.0, 53.0]))
    market = open_market(tmp_path, asset="BTC")

    cut = cut_market(market, WEDNESDAY + 48 * HOUR_MS)

    # 48 hourly bars have ended, two days, two days' values, settlements at 8, 16, ..., 48 h.
    assert cut.spot.open_ms.size == 48
    assert cut.bars["1d"].close.tolist() == [124.0, 148.0]
    assert cut.series["implied_vol"].value.tolist() == [50.0, 51.0]
    assert cut.funding.ms.size == 6
    assert cut.end_ms == WEDNESDAY + 48 * HOUR_MS


def test_a_cut_a_moment_earlier_lacks_the_bar_and_the_settlement(tmp_path: Path) -> None:
    market = open_market(made.write_catalogue(tmp_path), asset="BTC")

    cut = cut_market(market, WEDNESDAY + 48 * HOUR_MS - 1)

    assert cut.spot.open_ms.size == 47
    assert cut.bars["1d"].close.tolist() == [124.0]
    assert cut.funding.ms.size == 5


def test_a_cut_inside_a_hole_knows_of_the_hours_missed_so_far(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    hours = made.bars(96)
    made.replace(tmp_path, made.SPOT, pl.concat([hours[:40], hours[70:]]))
    market = open_market(tmp_path, asset="BTC")

    cut = cut_market(market, WEDNESDAY + 48 * HOUR_MS)

    # Hours 40 to 47 are missing: the second day has 16 of 24 hours and closes at 100 + 39 + 1.
    assert cut.holes == (
        Hole(
            series=made.SPOT,
            start_ms=WEDNESDAY + 40 * HOUR_MS,
            end_ms=WEDNESDAY + 48 * HOUR_MS,
            count=8,
        ),
    )
    assert cut.bars["1d"].close.tolist() == [124.0, 140.0]


def test_a_cut_knows_nothing_of_a_later_hole(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    hours = made.bars(96)
    made.replace(tmp_path, made.SPOT, pl.concat([hours[:40], hours[70:]]))
    market = open_market(tmp_path, asset="BTC")

    assert cut_market(market, WEDNESDAY + 40 * HOUR_MS).holes == ()


def test_a_cut_before_everything_is_known_is_refused(tmp_path: Path) -> None:
    market = open_market(made.write_catalogue(tmp_path), asset="BTC")

    # The first settlement is at 08:00.
    with pytest.raises(DataError, match=r"all known from 2020-01-01 08:00 UTC on; cut there or"):
        cut_market(market, WEDNESDAY + 7 * HOUR_MS)


def test_every_asset_with_all_it_needs_is_complete(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    made.replace(tmp_path, "binance.spot.ETHUSDT.1h", made.bars(96))

    assert complete_assets(tmp_path, "binance") == ("BTC",)
    assert complete_assets(tmp_path, "bybit") == ()


def test_real_spot_has_27_outages_of_122_hours() -> None:
    market = open_market(real_data(), asset="BTC")
    spot = [hole for hole in market.holes if hole.series == "binance.spot.BTCUSDT.1h"]
    others = [(hole.series, hole.count) for hole in market.holes if hole not in spot]

    assert (len(spot), sum(hole.count for hole in spot)) == (27, 122)
    # Weekends and holidays of the macro series are no holes; the index of mood lacks four days.
    assert others == [("alternative.fear_greed.1d", 3), ("alternative.fear_greed.1d", 1)]


def test_of_the_real_days_only_the_longest_outage_is_missing() -> None:
    days = open_market(real_data(), asset="BTC").bars["1d"]

    gone = [text(int(ms)) for ms in days.open_ms[np.isnan(days.close)]]

    assert gone == ["2018-02-08"]


def test_real_days_equal_the_independent_daily_file() -> None:
    folder = real_data()
    days = open_market(folder, asset="BTC").bars["1d"]
    file = pl.read_parquet(folder / "binance.spot.BTCUSDT.1d.parquet")
    row = np.searchsorted(days.open_ms, file["ts"].to_physical().to_numpy())

    for name in ("open", "high", "low", "close"):
        assert np.array_equal(getattr(days, name)[row], file[name].to_numpy())
    assert np.allclose(days.volume[row], file["volume"].to_numpy(), rtol=1e-9, atol=0.0)


@pytest.mark.parametrize(
    ("asset", "begins"),
    [("BTC", stamp(2019, 12, 23, 11)), ("XRP", None), ("ADA", None), ("LTC", None)],
)
def test_real_assets_open(asset: str, begins: int | None) -> None:
    market = open_market(real_data(), asset=asset)

    assert market.end_ms == stamp(2025, 5, 1)
    assert market.funding.follows[1:].all()
    assert len(market.sources) >= 5
    assert begins is None or market.start_ms == begins


def test_real_sol_is_spot_alone_and_says_what_it_lacks() -> None:
    market = open_market(real_data(), asset="SOL")

    assert not market.has_futures
    assert "lacks series binance.perp.SOLUSDT.1h, binance.perp.SOLUSDT.mark.1h" in market.no_futures
    assert "complete there: ADA, BTC, LTC, XRP" in market.no_futures
    assert (market.start_ms, market.end_ms) == (stamp(2020, 8, 11, 6), stamp(2025, 5, 1))
