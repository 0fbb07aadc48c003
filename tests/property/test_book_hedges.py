"""Hedges that hold on any path: coins sold short in their own currency, spot against a future."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.domain.codes import (
    PART_BASIS,
    PART_FEES,
    PART_FUTURES,
    PART_SLIPPAGE,
    PART_SPOT,
    PERP,
    SPOT,
)
from steelyard.domain.contracts import SPOT_COIN, plain_balances, plain_holdings
from steelyard.domain.record import FILL_EXPIRY
from steelyard.kernel.book import fills_of
from steelyard.ledger.account import account_on, book_fill, equity
from tests.support.accounts import bars_of, book_of, coin_account, costs_for, live
from tests.support.plans import costs_of

PAIR_SPOT, PAIR_FUTURE = 2, 3

path = st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=12).map(np.cumsum).map(np.exp)
"""Prices after each bar, of one before the first; a bar may bring them up or down by a half."""


@given(
    coins=st.floats(0.01, 100.0), price=st.floats(1.0, 1e5), moves=path, wick=st.floats(1.0, 3.0)
)
@settings(max_examples=80)
def test_a_short_of_its_own_coins_worth_is_worth_the_same_dollars_at_every_price(
    coins: float, price: float, moves: np.ndarray, wick: float
) -> None:
    # coins + N (1 / P0 - 1 / P) with N = -coins x P0 is coins x P0 / P: times P it is coins x P0.
    account = coin_account(coins, price)
    track = bars_of(np.outer(price * np.array([1.0, *moves]), np.ones(2)), n_balances=2)
    track.high[:] *= wick
    track.low[:] /= wick
    book, costs = book_of(account, track), costs_of(tiers=((np.inf, 0.01, 0.0),))
    book_fill(account, 0, PERP, -coins * price, price, 0.0)
    worth = []
    for bar in range(moves.size):
        live(book, track, costs, bar)
        worth.append(equity(account))

    assert worth == pytest.approx([coins * price] * moves.size, rel=1e-9)
    assert fills_of(book).leg.size == 0
    parts = account.legs["parts"][0]
    assert parts[SPOT, PART_SPOT] == pytest.approx(-parts[PERP, PART_FUTURES], rel=1e-6, abs=1e-6)


@given(
    coins=st.floats(0.1, 10.0),
    basis=st.floats(-0.05, 0.2),
    moves=path,
    apart=st.lists(st.floats(-0.1, 0.1), min_size=12, max_size=12),
    fees=st.tuples(st.floats(0.0, 0.002), st.floats(0.0, 0.001), st.floats(0.0, 0.001)),
)
@settings(max_examples=80)
def test_a_basis_pair_held_to_expiry_earns_its_entry_basis_less_costs(
    coins: float,
    basis: float,
    moves: np.ndarray,
    apart: list[float],
    fees: tuple[float, float, float],
) -> None:
    # Long q spot at S0, short q at F0, settled at the spot price: q (F0 - S0), whatever happens.
    spot = 100.0 * np.array([1.0, *moves])
    future = spot * (1.0 + np.array([basis, *apart[: moves.size]]))
    track = bars_of(np.stack([spot, spot, spot, future], axis=1))
    last = moves.size - 1
    track.settled[0, PAIR_FUTURE, last] = spot[-1]
    legs, balances = plain_holdings(1, 4), plain_balances([1e7])
    legs["kind"][0, PAIR_SPOT], legs["settlement_fee"][0, PAIR_FUTURE] = SPOT_COIN, fees[2]
    legs["price"], legs["ladder"] = track.start_price, 0
    account = account_on(legs, balances)
    book, costs = book_of(account, track), costs_for(4, costs_of(half_spread_bps=2.0))
    costs.fee[0, PAIR_SPOT:] = fees[:2]
    for bar in range(moves.size):
        live(book, track, costs, bar, {PAIR_SPOT: coins, PAIR_FUTURE: -coins} if bar == 0 else None)
    made = fills_of(book)
    # 2 bp of both, the fees of both fills, and of the settlement at the price of its day.
    paid = coins * spot[0] * (0.0002 + 1.0002 * fees[0])
    paid += coins * future[0] * (0.0002 + 0.9998 * fees[1]) + coins * spot[-1] * fees[2]
    earned = equity(account) - 1e7
    parts = account.legs["parts"][0]
    assert made.reason[-1] == FILL_EXPIRY

    assert earned == pytest.approx(coins * (future[0] - spot[0]) - paid, abs=1e-7)
    assert parts[PAIR_FUTURE, PART_BASIS] == pytest.approx(coins * (future[0] - spot[0]), abs=1e-7)
    assert parts[PAIR_SPOT, PART_SPOT] == pytest.approx(-parts[PAIR_FUTURE, PART_FUTURES], abs=1e-7)
    assert -parts[:, [PART_FEES, PART_SLIPPAGE]].sum() == pytest.approx(paid, abs=1e-7)
    assert account.legs["quantity"][0].tolist() == [0.0, 0.0, coins, 0.0]
