"""This file walks one policy over a whole history, inside compiled code."""

import numpy as np

from steelyard.domain.codes import LEGS, PERP, SPOT
from steelyard.domain.compiled import compiled
from steelyard.domain.plan import Costs, Plan, Signals, Track
from steelyard.domain.record import Walk
from steelyard.kernel.bar import fill_pending, force_close, note_account, settle, value_at
from steelyard.kernel.book import Book, curve_of, decisions_of, fills_of, open_book
from steelyard.kernel.moment import defend, evaluate


@compiled
def live_through(track: Track, costs: Costs, book: Book, bar: int) -> None:
    """Live through one bar up to the funding at its end.

    The open: marks, liquidation beyond it, orders that wait. The bar: liquidation on its worst mark.
    Its end: marks, funding, liquidation of what cannot pay it.
    """
    account = book.account
    value_at(account, track.open[:, :, bar])
    force_close(book, track, costs, bar, 0)
    if book.orders[0, SPOT]["pending"] != 0.0 or book.orders[0, PERP]["pending"] != 0.0:
        fill_pending(book, track, costs, bar)
    force_close(book, track, costs, bar, 1)
    value_at(account, track.close[:, :, bar])
    settle(account, track, bar)
    force_close(book, track, costs, bar, 0)


@compiled
def walk_bars(plan: Plan, signals: Signals, track: Track, costs: Costs, book: Book) -> None:
    """Walk every bar of a track, in the order of domain 9.1; "bar -1" is the first allocation.

    Orders decided at the end of a bar meet the next one.
    """
    value_at(book.account, track.start_price)
    for bar in range(-1, track.open_ms.size):
        moment = track.first_moment if bar < 0 else track.moment[bar]
        if bar >= 0:
            live_through(track, costs, book, bar)
        if moment >= 0:
            evaluate(plan, signals, costs, book, moment, 1 if bar < 0 else 0)
        if bar >= 0:
            defend(plan, costs, book, track.open_ms[bar] + track.length_ms)
            note_account(book, costs, bar)


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
