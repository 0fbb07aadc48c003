"""This file keeps what was recorded from live venues: appended, never torn, held by one writer."""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from steelyard.data.check import check_finite, check_order
from steelyard.data.columns import (
    AVAILABLE,
    CLOSE,
    INDEX,
    MARK,
    OPEN_INTEREST,
    PREMIUM,
    PRICE,
    RATE,
    TS,
)
from steelyard.data.manifest import RECORDING, write_whole
from steelyard.data.read import Table, read_series
from steelyard.domain.arrays import Ints
from steelyard.domain.errors import DataError
from steelyard.domain.time import HOUR_MS

RECORDED: Final = ".recorded"
"""Ends the name of a recorded series."""

COLUMNS: Final = {
    "open_interest": (OPEN_INTEREST,),
    "funding": (RATE,),
    "premium": (MARK, INDEX, PREMIUM),
    "price": (PRICE,),
    "dvol": (CLOSE,),
}
"""Columns that a recorded series has, by the word before the end of its name."""


def recorded_name(daily: str) -> str:
    """Return the name of the recorded series of a daily one.

    Examples
    --------
    >>> recorded_name("mexc.perp.BTCUSDT.open_interest.1d")
    'mexc.perp.BTCUSDT.open_interest.recorded'
    """
    return daily.removesuffix(".1d") + RECORDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One row to append.

    Parameters
    ----------
    series : str
        Its name, which ends with ``.recorded``.
    ms : int, stamp
        The time that the venue says it is of.
    available_ms : int, stamp
        When it was received: nobody could know it before.
    columns : mapping of str to float
    """

    series: str
    ms: int
    available_ms: int
    columns: Mapping[str, float]


def append(folder: Path, row: Recorded) -> bool:
    """Append a row to its series, whole or not at all; a row of a time that is there is left out.

    Returns
    -------
    bool
        Whether it was appended.

    Raises
    ------
    DataError
        If what is there cannot be read.
    RequestError
        If the disk does not take it.
    """
    file = folder / f"{row.series}.parquet"
    fresh = pl.DataFrame(
        [
            _stamp(TS, row.ms),
            _stamp(AVAILABLE, row.available_ms),
            *(pl.Series(name, [value]) for name, value in sorted(row.columns.items())),
        ]
    )
    if file.exists():
        table = read_recorded(folder, row.series)
        if row.ms <= table.ms[-1]:
            return False
        fresh = pl.concat([pl.read_parquet(file), fresh], how="diagonal")
    content = io.BytesIO()
    fresh.write_parquet(content, compression="zstd")
    write_whole(file, content.getvalue(), lasting=True, ending=RECORDING)
    return True


def _stamp(name: str, ms: int) -> pl.Series:
    return pl.Series(name, [ms]).cast(pl.Datetime("ms", "UTC"))


def read_recorded(folder: Path, series: str) -> Table:
    """Return a recorded series, checked: its columns, and ``available`` in milliseconds.

    Raises
    ------
    DataError
        If it is missing or cannot be true: out of order, without a number, or received before
        the row above it.
    """
    kind = series.removesuffix(RECORDED).rsplit(".", maxsplit=1)[-1]
    table = read_series(folder, series, COLUMNS[kind], stamped=(AVAILABLE,))
    check_order(table)
    check_finite(table)
    if np.any(np.diff(table.columns[AVAILABLE]) < 0):
        message = (
            f"{table.file}: a row was received before the row above it; rows are appended in order "
            f"of time: sort them by {TS}, or move the file away and record anew"
        )
        raise DataError(message)
    return table


def ticks(table: Table) -> tuple[Ints, int]:
    """Return when rows were received, in whole steps, and the step: the usual time between two.

    Examples
    --------
    Received every 300 s, give or take some seconds, one of them twice as late.

    >>> Z = np.zeros(5, np.int64)
    >>> received = np.array([2.0, 299.0, 601.0, 1204.0, 1500.0]) * 1000
    >>> table = Table(series="", file="", sha256="", ms=Z, columns={"available": received})
    >>> ms, step = ticks(table)
    >>> (ms // 1000).tolist(), step // 1000
    ([0, 300, 600, 1200, 1500], 300)
    """
    available = table.columns[AVAILABLE]
    if available.size < 2:  # noqa: PLR2004 - one row has no step
        return available.astype(np.int64), HOUR_MS
    step_ms = max(60_000, int(np.median(np.round(np.diff(available) / 60_000.0))) * 60_000)
    return np.unique(np.round(available / step_ms).astype(np.int64)) * step_ms, step_ms
