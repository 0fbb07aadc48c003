"""History in pages: complete or refused."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from steelyard.data.sources import Span
from steelyard.domain.errors import DataError, VenueBusy
from steelyard.domain.time import DAY_MS, HOUR_MS, stamp
from steelyard.venues.pager import Ask, Paging, Row, Way, history
from tests.support.paged_venue import SUBJECT, PagedVenue, bars, hours, settlements

FIRST_MS = stamp(2022, 1, 1)
LATER_MS = stamp(2026, 1, 1)
FUNDING = replace(SUBJECT, kind="settled funding")
WAYS = [Paging.WINDOWS, Paging.FORWARD, Paging.BACKWARD, Paging.NUMBERED]


def got(venue: PagedVenue, span: Span, way: Way, now_ms: int = LATER_MS) -> tuple[Row, ...]:
    subject = SUBJECT if way.step_ms else FUNDING
    return asyncio.run(history(venue.page, span, way, subject, now_ms=now_ms))


@pytest.mark.parametrize("paging", WAYS)
def test_three_years_of_hours_are_every_one_of_them(paging: Paging) -> None:
    # 2022, 2023 and 2024 but its last day: 3 x 365 days x 24 = 26,280.
    venue = PagedVenue(hours(FIRST_MS, 26_280), paging, most=1000)

    rows = got(venue, Span(FIRST_MS, FIRST_MS + 26_280 * HOUR_MS), bars(paging, 1000))

    assert len(rows) == 26_280
    assert list(rows) == venue.rows


@pytest.mark.parametrize("paging", WAYS)
def test_an_interval_may_change_from_8_to_4_to_1_hours(paging: Paging) -> None:
    # 1 + 300 + 600 + 500 settlements.
    rows = settlements(FIRST_MS, [(8, 300), (4, 600), (1, 500)])
    venue = PagedVenue(rows, paging, most=100)

    found = got(venue, Span(FIRST_MS, int(rows[-1][0]) + 1), Way(paging=paging, most=100))

    assert len(found) == 1401
    assert list(found) == rows


@pytest.mark.parametrize("paging", WAYS)
@pytest.mark.parametrize(
    # 450 hours are 18 days and 18 hours, 998 are 41 days and 14 hours.
    ("place", "due"),
    [(1, "2022-01-01 01:00 UTC"), (450, "2022-01-19 18:00 UTC"), (998, "2022-02-11 14:00 UTC")],
)
def test_a_missing_hour_is_refused_by_its_date(paging: Paging, place: int, due: str) -> None:
    rows = hours(FIRST_MS, 1000)
    venue = PagedVenue(rows, paging, most=100, hidden=frozenset({FIRST_MS + place * HOUR_MS}))

    with pytest.raises(DataError, match=f"binance BTCUSDT hourly bars.*missing from {due} to "):
        got(venue, Span(FIRST_MS, FIRST_MS + 1000 * HOUR_MS), bars(paging, 100))


@pytest.mark.parametrize("paging", WAYS)
@pytest.mark.parametrize("place", [40, 120])
def test_a_missing_settlement_is_refused(paging: Paging, place: int) -> None:
    rows = settlements(FIRST_MS, [(8, 60), (4, 120)])
    venue = PagedVenue(rows, paging, most=50, hidden=frozenset({int(rows[place][0])}))

    with pytest.raises(DataError, match="settled funding: rows are missing between 2022-01-"):
        got(venue, Span(FIRST_MS, int(rows[-1][0])), Way(paging=paging, most=50))


def test_a_settlement_missing_at_the_change_of_the_interval_is_refused() -> None:
    # 00:00, 08:00, (16:00), then 20:00 and 00:00: 12 hours are no interval.
    rows = settlements(FIRST_MS, [(8, 2), (4, 9)])
    venue = PagedVenue(rows, Paging.FORWARD, most=50, hidden=frozenset({int(rows[2][0])}))

    with pytest.raises(DataError, match="between 2022-01-01 08:00 UTC and 2022-01-01 20:00 UTC"):
        got(venue, Span(FIRST_MS, int(rows[-1][0])), Way(paging=Paging.FORWARD, most=50))


def test_an_interval_that_comes_back_meets_the_hours_of_the_longer_one() -> None:
    # Hourly after 08:00 for five hours, then 8 hours again, which settles at 16:00: a gap of 3.
    ms = [0, 8, *range(9, 14), 16, 24, 32]
    rows: list[Row] = [(FIRST_MS + hour * HOUR_MS, 0.0) for hour in ms]
    venue = PagedVenue(rows, Paging.FORWARD, most=50)

    found = got(venue, Span(FIRST_MS, FIRST_MS + 33 * HOUR_MS), Way(paging=Paging.FORWARD, most=9))

    assert list(found) == rows


@pytest.mark.parametrize("paging", WAYS)
@pytest.mark.parametrize("lapse", [1, 2, 5])
def test_a_page_that_came_empty_once_is_asked_for_again(paging: Paging, lapse: int) -> None:
    venue = PagedVenue(hours(FIRST_MS, 1000), paging, most=100, lapses=frozenset({lapse}))
    span = Span(FIRST_MS, FIRST_MS + 1000 * HOUR_MS)

    rows = got(venue, span, bars(paging, 100))

    assert len(rows) == 1000


def test_a_venue_that_gives_the_newest_rows_first_is_no_trap() -> None:
    # Asked from the beginning on, it gives the last 100 of each stretch.
    venue = PagedVenue(hours(FIRST_MS, 950), Paging.BACKWARD, most=100)

    rows = got(venue, Span(FIRST_MS, FIRST_MS + 950 * HOUR_MS), bars(Paging.FORWARD, 100))

    assert len(rows) == 950


@pytest.mark.parametrize("paging", WAYS)
def test_the_unfinished_candle_is_left_out(paging: Paging) -> None:
    # At 10:30 the candle of 10:00 is not finished: ten are, 00:00 to 09:00.
    venue = PagedVenue(hours(FIRST_MS, 11), paging, most=100)
    now_ms = FIRST_MS + 10 * HOUR_MS + HOUR_MS // 2

    rows = got(venue, Span(FIRST_MS, now_ms), bars(paging, 100), now_ms)

    assert [row[1] for row in rows] == [float(hour) for hour in range(10)]


def test_history_may_begin_later_than_asked() -> None:
    venue = PagedVenue(hours(FIRST_MS, 100), Paging.WINDOWS, most=50)
    span = Span(FIRST_MS - 90 * DAY_MS, FIRST_MS + 100 * HOUR_MS)

    rows = got(venue, span, bars(Paging.WINDOWS, 50))

    assert len(rows) == 100
    # What lies before the first row was asked for once more.
    assert venue.asked[-1].first_ms == FIRST_MS - 49 * HOUR_MS
    assert venue.asked[-1].last_ms == FIRST_MS - 1


@pytest.mark.parametrize("paging", WAYS)
def test_rows_missing_at_the_end_are_a_venue_that_is_behind(paging: Paging) -> None:
    venue = PagedVenue(hours(FIRST_MS, 90), paging, most=50)

    with pytest.raises(VenueBusy, match=r"last row is of 2022-01-04 17:00 UTC.*try again later"):
        got(venue, Span(FIRST_MS, FIRST_MS + 100 * HOUR_MS), bars(paging, 50))


@pytest.mark.parametrize("paging", WAYS)
def test_an_empty_list_is_no_history(paging: Paging) -> None:
    venue = PagedVenue([], paging, most=50)

    with pytest.raises(VenueBusy, match="answers with nothing between 2022-01-01 and 2022-01-02"):
        got(venue, Span(FIRST_MS, FIRST_MS + DAY_MS), bars(paging, 50))


def test_two_pages_that_contradict_each_other_are_refused() -> None:
    class Fickle(PagedVenue):
        async def page(self, ask: Ask) -> Sequence[Row]:
            self.asked.append(ask)
            number = len(self.asked)
            return [(FIRST_MS + hour * HOUR_MS, float(number)) for hour in (2, 1, 0)]

    venue = Fickle([], Paging.NUMBERED, most=3)

    with pytest.raises(DataError, match=r"two pages differ for 2022-01-01 02:00 UTC: \(1.0,\) and"):
        got(venue, Span(FIRST_MS - DAY_MS, FIRST_MS + 3 * HOUR_MS), bars(Paging.NUMBERED, 3))


@pytest.mark.parametrize(
    ("places", "what"), [([0, 1, 1, 2], "a time twice"), ([0, 2, 1, 3], "rows out of order")]
)
def test_a_page_in_disorder_is_refused(places: list[int], what: str) -> None:
    class Muddled(PagedVenue):
        async def page(self, ask: Ask) -> Sequence[Row]:  # noqa: ARG002
            return [(FIRST_MS + place * HOUR_MS, 1.0) for place in places]

    with pytest.raises(DataError, match=f"a page has {what}, at 2022-01-01 0[12]:00"):
        got(
            Muddled([], Paging.FORWARD, most=9),
            Span(FIRST_MS, FIRST_MS + 4 * HOUR_MS),
            bars(Paging.FORWARD, 9),
        )


def test_a_numbered_venue_that_repeats_its_last_page_comes_to_an_end() -> None:
    class Stuck(PagedVenue):
        async def page(self, ask: Ask) -> Sequence[Row]:
            self.asked.append(ask)
            return self.rows[::-1]

    venue = Stuck(hours(FIRST_MS, 5), Paging.NUMBERED, most=5)

    rows = got(venue, Span(FIRST_MS - DAY_MS, FIRST_MS + 5 * HOUR_MS), bars(Paging.NUMBERED, 5))

    assert len(rows) == 5
    assert len(venue.asked) < 6


def test_settlements_are_told_by_their_hour_whatever_the_jitter() -> None:
    rows = [
        (ms + (place % 3) * 900, rate)
        for place, (ms, rate) in enumerate(settlements(FIRST_MS, [(8, 30)], jitter_ms=0))
    ]
    venue = PagedVenue(rows, Paging.BACKWARD, most=7)

    found = got(
        venue,
        Span(FIRST_MS, FIRST_MS + 11 * DAY_MS),
        Way(paging=Paging.BACKWARD, most=7),
        int(rows[-1][0]),
    )

    assert list(found) == rows


def test_a_settlement_that_is_due_and_not_there_is_a_venue_that_is_behind() -> None:
    # The last is of 08:00, the next was due at 16:00, and it is 16:02.
    rows = settlements(FIRST_MS, [(8, 1)])
    venue = PagedVenue(rows, Paging.FORWARD, most=9)
    now_ms = FIRST_MS + 16 * HOUR_MS + 120_000

    with pytest.raises(VenueBusy, match="last row is of 2022-01-01 08:00"):
        got(venue, Span(FIRST_MS, now_ms), Way(paging=Paging.FORWARD, most=9), now_ms)


def test_a_stretch_that_has_not_finished_a_bar_is_empty() -> None:
    venue = PagedVenue(hours(FIRST_MS, 3), Paging.FORWARD, most=9)

    rows = got(venue, Span(FIRST_MS, FIRST_MS + 60_000), bars(Paging.FORWARD, 9), FIRST_MS + 60_000)

    assert rows == ()
    assert venue.asked == []
