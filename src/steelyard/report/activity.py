"""When triggers and regimes were active, and what the account did meanwhile."""

from dataclasses import dataclass

import numpy as np

from steelyard.domain import codes
from steelyard.domain.arrays import Flags, Floats, Ints
from steelyard.domain.record import FILL_DEFENCE, FILL_LIQUIDATION, Walk
from steelyard.domain.time import DAY_MS
from steelyard.report.inputs import PolicyFacts, RunInputs

BASELINE = "baseline"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How often something happened.

    Parameters
    ----------
    decisions : int
        Evaluations of the policy.
    orders : int
        Orders sent, those of margin defence included.
    fills, liquidations : int
        Executions; those of them that the venue forced.
    rejected : int
        Orders not sent: smaller than the venue or the policy allows.
    """

    decisions: int
    orders: int
    fills: int
    liquidations: int
    rejected: int


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
        Targets of spot and futures before and after it began; None before the first decision.
    equity_change : float, quote
    futures_result : float, quote
        What the futures leg earned: price only.
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
    after: tuple[float, float]
    equity_change: float
    futures_result: float
    funding: float
    costs: float


def counts(walk: Walk) -> Counts:
    """Return how often the policy decided, ordered and traded."""
    fills = walk.fills.price.size
    reason = walk.fills.reason[:fills]
    defended = int(np.count_nonzero(reason == FILL_DEFENCE))
    return Counts(
        decisions=int(walk.decisions.ms.size),
        orders=int(np.count_nonzero(walk.decisions.ordered)) + defended,
        fills=fills,
        liquidations=int(np.count_nonzero(reason == FILL_LIQUIDATION)),
        rejected=int(walk.rejected),
    )


def _runs(is_on: Flags) -> list[tuple[int, int]]:
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
        runs = _runs(_is_active(decisions.phase[:, column]))
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


def _pair(targets: Floats) -> tuple[float, float]:
    return float(targets[0]), float(targets[1])


def _episode(inputs: RunInputs, kind: str, name: str, first: int, end: int) -> Episode:
    decisions, border = inputs.walk.decisions, _borders(inputs.walk, inputs.end_ms)
    start_ms, end_ms = int(border[first]), int(border[end])
    equity_before, parts_before = _account_at(inputs.walk, start_ms)
    equity_after, parts_after = _account_at(inputs.walk, end_ms)
    part = parts_after - parts_before
    paid = part[codes.PART_FEES] + part[codes.PART_SLIPPAGE] + part[codes.PART_LIQUIDATION]
    return Episode(
        kind=kind,
        id=name,
        start_ms=start_ms,
        end_ms=end_ms,
        is_open=end == decisions.ms.size,
        before=_pair(decisions.targets[first - 1]) if first > 0 else None,
        after=_pair(decisions.targets[first]),
        equity_change=equity_after - equity_before,
        futures_result=float(part[codes.PART_FUTURES] + part[codes.PART_BASIS]),
        funding=float(part[codes.PART_FUNDING]),
        costs=-float(paid),
    )


def episodes(inputs: RunInputs) -> tuple[Episode, ...]:
    """Return every episode of every trigger and regime, by start, triggers before regimes."""
    found = []
    for column, name in enumerate(inputs.policy.trigger_ids):
        for first, end in _runs(_is_active(inputs.walk.decisions.phase[:, column])):
            found.append(_episode(inputs, "trigger", name, first, end))
    for regime, first, end in regime_runs(inputs.walk):
        if regime >= 0:
            name = regime_name(inputs.policy, regime)
            found.append(_episode(inputs, "regime", name, first, end))
    return tuple(sorted(found, key=lambda episode: (episode.start_ms, episode.kind != "trigger")))
