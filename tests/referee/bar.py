"""This file is what happens to an account within one bar, in the order in which it happens."""

from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction
from functools import cmp_to_key

from tests.referee import book as events
from tests.referee.margin import (
    initial_margin,
    initial_of,
    is_liquidated,
    liquidation_price,
    maintenance_of,
    margin_balance,
)
from tests.referee.terms import BASIS_POINT, ZERO, Balance, Book, Kind, Leg, slippage_bp, worsened


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What trading costs beside fees, and whether a liquidation always takes everything."""

    half_spread_bp: Fraction
    impact: Fraction
    worst_case: bool


@dataclass(frozen=True, kw_only=True)
class Bar:
    """One bar of every leg, in the order of the book's legs; of balances the worth at its end.

    ``first_fill`` is None where the leg cannot be traded, ``funding`` and ``settled`` where there
    is none. ``fee`` is the rate in force; ``deleveraged`` the share of winning positions that the
    venue takes; ``orders`` what is sent before the bar opens, by leg.
    """

    open: list[Fraction]
    high: list[Fraction]
    low: list[Fraction]
    close: list[Fraction]
    worth: list[Fraction]
    first_fill: list[Fraction | None]
    funding: list[Fraction | None]
    settled: list[Fraction | None]
    fee: list[Fraction]
    daily_volatility: list[Fraction]
    daily_volume: list[Fraction]
    deleveraged: Fraction
    ends_a_day: bool
    orders: dict[int, Fraction]


class Why(Enum):
    """Why a position changed."""

    ORDER = "order"
    LIQUIDATION = "liquidation"
    DELEVERAGED = "deleveraged"
    EXPIRY = "expiry"


@dataclass(frozen=True)
class Trade:
    """What was traded on one leg, and at which price before slippage of a liquidation."""

    leg: int
    why: Why
    quantity: Fraction
    price: Fraction


def live(book: Book, bar: Bar, rules: Rules) -> list[Trade]:
    """Let a bar happen to an account, and return what was traded."""
    book.waiting.update(bar.orders)
    events.change_prices(book, bar.open, [one.worth for one in book.balances])
    trades = liquidate_at_marks(book, bar, rules)
    trades += deleverage_winners(book, bar)
    trades += fill_orders(book, bar, rules)
    trades += liquidate_within(book, bar, rules)
    events.change_prices(book, bar.close, bar.worth)
    for leg, rate in zip(book.legs, bar.funding, strict=True):
        if rate is not None:
            events.settle_funding(book, leg, rate)
    trades += settle_expired(book, bar)
    if bar.ends_a_day:
        for balance in book.balances:
            events.accrue_interest(balance)
    return trades + liquidate_at_marks(book, bar, rules)


# Liquidation.


def liquidate_at_marks(book: Book, bar: Bar, rules: Rules) -> list[Trade]:
    """Close positions, the worst loser first, as long as what is left cannot carry its marks."""
    trades = []
    for number in by_loss(book):
        leg = book.legs[number]
        group = book.purse(leg).group
        if is_open(leg) and group is not None and is_liquidated(book, group):
            trades.append(liquidate(book, bar, rules, number, leg.price))
    return trades


def liquidate_within(book: Book, bar: Bar, rules: Rules) -> list[Trade]:
    """Close each position whose liquidation price lies on the way to the worst mark of the bar."""
    trades = []
    for number in by_loss(book):
        price = forced_price(book, bar, number) if is_open(book.legs[number]) else None
        if price is not None:
            trades.append(liquidate(book, bar, rules, number, price))
    return trades


def by_loss(book: Book) -> list[int]:
    """Return the contracts that are held, that which has lost most since its entry first."""

    def brought(number: int) -> Fraction:
        leg = book.legs[number]
        return events.result(leg, leg.entry, leg.price) * book.purse(leg).worth

    def order(one: int, other: int) -> int:
        if brought(one) == brought(other):
            return one - other
        return -1 if book.reaches(brought(other), brought(one)) else 1

    held = [number for number, leg in enumerate(book.legs) if is_open(leg)]
    return sorted(held, key=cmp_to_key(order))


def forced_price(book: Book, bar: Bar, number: int) -> Fraction | None:
    """Return the mark at which a position is closed within a bar; None where it is not."""
    leg = book.legs[number]
    group = book.purse(leg).group
    assert group is not None
    if is_liquidated(book, group):
        return leg.price
    price = liquidation_price(book, leg)
    if price is None:
        return None
    if leg.quantity > 0:
        return price if book.reaches(price, bar.low[number]) else None
    return price if book.reaches(bar.high[number], price) else None


def liquidate(book: Book, bar: Bar, rules: Rules, number: int, price: Fraction) -> Trade:
    """Let the venue close a position, and withdraw the order that waits in its leg."""
    leg = book.legs[number]
    quantity = leg.quantity
    slippage = slippage_of(bar, rules, number, leg, quantity, price) * BASIS_POINT
    events.liquidate(book, leg, price, slippage, worst_case=rules.worst_case)
    book.waiting.pop(number, None)
    return Trade(number, Why.LIQUIDATION, -quantity, price)


def is_open(leg: Leg) -> bool:
    """Tell whether a leg is a contract that is held."""
    return leg.kind is not Kind.SPOT and leg.quantity != 0


# What the venue does.


def deleverage_winners(book: Book, bar: Bar) -> list[Trade]:
    """Let the venue take its share of every position that has gained since its entry."""
    trades = []
    for number, leg in enumerate(book.legs):
        if bar.deleveraged > 0 and is_open(leg) and events.is_winning(book, leg):
            taken = events.deleverage(book, leg, bar.deleveraged)
            trades.append(Trade(number, Why.DELEVERAGED, taken, leg.price))
    return trades


def settle_expired(book: Book, bar: Bar) -> list[Trade]:
    """Let dated contracts end that settle at the end of the bar; their orders end with them."""
    trades = []
    for number, leg in enumerate(book.legs):
        price = bar.settled[number]
        if price is None:
            continue
        book.waiting.pop(number, None)
        if leg.quantity != 0:
            trades.append(Trade(number, Why.EXPIRY, -leg.quantity, price))
            events.settle_dated(book, leg, price)
        leg.price = price
    return trades


# Orders.


def slippage_of(
    bar: Bar, rules: Rules, number: int, leg: Leg, quantity: Fraction, price: Fraction
) -> Fraction:
    """Return the slippage of a quantity at a price, in bp."""
    size = abs(quantity) if leg.kind is Kind.INVERSE else abs(quantity) * price
    return slippage_bp(
        half_spread_bp=rules.half_spread_bp,
        impact=rules.impact,
        daily_volatility=bar.daily_volatility[number],
        notional=size,
        daily_volume=bar.daily_volume[number],
    )


def turn_of(book: Book, number: int) -> int:
    """Return when an order has its turn (domain 9.6: protective futures, sales, purchases).

    Protective is a futures order against the net coins of its asset, if it has its initial margin
    before spot is sold.
    """
    leg, order = book.legs[number], book.waiting[number]
    if leg.kind is Kind.SPOT:
        return 1 if order < 0 else 2
    held = [one for one in book.legs if one.asset == leg.asset]
    coins = sum(
        (one.quantity / (one.price if one.kind is Kind.INVERSE else 1) for one in held), ZERO
    )
    is_protective = coins * order < 0 and has_margin(book, leg, order, leg.price, ZERO)
    return 0 if is_protective else 3


def fill_orders(book: Book, bar: Bar, rules: Rules) -> list[Trade]:
    """Fill what waits and has a price, in turns; what cannot be paid for is dropped."""
    turns = sorted((turn_of(book, number), number) for number in book.waiting)
    trades = []
    for _, number in turns:
        first = bar.first_fill[number]
        if first is None:
            continue
        leg, order = book.legs[number], book.waiting.pop(number)
        bp = slippage_of(bar, rules, number, leg, order, first)
        price = worsened(first, buys=order > 0, bp=bp, tick=leg.tick)
        quantity = accepted(book, leg, order, price, bar.fee[number])
        if quantity != 0:
            trade = events.trade_spot if leg.kind is Kind.SPOT else events.trade_future
            trade(book, leg, quantity, price, bar.fee[number])
            trades.append(Trade(number, Why.ORDER, quantity, price))
    return trades


def accepted(book: Book, leg: Leg, order: Fraction, price: Fraction, fee: Fraction) -> Fraction:
    """Return how much of an order is filled.

    Spot is bought with free cash, in whole lots and not for less than the least notional; of coins
    only those held are sold. A futures order is taken whole or refused.
    """
    if leg.kind is not Kind.SPOT:
        return order if has_margin(book, leg, order, price, fee) else ZERO
    if order < 0:
        return max(order, -leg.quantity)
    payable = free_cash(book, leg) / (price * (1 + fee))
    if book.reaches(payable, order):
        return order
    whole = payable // leg.lot * leg.lot if leg.lot > 0 else payable
    return whole if book.reaches(whole * price, leg.least_notional) else ZERO


def free_cash(book: Book, leg: Leg) -> Fraction:
    """Return what of the balance of a leg no position needs to stay open, in quote."""
    purse = book.purse(leg)
    cash = purse.amount * purse.worth
    if purse.group is not None:
        cash = min(cash, margin_balance(book, purse.group) - maintenance_of(book, purse.group))
    return max(ZERO, cash)


def has_margin(book: Book, leg: Leg, order: Fraction, price: Fraction, fee: Fraction) -> bool:
    """Tell whether a futures order that raises the position has its initial margin (domain 11.1).

    The positions after it, at their marks, are held against the margin balance less what the order
    costs. Of an isolated position the parent must have, unused, the margin that moves and the cost.
    """
    if abs(leg.quantity + order) <= abs(leg.quantity):
        return True
    worth = book.purse(leg).worth
    slippage = -events.result(replace(leg, quantity=order), price, leg.price)
    cost = (events.units_of(leg, order, price) * fee + slippage) * worth
    if leg.parent is not None:
        _, opened = events.split(leg, order)
        moved = events.units_of(leg, opened, price) * leg.initial * worth
        return book.reaches(unused(book, book.balances[leg.parent]), moved + cost)
    group = book.purse(leg).group
    assert group is not None
    own = initial_margin(book, leg)
    after = initial_margin(book, replace(leg, quantity=leg.quantity + order))
    return book.reaches(margin_balance(book, group) - cost, initial_of(book, group) - own + after)


def unused(book: Book, balance: Balance) -> Fraction:
    """Return what of a balance is initial margin of no position, in quote."""
    amount = balance.amount * balance.worth
    if balance.group is None:
        return amount
    return min(amount, margin_balance(book, balance.group) - initial_of(book, balance.group))
