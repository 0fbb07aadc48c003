"""Support and resistance: key levels, and what closes do at them."""

import math

import numpy as np

from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.compiled import compiled, compiled_inside
from steelyard.features.level_table import FIRST_KEY_ROW, LevelTable, level_rows, level_table
from steelyard.features.stretches import check_window, plain
from steelyard.features.windows import ago

__all__ = [
    "FIRST_KEY_ROW",
    "LevelTable",
    "breached",
    "broken_support",
    "held_since",
    "held_support",
    "level_rows",
    "level_table",
    "near_resistance",
    "resistance",
    "support",
]

DISTANCE_TOLERANCE = 1e-12
"""A close that lies exactly as many ATR below the level as is allowed is near it."""


@compiled_inside
def level_below(prices: Floats, close: float) -> float:
    """Return the nearest of ascending, NaN-padded prices at or below a close, else NaN."""
    found = np.nan
    for price in prices:
        if price <= close:
            found = price
    return found


@compiled_inside
def level_above(prices: Floats, close: float) -> float:
    """Return the nearest of ascending, NaN-padded prices at or above a close, else NaN."""
    for price in prices:
        if price >= close:
            return float(price)
    return np.nan


@compiled
def raised(level: float, other: float) -> float:
    """Return the higher of two levels, either of which may be unknown (NaN)."""
    if math.isnan(level) or other > level:
        return other
    return level


@compiled
def _supports(close: Floats, rows: Ints, prices: Floats) -> Floats:
    result = np.full(close.size, np.nan)
    for t in range(close.size):
        if rows[t] >= 0:
            result[t] = level_below(prices[rows[t]], close[t])
    return result


@compiled
def _resistances(close: Floats, rows: Ints, prices: Floats) -> Floats:
    result = np.full(close.size, np.nan)
    for t in range(close.size):
        if rows[t] >= 0:
            result[t] = level_above(prices[rows[t]], close[t])
    return result


def _rows(rows: Ints) -> Ints:
    return np.require(rows, np.int64, ["C", "W"])


def support(close: Floats, rows: Ints, table: LevelTable) -> Floats:
    """Return the nearest key level at or below each close, quote per coin.

    Parameters
    ----------
    close : float64[n_bars], quote per coin
        NaN where the bar is missing.
    rows : int64[n_bars]
        From ``level_rows``.
    table : LevelTable
        The key levels of every week.

    Returns
    -------
    float64[n_bars]
        NaN where there is none, where none can be known yet, and where the close is unknown.
    """
    return _supports(plain(close), _rows(rows), table.price)


def resistance(close: Floats, rows: Ints, table: LevelTable) -> Floats:
    """Return the nearest key level at or above each close, quote per coin; else as ``support``."""
    return _resistances(plain(close), _rows(rows), table.price)


def _breaches(close: Floats, rows: Ints, table: LevelTable, n: int) -> tuple[Floats, Floats]:
    """Return the event of domain 3.8.6 and the level it concerns: the support n bars before."""
    check_window("breached", n)
    level = ago(support(close, rows, table), n)
    unsure = ago((np.isnan(close) | (rows < 0)).astype(np.float64), n) != 0.0
    held = np.isnan(level) & ~unsure
    for lag in range(n):
        then = ago(close, lag)
        held |= then >= level
        unsure |= np.isnan(then)
    return np.where(held, 0.0, np.where(unsure, np.nan, 1.0)), level


def breached(close: Floats, rows: Ints, table: LevelTable, n: int) -> Floats:
    """Tell whether this is the ``n``-th close in a row below a support that held before them.

    Parameters
    ----------
    close : float64[n_bars], quote per coin
        NaN where the bar is missing.
    rows : int64[n_bars]
        From ``level_rows``.
    table : LevelTable
        The key levels of every week.
    n : int, closes, >= 1
        How many confirm the breach.

    Returns
    -------
    float64[n_bars]
        1 on the bar of the event only. The support is the key level nearest at or below the close
        ``n`` bars before, of those known then, and stays the same for the count (domain 3.8.6);
        without one there is no event. NaN where a close of the count is missing, or no level could
        be known, unless a known close at or above the level decides it.
    """
    return _breaches(close, rows, table, n)[0]


def broken_support(close: Floats, rows: Ints, table: LevelTable, n: int) -> Floats:
    """Return the level that the latest ``breached`` event broke, quote per coin; NaN before one."""
    event, level = _breaches(close, rows, table, n)
    index = np.maximum.accumulate(np.where(event == 1.0, np.arange(close.size), -1))
    return np.where(index >= 0, level[np.maximum(index, 0)], np.nan)


@compiled
def _held(close: Floats, rows: Ints, prices: Floats, n: float) -> Floats:
    result = np.full(close.size, np.nan)
    count = 0.0
    level = np.nan
    is_sure = False
    for t in range(close.size):
        if math.isnan(close[t]) or rows[t] < 0:
            count = 0.0
            level = np.nan
            is_sure = False
            continue
        if close[t] < level:
            count = 0.0
            level = np.nan
        else:
            level = raised(level, level_below(prices[rows[t]], close[t]))
            count = 0.0 if math.isnan(level) else count + 1.0
        is_sure = is_sure or count == 0.0 or count >= n
        if is_sure:
            result[t] = min(count, n)
    return result


