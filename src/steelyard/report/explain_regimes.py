"""This file puts into words why a regime is not in force, and how targets were composed."""

from collections.abc import Iterator
from typing import Final

from steelyard.report.explanation import (
    Composition,
    Entity,
    Fate,
    InForce,
    Obstacle,
    Place,
    Stage,
    Why,
)
from steelyard.report.reasons import joined, weights
from steelyard.report.term_words import leaf_words
from steelyard.report.words import counted, number, percent

FATES: Final = {
    Fate.DROPPED: "dropped beside a protective effect",
    Fate.SKIPPED_LEVEL: "skipped while a cover is in force",
    Fate.SKIPPED_NO_LONGS: "skipped, there are no long futures to cut",
    Fate.SKIPPED_LONGS: "skipped while there are long futures to cut",
    Fate.OUTRANKED: "another goes further",
}

OBSTACLES: Final = {
    Why.NOT_ACTIVE: "needs {names} active",
    Why.NOT_AFTER: "may only follow {names}",
    Why.UNCONFIRMED: "confirmed {have} of {need}",
    Why.GUARD: "{names} does not hold, waits {left} more",
    Why.COOLDOWN: "cools down, {left} left",
    Why.UNWINDING: "unwinds, slice {have} of {need}",
    Why.SAFER_HOLDS: "{names} is safer and not released",
    Why.SAFER_CHOSEN: "{names} is safer and was entered",
    Why.RELEASED: "its release was met",
    Why.NOT_DUE: "not evaluated since",
}

RULES: Final = {
    "additive": "added hedges",
    "shift": "shift into shorts",
    "level": "hedge level",
    "no_net_short": "no net short",
    "margin": "margin limit",
    "unwind": "slice of the unwind",
}


def obstacle_words(entity: Entity) -> list[str]:
    """Return how a regime stands to the one in force, each reason a sentence without its end."""
    point = entity.standpoint
    if point is None or point.place == Place.IN_FORCE:
        return ["in force"]
    said = [_obstacle(entity, one) for one in point.obstacles]
    return [f"{point.place.value}, not entered: {said[0]}", *said[1:]]


def _obstacle(entity: Entity, found: Obstacle) -> str:
    if found.why in {Why.FALSE, Why.UNKNOWN}:
        return _failed(entity, found.why)
    names = " or ".join(found.ids) if found.why == Why.NOT_AFTER else joined(found.ids)
    said = OBSTACLES[found.why].format(
        names=names, have=found.have, need=found.need, left=counted(found.have, "evaluation")
    )
    if found.why == Why.UNCONFIRMED:
        return f"{said}, {counted(entity.life.confirm_left, 'evaluation')} to go"
    return said


def _failed(entity: Entity, why: Why) -> str:
    """Return the comparisons that failed; every branch of an ``or`` had to fail."""
    unmet = list(entity.entry.term.unmet())
    head = "condition unknown" if why == Why.UNKNOWN else "condition false"
    if len(unmet) == 1:
        return f"{head}: {leaf_words(unmet[0])}"
    texts = dict.fromkeys(one.text if one.is_wanted else f"not {one.text}" for one in unmet)
    return f"{head}, failing {', '.join(texts)}"


def stage_lines(composed: Composition) -> Iterator[tuple[int, str]]:
    """Yield the trace of a composition, what became of every effect, and what binds."""
    for row, stage in enumerate(composed.stages):
        binds = "   <- binding" if row == composed.binding else ""
        yield 0, f"{stage_name(stage)}: {weights(stage.spot, stage.futures)}{binds}"
    for effect in composed.effects:
        if effect.fate != Fate.APPLIED:
            yield 0, f"{effect.id} {size_words(effect)}: {FATES[effect.fate]}"
    if composed.is_capped:
        yield 0, f"added hedges were cut to the cap of {percent(composed.hedge_cap)} of spot"
    yield 0, f"leverage limit in force: {number(composed.leverage, 1)}"


def stage_name(stage: Stage) -> str:
    """Return whose line of the trace it is."""
    if stage.name in {"base", "effect"}:
        return joined(stage.ids)
    behind = f" ({joined(stage.ids)})" if stage.ids else ""
    return f"{RULES[stage.name]}{behind}"


def size_words(effect: InForce) -> str:
    """Return the kind and size of an effect."""
    if effect.kind == "leverage_cap":
        return f"leverage at most {number(effect.size, 1)}"
    if effect.kind == "set":
        return weights(effect.size, effect.second)
    return f"{effect.kind} {percent(effect.size)}"
