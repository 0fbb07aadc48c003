"""How the sleeves of a policy become rows of its plan, and what their futures offer at a moment."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from steelyard.domain.arrays import Floats, Ints, Table
from steelyard.domain.market import Bars, Dated, Market
from steelyard.domain.sleeves import (
    BASIS,
    BASIS_FUTURES,
    CARRY,
    ENTER,
    GROSS,
    LEAVE,
    MOST,
    NET,
    OFFER_COLUMNS,
    SLEEVE,
)
from steelyard.domain.time import DAY_MS, HOUR_MS
from steelyard.features.basis import DAYS_A_YEAR, simple_basis
from steelyard.features.funding import mean_over, rate_8h
from steelyard.features.sampling import asof
from steelyard.kernel.sleeve_track import contracts_of
from steelyard.kernel.track import HALF_SPREAD_BPS
from steelyard.planning.basis_pair import PairCosts, pair_yield
from steelyard.policy.clocks import sampled
from steelyard.policy.schema import Basis, Carry, Liquidity, PolicyDocument

FIRST_LEG: Final = 2
"""The legs of the core come before those of sleeves."""

PRICE_AGE_MS: Final = 3 * HOUR_MS
"""An hourly price is unknown two hours after the next one was due (domain 9.2)."""

CARRY_HOURS: Final = 7 * 24
"""Funding over which the carry sleeve's yield is a mean."""

EIGHT_HOURS_A_YEAR: Final = 3.0 * DAYS_A_YEAR

HALF_SPREAD: Final = HALF_SPREAD_BPS / 10_000.0


def sleeve_table(document: PolicyDocument, market: Market | None = None) -> Table:
    """Return the sleeves that can hold a pair, SLEEVE[n_sleeves]: basis, then carry.

    Parameters
    ----------
    document : PolicyDocument
        The policy; a sleeve whose allocation is 0 is none.
    market : Market, optional
        Where it is to run; without dated contracts there is no basis sleeve, and beside
        coin-margined futures there is none at all.
    """
    is_linear = market is None or not market.in_coins
    has_dated = market is None or bool(market.dated)
    rows = []
    leg, offer = FIRST_LEG, 0
    for kind, sleeve, count, is_there in (
        (BASIS, document.basis, BASIS_FUTURES, is_linear and has_dated),
        (CARRY, document.carry, 1, is_linear),
    ):
        if sleeve is None:
            continue
        if is_there and sleeve.allocation > 0.0:
            held_first = int(sleeve.source == "held_first")
            rows.append((kind, sleeve.allocation, held_first, leg, leg + 1, leg + 1 + count, offer))
            leg += 1 + count
        offer += count
    return np.array(rows, dtype=SLEEVE)


def sleeves_in(document: PolicyDocument, place: str) -> int:
    """Return which sleeves may enter in a regime or the baseline: 1 basis, 2 carry, 3 both."""
    sleeves = ((BASIS, document.basis), (CARRY, document.carry))
    return sum(
        1 << kind
        for kind, one in sleeves
        if one is not None and (not one.only_in or place in one.only_in)
    )


def offers(document: PolicyDocument, market: Market, ms: Ints) -> Floats:
    """Return what each future that a sleeve may sell is worth, float64[n_offers, 5, n].

    Parameters
    ----------
    document : PolicyDocument
        The policy.
    market : Market
        What is known of the asset.
    ms : int64[n]
        Moments; nothing known later counts.
    """
    found = []
    if document.basis is not None:
        turns = [contracts_of(market.dated, place) for place in range(BASIS_FUTURES)]
        found += [_basis_offer(document.basis, market, contracts, ms) for contracts in turns]
    if document.carry is not None:
        found.append(_carry_offer(document.carry, market, ms))
    return np.array(found, dtype=np.float64).reshape(len(found), OFFER_COLUMNS, ms.size)


def _last(bars: Bars, ms: Ints) -> Floats:
    return asof(ms, bars.known_ms, bars.close, PRICE_AGE_MS)


