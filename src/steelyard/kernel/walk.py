"""This file walks one policy over a whole history, inside compiled code."""

import numpy as np

from steelyard.domain.codes import LEGS
from steelyard.domain.compiled import compiled, compiled_inside
from steelyard.domain.plan import Costs, Plan, Signals, Track
from steelyard.domain.record import Walk
from steelyard.kernel.bar import (
    fill_pending,
    has_futures,
    is_thin,
    open_bar,
    rest_of_bar,
    settle,
    value_at,
)
from steelyard.kernel.book import Book, curve_of, decisions_of, fills_of, open_book
from steelyard.kernel.moment import close_bar, evaluate


@compiled_inside
def live_through(track: Track, costs: Costs, book: Book, bar: int) -> None:
    """Live through one bar up to the funding at its end, whatever may happen in it."""
    open_bar(track, costs, book, bar)
    fill_pending(book, track, costs, bar)
    rest_of_bar(track, costs, book, bar)


@compiled_inside
def is_quiet(track: Track, costs: Costs, book: Book, bar: int) -> bool:
    """Tell whether a bar only moves prices: no order waits and no liquidation can happen."""
    for asset in range(book.orders.shape[0]):
        for leg in range(book.orders.shape[1]):
            if book.orders[asset, leg]["pending"] != 0.0:
                return False
    return not has_futures(book.account) or not is_thin(book.account, track, costs, bar)


@compiled
def walk_bars(plan: Plan, signals: Signals, track: Track, costs: Costs, book: Book) -> None:
    """Walk every bar of a track, in the order of domain 9.1; "bar -1" is the first allocation.

    Orders decided at the end of a bar meet the next one.
    """
    account = book.account
    value_at(account, track.start_price)
    for bar in range(-1, track.open_ms.size):
        moment = track.first_moment if bar < 0 else track.moment[bar]
        if bar >= 0 and is_quiet(track, costs, book, bar):
            value_at(account, track.close[bar])
            settle(account, track, bar)
        elif bar >= 0:
            live_through(track, costs, book, bar)
        if moment >= 0:
            evaluate(plan, signals, costs, book, moment, bar < 0)
        if bar >= 0:
            close_bar(plan, costs, book, bar, track.open_ms[bar] + track.length_ms)


def walk(plan: Plan, signals: Signals, track: Track, costs: Costs, cash: float) -> Walk:
    """Return the outcome of a policy over a track.

    Parameters
    ----------
    cash : float, quote
        The account begins with this much quote currency, and buys the baseline at the first open.
    """
    book = open_book(plan, signals, track, cash)
    walk_bars(plan, signals, track, costs, book)
    return outcome(book, signals, track, cash)


def outcome(book: Book, signals: Signals, track: Track, cash: float) -> Walk:
    """Return what a finished book says."""
    fills = fills_of(book)
    notional = np.abs(fills.quantity) * fills.price
    desk = book.desk[0]
    return Walk(
        start_equity=cash,
        curve=curve_of(book, track),
        decisions=decisions_of(book, signals),
        fills=fills,
        parts=book.bars["parts"].copy(),
        futures_costs=book.bars["futures_result"].copy(),
        traded=np.bincount(fills.leg, notional, minlength=len(LEGS)),
        rejected=int(desk["rejected"]),
        waited=int(desk["waited"]),
        defended=int(desk["defended"]),
    )
