"""What each rule of a policy put into its targets: the composition of decisions, by source.

*Sources* are the triggers by their numbers, the base (the regime in force, whichever it is) and the
two limits of the composition.
"""

from typing import Final

import numpy as np

from steelyard.decision.step import SLACK
from steelyard.domain import codes
from steelyard.domain.arrays import Flags, Floats, Ints
from steelyard.domain.plan import Plan
from steelyard.domain.record import Decisions

LIMITS: Final = (codes.STAGE_NO_NET_SHORT, codes.STAGE_MARGIN)
"""Stages of the composition that are limits: each is a source, behind the base."""


def sources_of(plan: Plan) -> int:
    """Return how many sources there are; the base has the number of triggers."""
    return int(plan.order.size) + 1 + len(LIMITS)


def sizes(plan: Plan, decisions: Decisions) -> Floats:
    """Return the size of each effect in force at every decision, float64[n_moments, n_effects].

    NaN where it is not. Of an ABSOLUTE effect the spot. What is dropped beside a protective effect
    is not dropped here: it has no step in the composition.

    Parameters
    ----------
    plan, decisions : Plan, Decisions
        What was walked, and what it decided.
    """
    entity = plan.effects["entity"]
    low, high = plan.effects["low"][:, 0], plan.effects["high"][:, 0]
    strength = np.clip(np.nan_to_num(decisions.strength[:, entity]), 0.0, 1.0)
    active = decisions.phase[:, entity] == codes.ACTIVE
    size = np.where(active, low + (high - low) * strength, np.nan)
    for effect in np.flatnonzero(plan.rules["ratchet"][entity] > 0.0):
        side = 1.0 if high[effect] >= low[effect] else -1.0
        ratchet = float(plan.rules["ratchet"][entity[effect]])
        size[:, effect] = side * _held(side * size[:, effect], ratchet)
    return size


def _held(size: Floats, ratchet: float) -> Floats:
    """Return sizes that grow only by at least a ratchet, and end with their effect (domain 9.4)."""
    held, last = [], np.nan
    for each in size.tolist():
        last = last if each - last < ratchet - SLACK else each
        held.append(last)
    return np.array(held)


def target_shares(plan: Plan, decisions: Decisions, rows: Ints) -> Floats:
    """Return what each source put into the targets, float64[n, n_sources, 2], fractions of equity.

    Spot and futures; the sources sum to the targets. Each step of a composition is of the rule that
    makes it (docs/result.md).

    Parameters
    ----------
    plan, decisions : Plan, Decisions
        What was walked, and what it decided.
    rows : int64[n]
        Which decisions.
    """
    taken = _taken(decisions, rows)
    size = sizes(plan, decisions)[rows]
    lines = np.arange(taken.trace.shape[1])
    written = (lines < taken.trace_length[:, None])[:, :, None]
    steps = np.diff(taken.trace[:, :, 1:], axis=1, prepend=0.0)
    shares = np.zeros((rows.size, sources_of(plan), 2))
    for line in lines:
        stage = taken.trace[:, line, 0].astype(np.int64)
        for each in np.unique(stage[written[:, line, 0]]):
            made = np.flatnonzero(stage == each)
            weight = np.broadcast_to(_weights(plan, taken, size, int(each)), shares.shape[:2])
            shares[made] += weight[made, :, None] * steps[made, None, line]
    return shares


def owners(plan: Plan, decisions: Decisions, rows: Ints, lines: Ints) -> Flags:
    """Return whose one line of the composition is, bool[n, n_sources].

    Parameters
    ----------
    plan, decisions : Plan, Decisions
        What was walked, and what it decided.
    rows, lines : int64[n]
        Which decisions, and which line of the trace of each.
    """
    taken, size = _taken(decisions, rows), sizes(plan, decisions)[rows]
    stage = taken.trace[np.arange(rows.size), lines, 0].astype(np.int64)
    owned = np.zeros((rows.size, sources_of(plan)), np.bool_)
    for each in np.unique(stage):
        weight = np.broadcast_to(_weights(plan, taken, size, int(each)), owned.shape)
        owned |= (stage == each)[:, None] & (weight > 0.0)
    return owned


