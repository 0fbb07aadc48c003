"""Window functions by hand: what they give, where they begin, and what a hole does to them."""

import numpy as np
import pytest

from steelyard.domain.arrays import Floats
from steelyard.domain.errors import PolicyError
from steelyard.features.windows import (
    ago,
    change,
    count,
    highest,
    lowest,
    mean,
    median,
    percentile_rank,
    quantile,
    stdev,
    streak,
    within,
    zscore,
)

NAN = float("nan")
T, F, U = 1.0, 0.0, NAN


def assert_same(actual: Floats, expected: list[float]) -> None:
    np.testing.assert_allclose(actual, np.array(expected), rtol=1e-14, atol=0)


def test_ago_is_unknown_until_the_history_reaches_back() -> None:
    x = np.array([1.0, 2.0, NAN, 4.0])

    assert_same(ago(x, 2), [NAN, NAN, 1.0, 2.0])
    assert_same(ago(x, 0), [1.0, 2.0, NAN, 4.0])
    assert_same(ago(x, 9), [NAN, NAN, NAN, NAN])


def test_change_is_relative_to_the_earlier_value() -> None:
    # 3 / 2 - 1 = 0.5; from 0 nothing is relative.
    assert_same(change(np.array([2.0, 3.0, 0.0, 5.0]), 1), [NAN, 0.5, -1.0, NAN])


def test_extremes_of_a_window_include_the_current_value_and_no_hole() -> None:
    x = np.array([3.0, 1.0, 2.0, NAN, 5.0, 4.0])

    assert_same(highest(x, 2), [NAN, 3.0, 2.0, NAN, NAN, 5.0])
    assert_same(lowest(x, 2), [NAN, 1.0, 1.0, NAN, NAN, 4.0])
    assert_same(highest(x, 1), [3.0, 1.0, 2.0, NAN, 5.0, 4.0])
    assert_same(lowest(x, 1), [3.0, 1.0, 2.0, NAN, 5.0, 4.0])


def test_the_mean_of_a_window_begins_anew_after_a_hole() -> None:
    # (1 + 2) / 2, then a hole, then (6 + 8) / 2 and (8 + 1) / 2.
    x = np.array([1.0, 2.0, NAN, 6.0, 8.0, 1.0])

    assert_same(mean(x, 2), [NAN, 1.5, NAN, NAN, 7.0, 4.5])


def test_a_huge_value_leaves_no_trace_once_it_has_left_the_window() -> None:
    # A plain running sum would have lost 0.1 and 0.2 in the rounding of 1e17.
    x = np.array([1e17, 0.1, 0.2, 0.3])

    assert mean(x, 2)[3] == pytest.approx(0.25, rel=1e-15)
    assert mean(x, 2)[2] == pytest.approx(0.15, rel=1e-15)


@pytest.mark.parametrize("bars", [3, 7, 20, 50, 200])
def test_the_mean_of_equal_prices_is_their_price_and_their_deviation_nothing(bars: int) -> None:
    # 0.1 x n / n is not 0.1 in floating point for every n: a flat price must not cross its mean.
    x = np.concatenate((np.linspace(0.0, 9.0, 100), np.full(300, 0.1)))

    assert mean(x, bars)[-1] == 0.1
    assert stdev(x, bars)[-1] == 0.0
    assert np.isnan(zscore(x, bars)[-1])


def test_the_deviation_is_that_of_the_population() -> None:
    # 2, 4, 6: mean 4, squares 4 + 0 + 4, divided by 3.
    assert_same(stdev(np.array([2.0, 4.0, 6.0]), 3), [NAN, NAN, np.sqrt(8 / 3)])


def test_the_zscore_includes_the_current_value() -> None:
    # 0, 0, 3: mean 1, deviation sqrt(6 / 3); the most that three values allow is sqrt(2).
    assert_same(zscore(np.array([0.0, 0.0, 3.0]), 3), [NAN, NAN, 2.0 / np.sqrt(2.0)])


