"""This file is the margin of an account: what backs it, what it needs, where it is liquidated."""

from dataclasses import dataclass
from fractions import Fraction

from tests.referee.book import futures_legs, spot_legs, units_of
from tests.referee.terms import ZERO, Balance, Book, Kind, Leg, Tier


def tier_of(tiers: tuple[Tier, ...], notional: Fraction) -> Tier:
    """Return the tier that contains a notional; an upper bound belongs to its tier."""
    return next(tier for tier in tiers if tier.cap is None or notional <= tier.cap)


def backing(balance: Balance, amount: Fraction) -> Fraction:
    """Return what an amount of a balance backs, in quote: a haircut off what is owned."""
    value = amount * balance.worth
    return value * (1 - balance.haircut) if amount > 0 else value


def margin_balance(book: Book, group: int) -> Fraction:
    """Return what backs the positions of a group, in quote (domain 11.5)."""
    balances = [one for one in book.balances if one.group == group]
    coins = [leg for leg in spot_legs(book) if leg.collateral == group]
    money = sum((backing(one, one.amount) + one.bonus * one.worth for one in balances), ZERO)
    return money + sum((leg.quantity * leg.price * (1 - leg.haircut) for leg in coins), ZERO)


def positions(book: Book, group: int) -> list[Leg]:
    """Return the contracts that a group backs."""
    return [leg for leg in futures_legs(book) if book.purse(leg).group == group]


def maintenance(book: Book, leg: Leg) -> Fraction:
    """Return the maintenance margin of a contract at its mark, in quote (domain 11.1, 11.3).

    Tiers are in the units that the contract is settled in: of an inverse contract in coins.
    """
    notional = units_of(leg, leg.quantity, leg.price)
    tier = tier_of(leg.tiers, notional)
    return (notional * tier.rate - tier.deduction) * book.purse(leg).worth


def maintenance_of(book: Book, group: int) -> Fraction:
    """Return the maintenance margin of all positions of a group, in quote."""
    return sum((maintenance(book, leg) for leg in positions(book, group)), ZERO)


def initial_margin(book: Book, leg: Leg) -> Fraction:
    """Return the initial margin of a contract at its mark, in quote (domain 11.1)."""
    return units_of(leg, leg.quantity, leg.price) * leg.initial * book.purse(leg).worth


def initial_of(book: Book, group: int) -> Fraction:
    """Return the initial margin of all positions of a group, in quote."""
    return sum((initial_margin(book, leg) for leg in positions(book, group)), ZERO)


def is_liquidated(book: Book, group: int) -> bool:
    """Tell whether the positions of a group need all that backs them, or more."""
    held = any(leg.quantity != 0 for leg in positions(book, group))
    return held and book.reaches(maintenance_of(book, group), margin_balance(book, group))


@dataclass(frozen=True)
class Stretch:
    """A range of prices over which the surplus of a group is a straight line.

    ``x`` is the price of a linear contract and 1 / price of an inverse one: notional and result are
    straight in it. ``end`` is None for a range without end.
    """

    start: Fraction
    end: Fraction | None
    tier: Tier
    owned: bool


def x_of(leg: Leg, price: Fraction) -> Fraction:
    """Return the x of a price; and the price of an x."""
    return 1 / price if leg.kind is Kind.INVERSE else price


def amount_at(book: Book, leg: Leg, x: Fraction) -> Fraction:
    """Return the balance of a leg, were the leg at x."""
    slope = -leg.quantity if leg.kind is Kind.INVERSE else leg.quantity
    return book.purse(leg).amount + slope * (x - x_of(leg, leg.price))


def surplus(book: Book, leg: Leg, x: Fraction, stretch: Stretch) -> Fraction:
    """Return margin balance less maintenance margin of a leg's group, were the leg at x.

    All else stays as it is valued, but what is of the same coin as a linear contract: coins that
    back it (domain 11.5: spot in the margin account protects a short) and the other linear
    contracts of the group, whose marks move as this one does.
    """
    purse = book.purse(leg)
    assert purse.group is not None
    others = margin_balance(book, purse.group) - backing(purse, purse.amount)
    others -= maintenance_of(book, purse.group) - maintenance(book, leg)
    if leg.kind is Kind.LINEAR:
        others += (coins_behind(book, leg) + coins_beside(book, leg)) * (x - leg.price)
    factor = 1 - purse.haircut if stretch.owned else Fraction(1)
    needed = abs(leg.quantity) * x * stretch.tier.rate - stretch.tier.deduction
    return others + (amount_at(book, leg, x) * factor - needed) * purse.worth


def coins_behind(book: Book, leg: Leg) -> Fraction:
    """Return how many coins of a contract's asset back its group, after haircuts."""
    group = book.purse(leg).group
    balances = [one for one in book.balances if one.group == group and one.coin == leg.asset]
    coins = sum((one.bonus + backing(one, one.amount) / one.worth for one in balances), ZERO)
    spots = [one for one in spot_legs(book) if one.asset == leg.asset and one.collateral == group]
    return coins + sum((one.quantity * (1 - one.haircut) for one in spots), ZERO)


def coins_beside(book: Book, leg: Leg) -> Fraction:
    """Return what other linear contracts of the same asset and group gain, in quote, per price."""
    group = book.purse(leg).group
    others = [
        one
        for one in book.legs
        if one is not leg and one.kind is Kind.LINEAR and one.asset == leg.asset
    ]
    backed = [one for one in others if book.purse(one).group == group]
    return sum((one.quantity * book.purse(one).worth for one in backed), ZERO)


def bends(book: Book, leg: Leg) -> list[Fraction]:
    """Return the x at which the surplus bends: the balance changes sign, or the tier changes."""
    slope = -leg.quantity if leg.kind is Kind.INVERSE else leg.quantity
    zero = x_of(leg, leg.price) - book.purse(leg).amount / slope
    return [zero, *(one.cap / abs(leg.quantity) for one in leg.tiers if one.cap is not None)]


def stretches(book: Book, leg: Leg) -> list[Stretch]:
    """Return the straight pieces from the mark on in the direction of losses, nearest first."""
    start = x_of(leg, leg.price)
    found = set(bends(book, leg))
    ends: list[Fraction | None]
    if (leg.quantity > 0) == (leg.kind is Kind.INVERSE):  # losses lie at larger x
        ends = [*sorted(bend for bend in found if bend > start), None]
    else:
        ends = [*sorted((bend for bend in found if 0 < bend < start), reverse=True), ZERO]
    pieces = []
    for end in ends:
        inside = start + 1 if end is None else (start + end) / 2
        tier = tier_of(leg.tiers, abs(leg.quantity) * inside)
        pieces.append(Stretch(start, end, tier, amount_at(book, leg, inside) > 0))
        start = inside if end is None else end
    return pieces


def liquidation_price(book: Book, leg: Leg) -> Fraction | None:
    """Return the first mark from the present one on at which a leg's group is liquidated.

    None where no price above zero does it; the present mark where it is reached already (domain
    11.2, 11.3).
    """
    for piece in stretches(book, leg):
        first = surplus(book, leg, piece.start, piece)
        if first <= 0:
            return x_of(leg, piece.start)
        step = piece.start + 1 if piece.end is None else piece.end
        last = surplus(book, leg, step, piece)
        if last > 0 and (piece.end is not None or last >= first):
            continue
        x = piece.start + (step - piece.start) * first / (first - last)
        return x_of(leg, x) if x > 0 else None
    return None