def _taken(decisions: Decisions, rows: Ints) -> Decisions:
    """Return some decisions, their traces no longer than the longest; unwritten lines are -1."""
    length = decisions.trace_length[rows]
    lines = np.arange(length.max(initial=0))
    written = (lines < length[:, None])[:, :, None]
    return decisions._replace(
        phase=decisions.phase[rows],
        regime=decisions.regime[rows],
        trace=np.where(written, decisions.trace[rows, : lines.size], -1.0),
        trace_length=length,
        leverage=decisions.leverage[rows],
    )


def _weights(plan: Plan, taken: Decisions, size: Floats, stage: int) -> Floats:
    """Return whose a stage is at every decision that has it; the sources sum to 1.

    float64[n, n_sources], or [1, n_sources] where it is the same at all of them.
    """
    kind, entity, base = plan.effects["kind"], plan.effects["entity"], int(plan.order.size)
    weight: Floats = np.eye(sources_of(plan))
    if stage >= codes.FIRST_EFFECT:
        weight = weight[entity[[stage - codes.FIRST_EFFECT]]]
    elif stage == codes.STAGE_ADDITIVE:
        weight = _by_size(np.where(_counting(plan, taken), size, np.nan)) @ weight[entity]
    elif stage == codes.STAGE_SHIFT:
        weight = _by_size(np.where(kind == codes.SHIFT, size, np.nan)) @ weight[entity]
    elif stage == codes.STAGE_LEVEL:
        levels = np.where((kind == codes.LEVEL) & ~np.isnan(size), size, -np.inf)
        weight = weight[entity[levels.argmax(axis=1)]]
    elif stage == codes.STAGE_UNWIND:
        unwinding = np.where(taken.phase == codes.UNWINDING, 1.0, np.nan)
        weight = _by_size(unwinding) @ weight[np.minimum(np.arange(unwinding.shape[1]), base)]
    elif stage == codes.STAGE_MARGIN:
        weight = weight[_capped_by(plan, taken, size)]
    else:
        weight = weight[[base + (1 if stage == codes.STAGE_NO_NET_SHORT else 0)]]
    return weight


def _by_size(size: Floats) -> Floats:
    """Return shares in proportion to sizes, in equal parts where all are 0; NaN has none."""
    known = ~np.isnan(size)
    sized = np.where(known, size, 0.0)
    sized = np.where(sized.sum(axis=1, keepdims=True) > 0.0, sized, known)
    shares: Floats = sized / np.maximum(sized.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    return shares


def _counting(plan: Plan, taken: Decisions) -> Flags:
    """Return which ADDITIVE effects count: V1's hedge branch only where no long futures are left.

    They are looked for after the base and what replaced it, bool[n, n_effects].
    """
    kind = plan.effects["kind"]
    replacing = [codes.FIRST_EFFECT + int(row) for row in np.flatnonzero(kind == codes.ABSOLUTE)]
    replaced = np.isin(taken.trace[:, 1, 0], replacing)
    futures = np.where(replaced, taken.trace[:, 1, 2], taken.trace[:, 0, 2])
    waits = (plan.effects["flags"] & codes.ELSE_HEDGE) > 0
    counting: Flags = (kind == codes.ADDITIVE) & ~(waits & (futures > 0.0)[:, None])
    return counting


def _capped_by(plan: Plan, taken: Decisions, size: Floats) -> Ints:
    """Return whose the margin rule's step is: the trigger's whose cap is tightest, else its own."""
    margin = int(plan.order.size) + 2
    least = np.minimum(plan.limits["leverage"][0], plan.base[taken.regime + 1, 4])
    caps = plan.effects["kind"] == codes.LEVERAGE_CAP
    tightest = caps & (size == taken.leverage[:, None]) & (taken.leverage < least)[:, None]
    first = np.column_stack([tightest, np.ones(len(size), np.bool_)]).argmax(axis=1)
    capped: Ints = np.append(plan.effects["entity"], margin)[first]
    return capped
