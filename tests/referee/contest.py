"""This file holds the product against the referee, bar by bar, and counts what happened."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from steelyard.domain.codes import PARTS
from tests.referee import book as events
from tests.referee.bar import Trade, Why, live
from tests.referee.kinds import Before, kinds_of
from tests.referee.product import Product, equity
from tests.referee.scenarios import Scenario
from tests.referee.terms import Book, Kind

TOLERANCE = Fraction(1, 10**9)
"""Of the largest amount so far."""

TIE = Fraction(1, 10**12)
"""Nearer to a threshold than this, rounding may answer the other way."""

Pair = tuple[str, Fraction, float, Fraction]
"""What is compared, the referee's value, the product's, and the largest such amount so far."""


@dataclass
class Outcome:
    """How the product and the referee compare: ``departures`` of the first bar that has any.

    A scenario that came so near to a threshold that it may fall either way is ``tied``; it is
    compared up to there.
    """

    seed: int
    bars: int = 0
    liquidations: int = 0
    tied: bool = False
    departures: list[str] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)


def contest(scenario: Scenario) -> Outcome:
    """Run a scenario through the referee and the product, until they depart."""
    book, product = scenario.book, Product(scenario)
    outcome = Outcome(scenario.seed)
    largest = Largest(book)
    for number, bar in enumerate(scenario.bars):
        before = Before(book, bar)
        expected = live(book, bar, scenario.rules)
        actual = product.live(number, bar.orders)
        if book.narrowest < TIE:
            outcome.tied = True
            return outcome
        outcome.bars += 1
        outcome.liquidations += sum(one.why is Why.LIQUIDATION for one in expected)
        outcome.kinds.update(kinds_of(scenario, before, expected))
        largest.see(book)
        dust = TOLERANCE * largest.money
        pair = [seen(expected, book, dust), seen(actual, book, dust)]
        found = [*trades_apart(*pair), *values_apart(book, product, largest)]
        if found:
            outcome.departures = [f"seed {scenario.seed}, bar {number}: {one}" for one in found]
            return outcome
    return outcome


class Largest:
    """The largest amounts that a book has shown so far."""

    def __init__(self, book: Book) -> None:
        self.money = Fraction(0)
        self.quantity = [Fraction(0)] * len(book.legs)
        self.see(book)

    def see(self, book: Book) -> None:
        """Look at a book once more."""
        amounts = [one.amount * one.worth for one in book.balances]
        for number, leg in enumerate(book.legs):
            self.quantity[number] = max(self.quantity[number], abs(leg.quantity))
            amounts.append(leg.quantity * (1 if leg.kind is Kind.INVERSE else leg.price))
            amounts += leg.parts.values()
        for balance in book.balances:
            amounts += balance.parts.values()
        self.money = max(self.money, *(abs(amount) for amount in amounts))


def seen(trades: list[Trade], book: Book, dust: Fraction) -> list[Trade]:
    """Return the trades that are large enough to compare: a rounding may buy a billionth."""
    return [
        trade
        for trade in trades
        if abs(trade.quantity) * (1 if book.legs[trade.leg].kind is Kind.INVERSE else trade.price)
        > dust
    ]


def trades_apart(expected: list[Trade], actual: list[Trade]) -> Iterator[str]:
    """Yield how what was traded differs: in what, in what order, how much, at which price."""
    if [(one.leg, one.why) for one in expected] != [(one.leg, one.why) for one in actual]:
        yield f"referee trades {[told(one) for one in expected]}"
        yield f"product trades {[told(one) for one in actual]}"
        return
    for one, other in zip(expected, actual, strict=True):
        pairs = ((one.quantity, other.quantity), (one.price, other.price))
        if any(abs(left - right) > TOLERANCE * abs(left) for left, right in pairs):
            yield f"referee trades {told(one)}, product {told(other)}"


def told(trade: Trade) -> str:
    """Return a trade in words."""
    return f"leg {trade.leg} {trade.why.value} {float(trade.quantity)!r} at {float(trade.price)!r}"


def values_apart(book: Book, product: Product, largest: Largest) -> Iterator[str]:
    """Yield what of an account differs."""
    for name, expected, actual, scale in pairs(book, product, largest):
        if not abs(float(expected) - actual) <= TOLERANCE * scale:
            yield f"{name} is {float(expected)!r}, in the product {actual!r}"


def pairs(book: Book, product: Product, largest: Largest) -> Iterator[Pair]:
    """Yield everything that an account is compared in."""
    account = product.account
    yield "equity", events.equity(book), float(equity(account)), largest.money
    for number, leg in enumerate(book.legs):
        place = divmod(number, product.n_legs)
        name = f"leg {number} ({leg.kind.value})"
        scale = largest.quantity[number] or largest.money / leg.price  # never held but by rounding
        yield f"{name} quantity", leg.quantity, float(account.legs[place]["quantity"]), scale
        if leg.quantity != 0:
            yield f"{name} price", leg.price, float(account.legs[place]["price"]), leg.price
        if leg.quantity != 0 and leg.kind is not Kind.SPOT:
            yield f"{name} entry", leg.entry, float(account.legs[place]["entry"]), leg.entry
        for part, booked in zip(PARTS, account.legs[place]["parts"], strict=True):
            yield f"{name} {part}", leg.parts[part], float(booked), largest.money
    for number, balance in enumerate(book.balances):
        name = f"balance {number}"
        scale = largest.money / balance.worth
        yield f"{name} amount", balance.amount, float(account.balances[number]["amount"]), scale
        yield f"{name} bonus", balance.bonus, float(account.balances[number]["bonus"]), scale
        for part, booked in zip(PARTS, account.balances[number]["parts"], strict=True):
            yield f"{name} {part}", balance.parts[part], float(booked), largest.money
