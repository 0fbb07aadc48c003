"""This file runs a scenario through the product, bar by bar."""

import math
from collections.abc import Callable, Iterable
from fractions import Fraction

import numpy as np

from steelyard.domain.arrays import Floats
from steelyard.domain.compiled import entry
from steelyard.domain.contracts import (
    INVERSE,
    LINEAR,
    NONE,
    SPOT_COIN,
    plain_balances,
    plain_holdings,
)
from steelyard.domain.plan import Account, Costs, Track
from steelyard.domain.record import FILL_COLLATERAL, FILL_REASONS, Fills
from steelyard.domain.time import HOUR_MS
from steelyard.kernel import bar as kernel
from steelyard.kernel.book import fills_of, open_book
from steelyard.ledger import account as ledger
from tests.referee.bar import Bar, Trade, Why
from tests.referee.scenarios import BARS_A_DAY, Scenario
from tests.referee.terms import Kind, Leg
from tests.support.plans import Actor, Scene

KINDS = {Kind.SPOT: SPOT_COIN, Kind.LINEAR: LINEAR, Kind.INVERSE: INVERSE}
REASONS = {
    "rebalance": Why.ORDER,
    "liquidation": Why.LIQUIDATION,
    "deleveraged": Why.DELEVERAGED,
    "expiry": Why.EXPIRY,
}
open_bar = entry(kernel.open_bar)
fill_pending = entry(kernel.fill_pending)
rest_of_bar = entry(kernel.rest_of_bar)
equity = entry(ledger.equity)

LENGTH_MS = 24 // BARS_A_DAY * HOUR_MS


def number_of(value: int | None) -> int:
    """Return the product's number for one that may be missing."""
    return NONE if value is None else value


def floats(values: Iterable[Fraction | None], shape: tuple[int, ...]) -> Floats:
    """Return fractions as floats in a shape; NaN for None."""
    numbers = [np.nan if value is None else float(value) for value in values]
    return np.array(numbers, dtype=np.float64).reshape(shape)


def account_of(scenario: Scenario) -> Account:
    """Return the product's account with the terms and first holdings of a scenario."""
    book = scenario.book
    shape = (scenario.n_assets, scenario.n_legs)
    legs = plain_holdings(*shape)
    for number, (row, leg) in enumerate(zip(legs.reshape(-1), book.legs, strict=True)):
        row["kind"], row["settles"] = KINDS[leg.kind], leg.settles
        row["parent"], row["collateral"] = number_of(leg.parent), number_of(leg.collateral)
        row["ladder"] = number
        row["haircut"], row["initial"] = float(leg.haircut), float(leg.initial)
        row["settlement_fee"] = float(leg.settlement_fee)
        row["quantity"], row["price"] = float(leg.quantity), float(leg.price)
        row["entry"] = float(leg.entry)
    balances = plain_balances([float(one.amount) for one in book.balances])
    for row, balance in zip(balances, book.balances, strict=True):
        row["coin"], row["group"] = number_of(balance.coin), number_of(balance.group)
        row["haircut"], row["interest"] = float(balance.haircut), float(balance.yield_a_day)
        row["borrowing"] = float(balance.borrow_a_day)
        row["pays_fees"] = balance.bonus_pays_fees
        row["bonus"], row["worth"] = float(balance.bonus), float(balance.worth)
    return ledger.account_on(legs, balances)


