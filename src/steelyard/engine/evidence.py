"""This file counts how often each condition of a policy was true, and what the price did then."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from steelyard.domain.arrays import Flags, Floats, Ints
from steelyard.domain.market import Market
from steelyard.domain.time import DAY_MS
from steelyard.engine.confirmation import confirmed
from steelyard.policy.clocks import strikes
from steelyard.policy.columns import review_of
from steelyard.policy.compile import CompiledPolicy
from steelyard.policy.evaluate import Evaluation, Grid, Memo
from steelyard.policy.needs import is_met
from steelyard.policy.nodes import Node
from steelyard.policy.parse import Definitions
from steelyard.report.bootstrap import day_weights, mean_interval

GAP_DAYS: Final = 7
"""A longer gap between two true days starts a new episode (domain 14.2)."""

HORIZONS: Final = (7, 30)
"""Days over which the price is followed."""

FEW: Final = 30
"""Fewer episodes than this prove nothing, and each is shown (domain 13)."""

_DAYS_A_YEAR: Final = 365.25


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueEpisode:
    """Days on which a condition was true, none more than ``GAP_DAYS`` from the next.

    Parameters
    ----------
    first_ms, last_ms : int, milliseconds
        Beginnings of its first and last true day.
    days : int
        True days in it.
    returns : tuple of float, fractions
        From the open after its first day to the close each of ``HORIZONS`` days after that day,
        without costs; NaN where the history ends before.
    """

    first_ms: int
    last_ms: int
    days: int
    returns: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the price did after the episodes of a condition.

    Parameters
    ----------
    days : int
        How long it was followed.
    followed : int
        Episodes with a return.
    mean : float, fraction
        Over these; NaN without one.
    mean_true_days : float, fraction
        Over every true day, not the first of each episode alone.
    low, high : float, fractions
        Interval of the mean by ``report.bootstrap``; NaN with fewer than two.
    any_day : float, fraction
        Mean over all days on which the condition was known.
    """

    days: int
    followed: int
    mean: float
    mean_true_days: float
    low: float
    high: float
    any_day: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """How often one condition was true, and what followed.

    Parameters
    ----------
    kind : str
        ``trigger``, ``regime`` or ``define``.
    id : str
    when : str
        The condition as written.
    while_active : tuple of str
        Triggers it needs besides; they are not looked at here.
    unanswered : str
        Why there is nothing below; empty where there is.
    known_days : int
        Days on which it was known, and with it every condition that ``and`` and ``or`` join in it:
        what is false for one reason while another is still unknown could not have been true.
    first_ms, last_ms : int or None
        Beginnings of the first and last of them.
    true_days, confirmed_days : int
        Days on which it was true, and on which as often as it must be before it counts.
    per_year : float
        Episodes in 365.25 known days.
    episodes : tuple of TrueEpisode
    outcomes : tuple of Outcome
        One for each of ``HORIZONS``.
    """

    kind: str
    id: str
    when: str
    while_active: tuple[str, ...] = ()
    unanswered: str = ""
    known_days: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    true_days: int = 0
    confirmed_days: int = 0
    per_year: float = math.nan
    episodes: tuple[TrueEpisode, ...] = ()
    outcomes: tuple[Outcome, ...] = ()


