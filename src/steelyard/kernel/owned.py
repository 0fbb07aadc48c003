"""This file tells whose the coins are: what each rule of a policy wanted, and what it owns.

*Sources* own every coin that is held: the triggers by their numbers, the base (the regime in force,
whichever it is) and the two limits of the composition.
"""

import math
from typing import Final

import numpy as np

from steelyard.decision.compose import largest_level
from steelyard.decision.state import State
from steelyard.decision.step import allow_sizes, size_effects
from steelyard.domain import codes
from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.compiled import compiled, compiled_inside
from steelyard.domain.plan import Plan
from steelyard.domain.record import FILL_REBALANCE, Decisions, Fills
from steelyard.ledger.account import DUST

LIMITS: Final = (codes.STAGE_NO_NET_SHORT, codes.STAGE_MARGIN)
"""Stages of the composition that are limits: each is a source, behind the base."""


@compiled_inside
def base_of(plan: Plan) -> int:
    """Return the number of the source that is the base: one past the triggers."""
    return plan.order.size


@compiled_inside
def weigh_kind(plan: Plan, state: State, kind: int, futures: float, weight: np.ndarray) -> None:
    """Set the parts of ADDITIVE or SHIFT effects in their common step: by size.

    Parameters
    ----------
    futures : float, fraction of equity
        Before the steps: with long futures V1's hedge branch does not count.
    weight : float64[n_sources]
        All 0; they sum to 1 on return where an effect counts.
    """
    total = 0.0
    count = 0
    for effect in range(plan.effects.size):
        if counts(plan, state, kind, futures, effect):
            total += state.allowed[effect, 0]
            count += 1
    for effect in range(plan.effects.size):
        if counts(plan, state, kind, futures, effect):
            part = state.allowed[effect, 0] / total if total > 0.0 else 1.0 / count
            weight[plan.effects[effect]["entity"]] += part


@compiled_inside
def counts(plan: Plan, state: State, kind: int, futures: float, effect: int) -> bool:
    """Tell whether an effect is one of those of its kind that compose."""
    row = plan.effects[effect]
    if row["kind"] != kind or math.isnan(state.allowed[effect, 0]):
        return False
    return not (row["flags"] & codes.ELSE_HEDGE and futures > 0.0)


@compiled_inside
def first_of(plan: Plan, state: State, kind: int, size: float) -> int:
    """Return the entity of the first effect in force of a kind and size; there is one."""
    entity = -1
    for effect in range(plan.effects.size - 1, -1, -1):
        if plan.effects[effect]["kind"] == kind and state.allowed[effect, 0] == size:
            entity = plan.effects[effect]["entity"]
    return entity


@compiled_inside
def margin_source(plan: Plan, state: State) -> int:
    """Return whose the margin rule's step is: the trigger's whose cap is tightest, else its own."""
    stance = state.stance[0]
    if stance["leverage"] >= min(plan.limits[0]["leverage"], plan.base[stance["regime"] + 1, 4]):
        return base_of(plan) + 2
    return first_of(plan, state, codes.LEVERAGE_CAP, stance["leverage"])


@compiled_inside
def weigh_unwinds(plan: Plan, state: State, weight: np.ndarray) -> None:
    """Set the parts in the step of an unwind: those that unwind have it in equal parts.

    That of a regime is the base's, like all it held.
    """
    count = 0
    for entity in range(plan.rules.size):
        count += 1 if state.life[entity]["phase"] == codes.UNWINDING else 0
    for entity in range(plan.rules.size):
        if state.life[entity]["phase"] == codes.UNWINDING:
            weight[min(entity, base_of(plan))] += 1.0 / count


@compiled_inside
def weigh_step(plan: Plan, state: State, stage: int, futures: float, weight: np.ndarray) -> None:
    """Set the part of every source in one step of a composition; they sum to 1.

    Parameters
    ----------
    state : State
        Life, ``allowed`` and stance (regime, leverage) as at the decision.
    futures : float, fraction of equity
        After the base and what replaced it.
    weight : float64[n_sources]
    """
    weight[:] = 0.0
    if stage >= codes.FIRST_EFFECT:
        weight[plan.effects[stage - codes.FIRST_EFFECT]["entity"]] = 1.0
    elif stage == codes.STAGE_BASE:
        weight[base_of(plan)] = 1.0
    elif stage == codes.STAGE_ADDITIVE:
        weigh_kind(plan, state, codes.ADDITIVE, futures, weight)
    elif stage == codes.STAGE_SHIFT:
        weigh_kind(plan, state, codes.SHIFT, futures, weight)
    elif stage == codes.STAGE_UNWIND:
        weigh_unwinds(plan, state, weight)
    else:
        weight[sole_source(plan, state, stage)] = 1.0


