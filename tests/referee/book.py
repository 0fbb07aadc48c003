"""This file is a plain account book in exact fractions: one function an event.

It is written from the specification alone, to be compared with the product: it imports nothing
of it. Money is in three kinds of unit: *quote* (US dollars), *units* of a balance (each worth
``balance.worth`` quote) and, for inverse contracts, USD of face value.
"""

from dataclasses import replace
from fractions import Fraction

from tests.referee.terms import ZERO, Balance, Book, Kind, Leg


def equity(book: Book) -> Fraction:
    """Return what the account owns, in quote; a bonus is not owned."""
    money = sum((one.amount * one.worth for one in book.balances), ZERO)
    return money + sum((one.quantity * one.price for one in spot_legs(book)), ZERO)


def attributed(book: Book) -> Fraction:
    """Return the sum of all parts, in quote: the change of the equity since the start."""
    columns = [one.parts for one in book.legs] + [one.parts for one in book.balances]
    return sum((sum(column.values(), ZERO) for column in columns), ZERO)


def spot_legs(book: Book) -> list[Leg]:
    """Return the legs that are coins."""
    return [leg for leg in book.legs if leg.kind is Kind.SPOT]


def futures_legs(book: Book) -> list[Leg]:
    """Return the legs that are contracts."""
    return [leg for leg in book.legs if leg.kind is not Kind.SPOT]


def pay(book: Book, leg: Leg, part: str, units: Fraction) -> None:
    """Put units into the balance of a leg (negative: take them), and say what they were for."""
    purse = book.purse(leg)
    purse.amount += units
    leg.parts[part] += units * purse.worth


def result(leg: Leg, start: Fraction, end: Fraction) -> Fraction:
    """Return the profit of a contract between two prices, in units (domain 10.2, 10.3)."""
    if leg.kind is Kind.INVERSE:
        return leg.quantity * (1 / start - 1 / end)
    return leg.quantity * (end - start)


def units_of(leg: Leg, quantity: Fraction, price: Fraction) -> Fraction:
    """Return the notional of a quantity of a contract in units of its balance, not negative."""
    return abs(quantity) / price if leg.kind is Kind.INVERSE else abs(quantity) * price


# Valuation.


def change_worth(balance: Balance, worth: Fraction) -> None:
    """Value money anew: the gain on the amount held before is depeg (domain 10.7)."""
    balance.parts["depeg"] += balance.amount * (worth - balance.worth)
    balance.worth = worth


def change_spot(book: Book, leg: Leg, price: Fraction) -> None:
    """Value coins anew (domain 10.1); those that are a balance count to the asset's first leg."""
    change = price - leg.price
    leg.parts["spot"] += leg.quantity * change
    if leg is book.spot(leg.asset):
        for balance in book.balances:
            if balance.coin == leg.asset:
                leg.parts["spot"] += balance.amount * change
                balance.worth = price
    leg.price = price


def change_mark(book: Book, leg: Leg, mark: Fraction, spot_before: Fraction) -> None:
    """Value a contract anew: the result is paid at once, split in two parts (domain 10.8).

    The futures delta is what a contract at the spot price would have gained; the rest is basis.
    """
    spot = book.spot(leg.asset).price
    units = result(leg, leg.price, mark)
    if leg.kind is Kind.INVERSE:
        delta = leg.quantity * (spot - spot_before) / spot_before
    else:
        delta = leg.quantity * (spot - spot_before) * book.purse(leg).worth
    book.purse(leg).amount += units
    leg.parts["futures"] += delta
    leg.parts["basis"] += units * book.purse(leg).worth - delta
    leg.price = mark


def change_prices(book: Book, prices: list[Fraction], worths: list[Fraction]) -> None:
    """Value everything anew at one stamp: worth of money, then spot prices, then marks.

    ``prices`` has one price a leg; ``worths`` one a balance, of which those of coins are not read.
    """
    before = {leg.asset: book.spot(leg.asset).price for leg in spot_legs(book)}
    for balance, worth in zip(book.balances, worths, strict=True):
        if balance.coin is None:
            change_worth(balance, worth)
    for leg, price in zip(book.legs, prices, strict=True):
        if leg.kind is Kind.SPOT:
            change_spot(book, leg, price)
    for leg, price in zip(book.legs, prices, strict=True):
        if leg.kind is not Kind.SPOT:
            change_mark(book, leg, price, before[leg.asset])


