"""This file is what happens to the account within one bar and at its end."""

import math

from steelyard.domain.arrays import Floats, Table
from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.contracts import INVERSE, NONE, SPOT_COIN
from steelyard.domain.plan import Account, Costs, Track
from steelyard.domain.record import FILL_COLLATERAL, FILL_DELEVERAGED, FILL_EXPIRY, FILL_LIQUIDATION
from steelyard.domain.time import DAY_MS
from steelyard.kernel.book import NO_TURN, TURNS, Book
from steelyard.kernel.fill import fee_at, fill_of, has_margin, slippage_bps
from steelyard.kernel.wallets import await_money, move_money
from steelyard.ledger.account import book_fill, result_of, revalue, revalue_money, worth_of
from steelyard.ledger.cash import accrue_interest, settle_funding
from steelyard.ledger.force import close_by_force, deleverage, expire
from steelyard.ledger.margin import forced_price
from steelyard.ledger.transfer import coin_wallet, merge_coins, receive_money
from steelyard.planning.orders import round_to_lot


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
    row = book.fills[book.filled[0]]
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
    book.filled[0] += 1


@compiled_inside
def partner_is_closed(book: Book, track: Track, asset: int, leg: int, bar: int) -> bool:
    """Tell whether a leg must wait because another that goes with it does not trade.

    Of a sleeve its pair: the future that a roll leaves waits for the one it goes to, and that one
    for it. Coins that back inverse futures are not sold before the futures that they back.
    """
    account = book.account
    if leg == SPOT and book.orders[asset, SPOT]["pending"] < 0.0:
        held, order = account.legs[asset, PERP]["quantity"], book.orders[asset, PERP]["pending"]
        frees = abs(held + order) < abs(held) and coin_wallet(account, asset) != NONE
        if frees and math.isnan(track.first_fill[asset, PERP, bar]):
            return True
    own = account.legs[asset, leg]["covers"]
    for other in range(PERP + 1, account.legs.shape[1]):
        if book.orders[asset, other]["pending"] == 0.0:
            continue
        others = account.legs[asset, other]["covers"]
        is_pair = other == own or others == leg or (own != NONE and others == own)
        if is_pair and math.isnan(track.first_fill[asset, other, bar]):
            return True
    return False


@compiled_inside
def covered(account: Account, costs: Costs, asset: int, leg: int, order: float) -> float:
    """Return how much of an order of a sleeve's future its spot covers, in whole lots.

    All futures sold against that spot count. No more is bought back than is still sold: the venue
    may have closed some of it since. Any other order is returned as it is.
    """
    spot_leg = account.legs[asset, leg]["covers"]
    if spot_leg == NONE:
        return order
    if order >= 0.0:
        return min(order, -account.legs[asset, leg]["quantity"])
    free = account.legs[asset, spot_leg]["quantity"]
    for other in range(PERP + 1, account.legs.shape[1]):
        if account.legs[asset, other]["covers"] == spot_leg:
            free += account.legs[asset, other]["quantity"]
    return max(order, -round_to_lot(max(0.0, free), costs.lot[asset, leg], False))  # noqa: FBT003


@compiled_inside
def fill_leg(book: Book, track: Track, costs: Costs, asset: int, leg: int, bar: int) -> None:
    """Fill the order that waits in a leg at the first price of a bar, or let it wait on."""
    order = book.orders[asset, leg]
    first = track.first_fill[asset, leg, bar]
    if math.isnan(first) or partner_is_closed(book, track, asset, leg, bar):
        book.desk[asset]["waited"] += 1
        return
    wanted = covered(book.account, costs, asset, leg, order["pending"])
    order["pending"] = 0.0
    if wanted == 0.0:
        return
    opened = track.open_ms[bar]
    fee = fee_at(costs, leg, opened)
    quote = (first, track.daily_volatility[asset, bar], track.daily_volume[asset, leg, bar], fee)
    quantity, price = fill_of(book.account, costs, asset, leg, wanted, quote)
    if quantity == 0.0:
        book.desk[asset]["unpaid"] += 1
        return
    reference = book.account.legs[asset, leg]["price"]
    paid = book_fill(book.account, asset, leg, quantity, price, fee)
    stamps = (order["decided_ms"], opened)
    note_fill(book, stamps, (asset, leg, order["reason"]), (quantity, price, reference), paid)


@compiled_inside
def coins_of(account: Account, asset: int, leg: int) -> float:
    """Return how many coins a leg is long or short at its price."""
    quantity = account.legs[asset, leg]["quantity"]
    if quantity == 0.0 or account.legs[asset, leg]["kind"] != INVERSE:
        return quantity
    return quantity / account.legs[asset, leg]["price"]


