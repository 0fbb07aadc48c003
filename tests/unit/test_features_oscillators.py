"""Ranges, oscillators and realised volatility by hand; Wilder's smoothing step by step."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from steelyard.domain.arrays import Floats
from steelyard.domain.errors import PolicyError
from steelyard.features.oscillators import (
    adx,
    atr,
    bandwidth,
    chop,
    minus_di,
    natr,
    plus_di,
    rsi,
    true_range,
)
from steelyard.features.volatility import garman_klass, parkinson, realised_vol

NAN = float("nan")
HIGH = np.array([10.0, 12.0, 13.0, 12.0, 15.0, 14.0, 16.0])
LOW = np.array([8.0, 10.0, 11.0, 9.0, 12.0, 11.0, 13.0])
CLOSE = np.array([9.0, 11.0, 12.0, 10.0, 14.0, 12.0, 15.0])


def test_the_true_range_reaches_to_the_close_before() -> None:
    # Index 1: 12 - 10 = 2 but 12 - 9 = 3. Index 3: |9 - 12| = 3. Index 4: 15 - 10 = 5.
    expected = [NAN, 3.0, 2.0, 3.0, 5.0, 3.0, 4.0]

    np.testing.assert_array_equal(true_range(HIGH, LOW, CLOSE), expected)


def test_the_average_true_range_starts_with_a_mean_and_is_smoothed_as_wilder_did() -> None:
    # (3 + 2) / 2 = 2.5; (2.5 + 3) / 2 = 2.75; (2.75 + 5) / 2 = 3.875; 3.4375; 3.71875.
    expected = [NAN, NAN, 2.5, 2.75, 3.875, 3.4375, 3.71875]

    np.testing.assert_allclose(atr(HIGH, LOW, CLOSE, 2), expected, rtol=1e-14)


def test_percent_average_true_range_is_in_percent_of_the_close() -> None:
    # 2.5 of 12 is 20.8333 %.
    assert natr(HIGH, LOW, CLOSE, 2)[2] == pytest.approx(100 * 2.5 / 12)


def test_the_average_true_range_starts_afresh_after_a_hole() -> None:
    hole = np.array([0.0, 0.0, NAN, 0.0, 0.0, 0.0, 0.0])
    # From index 3: ranges 5, 3, 4 at 4, 5, 6; the mean of the first two, then (4 + 4) / 2.
    expected = [NAN, NAN, NAN, NAN, NAN, 4.0, 4.0]

    np.testing.assert_allclose(atr(HIGH, LOW + hole, CLOSE, 2), expected)


def test_relative_strength_is_the_share_of_gains_in_wilder_averages() -> None:
    # Changes 2, 1, -2, 4: gains (2 + 1) / 2 = 1.5 and losses 0 give 100;
    # then gains 0.75 and losses 1 give 100 x 0.75 / 1.75; then 2.375 and 0.5.
    value = rsi(CLOSE, 2)

    assert np.isnan(value[:2]).all()
    np.testing.assert_allclose(value[2:5], [100.0, 75 / 1.75, 237.5 / 2.875])


def test_relative_strength_is_nothing_where_the_price_never_moved() -> None:
    assert rsi(np.full(20, 5.0), 14)[14:].tolist() == [0.0] * 6


def wilder_sum(values: list[float], n: int) -> list[float]:
    """Return Wilder's running sum: the first n - 1 values, then each step loses 1 / n of it."""
    total = sum(values[: n - 1])
    sums = []
    for value in values[n - 1 :]:
        total = total - total / n + value
        sums.append(total)
    return sums


def test_directional_movement_follows_wilders_sums() -> None:
    # Up moves 2 1 0 3 0 2 and down moves 0 0 2 0 1 0 (only the larger of the two counts).
    ups = wilder_sum([2.0, 1.0, 0.0, 3.0, 0.0, 2.0], 2)
    downs = wilder_sum([0.0, 0.0, 2.0, 0.0, 1.0, 0.0], 2)
    ranges = wilder_sum([3.0, 2.0, 3.0, 5.0, 3.0, 4.0], 2)
    plus = [100 * up / size for up, size in zip(ups, ranges, strict=True)]
    minus = [100 * down / size for down, size in zip(downs, ranges, strict=True)]
    index = [100 * abs(p - m) / (p + m) for p, m in zip(plus, minus, strict=True)]
    # The first average is the mean of two, at bar 2 x 2 - 1 = 3; then Wilder's smoothing.
    smooth = [(index[0] + index[1]) / 2]
    for value in index[2:]:
        smooth.append((smooth[-1] + value) / 2)

    np.testing.assert_allclose(plus_di(HIGH, LOW, CLOSE, 2), [NAN, NAN, *plus])
    np.testing.assert_allclose(minus_di(HIGH, LOW, CLOSE, 2), [NAN, NAN, *minus])
    np.testing.assert_allclose(adx(HIGH, LOW, CLOSE, 2), [NAN, NAN, NAN, *smooth])


def test_bandwidth_is_four_deviations_over_the_mean() -> None:
    # 9 and 11: mean 10, deviation 1.
    assert bandwidth(CLOSE, 2)[1] == pytest.approx(0.4)
    assert np.isnan(bandwidth(np.array([-1.0, 1.0]), 2)[1])


def test_choppiness_compares_the_path_with_the_distance() -> None:
    # Two bars: ranges 2 + 3 over 13 - 9 = 4, in logarithms to the base of two bars.
    value = chop(HIGH, LOW, CLOSE, 2)

    assert np.isnan(value[:2]).all()
    assert value[3] == pytest.approx(100 * math.log2(5 / 4))


def test_a_market_without_range_has_no_choppiness() -> None:
    flat = np.full(5, 7.0)

    assert np.isnan(chop(flat, flat, flat, 2)).all()


@pytest.mark.parametrize("indicator", [adx, plus_di, minus_di, chop])
def test_an_indicator_of_direction_needs_two_bars(
    indicator: Callable[[Floats, Floats, Floats, int], Floats],
) -> None:
    with pytest.raises(PolicyError, match="a window of 1 bars, must have at least 2"):
        indicator(HIGH, LOW, CLOSE, 1)


def test_realised_volatility_is_the_sample_deviation_of_log_returns() -> None:
    # Log returns 0.1 and 0.3: deviation sqrt(2 x 0.01 / 1); a year has 365 days.
    close = np.exp(np.array([0.0, 0.1, 0.4]))

    assert realised_vol(close, 2)[2] == pytest.approx(100 * math.sqrt(0.02 * 365))
    assert realised_vol(close, 2, bars_a_year=8760.0)[2] == pytest.approx(
        100 * math.sqrt(0.02 * 8760)
    )


def test_volatility_from_ranges_needs_no_bar_before() -> None:
    # One bar with ln(H / L) = 0.2 and ln(C / O) = 0.1.
    low, high = np.array([1.0]), np.exp(np.array([0.2]))
    open_, close = np.exp(np.array([0.05])), np.exp(np.array([0.15]))
    inside = 0.5 * 0.04 - (2 * math.log(2) - 1) * 0.01

    assert parkinson(high, low, 1)[0] == pytest.approx(100 * math.sqrt(365 * 0.01 / math.log(2)))
    assert garman_klass(open_, high, low, close, 1)[0] == pytest.approx(
        100 * math.sqrt(365 * inside)
    )


def test_volatility_of_a_price_that_cannot_be_is_unknown() -> None:
    assert np.isnan(realised_vol(np.array([1.0, 0.0, 1.0, 2.0]), 2)[:3]).all()
