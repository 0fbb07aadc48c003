"""This file makes markets of which every daily close is given, so that tests show their sums."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from steelyard.data.assemble import bar_kinds
from steelyard.domain.market import Bars, Dated, Funding, Market, Series
from steelyard.domain.time import DAY_MS, HOUR_MS
from tests.support.policy_files import FIRST_MONDAY_MS, small_market


def day_stamp(day: int) -> str:
    """Return the day after so many days, as a command takes it: 0 is 1970-01-05."""
    return str(np.datetime64(FIRST_MONDAY_MS + day * DAY_MS, "ms").astype("datetime64[D]"))


def hours_of(closes: Sequence[float]) -> Bars:
    """Return hourly bars: each day jumps to its close in its first hour and stays there."""
    close = np.repeat(np.array(closes, dtype=np.float64), 24)
    start = np.concatenate([close[:1], close[:-1]])
    return Bars(
        length_ms=HOUR_MS,
        open_ms=FIRST_MONDAY_MS + HOUR_MS * np.arange(close.size, dtype=np.int64),
        open=start,
        high=np.maximum(start, close),
        low=np.minimum(start, close),
        close=close,
        volume=np.full(close.size, 1000.0),
    )


def market_of_days(
    closes: Sequence[float], *, rate: float = 0.0001, series: Mapping[str, Series] | None = None
) -> Market:
    """Return a market from 1970-01-05 on with these daily closes and one funding rate."""
    hours = hours_of(closes)
    count = 3 * len(closes)
    return replace(
        small_market(days=8),
        spot=hours,
        perp=hours,
        mark=hours,
        bars=bar_kinds(hours),
        series={} if series is None else series,
        series_files={"implied_vol": "some.implied_vol.1d"},
        funding=Funding(
            ms=FIRST_MONDAY_MS + 8 * HOUR_MS * np.arange(1, count + 1, dtype=np.int64),
            rate=np.full(count, rate),
            interval_hours=np.full(count, 8.0),
            follows=np.arange(count) > 0,
        ),
    )


def contract_of_days(prices: Sequence[float], first_day: int, expiry_day: float) -> Dated:
    """Return a dated contract with one price an hour of each day, volume 100 coins an hour."""
    close = np.repeat(np.array(prices, np.float64), 24)
    hours = HOUR_MS * np.arange(close.size, dtype=np.int64)
    bars = Bars(
        length_ms=HOUR_MS,
        open_ms=FIRST_MONDAY_MS + first_day * DAY_MS + hours,
        open=close,
        high=close,
        low=close,
        close=close,
        volume=np.full(close.size, 100.0),
    )
    expiry_ms = FIRST_MONDAY_MS + int(expiry_day * DAY_MS)
    return Dated(symbol=f"BTCUSDT_{expiry_day}", expiry_ms=expiry_ms, bars=bars)
