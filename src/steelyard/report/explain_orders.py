"""This file puts into words what is ordered, what it costs, and what the account stands on."""

import math
from collections.abc import Iterator

from steelyard.report.explanation import Explanation
from steelyard.report.ordered import Leg, Margin, Pair
from steelyard.report.reasons import joined
from steelyard.report.text import columns
from steelyard.report.words import bare_percent, money, number, percent, price, quantity


def ordered_words(explained: Explanation) -> str:
    """Return what waits to be filled, or that nothing does."""
    waiting = [leg for leg in explained.orders.legs if leg.order != 0.0]
    if waiting:
        said = joined([_order(leg) for leg in waiting])
        why = " by margin defence" if waiting[0].reason == "margin_defence" else ""
        return f"ordered{why}: {said}"
    if any(leg.ordered != 0.0 for leg in explained.orders.legs):
        return "nothing is ordered: what was asked for last has been filled or dropped"
    return "nothing is ordered"


def _order(leg: Leg) -> str:
    verb = "buy" if leg.order > 0.0 else "sell"
    return f"{verb} {quantity(leg.order, leg.unit)} {leg.name}"


def order_lines(explained: Explanation) -> Iterator[str]:
    """Yield the legs with their orders, and the account before and after."""
    head = ["", "held %", "target %", "band %", "order", "notional", "fee", "slippage"]
    yield f"Orders and margin, {explained.quote}"
    rows = [_leg_row(leg) for leg in explained.orders.legs]
    yield from (f"  {line}" for line in columns([head, *rows]))
    before, after = explained.orders.before, explained.orders.after
    any_order = any(leg.order != 0.0 for leg in explained.orders.legs)
    sides = [("before", before), ("after", after)] if any_order else [("now", before)]
    none = "no cash" if explained.orders.legs[1].unit == explained.asset else "no coins"
    head = ["", "equity", "spot %", "futures %", "leverage", "margin ratio", "liquidation"]
    margins = (_margin_row(*one, none) for one in sides)
    yield from (f"  {line}" for line in columns([head, *margins]))
    for leg in explained.orders.legs:
        if leg.order == 0.0:
            yield f"  {_not_ordered(leg)}"
    yield from (f"  {_pair_words(explained, pair)}" for pair in explained.orders.pairs)


def _pair_words(explained: Explanation, pair: Pair) -> str:
    """Return what a sleeve holds, and what waits in it."""
    said = f"{pair.sleeve} sleeve: no pair"
    if pair.spot != 0.0 or pair.futures != 0.0:
        own = f", {quantity(pair.held, explained.asset)} of it the core's" if pair.held else ""
        sold = quantity(pair.futures, explained.asset)
        said = (
            f"{pair.sleeve} sleeve: {quantity(pair.spot, explained.asset)} spot{own}, {sold} sold"
        )
    for name, order in (("spot", pair.spot_order), ("futures", pair.futures_order)):
        if order != 0.0:
            verb = "buy" if order > 0.0 else "sell"
            said += f"; ordered: {verb} {quantity(order, explained.asset)} {name}"
    return said


def _leg_row(leg: Leg) -> list[str]:
    has_order = leg.order != 0.0
    verb = "buy" if leg.order > 0.0 else "sell"
    return [
        leg.name,
        bare_percent(leg.weight),
        bare_percent(leg.target),
        bare_percent(leg.band),
        f"{verb} {quantity(leg.order, leg.unit)}" if has_order else "-",
        money(leg.notional) if has_order else "-",
        number(leg.fee) if has_order else "-",
        number(leg.slippage) if has_order else "-",
    ]


def _margin_row(name: str, margin: Margin, none: str) -> list[str]:
    no_price = math.isnan(margin.liquidation_price)
    return [
        name,
        money(margin.equity),
        bare_percent(margin.spot),
        bare_percent(margin.futures),
        number(margin.leverage) if math.isfinite(margin.leverage) else none,
        percent(margin.margin_ratio) if math.isfinite(margin.margin_ratio) else none,
        "at no price" if no_price else price(margin.liquidation_price),
    ]


def _not_ordered(leg: Leg) -> str:
    """Return why no order waits in a leg."""
    off = abs(leg.target - leg.weight)
    if off < leg.band:
        return f"{leg.name}: {percent(off, 2)} off its target, within the band"
    if leg.ordered != 0.0:
        return f"{leg.name}: {percent(off, 2)} off its target; its order has been filled"
    return (
        f"{leg.name}: {percent(off, 2)} off its target; no evaluation has ordered it since, or "
        f"the least notional or the day's turnover held it back"
    )
