"""This file is money on its way between wallets, and money exchanged for other money."""

from steelyard.domain.codes import PART_FEES, SPOT
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.contracts import NONE
from steelyard.domain.plan import Account
from steelyard.ledger.account import attribute_to_balance, worth_of


@compiled_inside
def way_to(account: Account, number: int) -> int:
    """Return the balance that holds what is on its way to another; NONE where nothing can be."""
    for way in range(account.balances.size):
        if account.balances[way]["delay_ms"] > 0 and account.balances[way]["goes_to"] == number:
            return way
    return NONE


@compiled_inside
def send_money(account: Account, source: int, way: int, value: float, ms: int) -> None:
    """Send money on its way, less what the transfer costs.

    Parameters
    ----------
    source, way : int
        Balances: where it comes from, and that which holds it until it is there.
    value : float, quote
        More than the transfer costs.
    ms : int, stamp
    """
    worth = worth_of(account, source)
    row = account.balances[way]
    account.balances[source]["amount"] -= value / worth
    row["amount"] += (value - row["cost"]) / worth
    row["arrives_ms"] = ms + row["delay_ms"]
    attribute_to_balance(account, way, PART_FEES, -row["cost"])


@compiled_inside
def receive_money(account: Account, ms: int) -> None:
    """Put what has arrived by a moment where it was sent."""
    for way in range(account.balances.size):
        row = account.balances[way]
        if row["delay_ms"] > 0 and row["amount"] != 0.0 and row["arrives_ms"] <= ms:
            account.balances[row["goes_to"]]["amount"] += row["amount"]
            row["amount"] = 0.0


@compiled_inside
def coin_wallet(account: Account, asset: int) -> int:
    """Return the balance whose coins are those of the core's spot; NONE where there is none."""
    for number in range(account.balances.size):
        row = account.balances[number]
        if row["is_spot"] == 1 and row["coin"] == asset:
            return number
    return NONE


@compiled_inside
def merge_coins(account: Account) -> None:
    """Put the coins that futures brought to the spot that backs them, or take what they lost.

    Coins are worth the same in both. What spot cannot pay stays owed.
    """
    for number in range(account.balances.size):
        row = account.balances[number]
        if row["is_spot"] == 1 and row["amount"] != 0.0:
            spot = account.legs[row["coin"], SPOT]
            moved = max(row["amount"], -spot["quantity"])
            spot["quantity"] += moved
            row["amount"] -= moved


@compiled_inside
def rotate_money(account: Account, fee: float) -> float:
    """Exchange all money of the currency that spot is paid in for money that is worth 1.

    A debt is exchanged too, and a bonus without a fee.

    Parameters
    ----------
    fee : float, fraction of what is exchanged

    Returns
    -------
    float, quote
        What it cost.
    """
    total = 0.0
    for number in range(account.balances.size):
        row = account.balances[number]
        if row["coin"] != NONE or row["currency"] != 0:
            continue
        value = row["amount"] * row["worth"]
        cost = abs(value) * fee
        row["amount"] = value - cost
        row["bonus"] *= row["worth"]
        row["worth"] = 1.0
        row["rotated"] = 1
        attribute_to_balance(account, number, PART_FEES, -cost)
        total += cost
    return total
