"""The key levels known at the close of every week: pivots, clusters, age."""

from typing import Final, NamedTuple

import numpy as np

from steelyard.domain.arrays import Flags, Floats, Ints
from steelyard.domain.compiled import compiled

PIVOT_WEEKS: Final = 2
"""Weeks on either side that a pivot is compared with (domain 3.8.1)."""

KEY_AGE_WEEKS: Final = 26
"""Weeks that the oldest pivot of a key level has behind it (domain 3.8.4)."""

FIRST_KEY_ROW: Final = PIVOT_WEEKS + KEY_AGE_WEEKS
"""The first pivot can stand in week 2, so week 28 is the first that can know a key level."""

REACH_WEEKS: Final = 156
"""Weeks that a pivot counts (domain 3.8.2)."""

TOLERANCE: Final = 0.015
"""Width of a cluster above its mean (domain 3.8.3)."""

LEAST_TOUCHES: Final = 2
"""Pivots of a key level (domain 3.8.4)."""

HALF_LIFE_WEEKS: Final = 52.0
"""Weeks after which a touch counts half (domain 3.8.4)."""

LEAST_WEIGHT: Final = 1e-12
"""Coins that a week without volume weighs, so that a mean exists."""


class Pivots(NamedTuple):
    """Turning points of the weekly chart by price ascending, float64 or int64 [n].

    Parameters
    ----------
    week, known_week : int64
        Index of the week, and of the one at whose close it is known to be a pivot.
    price : float64, quote per coin
    weight : float64, coins
        That week's volume.
    is_high : bool
    """

    week: Ints
    known_week: Ints
    price: Floats
    weight: Floats
    is_high: Flags


class Level(NamedTuple):
    """A cluster of pivots.

    Parameters
    ----------
    price : float, quote per coin
        Volume-weighted mean.
    touches : int
    weight : float, coins
    strength : float
        Sum over the pivots of ``0.5 ** (age in weeks / 52)``.
    weeks : tuple of int, ascending
        The weeks of its pivots.
    """

    price: float
    touches: int
    weight: float
    strength: float
    weeks: tuple[int, ...]


class LevelTable(NamedTuple):
    """Key levels known at the close of each week, by price ascending, padded with NaN.

    Parameters
    ----------
    known_ms : int64[n_weeks]
        The close of the week.
    price : float64[n_weeks, n_levels], quote per coin
    first_known_ms : int64[n_weeks, n_levels]
        When the oldest pivot of the level was confirmed; 0 in the padding.
    touches, strength : float64[n_weeks, n_levels]
        Number of pivots, and the sum over them of ``0.5 ** (age in weeks / 52)``.
    first_row : int
        First row at which a key level can be known.
    """

    known_ms: Ints
    price: Floats
    first_known_ms: Ints
    touches: Floats
    strength: Floats
    first_row: int


def _turns(values: Floats, left: int, right: int) -> Flags:
    """Return which values are below the ones before (strictly) and not above the ones after."""
    result = np.zeros(values.size, dtype=np.bool_)
    end = values.size - right
    if left < end:
        middle = values[left:end]
        turning = ~np.isnan(middle)
        for j in range(1, left + 1):
            turning &= middle < values[left - j : end - j]
        for j in range(1, right + 1):
            turning &= middle <= values[left + j : end + j]
        result[left:end] = turning
    return result


def pivots(
    high: Floats,
    low: Floats,
    volume: Floats,
    *,
    left: int = PIVOT_WEEKS,
    right: int = PIVOT_WEEKS,
) -> Pivots:
    """Return the pivot highs and lows of weekly bars (domain 3.8.1).

    Parameters
    ----------
    high, low : float64[n_weeks], quote per coin
        NaN where the week is missing.
    volume : float64[n_weeks], coins
        What weighs a pivot.
    left, right : int, weeks
        How many weeks before (strictly) and after a pivot stands out from.

    Returns
    -------
    Pivots
        A week next to a missing one is no pivot; nor is one without a known volume.
    """
    lows = np.flatnonzero(_turns(low, left, right))
    highs = np.flatnonzero(_turns(-high, left, right))
    week = np.concatenate((lows, highs)).astype(np.int64)
    price = np.concatenate((low[lows], high[highs]))
    is_high = np.arange(week.size) >= lows.size
    order = np.lexsort((week, price))
    order = order[~np.isnan(volume[week[order]])]
    week = week[order]
    weight = np.maximum(volume[week], LEAST_WEIGHT)
    return Pivots(week, week + right, price[order], weight, is_high[order])


