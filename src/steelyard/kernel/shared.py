"""This file walks a policy over several assets whose futures one account backs.

Every asset has a part of the account: what it began with and what it has brought since. It decides
on that part alone, as an account of its own would; the account as a whole is margined, defended and
liquidated, so that what one asset earns backs the others.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from steelyard.domain.arrays import Floats, Ints, Table
from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.compiled import compiled, compiled_inside
from steelyard.domain.contracts import NONE, SPOT_COIN, plain_balances
from steelyard.domain.plan import Account, Costs, Plan, Signals, Track
from steelyard.domain.record import FILL_DEFENCE, Walk
from steelyard.kernel.bar import value_at
from steelyard.kernel.book import BAR, Book, open_book
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
    moment : int64[n_bars + 1]
        Evaluation at the first open, then at the end of each bar; -1 where there is none.
    """

    plan: Plan
    signals: Signals
    costs: Costs
    book: Book
    moment: Ints


@compiled_inside
def part_of(account: Account, asset: int, share: float, part: int) -> float:
    """Return one part of what an asset has brought, quote: of its legs, and its share of the rest.

    Parameters
    ----------
    share : float
        Of what belongs to no asset: interest, the stablecoin.
    part : int
        Row of ``codes.PARTS``.
    """
    own, rest = 0.0, 0.0
    for leg in range(account.legs.shape[1]):
        own += account.legs[asset, leg]["parts"][part]
    for number in range(account.balances.size):
        rest += account.balances[number]["parts"][part]
    return own + share * rest


@compiled_inside
def own_equity(account: Account, cash: Floats, asset: int) -> float:
    """Return what an asset's part of the account is worth, quote: its cash and what it brought.

    Parameters
    ----------
    cash : float64[n_assets], quote
        What each part began with.
    """
    share = cash[asset] / cash.sum()
    total = cash[asset]
    for part in range(account.total.size):
        total += part_of(account, asset, share, part)
    return float(total)


@compiled_inside
def count_parts(account: Account, cash: Floats, own: Floats) -> None:
    """Set what each part of the account can trade on, float64[n_assets], quote.

    What an asset has lost beyond its part, the others bear, each in proportion.
    """
    total, has_debt = 0.0, False
    for asset in range(cash.size):
        own[asset] = own_equity(account, cash, asset)
        total += max(0.0, own[asset])
        has_debt = has_debt or own[asset] < 0.0
    if has_debt and total > 0.0:
        for asset in range(cash.size):
            own[asset] *= max(0.0, equity(account)) / total if own[asset] > 0.0 else 1.0


@compiled_inside
def take_stock(account: Account, own: Floats, book: Book) -> None:
    """Give an asset's own book the money that its part of the account holds.

    Parameters
    ----------
    account : Account
        Of all assets.
    own : float64[n_assets], quote
        From ``count_parts``.
    book : Book
        Of the asset.
    """
    spot = 0.0
    for leg in range(account.legs.shape[1]):
        if account.legs[book.asset, leg]["kind"] == SPOT_COIN:
            spot += value_of(account, book.asset, leg)
    money = book.account.balances[0]
    money["worth"] = worth_of(account, account.legs[book.asset, SPOT]["settles"])
    money["amount"] = (own[book.asset] - spot) / money["worth"]


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
def end_bar_of(seat: Seat, account: Account, own: Floats, moment: int, ms: int) -> None:
    """Decide on an asset at the end of a bar, restore its lost hedge, close what is used up.

    Parameters
    ----------
    moment : int
        Of its evaluation; -1 where there is none.
    ms : int, stamp
    """
    take_stock(account, own, seat.book)
    if moment >= 0:
        evaluate(seat.plan, seat.signals, seat.costs, seat.book, moment)
    if seat.book.desk[0]["hedge_lost"] == 1:
        restore_hedge(seat.plan, seat.costs, seat.book, ms)
    if own[seat.book.asset] <= 0.0:
        close_out(seat.book, ms)


@compiled_inside
def note_part(
    account: Account, cash: Floats, asset: int, bars: Table, bar: int, ratio: float
) -> None:
    """Write down an asset's part of the account at the end of a bar.

    Parameters
    ----------
    bars : BAR[n_bars]
        Of the asset.
    ratio : float
        Margin ratio of the account.
    """
    row, share = bars[bar], cash[asset] / cash.sum()
    row["equity"] = own_equity(account, cash, asset)
    row["margin_ratio"] = ratio
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
        row["parts"][part] = part_of(account, asset, share, part)
    row["futures_price"] = futures_price(account, asset)


