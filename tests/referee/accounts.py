"""This file is random accounts: legs and balances on all sorts of terms, and first holdings."""

from fractions import Fraction

import numpy as np

from tests.referee.terms import ONE, ZERO, Balance, Book, Kind, Leg, Tier

CAPITAL = 2**17
"""Quote that an account begins with, more or less: 131,072."""

Chance = np.random.Generator


def exactly(value: float, bits: int = 16) -> Fraction:
    """Return a number near a value that has only so many bits: every float holds it exactly."""
    if value == 0:
        return ZERO
    step = Fraction(2) ** (int(np.floor(np.log2(abs(value)))) + 1 - bits)
    return round(Fraction(value) / step) * step


def random_book(chance: Chance, n_assets: int, n_legs: int) -> Book:
    """Return an account with its first holdings, valued at its first prices."""
    book = Book(legs=[], balances=[random_money(chance, group=0)])
    if chance.random() < 0.4:
        book.balances.append(random_money(chance, group=0 if chance.random() < 0.7 else None))
    spots = [exactly(float(2.0 ** chance.uniform(1, 15))) for _ in range(n_assets)]
    for asset, price in enumerate(spots):
        if chance.random() < 0.3:
            book.balances.append(random_coins(chance, asset, price, group=0))
        for number in range(n_legs):
            book.legs.append(random_leg(chance, book, asset, number, price))
    without_settling_haircuts(book)
    for leg in book.legs:
        hold_at_first(chance, leg)
    return book


def plain_book(chance: Chance, n_assets: int) -> Book:
    """Return an account of spot and linear perpetuals on one balance without interest."""
    cash = random_money(chance, group=0)
    cash.yield_a_day = cash.borrow_a_day = ZERO
    book = Book(legs=[], balances=[cash])
    for asset in range(n_assets):
        price = exactly(float(2.0 ** chance.uniform(1, 15)))
        perpetual = Leg(asset=asset, kind=Kind.LINEAR, settles=0, price=price)
        perpetual.tiers = random_tiers(chance, Fraction(CAPITAL))
        book.legs += [Leg(asset=asset, kind=Kind.SPOT, settles=0, price=price), perpetual]
    without_settling_haircuts(book)
    for leg in book.legs:
        hold_at_first(chance, leg)
    return book


def without_settling_haircuts(book: Book) -> None:
    """Take the haircut off every balance that a contract settles in: there is none by rule."""
    for leg in book.legs:
        if leg.kind is not Kind.SPOT:
            book.balances[leg.settles].haircut = ZERO


def random_money(chance: Chance, group: int | None) -> Balance:
    """Return a balance of dollars or of something near them."""
    bonus = chance.random() < 0.3
    return Balance(
        group=group,
        haircut=Fraction(int(chance.integers(0, 8)), 128) if chance.random() < 0.2 else ZERO,
        yield_a_day=Fraction(int(chance.integers(0, 8)), 2**14),
        borrow_a_day=Fraction(int(chance.integers(0, 16)), 2**14),
        bonus_pays_fees=bool(chance.random() < 0.5),
        amount=exactly(CAPITAL * float(chance.uniform(0.1, 1.5))),
        worth=exactly(float(chance.uniform(0.85, 1.02))) if chance.random() < 0.4 else ONE,
        bonus=exactly(CAPITAL * float(chance.uniform(0.0001, 0.05))) if bonus else ZERO,
    )


def random_coins(chance: Chance, asset: int, price: Fraction, group: int | None) -> Balance:
    """Return a balance of coins."""
    balance = random_money(chance, group)
    balance.coin, balance.worth = asset, price
    balance.amount = exactly(float(balance.amount / price) * float(chance.uniform(0.1, 1)))
    balance.bonus = exactly(float(balance.bonus / price))
    balance.haircut = Fraction(int(chance.integers(0, 16)), 128)
    return balance


def new_group(book: Book) -> int:
    """Return the number of a margin group that is not used yet."""
    return 1 + max((one.group for one in book.balances if one.group is not None), default=-1)


