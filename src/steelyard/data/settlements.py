"""This file works out the hours that each settlement of funding covers."""

from typing import Final

import numpy as np

from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.market import Funding
from steelyard.domain.time import HOUR_MS

USUAL_INTERVALS: Final = (1.0, 2.0, 4.0, 8.0)
"""Hours between settlements that venues use."""

JITTER_MS: Final = 60_000
"""Settlements are stamped up to this long after the hour they belong to."""


def settlement_stamps(ms: Ints) -> Ints:
    """Return the full hour of each stamp that lies less than 60 s after one, else the stamp."""
    late = ms % HOUR_MS
    return np.where(late < JITTER_MS, ms - late, ms)


def settlements(ms: Ints, rate: Floats, interval_hours: Floats | None = None) -> Funding:
    """Return settlements with their intervals and whether each follows the one before.

    Parameters
    ----------
    ms : int64[n], increasing, n >= 1
        Full hours.
    rate : float64[n], fraction of notional
        Positive: longs pay shorts.
    interval_hours : float64[n], optional
        Hours that each covers; worked out from the stamps where not given.

    Notes
    -----
    Worked out, an interval is that of the settlement before unless the gap says otherwise. A
    shorter usual gap does at once: nothing is missing in it. A longer one does where the gap
    before was as long; the first such gap may be a missing settlement as well as a change, so it
    keeps the interval and does not follow. Nothing that comes later alters it: on the last row
    nobody can know which of the two it is.
    """
    gaps = np.diff(ms) / HOUR_MS
    hours = _worked_out(gaps) if interval_hours is None else interval_hours
    follows = np.concatenate(([False], gaps == hours[1:]))
    return Funding(ms=ms, rate=rate, interval_hours=hours, follows=follows)


def stated_or_worked_out(ms: Ints, stated: Floats) -> Floats:
    """Return the hours that each settlement covers: as stated, else worked out from the gaps.

    Parameters
    ----------
    ms : int64[n], increasing
        Full hours.
    stated : float64[n]
        Hours, as far as the source says them; NaN where it does not.

    Notes
    -----
    A gap that is shorter than what is stated counts: nothing can be missing in it.
    """
    hours = stated.copy()
    gaps = np.diff(ms) / HOUR_MS
    for row in np.flatnonzero(np.isnan(stated)):
        known = hours[row - 1] if row else np.nan
        hours[row] = _next_interval(gaps[max(0, row - 2) : row], float(known))
    shorter = np.concatenate(([False], (gaps < hours[1:]) & np.isin(gaps, USUAL_INTERVALS)))
    return np.where(shorter, np.concatenate(([np.nan], gaps)), hours)


def _next_interval(gaps: Floats, interval: float) -> float:
    """Return the interval of a settlement by the one or two gaps before it."""
    if not gaps.size:
        return USUAL_INTERVALS[-1]
    gap = float(gaps[-1])
    repeated = gaps.size > 1 and gap == float(gaps[0])
    if gap in USUAL_INTERVALS and (gap < interval or repeated or np.isnan(interval)):
        return gap
    return USUAL_INTERVALS[-1] if np.isnan(interval) else interval


def _worked_out(gaps: Floats) -> Floats:
    before = np.nan
    interval = USUAL_INTERVALS[-1]
    if gaps.size and gaps[0] in USUAL_INTERVALS:
        interval = float(gaps[0])
    hours = [interval]
    for gap in gaps.tolist():
        if gap in USUAL_INTERVALS and (gap < interval or gap == before):
            interval = gap
        hours.append(interval)
        before = gap
    return np.array(hours, dtype=np.float64)
