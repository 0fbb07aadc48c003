"""This file lays shocks over a course: over its market, its bars and its costs.

Conditions read what the shocked market says. A gap changes every close after it, and with it all
that is made of closes: averages, ranges, key levels, volume profile, daily volatility and traded
value. Funding at its cap is settled funding. What is measured elsewhere stays as it was recorded:
implied volatility, open interest, the basis that conditions read, sentiment and macro series,
traded coins. Dated contracts that a sleeve trades move as the perpetual does.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from steelyard.data.assemble import bar_kinds
from steelyard.domain.arrays import Flags, Floats
from steelyard.domain.market import Bars, Funding, Market, Tiers
from steelyard.domain.plan import Costs, Track
from steelyard.domain.time import HOUR_MS
from steelyard.engine.course import Course
from steelyard.engine.terms import lay_costs, lay_track
from steelyard.report.stress import Placed
from steelyard.research.kinds import BASIS_HOURS, SETTLED_HOURS

MOST_MAINTENANCE: Final = 0.99
"""Highest rate of maintenance margin: at 1 no price would liquidate a long position."""

_CAP_HOURS: Final = 8.0
"""Hours that the cap of funding is stated for."""


def shocked(course: Course, shocks: Sequence[Placed]) -> Course:
    """Return a course with shocks on it.

    Parameters
    ----------
    course : Course
        Without a shock.
    shocks : sequence of Placed
        At most one of a kind, in any order: what is applied first does not depend on it.
    """
    by_kind = {shock.kind: shock for shock in shocks}
    market = shocked_market(course.market, by_kind)
    is_read = market.bars is not course.market.bars or market.funding is not course.market.funding
    track = lay_track(market, course.start_ms, course.end_ms, course.terms)
    return replace(
        course,
        market=market,
        track=shocked_track(track, by_kind, course.open_account().balances["currency"] == 0),
        costs=shocked_costs(lay_costs(market, course.terms), by_kind),
        memo={} if is_read else course.memo,
    )


def shocked_market(market: Market, shocks: dict[str, Placed]) -> Market:
    """Return a market with those shocks that conditions may read or that a market states.

    The basis is that of the prices after the gap.
    """
    if "gap" in shocks:
        market = gapped(market, shocks["gap"].ms, 1.0 + shocks["gap"].size / 100.0)
    if "basis" in shocks:
        market = off_basis(market, shocks["basis"].ms, 1.0 + shocks["basis"].size / 100.0)
    if "funding" in shocks:
        one = shocks["funding"]
        rate = one.side * one.size / 100.0
        market = replace(market, funding=at_cap(market.funding, one.ms, rate))
    if "tiers" in shocks:
        market = replace(market, tiers=raised(market.tiers, shocks["tiers"].size))
    return market


def shocked_track(track: Track, shocks: dict[str, Placed], is_cash: Flags) -> Track:
    """Return bars with those shocks that only an account meets.

    Parameters
    ----------
    track : Track
        Without them.
    shocks : dict of str to Placed
        By kind.
    is_cash : bool[n_balances]
        Which balances are of the stablecoin that spot is paid in.
    """
    if "frozen" in shocks:
        one = shocks["frozen"]
        first_fill = track.first_fill.copy()
        first_fill[:, :, one.bar : one.bar + int(one.size)] = np.nan
        track = track._replace(first_fill=first_fill)
    if "adl" in shocks:
        deleveraged = track.deleveraged.copy()
        deleveraged[shocks["adl"].bar] = shocks["adl"].size / 100.0
        track = track._replace(deleveraged=deleveraged)
    if "stable" in shocks:
        worth = track.worth.copy()
        worth[shocks["stable"].bar :, is_cash] = shocks["stable"].size
        track = track._replace(worth=worth)
    return track


def shocked_costs(costs: Costs, shocks: dict[str, Placed]) -> Costs:
    """Return costs with the spread that a shock leaves; impact and fees stay."""
    if "spread" not in shocks:
        return costs
    return costs._replace(half_spread_bps=costs.half_spread_bps * shocks["spread"].size)


def gapped(market: Market, ms: int, factor: float) -> Market:
    """Return a market whose prices are multiplied from a moment on.

    Longer bars are made anew of the hours; traded coins stay, so the value traded moves along.
    """
    spot = _scaled(market.spot, ms, factor)
    return replace(
        market,
        spot=spot,
        perp=_scaled(market.perp, ms, factor),
        mark=_scaled(market.mark, ms, factor),
        dated=tuple(replace(one, bars=_scaled(one.bars, ms, factor)) for one in market.dated),
        bars=bar_kinds(spot),
    )


def _scaled(bars: Bars, ms: int, factor: float) -> Bars:
    scale = np.where(bars.open_ms >= ms, factor, 1.0)
    return replace(
        bars,
        open=bars.open * scale,
        high=bars.high * scale,
        low=bars.low * scale,
        close=bars.close * scale,
    )


def off_basis(market: Market, ms: int, factor: float) -> Market:
    """Return a market whose mark and futures are a multiple of spot for a day from a moment on.

    Where spot or the bar itself is missing it stays as it is.
    """
    return replace(
        market,
        perp=_tied(market.perp, market.spot, ms, factor),
        mark=_tied(market.mark, market.spot, ms, factor),
        dated=tuple(
            replace(one, bars=_tied(one.bars, market.spot, ms, factor)) for one in market.dated
        ),
    )


def _tied(bars: Bars, spot: Bars, ms: int, factor: float) -> Bars:
    within = (bars.open_ms >= ms) & (bars.open_ms < ms + BASIS_HOURS * HOUR_MS)
    row = (bars.open_ms - spot.open_ms[0]) // spot.length_ms
    row = np.where((row >= 0) & (row < spot.open_ms.size) & within, row, 0)
    is_tied: Flags = within & ~np.isnan(spot.close[row] + bars.close)

    def tied(own: Floats, price: Floats) -> Floats:
        return np.where(is_tied, price[row] * factor, own)

    return replace(
        bars,
        open=tied(bars.open, spot.open),
        high=tied(bars.high, spot.high),
        low=tied(bars.low, spot.low),
        close=tied(bars.close, spot.close),
    )


def at_cap(funding: Funding, ms: int, rate: float) -> Funding:
    """Return funding whose settlements of a week after a moment are at a rate.

    Parameters
    ----------
    funding : Funding
        As it was settled.
    ms : int, stamp
        The moment; a settlement at that very stamp was already due.
    rate : float, fraction per eight hours
        Positive: longs pay. A settlement takes the part of it that its own interval is.
    """
    within = (funding.ms > ms) & (funding.ms <= ms + SETTLED_HOURS * HOUR_MS)
    capped = rate * funding.interval_hours / _CAP_HOURS
    return replace(funding, rate=np.where(within, capped, funding.rate))


def raised(tiers: Tiers, factor: float) -> Tiers:
    """Return tiers with rates so many times as high, at most 99 %, and margin without a jump."""
    rate = np.minimum(tiers.rate * factor, MOST_MAINTENANCE)
    steps = tiers.cap[:-1] * np.diff(rate)
    return replace(tiers, rate=rate, deduction=np.concatenate([[0.0], np.cumsum(steps)]))
