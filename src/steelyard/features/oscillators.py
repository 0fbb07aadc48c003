"""Ranges and oscillators: ATR, RSI, directional movement, bandwidth, choppiness."""

import numpy as np
import talib

from steelyard.domain.arrays import Floats
from steelyard.features.rolling import rolling_deviation, rolling_mean
from steelyard.features.stretches import check_window, over_known, plain
from steelyard.features.windows import ago, highest, lowest


def true_range(high: Floats, low: Floats, close: Floats) -> Floats:
    """Return the true range, in price units; NaN on the first bar and where a part is unknown."""
    before = ago(close, 1)
    gaps = np.maximum(np.abs(high - before), np.abs(low - before))
    return np.asarray(np.maximum(high - low, gaps), dtype=np.float64)


def atr(high: Floats, low: Floats, close: Floats, n: int) -> Floats:
    """Return Wilder's average true range, in price units (Wilder 1978; domain 3.2).

    First at index ``n`` of every stretch without holes.
    """
    check_window("atr", n)
    return over_known(talib.ATR, (high, low, close), n)


def natr(high: Floats, low: Floats, close: Floats, n: int) -> Floats:
    """Return the average true range in percent of the close: 2.5 is 2.5 % (vector ``ind_atr``)."""
    check_window("natr", n)
    return 100.0 * atr(high, low, close, n) / np.where(close == 0.0, np.nan, close)


def rsi(close: Floats, n: int) -> Floats:
    """Return Wilder's relative strength index, 0 to 100; 0 where the close never moved.

    First at index ``n`` of every stretch without holes.
    """
    check_window("rsi", n, 2)
    return over_known(talib.RSI, (close,), n)


def adx(high: Floats, low: Floats, close: Floats, n: int) -> Floats:
    """Return Wilder's average directional index, 0 to 100; first at index ``2 n - 1``."""
    check_window("adx", n, 2)
    return over_known(talib.ADX, (high, low, close), n)


def plus_di(high: Floats, low: Floats, close: Floats, n: int) -> Floats:
    """Return the upward directional indicator, 0 to 100; first at index ``n`` of a stretch."""
    check_window("plus_di", n, 2)
    return over_known(talib.PLUS_DI, (high, low, close), n)


def minus_di(high: Floats, low: Floats, close: Floats, n: int) -> Floats:
    """Return the downward directional indicator, 0 to 100; first at index ``n`` of a stretch."""
    check_window("minus_di", n, 2)
    return over_known(talib.MINUS_DI, (high, low, close), n)


def bandwidth(close: Floats, n: int) -> Floats:
    """Return the width of the Bollinger bands over their middle, a fraction: 4 sd / mean.

    Two population standard deviations either side; NaN where the window is not full, holds a NaN,
    or has a mean of 0.
    """
    check_window("bandwidth", n)
    values = plain(close)
    middle = rolling_mean(values, n)
    spread = rolling_deviation(values, middle, n, 0)
    return 4.0 * spread / np.where(middle == 0.0, np.nan, middle)


def chop(high: Floats, low: Floats, close: Floats, n: int) -> Floats:
    """Return the choppiness index, about 0 (trend) to 100 (no direction); first at index ``n``.

    ``100 log10(sum of true ranges / (highest high - lowest low)) / log10(n)``. NaN where the window
    holds a NaN or has no range.
    """
    check_window("chop", n, 2)
    path = n * rolling_mean(true_range(high, low, close), n)
    span = highest(high, n) - lowest(low, n)
    ratio = path / np.where(span > 0.0, span, np.nan)
    return np.asarray(100.0 * np.log10(ratio) / np.log10(n), dtype=np.float64)