@dataclass(frozen=True, slots=True)
class _Days:
    """The daily history: day beginnings, returns after each day by horizon, bootstrap weights."""

    ms: Ints
    returns: tuple[Floats, ...]
    weights: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One condition with what decides on which days it counts."""

    kind: str
    id: str
    when: str
    tree: Node
    review: str
    confirm: tuple[int, int] = (1, 1)
    on_unknown: str = "hold"
    while_active: tuple[str, ...] = ()


def evidence_of(
    compiled: CompiledPolicy,
    market: Market,
    *,
    start_ms: int | None = None,
    end_ms: int | None = None,
    memo: Memo | None = None,
) -> tuple[Evidence, ...]:
    """Return how often each condition of a policy was true, on all of the history or a part.

    Conditions alone are looked at, no account and no state, so that the history begins with the
    first daily bar of spot. A day is that of the bar a condition was evaluated on; what is
    reviewed at settlements is dated by the day of the settlement.

    Parameters
    ----------
    compiled : CompiledPolicy
        Its triggers, then its regimes, then the conditions of ``[define]``.
    market : Market
        Which may lack series; what reads them stays unanswered.
    start_ms, end_ms : int, stamps, optional
        The days between count; without them all there are.
    memo : Memo, optional
        Of the same market.
    """
    bars = market.bars["1d"]
    first = int(bars.open_ms[0]) if start_ms is None else max(start_ms, int(bars.open_ms[0]))
    last = bars.end_ms if end_ms is None else min(end_ms, bars.end_ms)
    inside = (bars.open_ms >= first - first % DAY_MS) & (bars.open_ms < last)
    days = _Days(
        bars.open_ms[inside],
        tuple(forward_returns(bars.open[inside], bars.close[inside], each) for each in HORIZONS),
        day_weights(max(1, int(np.count_nonzero(inside)))),
    )
    evaluation = Evaluation(market, {} if memo is None else memo)
    return tuple(
        _answered(each, compiled, evaluation, days) for each in _asked(compiled) if days.ms.size
    )


def forward_returns(opens: Floats, closes: Floats, horizon: int) -> Floats:
    """Return what the price did after each day.

    Parameters
    ----------
    opens, closes : float64[n_days], quote per coin
        Of consecutive days.
    horizon : int, days, >= 1
        How far the close lies behind the day.

    Returns
    -------
    float64[n_days], fractions
        ``closes[i + horizon] / opens[i + 1] - 1``: from the next open, since the day's own close
        is known too late to trade at. NaN at the end, and where a bar is missing.

    Examples
    --------
    >>> forward_returns(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 6.0]), 2)
    array([ 2., nan, nan])
    """
    result = np.full(opens.size, np.nan)
    there = max(0, opens.size - horizon)
    result[:there] = closes[horizon:] / opens[1 : there + 1] - 1.0
    return result


def episode_starts(true_day: Ints) -> Ints:
    """Return which of the true days start an episode, as indices into them.

    Parameters
    ----------
    true_day : int64[n], increasing
        Numbers of the days on which a condition was true.

    Examples
    --------
    >>> episode_starts(np.array([3, 10, 18]))
    array([0, 2])
    """
    starts = np.diff(true_day, prepend=true_day[:1] - GAP_DAYS - 1) > GAP_DAYS
    return np.asarray(np.flatnonzero(starts), dtype=np.int64)


def _asked(compiled: CompiledPolicy) -> Iterator[_Asked]:
    policy, document = compiled.policy, compiled.policy.document
    kinds = ["trigger"] * len(document.triggers) + ["regime"] * len(document.regimes)
    for kind, entity, trees in zip(kinds, document.entities, policy.conditions, strict=True):
        yield _Asked(
            kind=kind,
            id=entity.id,
            when=" ".join(entity.when.split()),
            tree=trees.when,
            review=review_of(document, entity),
            confirm=entity.confirm,
            on_unknown=entity.on_unknown,
            while_active=entity.while_active,
        )
    definitions = Definitions(document.define)
    for name, text in document.define.items():
        tree = definitions.node(name, document.bars)
        if tree.worth == "condition":
            when = " ".join(text.split())
            yield _Asked(kind="define", id=name, when=when, tree=tree, review=document.review)


def _answered(
    asked: _Asked, compiled: CompiledPolicy, evaluation: Evaluation, days: _Days
) -> Evidence:
    why = ""
    if asked.tree.reads_state:
        why = "depends on an entry of the decision itself"
    elif not is_met(asked.tree, evaluation.market):
        why = "reads a series that the data lacks"
    if why:
        return Evidence(
            kind=asked.kind,
            id=asked.id,
            when=asked.when,
            while_active=asked.while_active,
            unanswered=why,
        )
    first, end = int(days.ms[0]), int(days.ms[-1]) + DAY_MS
    settled = evaluation.market.funding.ms
    moments = strikes(asked.review, first, end, settled, compiled.anchor_ms)
    grid = Grid(f"{asked.review} {first} {end}", moments)
    values = evaluation.values(asked.tree, grid)
    is_true = values == 1.0
    lag = 0 if asked.review == "funding" else 1
    day = (moments - lag - first) // DAY_MS
    inside = (day >= 0) & (day < days.ms.size)
    counts = confirmed(values, asked.confirm, asked.on_unknown)
    marked = [
        _on_days(day[inside], marks[inside], days.ms.size)
        for marks in (_is_known(evaluation, asked.tree, grid) | is_true, is_true, counts)
    ]
    return _counted(asked, marked[0], marked[1], int(np.count_nonzero(marked[2])), days)


def _is_known(evaluation: Evaluation, tree: Node, grid: Grid) -> Flags:
    """Return where a condition is known, and with it all that it joins."""
    if not tree.is_joint:
        return ~np.isnan(evaluation.values(tree, grid))
    known = np.ones(grid.ms.size, dtype=np.bool_)
    for child in tree.children:
        known &= _is_known(evaluation, child, grid)
    return known


def _on_days(day: Ints, is_on: Flags, n_days: int) -> Flags:
    """Return on which days any of the evaluations is marked."""
    marked = np.zeros(n_days, dtype=np.bool_)
    marked[day[is_on]] = True
    return marked


def _counted(
    asked: _Asked, is_known: Flags, is_true: Flags, confirmed_days: int, days: _Days
) -> Evidence:
    true_day = np.flatnonzero(is_true)
    starts = episode_starts(true_day)
    ends = np.append(starts, true_day.size)[1:] - 1
    begun = np.zeros(days.ms.size, dtype=np.bool_)
    begun[true_day[starts]] = True
    known = np.flatnonzero(is_known)
    return Evidence(
        kind=asked.kind,
        id=asked.id,
        when=asked.when,
        while_active=asked.while_active,
        known_days=known.size,
        first_ms=int(days.ms[known[0]]) if known.size else None,
        last_ms=int(days.ms[known[-1]]) if known.size else None,
        true_days=true_day.size,
        confirmed_days=confirmed_days,
        per_year=starts.size / known.size * _DAYS_A_YEAR if known.size else math.nan,
        episodes=tuple(
            TrueEpisode(
                first_ms=int(days.ms[true_day[start]]),
                last_ms=int(days.ms[true_day[end]]),
                days=int(end - start) + 1,
                returns=tuple(float(each[true_day[start]]) for each in days.returns),
            )
            for start, end in zip(starts, ends, strict=True)
        ),
        outcomes=tuple(
            _outcome(horizon, (begun, is_true, is_known), returns, days.weights)
            for horizon, returns in zip(HORIZONS, days.returns, strict=True)
        ),
    )


def _outcome(
    horizon: int, marked: tuple[Flags, Flags, Flags], returns: Floats, weights: Floats
) -> Outcome:
    """Return what followed days that began an episode, were true, were known."""
    begun, _, _ = marked
    means = [_mean(returns[each]) for each in marked]
    low, high = mean_interval(weights, begun, returns)
    return Outcome(
        days=horizon,
        followed=int(np.count_nonzero(~np.isnan(returns[begun]))),
        mean=means[0],
        mean_true_days=means[1],
        low=low,
        high=high,
        any_day=means[2],
    )


def _mean(returns: Floats) -> float:
    known = returns[~np.isnan(returns)]
    return float(np.mean(known)) if known.size else math.nan