def held_support(close: Floats, rows: Ints, table: LevelTable, n: int) -> Floats:
    """Return for how many closes in a row support has held, this one included, at most n.

    Parameters
    ----------
    close : float64[n_bars], quote per coin
        NaN where the bar is missing.
    rows : int64[n_bars]
        From ``level_rows``.
    table : LevelTable
        The key levels of every week.
    n : int, closes, >= 1
        How far is counted; domain 8.1 asks for 5.

    Returns
    -------
    float64[n_bars]
        The support is the key level nearest at or below the close on the first bar of the count,
        and rises with every higher key level that the closes come to stand on; it never falls. A
        close below it ends the count at 0, and the next may begin on the next bar. 0 without a
        level at or below. NaN where the close is missing and while no level can be known. The count
        then begins anew, and is NaN until it reaches ``n`` or is 0 once: nobody knows its length.

    Notes
    -----
    A support that stayed where a count of years began would say nothing of the market of today:
    a level broken yesterday, far above it, would still count as held.
    """
    check_window("held_support", n)
    return _held(plain(close), _rows(rows), table.price, float(n))


def level_distance(level: Floats, close: Floats, atr: Floats) -> Floats:
    """Return how many ATR a level lies above the close; NaN where unknown or the ATR is 0."""
    return (level - close) / np.where(atr > 0.0, atr, np.nan)


def near_resistance(
    close: Floats, atr: Floats, rows: Ints, table: LevelTable, atrs: float
) -> Floats:
    """Tell whether the nearest key level at or above the close is at most ``atrs`` ATR away.

    Parameters
    ----------
    close, atr : float64[n_bars], quote per coin
        NaN where unknown.
    rows : int64[n_bars]
        From ``level_rows``.
    table : LevelTable
        The key levels of every week.
    atrs : float, >= 0
        The bound itself is near (domain 3.8.7).

    Returns
    -------
    float64[n_bars]
        1 or 0; 0 without a level above. NaN where close or ATR is unknown or no level can be known.
    """
    level = resistance(close, rows, table)
    near = level_distance(level, close, atr) <= atrs + DISTANCE_TOLERANCE
    unsure = np.isnan(close) | (rows < 0) | (~np.isnan(level) & ~(atr > 0.0))
    return np.where(unsure, np.nan, near.astype(np.float64))


@compiled_inside
def _new_level_below(prices: Floats, known_ms: Ints, after_ms: int, close: float) -> float:
    found = np.nan
    for i in range(prices.size):
        if prices[i] <= close and known_ms[i] > after_ms:
            found = prices[i]
    return found


@compiled_inside
def _held_on(  # noqa: PLR0913, PLR0917 - compiled code takes no keywords
    held: float,
    level: float,
    close: float,
    row: int,
    level_price: Floats,
    level_known_ms: Ints,
    entry_ms: int,
) -> tuple[float, float]:
    """Return the count and the level after one more known close."""
    if close < level:
        return 0.0, np.nan
    if row >= 0:
        level = raised(
            level, _new_level_below(level_price[row], level_known_ms[row], entry_ms, close)
        )
    return (0.0 if math.isnan(level) else held + 1.0), level


@compiled_inside
def held_since(  # noqa: PLR0913, PLR0917 - compiled code takes no keywords; the arrays of Signals
    close: Floats,
    level_row: Ints,
    level_price: Floats,
    level_known_ms: Ints,
    bar_known_ms: Ints,
    entry_bar: int,
    now_bar: int,
    broken: float,
    n: float,
) -> float:
    """Return for how many closes support has held since an entry, with the reclaim rule of 8.1.

    Parameters
    ----------
    close : float64[n_bars], quote per coin
        NaN where the bar is missing.
    level_row : int64[n_bars]
        Row of the level table known at each close; -1 while none can be known.
    level_price : float64[n_rows, n_levels]
        Key levels by price ascending, padded with NaN.
    level_known_ms : int64[n_rows, n_levels]
        When the oldest pivot of each was confirmed.
    bar_known_ms : int64[n_bars]
        When each bar was final.
    entry_bar, now_bar : int
        The bar that confirmed the entry, and the last one that is final; only closes after the
        entry count.
    broken : float, quote per coin
        The level broken at entry; NaN if there is none.
    n : float, closes, >= 1
        How far is counted.

    Returns
    -------
    float
        The larger of: closes in a row at or above ``broken``; closes for which support has held as
        in ``held_support``, among levels first known after the entry; at most ``n``. NaN where the
        last close is missing. A missing close restarts both counts, and as long as one of them has
        not been 0 since, the result is NaN below ``n``.
    """
    if now_bar < 0 or math.isnan(close[now_bar]):
        return np.nan
    reclaimed = 0.0
    held = 0.0
    level = np.nan
    entry_ms = bar_known_ms[entry_bar] if entry_bar >= 0 else 0
    hole = entry_bar
    reclaim_end = entry_bar
    held_end = entry_bar
    for t in range(entry_bar + 1, now_bar + 1):
        if math.isnan(close[t]):
            hole = t
            reclaimed = held = 0.0
            level = np.nan
            continue
        reclaimed = reclaimed + 1.0 if close[t] >= broken else 0.0
        held, level = _held_on(
            held, level, close[t], level_row[t], level_price, level_known_ms, entry_ms
        )
        reclaim_end = t if reclaimed == 0.0 else reclaim_end
        held_end = t if held == 0.0 else held_end
    count = max(reclaimed, held)
    if count < n and min(reclaim_end, held_end) < hole:
        return np.nan
    return min(count, n)
