"""Candles of a picture: one a day as plain numbers, and every hour of a run in a packed form."""

import math

import numpy as np

from steelyard.domain.arrays import Flags, Floats, Ints
from steelyard.domain.market import Bars, missing
from steelyard.report.inputs import JsonValue
from steelyard.report.packing import packed
from steelyard.report.rounding import amounts

TICK_DIGITS = 5
"""Significant digits that the lowest price keeps: a thousandth of a percent to a hundredth."""


def candles(bars: Bars, ms: Ints) -> list[JsonValue]:
    """Return open, close, low and high of the day that ends at each stamp; None without one.

    Parameters
    ----------
    bars : Bars
        Daily ones.
    ms : int64[n]
        Stamps; only those at which a bar ends have a candle.
    """
    row = {int(end): index for index, end in enumerate(bars.known_ms)}
    drawn: list[JsonValue] = []
    for stamp in ms:
        at = row.get(int(stamp))
        if at is None or np.isnan(bars.close[at]):
            drawn.append(None)
            continue
        ohlc = np.array([bars.open[at], bars.close[at], bars.low[at], bars.high[at]])
        drawn.append(amounts(ohlc))
    return drawn


def price_tick(lowest: float) -> float:
    """Return the step in which prices are counted, so that the lowest keeps five digits.

    Examples
    --------
    >>> price_tick(3_156.0)
    0.1
    >>> price_tick(0.0712)
    1e-06
    """
    exponent = math.floor(math.log10(lowest)) - TICK_DIGITS + 1
    return float(f"1e{exponent}")


def in_ticks(prices: Floats, tick: float) -> Ints:
    """Return prices as whole numbers of ticks, int64 of the same shape."""
    return np.round(prices / tick).astype(np.int64)


def _runs(flags: Flags) -> list[JsonValue]:
    """Return the first row and the length of every run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], flags, [False]])))
    return [[int(first), int(end - first)] for first, end in edges.reshape(-1, 2)]


def _last_known(values: Ints, is_missing: Flags) -> Ints:
    """Return every value, or the last one known before it; the first one known at the start."""
    there = np.flatnonzero(~is_missing)
    row = np.searchsorted(there, np.arange(values.size), side="right") - 1
    return values[there[np.maximum(row, 0)]]


def hourly(bars: Bars, start_ms: int, end_ms: int) -> JsonValue:
    """Return every hourly bar of a run for the page's script; None where there is none.

    Parameters
    ----------
    bars : Bars
        Hourly ones.
    start_ms, end_ms : int, milliseconds
        Only bars that begin and end between them.

    Returns
    -------
    mapping or None
        ``from`` (when the first bar ends), ``step`` (milliseconds), ``rows``, ``tick`` (quote),
        ``missing`` (first row and length of every run of bars that are not there), ``packed``.

    Notes
    -----
    Packed are four columns of ``rows`` whole numbers of ticks, one after the other: open minus the
    last close (of the first bar: minus 0), close minus open, what the high lies above the higher
    of the two, and the low below the lower. A missing bar is four zeros.
    """
    inside = (bars.open_ms >= start_ms) & (bars.known_ms <= end_ms)
    gone = missing(bars)[inside]
    if not np.any(~gone):
        return None
    tick = price_tick(float(np.nanmin(bars.low[inside])))
    opens, highs, lows, closes = (
        in_ticks(np.where(gone, 0.0, column[inside]), tick)
        for column in (bars.open, bars.high, bars.low, bars.close)
    )
    before = np.concatenate([[0], _last_known(closes, gone)[:-1]])
    before[: int(np.argmin(gone)) + 1] = 0
    columns = (
        opens - before,
        closes - opens,
        highs - np.maximum(opens, closes),
        np.minimum(opens, closes) - lows,
    )
    return {
        "from": int(bars.known_ms[inside][0]),
        "step": bars.length_ms,
        "rows": int(gone.size),
        "tick": tick,
        "missing": _runs(gone),
        "packed": packed(np.concatenate([np.where(gone, 0, column) for column in columns])),
    }