@compiled_inside
def turn_of(account: Account, orders: Table, asset: int, leg: int) -> int:
    """Return when an order has its turn (domain 9.6).

    0: futures that lower |net coins|; 1: sales of spot, and futures of a sleeve bought back; 2:
    purchases of spot; 3: other futures; those of turn 0 whose initial margin is not there at the
    mark, as sold spot may bring it; and those of a sleeve, which are sold against its spot. Futures
    that only get smaller have turn 0 where spot backs them: they set free what is sold.
    """
    pending = orders[asset, leg]["pending"]
    if account.legs[asset, leg]["kind"] == SPOT_COIN:
        return 1 if pending < 0.0 else 2
    if account.legs[asset, leg]["covers"] != NONE:
        return 1 if pending > 0.0 else 3
    own = account.legs[asset, leg]["quantity"]
    if abs(own + pending) < abs(own) and coin_wallet(account, asset) != NONE:
        return 0
    held = 0.0
    for other in range(account.legs.shape[1]):
        held += coins_of(account, asset, other)
    mark = account.legs[asset, leg]["price"]
    lowers = held * pending < 0.0
    return 0 if lowers and has_margin(account, asset, leg, pending, (mark, 0.0)) else 3


@compiled_inside
def rank_orders(account: Account, orders: Table) -> bool:
    """Write down when each waiting order has its turn; return whether any has one.

    Parameters
    ----------
    orders : ORDER[n_assets, n_legs]
    """
    waits = False
    for asset in range(orders.shape[0]):
        for leg in range(orders.shape[1]):
            orders[asset, leg]["turn"] = NO_TURN
            order = orders[asset, leg]
            if order["pending"] != 0.0 and order["waits"] == 0:
                orders[asset, leg]["turn"] = turn_of(account, orders, asset, leg)
                waits = True
    return waits


@compiled_inside
def fill_pending(book: Book, track: Track, costs: Costs, bar: int) -> None:
    """Fill what waits, at the first price of a bar."""
    if not rank_orders(book.account, book.orders):
        return
    for turn in range(TURNS):
        for asset in range(book.orders.shape[0]):
            for leg in range(book.orders.shape[1]):
                if book.orders[asset, leg]["turn"] == turn:
                    fill_leg(book, track, costs, asset, leg, bar)


@compiled_inside
def worst_mark(track: Track, asset: int, leg: int, bar: int, quantity: float) -> float:
    """Return the mark of a bar that is worst for a position: the high for a short."""
    if quantity > 0.0:
        return float(track.low[bar, asset, leg])
    return float(track.high[bar, asset, leg])


@compiled_inside
def next_loser(account: Account, lost: float, last: int) -> tuple[int, int, float]:
    """Return the futures that have lost most since they were entered, of those after a position.

    Parameters
    ----------
    lost : float, quote
        What that position has brought since it was entered; -infinity for none.
    last : int
        Its number, ``asset x n_legs + leg``, which says who is first of equal ones.

    Returns
    -------
    asset, leg : int
        NONE where there is no other.
    result : float, quote
        What it has brought since it was entered.
    """
    found, least = NONE, math.inf
    n_legs = account.legs.shape[1]
    for asset in range(account.legs.shape[0]):
        for leg in range(PERP, n_legs):
            held, number = account.legs[asset, leg], asset * n_legs + leg
            if held["quantity"] == 0.0 or held["kind"] == SPOT_COIN:
                continue
            result = result_of(held["kind"], held["quantity"], held["entry"], held["price"])
            result *= worth_of(account, held["settles"])
            is_after = result > lost or (result == lost and number > last)
            if is_after and result < least:
                found, least = number, result
    if found == NONE:
        return NONE, NONE, least
    return found // n_legs, found % n_legs, least


@compiled_inside
def force_close(book: Book, track: Track, costs: Costs, bar: int, within: bool) -> None:  # noqa: FBT001
    """Liquidate every position that cannot carry its mark, the worst loser first (domain 11.4).

    Parameters
    ----------
    within : bool
        On its way to the worst mark of the bar; else the mark at which it is valued now.
    """
    account = book.account
    asset, leg, lost = next_loser(account, -math.inf, NONE)
    while leg != NONE:
        quantity = account.legs[asset, leg]["quantity"]
        adverse = account.legs[asset, leg]["price"]
        if within:
            adverse = worst_mark(track, asset, leg, bar, quantity)
        price = forced_price(account, asset, leg, adverse, costs)
        if not math.isnan(price):
            liquidate(book, track, costs, (asset, leg), bar, price)
        asset, leg, lost = next_loser(account, lost, asset * account.legs.shape[1] + leg)


@compiled_inside
def liquidate(
    book: Book, track: Track, costs: Costs, which: tuple[int, int], bar: int, price: float
) -> None:
    """Close a position at a mark by force, and withdraw the order that waits in its leg.

    Parameters
    ----------
    which : (int, int)
        Asset and leg.
    """
    asset, leg = which
    account = book.account
    quantity = account.legs[asset, leg]["quantity"]
    volume = track.daily_volume[asset, leg, bar]
    notional = abs(quantity)
    if account.legs[asset, leg]["kind"] != INVERSE:
        notional *= price
    bps = slippage_bps(notional, track.daily_volatility[asset, bar], volume, costs)
    charged = close_by_force(account, asset, leg, price, costs, bps)
    book.orders[asset, leg]["pending"] = 0.0
    if leg == PERP and quantity < 0.0:
        book.desk[asset]["hedge_lost"] = 1
    side = 1.0 if quantity > 0.0 else -1.0
    slippage = notional * bps / 10_000.0
    worse = price * (1.0 - side * bps / 10_000.0)
    stamp = track.open_ms[bar]
    what = (asset, leg, FILL_LIQUIDATION)
    note_fill(
        book,
        (stamp, stamp),
        what,
        (-quantity, worse, price),
        (charged - slippage, slippage),
    )


