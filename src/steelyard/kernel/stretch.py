"""This file finds stretches of bars in which nothing can happen, and crosses them quickly.

Between two trades a position is constant: where even the worst marks of a stretch, all at once and
with all its funding paid, leave the margin far from any bound, its bars only move prices.
"""

import math

from steelyard.domain.arrays import Table
from steelyard.domain.codes import PART_BASIS, PART_FUNDING, PART_FUTURES, PART_SPOT, PERP, SPOT
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.contracts import LINEAR, NONE
from steelyard.domain.plan import Account, Costs, Track
from steelyard.kernel.book import Book
from steelyard.kernel.noted import note_account
from steelyard.kernel.peg import is_outside
from steelyard.ledger.account import result_of
from steelyard.ledger.cash import bears_interest
from steelyard.ledger.groups import margin_balance
from steelyard.ledger.margin import ladder_of, maintenance

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
    """Tell whether an account holds one asset's spot and linear perpetual on one balance, no more.

    Any other is walked bar by bar, and so is one while a sleeve has a pair.
    """
    if account.balances.size > 1 or account.legs.shape[0] > 1:
        return False
    for leg in range(PERP + 1, account.legs.shape[1]):
        if account.legs[0, leg]["quantity"] != 0.0:
            return False
    if account.balances[0]["bonus"] != 0.0 or bears_interest(account):
        return False
    is_backing = account.legs[0, SPOT]["collateral"] != NONE
    return bool(account.legs[0, PERP]["kind"] == LINEAR and not is_backing)


@compiled_inside
def is_eventful(account: Account, track: Track, first: int, last: int) -> bool:
    """Tell whether a venue deleverages, or money changes its worth, within bars."""
    for bar in range(first, last + 1):
        if track.deleveraged[bar] > 0.0 or track.worth[bar, 0] != account.balances[0]["worth"]:
            return True
    return False


@compiled_inside
def worst_of(account: Account, track: Track, first: int, last: int) -> tuple[float, float]:
    """Return the worst change of the balance and the largest notional over bars.

    Parameters
    ----------
    first, last : int
        Bars, ``last`` included.

    Returns
    -------
    change, notional : float, quote
        The change is at most 0: the worst mark, and every settlement paid at the largest notional.
    """
    mark = account.legs[0, PERP]["price"]
    low = mark
    high = mark
    rates = 0.0
    for bar in range(first, last + 1):
        low = min(low, track.low[bar, 0, PERP], track.open[bar, 0, PERP])
        high = max(high, track.high[bar, 0, PERP], track.open[bar, 0, PERP])
        rate = track.funding[0, PERP, bar]
        rates += 0.0 if math.isnan(rate) else abs(rate)
    position = account.legs[0, PERP]["quantity"]
    notional = abs(position) * high
    change = min(position * (low - mark), position * (high - mark))
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
    account = book.account
    if waits(book) or not is_plain(account):
        return False
    if is_outside(limits, account.balances[0]["worth"]):
        return False
    if is_eventful(account, track, first, last):
        return False
    change, notional = worst_of(account, track, first, last)
    if notional == 0.0:
        return True
    balance = margin_balance(account, 0) + change
    if balance <= 0.0:
        return False
    cap, rate, deduction = ladder_of(account, costs, 0, PERP)
    needed = maintenance(notional, cap, rate, deduction)
    bound = min(1.0, limits[0]["defence_ratio"]) * balance
    backed = limits[0]["defence_leverage"] * balance
    return bool(MARGIN_OF_SAFETY * needed < bound and notional < backed)


@compiled_inside
def cross(track: Track, costs: Costs, book: Book, first: int, last: int) -> None:
    """Cross the quiet bars ``first`` to ``last``: marks and funding, and the account at each end.

    What ``bar.value_at`` and ``bar.settle`` do to a plain account, as one loop: nearly all that
    such a bar costs is handing the account to them. All the cash there is backs the futures. Empty
    legs of sleeves keep their old prices. The end of the last bar is left to ``moment.close_bar``.
    """
    account = book.account
    spot, perp, money = account.legs[0, SPOT], account.legs[0, PERP], account.balances[0]
    coins, position, worth = spot["quantity"], perp["quantity"], money["worth"]
    cap, rate, deduction = ladder_of(account, costs, 0, PERP)
    regime = book.state.stance[0]["regime"]
    for bar in range(first, last + 1):
        price, mark = track.close[bar, 0, SPOT], track.close[bar, 0, PERP]
        change = price - spot["price"]
        result = result_of(LINEAR, position, perp["price"], mark)
        delta = position * change * worth
        settled = track.funding[0, PERP, bar]
        received = 0.0 if math.isnan(settled) else -(position * mark) * settled
        spot["price"], perp["price"] = price, mark
        money["amount"] = money["amount"] + result + received
        account.futures_result[0] = account.futures_result[0] + result * worth + received * worth
        spot["parts"][PART_SPOT] += coins * change
        perp["parts"][PART_FUTURES] += delta
        perp["parts"][PART_BASIS] += result * worth - delta
        perp["parts"][PART_FUNDING] += received * worth
        account.total[PART_SPOT] += coins * change
        account.total[PART_FUTURES] += delta
        account.total[PART_BASIS] += result * worth - delta
        account.total[PART_FUNDING] += received * worth
        if bar < last:
            needed = maintenance(abs(position * mark), cap, rate, deduction)
            ratio = needed / money["amount"] if needed > 0.0 else 0.0
            note_account(account, book.bars, bar, ratio, regime)
            row = book.bars[bar]
            row["backing"], row["worth"] = money["amount"], worth
            row["own_fees"] = book.desk[0]["own_fees"]
