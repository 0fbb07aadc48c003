"""This file tells how the targets in force were composed (domain 9.5)."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from steelyard.domain import codes
from steelyard.engine.standing import Standing
from steelyard.planning.orders import TOLERANCE
from steelyard.report.activity import BASELINE
from steelyard.report.explanation import Composition, Fate, InForce, Stage

_KINDS_OF_STAGE = {
    codes.STAGE_ADDITIVE: codes.ADDITIVE,
    codes.STAGE_SHIFT: codes.SHIFT,
    codes.STAGE_LEVEL: codes.LEVEL,
    codes.STAGE_MARGIN: codes.LEVERAGE_CAP,
}
"""Which kind of effect stands behind a stage that holds several."""


def composition_of(standing: Standing) -> Composition:
    """Return how the targets of the last decision came about."""
    effects = tuple(_effects(standing))
    stages = tuple(_stages(standing, effects))
    limits = standing.compiled.plan.limits[0]
    moved = [
        row
        for row, (before, now) in enumerate(pairwise(stages), start=1)
        if abs(before.spot - now.spot) > TOLERANCE or abs(before.futures - now.futures) > TOLERANCE
    ]
    added = [one.size for one in effects if one.kind == "hedge" and one.fate == Fate.APPLIED]
    return Composition(
        stages=stages,
        effects=effects,
        leverage=float(standing.book.state.stance[0]["leverage"]),
        hedge_cap=float(limits["hedge_cap"]),
        is_capped=sum(added) > float(limits["hedge_cap"]) + TOLERANCE,
        binding=moved[-1] if moved else 0,
    )


def _trace(standing: Standing) -> list[tuple[int, float, float]]:
    length = int(standing.book.state.stance[0]["trace_length"])
    rows = standing.book.state.trace[:length]
    return [(int(stage), float(spot), float(futures)) for stage, spot, futures in rows]


def _effects(standing: Standing) -> Iterator[InForce]:
    """Yield every effect in force, in the order in which they compose."""
    plan, state = standing.compiled.plan, standing.book.state
    for row in np.flatnonzero(~np.isnan(state.scaled[:, 0])):
        size, second = state.scaled[row]
        yield InForce(
            id=standing.compiled.effect_ids[row],
            kind=codes.EFFECTS[int(plan.effects[row]["kind"])],
            size=float(size),
            second=float(second),
            fate=_fate(standing, int(row)),
        )


def _fate(standing: Standing, row: int) -> Fate:
    state = standing.book.state
    if np.isnan(state.allowed[row, 0]):
        return Fate.DROPPED
    effect = standing.compiled.plan.effects[row]
    match int(effect["kind"]):
        case codes.STEP | codes.ABSOLUTE:
            return _traced(standing, row)
        case codes.ADDITIVE:
            longs = _rebased(standing) > 0.0
            waits = bool(int(effect["flags"]) & codes.ELSE_HEDGE) and longs
            return Fate.SKIPPED_LONGS if waits else Fate.APPLIED
        case codes.LEVEL:
            largest = max(_allowed(standing, codes.LEVEL))
            return Fate.APPLIED if state.allowed[row, 0] == largest else Fate.OUTRANKED
        case codes.LEVERAGE_CAP:
            tightest = float(state.stance[0]["leverage"])
            return Fate.APPLIED if state.allowed[row, 0] == tightest else Fate.OUTRANKED
        case _:
            return Fate.APPLIED


def _traced(standing: Standing, row: int) -> Fate:
    """Return the fate of an effect that has a line of the trace to itself."""
    if any(stage == codes.FIRST_EFFECT + row for stage, _, _ in _trace(standing)):
        return Fate.APPLIED
    if standing.compiled.plan.effects[row]["kind"] == codes.ABSOLUTE:
        return Fate.OUTRANKED
    beside_level = bool(_allowed(standing, codes.LEVEL))
    return Fate.SKIPPED_LEVEL if beside_level else Fate.SKIPPED_NO_LONGS


def _allowed(standing: Standing, kind: int) -> list[float]:
    """Return the sizes of all effects of a kind that compose."""
    mine = standing.compiled.plan.effects["kind"] == kind
    sizes = standing.book.state.allowed[mine, 0]
    return [float(size) for size in sizes[~np.isnan(sizes)]]


def _rebased(standing: Standing) -> float:
    """Return futures after rules 1 and 2: base, and what replaces it."""
    kinds = standing.compiled.plan.effects["kind"]
    futures = 0.0
    for stage, _, after in _trace(standing):
        replaced = stage >= codes.FIRST_EFFECT and (
            kinds[stage - codes.FIRST_EFFECT] == codes.ABSOLUTE
        )
        if stage == codes.STAGE_BASE or replaced:
            futures = after
    return futures


def _stages(standing: Standing, effects: tuple[InForce, ...]) -> Iterator[Stage]:
    for stage, spot, futures in _trace(standing):
        if stage >= codes.FIRST_EFFECT:
            ids: tuple[str, ...] = (standing.compiled.effect_ids[stage - codes.FIRST_EFFECT],)
            name = "effect"
        else:
            ids, name = _behind(standing, stage, effects), codes.STAGES[stage]
        yield Stage(name=name, ids=ids, spot=spot, futures=futures)


def _behind(standing: Standing, stage: int, effects: tuple[InForce, ...]) -> tuple[str, ...]:
    """Return whose a stage is: the regime, the triggers, or what unwinds."""
    if stage == codes.STAGE_BASE:
        regime = int(standing.book.state.stance[0]["regime"])
        return (standing.compiled.policy.regime_ids[regime] if regime >= 0 else BASELINE,)
    if stage == codes.STAGE_UNWIND:
        unwinding = standing.book.state.life["phase"] == codes.UNWINDING
        return tuple(standing.compiled.entity_ids[row] for row in np.flatnonzero(unwinding))
    if stage not in _KINDS_OF_STAGE:
        return ()
    kind = codes.EFFECTS[_KINDS_OF_STAGE[stage]]
    return tuple(one.id for one in effects if one.kind == kind and one.fate == Fate.APPLIED)
