"""This file opens, rolls, cuts and closes the pairs of the sleeves (domain 7)."""

import math

from steelyard.decision.step import shields
from steelyard.domain.codes import SPOT
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.contracts import NONE
from steelyard.domain.plan import Costs, Plan, Signals
from steelyard.domain.record import FILL_RETAGGED, FILL_SLEEVE
from steelyard.domain.sleeves import ENTER, GROSS, LEAVE, MOST, NET, SLEEVES
from steelyard.kernel.bar import note_fill
from steelyard.kernel.book import Book
from steelyard.ledger.account import DUST
from steelyard.planning.orders import round_to_lot
from steelyard.planning.sleeves import size_pair, unhedged_spot


@compiled_inside
def lent_spot(book: Book, equity: float) -> float:
    """Return the spot that sleeves hold of the core, fraction of equity."""
    coins = 0.0
    for number in range(len(SLEEVES)):
        coins += book.desk[0]["held"][number]
    return coins * book.account.legs[0, SPOT]["price"] / equity


@compiled_inside
def lendable_spot(book: Book, number: int, spot: float, futures: float, equity: float) -> float:
    """Return the unhedged spot of the core that no other sleeve holds, fraction of equity.

    What others hold has left the core with its share of the hedge.

    Parameters
    ----------
    number : int
        Of the sleeve that asks.
    spot, futures : float, fractions of equity
        Targets of the decision.
    equity : float, quote, > 0
    """
    if spot <= 0.0:
        return 0.0
    own = book.desk[0]["held"][number] * book.account.legs[0, SPOT]["price"] / equity
    left = max(0.0, spot - (lent_spot(book, equity) - own))
    return unhedged_spot(spot, futures) * left / spot


@compiled_inside
def core_targets(book: Book, spot: float, futures: float, equity: float) -> tuple[float, float]:
    """Return the targets of the core without the spot that sleeves hold of it.

    Its hedge ratio stays that of the targets: what a sleeve has sold against is not hedged twice.

    Parameters
    ----------
    spot, futures : float, fractions of equity
        Targets of the decision.
    equity : float, quote, > 0
    """
    lent = lent_spot(book, equity)
    if lent <= 0.0 or spot <= 0.0:
        return spot, futures
    left = max(0.0, spot - lent)
    return left, futures * left / spot if futures < 0.0 else futures


@compiled_inside
def retag(book: Book, spot_leg: int, coins: float, ms: int) -> None:
    """Move coins from the core's spot to that of a sleeve, or back; nothing is traded.

    Parameters
    ----------
    coins : float
        Positive goes to the sleeve.
    ms : int, milliseconds
        When it is decided.
    """
    if coins == 0.0:
        return
    legs = book.account.legs
    price = legs[0, SPOT]["price"]
    legs[0, spot_leg]["price"] = price  # a leg that held nothing may have an old one
    for leg, moved in ((SPOT, -coins), (spot_leg, coins)):
        left = legs[0, leg]["quantity"] + moved
        legs[0, leg]["quantity"] = left if abs(left) > DUST * abs(coins) else 0.0
        what = (book.asset, leg, FILL_RETAGGED)
        note_fill(book, (ms, ms), what, (moved, price, price), (0.0, 0.0))


@compiled_inside
def is_waiting(plan: Plan, book: Book, number: int) -> bool:
    """Tell whether an order of a sleeve waits for its bar."""
    sleeve = plan.sleeves[number]
    for leg in range(sleeve["spot_leg"], sleeve["end_leg"]):
        if book.orders[0, leg]["pending"] != 0.0:
            return True
    return False


@compiled_inside
def order_leg(book: Book, leg: int, quantity: float, ms: int) -> None:
    """Let an order of a sleeve wait for the next bar."""
    order = book.orders[0, leg]
    order["pending"] = quantity
    order["decided_ms"] = ms
    order["reason"] = FILL_SLEEVE


@compiled_inside
def tidy(plan: Plan, book: Book, number: int, ms: int) -> None:
    """Give spot that no future of a sleeve is sold against back to the core.

    A pair whose future has expired or was closed for it ends here.
    """
    sleeve = plan.sleeves[number]
    account = book.account
    sold = 0.0
    for leg in range(sleeve["first_leg"], sleeve["end_leg"]):
        sold -= account.legs[0, leg]["quantity"]
    coins = account.legs[0, sleeve["spot_leg"]]["quantity"]
    if coins > sold:
        retag(book, sleeve["spot_leg"], sold - coins, ms)
        kept = min(book.desk[0]["held"][number], sold)
        book.desk[0]["held"][number] = kept
    if sold == 0.0:
        book.desk[0]["open"][number] = NONE


