"""This file is the stress test: a policy through named windows and through shocks."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from steelyard.domain.arrays import Ints
from steelyard.domain.errors import DataError, RequestError
from steelyard.domain.market import Market
from steelyard.domain.time import HOUR_MS, text
from steelyard.engine.course import DEFAULT_CASH, Course, lay_course
from steelyard.engine.dates import WINDOWS, moment_of
from steelyard.policy.account import AccountTerms
from steelyard.policy.compile import CompiledPolicy, compile_policy
from steelyard.policy.load import Policy, load_policy
from steelyard.report.stress import WATCHED_DAYS, Placed, Stress, StressRun
from steelyard.research.exposure import exposed_at, most_exposed
from steelyard.research.kinds import Shock, shocks_of, usual_shocks
from steelyard.research.shocks import shocked
from steelyard.research.survival import survival

HOURS_BEFORE: Final = 14 * 24
HOURS_AFTER: Final = WATCHED_DAYS * 24
MOST_DRAWN: Final = 400
"""What a picture shows around a shock, and in how many points."""

NO_SHOCK: Final = "no shock"
TOGETHER: Final = "all together"


def stress(  # noqa: PLR0913 - a market, a period, shocks, cash
    policy: Policy | str,
    market: Market,
    *,
    start: str | None = None,
    end: str | None = None,
    shocks: Sequence[str] = (),
    at: str | None = None,
    cash: float = DEFAULT_CASH,
    account: AccountTerms | None = None,
) -> Stress:
    """Return what shocks and bad times do to a policy, beside holding.

    Without shocks every kind is run alone and all of them together, in their usual sizes; and
    without dates every named window is run as it was. Shocks that are given are run together.

    Parameters
    ----------
    policy : Policy or str
        A loaded policy, or the name or path of one.
    market : Market
        What it is run on. Conditions read the shocked market, as ``research.shocks`` says.
    start, end : str, optional
        Days or hours, UTC; else all that the account's series have in common.
    shocks : sequence of str
        ``gap=-30``, or ``gap`` for the usual size; at most one of a kind.
    at : str, optional
        A day, meaning its 00:00 UTC, or an hour at which shocks strike; else they strike where the
        run without a shock is most exposed to them.
    cash : float, quote, > 0
        What every account begins with.
    account : AccountTerms, optional
        From ``load_account``, of every account; else plain ones.

    Raises
    ------
    PolicyError
        If the policy cannot be run.
    DataError
        If the market lacks a series the policy needs, or a settlement is missing.
    RequestError
        If a shock, a date or the cash is none that can be run.
    """
    wanted = shocks_of(shocks)
    loaded = load_policy(policy, account=account) if isinstance(policy, str) else policy
    compiled = compile_policy(loaded, market)
    course = lay_course(market, start=start, end=end, cash=cash, account=account)
    trial = _Trial(compiled, course)
    bar = None if at is None else _bar_at(trial.course, at)
    usual = usual_shocks()
    together = (wanted,) if wanted else (*((one,) for one in usual), usual)
    windows, missing = _windows(trial) if not wanted and start is None and end is None else ((), ())
    return Stress(
        policy=compiled.policy.name,
        sha256=compiled.policy.sha256,
        asset=market.asset,
        quote=market.quote,
        venue=market.venue,
        is_synthetic=market.is_synthetic,
        cash=trial.course.cash,
        call_bound=trial.bound,
        windows=windows,
        unshocked=trial.run(NO_SHOCK, ()),
        shocked=tuple(trial.run(_title(each), trial.placed(each, bar)) for each in together),
        missing=missing,
    )


class _Trial:
    """A policy and its walk over one course without a shock.

    Parameters
    ----------
    compiled : CompiledPolicy
    course : Course
    """

    def __init__(self, compiled: CompiledPolicy, course: Course) -> None:
        self.compiled = compiled
        self.hold = compile_policy(load_policy("hold"))
        self.course = course
        self.walk = course.run(compiled)
        self.bound = float(compiled.plan.limits[0]["defence_ratio"])

    def placed(self, shocks: Sequence[Shock], bar: int | None) -> tuple[Placed, ...]:
        """Return shocks at a bar, or where the run is most exposed to them."""
        timed = [shock for shock in shocks if not shock.kind.is_lasting]
        if bar is None and timed:
            bar = most_exposed(timed, self.walk, self.course.track)
        return tuple(
            self._placed(shock, 0 if shock.kind.is_lasting or bar is None else bar)
            for shock in shocks
        )

    def _placed(self, shock: Shock, bar: int) -> Placed:
        """Return a shock at a bar; one in force from start to end at bar 0."""
        kind, track = shock.kind, self.course.track
        exposure, side = (
            (math.nan, 0) if kind.is_lasting else exposed_at(shock, self.walk, track, bar)
        )
        return Placed(
            kind=shock.name,
            size=shock.size,
            unit=kind.unit,
            title=shock.title,
            does=kind.does,
            rule=kind.rule,
            bar=bar,
            ms=int(track.open_ms[bar]),
            is_lasting=kind.is_lasting,
            side=side,
            exposure=exposure,
            measure=kind.measure,
        )

    def run(self, title: str, shocks: tuple[Placed, ...]) -> StressRun:
        """Return the policy and holding through the same shocks."""
        course = shocked(self.course, shocks) if shocks else self.course
        walk = course.run(self.compiled) if shocks else self.walk
        held = course.run(self.hold)
        bar = max((shock.bar for shock in shocks), default=0)
        rows = _shown(walk.curve.ms.size, bar)
        return StressRun(
            title=title,
            start_ms=course.start_ms,
            end_ms=course.end_ms,
            shocks=shocks,
            policy=survival(walk, course, bar, self.bound),
            hold=survival(held, course, bar, math.inf),
            unshocked=survival(self.walk, self.course, bar, self.bound),
            ms=walk.curve.ms[rows],
            equity=walk.curve.equity[rows],
            hold_equity=held.curve.equity[rows],
            unshocked_equity=self.walk.curve.equity[rows],
        )


def _shown(count: int, bar: int) -> Ints:
    """Return the rows that a picture shows: those around a bar that is not the first, else all."""
    first = max(0, bar - HOURS_BEFORE)
    last = count if bar == 0 else min(count, bar + HOURS_AFTER)
    step = -(-(last - first) // MOST_DRAWN)
    rows = np.arange(first, last, step)
    return np.union1d(rows, [max(bar - 1, 0), bar, last - 1])


def _title(shocks: Sequence[Shock]) -> str:
    return shocks[0].title if len(shocks) == 1 else TOGETHER


def _bar_at(course: Course, at: str) -> int:
    """Return the bar at whose open shocks strike.

    Raises
    ------
    RequestError
        If it is not after the first open and before the end.
    """
    ms, _ = moment_of(at, "at")
    if not course.start_ms < ms < course.end_ms:
        raise RequestError(
            f"at is {text(ms)}; shocks strike after the first hour of the run, from "
            f"{text(course.start_ms + HOUR_MS)} to {text(course.end_ms - HOUR_MS)}"
        )
    return (ms - course.start_ms) // HOUR_MS


def _windows(trial: _Trial) -> tuple[tuple[StressRun, ...], tuple[tuple[str, str], ...]]:
    """Return the named windows as they were, and why others could not be run."""
    runs, missing = [], []
    base = trial.course
    for name, (start, end) in WINDOWS.items():
        try:
            course = lay_course(
                base.market, start=start, end=end, cash=base.cash, account=base.terms
            )
        except (DataError, RequestError) as error:
            missing.append((name, str(error)))
            continue
        window = _Trial(trial.compiled, replace(course, memo=base.memo))
        runs.append(window.run(name, ()))
    return tuple(runs), tuple(missing)