@compiled_inside
def needs_defence(plan: Plan, costs: Costs, book: Book) -> tuple[bool, float]:
    """Tell whether the margin of all is defended, and the margin ratio of the account (K1)."""
    account, desk = book.account, book.desk[0]
    ratio = 0.0
    if has_futures(account):
        ratio = margin_ratio(account, costs)
        desk["defending"] = alarms(plan, account, ratio, desk["defending"] == 1)
    else:
        desk["defending"] = 0
    return bool(desk["defending"] == 1), ratio


@compiled_inside
def end_bar(
    plan: Plan,
    costs: Costs,
    book: Book,
    parts: tuple[Floats, Table],
    when: tuple[int, int],
    ratio: float,
) -> None:
    """Watch the stablecoin at the end of a bar, and write down the account and all parts of it.

    Parameters
    ----------
    parts : (float64[n_assets], BAR[n_assets, n_bars])
        What each began with, in quote, and where it is written down.
    when : (int, int)
        Bar, and the stamp of its end.
    ratio : float
        Margin ratio of the account.
    """
    account, desk = book.account, book.desk[0]
    (cash, bars), (bar, ms) = parts, when
    for asset in range(cash.size):
        note_margin(account, costs, asset, bars[asset], bar)
    if plan.limits[0]["peg_hours"] > 0:
        watch_peg(plan, costs, book, ms)
    for asset in range(cash.size):
        note_part(account, cash, asset, bars[asset], bar, ratio)
        bars[asset, bar]["own_fees"] = cash[asset] / cash.sum() * desk["own_fees"]
        bars[asset, bar]["off_peg"] = desk["off_peg"]
    note_account(account, book.bars, bar, ratio, NONE)


@compiled
def walk_shared(
    seats: tuple[Seat, ...], track: Track, costs: Costs, book: Book, parts: tuple[Floats, Table]
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
    parts : (float64[n_assets], BAR[n_assets, n_bars])
        What each began with, in quote, and where it is written down.
    """
    account, cash, own = book.account, parts[0], np.zeros(parts[0].size)
    value_at(account, track.start_price)
    for step in range(track.open_ms.size + 1):
        bar = step - 1  # before the first bar nothing but the first allocation
        ms = track.open_ms[0]
        if bar >= 0:
            live_through(track, costs, book, bar)
            ms = track.open_ms[bar] + track.length_ms
        count_parts(account, cash, own)
        for seat in seats:
            end_bar_of(seat, account, own, seat.moment[step], ms)
        if bar < 0:
            continue
        defends, ratio = needs_defence(seats[0].plan, costs, book)
        for seat in seats:
            if defends and own[seat.book.asset] > 0.0:
                defend(seat.plan, seat.costs, seat.book, ms)
            parts[1][seat.book.asset, bar]["regime"] = seat.book.state.stance[0]["regime"]
        end_bar(seats[0].plan, costs, book, parts, (bar, ms), ratio)


def take_seat(whole: Book, alone: Alone, asset: int, bars: Table) -> Seat:
    """Return the seat of one asset, whose book is within that of the account.

    Parameters
    ----------
    whole : Book
        Of the account; written into.
    alone : Alone
    asset : int
        Its row in the account.
    bars : BAR[n_bars]
        Where its part is written down.
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
            bars=bars,
            asset=asset,
        ),
        moment=np.concatenate([[alone.track.first_moment], alone.track.moment]),
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
    cash = np.array([each.cash for each in parts])
    track = join_tracks([each.track for each in parts])
    costs = [each.costs for each in parts]
    account = join_accounts([each.account for each in parts], costs)
    book = open_book(parts[0].plan, parts[0].signals, track, float(cash.sum()), account)
    bars = np.zeros((len(parts), track.open_ms.size), BAR)
    seats = tuple(take_seat(book, each, asset, bars[asset]) for asset, each in enumerate(parts))
    walk_shared(seats, track, join_costs(costs), book, (cash, bars))
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
    told = outcome(own, seat.signals, alone.track, alone.cash)
    return told._replace(leg_parts=told.leg_parts[:, : alone.track.first_fill.shape[1]])
