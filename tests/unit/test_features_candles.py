"""Rejection candles by hand: each bound on both of its sides, and what is unknown."""

import numpy as np
import pytest

from steelyard.features.candles import Bounds, Prices, candle, rejection, rejection_tests

NAN = float("nan")
ATR, PEAK = 8.0, 110.0


def bar(open_: float, high: float, low: float, close: float) -> Prices:
    return Prices(*(np.array([price]) for price in (open_, high, low, close)))


def told(
    prices: Prices, atr: float = ATR, peak: float = PEAK, bounds: Bounds | None = None
) -> float:
    tests = rejection_tests(prices, np.array([atr]), np.array([peak]), bounds or Bounds())
    return float(tests.all[0])


def test_the_shape_of_a_candle() -> None:
    # Range 110 - 100 = 10; wick 110 - 104 = 6, below 102 - 100 = 2; body 2; close at 2 of 10.
    shape = candle(bar(104.0, 110.0, 100.0, 102.0))

    assert [float(part[0]) for part in shape] == [10.0, 6.0, 2.0, 2.0, 0.6, 0.2, 0.2]


@pytest.mark.parametrize(
    ("prices", "expected"),
    [
        (bar(105.0, 110.0, 100.0, 103.0), 1.0),  # the wick is exactly half of the range
        (bar(105.1, 110.0, 100.0, 103.0), 0.0),
        (bar(101.0, 110.0, 100.0, 103.5), 1.0),  # the close lies exactly at 0.35
        (bar(101.0, 110.0, 100.0, 103.6), 0.0),
        (bar(104.5, 110.0, 100.0, 101.75), 1.0),  # the wick of 5.5 is twice the body of 2.75
        (bar(104.5, 110.0, 100.0, 101.7), 0.0),
    ],
)
def test_a_bound_of_the_shape_counts_and_a_hair_beyond_does_not(
    prices: Prices, expected: float
) -> None:
    assert told(prices) == expected


def test_the_range_and_the_peak_are_measured_by_the_true_ranges_before() -> None:
    textbook = bar(102.0, 110.0, 100.0, 101.0)

    # A range of 10 is 1.25 x 8; the high may lie 0.25 x 8 = 2 below the highest before.
    assert told(textbook, atr=8.0) == 1.0
    assert told(textbook, atr=8.01) == 0.0
    assert told(textbook, peak=112.0) == 1.0
    assert told(textbook, peak=112.01) == 0.0


def test_rounding_does_not_exclude_a_bound() -> None:
    # (0.7 - 0.4) / (0.7 - 0.1) is 0.4999999999999999 in binary, and 0.5 by its decimals.
    prices = bar(0.4, 0.7, 0.1, 0.3)

    assert candle(prices).wick_share[0] < 0.5
    assert told(prices, atr=0.4, peak=0.7, bounds=Bounds(location=0.5)) == 1.0


@pytest.mark.parametrize(
    "bounds",
    [
        Bounds(wick=0.81),
        Bounds(location=0.09),
        Bounds(body=8.1),
        Bounds(range=1.26),
        Bounds(peak=0.24),
    ],
)
def test_every_bound_is_an_argument(bounds: Bounds) -> None:
    # Wick 8 of 10, close at 1 of 10, body 1, range 1.25 ATR, high 0.25 ATR below the peak.
    textbook = bar(102.0, 110.0, 100.0, 101.0)

    assert told(textbook, peak=112.0) == 1.0
    assert told(textbook, peak=112.0, bounds=bounds) == 0.0


def test_a_bar_without_a_range_is_never_a_rejection() -> None:
    assert told(bar(110.0, 110.0, 110.0, 110.0)) == 0.0
    assert told(bar(110.0, 110.0, 110.0, 110.0), atr=NAN, peak=NAN) == 0.0


def test_what_is_unknown_is_unknown_unless_a_known_sign_fails() -> None:
    textbook, failing = bar(102.0, 110.0, 100.0, 101.0), bar(101.0, 110.0, 100.0, 109.0)

    assert np.isnan(told(textbook, atr=NAN))
    assert np.isnan(told(textbook, peak=NAN))
    assert np.isnan(told(bar(NAN, NAN, NAN, NAN)))
    assert told(failing, atr=NAN, peak=NAN) == 0.0


def flat_then(last: tuple[float, float, float, float], bars: int) -> Prices:
    """Return bars from 96 to 104 that close at 100, and one more after them."""
    rows = np.array([(100.0, 104.0, 96.0, 100.0)] * bars + [last])
    return Prices(*(rows[:, column].copy() for column in range(4)))


def test_a_candle_is_held_against_the_bars_before_it_and_not_against_itself() -> None:
    # True ranges before are 8; its own of 10 and its own high of 110 do not count.
    found = rejection(flat_then((102.0, 110.0, 100.0, 101.0), 20), 20, Bounds())

    # Known bars that fail are known from the first: their wick is 4 of 8, their close at 0.5.
    assert found[:20].tolist() == [0.0] * 20
    assert found[20] == 1.0


def test_a_rejection_is_unknown_while_too_few_bars_lie_before_it() -> None:
    found = rejection(flat_then((102.0, 110.0, 100.0, 101.0), 19), 20, Bounds())

    assert np.isnan(found[19])
