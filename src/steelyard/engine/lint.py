"""This file examines a policy on a market: what never holds, what looks ahead, what followed."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from steelyard.domain.market import Market
from steelyard.domain.plan import Signals, Track
from steelyard.domain.record import Walk
from steelyard.engine.backing import cut_in_run
from steelyard.engine.course import Course, lay_course
from steelyard.engine.evidence import Evidence, evidence_of
from steelyard.engine.foresight import cuts_of, foresight
from steelyard.engine.witnesses import (
    Finding,
    Seen,
    idle,
    overlaps,
    seen_of,
    unbacked,
    unended,
    unreached,
    without_effect,
)
from steelyard.policy.account import AccountTerms
from steelyard.policy.compile import CompiledPolicy, compile_policy
from steelyard.policy.load import Policy, load_policy
from steelyard.policy.needs import absent_series, unmet_needs
from steelyard.report.activity import (
    RegimeActivity,
    TriggerActivity,
    episodes,
    regime_activity,
    trigger_activity,
)
from steelyard.report.inputs import RunInputs
from steelyard.report.policy_facts import policy_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What became of each trigger and regime between two stamps, and what was found.

    Parameters
    ----------
    start_ms, end_ms : int, milliseconds
        Between which an account lived.
    triggers : tuple of TriggerActivity
    regimes : tuple of RegimeActivity
        The baseline first. Both are empty where the data lacks a series that the policy needs.
    cuts : tuple of int, milliseconds
        Where the history was cut to look for foresight.
    findings : tuple of Finding
        What is wrong, or does nothing.
    remarks : tuple of Finding
        What is worth knowing.
    evidence : tuple of Evidence
        How often each condition was true, and what followed: without an account, so on the whole
        history of spot unless dates were given.
    """

    start_ms: int
    end_ms: int
    triggers: tuple[TriggerActivity, ...]
    regimes: tuple[RegimeActivity, ...]
    cuts: tuple[int, ...]
    findings: tuple[Finding, ...]
    remarks: tuple[Finding, ...]
    evidence: tuple[Evidence, ...]


def check(
    policy: Policy | str,
    market: Market,
    *,
    start: str | None = None,
    end: str | None = None,
    account: AccountTerms | None = None,
) -> Examination:
    """Return what a policy does and does not do on a market.

    Parameters
    ----------
    policy : Policy or str
        What is examined: a loaded policy, or the name or path of one.
    market : Market
        On what. It may lack series; then that is what is found, and no account is run.
    start, end : str, optional
        Days or hours, UTC; without them all that the account's series have in common, and for the
        evidence all of the spot bars.
    account : AccountTerms, optional
        From ``load_account``, on whose terms it is run; else a plain account.

    Raises
    ------
    PolicyError
        If the policy cannot be run.
    DataError
        If a funding settlement is missing.
    RequestError
        If the dates lie outside the data.
    """
    loaded = load_policy(policy, account=account) if isinstance(policy, str) else policy
    compiled = compile_policy(loaded, market)
    course = lay_course(market, start=start, end=end, account=account)
    evidence = partial(
        evidence_of,
        compiled,
        market,
        start_ms=None if start is None else course.start_ms,
        end_ms=None if end is None else course.end_ms,
        memo=course.memo,
    )
    lacking = tuple(_lacking(compiled, market))
    if lacking:
        return Examination(
            start_ms=course.start_ms,
            end_ms=course.end_ms,
            triggers=(),
            regimes=(),
            cuts=(),
            findings=lacking,
            remarks=(),
            evidence=evidence(),
        )
    return _examined(compiled, course, evidence())


def _examined(
    compiled: CompiledPolicy, course: Course, evidence: tuple[Evidence, ...]
) -> Examination:
    signals, track = course.prepare(compiled)
    walked = course.walked(compiled.plan, signals, track)
    inputs = RunInputs(
        policy=policy_facts(compiled),
        plan=compiled.plan,
        market=course.market,
        track=track,
        start_ms=course.start_ms,
        end_ms=course.end_ms,
        walk=walked,
        benchmarks={},
        assumptions={},
    )
    triggers, regimes = trigger_activity(inputs), regime_activity(inputs)
    seen = seen_of(compiled, walked.decisions)
    cuts = cuts_of(signals)
    return Examination(
        start_ms=course.start_ms,
        end_ms=course.end_ms,
        triggers=triggers,
        regimes=regimes,
        cuts=cuts,
        findings=(
            *idle(compiled, triggers, seen, walked.decisions),
            *unreached(compiled, regimes, seen, walked.decisions),
            *_in_vain(compiled, course, (signals, track), walked, triggers),
            *foresight(compiled, course.market, signals, cuts),
        ),
        remarks=tuple(_remarks(compiled, inputs, seen)),
        evidence=evidence,
    )


def _lacking(compiled: CompiledPolicy, market: Market) -> Iterator[Finding]:
    """Yield what the policy needs and the market lacks."""
    for name, sentence in dict.fromkeys(unmet_needs(compiled, market)):
        yield Finding(kind="missing_series", id=name, sentence=f"{sentence}.")


def _remarks(
    compiled: CompiledPolicy, inputs: RunInputs, seen: tuple[Seen, ...]
) -> Iterator[Finding]:
    """Yield what is worth knowing, the rarest kind first."""
    yield from unended(episodes(inputs))
    for name, ms in cut_in_run(compiled, inputs.walk).items():
        yield unbacked(name, ms)
    for sentence in absent_series(compiled, inputs.market):
        yield Finding(kind="stand_in", id=compiled.policy.name, sentence=f"{sentence}.")
    yield from overlaps(compiled, seen, inputs.walk.decisions)


def _in_vain(
    compiled: CompiledPolicy,
    course: Course,
    prepared: tuple[Signals, Track],
    walked: Walk,
    triggers: tuple[TriggerActivity, ...],
) -> Iterator[Finding]:
    """Yield the triggers that fire, and without whose effects every target would be the same."""
    plan, (signals, track) = compiled.plan, prepared
    for column, trigger in enumerate(triggers):
        own = plan.effects["entity"] == column
        if trigger.episodes == 0 or not own.any():
            continue
        idle_plan = plan._replace(effects=plan.effects[~own])
        other = course.walked(idle_plan, signals, track)
        if np.array_equal(other.decisions.targets, walked.decisions.targets, equal_nan=True):
            yield without_effect(trigger.id, walked.decisions, column)
