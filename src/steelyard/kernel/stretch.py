"""This file finds stretches of bars in which nothing can happen, and crosses them quickly.

Between two trades a position is constant: where even the worst marks of a stretch, all at once and
with all its funding paid, leave the margin far from any bound, its bars only move prices.
"""

import math

from steelyard.domain.arrays import Table
from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.contracts import LINEAR, NONE
from steelyard.domain.plan import Account, Costs, Track
from steelyard.kernel.bar import settle, value_at
from steelyard.kernel.book import Book
from steelyard.kernel.noted import note_account, note_margin
from steelyard.kernel.peg import is_outside
from steelyard.ledger.cash import bears_interest
from steelyard.ledger.groups import margin_balance
from steelyard.ledger.margin import ladder_of, maintenance, margin_ratio

MARGIN_OF_SAFETY = 2.0
"""How far from a bound counts as far: a stretch nearer than this is walked bar by bar."""


@compiled_inside
def next_evaluation(track: Track, first: int) -> int:
    """Return the first bar from ``first`` on that ends with an evaluation; else the last bar."""
    bar = first
    while bar < track.open_ms.size - 1 and track.moment[bar] < 0:
        bar += 1
    return bar


@compiled_inside
def waits(book: Book) -> bool:
    """Tell whether an order waits, margin defence is on, or the stablecoin is off its peg."""
    for asset in range(book.orders.shape[0]):
        for leg in range(book.orders.shape[1]):
            if book.orders[asset, leg]["pending"] != 0.0:
                return True
    return bool(book.desk[0]["defending"] == 1 or book.desk[0]["off_peg"] == 1)


@compiled_inside
def is_plain(account: Account) -> bool:
    """Tell whether an account is spot and linear perpetuals on one balance, nothing else.

    Any other is walked bar by bar.
    """
    if account.balances.size > 1 or account.legs.shape[1] > PERP + 1:
        return False
    if account.balances[0]["bonus"] != 0.0:
        return False
    for asset in range(account.legs.shape[0]):
        if account.legs[asset, PERP]["kind"] != LINEAR:
            return False
        if account.legs[asset, SPOT]["collateral"] != NONE:
            return False
    return not bears_interest(account)


@compiled_inside
def is_eventful(account: Account, track: Track, first: int, last: int) -> bool:
    """Tell whether a venue deleverages, or money changes its worth, within bars."""
    for bar in range(first, last + 1):
        if track.deleveraged[bar] > 0.0 or track.worth[bar, 0] != account.balances[0]["worth"]:
            return True
    return False


@compiled_inside
def worst_of(
    account: Account, track: Track, asset: int, first: int, last: int
) -> tuple[float, float]:
    """Return the worst change of the balance and the largest notional of an asset over bars.

    Parameters
    ----------
    first, last : int
        Bars, ``last`` included.

    Returns
    -------
    change, notional : float, quote
        The change is at most 0: the worst mark, and every settlement paid at the largest notional.
    """
    quantity = account.legs[asset, PERP]["quantity"]
    low = account.legs[asset, PERP]["price"]
    high = low
    rates = 0.0
    for bar in range(first, last + 1):
        low = min(low, track.low[bar, asset, PERP], track.open[bar, asset, PERP])
        high = max(high, track.high[bar, asset, PERP], track.open[bar, asset, PERP])
        rate = track.funding[asset, PERP, bar]
        rates += 0.0 if math.isnan(rate) else abs(rate)
    mark = account.legs[asset, PERP]["price"]
    notional = abs(quantity) * high
    change = min(quantity * (low - mark), quantity * (high - mark))
    worth = account.balances[0]["worth"]
    return worth * (min(change, 0.0) - rates * notional), worth * notional


@compiled_inside
def is_quiet(limits: Table, track: Track, costs: Costs, book: Book, first: int, last: int) -> bool:
    """Tell whether bars ``first`` to ``last`` only move prices: nothing is traded or forced.

    A cheap test that never says yes where one of them is possible.

    Parameters
    ----------
    limits : LIMITS[1]
    """
    if waits(book) or not is_plain(book.account):
        return False
    account = book.account
    if is_outside(limits, account.balances[0]["worth"]):
        return False
    if is_eventful(account, track, first, last):
        return False
    balance = margin_balance(account, 0)
    needed = 0.0
    exposed = 0.0
    for asset in range(account.legs.shape[0]):
        change, notional = worst_of(account, track, asset, first, last)
        balance += change
        exposed += notional
        cap, rate, deduction = ladder_of(account, costs, asset, PERP)
        needed += maintenance(notional, cap, rate, deduction)
    if exposed == 0.0:
        return True
    if balance <= 0.0:
        return False
    bound = min(1.0, limits[0]["defence_ratio"]) * balance
    backed = limits[0]["defence_leverage"] * balance
    return bool(MARGIN_OF_SAFETY * needed < bound and exposed < backed)


@compiled_inside
def cross(track: Track, costs: Costs, book: Book, first: int, end: int) -> None:
    """Cross the quiet bars ``first`` to ``end - 1``: marks, funding, the account at each end.

    What backs the futures of a single asset is left to ``book.curve_of``: all the cash there is.
    """
    account = book.account
    regime = book.state.stance[0]["regime"]
    for bar in range(first, end):
        value_at(account, track.close[bar])
        settle(account, track, bar)
        ratio = margin_ratio(account, costs)
        if account.legs.shape[0] > 1:
            note_margin(account, costs, book.bars, bar)
        note_account(account, book.bars, bar, ratio, regime)
