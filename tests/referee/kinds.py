"""This file names what happened in a bar, so that a run can show that everything did."""

from collections.abc import Iterator
from copy import deepcopy
from fractions import Fraction

from tests.referee.bar import Bar, Trade, Why
from tests.referee.book import split, units_of
from tests.referee.margin import tier_of
from tests.referee.scenarios import Scenario
from tests.referee.terms import Book, Kind, Leg


class Before:
    """A book as it was before a bar, and the bar."""

    def __init__(self, book: Book, bar: Bar) -> None:
        self.book, self.bar = deepcopy(book), bar


def kinds_of(scenario: Scenario, before: Before, trades: list[Trade]) -> set[str]:
    """Return the kinds of everything that happened in a bar."""
    kinds = set()
    for trade in trades:
        kinds |= set(kinds_of_trade(scenario, before, trade))
    forced = [trade for trade in trades if trade.why is Why.LIQUIDATION]
    if len(forced) > 1:
        kinds.add("several liquidations in a bar")
    kinds |= set(kinds_of_orders(scenario.book, before, trades))
    kinds |= set(kinds_of_parts(scenario.book, before.book))
    return kinds


def named(leg: Leg) -> str:
    """Return what a leg is."""
    return f"{'isolated ' if leg.parent is not None else ''}{leg.kind.value}"


def kinds_of_trade(scenario: Scenario, before: Before, trade: Trade) -> Iterator[str]:
    """Yield the kinds of one trade."""
    book = scenario.book
    leg, was = book.legs[trade.leg], before.book.legs[trade.leg]
    yield f"{named(leg)}: {trade.why.value}"
    if trade.why is Why.ORDER and leg.kind is not Kind.SPOT:
        closed, opened = split(was, trade.quantity)
        yield f"{named(leg)}: " + ("rise" if closed == 0 else "turn" if opened > 0 else "fall")
    if trade.why is Why.LIQUIDATION:
        yield from kinds_of_liquidation(scenario, before, trade)


def kinds_of_liquidation(scenario: Scenario, before: Before, trade: Trade) -> Iterator[str]:
    """Yield where and how a position was liquidated, and what backed it."""
    book, bar = scenario.book, before.bar
    leg, was = book.legs[trade.leg], before.book.legs[trade.leg]
    places = {bar.open[trade.leg]: "at the open", bar.close[trade.leg]: "at the close"}
    size = abs(trade.quantity)
    tiers = [tier_of(leg.tiers, units_of(leg, size, price)) for price in (was.price, trade.price)]
    group = book.purse(leg).group
    backing = [one for one in before.book.balances if one.group == group]
    coins = [one for one in before.book.legs if one.collateral == group and one.quantity != 0]
    is_so = {
        places.get(trade.price, "within the bar"): True,
        "in the worst case": scenario.rules.worst_case,
        "beyond bankruptcy": leg.parts["liquidation"] > was.parts["liquidation"],
        "in another tier": tiers[0] != tiers[1],
        "with spot as collateral": bool(coins),
        "with coins as margin": any(one.coin is not None for one in backing),
        "with a haircut on what backs it": any(one.haircut > 0 for one in backing),
        "with a bonus": any(one.bonus > 0 for one in backing),
    }
    yield from (f"liquidation {name}" for name, is_true in is_so.items() if is_true)


def kinds_of_orders(book: Book, before: Before, trades: list[Trade]) -> Iterator[str]:
    """Yield what became of orders that were not filled as they were sent."""
    filled = {trade.leg: trade.quantity for trade in trades if trade.why is Why.ORDER}
    forced = {trade.leg for trade in trades if trade.why is Why.LIQUIDATION}
    for number, order in {**before.book.waiting, **before.bar.orders}.items():
        name = named(book.legs[number])
        if number in book.waiting:
            yield "an order waits for a price"
        elif number in filled and filled[number] != order:
            yield "spot bought for what there is" if order > 0 else "spot sold as far as it is held"
        elif number not in filled and number in forced:
            yield "an order withdrawn by a liquidation"
        elif number not in filled:
            yield f"{name}: refused"


def kinds_of_parts(book: Book, before: Book) -> Iterator[str]:
    """Yield what was booked, by its sign."""
    for leg, was in zip(book.legs, before.legs, strict=True):
        for part in ("funding", "fees"):
            yield from signed(f"{leg.kind.value} {part}", leg.parts[part] - was.parts[part])
    for balance, earlier in zip(book.balances, before.balances, strict=True):
        for part in ("depeg", "interest", "bonus"):
            yield from signed(part, balance.parts[part] - earlier.parts[part])


def signed(name: str, amount: Fraction) -> Iterator[str]:
    """Yield a name with the sign of an amount; nothing for none."""
    if amount != 0:
        yield f"{name} {'received' if amount > 0 else 'paid'}"
