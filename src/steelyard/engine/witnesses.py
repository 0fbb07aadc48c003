"""This file words what an examination finds, each with the moment or the count that proves it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from steelyard.domain import codes
from steelyard.domain.arrays import Flags, Ints
from steelyard.domain.record import Decisions
from steelyard.domain.time import DAY_MS, text
from steelyard.engine.confirmation import confirmed
from steelyard.policy.compile import CompiledPolicy
from steelyard.policy.schema import PolicyDocument, Regime
from steelyard.report.activity import BASELINE, Episode, RegimeActivity, TriggerActivity
from steelyard.report.words import counted, days


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something in a policy that deserves a second look, with its witness.

    Parameters
    ----------
    kind : str
        ``missing_series``, ``never``, ``always``, ``unreachable``, ``no_effect`` or ``look_ahead``;
        of a remark ``overlap``, ``open``, ``unbacked`` or ``stand_in``.
    id : str
        The trigger or regime, or the condition's canonical text.
    sentence : str
    moment_ms : int or None, milliseconds
        A moment that proves it, the first of its kind; None where the file proves it.
    count : int or None
        How many moments, days or series do.
    """

    kind: str
    id: str
    sentence: str
    moment_ms: int | None = None
    count: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """What one trigger's or regime's condition was at its own evaluations.

    Parameters
    ----------
    ms : int64[n], milliseconds
    is_true, is_known, is_confirmed : bool[n]
    row : int64[n]
        Which of all moments each evaluation is.
    """

    ms: Ints
    is_true: Flags
    is_known: Flags
    is_confirmed: Flags
    row: Ints


def seen_of(compiled: CompiledPolicy, decisions: Decisions) -> tuple[Seen, ...]:
    """Return what every trigger, then every regime, saw."""
    found = []
    for column, entity in enumerate(compiled.policy.document.entities):
        row = np.flatnonzero(decisions.evaluated[:, column])
        values = decisions.condition[row, column]
        counts = confirmed(values, entity.confirm, entity.on_unknown)
        found.append(Seen(decisions.ms[row], values == 1.0, ~np.isnan(values), counts, row))
    return tuple(found)


def _first(ms: Ints, marks: Flags) -> int | None:
    return int(ms[np.argmax(marks)]) if marks.any() else None


def idle(
    compiled: CompiledPolicy,
    triggers: Sequence[TriggerActivity],
    seen: Sequence[Seen],
    decisions: Decisions,
) -> Iterator[Finding]:
    """Yield the triggers that never fire, and those whose condition always holds.

    Parameters
    ----------
    compiled : CompiledPolicy
        Whose triggers they are.
    triggers : sequence of TriggerActivity
        What became of each.
    seen : sequence of Seen
        Of triggers, then regimes.
    decisions : Decisions
        Of the same run.
    """
    for column, (trigger, own) in enumerate(zip(triggers, seen, strict=False)):
        true, known = int(own.is_true.sum()), int(own.is_known.sum())
        if known == 0:
            why = f"it was unknown at all {trigger.evaluated:,d} evaluations; its data is missing"
            yield _idle("never", trigger.id, why, (own, ~own.is_known))
        elif trigger.episodes == 0 and true == 0:
            why = f"its condition was true at 0 of {known:,d} evaluations"
            why += "".join(_never_active(compiled, column, own, decisions))
            yield _idle("never", trigger.id, why, (own, own.is_known))
        elif trigger.episodes == 0:
            first = text(int(own.ms[np.argmax(own.is_true)]))
            why = f"its condition was true at {true:,d} of {known:,d} evaluations, first {first}"
            yield _idle("never", trigger.id, f"{why}, never confirmed", (own, own.is_true))
        elif true == known:
            first = text(int(own.ms[np.argmax(own.is_known)]))
            why = f"its condition was true at all {known:,d} evaluations at which it was known"
            yield _idle("always", trigger.id, f"{why}, from {first} on", (own, own.is_known))


def _idle(kind: str, name: str, why: str, witness: tuple[Seen, Flags]) -> Finding:
    own, marks = witness
    return Finding(
        kind=kind,
        id=name,
        sentence=f"{name} {kind} fires here: {why}.",
        moment_ms=_first(own.ms, marks),
        count=int(marks.sum()),
    )


def unreached(
    compiled: CompiledPolicy,
    regimes: Sequence[RegimeActivity],
    seen: Sequence[Seen],
    decisions: Decisions,
) -> Iterator[Finding]:
    """Yield the regimes that are never entered, with what kept each of them out.

    Parameters
    ----------
    compiled : CompiledPolicy
        Whose regimes they are.
    regimes : sequence of RegimeActivity
        The baseline first.
    seen : sequence of Seen
        Of triggers, then regimes.
    decisions : Decisions
        Of the same run.
    """
    triggers = len(compiled.policy.trigger_ids)
    for number, regime in enumerate(regimes[1:]):
        own = seen[triggers + number]
        if regime.entries:
            continue
        true, known = int(own.is_true.sum()), int(own.is_known.sum())
        why = f"its condition was true at {true:,d} of {known:,d} evaluations"
        if true:
            first = text(int(own.ms[np.argmax(own.is_true)]))
            why += f", first {first}: {', '.join(_kept_out(compiled, number, own, decisions))}"
        else:
            why += "".join(_never_active(compiled, triggers + number, own, decisions))
        yield Finding(
            kind="unreachable",
            id=regime.id,
            sentence=f"regime {regime.id} is never entered here: {why}.",
            moment_ms=_first(own.ms, own.is_true if true else own.is_known),
            count=true or known,
        )


