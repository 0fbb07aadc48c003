"""This file lays a market out as the bars that an account walks over."""

from typing import Final

import numpy as np

from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.codes import LEGS, PERP, SPOT
from steelyard.domain.errors import DataError
from steelyard.domain.market import Bars, Market
from steelyard.domain.plan import Costs, Signals, Track
from steelyard.domain.time import DAY_MS, HOUR_MS, text
from steelyard.features.sampling import asof

LIQUIDITY_DAYS: Final = 30
"""Days behind daily volatility and daily volume of the cost model."""

LEAST_RETURNS: Final = 2
"""Fewest daily returns that make a standard deviation."""

HALF_SPREAD_BPS: Final = 1.0
"""Half-spread of domain 10.6's example, for liquid pairs."""

IMPACT: Final = 1.0
"""Y of domain 10.6."""


def _filled(values: Floats) -> Floats:
    """Return values with each NaN replaced by the last known one before it."""
    known = np.where(np.isnan(values), 0, np.arange(values.size))
    filled: Floats = values[np.maximum.accumulate(known)]
    return filled


def daily_volatility(market: Market, at_ms: Ints) -> Floats:
    """Return the standard deviation of the last 30 known daily log returns, float64[n], a fraction.

    Parameters
    ----------
    at_ms : int64[n]
        Moments; only days that had ended by then count. NaN before two returns are known.
    """
    days = market.bars["1d"]
    close = days.close[~np.isnan(days.close)]
    known_ms = days.known_ms[~np.isnan(days.close)]
    returns = np.diff(np.log(close))
    count = np.minimum(np.arange(1, returns.size + 1), LIQUIDITY_DAYS)
    total = _trailing(returns)
    squares = _trailing(returns**2)
    variance = np.maximum(squares - total**2 / count, 0.0) / np.maximum(count - 1, 1)
    deviation = np.where(count >= LEAST_RETURNS, np.sqrt(variance), np.nan)
    return asof(at_ms, known_ms[1:], deviation, -1)


def _trailing(values: Floats) -> Floats:
    """Return the sum over the last 30 values, fewer at the start, exact in each window."""
    padded = np.concatenate([np.zeros(LIQUIDITY_DAYS - 1), values])
    windows = np.lib.stride_tricks.sliding_window_view(padded, LIQUIDITY_DAYS)
    total: Floats = windows.sum(axis=1)
    return total


