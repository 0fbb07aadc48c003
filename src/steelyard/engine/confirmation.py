"""This file says at which evaluations a condition had been true as often as it must be."""

from typing import Final

import numpy as np

from steelyard.domain.arrays import Flags, Floats

_COUNTS_AS: Final = {"ignore": 0.0, "failsafe": 1.0}


def confirmed(values: Floats, confirm: tuple[int, int], on_unknown: str) -> Flags:
    """Return where n of the last m evaluations were true, as if nothing ever entered.

    Parameters
    ----------
    values : float64[n_evaluations]
        1 true, 0 false, NaN unknown.
    confirm : (int, int)
        n and m.
    on_unknown : str
        ``hold`` leaves an unknown evaluation out of the count, ``ignore`` counts it as false,
        ``failsafe`` as true.

    Returns
    -------
    bool[n_evaluations]
        False where the evaluation was left out.

    Examples
    --------
    >>> confirmed(np.array([1.0, np.nan, 1.0, 0.0]), (2, 2), "hold")
    array([False, False,  True, False])
    """
    counted = np.where(np.isnan(values), _COUNTS_AS.get(on_unknown, np.nan), values)
    there = np.flatnonzero(~np.isnan(counted))
    needed, window = confirm
    hits = np.concatenate([[0.0], np.cumsum(counted[there])])
    last = np.arange(1, hits.size)
    enough = hits[last] - hits[np.maximum(last - window, 0)] >= needed
    result = np.zeros(values.size, dtype=np.bool_)
    result[there[enough]] = True
    return result
