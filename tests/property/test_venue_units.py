"""Coins to what a venue counts, and back: for every symbol that is recorded or made up."""

import asyncio
import functools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.domain.errors import DataError
from steelyard.venues.client import Client, client_of
from steelyard.venues.exchange import Exchange
from steelyard.venues.instruments import Instrument, Listed, Segment, listed
from steelyard.venues.profiles import PROFILES
from steelyard.venues.units import (
    Contract,
    Measure,
    amount,
    coin_of,
    coin_price,
    coins,
    dollars,
    venue_price,
)
from tests.support.fake_session import Answers, FakeSession
from tests.support.fixtures import binance_listing, recorded
from tests.support.small_venues import VENUES, Truth

some_amount = st.floats(min_value=1e-9, max_value=1e12).flatmap(
    lambda size: st.sampled_from([size, -size])
)
some_price = st.floats(min_value=1e-9, max_value=1e7)
some_contract = st.builds(
    Contract,
    size=st.sampled_from([1e-4, 0.001, 0.01, 1.0, 10.0, 100.0, 1e7]),
    is_inverse=st.booleans(),
    multiple=st.sampled_from([1.0, 1000.0, 10_000.0, 1e6]),
)


def listing(venue: str, answers: Answers) -> Listed:
    async def ask() -> Listed:
        library = client_of(PROFILES[venue], FakeSession(answers))
        library.enableRateLimit = False
        async with Exchange(PROFILES[venue], Client(PROFILES[venue], library, int)) as exchange:
            return await exchange.markets()

    return asyncio.run(ask())


@functools.cache
def made_up(venue: str) -> Listed:
    truth = Truth(bars=[])
    return listing(venue, lambda _host, path, query: VENUES[venue](truth, path, query))


@functools.cache
def recorded_binance() -> Listed:
    return listing("binance", binance_listing)


def goes_round(one: Instrument, held: float, price: float) -> bool:
    there = amount(one.contract, held, one.measure, price)
    back = coins(one.contract, there, one.measure, price)
    quoted = venue_price(one.contract, price)
    return math.isclose(back, held, rel_tol=1e-12) and math.isclose(
        coin_price(one.contract, quoted), price, rel_tol=1e-12
    )


@given(some_contract, st.sampled_from(Measure), some_amount, some_price)
def test_an_amount_goes_to_the_venue_and_back(
    contract: Contract, measure: Measure, held: float, price: float
) -> None:
    there = amount(contract, held, measure, price)

    assert math.isclose(coins(contract, there, measure, price), held, rel_tol=1e-12)
    # A long stays long, and what it is worth is its coins at the price.
    assert math.copysign(1.0, there) == math.copysign(1.0, held)
    assert math.isclose(dollars(contract, there, measure, price), held * price, rel_tol=1e-12)


@given(some_amount, some_price)
def test_every_recorded_symbol_of_binance_goes_there_and_back(held: float, price: float) -> None:
    found = recorded_binance()

    # 25 each of spot, USD-M and COIN-M, recorded in 2025.
    assert len(found.instruments) + len(found.refused) == 75
    assert [one.id for one in found.instruments if not goes_round(one, held, price)] == []


@given(some_amount, some_price)
def test_every_symbol_that_has_brackets_goes_there_and_back(held: float, price: float) -> None:
    names = recorded("binance_um_tiers_2026-09.json")["tiers"]
    markets = [
        {"id": name, "swap": True, "linear": True, "base": name.split("/")[0], "quote": "USDT"}
        for name in names
    ]
    found = listed("binance", markets, {})

    assert len(found.instruments) == len(names) == 907
    assert [one.id for one in found.instruments if not goes_round(one, held, price)] == []


@pytest.mark.parametrize("venue", PROFILES)
@given(held=some_amount, price=some_price)
def test_every_made_up_symbol_goes_there_and_back(venue: str, held: float, price: float) -> None:
    found = made_up(venue)

    assert found.instruments
    assert [one.id for one in found.instruments if not goes_round(one, held, price)] == []


