"""This file is the life cycle of one trigger or regime (domain 9.3).

Everywhere ``rule`` is its row of ``Plan.rules``, read only, and ``life`` its row of ``State.life``.
"""

import math

import numpy as np

from steelyard.domain.codes import (
    ACTIVE,
    ARMING,
    COOLDOWN,
    HOLD,
    IDLE,
    IGNORE,
    UNWINDING,
)
from steelyard.domain.compiled import compiled_inside

SKIP = -1.0
"""What ``counted`` returns for an evaluation that leaves everything as it was."""


@compiled_inside
def counted(rule: np.void, life: np.void, condition: float) -> float:
    """Return what a condition counts as: 1, 0, or ``SKIP`` when it is unknown and held."""
    if not math.isnan(condition):
        life["unknown_run"] = 0
        return 1.0 if condition != 0.0 else 0.0
    life["unknown_run"] += 1
    policy = rule["on_unknown"]
    if policy == HOLD:
        return SKIP
    if policy == IGNORE:
        return 0.0
    patience = rule["failsafe_after"]
    if patience < 0:
        return 1.0
    if life["unknown_run"] <= patience or life["phase"] == IDLE:
        return SKIP
    return 1.0


@compiled_inside
def is_confirmed(rule: np.void, life: np.void, condition: float) -> bool:
    """Count one evaluation towards entry; return whether n of the last m were true.

    Moves between IDLE and ARMING. An unknown that is held neither counts nor confirms.
    """
    value = counted(rule, life, condition)
    life["counted"] = 0 if value == SKIP else 1
    if value == SKIP:
        return False
    mask = (1 << rule["confirm_window"]) - 1
    window = ((life["window"] << 1) | int(value)) & mask
    life["window"] = window
    hits = 0
    while window > 0:
        hits += window & 1
        window >>= 1
    life["phase"] = ARMING if hits > 0 else IDLE
    return hits >= rule["confirm_needed"]


@compiled_inside
def may_enter(rule: np.void, life: np.void, condition: float, guard: float) -> bool:
    """Count one evaluation of an entity that is not active; return whether it enters now.

    Parameters
    ----------
    condition : float
        Entry condition: 1, 0 or NaN.
    guard : float
        1 if the guard on the account holds or there is none, else 0. A confirmed entry whose guard
        fails stays pending for ``validity`` further evaluations.
    """
    life["confirmed"] = 1 if is_confirmed(rule, life, condition) else 0
    if life["confirmed"] == 1:
        if guard != 0.0:
            return True
        life["pending"] = rule["validity"]
        return False
    if life["pending"] == 0 or life["counted"] == 0:
        return False
    if guard != 0.0:
        return True
    life["pending"] -= 1
    life["phase"] = ARMING if life["pending"] > 0 else life["phase"]
    return False


@compiled_inside
def is_released(rule: np.void, life: np.void, hold: float) -> bool:
    """Count one evaluation of an active entity; return whether it is released now.

    Parameters
    ----------
    hold : float
        Hold condition: 1, 0 or NaN.
    """
    value = counted(rule, life, hold)
    if value == SKIP:
        return False
    life["age"] += 1
    if value == 1.0:
        life["false_run"] = 0
        return False
    life["false_run"] += 1
    enough = life["false_run"] >= rule["release_confirm"]
    return enough and life["age"] >= rule["dwell"]


@compiled_inside
def cool_down(rule: np.void, life: np.void) -> None:
    """End an episode: COOLDOWN, or IDLE at once, with an empty window."""
    life["phase"] = COOLDOWN if rule["cooldown"] > 0 else IDLE
    life["cooldown_left"] = rule["cooldown"]
    life["window"] = 0
    life["false_run"] = 0
    life["pending"] = 0
    life["slice_done"] = 0
    life["strength"] = math.nan


@compiled_inside
def is_cooling(life: np.void) -> bool:
    """Count one evaluation of a cooldown; return whether the entity still cools down."""
    if life["phase"] != COOLDOWN:
        return False
    if life["cooldown_left"] > 0:
        life["cooldown_left"] -= 1
        return True
    life["phase"] = IDLE
    return False


@compiled_inside
def take_slice(rule: np.void, life: np.void) -> None:
    """Take one slice of an unwind; the last one ends the episode."""
    life["slice_done"] += 1
    if life["slice_done"] >= rule["unwind"]:
        cool_down(rule, life)


@compiled_inside
def is_held_by_entry(rule: np.void, condition: float) -> bool:
    """Tell whether a release by slices does not begin: the entry condition is true (domain 8.2)."""
    return rule["unwind"] > 0 and condition == 1.0


@compiled_inside
def release(rule: np.void, life: np.void, stance: np.void, condition: float) -> None:
    """End the effect of an active entity, by slices where the policy says so (domain 8.2).

    Parameters
    ----------
    condition : float
        Entry condition now: while it is unknown the first slice waits; where it is true the
        entity stays active, as it would abort the slice.
    """
    if is_held_by_entry(rule, condition):
        return
    if rule["unwind"] == 0:
        cool_down(rule, life)
        return
    life["phase"] = UNWINDING
    life["slice_done"] = 0
    life["unwind_spot"] = stance["spot"]
    life["unwind_futures"] = stance["futures"]
    if not math.isnan(condition):
        take_slice(rule, life)


@compiled_inside
def unwind_further(rule: np.void, life: np.void, condition: float) -> bool:
    """Take the next slice of an unwind; return whether the entry condition aborts it.

    True aborts, unknown pauses. After the last slice the episode ends.
    """
    if condition == 1.0:
        life["phase"] = ACTIVE
        life["false_run"] = 0
        return True
    if not math.isnan(condition):
        take_slice(rule, life)
    return False