def daily_volume(bars: Bars, at_ms: Ints) -> Floats:
    """Return the average traded per day over the last 30 days, float64[n], quote.

    Parameters
    ----------
    bars : Bars
        Hourly bars of the leg; missing ones count as no bar, not as no trade.
    at_ms : int64[n]
        Moments; only bars that had ended by then count. NaN before the first.
    """
    traded = bars.volume * bars.close
    known = np.concatenate([[0], np.cumsum(~np.isnan(traded))])
    total = np.concatenate([[0.0], np.cumsum(np.where(np.isnan(traded), 0.0, traded))])
    last = np.searchsorted(bars.known_ms, at_ms, side="right")
    first = np.maximum(last - LIQUIDITY_DAYS * DAY_MS // bars.length_ms, 0)
    count = known[last] - known[first]
    mean = (total[last] - total[first]) / np.maximum(count, 1)
    return np.where(count > 0, mean * (DAY_MS / bars.length_ms), np.nan)


def first_start(market: Market) -> int:
    """Return the first moment at which an account can begin, in milliseconds.

    Everything it needs is there, and two daily returns are known for the cost of trading.

    Raises
    ------
    DataError
        If there are fewer days than that.
    """
    days = market.bars["1d"]
    known = days.known_ms[~np.isnan(days.close)]
    if known.size <= LEAST_RETURNS:
        message = (
            f"{market.asset} spot has {known.size} days of bars; the cost model needs the returns "
            f"of at least {LEAST_RETURNS + 1} days"
        )
        raise DataError(message)
    return max(market.start_ms, int(known[LEAST_RETURNS]))


def _settlements(market: Market, open_ms: Ints) -> Floats:
    """Return the rate settled at the end of each bar, NaN where there is none.

    One that falls due at the very end of the history is not in it yet, and not missing.

    Raises
    ------
    DataError
        If a settlement is missing while the account walks.
    """
    funding = market.funding
    end_ms = open_ms + HOUR_MS
    within = (funding.ms > open_ms[0]) & (funding.ms <= end_ms[-1])
    due_ms = funding.ms - (funding.interval_hours * HOUR_MS).astype(np.int64)
    broken = within & ~funding.follows & (due_ms > open_ms[0])
    broken[0] = False
    if broken.any():
        at = int(np.argmax(broken))
        message = (
            f"{market.asset} funding has no settlement between {text(int(funding.ms[at - 1]))} and "
            f"{text(int(funding.ms[at]))}; unknown funding is not zero: complete the series, or "
            f"choose dates that leave this out"
        )
        raise DataError(message)
    rates = np.full(open_ms.size, np.nan)
    rates[(funding.ms[within] - open_ms[0] - 1) // HOUR_MS] = funding.rate[within]
    return rates


def _moments(signals: Signals, open_ms: Ints) -> tuple[int, Ints]:
    """Return the evaluation at the first open, and that at the end of each bar; -1 is none."""
    at = np.full(open_ms.size, -1, np.int64)
    bar = (signals.ms - open_ms[0]) // HOUR_MS - 1
    later = bar >= 0
    at[bar[later]] = np.flatnonzero(later)
    first = 0 if signals.ms.size and signals.ms[0] == open_ms[0] else -1
    return first, at


def _rows(bars: Bars, start_ms: int, end_ms: int) -> slice:
    """Return the rows of the bars that begin at ``start_ms`` and end at ``end_ms``."""
    first = (start_ms - int(bars.open_ms[0])) // bars.length_ms
    return slice(first, (end_ms - int(bars.open_ms[0])) // bars.length_ms)


def _start_price(bars: Bars, start_ms: int) -> float:
    """Return the last close known at a moment, or the open of the bar that begins there."""
    first = (start_ms - int(bars.open_ms[0])) // bars.length_ms
    known = bars.close[:first]
    known = known[~np.isnan(known)]
    return float(known[-1] if known.size else bars.open[first])


def build_track(market: Market, start_ms: int, end_ms: int) -> Track:
    """Return the bars from ``start_ms`` up to ``end_ms``, with costs known at each open.

    Nothing is evaluated on them yet: see ``with_moments``.

    Parameters
    ----------
    start_ms, end_ms : int, milliseconds
        Full hours; ``first_start(market) <= start_ms < end_ms <= market.end_ms``.

    Raises
    ------
    DataError
        If a funding settlement is missing within, or nothing was traded for 30 days.
    """
    spot_rows = _rows(market.spot, start_ms, end_ms)
    mark_rows = _rows(market.mark, start_ms, end_ms)
    perp_rows = _rows(market.perp, start_ms, end_ms)
    open_ms = np.arange(start_ms, end_ms, HOUR_MS)
    start = np.array([[_start_price(market.spot, start_ms), _start_price(market.mark, start_ms)]])
    spot_close = _filled(np.concatenate([[start[0, SPOT]], market.spot.close[spot_rows]]))
    mark_close = _filled(np.concatenate([[start[0, PERP]], market.mark.close[mark_rows]]))

    def layered(spot: Floats, mark: Floats) -> Floats:
        held = np.where(np.isnan(spot), spot_close[:-1], spot)
        marked = np.where(np.isnan(mark), mark_close[:-1], mark)
        return np.stack([held, marked], axis=1)[:, None]

    spot, mark = market.spot, market.mark
    funding = np.full((1, len(LEGS), open_ms.size), np.nan)
    funding[0, PERP] = _settlements(market, open_ms)
    return Track(
        length_ms=HOUR_MS,
        open_ms=open_ms,
        first_fill=np.stack([market.spot.open[spot_rows], market.perp.open[perp_rows]])[None],
        open=layered(spot.open[spot_rows], mark.open[mark_rows]),
        high=layered(spot.high[spot_rows], mark.high[mark_rows]),
        low=layered(spot.low[spot_rows], mark.low[mark_rows]),
        close=np.stack([spot_close[1:], mark_close[1:]], axis=1)[:, None],
        funding=funding,
        daily_volatility=daily_volatility(market, open_ms)[None],
        daily_volume=liquidity(market, open_ms),
        start_price=start,
        settled=np.full((1, len(LEGS), open_ms.size), np.nan),
        worth=np.ones((open_ms.size, 1)),
        start_worth=np.ones(1),
        deleveraged=np.zeros(open_ms.size),
        moment=np.full(open_ms.size, -1, np.int64),
        first_moment=-1,
    )


def with_moments(track: Track, signals: Signals) -> Track:
    """Return a track on which the moments of a policy's signals are evaluated."""
    first_moment, moment = _moments(signals, track.open_ms)
    return track._replace(moment=moment, first_moment=first_moment)


def liquidity(market: Market, open_ms: Ints) -> Floats:
    """Return the daily volume of each leg; a leg too new to have one borrows that of spot.

    Parameters
    ----------
    market : Market
    open_ms : int64[n]
        Moments; only bars that had ended by then count.

    Returns
    -------
    float64[1, n_legs, n], quote

    Raises
    ------
    DataError
        If nothing was traded for 30 days.
    """
    spot = daily_volume(market.spot, open_ms)
    perp = daily_volume(market.perp, open_ms)
    volume = np.stack([spot, np.where(np.isnan(perp), spot, perp)])
    if not np.all(volume > 0.0):
        at = int(np.argmax(~(volume > 0.0).all(axis=0)))
        message = (
            f"{market.asset} traded nothing in the 30 days before {text(int(open_ms[at]))}; "
            f"the cost model needs volume: check the volume column of spot and perpetual"
        )
        raise DataError(message)
    return volume[None]


def build_costs(market: Market) -> Costs:
    """Return what trading this market costs, from its dated facts and maintenance tiers."""
    facts = market.facts
    return Costs(
        fee_from=np.zeros(1, np.int64),
        fee=np.array([[facts.fee_spot, facts.fee_perp]], dtype=np.float64),
        half_spread_bps=HALF_SPREAD_BPS,
        impact=IMPACT,
        liquidation_fee=facts.liquidation_fee,
        worst_case=0,
        lot=np.array([[facts.lot_spot, facts.lot_perp]], dtype=np.float64),
        tick=np.array([[facts.tick_spot, facts.tick_perp]], dtype=np.float64),
        min_notional=np.array([[facts.min_spot, facts.min_perp]], dtype=np.float64),
        tier_cap=market.tiers.cap[None],
        tier_rate=market.tiers.rate[None],
        tier_deduction=market.tiers.deduction[None],
    )
