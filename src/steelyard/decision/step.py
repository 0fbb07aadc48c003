"""This file is the decision: old state and signals in, new state, targets and reasons out."""

import math
from typing import Final

import numpy as np

from steelyard.decision.compose import compose, fit_to_margin, leverage_in_force, note, scaled
from steelyard.decision.entities import evaluate_entities
from steelyard.decision.life import cool_down
from steelyard.decision.state import State
from steelyard.domain import codes
from steelyard.domain.arrays import Table
from steelyard.domain.compiled import compiled_inside, compiled_within
from steelyard.domain.plan import Plan, Signals
from steelyard.domain.view import View

SLACK: Final = 1e-12
"""Sizes are decimals: a growth of exactly the ratchet counts (domain 3.1)."""


@compiled_inside
def shields(plan: Plan, life: Table) -> bool:
    """Tell whether a protective or critical effect is in force."""
    for effect in range(plan.effects.size):
        entity = plan.effects[effect]["entity"]
        weighs = plan.rules[entity]["severity"] >= codes.PROTECTIVE
        if weighs and life[entity]["phase"] == codes.ACTIVE:
            return True
    return False


@compiled_inside
def lowers_delta(effect: np.void, size: np.ndarray, base_delta: float) -> bool:
    """Tell whether an effect lowers net delta, so that it may stand beside a protective one.

    Parameters
    ----------
    size : float64[2]
        Of the effect in force.
    """
    kind = effect["kind"]
    if kind == codes.ABSOLUTE:
        return bool(size[0] + size[1] < base_delta)
    if kind == codes.STEP:
        return bool(effect["flags"] & codes.FREED_TO_SPOT == 0)
    return True


@compiled_inside
def grown(low: float, high: float, strength: float, ratchet: float, held: float) -> float:
    """Return a point of a range in force, from its strength and its ratchet (domain 9.4).

    Parameters
    ----------
    low, high : float
        At strength 0 and at 1.
    strength : float, 0 to 1
        NaN: it is no range.
    ratchet : float
        With one, the value grows only by at least this much and never shrinks.
    held : float
        Value at the evaluation before; NaN when it was not in force.
    """
    value = scaled(low, high, 0.0 if math.isnan(strength) else strength)
    if ratchet <= 0.0 or math.isnan(held):
        return value
    growth = value - held if high >= low else held - value
    return held if growth < ratchet - SLACK else value


@compiled_inside
def size_effects(plan: Plan, life: Table, size: np.ndarray) -> None:
    """Set the size of every effect in force; those not in force become NaN."""
    for row in range(plan.effects.size):
        effect = plan.effects[row]
        entity = effect["entity"]
        strength = life[entity]["strength"]
        ratchet = plan.rules[entity]["ratchet"]
        for column in range(2):
            if life[entity]["phase"] == codes.ACTIVE:
                low, high = effect["low"][column], effect["high"][column]
                size[row, column] = grown(low, high, strength, ratchet, size[row, column])
            else:
                size[row, column] = math.nan


@compiled_inside
def allow_sizes(plan: Plan, state: State, base_delta: float) -> None:
    """Set the sizes that compose: opportunistic effects are dropped beside protective ones."""
    shielded = shields(plan, state.life)
    for row in range(plan.effects.size):
        effect = plan.effects[row]
        mild = plan.rules[effect["entity"]]["severity"] == codes.OPPORTUNISTIC
        dropped = shielded and mild and not lowers_delta(effect, state.scaled[row], base_delta)
        for column in range(2):
            state.allowed[row, column] = math.nan if dropped else state.scaled[row, column]


@compiled_inside
def base_of(plan: Plan, state: State, weights: np.ndarray) -> float:
    """Set weights to the row of the regime in force; return its leverage cap."""
    regime = state.stance[0]["regime"]
    row = plan.base[regime + 1]
    weights[0] = row[0]
    weights[1] = row[2]
    if regime >= 0:
        life = state.life[plan.order.size + regime]
        ratchet = plan.rules[plan.order.size + regime]["ratchet"]
        weights[0] = grown(row[0], row[1], life["strength"], ratchet, life["base_spot"])
        weights[1] = grown(row[2], row[3], life["strength"], ratchet, life["base_futures"])
        life["base_spot"] = weights[0]
        life["base_futures"] = weights[1]
    return float(row[4])


@compiled_inside
def slice_of(life: np.void, slices: int, target: np.ndarray) -> tuple[float, float]:
    """Return the weights of an unwind after the slices taken so far (domain 8.2)."""
    done = life["slice_done"] / slices
    spot = life["unwind_spot"]
    futures = life["unwind_futures"]
    return spot + (target[0] - spot) * done, futures + (target[1] - futures) * done


@compiled_inside
def follow_unwinds(rules: Table, life: Table, target: np.ndarray) -> bool:
    """Hold weights back to the slowest running unwind; return whether one does.

    Only the way up is sliced: an unwind whose slice has no less net delta than the target ends.
    """
    held = False
    spot = target[0]
    futures = target[1]
    for entity in range(life.size):
        if life[entity]["phase"] != codes.UNWINDING:
            continue
        slice_spot, slice_futures = slice_of(life[entity], rules[entity]["unwind"], target)
        if target[0] + target[1] <= slice_spot + slice_futures:
            cool_down(rules[entity], life[entity])
        elif slice_spot + slice_futures < spot + futures:
            spot = slice_spot
            futures = slice_futures
            held = True
    target[0] = spot
    target[1] = futures
    return held


@compiled_inside
def compose_targets(plan: Plan, state: State, in_coins: bool) -> None:  # noqa: FBT001
    """Compose the targets of the state as it stands, with the trace of how they came about.

    Parameters
    ----------
    in_coins : bool
        Whether coins back the futures, and not cash.
    """
    size_effects(plan, state.life, state.scaled)
    target = state.target
    cap = base_of(plan, state, target)
    allow_sizes(plan, state, target[0] + target[1])
    limit = min(plan.limits[0]["leverage"], cap)
    leverage = leverage_in_force(plan.effects, state.allowed, limit)
    margin = (leverage, in_coins)
    length = compose(plan.effects, plan.limits, state.allowed, target, margin, state.trace)
    if follow_unwinds(plan.rules, state.life, target):
        length = note(state.trace, length, codes.STAGE_UNWIND, target)
        length = fit_to_margin(margin, target, state.trace, length)
    stance = state.stance[0]
    stance["leverage"] = leverage
    stance["trace_length"] = length
    stance["spot"] = target[0]
    stance["futures"] = target[1]


@compiled_within
def decide(plan: Plan, signals: Signals, state: State, moment: int, view: View) -> None:
    """Evaluate a policy at one moment: the one decision code of backtest, replay, paper and live.

    Parameters
    ----------
    plan, signals : Plan, Signals
    state : State
        Of the evaluation before; holds the new targets, trace and life cycles on return.
    moment : int
        Column of ``signals``; nothing in it was first known later than ``signals.ms[moment]``.
    view : View
        The account as guards see it.

    Notes
    -----
    O(entities + effects). Reads no clock, no network and no random source.
    """
    evaluate_entities(plan, signals, state, moment, view)
    compose_targets(plan, state, view.in_coins)
