"""This file evaluates triggers and regimes: who enters, who leaves, which regime is in force."""

import math

from steelyard.decision.conditions import kleene_and, value_of
from steelyard.decision.life import (
    cool_down,
    is_confirmed,
    is_cooling,
    is_held_by_entry,
    is_released,
    may_enter,
    release,
    unwind_further,
)
from steelyard.decision.state import State
from steelyard.domain.codes import ACTIVE, HEDGE_IN_PROFIT, SPOT_NEAR_TARGET, UNWINDING
from steelyard.domain.compiled import compiled_inside, compiled_within
from steelyard.domain.plan import Plan, Signals
from steelyard.domain.view import View


@compiled_inside
def condition_of(
    plan: Plan, signals: Signals, state: State, moment: int, entity: int, context: int
) -> float:
    """Return the entry condition, with ``while_active``: 1, 0 or NaN.

    Parameters
    ----------
    context : int
        Entity whose entry ``at_entry`` speaks of; -1 where nothing is active.
    """
    rule = plan.rules[entity]
    program = (rule["entry_first"], rule["entry_end"])
    value = value_of(plan, signals, state, moment, context, program)
    for trigger in range(plan.order.size):
        if plan.requires[entity, trigger]:
            value = kleene_and(value, 1.0 if state.life[trigger]["phase"] == ACTIVE else 0.0)
    state.life[entity]["condition"] = value
    return value


@compiled_inside
def hold_of(
    plan: Plan, signals: Signals, state: State, moment: int, entity: int, condition: float
) -> float:
    """Return the hold condition: the opposite of ``release``, else the entry condition."""
    rule = plan.rules[entity]
    if rule["release_first"] == rule["release_end"]:
        return condition
    program = (rule["release_first"], rule["release_end"])
    return 1.0 - value_of(plan, signals, state, moment, entity, program)


@compiled_inside
def guard_of(plan: Plan, state: State, entity: int, view: View) -> float:
    """Return 1 if the guard on the account holds or there is none, else 0."""
    guard = plan.rules[entity]["guard"]
    if guard == HEDGE_IN_PROFIT:
        entered_at = 0.0
        current = state.stance[0]["regime"]
        if current >= 0:
            entered_at = state.life[plan.order.size + current]["result_at_entry"]
        return 1.0 if view.futures_result > entered_at else 0.0
    if guard == SPOT_NEAR_TARGET:
        target = plan.base[entity - plan.order.size + 1, 0]
        return 1.0 if abs(view.spot - target) <= plan.rules[entity]["near"] else 0.0
    return 1.0


@compiled_inside
def stands_confirmed(
    plan: Plan, signals: Signals, state: State, moment: int, entity: int, view: View
) -> bool:
    """Count one evaluation of an entity that is not active; return whether it may enter now.

    The evaluation that confirms the entry freezes what ``at_entry`` will speak of, also where the
    entry then waits for its guard.
    """
    condition = state.life[entity]["condition"]
    guard = guard_of(plan, state, entity, view)
    ready = may_enter(plan.rules[entity], state.life[entity], condition, guard)
    if state.life[entity]["confirmed"] == 1:
        for grid in range(signals.grid_index.shape[0]):
            state.entry_index[entity, grid] = signals.grid_index[grid, moment]
        for slot in range(plan.slots.shape[0]):
            state.slots[entity, slot] = signals.values[plan.slots[slot, 0], moment]
    return ready


@compiled_inside
def enter(state: State, entity: int, view: View) -> None:
    """Make an entity active; what ``at_entry`` speaks of was frozen when it was confirmed."""
    state.life[entity]["phase"] = ACTIVE
    state.life[entity]["entered"] = 1
    state.life[entity]["window"] = 0
    state.life[entity]["pending"] = 0
    state.life[entity]["age"] = 0
    state.life[entity]["false_run"] = 0
    state.life[entity]["strength"] = math.nan
    state.life[entity]["base_spot"] = math.nan
    state.life[entity]["base_futures"] = math.nan
    state.life[entity]["result_at_entry"] = view.futures_result


