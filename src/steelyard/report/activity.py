"""When triggers and regimes were active, and what the account did meanwhile."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from steelyard.domain import codes
from steelyard.domain.arrays import Flags, Floats, Ints
from steelyard.domain.record import (
    FILL_DEFENCE,
    FILL_LIQUIDATION,
    FILL_RESTORED,
    FILL_SLEEVE,
    Decisions,
    Walk,
    at_bar_end,
)
from steelyard.domain.time import DAY_MS
from steelyard.report.inputs import PolicyFacts, RunInputs

BASELINE = "baseline"

Weights: TypeAlias = tuple[float, float]
"""Spot and signed futures, fractions of equity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How often something happened.

    Parameters
    ----------
    decisions : int
        Evaluations of the policy.
    orders : int
        Orders sent; of margin defence, lost hedges and sleeves those that were filled. Those of a
        decision at the very end, which no bar is left to fill, are not sent.
    fills, liquidations : int
        Executions; those of them that the venue forced.
    rejected : int
        Orders that came to nothing: too small, capped by turnover, or without cash to settle them.
    off_peg : int
        Times that the stablecoin was off its peg.
    """

    decisions: int
    orders: int
    fills: int
    liquidations: int
    rejected: int
    off_peg: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerActivity:
    """What became of one trigger.

    Parameters
    ----------
    id : str
    evaluated, unknown : int
        Evaluations; those of them at which its condition was unknown.
    episodes : int
        Stretches of being active. An unwind belongs to the stretch it ends.
    days_active : float
    first_ms, last_ms : int or None
        When it fired first and last; None if it never did.
    """

    id: str
    evaluated: int
    unknown: int
    episodes: int
    days_active: float
    first_ms: int | None
    last_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegimeActivity:
    """How often a regime came into force, and for how many days it was."""

    id: str
    entries: int
    days: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A stretch during which a trigger was active, or a regime other than the baseline in force.

    Amounts are those of the whole account during the stretch, so where episodes overlap they
    count the same money.

    Parameters
    ----------
    kind : str
        ``trigger`` or ``regime``.
    id : str
    start_ms, end_ms : int, milliseconds
    is_open : bool
        It had not ended when the run did.
    before, after : (float, float) or None, fractions of equity
        Spot and futures before and after its own step of the composition when it began: of a
        trigger its effects, of a regime its base after that of the regime before. ``before`` is
        None for a regime in force from the first decision, ``after`` for a trigger that only
        alerts.
    equity_change : float, quote
        From its beginning to the end of the bar that filled the orders which closed it.
    futures_result : float, quote
        What the futures leg earned meanwhile: price only.
    funding : float, quote
        Positive was received.
    costs : float, quote, >= 0
        Fees, slippage and liquidation charges paid; negative where fills were better than the mark.
    """

    kind: str
    id: str
    start_ms: int
    end_ms: int
    is_open: bool
    before: tuple[float, float] | None
    after: tuple[float, float] | None
    equity_change: float
    futures_result: float
    funding: float
    costs: float


def can_fill(walk: Walk) -> Flags:
    """Return which decisions a bar follows, bool[n_moments]: the orders of the others wait."""
    followed: Flags = walk.decisions.ms < walk.curve.ms[-1]
    return followed


def counts(walk: Walk) -> Counts:
    """Return how often the policy decided, ordered and traded."""
    reason = walk.fills.reason
    beside = (FILL_DEFENCE, FILL_RESTORED, FILL_SLEEVE)
    sent_beside = int(np.count_nonzero(np.isin(reason, beside)))
    return Counts(
        decisions=int(walk.decisions.ms.size),
        orders=int(np.count_nonzero(walk.decisions.ordered[can_fill(walk)])) + sent_beside,
        fills=int(np.count_nonzero(~at_bar_end(walk.fills))),
        liquidations=int(np.count_nonzero(reason == FILL_LIQUIDATION)),
        rejected=int(walk.rejected),
        off_peg=len(stretches(walk.curve.off_peg == 1)),
    )


def stretches(is_on: Flags) -> list[tuple[int, int]]:
    """Return (first, end) of every stretch of true; ``end`` is one past the last."""
    edges = np.diff(np.concatenate([[0], is_on.astype(np.int64), [0]]))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return [(int(start), int(end)) for start, end in zip(starts, ends, strict=True)]


def _is_active(phase: Ints) -> Flags:
    active: Flags = (phase == codes.ACTIVE) | (phase == codes.UNWINDING)
    return active


def _borders(walk: Walk, end_ms: int) -> Ints:
    """Return the stamps of the evaluations, and behind them the end of the run."""
    return np.concatenate([walk.decisions.ms, [end_ms]])


def trigger_activity(inputs: RunInputs) -> tuple[TriggerActivity, ...]:
    """Return what became of each trigger, in the policy's order."""
    decisions, border = inputs.walk.decisions, _borders(inputs.walk, inputs.end_ms)
    found = []
    for column, name in enumerate(inputs.policy.trigger_ids):
        runs = stretches(_is_active(decisions.phase[:, column]))
        due = decisions.evaluated[:, column]
        active_ms = sum(int(border[end] - border[start]) for start, end in runs)
        found.append(
            TriggerActivity(
                id=name,
                evaluated=int(np.count_nonzero(due)),
                unknown=int(np.count_nonzero(due & np.isnan(decisions.condition[:, column]))),
                episodes=len(runs),
                days_active=active_ms / DAY_MS,
                first_ms=int(border[runs[0][0]]) if runs else None,
                last_ms=int(border[runs[-1][0]]) if runs else None,
            )
        )
    return tuple(found)


