"""This file says how far a mean over a few days may be trusted: a stationary bootstrap of days."""

import math
from typing import Final

import numpy as np

from steelyard.domain.arrays import Flags, Floats

DRAWS: Final = 1000
"""Resampled histories (domain 13 asks for as many at least)."""

MEAN_BLOCK: Final = 30
"""Mean length of a block in days: the longest horizon, which keeps overlapping returns together."""

LEVEL: Final = 0.90
"""Share of the resampled means that an interval holds."""

SEED: Final = 14
"""The same history always gives the same interval."""

LEAST: Final = 2
"""Days below which a mean has no interval."""


def day_weights(
    n_days: int, *, draws: int = DRAWS, mean_block: int = MEAN_BLOCK, seed: int = SEED
) -> Floats:
    """Return how often each day of a history occurs in each resampled history.

    The stationary bootstrap of Politis and Romano (1994), "The stationary bootstrap": blocks of
    days in their order, each begun on a random day, of geometric length, wrapped at the end.

    Parameters
    ----------
    n_days : int, >= 1
        Length of the history and of every resampled one.
    draws : int, >= 1
        Resampled histories.
    mean_block : int, days, >= 1
        Mean length of a block.
    seed : int
        Of the random numbers.

    Returns
    -------
    float64[draws, n_days]
        Every row sums to ``n_days``.

    Examples
    --------
    >>> day_weights(5, draws=3, mean_block=2).sum(axis=1)
    array([5., 5., 5.])
    """
    random = np.random.default_rng(seed)
    begins = random.random((draws, n_days)) < 1.0 / mean_block
    begins[:, 0] = True
    first = random.integers(0, n_days, (draws, n_days))
    column = np.arange(n_days)
    begun = np.maximum.accumulate(np.where(begins, column, 0), axis=1)
    drawn = (np.take_along_axis(first, begun, axis=1) + column - begun) % n_days
    flat = drawn + n_days * np.arange(draws)[:, None]
    counts = np.bincount(flat.ravel(), minlength=draws * n_days)
    return counts.reshape(draws, n_days).astype(np.float64)


def mean_interval(weights: Floats, is_event: Flags, value: Floats) -> tuple[float, float]:
    """Return between which values the mean over the marked days lies in most resampled histories.

    Parameters
    ----------
    weights : float64[draws, n_days]
        See ``day_weights``. What is resampled are the days, each with its mark and its value, so
        the number of marked days varies as well; a history without one does not count.
    is_event : bool[n_days]
        The days whose mean is taken.
    value : float64[n_days]
        A day whose value is NaN is left out.

    Returns
    -------
    (float, float)
        The middle ``LEVEL`` of the resampled means; NaN with fewer than ``LEAST`` marked days.
    """
    used = is_event & ~np.isnan(value)
    if np.count_nonzero(used) < LEAST:
        return math.nan, math.nan
    drawn = weights[:, used]
    count = drawn.sum(axis=1)
    means = (drawn @ value[used])[count > 0.0] / count[count > 0.0]
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(means, [tail, 1.0 - tail])
    return float(low), float(high)
