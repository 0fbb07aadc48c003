"""Single candles: the sharp rejection at a peak."""

from typing import Final, NamedTuple

import numpy as np

from steelyard.domain.arrays import Flags, Floats
from steelyard.features.oscillators import atr
from steelyard.features.windows import ago, highest

SLACK: Final = 1e-12
"""Every bound of a rejection is inclusive (domain 3.15); what misses one by less lies on it."""

ATR_BARS: Final = 14
"""Bars of the average true range that a candle is measured by (domain 3.15)."""


class Rejection(NamedTuple):
    """What a rejection candle must be, float64[n_bars] each: 1 or 0, NaN where unknown.

    Parameters
    ----------
    wick : upper wick over range is large
    location : the close lies low in the range
    body : the upper wick is long for the body
    range : the range is large for the true ranges before
    peak : the high is near the highest of the bars before
    """

    wick: Floats
    location: Floats
    body: Floats
    range: Floats
    peak: Floats

    @property
    def all(self) -> Floats:
        """Return where all five hold: 0 where one surely does not, NaN where one is unknown."""
        tests = np.vstack(self)
        unsure = np.isnan(tests).any(axis=0)
        fails = (tests == 0.0).any(axis=0)
        return np.where(fails, 0.0, np.where(unsure, np.nan, 1.0))


class Prices(NamedTuple):
    """The bars that candles are read from, float64[n_bars] each, quote per coin; NaN is missing."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats


class Candle(NamedTuple):
    """How candles are shaped, float64[n_bars] each.

    Parameters
    ----------
    range, upper_wick, lower_wick, body : quote per coin
    wick_share, body_share : upper wick, and body, over range
    location : where the close lies, from 0 at the low to 1 at the high
        The shares are NaN where the bar has no range.
    """

    range: Floats
    upper_wick: Floats
    lower_wick: Floats
    body: Floats
    wick_share: Floats
    body_share: Floats
    location: Floats


class Bounds(NamedTuple):
    """The bounds of a rejection candle, all inclusive (domain 3.15).

    Parameters
    ----------
    wick : float, fraction of the range
        Least upper wick.
    location : float, fraction of the range
        Highest place of the close, from the low.
    body : float
        Least upper wick, in bodies.
    range : float
        Least range, in average true ranges of the bar before.
    peak : float
        Furthest that the high may lie below the highest before, in the same ranges.
    """

    wick: float = 0.50
    location: float = 0.35
    body: float = 2.0
    range: float = 1.25
    peak: float = 0.25


def candle(bars: Prices) -> Candle:
    """Return the shape of each candle; NaN where the bar is missing."""
    range_ = bars.high - bars.low
    upper_wick = bars.high - np.maximum(bars.open, bars.close)
    body = np.abs(bars.close - bars.open)
    divisor = np.where(range_ > 0.0, range_, np.nan)
    return Candle(
        range=range_,
        upper_wick=upper_wick,
        lower_wick=np.minimum(bars.open, bars.close) - bars.low,
        body=body,
        wick_share=upper_wick / divisor,
        body_share=body / divisor,
        location=(bars.close - bars.low) / divisor,
    )


def _condition(holds: Flags, value: Floats) -> Floats:
    return np.where(np.isnan(value), np.nan, holds.astype(np.float64))


def _at_least(value: Floats, bound: float) -> Floats:
    return _condition(value >= bound - SLACK, value)


def _at_most(value: Floats, bound: float) -> Floats:
    return _condition(value <= bound + SLACK, value)


def rejection_tests(
    bars: Prices, atr_before: Floats, highest_before: Floats, bounds: Bounds
) -> Rejection:
    """Return each of the five tests of a rejection candle.

    Parameters
    ----------
    bars : Prices
        The candles.
    atr_before : float64[n_bars], quote per coin
        Average true range at the bar before.
    highest_before : float64[n_bars], quote per coin
        Highest price of the bars before.
    bounds : Bounds
        Each of them itself is enough.

    Returns
    -------
    Rejection
        A bar without a range fails all tests.
    """
    shape = candle(bars)
    unit = np.where(atr_before > 0.0, atr_before, np.nan)
    tests = (
        _at_least(shape.wick_share, bounds.wick),
        _at_most(shape.location, bounds.location),
        _at_least(shape.wick_share - bounds.body * shape.body_share, 0.0),
        _at_least(shape.range / unit, bounds.range),
        _at_most((highest_before - bars.high) / unit, bounds.peak),
    )
    return Rejection(*(np.where(shape.range == 0.0, 0.0, test) for test in tests))


def rejection(bars: Prices, n: int, bounds: Bounds) -> Floats:
    """Tell where a sharp rejection candle stands at the peak of the last bars (domain 3.15).

    Parameters
    ----------
    bars : Prices
        The candles.
    n : int, bars
        How many before a candle its high is compared with.
    bounds : Bounds
        Each of them itself is enough.

    Returns
    -------
    float64[n_bars]
        1 or 0; NaN where a bar or what came before it is unknown and no known test fails.
    """
    before = ago(atr(bars.high, bars.low, bars.close, ATR_BARS), 1)
    return rejection_tests(bars, before, ago(highest(bars.high, n), 1), bounds).all
