"""This file is what time does to an account: funding and interest."""

from steelyard.domain.codes import PART_FUNDING, PART_INTEREST, PERP
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.contracts import INVERSE
from steelyard.domain.plan import Account
from steelyard.ledger.account import worth_of


@compiled_inside
def settle_funding(account: Account, asset: int, leg: int, rate: float) -> float:
    """Book a funding settlement on the position held and return what was received.

    Parameters
    ----------
    rate : float, fraction of notional
        Positive: longs pay shorts (domain 10.5).

    Returns
    -------
    float
        In what the leg settles in: quote, or coins of an inverse contract.
    """
    contract = account.contracts[asset, leg]
    mark, quantity = account.price[asset, leg], account.quantity[asset, leg]
    notional = quantity / mark if contract["kind"] == INVERSE else quantity * mark
    received = -notional * rate
    number = contract["settles"]
    account.balance[number] += received
    value = received * worth_of(account, number)
    account.parts[asset, leg, PART_FUNDING] += value
    if leg == PERP:
        account.futures_result[asset] += value
    return received


@compiled_inside
def accrue_interest(account: Account) -> None:
    """Book a day of interest on every balance: positive ones earn, negative ones pay (10.9)."""
    for number in range(account.balance.size):
        terms = account.balances[number]
        amount = account.balance[number]
        rate = terms["interest"] if amount > 0.0 else terms["borrowing"]
        if rate != 0.0:
            account.balance[number] += amount * rate
            earned = amount * rate * worth_of(account, number)
            account.balance_parts[number, PART_INTEREST] += earned


@compiled_inside
def bears_interest(account: Account) -> bool:
    """Tell whether any balance earns or pays interest."""
    for number in range(account.balance.size):
        terms = account.balances[number]
        if terms["interest"] != 0.0 or terms["borrowing"] != 0.0:
            return True
    return False
