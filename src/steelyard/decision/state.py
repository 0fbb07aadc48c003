"""This file is what a policy remembers between two evaluations."""

from typing import Final, NamedTuple

import numpy as np

from steelyard.domain.arrays import Floats, Ints, Table
from steelyard.domain.codes import MAX_STACK
from steelyard.domain.plan import Plan
from steelyard.domain.record import MAX_TRACE

LIFE: Final = np.dtype(
    [
        ("phase", np.int64),
        ("window", np.int64),
        ("counted", np.int64),
        ("confirmed", np.int64),
        ("pending", np.int64),
        ("false_run", np.int64),
        ("unknown_run", np.int64),
        ("cooldown_left", np.int64),
        ("age", np.int64),
        ("slice_done", np.int64),
        ("entered", np.int64),
        ("forced", np.int64),
        ("condition", np.float64),
        ("strength", np.float64),
        ("result_at_entry", np.float64),
        ("unwind_spot", np.float64),
        ("unwind_futures", np.float64),
        ("base_spot", np.float64),
        ("base_futures", np.float64),
    ],
    align=True,
)
"""The life of one trigger or regime.

``phase``: see ``codes.PHASES``. ``window``: last evaluations as bits, newest lowest; ``counted``: 0
where the last evaluation was skipped because its condition was unknown. ``confirmed``: 1 at the
evaluation that confirms an entry; ``pending``: evaluations it still waits for its guard.
``false_run``, ``unknown_run``: hold condition false, condition unknown, in a row.
``cooldown_left``, ``age`` (since entry), ``slice_done``: evaluations, slices. ``entered``: 1 at the
evaluation of entry; ``forced``: 1 where another ends it. ``condition``: entry condition, 1, 0 or
NaN. ``strength``: 0 to 1, NaN where there is none. ``result_at_entry``: futures result of the
account then, quote. ``unwind_*``: weights when the unwind
began. ``base_*``: row of a regime in force, which a ratchet holds; NaN at entry.
"""

STANCE: Final = np.dtype(
    [
        ("spot", np.float64),
        ("futures", np.float64),
        ("regime", np.int64),
        ("leverage", np.float64),
        ("trace_length", np.int64),
    ],
    align=True,
)
"""What is in force: targets as fractions of equity, regime (-1 is the baseline), leverage limit,
and the number of rows of the trace."""


class State(NamedTuple):
    """The life of every trigger and regime, and the targets in force.

    Parameters
    ----------
    life : LIFE[n_entities]
    stance : STANCE[1]
    entry_index : int64[n_entities, n_grids]
        Bar final when the entry was confirmed, for ``since_entry`` and
        ``held_support(reclaim = true)``.
    slots : float64[n_entities, n_slots]
        What ``at_entry`` froze.
    scaled : float64[n_effects, 2]
        Size of each effect in force; NaN when it is not.
    allowed : float64[n_effects, 2]
        Those of them that compose.
    target : float64[2]
        Weights being composed.
    trace : float64[MAX_TRACE, 3]
        Composition of the last evaluation; rows are stage, spot, futures.
    stack : float64[MAX_STACK]
        Scratch of the condition programs.
    """

    life: Table
    stance: Table
    entry_index: Ints
    slots: Floats
    scaled: Floats
    allowed: Floats
    target: Floats
    trace: Floats
    stack: Floats


def new_state(plan: Plan, n_grids: int) -> State:
    """Return the state of a policy that was switched on just now: everything idle, at baseline.

    Parameters
    ----------
    plan : Plan
    n_grids : int
        Rows of ``Signals.grid_index``.
    """
    entities = plan.rules.size
    life = np.zeros(entities, LIFE)
    life["condition"] = np.nan
    life["strength"] = np.nan
    stance = np.zeros(1, STANCE)
    stance["regime"] = -1
    stance["leverage"] = plan.limits["leverage"]
    return State(
        life=life,
        stance=stance,
        entry_index=np.full((entities, n_grids), -1, np.int64),
        slots=np.full((entities, plan.slots.shape[0]), np.nan),
        scaled=np.full((plan.effects.size, 2), np.nan),
        allowed=np.full((plan.effects.size, 2), np.nan),
        target=np.zeros(2),
        trace=np.full((MAX_TRACE, 3), np.nan),
        stack=np.zeros(MAX_STACK),
    )
