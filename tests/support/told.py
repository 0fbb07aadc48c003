"""Shipped policies on days whose inputs a test tells by the name of the library's function.

What is told takes the place of what the market would say; everything above it, the windows, the
comparisons, the decision with its state, is the real one.
"""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

import numpy as np

from steelyard.decision.state import State, new_state
from steelyard.decision.step import decide
from steelyard.domain.market import Market, Series
from steelyard.domain.time import DAY_MS, HOUR_MS
from steelyard.domain.view import View
from steelyard.policy.compile import CompiledPolicy
from steelyard.policy.evaluate import Memo, evaluate_signals
from steelyard.policy.library import FUNCTIONS
from steelyard.policy.nodes import HELD_RECLAIM, Node, number_text
from tests.support.plans import Seen, seen
from tests.support.policy_files import FIRST_MONDAY_MS, small_market

Told = Mapping[str, float]
"""Worth of the library's functions on one day, by name; conditions are 1, 0 or NaN.

``sma`` is told for every ``sma``, ``sma(200)`` for that one.
"""

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
    "crosses_above": 0.0,
    "crosses_below": 0.0,
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

SERIES: Told = {"implied_vol": 50.0, "open_interest": 100_000.0}
"""What a market holds beside its bars, on a quiet day."""

HISTORY = 35
"""Quiet days before the first that a test tells, so that windows of a month are known."""


def told_parts(node: Node, names: frozenset[str]) -> Iterator[Node]:
    """Yield the topmost parts of a tree that are told.

    Raises
    ------
    LookupError
        If the market itself would be asked.
    """
    if node.name in names:
        yield node
        return
    if not node.children and node.name in {*FUNCTIONS, HELD_RECLAIM} - SERIES.keys():
        message = f"{node.text} is not told"
        raise LookupError(message)
    for child in node.children:
        yield from told_parts(child, names)


def worth(node: Node, day: Told) -> float:
    """Return what a day tells of a call: of that very one, else of its name."""
    very = f"{node.name}({', '.join(number_text(number) for number in node.numbers)})"
    return day.get(very, day.get(node.name, QUIET.get(node.name, 0.0)))


def told_market(days: Sequence[Told]) -> Market:
    """Return a market of as many days, whose side series are those told."""
    market = small_market(days=len(days))
    known_ms = market.bars["1d"].known_ms
    series = {
        name: Series(
            known_ms=known_ms,
            value=np.array([day.get(name, quiet) for day in days]),
            max_age_ms=DAY_MS,
        )
        for name, quiet in SERIES.items()
    }
    return replace(market, series=series)


def told_memo(
    compiled: CompiledPolicy, days: Sequence[Told], real: AbstractSet[str], *, all_day: bool
) -> Memo:
    """Return what an evaluation finds already worked out."""
    memo: Memo = {}
    named = {name.partition("(")[0] for day in days for name in day}
    names = frozenset({*QUIET, *named} - real - SERIES.keys())
    for node in {part for tree in compiled.series for part in told_parts(tree, names)}:
        daily = np.array([worth(node, day) for day in days])
        if FUNCTIONS[node.name].grid == "funding":
            paid = np.repeat(daily, 3) if all_day else np.full(3 * daily.size, worth(node, QUIET))
            paid[2::3] = daily
            memo[node.text, "funding"] = paid
        else:
            memo[node.text, node.bars] = np.repeat(daily, 24) if node.bars == "1h" else daily
    return memo


class Days:
    """A policy living through told days, one after the other; quiet days went before.

    Parameters
    ----------
    compiled : CompiledPolicy
    days : sequence of days
        What a day does not tell is quiet.
    real : names of functions
        Worked out from what is told all the same.
    all_day : bool
        What a day tells of funding holds at all of its settlements, else only at the midnight that
        ends it, so that there is one evaluation a day.
    """

    def __init__(
        self,
        compiled: CompiledPolicy,
        days: Sequence[Told],
        *,
        real: AbstractSet[str] = frozenset(),
        all_day: bool = False,
    ) -> None:
        self.compiled = compiled
        whole = [*[{}] * HISTORY, *days]
        start_ms = FIRST_MONDAY_MS + (HISTORY + 1) * DAY_MS - (16 * HOUR_MS if all_day else 0)
        end_ms = FIRST_MONDAY_MS + len(whole) * DAY_MS
        memo = told_memo(compiled, whole, real, all_day=all_day)
        self.signals = evaluate_signals(compiled, told_market(whole), start_ms, end_ms, memo)
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


def last_targets(
    compiled: CompiledPolicy,
    *days: Told,
    real: AbstractSet[str] = frozenset(),
    all_day: bool = False,
) -> tuple[float, float]:
    """Return the targets after told days, spot and futures, to ten digits.

    A hedge of a regime has made money the day after.
    """
    life = Days(compiled, days, real=real, all_day=all_day)
    spot = futures = 0.0
    for day in range(len(days)):
        spot, futures = life.live(View(0.6, float(day))).targets
    return round(spot, 10), round(futures, 10)
