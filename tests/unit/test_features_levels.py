"""Key levels by hand: pivots, clusters, age, and what closes do at them."""

import numpy as np
import pytest

from steelyard.domain.arrays import Floats, Ints
from steelyard.features.level_table import (
    FIRST_KEY_ROW,
    LevelTable,
    level_rows,
    level_table,
    levels_at,
    pivots,
)
from steelyard.features.levels import (
    breached,
    broken_support,
    held_since,
    held_support,
    near_resistance,
    resistance,
    support,
)

NAN = float("nan")
WEEK = 7 * 86_400_000


def dips(weeks: int, lows: dict[int, float]) -> tuple[Floats, Floats, Floats, Ints]:
    """Return weekly bars whose only pivots are the given lows; the week's number is its volume."""
    low = np.full(weeks, 100.0)
    for week, price in lows.items():
        low[week] = price
    volume = np.arange(1.0, weeks + 1.0)
    return np.full(weeks, 200.0), low, volume, (np.arange(weeks, dtype=np.int64) + 1) * WEEK


def known_levels(*rows: list[float]) -> LevelTable:
    """Return a table that has the given prices in each row, known since before everything."""
    width = max(len(row) for row in rows)
    price = np.array([row + [NAN] * (width - len(row)) for row in rows])
    return LevelTable(
        known_ms=np.arange(len(rows), dtype=np.int64),
        price=price,
        first_known_ms=np.zeros(price.shape, dtype=np.int64),
        touches=np.full(price.shape, 2.0),
        strength=np.ones(price.shape),
        first_row=0,
    )


def test_a_pivot_stands_out_strictly_before_and_may_be_equalled_after() -> None:
    high, low, volume, _ = dips(12, {3: 90.0, 4: 90.0, 8: 95.0})
    found = pivots(high, low, volume)

    # Week 4 is not below week 3; week 3 is not above week 4.
    assert found.week.tolist() == [3, 8]
    assert found.known_week.tolist() == [5, 10]
    assert found.price.tolist() == [90.0, 95.0]
    assert found.is_high.tolist() == [False, False]


def test_a_pivot_high_mirrors_a_pivot_low() -> None:
    high, low, volume, _ = dips(12, {})
    high[[5, 9]] = 250.0, 240.0

    found = pivots(high, low, volume)

    assert found.week.tolist() == [9, 5]
    assert found.is_high.all()


def test_a_week_next_to_a_missing_one_or_without_volume_is_no_pivot() -> None:
    high, low, volume, _ = dips(20, {3: 90.0, 9: 91.0, 15: 92.0})
    low[5] = NAN
    volume[9] = NAN

    assert pivots(high, low, volume).week.tolist() == [15]


def test_a_chart_too_short_for_a_pivot_has_none() -> None:
    assert pivots(*dips(4, {2: 90.0})[:3]).week.size == 0


def test_a_cluster_takes_prices_up_to_one_and_a_half_percent_above_its_mean() -> None:
    # Volumes 3 and 9: (90 x 3 + 91 x 9) / 12 = 90.75; 90.75 x 1.015 = 92.11 takes 92 as well.
    high, low, volume, _ = dips(30, {2: 90.0, 8: 91.0, 14: 92.0, 20: 94.0})
    levels = levels_at(pivots(high, low, volume), 29)

    assert [level.weeks for level in levels] == [(2, 8, 14), (20,)]
    assert levels[0].price == pytest.approx((90 * 3 + 91 * 9 + 92 * 15) / 27)
    assert (levels[0].touches, levels[0].weight) == (3, 27.0)
    # Ages 27, 21 and 15 weeks.
    assert levels[0].strength == pytest.approx(
        0.5 ** (27 / 52) + 0.5 ** (21 / 52) + 0.5 ** (15 / 52)
    )


def test_a_level_is_key_from_two_touches_and_half_a_year_on() -> None:
    # The pivot of week 2 is 26 weeks old at the close of week 28.
    table = level_table(*dips(40, {2: 90.0, 10: 91.0}))

    assert np.isnan(table.price[:28]).all()
    assert table.price[28, 0] == pytest.approx((90 * 3 + 91 * 11) / 14)
    assert table.touches[28, 0] == 2.0
    assert table.strength[28, 0] == pytest.approx(0.5 ** (26 / 52) + 0.5 ** (18 / 52))
    # The older pivot was confirmed at the close of week 4, the end of the fifth week.
    assert table.first_known_ms[28, 0] == 5 * WEEK


def test_one_touch_makes_no_key_level_at_any_age() -> None:
    assert np.isnan(level_table(*dips(100, {2: 90.0})).price).all()


