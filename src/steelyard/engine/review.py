"""This file is the daily review: where a policy stands, and what surrounds it."""

from typing import Final

import numpy as np

from steelyard.domain.codes import ACTIVE, IDLE, PHASES, UNWINDING
from steelyard.domain.market import Market
from steelyard.domain.time import DAY_MS
from steelyard.engine.course import DEFAULT_CASH
from steelyard.engine.crossings import Crossings, open_day
from steelyard.engine.explain import explanation
from steelyard.engine.gauges import gauges_of
from steelyard.engine.ladder import climb, ladder_facts
from steelyard.engine.standing import Standing, stand
from steelyard.features.level_facts import KeyLevel, key_levels
from steelyard.features.level_table import level_table
from steelyard.features.oscillators import atr
from steelyard.features.profile import Layout, profiles
from steelyard.features.profile_shape import ProfileShape, profile_shape
from steelyard.policy.account import AccountTerms
from steelyard.policy.load import Policy, load_policy
from steelyard.report.activity import BASELINE
from steelyard.report.ladder_text import exact_price
from steelyard.report.market_figures import PROFILE_BINS, PROFILE_DAYS
from steelyard.report.reasons import SMALLEST, weights
from steelyard.report.review import Recent, Review

RECENT_DAYS: Final = 120
"""Days of candles that a review shows."""

_ATR: Final = 14


def review(
    policy: Policy | str,
    market: Market,
    *,
    at: str | None = None,
    start: str | None = None,
    cash: float = DEFAULT_CASH,
    account: AccountTerms | None = None,
) -> Review:
    """Return the daily review of a policy at a moment.

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
    known = standing.market
    days = known.bars["1d"]
    ranges = atr(days.high, days.low, days.close, _ATR)
    return Review(
        explained=explanation(standing, None if day is None else Crossings(standing, day)),
        ladder=None if day is None else ladder_facts(standing, climb(standing, day, orders=False)),
        changes=changes(standing),
        levels=_levels(known, standing.at_ms),
        atr=float(ranges[-1]) if ranges.size else np.nan,
        profile=_profile(known, standing.at_ms),
        gauges=gauges_of(known),
        recent=_recent(standing),
        is_synthetic=known.is_synthetic,
    )


def changes(standing: Standing) -> tuple[str, ...]:
    """Return what is another than a day before: regime, phases, targets, key levels."""
    before = _row_a_day_ago(standing)
    if before < 0:
        return ()
    return (
        *_regime_change(standing, before),
        *_phase_changes(standing, before),
        *_target_change(standing, before),
        *_level_changes(standing),
    )


def _row_a_day_ago(standing: Standing) -> int:
    """Return the row of the last evaluation a day before the moment; -1 without one."""
    ms = standing.signals.ms
    return int(np.searchsorted(ms, standing.at_ms - DAY_MS, side="right")) - 1


def _regime_change(standing: Standing, before: int) -> list[str]:
    names = (*standing.compiled.policy.regime_ids, BASELINE)  # -1, the baseline, is the last
    was, now = (int(standing.book.moments[row]["regime"]) for row in (before, -1))
    return [f"The regime went from {names[was]} to {names[now]}."] if was != now else []


def _phase_changes(standing: Standing, before: int) -> list[str]:
    phases = standing.book.entities["phase"]
    count = standing.compiled.plan.order.size
    return [
        f"{name} went from {PHASES[was]} to {PHASES[now]}."
        for name, was, now in zip(
            standing.compiled.entity_ids[:count], phases[before], phases[-1], strict=False
        )
        if was != now
    ]


def _target_change(standing: Standing, before: int) -> list[str]:
    was, now = standing.book.moments[before], standing.book.moments[-1]
    moved = max(abs(was[leg] - now[leg]) for leg in ("spot", "futures"))
    if moved < SMALLEST:
        return []
    pairs = [weights(float(row["spot"]), float(row["futures"])) for row in (was, now)]
    return [f"The targets went from {pairs[0]} to {pairs[1]}."]


def _level_changes(standing: Standing) -> list[str]:
    """Return which key levels are new and which are gone; one that moved is both."""
    was = {level.price for level in _levels(standing.market, standing.at_ms - DAY_MS)}
    now = {level.price for level in _levels(standing.market, standing.at_ms)}
    new = [f"Key level {exact_price(price)} is new." for price in sorted(now - was)]
    return [*new, *(f"Key level {exact_price(price)} is gone." for price in sorted(was - now))]


def _levels(market: Market, at_ms: int) -> tuple[KeyLevel, ...]:
    weeks = market.bars["1w"]
    if weeks.close.size == 0:
        return ()
    return key_levels(level_table(weeks.high, weeks.low, weeks.volume, weeks.known_ms), at_ms)


def _profile(market: Market, at_ms: int) -> ProfileShape | None:
    hours = market.bars["1h"]
    layout = Layout(PROFILE_DAYS * DAY_MS // hours.length_ms, PROFILE_BINS)
    ends = np.searchsorted(hours.known_ms, np.array([at_ms]), side="right")
    found = profiles(hours.low, hours.high, hours.volume, ends, layout)
    return None if np.isnan(found.low[0]) else profile_shape(found, 0)


def _recent(standing: Standing) -> Recent:
    days = standing.market.bars["1d"]
    shown = slice(max(0, days.close.size - RECENT_DAYS), None)
    ms = days.known_ms[shown]
    return Recent(
        ms=ms,
        open=days.open[shown],
        high=days.high[shown],
        low=days.low[shown],
        close=days.close[shown],
        fired=_fired(standing, int(ms[0]) if ms.size else standing.at_ms),
    )


def _fired(standing: Standing, since_ms: int) -> tuple[tuple[str, int], ...]:
    """Return every entry of a trigger from a stamp on."""
    count = standing.compiled.plan.order.size
    phases = standing.book.entities["phase"][:, :count]
    before = np.vstack([np.full((1, count), IDLE), phases[:-1]])
    entered = (phases == ACTIVE) & (before != ACTIVE) & (before != UNWINDING)
    return tuple(
        (standing.compiled.entity_ids[column], int(standing.signals.ms[row]))
        for row, column in np.argwhere(entered).tolist()
        if standing.signals.ms[row] >= since_ms
    )
