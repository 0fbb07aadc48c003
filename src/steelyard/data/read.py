"""This file reads one file of a catalogue into arrays and refuses one of another shape."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from steelyard.data.columns import SYMBOL, TS
from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.errors import DataError
from steelyard.domain.market import Source
from steelyard.domain.time import stamp, text

_EARLIEST, _LATEST = stamp(1970, 1, 1), stamp(2200, 1, 1)
_PER_MS = {"ns": 1_000_000, "us": 1_000, "ms": 1}
_UNREADABLE = (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One series as it stands in its file, columns as arrays.

    Parameters
    ----------
    series : str
        Name of the series: the name of the file without ``.parquet``.
    file : str
        Path of the file as messages print it.
    sha256 : str
        Digest of the file.
    ms : int64[n_rows], milliseconds since the epoch, UTC
        Column ``ts``; empty where the kind of series has none.
    columns : mapping of str to float64[n_rows]
        An empty cell is NaN.
    """

    series: str
    file: str
    sha256: str
    ms: Ints
    columns: Mapping[str, Floats]


def read_series(
    folder: Path,
    series: str,
    columns: Sequence[str],
    *,
    optional: Sequence[str] = (),
    stamped: Sequence[str] = (),
) -> Table:
    """Return the stamps and the named columns of a series.

    Parameters
    ----------
    folder : Path
        The catalogue.
    series : str
        Name of the series.
    columns, optional : sequence of str
        Columns of numbers that must be there, and those that are read where they are.
    stamped : sequence of str
        Columns of times that must be there, read as milliseconds since the epoch.

    Raises
    ------
    DataError
        If the file is missing, unreadable, empty, or lacks a column or has one of another type.
    """
    file, raw = _content(folder, series)
    frame = _frame(file, raw)
    _require(file, frame, (TS, *columns, *stamped))
    wanted = (*columns, *(name for name in optional if name in frame.columns))
    return Table(
        series=series,
        file=str(file),
        sha256=hashlib.sha256(raw).hexdigest(),
        ms=_stamps(file, frame, TS),
        columns={name: _numbers(file, frame, name) for name in wanted}
        | {name: _stamps(file, frame, name).astype(np.float64) for name in stamped},
    )


def read_ladder(folder: Path, series: str, columns: Sequence[str]) -> tuple[tuple[str, ...], Table]:
    """Return the symbol of every row of a snapshot without stamps, and its number columns.

    Raises
    ------
    DataError
        If the file is missing, unreadable, empty, or lacks a column or has one of another type.
    """
    file, raw = _content(folder, series)
    frame = _frame(file, raw)
    _require(file, frame, (SYMBOL, *columns))
    if frame.schema[SYMBOL] != pl.String:
        message = _wrong_type(file, frame, SYMBOL, "text such as BTCUSDT")
        raise DataError(message)
    table = Table(
        series=series,
        file=str(file),
        sha256=hashlib.sha256(raw).hexdigest(),
        ms=np.empty(0, np.int64),
        columns={name: _numbers(file, frame, name) for name in columns},
    )
    return tuple(str(symbol) for symbol in frame[SYMBOL]), table


def read_words(folder: Path, series: str, column: str) -> Mapping[str, str]:
    """Return a column of words by symbol; nothing where the file has no such column.

    Raises
    ------
    DataError
        If the file is missing or unreadable.
    """
    frame = _frame(*_content(folder, series))
    if column not in frame.columns or SYMBOL not in frame.columns:
        return {}
    return {
        str(symbol): str(word) for symbol, word in zip(frame[SYMBOL], frame[column], strict=True)
    }


def column_names(folder: Path, series: str) -> frozenset[str]:
    """Return the columns that a series has.

    Raises
    ------
    DataError
        If the file is missing or no Parquet.
    """
    file, raw = _content(folder, series)
    return frozenset(_frame(file, raw).columns)


def source_of(table: Table) -> Source:
    """Return what was read, by name, digest, and first and last stamp."""
    return Source(
        series=table.series,
        sha256=table.sha256,
        first_ms=int(table.ms[0]),
        last_ms=int(table.ms[-1]),
    )


def _content(folder: Path, series: str) -> tuple[Path, bytes]:
    file = folder / f"{series}.parquet"
    try:
        return file, file.read_bytes()
    except FileNotFoundError:
        message = f"series {series} is missing: there is no file {file}; add it"
        raise DataError(message) from None
    except OSError as error:
        message = f"{file} cannot be read ({error.strerror}); give access to it or replace it"
        raise DataError(message) from None


def _frame(file: Path, raw: bytes) -> pl.DataFrame:
    try:
        frame = pl.read_parquet(raw)
    except _UNREADABLE as error:
        reason = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
        message = (
            f"{file} is not a readable Parquet file ({len(raw)} bytes: {reason}); "
            f"download or write it again"
        )
        raise DataError(message) from None
    if frame.height == 0:
        message = f"{file} holds no rows; a series needs at least one: replace the file"
        raise DataError(message)
    return frame


def _require(file: Path, frame: pl.DataFrame, names: Sequence[str]) -> None:
    absent = [name for name in names if name not in frame.columns]
    if absent:
        message = (
            f"{file} has no column {', '.join(absent)}; it has {', '.join(frame.columns)}, "
            f"and needs {', '.join(names)}: rename or add the column"
        )
        raise DataError(message)


def _wrong_type(file: Path, frame: pl.DataFrame, name: str, allowed: str) -> str:
    found = frame.schema[name]
    return f"{file} column {name} is of type {found}, must be {allowed}; convert it"


def _numbers(file: Path, frame: pl.DataFrame, name: str) -> Floats:
    if not frame.schema[name].is_numeric():
        message = _wrong_type(file, frame, name, "a number")
        raise DataError(message)
    return np.array(frame[name].cast(pl.Float64).to_numpy(), dtype=np.float64)


def _stamps(file: Path, frame: pl.DataFrame, name: str) -> Ints:
    kind = frame.schema[name]
    if not isinstance(kind, pl.Datetime) or kind.time_zone != "UTC":
        message = _wrong_type(file, frame, name, "a timestamp in UTC")
        raise DataError(message)
    column = frame[name]
    if column.null_count() > 0:
        row = int(column.is_null().arg_max() or 0) + 1
        message = (
            f"{file} row {row} has an empty {name}; every row needs a time: complete or delete it"
        )
        raise DataError(message)
    ticks = np.array(column.to_physical().to_numpy(), dtype=np.int64)
    per_ms = _PER_MS[kind.time_unit]
    ms = ticks // per_ms
    if per_ms > 1 and np.any(ms * per_ms != ticks):
        row = int(np.argmax(ms * per_ms != ticks))
        message = (
            f"{file} row {row + 1} has the {name} {column[row]}, finer than a millisecond; "
            f"stamps are whole milliseconds: round them"
        )
        raise DataError(message)
    _require_sane(file, ms, name)
    return ms


def _require_sane(file: Path, ms: Ints, name: str) -> None:
    absurd = (ms < _EARLIEST) | (ms >= _LATEST)
    if absurd.any():
        row = int(np.argmax(absurd))
        message = (
            f"{file} row {row + 1} has the {name} {ms[row]} ms since 1970; it must lie between "
            f"{text(_EARLIEST)} and {text(_LATEST)}: check the unit of the stamps"
        )
        raise DataError(message)