def test_a_pivot_counts_for_three_years() -> None:
    # Week 2 is the first of the last 156 weeks at week 157, and gone at week 158.
    table = level_table(*dips(160, {2: 90.0, 10: 91.0}))

    assert table.touches[157, 0] == 2.0
    assert np.isnan(table.price[158:]).all()


def test_a_week_without_volume_still_has_a_price() -> None:
    high, low, _, known = dips(40, {2: 90.0, 10: 91.0})
    table = level_table(high, low, np.zeros(40), known)

    assert table.price[28, 0] == pytest.approx(90.5)


def test_bars_know_the_last_closed_week_once_a_key_level_can_be_known() -> None:
    table = level_table(*dips(40, {2: 90.0, 10: 91.0}))
    closes = np.array([28, 29, 29.5, 40]) * WEEK

    rows = level_rows(closes.astype(np.int64), table)

    assert FIRST_KEY_ROW == 28
    assert rows.tolist() == [-1, 28, 28, 39]


def test_weeks_before_the_first_trade_are_no_history() -> None:
    high, low, volume, known = dips(60, {20: 90.0, 30: 91.0})
    high[:10] = low[:10] = volume[:10] = NAN

    assert level_table(high, low, volume, known).first_row == 38
    assert level_table(high * NAN, low * NAN, volume * NAN, known).first_row == 88


def test_support_and_resistance_are_the_nearest_levels_and_a_close_on_one_is_at_both() -> None:
    table = known_levels([90.0, 100.0, 120.0])
    close, rows = np.array([95.0, 100.0, 80.0, 130.0, NAN, 95.0]), np.array([0, 0, 0, 0, 0, -1])

    np.testing.assert_array_equal(support(close, rows, table), [90, 100, NAN, 120, NAN, NAN])
    np.testing.assert_array_equal(resistance(close, rows, table), [100, 100, 90, NAN, NAN, NAN])


def test_the_second_close_below_the_support_of_two_bars_ago_breaches_it() -> None:
    table = known_levels([90.0, 100.0])
    close = np.array([105.0, 99.0, 98.0, 97.0, 89.0, 88.0])
    rows = np.zeros(6, dtype=np.int64)

    # Index 2 breaks 100. Index 5: the support of index 3 is 90, and both closes after are below.
    np.testing.assert_array_equal(breached(close, rows, table, 2), [NAN, NAN, 1, 0, 0, 1])
    np.testing.assert_array_equal(
        broken_support(close, rows, table, 2), [NAN, NAN, 100, 100, 100, 90]
    )


def test_a_breach_is_measured_at_the_level_known_before_it() -> None:
    # The level moves from 100 to 110 in the week of the fall: the frozen 100 counts.
    table = known_levels([100.0], [110.0])
    close, rows = np.array([105.0, 104.0, 103.0]), np.array([0, 1, 1])

    assert breached(close, rows, table, 2)[2] == 0.0


def test_a_missing_close_leaves_a_breach_open_unless_a_known_one_decides() -> None:
    table = known_levels([100.0])
    rows = np.zeros(4, dtype=np.int64)

    # 101 holds, so nothing was broken, whatever the missing close was; 99 may be the second.
    assert breached(np.array([105.0, NAN, 101.0, 102.0]), rows, table, 2)[2] == 0.0
    assert np.isnan(breached(np.array([105.0, NAN, 99.0, 98.0]), rows, table, 2)[2:]).all()


def test_without_a_level_below_nothing_is_broken() -> None:
    close = np.array([90.0, 80.0, 70.0])

    assert breached(close, np.zeros(3, dtype=np.int64), known_levels([100.0]), 2)[2] == 0.0
    assert np.isnan(breached(close, np.full(3, -1), known_levels([100.0]), 2)).all()
    assert np.isnan(broken_support(close, np.full(3, -1), known_levels([100.0]), 2)).all()


def test_the_support_of_a_count_is_that_of_its_first_day() -> None:
    # At 115 the support is 110: 105 is below it, though above 100, and ends the count at 0.
    table = known_levels([100.0, 110.0])
    close = np.array([99.0, 115.0, 112.0, 105.0, 106.0, 104.0, 99.0])

    held = held_support(close, np.zeros(7, dtype=np.int64), table, 9)

    assert held.tolist() == [0.0, 1.0, 2.0, 0.0, 1.0, 2.0, 0.0]


def test_the_support_of_a_count_rises_with_the_market() -> None:
    # At 112 the closes stand on 110, so 101 loses a support although 100, the first one, holds.
    table = known_levels([100.0, 110.0])
    close = np.array([99.0, 105.0, 106.0, 112.0, 111.0, 101.0, 102.0])

    held = held_support(close, np.zeros(7, dtype=np.int64), table, 9)

    assert held.tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 0.0, 1.0]