@compiled_inside
def best_offer(plan: Plan, signals: Signals, number: int, moment: int) -> int:
    """Return the leg of the future that passes the entry test and yields most; else NONE."""
    sleeve = plan.sleeves[number]
    found = NONE
    most = -math.inf
    for leg in range(sleeve["first_leg"], sleeve["end_leg"]):
        offer = signals.offers[sleeve["first_offer"] + leg - sleeve["first_leg"]]
        if offer[ENTER, moment] == 1.0 and offer[NET, moment] > most:
            most = offer[NET, moment]
            found = leg
    return found


@compiled_inside
def offered(plan: Plan, signals: Signals, number: int, leg: int, column: int, moment: int) -> float:
    """Return what a future of a sleeve is worth at a moment; see ``domain.sleeves``."""
    sleeve = plan.sleeves[number]
    row = sleeve["first_offer"] + leg - sleeve["first_leg"]
    return float(signals.offers[row, column, moment])


@compiled_inside
def may_enter(plan: Plan, book: Book, number: int) -> bool:
    """Tell whether the regime in force is one in which a sleeve may enter."""
    allowed = int(plan.base[book.state.stance[0]["regime"] + 1, 5])
    return bool(allowed >> plan.sleeves[number]["kind"] & 1)


@compiled_inside
def least_of(plan: Plan, costs: Costs, leg: int) -> float:
    """Return the smallest notional worth an order in a leg, quote."""
    return max(float(costs.min_notional[0, leg]), float(plan.limits[0]["min_notional"]))


@compiled_inside
def open_pair(
    plan: Plan,
    costs: Costs,
    book: Book,
    number: int,
    leg: int,
    size: tuple[float, float, int],
) -> None:
    """Take spot of the core, order the rest of it, and order as much of the future sold.

    Spot that an expired contract left in the sleeve is part of the new pair.

    Parameters
    ----------
    size : (float, float, int)
        Coins held and bought, and the stamp of the decision.
    """
    account = book.account
    spot_leg = plan.sleeves[number]["spot_leg"]
    desk = book.desk[0]
    held, bought, ms = size
    coins = round_to_lot(held + bought, costs.lot[0, leg], False)  # noqa: FBT003
    held = min(held, coins, desk["held"][number] + max(0.0, account.legs[0, SPOT]["quantity"]))
    left = account.legs[0, spot_leg]["quantity"] - desk["held"][number]
    retag(book, spot_leg, held - desk["held"][number], ms)
    desk["held"][number] = held
    desk["open"][number] = leg
    wanted = round_to_lot(coins - held - left, costs.lot[0, spot_leg], False)  # noqa: FBT003
    order_leg(book, spot_leg, wanted, ms)
    order_leg(book, leg, -coins, ms)


@compiled_inside
def cut_pair(plan: Plan, costs: Costs, book: Book, number: int, keep: float, ms: int) -> None:
    """Order a pair down to some coins: its future bought back, what was bought for it sold.

    Coins of the core go back to it at once, so that the same decision hedges them.

    Parameters
    ----------
    keep : float, coins
    """
    account = book.account
    sleeve = plan.sleeves[number]
    leg = book.desk[0]["open"][number]
    sold = -account.legs[0, leg]["quantity"]
    cut = sold
    if keep > 0.0:
        cut = min(sold, round_to_lot(sold - keep, costs.lot[0, leg], True))  # noqa: FBT003
    held = book.desk[0]["held"][number]
    bought = account.legs[0, sleeve["spot_leg"]]["quantity"] - held
    sale = min(max(0.0, bought), cut)
    order_leg(book, leg, cut, ms)
    order_leg(book, sleeve["spot_leg"], -sale, ms)
    kept = min(held, sold - cut)
    retag(book, sleeve["spot_leg"], kept - held, ms)
    book.desk[0]["held"][number] = kept


@compiled_inside
def close_pairs(plan: Plan, costs: Costs, book: Book, ms: int) -> None:
    """Order every open pair closed: margin defence comes before yield."""
    for number in range(plan.sleeves.size):
        if book.desk[0]["open"][number] != NONE and not is_waiting(plan, book, number):
            cut_pair(plan, costs, book, number, 0.0, ms)


@compiled_inside
def better_than(plan: Plan, signals: Signals, number: int, leg: int, moment: int) -> int:
    """Return a contract that yields more, net of all costs, than what is left of one; else NONE.

    Parameters
    ----------
    leg : int
        The future that is sold.
    """
    other = best_offer(plan, signals, number, moment)
    if other in (NONE, leg):
        return NONE
    left = offered(plan, signals, number, leg, GROSS, moment)
    return other if offered(plan, signals, number, other, NET, moment) > left else NONE


