"""This file watches the stablecoin, and acts where it is off its peg (domain 4, K2)."""

from steelyard.domain.arrays import Table
from steelyard.domain.codes import SPOT
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.contracts import NONE, SPOT_COIN
from steelyard.domain.plan import Costs, Plan
from steelyard.kernel.book import Book
from steelyard.kernel.fill import fee_at
from steelyard.ledger.transfer import rotate_money


@compiled_inside
def is_outside(limits: Table, worth: float) -> bool:
    """Tell whether a price of the stablecoin is beyond the bounds of its peg, where it is watched.

    Parameters
    ----------
    limits : LIMITS[1]
    worth : float, quote per unit
    """
    if limits[0]["peg_hours"] == 0:
        return False
    return bool(worth < limits[0]["peg_low"] or worth > limits[0]["peg_high"])


@compiled_inside
def watch_peg(plan: Plan, costs: Costs, book: Book, ms: int) -> None:
    """Watch the stablecoin at the end of an hour; off its peg exchange it, or hold orders back.

    Only where a policy asks for it.

    Parameters
    ----------
    ms : int, stamp
        End of the hour.
    """
    limits, desk = plan.limits[0], book.desk[0]
    if desk["rotated_ms"] > 0:
        desk["off_peg"] = 0
        return
    worth = book.account.balances[book.account.legs[0, SPOT]["settles"]]["worth"]
    desk["outside"] = desk["outside"] + 1 if is_outside(plan.limits, worth) else 0
    is_inside = limits["safe_low"] <= worth <= limits["safe_high"]
    desk["inside"] = desk["inside"] + 1 if is_inside else 0
    if desk["outside"] >= limits["peg_hours"]:
        desk["off_peg"] = 1
    elif desk["inside"] >= limits["safe_hours"]:
        desk["off_peg"] = 0
    if desk["off_peg"] == 1:
        if limits["rotates"] == 1:
            desk["own_fees"] -= rotate_money(book.account, fee_at(costs, SPOT, ms))
            desk["rotated_ms"] = ms
        else:
            hold_back(book)


@compiled_inside
def is_backed(book: Book, asset: int, leg: int) -> bool:
    """Tell whether a leg is futures that settle in money."""
    held = book.account.legs[asset, leg]
    if held["kind"] == SPOT_COIN:
        return False
    return bool(book.account.balances[held["settles"]]["coin"] == NONE)


@compiled_inside
def grows(book: Book, asset: int, leg: int) -> bool:
    """Tell whether the order that waits in a leg makes its position larger."""
    held = book.account.legs[asset, leg]["quantity"]
    return bool(abs(held + book.orders[asset, leg]["pending"]) > abs(held))


@compiled_inside
def hold_back(book: Book) -> None:
    """Withdraw the orders that raise what the stablecoin must back.

    Futures that grow; and sales of spot that go with them and leave the net position no smaller.
    """
    for asset in range(book.orders.shape[0]):
        net, after, raises = 0.0, 0.0, False
        for leg in range(book.orders.shape[1]):
            held = book.account.legs[asset, leg]
            if held["kind"] == SPOT_COIN or is_backed(book, asset, leg):
                net += held["quantity"]
                after += held["quantity"] + book.orders[asset, leg]["pending"]
                raises = raises or (held["kind"] != SPOT_COIN and grows(book, asset, leg))
        if raises:
            withdraw(book, asset, abs(after) < abs(net))


@compiled_inside
def withdraw(book: Book, asset: int, keeps_sales: bool) -> None:  # noqa: FBT001
    """Withdraw the orders of an asset by which futures grow, and its sales of spot unless kept."""
    for leg in range(book.orders.shape[1]):
        order = book.orders[asset, leg]
        if is_backed(book, asset, leg):
            ends = grows(book, asset, leg)
        else:
            is_spot = book.account.legs[asset, leg]["kind"] == SPOT_COIN
            ends = is_spot and order["pending"] < 0.0 and not keeps_sales
        if ends:
            order["pending"] = 0.0
            book.desk[asset]["held_back"] += 1
