"""This file is what orders cost an account whose spot and futures have a wallet each.

Money rests in the futures wallet. A purchase of spot fetches what it needs, a sale sends back what
it brings; each transfer takes its time, and an order waits until its money is there.
"""

from typing import Final

from steelyard.domain.codes import SPOT
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.contracts import NONE, SPOT_COIN
from steelyard.domain.plan import Account, Costs
from steelyard.kernel.book import Book
from steelyard.kernel.fill import fee_at, free_margin, has_margin
from steelyard.ledger.account import equity, worth_of
from steelyard.ledger.transfer import send_money, way_to

LEAST_SENT: Final = 0.01
"""Less than this share of equity is left where it is."""

SPARE: Final = 0.005
"""What a purchase fetches beyond its cost at the price now, as a share of it, and how much worse a
price futures must be able to bear: prices move."""


@compiled_inside
def other_wallet(account: Account, number: int) -> int:
    """Return the wallet that is not this one; NONE where there is one for everything."""
    for way in range(account.balances.size):
        row = account.balances[way]
        if row["delay_ms"] > 0 and row["goes_to"] != number:
            return int(row["goes_to"])
    return NONE


@compiled_inside
def value_in(account: Account, number: int) -> float:
    """Return what is in a balance, in quote."""
    return float(account.balances[number]["amount"] * worth_of(account, number))


@compiled_inside
def least_sent(account: Account, way: int) -> float:
    """Return below which sum nothing is sent, in quote."""
    return max(LEAST_SENT * equity(account), account.balances[way]["cost"])


@compiled_inside
def needed_for_spot(book: Book, costs: Costs, ms: int) -> float:
    """Return what the purchases of spot that wait need, in quote."""
    total = 0.0
    for asset in range(book.orders.shape[0]):
        for leg in range(book.orders.shape[1]):
            pending = book.orders[asset, leg]["pending"]
            held = book.account.legs[asset, leg]
            if held["kind"] == SPOT_COIN and pending > 0.0:
                total += pending * held["price"] * (1.0 + fee_at(costs, leg, ms) + SPARE)
    return total


@compiled_inside
def to_fetch(book: Book, costs: Costs, ms: int) -> float:
    """Return what is to be sent to the spot wallet now, in quote; 0 for nothing."""
    account = book.account
    wallet = account.legs[0, SPOT]["settles"]
    way, futures = way_to(account, wallet), other_wallet(account, wallet)
    if account.balances[way]["amount"] != 0.0:
        return 0.0
    lacking = needed_for_spot(book, costs, ms) - value_in(account, wallet)
    value = min(lacking, free_margin(account, futures))
    return value if value > least_sent(account, way) else 0.0


@compiled_inside
def to_return(book: Book, costs: Costs, ms: int) -> float:
    """Return what is to be sent to the futures wallet now, in quote; 0 for nothing."""
    account = book.account
    wallet = account.legs[0, SPOT]["settles"]
    way = way_to(account, other_wallet(account, wallet))
    if account.balances[way]["amount"] != 0.0:
        return 0.0
    value = value_in(account, wallet) - needed_for_spot(book, costs, ms)
    return value if value > least_sent(account, way) else 0.0


@compiled_inside
def move_money(book: Book, costs: Costs, ms: int) -> None:
    """Send what purchases of spot need to its wallet, and what sales brought to that of futures."""
    account = book.account
    wallet = account.legs[0, SPOT]["settles"]
    futures = other_wallet(account, wallet)
    if futures == NONE:
        return
    send(book, (futures, wallet), to_fetch(book, costs, ms), ms)
    send(book, (wallet, futures), to_return(book, costs, ms), ms)


@compiled_inside
def send(book: Book, wallets: tuple[int, int], value: float, ms: int) -> None:
    """Send so much from one wallet to another, in quote; 0 is nothing."""
    if value > 0.0:
        way = way_to(book.account, wallets[1])
        send_money(book.account, wallets[0], way, value, ms)
        book.desk[0]["transfers"] += 1
        book.desk[0]["own_fees"] -= book.account.balances[way]["cost"]


@compiled_inside
def await_money(book: Book, costs: Costs, ms: int) -> None:
    """Let the orders wait whose money is on its way, or will be."""
    wallet = book.account.legs[0, SPOT]["settles"]
    if other_wallet(book.account, wallet) == NONE:
        return
    for asset in range(book.orders.shape[0]):
        for leg in range(book.orders.shape[1]):
            order = book.orders[asset, leg]
            order["waits"] = 0
            if order["pending"] != 0.0 and waits(book, costs, asset, leg, ms):
                order["waits"] = 1
                book.desk[0]["awaited"] += 1


@compiled_inside
def waits(book: Book, costs: Costs, asset: int, leg: int, ms: int) -> bool:
    """Tell whether an order waits for money."""
    account, order = book.account, book.orders[asset, leg]["pending"]
    held = account.legs[asset, leg]
    if held["kind"] == SPOT_COIN:
        way = way_to(account, held["settles"])
        on_its_way = account.balances[way]["amount"] != 0.0
        return bool(order > 0.0 and (on_its_way or to_fetch(book, costs, ms) > 0.0))
    worse = held["price"] * (1.0 + (SPARE if order > 0.0 else -SPARE))
    if has_margin(account, asset, leg, order, (worse, fee_at(costs, leg, ms))):
        return False
    return is_paid_later(book)


@compiled_inside
def is_paid_later(book: Book) -> bool:
    """Tell whether money for futures is on its way, or will be: spot was or is sold."""
    account = book.account
    wallet = account.legs[0, SPOT]["settles"]
    way = way_to(account, other_wallet(account, wallet))
    if account.balances[way]["amount"] != 0.0:
        return True
    if value_in(account, wallet) > least_sent(account, way):
        return True
    return sells_spot(book)


@compiled_inside
def sells_spot(book: Book) -> bool:
    """Tell whether a sale of spot waits."""
    for asset in range(book.orders.shape[0]):
        for leg in range(book.orders.shape[1]):
            is_spot = book.account.legs[asset, leg]["kind"] == SPOT_COIN
            if is_spot and book.orders[asset, leg]["pending"] < 0.0:
                return True
    return False
