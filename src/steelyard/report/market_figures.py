"""What a picture shows of the market itself: key levels as they were known, and volume profiles."""

from typing import Final, NamedTuple

import numpy as np

from steelyard.domain.arrays import Flags, Floats, Ints
from steelyard.domain.market import Bars, Market
from steelyard.domain.time import DAY_MS
from steelyard.features.levels import LevelTable, level_rows, level_table, resistance, support
from steelyard.features.profile import Layout, Profiles, profiles
from steelyard.features.profile_shape import profile_shape
from steelyard.report.candles import in_ticks, price_tick
from steelyard.report.inputs import JsonValue
from steelyard.report.packing import packed
from steelyard.report.rounding import amount, fractions

PROFILE_DAYS: Final = 30
PROFILE_BINS: Final = 50
"""The profile of domain 3.14: 50 equal bins over the last 30 days."""
FULL: Final = 100
"""What the fullest bin of a drawn profile holds; finer than its bars are wide."""


class Stretch(NamedTuple):
    """Weeks in a row over which a key level stayed as it was: nothing but its strength changed.

    Parameters
    ----------
    rows : list of int
        Rows of the level table.
    column : list of int
        Its column in each of them.
    """

    rows: list[int]
    columns: list[int]


def stretches(table: LevelTable, rows: range) -> list[Stretch]:
    """Return for how long every key level stayed as it was, the oldest first.

    Parameters
    ----------
    table : LevelTable
        The key levels of every week.
    rows : range
        The weeks that are asked about.

    Returns
    -------
    list of Stretch
        A level that gains or loses a touch moves, and begins a new stretch.
    """
    found: list[Stretch] = []
    running: dict[tuple[float, float, int], Stretch] = {}
    for row in rows:
        now: dict[tuple[float, float, int], Stretch] = {}
        for column in np.flatnonzero(~np.isnan(table.price[row])).tolist():
            key = (
                float(table.price[row, column]),
                float(table.touches[row, column]),
                int(table.first_known_ms[row, column]),
            )
            stretch = running.get(key)
            if stretch is None:
                stretch = Stretch([], [])
                found.append(stretch)
            stretch.rows.append(row)
            stretch.columns.append(column)
            now[key] = stretch
        running = now
    return found


def _numbers(
    levels: Floats, rows: Ints, table: LevelTable, found: list[Stretch]
) -> list[JsonValue]:
    """Return which stretch the level of each stamp belongs to; None without a level."""
    number = {
        place: n
        for n, stretch in enumerate(found)
        for place in zip(stretch.rows, stretch.columns, strict=True)
    }
    said: list[JsonValue] = []
    for level, row in zip(levels.tolist(), rows.tolist(), strict=True):
        at = np.flatnonzero(table.price[row] == level) if row >= 0 else np.empty(0, np.int64)
        said.append(number[row, int(at[0])] if at.size else None)
    return said


def key_levels(weeks: Bars, ms: Ints, price: Floats) -> dict[str, JsonValue]:
    """Return the key levels of the weekly chart over a run (domain 3.8), each only where known.

    Parameters
    ----------
    weeks : Bars
        Weekly ones.
    ms : int64[n], milliseconds, increasing
        From the start to the end of the run.
    price : float64[n], quote per coin
        At these stamps.

    Returns
    -------
    mapping
        ``levels``: from, to (milliseconds), price, touches, when its oldest pivot was confirmed,
        and its strength in each week of the stretch; ``support`` and ``resistance``: for each
        stamp the number of the level nearest at or below, or above, the price; None without one.
    """
    table = level_table(weeks.high, weeks.low, weeks.volume, weeks.known_ms)
    rows = level_rows(ms, table)
    first, last = int(rows[0]), int(rows[-1])
    found = stretches(table, range(max(first, table.first_row), last + 1))
    ends = np.concatenate([table.known_ms[1:], [int(ms[-1])]])
    drawn: list[JsonValue] = []
    for stretch in found:
        row, column = stretch.rows[0], stretch.columns[0]
        drawn.append(
            [
                int(table.known_ms[row]),
                min(int(ends[stretch.rows[-1]]), int(ms[-1])),
                amount(float(table.price[row, column])),
                int(table.touches[row, column]),
                int(table.first_known_ms[row, column]),
                fractions(table.strength[stretch.rows, stretch.columns]),
            ]
        )
    return {
        "levels": drawn,
        "support": _numbers(support(price, rows, table), rows, table, found),
        "resistance": _numbers(resistance(price, rows, table), rows, table, found),
    }


def _bins(found: Profiles, known: Flags) -> tuple[Ints, Ints]:
    """Return first and last bin of the value area and the fullest one, and all bins of 100."""
    marks = []
    for moment in np.flatnonzero(known).tolist():
        shape = profile_shape(found, moment)
        first = shape.poc_bin + sum(step for step in shape.steps if step < 0)
        last = shape.poc_bin + sum(step for step in shape.steps if step > 0)
        marks.append((first, last, shape.poc_bin))
    volume = found.volume[known]
    share = volume / volume.max(axis=1, keepdims=True)
    return np.array(marks, dtype=np.int64), np.ceil(share * FULL).astype(np.int64)


def volume_profiles(market: Market, ms: Ints) -> JsonValue:
    """Return the volume profile of the 30 days up to each stamp; None where none is known.

    Parameters
    ----------
    market : Market
        Whose hourly bars make the profiles.
    ms : int64[n], milliseconds, increasing
        When; a profile holds what was known then.

    Returns
    -------
    mapping or None
        ``days``, ``bins``; ``rows``: which stamps have a profile; ``tick`` (quote); ``packed``.

    Notes
    -----
    Packed are, one after the other: lowest and highest price in ticks, each minus that of the row
    before; first and last bin of the value area, and the bin with most volume; then row by row
    what every bin holds, from the lowest, the fullest being 100 (rounded up, so only an empty bin
    is 0).
    """
    hours = market.bars["1h"]
    layout = Layout(PROFILE_DAYS * DAY_MS // hours.length_ms, PROFILE_BINS)
    ends = np.searchsorted(hours.known_ms, ms, side="right")
    found = profiles(hours.low, hours.high, hours.volume, ends, layout)
    known = ~np.isnan(found.low)
    if not np.any(known):
        return None
    tick = price_tick(float(np.min(found.low[known])))
    low, high = in_ticks(found.low[known], tick), in_ticks(found.high[known], tick)
    marks, bins = _bins(found, known)
    columns = (np.diff(low, prepend=0), np.diff(high, prepend=0), marks.T.ravel(), bins.ravel())
    return {
        "days": PROFILE_DAYS,
        "bins": PROFILE_BINS,
        "rows": [int(row) for row in np.flatnonzero(known)],
        "tick": tick,
        "packed": packed(np.concatenate(columns)),
    }
