"""Funding: comparable rates, unbroken runs, and their cost over a year."""

import math

import numpy as np

from steelyard.domain.arrays import Flags, Floats
from steelyard.domain.compiled import compiled
from steelyard.features.stretches import plain

RATE_TOLERANCE = 1e-12
"""Rates are decimals: a bound that is meant to be met exactly is met (domain 3.1)."""


def rate_8h(rate: Floats, interval_hours: Floats) -> Floats:
    """Return what eight hours would cost: ``rate x 8 / interval``, a fraction of notional."""
    return rate * 8.0 / interval_hours


def simple_apr(rate: Floats, interval_hours: Floats) -> Floats:
    """Return a settled rate over a year without compounding, a fraction."""
    return rate * (24.0 / interval_hours) * 365.0


def compound_apy(rate: Floats, interval_hours: Floats) -> Floats:
    """Return a settled rate over a year, every settlement reinvested, a fraction."""
    return np.asarray(np.expm1(np.log1p(rate) * 8760.0 / interval_hours), dtype=np.float64)


def _hours_of(holds: Flags, known: Flags, interval_hours: Floats, follows: Flags) -> Floats:
    """Return the hours of the unbroken run of settlements for which something holds."""
    hours = np.where(holds, interval_hours, 0.0)
    covered = np.cumsum(hours)
    index = np.arange(holds.size)
    # A run's sum starts after the last settlement that failed, or at one that follows none.
    ends = np.maximum.accumulate(np.where(holds, -1, index))
    starts = np.maximum.accumulate(np.where(holds & ~follows, index, -1))
    before = np.concatenate(([0.0], covered))
    run = covered - before[np.maximum(ends + 1, starts)]
    return np.where(known, run, np.nan)


def hours_above(
    rate_8h: Floats, interval_hours: Floats, follows: Flags, threshold: float
) -> Floats:
    """Return for how many hours every settlement has been above a rate, this one included.

    Parameters
    ----------
    rate_8h : float64[n], fraction per 8 hours
        Positive: longs pay shorts.
    interval_hours : float64[n], hours
        What each settlement covers.
    follows : bool[n]
        True where a settlement comes exactly its own interval after the one before it; a missing
        settlement ends the run.
    threshold : float, fraction per 8 hours
        Strict: a rate equal to it does not count.

    Returns
    -------
    float64[n], hours
        0 where the latest rate is not above. NaN where it is unknown; the run then begins anew.
    """
    holds = rate_8h > threshold + RATE_TOLERANCE
    return _hours_of(holds, ~np.isnan(rate_8h), interval_hours, follows)


def hours_below(
    rate_8h: Floats, interval_hours: Floats, follows: Flags, threshold: float
) -> Floats:
    """Return for how many hours every settlement has been at or below a rate, this one included.

    As ``hours_above``, but a rate equal to the threshold counts.
    """
    holds = rate_8h <= threshold + RATE_TOLERANCE
    return _hours_of(holds, ~np.isnan(rate_8h), interval_hours, follows)


@compiled
def _mean_back(rate: Floats, interval: Floats, follows: Flags, hours: float) -> Floats:
    result = np.full(rate.size, np.nan)
    for t in range(rate.size):
        left = hours
        total = 0.0
        s = t
        while not math.isnan(rate[s]):
            share = min(interval[s], left)
            total += share * rate[s]
            left -= share
            if left <= 0.0 or s == 0 or not follows[s]:
                break
            s -= 1
        if left <= 0.0:
            result[t] = total / hours
    return result


def mean_over(rate_8h: Floats, interval_hours: Floats, follows: Flags, hours: float) -> Floats:
    """Return the mean rate of the last ``hours``, weighted by what each settlement covers.

    Parameters
    ----------
    rate_8h : float64[n], fraction per 8 hours
        Positive: longs pay shorts.
    interval_hours : float64[n], hours
        What each settlement covers.
    follows : bool[n]
        True where a settlement comes exactly its own interval after the one before it.
    hours : float, > 0
        A settlement that begins before them counts with the part inside.

    Returns
    -------
    float64[n], fraction per 8 hours
        NaN where the unbroken settlements do not reach back that far or one of them is unknown.
    """
    settled = np.require(follows, np.bool_, ["C", "W"])
    return _mean_back(plain(rate_8h), plain(interval_hours), settled, float(hours))
