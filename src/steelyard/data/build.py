"""This file makes a series of a catalogue out of the rows of its originals."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from steelyard.data.check import check_bars, check_funding, check_index, check_values
from steelyard.data.columns import (
    CLOSE,
    EXPIRY,
    HIGH,
    INTERVAL_HOURS,
    LOW,
    OPEN,
    PRICES,
    RATE,
    TS,
    VALUE,
    VOLUME,
)
from steelyard.data.read import Table
from steelyard.data.settlements import settlement_stamps, stated_or_worked_out
from steelyard.data.sources import Kind, Rows, Wanted, joined
from steelyard.domain.arrays import Flags, Floats, Ints
from steelyard.domain.errors import DataError
from steelyard.domain.time import DAY_MS, HOUR_MS, text

COLUMNS: Final = {
    Kind.BARS: (*PRICES, VOLUME),
    Kind.MARK: PRICES,
    Kind.FUNDING: (RATE, INTERVAL_HOURS),
    Kind.OPEN_INTEREST: (CLOSE,),
    Kind.VOLATILITY: PRICES,
    Kind.MOOD: (VALUE,),
}
"""Columns that the rows of each kind of series come with."""


def tidy(name: str, rows: Rows, kind: Kind) -> Rows:
    """Return the rows of one original in order of time, each time once.

    Equal repeats are one row; funding takes the full hour of its stamp. Of open interest, of which
    many rows make one value of a day, rows without a number and times with two different numbers
    are left out: what they would be is unknown.

    Parameters
    ----------
    name : str
        What messages call the original.
    rows : Rows
        As they came.
    kind : Kind
        What the series holds.

    Raises
    ------
    DataError
        If a time has two different rows, or a number is missing, in anything else.
    """
    if kind is Kind.OPEN_INTEREST:
        rows = _picked(rows, np.isfinite(rows.columns[CLOSE]))
    if kind is Kind.FUNDING:  # sources stamp one settlement some milliseconds apart
        rows = replace(rows, ms=settlement_stamps(rows.ms))
    rows = _picked(rows, np.argsort(rows.ms, kind="stable"))
    repeated = np.concatenate(([False], np.diff(rows.ms) == 0))[: rows.ms.size]
    differs = np.zeros(rows.ms.size, dtype=np.bool_)
    for column in rows.columns.values():
        same = np.concatenate(([True], np.isclose(column[1:], column[:-1], 0.0, 0.0, True)))  # noqa: FBT003 - NaN equals NaN
        differs |= repeated & ~same[: rows.ms.size]
    if not differs.any():
        return _picked(rows, ~repeated)
    if kind is Kind.OPEN_INTEREST:
        return _picked(rows, ~np.isin(rows.ms, rows.ms[differs]) & ~repeated)
    when = text(int(rows.ms[int(np.argmax(differs))]))
    message = (
        f"{name} has two different rows for {when}; a time may occur once: "
        f"nobody can tell which is true, so wait until the source issues the file anew"
    )
    raise DataError(message)


def merged(rows: Sequence[Rows], kind: Kind) -> Rows:
    """Return tidy rows of several originals as one; of two of a time, the first one counts."""
    whole = joined(rows, COLUMNS[kind])
    _, first = np.unique(whole.ms, return_index=True)
    return _picked(whole, first)


def _picked(rows: Rows, which: Flags | Ints) -> Rows:
    columns = {name: column[which] for name, column in rows.columns.items()}
    return Rows(ms=rows.ms[which], columns=columns)


def series_of(wanted: Wanted, rows: Rows) -> tuple[Ints, dict[str, Floats]]:
    """Return stamps and columns as the catalogue holds them.

    Parameters
    ----------
    wanted : Wanted
        The series.
    rows : Rows
        Merged.
    """
    match wanted.kind:
        case Kind.FUNDING:
            hours = stated_or_worked_out(rows.ms, rows.columns[INTERVAL_HOURS])
            return rows.ms, {RATE: rows.columns[RATE], INTERVAL_HOURS: hours}
        case Kind.OPEN_INTEREST:
            return last_of_days(rows.ms, rows.columns[CLOSE] * wanted.unit)
        case Kind.VOLATILITY:
            return _days_of_hours(rows)
        case Kind.MOOD:
            return rows.ms - rows.ms % DAY_MS, {VALUE: rows.columns[VALUE]}
        case Kind.BARS | Kind.MARK:
            if wanted.expiry_ms:  # archives go on to print a settled contract for some hours
                rows = _picked(rows, rows.ms + HOUR_MS <= wanted.expiry_ms)
            return rows.ms, _by_the_coin(rows.columns, wanted.unit)


def _by_the_coin(columns: Mapping[str, Floats], coins: float) -> dict[str, Floats]:
    """Return prices and volume of one coin, where the source has those of a lot of coins."""
    return {
        name: column * coins if name == VOLUME else column / coins
        for name, column in columns.items()
    }


def last_of_days(ms: Ints, value: Floats) -> tuple[Ints, dict[str, Floats]]:
    """Return the last value of each day that has one in its last hour; midnight ends a day."""
    if not ms.size:
        return ms, {CLOSE: value}
    day = (ms - 1) // DAY_MS
    last = np.concatenate((day[1:] != day[:-1], [True]))
    late = ms > (day + 1) * DAY_MS - HOUR_MS
    kept = last & late
    return day[kept] * DAY_MS, {CLOSE: value[kept]}


def _days_of_hours(rows: Rows) -> tuple[Ints, dict[str, Floats]]:
    """Return a bar of each day whose last hour there is."""
    if not rows.ms.size:
        return rows.ms, dict(rows.columns)
    day = rows.ms // DAY_MS
    begins = np.flatnonzero(np.concatenate(([True], day[1:] != day[:-1])))
    ends = np.concatenate((begins[1:], [day.size])) - 1
    whole = rows.ms[ends] == (day[ends] + 1) * DAY_MS - HOUR_MS
    columns = {
        OPEN: rows.columns[OPEN][begins],
        HIGH: np.maximum.reduceat(rows.columns[HIGH], begins),
        LOW: np.minimum.reduceat(rows.columns[LOW], begins),
        CLOSE: rows.columns[CLOSE][ends],
        "hours": (ends - begins + 1).astype(np.float64),
    }
    return day[ends][whole] * DAY_MS, {name: column[whole] for name, column in columns.items()}


def content_of(folder: Path, wanted: Wanted, rows: Rows) -> bytes | None:
    """Return the Parquet file of a series, checked as on entry; None where there are no rows.

    Parameters
    ----------
    folder : Path
        The catalogue, for messages.
    wanted : Wanted
        The series.
    rows : Rows
        Merged.

    Raises
    ------
    DataError
        If the series cannot be true.
    """
    ms, columns = series_of(wanted, rows)
    if not ms.size:
        return None
    file = folder / f"{wanted.series}.parquet"
    _check(
        Table(series=wanted.series, file=f"{file} (new)", sha256="", ms=ms, columns=columns),
        wanted.kind,
    )
    frame = pl.DataFrame(
        [_stamps(TS, ms), *(pl.Series(name, column) for name, column in columns.items())]
    )
    if wanted.expiry_ms:
        frame = frame.with_columns(_stamps(EXPIRY, np.full(ms.size, wanted.expiry_ms)))
    content = io.BytesIO()
    frame.write_parquet(content, compression="zstd")
    return content.getvalue()


def _check(table: Table, kind: Kind) -> None:
    match kind:
        case Kind.BARS | Kind.MARK:
            check_bars(table, "1h")
        case Kind.FUNDING:
            check_funding(table, table.ms, table.columns[RATE])
        case Kind.OPEN_INTEREST | Kind.VOLATILITY:
            check_values(table, "1d", CLOSE)
        case Kind.MOOD:
            check_index(table, VALUE)


def _stamps(name: str, ms: Ints) -> pl.Series:
    return pl.Series(name, ms).cast(pl.Datetime("ms", "UTC"))
