"""This file is random accounts in random markets, made so that accidents happen often.

A scenario is plain data: a book, its bars, and rules. Every number is a fraction with a power of
two below the line, so that a float holds it exactly. Of every asset leg 0 is spot and leg 1 a
perpetual; the legs behind them are whatever there is.
"""

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from tests.referee.accounts import CAPITAL, Chance, exactly, plain_book, random_book
from tests.referee.bar import Bar, Rules
from tests.referee.terms import ZERO, Book, Kind, Leg

BARS_A_DAY = 3
"""Bars of eight hours."""

Prices = dict[str, list[Fraction]]
"""Prices of every leg, by the point of the bar: open, high, low, close."""


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """A book as it begins, what happens to it, and on which terms; its legs by asset, then leg."""

    seed: int
    n_assets: int
    n_legs: int
    book: Book
    bars: list[Bar]
    rules: Rules


@dataclass(frozen=True, kw_only=True)
class Temper:
    """How far a bar moves, how often and how far it jumps; how large orders are, in capital."""

    move: float
    jumps: float
    jump: float
    leverage: float


def scenario(seed: int) -> Scenario:
    """Return the scenario of a seed."""
    chance = np.random.default_rng(seed)
    n_assets, n_legs = int(chance.integers(1, 3)), int(chance.integers(2, 6))
    book = random_book(chance, n_assets, n_legs)
    temper = Temper(
        move=float(chance.choice([0.01, 0.03, 0.1])),
        jumps=float(chance.choice([0.0, 0.1, 0.3])),
        jump=float(chance.choice([0.2, 0.5, 1.5])),
        leverage=float(chance.choice([0.5, 2.0, 8.0, 30.0])),
    )
    rules = Rules(
        half_spread_bp=Fraction(int(chance.choice([0, 1, 5]))),
        impact=Fraction(int(chance.choice([0, 1, 2])), 2),
        worst_case=bool(chance.random() < 0.1),
    )
    liquidation_fee = Fraction(int(chance.integers(0, 16)), 1024)
    for leg in book.legs:
        leg.liquidation_fee = liquidation_fee
    market = Market(chance, book, n_legs, temper)
    bars = [market.bar(number) for number in range(int(chance.integers(3, 13)))]
    return Scenario(seed=seed, n_assets=n_assets, n_legs=n_legs, book=book, bars=bars, rules=rules)


def plain_scenario(seed: int) -> Scenario:
    """Return a scenario of spot and linear perpetuals on one balance of money, without orders.

    Mostly of one asset: the walk crosses no quiet bars of several.
    """
    chance = np.random.default_rng(seed)
    n_assets = 1 if chance.random() < 0.75 else 2
    book = plain_book(chance, n_assets)
    temper = Temper(
        move=float(chance.choice([0.01, 0.03])),
        jumps=float(chance.choice([0.0, 0.1])),
        jump=0.5,
        leverage=0.0,
    )
    rules = Rules(half_spread_bp=ZERO, impact=ZERO, worst_case=False)
    market = Market(chance, book, 2, temper)
    bars = [market.bar(number) for number in range(int(chance.integers(3, 13)))]
    quiet = [replace(bar, orders={}, deleveraged=ZERO) for bar in bars]
    return Scenario(seed=seed, n_assets=n_assets, n_legs=2, book=book, bars=quiet, rules=rules)