# Fills.


def charge_fee(book: Book, leg: Leg, units: Fraction) -> None:
    """Take a fee (negative: a rebate), from the bonus first where that may pay fees: a gift."""
    purse = book.purse(leg)
    pay(book, leg, "fees", -units)
    if purse.bonus_pays_fees:
        gift = max(ZERO, min(purse.bonus, units))
        purse.bonus -= gift
        purse.amount += gift
        purse.parts["bonus"] += gift * purse.worth


def trade_spot(book: Book, leg: Leg, quantity: Fraction, price: Fraction, rate: Fraction) -> None:
    """Buy coins (negative: sell) at a price in quote; slippage is against the spot price."""
    worth = book.purse(leg).worth
    leg.parts["slippage"] += quantity * (leg.price - price)
    leg.quantity += quantity
    book.purse(leg).amount -= quantity * price / worth
    charge_fee(book, leg, abs(quantity) * price * rate / worth)


def trade_future(book: Book, leg: Leg, quantity: Fraction, price: Fraction, rate: Fraction) -> None:
    """Trade a contract at a price: it is booked at the mark, the difference paid as slippage."""
    closed, opened = split(leg, quantity)
    pay(book, leg, "slippage", result(replace(leg, quantity=quantity), price, leg.price))
    charge_fee(book, leg, units_of(leg, quantity, price) * rate)
    leg.entry = entry_after(leg, quantity, price)
    leg.quantity += quantity
    release_isolated(book, leg, closed)
    fund_isolated(book, leg, opened, price)


def split(leg: Leg, quantity: Fraction) -> tuple[Fraction, Fraction]:
    """Return what an order does to a position: the share that it closes, and what it opens.

    A turn from long to short closes everything, share 1, and opens the rest of the order.
    """
    if leg.quantity * quantity >= 0:
        return ZERO, abs(quantity)
    closed = min(abs(quantity), abs(leg.quantity))
    return closed / abs(leg.quantity), abs(quantity) - closed


def entry_after(leg: Leg, quantity: Fraction, price: Fraction) -> Fraction:
    """Return the average entry price after a fill; closing a part does not change it.

    The average leaves the profit of the whole position what the fills' profits add up to: it is of
    prices for a linear contract, of coins per dollar for an inverse one.
    """
    closed, opened = split(leg, quantity)
    after = leg.quantity + quantity
    if after == 0:
        return ZERO
    if leg.quantity == 0 or (closed == 1 and opened > 0):
        return price
    if opened == 0:
        return leg.entry
    if leg.kind is Kind.INVERSE:
        return after / (leg.quantity / leg.entry + quantity / price)
    return (leg.quantity * leg.entry + quantity * price) / after


# Isolated margin.


def fund_isolated(book: Book, leg: Leg, opened: Fraction, price: Fraction) -> None:
    """Move the initial margin of what was opened of an isolated position out of its parent."""
    if leg.parent is not None:
        moved = units_of(leg, opened, price) * leg.initial
        book.balances[leg.parent].amount -= moved
        book.purse(leg).amount += moved


def release_isolated(book: Book, leg: Leg, share: Fraction) -> None:
    """Give the share of the isolated margin that was closed back to the parent."""
    if leg.parent is not None:
        moved = share * book.purse(leg).amount
        book.purse(leg).amount -= moved
        book.balances[leg.parent].amount += moved


# What time brings.


def settle_funding(book: Book, leg: Leg, rate: Fraction) -> None:
    """Pay funding on the position at its mark: a positive rate is paid by longs (domain 10.5)."""
    if leg.kind is Kind.INVERSE:
        pay(book, leg, "funding", -(leg.quantity / leg.price) * rate)
    else:
        pay(book, leg, "funding", -leg.quantity * leg.price * rate)


