"""This file tells what a catalogue holds, how far it reaches, and what is wrong with it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from steelyard.data.assemble import stamp_holes
from steelyard.data.check import (
    check_bars,
    check_finite,
    check_funding,
    check_grid,
    check_index,
    check_order,
    check_positive,
    check_values,
)
from steelyard.data.columns import CLOSE, EXPIRY, INTERVAL_HOURS, PRICES, RATE, VALUE, VOLUME
from steelyard.data.manifest import ORIGINALS, digest, read_manifest
from steelyard.data.money import read_stablecoin
from steelyard.data.read import Table, read_series
from steelyard.data.recorded import read_recorded, ticks
from steelyard.data.settlements import settlement_stamps, settlements
from steelyard.data.tiers import check_snapshot
from steelyard.domain.arrays import Ints
from steelyard.domain.errors import DataError
from steelyard.domain.market import Hole
from steelyard.domain.time import DAY_MS, HOUR_MS, stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """What a catalogue has of one series.

    Parameters
    ----------
    series : str
    rows : int
    first_ms, last_ms : int, stamps
        0 where there are none.
    holes : tuple of Hole
        Runs of missing rows.
    fault : str
        Why the series is refused; empty where it is not.
    """

    series: str
    rows: int = 0
    first_ms: int = 0
    last_ms: int = 0
    holes: tuple[Hole, ...] = ()
    fault: str = ""

    @property
    def lacking(self) -> int:
        """Return how many rows are missing between the first and the last."""
        return sum(hole.count for hole in self.holes)

    def share(self, first_ms: int, end_ms: int) -> float:
        """Return which part of a stretch of time is covered, from 0 to 1."""
        inside = min(end_ms, self.last_ms + 1) - max(first_ms, self.first_ms)
        gone = sum(
            max(0, min(end_ms, hole.end_ms) - max(first_ms, hole.start_ms)) for hole in self.holes
        )
        return max(0.0, (inside - gone) / (end_ms - first_ms)) if self.rows else 0.0


def covered(folder: Path) -> tuple[Covered, ...]:
    """Return what a catalogue holds, by name; files that nothing here reads are left out.

    Raises
    ------
    DataError
        If the folder cannot be read.
    """
    try:
        names = sorted(
            one.name.removesuffix(".parquet")
            for one in folder.iterdir()
            if one.suffix == ".parquet"
        )
    except OSError as error:
        message = f"the data folder {folder} cannot be read ({error.strerror}); name a catalogue"
        raise DataError(message) from None
    return tuple(_covered(folder, name, reads) for name in names if (reads := _reader(name)))


def damaged(folder: Path) -> tuple[str, ...]:
    """Return what is wrong with the originals of a catalogue, one sentence each.

    Raises
    ------
    DataError
        If the manifest cannot be read.
    """
    found = []
    for path, one in sorted(read_manifest(folder).files.items()):
        file = folder / ORIGINALS / path
        content = file.read_bytes() if file.is_file() else b""
        if digest(content) != one.sha256:
            found.append(f"{file} is not as it was fetched; run steelyard data update")
    return tuple(found)


_BUSINESS_MS: Final = 5 * DAY_MS
"""Weekends and holidays are no holes."""

_Reader = Callable[[Path, str], tuple[Ints, int | Ints]]


def _reader(series: str) -> _Reader | None:
    return next((reads for shape, reads in _KINDS.items() if re.fullmatch(shape, series)), None)


def _covered(folder: Path, series: str, reads: _Reader) -> Covered:
    try:
        ms, step_ms = reads(folder, series)
    except DataError as error:
        return Covered(series=series, fault=str(error))
    if not ms.size:
        return Covered(series=series)
    steps = np.broadcast_to(np.asarray(step_ms, dtype=np.int64), ms.shape)
    return Covered(
        series=series,
        rows=ms.size,
        first_ms=int(ms[0]),
        last_ms=int(ms[-1]),
        holes=stamp_holes(series, ms, steps),
    )


def _bars(folder: Path, series: str) -> tuple[Ints, int]:
    table = read_series(folder, series, (*PRICES, VOLUME))
    check_bars(table, "1h")
    return table.ms, HOUR_MS


def _mark(folder: Path, series: str) -> tuple[Ints, int]:
    table = read_series(folder, series, PRICES)
    check_bars(table, "1h")
    return table.ms, HOUR_MS


def _dated(folder: Path, series: str) -> tuple[Ints, int]:
    table = read_series(folder, series, (CLOSE,), stamped=(EXPIRY,))
    _check_prices(table)
    check_grid(table, "1h")
    return table.ms, HOUR_MS


def _front(folder: Path, series: str) -> tuple[Ints, int]:
    table = read_series(folder, series, (CLOSE,), stamped=(EXPIRY,))
    _check_prices(table)
    return table.ms, _BUSINESS_MS


def _check_prices(table: Table) -> None:
    check_order(table)
    check_finite(table)
    check_positive(table, CLOSE)


def _funding(folder: Path, series: str) -> tuple[Ints, Ints]:
    table = read_series(folder, series, (RATE,), optional=(INTERVAL_HOURS,))
    ms = settlement_stamps(table.ms)
    check_funding(table, ms, table.columns[RATE])
    hours = settlements(ms, table.columns[RATE], table.columns.get(INTERVAL_HOURS)).interval_hours
    return ms, (hours * HOUR_MS).astype(np.int64)


def _daily(folder: Path, series: str) -> tuple[Ints, int]:
    table = read_series(folder, series, (CLOSE,))
    check_values(table, "1d", CLOSE)
    return table.ms, DAY_MS


def _mood(folder: Path, series: str) -> tuple[Ints, int]:
    table = read_series(folder, series, (VALUE,))
    check_index(table, VALUE)
    return table.ms, DAY_MS


def _macro(folder: Path, series: str) -> tuple[Ints, int]:
    table = read_series(folder, series, (VALUE,))
    check_values(table, "1d", VALUE)
    return table.ms, _BUSINESS_MS


def _recorded(folder: Path, series: str) -> tuple[Ints, int]:
    return ticks(read_recorded(folder, series))


def _tiers(folder: Path, series: str) -> tuple[Ints, int]:
    check_snapshot(folder, series)
    return np.empty(0, np.int64), DAY_MS


def _stablecoin(folder: Path, series: str) -> tuple[Ints, int]:
    return read_stablecoin(folder, series).ms, HOUR_MS


_KINDS: Final[Mapping[str, _Reader]] = {
    r"\w+\.(spot|perp)\.[^.]+\.1h": _bars,
    r"\w+\.perp\.[^.]+\.mark\.1h": _mark,
    r"\w+\.perp\.[^.]+\.funding": _funding,
    r"\w+\.dated\.[^.]+\.1h": _dated,
    r"\w+\.[^.]+\.front\.1d": _front,
    r"\w+\.perp\.[^.]+\.open_interest\.1d": _daily,
    r"\w+\.[^.]+\.dvol\.1d": _daily,
    r"\w+\.fear_greed\.1d": _mood,
    r"\w+\.(VIX|DXY)\.1d": _macro,
    r"\w+\.perp\.[^.]+\.(open_interest|funding|premium)\.recorded": _recorded,
    r"\w+\.dated\.[^.]+\.price\.recorded": _recorded,
    r"\w+\.[^.]+\.dvol\.recorded": _recorded,
    r"\w+\.stable\.[^.]+\.1h": _stablecoin,
    r"\w+\.perp\.leverage_tiers\.\d{4}-\d{2}": _tiers,
}


def as_document(series: tuple[Covered, ...]) -> list[dict[str, object]]:
    """Return what a catalogue holds as JSON holds it."""
    return [
        {
            "series": one.series,
            "rows": one.rows,
            "first_ms": one.first_ms,
            "last_ms": one.last_ms,
            "lacking": one.lacking,
            "holes": [[hole.start_ms, hole.end_ms, hole.count] for hole in one.holes],
            "fault": one.fault,
        }
        for one in series
    ]


def quarters(series: tuple[Covered, ...]) -> list[tuple[int, int]]:
    """Return calendar quarters from the first stamp of all series to the last."""
    there = [one for one in series if one.rows]
    if not there:
        return []
    first_ms = min(one.first_ms for one in there)
    last_ms = max(one.last_ms for one in there)
    first, last = (datetime.fromtimestamp(ms / 1000, tz=UTC) for ms in (first_ms, last_ms))
    numbers = range(4 * first.year + (first.month - 1) // 3, 4 * last.year + (last.month + 2) // 3)
    return [
        (stamp(one // 4, 1 + one % 4 * 3, 1), stamp((one + 1) // 4, 1 + (one + 1) % 4 * 3, 1))
        for one in numbers
    ]
