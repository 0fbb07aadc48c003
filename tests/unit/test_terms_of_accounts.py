"""Accounts on other terms than a plain one's: isolated margin, fee credit, haircuts, refusals."""

import math

import numpy as np
import pytest

from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.contracts import INVERSE, plain_balances, plain_holdings
from steelyard.domain.plan import Account, Costs
from steelyard.kernel.fill import has_margin
from steelyard.kernel.look import look_at_account
from steelyard.kernel.stretch import is_plain
from steelyard.ledger.account import account_on, book_fill, revalue
from steelyard.ledger.margin import forced_price
from tests.support.plans import costs_of

FLAT = costs_of()._replace(
    tier_cap=np.array([[math.inf]]), tier_rate=np.array([[0.01]]), tier_deduction=np.zeros((1, 1))
)


def account_with(amounts: list[float], kind: int | None = None) -> Account:
    """Return an account at a price of 100 with one perpetual on balance 0."""
    legs, balances = plain_holdings(1, 2), plain_balances(amounts)
    balances["group"] = np.arange(len(amounts))
    legs["initial"][0, PERP] = 0.1
    if kind == INVERSE:
        legs["kind"][0, PERP] = INVERSE
        balances["coin"][0] = 0
    account = account_on(legs, balances)
    revalue(account, 0, np.full(2, 100.0))
    return account


def isolated() -> Account:
    """Return an account whose perpetual takes its margin from balance 0 into balance 1."""
    account = account_with([1000.0, 0.0])
    account.legs["settles"][0, PERP] = 1
    account.legs["parent"][0, PERP] = 0
    return account


def forced(account: Account, quantity: float, adverse: float, costs: Costs = FLAT) -> float:
    account.legs[0, PERP]["quantity"] = quantity
    return float(forced_price(account, 0, PERP, adverse, costs))


def test_an_isolated_position_bears_the_costs_of_its_first_fill() -> None:
    # One at 101, the mark 100, a fee of 1 %: 10.1 of margin less slippage 1 and fee 1.01.
    account = isolated()
    book_fill(account, 0, PERP, 1.0, 101.0, 0.01)

    assert account.balances["amount"] == pytest.approx([1000.0 - 10.1, 10.1 - 2.01])


def test_an_isolated_position_bears_the_costs_of_a_rise() -> None:
    account = isolated()
    for _ in range(2):
        book_fill(account, 0, PERP, 1.0, 101.0, 0.01)

    assert account.balances["amount"] == pytest.approx([1000.0 - 20.2, 20.2 - 4.02])


def test_a_rebate_is_money_and_no_credit() -> None:
    # 5 coins at 100 and a rebate of 1 %: 5, beside a credit of 3 that stays.
    account = account_with([100.0])
    account.balances["pays_fees"] = 1
    account.balances["bonus"] = 3.0
    book_fill(account, 0, PERP, 5.0, 100.0, -0.01)

    assert account.balances[0][["amount", "bonus"]].tolist() == (105.0, 3.0)


def test_an_order_that_leaves_the_position_no_larger_needs_no_margin() -> None:
    # 10 long with a balance of 50: 6 and 10 short are no larger, 16 short need 160.
    account = account_with([50.0])
    account.legs[0, PERP]["quantity"] = 10.0
    orders = (-16.0, -20.0, -26.0)

    assert [has_margin(account, 0, PERP, order, (100.0, 0.0)) for order in orders] == [
        True,
        True,
        False,
    ]


def test_initial_margin_is_of_the_position_at_its_mark() -> None:
    # 10 short, filled at 90 with the mark at 100: 100 of margin and 100 of slippage.
    poor, rich = account_with([199.9]), account_with([200.1])

    assert not has_margin(poor, 0, PERP, -10.0, (90.0, 0.0))
    assert has_margin(rich, 0, PERP, -10.0, (90.0, 0.0))


def test_a_short_of_what_its_coins_are_worth_has_no_price() -> None:
    account = account_with([1.0], kind=INVERSE)

    assert math.isnan(forced(account, -100.0, 1e9))


def test_coins_in_a_balance_are_no_cash() -> None:
    # 1,000 of money and 2 coins at 100.
    account = account_with([1000.0, 2.0])
    account.balances["coin"][1] = 0
    seen = np.empty(6)
    look_at_account(account, FLAT, seen)

    assert seen[:2].tolist() == [1200.0, 1000.0]


def test_only_spot_and_linear_futures_on_one_balance_are_plain() -> None:
    backed = account_with([1000.0])
    backed.legs["collateral"][0, SPOT] = 0

    assert is_plain(account_with([1000.0]))
    assert not is_plain(account_with([1000.0, 0.0]))
    assert not is_plain(account_with([1000.0], INVERSE))
    assert not is_plain(backed)
