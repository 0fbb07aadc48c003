"""This file reads the numbers of a text table whose columns are known by their order."""

import io
from collections.abc import Mapping

import numpy as np
import polars as pl

from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.errors import DataError

_MICROSECONDS_FROM = 10_000_000_000_000
"""A stamp from here on counts microseconds: in milliseconds it would lie in the year 2286."""


def table(name: str, raw: bytes, columns: Mapping[str, int], width: int) -> dict[str, pl.Series]:
    """Return columns of a comma-separated table as text, with or without a header.

    Parameters
    ----------
    name : str
        What messages call the table.
    raw : bytes
        The text. A first row whose first cell does not begin with a digit is a header.
    columns : mapping of str to int
        Position of each wanted column, from 0.
    width : int
        How many columns there should be.

    Raises
    ------
    DataError
        If it is no table, or its rows are narrower.
    """
    if not raw.strip():
        return {wanted: pl.Series(wanted, [], dtype=pl.String) for wanted in columns}
    try:
        frame = pl.read_csv(
            io.BytesIO(raw),
            has_header=not raw.lstrip()[:1].isdigit(),
            infer_schema=False,
            truncate_ragged_lines=False,
        )
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, ValueError) as error:
        reason = str(error).splitlines()[0][:120]
        message = f"{name} is not a table of comma-separated rows ({reason}); fetch it again"
        raise DataError(message) from None
    if frame.width < width:
        message = f"{name} has {frame.width} columns, and needs {width}; fetch it again"
        raise DataError(message)
    return {
        wanted: frame.to_series(place).str.strip_chars().alias(wanted)
        for wanted, place in columns.items()
    }


def numbers(name: str, column: pl.Series) -> Floats:
    """Return a column of text as numbers; an empty cell is NaN.

    Raises
    ------
    DataError
        If a cell holds something else.
    """
    text = column.replace({"": None, "null": None, "NaN": None, "nan": None, "None": None})
    number = text.cast(pl.Float64, strict=False)
    bad = text.is_not_null() & number.is_null()
    if bad.any():
        row = int(bad.arg_max() or 0)
        message = f"{name} row {row + 1}: {column.name} is {column[row]!r}, must be a number"
        raise DataError(message)
    return np.array(number.fill_null(np.nan).to_numpy(), dtype=np.float64)


def stamps(name: str, column: pl.Series) -> Ints:
    """Return a column of counted time as milliseconds; microseconds are told by their size.

    Raises
    ------
    DataError
        If a cell is no whole number.
    """
    count = column.cast(pl.Int64, strict=False)
    if count.null_count():
        row = int(count.is_null().arg_max() or 0)
        message = f"{name} row {row + 1}: {column.name} is {column[row]!r}, must be a stamp"
        raise DataError(message)
    ms = np.array(count.to_numpy(), dtype=np.int64)
    return np.where(ms >= _MICROSECONDS_FROM, ms // 1000, ms)


def times(name: str, column: pl.Series) -> Ints:
    """Return a column of ``2024-01-15 00:05:00``, UTC, as milliseconds.

    Raises
    ------
    DataError
        If a cell holds something else.
    """
    moment = column.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="ms")
    if moment.null_count():
        row = int(moment.is_null().arg_max() or 0)
        message = f"{name} row {row + 1}: {column.name} is {column[row]!r}, must be a time"
        raise DataError(message)
    return np.array(moment.to_physical().to_numpy(), dtype=np.int64)
