"""This file puts a stress test into words: its first sentences, and the cells of its table."""

import math
from typing import Final

from steelyard.domain.time import DAY_MS
from steelyard.domain.time import text as date
from steelyard.report.stress import WATCHED_DAYS, Placed, Stress, StressRun, Survival
from steelyard.report.words import (
    UNDEFINED,
    bare_percent,
    counted,
    days,
    last_day,
    money,
    percent,
    price,
    signed_percent,
)

NEVER: Final = "never"
"""What stands where equity was not seen again within the run."""

HEAD: Final = (
    "run",
    "from",
    "worst %",
    "no shock",
    "hold",
    "margin %",
    "call",
    "back d",
)
"""Columns of the table on a terminal."""

READS: Final = (
    "Worst: the lowest equity within {watched} days of the shocks, or of the whole run where none "
    "strikes at a moment, against that before; beside it the same without shocks, and holding with "
    "them. Margin: the highest ratio until the end. Call: the policy's bound{bound} was reached; "
    "forced: liquidated. Back: days from the shocks until the equity before was seen again after "
    "the lowest. All at the ends of hours."
)


def worst_run(found: Stress) -> StressRun:
    """Return the run whose shocks took most: its lowest equity against that without them."""
    return min(found.shocked, key=_moved)


def _moved(run: StressRun) -> float:
    """Return by how much shocks moved the lowest equity, in parts of equity; nothing of nothing."""
    moved = run.policy.worst_change - run.unshocked.worst_change
    return 0.0 if math.isnan(moved) else moved


def answer(found: Stress) -> str:
    """Return the first sentences: the worst that the shocks did."""
    worst = worst_run(found)
    fell, other = worst.policy, worst.unshocked
    count = len(found.shocked)
    whose = "" if count == 1 else f"of {counted(count, 'shocked run')} the worst is "
    moment = f" on {date(fell.since_ms)}" if worst.is_timed else ""
    return (
        f"{found.policy} on {_market(found)} from {date(found.unshocked.start_ms)} to "
        f"{last_day(found.unshocked.end_ms)}, {whose}{worst.title}{moment}: equity went from "
        f"{money(fell.before)} to {money(fell.worst)} ({signed_percent(fell.worst_change)}) by "
        f"{date(fell.worst_ms)}. Without it the lowest was {money(other.worst)} "
        f"({signed_percent(other.worst_change)}); holding with it came to "
        f"{signed_percent(worst.hold.worst_change)}. {margin_words(found)}"
    )


def _market(found: Stress) -> str:
    return f"synthetic {found.asset}" if found.is_synthetic else found.asset


def margin_words(found: Stress) -> str:
    """Return in how many shocked runs margin was called or a position liquidated."""
    forced = sum(bool(run.policy.liquidations) for run in found.shocked)
    called = sum(run.policy.call_ms is not None for run in found.shocked)
    liquidated = f"Positions were liquidated in {_of(found, forced)}"
    if math.isinf(found.call_bound):
        return f"{liquidated}; the policy has no margin defence, so nothing counts as a call."
    return f"{liquidated}, margin was called in {_of(found, called)}."


def _of(found: Stress, count: int) -> str:
    total = len(found.shocked)
    if count == 0:
        return "none" if total > 1 else "no run"
    return f"{count} of {total} runs" if total > 1 else "this run"


def caveat() -> str:
    """Return what a stress test does not show."""
    return (
        "Shocks are invented and their sizes chosen: this shows how the rules and the account "
        "react, not how likely any of it is, and not a venue that keeps what it holds."
    )


def shock_words(shock: Placed) -> str:
    """Return what a shock is, where it struck, and how exposed the run was."""
    if shock.is_lasting:
        return f"{shock.title}, from start to end: {shock.does}."
    side = {1: "; longs pay", -1: "; shorts pay", 0: ""}[shock.side]
    return f"{shock.title}, {date(shock.ms)}: {shock.does}{side}. {_exposure(shock)}."


def _exposure(shock: Placed) -> str:
    """Return how exposed the unshocked run was to a shock, as a sentence without its full stop."""
    share = percent(abs(shock.exposure))
    if share == percent(0.0):
        return "The run was not exposed to it then"
    gained = shock.measure.replace("lost", "gained")
    return f"{share} {shock.measure if shock.exposure > 0.0 else gained}"


def call_word(fell: Survival) -> str:
    """Return ``forced`` after a liquidation, else ``yes`` after a margin call, else a dash."""
    if fell.liquidations:
        return "forced"
    return UNDEFINED if fell.call_ms is None else "yes"


def back_word(fell: Survival) -> str:
    """Return after how many days the equity before was seen again."""
    return NEVER if fell.under_ms is None else days(fell.under_ms / DAY_MS)


def ratio_word(fell: Survival) -> str:
    """Return the highest margin ratio in percent, without the sign of the unit."""
    return "no balance" if math.isinf(fell.margin_ratio) else bare_percent(fell.margin_ratio)


def row(run: StressRun) -> list[str]:
    """Return the cells of a run under ``HEAD``."""
    return [
        run.title,
        date(run.policy.since_ms)[:10],
        bare_percent(run.policy.worst_change),
        bare_percent(run.unshocked.worst_change) if run.shocks else UNDEFINED,
        bare_percent(run.hold.worst_change),
        ratio_word(run.policy),
        call_word(run.policy),
        back_word(run.policy),
    ]


def reads(found: Stress) -> str:
    """Return how to read the table."""
    bound = "" if math.isinf(found.call_bound) else f", {percent(found.call_bound, 0)},"
    return READS.format(bound=bound, watched=WATCHED_DAYS)


def forced_words(run: StressRun) -> str:
    """Return every liquidation of a run, with its mark and cost; a dash without one."""
    forced = (
        f"{date(one.ms)} at {price(one.price)} for {money(one.cost)}"
        for one in run.policy.liquidations
    )
    return "; ".join(forced) or UNDEFINED


def page_row(run: StressRun) -> tuple[str, ...]:
    """Return the cells of a run on the page, after its title; see the head of its table."""
    fell = run.policy
    called = UNDEFINED if fell.call_ms is None else _short(fell.call_ms)
    nearest = UNDEFINED if math.isnan(fell.nearest) else bare_percent(fell.nearest)
    return (
        _short(fell.since_ms),
        bare_percent(fell.worst_change),
        _short(fell.worst_ms),
        bare_percent(run.unshocked.worst_change) if run.shocks else UNDEFINED,
        bare_percent(run.hold.worst_change),
        ratio_word(fell),
        called,
        forced_words(run),
        back_word(fell),
        nearest,
        bare_percent(fell.drawdown),
        money(fell.before),
        money(fell.worst),
        money(fell.end),
        money(run.hold.end),
    )


def _short(ms: int) -> str:
    """Return a moment under a head that says that it is in UTC."""
    return date(ms).removesuffix(" UTC")


def picture_words(found: Stress) -> str:
    """Return what the picture of the lowest equity shows."""
    spared = sum(run.policy.worst_change > run.hold.worst_change for run in found.runs)
    return (
        f"The lowest equity of each run against that before. Filled: {found.policy}; hollow: the "
        f"same without shocks; diamond: holding. In {spared} of {counted(len(found.runs), 'run')} "
        f"{found.policy} fell less far than holding."
    )
