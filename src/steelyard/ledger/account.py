"""This file is the account: valued and filled, with every unit of equity attributed."""

from typing import Final

import numpy as np

from steelyard.domain.arrays import Table
from steelyard.domain.codes import (
    PART_BASIS,
    PART_BONUS,
    PART_DEPEG,
    PART_FEES,
    PART_FUTURES,
    PART_SLIPPAGE,
    PART_SPOT,
    PARTS,
    PERP,
    SPOT,
)
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.contracts import (
    INVERSE,
    LINEAR,
    NONE,
    SPOT_COIN,
    plain_balances,
    plain_holdings,
)
from steelyard.domain.plan import Account

DUST: Final = 1e-12
"""What is left of a position after a fill, in shares of the fill, that is only rounding."""


def open_account(n_assets: int, n_legs: int, cash: float) -> Account:
    """Return an account of plain contracts that holds nothing but one balance of money.

    Parameters
    ----------
    n_assets, n_legs : int
    cash : float, quote
    """
    return account_on(plain_holdings(n_assets, n_legs), plain_balances([cash]))


def account_on(legs: Table, balances: Table) -> Account:
    """Return an account with these terms and amounts.

    Parameters
    ----------
    legs : HOLDING[n_assets, n_legs]
    balances : BALANCE[n_balances]
    """
    return Account(
        legs=legs,
        balances=balances,
        total=np.zeros(len(PARTS)),
        futures_result=np.zeros(legs.shape[0]),
    )


@compiled_inside
def worth_of(account: Account, number: int) -> float:
    """Return what one unit of a balance is worth, in quote."""
    coin = account.balances[number]["coin"]
    return account.balances[number]["worth"] if coin == NONE else account.legs[coin, SPOT]["price"]


@compiled_inside
def equity(account: Account) -> float:
    """Return equity in quote: balances, which hold futures results, and spot at its price."""
    total = 0.0
    for number in range(account.balances.size):
        total += account.balances[number]["amount"] * worth_of(account, number)
    for asset in range(account.legs.shape[0]):
        for leg in range(account.legs.shape[1]):
            if account.legs[asset, leg]["kind"] != SPOT_COIN:
                continue
            if account.legs[asset, leg]["quantity"] != 0.0:
                total += account.legs[asset, leg]["quantity"] * account.legs[asset, leg]["price"]
    return total


@compiled_inside
def attribute(account: Account, asset: int, leg: int, part: int, amount: float) -> None:
    """Book an amount, in quote, as a part of what a leg brought in or cost."""
    account.legs[asset, leg]["parts"][part] += amount
    account.total[part] += amount


@compiled_inside
def attribute_to_balance(account: Account, number: int, part: int, amount: float) -> None:
    """Book an amount, in quote, that belongs to a balance and no leg."""
    account.balances[number]["parts"][part] += amount
    account.total[part] += amount


@compiled_inside
def result_of(kind: int, quantity: float, before: float, after: float) -> float:
    """Return what a futures position earns between two marks, in what it settles in.

    Linear: quantity x (after - before), money (domain 10.2); inverse: face value x (1 / before -
    1 / after), coins (10.3).
    """
    if kind == LINEAR:
        return quantity * (after - before)
    return quantity * (1.0 / before - 1.0 / after)


@compiled_inside
def revalue_leg(
    account: Account, asset: int, leg: int, price: float, index: tuple[float, float]
) -> None:
    """Move a futures leg to a new mark; the result goes into its balance (domain 10.2 to 10.8).

    Parameters
    ----------
    price : float, quote per coin
    index : (float, float), quote per coin
        Spot price before and after the same interval: what that change explains is futures delta,
        the rest basis.
    """
    quantity = account.legs[asset, leg]["quantity"]
    if quantity != 0.0:
        contract = account.legs[asset, leg]
        kind, number = contract["kind"], contract["settles"]
        worth = worth_of(account, number)
        result = result_of(kind, quantity, account.legs[asset, leg]["price"], price)
        account.balances[number]["amount"] += result
        earned = result * worth
        delta = quantity * (index[1] - index[0])
        delta *= worth if kind == LINEAR else 1.0 / index[0]
        attribute(account, asset, leg, PART_FUTURES, delta)
        attribute(account, asset, leg, PART_BASIS, earned - delta)
        if leg == PERP:
            account.futures_result[asset] += earned
    account.legs[asset, leg]["price"] = price


@compiled_inside
def revalue_coins(account: Account, asset: int, change: float) -> None:
    """Attribute the change of an asset's spot price to the coins held in balances."""
    for number in range(account.balances.size):
        if account.balances[number]["coin"] == asset:
            attribute(account, asset, SPOT, PART_SPOT, account.balances[number]["amount"] * change)


@compiled_inside
def revalue(account: Account, asset: int, prices: np.ndarray) -> None:
    """Move all legs of an asset to new prices.

    Parameters
    ----------
    prices : float64[n_legs], quote per coin
        Spot price, then those of the other legs: the mark of a futures leg; that of any other
        spot leg is not read.
    """
    before = account.legs[asset, SPOT]["price"]
    change = prices[SPOT] - before
    if account.balances.size > 1:
        revalue_coins(account, asset, change)
    attribute(account, asset, SPOT, PART_SPOT, account.legs[asset, SPOT]["quantity"] * change)
    account.legs[asset, SPOT]["price"] = prices[SPOT]
    for leg in range(1, prices.size):
        if account.legs[asset, leg]["kind"] == SPOT_COIN:
            attribute(account, asset, leg, PART_SPOT, account.legs[asset, leg]["quantity"] * change)
            account.legs[asset, leg]["price"] = prices[SPOT]
        else:
            revalue_leg(account, asset, leg, prices[leg], (before, prices[SPOT]))