def regime_name(policy: PolicyFacts, regime: int) -> str:
    """Return the id of a regime by its number; -1 is the baseline."""
    return BASELINE if regime < 0 else policy.regime_ids[regime]


def regime_runs(walk: Walk) -> list[tuple[int, int, int]]:
    """Return (regime, first, end) of every stretch between evaluations, in order of time."""
    regime = walk.decisions.regime
    changes = np.flatnonzero(np.diff(regime)) + 1
    starts = np.concatenate([[0], changes]).astype(np.int64)
    ends = np.concatenate([changes, [regime.size]]).astype(np.int64)
    if regime.size == 0:
        return []
    return [(int(regime[a]), int(a), int(b)) for a, b in zip(starts, ends, strict=True)]


def regime_activity(inputs: RunInputs) -> tuple[RegimeActivity, ...]:
    """Return how long each regime was in force: the baseline, then the others, safest first."""
    border, runs = _borders(inputs.walk, inputs.end_ms), regime_runs(inputs.walk)
    found = []
    for regime in range(-1, len(inputs.policy.regime_ids)):
        own = [(start, end) for which, start, end in runs if which == regime]
        in_force = sum(int(border[end] - border[start]) for start, end in own)
        name = regime_name(inputs.policy, regime)
        found.append(RegimeActivity(id=name, entries=len(own), days=in_force / DAY_MS))
    return tuple(found)


def _account_at(walk: Walk, ms: int) -> tuple[float, Floats]:
    """Return equity and accumulated attribution when the last bar up to ``ms`` ended."""
    row = int(np.searchsorted(walk.curve.ms, ms, side="right")) - 1
    if row < 0:
        return walk.start_equity, np.zeros(walk.parts.shape[1])
    return float(walk.curve.equity[row]), walk.parts[row]


def _traced(decisions: Decisions, row: int) -> Floats:
    """Return the composition of a decision: rows of stage, spot, futures."""
    steps: Floats = decisions.trace[row, : int(decisions.trace_length[row])]
    return steps


def _own_step(inputs: RunInputs, name: str, row: int) -> tuple[Weights | None, Weights | None]:
    """Return spot and futures before and after what a trigger itself did to a decision.

    Effects of one kind are one step of the composition, shared by all triggers with such effects.
    """
    policy, steps = inputs.policy, _traced(inputs.walk.decisions, row)
    pairs = zip(policy.effect_ids, policy.effect_stages, strict=True)
    own = {stage for effect, stage in pairs if effect == name}
    if not own:
        return None, None
    mine = [step for step in range(1, len(steps)) if int(steps[step, 0]) in own]
    first = steps[mine[0] - 1] if mine else steps[0]
    moved = sum((steps[step] - steps[step - 1] for step in mine), start=np.zeros(3))
    spot, futures = first[1:] + moved[1:]
    return (float(first[1]), float(first[2])), (float(spot), float(futures))


def _own_base(inputs: RunInputs, row: int) -> tuple[Weights | None, Weights | None]:
    """Return the base of a regime's first decision, after that of the decision before."""
    bases = [_traced(inputs.walk.decisions, at)[0, 1:] for at in range(max(row - 1, 0), row + 1)]
    before, after = (bases[0] if row > 0 else None), bases[-1]
    return (
        None if before is None else (float(before[0]), float(before[1])),
        (float(after[0]), float(after[1])),
    )


def _closed_ms(walk: Walk, end_ms: int) -> int:
    """Return the end of the bar that filled the last order decided at a stamp; else the stamp."""
    filled = walk.fills.filled_ms[walk.fills.decided_ms == end_ms]
    if filled.size == 0:
        return end_ms
    after = int(np.searchsorted(walk.curve.ms, filled.max(), side="right"))
    return int(walk.curve.ms[after])


def _episode(inputs: RunInputs, kind: str, name: str, first: int, end: int) -> Episode:
    walk, border = inputs.walk, _borders(inputs.walk, inputs.end_ms)
    start_ms, end_ms = int(border[first]), int(border[end])
    is_open = end == walk.decisions.ms.size
    equity_before, parts_before = _account_at(walk, start_ms)
    equity_after, parts_after = _account_at(walk, end_ms if is_open else _closed_ms(walk, end_ms))
    part = parts_after - parts_before
    paid = part[codes.PART_FEES] + part[codes.PART_SLIPPAGE] + part[codes.PART_LIQUIDATION]
    own = _own_base(inputs, first) if kind == "regime" else _own_step(inputs, name, first)
    return Episode(
        kind=kind,
        id=name,
        start_ms=start_ms,
        end_ms=end_ms,
        is_open=is_open,
        before=own[0],
        after=own[1],
        equity_change=equity_after - equity_before,
        futures_result=float(part[codes.PART_FUTURES] + part[codes.PART_BASIS]),
        funding=float(part[codes.PART_FUNDING]),
        costs=-float(paid),
    )


def episodes(inputs: RunInputs) -> tuple[Episode, ...]:
    """Return every episode of every trigger and regime, by start, triggers before regimes."""
    found = []
    for column, name in enumerate(inputs.policy.trigger_ids):
        for first, end in stretches(_is_active(inputs.walk.decisions.phase[:, column])):
            found.append(_episode(inputs, "trigger", name, first, end))
    for regime, first, end in regime_runs(inputs.walk):
        if regime >= 0:
            name = regime_name(inputs.policy, regime)
            found.append(_episode(inputs, "regime", name, first, end))
    return tuple(sorted(found, key=lambda episode: (episode.start_ms, episode.kind != "trigger")))