def _never_active(
    compiled: CompiledPolicy, entity: int, own: Seen, decisions: Decisions
) -> Iterator[str]:
    """Yield for each trigger that an entity needs at how many evaluations it was active."""
    for name in compiled.policy.document.entities[entity].while_active:
        column = compiled.policy.trigger_ids.index(name)
        active = np.count_nonzero(decisions.phase[own.row, column] == codes.ACTIVE)
        yield f"; {name}, which it needs, was active at {active:,d} of them"


def _kept_out(
    compiled: CompiledPolicy, number: int, own: Seen, decisions: Decisions
) -> Iterator[str]:
    """Yield at how many evaluations with a true condition what kept a regime out."""
    document = compiled.policy.document
    regime = document.regimes[number]
    waiting = int(np.count_nonzero(own.is_true & ~own.is_confirmed))
    if waiting:
        needed, window = regime.confirm
        yield f"at {waiting:,d} not confirmed, which takes {needed} of {window}"
    stood = decisions.regime[own.row][own.is_confirmed]
    for other in range(-1, len(document.regimes)):
        blocked = int(np.count_nonzero(stood == other))
        if blocked:
            yield f"at {blocked:,d} {_in_its_way(document, number, other)}"


def _in_its_way(document: PolicyDocument, number: int, other: int) -> str:
    """Return why a confirmed regime does not take the place of the one in force."""
    regime = document.regimes[number]
    name = BASELINE if other < 0 else document.regimes[other].id
    if regime.after is not None and name not in regime.after:
        return f"{name} was in force, and it may follow {' or '.join(regime.after)} only"
    if regime.only_if:
        return f"its guard {regime.only_if} failed while {name} was in force"
    return f"{'the safer ' if 0 <= other < number else ''}{name} was in force"


def overlaps(
    compiled: CompiledPolicy, seen: Sequence[Seen], decisions: Decisions
) -> Iterator[Finding]:
    """Yield the pairs of regimes that were both confirmed at one evaluation.

    Two that may only follow different ones never meet.

    Parameters
    ----------
    compiled : CompiledPolicy
        Whose regimes they are.
    seen : sequence of Seen
        Of triggers, then regimes.
    decisions : Decisions
        Of the same run.
    """
    triggers = len(compiled.policy.trigger_ids)
    on = np.zeros((len(compiled.policy.regime_ids), decisions.ms.size), dtype=np.bool_)
    for number, own in enumerate(seen[triggers:]):
        on[number, own.row[own.is_confirmed & own.is_true]] = True
    regimes = compiled.policy.document.regimes
    for safer, bolder in combinations(range(on.shape[0]), 2):
        both = decisions.ms[on[safer] & on[bolder]]
        if both.size == 0 or not _may_meet(regimes[safer], regimes[bolder]):
            continue
        count = int(np.unique((both - 1) // DAY_MS).size)
        names = compiled.policy.regime_ids[safer], compiled.policy.regime_ids[bolder]
        yield Finding(
            kind="overlap",
            id=f"{names[0]}, {names[1]}",
            sentence=(
                f"{names[0]} wins over {names[1]}: both confirmed on {counted(count, 'day')}, "
                f"first {text(int(both[0]))}."
            ),
            moment_ms=int(both[0]),
            count=count,
        )


def _may_meet(one: Regime, other: Regime) -> bool:
    """Return whether there is a regime from which both may be entered."""
    if one.after is None or other.after is None:
        return True
    return not set(one.after).isdisjoint(other.after)


def unended(episodes: Sequence[Episode]) -> Iterator[Finding]:
    """Yield what had not ended when the data did, where none of its kind that ended was as long.

    Parameters
    ----------
    episodes : sequence of Episode
        Of every trigger and regime.
    """
    for episode in episodes:
        if not episode.is_open or episode.id == BASELINE:
            continue
        length = episode.end_ms - episode.start_ms
        ended = [
            other.end_ms - other.start_ms
            for other in episodes
            if other.id == episode.id and not other.is_open
        ]
        if any(other >= length for other in ended):
            continue
        longest = f"the longest that did took {days(max(ended) / DAY_MS)}" if ended else "none did"
        yield Finding(
            kind="open",
            id=episode.id,
            sentence=(
                f"{episode.kind} {episode.id} never ended from {text(episode.start_ms)} on, "
                f"{days(length / DAY_MS)} days; {longest}."
            ),
            moment_ms=episode.start_ms,
            count=length // DAY_MS,
        )


def unbacked(name: str, ms: Ints) -> Finding:
    """Return whose futures were cut, because coins did not back them.

    Parameters
    ----------
    name : str
        Trigger, regime or baseline.
    ms : int64[n], milliseconds
        Evaluations at which they were.
    """
    return Finding(
        kind="unbacked",
        id=name,
        sentence=(
            f"{name}: its futures were cut to what coins back, the leverage in force times spot, "
            f"at {counted(ms.size, 'evaluation')}, first {text(int(ms[0]))}."
        ),
        moment_ms=int(ms[0]),
        count=ms.size,
    )


def without_effect(name: str, decisions: Decisions, column: int) -> Finding:
    """Return the finding that all targets are the same without a trigger's effects.

    Parameters
    ----------
    name : str
        The trigger.
    decisions : Decisions
        Of the run with them.
    column : int
        Of the trigger.
    """
    phase = decisions.phase[:, column]
    active = (phase == codes.ACTIVE) | (phase == codes.UNWINDING)
    count = int(np.count_nonzero(active))
    first = int(decisions.ms[np.argmax(active)])
    return Finding(
        kind="no_effect",
        id=name,
        sentence=(
            f"{name} never changes a target here: it was active at {count:,d} evaluations, first "
            f"{text(first)}, and without its effects every target is the same."
        ),
        moment_ms=first,
        count=count,
    )