def test_recorded_contracts_are_worth_what_the_venue_says() -> None:
    found = {
        (one.segment, one.coin): one.contract
        for one in recorded_binance().instruments
        if not one.expiry_ms
    }

    # 100 dollars of BTC, 10 of any other (exchangeInfo of 2025-08-07).
    assert found[Segment.INVERSE, "BTC"] == Contract(size=100.0, is_inverse=True)
    assert {
        contract.size
        for (segment, coin), contract in found.items()
        if segment is Segment.INVERSE and coin != "BTC"
    } == {10.0}
    assert found[Segment.LINEAR, "BTC"] == Contract()


def test_names_of_many_coins_among_recorded_symbols() -> None:
    names = {name.split("/")[0] for name in recorded("binance_um_tiers_2026-09.json")["tiers"]}
    many = {name: coin_of(name) for name in names if coin_of(name)[1] != 1.0}

    # Read off the list by eye; 1INCH, 2Z, 4, 42 and 0G are names of coins.
    assert set(many) == {
        "1000000BOB", "1000000MOG", "1000BONK", "1000CAT", "1000CHEEMS", "1000FLOKI", "1000LUNC",
        "1000PEPE", "1000RATS", "1000SATS", "1000SHIB", "1000WHY", "1000X", "1000XEC", "1MBABYDOGE",
    }  # fmt: skip
    assert many["1000000BOB"] == ("BOB", 1e6)
    assert many["1MBABYDOGE"] == ("BABYDOGE", 1e6)


@pytest.mark.parametrize("size", [0.0, -1.0, math.inf, math.nan])
def test_a_contract_worth_nothing_is_refused(size: float) -> None:
    with pytest.raises(DataError, match="must be above 0"):
        Contract(size=size)
    with pytest.raises(DataError, match="must be above 0"):
        Contract(multiple=size)


@pytest.mark.parametrize("price", [0.0, -1.0, math.nan, math.inf])
def test_dollars_are_no_coins_without_a_price(price: float) -> None:
    inverse = Contract(size=100.0, is_inverse=True)

    with pytest.raises(DataError, match="must be above 0"):
        coins(inverse, 1.0, Measure.CONTRACTS, price)
    with pytest.raises(DataError, match="must be above 0"):
        amount(Contract(), 1.0, Measure.QUOTE, price)
    with pytest.raises(DataError, match="must be above 0"):
        dollars(Contract(), 1.0, Measure.BASE, price)


def test_a_market_that_cannot_be_read_is_refused_by_its_name() -> None:
    inverse = {"swap": True, "inverse": True, "base": "BTC", "quote": "USD"}
    found = listed(
        "okx",
        [
            {**inverse, "id": "NO-SIZE"},
            {**inverse, "id": "NOTHING", "contractSize": 0},
            {"id": "DATELESS", "future": True, "linear": True, "base": "BTC", "quote": "USDT"},
            {"id": "QUANTO", "swap": True, "base": "BTC", "quote": "USD"},
            {"id": "INDEX", "type": "index", "base": "BTC", "quote": "USD"},
            {"id": "OPTION", "option": True},
            {**inverse, "id": "GOOD", "contractSize": 100},
        ],
        {Segment.INVERSE: Measure.CONTRACTS},
    )

    assert [one.id for one in found.instruments] == ["GOOD"]
    assert found.refused == {
        "NO-SIZE": "okx NO-SIZE is not read: it has no 'contractSize'",
        "NOTHING": "okx NOTHING is not read: the size of a contract is 0.0, must be above 0 and "
        "finite",
        "DATELESS": "okx DATELESS is not read: a dated contract without a date",
        "QUANTO": "okx QUANTO is not read: it is settled neither in its quote currency nor in its "
        "coin",
        "INDEX": "okx INDEX is not read: its kind is index, neither spot nor perpetual nor dated",
    }
