"""This file is the ladder: what a policy would decide at each of tomorrow's possible closes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias

import numpy as np

from steelyard.domain.errors import DataError, RequestError
from steelyard.domain.market import Market
from steelyard.engine.course import DEFAULT_CASH, Course
from steelyard.engine.standing import Standing, stand, stand_at
from steelyard.engine.tomorrow import (
    IMAGINED,
    Close,
    Day,
    Rung,
    end_of_day,
    imagined_day,
    live_on,
)
from steelyard.policy.account import AccountTerms
from steelyard.policy.compile import CompiledPolicy
from steelyard.policy.load import Policy, load_policy
from steelyard.report.activity import BASELINE
from steelyard.report.ladder import Decided, LadderFacts, Turn

REACH: Final = 0.30
"""How far the ladder reaches below and above the last close, as a fraction of it."""

STEP: Final = 0.01
"""Distance of two rungs, as a fraction of the last close."""

EXACT: Final = 1e-7
"""How closely a change is found, as a fraction of the close: a cent in 100,000."""

MOST: Final = 200
"""Rungs above the last close, and below it, that are not too many to wait for."""

Sudden: TypeAlias = tuple[tuple[float, ...], ...]
"""What of a decision changes at once and not gradually."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Two closes next to each other between which a decision is another.

    Parameters
    ----------
    below, above : Rung
        On either side; their closes differ by at most ``EXACT``.
    """

    below: Rung
    above: Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """Decisions at a row of hypothetical closes.

    Parameters
    ----------
    last : float, quote per coin
        The last close.
    rungs : tuple of Rung
        By close ascending.
    changes : tuple of Change
        By close ascending: every place between two rungs at which the decision is another.
    """

    last: Close
    rungs: tuple[Rung, ...]
    changes: tuple[Change, ...]


def decided_suddenly(rung: Rung) -> Sudden:
    """Return what of a decision changes at once: regime, conditions, phases.

    Targets move with strength, so they differ at every close; an unknown condition is written as
    -1, because NaN is not equal to itself.
    """
    conditions = tuple(-1.0 if np.isnan(value) else value for value in rung.conditions)
    return (float(rung.regime),), conditions, tuple(map(float, rung.phases))


def sudden(rung: Rung) -> Sudden:
    """Return ``decided_suddenly`` and the signs of the orders, which move with prices."""
    return *decided_suddenly(rung), tuple(float(np.sign(order)) for order in rung.ordered)


def closes(last: Close, *, reach: float = REACH, step: float = STEP) -> tuple[Close, ...]:
    """Return the closes of a ladder's rungs, ascending, the last close among them.

    Parameters
    ----------
    last : float, quote per coin
    reach, step : float, fractions of ``last``, ``0 < step <= reach < 1``

    Raises
    ------
    RequestError
        If they are not.

    Examples
    --------
    >>> closes(100.0, reach=0.02, step=0.01)
    (98.0, 99.0, 100.0, 101.0, 102.0)
    """
    if not 0.0 < step <= reach < 1.0:
        raise RequestError(
            f"a ladder reaches {reach:g} in steps of {step:g}; write fractions of the last close, "
            f"0 < step <= reach < 1, such as 0.3 and 0.01"
        )
    if reach / step > MOST:
        raise RequestError(
            f"a ladder of {reach:g} in steps of {step:g} has more than {MOST} rungs each way; "
            f"take longer steps"
        )
    each = int(reach / step + 1e-9)
    return tuple(last * (1.0 + step * number) for number in range(-each, each + 1))


def climb(
    standing: Standing,
    day: Day,
    *,
    reach: float = REACH,
    step: float = STEP,
    orders: bool = True,
) -> Ladder:
    """Return what a policy would decide at each of tomorrow's possible closes.

    Parameters
    ----------
    standing : Standing
        Where the day begins.
    day : Day
        How it goes on, from ``imagined_day`` or ``given_day``.
    reach, step : float, fractions of the last close
    orders : bool
        Whether a change of nothing but an order's sign is looked for too.

    Raises
    ------
    RequestError
        If the rungs cannot be laid.
    """
    what = sudden if orders else decided_suddenly
    last = float(standing.market.spot.close[-1])
    rungs = tuple(live_on(standing, day, close) for close in closes(last, reach=reach, step=step))
    found = (
        change
        for below, above in pairwise(rungs)
        for change in _changes(standing, day, (below, above), what)
    )
    return Ladder(last=last, rungs=rungs, changes=tuple(found))


def _changes(
    standing: Standing, day: Day, between: tuple[Rung, Rung], what: Callable[[Rung], Sudden]
) -> Iterator[Change]:
    """Yield every change between two rungs, by halving until they are next to each other."""
    below, above = between
    if what(below) == what(above):
        return
    if above.close - below.close <= EXACT * below.close:
        yield Change(below=below, above=above)
        return
    middle = live_on(standing, day, (below.close + above.close) / 2.0)
    yield from _changes(standing, day, (below, middle), what)
    yield from _changes(standing, day, (middle, above), what)


def ladder_facts(standing: Standing, found: Ladder, *, assumed: str = IMAGINED) -> LadderFacts:
    """Return a ladder as values that a report can show.

    Parameters
    ----------
    standing : Standing
        Where the ladder begins.
    found : Ladder
    assumed : str
        What its days assume besides their close.
    """
    policy = standing.compiled.policy
    regimes = policy.regime_ids

    def decided(rung: Rung) -> Decided:
        spot, futures = rung.targets
        return Decided(
            close=rung.close,
            spot=spot,
            futures=futures,
            regime=BASELINE if rung.regime < 0 else regimes[rung.regime],
            conditions=rung.conditions,
            phases=rung.phases,
            orders=rung.ordered,
        )

    return LadderFacts(
        policy=policy.name,
        sha256=policy.sha256,
        entity_ids=standing.compiled.entity_ids,
        asset=standing.market.asset,
        quote=standing.market.quote,
        futures_unit=standing.market.futures_unit,
        at_ms=standing.at_ms,
        until_ms=end_of_day(standing.at_ms),
        last=found.last,
        rungs=tuple(map(decided, found.rungs)),
        turns=tuple(
            Turn(below=decided(change.below), above=decided(change.above))
            for change in found.changes
        ),
        assumed=assumed,
    )


def ladder(  # noqa: PLR0913 - a market, a moment, an account, the rungs
    policy: Policy | str,
    market: Market,
    *,
    at: str | None = None,
    start: str | None = None,
    cash: float = DEFAULT_CASH,
    spread: tuple[float, float] = (REACH, STEP),
    account: AccountTerms | None = None,
) -> LadderFacts:
    """Return what a policy would decide at each of tomorrow's possible closes.

    Parameters
    ----------
    policy : Policy or str
        A loaded policy, or the name or path of one.
    market : Market
        What is known up to ``at``; what lies beyond is not looked at.
    at : str, optional
        A day, meaning its 00:00 UTC, or an hour; without it the end of the data. The ladder is of
        the daily bar that is open then.
    start : str, optional
        When the account begins; else as early as the data allows.
    cash : float, quote, > 0
        What the account begins with.
    spread : (float, float), fractions of the last close
        How far the rungs reach each way, and how far they lie apart.
    account : AccountTerms, optional
        From ``load_account``; else a plain account.

    Raises
    ------
    PolicyError
        If the policy cannot be run.
    DataError
        If the market lacks a series the policy needs, a settlement, or the last price.
    RequestError
        If the moment lies outside the data, or the rungs cannot be laid.
    """
    reach, step = spread
    closes(1.0, reach=reach, step=step)
    loaded = load_policy(policy, account=account) if isinstance(policy, str) else policy
    standing = stand(loaded, market, at=at, start=start, cash=cash, account=account)
    found = climb(standing, imagined_day(standing.market), reach=reach, step=step)
    return ladder_facts(standing, found)


def ladder_at_end(compiled: CompiledPolicy, course: Course) -> LadderFacts | None:
    """Return the ladder of the day that is open where a run ends, without changes of orders alone.

    None where the last price is unknown.
    """
    standing = stand_at(compiled, course, course.end_ms)
    try:
        day = imagined_day(standing.market)
    except DataError:
        return None
    return ladder_facts(standing, climb(standing, day, step=2.0 * STEP, orders=False))
