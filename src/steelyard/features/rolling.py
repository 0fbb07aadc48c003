"""The compiled loops of rolling windows: mean, deviation and order statistics."""

import math

import numpy as np

from steelyard.domain.arrays import Floats
from steelyard.domain.compiled import compiled, compiled_inside


@compiled
def rolling_mean(values: Floats, bars: int) -> Floats:
    """Return the mean of each window of ``bars``, the current value included.

    Parameters
    ----------
    values : float64[n]
        NaN is unknown.
    bars : int, >= 1
        Length of the window.

    Returns
    -------
    float64[n]
        NaN where the window is not full or holds a NaN.

    Notes
    -----
    O(n). The running sum is kept with its rounding errors (Neumaier 1974, two-sum), so what has
    left the window leaves no trace, and a window of equal values has exactly their value as mean.
    """
    result = np.full(values.size, np.nan)
    total = 0.0
    error = 0.0
    known = 0
    equal = 0
    for t in range(values.size):
        if math.isnan(values[t]):
            total, error, known, equal = 0.0, 0.0, 0, 0
            continue
        equal = equal + 1 if known > 0 and values[t] == values[t - 1] else 1
        gone = values[t - bars] if known >= bars else 0.0
        for change in (values[t], -gone):
            after = total + change
            back = after - total
            error += (total - (after - back)) + (change - back)
            total = after
        known += 1
        if equal >= bars:
            result[t] = values[t]
        elif known >= bars:
            result[t] = (total + error) / bars
    return result


@compiled
def rolling_deviation(values: Floats, mean: Floats, bars: int, freedom: int) -> Floats:
    """Return the standard deviation of each window of ``bars`` about its mean.

    Parameters
    ----------
    values, mean : float64[n]
        ``mean`` is what ``rolling_mean`` gave for the same window; NaN gives NaN.
    bars : int, > freedom
        Length of the window.
    freedom : int
        Degrees of freedom taken off the divisor: 0 population, 1 sample.

    Returns
    -------
    float64[n]

    Notes
    -----
    O(n x bars), two passes: a difference of sums of squares would lose half of the digits.
    """
    result = np.full(values.size, np.nan)
    for t in range(bars - 1, values.size):
        if math.isnan(mean[t]):
            continue
        squares = 0.0
        for s in range(t - bars + 1, t + 1):
            squares += (values[s] - mean[t]) ** 2
        result[t] = math.sqrt(squares / (bars - freedom))
    return result


@compiled_inside
def count_below(ordered: Floats, size: int, value: float) -> int:
    """Return how many of the first ``size`` ascending values are smaller than a value."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if ordered[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low


@compiled_inside
def count_at_most(ordered: Floats, size: int, value: float) -> int:
    """Return how many of the first ``size`` ascending values are no larger than a value."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if ordered[middle] <= value:
            low = middle + 1
        else:
            high = middle
    return low


@compiled_inside
def without(ordered: Floats, size: int, value: float) -> int:
    """Take a value out of the first ``size`` ascending ones, in place, and return how many stay."""
    if math.isnan(value):
        return size
    for i in range(count_below(ordered, size, value), size - 1):
        ordered[i] = ordered[i + 1]
    return size - 1


@compiled_inside
def joined(ordered: Floats, size: int, value: float) -> int:
    """Put a value among the first ``size`` ascending ones, in place, and return how many there are.

    NaN is left out.
    """
    if math.isnan(value):
        return size
    place = count_below(ordered, size, value)
    for i in range(size, place, -1):
        ordered[i] = ordered[i - 1]
    ordered[place] = value
    return size + 1


@compiled_inside
def quantile_of(ordered: Floats, size: int, share: float) -> float:
    """Return a quantile of the first ``size`` ascending values, size >= 1.

    Linear interpolation between order statistics (Hyndman and Fan 1996, type 7).
    """
    depth = share * (size - 1)
    lower = min(int(depth), size - 1)
    upper = min(lower + 1, size - 1)
    return float(ordered[lower] + (depth - lower) * (ordered[upper] - ordered[lower]))


@compiled
def order_statistics(
    values: Floats, share: float, bars: int, least: int, lag: int
) -> tuple[Floats, Floats]:
    """Return, for each window, its quantile and the mid-rank of the current value in it.

    Parameters
    ----------
    values : float64[n]
        NaN is left out of the window.
    share : float, 0 to 1
        Which quantile.
    bars : int, >= 1
        Length of the window.
    least : int, >= 1
        Known values that a window must hold.
    lag : int
        0: the window ends with the current value; 1: with the one before it.

    Returns
    -------
    quantile : float64[n]
        NaN where fewer than ``least`` values are known.
    rank : float64[n], 0 to 100
        Percent of the window below the value, plus half of those equal to it. NaN as above, and
        where the value itself is NaN.

    Notes
    -----
    The window is kept sorted: O(log bars) comparisons and one short move per bar.
    """
    quantile = np.full(values.size, np.nan)
    rank = np.full(values.size, np.nan)
    ordered = np.empty(bars)
    size = 0
    for t in range(lag, values.size):
        newest = t - lag
        if newest >= bars:
            size = without(ordered, size, values[newest - bars])
        size = joined(ordered, size, values[newest])
        if size >= least:
            quantile[t] = quantile_of(ordered, size, share)
            if not math.isnan(values[t]):
                below = count_below(ordered, size, values[t])
                rank[t] = 50.0 * (below + count_at_most(ordered, size, values[t])) / size
    return quantile, rank
