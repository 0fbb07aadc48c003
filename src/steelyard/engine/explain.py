"""This file explains a decision: what every condition was worth, and how the orders came about."""

import math

import numpy as np

from steelyard.domain import codes
from steelyard.domain.market import Market
from steelyard.engine.clauses import Clauses
from steelyard.engine.composed import composition_of
from steelyard.engine.course import DEFAULT_CASH
from steelyard.engine.crossings import Crossings, open_day
from steelyard.engine.ladder import REACH
from steelyard.engine.lives import life_of, needs_of, standpoint_of
from steelyard.engine.ordered import orders_of
from steelyard.engine.reading import Reading, read_all
from steelyard.engine.standing import Standing, stand
from steelyard.engine.tomorrow import end_of_day
from steelyard.kernel.look import guard_now
from steelyard.kernel.walk import outcome
from steelyard.policy.account import AccountTerms
from steelyard.policy.load import Policy, load_policy
from steelyard.policy.needs import bars_read
from steelyard.report.activity import BASELINE
from steelyard.report.explanation import Entity, Explanation, Needed
from steelyard.report.inputs import RunInputs
from steelyard.report.policy_facts import policy_facts
from steelyard.report.reasons import why
from steelyard.report.terms import Clause, Tomorrow


def explain(
    policy: Policy | str,
    market: Market,
    *,
    at: str | None = None,
    start: str | None = None,
    cash: float = DEFAULT_CASH,
    account: AccountTerms | None = None,
) -> Explanation:
    """Return where a policy and its account stand at a moment, with everything that led there.

    Parameters
    ----------
    policy : Policy or str
        A loaded policy, or the name or path of one.
    market : Market
        What lies beyond the moment is not looked at.
    at : str, optional
        A day, meaning its 00:00 UTC, when the bar of the day before is final; or an hour. Without
        it the end of the data.
    start : str, optional
        When the account begins; else as early as the data allows.
    cash : float, quote, > 0
        What the account begins with.
    account : AccountTerms, optional
        From ``load_account``; else a plain account.

    Raises
    ------
    PolicyError
        If the policy cannot be run.
    DataError
        If the market lacks a series the policy needs, or a settlement is missing.
    RequestError
        If the moment lies outside the data or not after the start.
    """
    loaded = load_policy(policy, account=account) if isinstance(policy, str) else policy
    standing = stand(loaded, market, at=at, start=start, cash=cash, account=account)
    day = open_day(standing)
    return explanation(standing, None if day is None else Crossings(standing, day))


def explanation(standing: Standing, crossings: Crossings | None = None) -> Explanation:
    """Return everything that led to where a policy and its account stand.

    Parameters
    ----------
    standing : Standing
    crossings : Crossings, optional
        The day that is open, lived at the closes at which conditions turn; None tries none.
    """
    policy, stance = standing.compiled.policy, standing.book.state.stance[0]
    regime = int(stance["regime"])
    return Explanation(
        policy=policy.name,
        sha256=policy.sha256,
        asset=standing.market.asset,
        quote=standing.market.quote,
        at_ms=standing.at_ms,
        decided_ms=int(standing.signals.ms[-1]),
        close=float(standing.market.spot.close[-1]),
        regime=policy.regime_ids[regime] if regime >= 0 else BASELINE,
        spot=float(stance["spot"]),
        futures=float(stance["futures"]),
        reason=_reason(standing),
        entities=tuple(_entity(standing, one, crossings) for one in read_all(standing)),
        composition=composition_of(standing),
        orders=orders_of(standing),
        until_ms=end_of_day(standing.at_ms),
        reach=0.0 if crossings is None else REACH,
    )


def _reason(standing: Standing) -> str:
    """Return what a report says of the last decision, without what was ordered."""
    course = standing.course
    track = course.track_of(standing.compiled.plan)
    walked = outcome(standing.book, standing.signals, track, course.cash)
    run = RunInputs(
        policy=policy_facts(standing.compiled),
        plan=standing.compiled.plan,
        market=course.market,
        track=track,
        start_ms=course.start_ms,
        end_ms=course.end_ms,
        walk=walked,
        benchmarks={},
        assumptions={},
    )
    return " ".join(why(run, standing.moment))


def _entity(standing: Standing, reading: Reading, crossings: Crossings | None) -> Entity:
    compiled, number = standing.compiled, reading.entity
    facts, written = policy_facts(compiled), compiled.policy.document.entities[number]
    is_trigger = number < int(compiled.plan.order.size)
    life = standing.book.state.life[number]
    guard = codes.GUARDS[int(compiled.plan.rules[number]["guard"])]
    holds = guard_now(compiled.plan, standing.book.state, standing.book.account, number)
    guarded = holds if guard else math.nan
    return Entity(
        id=written.id,
        kind="trigger" if is_trigger else "regime",
        does=facts.effects[written.id],
        why=written.why,
        evaluated_ms=reading.ms if reading.row >= 0 else 0,
        condition=float(life["condition"]),
        needs=tuple(Needed(id=name, is_active=on) for name, on in needs_of(standing, number)),
        guard=guard,
        guard_holds=guarded,
        life=life_of(standing, number),
        entry=Clauses(reading, reading.entry).clause(compiled.policy.conditions[number].when),
        release=_release(standing, reading),
        tomorrow=_entry_tomorrow(standing, reading, crossings),
        release_tomorrow=_release_tomorrow(standing, reading, crossings),
        standpoint=standpoint_of(standing, reading, guarded),
    )


def _release(standing: Standing, reading: Reading) -> Clause | None:
    tree = standing.compiled.policy.conditions[reading.entity].release
    if tree is None or not (reading.is_active or reading.was_active):
        return None
    return Clauses(reading, reading.release).clause(tree)


def _entry_tomorrow(
    standing: Standing, reading: Reading, crossings: Crossings | None
) -> Tomorrow | None:
    trees = standing.compiled.policy.conditions[reading.entity]
    needs = bool(np.any(standing.compiled.plan.requires[reading.entity]))
    if crossings is None or not (needs or any(bars_read(trees.when))):
        return None
    return crossings.entry(reading.entity)


def _release_tomorrow(
    standing: Standing, reading: Reading, crossings: Crossings | None
) -> Tomorrow | None:
    trees = standing.compiled.policy.conditions[reading.entity]
    active = int(standing.book.state.life[reading.entity]["phase"]) == codes.ACTIVE
    if crossings is None or not active or trees.release is None:
        return None
    return crossings.release(reading.entity) if any(bars_read(trees.release)) else None
