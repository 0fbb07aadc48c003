"""This file walks a policy over several assets whose futures one account backs.

Every asset has a part of the account: what it began with and what it has brought since. It decides
on that part alone, as an account of its own would; the account as a whole is margined, defended and
liquidated, so that what one asset earns backs the others.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.compiled import compiled, compiled_inside
from steelyard.domain.contracts import NONE, SPOT_COIN, plain_balances
from steelyard.domain.plan import Account, Costs, Plan, Signals, Track
from steelyard.domain.record import FILL_DEFENCE, Walk
from steelyard.kernel.bar import value_at
from steelyard.kernel.book import Book, open_book
from steelyard.kernel.joined import join_accounts, join_costs, join_tracks
from steelyard.kernel.moment import alarms, defend, evaluate, restore_hedge
from steelyard.kernel.noted import futures_price, has_futures, note_account, note_margin, value_of
from steelyard.kernel.peg import watch_peg
from steelyard.kernel.walk import live_through, outcome
from steelyard.ledger.account import equity, worth_of
from steelyard.ledger.margin import margin_ratio


class Alone(NamedTuple):
    """What one asset would be walked with on an account of its own; see ``walk.walk``."""

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
        Its decisions. Orders, desk and legs are its row of the account's; its one balance is what
        its part of the account holds in money.
    moment : int64[n_bars]
        As in ``Track``, of its own signals.
    first_moment : int
    share : float
        Of what the account began with, and of what belongs to no asset: interest, the stablecoin.
    cash : float, quote
        What its part began with.
    """

    plan: Plan
    signals: Signals
    costs: Costs
    book: Book
    moment: Ints
    first_moment: int
    share: float
    cash: float


@compiled_inside
def part_of(account: Account, seat: Seat, part: int) -> float:
    """Return one part of what an asset has brought, quote: of its legs, and its share of the rest.

    Parameters
    ----------
    part : int
        Row of ``codes.PARTS``.
    """
    own, rest = 0.0, 0.0
    for leg in range(account.legs.shape[1]):
        own += account.legs[seat.book.asset, leg]["parts"][part]
    for number in range(account.balances.size):
        rest += account.balances[number]["parts"][part]
    return own + seat.share * rest


@compiled_inside
def own_equity(account: Account, seat: Seat) -> float:
    """Return what an asset's part of the account is worth, quote: its cash and what it brought."""
    total = seat.cash
    for part in range(account.total.size):
        total += part_of(account, seat, part)
    return total


@compiled_inside
def backed_share(account: Account, seats: tuple[Seat, ...]) -> float:
    """Return which share of the parts above zero is there: 1 unless one is used up.

    What an asset has lost beyond its part, the others bear, each in proportion.
    """
    total, has_debt = 0.0, False
    for seat in seats:
        own = own_equity(account, seat)
        total += max(0.0, own)
        has_debt = has_debt or own < 0.0
    return max(0.0, equity(account)) / total if has_debt and total > 0.0 else 1.0


@compiled_inside
def take_stock(account: Account, seat: Seat, backed: float) -> float:
    """Give an asset's own book the money its part of the account holds; return what it is worth.

    Parameters
    ----------
    backed : float
        From ``backed_share``.

    Returns
    -------
    float, quote
    """
    own = own_equity(account, seat)
    own *= backed if own > 0.0 else 1.0
    spot = 0.0
    for leg in range(account.legs.shape[1]):
        if account.legs[seat.book.asset, leg]["kind"] == SPOT_COIN:
            spot += value_of(account, seat.book.asset, leg)
    money = seat.book.account.balances[0]
    money["worth"] = worth_of(account, account.legs[seat.book.asset, SPOT]["settles"])
    money["amount"] = (own - spot) / money["worth"]
    return own


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
        closes = closes or order["pending"] != -held
        order["pending"] = -held
        order["decided_ms"] = ms
        order["reason"] = FILL_DEFENCE
    book.desk[0]["defended"] += 1 if closes else 0


@compiled_inside
def defend_all(seats: tuple[Seat, ...], costs: Costs, book: Book, backed: float, ms: int) -> float:
    """Restore lost hedges, close what is used up, and defend the margin; return the margin ratio.

    Parameters
    ----------
    ms : int, stamp
    """
    account, desk = book.account, book.desk[0]
    for seat in seats:
        own = take_stock(account, seat, backed)
        if seat.book.desk[0]["hedge_lost"] == 1:
            restore_hedge(seat.plan, seat.costs, seat.book, ms)
        if own <= 0.0:
            close_out(seat.book, ms)
    if not has_futures(account):
        desk["defending"] = 0
        return 0.0
    ratio = margin_ratio(account, costs)
    desk["defending"] = alarms(seats[0].plan, account, ratio, desk["defending"] == 1)
    if desk["defending"] == 1:
        for seat in seats:
            if take_stock(account, seat, backed) > 0.0:
                defend(seat.plan, seat.costs, seat.book, ms)
    return ratio


