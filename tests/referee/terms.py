"""This file is what an account is made of: legs, balances and costs, all in exact fractions."""

from collections import defaultdict
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from math import isqrt

ZERO = Fraction(0)
ONE = Fraction(1)
BASIS_POINT = Fraction(1, 10_000)
DIGITS = 10**40


class Kind(Enum):
    """What a leg is: coins, a contract paid in money, a contract paid in coins."""

    SPOT = "spot"
    LINEAR = "linear"
    INVERSE = "inverse"


def parts() -> defaultdict[str, Fraction]:
    """Return an attribution in which nothing was booked yet."""
    return defaultdict(Fraction)


@dataclass(frozen=True, kw_only=True)
class Tier:
    """Maintenance margin is notional x rate - deduction up to and including the cap."""

    cap: Fraction | None
    rate: Fraction
    deduction: Fraction


@dataclass(kw_only=True, eq=False)
class Leg:
    """One asset held in one way: its contract, and what is held.

    ``quantity`` is signed: coins, or USD of face value for an inverse contract. ``price`` is the
    spot price or the mark at which the leg was last valued, ``entry`` the average price at which
    the position was built. ``settles`` numbers the balance that results and fees go to;
    ``collateral`` the margin group that spot backs. An isolated leg takes its margin from
    ``parent``.
    """

    asset: int
    kind: Kind
    settles: int
    collateral: int | None = None
    haircut: Fraction = ZERO
    lot: Fraction = ZERO
    least_notional: Fraction = ZERO
    tick: Fraction = ZERO
    initial: Fraction = ONE
    liquidation_fee: Fraction = ZERO
    settlement_fee: Fraction = ZERO
    parent: int | None = None
    tiers: tuple[Tier, ...] = ()
    quantity: Fraction = ZERO
    price: Fraction = ONE
    entry: Fraction = ZERO
    parts: defaultdict[str, Fraction] = field(default_factory=parts)


@dataclass(kw_only=True, eq=False)
class Balance:
    """An amount of one currency: a coin (the number of its asset) or money.

    ``worth`` is quote a unit: of a coin its spot price. ``group`` is the margin account that the
    balance backs. ``bonus`` is a credit of the venue: margin, but nobody's equity.
    """

    coin: int | None = None
    group: int | None = None
    haircut: Fraction = ZERO
    yield_a_day: Fraction = ZERO
    borrow_a_day: Fraction = ZERO
    bonus_pays_fees: bool = False
    amount: Fraction = ZERO
    worth: Fraction = ONE
    bonus: Fraction = ZERO
    parts: defaultdict[str, Fraction] = field(default_factory=parts)


@dataclass(kw_only=True)
class Book:
    """An account.

    The first spot leg of an asset has the asset's spot price; ``waiting`` are the orders that
    wait for a price, by the number of their leg. ``narrowest`` is how near any question that was
    asked so far came to a tie, relative to its two sides: a calculation that rounds may answer it
    the other way.
    """

    legs: list[Leg]
    balances: list[Balance]
    waiting: dict[int, Fraction] = field(default_factory=dict)
    narrowest: Fraction = ONE

    def spot(self, asset: int) -> Leg:
        """Return the leg that has the spot price of an asset."""
        return next(leg for leg in self.legs if leg.kind is Kind.SPOT and leg.asset == asset)

    def purse(self, leg: Leg) -> Balance:
        """Return the balance that a leg's results and fees go to."""
        return self.balances[leg.settles]

    def reaches(self, one: Fraction, other: Fraction) -> bool:
        """Tell whether one is as large as another, or larger, and note how near they are."""
        size = max(abs(one), abs(other))
        if size > 0:
            self.narrowest = min(self.narrowest, abs(one - other) / size)
        return one >= other


def root(number: Fraction) -> Fraction:
    """Return the square root, rounded down to the fortieth decimal."""
    return Fraction(isqrt(number.numerator * DIGITS**2 // number.denominator), DIGITS)


def slippage_bp(
    *,
    half_spread_bp: Fraction,
    impact: Fraction,
    daily_volatility: Fraction,
    notional: Fraction,
    daily_volume: Fraction,
) -> Fraction:
    """Return half the spread and the impact on the market, in bp of the price (domain 10.6)."""
    share = root(notional / daily_volume)
    return half_spread_bp + impact * daily_volatility * share / BASIS_POINT


def worsened(price: Fraction, *, buys: bool, bp: Fraction, tick: Fraction) -> Fraction:
    """Return the price of a fill: worse by bp, then to the next tick against the trader."""
    side = 1 if buys else -1
    raw = price * (1 + side * bp * BASIS_POINT)
    if tick == 0:
        return raw
    ticks = -((-raw) // tick) if buys else raw // tick
    return ticks * tick
