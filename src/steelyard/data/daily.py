"""This file turns daily values into series that know when each value could be known."""

from typing import Final

import numpy as np

from steelyard.data.assemble import resampled
from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.market import Bars, Series
from steelyard.domain.time import DAY_MS, HOUR_MS

IMPLIED_VOL: Final = "implied_vol"
OPEN_INTEREST: Final = "open_interest"
FEAR_GREED: Final = "fear_greed"
VIX: Final = "vix"
DXY: Final = "dxy"

IMPLIED_VOL_MAX_AGE_MS: Final = 26 * HOUR_MS
"""Implied volatility is unknown two hours after the next value was due (domain 9.2)."""

OPEN_INTEREST_MAX_AGE_MS: Final = 6 * HOUR_MS
"""Open interest, which changes within hours, is unknown after this (domain 9.2)."""

BUSINESS_MAX_AGE_MS: Final = 4 * DAY_MS
"""A macro value, which weekends and holidays do not renew, is unknown after this (domain 3.17)."""


def daily_series(day_ms: Ints, value: Floats, max_age_ms: int) -> Series:
    """Return values of every day as a series, each known at the end of its day.

    Parameters
    ----------
    day_ms : int64[n]
        Beginnings of the days.
    value : float64[n]
        One number a day.
    max_age_ms : int
        After this long without a newer value it is unknown.
    """
    return Series(known_ms=day_ms + DAY_MS, value=value, max_age_ms=max_age_ms, step_ms=DAY_MS)


def business_series(day_ms: Ints, value: Floats) -> Series:
    """Return values of business days as a series, each known at the end of its day.

    Parameters
    ----------
    day_ms : int64[n]
        Beginnings of the days.
    value : float64[n]
        One number a business day, carried over weekends and holidays.
    """
    return Series(known_ms=day_ms + DAY_MS, value=value, max_age_ms=BUSINESS_MAX_AGE_MS)


def coins(day_ms: Ints, dollars: Floats, spot: Bars) -> Floats:
    """Return dollars as coins at the spot close of the same day (domain 3.5).

    Parameters
    ----------
    day_ms : int64[n]
        Beginnings of the days.
    dollars : float64[n]
        Amounts.
    spot : Bars
        Hourly.

    Returns
    -------
    float64[n]
        NaN on days without a spot close.
    """
    days = resampled(spot, "1d")
    row = np.searchsorted(days.open_ms, day_ms)
    inside = row < days.open_ms.size
    there = np.zeros(day_ms.size, dtype=np.bool_)
    there[inside] = days.open_ms[row[inside]] == day_ms[inside]
    close = np.full(day_ms.size, np.nan)
    close[there] = days.close[row[there]]
    amount: Floats = dollars / close
    return amount
