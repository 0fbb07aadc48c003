"""This file lives through a day that has not ended: the real evaluator on a hypothetical bar."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from steelyard.data.assemble import bar_kinds, cut_market
from steelyard.domain.arrays import Floats
from steelyard.domain.errors import DataError, RequestError
from steelyard.domain.market import Bars, Dated, Funding, Market, Series
from steelyard.domain.time import DAY_MS, HOUR_MS, text
from steelyard.engine.standing import Standing
from steelyard.engine.terms import lay_track
from steelyard.kernel.book import Book, open_book
from steelyard.kernel.sleeve_track import with_sleeves
from steelyard.kernel.track import with_moments
from steelyard.kernel.walk import walk_bars
from steelyard.policy.evaluate import evaluate_signals

VOLUME_HOURS: Final = 7 * 24
"""Hours whose mean volume an imagined hour has."""

IMAGINED: Final = (
    "the hours up to the close run straight from the last price to it, futures and mark keep their "
    "distance from spot, volume is the mean of the last seven days, funding settles at the last "
    "rate, and every side series keeps its last value"
)
"""What an imagined day assumes, in words."""

Close = float
"""A close of tomorrow's daily bar, quote per coin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """What a policy decides at the end of a hypothetical day.

    Parameters
    ----------
    close : float, quote per coin
        Where the day closes.
    book : Book
        State, account and orders after the evaluation at the day's end.
    """

    close: Close
    book: Book

    @property
    def targets(self) -> tuple[float, float]:
        """Return spot and signed futures, fractions of equity."""
        stance = self.book.state.stance[0]
        return float(stance["spot"]), float(stance["futures"])

    @property
    def regime(self) -> int:
        """Return the number of the regime in force; -1 is the baseline."""
        return int(self.book.state.stance[0]["regime"])

    @property
    def ordered(self) -> tuple[float, float]:
        """Return coins ordered in spot and futures, of inverse futures their face value."""
        pending = self.book.orders["pending"][0]
        return float(pending[0]), float(pending[1])

    @property
    def conditions(self) -> tuple[float, ...]:
        """Return the entry condition of every trigger and regime: 1, 0, or NaN for unknown."""
        return tuple(float(value) for value in self.book.state.life["condition"])

    @property
    def phases(self) -> tuple[int, ...]:
        """Return the phase of every trigger and regime; see ``codes.PHASES``."""
        return tuple(int(value) for value in self.book.state.life["phase"])


Day = Callable[[Close], Market]
"""The history with one more day that ends at a close."""


def end_of_day(at_ms: int) -> int:
    """Return the end of the daily bar that is open at a moment, UTC."""
    return at_ms - at_ms % DAY_MS + DAY_MS


def imagined_day(market: Market) -> Day:
    """Return how a market goes on to a close, as far as nothing is known of it (``IMAGINED``).

    Raises
    ------
    DataError
        If the last price is unknown: the last bar is missing.
    """
    at_ms = market.end_ms
    hours = (end_of_day(at_ms) - at_ms) // HOUR_MS
    last = float(market.spot.close[-1])
    if np.isnan(last):
        raise DataError(
            f"{market.asset} has no spot bar before {text(at_ms)}; no day can be imagined from an "
            f"unknown price: choose another moment"
        )
    base = cut_market(market, at_ms)

    def day(close: Close) -> Market:
        path = last + (close - last) * np.arange(hours + 1) / hours
        return _extended(base, path)

    return day


def _extended(market: Market, path: Floats) -> Market:
    """Return a market with hours appended whose spot price runs along a path."""
    spot = _appended(market.spot, path)
    ratio = path / path[0]
    return replace(
        market,
        spot=spot,
        perp=_appended(market.perp, _last(market.perp.close) * ratio),
        mark=_appended(market.mark, _last(market.mark.close) * ratio),
        dated=tuple(_lived_on(one, market.spot.end_ms, ratio) for one in market.dated),
        funding=_settling_on(market.funding, spot.end_ms),
        bars=bar_kinds(spot),
        series={name: _held(one, spot.end_ms) for name, one in market.series.items()},
    )


def _lived_on(contract: Dated, at_ms: int, ratio: Floats) -> Dated:
    """Return a contract that keeps its distance from spot; one whose bars have ended stays so."""
    if contract.bars.end_ms < at_ms:
        return contract
    return replace(contract, bars=_appended(contract.bars, _last(contract.bars.close) * ratio))


def _last(values: Floats) -> float:
    return float(values[~np.isnan(values)][-1])


def _appended(bars: Bars, path: Floats) -> Bars:
    """Return bars with one appended for each step of a path, float64[n + 1]."""
    before, after = path[:-1], path[1:]
    size = after.size
    known = bars.volume[-VOLUME_HOURS:]
    volume = np.nan if np.isnan(known).all() else float(np.nanmean(known))
    return Bars(
        length_ms=bars.length_ms,
        open_ms=np.concatenate([bars.open_ms, bars.end_ms + bars.length_ms * np.arange(size)]),
        open=np.concatenate([bars.open, before]),
        high=np.concatenate([bars.high, np.maximum(before, after)]),
        low=np.concatenate([bars.low, np.minimum(before, after)]),
        close=np.concatenate([bars.close, after]),
        volume=np.concatenate([bars.volume, np.full(size, volume)]),
    )


def _settling_on(funding: Funding, until_ms: int) -> Funding:
    """Return settlements continued at the last rate and interval."""
    interval = float(funding.interval_hours[-1])
    step = int(interval * HOUR_MS)
    more = np.arange(int(funding.ms[-1]) + step, until_ms + 1, step)
    return Funding(
        ms=np.concatenate([funding.ms, more]),
        rate=np.concatenate([funding.rate, np.full(more.size, funding.rate[-1])]),
        interval_hours=np.concatenate([funding.interval_hours, np.full(more.size, interval)]),
        follows=np.concatenate([funding.follows, np.ones(more.size, np.bool_)]),
    )


def _held(series: Series, until_ms: int) -> Series:
    """Return a side series whose last value is stated again, if it is not too old by then."""
    fresh = series.known_ms.size and until_ms - int(series.known_ms[-1]) <= series.max_age_ms
    if not fresh:
        return series
    return replace(
        series,
        known_ms=np.append(series.known_ms, until_ms),
        value=np.append(series.value, series.value[-1]),
    )


def given_day(market: Market, at_ms: int) -> Day:
    """Return how a market went on after a moment, but for the close of the day.

    Everything else of the day is as it was; the last spot bar there is ends at the close that is
    asked for, and its high or low with it where the close lies beyond. Futures and mark of the
    same hour are scaled alike.

    Raises
    ------
    RequestError
        If the day is not wholly in the data, or has no bar.
    """
    until_ms = end_of_day(at_ms)
    if until_ms > market.end_ms:
        raise RequestError(
            f"the day that ends at {text(until_ms)} is not in the data of {market.asset}, which "
            f"end at {text(market.end_ms)}; choose an earlier moment"
        )
    base = cut_market(market, until_ms)
    row = int(np.flatnonzero(~np.isnan(base.spot.close))[-1])
    open_ms = int(base.spot.open_ms[row])
    if open_ms < at_ms:
        raise RequestError(f"{market.asset} has no spot bar from {text(at_ms)} on that day")
    true = float(base.spot.close[row])

    def day(close: Close) -> Market:
        if close == true:
            return base
        spot = _ending_at(base.spot, open_ms, close / true)
        return replace(
            base,
            spot=spot,
            perp=_ending_at(base.perp, open_ms, close / true),
            mark=_ending_at(base.mark, open_ms, close / true),
            dated=tuple(
                replace(one, bars=_ending_at(one.bars, open_ms, close / true))
                if one.bars.open_ms[0] <= open_ms < one.bars.end_ms
                else one
                for one in base.dated
            ),
            bars=bar_kinds(spot),
        )

    return day


def _ending_at(bars: Bars, open_ms: int, factor: float) -> Bars:
    """Return bars whose one bar closes at a multiple of where it did."""
    row = (open_ms - int(bars.open_ms[0])) // bars.length_ms
    close, high, low = bars.close.copy(), bars.high.copy(), bars.low.copy()
    close[row] *= factor
    high[row] = max(high[row], close[row])
    low[row] = min(low[row], close[row])
    return replace(bars, close=close, high=high, low=low)


def live_on(standing: Standing, day: Day, close: Close) -> Rung:
    """Return what a policy decides after a day that ends at a close.

    The account lives through the hours with the orders that wait, the funding and the evaluations
    that fall due, by the very walk of the backtest.

    Parameters
    ----------
    standing : Standing
        Where it begins; it is not changed.
    day : Day
        From ``imagined_day`` or ``given_day``.
    close : float, quote per coin, > 0
    """
    market = day(close)
    until_ms = end_of_day(standing.at_ms)
    plan = standing.compiled.plan
    signals = evaluate_signals(standing.compiled, market, standing.at_ms, until_ms)
    bars = lay_track(market, standing.at_ms, until_ms, standing.course.terms)
    track = with_moments(with_sleeves(bars, market, plan), signals)
    costs = standing.course.costs_of(plan)
    book = _continued(standing, open_book(plan, signals, track, standing.course.cash))
    walk_bars(plan, signals, track._replace(first_moment=-1), costs, book)  # 0 has been evaluated
    return Rung(close=close, book=book)


def _continued(standing: Standing, empty: Book) -> Book:
    """Return an empty book that begins with the state, account and orders of a standing."""
    before = standing.book
    return empty._replace(
        state=deepcopy(before.state),
        account=deepcopy(before.account),
        orders=before.orders.copy(),
        desk=before.desk.copy(),
    )
