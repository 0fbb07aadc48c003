"""Shipped policies on days whose inputs a test tells by the name of the library's function.

What is told takes the place of what the market would say; everything above it, the windows, the
comparisons, the decision with its state, is the real one.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from steelyard.decision.state import State, new_state
from steelyard.decision.step import decide
from steelyard.domain.plan import Signals
from steelyard.domain.time import DAY_MS
from steelyard.domain.view import View
from steelyard.policy.compile import CompiledPolicy
from steelyard.policy.evaluate import Memo, evaluate_signals
from steelyard.policy.library import FUNCTIONS
from steelyard.policy.nodes import HELD_RECLAIM, Node
from tests.support.plans import Seen, seen
from tests.support.policy_files import FIRST_MONDAY_MS, small_market

Told = Mapping[str, float]
"""Worth of the library's functions on one day, by name; conditions are 1, 0 or NaN."""

QUIET: Told = {
    "open": 100.0,
    "high": 105.0,
    "low": 95.0,
    "close": 100.0,
    "atr": 10.0,
    "natr": 0.1,
    "rsi": 50.0,
    "adx": 22.0,
    "plus_di": 20.0,
    "minus_di": 20.0,
    "chop": 50.0,
    "bandwidth": 0.2,
    "sma": 90.0,
    "zscore": 0.0,
    "median": 0.0,
    "percentile_rank": 50.0,
    "quantile": 50.0,
    "realised_vol": 50.0,
    "implied_vol": 50.0,
    "crosses_above": 0.0,
    "crosses_below": 0.0,
    "change": 0.0,
    "open_interest": 100_000.0,
    "funding_8h": 0.0001,
    "funding": 0.0001,
    "funding_above": 0.0,
    "funding_below": 0.0,
    "funding_mean": 0.0001,
    "support": 80.0,
    "resistance": 150.0,
    "near_resistance": 0.0,
    "breached": 0.0,
    "broken_support": 120.0,
    "held_support": 0.0,
    "shelf": 0.0,
    "rejection": 0.0,
    "val": 50.0,
}
"""A day on which no trigger of a shipped policy fires and none is released."""

HISTORY = 15
"""Quiet days before the first that a test tells, so that windows are known."""


def told_parts(node: Node) -> Iterator[Node]:
    """Yield the topmost parts of a tree that are told.

    Raises
    ------
    LookupError
        If the market itself would be asked.
    """
    if node.name in QUIET:
        yield node
        return
    if not node.children and node.name in {*FUNCTIONS, HELD_RECLAIM}:
        message = f"{node.text} is not told"
        raise LookupError(message)
    for child in node.children:
        yield from told_parts(child)


def told_memo(compiled: CompiledPolicy, days: Sequence[Told], settled: int) -> Memo:
    """Return what an evaluation finds already worked out: quiet days, then those told.

    A settlement at midnight has the worth of the day that it ends, the two before are quiet.
    """
    memo: Memo = {}
    whole = [*[QUIET] * HISTORY, *({**QUIET, **day} for day in days)]
    for node in {part for tree in compiled.series for part in told_parts(tree)}:
        daily = np.array([day[node.name] for day in whole])
        if FUNCTIONS[node.name].grid == "funding":
            paid = np.full(settled, QUIET[node.name])
            paid[2::3] = daily
            memo[node.text, "funding"] = paid
        else:
            memo[node.text, "1d"] = daily
            memo[node.text, "1h"] = np.repeat(daily, 24)
    return memo


def told_signals(compiled: CompiledPolicy, days: Sequence[Told]) -> Signals:
    """Return signals of quiet days and the days told; the first told day ends at moment 0."""
    count = HISTORY + len(days)
    market = small_market(days=count)
    memo = told_memo(compiled, days, market.funding.ms.size)
    start_ms = FIRST_MONDAY_MS + (HISTORY + 1) * DAY_MS
    return evaluate_signals(compiled, market, start_ms, FIRST_MONDAY_MS + count * DAY_MS, memo)


class Days:
    """A policy living through told days, one after the other."""

    def __init__(self, compiled: CompiledPolicy, days: Sequence[Told]) -> None:
        self.compiled = compiled
        self.signals = told_signals(compiled, days)
        self.state: State = new_state(compiled.plan, self.signals.grid_index.shape[0])
        self.moment = 0
        self.day = -1

    def live(self, view: View | None = None) -> Seen:
        """Decide at every moment up to the end of the next day and return what is left then."""
        self.day += 1
        end_ms = FIRST_MONDAY_MS + (HISTORY + self.day + 1) * DAY_MS
        while self.moment < self.signals.ms.size and self.signals.ms[self.moment] <= end_ms:
            account = View(0.0, 0.0) if view is None else view
            decide(self.compiled.plan, self.signals, self.state, self.moment, account)
            self.moment += 1
        return seen(self.state)

    @property
    def regime(self) -> str:
        """Return the regime in force."""
        number = int(self.state.stance[0]["regime"])
        return self.compiled.policy.regime_ids[number] if number >= 0 else "baseline"

    def pending(self, entity: str) -> int:
        """Return for how many evaluations a confirmed entry still waits."""
        return int(self.state.life[self.compiled.entity_ids.index(entity)]["pending"])


def outcome(
    compiled: CompiledPolicy, days: Sequence[Told], views: Sequence[View | None] = ()
) -> list[Seen]:
    """Return what every told day leaves."""
    life = Days(compiled, days)
    return [life.live(views[day] if views else None) for day in range(len(days))]


def last_targets(compiled: CompiledPolicy, *days: Told) -> tuple[float, float]:
    """Return the targets after told days: spot and futures, to twelve digits."""
    spot, futures = outcome(compiled, days)[-1].targets
    return round(spot, 12), round(futures, 12)