def traded_a_day(bars: Bars, ms: Ints) -> Floats:
    """Return what was traded in the 24 hours before each moment, float64[n], quote.

    A missing bar counts as no trade.
    """
    traded = np.nan_to_num(bars.volume * bars.close)
    total = np.concatenate([[0.0], np.cumsum(traded)])
    last = np.searchsorted(bars.known_ms, ms, side="right")
    first = np.searchsorted(bars.known_ms, ms - DAY_MS, side="right")
    traded_then: Floats = total[last] - total[first]
    return traded_then


def _most(liquidity: Liquidity, future: Bars, spot: Bars, ms: Ints) -> Floats:
    """Return the largest notional of an order that is liquid enough in both legs, quote."""
    smaller = np.minimum(traded_a_day(future, ms), traded_a_day(spot, ms))
    return smaller * liquidity.volume_share


def _basis_offer(basis: Basis, market: Market, contracts: Sequence[Dated], ms: Ints) -> Floats:
    """Return what the contracts of one leg offer, each until it expires."""
    offer = np.full((OFFER_COLUMNS, ms.size), np.nan)
    begins = 0
    for contract in contracts:
        own = (ms >= begins) & (ms < contract.expiry_ms)
        offer[:, own] = _contract_offer(basis, market, contract, ms[own])
        begins = contract.expiry_ms
    return offer


def _contract_offer(basis: Basis, market: Market, contract: Dated, ms: Ints) -> Floats:
    future, spot = _last(contract.bars, ms), _last(market.spot, ms)
    days = (contract.expiry_ms - ms) / DAY_MS
    entry = simple_basis(future * (1.0 - HALF_SPREAD), spot * (1.0 + HALF_SPREAD), days)
    leaving = simple_basis(future * (1.0 + HALF_SPREAD), spot * (1.0 - HALF_SPREAD), days)
    net = _net(market, future, spot, days)
    is_tight = basis.liquidity.spread_bps >= 2.0 * HALF_SPREAD_BPS
    is_liquid = (days >= basis.liquidity.days) & is_tight
    offer = np.empty((OFFER_COLUMNS, ms.size))
    leave = leaving < basis.exit
    offer[ENTER] = (entry > basis.entry) & (net > basis.min_net) & is_liquid & ~leave
    offer[LEAVE] = leave
    offer[GROSS] = leaving
    offer[NET] = net
    offer[MOST] = _most(basis.liquidity, contract.bars, market.spot, ms)
    return offer


def _net(market: Market, future: Floats, spot: Floats, days: Floats) -> Floats:
    """Return the yield a year of a pair entered now and held to expiry, after all its costs."""
    facts = market.facts
    settling = facts.settlement_fee
    costs = PairCosts(
        spot_fee=facts.fee_spot,
        future_fee=facts.fee_perp,
        settlement_fee=facts.fee_perp if np.isnan(settling) else settling,
        slippage=HALF_SPREAD,
        margin=0.0,
    )
    prices = zip(spot.tolist(), future.tolist(), days.tolist(), strict=True)
    return np.array([pair_yield(*price, costs).on_spot for price in prices], dtype=np.float64)


def _carry_offer(carry: Carry, market: Market, ms: Ints) -> Floats:
    """Return what the perpetual offers: its mean funding of a week, as a simple rate a year."""
    funding = market.funding
    rate = rate_8h(funding.rate, funding.interval_hours)
    mean = mean_over(rate, funding.interval_hours, funding.follows, CARRY_HOURS)
    age = funding.interval_hours * HOUR_MS
    yearly = sampled(ms, funding.ms, mean * EIGHT_HOURS_A_YEAR, age)
    negative = sampled(ms, funding.ms, _negative_run(funding.rate), age)
    offer = np.empty((OFFER_COLUMNS, ms.size))
    leave = (yearly < carry.exit) | (negative >= carry.negative_settlements)
    offer[ENTER] = (yearly > carry.entry) & ~leave
    offer[LEAVE] = leave
    offer[GROSS] = offer[NET] = yearly
    offer[MOST] = _most(carry.liquidity, market.perp, market.spot, ms)
    return offer


def _negative_run(rate: Floats) -> Floats:
    """Return how many settlements in a row were negative up to each."""
    row = np.arange(rate.size)
    last_not = np.maximum.accumulate(np.where(rate < 0.0, -1, row))
    run: Floats = (row - last_not).astype(np.float64)
    return run
