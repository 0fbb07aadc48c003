"""An account of any kind: its parts are its equity, and what is undone has left nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.domain.arrays import Floats
from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.plan import Account
from steelyard.ledger.account import book_fill, equity
from tests.referee.product import Product
from tests.referee.scenarios import scenario
from tests.support.accounts import (
    DATED,
    INVERSE_PERP,
    OWN_INVERSE,
    OWN_LINEAR,
    bars_of,
    book_of,
    costs_for,
    every_kind,
    live,
)

seeds = st.integers(0, 2**32 - 1)
LEGS = (SPOT, PERP, DATED, INVERSE_PERP, OWN_LINEAR, OWN_INVERSE)
prices = st.lists(st.floats(90.0, 110.0), min_size=6, max_size=6).map(np.array)
worths = st.sampled_from([1.0, 0.65, 1.01])


@given(seeds)
@settings(max_examples=80)
def test_the_parts_of_legs_and_balances_are_the_change_of_equity(seed: int) -> None:
    # Random accounts and markets of the referee: every contract, liquidation, expiry, lost peg.
    made = scenario(seed)
    product = Product(made)
    account, start = product.account, equity(product.account)
    for number, bar in enumerate(made.bars):
        product.live(number, bar.orders)
        of_legs, of_balances = account.legs["parts"], account.balances["parts"]
        scale = abs(start) + np.abs(of_legs).sum() + np.abs(of_balances).sum()
        change = equity(account) - start

        assert abs(of_legs.sum() + of_balances.sum() - change) <= 1e-10 * scale
        by_part = of_legs.sum(axis=(0, 1)) + of_balances.sum(axis=0)
        assert np.abs(by_part - account.total).max() <= 1e-10 * scale


def standing(account: Account) -> list[float]:
    """Return what an account holds and is worth."""
    held = [*account.legs["quantity"].ravel(), *account.balances["amount"]]
    return [float(number) for number in (*held, equity(account))]


@given(
    marks=prices,
    ratios=st.lists(st.floats(0.98, 1.02), min_size=6, max_size=6),
    shares=st.lists(st.floats(-1.0, 1.0), min_size=6, max_size=6),
    worth=worths,
)
@settings(max_examples=100)
def test_what_is_bought_and_sold_back_without_costs_has_changed_nothing(
    marks: Floats, ratios: list[float], shares: list[float], worth: float
) -> None:
    # All instruments at once, filled at other prices than their marks, but twice at the same.
    account = every_kind(marks, money=1e6, coins=1e4, worth=worth)
    track = bars_of(np.stack([marks] * 3), n_balances=4)
    track.worth[:] = worth
    track.first_fill[:] = (marks * ratios)[None, :, None]
    book, costs, before = book_of(account, track), costs_for(6), standing(account)
    size = np.array([500.0, 5e3, 5e3, 5e5, 5e3, 5e5])
    orders = dict(zip(LEGS, (size * shares).tolist(), strict=True))
    orders[SPOT] = abs(orders[SPOT])
    live(book, track, costs, 0, orders)
    filled = {leg: float(account.legs["quantity"][0, leg]) for leg in LEGS}

    assert filled == orders
    live(book, track, costs, 1, {leg: -quantity for leg, quantity in filled.items()})
    assert standing(account) == [pytest.approx(one, rel=1e-12, abs=1e-9) for one in before]


@given(
    leg=st.sampled_from(LEGS),
    marks=prices,
    held=st.floats(-1e3, 1e3),
    quantity=st.floats(-1e3, 1e3),
    price=st.floats(90.0, 110.0),
)
@settings(max_examples=200)
def test_a_round_trip_beside_a_position_leaves_the_position(
    leg: int, marks: Floats, held: float, quantity: float, price: float
) -> None:
    # Isolated margin may lie on the other side of its two balances, of the same currency, after.
    account = every_kind(marks, money=1e7, coins=1e5)
    book_fill(account, 0, leg, held, marks[leg], 0.0)
    before = standing(account)
    book_fill(account, 0, leg, quantity, price, 0.0)
    book_fill(account, 0, leg, -quantity, price, 0.0)
    after = standing(account)
    pairs = (-5, -3), (-4, -2)  # money and its isolated balance, coins and theirs

    for one, other in pairs:
        assert after[one] + after[other] == pytest.approx(before[one] + before[other], rel=1e-12)
    assert after[:6] == pytest.approx(before[:6], rel=1e-9, abs=1e-9)
    assert after[-1] == pytest.approx(before[-1], rel=1e-12)
