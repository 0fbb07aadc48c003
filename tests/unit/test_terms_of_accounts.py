"""Accounts on other terms than a plain one's: isolated margin, fee credit, haircuts, refusals."""

import math

import numpy as np
import pytest

from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.contracts import INVERSE, NONE, SPOT_COIN, plain_balances, plain_holdings
from steelyard.domain.plan import Account, Costs
from steelyard.kernel.book import BAR
from steelyard.kernel.fill import has_margin
from steelyard.kernel.look import look_at_account
from steelyard.kernel.moment import alarms
from steelyard.kernel.noted import note_account
from steelyard.kernel.stretch import is_plain, is_quiet
from steelyard.ledger.account import account_on, book_fill, open_account, revalue
from steelyard.ledger.force import close_by_force
from steelyard.ledger.margin import forced_price
from tests.support.accounts import bars_of, book_of
from tests.support.plans import Actor, Scene, costs_of, limits_of

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


def test_an_isolated_position_may_take_its_margin_from_money_that_backs_nothing_else() -> None:
    # 10 at 100 need 10 % of 1,000.
    for amount, enough in ((100.0, True), (99.0, False)):
        account = isolated()
        account.balances["group"][0] = NONE
        account.balances["amount"][0] = amount

        assert has_margin(account, 0, PERP, 10.0, (100.0, 0.0)) == enough


def pair_beside_a_core() -> Account:
    """Return an account of 2 coins short 150 USD, 3 coins of spot, and a pair of 4 coins."""
    legs, balances = plain_holdings(1, 4), plain_balances([1000.0, 2.0])
    legs["price"] = [100.0, 100.0, 100.0, 102.0]
    legs["kind"][0, [PERP, 2]] = INVERSE, SPOT_COIN
    legs["settles"][0, PERP] = 1
    legs["quantity"] = [3.0, -150.0, 4.0, -4.0]
    balances["coin"][1], balances["group"][1] = 0, 1
    balances["worth"][0] = 0.9
    return account_on(legs, balances)


def test_the_curve_counts_coins_as_spot_and_tells_the_sleeves_from_the_core() -> None:
    # Money 1,000 x 0.9; spot 3 + 4 + 2 coins at 100; short 150 and 4 x 102.
    bars = np.zeros(1, BAR)
    note_account(pair_beside_a_core(), bars, 0, 0.25, 3)
    row = bars[0]

    assert (row["cash"], row["spot"], row["equity"]) == (900.0, 900.0, 1800.0)
    assert (row["futures"], row["sleeve_futures"]) == (-558.0, -408.0)
    assert row["sleeve_spot"] == 400.0
    assert (row["margin_ratio"], row["regime"]) == (0.25, 3)


@pytest.mark.parametrize(("bound", "is_on"), [(2.5, True), (3.0, False)])
def test_margin_defence_counts_all_futures_and_no_spot(bound: float, is_on: bool) -> None:  # noqa: FBT001
    # 150 + 408 of futures over 200 of coins: 2.79; with the spot of the pair it would be 4.79.
    plan = Scene(triggers=[Actor(when="F")], limits={"defence_leverage": bound}).plan()

    assert alarms(plan, pair_beside_a_core(), 0.0, before=False) is is_on


def test_only_an_account_of_one_spot_and_its_linear_perpetual_is_plain() -> None:
    plain = account_with([1000.0])
    backed, paid, borrowing = account_with([1.0]), account_with([1.0]), account_with([1.0])
    backed.legs["collateral"][0, SPOT] = 0
    paid.balances["interest"] = 0.0001
    borrowing.balances["borrowing"] = 0.0001
    given = account_with([1.0])
    given.balances["bonus"] = 5.0
    others = [backed, paid, borrowing, given, account_with([1.0], kind=INVERSE), isolated()]
    paired = open_account(1, 4, 1000.0)
    paired.legs["quantity"][0, 3] = -4.0
    others += [pair_beside_a_core(), open_account(2, 2, 1000.0), paired]

    assert is_plain(plain)
    assert is_plain(open_account(1, 4, 1000.0))  # the legs of a sleeve that has no pair
    assert [is_plain(one) for one in others] == [False] * 9


@pytest.mark.parametrize(("ladder", "quiet"), [(0, True), (1, False)])
def test_bars_are_quiet_by_the_ladder_that_a_contract_names(ladder: int, quiet: bool) -> None:  # noqa: FBT001
    # 50 short at 100 on 1,000: 1 % are 50, far from them; 15 % are 750, and twice that is beyond.
    costs = costs_of()._replace(
        tier_cap=np.full((2, 1), math.inf),
        tier_rate=np.array([[0.01], [0.15]]),
        tier_deduction=np.zeros((2, 1)),
    )
    account = account_with([1000.0])
    account.legs["ladder"][0, PERP] = ladder
    account.legs["quantity"][0, PERP] = -50.0
    track = bars_of(np.full((3, 2), 100.0))

    assert is_quiet(limits_of(), track, costs, book_of(account, track), 0, 1) is quiet


def test_coins_in_a_balance_are_no_cash() -> None:
    # 1,000 of money and 2 coins at 100.
    account = account_with([1000.0, 2.0])
    account.balances["coin"][1] = 0
    seen = np.empty(6)
    look_at_account(account, FLAT, seen)

    assert seen[:2].tolist() == [1200.0, 1000.0]


def test_spot_that_backs_a_position_is_lost_with_it() -> None:
    # 10 coins short at 100 lose 1,000 at 200; one coin of 100 is all that there is.
    legs, balances = plain_holdings(1, 2), plain_balances([0.0])
    legs["price"], legs["entry"] = 100.0, 100.0
    legs["collateral"][0, 0] = 0
    legs["quantity"] = [1.0, -10.0]
    account = account_on(legs, balances)
    close_by_force(account, 0, PERP, 200.0, FLAT, 0.0)

    assert account.legs["quantity"].tolist() == [[0.0, 0.0]]
    assert account.balances["amount"].tolist() == [0.0]


def test_an_account_without_equity_has_no_weights() -> None:
    seen = np.full(6, np.nan)
    look_at_account(account_on(plain_holdings(1, 2), plain_balances([0.0])), FLAT, seen)

    assert seen[:4].tolist() == [0.0] * 4
