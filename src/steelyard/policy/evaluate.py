"""What a compiled policy's conditions are worth on one market: every value, once."""

from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

from steelyard.domain.arrays import Flags, Floats, Ints
from steelyard.domain.errors import RequestError
from steelyard.domain.market import Bars, Market
from steelyard.domain.plan import Signals
from steelyard.domain.time import DAY_MS, HOUR_MS, text
from steelyard.features.levels import LevelTable, level_rows, level_table
from steelyard.features.profile import Layout, Profiles, profiles
from steelyard.features.sampling import asof
from steelyard.policy.clocks import last_before, moments_of, sampled, strikes
from steelyard.policy.compile import CompiledPolicy
from steelyard.policy.measures import (
    BARS,
    FUNDING,
    LEVEL_FACTS,
    LEVELS,
    PROFILE,
    WINDOWS,
    Numbers,
)
from steelyard.policy.needs import LEVEL_BARS, PROFILE_BARS, check_needs
from steelyard.policy.nodes import Node
from steelyard.policy.pointwise import POINTWISE
from steelyard.policy.sleeves import offers

Remembered: TypeAlias = Floats | LevelTable | Profiles
"""What can be worked out on one market."""

Memo: TypeAlias = MutableMapping[tuple[str, str], Remembered]
"""What has been worked out on one market, by canonical text and grid; never for two markets."""

CROSSES: Final = frozenset({"crosses_above", "crosses_below"})
"""What compares a bar with the one before."""

LATE_MS: Final = 2 * HOUR_MS
"""A bar is unknown when its successor is overdue by more than this (domain 9.2)."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Stamps on which values are wanted, and the name under which they are remembered."""

    name: str
    ms: Ints


class Evaluation:
    """One market under evaluation.

    Parameters
    ----------
    market : Market
    memo : Memo
        Shared by all policies evaluated on this market.
    """

    def __init__(self, market: Market, memo: Memo) -> None:
        self.market = market
        self.memo = memo

    def values(self, node: Node, grid: Grid) -> Floats:
        """Return a state-free tree's value on a grid, float64[n]: 1, 0 or a number; NaN unknown."""
        key = (node.text, grid.name)
        known = self.memo.get(key)
        if isinstance(known, np.ndarray):
            return known
        fresh = self._fresh(node, grid)
        self.memo[key] = fresh
        return fresh

    def _fresh(self, node: Node, grid: Grid) -> Floats:
        if node.is_constant:
            return np.full(grid.ms.size, node.numbers[0])
        if node.name in POINTWISE:
            with np.errstate(all="ignore"):
                return POINTWISE[node.name](*(self.values(child, grid) for child in node.children))
        if node.name in FUNDING:
            return self._funding(node, grid)
        if node.bars:
            return self._on_bars(node, grid)
        return self._side_series(node, grid)

    def _on_bars(self, node: Node, grid: Grid) -> Floats:
        """Return a value worked out on bars, read at the grid's stamps."""
        bars = self.market.bars[node.bars]
        own = Grid(node.bars, bars.known_ms)
        if grid.name != own.name:
            return asof(grid.ms, own.ms, self.values(node, own), bars.length_ms + LATE_MS)
        with np.errstate(all="ignore"):
            if node.name in BARS:
                return BARS[node.name](bars, node.numbers)
            if node.name in PROFILE:
                return PROFILE[node.name](self.profiles(own, node.numbers[:3]), node.numbers)
            if node.name in WINDOWS:
                return self._window(node, own)
            return self._at_levels(node, bars, own)

    def _window(self, node: Node, own: Grid) -> Floats:
        """Return a function of a window over other values."""
        parts = tuple(self.values(child, own) for child in node.children)
        found = WINDOWS[node.name](parts, node.numbers)
        if node.name in CROSSES:
            known = ~np.isnan(parts[0] - parts[1])
            known[1:] &= known[:-1]
            return np.where(self.switched(node, own) & known, 0.0, found)
        return found

    def switched(self, node: Node, grid: Grid) -> Flags:
        """Return where a ``first_known`` in a tree takes another value than on the bar before.

        What it takes then has no bar before of its own kind, so nothing crosses there (domain 3.3).
        """
        below = [self.switched(child, grid) for child in node.children]
        changed = np.zeros(grid.ms.size, dtype=np.bool_)
        if node.name == "first_known":
            known = ~np.isnan(self.values(node.children[0], grid))
            changed[1:] = known[1:] != known[:-1]
            below = [np.where(known, below[0], below[1])]
        for flags in below:
            changed |= flags
        return changed

    def _at_levels(self, node: Node, bars: Bars, own: Grid) -> Floats:
        """Return a function of the weekly key levels."""
        table = self.level_table()
        rows = level_rows(own.ms, table)
        if node.name in LEVELS:
            return LEVELS[node.name](bars, rows, table, node.numbers)
        return LEVEL_FACTS[node.name](self.values(node.children[0], own), rows, table)

    def _funding(self, node: Node, grid: Grid) -> Floats:
        """Return a value worked out at settlements; unknown once the next one is overdue."""
        paid = self.market.funding
        own = Grid("funding", paid.ms)
        if grid.name != own.name:
            age = paid.interval_hours * HOUR_MS
            return sampled(grid.ms, own.ms, self.values(node, own), age)
        return FUNDING[node.name](paid, node.numbers)

    def _side_series(self, node: Node, grid: Grid) -> Floats:
        """Return a side series read at the grid's stamps; unknown where there is none."""
        series = self.market.series.get(node.name)
        if series is None:
            return np.full(grid.ms.size, np.nan)
        age = series.max_age_ms
        if grid.name in self.market.bars and series.step_ms > 0:
            age = min(age, series.step_ms - 1)
        return asof(grid.ms, series.known_ms, series.value, age)

    def level_table(self) -> LevelTable:
        """Return the weekly key levels."""
        key = ("level_table", LEVEL_BARS)
        known = self.memo.get(key)
        if isinstance(known, LevelTable):
            return known
        weeks = self.market.bars[LEVEL_BARS]
        table = level_table(weeks.high, weeks.low, weeks.volume, weeks.known_ms)
        self.memo[key] = table
        return table

    def profiles(self, grid: Grid, numbers: Numbers) -> Profiles:
        """Return the volume profile of the hours known at a grid's stamps.

        ``numbers`` are the days it looks back, its bins, and whether it counts bars.
        """
        key = (f"profiles{numbers}", grid.name)
        known = self.memo.get(key)
        if isinstance(known, Profiles):
            return known
        days, bins, by_time = numbers
        hours = self.market.bars[PROFILE_BARS]
        window = int(days) * DAY_MS // hours.length_ms
        ends = np.searchsorted(hours.known_ms, grid.ms, side="right")
        layout = Layout(window, int(bins), bool(by_time))
        found = profiles(hours.low, hours.high, hours.volume, ends, layout)
        self.memo[key] = found
        return found