@compiled_inside
def measure_strength(plan: Plan, signals: Signals, state: State, moment: int, entity: int) -> None:
    """Compute the strength of an active entity; an unknown one stays what it was, at entry full."""
    rule = plan.rules[entity]
    if rule["strength_first"] == rule["strength_end"]:
        return
    program = (rule["strength_first"], rule["strength_end"])
    value = value_of(plan, signals, state, moment, entity, program)
    if math.isnan(value):
        before = state.life[entity]["strength"]
        value = 1.0 if math.isnan(before) else before
    state.life[entity]["strength"] = min(max(value, 0.0), 1.0)


@compiled_inside
def evaluate_trigger(
    plan: Plan, signals: Signals, state: State, moment: int, entity: int, view: View
) -> None:
    """Advance one trigger by one evaluation."""
    active = state.life[entity]["phase"] == ACTIVE or state.life[entity]["phase"] == UNWINDING
    context = entity if active else -1
    condition = condition_of(plan, signals, state, moment, entity, context)
    if state.life[entity]["phase"] == ACTIVE:
        hold = hold_of(plan, signals, state, moment, entity, condition)
        if is_released(plan.rules[entity], state.life[entity], hold):
            release(plan.rules[entity], state.life[entity], state.stance[0], condition)
    elif state.life[entity]["phase"] == UNWINDING:
        unwind_further(plan.rules[entity], state.life[entity], condition)
    elif not is_cooling(state.life[entity]) and stands_confirmed(
        plan, signals, state, moment, entity, view
    ):
        enter(state, entity, view)
    if state.life[entity]["phase"] == ACTIVE:
        measure_strength(plan, signals, state, moment, entity)


@compiled_inside
def end_others(plan: Plan, state: State, first: int, last: int) -> None:
    """End what entities ``first`` to ``last - 1`` that entered now name in ``releases``."""
    for entity in range(first, last):
        if state.life[entity]["entered"] == 0:
            continue
        for other in range(plan.ends.shape[1]):
            life = state.life[other]
            if not plan.ends[entity, other] or life["entered"] == 1 or life["phase"] != ACTIVE:
                continue
            if other < plan.order.size:
                release(plan.rules[other], life, state.stance[0], life["condition"])
            else:
                life["forced"] = 1


@compiled_inside
def entity_of(plan: Plan, regime: int) -> int:
    """Return the entity of a regime; -1 for the baseline."""
    return plan.order.size + regime if regime >= 0 else -1


@compiled_inside
def is_chained(plan: Plan, regime: int) -> bool:
    """Tell whether ``after`` restricts from where a regime may be entered."""
    return regime >= 0 and plan.rules[entity_of(plan, regime)]["has_after"] == 1


@compiled_inside
def entry_from(plan: Plan, state: State, regime: int, place: int) -> float:
    """Return whether a regime could be entered again from a place: 1, 0 or NaN.

    What ``after`` forbids is false, so it neither holds nor aborts an unwind.

    Parameters
    ----------
    place : int
        Regime from which; -1 is the baseline.
    """
    if is_chained(plan, regime) and not plan.after[regime, place + 1]:
        return 0.0
    return float(state.life[entity_of(plan, regime)]["condition"])


@compiled_inside
def stands_ready(
    plan: Plan, signals: Signals, state: State, moment: int, regime: int, view: View
) -> bool:
    """Advance a regime that is not in force by one evaluation; return whether it may be entered."""
    entity = entity_of(plan, regime)
    current = state.stance[0]["regime"]
    context = entity_of(plan, current)
    condition = condition_of(plan, signals, state, moment, entity, context)
    if state.life[entity]["phase"] == UNWINDING:
        again = entry_from(plan, state, regime, current)
        return unwind_further(plan.rules[entity], state.life[entity], again)
    if is_cooling(state.life[entity]):
        return False
    if is_chained(plan, regime) and not plan.after[regime, current + 1]:
        state.life[entity]["pending"] = 0
        is_confirmed(plan.rules[entity], state.life[entity], condition)
        return False
    return stands_confirmed(plan, signals, state, moment, entity, view)