def test_the_median_of_an_even_window_lies_half_way() -> None:
    x = np.array([5.0, 1.0, 4.0, 2.0, NAN, 3.0])

    assert_same(median(x, 4), [NAN, NAN, NAN, 3.0, NAN, NAN])
    assert_same(median(x, 3), [NAN, NAN, 4.0, 2.0, NAN, NAN])


def test_a_quantile_looks_at_the_values_before_and_skips_the_unknown() -> None:
    # Before index 4: 10, 20, 40 known; depth 0.75 x 2 = 1.5, so 20 + 0.5 x 20 = 30.
    x = np.array([10.0, 20.0, NAN, 40.0, 1e6])

    assert_same(quantile(x, 0.75, 4, 3), [NAN, NAN, NAN, NAN, 30.0])
    # Two known values are enough from index 2 on: 10 + 0.75 x 10 = 17.5.
    assert_same(quantile(x, 0.75, 4, 2), [NAN, NAN, 17.5, 17.5, 30.0])


def test_the_quantile_of_an_unknown_value_is_still_known() -> None:
    assert quantile(np.array([1.0, 3.0, NAN]), 0.5, 2, 2)[2] == 2.0


def test_a_rank_counts_half_of_the_equal_values() -> None:
    # Before the last: 1, 2, 2, 3. Below 2: one, equal: two, so (1 + 2 / 2) / 4 = 50 %.
    x = np.array([1.0, 2.0, 2.0, 3.0, 2.0])

    assert percentile_rank(x, 4, 4)[4] == 50.0


def test_the_rank_of_an_unknown_value_is_unknown() -> None:
    assert_same(percentile_rank(np.array([1.0, NAN, 3.0]), 2, 1), [NAN, NAN, 100.0])


def test_a_value_that_left_the_window_no_longer_counts() -> None:
    # Windows of two before each value: (9, 1), (1, 2), (2, 3).
    x = np.array([9.0, 1.0, 2.0, 3.0, 2.5])

    assert_same(quantile(x, 1.0, 2, 2), [NAN, NAN, 9.0, 2.0, 3.0])
    assert_same(percentile_rank(x, 2, 2), [NAN, NAN, 50.0, 100.0, 50.0])


def test_within_is_true_if_any_was_true_and_unknown_while_one_could_have_been() -> None:
    c = np.array([F, F, T, U, F, F, F, F])

    # Window of three: the first two begin before the data, those of index 3 and 4 hold the true.
    assert_same(within(c, 2), [U, U, T, T, T, U, F, F])
    assert_same(within(c, 0), c.tolist())


def test_count_is_unknown_where_a_bar_of_the_window_is() -> None:
    c = np.array([T, F, T, U, T, T, T])

    assert_same(count(c, 2), [U, 1.0, 1.0, U, U, 2.0, 2.0])


def test_a_streak_is_unknown_until_it_is_long_enough_or_a_false_bar_was_seen() -> None:
    # Before the first bar and on the unknown one the condition may have been true as well: one
    # true bar after it is at least 1, two are at least 2, and more than 2 is not asked for.
    c = np.array([T, T, F, T, U, T, T, T, F, T])

    assert_same(streak(c, 2), [U, 2.0, 0.0, 1.0, U, U, 2.0, 2.0, 0.0, 1.0])


def test_a_streak_that_is_asked_for_without_a_bound_needs_a_false_bar() -> None:
    assert_same(streak(np.array([T, T, F, T, T, U, T]), 5000), [U, U, 0.0, 1.0, 2.0, U, U])


def test_no_bars_give_no_values() -> None:
    none = np.array([])

    for result in (ago(none, 1), mean(none, 3), median(none, 3), streak(none, 3), within(none, 1)):
        assert result.size == 0


def test_a_read_only_or_strided_array_gives_the_same() -> None:
    x = np.arange(20.0)
    x.flags.writeable = False

    assert_same(mean(x[::2], 2), [NAN, *np.arange(1.0, 18.0, 2.0).tolist()])


def test_a_window_that_is_too_short_is_refused_by_name() -> None:
    with pytest.raises(PolicyError, match="median has a window of 0 bars, must have at least 1"):
        median(np.ones(3), 0)
