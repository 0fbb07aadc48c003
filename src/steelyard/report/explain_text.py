"""This file tells an explanation on a terminal: the answer, and one screen unless asked for all."""

import math
import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from steelyard.domain.errors import RequestError
from steelyard.domain.time import text as date
from steelyard.policy.place import nearest
from steelyard.report.explain_orders import order_lines, ordered_words
from steelyard.report.explain_regimes import obstacle_words, stage_lines
from steelyard.report.explanation import Entity, Explanation, Life
from steelyard.report.reasons import joined, weights
from steelyard.report.term_words import amount, short, tomorrow_words, tree, truth
from steelyard.report.terms import Clause
from steelyard.report.text import NARROWEST
from steelyard.report.words import counted, signed_percent

SHOWN: Final = 3
"""Triggers that a screen shows, those in force before the nearest."""


def answer(explained: Explanation) -> str:
    """Return the first sentence: the stance, and what is ordered now."""
    return (
        f"{explained.asset}, {date(explained.at_ms)}: {explained.policy} is in "
        f"{explained.regime} and asks for {weights(explained.spot, explained.futures)}, "
        f"net delta {signed_percent(explained.delta)}; {ordered_words(explained)}."
    )


def nearness(entity: Entity) -> tuple[int, float]:
    """Return what triggers are sorted by: in force, under way, then the nearest close or distance.

    Distances of unlike units are compared by their share of the threshold.
    """
    if entity.is_in_force:
        return 0, 0.0
    if entity.life.phase != "idle" or entity.life.pending:
        return 1, 0.0
    return 2, min([*_moves(entity), _shortfall(entity)])


def _moves(entity: Entity) -> Iterator[float]:
    """Yield how far tomorrow's close would have to move, as fractions."""
    found = entity.tomorrow
    closes = [one.amount.value for one in entity.entry.inputs if one.text == "close"]
    if found is None or not closes:
        return
    for close in (found.below, found.above):
        if not math.isnan(close):
            yield abs(close / closes[0] - 1.0)


def _shortfall(entity: Entity) -> float:
    """Return the largest share of a threshold that is still to go; infinity where none is told."""
    shares = []
    for term in entity.entry.term.unmet():
        compared = term.comparison
        if compared is None or not compared.distances or compared.right_value == 0.0:
            return math.inf
        to_go = compared.distances[0].value
        shares.append(abs(to_go / compared.right_value) if to_go >= 0.0 else math.inf)
    return max(shares, default=math.inf)


def state_words(entity: Entity) -> str:
    """Return the phase of a trigger or regime with all that it counts."""
    life = entity.life
    said = [life.phase, f"condition {truth(entity.condition)}", *_counts(life)]
    if life.pending:
        said.append(f"waits for {entity.guard}, {counted(life.pending, 'evaluation')} left")
    if not math.isnan(life.strength):
        said.append(f"strength {life.strength:.2f}")
    if math.isnan(entity.condition):
        said.append(f"unknown {counted(life.unknown_run, 'time')} in a row: {life.on_unknown}")
    idle = [need.id for need in entity.needs if not need.is_active]
    if idle:
        said.append(f"needs {joined(idle)} active")
    return "; ".join(said)


def _counts(life: Life) -> Iterator[str]:
    """Yield what a phase counts: confirmations, evaluations of release, slices, cooldown."""
    if life.phase in {"idle", "arming"} and (life.phase == "arming" or life.of > 1):
        of = f" (of the last {life.of})" if life.of != life.confirm else ""
        yield f"confirmed {life.confirmed} of {life.confirm}{of}, {life.confirm_left} to go"
    elif life.phase == "active":
        dwell = f", dwell {life.dwell_left} more" if life.dwell_left else ""
        yield f"release {life.released} of {life.release_confirm}, {life.release_left} to go{dwell}"
    elif life.phase == "unwinding":
        yield f"slice {life.slice_done} of {life.slices}"
    elif life.phase == "cooldown":
        yield f"{counted(life.cooldown_left, 'evaluation')} left"


def brief(explained: Explanation, entity: Entity) -> Iterator[tuple[int, str]]:
    """Yield a trigger in a few lines: its state, what is still to go, and the close it takes."""
    yield 0, f"{entity.id}: {state_words(entity)}"
    if entity.life.phase == "active" and entity.release is not None:
        yield from _still_to_go("release", entity.release)
    elif not entity.is_in_force:
        yield from _still_to_go("entry", entity.entry)
    yield from _tomorrow(explained, entity)
    yield from _missing(entity.entry)


def _still_to_go(key: str, clause: Clause) -> Iterator[tuple[int, str]]:
    head, *unmet = short(clause)
    if len(unmet) == 1:
        yield 1, f"{key}: {unmet[0]}"
        return
    yield 1, f"{key}, {head}{':' if unmet else ''}"
    yield from ((2, line) for line in unmet)


def _tomorrow(explained: Explanation, entity: Entity) -> Iterator[tuple[int, str]]:
    pairs = (
        (entity.tomorrow, "condition", not entity.is_in_force or entity.release is None),
        (entity.release_tomorrow, "release", True),
    )
    for found, what, is_told in pairs:
        if found is not None and is_told:
            yield 1, tomorrow_words(found, explained.close, explained.reach, what)


