"""This file makes targets of a base and the effects in force (domain 9.5)."""

import math

import numpy as np

from steelyard.domain import codes
from steelyard.domain.arrays import Table
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.targets import fit_margin


@compiled_inside
def scaled(low: float, high: float, strength: float) -> float:
    """Return a point of a range: ``low`` at strength 0, ``high`` at 1 (domain 9.4).

    Examples
    --------
    >>> scaled(0.5, 0.75, 0.5)
    0.625
    """
    return low + (high - low) * min(max(strength, 0.0), 1.0)


@compiled_inside
def note(trace: np.ndarray, length: int, stage: int, weights: np.ndarray) -> int:
    """Write one row of the trace and return how many there are now."""
    trace[length, 0] = stage
    trace[length, 1] = weights[0]
    trace[length, 2] = weights[1]
    return length + 1


@compiled_inside
def apply_absolute(effects: Table, size: np.ndarray, weights: np.ndarray) -> int:
    """Replace the weights by those of the first ABSOLUTE effect; return its row, else -1."""
    for effect in range(effects.size):
        if effects[effect]["kind"] == codes.ABSOLUTE and not math.isnan(size[effect, 0]):
            weights[0] = size[effect, 0]
            weights[1] = size[effect, 1]
            return effect
    return -1


@compiled_inside
def largest_level(effects: Table, size: np.ndarray) -> float:
    """Return the largest hedge ratio of the LEVEL effects in force; NaN without one."""
    largest = math.nan
    for effect in range(effects.size):
        if effects[effect]["kind"] != codes.LEVEL or math.isnan(size[effect, 0]):
            continue
        if math.isnan(largest) or size[effect, 0] > largest:
            largest = size[effect, 0]
    return largest


@compiled_inside
def apply_steps(
    effects: Table, size: np.ndarray, weights: np.ndarray, trace: np.ndarray, length: int
) -> int:
    """Cut long futures by every STEP effect in force; return the length of the trace.

    What is freed moves to spot as far as there is cash to pay for it.
    """
    for effect in range(effects.size):
        if effects[effect]["kind"] != codes.STEP or math.isnan(size[effect, 0]):
            continue
        if weights[1] <= 0.0:
            break
        of_equity = effects[effect]["flags"] & codes.CUT_OF_EQUITY
        freed = min(weights[1], size[effect, 0] * (1.0 if of_equity else weights[1]))
        weights[1] -= freed
        if effects[effect]["flags"] & codes.FREED_TO_SPOT:
            weights[0] += min(freed, max(0.0, 1.0 - weights[0]))
        length = note(trace, length, codes.FIRST_EFFECT + effect, weights)
    return length


@compiled_inside
def hedge_asked(effects: Table, size: np.ndarray, weights: np.ndarray, kind: int) -> float:
    """Return the sum of the ADDITIVE or SHIFT effects in force; NaN without one.

    V1's hedge branch counts only where rule 2 left no long futures to cut: ask before the steps.
    """
    total = math.nan
    for effect in range(effects.size):
        if effects[effect]["kind"] != kind or math.isnan(size[effect, 0]):
            continue
        if effects[effect]["flags"] & codes.ELSE_HEDGE and weights[1] > 0.0:
            continue
        total = size[effect, 0] + (0.0 if math.isnan(total) else total)
    return total


@compiled_inside
def flatten_longs(effects: Table, size: np.ndarray, weights: np.ndarray) -> None:
    """Swap long futures into spot as far as cash allows, where a hedge in force asks for it."""
    for effect in range(effects.size):
        wanted = effects[effect]["flags"] & codes.FLATTEN_LONGS_FIRST
        if wanted and not math.isnan(size[effect, 0]) and weights[1] > 0.0:
            moved = min(weights[1], 1.0 - weights[0])
            weights[0] += moved
            weights[1] -= moved


