"""This file is an evaluation: decide, order what leads to the targets, write down why."""

import numpy as np

from steelyard.decision.step import decide
from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.compiled import compiled_inside, compiled_within
from steelyard.domain.contracts import INVERSE, SPOT_COIN
from steelyard.domain.plan import Account, Costs, Plan, Signals
from steelyard.domain.record import FILL_DEFENCE, FILL_REBALANCE, FILL_RESTORED
from steelyard.domain.targets import fit_margin
from steelyard.domain.time import DAY_MS
from steelyard.domain.view import View
from steelyard.kernel.book import Book
from steelyard.kernel.noted import has_futures, in_coins, note_account, note_margin, value_of
from steelyard.kernel.peg import watch_peg
from steelyard.kernel.sleeves import close_pairs, core_targets, lent_spot, run_sleeves
from steelyard.ledger.account import equity
from steelyard.ledger.groups import margin_balance
from steelyard.ledger.margin import margin_ratio
from steelyard.planning.defence import is_defending
from steelyard.planning.orders import CAPPED, TOO_SMALL, band_of, plan_orders, set_change


@compiled_inside
def unit_price(account: Account, leg: int) -> float:
    """Return what one unit of a leg's quantity comes to: its price; 1 of a face value in quote."""
    held = account.legs[0, leg]
    return 1.0 if held["kind"] == INVERSE else float(held["price"])


@compiled_inside
def lay_out(
    plan: Plan, costs: Costs, book: Book, spot: float, futures: float, bands: float
) -> None:
    """Write down what planning needs to know of the account's legs.

    Parameters
    ----------
    spot, futures : float, fractions of equity
        Targets.
    bands : float
        1: a leg within its band is not traded; 0: every difference is.
    """
    account = book.account
    total = equity(account)
    for number in range(2):
        leg = book.legs[number]
        leg["weight"] = value_of(account, 0, number) / total
        leg["target"] = spot if number == SPOT else futures
        leg["price"] = unit_price(account, number)
        leg["in_coins"] = 1 if in_coins(account) else 0
        leg["lot"] = costs.lot[0, number]
        leg["least"] = max(costs.min_notional[0, number], plan.limits[0]["min_notional"])
        band = bands * band_of(plan.limits, leg["target"])
        set_change(leg, total, band)


@compiled_inside
def room_today(plan: Plan, book: Book, ms: int) -> float:
    """Return what today's turnover cap leaves, as a fraction of equity; a new day starts afresh."""
    desk = book.desk[0]
    day = ms // DAY_MS
    if day != desk["day"]:
        desk["day"] = day
        desk["turnover"] = 0.0
    return float(plan.limits[0]["turnover_per_day"] - desk["turnover"])


@compiled_inside
def send(book: Book, ms: int, reason: int) -> None:
    """Let the planned orders replace those that wait."""
    for leg in range(2):
        order = book.orders[0, leg]
        order["pending"] = book.legs[leg]["order"]
        order["decided_ms"] = ms
        order["reason"] = reason


@compiled_inside
def count_dropped(book: Book) -> None:
    """Count the legs that are off their targets and whose orders were not sent, by cause."""
    desk = book.desk[0]
    for leg in range(2):
        dropped = book.legs[leg]["dropped"]
        desk["too_small"] += 1 if dropped == TOO_SMALL else 0
        desk["capped"] += 1 if dropped == CAPPED else 0


@compiled_within
def rebalance(plan: Plan, costs: Costs, book: Book, ms: int, is_first: bool) -> None:  # noqa: FBT001
    """Order what leads from the holdings to the targets in force.

    Parameters
    ----------
    is_first : bool
        The first allocation of the run, which no band and no turnover cap holds back.
    """
    stance = book.state.stance[0]
    total = equity(book.account)
    spot, futures = core_targets(book, stance["spot"], stance["futures"], total)
    lay_out(plan, costs, book, spot, futures, 0.0 if is_first else 1.0)
    room = np.inf if is_first else room_today(plan, book, ms)
    turnover = plan_orders(book.legs, total, room)
    send(book, ms, FILL_REBALANCE)
    count_dropped(book)
    if not is_first:
        book.desk[0]["turnover"] += turnover


@compiled_inside
def evaluate(plan: Plan, signals: Signals, costs: Costs, book: Book, moment: int) -> None:
    """Decide at a moment, order what leads to the targets, and write down why.

    An account without equity decides but orders nothing. Moment 0 is the first allocation.
    """
    account = book.account
    total = equity(account)
    spot = value_of(account, 0, SPOT) / total if total > 0.0 else 0.0
    view = View(spot, account.futures_result[0], in_coins(account))
    decide(plan, signals, book.state, moment, view)
    if total > 0.0:
        if plan.sleeves.size > 0 and moment > 0:
            run_sleeves(plan, signals, costs, book, moment, total)
        rebalance(plan, costs, book, signals.ms[moment], moment == 0)
        for leg in range(2):
            book.moments[moment]["ordered"][leg] = book.orders[0, leg]["pending"]
    note_decision(plan, signals, book, moment)


