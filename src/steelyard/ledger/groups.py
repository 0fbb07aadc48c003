"""This file is the margin account: what a group of balances and collateral is worth (11.5)."""

from steelyard.domain.compiled import compiled_inside
from steelyard.domain.contracts import SPOT_COIN
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
def moving_coins(account: Account, group: int, asset: int) -> float:
    """Return how many coins of an asset back a group, after haircuts: they move with its price."""
    coins = 0.0
    for number in range(account.balances.size):
        terms = account.balances[number]
        if terms["group"] == group and terms["coin"] == asset:
            amount = account.balances[number]["amount"]
            coins += amount * (1.0 - terms["haircut"]) if amount > 0.0 else amount
            coins += account.balances[number]["bonus"]
    for leg in range(account.legs.shape[1]):
        contract = account.legs[asset, leg]
        if contract["kind"] == SPOT_COIN and contract["collateral"] == group:
            coins += account.legs[asset, leg]["quantity"] * (1.0 - contract["haircut"])
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
