"""An account seen once a day: the values that metrics and pictures are made of."""

from dataclasses import dataclass

import numpy as np

from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.market import Bars, Market
from steelyard.domain.record import Curve, Walk
from steelyard.domain.time import DAY_MS
from steelyard.report import metrics

DUST = 1e-9
"""Spot below this fraction of equity is no spot: its hedge ratio is undefined."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Daily:
    """The account at the start, at every 00:00 UTC after it, and at the end.

    A run that begins or ends within a day has a shorter first or last day; it counts as a day.

    Parameters
    ----------
    ms : int64[n + 1]
    nav : float64[n + 1], quote
    price : float64[n + 1], quote per coin
        Spot price last known.
    rows : int64[n]
        Row of the curve at each close; the start has none.
    hedge_ratio : float64[n]
        NaN where there is no spot.
    unhedged : float64[n]
        Daily return of the twin: the same spot, without what the futures leg earned and cost.
    """

    ms: Ints
    nav: Floats
    price: Floats
    rows: Ints
    hedge_ratio: Floats
    unhedged: Floats


def quotient(numerator: Floats, denominator: Floats) -> Floats:
    """Return the quotient, NaN where the denominator is not above zero."""
    divisor = np.where(denominator > 0.0, denominator, np.nan)
    fraction: Floats = numerator / divisor
    return fraction


def core_hedge(curve: Curve) -> Floats:
    """Return the hedge ratio of the core at every bar: what sleeves hold is not in it."""
    spot, futures = curve.spot - curve.sleeve_spot, curve.futures - curve.sleeve_futures
    return hedge_ratios(spot, futures, curve.equity)


def hedge_ratios(spot: Floats, futures: Floats, equity: Floats) -> Floats:
    """Return max(0, -futures) / spot of notionals in quote; NaN where there is no spot."""
    held = np.where(spot > DUST * np.abs(equity), spot, np.nan)
    ratio: Floats = np.maximum(-futures, 0.0) / held
    return ratio


def notional(curve: Curve) -> Floats:
    """Return the size of the futures at every bar, quote: core and sleeves do not offset.

    All futures of sleeves are short (domain 1.1).
    """
    size: Floats = np.abs(curve.futures - curve.sleeve_futures) + np.abs(curve.sleeve_futures)
    return size


def last_known(bars: Bars, ms: Ints) -> Floats:
    """Return the close last known at each stamp; before the first close, the first open.

    Parameters
    ----------
    bars : Bars
        Of which at least one is not missing.
    ms : int64[n]
        Any stamps.

    Returns
    -------
    float64[n], quote per coin
    """
    there = np.flatnonzero(np.isfinite(bars.close))
    row = np.searchsorted(bars.known_ms[there], ms, side="right") - 1
    first = float(bars.open[there[0]])
    return np.where(row >= 0, bars.close[there[np.maximum(row, 0)]], first)


def daily(walk: Walk, market: Market, start_ms: int) -> Daily:
    """Return the account once a day.

    Parameters
    ----------
    walk : Walk
        With at least one bar.
    market : Market
        Whose spot bars price the asset.
    start_ms : int, milliseconds
        When the first bar begins.
    """
    curve = walk.curve
    is_close = curve.ms % DAY_MS == 0
    is_close[-1] = True
    rows = np.flatnonzero(is_close)
    ms = np.concatenate([[start_ms], curve.ms[rows]])
    nav = np.concatenate([[walk.start_equity], curve.equity[rows]])
    futures_result = np.concatenate([[0.0], walk.futures_costs[rows]])
    return Daily(
        ms=ms,
        nav=nav,
        price=last_known(market.spot, ms),
        rows=rows,
        hedge_ratio=core_hedge(curve)[rows],
        unhedged=quotient(nav[1:] - np.diff(futures_result), nav[:-1]) - 1.0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Metrics:
    """Performance of one run; fractions, of a year where that makes sense. None is undefined.

    Parameters
    ----------
    cagr, volatility : float
    sharpe, sortino, calmar : float
    max_drawdown : float, <= 0
    cvar_95 : float
        Mean loss of the worst 5 % of days; a loss is positive.
    turnover_spot, turnover_futures : float
        Traded notional over mean equity, per year.
    time_hedged : float
        Share of daily closes with a hedge ratio of at least 0.10.
    mean_hedge_ratio : float
        Over the closes at which there is spot.
    hedge_effectiveness : float
        1 - Var(returns) / Var(returns of the unhedged twin).
    upside_capture, downside_capture : float
        Mean return over the asset's, on days on which the asset rose or fell.
    """

    cagr: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    max_drawdown: float | None
    calmar: float | None
    cvar_95: float | None
    turnover_spot: float | None
    turnover_futures: float | None
    time_hedged: float | None
    mean_hedge_ratio: float | None
    hedge_effectiveness: float | None
    upside_capture: float | None
    downside_capture: float | None


def performance(account: Daily, traded: Floats) -> Metrics:
    """Return the metrics of a run.

    Parameters
    ----------
    account : Daily
        The account once a day.
    traded : float64[n_legs], quote
        Sum of |notional| traded, spot first.
    """
    earned = metrics.returns(account.nav)
    asset = metrics.returns(account.price)
    return Metrics(
        cagr=metrics.cagr(account.nav),
        volatility=metrics.volatility(earned),
        sharpe=metrics.sharpe(earned),
        sortino=metrics.sortino(earned),
        max_drawdown=metrics.max_drawdown(account.nav),
        calmar=metrics.calmar(account.nav),
        cvar_95=metrics.cvar_95(earned),
        turnover_spot=metrics.turnover(float(traded[0]), account.nav),
        turnover_futures=metrics.turnover(float(np.sum(traded[1:])), account.nav),
        time_hedged=metrics.time_hedged(account.hedge_ratio),
        mean_hedge_ratio=metrics.mean_hedge_ratio(account.hedge_ratio),
        hedge_effectiveness=metrics.hedge_effectiveness(earned, account.unhedged),
        upside_capture=metrics.upside_capture(earned, asset),
        downside_capture=metrics.downside_capture(earned, asset),
    )
