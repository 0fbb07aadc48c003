"""Whatever the pages are like, history comes whole or is refused."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.data.sources import Span
from steelyard.domain.errors import DataError, VenueBusy
from steelyard.domain.time import HOUR_MS, stamp
from steelyard.venues.pager import Paging, Row, Way, history
from tests.support.paged_venue import SUBJECT, PagedVenue, bars, hours

FIRST_MS = stamp(2022, 1, 1)
LATER_MS = stamp(2030, 1, 1)
FUNDING = replace(SUBJECT, kind="settled funding")

ways = st.sampled_from(Paging)
pages = st.integers(min_value=2, max_value=60)
runs = st.lists(
    st.tuples(st.sampled_from([1, 2, 4, 8]), st.integers(min_value=6, max_value=30)),
    min_size=1,
    max_size=5,
)


def settled(schedule: list[tuple[int, int]]) -> list[Row]:
    """Return settlements at the hours of each interval in turn, as venues change over."""
    hour = 0
    rows: list[Row] = [(float(FIRST_MS), 0.0)]
    for interval, count in schedule:
        for _ in range(count):
            hour = (hour // interval + 1) * interval
            rows.append((float(FIRST_MS + hour * HOUR_MS), len(rows) * 1e-6))
    return rows


def got(venue: PagedVenue, span: Span, way: Way) -> tuple[Row, ...]:
    subject = SUBJECT if way.step_ms else FUNDING
    return asyncio.run(history(venue.page, span, way, subject, now_ms=LATER_MS))


@given(ways, pages, st.integers(min_value=1, max_value=300), st.integers(min_value=0, max_value=9))
def test_bars_come_whole(paging: Paging, most: int, count: int, before: int) -> None:
    venue = PagedVenue(hours(FIRST_MS, count), paging, most)
    span = Span(FIRST_MS - before * HOUR_MS, FIRST_MS + count * HOUR_MS)

    assert list(got(venue, span, bars(paging, most))) == venue.rows


@given(ways, pages, st.integers(min_value=1, max_value=200), st.data())
def test_bars_with_a_hole_are_refused(
    paging: Paging, most: int, count: int, data: st.DataObject
) -> None:
    rows = hours(FIRST_MS, count + 2)
    places = data.draw(st.sets(st.integers(min_value=1, max_value=count), min_size=1))
    hidden = frozenset(int(rows[place][0]) for place in places)
    venue = PagedVenue(rows, paging, most, hidden)

    with pytest.raises(DataError, match="rows are missing from"):
        got(venue, Span(FIRST_MS, FIRST_MS + (count + 2) * HOUR_MS), bars(paging, most))


@given(ways, pages, runs)
def test_settlements_come_whole_however_often_the_interval_changes(
    paging: Paging, most: int, schedule: list[tuple[int, int]]
) -> None:
    rows = settled(schedule)
    venue = PagedVenue(rows, paging, most)

    found = got(venue, Span(FIRST_MS, int(rows[-1][0]) + 1), Way(paging=paging, most=most))

    assert list(found) == rows


@given(ways, pages, runs, st.data())
def test_a_settlement_missing_within_an_interval_is_refused(
    paging: Paging, most: int, schedule: list[tuple[int, int]], data: st.DataObject
) -> None:
    rows = settled(schedule)
    run = data.draw(st.integers(min_value=0, max_value=len(schedule) - 1))
    begin = sum(count for _, count in schedule[:run])
    place = begin + data.draw(st.integers(min_value=3, max_value=schedule[run][1] - 2))
    venue = PagedVenue(rows, paging, most, frozenset({int(rows[place][0])}))

    with pytest.raises(DataError, match="rows are missing between"):
        got(venue, Span(FIRST_MS, int(rows[-1][0]) + 1), Way(paging=paging, most=most))


@given(ways, pages, st.integers(min_value=2, max_value=200), st.sets(st.integers(1, 40)))
def test_empty_answers_leave_no_hole(
    paging: Paging, most: int, count: int, lapses: set[int]
) -> None:
    venue = PagedVenue(hours(FIRST_MS, count), paging, most, lapses=frozenset(lapses))

    try:
        rows = got(venue, Span(FIRST_MS, FIRST_MS + count * HOUR_MS), bars(paging, most))
    except (DataError, VenueBusy):
        return  # refused: nothing was passed off as whole

    # It may begin later, where the venue said twice that there is nothing before.
    assert list(rows) == venue.rows[-len(rows) :]