@compiled
def clusters(found: Pivots, first: int, last: int, tolerance: float) -> tuple[Ints, Floats]:
    """Return which pivots form a level at the close of a week, and what the levels are worth.

    Parameters
    ----------
    found : Pivots
        Of the whole chart; what is not known yet does not count.
    first, last : int
        First week whose pivots count, and the last closed week.
    tolerance : float, fraction
        A pivot joins while its price is at most the cluster's mean times one plus this.

    Returns
    -------
    group : int64[n]
        Number of each pivot's cluster, from 0 in order of price; -1 for pivots that do not count.
    sums : float64[n_clusters, 5]
        Volume-weighted mean price, weight, touches, oldest week, strength.
    """
    group = np.full(found.price.size, -1)
    sums = np.zeros((found.price.size, 5))
    n = 0
    for i in range(found.price.size):
        week, price = found.week[i], found.price[i]
        if week < first or found.known_week[i] > last:
            continue
        if n == 0 or price > sums[n - 1, 0] / sums[n - 1, 1] * (1.0 + tolerance):
            sums[n, 3] = week
            n += 1
        level = sums[n - 1]
        level[0] += price * found.weight[i]
        level[1] += found.weight[i]
        level[2] += 1.0
        level[3] = min(level[3], week)
        level[4] += 0.5 ** ((last - week) / HALF_LIFE_WEEKS)
        group[i] = n - 1
    for j in range(n):
        sums[j, 0] /= sums[j, 1]
    return group, sums[:n]


def levels_at(
    found: Pivots, last: int, *, reach: int = REACH_WEEKS, tolerance: float = TOLERANCE
) -> list[Level]:
    """Return all levels known at the close of one week, key or not, by price ascending.

    Parameters
    ----------
    found : Pivots
        Of the whole chart; later ones are not seen.
    last : int
        Index of the last closed week.
    reach : int, weeks
        How far back pivots count, the last closed week included.
    tolerance : float, fraction
        Width of a cluster above its mean.
    """
    group, sums = clusters(found, last - reach + 1, last, float(tolerance))
    result = []
    for number, (price, weight, touches, _, strength) in enumerate(sums.tolist()):
        weeks = tuple(sorted(found.week[group == number].tolist()))
        result.append(Level(price, int(touches), weight, strength, weeks))
    return result


@compiled
def _key_levels(found: Pivots, n_weeks: int, reach: int, tolerance: float) -> tuple[Ints, Floats]:
    """Return how many key levels each week knows, and their sums, zeros where there are fewer."""
    counts = np.zeros(n_weeks, dtype=np.int64)
    result = np.zeros((n_weeks, found.price.size // LEAST_TOUCHES + 1, 5))
    for last in range(n_weeks):
        _, sums = clusters(found, last - reach + 1, last, tolerance)
        for j in range(len(sums)):
            if sums[j, 2] >= LEAST_TOUCHES and last - sums[j, 3] >= KEY_AGE_WEEKS:
                for k in range(5):
                    result[last, counts[last], k] = sums[j, k]
                counts[last] += 1
    return counts, result


def level_table(
    high: Floats,
    low: Floats,
    volume: Floats,
    known_ms: Ints,
    *,
    reach: int = REACH_WEEKS,
    tolerance: float = TOLERANCE,
) -> LevelTable:
    """Return the key levels known at the close of each week (domain 3.8).

    Parameters
    ----------
    high, low : float64[n_weeks], quote per coin
        NaN where the week is missing.
    volume : float64[n_weeks], coins
        What weighs a pivot.
    known_ms : int64[n_weeks]
        The close of each week.
    reach : int, weeks
        How far back pivots count, the last closed week included.
    tolerance : float, fraction
        Width of a cluster above its mean.

    Returns
    -------
    LevelTable
        Only levels of at least two touches whose oldest pivot is at least 26 weeks old.
    """
    found = pivots(high, low, volume)
    counts, sums = _key_levels(found, high.size, reach, float(tolerance))
    width = max(int(counts.max(initial=0)), 1)
    empty = np.arange(width) >= counts[:, np.newaxis]
    kept = sums[:, :width]
    oldest = kept[:, :, 3].astype(np.int64)
    closes = np.asarray(known_ms, dtype=np.int64)
    confirmed = closes[np.minimum(oldest + PIVOT_WEEKS, high.size - 1)]
    whole = np.flatnonzero(~np.isnan(high))
    return LevelTable(
        known_ms=closes,
        price=np.where(empty, np.nan, kept[:, :, 0]),
        first_known_ms=np.where(empty, 0, confirmed),
        touches=np.where(empty, np.nan, kept[:, :, 2]),
        strength=np.where(empty, np.nan, kept[:, :, 4]),
        first_row=FIRST_KEY_ROW + (int(whole[0]) if whole.size else high.size),
    )


def level_rows(bar_known_ms: Ints, table: LevelTable) -> Ints:
    """Return the row of the table that is known at the close of each bar.

    Parameters
    ----------
    bar_known_ms : int64[n_bars], increasing
        When each bar was final.
    table : LevelTable
        The key levels of every week.

    Returns
    -------
    int64[n_bars]
        The last week closed by then; -1 while no key level can be known: before the first week
        could have been a pivot, been confirmed, and come of age.
    """
    rows = np.searchsorted(table.known_ms, bar_known_ms, side="right") - 1
    return np.where(rows < table.first_row, -1, rows).astype(np.int64)
