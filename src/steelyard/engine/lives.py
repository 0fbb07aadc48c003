"""This file tells where each trigger and regime stands in its life, and why no other regime is."""

from collections.abc import Iterator

import numpy as np

from steelyard.domain import codes
from steelyard.engine.reading import Reading
from steelyard.engine.standing import Standing
from steelyard.report.activity import BASELINE
from steelyard.report.explanation import Life, Obstacle, Place, Standpoint, Why


def _hits(window: int) -> int:
    return window.bit_count()


def confirmations_left(window: int, needed: int, of: int) -> int:
    """Return how many further evaluations must be true until an entry is confirmed.

    Parameters
    ----------
    window : int
        Last evaluations as bits, newest lowest.
    needed, of : int
        How many of how many last ones.

    Examples
    --------
    >>> confirmations_left(0b100, 2, 3)  # the oldest of three leaves before the second counts
    2
    >>> confirmations_left(0b010, 2, 3)
    1
    """
    mask = (1 << of) - 1
    left = 0
    while _hits(window & mask) < needed:
        window = (window << 1) | 1
        left += 1
    return left


def life_of(standing: Standing, entity: int) -> Life:
    """Return where a trigger or regime stands in its life."""
    rule = standing.compiled.plan.rules[entity]
    life = standing.book.state.life[entity]
    phase = int(life["phase"])
    active, unwinding = phase == codes.ACTIVE, phase == codes.UNWINDING
    window = int(life["window"])
    needed, of = int(rule["confirm_needed"]), int(rule["confirm_window"])
    run, runs = int(life["false_run"]), int(rule["release_confirm"])
    dwell = max(0, int(rule["dwell"]) - int(life["age"]))
    return Life(
        phase=codes.PHASES[phase],
        confirmed=_hits(window),
        confirm=needed,
        of=of,
        confirm_left=0 if active or unwinding else confirmations_left(window, needed, of),
        released=run if active else 0,
        release_confirm=runs,
        dwell_left=dwell if active else 0,
        release_left=max(1, runs - run, dwell) if active else 0,
        cooldown_left=int(life["cooldown_left"]) if phase == codes.COOLDOWN else 0,
        pending=int(life["pending"]),
        slice_done=int(life["slice_done"]) if unwinding else 0,
        slices=int(rule["unwind"]),
        strength=float(life["strength"]),
        on_unknown=codes.ON_UNKNOWN[int(rule["on_unknown"])],
        unknown_run=int(life["unknown_run"]),
    )


def standpoint_of(standing: Standing, reading: Reading, guard: float) -> Standpoint | None:
    """Return how a regime stands to the one in force, and what keeps it out; None of a trigger.

    Parameters
    ----------
    standing : Standing
    reading : Reading
        Of the regime.
    guard : float
        1 or 0 on the account as it is; NaN without a guard.
    """
    regime = reading.entity - int(standing.compiled.plan.order.size)
    if regime < 0:
        return None
    current = int(standing.book.state.stance[0]["regime"])
    if regime == current:
        return Standpoint(place=Place.IN_FORCE, obstacles=())
    place = Place.SAFER if current < 0 or regime < current else Place.BOLDER
    found = tuple(_obstacles(standing, reading, guard))
    return Standpoint(place=place, obstacles=found or (_beaten(standing, reading, regime),))


def _obstacles(standing: Standing, reading: Reading, guard: float) -> Iterator[Obstacle]:
    """Yield what of its own keeps a regime out of force."""
    life = life_of(standing, reading.entity)
    if reading.row < 0:
        yield Obstacle(why=Why.NOT_DUE)
        return
    if life.phase == "cooldown":
        yield Obstacle(why=Why.COOLDOWN, have=life.cooldown_left)
    if life.phase == "unwinding":
        yield Obstacle(why=Why.UNWINDING, have=life.slice_done, need=life.slices)
    yield from _untrue(standing, reading)
    yield from _chained(standing, reading)
    if float(standing.book.state.life[reading.entity]["condition"]) == 1.0:
        yield from _unconfirmed(standing, life, reading, guard)


def _untrue(standing: Standing, reading: Reading) -> Iterator[Obstacle]:
    value = reading.entry[standing.compiled.policy.conditions[reading.entity].when.text]
    if value == 0.0:
        yield Obstacle(why=Why.FALSE)
    elif np.isnan(value):
        yield Obstacle(why=Why.UNKNOWN)
    idle = tuple(name for name, is_active in needs_of(standing, reading.entity) if not is_active)
    if idle:
        yield Obstacle(why=Why.NOT_ACTIVE, ids=idle)


def needs_of(standing: Standing, entity: int) -> Iterator[tuple[str, bool]]:
    """Yield the triggers that ``while_active`` names, and whether each is active."""
    phases = standing.book.state.life["phase"]
    for trigger in np.flatnonzero(standing.compiled.plan.requires[entity]):
        yield standing.compiled.entity_ids[trigger], bool(phases[trigger] == codes.ACTIVE)


def _chained(standing: Standing, reading: Reading) -> Iterator[Obstacle]:
    plan = standing.compiled.plan
    regime = reading.entity - int(plan.order.size)
    before = before_of(standing, reading.row)
    if plan.rules[reading.entity]["has_after"] and not plan.after[regime, before + 1]:
        names = (BASELINE, *standing.compiled.policy.regime_ids)
        allowed = tuple(names[column] for column in np.flatnonzero(plan.after[regime]))
        yield Obstacle(why=Why.NOT_AFTER, ids=allowed)


def before_of(standing: Standing, row: int) -> int:
    """Return the number of the regime in force before a decision; -1 is the baseline."""
    return int(standing.book.moments["regime"][row - 1]) if row > 0 else -1


def _unconfirmed(
    standing: Standing, life: Life, reading: Reading, guard: float
) -> Iterator[Obstacle]:
    if life.phase == "arming" and life.confirm_left > 0:
        yield Obstacle(why=Why.UNCONFIRMED, have=life.confirmed, need=life.confirm)
    elif guard == 0.0:
        name = codes.GUARDS[int(standing.compiled.plan.rules[reading.entity]["guard"])]
        yield Obstacle(why=Why.GUARD, ids=(name,), have=life.pending)


def _beaten(standing: Standing, reading: Reading, regime: int) -> Obstacle:
    """Return what keeps a regime out of force that could be entered by itself."""
    current = int(standing.book.state.stance[0]["regime"])
    before = before_of(standing, standing.moment)
    if reading.row < standing.moment:
        return Obstacle(why=Why.NOT_DUE)
    if regime == before:
        return Obstacle(why=Why.RELEASED)
    name = standing.compiled.policy.regime_ids[current] if current >= 0 else BASELINE
    why = Why.SAFER_HOLDS if current == before else Why.SAFER_CHOSEN
    return Obstacle(why=why, ids=(name,))
