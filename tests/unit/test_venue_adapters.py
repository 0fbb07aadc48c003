"""Each venue in small is read: what it lists, its history, and what it says now."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import pytest

from steelyard.data.columns import CLOSE, INDEX, MARK, OPEN_INTEREST, PRICE, RATE
from steelyard.data.sources import Span
from steelyard.domain.errors import VenueRefused
from steelyard.domain.time import DAY_MS, HOUR_MS
from steelyard.venues.client import Client, client_of
from steelyard.venues.exchange import Exchange, index_of
from steelyard.venues.instruments import Instrument, Segment
from steelyard.venues.profile import Feature
from steelyard.venues.profiles import PROFILES
from tests.support.fake_session import FakeSession
from tests.support.small_venues import EXPIRY_MS, FIRST_MS, VENUES, Truth, made_bars

Value = TypeVar("Value")
SETTLED = [
    # 8 hours for 100 settlements, then 4 hours, then every hour.
    *((FIRST_MS + 8 * place * HOUR_MS, 1e-4 + place * 1e-7) for place in range(101)),
    *((FIRST_MS + (800 + 4 * place) * HOUR_MS, 2e-4 + place * 1e-7) for place in range(1, 301)),
    *((FIRST_MS + (2000 + place) * HOUR_MS, 3e-4 + place * 1e-7) for place in range(1, 1001)),
]


def asked(
    venue: str, truth: Truth, what: Callable[[Exchange], Awaitable[Value]]
) -> tuple[Value, FakeSession]:
    session = FakeSession(lambda _host, path, query: VENUES[venue](truth, path, query))

    async def ask() -> Value:
        library = client_of(PROFILES[venue], session)
        library.enableRateLimit = False  # it paces itself by the clock
        client = Client(PROFILES[venue], library, lambda: truth.now_ms)
        async with Exchange(PROFILES[venue], client) as exchange:
            return await what(exchange)

    return asyncio.run(ask()), session


def pairs(feature: Feature) -> list[tuple[str, Segment]]:
    return [
        (name, segment)
        for name, profile in PROFILES.items()
        for segment in profile.segments(feature)
    ]


@pytest.mark.parametrize("venue", PROFILES)
def test_a_venue_lists_its_markets(venue: str) -> None:
    listed, _ = asked(venue, Truth(), lambda exchange: exchange.markets())
    found = {(one.segment, bool(one.expiry_ms)) for one in listed.instruments}
    dated = {one.expiry_ms for one in listed.dated("BTC")}

    assert listed.refused == {}
    assert {segment for segment, _ in found} == set(PROFILES[venue].quotes)
    assert dated == ({EXPIRY_MS} if PROFILES[venue].has_dated else set())


@pytest.mark.parametrize(("venue", "segment"), pairs(Feature.BARS))
def test_bars_are_complete_and_their_volume_is_in_coins(venue: str, segment: Segment) -> None:
    truth = Truth()

    async def ask(exchange: Exchange) -> Sequence[tuple[float, ...]]:
        instrument = await exchange.instrument("BTC", segment)
        return await exchange.history(Feature.BARS, instrument, Span(FIRST_MS, truth.now_ms))

    rows, _ = asked(venue, truth, ask)

    assert len(rows) == 3000
    for row, bar in zip(rows, truth.bars, strict=True):
        assert row == pytest.approx(bar, rel=1e-12)


@pytest.mark.parametrize(("venue", "segment"), pairs(Feature.MARK))
def test_mark_prices_are_complete(venue: str, segment: Segment) -> None:
    truth = Truth()

    async def ask(exchange: Exchange) -> Sequence[tuple[float, ...]]:
        instrument = await exchange.instrument("BTC", segment)
        return await exchange.history(Feature.MARK, instrument, Span(FIRST_MS, truth.now_ms))

    rows, _ = asked(venue, truth, ask)

    assert list(rows) == [bar[:5] for bar in truth.bars]


@pytest.mark.parametrize(
    ("venue", "segment"), [one for one in pairs(Feature.FUNDING) if one[0] != "deribit"]
)
def test_every_settlement_comes_though_its_interval_changed(venue: str, segment: Segment) -> None:
    # 101 of 8 hours, 300 of 4 hours, 1000 of one hour; OKX has forgotten all but 90 days.
    truth = Truth(funding=SETTLED)
    first_ms = truth.now_ms - 90 * DAY_MS if venue == "okx" else FIRST_MS
    due = [one for one in SETTLED if one[0] >= first_ms]

    async def ask(exchange: Exchange) -> Sequence[tuple[float, ...]]:
        instrument = await exchange.instrument("BTC", segment)
        return await exchange.history(Feature.FUNDING, instrument, Span(first_ms, truth.now_ms))

    rows, _ = asked(venue, truth, ask)

    assert list(rows) == due
    assert venue == "okx" or len(rows) == 1401


def test_the_funding_of_deribit_is_told_by_the_hour() -> None:
    truth = Truth()

    async def ask(exchange: Exchange) -> Sequence[tuple[float, ...]]:
        instrument = await exchange.instrument("BTC", Segment.INVERSE)
        return await exchange.history(Feature.FUNDING, instrument, Span(FIRST_MS, truth.now_ms))

    rows, _ = asked("deribit", truth, ask)

    assert list(rows) == [(bar[0], 1e-5) for bar in truth.bars]


@pytest.mark.parametrize(("venue", "segment"), pairs(Feature.OPEN_INTEREST))
def test_open_interest_is_in_coins_or_of_coin_margined_contracts_in_dollars(
    venue: str, segment: Segment
) -> None:
    truth = Truth()
    first_ms = truth.bars[-400][0]
    inverse = segment is Segment.INVERSE
    # Bybit tells dollars, OKX too, Binance contracts of 100 dollars.
    due = {"bybit": 1000.0, "okx": 1000.0 * truth.mark, "binance": 1000.0 * 100}[venue]

    async def ask(exchange: Exchange) -> Sequence[tuple[float, ...]]:
        instrument = await exchange.instrument("BTC", segment)
        span = Span(first_ms, truth.now_ms)
        return await exchange.history(Feature.OPEN_INTEREST, instrument, span)

    rows, _ = asked(venue, truth, ask)

    assert [row[0] for row in rows] == [bar[0] for bar in truth.bars[-400:]]
    assert {row[1] for row in rows} == {due if inverse else 1000.0}


@pytest.mark.parametrize("venue", ["binance", "okx"])
def test_open_interest_that_is_forgotten_is_refused_before_it_is_asked_for(venue: str) -> None:
    truth = Truth()

    async def ask(exchange: Exchange) -> object:
        instrument = await exchange.instrument("BTC", Segment.LINEAR)
        return await exchange.history(
            Feature.OPEN_INTEREST, instrument, Span(FIRST_MS, truth.now_ms)
        )

    with pytest.raises(
        VenueRefused, match=r"keeps open interest of the past for \d+ days.*archive"
    ):
        asked(venue, truth, ask)


def test_the_volatility_index_pages_backwards() -> None:
    truth = Truth()

    rows, session = asked(
        "deribit",
        truth,
        lambda exchange: exchange.history(
            Feature.VOLATILITY, index_of("deribit", "BTC"), Span(FIRST_MS, truth.now_ms)
        ),
    )

    assert list(rows) == [(bar[0], 50.0, 60.0, 40.0, 55.0) for bar in truth.bars]
    assert {query["currency"] for _, _, query in session.asked} == {"BTC"}


def test_three_years_of_bybit_are_every_hour() -> None:
    truth = Truth(bars=made_bars(26_280), now_ms=FIRST_MS + 26_280 * HOUR_MS + 60_000)

    async def ask(exchange: Exchange) -> Sequence[tuple[float, ...]]:
        instrument = await exchange.instrument("BTC", Segment.LINEAR)
        return await exchange.history(Feature.BARS, instrument, Span(FIRST_MS, truth.now_ms))

    # 26,280 hours in pages of 999 are 27.
    rows, session = asked("bybit", truth, ask)

    assert len(rows) == 26_280
    assert sum(path.endswith("/kline") for _, path, _ in session.asked) == 27


@pytest.mark.parametrize(
    ("venue", "coin", "multiple"),
    [("bybit", "SHIB", 1000.0), ("binance", "SHIB", 1000.0), ("bitget", "BONK", 1000.0)],
)
def test_a_lot_of_a_thousand_is_told_by_the_coin(venue: str, coin: str, multiple: float) -> None:
    truth = Truth(bars=made_bars(48), now_ms=FIRST_MS + 48 * HOUR_MS + 60_000)

    async def ask(exchange: Exchange) -> Sequence[tuple[float, ...]]:
        instrument = await exchange.instrument(coin, Segment.LINEAR)
        return await exchange.history(Feature.BARS, instrument, Span(FIRST_MS, truth.now_ms))

    rows, _ = asked(venue, truth, ask)
    first, bar = rows[0], truth.bars[0]

    # A price of 40,000 for 1000 is 40 for one; 2 lots are 2,000 coins.
    assert first[1:5] == pytest.approx([price / multiple for price in bar[1:5]], rel=1e-12)
    assert first[5] == pytest.approx(bar[5] * multiple, rel=1e-12)


@pytest.mark.parametrize(("venue", "segment"), pairs(Feature.PREMIUM_NOW))
def test_a_venue_says_mark_index_rate_and_open_interest(venue: str, segment: Segment) -> None:
    truth = Truth()
    features = (Feature.PREMIUM_NOW, Feature.FUNDING_NOW, Feature.OPEN_INTEREST_NOW)

    async def ask(exchange: Exchange) -> dict[Feature, tuple[int, dict[str, float]]]:
        return await exchange.seen(features, await exchange.instrument("BTC", segment))

    seen, _ = asked(venue, truth, ask)
    premium, funding, interest = (seen[feature] for feature in features)
    # 1000 coins; of a coin-margined contract in dollars, at the mark price of 50,000.
    due = 1000.0 * (50_000.0 if segment is Segment.INVERSE else 1.0)

    assert premium == (truth.now_ms, {MARK: 50_000.0, INDEX: 49_900.0})
    assert funding[0] == truth.now_ms
    assert funding[1][RATE] == 0.0001
    assert funding[1].get("next", truth.next_ms) == truth.next_ms
    assert interest[0] == truth.now_ms
    assert interest[1] == pytest.approx({OPEN_INTEREST: due}, rel=1e-12)


@pytest.mark.parametrize(("venue", "segment"), pairs(Feature.DATED_NOW))
def test_a_dated_contract_has_a_price(venue: str, segment: Segment) -> None:
    async def ask(exchange: Exchange) -> list[tuple[Instrument, float]]:
        found = []
        for one in (await exchange.markets()).dated("BTC"):
            if one.segment is segment:
                _, seen = (await exchange.seen([Feature.DATED_NOW], one))[Feature.DATED_NOW]
                found.append((one, seen[PRICE]))
        return found

    found, _ = asked(venue, Truth(), ask)

    assert [price for _, price in found] == [50_000.0] * len(found)
    assert len(found) == (0 if (venue, segment) == ("deribit", Segment.LINEAR) else 1)


def test_deribit_says_its_volatility_index() -> None:
    seen, _ = asked(
        "deribit",
        Truth(),
        lambda exchange: exchange.seen([Feature.VOLATILITY_NOW], index_of("deribit", "BTC")),
    )

    assert seen[Feature.VOLATILITY_NOW][1] == {CLOSE: 55.0}


@pytest.mark.parametrize("venue", PROFILES)
def test_what_a_venue_lacks_is_refused_by_its_name(venue: str) -> None:
    profile = PROFILES[venue]
    lacking = [feature for feature in list(Feature)[4:9] if not profile.can(feature)]

    async def ask(exchange: Exchange) -> list[str]:
        words = []
        for feature in lacking:
            instrument = await exchange.instrument("BTC", Segment.LINEAR)
            with pytest.raises(VenueRefused) as refusal:
                await exchange.history(feature, instrument, Span(FIRST_MS, FIRST_MS + DAY_MS))
            words.append(str(refusal.value))
        return words

    words, _ = asked(venue, Truth(), ask)

    for feature, sentence in zip(lacking, words, strict=True):
        assert sentence.startswith(f"{profile.title} has no {feature.value} of its linear")
        assert profile.lacks[feature] in sentence