@compiled_inside
def revalue_money(account: Account, worth: np.ndarray) -> None:
    """Move money to a new price of its currency (domain 10.7).

    Parameters
    ----------
    worth : float64[n_balances], quote per unit
        Of coins not read, nor of money that was rotated.
    """
    for number in range(account.balances.size):
        money = account.balances[number]
        if money["coin"] != NONE or money["rotated"] == 1:
            continue
        if worth[number] != money["worth"]:
            change = money["amount"] * (worth[number] - money["worth"])
            attribute_to_balance(account, number, PART_DEPEG, change)
            money["worth"] = worth[number]


@compiled_inside
def pay_fee(account: Account, asset: int, leg: int, units: float) -> None:
    """Pay a fee out of the balance of a leg, from its bonus first where that is a fee credit.

    Parameters
    ----------
    units : float
        Of the balance's currency; below 0 is a rebate, which is money and no credit.
    """
    number = account.legs[asset, leg]["settles"]
    worth = worth_of(account, number)
    attribute(account, asset, leg, PART_FEES, -units * worth)
    money = account.balances[number]
    if money["pays_fees"] == 1 and money["bonus"] > 0.0 and units > 0.0:
        credit = min(units, money["bonus"])
        money["bonus"] -= credit
        attribute_to_balance(account, number, PART_BONUS, credit * worth)
        units -= credit
    account.balances[number]["amount"] -= units


@compiled_inside
def entry_after(kind: int, before: float, held: float, filled: float, price: float) -> float:
    """Return the average entry of a position after a fill.

    Parameters
    ----------
    before : float, quote per coin
        The average so far.
    held, filled : float, signed
        The position before, and what is added to it.
    price : float, quote per coin
    """
    after = held + filled
    if held == 0.0 or held * after < 0.0:
        return price
    if abs(after) <= abs(held):
        return before
    if kind == INVERSE:
        return after / (held / before + filled / price)
    return (held * before + filled * price) / after


@compiled_inside
def move_margin(account: Account, asset: int, leg: int, held: float, price: float) -> None:
    """Give an isolated position the margin of what was added to it, or take back what was closed.

    Parameters
    ----------
    held : float
        The position before the fill; the account holds that after it.
    price : float, quote per coin
        At which what was added is margined.
    """
    contract = account.legs[asset, leg]
    own, parent = contract["settles"], contract["parent"]
    after = account.legs[asset, leg]["quantity"]
    is_turned = held * after <= 0.0
    if held != 0.0 and (is_turned or abs(after) < abs(held)):
        kept = 0.0 if is_turned else after / held
        freed = account.balances[own]["amount"] * (1.0 - kept)
        account.balances[own]["amount"] -= freed
        account.balances[parent]["amount"] += freed
    rise = abs(after) - abs(held) if held * after > 0.0 else abs(after)
    if rise > 0.0:
        notional = rise / price if contract["kind"] == INVERSE else rise * price
        account.balances[own]["amount"] += notional * contract["initial"]
        account.balances[parent]["amount"] -= notional * contract["initial"]


@compiled_inside
def book_fill(
    account: Account, asset: int, leg: int, quantity: float, price: float, fee_rate: float
) -> tuple[float, float]:
    """Book an execution; return its fee and its slippage against the price the leg is valued at.

    Parameters
    ----------
    quantity : float, coins
        Positive buys; of an inverse contract its face value in quote.
    price : float, quote per coin
        Fill price.
    fee_rate : float, fraction of notional

    Returns
    -------
    fee, slippage : float, quote
        Positive is a cost.
    """
    contract = account.legs[asset, leg]
    kind, number = contract["kind"], contract["settles"]
    worth = worth_of(account, number)
    reference = account.legs[asset, leg]["price"]
    held = account.legs[asset, leg]["quantity"]
    if kind == SPOT_COIN:
        slippage = quantity * (price - reference)
        account.balances[number]["amount"] -= quantity * price / worth
        units = abs(quantity) * price * fee_rate / worth
    else:
        lost = -result_of(kind, quantity, price, reference)
        slippage = lost * worth
        account.balances[number]["amount"] -= lost
        units = abs(quantity) * (price if kind == LINEAR else 1.0 / price) * fee_rate
        account.legs[asset, leg]["entry"] = entry_after(
            kind, account.legs[asset, leg]["entry"], held, quantity, price
        )
    pay_fee(account, asset, leg, units)
    attribute(account, asset, leg, PART_SLIPPAGE, -slippage)
    left = held + quantity
    account.legs[asset, leg]["quantity"] = left if abs(left) > DUST * abs(quantity) else 0.0
    if contract["parent"] != NONE:
        move_margin(account, asset, leg, held, price)
    fee = units * worth
    if leg == PERP:
        account.futures_result[asset] -= fee + slippage
    return fee, slippage