@compiled_inside
def sole_source(plan: Plan, state: State, stage: int) -> int:
    """Return whose the step of LEVEL effects or of a limit is."""
    if stage == codes.STAGE_LEVEL:
        largest = largest_level(plan.effects, state.allowed)
        return first_of(plan, state, codes.LEVEL, largest)
    if stage == codes.STAGE_NO_NET_SHORT:
        return base_of(plan) + 1
    return margin_source(plan, state)


@compiled_inside
def split_targets(
    plan: Plan, state: State, trace: np.ndarray, weight: np.ndarray, share: np.ndarray
) -> None:
    """Add what each source put into the targets of one decision.

    Parameters
    ----------
    trace : float64[n, 3]
        Rows of the composition: stage, spot, futures.
    weight : float64[n_sources]
        Scratch.
    share : float64[n_sources, 2], fractions of equity
        Spot and futures; 0 before, the targets in sum on return.
    """
    futures = 0.0
    for row in range(trace.shape[0]):
        stage = int(trace[row, 0])
        weigh_step(plan, state, stage, futures, weight)
        for leg in range(2):
            step = trace[row, 1 + leg] - (trace[row - 1, 1 + leg] if row > 0 else 0.0)
            for source in range(share.shape[0]):
                share[source, leg] += weight[source] * step
        replaced = stage >= codes.FIRST_EFFECT and (
            plan.effects[stage - codes.FIRST_EFFECT]["kind"] == codes.ABSOLUTE
        )
        if stage == codes.STAGE_BASE or replaced:
            futures = trace[row, 2]


@compiled
def target_shares(
    plan: Plan, decisions: Decisions, state: State, rows: Ints, weight: Floats, shares: Floats
) -> None:
    """Set what each source put into the targets of some decisions.

    Parameters
    ----------
    state : State
        New; scratch, in which the sizes of the effects are followed through all decisions.
    rows : int64[n], increasing
        Which decisions.
    weight : float64[n_sources]
        Scratch.
    shares : float64[n, n_sources, 2], fractions of equity
        0 before; spot and futures of each source, the targets in sum on return.
    """
    found = 0
    for moment in range(decisions.ms.size):
        for entity in range(plan.rules.size):
            state.life[entity]["phase"] = decisions.phase[moment, entity]
            state.life[entity]["strength"] = decisions.strength[moment, entity]
        size_effects(plan, state.life, state.scaled)
        if found < rows.size and rows[found] == moment:
            trace = decisions.trace[moment, : decisions.trace_length[moment]]
            state.stance[0]["regime"] = decisions.regime[moment]
            state.stance[0]["leverage"] = decisions.leverage[moment]
            allow_sizes(plan, state, trace[0, 1] + trace[0, 2])
            split_targets(plan, state, trace, weight, shares[found])
            found += 1


@compiled_inside
def part_of(change: float, whole: float) -> float:
    """Return how much of a move a fill makes: 0 to 1, 0 where it goes the other way."""
    return min(max(change / whole, 0.0), 1.0) if whole != 0.0 else 0.0


@compiled
def hand_over(
    fills: Fills, book: Ints, base: int, wanted: Floats, owned: Floats, moved: Floats
) -> None:
    """Set what each source owns after every fill, and what the fill moved to or from it.

    A fill at an evaluation moves every source by the same part of what it still wanted. Margin
    defence and liquidation take the same part of what each owns. What that leaves of the fill is
    the base's; so the sources of a book own in sum what the account holds.

    Parameters
    ----------
    book : int64[n_fills]
        Which asset and leg each fill is in, as one number.
    base : int
        Number of the source that is the base.
    wanted : float64[n_fills, n_sources], coins
        What each source wanted to own in that book when the fill was decided.
    owned, moved : float64[n_fills, n_sources], coins
        Overwritten.
    """
    last = np.full(int(book.max()) + 1 if book.size else 0, -1)
    quantity = np.zeros(last.size)
    for fill in range(book.size):
        own = owned[fill]
        own[:] = 0.0
        before = quantity[book[fill]]
        change = fills.quantity[fill]
        if last[book[fill]] >= 0:
            own[:] = owned[last[book[fill]]]
        if fills.reason[fill] == FILL_REBALANCE:
            gap = wanted[fill] - own
            moved[fill] = part_of(change, gap.sum()) * gap
        else:
            moved[fill] = -part_of(-change, before) * own
        own += moved[fill]
        after = before + change
        after = after if abs(after) > DUST * abs(change) else 0.0
        rest = after - own.sum()
        own[base] += rest
        moved[fill, base] += rest
        quantity[book[fill]] = after
        last[book[fill]] = fill