@compiled_inside
def note_lost(book: Book, stamp: int) -> None:
    """Write down the spot that a liquidation took as collateral, at the price it is valued at."""
    if book.account.legs[0, SPOT]["collateral"] == NONE:
        return
    for asset in range(book.account.legs.shape[0]):
        for leg in range(book.account.legs.shape[1]):
            spot = book.account.legs[asset, leg]
            if spot["lost"] > 0.0:
                trade = (-spot["lost"], spot["price"], spot["price"])
                note_fill(book, (stamp, stamp), (asset, leg, FILL_COLLATERAL), trade, (0.0, 0.0))
                spot["lost"] = 0.0


@compiled_inside
def deleverage_at(book: Book, track: Track, bar: int) -> None:
    """Let the venue close its share of every winning futures position (domain 11.7)."""
    share = track.deleveraged[bar]
    if share <= 0.0:
        return
    account = book.account
    stamp = track.open_ms[bar]
    for asset in range(account.legs.shape[0]):
        for leg in range(PERP, account.legs.shape[1]):
            held = account.legs[asset, leg]["quantity"]
            if not deleverage(account, asset, leg, share):
                continue
            if leg == PERP and held < 0.0:
                book.desk[asset]["hedge_lost"] = 1
            mark = account.legs[asset, leg]["price"]
            what = (asset, leg, FILL_DELEVERAGED)
            left = account.legs[asset, leg]["quantity"]
            note_fill(book, (stamp, stamp), what, (left - held, mark, mark), (0.0, 0.0))


@compiled_inside
def settle(account: Account, track: Track, bar: int) -> None:
    """Book the funding settled at the end of a bar, on the positions held there."""
    for asset in range(account.legs.shape[0]):
        for leg in range(PERP, account.legs.shape[1]):
            rate = track.funding[asset, leg, bar]
            if not math.isnan(rate):
                settle_funding(account, asset, leg, rate)


@compiled_inside
def expire_at(book: Book, track: Track, bar: int) -> None:
    """Settle the dated legs that expire at the end of a bar."""
    account = book.account
    stamp = track.open_ms[bar] + track.length_ms
    for asset in range(account.legs.shape[0]):
        for leg in range(PERP + 1, account.legs.shape[1]):
            price = track.settled[asset, leg, bar]
            if math.isnan(price) or account.legs[asset, leg]["kind"] == SPOT_COIN:
                continue
            book.orders[asset, leg]["pending"] = 0.0
            held, fee = expire(account, asset, leg, price)
            if held != 0.0:
                what = (asset, leg, FILL_EXPIRY)
                note_fill(book, (stamp, stamp), what, (-held, price, price), (fee, 0.0))


@compiled_inside
def value_at(account: Account, prices: Floats) -> None:
    """Move every asset to new prices, float64[n_assets, n_legs]."""
    for asset in range(prices.shape[0]):
        revalue(account, asset, prices[asset])


@compiled_inside
def open_bar(track: Track, costs: Costs, book: Book, bar: int) -> None:
    """Open a bar: money that arrives, first marks, liquidation of what cannot carry them, adl."""
    if book.account.balances.size > 1:
        receive_money(book.account, track.open_ms[bar])
        await_money(book, costs, track.open_ms[bar])
    value_at(book.account, track.open[bar])
    force_close(book, track, costs, bar, False)  # noqa: FBT003
    note_lost(book, track.open_ms[bar])
    deleverage_at(book, track, bar)
    if book.account.balances.size > 1:
        merge_coins(book.account)


@compiled_inside
def rest_of_bar(track: Track, costs: Costs, book: Book, bar: int) -> None:
    """Live through a bar after its fills.

    Transfers for them; liquidation on its worst mark; at its end marks, funding, expiry, at
    midnight interest, and liquidation of what cannot pay for them.
    """
    if book.account.balances.size > 1:
        move_money(book, costs, track.open_ms[bar])
    force_close(book, track, costs, bar, True)  # noqa: FBT003
    note_lost(book, track.open_ms[bar])
    revalue_money(book.account, track.worth[bar])
    value_at(book.account, track.close[bar])
    settle(book.account, track, bar)
    expire_at(book, track, bar)
    if (track.open_ms[bar] + track.length_ms) % DAY_MS == 0:
        accrue_interest(book.account)
    force_close(book, track, costs, bar, False)  # noqa: FBT003
    note_lost(book, track.open_ms[bar])
    if book.account.balances.size > 1:
        merge_coins(book.account)
