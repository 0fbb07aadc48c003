"""This file walks a policy over several assets whose futures one account backs.

Every asset decides on its own part of the account, as an account of its own would; the account as a
whole is margined, defended and liquidated, so that what one asset earns backs the others.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from steelyard.domain.arrays import Floats, Ints, Table
from steelyard.domain.compiled import compiled, compiled_inside
from steelyard.domain.contracts import NONE
from steelyard.domain.plan import Account, Costs, Plan, Signals, Track
from steelyard.domain.record import FILL_DEFENCE, Walk
from steelyard.kernel.bar import fill_pending, open_bar, rest_of_bar, value_at
from steelyard.kernel.book import BAR, Book, open_book
from steelyard.kernel.joined import join_accounts, join_costs, join_tracks
from steelyard.kernel.moment import defend, evaluate, restore_hedge, watch_margin
from steelyard.kernel.noted import note_account, note_margin
from steelyard.kernel.parts import Parts, note_part, square_parts
from steelyard.kernel.peg import watch_peg
from steelyard.kernel.strain import FALL, RISE, move_together
from steelyard.kernel.walk import outcome
from steelyard.ledger.account import equity


class Alone(NamedTuple):
    """What one asset would be walked with on an account of its own; see ``walk.walk``.

    Parameters
    ----------
    plan, signals, track, costs : Plan, Signals, Track, Costs
        Of this asset alone, which has row 0 in all of them.
    cash : float, quote
        What it begins with.
    account : Account
        On its terms, with that cash and nothing else; copied.
    """

    plan: Plan
    signals: Signals
    track: Track
    costs: Costs
    cash: float
    account: Account


class Seat(NamedTuple):
    """One asset at an account that backs several.

    Parameters
    ----------
    plan : Plan
        The policy on its market.
    signals : Signals
    costs : Costs
        Of its own legs, in row 0.
    book : Book
        Its decisions. Account, orders and desk are its rows of the whole one's.
    moment : int64[n_bars + 1]
        Evaluation at the first open, then at the end of each bar; -1 where there is none.
    """

    plan: Plan
    signals: Signals
    costs: Costs
    book: Book
    moment: Ints


@compiled_inside
def close_out(book: Book, ms: int) -> None:
    """Order all of an asset closed whose part of the account is used up.

    Parameters
    ----------
    ms : int, stamp
    """
    closes = False
    for leg in range(book.account.legs.shape[1]):
        order, held = book.orders[0, leg], book.account.legs[0, leg]["quantity"]
        if order["pending"] != -held:
            closes = True
            order["pending"] = -held
            order["decided_ms"] = ms
            order["reason"] = FILL_DEFENCE
    book.desk[0]["defended"] += 1 if closes else 0


@compiled_inside
def live_through(track: Track, costs: Costs, book: Book, bar: int) -> None:
    """Live through one bar of all assets up to the funding at its end."""
    open_bar(track, costs, book, bar)
    fill_pending(book, track, costs, bar)
    move_together(track, costs, book, bar, FALL)
    move_together(track, costs, book, bar, RISE)
    rest_of_bar(track, costs, book, bar)


@compiled_inside
def end_bar_of(seat: Seat, moment: int, ms: int) -> int:
    """Decide on an asset at the end of a bar, restore its lost hedge, close what is used up.

    Parameters
    ----------
    moment : int
        Of its evaluation; -1 where there is none.
    ms : int, stamp

    Returns
    -------
    int
        Number of the regime in force.
    """
    if moment >= 0:
        evaluate(seat.plan, seat.signals, seat.costs, seat.book, moment)
    if seat.book.desk[0]["hedge_lost"] == 1:
        restore_hedge(seat.plan, seat.costs, seat.book, ms)
    if equity(seat.book.account) <= 0.0:
        close_out(seat.book, ms)
    return int(seat.book.state.stance[0]["regime"])


@compiled_inside
def end_bar(plan: Plan, costs: Costs, book: Book, bars: Table, bar: int, ms: int) -> None:
    """Write down the margin of every asset at the end of a bar, and watch the stablecoin.

    Parameters
    ----------
    bars : BAR[n_assets, n_bars]
        Of the parts.
    ms : int, stamp
        End of the bar.
    """
    for asset in range(bars.shape[0]):
        note_margin(book.account, costs, asset, bars[asset], bar)
    if plan.limits[0]["peg_hours"] > 0:
        watch_peg(plan, costs, book, ms)


@compiled
def walk_shared(
    seats: tuple[Seat, ...], track: Track, costs: Costs, book: Book, parts: Parts
) -> None:
    """Walk every bar of several assets, in the order of domain 9.1.

    Parameters
    ----------
    seats : tuple of Seat
        In the order of the account's assets.
    track : Track
        The bars of all; its moments are not read, the seats have them.
    costs : Costs
        Of all legs.
    book : Book
        Of the account, in which those of the seats are.
    parts : Parts
    """
    account = book.account
    regimes = np.zeros(parts.cash.size, np.int64)
    value_at(account, track.start_price)
    for step in range(track.open_ms.size + 1):
        bar = step - 1  # before the first bar nothing but the first allocation
        ms = track.open_ms[0]
        if bar >= 0:
            live_through(track, costs, book, bar)
            square_parts(account, parts)
            ms = track.open_ms[bar] + track.length_ms
        for seat in seats:
            regimes[seat.book.asset] = end_bar_of(seat, seat.moment[step], ms)
        if bar < 0:
            continue
        ratio = watch_margin(seats[0].plan, costs, book)
        for seat in seats:
            if book.desk[0]["defending"] == 1 and equity(seat.book.account) > 0.0:
                defend(seat.plan, seat.costs, seat.book, ms)
        end_bar(seats[0].plan, costs, book, parts.bars, bar, ms)
        for asset in range(parts.cash.size):
            note_part(account, parts, asset, bar, ratio, regimes[asset])
            parts.bars[asset, bar]["off_peg"] = book.desk[0]["off_peg"]
        note_account(account, book.bars, bar, ratio, NONE)


def take_seat(whole: Book, alone: Alone, asset: int, parts: Parts) -> Seat:
    """Return the seat of one asset, whose book is within that of the account.

    Parameters
    ----------
    whole : Book
        Of the account; written into.
    alone : Alone
    asset : int
        Its row in the account.
    parts : Parts
    """
    row, size = slice(asset, asset + 1), alone.account.balances.size
    own = Account(
        legs=whole.account.legs[row],
        balances=whole.account.balances[asset * size : (asset + 1) * size],
        total=parts.total[asset],
        futures_result=whole.account.futures_result[row],
    )
    book = open_book(alone.plan, alone.signals, alone.track, alone.cash, own)
    return Seat(
        plan=alone.plan,
        signals=alone.signals,
        costs=alone.costs,
        book=book._replace(
            orders=whole.orders[row],
            desk=whole.desk[row],
            fills=whole.fills,
            filled=whole.filled,
            bars=parts.bars[asset],
            asset=asset,
        ),
        moment=np.concatenate([[alone.track.first_moment], alone.track.moment]),
    )


def walk_parts(alone: Sequence[Alone]) -> tuple[list[Walk], Floats]:
    """Return what each asset's part of one account came to, and the equity of the account.

    Parameters
    ----------
    alone : sequence of Alone
        At least one, over the same bars, on the same terms; their cash is the account's.

    Returns
    -------
    list of Walk
        In the same order, each as if its part were an account alone.
    float64[n_bars], quote
    """
    track, costs = join_tracks([each.track for each in alone]), [each.costs for each in alone]
    account = join_accounts([each.account for each in alone], costs)
    cash = np.array([each.cash for each in alone])
    book = open_book(alone[0].plan, alone[0].signals, track, float(cash.sum()), account)
    parts = Parts(
        cash=cash,
        total=np.zeros((cash.size, account.total.size)),
        borne=np.zeros(cash.size),
        bars=np.zeros((cash.size, track.open_ms.size), BAR),
    )
    seats = tuple(take_seat(book, each, asset, parts) for asset, each in enumerate(alone))
    walk_shared(seats, track, join_costs(costs), book, parts)
    walks = [part_told(book, *pair) for pair in zip(seats, alone, strict=True)]
    return walks, book.bars["equity"].copy()


def part_told(book: Book, seat: Seat, alone: Alone) -> Walk:
    """Return the outcome of one asset: its own fills, as of row 0, and its own legs."""
    written = book.fills[: book.filled[0]]
    fills = written[written["asset"] == seat.book.asset]
    fills["asset"] = 0
    desk = seat.book.desk.copy()
    desk["rotated_ms"] = book.desk["rotated_ms"][0]
    own = seat.book._replace(fills=fills, filled=np.array([fills.size]), desk=desk)
    told = outcome(own, seat.signals, alone.track, alone.cash)
    return told._replace(leg_parts=told.leg_parts[:, : alone.track.first_fill.shape[1]])
