"""This file is what happens to the account within one bar and at its end."""

import math

from steelyard.domain.arrays import Floats, Table
from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.plan import Account, Costs, Track
from steelyard.domain.record import FILL_LIQUIDATION
from steelyard.kernel.book import Book
from steelyard.kernel.fill import fill_of, slippage_bps
from steelyard.ledger.account import book_fill, equity, revalue, settle_funding
from steelyard.ledger.margin import close_by_force, forced_price


@compiled_inside
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


@compiled_inside
def fill_leg(book: Book, track: Track, costs: Costs, asset: int, leg: int, bar: int) -> None:
    """Fill the order that waits in a leg at the first price of a bar, or let it wait on."""
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


@compiled_inside
def fill_pending(book: Book, track: Track, costs: Costs, bar: int) -> None:
    """Fill what waits: futures that lower risk, then spot, then other futures (domain 9.6)."""
    for asset in range(book.orders.shape[0]):
        held = book.account.quantity[asset, SPOT] + book.account.quantity[asset, PERP]
        futures_first = held * book.orders[asset, PERP]["pending"] < 0.0
        for turn in range(2):
            leg = 1 - turn if futures_first else turn
            fill_leg(book, track, costs, asset, leg, bar)


@compiled_inside
def worst_mark(track: Track, asset: int, bar: int, quantity: float) -> float:
    """Return the mark of a bar that is worst for a position: the high for a short."""
    if quantity > 0.0:
        return float(track.low[bar, asset, PERP])
    return float(track.high[bar, asset, PERP])


@compiled_inside
def close_if_reached(
    book: Book, track: Track, costs: Costs, asset: int, bar: int, adverse: float
) -> None:
    """Liquidate a position that cannot carry a mark on its way to ``adverse`` (domain 11.4)."""
    price = forced_price(book.account, asset, PERP, adverse, costs)
    if not math.isnan(price):
        liquidate(book, track, costs, asset, bar, price)


@compiled_inside
def force_close_now(book: Book, track: Track, costs: Costs, bar: int) -> None:
    """Liquidate every position that cannot carry the mark at which it is valued now."""
    for asset in range(book.account.quantity.shape[0]):
        mark = book.account.price[asset, PERP]
        close_if_reached(book, track, costs, asset, bar, mark)


@compiled_inside
def force_close_within(book: Book, track: Track, costs: Costs, bar: int) -> None:
    """Liquidate every position that cannot carry the worst mark of a bar."""
    for asset in range(book.account.quantity.shape[0]):
        adverse = worst_mark(track, asset, bar, book.account.quantity[asset, PERP])
        close_if_reached(book, track, costs, asset, bar, adverse)


@compiled_inside
def liquidate(book: Book, track: Track, costs: Costs, asset: int, bar: int, price: float) -> None:
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
    slippage = notional * bps / 10_000.0
    worse = price * (1.0 - side * bps / 10_000.0)
    stamp = track.open_ms[bar]
    what = (asset, PERP, FILL_LIQUIDATION)
    note_fill(
        book,
        (stamp, stamp),
        what,
        (-quantity, worse, price),
        (before - account.cash[0] - slippage, slippage),
    )


@compiled_inside
def settle(account: Account, track: Track, bar: int) -> None:
    """Book the funding settled at the end of a bar, on the positions held there."""
    for asset in range(account.quantity.shape[0]):
        for leg in range(PERP, account.quantity.shape[1]):
            rate = track.funding[asset, leg, bar]
            if not math.isnan(rate):
                settle_funding(account, asset, leg, rate)


@compiled_inside
def value_at(account: Account, prices: Floats) -> None:
    """Move every asset to new prices, float64[n_assets, n_legs]."""
    for asset in range(prices.shape[0]):
        revalue(account, asset, prices[asset])


@compiled_inside
def note_account(account: Account, bars: Table, bar: int, ratio: float, regime: int) -> None:
    """Write down the account at the end of a bar.

    Parameters
    ----------
    bars : BAR[n_bars]
    bars : BAR[n_bars]
    ratio : float
        Margin ratio.
    regime : int
        Number of the regime in force.
    """
    row = bars[bar]
    row["equity"] = equity(account)
    row["cash"] = account.cash[0]
    row["margin_ratio"] = ratio
    row["regime"] = regime
    for asset in range(account.quantity.shape[0]):
        row["spot"] += account.quantity[asset, SPOT] * account.price[asset, SPOT]
        row["futures"] += account.quantity[asset, PERP] * account.price[asset, PERP]
        row["futures_result"] += account.futures_result[asset]
        for part in range(account.parts.shape[1]):
            row["parts"][part] += account.parts[asset, part]


@compiled_inside
def has_futures(account: Account) -> bool:
    """Tell whether any futures position is open."""
    for asset in range(account.quantity.shape[0]):
        for leg in range(PERP, account.quantity.shape[1]):
            if account.quantity[asset, leg] != 0.0:
                return True
    return False


@compiled_inside
def weight_of(account: Account, asset: int, leg: int) -> float:
    """Return the value of a leg as a signed fraction of equity, at the account's prices."""
    value = account.quantity[asset, leg] * account.price[asset, leg]
    return float(value / equity(account))


@compiled_inside
def open_bar(track: Track, costs: Costs, book: Book, bar: int) -> None:
    """Open a bar: its first marks, and liquidation of what cannot carry them."""
    value_at(book.account, track.open[bar])
    force_close_now(book, track, costs, bar)


@compiled_inside
def rest_of_bar(track: Track, costs: Costs, book: Book, bar: int) -> None:
    """Live through a bar after its fills.

    Liquidation on its worst mark; at its end marks, funding, liquidation of what cannot pay it.
    """
    force_close_within(book, track, costs, bar)
    value_at(book.account, track.close[bar])
    settle(book.account, track, bar)
    force_close_now(book, track, costs, bar)