@compiled_inside
def current_is_released(plan: Plan, signals: Signals, state: State, moment: int) -> bool:
    """Advance the regime in force by one evaluation; return whether it is released."""
    current = state.stance[0]["regime"]
    entity = entity_of(plan, current)
    if entity < 0:
        return True
    rule = plan.rules[entity]
    is_over = state.life[entity]["forced"] == 1
    if signals.due[rule["clock"], moment]:
        condition = condition_of(plan, signals, state, moment, entity, entity)
        hold = hold_of(plan, signals, state, moment, entity, condition)
        is_over = is_released(rule, state.life[entity], hold) or is_over
    return is_over and not is_held_by_entry(rule, entry_from(plan, state, current, -1))


@compiled_inside
def change_regime(plan: Plan, state: State, chosen: int, view: View) -> None:
    """Leave the regime in force for another (-1: the baseline).

    A regime that is left for a bolder one unwinds by its slices; one that is left for a safer
    one, or along ``after``, ends at once.
    """
    current = state.stance[0]["regime"]
    entity = entity_of(plan, current)
    if entity >= 0:
        rule = plan.rules[entity]
        life = state.life[entity]
        bolder = chosen < 0 or chosen > current
        if bolder and not is_chained(plan, chosen):
            release(rule, life, state.stance[0], entry_from(plan, state, current, -1))
        else:
            cool_down(rule, life)
    state.stance[0]["regime"] = chosen
    entered = entity_of(plan, chosen)
    if entered >= 0 and state.life[entered]["phase"] != ACTIVE:
        enter(state, entered, view)


@compiled_inside
def choose_regime(
    plan: Plan,
    signals: Signals,
    state: State,
    moment: int,
    released: bool,  # noqa: FBT001
    view: View,
) -> int:
    """Advance all regimes that are not in force; return the one to enter, -1 for none.

    A bolder one than that in force is entered only when the one in force is released (domain 5.2).
    """
    current = state.stance[0]["regime"]
    chosen = -1
    for regime in range(plan.after.shape[0]):
        entity = entity_of(plan, regime)
        if regime == current or not signals.due[plan.rules[entity]["clock"], moment]:
            continue
        ready = stands_ready(plan, signals, state, moment, regime, view)
        may_follow = released or regime < current or is_chained(plan, regime)
        if ready and may_follow and chosen < 0:
            chosen = regime
        elif ready and state.life[entity]["phase"] == ACTIVE:
            cool_down(plan.rules[entity], state.life[entity])
    return chosen


@compiled_inside
def evaluate_regimes(plan: Plan, signals: Signals, state: State, moment: int, view: View) -> None:
    """Put the first, safest regime in force that is confirmed and may be entered."""
    current = state.stance[0]["regime"]
    released = current_is_released(plan, signals, state, moment)
    chosen = choose_regime(plan, signals, state, moment, released, view)
    if chosen >= 0 or (released and current >= 0):
        change_regime(plan, state, chosen, view)
    entity = entity_of(plan, state.stance[0]["regime"])
    if entity >= 0 and signals.due[plan.rules[entity]["clock"], moment]:
        measure_strength(plan, signals, state, moment, entity)


@compiled_within
def evaluate_entities(plan: Plan, signals: Signals, state: State, moment: int, view: View) -> None:
    """Evaluate every trigger and regime whose clock strikes at a moment."""
    triggers = plan.order.size
    for entity in range(state.life.size):
        state.life[entity]["entered"] = 0
        state.life[entity]["forced"] = 0
    for position in range(triggers):
        trigger = plan.order[position]
        if signals.due[plan.rules[trigger]["clock"], moment]:
            evaluate_trigger(plan, signals, state, moment, trigger, view)
    end_others(plan, state, 0, triggers)
    evaluate_regimes(plan, signals, state, moment, view)
    end_others(plan, state, triggers, state.life.size)
