"""This file is the history that the stand-in serves: hourly rows, cut into bars of any length."""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.time import DAY_MS, FIRST_MONDAY_MS, HOUR_MS, WEEK_MS

MINUTE_MS: Final = 60_000
LENGTHS: Final = {
    "1m": MINUTE_MS,
    "3m": 3 * MINUTE_MS,
    "5m": 5 * MINUTE_MS,
    "15m": 15 * MINUTE_MS,
    "30m": 30 * MINUTE_MS,
    "1h": HOUR_MS,
    "2h": 2 * HOUR_MS,
    "4h": 4 * HOUR_MS,
    "6h": 6 * HOUR_MS,
    "8h": 8 * HOUR_MS,
    "12h": 12 * HOUR_MS,
    "1d": DAY_MS,
    "3d": 3 * DAY_MS,
    "1w": WEEK_MS,
}
"""Intervals that bars are cut into, by Binance's names; months are of no equal length."""

_THIRD: Final = 1.0 / 3.0


@dataclass(slots=True)
class History:
    """Rows of one symbol: stamps, and the numbers in the order in which the venue gives them.

    Bars: open, high, low, close, volume, volume in quote (of a coin-margined contract in coins).
    Funding: hours, rate. Open interest: contracts or coins, value.
    """

    ms: Ints
    rows: Floats

    def until(self, now_ms: int) -> "History":
        """Return what can be seen at a moment: rows that began, an hour under way as far as it is.

        Only for bars. Inside an hour the price goes from its open to the extreme that lies away
        from its close, to the other one, and to its close, for a third of the hour each.
        """
        count = int(np.searchsorted(self.ms, now_ms, side="right"))
        ms, rows = self.ms[:count], self.rows[:count]
        part = 1.0 if count == 0 else (now_ms - int(ms[-1])) / HOUR_MS
        if part >= 1.0:
            return History(ms, rows)
        cut = _slices(rows[-1:], np.array([0.0]), np.array([part]))
        return History(ms, np.concatenate([rows[:-1], cut]))


class Window(NamedTuple):
    """Which rows are asked for: stamps from and to, both included, and at most how many."""

    first_ms: int | None
    end_ms: int | None
    limit: int
    newest: bool = False
    """Whether the last rows are wanted where there are too many, though a first was given."""

    def of(self, ms: Ints) -> slice:
        """Return the rows of some increasing stamps: the first ones, or else the last."""
        start = 0 if self.first_ms is None else int(np.searchsorted(ms, self.first_ms))
        stop = ms.size
        if self.end_ms is not None:
            stop = int(np.searchsorted(ms, self.end_ms, side="right"))
        if self.first_ms is None or self.newest:
            return slice(max(start, stop - self.limit), max(stop, start))
        return slice(start, max(start, min(stop, start + self.limit)))


def bars(history: History, interval: str, window: Window, now_ms: int) -> History:
    """Return bars of an interval that have begun; the last one may be under way.

    Parameters
    ----------
    history : History
        Hourly bars.
    interval : str
        One of ``LENGTHS``, or ``1M``.
    window : Window
        Of the openings of the bars.
    now_ms : int, stamp
        The moment at which they are looked at.

    Examples
    --------
    >>> rows = np.array([[1.0, 4.0, 1.0, 3.0, 5.0, 9.0], [3.0, 3.0, 2.0, 2.0, 1.0, 2.0]])
    >>> hours = History(np.array([0, 3_600_000]), rows)
    >>> day = bars(hours, "1d", Window(None, None, 10), now_ms=7_200_000)
    >>> day.ms.tolist(), day.rows.tolist()
    ([0], [[1.0, 4.0, 1.0, 2.0, 6.0, 11.0]])
    """
    seen = history.until(now_ms)
    if LENGTHS.get(interval, DAY_MS) < HOUR_MS:
        return _finer(history, LENGTHS[interval], window, now_ms)
    opens = _openings(seen.ms, interval)
    first_of = np.flatnonzero(np.diff(opens, prepend=np.int64(-1)))
    page = window.of(opens[first_of])
    begins = first_of[page]
    if begins.size == 0:
        return History(seen.ms[:0], seen.rows[:0])
    end = int(first_of[page.stop]) if page.stop < first_of.size else seen.ms.size
    inside = seen.rows[begins[0] : end]
    at = begins - begins[0]
    last = np.append(at[1:], len(inside)) - 1
    columns = (
        inside[at, 0],
        np.maximum.reduceat(inside[:, 1], at),
        np.minimum.reduceat(inside[:, 2], at),
        inside[last, 3],
        np.add.reduceat(inside[:, 4:], at),
    )
    return History(opens[begins], np.column_stack(columns))


def end_of(open_ms: int, interval: str) -> int:
    """Return when a bar ends.

    Examples
    --------
    >>> end_of(0, "1M") == 31 * 86_400_000
    True
    """
    if interval != "1M":
        return open_ms + LENGTHS[interval]
    month = np.datetime64(open_ms, "ms").astype("datetime64[M]") + 1
    return int(month.astype("datetime64[ms]").astype(np.int64))


def _openings(ms: Ints, interval: str) -> Ints:
    """Return the opening of the bar that each stamp falls into; weeks begin on Monday."""
    if interval == "1M":
        months = ms.astype("datetime64[ms]").astype("datetime64[M]")
        told: Ints = months.astype("datetime64[ms]").astype(np.int64)
        return told
    length = LENGTHS[interval]
    origin = FIRST_MONDAY_MS if interval == "1w" else 0
    return (ms - origin) // length * length + origin


def _finer(history: History, length_ms: int, window: Window, now_ms: int) -> History:
    """Return bars shorter than an hour, cut from the path of each hour."""
    starts = np.arange(0, HOUR_MS, length_ms)
    opens = (history.ms[:, None] + starts).ravel()
    opens = opens[: int(np.searchsorted(opens, now_ms, side="right"))]
    page = window.of(opens)
    places = np.arange(page.start, page.stop)
    hour = places // starts.size
    since = opens[page] - history.ms[hour]
    until = np.minimum(since + length_ms, now_ms - history.ms[hour])
    return History(opens[page], _slices(history.rows[hour], since / HOUR_MS, until / HOUR_MS))


def _slices(rows: Floats, since: Floats, until: Floats) -> Floats:
    """Return the part of each bar between two moments, which are fractions of its length."""
    opened, high, low, close = rows[:, :4].T
    rises = close >= opened
    first, second = np.where(rises, low, high), np.where(rises, high, low)

    def price(part: Floats) -> Floats:
        one = opened + (first - opened) * np.clip(part / _THIRD, 0.0, 1.0)
        two = (second - first) * np.clip(part / _THIRD - 1.0, 0.0, 1.0)
        three = (close - second) * np.clip(part / _THIRD - 2.0, 0.0, 1.0)
        told: Floats = one + two + three
        return told

    begins, ends = price(since), price(until)
    met = [
        np.where((since <= at) & (at <= until), value, begins)
        for at, value in ((_THIRD, first), (2 * _THIRD, second))
    ]
    volume = rows[:, 4:] * (until - since)[:, None]
    return np.column_stack(
        [
            begins,
            np.maximum.reduce([begins, ends, *met]),
            np.minimum.reduce([begins, ends, *met]),
            ends,
            volume,
        ]
    )