@compiled_inside
def note_seat(account: Account, seat: Seat, desk: np.void, bar: int, ratio: float) -> None:
    """Write down an asset's part of the account at the end of a bar.

    Parameters
    ----------
    desk : DESK
        Of the account.
    ratio : float
        Margin ratio of the account.
    """
    asset, row = seat.book.asset, seat.book.bars[bar]
    row["equity"] = own_equity(account, seat)
    row["margin_ratio"] = ratio
    row["regime"] = seat.book.state.stance[0]["regime"]
    row["futures_result"] = account.futures_result[asset]
    for leg in range(account.legs.shape[1]):
        value = value_of(account, asset, leg)
        if account.legs[asset, leg]["kind"] == SPOT_COIN:
            row["spot"] += value
            row["sleeve_spot"] += value if leg != SPOT else 0.0
        else:
            row["futures"] += value
            row["sleeve_futures"] += value if leg != PERP else 0.0
    row["cash"] = row["equity"] - row["spot"]
    for part in range(account.total.size):
        row["parts"][part] = part_of(account, seat, part)
    row["futures_price"] = futures_price(account, asset)
    row["own_fees"] = seat.share * desk["own_fees"]
    row["off_peg"] = desk["off_peg"]


@compiled_inside
def close_together(
    seats: tuple[Seat, ...], costs: Costs, book: Book, backed: float, bar: int, ms: int
) -> None:
    """Do what ``moment.close_bar`` does, for all assets of an account."""
    account, desk = book.account, book.desk[0]
    ratio = defend_all(seats, costs, book, backed, ms)
    for seat in seats:
        note_margin(account, costs, seat.book.asset, seat.book.bars, bar)
    if seats[0].plan.limits[0]["peg_hours"] > 0:
        watch_peg(seats[0].plan, costs, book, ms)
    for seat in seats:
        note_seat(account, seat, desk, bar, ratio)
    note_account(account, book.bars, bar, ratio, NONE)


@compiled
def walk_shared(seats: tuple[Seat, ...], track: Track, costs: Costs, book: Book) -> None:
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
    """
    value_at(book.account, track.start_price)
    for seat in seats:
        take_stock(book.account, seat, 1.0)
        if seat.first_moment >= 0:
            evaluate(seat.plan, seat.signals, seat.costs, seat.book, seat.first_moment)
    for bar in range(track.open_ms.size):
        live_through(track, costs, book, bar)
        backed = backed_share(book.account, seats)
        for seat in seats:
            if seat.moment[bar] >= 0:
                take_stock(book.account, seat, backed)
                evaluate(seat.plan, seat.signals, seat.costs, seat.book, seat.moment[bar])
        close_together(seats, costs, book, backed, bar, track.open_ms[bar] + track.length_ms)


def take_seat(whole: Book, alone: Alone, asset: int, cash: float) -> Seat:
    """Return the seat of one asset, whose book is within that of the account.

    Parameters
    ----------
    whole : Book
        Of the account; written into.
    alone : Alone
    asset : int
        Its row in the account.
    cash : float, quote
        What the account begins with.
    """
    row, held = slice(asset, asset + 1), whole.account
    account = Account(
        legs=held.legs[row],
        balances=plain_balances([0.0]),
        total=np.zeros_like(held.total),
        futures_result=held.futures_result[row],
    )
    own = open_book(alone.plan, alone.signals, alone.track, alone.cash, account)
    return Seat(
        plan=alone.plan,
        signals=alone.signals,
        costs=alone.costs,
        book=own._replace(
            orders=whole.orders[row],
            desk=whole.desk[row],
            fills=whole.fills,
            filled=whole.filled,
            asset=asset,
        ),
        moment=alone.track.moment,
        first_moment=alone.track.first_moment,
        share=alone.cash / cash,
        cash=alone.cash,
    )


def walk_parts(parts: Sequence[Alone]) -> tuple[list[Walk], Floats]:
    """Return what each asset's part of one account came to, and the equity of the account.

    Parameters
    ----------
    parts : sequence of Alone
        At least one, over the same bars, on the same terms; their cash is the account's.

    Returns
    -------
    list of Walk
        In the same order, each as if its part were an account alone.
    float64[n_bars], quote
    """
    cash = sum(each.cash for each in parts)
    track = join_tracks([each.track for each in parts])
    costs = [each.costs for each in parts]
    account = join_accounts([each.account for each in parts], costs)
    book = open_book(parts[0].plan, parts[0].signals, track, cash, account)
    seats = tuple(take_seat(book, each, asset, cash) for asset, each in enumerate(parts))
    walk_shared(seats, track, join_costs(costs), book)
    walks = [part_told(book, *pair) for pair in zip(seats, parts, strict=True)]
    return walks, book.bars["equity"].copy()


def part_told(book: Book, seat: Seat, alone: Alone) -> Walk:
    """Return the outcome of one asset, its fills apart from those of the others."""
    written = book.fills[: book.filled[0]]
    fills = written[written["asset"] == seat.book.asset]
    fills["asset"] = 0
    desk = seat.book.desk.copy()
    desk["rotated_ms"] = book.desk["rotated_ms"][0]
    own = seat.book._replace(fills=fills, filled=np.array([fills.size]), desk=desk)
    told = outcome(own, seat.signals, alone.track, seat.cash)
    return told._replace(leg_parts=told.leg_parts[:, : alone.track.first_fill.shape[1]])
