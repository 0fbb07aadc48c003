"""This file is what happens to the account within one bar and at its end."""

import math

import numpy as np

from steelyard.domain.arrays import Floats
from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.compiled import compiled
from steelyard.domain.plan import Account, Costs, Track
from steelyard.domain.record import FILL_LIQUIDATION
from steelyard.kernel.book import Book
from steelyard.kernel.fill import fill_of, slippage_bps
from steelyard.ledger.account import book_fill, equity, revalue, settle_funding
from steelyard.ledger.margin import close_by_force, forced_price, margin_ratio


@compiled
def note_fill(
    book: Book,
    stamps: tuple[int, int],
    what: tuple[int, int, int],
    trade: tuple[float, float, float],
    costs: tuple[float, float],
) -> None:
    """Write one execution.

    Parameters
    ----------
    stamps : (int, int), milliseconds
        Decided, filled.
    what : (int, int, int)
        Asset, leg, reason.
    trade : (float, float, float)
        Quantity in coins, price and reference in quote per coin.
    costs : (float, float), quote
        Fee, slippage.
    """
    row = book.fills[book.desk[0]["fills"]]
    row["decided_ms"] = stamps[0]
    row["filled_ms"] = stamps[1]
    row["asset"] = what[0]
    row["leg"] = what[1]
    row["reason"] = what[2]
    row["quantity"] = trade[0]
    row["price"] = trade[1]
    row["reference"] = trade[2]
    row["fee"] = costs[0]
    row["slippage"] = costs[1]
    book.desk[0]["fills"] += 1


@compiled
def fill_leg(book: Book, track: Track, costs: Costs, asset: int, leg: int, bar: int) -> None:
    """Fill the order that waits in a leg at the first price of a bar, or let it wait for the next."""
    order = book.orders[asset, leg]
    wanted = order["pending"]
    if wanted == 0.0:
        return
    first = track.first_fill[asset, leg, bar]
    if math.isnan(first):
        book.desk[0]["waited"] += 1
        return
    order["pending"] = 0.0
    quote = (first, track.daily_volatility[asset, bar], track.daily_volume[asset, leg, bar])
    quantity, price = fill_of(book.account, costs, asset, leg, wanted, quote)
    if quantity == 0.0:
        book.desk[0]["rejected"] += 1
        return
    reference = book.account.price[asset, leg]
    paid = book_fill(book.account, asset, leg, quantity, price, costs.fee[leg])
    stamps = (order["decided_ms"], track.open_ms[bar])
    note_fill(book, stamps, (asset, leg, order["reason"]), (quantity, price, reference), paid)


@compiled
def fill_pending(book: Book, track: Track, costs: Costs, bar: int) -> None:
    """Fill what waits: futures that lower risk first, then spot, then other futures (domain 9.6)."""
    for asset in range(book.orders.shape[0]):
        held = book.account.quantity[asset, SPOT] + book.account.quantity[asset, PERP]
        if held * book.orders[asset, PERP]["pending"] < 0.0:
            fill_leg(book, track, costs, asset, PERP, bar)
        fill_leg(book, track, costs, asset, SPOT, bar)
        fill_leg(book, track, costs, asset, PERP, bar)


@compiled
def worst_mark(track: Track, asset: int, bar: int, quantity: float) -> float:
    """Return the mark of a bar that is worst for a position: the high for a short."""
    if quantity > 0.0:
        return track.low[asset, PERP, bar]
    return track.high[asset, PERP, bar]


@compiled
def force_close(book: Book, track: Track, costs: Costs, bar: int, through: int) -> None:
    """Liquidate every position that cannot carry its mark (domain 11.4).

    Parameters
    ----------
    through : int
        0: the mark at which the account is valued now; 1: the worst mark of the bar.
    """
    account = book.account
    for asset in range(account.quantity.shape[0]):
        quantity = account.quantity[asset, PERP]
        if quantity == 0.0:
            continue
        adverse = account.price[asset, PERP]
        if through == 1:
            adverse = worst_mark(track, asset, bar, quantity)
        price = forced_price(account, asset, PERP, adverse, costs)
        if not math.isnan(price):
            liquidate(book, track, costs, asset, bar, price)


@compiled
def liquidate(
    book: Book, track: Track, costs: Costs, asset: int, bar: int, price: float
) -> None:
    """Close a position at a mark by force, and withdraw the order that waits in its leg."""
    account = book.account
    quantity = account.quantity[asset, PERP]
    volume = track.daily_volume[asset, PERP, bar]
    notional = abs(quantity) * price
    bps = slippage_bps(notional, track.daily_volatility[asset, bar], volume, costs)
    before = account.cash[0] + quantity * (price - account.price[asset, PERP])
    close_by_force(account, asset, PERP, price, costs, bps)
    book.orders[asset, PERP]["pending"] = 0.0
    side = 1.0 if quantity > 0.0 else -1.0
    worse = price * (1.0 - side * bps / 10_000.0)
    stamp = track.open_ms[bar]
    what = (asset, PERP, FILL_LIQUIDATION)
    note_fill(
        book, (stamp, stamp), what, (-quantity, worse, price), (before - account.cash[0], 0.0)
    )


@compiled
def settle(account: Account, track: Track, bar: int) -> None:
    """Book the funding settled at the end of a bar, on the positions held there."""
    for asset in range(account.quantity.shape[0]):
        for leg in range(PERP, account.quantity.shape[1]):
            rate = track.funding[asset, leg, bar]
            if not math.isnan(rate):
                settle_funding(account, asset, leg, rate)


@compiled
def value_at(account: Account, prices: Floats) -> None:
    """Move every asset to new prices, float64[n_assets, n_legs]."""
    for asset in range(prices.shape[0]):
        revalue(account, asset, prices[asset])


@compiled
def note_account(book: Book, costs: Costs, bar: int) -> None:
    """Write down the account at the end of a bar."""
    account = book.account
    row = book.bars[bar]
    row["equity"] = equity(account)
    row["cash"] = account.cash[0]
    row["margin_ratio"] = margin_ratio(account, costs)
    row["regime"] = book.state.stance[0]["regime"]
    for asset in range(account.quantity.shape[0]):
        row["spot"] += account.quantity[asset, SPOT] * account.price[asset, SPOT]
        row["futures"] += account.quantity[asset, PERP] * account.price[asset, PERP]
        row["futures_result"] += account.futures_result[asset]
        for part in range(account.parts.shape[1]):
            row["parts"][part] += account.parts[asset, part]


@compiled
def weigh(account: Account, asset: int) -> Floats:
    """Return spot and signed futures as fractions of equity, float64[2], at the account's prices."""
    weights = np.empty(2)
    total = equity(account)
    weights[SPOT] = account.quantity[asset, SPOT] * account.price[asset, SPOT] / total
    weights[PERP] = account.quantity[asset, PERP] * account.price[asset, PERP] / total
    return weights
