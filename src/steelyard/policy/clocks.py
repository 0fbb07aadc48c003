"""At which moments each review clock strikes (domain 9.1)."""

from typing import Final

import numpy as np

from steelyard.domain.arrays import Flags, Floats, Ints
from steelyard.domain.time import DAY_MS, FIRST_MONDAY_MS, HOUR_MS, WEEK_MS

REVIEWS: Final = ("hourly", "funding", "daily", "weekly", "biweekly")

WEEKDAYS: Final = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
JOINED: Final = "+"
"""Between the weekdays of one clock."""

_PERIODS: Final = {"hourly": HOUR_MS, "daily": DAY_MS, "weekly": WEEK_MS, "biweekly": 2 * WEEK_MS}


def strikes(review: str, start_ms: int, end_ms: int, funding_ms: Ints, anchor_ms: int) -> Ints:
    """Return when a clock strikes from start to end, both included.

    Parameters
    ----------
    review : str
        One of ``REVIEWS``, or weekdays joined by plus signs: at 00:00 UTC of each of them.
    start_ms, end_ms : int, stamps
        First and last moment that counts.
    funding_ms : int64[n], increasing
        Settlements of the market: the strikes of ``funding``.
    anchor_ms : int
        A Monday on which ``biweekly`` strikes; it counts from there both ways.

    Returns
    -------
    int64[n_strikes], increasing

    Examples
    --------
    >>> strikes("daily", 1, 3 * DAY_MS, np.array([]), 0) // DAY_MS
    array([1, 2, 3])
    """
    if review == "funding":
        inside = (funding_ms >= start_ms) & (funding_ms <= end_ms)
        return np.asarray(funding_ms[inside], dtype=np.int64)
    if review not in _PERIODS:
        days = [WEEKDAYS.index(day) for day in review.split(JOINED)]
        mondays = [start_ms - day * DAY_MS for day in days]
        weekly = [strikes("weekly", ms, end_ms, funding_ms, anchor_ms) for ms in mondays]
        found = [at + day * DAY_MS for at, day in zip(weekly, days, strict=True)]
        stamps = np.sort(np.concatenate(found))
        return np.asarray(stamps[stamps <= end_ms], dtype=np.int64)
    period = _PERIODS[review]
    phase = {"weekly": FIRST_MONDAY_MS, "biweekly": anchor_ms}.get(review, 0)
    first = start_ms + (phase - start_ms) % period
    return np.arange(first, end_ms + 1, period, dtype=np.int64)


def moments_of(struck: tuple[Ints, ...], start_ms: int) -> tuple[Ints, Flags]:
    """Return the union of clocks with the start, and which clock strikes when.

    Parameters
    ----------
    struck : tuple of int64[n_strikes]
        Strikes of each clock.
    start_ms : int
        Always a moment, due to no clock unless it strikes.

    Returns
    -------
    int64[n_moments], bool[n_clocks, n_moments]
    """
    ms = np.unique(np.concatenate([np.array([start_ms], dtype=np.int64), *struck]))
    due = np.zeros((len(struck), ms.size), dtype=np.bool_)
    for row, stamps in enumerate(struck):
        due[row, np.searchsorted(ms, stamps)] = True
    return ms, due


def last_before(target_ms: Ints, known_ms: Ints) -> Ints:
    """Return the index of the last stamp at or before each target, -1 before the first."""
    return np.asarray(np.searchsorted(known_ms, target_ms, side="right") - 1, dtype=np.int64)


def sampled(target_ms: Ints, known_ms: Ints, value: Floats, age_ms: Floats) -> Floats:
    """Return the last known value at each target; unknown when older than its own age limit.

    Parameters
    ----------
    target_ms : int64[n_targets], increasing
        When values are wanted.
    known_ms : int64[n], increasing
        When each value could first have been known.
    value : float64[n]
        NaN stays NaN.
    age_ms : float64[n], milliseconds
        How long each value stays good.
    """
    if known_ms.size == 0:
        return np.full(target_ms.size, np.nan)
    index = last_before(target_ms, known_ms)
    there = np.maximum(index, 0)
    fresh = (index >= 0) & (target_ms - known_ms[there] <= age_ms[there])
    return np.where(fresh, value[there], np.nan)