def evaluate_signals(
    compiled: CompiledPolicy,
    market: Market,
    start_ms: int,
    end_ms: int,
    memo: Memo | None = None,
) -> Signals:
    """Return what a policy's conditions are worth from start to end, both included.

    Parameters
    ----------
    compiled : CompiledPolicy
        What is asked.
    market : Market
        What is known. Values use its whole past, and nothing known later than their own moment.
    start_ms, end_ms : int, stamps
        The start is always a moment, due to no clock unless one strikes.
    memo : Memo, optional
        Kept between policies on the same market; a new one for every market.

    Raises
    ------
    DataError
        If the market lacks a series that a condition cannot do without; what may be lacking is
        told by ``needs.absent_series``.
    RequestError
        If the end comes before the start.
    """
    if end_ms < start_ms:
        raise RequestError(f"the end, {text(end_ms)}, comes before the start, {text(start_ms)}")
    check_needs(compiled, market)
    evaluation = Evaluation(market, {} if memo is None else memo)
    settled, anchor = market.funding.ms, compiled.anchor_ms
    struck = tuple(strikes(clock, start_ms, end_ms, settled, anchor) for clock in compiled.clocks)
    ms, due = moments_of(struck, start_ms)
    grid = Grid(f"{'+'.join(compiled.clocks)} {anchor} {start_ms} {end_ms}", ms)
    values = np.empty((len(compiled.series), ms.size))
    for row, node in enumerate(compiled.series):
        values[row] = evaluation.values(node, grid)
    kinds = [market.bars[kind] for kind in compiled.grids]
    table = evaluation.level_table() if _reads_levels(compiled) else None
    return Signals(
        ms=ms,
        due=due,
        values=values,
        grid_index=_stacked([last_before(ms, bars.known_ms) for bars in kinds], ms.size),
        close=_padded(kinds),
        level_row=_level_rows(kinds, table),
        level_price=np.empty((0, 0)) if table is None else table.price,
        level_known_ms=np.empty((0, 0), np.int64) if table is None else table.first_known_ms,
        bar_known_ms=_known(kinds),
        offers=offers(compiled.policy.document, market, ms),
    )


def _reads_levels(compiled: CompiledPolicy) -> bool:
    """Return whether the step itself counts on levels."""
    return bool(np.any(compiled.plan.slots[:, 1] >= 0))


def _stacked(rows: Sequence[Ints], size: int) -> Ints:
    return np.array(rows, dtype=np.int64).reshape(len(rows), size)


def _longest(kinds: Sequence[Bars]) -> int:
    return max((bars.close.size for bars in kinds), default=0)


def _padded(kinds: Sequence[Bars]) -> Floats:
    """Return the closes of every kind of bars, padded with NaN at the end."""
    closes = np.full((len(kinds), _longest(kinds)), np.nan)
    for row, bars in enumerate(kinds):
        closes[row, : bars.close.size] = bars.close
    return closes


def _known(kinds: Sequence[Bars]) -> Ints:
    """Return when the bars of every kind were final; the last stamp stands for what is padded."""
    stamps = np.zeros((len(kinds), _longest(kinds)), dtype=np.int64)
    for row, bars in enumerate(kinds):
        stamps[row] = bars.end_ms
        stamps[row, : bars.close.size] = bars.known_ms
    return stamps


def _level_rows(kinds: Sequence[Bars], table: LevelTable | None) -> Ints:
    """Return the row of the level table known at the close of every bar; -1 while there is none."""
    rows = np.full((len(kinds), _longest(kinds)), -1, dtype=np.int64)
    for row, bars in enumerate(kinds):
        if table is not None:
            rows[row, : bars.close.size] = level_rows(bars.known_ms, table)
    return rows
