"""This file cuts time into calendar months and days, UTC."""

from collections.abc import Iterator
from datetime import UTC, datetime

from steelyard.data.sources import Span
from steelyard.domain.time import DAY_MS, stamp


def month_span(year: int, month: int) -> Span:
    """Return a calendar month.

    Examples
    --------
    >>> month_span(1970, 1)
    Span(first_ms=0, end_ms=2678400000)
    """
    after = (year + 1, 1) if month == 12 else (year, month + 1)  # noqa: PLR2004 - December
    return Span(stamp(year, month, 1), stamp(*after, 1))


def month_parts(span: Span) -> Iterator[tuple[str, Span]]:
    """Yield the part of a stretch of time in each calendar month, with the month's name.

    Examples
    --------
    >>> [name for name, _ in month_parts(Span(stamp(2024, 12, 30), stamp(2025, 1, 2)))]
    ['2024-12', '2025-01']
    """
    first = span.first_ms
    while first < span.end_ms:
        moment = datetime.fromtimestamp(first / 1000, tz=UTC)
        end = min(span.end_ms, month_span(moment.year, moment.month).end_ms)
        yield moment.strftime("%Y-%m"), Span(first, end)
        first = end


def named_span(name: str) -> Span:
    """Return the month ``2024-01`` or the day ``2024-01-15`` that ends the name of a file.

    Raises
    ------
    ValueError
        If there is no such month or day.
    """
    numbers = [int(word) for word in name.split("-")]
    if len(numbers) == 2:  # noqa: PLR2004 - a month
        return month_span(*numbers)
    first = stamp(*numbers)
    return Span(first, first + DAY_MS)
