"""This file words how often each condition was true and what followed: lines, and a document."""

import math
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from steelyard.domain.time import text
from steelyard.engine.evidence import FEW, GAP_DAYS, HORIZONS
from steelyard.report.bootstrap import LEVEL
from steelyard.report.text import columns
from steelyard.report.words import UNDEFINED, bare_percent, counted, iso, number, percent

if TYPE_CHECKING:
    from steelyard.engine.evidence import Evidence, Outcome, TrueEpisode
    from steelyard.report.inputs import JsonValue


def evidence_lines(evidence: "Sequence[Evidence]", width: int) -> list[str]:
    """Return the table of triggers and regimes, with what it means below.

    Parameters
    ----------
    evidence : sequence of Evidence
        Conditions of ``[define]`` are left to the document.
    width : int, columns
        No line is longer.
    """
    listed = [each for each in evidence if each.kind != "define"]
    answered = [each for each in listed if not each.unanswered]
    if not answered:
        return []
    heads = [f"{horizon} d {LEVEL:>4.0%}    any" for horizon in HORIZONS]
    rows = [["in percent", "true", "times", "a year", *heads], *map(_row, answered)]
    others = len(columns([row[1:] for row in rows])[0]) + 2
    rows = [[row[0][: max(width - others, 1)], *row[1:]] for row in rows]
    said = [_meaning(answered)]
    besides = [each.id for each in answered if each.while_active]
    if besides:
        said.append(f"Without the trigger they need besides: {', '.join(besides)}.")
    said += [f"{each.id}: not counted, it {each.unanswered}." for each in listed if each.unanswered]
    folded = [line for sentence in said for line in textwrap.wrap(sentence, width)]
    return [*columns(rows), *folded]


def _meaning(answered: "Sequence[Evidence]") -> str:
    firsts = [each.first_ms for each in answered if each.first_ms is not None]
    lasts = [each.last_ms for each in answered if each.last_ms is not None]
    days = f"From {text(min(firsts))} to {text(max(lasts))}, " if firsts and lasts else ""
    few = [each for each in answered if len(each.episodes) < FEW]
    rare = f" Below {FEW} times proves nothing; see each with --episodes." if few else ""
    return (
        f"{days}conditions alone, each from when it is known. True days at most {GAP_DAYS} apart "
        f"are one time; mean return from the next open, no costs, with the interval that holds "
        f"{LEVEL:.0%} of resampled means, beside that of any day.{rare}"
    )


def _row(each: "Evidence") -> list[str]:
    true = bare_percent(each.true_days / each.known_days) if each.known_days else UNDEFINED
    times = f"{len(each.episodes):,d}"
    return [each.id, true, times, number(each.per_year, 1), *map(_outcome, each.outcomes)]


def _outcome(outcome: "Outcome") -> str:
    ends = "..".join(f"{end * 100.0:+.0f}" for end in (outcome.low, outcome.high))
    between = UNDEFINED if math.isnan(outcome.low) else ends
    return f"{_signed(outcome.mean)} {between:>8} {_signed(outcome.any_day):>4}"


def _signed(value: float) -> str:
    shown = bare_percent(value)
    return f"+{shown}" if round(value * 100.0, 1) > 0.0 else shown


def episode_lines(evidence: "Sequence[Evidence]", width: int) -> list[str]:
    """Return every episode of every condition, a line each.

    Parameters
    ----------
    evidence : sequence of Evidence
        Those of ``[define]`` too.
    width : int, columns
        No line is longer.
    """
    return [line[:width] for each in evidence for line in _listed(each)][:-1]


def _listed(each: "Evidence") -> Iterator[str]:
    if each.unanswered:
        yield f"{each.kind} {each.id}: not counted, it {each.unanswered}."
    else:
        share = percent(each.confirmed_days / each.known_days) if each.known_days else UNDEFINED
        times = counted(len(each.episodes), "time")
        yield f"{each.kind} {each.id}: {times}, confirmed on {share} of {each.known_days:,d} days"
        yield from columns([_episode(episode) for episode in each.episodes])
    yield ""


def _episode(episode: "TrueEpisode") -> list[str]:
    first, last = text(episode.first_ms), text(episode.last_ms)
    after = [
        f"{horizon} d {_signed(value)} %" if not math.isnan(value) else f"{horizon} d {UNDEFINED}"
        for horizon, value in zip(HORIZONS, episode.returns, strict=True)
    ]
    return [f"  {first} to {last}", counted(episode.days, "day"), *after]


def evidence_document(evidence: "Sequence[Evidence]") -> "list[JsonValue]":
    """Return the same as a document; what is not defined is None."""
    return [
        {
            "kind": each.kind,
            "id": each.id,
            "when": each.when,
            "while_active": list(each.while_active),
            "unanswered": each.unanswered or None,
            "known_days": each.known_days,
            "first": _day(each.first_ms),
            "last": _day(each.last_ms),
            "true_days": each.true_days,
            "confirmed_days": each.confirmed_days,
            "per_year": _number(each.per_year),
            "is_few": len(each.episodes) < FEW,
            "outcomes": [_outcome_document(outcome) for outcome in each.outcomes],
            "episodes": [_episode_document(episode) for episode in each.episodes],
        }
        for each in evidence
    ]


def _outcome_document(outcome: "Outcome") -> "dict[str, JsonValue]":
    return {
        "days": outcome.days,
        "followed": outcome.followed,
        "mean": _number(outcome.mean),
        "mean_true_days": _number(outcome.mean_true_days),
        "low": _number(outcome.low),
        "high": _number(outcome.high),
        "any_day": _number(outcome.any_day),
    }


def _episode_document(episode: "TrueEpisode") -> "dict[str, JsonValue]":
    returns: list[JsonValue] = [_number(value) for value in episode.returns]
    return {
        "first": _day(episode.first_ms),
        "last": _day(episode.last_ms),
        "days": episode.days,
        "returns": returns,
    }


def _day(ms: int | None) -> str | None:
    return None if ms is None else iso(ms)


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value
