"""The window functions of the policy language: past values, extremes, runs, ranks."""

import numpy as np
import talib

from steelyard.domain.arrays import Flags, Floats
from steelyard.features.rolling import order_statistics, rolling_deviation, rolling_mean
from steelyard.features.stretches import check_window, over_known, plain


def ago(x: Floats, n: int) -> Floats:
    """Return the value ``n`` bars before, float64[n_bars]; NaN on the first ``n`` bars.

    Examples
    --------
    >>> ago(np.array([1.0, 2.0, 3.0]), 1)
    array([nan,  1.,  2.])
    """
    check_window("ago", n, 0)
    values = np.asarray(x, dtype=np.float64)
    result = np.full(values.size, np.nan)
    result[n:] = values[: max(values.size - n, 0)]
    return result


def change(x: Floats, n: int) -> Floats:
    """Return the relative change over ``n`` bars, as a fraction: ``x / ago(x, n) - 1``.

    NaN where either value is unknown or the earlier one is 0.
    """
    check_window("change", n)
    before = ago(x, n)
    return x / np.where(before == 0.0, np.nan, before) - 1.0


def highest(x: Floats, n: int) -> Floats:
    """Return the largest of the last ``n`` values, this one included, in the unit of ``x``.

    NaN where the window is not full or holds a NaN.
    """
    check_window("highest", n)
    return plain(x).copy() if n == 1 else over_known(talib.MAX, (x,), n)


def lowest(x: Floats, n: int) -> Floats:
    """Return the smallest of the last ``n`` values, this one included, in the unit of ``x``.

    NaN where the window is not full or holds a NaN.
    """
    check_window("lowest", n)
    return plain(x).copy() if n == 1 else over_known(talib.MIN, (x,), n)


def mean(x: Floats, n: int) -> Floats:
    """Return the mean of the last ``n`` values, this one included, in the unit of ``x``.

    NaN where the window is not full or holds a NaN.
    """
    check_window("mean", n)
    return rolling_mean(plain(x), n)


def stdev(x: Floats, n: int) -> Floats:
    """Return the population standard deviation (ddof 0) of the last ``n`` values, with this one.

    NaN where the window is not full or holds a NaN; 0 in a window of equal values.
    """
    check_window("stdev", n)
    values = plain(x)
    return rolling_deviation(values, rolling_mean(values, n), n, 0)


def median(x: Floats, n: int) -> Floats:
    """Return the median of the last ``n`` values, this one included, in the unit of ``x``.

    NaN where the window is not full or holds a NaN.
    """
    check_window("median", n)
    return order_statistics(plain(x), 0.5, n, n, 0)[0]


def zscore(x: Floats, n: int) -> Floats:
    """Return how many standard deviations a value lies above the mean of the last ``n``.

    Both include the value itself (domain 3.9), so the result cannot exceed ``sqrt(n - 1)``.
    NaN where the window is not full, holds a NaN, or all its values are equal.
    """
    check_window("zscore", n)
    values = plain(x)
    middle = rolling_mean(values, n)
    spread = rolling_deviation(values, middle, n, 0)
    return (values - middle) / np.where(spread == 0.0, np.nan, spread)


def quantile(x: Floats, q: float, n: int, least: int) -> Floats:
    """Return the ``q`` quantile of the ``n`` values before this one, in the unit of ``x``.

    Parameters
    ----------
    x : float64[n_bars]
        Unknown values are left out.
    q : float, 0 to 1
        Linear interpolation between order statistics (type 7).
    n : int, bars
        Length of the window.
    least : int
        Values that must be known among them, also at the start, where fewer than ``n`` exist.

    Returns
    -------
    float64[n_bars]
        NaN where fewer than ``least`` are known. The current value may be unknown.
    """
    check_window("quantile", n)
    return order_statistics(plain(x), q, n, max(least, 1), 1)[0]


def percentile_rank(x: Floats, n: int, least: int) -> Floats:
    """Return the mid-rank of a value among the ``n`` before it, 0 to 100.

    Parameters
    ----------
    x : float64[n_bars]
        Unknown values are left out.
    n : int, bars
        Length of the window.
    least : int
        Values that must be known among them, also at the start, where fewer than ``n`` exist.

    Returns
    -------
    float64[n_bars], 0 to 100
        Percent of them that are smaller, plus half of those that are equal. NaN where the value is
        unknown or fewer than ``least`` are known.
    """
    check_window("percentile_rank", n)
    return order_statistics(plain(x), 0.5, n, max(least, 1), 1)[1]


def _sums(flags: Flags, n: int) -> tuple[Floats, Floats]:
    """Return how many of the last ``n`` flags are set, and how many bars the window really has."""
    totals = np.concatenate(([0.0], np.cumsum(flags, dtype=np.float64)))
    ends = np.arange(1, flags.size + 1)
    begins = np.maximum(ends - n, 0)
    return totals[ends] - totals[begins], (ends - begins).astype(np.float64)


def within(c: Floats, n: int) -> Floats:
    """Tell whether a condition is true now or was on one of the ``n`` bars before.

    Parameters
    ----------
    c : float64[n_bars]
        1 true, 0 false, NaN unknown.
    n : int, bars, >= 0
        How far back; the window has one bar more.

    Returns
    -------
    float64[n_bars]
        1 where any of the ``n + 1`` is true; else NaN where one of them is unknown or lies before
        the first bar; else 0 (Kleene).
    """
    check_window("within", n, 0)
    values = np.asarray(c, dtype=np.float64)
    hits, bars = _sums(values == 1.0, n + 1)
    unknown, _ = _sums(np.isnan(values), n + 1)
    doubt = (unknown > 0.0) | (bars < n + 1)
    return np.where(hits > 0.0, 1.0, np.where(doubt, np.nan, 0.0))


def count(c: Floats, n: int) -> Floats:
    """Return on how many of the last ``n`` bars, this one included, a condition was true.

    NaN where one of them is unknown or lies before the first bar.
    """
    check_window("count", n)
    values = np.asarray(c, dtype=np.float64)
    hits, bars = _sums(values == 1.0, n)
    unknown, _ = _sums(np.isnan(values), n)
    return np.where((unknown > 0.0) | (bars < n), np.nan, hits)


def streak(c: Floats, n: int) -> Floats:
    """Return for how many bars in a row a condition has been true, this bar included, at most n.

    Parameters
    ----------
    c : float64[n_bars]
        1 true, 0 false, NaN unknown.
    n : int, bars, >= 1
        How far is counted.

    Returns
    -------
    float64[n_bars]
        NaN where the condition is unknown, and where an unknown bar, or the first one, stands
        before the run and the run has less than ``n`` bars: how long it really is nobody knows.

    Examples
    --------
    >>> streak(np.array([1.0, 1.0, np.nan, 1.0, 0.0, 1.0]), 2)
    array([nan,  2., nan, nan,  0.,  1.])
    """
    check_window("streak", n)
    values = np.asarray(c, dtype=np.float64)
    index = np.arange(values.size)
    ended = np.maximum.accumulate(np.where(values == 0.0, index, -1))
    doubted = np.maximum.accumulate(np.where(np.isnan(values), index, -1))
    run = (index - np.maximum(ended, doubted)).astype(np.float64)
    sure = (ended > doubted) | (run >= n)
    return np.where(sure & ~np.isnan(values), np.minimum(run, n), np.nan)