def settle_dated(book: Book, leg: Leg, price: Fraction) -> None:
    """Let a dated contract end at its settlement price, against a fee (domain 10.4)."""
    change_mark(book, leg, price, book.spot(leg.asset).price)
    charge_fee(book, leg, units_of(leg, leg.quantity, price) * leg.settlement_fee)
    close(book, leg)


def accrue_interest(balance: Balance) -> None:
    """Add one day's yield to a balance, or take one day's cost of a debt (domain 10.9)."""
    rate = balance.yield_a_day if balance.amount > 0 else balance.borrow_a_day
    balance.parts["interest"] += balance.amount * rate * balance.worth
    balance.amount += balance.amount * rate


def is_winning(book: Book, leg: Leg) -> bool:
    """Tell whether a position has gained since its average entry."""
    if leg.quantity > 0:
        return not book.reaches(leg.entry, leg.price)
    return leg.quantity < 0 and not book.reaches(leg.price, leg.entry)


def deleverage(book: Book, leg: Leg, share: Fraction) -> Fraction:
    """Let the venue take a share of a position at its mark; return what was traded for it."""
    taken = share * leg.quantity
    leg.quantity -= taken
    release_isolated(book, leg, share)
    return -taken


def close(book: Book, leg: Leg) -> None:
    """Leave a position of nothing, and give what is left of its isolated margin back."""
    leg.quantity = ZERO
    leg.entry = ZERO
    release_isolated(book, leg, Fraction(1))


# Liquidation.


def worth_of_group(book: Book, group: int) -> Fraction:
    """Return all that a margin group could lose, in quote: at full value, the bonus too."""
    balances = [one for one in book.balances if one.group == group]
    coins = [leg for leg in spot_legs(book) if leg.collateral == group]
    money = sum(((one.amount + one.bonus) * one.worth for one in balances), ZERO)
    return money + sum((leg.quantity * leg.price for leg in coins), ZERO)


def liquidate(
    book: Book, leg: Leg, price: Fraction, slippage: Fraction, *, worst_case: bool = False
) -> None:
    """Let the venue close a position at a price (domain 11.4).

    ``slippage`` is a fraction of the notional, charged like the fee. The loss is limited to what
    backs the position: what would leave the group below zero is the venue's, and the group is empty
    then. In the worst case the group is always left empty.

    The price is met inside a bar, when no spot price is known; spot keeps its price, and the move
    of the mark counts as one of the market: it is futures delta (of an inverse contract the result
    is valued at the spot price, so that the curvature is basis).
    """
    purse = book.purse(leg)
    assert purse.group is not None
    force_mark(book, leg, price)
    charge = units_of(leg, leg.quantity, price) * (slippage + leg.liquidation_fee) * purse.worth
    available = worth_of_group(book, purse.group)
    if worst_case or book.reaches(charge, available):
        pay(book, leg, "liquidation", -available / purse.worth)
        empty_group(book, purse.group)
    else:
        pay(book, leg, "liquidation", -charge / purse.worth)
    close(book, leg)


def force_mark(book: Book, leg: Leg, mark: Fraction) -> None:
    """Value a contract at the price of its liquidation: the index is taken to move as the mark."""
    units = result(leg, leg.price, mark)
    delta = leg.quantity * (mark - leg.price)
    delta = delta / leg.price if leg.kind is Kind.INVERSE else delta * book.purse(leg).worth
    book.purse(leg).amount += units
    leg.parts["futures"] += delta
    leg.parts["basis"] += units * book.purse(leg).worth - delta
    leg.price = mark


def empty_group(book: Book, group: int) -> None:
    """Take all that backs a group whose balances, bonus and collateral add up to nothing.

    Where the bonus made up for money or coins that were owed, that was a gift.
    """
    for balance in book.balances:
        if balance.group == group:
            balance.parts["bonus"] += balance.bonus * balance.worth
            balance.amount = balance.bonus = ZERO
    for leg in spot_legs(book):
        if leg.collateral == group:
            leg.quantity = ZERO
