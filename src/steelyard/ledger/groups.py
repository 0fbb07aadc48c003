"""This file is the margin account: what a group of balances and collateral is worth (11.5)."""

from steelyard.domain.compiled import compiled_inside
from steelyard.domain.contracts import LINEAR, SPOT_COIN
from steelyard.domain.plan import Account
from steelyard.ledger.account import worth_of


@compiled_inside
def margin_balance(account: Account, group: int) -> float:
    """Return what backs the futures of a group, in quote, after haircuts (domain 11.5).

    A bonus counts; a haircut takes nothing from a debt.
    """
    total = 0.0
    for number in range(account.balances.size):
        terms = account.balances[number]
        if terms["group"] != group:
            continue
        amount = account.balances[number]["amount"]
        counted = amount * (1.0 - terms["haircut"]) if amount > 0.0 else amount
        total += (counted + account.balances[number]["bonus"]) * worth_of(account, number)
    return total + collateral(account, group, with_haircut=True)


@compiled_inside
def gross_balance(account: Account, group: int) -> float:
    """Return what a group could lose, in quote: its balances, bonus and collateral, uncut."""
    total = 0.0
    for number in range(account.balances.size):
        if account.balances[number]["group"] == group:
            units = account.balances[number]["amount"] + account.balances[number]["bonus"]
            total += units * worth_of(account, number)
    return total + collateral(account, group, with_haircut=False)


@compiled_inside
def collateral(account: Account, group: int, with_haircut: bool) -> float:  # noqa: FBT001
    """Return the value of the spot that backs a group, in quote."""
    total = 0.0
    for asset in range(account.legs.shape[0]):
        for leg in range(account.legs.shape[1]):
            contract = account.legs[asset, leg]
            if contract["kind"] == SPOT_COIN and contract["collateral"] == group:
                cut = contract["haircut"] if with_haircut else 0.0
                total += contract["quantity"] * contract["price"] * (1.0 - cut)
    return total


@compiled_inside
def moving_coins(account: Account, group: int, asset: int, leg: int) -> float:
    """Return how much a group gains, in quote, when an asset's price and marks rise by one.

    Without a futures leg: coins that back the group, after haircuts, and the other linear futures.

    Parameters
    ----------
    leg : int
        The one that is left out.
    """
    coins = 0.0
    for number in range(account.balances.size):
        terms = account.balances[number]
        if terms["group"] == group and terms["coin"] == asset:
            amount = terms["amount"]
            coins += amount * (1.0 - terms["haircut"]) if amount > 0.0 else amount
            coins += terms["bonus"]
    for other in range(account.legs.shape[1]):
        held = account.legs[asset, other]
        if held["kind"] == SPOT_COIN:
            if held["collateral"] == group:
                coins += held["quantity"] * (1.0 - held["haircut"])
            continue
        is_beside = other != leg and held["kind"] == LINEAR
        if is_beside and account.balances[held["settles"]]["group"] == group:
            coins += held["quantity"] * worth_of(account, held["settles"])
    return coins


@compiled_inside
def empty(account: Account, group: int) -> None:
    """Take everything that backs a group: balances, bonus, collateral."""
    for number in range(account.balances.size):
        if account.balances[number]["group"] == group:
            account.balances[number]["amount"] = 0.0
            account.balances[number]["bonus"] = 0.0
    for asset in range(account.legs.shape[0]):
        for leg in range(account.legs.shape[1]):
            contract = account.legs[asset, leg]
            if contract["kind"] == SPOT_COIN and contract["collateral"] == group:
                account.legs[asset, leg]["lost"] += account.legs[asset, leg]["quantity"]
                account.legs[asset, leg]["quantity"] = 0.0
