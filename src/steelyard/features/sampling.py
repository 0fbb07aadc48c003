"""How a series is read at other moments: its last value that was known by then."""

import numpy as np

from steelyard.domain.arrays import Floats, Ints


def asof(target_ms: Ints, known_ms: Ints, value: Floats, max_age_ms: int) -> Floats:
    """Return the last value known at each moment.

    Parameters
    ----------
    target_ms : int64[n_target]
        The moments, in any order.
    known_ms : int64[n], increasing
        When each value could first have been known; a value known exactly at the moment counts.
    value : float64[n]
        NaN stays NaN: what is unknown does not fall back on older values.
    max_age_ms : int, milliseconds
        A value older than this is unknown; negative: it never ages.

    Returns
    -------
    float64[n_target]
        NaN before the first value, where the last one is too old, or is NaN itself.

    Examples
    --------
    >>> asof(np.array([5, 10, 25]), np.array([10, 20]), np.array([1.0, 2.0]), 4)
    array([nan,  1., nan])
    """
    result = np.full(target_ms.size, np.nan)
    last = np.searchsorted(known_ms, target_ms, side="right") - 1
    usable = last >= 0
    if max_age_ms >= 0 and known_ms.size > 0:
        usable &= target_ms - known_ms[last] <= max_age_ms
    result[usable] = value[last[usable]]
    return result