@compiled_within
def note_decision(plan: Plan, signals: Signals, book: Book, moment: int) -> None:
    """Write down what was decided at a moment, and how it came about."""
    for entity in range(plan.rules.size):
        row = book.entities[moment, entity]
        life = book.state.life[entity]
        row["evaluated"] = 1 if signals.due[plan.rules[entity]["clock"], moment] else 0
        row["condition"] = life["condition"]
        row["phase"] = life["phase"]
        row["strength"] = life["strength"]
    stance = book.state.stance[0]
    decision = book.moments[moment]
    decision["regime"] = stance["regime"]
    decision["spot"] = stance["spot"]
    decision["futures"] = stance["futures"]
    decision["leverage"] = stance["leverage"]
    decision["trace_length"] = stance["trace_length"]
    for line in range(stance["trace_length"]):
        for column in range(3):
            book.trace[moment, line, column] = book.state.trace[line, column]


@compiled_inside
def alarms(plan: Plan, account: Account, ratio: float, before: bool) -> bool:  # noqa: FBT001
    """Tell whether margin defence is on: it starts at its bounds and ends below ``until`` (K1).

    Parameters
    ----------
    ratio : float
        Margin ratio.
    before : bool
        Whether it was on at the bar before.
    """
    notional = 0.0
    for asset in range(account.legs.shape[0]):
        for leg in range(PERP, account.legs.shape[1]):
            if account.legs[asset, leg]["kind"] != SPOT_COIN:
                notional += abs(value_of(account, asset, leg))
    group = account.balances[account.legs[0, PERP]["settles"]]["group"]
    return is_defending(plan.limits, notional, margin_balance(account, group), ratio, before)


@compiled_inside
def watch_margin(plan: Plan, costs: Costs, book: Book) -> float:
    """Write down whether the margin of an account is defended; return its margin ratio (K1)."""
    account, desk = book.account, book.desk[0]
    ratio = 0.0
    if has_futures(account):
        ratio = margin_ratio(account, costs)
        desk["defending"] = alarms(plan, account, ratio, desk["defending"] == 1)
    else:
        desk["defending"] = 0
    return ratio


@compiled_inside
def defend(plan: Plan, costs: Costs, book: Book, ms: int) -> None:
    """Shrink the position to what the leverage limit leaves, without waiting for an evaluation.

    Where an evaluation has ordered futures at this very moment, its order stands: it leads to
    targets within the limit, and would be lost until the next evaluation. So does a leg of an
    earlier defence that waits for its bar: the weights in between tell no hedge ratio.
    """
    account = book.account
    ordered = book.orders[0, PERP]
    if ordered["pending"] != 0.0 and ordered["decided_ms"] == ms:
        return
    for leg in range(2):
        order = book.orders[0, leg]
        urgent = order["reason"] == FILL_DEFENCE or order["reason"] == FILL_RESTORED
        if order["pending"] != 0.0 and urgent:
            return
    close_pairs(plan, costs, book, ms)
    total = equity(account)
    lent = lent_spot(book, total)
    held = value_of(account, 0, SPOT) / total + lent
    short = value_of(account, 0, PERP) / total
    spot, futures = fit_margin(held, short, plan.limits[0]["leverage"], in_coins(account))
    if spot == held and futures == short:
        return
    spot = max(0.0, spot - lent)
    lay_out(plan, costs, book, spot, futures, 0.0)
    plan_orders(book.legs, total, np.inf)
    if book.legs[SPOT]["order"] == 0.0 and book.legs[PERP]["order"] == 0.0:
        return
    send(book, ms, FILL_DEFENCE)
    book.desk[0]["defended"] += 1


@compiled_inside
def restore_hedge(plan: Plan, costs: Costs, book: Book, ms: int) -> None:
    """Order the targets in force again after the venue took the hedge (domain 4, K3).

    They are within the leverage limit, so where too little cash is left spot is sold for it. An
    order of this very moment stands: it leads there too.
    """
    book.desk[0]["hedge_lost"] = 0
    account = book.account
    stance = book.state.stance[0]
    is_hedge = stance["spot"] > 0.0 and stance["futures"] < 0.0
    total = equity(account)
    if not is_hedge or total <= 0.0:
        return
    ordered = book.orders[0, PERP]
    if ordered["pending"] != 0.0 and ordered["decided_ms"] == ms:
        return
    spot, futures = core_targets(book, stance["spot"], stance["futures"], total)
    lay_out(plan, costs, book, spot, futures, 0.0)
    plan_orders(book.legs, total, np.inf)
    if book.legs[SPOT]["order"] == 0.0 and book.legs[PERP]["order"] == 0.0:
        return
    send(book, ms, FILL_RESTORED)
    book.desk[0]["restored"] += 1


@compiled_inside
def close_bar(plan: Plan, costs: Costs, book: Book, bar: int, ms: int) -> None:
    """Restore a lost hedge, watch the margin at the end of a bar, and write down the account.

    Parameters
    ----------
    ms : int, milliseconds
        End of the bar.
    """
    account = book.account
    desk = book.desk[0]
    if desk["hedge_lost"] == 1:
        restore_hedge(plan, costs, book, ms)
    ratio = watch_margin(plan, costs, book)
    if desk["defending"] == 1:
        defend(plan, costs, book, ms)
    note_margin(account, costs, 0, book.bars, bar)
    if plan.limits[0]["peg_hours"] > 0:
        watch_peg(plan, costs, book, ms)
        book.bars[bar]["off_peg"] = desk["off_peg"]
    book.bars[bar]["own_fees"] = desk["own_fees"]
    note_account(account, book.bars, bar, ratio, book.state.stance[0]["regime"])