def _missing(clause: Clause) -> Iterator[tuple[int, str]]:
    for one in clause.missing:
        yield 1, f"unknown: {one.text}, because {one.why}"


def detail(explained: Explanation, entity: Entity) -> Iterator[tuple[int, str]]:
    """Yield everything of a trigger or regime."""
    yield 0, f"{entity.id} ({entity.kind}): {state_words(entity)}"
    yield 1, f"does: {entity.does}"
    if entity.why:
        yield 1, f"why: {entity.why}"
    evaluated = f"at {date(entity.evaluated_ms)}" if entity.evaluated_ms else "not yet"
    yield 1, f"evaluated {evaluated}"
    if entity.guard:
        yield 1, f"only_if {entity.guard}: {truth(entity.guard_holds)} on the account as it is"
    yield from _clause("entry", entity.entry)
    if entity.release is not None:
        yield from _clause("release", entity.release)
    for found, what in ((entity.tomorrow, "condition"), (entity.release_tomorrow, "release")):
        if found is not None:
            yield 1, tomorrow_words(found, explained.close, explained.reach, what)
    if entity.standpoint is not None:
        yield from ((1, line) for line in obstacle_words(entity))


def _clause(key: str, clause: Clause) -> Iterator[tuple[int, str]]:
    yield 1, f"{key}:"
    yield from tree(clause.term, depth=2)
    inputs = ", ".join(f"{one.text} = {amount(one.amount)}" for one in clause.inputs)
    yield 2, f"inputs: {inputs or 'none'}"
    yield from ((depth + 1, line) for depth, line in _missing(clause))


def _wrapped(lines: Iterator[tuple[int, str]], width: int) -> Iterator[str]:
    """Yield lines no longer than the width, each as deep as it is."""
    for depth, line in lines:
        lead = "  " * (depth + 1)
        yield from textwrap.wrap(line, width, initial_indent=lead, subsequent_indent=f"{lead}    ")


def _regimes(explained: Explanation) -> Iterator[tuple[int, str]]:
    for entity in explained.regimes:
        yield 0, f"{entity.id}: {'; '.join(obstacle_words(entity))}"
        found = entity.tomorrow
        if found is not None and not (math.isnan(found.below) and math.isnan(found.above)):
            yield 1, tomorrow_words(found, explained.close, explained.reach, "condition")


def _named(explained: Explanation, only: Sequence[str]) -> list[Entity]:
    """Return the triggers and regimes of some names.

    Raises
    ------
    RequestError
        If there is none of a name.
    """
    known = {entity.id: entity for entity in explained.entities}
    for name in only:
        if name not in known:
            there = ", ".join(known) or "none at all"
            raise RequestError(
                f'{explained.policy} has no trigger or regime "{name}"; there are {there}'
                f"{nearest(name, tuple(known))}"
            )
    return [known[name] for name in only]


def explain_text(
    explained: Explanation,
    *,
    only: Sequence[str] = (),
    everything: bool = False,
    width: int = NARROWEST,
) -> str:
    """Return an explanation for a terminal or a pipe, without a newline at its end.

    Parameters
    ----------
    explained : Explanation
        What to tell about.
    only : sequence of str
        Ids of triggers and regimes to tell everything of, and nothing else.
    everything : bool
        Tell everything of all of them, not only one screen.
    width : int, columns
        No line is longer, from 80 on.

    Raises
    ------
    RequestError
        If an id is unknown.
    """
    width = max(width, NARROWEST)
    named = _named(explained, only)
    if named:
        told = (line for entity in named for line in detail(explained, entity))
        return "\n".join([*textwrap.wrap(answer(explained), width), "", *_wrapped(told, width)])
    lines = [
        *textwrap.wrap(answer(explained), width),
        *textwrap.wrap(f"{date(explained.decided_ms)}: {explained.reason}", width),
        "",
        *(_all(explained, width) if everything else _some(explained, width)),
        "",
        "How the targets came about",
        *_wrapped(stage_lines(explained.composition), width),
        "",
        *order_lines(explained),
    ]
    return "\n".join(lines)


def _some(explained: Explanation, width: int) -> Iterator[str]:
    ranked = sorted(explained.triggers, key=nearness)
    count = max(SHOWN, sum(one.is_in_force for one in ranked))
    shown, rest = ranked[:count], ranked[count:]
    if shown:
        yield "Triggers in force or nearest"
        yield from _wrapped((line for one in shown for line in brief(explained, one)), width)
    if rest:
        names = ", ".join(one.id for one in rest)
        yield from textwrap.wrap(
            f"Farther: {names}. --all tells everything, --only ID of one.", width
        )
    if explained.regimes:
        yield from ("", f"Regimes, safest first; in force: {explained.regime}")
        yield from _wrapped(_regimes(explained), width)


def _all(explained: Explanation, width: int) -> Iterator[str]:
    told = (line for entity in explained.entities for line in detail(explained, entity))
    yield "Triggers, then regimes, safest first"
    yield from _wrapped(told, width)
