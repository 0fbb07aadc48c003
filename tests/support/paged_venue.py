"""This file is a venue in small that gives rows in pages, in each of the ways that venues do."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from steelyard.domain.time import HOUR_MS
from steelyard.venues.pager import Ask, Paging, Row, Subject, Way

SUBJECT = Subject(venue="binance", symbol="BTCUSDT", kind="hourly bars")


@dataclass
class PagedVenue:
    """Rows, and how they are given.

    ``hidden`` are stamps that it never gives; ``lapses`` are requests, by number from 1, that it
    answers with nothing.
    """

    rows: Sequence[Row]
    paging: Paging
    most: int
    hidden: frozenset[int] = frozenset()
    lapses: frozenset[int] = frozenset()
    asked: list[Ask] = field(default_factory=list)

    async def page(self, ask: Ask) -> Sequence[Row]:
        self.asked.append(ask)
        if len(self.asked) in self.lapses:
            return []
        there = [row for row in self.rows if int(row[0]) not in self.hidden]
        if self.paging is Paging.NUMBERED:
            newest_first = there[::-1]
            return newest_first[self.most * (ask.number - 1) :][: self.most]
        within = [row for row in there if ask.first_ms <= row[0] <= ask.last_ms]
        if self.paging is Paging.FORWARD:
            return within[: self.most]
        return within[::-1][: self.most]


def hours(first_ms: int, count: int, step_ms: int = HOUR_MS) -> list[Row]:
    """Return rows with a number that tells where they stand."""
    return [(first_ms + step_ms * place, float(place)) for place in range(count)]


def settlements(first_ms: int, runs: Sequence[tuple[int, int]], jitter_ms: int = 7) -> list[Row]:
    """Return settlements: for each run of hours between two, how many there are of them."""
    ms = first_ms
    rows: list[Row] = [(ms + jitter_ms, 0.0)]
    for interval, count in runs:
        for _ in range(count):
            ms += interval * HOUR_MS
            rows.append((ms + jitter_ms, 1e-6 * len(rows)))
    return rows


def bars(paging: Paging, most: int) -> Way:
    return Way(paging=paging, most=most, step_ms=HOUR_MS)
