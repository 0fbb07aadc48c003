"""Futures of one coin in one margin group move together towards their liquidation."""

import math

import numpy as np
import pytest

from steelyard.domain.codes import PERP
from steelyard.domain.plan import Account
from steelyard.ledger.account import book_fill, open_account, revalue
from steelyard.ledger.margin import forced_price, liquidation_price
from tests.support.plans import costs_of

DATED = 2
FLAT = costs_of(tiers=((math.inf, 0.01, 0.0),))
LADDER = (np.array([math.inf]), np.array([0.01]), np.array([0.0]))


def holding(perpetual: float, dated: float, cash: float) -> Account:
    """Return an account with two futures of one coin at 100."""
    account = open_account(1, 3, cash)
    revalue(account, 0, np.full(3, 100.0))
    book_fill(account, 0, PERP, perpetual, 100.0, 0.0)
    book_fill(account, 0, DATED, dated, 100.0, 0.0)
    return account


@pytest.mark.parametrize(
    ("leg", "together", "alone"),
    [(PERP, 54_800 / 351.5, 34_800 / 151.5), (DATED, 54_850 / 352.0, 39_850 / 202.0)],
)
def test_two_shorts_lose_together(leg: int, together: float, alone: float) -> None:
    # 20,000 - 350 (P - 100) meets 1.5 P + 200 for the perpetual of 150, 2 P + 150 for the other of
    # 200: the maintenance of the one that is not looked at stays. Each alone would stand longer.
    account = holding(-150.0, -200.0, 20_000.0)

    assert forced_price(account, 0, leg, 200.0, FLAT) == pytest.approx(together)
    assert together < alone


def test_a_short_beside_a_larger_long_is_not_forced_by_a_rise() -> None:
    account = holding(300.0, -200.0, 1_000.0)

    assert math.isnan(forced_price(account, 0, DATED, 1e6, FLAT))
    # 1,000 + 100 (P - 100) = 3 P + 200.
    assert forced_price(account, 0, PERP, 50.0, FLAT) == pytest.approx(9_200.0 / 97.0)


def test_what_moves_as_fast_as_maintenance_meets_it_at_no_price() -> None:
    # A short of 100 beside 101 coins: a rise brings 1 and needs 1.
    assert math.isnan(liquidation_price(500.0, -100.0, 100.0, LADDER, 101.0))