def test_without_a_level_below_no_support_holds() -> None:
    held = held_support(np.array([95.0, 99.0]), np.zeros(2, np.int64), known_levels([100.0]), 5)

    assert held.tolist() == [0.0, 0.0]


def test_a_count_after_what_is_unknown_is_unknown_until_it_is_long_enough_or_ends() -> None:
    # No level can be known at first, and a close is missing: what stood there may have held too.
    close = np.array([105.0, 105.0, 105.0, 105.0, NAN, 105.0, 105.0, 99.0, 105.0])
    rows = np.array([-1, 0, 0, 0, 0, 0, 0, 0, 0])

    held = held_support(close, rows, known_levels([100.0]), 3)

    np.testing.assert_array_equal(held, [NAN, NAN, NAN, 3.0, NAN, NAN, NAN, 0.0, 1.0])


@pytest.mark.parametrize(
    ("close", "atr", "near"),
    [(99.0, 1.0, 1.0), (98.9, 1.0, 0.0), (100.0, 1.0, 1.0), (100.1, 1.0, 0.0), (99.0, NAN, NAN)],
)
def test_near_resistance_includes_its_bound(close: float, atr: float, near: float) -> None:
    rows = np.zeros(1, dtype=np.int64)
    value = near_resistance(np.array([close]), np.array([atr]), rows, known_levels([100.0]), 1.0)

    np.testing.assert_array_equal(value, [near])


def test_a_bound_of_decimals_is_met_in_spite_of_rounding() -> None:
    # (100.4 - 100.1) / 0.3 is 1.000000000000038 in floating point.
    rows = np.zeros(1, dtype=np.int64)
    value = near_resistance(np.array([100.1]), np.array([0.3]), rows, known_levels([100.4]), 1.0)

    assert value[0] == 1.0


def held_from(
    close: list[float], *, entry: int = 0, broken: float = NAN, known_ms: int = 0, n: float = 9.0
) -> float:
    """Return the count on the last of the closes, with one level at 100 known since a stamp."""
    bars = len(close)
    return held_since(
        np.array(close),
        np.zeros(bars, dtype=np.int64),
        np.array([[100.0]]),
        np.array([[known_ms]]),
        np.arange(bars, dtype=np.int64),
        entry,
        bars - 1,
        broken,
        n,
    )


def test_after_a_breach_the_old_level_does_not_count_and_the_broken_one_must_be_reclaimed() -> None:
    # Above 100 all the time, but 100 was known before the entry; 103 is reclaimed for two closes.
    assert held_from([105.0, 101.0, 102.0, 104.0, 103.0], broken=103.0) == 2.0


def test_a_level_first_known_after_the_entry_counts() -> None:
    assert held_from([95.0, 101.0, 99.0, 102.0, 103.0], broken=110.0, known_ms=1) == 2.0


def test_the_larger_of_both_counts_is_returned() -> None:
    assert held_from([95.0, 101.0, 101.0, 104.0], broken=103.0, known_ms=1) == 3.0


def test_a_missing_close_restarts_both_counts_and_is_itself_unknown() -> None:
    # The missing close may have held too, so that one close after it is at least 1.
    closes = [95.0, 101.0, NAN, 102.0]

    assert np.isnan(held_from(closes[:3], broken=100.5, known_ms=1))
    assert np.isnan(held_from(closes, broken=100.5, known_ms=1, n=2.0))
    assert held_from(closes, broken=100.5, known_ms=1, n=1.0) == 1.0


def test_after_a_missing_close_the_count_is_known_again_once_both_have_ended() -> None:
    # At 99 both end; without it the level of 103 alone had ended, and 100 may have held for long.
    assert held_from([95.0, NAN, 99.0, 101.0], broken=103.0, known_ms=1) == 1.0
    assert np.isnan(held_from([95.0, NAN, 101.0, 102.0], broken=103.0, known_ms=1))


def test_more_closes_than_asked_for_are_not_counted() -> None:
    assert held_from([95.0, 101.0, 102.0, 103.0], broken=100.0, n=2.0) == 2.0


def test_only_closes_after_the_entry_count() -> None:
    assert held_from([105.0, 106.0, 107.0], entry=2, broken=100.0, known_ms=9) == 0.0
    assert held_from([105.0, 106.0, 107.0], entry=-1, broken=100.0, known_ms=0) == 3.0


def test_while_no_level_can_be_known_only_the_reclaimed_one_counts() -> None:
    count = held_since(
        np.array([99.0, 101.0]),
        np.array([-1, -1]),
        np.array([[100.0]]),
        np.array([[5]]),
        np.arange(2),
        0,
        1,
        NAN,
        5.0,
    )

    assert count == 0.0
