"""This file is about stamps: integer milliseconds since the epoch, UTC."""

from datetime import UTC, datetime

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
WEEK_MS = 7 * DAY_MS
FIRST_MONDAY_MS = 4 * DAY_MS
"""1970-01-05 00:00, the first Monday after the epoch."""

BAR_MS = {"1h": HOUR_MS, "4h": 4 * HOUR_MS, "1d": DAY_MS, "1w": WEEK_MS}
"""Length of each kind of bar, in milliseconds."""


def stamp(year: int, month: int, day: int, hour: int = 0) -> int:
    """Return the stamp of an hour, UTC.

    Examples
    --------
    >>> stamp(1970, 1, 2)
    86400000
    """
    return int(datetime(year, month, day, hour, tzinfo=UTC).timestamp()) * 1000


def text(ms: int) -> str:
    """Return a stamp as people read it: ``2022-06-18`` at midnight, else with the time.

    Examples
    --------
    >>> text(86_400_000), text(90_000_000)
    ('1970-01-02', '1970-01-02 01:00 UTC')
    """
    moment = datetime.fromtimestamp(ms / 1000, tz=UTC)
    return moment.strftime("%Y-%m-%d" if ms % DAY_MS == 0 else "%Y-%m-%d %H:%M UTC")
