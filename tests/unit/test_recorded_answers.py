"""Recorded answers of Binance are read as they came, or refused by the name of the route."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from steelyard.data.columns import INDEX, MARK, OPEN_INTEREST, RATE
from steelyard.domain.errors import VenueBusy, VenueRefused
from steelyard.venues.client import Client, client_of
from steelyard.venues.exchange import Exchange
from steelyard.venues.instruments import Instrument, Segment
from steelyard.venues.pager import Ask, Row
from steelyard.venues.profile import Feature
from steelyard.venues.profiles import PROFILES
from steelyard.venues.units import Contract, Measure
from steelyard.venues.web import Patience
from tests.support.fake_session import Answers, FakeSession
from tests.support.fixtures import binance_routes

ONCE = Patience(tries=1)
ALL = Ask(0, 1 << 60, 1000)


def instrument(name: str, segment: Segment) -> Instrument:
    inverse = segment is Segment.INVERSE
    return Instrument(
        venue="binance",
        id=name,
        segment=segment,
        coin="BTC",
        quote="USD" if inverse else "USDT",
        contract=Contract(size=100.0 if inverse else 1.0, is_inverse=inverse),
        measure=Measure.CONTRACTS if inverse else Measure.BASE,
        info={},
    )


def paged(feature: Feature, one: Instrument, answer: object) -> Sequence[Row]:
    return asyncio.run(_asked(lambda _host, _path, _query: answer, feature, one))


async def _asked(answers: Answers, feature: Feature, one: Instrument) -> Sequence[Row]:
    library = client_of(PROFILES["binance"], FakeSession(answers))
    library.enableRateLimit = False
    client = Client(PROFILES["binance"], library, lambda: 1_754_500_000_000, ONCE)
    async with Exchange(PROFILES["binance"], client) as exchange:
        return await exchange.page(feature, one, ALL)


def seen(feature: Feature, one: Instrument, answer: object) -> tuple[int, dict[str, float]]:
    async def ask() -> tuple[int, dict[str, float]]:
        session = FakeSession(lambda _host, _path, _query: answer)
        library = client_of(PROFILES["binance"], session)
        library.enableRateLimit = False
        client = Client(PROFILES["binance"], library, lambda: 1_754_500_000_000, ONCE)
        async with Exchange(PROFILES["binance"], client) as exchange:
            return (await exchange.seen([feature], one))[feature]

    return asyncio.run(ask())


def answers_of(path: str) -> list[Any]:
    """Return what was recorded of a route: answers to good requests and to bad ones."""
    return [one["data"] for one in binance_routes()[path]["GET"]]


@pytest.mark.parametrize(
    ("path", "feature", "segment", "numbers"),
    [
        ("/api/v3/klines", Feature.BARS, Segment.SPOT, 5),
        ("/fapi/v1/klines", Feature.BARS, Segment.LINEAR, 5),
        ("/dapi/v1/klines", Feature.BARS, Segment.INVERSE, 5),
        ("/dapi/v1/markPriceKlines", Feature.MARK, Segment.INVERSE, 4),
        ("/fapi/v1/fundingRate", Feature.FUNDING, Segment.LINEAR, 1),
        ("/dapi/v1/fundingRate", Feature.FUNDING, Segment.INVERSE, 1),
        ("/futures/data/openInterestHist", Feature.OPEN_INTEREST, Segment.LINEAR, 1),
    ],
)
def test_recorded_history_is_read(
    path: str, feature: Feature, segment: Segment, numbers: int
) -> None:
    read = 0
    for answer in answers_of(path):
        if not isinstance(answer, list):  # to a bad request, or null
            with pytest.raises((VenueBusy, VenueRefused), match=r"^Binance "):
                paged(feature, instrument("BTCUSDT", segment), answer)
            continue
        rows = paged(feature, instrument("BTCUSDT", segment), answer)
        read += len(rows)

        assert len(rows) == len(answer)
        assert all(len(row) == 1 + numbers for row in rows)
        if feature in {Feature.BARS, Feature.MARK}:
            assert all(row[3] <= row[1] <= row[2] and row[3] <= row[4] <= row[2] for row in rows)

    assert read > 0


@pytest.mark.parametrize(
    ("path", "feature", "segment", "columns"),
    [
        ("/fapi/v1/premiumIndex", Feature.PREMIUM_NOW, Segment.LINEAR, {MARK, INDEX}),
        ("/dapi/v1/premiumIndex", Feature.PREMIUM_NOW, Segment.INVERSE, {MARK, INDEX}),
        ("/fapi/v1/premiumIndex", Feature.FUNDING_NOW, Segment.LINEAR, {RATE, "next"}),
        ("/fapi/v1/openInterest", Feature.OPEN_INTEREST_NOW, Segment.LINEAR, {OPEN_INTEREST}),
        ("/dapi/v1/openInterest", Feature.OPEN_INTEREST_NOW, Segment.INVERSE, {OPEN_INTEREST}),
    ],
)
def test_what_was_recorded_of_now_is_read(
    path: str, feature: Feature, segment: Segment, columns: set[str]
) -> None:
    for answer in answers_of(path):
        one = answer[0] if isinstance(answer, list) else answer

        ms, found = seen(feature, instrument(one["symbol"], segment), answer)

        assert set(found) == columns
        assert ms == one["time"]


def test_what_is_said_of_another_symbol_is_refused() -> None:
    told = {"symbol": "ETHUSDT", "markPrice": "1", "indexPrice": "1", "time": 1754500000000}

    with pytest.raises(VenueBusy, match="ETHUSDT in place of BTCUSDT"):
        seen(Feature.PREMIUM_NOW, instrument("BTCUSDT", Segment.LINEAR), told)


@pytest.mark.parametrize(
    "answer",
    [
        {"code": 0, "rows": []},
        [["1754500000000", "1", "2", "0.5", "1"]],
        [[1754500000000, "1", "2", "0.5", None, "3"]],
        [[1754500000000, "1", "2", "0.5", "NaN", "3"]],
        [[1754500000, "1", "2", "0.5", "1", "3"]],
        [{"open": 1}],
        "plain words",
    ],
    ids=["no list", "short", "null", "NaN", "seconds", "keys", "words"],
)
def test_another_shape_is_refused_by_venue_and_route(answer: object) -> None:
    words = r"^Binance .fapiPublicGetKlines. answers with something else than was asked for: "

    with pytest.raises(VenueBusy, match=words):
        paged(Feature.BARS, instrument("BTCUSDT", Segment.LINEAR), answer)