def random_leg(chance: Chance, book: Book, asset: int, number: int, spot: Fraction) -> Leg:
    """Return the terms of a leg, and add the balance that it needs to the book."""
    if number == 0 or (number > 1 and chance.random() < 0.15):
        return random_spot(chance, book, asset, spot)
    kind = Kind.INVERSE if chance.random() < 0.35 else Kind.LINEAR
    settles, parent = settling_balance(chance, book, asset, kind, spot), None
    if chance.random() < 0.35:
        parent, settles = settles, len(book.balances)
        own = random_money(chance, new_group(book))
        of = book.balances[parent]
        own.coin, own.worth, own.amount, own.bonus = of.coin, of.worth, ZERO, ZERO
        book.balances.append(own)
    leg = Leg(asset=asset, kind=kind, settles=settles, parent=parent)
    leg.price = exactly(float(spot) * float(chance.uniform(0.97, 1.03)))
    leg.initial = Fraction(int(chance.choice([1, 2, 4, 16, 32])), 64)
    leg.settlement_fee = Fraction(int(chance.integers(0, 8)), 2**13)
    size = exactly(float(CAPITAL / spot) if kind is Kind.INVERSE else CAPITAL)
    leg.tiers = random_tiers(chance, size)
    return with_steps(chance, leg)


def settling_balance(chance: Chance, book: Book, asset: int, kind: Kind, spot: Fraction) -> int:
    """Return a balance that a contract can settle in; coins in a group of their own, mostly."""
    coin = asset if kind is Kind.INVERSE else None
    margins = {leg.settles for leg in book.legs if leg.parent is not None}
    there = [
        number
        for number, one in enumerate(book.balances)
        if one.coin == coin and one.group is not None and number not in margins
    ]
    if there and (coin is None or chance.random() < 0.3):
        return int(chance.choice(there))
    book.balances.append(random_coins(chance, asset, spot, new_group(book)))
    return len(book.balances) - 1


def random_spot(chance: Chance, book: Book, asset: int, price: Fraction) -> Leg:
    """Return a spot leg, which may be collateral of the first margin group."""
    margins = {leg.settles for leg in book.legs if leg.parent is not None}
    monies = [
        number
        for number, balance in enumerate(book.balances)
        if balance.coin is None and number not in margins
    ]
    settles = int(chance.choice(monies))
    leg = Leg(asset=asset, kind=Kind.SPOT, settles=settles, price=price)
    if chance.random() < 0.4:
        leg.collateral, leg.haircut = 0, Fraction(int(chance.integers(0, 16)), 128)
    return with_steps(chance, leg)


def with_steps(chance: Chance, leg: Leg) -> Leg:
    """Return a leg with or without lots, ticks and a least notional."""
    if chance.random() < 0.7:
        leg.lot = Fraction(2) ** int(
            np.floor(np.log2(2.0 ** int(chance.integers(2, 7)) / leg.price))
        )
    if leg.kind is Kind.INVERSE and leg.lot > 0:
        leg.lot = Fraction(int(chance.choice([1, 16, 128])))
    if chance.random() < 0.5:
        leg.tick = Fraction(2) ** int(np.floor(np.log2(float(leg.price) / 2**14)))
    leg.least_notional = Fraction(int(chance.choice([0, 8, 128])))
    return leg


def random_tiers(chance: Chance, size: Fraction) -> tuple[Tier, ...]:
    """Return tiers of a notional that is often near a size; their deductions are continuous."""
    count = int(chance.integers(1, 5))
    caps = [exactly(float(size) * 2.0 ** float(x), 8) for x in sorted(chance.uniform(-3, 3, count))]
    picked = chance.choice(np.arange(4, 100), count, replace=False)
    rates = sorted(Fraction(int(k), 1024) for k in picked)
    tiers, deduction, below, rate = [], ZERO, ZERO, rates[0]
    for number in range(count):
        deduction += below * (rates[number] - rate)
        rate = rates[number]
        cap = caps[number] if number < count - 1 else None
        tiers.append(Tier(cap=cap, rate=rate, deduction=deduction))
        below = caps[number]
    return tuple(tiers)


def hold_at_first(chance: Chance, leg: Leg) -> None:
    """Let an account begin with a position, sometimes."""
    if chance.random() < 0.5:
        return
    share = float(chance.uniform(0.05, 1.0))
    if leg.kind is Kind.SPOT:
        leg.quantity = exactly(share * float(CAPITAL / leg.price))
    elif leg.parent is None:
        coins = share * float(chance.choice([-1, 1])) * float(CAPITAL / leg.price)
        leg.quantity = exactly(coins * (float(leg.price) if leg.kind is Kind.INVERSE else 1.0))
        leg.entry = exactly(float(leg.price) * float(chance.uniform(0.9, 1.1)), 20)
