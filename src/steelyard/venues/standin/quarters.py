"""This file knows when quarterly contracts expire: on the last Friday of a quarter, 08:00 UTC."""

import datetime as dt
from typing import Final

from steelyard.domain.time import DAY_MS, WEEK_MS, stamp

_FRIDAY: Final = 4
_MONTHS: Final = (3, 6, 9, 12)


def quarter_end_after(ms: int) -> int:
    """Return the first expiry after a moment.

    Examples
    --------
    >>> from steelyard.domain.time import text
    >>> text(quarter_end_after(stamp(2026, 1, 5))), text(quarter_end_after(stamp(2026, 3, 27, 8)))
    ('2026-03-27 08:00 UTC', '2026-06-26 08:00 UTC')
    """
    year = dt.datetime.fromtimestamp(ms / 1000, tz=dt.UTC).year
    ends = [_last_friday(at, month) for at in (year, year + 1) for month in _MONTHS]
    return next(end for end in ends if end > ms)


def quarter_end_before(ms: int) -> int:
    """Return the last expiry before a moment."""
    end = quarter_end_after(ms - 14 * WEEK_MS)
    following = quarter_end_after(end)
    return following if following < ms else end


def _last_friday(year: int, month: int) -> int:
    first_of_next = stamp(year + month // 12, month % 12 + 1, 1, 8)
    weekday = dt.datetime.fromtimestamp(first_of_next / 1000, tz=dt.UTC).weekday()
    return first_of_next - ((weekday - _FRIDAY - 1) % 7 + 1) * DAY_MS