@compiled_inside
def apply_hedges(
    effects: Table,
    size: np.ndarray,
    hedge: float,
    weights: np.ndarray,
    trace: np.ndarray,
    length: int,
) -> int:
    """Apply ADDITIVE, then SHIFT effects; neither takes futures below a full hedge.

    ``hedge`` is the sum of the ADDITIVE effects, capped, fraction of spot value; NaN without one.
    """
    if not math.isnan(hedge):
        flatten_longs(effects, size, weights)
        floor = min(weights[1], -weights[0])
        weights[1] = max(floor, weights[1] - hedge * weights[0])
        length = note(trace, length, codes.STAGE_ADDITIVE, weights)
    moved = hedge_asked(effects, size, weights, codes.SHIFT)
    if not math.isnan(moved):
        room = max(0.0, (weights[0] + weights[1]) / 2.0)
        moved = min(moved, room, weights[0])
        weights[0] -= moved
        weights[1] -= moved
        length = note(trace, length, codes.STAGE_SHIFT, weights)
    return length


@compiled_inside
def fit_to_margin(
    margin: tuple[float, bool], weights: np.ndarray, trace: np.ndarray, length: int
) -> int:
    """Apply the margin rule (domain 9.5.7); return the length of the trace."""
    spot, futures = fit_margin(weights[0], weights[1], margin[0], margin[1])
    if spot == weights[0] and futures == weights[1]:
        return length
    weights[0] = spot
    weights[1] = futures
    return note(trace, length, codes.STAGE_MARGIN, weights)


@compiled_inside
def apply_limits(
    net_short: int,
    margin: tuple[float, bool],
    weights: np.ndarray,
    trace: np.ndarray,
    length: int,
) -> int:
    """Apply the net-short rule and the margin rule; return the length of the trace."""
    if net_short == 0 and weights[1] < -weights[0]:
        weights[1] = -weights[0]
        length = note(trace, length, codes.STAGE_NO_NET_SHORT, weights)
    return fit_to_margin(margin, weights, trace, length)


@compiled_inside
def leverage_in_force(effects: Table, size: np.ndarray, limit: float) -> float:
    """Return the smaller of a limit and the caps of the effects in force."""
    leverage = limit
    for effect in range(effects.size):
        if effects[effect]["kind"] == codes.LEVERAGE_CAP and not math.isnan(size[effect, 0]):
            leverage = min(leverage, size[effect, 0])
    return leverage


@compiled_inside
def compose(
    effects: Table,
    limits: Table,
    size: np.ndarray,
    weights: np.ndarray,
    margin: tuple[float, bool],
    trace: np.ndarray,
) -> int:
    """Turn base weights into target weights, by rules 1 to 7 of domain 9.5.

    Parameters
    ----------
    effects : EFFECT[n_effects]
        In order of priority descending, id ascending: the outcome does not depend on the order in
        which triggers fired.
    limits : LIMITS[1]
    size : float64[n_effects, 2]
        Size of each effect in force, NaN for the others.
    weights : float64[2], fractions of equity
        Spot and signed futures of the base on entry, the targets on return.
    margin : (float, bool)
        See ``leverage_in_force``; whether coins back the futures, and not cash.
    trace : float64[MAX_TRACE, 3]
        Overwritten: stage or ``FIRST_EFFECT`` + effect, spot, futures.

    Returns
    -------
    int
        Rows of the trace.
    """
    length = note(trace, 0, codes.STAGE_BASE, weights)
    absolute = apply_absolute(effects, size, weights)
    if absolute >= 0:
        length = note(trace, length, codes.FIRST_EFFECT + absolute, weights)
    hedge = min(hedge_asked(effects, size, weights, codes.ADDITIVE), limits[0]["hedge_cap"])
    level = largest_level(effects, size)
    if math.isnan(level):
        length = apply_steps(effects, size, weights, trace, length)
    length = apply_hedges(effects, size, hedge, weights, trace, length)
    if not math.isnan(level):
        weights[1] = min(weights[1], -level * weights[0])
        length = note(trace, length, codes.STAGE_LEVEL, weights)
    return apply_limits(limits[0]["net_short"], margin, weights, trace, length)
