"""Answers of any shape, at every endpoint of every venue, are read or refused by name."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from steelyard.domain.errors import SteelyardError
from steelyard.domain.time import HOUR_MS
from steelyard.venues.client import Client, client_of
from steelyard.venues.exchange import Exchange, index_of
from steelyard.venues.instruments import Instrument, Segment
from steelyard.venues.pager import Ask
from steelyard.venues.profile import Feature
from steelyard.venues.profiles import PROFILES
from steelyard.venues.web import Patience
from tests.support.fake_session import FakeSession
from tests.support.small_venues import FIRST_MS, VENUES, Truth, made_bars

Value = TypeVar("Value")
TRUTH = Truth(
    bars=made_bars(6),
    funding=[(FIRST_MS, 1e-4), (FIRST_MS + 4 * HOUR_MS, -2e-4)],
    now_ms=FIRST_MS + 6 * HOUR_MS + 60_000,
)
JUNK: list[object] = [
    *(None, "", "abc", [], {}, True, -1, 0, 3.5, "NaN", "-", "0x10", "1_000", "null", [[]], [None]),
    *({"a": 1}, "<html>"),
]
HUGE: list[object] = [math.inf, "1e999", 10**400]
"""Not for listings: ccxt writes a number of decimals out, zero by zero."""

WORDS = frozenset({"code", "retCode", "symbol", "success", "jsonrpc", "instId"})
"""Keys of what is no number, though some look like one."""


class Job(NamedTuple):
    """One endpoint, and the instrument that it is asked about."""

    feature: Feature
    segment: Segment
    past: bool


JOBS = {
    name: [
        *(Job(*key, past=True) for key in profile.history),
        *(Job(*key, past=False) for key in profile.now),
    ]
    for name, profile in PROFILES.items()
}
EACH = [
    pytest.param(venue, job, id=f"{venue} {job.segment.value} {job.feature.value}")
    for venue, jobs in JOBS.items()
    for job in jobs
]


@cache
def library_of(venue: str) -> Any:  # noqa: ANN401 - ccxt ships no types
    library = client_of(PROFILES[venue], FakeSession(lambda *_asked: None))
    library.enableRateLimit = False
    return library


def ran(
    venue: str, what: Callable[[Exchange], Awaitable[Value]], changed: Callable[[Any], object]
) -> Value:
    """Return what a venue is found to say, whose answers are changed on their way."""

    def answer(_host: str, path: str, query: Any) -> object:  # noqa: ANN401 - as it is asked
        return changed(json.loads(json.dumps(VENUES[venue](TRUTH, path, query))))

    async def ask() -> Value:
        library = library_of(venue)
        library.session.answers = answer
        client = Client(PROFILES[venue], library, lambda: TRUTH.now_ms, Patience(tries=1))
        return await what(Exchange(PROFILES[venue], client))  # no socket is open

    return asyncio.run(ask())


def as_it_is(answer: object) -> object:
    return answer


@cache
def instrument(venue: str, job: Job) -> Instrument:
    """Return what a job is about: BTC, its dated contract, or its index."""

    async def find(exchange: Exchange) -> Instrument:
        if job.feature is Feature.DATED_NOW:
            dated = (await exchange.markets()).dated("BTC")
            mine = [one for one in dated if one.segment is job.segment]
            return mine[0] if mine else await exchange.instrument("BTC", job.segment)
        return await exchange.instrument("BTC", job.segment)

    index = job.segment is Segment.INDEX
    return index_of(venue, "BTC") if index else ran(venue, find, as_it_is)


def read(venue: str, job: Job, changed: Callable[[Any], object]) -> object:
    """Return what is read of a changed answer."""
    about = instrument(venue, job)

    async def ask(exchange: Exchange) -> object:
        if job.past:
            return await exchange.page(job.feature, about, Ask(FIRST_MS, TRUTH.now_ms, 100))
        return await exchange.seen([job.feature], about)

    return ran(venue, ask, changed)


def places(tree: object, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    yield above
    steps = enumerate(tree) if isinstance(tree, list) else ()
    for step, one in tree.items() if isinstance(tree, dict) else steps:
        yield from places(one, (*above, step))


def damaged(tree: Any, draw: st.DataObject, junk_there: Sequence[object]) -> object:  # noqa: ANN401 - an answer
    """Return an answer of which one place is gone, or holds something else."""
    *above, last = draw.draw(st.sampled_from([one for one in places(tree) if one]))
    junk = draw.draw(st.sampled_from(["gone", *junk_there]))
    holder = tree
    for step in above:
        holder = holder[step]
    if junk == "gone":
        del holder[last]
    else:
        holder[last] = junk
    return tree


@pytest.mark.parametrize("venue", PROFILES)
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(draw=st.data())
def test_a_damaged_answer_is_read_or_refused_by_the_name_of_the_venue(
    venue: str, draw: st.DataObject
) -> None:
    job = draw.draw(st.sampled_from(JOBS[venue]))
    found, refused = tried(
        lambda: read(venue, job, lambda told: damaged(told, draw, [*JUNK, *HUGE]))
    )
    title = PROFILES[venue].title
    pages = found.values() if isinstance(found, dict) else []
    rows = found if isinstance(found, tuple) else [(ms, *seen.values()) for ms, seen in pages]

    assert (
        refused.startswith(tuple(f"{title} ({name}) " for name in called(venue, job)))
        or not refused
    )
    assert all(math.isfinite(number) for row in rows for number in row)


def tried(what: Callable[[], Value]) -> tuple[Value | None, str]:
    """Return what is found, or why it is refused."""
    try:
        return what(), ""
    except SteelyardError as error:
        return None, str(error)


def called(venue: str, job: Job) -> list[str]:
    """Return the names of the routes that a job asks."""
    profile, key = PROFILES[venue], (job.feature, job.segment)
    return [profile.history[key].call] if job.past else [look.call for look in profile.now[key]]


@pytest.mark.parametrize("venue", PROFILES)
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(draw=st.data())
def test_a_damaged_listing_is_read_or_refused(venue: str, draw: st.DataObject) -> None:
    listed, refused = tried(
        lambda: ran(venue, lambda one: one.markets(), lambda told: damaged(told, draw, JUNK))
    )
    instruments = listed.instruments if listed else ()

    assert bool(instruments) or refused.startswith(PROFILES[venue].title)
    assert all(one.contract.size > 0 and one.coin for one in instruments)


def with_more(tree: object) -> object:
    """Return an answer with fields and cells that nobody knows."""
    if isinstance(tree, dict):
        return {**{key: with_more(one) for key, one in tree.items()}, "unheard": {"of": [1]}}
    if isinstance(tree, list):
        is_row = bool(tree) and not isinstance(tree[0], dict | list)
        return [*map(with_more, tree), *(["more"] if is_row else [])]
    return tree


@pytest.mark.parametrize(("venue", "job"), EACH)
def test_fields_that_nobody_knows_change_nothing(venue: str, job: Job) -> None:
    columnar = job.past and PROFILES[venue].history[job.feature, job.segment].columnar
    more = (lambda tree: {**tree, "unheard": 1}) if columnar else with_more

    assert read(venue, job, more) == read(venue, job, as_it_is)


def as_text(tree: object, key: str = "") -> object:
    """Return an answer whose numbers are text."""
    if isinstance(tree, dict):
        return {name: as_text(one, name) for name, one in tree.items()}
    if isinstance(tree, list):
        return [as_text(one, key) for one in tree]
    is_number = isinstance(tree, int | float) and not isinstance(tree, bool) and key not in WORDS
    return str(tree) if is_number else tree


def as_numbers(tree: object, key: str = "") -> object:
    """Return an answer whose text is numbers, where it can be."""
    if isinstance(tree, dict):
        return {name: as_numbers(one, name) for name, one in tree.items()}
    if isinstance(tree, list):
        return [as_numbers(one, key) for one in tree]
    if not isinstance(tree, str) or key in WORDS:
        return tree
    try:
        return float(tree)
    except ValueError:
        return tree


@pytest.mark.parametrize("written", [as_text, as_numbers])
@pytest.mark.parametrize(("venue", "job"), EACH)
def test_numbers_may_be_text_and_text_may_be_numbers(
    venue: str, job: Job, written: Callable[[object], object]
) -> None:
    assert read(venue, job, written) == read(venue, job, as_it_is)
