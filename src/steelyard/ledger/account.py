"""This file is the account: valued and filled, with every unit of equity attributed."""

from typing import Final

import numpy as np

from steelyard.domain.arrays import Floats, Table
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
from steelyard.domain.contracts import INVERSE, LINEAR, NONE, SPOT_COIN
from steelyard.domain.contracts import balance_table as plain_balances
from steelyard.domain.contracts import contract_table as plain_contracts
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
    return account_on(plain_contracts(n_assets, n_legs), plain_balances(1), np.array([cash]))


def account_on(contracts: Table, balances: Table, amounts: Floats) -> Account:
    """Return an account with these terms that holds nothing but its balances.

    Parameters
    ----------
    contracts : CONTRACT[n_assets, n_legs]
    balances : BALANCE[n_balances]
    amounts : float64[n_balances], units of each currency
    """
    legs = contracts.shape
    return Account(
        contracts=contracts,
        balances=balances,
        quantity=np.zeros(legs),
        price=np.zeros(legs),
        entry=np.zeros(legs),
        balance=amounts.astype(np.float64),
        bonus=np.zeros(balances.size),
        worth=np.ones(balances.size),
        parts=np.zeros((*legs, len(PARTS))),
        balance_parts=np.zeros((balances.size, len(PARTS))),
        futures_result=np.zeros(legs[0]),
    )


@compiled_inside
def worth_of(account: Account, number: int) -> float:
    """Return what one unit of a balance is worth, in quote."""
    coin = account.balances[number]["coin"]
    return account.worth[number] if coin == NONE else account.price[coin, SPOT]


@compiled_inside
def equity(account: Account) -> float:
    """Return equity in quote: balances, which hold futures results, and spot at its price."""
    total = 0.0
    for number in range(account.balance.size):
        total += account.balance[number] * worth_of(account, number)
    for asset in range(account.quantity.shape[0]):
        for leg in range(account.quantity.shape[1]):
            if account.contracts[asset, leg]["kind"] != SPOT_COIN:
                continue
            if account.quantity[asset, leg] != 0.0:
                total += account.quantity[asset, leg] * account.price[asset, leg]
    return total


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
    quantity = account.quantity[asset, leg]
    if quantity != 0.0:
        contract = account.contracts[asset, leg]
        kind, number = contract["kind"], contract["settles"]
        worth = worth_of(account, number)
        result = result_of(kind, quantity, account.price[asset, leg], price)
        account.balance[number] += result
        earned = result * worth
        delta = quantity * (index[1] - index[0])
        delta *= worth if kind == LINEAR else 1.0 / index[0]
        account.parts[asset, leg, PART_FUTURES] += delta
        account.parts[asset, leg, PART_BASIS] += earned - delta
        if leg == PERP:
            account.futures_result[asset] += earned
    account.price[asset, leg] = price


@compiled_inside
def revalue_coins(account: Account, asset: int, change: float) -> None:
    """Attribute the change of an asset's spot price to the coins held in balances."""
    for number in range(account.balance.size):
        if account.balances[number]["coin"] == asset:
            account.parts[asset, SPOT, PART_SPOT] += account.balance[number] * change


@compiled_inside
def revalue(account: Account, asset: int, prices: np.ndarray) -> None:
    """Move all legs of an asset to new prices.

    Parameters
    ----------
    prices : float64[n_legs], quote per coin
        Spot price, then those of the other legs: the mark of a futures leg; that of any other
        spot leg is not read.
    """
    before = account.price[asset, SPOT]
    change = prices[SPOT] - before
    if account.balance.size > 1:
        revalue_coins(account, asset, change)
    account.parts[asset, SPOT, PART_SPOT] += account.quantity[asset, SPOT] * change
    account.price[asset, SPOT] = prices[SPOT]
    for leg in range(1, prices.size):
        if account.contracts[asset, leg]["kind"] == SPOT_COIN:
            account.parts[asset, leg, PART_SPOT] += account.quantity[asset, leg] * change
            account.price[asset, leg] = prices[SPOT]
        else:
            revalue_leg(account, asset, leg, prices[leg], (before, prices[SPOT]))


@compiled_inside
def revalue_money(account: Account, worth: np.ndarray) -> None:
    """Move money to a new price of its currency (domain 10.7).

    Parameters
    ----------
    worth : float64[n_balances], quote per unit
        Of coins not read.
    """
    for number in range(account.balance.size):
        if account.balances[number]["coin"] == NONE and worth[number] != account.worth[number]:
            change = account.balance[number] * (worth[number] - account.worth[number])
            account.balance_parts[number, PART_DEPEG] += change
            account.worth[number] = worth[number]


@compiled_inside
def pay_fee(account: Account, asset: int, leg: int, units: float) -> None:
    """Pay a fee out of the balance of a leg, from its bonus first where that is a fee credit.

    Parameters
    ----------
    units : float, >= 0
        Of the balance's currency.
    """
    number = account.contracts[asset, leg]["settles"]
    worth = worth_of(account, number)
    account.parts[asset, leg, PART_FEES] -= units * worth
    if account.balances[number]["pays_fees"] == 1 and account.bonus[number] > 0.0 and units > 0.0:
        credit = min(units, account.bonus[number])
        account.bonus[number] -= credit
        account.balance_parts[number, PART_BONUS] += credit * worth
        units -= credit
    account.balance[number] -= units


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
    contract = account.contracts[asset, leg]
    own, parent = contract["settles"], contract["parent"]
    after = account.quantity[asset, leg]
    kept = after / held if held * after > 0.0 else 0.0
    if held != 0.0 and kept < 1.0:
        freed = account.balance[own] * (1.0 - kept)
        account.balance[own] -= freed
        account.balance[parent] += freed
    rise = abs(after) - abs(held) if held * after > 0.0 else abs(after)
    if rise > 0.0:
        notional = rise / price if contract["kind"] == INVERSE else rise * price
        account.balance[own] += notional * contract["initial"]
        account.balance[parent] -= notional * contract["initial"]


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
    contract = account.contracts[asset, leg]
    kind, number = contract["kind"], contract["settles"]
    worth = worth_of(account, number)
    reference = account.price[asset, leg]
    held = account.quantity[asset, leg]
    if kind == SPOT_COIN:
        slippage = quantity * (price - reference)
        account.balance[number] -= quantity * price / worth
        units = abs(quantity) * price * fee_rate / worth
    else:
        lost = -result_of(kind, quantity, price, reference)
        slippage = lost * worth
        account.balance[number] -= lost
        units = abs(quantity) * (price if kind == LINEAR else 1.0 / price) * fee_rate
        account.entry[asset, leg] = entry_after(
            kind, account.entry[asset, leg], held, quantity, price
        )
    pay_fee(account, asset, leg, units)
    account.parts[asset, leg, PART_SLIPPAGE] -= slippage
    left = held + quantity
    account.quantity[asset, leg] = left if abs(left) > DUST * abs(quantity) else 0.0
    if contract["parent"] != NONE:
        move_margin(account, asset, leg, held, price)
    fee = units * worth
    if leg == PERP:
        account.futures_result[asset] -= fee + slippage
    return fee, slippage
