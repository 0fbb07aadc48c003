"""Venues over the network, as far as a stand-in on loopback is one: history, faults, refusals."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import TypeVar

import numpy as np
import pytest

from steelyard.data.sources import Span
from steelyard.domain.errors import DataError, VenueBusy, VenueRefused
from steelyard.domain.time import DAY_MS, HOUR_MS, stamp
from steelyard.venues.client import Client, client_of
from steelyard.venues.exchange import Exchange, index_of
from steelyard.venues.instruments import Segment
from steelyard.venues.pager import Row
from steelyard.venues.profile import Feature
from steelyard.venues.profiles import PROFILES
from steelyard.venues.standin import faults
from steelyard.venues.standin.faults import Fault, Kind
from steelyard.venues.standin.invented import invented_world
from steelyard.venues.standin.server import Served, serving
from steelyard.venues.web import Patience

Value = TypeVar("Value")
NOW_MS = stamp(2026, 3, 2, 10) + 5 * 60_000
QUICK = Patience(tries=4, pause_s=0.01, longest_s=2.0)
YEARS = 26_280
"""Hours of three years of 365 days."""


@pytest.fixture(scope="module")
def where() -> Iterator[Served]:
    with serving(invented_world(lambda: NOW_MS)) as served:
        yield served


@pytest.fixture(autouse=True)
def _unbroken(where: Served) -> Iterator[None]:
    yield
    where.faults.clear()


def asked(
    where: Served,
    venue: str,
    what: Callable[[Exchange], Awaitable[Value]],
    timeout_ms: int = 10_000,
) -> Value:
    profile = PROFILES[venue]

    async def ask() -> Value:
        async with where.place.session() as session:
            library = client_of(profile, session)
            library.enableRateLimit = False  # it paces itself by the clock
            library.timeout = timeout_ms
            client = Client(profile, library, lambda: NOW_MS, QUICK)
            async with Exchange(profile, client) as exchange:
                return await what(exchange)

    return asyncio.run(ask())


def rows_of(
    where: Served, venue: str, feature: Feature, of: tuple[str, Segment], span: Span
) -> Sequence[Row]:
    async def ask(exchange: Exchange) -> Sequence[Row]:
        return await exchange.history(feature, await exchange.instrument(*of), span)

    return asked(where, venue, ask)


@pytest.mark.parametrize(
    ("venue", "segment"),
    [
        ("binance", Segment.SPOT),
        ("binance", Segment.LINEAR),
        ("binance", Segment.INVERSE),
        ("bybit", Segment.SPOT),
        ("bybit", Segment.LINEAR),
        ("bybit", Segment.INVERSE),
    ],
)
def test_three_years_of_hours_are_26_280_of_26_280(
    where: Served, venue: str, segment: Segment
) -> None:
    end_ms = NOW_MS // HOUR_MS * HOUR_MS
    first_ms = end_ms - YEARS * HOUR_MS
    market = {
        ("binance", Segment.LINEAR): "um",
        ("binance", Segment.INVERSE): "cm",
        ("binance", Segment.SPOT): "spot",
    }.get((venue, segment), f"bybit_{'inverse' if segment is Segment.INVERSE else segment.value}")
    symbol = {"cm": "BTCUSD_PERP", "bybit_inverse": "BTCUSD"}.get(market, "BTCUSDT")

    rows = rows_of(where, venue, Feature.BARS, ("BTC", segment), Span(first_ms, end_ms))
    held = where.standin.history[market, "klines", symbol]
    due = held.rows[(held.ms >= first_ms) & (held.ms < end_ms)]

    assert len(rows) == YEARS
    assert [int(row[0]) for row in rows] == list(range(first_ms, end_ms, HOUR_MS))
    # Answers print some decimals; a volume of coins is converted.
    np.testing.assert_allclose([row[1:5] for row in rows], due[:, :4], rtol=1e-6)


@pytest.mark.parametrize(("venue", "market"), [("binance", "um"), ("bybit", "bybit_linear")])
def test_settlements_of_8_then_4_then_1_hours_all_come(
    where: Served, venue: str, market: str
) -> None:
    first_ms = NOW_MS - 100 * DAY_MS
    held = where.standin.history[market, "fundingRate", "SOLUSDT"]
    due = held.ms[(held.ms >= first_ms) & (held.ms <= NOW_MS)]
    gaps = {int(gap) // HOUR_MS for gap in np.diff(due)}

    rows = rows_of(where, venue, Feature.FUNDING, ("SOL", Segment.LINEAR), Span(first_ms, NOW_MS))

    assert gaps == {8, 4, 1}
    assert [int(row[0]) // HOUR_MS for row in rows] == [int(ms) // HOUR_MS for ms in due]


def test_a_lot_of_a_thousand_costs_on_futures_what_its_coin_costs_on_spot(where: Served) -> None:
    span = Span(NOW_MS - 2 * DAY_MS, NOW_MS)

    spot = rows_of(where, "binance", Feature.BARS, ("PEPE", Segment.SPOT), span)
    future = rows_of(where, "binance", Feature.BARS, ("PEPE", Segment.LINEAR), span)

    assert [row[4] for row in future] == pytest.approx([row[4] for row in spot], rel=0.02)


def test_the_volatility_index_is_complete(where: Served) -> None:
    end_ms = NOW_MS // HOUR_MS * HOUR_MS
    span = Span(end_ms - 3000 * HOUR_MS, NOW_MS)

    rows = asked(
        where,
        "deribit",
        lambda exchange: exchange.history(Feature.VOLATILITY, index_of("deribit", "BTC"), span),
    )

    assert len(rows) == 3000


def test_open_interest_that_the_venue_forgot_is_led_to_the_archive(where: Served) -> None:
    span = Span(NOW_MS - 100 * DAY_MS, NOW_MS)

    with pytest.raises(VenueRefused, match=r"keeps open interest of the past for 29 days.*archive"):
        rows_of(where, "binance", Feature.OPEN_INTEREST, ("BTC", Segment.LINEAR), span)


def test_open_interest_of_the_last_weeks_comes_by_the_hour(where: Served) -> None:
    end_ms = NOW_MS // HOUR_MS * HOUR_MS
    span = Span(end_ms - 28 * DAY_MS, end_ms)

    rows = rows_of(where, "binance", Feature.OPEN_INTEREST, ("BTC", Segment.LINEAR), span)

    assert len(rows) == 28 * 24


DAY = Span(NOW_MS - 3 * DAY_MS, NOW_MS - DAY_MS)


def day(where: Served, venue: str = "binance") -> Sequence[Row]:
    return rows_of(where, venue, Feature.BARS, ("BTC", Segment.LINEAR), DAY)


@pytest.mark.parametrize(
    "fault",
    [
        faults.busy("*/klines", retry_after="0"),
        faults.page("*/klines", status=502, times=1),
        faults.empty("*/klines", times=1),
        Fault(at="*/klines", kind=Kind.RESET, times=1),
        Fault(at="*/klines", kind=Kind.SHORT, times=1),
    ],
    ids=["429", "502", "empty", "reset", "short"],
)
def test_a_fault_that_passes_leaves_no_trace(where: Served, fault: Fault) -> None:
    where.faults.append(fault)

    rows = day(where)

    assert len(rows) == 48
    assert fault.done == 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (faults.busy("*/klines", times=None), "asks for a pause.*too many requests"),
        (faults.banned("*/klines"), "has banned this address.*for 120 s"),
        (faults.page("*/klines"), "web page in place of data"),
        (faults.page("*/klines", status=502), "away or in maintenance"),
        (faults.empty("*/klines"), "answers with nothing between.*maintenance"),
        (faults.empty("*/exchangeInfo"), "something else than was asked for|lists nothing"),
        (Fault(at="*/klines", kind=Kind.RESET), "cannot be reached"),
        (Fault(at="*/klines", body=b'{"rows": "none"}'), "something else than was asked for"),
        (Fault(at="*/klines", body=b'[["never"]]'), "something else than was asked for"),
    ],
    ids=["429", "418", "page", "502", "empty", "no markets", "reset", "shape", "cells"],
)
def test_a_fault_that_stays_is_a_busy_venue_by_name(
    where: Served, fault: Fault, words: str
) -> None:
    where.faults.append(fault)

    with pytest.raises(VenueBusy, match=words) as refusal:
        day(where)

    assert "inance" in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_venue_that_hangs_is_given_up(where: Served) -> None:
    where.faults.append(Fault(at="*/klines", kind=Kind.HANG))

    async def ask(exchange: Exchange) -> object:
        instrument = await exchange.instrument("BTC", Segment.LINEAR)
        return await exchange.history(Feature.BARS, instrument, DAY)

    with pytest.raises(VenueBusy, match=r"Binance .fapiPublicGetKlines. cannot be reached"):
        asked(where, "binance", ask, timeout_ms=1000)


def test_a_ban_is_not_tried_again(where: Served) -> None:
    fault = faults.banned("*/klines")
    where.faults.append(fault)

    with pytest.raises(VenueBusy):
        day(where)

    assert fault.done == 1


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (403, b"<html>forbidden</html>", "refuses to answer .status 403.*countries"),
        (451, b"", "refuses to answer .status 451"),
        (404, b"<html>gone</html>", "is not there any more .status 404.*newer version"),
        (400, b'{"code": -1121, "msg": "Invalid symbol."}', "does not know the symbol"),
        (400, b'{"code": -1100, "msg": "Illegal characters."}', "refuses what it was asked"),
        (401, b'{"code": -2015, "msg": "Invalid API-key."}', "asks for a key"),
    ],
)
def test_a_refusal_is_told_apart_from_a_busy_venue(
    where: Served, status: int, body: bytes, words: str
) -> None:
    where.faults.append(Fault(at="*/klines", status=status, body=body))

    with pytest.raises(VenueRefused, match=words):
        day(where)


def test_bybit_bans_with_403(where: Served) -> None:
    body = b'{"retCode": 10006, "retMsg": "Access too frequent. Try again in 10 minutes."}'
    where.faults.append(Fault(at="*/kline", status=403, body=body))

    with pytest.raises(VenueBusy, match=r"has banned this address.*for 600 s"):
        day(where, "bybit")


def test_a_pause_longer_than_is_waited_for_is_told(where: Served) -> None:
    where.faults.append(faults.busy("*/klines", retry_after="7200", times=None))

    with pytest.raises(VenueBusy, match="asks for a pause of 7200 s"):
        day(where)


def test_rows_that_are_hidden_are_refused_by_their_date(where: Served) -> None:
    # Every page lacks the same hour, also the one that is asked for it alone.
    lacking = [DAY.first_ms // HOUR_MS * HOUR_MS + HOUR_MS * (1 + hour) for hour in range(48)]
    told = [[ms, "1", "1", "1", "1", "1", ms, "1", 1, "1", "1", "0"] for ms in lacking]
    del told[20]
    where.faults.append(Fault(at="*/klines", body=json.dumps(told).encode()))

    with pytest.raises(DataError, match=r"BTCUSDT hourly bars: rows are missing from 2026-02-28"):
        day(where)