@compiled_inside
def keep_pair(
    plan: Plan,
    signals: Signals,
    costs: Costs,
    book: Book,
    which: tuple[int, int, int],
    limits: tuple[float, float, float, float],
) -> tuple[float, float]:
    """Close an open pair, roll it, cut it to what the leverage limit leaves, or let it be.

    Parameters
    ----------
    which : (int, int, int)
        Sleeve, moment, and its stamp.
    limits : (float, float, float, float)
        Leverage; |futures| and cash without this pair in coins; equity in quote.

    Returns
    -------
    float, float
        What it keeps: spot of the core and spot that was bought, coins.
    """
    number, moment, ms = which
    leg = book.desk[0]["open"][number]
    sold = -book.account.legs[0, leg]["quantity"]
    if offered(plan, signals, number, leg, LEAVE, moment) == 1.0:
        cut_pair(plan, costs, book, number, 0.0, ms)
        return 0.0, 0.0
    leverage, used, cash, _ = limits
    held = min(book.desk[0]["held"][number], sold)
    keeps = size_pair(sold, held, leverage, used, cash)
    excess = (sold - keeps[0] - keeps[1]) * book.account.legs[0, SPOT]["price"]
    if excess >= least_of(plan, costs, leg) and excess > plan.limits[0]["band"] * limits[3]:
        cut_pair(plan, costs, book, number, keeps[0] + keeps[1], ms)
        return keeps
    other = better_than(plan, signals, number, leg, moment)
    if other != NONE:
        order_leg(book, leg, sold, ms)
        order_leg(book, other, -sold, ms)
        book.desk[0]["open"][number] = other
    return keeps


@compiled_inside
def enter_pair(
    plan: Plan,
    signals: Signals,
    costs: Costs,
    book: Book,
    which: tuple[int, int, int],
    limits: tuple[float, float, float, float],
) -> tuple[float, float]:
    """Open a pair where a future passes its entry test, nothing forbids it, and it is liquid.

    Beside a protective effect only what lowers net delta is opened: spot of the core.

    Parameters
    ----------
    which : (int, int, int)
        Sleeve, moment, and its stamp.
    limits : (float, float, float, float)
        Leverage; |futures| and cash without this pair in coins; equity in quote.

    Returns
    -------
    float, float
        What was opened: spot of the core and spot to be bought, coins.
    """
    number, moment, ms = which
    leverage, used, cash, equity = limits
    leg = best_offer(plan, signals, number, moment)
    if leg == NONE or not may_enter(plan, book, number):
        return 0.0, 0.0
    sleeve = plan.sleeves[number]
    stance = book.state.stance[0]
    price = book.account.legs[0, SPOT]["price"]
    coins = equity / price
    unhedged = lendable_spot(book, number, stance["spot"], stance["futures"], equity) * coins
    held, bought = size_pair(
        sleeve["allocation"] * coins,
        unhedged if sleeve["held_first"] == 1 else 0.0,
        leverage,
        used,
        cash,
    )
    if shields(plan, book.state.life):
        bought = 0.0
    notional = (held + bought) * price
    least = least_of(plan, costs, leg)
    most = offered(plan, signals, number, leg, MOST, moment)
    if notional < least or not notional <= most:
        return 0.0, 0.0
    open_pair(plan, costs, book, number, leg, (held, bought, ms))
    return held, bought


@compiled_inside
def run_sleeves(
    plan: Plan, signals: Signals, costs: Costs, book: Book, moment: int, equity: float
) -> None:
    """Decide on every sleeve at a moment, after the targets of the core are known.

    Parameters
    ----------
    equity : float, quote, > 0
    """
    stance = book.state.stance[0]
    account = book.account
    coins = equity / account.legs[0, SPOT]["price"]
    used = abs(stance["futures"]) * coins
    cash = (1.0 - stance["spot"]) * coins
    ms = signals.ms[moment]
    for number in range(plan.sleeves.size):
        if is_waiting(plan, book, number):
            continue
        which = (number, moment, ms)
        limits = (stance["leverage"], used, cash, equity)
        leg = book.desk[0]["open"][number]
        is_open = leg != NONE and account.legs[0, leg]["quantity"] != 0.0
        if is_open:
            tidy(plan, book, number, ms)
            held, bought = keep_pair(plan, signals, costs, book, which, limits)
        else:
            held, bought = enter_pair(plan, signals, costs, book, which, limits)
            if held + bought == 0.0:
                tidy(plan, book, number, ms)
        used += held + bought
        cash -= bought
