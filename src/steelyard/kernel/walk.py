"""This file walks one policy over a whole history, inside compiled code."""

import numpy as np

from steelyard.domain.codes import PERP
from steelyard.domain.compiled import compiled, compiled_inside
from steelyard.domain.contracts import INVERSE, SPOT_COIN
from steelyard.domain.plan import Account, Costs, Plan, Signals, Track
from steelyard.domain.record import Walk, at_bar_end, values_of
from steelyard.kernel.bar import fill_pending, open_bar, rest_of_bar, value_at
from steelyard.kernel.book import Book, curve_of, decisions_of, fills_of, open_book
from steelyard.kernel.moment import close_bar, evaluate
from steelyard.kernel.stretch import cross, is_quiet, next_evaluation


@compiled_inside
def live_through(track: Track, costs: Costs, book: Book, bar: int) -> None:
    """Live through one bar up to the funding at its end, whatever may happen in it."""
    open_bar(track, costs, book, bar)
    fill_pending(book, track, costs, bar)
    rest_of_bar(track, costs, book, bar)


@compiled
def walk_bars(plan: Plan, signals: Signals, track: Track, costs: Costs, book: Book) -> None:
    """Walk every bar of a track, in the order of domain 9.1.

    Orders decided at the end of a bar meet the next one. The bars up to the next evaluation, that
    with it included, are crossed at once where they are quiet, else lived through one by one.
    """
    value_at(book.account, track.start_price)
    if track.first_moment >= 0:
        evaluate(plan, signals, costs, book, track.first_moment)
    resume = 0
    for bar in range(track.open_ms.size):
        if bar < resume:
            continue
        last = next_evaluation(track, bar)
        if is_quiet(plan.limits, track, costs, book, bar, last):
            cross(track, costs, book, bar, last)
        else:
            live_through(track, costs, book, bar)
            last = bar
        if track.moment[last] >= 0:
            evaluate(plan, signals, costs, book, track.moment[last])
        close_bar(plan, costs, book, last, track.open_ms[last] + track.length_ms)
        resume = last + 1


def walk(
    plan: Plan,
    signals: Signals,
    track: Track,
    costs: Costs,
    cash: float,
    account: Account | None = None,
) -> Walk:
    """Return the outcome of a policy over a track.

    Parameters
    ----------
    cash : float, quote
        The account begins with this much quote currency, and buys the baseline at the first open.
    account : Account, optional
        One with other terms than a plain one's, which holds ``cash``; it is written into.
    """
    book = open_book(plan, signals, track, cash, account)
    walk_bars(plan, signals, track, costs, book)
    return outcome(book, signals, track, cash)


def outcome(book: Book, signals: Signals, track: Track, cash: float) -> Walk:
    """Return what a finished book says."""
    fills = fills_of(book)
    is_spot = book.account.legs["kind"][fills.asset, fills.leg] == SPOT_COIN
    in_coins = bool(book.account.legs[0, PERP]["kind"] == INVERSE)
    traded = np.abs(values_of(fills, fills.price, in_coins=in_coins))
    notional = np.where(at_bar_end(fills), 0.0, traded)
    desk = book.desk[0]
    return Walk(
        start_equity=cash,
        curve=curve_of(book, track),
        decisions=decisions_of(book, signals),
        fills=fills,
        parts=book.bars["parts"].copy(),
        leg_parts=book.account.legs["parts"].copy(),
        futures_costs=book.bars["futures_result"].copy(),
        futures_price=book.bars["futures_price"].copy(),
        traded=np.array([notional[is_spot].sum(), notional[~is_spot].sum()]),
        too_small=int(desk["too_small"]),
        capped=int(desk["capped"]),
        unpaid=int(desk["unpaid"]),
        waited=int(desk["waited"]),
        defended=int(desk["defended"]),
        restored=int(desk["restored"]),
        transfers=int(desk["transfers"]),
        awaited=int(desk["awaited"]),
        held_back=int(desk["held_back"]),
        rotated_ms=int(desk["rotated_ms"]),
        in_coins=in_coins,
    )