def track_of(scenario: Scenario) -> Track:
    """Return the bars of a scenario as the product lays them out."""
    bars, legs = scenario.bars, scenario.book.legs
    shape = (scenario.n_assets, scenario.n_legs)

    def by_bar(values: Callable[[Bar], list[Fraction]]) -> Floats:
        return np.stack([floats(values(bar), shape) for bar in bars])

    def by_leg(values: Callable[[Bar], list[Fraction | None]]) -> Floats:
        return np.stack([floats(values(bar), shape) for bar in bars], axis=-1)

    first = next(number for number, bar in enumerate(bars) if bar.ends_a_day)
    start = (BARS_A_DAY - 1 - first) % BARS_A_DAY
    return Track(
        length_ms=LENGTH_MS,
        open_ms=LENGTH_MS * (start + np.arange(len(bars), dtype=np.int64)),
        first_fill=by_leg(lambda bar: bar.first_fill),
        open=by_bar(lambda bar: bar.open),
        high=by_bar(lambda bar: bar.high),
        low=by_bar(lambda bar: bar.low),
        close=by_bar(lambda bar: bar.close),
        funding=by_leg(lambda bar: bar.funding),
        daily_volatility=by_leg(lambda bar: list(bar.daily_volatility))[:, 0].copy(),
        daily_volume=by_leg(lambda bar: list(bar.daily_volume)),
        start_price=floats((leg.price for leg in legs), shape),
        settled=by_leg(lambda bar: bar.settled),
        worth=np.stack([floats(bar.worth, (-1,)) for bar in bars]),
        start_worth=np.ones(len(bars[0].worth)),
        deleveraged=floats((bar.deleveraged for bar in bars), (-1,)),
        moment=np.full(len(bars), -1),
        first_moment=-1,
    )


def ladder(leg: Leg, count: int) -> list[tuple[float, float, float]]:
    """Return caps, rates and deductions of a leg's tiers, padded with the last one."""
    rows = [
        (math.inf if tier.cap is None else float(tier.cap), float(tier.rate), float(tier.deduction))
        for tier in leg.tiers
    ] or [(math.inf, 0.0, 0.0)]
    return rows + rows[-1:] * (count - len(rows))


def costs_of(scenario: Scenario, track: Track) -> Costs:
    """Return what trading costs in a scenario; the fees of every bar are a step of their own."""
    legs, rules = scenario.book.legs, scenario.rules
    shape = (scenario.n_assets, scenario.n_legs)
    most = max(1, *(len(leg.tiers) for leg in legs))
    tiers = np.array([ladder(leg, most) for leg in legs])
    return Costs(
        fee_from=track.open_ms,
        fee=np.stack([floats(bar.fee, shape)[0] for bar in scenario.bars]),
        half_spread_bps=float(rules.half_spread_bp),
        impact=float(rules.impact),
        liquidation_fee=float(legs[0].liquidation_fee),
        worst_case=int(rules.worst_case),
        lot=floats((leg.lot for leg in legs), shape),
        tick=floats((leg.tick for leg in legs), shape),
        min_notional=floats((leg.least_notional for leg in legs), shape),
        tier_cap=tiers[:, :, 0].copy(),
        tier_rate=tiers[:, :, 1].copy(),
        tier_deduction=tiers[:, :, 2].copy(),
    )


class Product:
    """The product's account in a scenario."""

    def __init__(self, scenario: Scenario) -> None:
        self.n_legs = scenario.n_legs
        self.track = track_of(scenario)
        self.costs = costs_of(scenario, self.track)
        scene = Scene(triggers=[Actor(when="F")])
        account = account_of(scenario)
        self.book = open_book(scene.plan(), scene.signals(), self.track, 0.0, account)
        self.account = account
        self.seen = 0

    def live(self, number: int, orders: dict[int, Fraction]) -> list[Trade]:
        """Let a bar happen to the account, and return what was traded."""
        for place, quantity in orders.items():
            self.book.orders[divmod(place, self.n_legs)]["pending"] = float(quantity)
        open_bar(self.track, self.costs, self.book, number)
        fill_pending(self.book, self.track, self.costs, number)
        rest_of_bar(self.track, self.costs, self.book, number)
        fills = fills_of(self.book)
        new = range(self.seen, fills.leg.size)
        self.seen = fills.leg.size
        # Collateral that a liquidation takes is no trade to the referee, who takes it too.
        traded = [row for row in new if fills.reason[row] != FILL_COLLATERAL]
        return [trade_of(fills, row, self.n_legs) for row in traded]


def trade_of(fills: Fills, row: int, n_legs: int) -> Trade:
    """Return a fill of the product as a trade; of a liquidation with the mark it happened at."""
    why = REASONS[FILL_REASONS[int(fills.reason[row])]]
    price = fills.reference[row] if why is Why.LIQUIDATION else fills.price[row]
    return Trade(
        leg=int(fills.asset[row]) * n_legs + int(fills.leg[row]),
        why=why,
        quantity=Fraction(float(fills.quantity[row])),
        price=Fraction(float(price)),
    )