class Market:
    """The market of a scenario: each bar goes on from where the last one ended."""

    def __init__(self, chance: Chance, book: Book, n_legs: int, temper: Temper) -> None:
        self.chance, self.book, self.n_legs, self.temper = chance, book, n_legs, temper
        self.last = [float(leg.price) for leg in book.legs]
        self.worth = [one.worth for one in book.balances]
        self.pegged = bool(chance.random() < 0.5)
        self.fees = [self.random_fees(), self.random_fees()]
        self.first_of_day = int(chance.integers(BARS_A_DAY))
        self.ordered = [leg.quantity for leg in book.legs]

    def random_fees(self) -> list[Fraction]:
        """Return a fee for every column of legs; one below zero is a rebate."""
        return [Fraction(int(k), 2**15) for k in self.chance.integers(-4, 40, self.n_legs)]

    def bar(self, number: int) -> Bar:
        """Return the next bar."""
        legs, chance = self.book.legs, self.chance
        prices = self.next_prices()
        self.last = [float(price) for price in prices["close"]]
        self.worth = self.next_worth()
        fees = self.fees[0 if number < BARS_A_DAY else 1]
        volatility = [exactly(float(x)) for x in chance.uniform(0, 0.05, len(legs))]
        volume = [exactly(CAPITAL * 2.0 ** float(x)) for x in chance.uniform(8, 14, len(legs))]
        fills = [
            self.first_fill(leg, price) for leg, price in zip(legs, prices["open"], strict=True)
        ]
        deleveraged = Fraction(int(chance.choice([1, 2, 4])), 4)
        return Bar(
            **prices,
            worth=self.worth,
            first_fill=fills,
            funding=[self.funding(leg) for leg in legs],
            settled=[self.settled(place) for place in range(len(legs))],
            fee=[fees[place % self.n_legs] for place in range(len(legs))],
            daily_volatility=[
                volatility[place - place % self.n_legs] for place in range(len(legs))
            ],
            daily_volume=volume,
            deleveraged=deleveraged if chance.random() < 0.12 else ZERO,
            ends_a_day=(number + self.first_of_day) % BARS_A_DAY == BARS_A_DAY - 1,
            orders=self.orders(prices["open"]),
        )

    def moved(self, size: float) -> float:
        """Return by which factor a price moves, or jumps."""
        if self.chance.random() < self.temper.jumps:
            size = self.temper.jump
        return float(np.exp(np.clip(self.chance.normal(0, size), -2.5, 2.5)))

    def next_prices(self) -> Prices:
        """Return the prices of a bar: of every asset a spot price, and marks around it."""
        points: Prices = {"open": [], "high": [], "low": [], "close": []}
        opened = closed = 0.0
        for place, leg in enumerate(self.book.legs):
            if place % self.n_legs == 0:
                opened = self.last[place] * self.moved(self.temper.move / 4)
                closed = opened * self.moved(self.temper.move)
            around = (
                (1.0, 1.0) if leg.kind is Kind.SPOT else np.exp(self.chance.normal(0, 0.004, 2))
            )
            ends = (opened * float(around[0]), closed * float(around[1]))
            high = max(ends) * max(1.0, self.moved(self.temper.move / 2))
            low = min(ends) * min(1.0, self.moved(self.temper.move / 2))
            for name, price in zip(points, (ends[0], high, low, ends[1]), strict=True):
                points[name].append(exactly(price))
        return points

    def next_worth(self) -> list[Fraction]:
        """Return what balances are worth at the end of a bar; one currency has one worth."""
        worth = list(self.worth)
        for place, balance in enumerate(self.book.balances):
            if balance.coin is None and not self.pegged:
                moved = float(worth[place]) * float(np.exp(self.chance.normal(0, 0.02)))
                worth[place] = exactly(min(1.03, moved))
        for leg in self.book.legs:
            if leg.parent is not None:
                worth[leg.settles] = worth[leg.parent]
        return worth

    def first_fill(self, leg: Leg, price: Fraction) -> Fraction | None:
        """Return the first price at which a leg is traded in a bar."""
        if self.chance.random() < 0.06:
            return None
        if leg.kind is Kind.SPOT and self.chance.random() < 0.8:
            return price
        return exactly(float(price) * float(np.exp(self.chance.normal(0, 0.0005))))

    def funding(self, leg: Leg) -> Fraction | None:
        """Return a funding rate, where there is a settlement."""
        if leg.kind is Kind.SPOT or self.chance.random() < 0.7:
            return None
        return exactly(float(self.chance.normal(0, 0.001)))

    def settled(self, place: int) -> Fraction | None:
        """Return the settlement price of a leg that expires: never the perpetual's."""
        is_dated = place % self.n_legs > 1 and self.book.legs[place].kind is not Kind.SPOT
        if not is_dated or self.chance.random() < 0.85:
            return None
        return exactly(self.last[place] * float(np.exp(self.chance.normal(0, 0.004))))

    def orders(self, prices: list[Fraction]) -> dict[int, Fraction]:
        """Return what is ordered before a bar; often what would close a position, or turn it."""
        orders = {}
        for place, leg in enumerate(self.book.legs):
            if self.chance.random() < 0.65:
                continue
            order = self.order(place, leg, float(prices[place]))
            if order != 0:
                orders[place] = order
                self.ordered[place] += order
        return orders

    def order(self, place: int, leg: Leg, price: float) -> Fraction:
        """Return an order of one leg, in whole lots."""
        held = self.ordered[place]
        if held != 0 and self.chance.random() < 0.35:
            return -held * Fraction(int(self.chance.choice([1, 2, 3, 4])), 2)
        most = 0.7 if leg.kind is Kind.SPOT else self.temper.leverage
        value = CAPITAL * most * float(self.chance.uniform(-1, 1)) ** 3
        order = exactly(value if leg.kind is Kind.INVERSE else value / price)
        return round(order / leg.lot) * leg.lot if leg.lot > 0 else order
