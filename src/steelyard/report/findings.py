"""What a reader of a result must be warned of."""

from steelyard.domain.market import Hole, Market
from steelyard.domain.record import FILL_LIQUIDATION, Walk
from steelyard.domain.time import text
from steelyard.report.activity import TriggerActivity, stretches
from steelyard.report.inputs import RunInputs
from steelyard.report.words import counted, money, percent, quantity

ENOUGH_EVENTS = 30
"""Fewer independent events than this prove nothing (domain 13)."""

CENT = 0.01
"""What is worth less in quote currency is no allocation."""

_HOLES = (
    "What is missing is unknown to every condition whose window holds it; fetch the series again "
    "where its source has the rest by now."
)

SYNTHETIC = (
    "The market is synthetic: a made-up path with an event for every rule; "
    "what happens on it says nothing about any real market."
)


def holes_met(market: Market, end_ms: int) -> tuple[Hole, ...]:
    """Return the holes in everything read up to the end of a run; history before it counts too."""
    met = [hole for hole in market.holes if hole.start_ms < end_ms]
    return tuple(sorted(met, key=lambda hole: (hole.series, hole.start_ms)))


def _liquidations(walk: Walk, unit: str) -> list[str]:
    fills = walk.fills
    return [
        f"Liquidated on {text(int(fills.filled_ms[row]))}: the venue closed "
        f"{quantity(float(fills.quantity[row]), unit)} of futures at {fills.price[row]:,.8g}."
        for row in range(fills.price.size)
        if fills.reason[row] == FILL_LIQUIDATION
    ]


def _off_peg(inputs: RunInputs) -> list[str]:
    """Return a warning of every time the stablecoin was off its peg."""
    curve, quote = inputs.walk.curve, inputs.market.quote
    return [
        f"{quote} was off its peg from {text(int(curve.ms[first]))} for "
        f"{counted(end - first, 'hour')}, at {float(curve.worth[first:end].min()):.4g} to "
        f"{float(curve.worth[first:end].max()):.4g}: "
        + (
            "all of it was exchanged for money worth 1."
            if inputs.walk.rotated_ms == curve.ms[first]
            else "no order that it would have had to back was sent."
        )
        for first, end in stretches(curve.off_peg == 1)
    ]


def _few_events(triggers: tuple[TriggerActivity, ...]) -> list[str]:
    few = [trigger for trigger in triggers if trigger.episodes < ENOUGH_EVENTS]
    if not few:
        return []
    fired = ", ".join(f"{trigger.id} {trigger.episodes}" for trigger in few)
    rule = f"fewer than {ENOUGH_EVENTS} independent ones of {fired}"
    return [f"Too few events to conclude anything: {rule}. Each is in the table of episodes."]


def _unknown(triggers: tuple[TriggerActivity, ...]) -> list[str]:
    return [
        f"{trigger.id} was unknown at {trigger.unknown:,d} of its "
        f"{counted(trigger.evaluated, 'evaluation')}: data it reads was missing, and it did what "
        f"its on_unknown says; see the holes, or begin later."
        for trigger in triggers
        if trigger.unknown > 0
    ]


def _account(walk: Walk) -> list[str]:
    said = []
    if walk.defended:
        bars = counted(walk.defended, "bar")
        said.append(
            f"Margin defence sent orders on {bars}: futures were cut below their targets to stay "
            f"clear of liquidation; hold less of them, or more cash, to be spared that."
        )
    if walk.waited:
        bars = counted(walk.waited, "bar")
        said.append(
            f"Orders waited {bars} because the bar was missing: they filled at the next one there "
            f"was, as they would have after an outage."
        )
    if walk.awaited:
        bars = counted(walk.awaited, "bar")
        said.append(
            f"Orders waited {bars} for {counted(walk.transfers, 'transfer')} between wallets."
        )
    for count, cause in (
        (walk.too_small, "not sent: less than the policy or the venue takes, or than one lot"),
        (walk.capped, "not sent: the day's turnover cap left too little for it"),
        (walk.unpaid, "not filled: no cash, coins or initial margin were left for it"),
        (walk.held_back, "withdrawn: the stablecoin was off its peg and would have backed more"),
    ):
        if count:
            said.append(f"{counted(count, 'order')} {cause}.")
    return said


def _first_allocation(inputs: RunInputs) -> list[str]:
    """Return a warning where the account could not take the stance it was to begin with."""
    decisions = inputs.walk.decisions
    if decisions.ms.size == 0:
        return []
    wanted, ordered = decisions.targets[0], decisions.ordered[0]
    missed = [
        f"{name} {percent(float(target))}"
        for name, target, coins in zip(("spot", "futures"), wanted, ordered, strict=True)
        if abs(target) * inputs.walk.start_equity >= CENT and coins == 0.0
    ]
    if not missed:
        return []
    return [
        (
            f"The first allocation could not be placed: {' and '.join(missed)} of "
            f"{money(inputs.walk.start_equity)} {inputs.market.quote} is less than the policy or "
            f"the venue takes; begin with more cash."
        )
    ]


def _holes(inputs: RunInputs, *, lists_holes: bool) -> list[str]:
    by_series: dict[str, list[Hole]] = {}
    for hole in holes_met(inputs.market, inputs.end_ms):
        by_series.setdefault(hole.series, []).append(hole)
    said = []
    for series, holes in by_series.items():
        missing = sum(hole.count for hole in holes)
        within = sum(hole.end_ms > inputs.start_ms for hole in holes)
        count = (
            f"{series} has {counted(len(holes), 'hole')} ({missing:,d} missing) up to the end of "
            f"the run, {within:,d} of the holes within it"
        )
        listed = "; ".join(
            f"{text(hole.start_ms)} to {text(hole.end_ms)} ({hole.count})" for hole in holes
        )
        said.append(f"{count}: {listed}. {_HOLES}" if lists_holes else f"{count}. {_HOLES}")
    return said


def warnings(
    inputs: RunInputs, triggers: tuple[TriggerActivity, ...], *, lists_holes: bool = True
) -> tuple[str, ...]:
    """Return every warning, the gravest first: each one sentence or two.

    Parameters
    ----------
    inputs : RunInputs
        The run.
    triggers : tuple of TriggerActivity
        What became of its triggers.
    lists_holes : bool
        Name every hole, else only count them, for a page that has a table of them.
    """
    said = [
        *([SYNTHETIC] if inputs.market.is_synthetic else []),
        *_liquidations(inputs.walk, inputs.market.futures_unit),
        *_off_peg(inputs),
        *_first_allocation(inputs),
        *inputs.warnings,
        *_account(inputs.walk),
        *_unknown(triggers),
        *_few_events(triggers),
        *_holes(inputs, lists_holes=lists_holes),
    ]
    return tuple(dict.fromkeys(said))
