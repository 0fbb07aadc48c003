"""This file pages through history and proves it whole: complete or refused, no silent hole."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import Final, NamedTuple, TypeAlias

from steelyard.data.settlements import JITTER_MS
from steelyard.data.sources import Span
from steelyard.domain.errors import DataError, VenueBusy
from steelyard.domain.time import HOUR_MS, text

Row: TypeAlias = tuple[float, ...]
"""A stamp, and the numbers that belong to it."""

_PAGES: Final = 100_000
"""More pages than ten years of minutes have: who needs more, goes in circles."""

_INTERVALS_MS: Final = (HOUR_MS, 2 * HOUR_MS, 4 * HOUR_MS, 8 * HOUR_MS)
"""Intervals of funding that the venues here use."""


class Paging(Enum):
    """How an endpoint is walked through."""

    WINDOWS = "stretch after stretch, each of fewer steps than a page has rows"
    FORWARD = "each page from the last row of the one before"
    BACKWARD = "each page up to the first row of the one before"
    NUMBERED = "page 1, 2 and so on, the newest rows first"


class Ask(NamedTuple):
    """What one page is asked for: rows with stamps from the first to the last, both included."""

    first_ms: int
    last_ms: int
    limit: int
    number: int = 1


Page: TypeAlias = Callable[[Ask], Awaitable[Sequence[Row]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How the pages of one series come.

    Parameters
    ----------
    paging : Paging
    most : int
        Rows that a page may have.
    step_ms : int
        Between two rows; 0 for settlements, whose spacing is read from the rows.
    """

    paging: Paging
    most: int
    step_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is paged, as messages call it."""

    venue: str
    symbol: str
    kind: str

    def __str__(self) -> str:
        """Return venue, symbol and kind."""
        return f"{self.venue} {self.symbol} {self.kind}"


async def history(
    page: Page, span: Span, way: Way, subject: Subject, *, now_ms: int
) -> tuple[Row, ...]:
    """Return every row of a stretch of time that is finished by now, in order of time.

    Parameters
    ----------
    page : callable
        Fetches one page.
    span : Span
        What is wanted. Rows may begin later, where the venue, asked once more for what lies
        before, says that there is nothing.
    way : Way
        How the pages come.
    subject : Subject
        What it is, for messages.
    now_ms : int, stamp
        An unfinished candle, or a settlement still to come, is left out.

    Raises
    ------
    DataError
        If a page is out of order, two pages contradict each other, or rows are missing between
        others and stay so when they are asked for by themselves.
    VenueBusy
        If there is nothing at all, or rows are missing at the end.
    """
    whole = _finished(span, way, now_ms)
    if whole.end_ms <= whole.first_ms:
        return ()
    walk = _Walk(page, way, subject)
    await walk.over(whole)
    if not walk.rows:
        await walk.over(whole)
    asked = Span(whole.first_ms, min(span.end_ms, whole.end_ms))
    for missing in (_head, _tail, _inside):
        while gaps := missing(walk.stamps(), asked, way):
            before = len(walk.rows)
            for gap in gaps:
                await walk.over(gap)
            if len(walk.rows) == before:
                break
    _refuse_incomplete(walk.stamps(), asked, way, subject)
    return tuple(walk.rows[ms] for ms in walk.stamps() if span.first_ms <= ms < span.end_ms)


def _finished(span: Span, way: Way, now_ms: int) -> Span:
    """Return the part of a stretch of time whose rows are finished; whole steps of it.

    Settlements are proven with those before and after: only these tell a change of the interval
    from a missing settlement at either end.
    """
    if not way.step_ms:
        return Span(
            max(0, span.first_ms - _INTERVALS_MS[-1]),
            min(span.end_ms + _INTERVALS_MS[-1], now_ms + 1),
        )
    first_ms = -(-span.first_ms // way.step_ms) * way.step_ms
    end_ms = min(-(-span.end_ms // way.step_ms), now_ms // way.step_ms) * way.step_ms
    return Span(first_ms, end_ms)


class _Walk:
    """What was fetched so far, each stamp once."""

    def __init__(self, page: Page, way: Way, subject: Subject) -> None:
        self.rows: dict[int, Row] = {}
        self._oldest_ms = 0
        self._page = page
        self._way = way
        self._subject = subject

    def stamps(self) -> list[int]:
        return sorted(self.rows)

    async def over(self, span: Span) -> None:
        """Fetch all pages of a stretch of time.

        Raises
        ------
        DataError
            If the pages do not come to an end.
        """
        ask: Ask | None = self._first(span)
        self._oldest_ms = 1 << 62
        for _ in range(_PAGES):
            if ask is None:
                return
            ask = self._next(ask, await self._kept(ask, span), span)
        message = f"{self._subject}: the pages do not come to an end; nothing of them is used"
        raise DataError(message)

    def _first(self, span: Span) -> Ask:
        ask = Ask(span.first_ms, span.end_ms - 1, self._way.most)
        return self._window(ask, span) if self._way.paging is Paging.WINDOWS else ask

    def _window(self, ask: Ask, span: Span) -> Ask:
        """Return a request that begins as another one, for one row less than a page may have."""
        steps_ms = max(1, self._way.most - 1) * (self._way.step_ms or HOUR_MS)
        return ask._replace(last_ms=min(span.end_ms, ask.first_ms + steps_ms) - 1)

    def _next(self, ask: Ask, fresh: Sequence[int], span: Span) -> Ask | None:
        """Return what is asked for after a page; None where it was the last one."""
        if self._way.paging is Paging.WINDOWS:
            first_ms = ask.last_ms + 1
            going = first_ms < span.end_ms
            return self._window(ask._replace(first_ms=first_ms), span) if going else None
        if not fresh:
            return None
        match self._way.paging:
            case Paging.FORWARD:
                ask = ask._replace(first_ms=max(fresh) + 1)
            case Paging.BACKWARD:
                ask = ask._replace(last_ms=min(fresh) - 1)
            case _:
                return ask._replace(number=ask.number + 1) if min(fresh) > ask.first_ms else None
        return ask if ask.first_ms <= ask.last_ms else None

    async def _kept(self, ask: Ask, span: Span) -> Sequence[int]:
        """Fetch one page, and return the stamps in it that the paging goes on from."""
        page = await self._page(ask)
        stamps = [int(row[0]) for row in page]
        self._refuse_disorder(stamps)
        for row in page:
            self._keep(row, span)
        if self._way.paging is not Paging.NUMBERED:
            return [ms for ms in stamps if ask.first_ms <= ms <= ask.last_ms]
        fresh = [ms for ms in stamps if ms < self._oldest_ms]  # some repeat the last page for ever
        self._oldest_ms = min(fresh, default=0)
        return fresh

    def _keep(self, row: Row, span: Span) -> None:
        """Take a row over, once.

        Raises
        ------
        DataError
            If another page said something else.
        """
        ms = int(row[0])
        if not span.first_ms <= ms < span.end_ms:
            return
        held = self.rows.setdefault(ms, row)
        if repr(held) != repr(row):  # as text, so that NaN equals NaN
            message = (
                f"{self._subject}: two pages differ for {text(ms)}: {held[1:]} and {row[1:]}; "
                f"nobody can tell which is true: ask again later"
            )
            raise DataError(message)

    def _refuse_disorder(self, stamps: Sequence[int]) -> None:
        """Refuse a page that is neither in order of time nor in the reverse of it.

        Raises
        ------
        DataError
            If it is.
        """
        steps = [after - before for before, after in pairwise(stamps)]
        if all(step > 0 for step in steps) or all(step < 0 for step in steps):
            return
        sign = 1 if steps[0] > 0 else -1
        row = next(at for at, step in enumerate(steps) if step * sign <= 0 or not step)
        what = "a time twice" if not steps[row] else "rows out of order"
        message = (
            f"{self._subject}: a page has {what}, at {text(stamps[row])}; a page is in order of "
            f"time and has each time once: it is not used"
        )
        raise DataError(message)


def _head(stamps: Sequence[int], span: Span, way: Way) -> list[Span]:
    """Return what lies before the first row, where something should."""
    if not stamps or stamps[0] - span.first_ms < (way.step_ms or _INTERVALS_MS[-1]):
        return []
    reach_ms = max(1, way.most - 1) * (way.step_ms or HOUR_MS)
    first_ms = span.first_ms if way.paging is not Paging.WINDOWS else stamps[0] - reach_ms
    return [Span(max(span.first_ms, first_ms), stamps[0])]


def _tail(stamps: Sequence[int], span: Span, way: Way) -> list[Span]:
    """Return what lies after the last row, where something should."""
    if not stamps:
        return []
    due_ms = stamps[-1] + (way.step_ms or _interval_ms(_hours(stamps[-2:])) + JITTER_MS)
    return [Span(stamps[-1] + 1, span.end_ms)] if due_ms < span.end_ms else []


def _interval_ms(hours: Sequence[int]) -> int:
    """Return how long after the last of two settlements the next one is due."""
    gap_ms = hours[-1] - hours[0] if len(hours) > 1 else _INTERVALS_MS[-1]
    return next((one for one in _INTERVALS_MS if _settles(one, gap_ms, hours[-1])), gap_ms)


def _inside(stamps: Sequence[int], span: Span, way: Way) -> list[Span]:  # noqa: ARG001 - as its sisters
    """Return the holes between rows."""
    if way.step_ms:
        return [
            Span(before + 1, after)
            for before, after in pairwise(stamps)
            if after - before != way.step_ms
        ]
    hours = _hours(stamps)
    return [Span(stamps[at] + 1, stamps[at + 1]) for at in _missing_settlements(hours)]


def _hours(stamps: Iterable[int]) -> list[int]:
    """Return the full hour that each settlement belongs to."""
    return [ms - ms % HOUR_MS if ms % HOUR_MS < JITTER_MS else ms for ms in stamps]


def _missing_settlements(hours: Sequence[int]) -> list[int]:
    """Return the places after which a settlement is missing, read from the spacing alone.

    An interval may change at any settlement. A gap is a hole where no interval explains it: it is
    longer than any, or does not end at an hour at which that interval settles; and where it stands
    alone among gaps of half of it or less, as a missing settlement does.
    """
    gaps = [after - before for before, after in pairwise(hours)]
    found = []
    for at, gap in enumerate(gaps):
        around = [*gaps[max(0, at - 1) : at], *gaps[at + 1 : at + 2]]
        alone = len(around) > 1 and gap > max(around) and gap >= 2 * max(around)
        if alone or not any(_settles(one, gap, hours[at + 1]) for one in _INTERVALS_MS):
            found.append(at)
    return found


def _settles(interval_ms: int, gap_ms: int, end_ms: int) -> bool:
    """Return whether an interval is no shorter than a gap, and settles at the end of it."""
    return gap_ms <= interval_ms and end_ms % interval_ms == 0


def _refuse_incomplete(stamps: Sequence[int], span: Span, way: Way, subject: Subject) -> None:
    """Refuse rows that are not whole.

    Raises
    ------
    DataError
        If there are holes.
    VenueBusy
        If there is nothing, or rows are missing at the end.
    """
    if not stamps:
        message = (
            f"{subject}: the venue answers with nothing between {text(span.first_ms)} and "
            f"{text(span.end_ms)}; it is in maintenance, or did not list it then: ask for later "
            f"days, or try again later"
        )
        raise VenueBusy(message)
    holes = _inside(stamps, span, way)
    if holes:
        told = ", ".join(_hole(hole, way) for hole in holes[:3])
        more = f" and {len(holes) - 3} more" if len(holes) > 3 else ""  # noqa: PLR2004
        message = (
            f"{subject}: rows are missing {told}{more}, and stay so when asked for again; history "
            f"is complete or not used: ask for the stretches around it, or take an archive"
        )
        raise DataError(message)
    if _tail(stamps, span, way):
        message = (
            f"{subject}: the last row is of {text(stamps[-1])}, and rows are due up to "
            f"{text(span.end_ms)}; the venue is in maintenance or behind, or has just changed "
            f"its interval: try again later"
        )
        raise VenueBusy(message)


def _hole(hole: Span, way: Way) -> str:
    step_ms = way.step_ms or HOUR_MS
    first_ms = hole.first_ms - 1
    if not way.step_ms:
        return f"between {text(first_ms - first_ms % HOUR_MS)} and {text(hole.end_ms)}"
    return f"from {text(first_ms + step_ms)} to {text(hole.end_ms)}"
