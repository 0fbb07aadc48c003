"""This file examines a policy on a market: what never holds, what always does, what looks ahead."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from steelyard.data.assemble import cut_market
from steelyard.domain.arrays import Flags, Floats
from steelyard.domain.market import Market
from steelyard.domain.plan import Signals
from steelyard.domain.record import Decisions
from steelyard.domain.time import text
from steelyard.engine.backtest import lay_course
from steelyard.policy.compile import CompiledPolicy, compile_policy
from steelyard.policy.evaluate import evaluate_signals
from steelyard.policy.load import Policy
from steelyard.report.activity import (
    RegimeActivity,
    TriggerActivity,
    regime_activity,
    trigger_activity,
)
from steelyard.report.inputs import RunInputs
from steelyard.report.policy_facts import policy_facts

CUTS: Final = 5
"""Moments at which the history is cut to see whether a value knew what came after."""

ROUNDING: Final = 1e-9
"""Relative difference that is arithmetic and no foresight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something in a policy that deserves a second look.

    Parameters
    ----------
    kind : str
        ``never``, ``always``, ``unreachable`` or ``look_ahead``.
    id : str
        The trigger or regime, or the condition's canonical text.
    sentence : str
    """

    kind: str
    id: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What became of each trigger and regime between two stamps, and what was found.

    Parameters
    ----------
    start_ms, end_ms : int, milliseconds
    triggers : tuple of TriggerActivity
    regimes : tuple of RegimeActivity
        The baseline first.
    cuts : tuple of int, milliseconds
        Where the history was cut to look for foresight.
    findings : tuple of Finding
    """

    start_ms: int
    end_ms: int
    triggers: tuple[TriggerActivity, ...]
    regimes: tuple[RegimeActivity, ...]
    cuts: tuple[int, ...]
    findings: tuple[Finding, ...]


def examine(
    policy: Policy, market: Market, *, start: str | None = None, end: str | None = None
) -> Examination:
    """Return what a policy does and does not do on a market.

    Parameters
    ----------
    policy : Policy
        What is examined.
    market : Market
        On what.
    start, end : str, optional
        Days or hours, UTC; without them all that the account's series have in common.

    Raises
    ------
    PolicyError
        If the policy cannot be run.
    DataError
        If the market lacks a series the policy needs.
    RequestError
        If the dates lie outside the data.
    """
    compiled = compile_policy(policy)
    course = lay_course(market, start=start, end=end)
    walked = course.run(compiled)
    inputs = RunInputs(
        policy=policy_facts(compiled),
        market=market,
        start_ms=course.start_ms,
        end_ms=course.end_ms,
        walk=walked,
        benchmarks={},
        assumptions={},
    )
    triggers, regimes = trigger_activity(inputs), regime_activity(inputs)
    signals = evaluate_signals(compiled, market, course.start_ms, course.end_ms, course.memo)
    cuts = _cuts(signals)
    findings = (
        *_idle(triggers, walked.decisions),
        *_unreached(regimes, walked.decisions, len(triggers)),
        *_foresight(compiled, market, signals, cuts),
    )
    return Examination(
        start_ms=course.start_ms,
        end_ms=course.end_ms,
        triggers=triggers,
        regimes=regimes,
        cuts=cuts,
        findings=findings,
    )


def _idle(triggers: tuple[TriggerActivity, ...], decisions: Decisions) -> Iterator[Finding]:
    """Yield the triggers that never fire, and those whose condition always holds."""
    for column, trigger in enumerate(triggers):
        true, known = _held(decisions, column)
        if known == 0:
            why = f"it was unknown at all {trigger.evaluated:,d} evaluations; its data is missing"
            yield Finding(
                kind="never", id=trigger.id, sentence=f"{trigger.id} never fires here: {why}."
            )
        elif trigger.episodes == 0:
            why = f"its condition was true at {true:,d} of {known:,d} evaluations"
            yield Finding(
                kind="never", id=trigger.id, sentence=f"{trigger.id} never fires here: {why}."
            )
        elif true == known:
            why = f"its condition was true at all {known:,d} evaluations at which it was known"
            yield Finding(
                kind="always", id=trigger.id, sentence=f"{trigger.id} always fires here: {why}."
            )


def _unreached(
    regimes: tuple[RegimeActivity, ...], decisions: Decisions, n_triggers: int
) -> Iterator[Finding]:
    """Yield the regimes that are never entered."""
    for number, regime in enumerate(regimes[1:]):
        true, known = _held(decisions, n_triggers + number)
        if regime.entries:
            continue
        why = f"its condition was true at {true:,d} of {known:,d} evaluations"
        if true:
            why += ", but a safer regime, its confirmation or what it may follow kept it out"
        sentence = f"regime {regime.id} is never entered here: {why}."
        yield Finding(kind="unreachable", id=regime.id, sentence=sentence)


def _held(decisions: Decisions, column: int) -> tuple[int, int]:
    """Return at how many evaluations a condition was true, and at how many it was known."""
    seen = decisions.condition[decisions.evaluated[:, column], column]
    return int(np.count_nonzero(seen == 1.0)), int(np.count_nonzero(~np.isnan(seen)))


def _cuts(signals: Signals) -> tuple[int, ...]:
    """Return moments spread evenly over a run, the first and the last left out."""
    inside = signals.ms[1:-1]
    picked = np.linspace(0, inside.size - 1, CUTS + 2)[1:-1].astype(np.int64)
    return tuple(sorted({int(ms) for ms in inside[picked]})) if inside.size else ()


def _foresight(
    compiled: CompiledPolicy, market: Market, whole: Signals, cuts: tuple[int, ...]
) -> Iterator[Finding]:
    """Yield the conditions that are worth something else once what came after is taken away."""
    accused: set[str] = set()
    for cut_ms in cuts:
        cut = evaluate_signals(compiled, cut_market(market, cut_ms), int(whole.ms[0]), cut_ms)
        known = whole.values[:, : cut.ms.size]
        for row in np.flatnonzero(~_alike(known, cut.values).all(axis=1)):
            name = compiled.series[row].text
            if name in accused:
                continue
            accused.add(name)
            moment = cut.ms[~_alike(known, cut.values)[row]][0]
            what = f"its value on {text(int(moment))} changes when the data ends on {text(cut_ms)}"
            yield Finding(kind="look_ahead", id=name, sentence=f"{name} looks ahead: {what}.")


def _alike(one: Floats, other: Floats) -> Flags:
    """Return where two arrays are the same but for rounding; unknown is the same as unknown."""
    return np.isclose(one, other, rtol=ROUNDING, atol=0.0, equal_nan=True)
