"""This file is what an account with several assets meets when all their marks move at once.

Within a bar nobody knows which mark was where when another was at its worst. Assets fall and rise
together, so it is taken that all of them reach their lows at once, and all their highs: an account
that could not carry that on the way there is liquidated whole, as one asset would be.
"""

import math
from typing import Final

from steelyard.domain.codes import PERP
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.contracts import NONE, SPOT_COIN
from steelyard.domain.plan import Account, Costs, Track
from steelyard.kernel.bar import liquidate
from steelyard.kernel.book import Book
from steelyard.ledger.account import result_of, worth_of
from steelyard.ledger.groups import margin_balance
from steelyard.ledger.margin import is_backed_by, ladder_of, maintenance

HALVINGS: Final = 40
"""The share of the way at which an account fails is found to 2^-40 of it."""

FALL: Final = -1
RISE: Final = 1


@compiled_inside
def mark_on(
    track: Track, account: Account, which: tuple[int, int], bar: int, way: int, share: float
) -> float:
    """Return the mark of a leg a share of the way from where it is valued to its low or its high.

    Parameters
    ----------
    which : (int, int)
        Asset and leg.
    way : int
        ``FALL`` or ``RISE``.
    """
    asset, leg = which
    mark = account.legs[asset, leg]["price"]
    end = track.low[bar, asset, leg] if way == FALL else track.high[bar, asset, leg]
    return float(mark + share * (end - mark))


@compiled_inside
def fails(track: Track, costs: Costs, account: Account, bar: int, way: int, share: float) -> bool:
    """Tell whether the account cannot carry its futures a share of the way of all marks."""
    group = account.balances[account.legs[0, PERP]["settles"]]["group"]
    balance, needed = margin_balance(account, group), 0.0
    for asset in range(account.legs.shape[0]):
        for leg in range(account.legs.shape[1]):
            held = account.legs[asset, leg]
            if held["quantity"] == 0.0:
                continue
            mark = mark_on(track, account, (asset, leg), bar, way, share)
            if is_backed_by(account, asset, leg, group):
                worth = worth_of(account, held["settles"])
                balance += result_of(held["kind"], held["quantity"], held["price"], mark) * worth
                cap, rate, deduction = ladder_of(account, costs, asset, leg)
                notional = abs(held["quantity"] * mark)
                needed += maintenance(notional, cap, rate, deduction) * worth
            elif held["kind"] == SPOT_COIN and held["collateral"] == group:
                counted = held["quantity"] * (1.0 - held["haircut"])
                balance += counted * (mark - held["price"])
    return bool(needed > 0.0 and balance <= needed)


@compiled_inside
def point_of(track: Track, costs: Costs, account: Account, bar: int, way: int) -> float:
    """Return the share of the way at which an account fails that does so at its end."""
    first, last = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (first + last) / 2.0
        if fails(track, costs, account, bar, way, middle):
            last = middle
        else:
            first = middle
    return last


@compiled_inside
def most_won(track: Track, account: Account, bar: int, way: int, share: float) -> tuple[int, int]:
    """Return asset and leg of the futures that have won most on the way; NONE without any."""
    found, most = (NONE, NONE), -math.inf
    for asset in range(account.legs.shape[0]):
        for leg in range(PERP, account.legs.shape[1]):
            held = account.legs[asset, leg]
            if held["kind"] == SPOT_COIN or held["quantity"] == 0.0:
                continue
            mark = mark_on(track, account, (asset, leg), bar, way, share)
            result = result_of(held["kind"], held["quantity"], held["price"], mark)
            result *= worth_of(account, held["settles"])
            if result > most:
                found, most = (asset, leg), result
    return found


@compiled_inside
def move_together(track: Track, costs: Costs, book: Book, bar: int, way: int) -> None:
    """Liquidate an account where it fails on the way of all its marks to their worst of a bar.

    All its futures are closed there. What won on the way is first, so that it pays for the rest.

    Parameters
    ----------
    way : int
        ``FALL`` or ``RISE``.
    """
    account = book.account
    if not fails(track, costs, account, bar, way, 1.0):
        return
    share = point_of(track, costs, account, bar, way)
    which = most_won(track, account, bar, way, share)
    while which[0] != NONE:
        price = mark_on(track, account, which, bar, way, share)
        liquidate(book, track, costs, which, bar, price)
        which = most_won(track, account, bar, way, share)
