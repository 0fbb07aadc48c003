"""This file reads what conditions look at of dated contracts: their basis and days to expiry."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from steelyard.data.assemble import gridded
from steelyard.data.check import (
    Rule,
    check_bars,
    check_finite,
    check_grid,
    check_order,
    check_positive,
    refuse_where,
)
from steelyard.data.columns import CLOSE, EXPIRY, HIGH, LOW, OPEN, PRICES, VOLUME
from steelyard.data.daily import BUSINESS_MAX_AGE_MS
from steelyard.data.read import Table, column_names, read_series
from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.market import Bars, Dated, Series
from steelyard.domain.time import DAY_MS, HOUR_MS
from steelyard.features.basis import simple_basis
from steelyard.features.sampling import asof

BASIS_APR: Final = "basis_apr"
DAYS_TO_EXPIRY: Final = "days_to_expiry"

HOURLY_MAX_AGE_MS: Final = 3 * HOUR_MS
"""An hourly price is unknown two hours after the next one was due (domain 9.2)."""


def basis_series(
    known_ms: Ints, price: Floats, expiry_ms: Floats, spot: Bars, max_age_ms: int
) -> Mapping[str, Series]:
    """Return the simple annualised basis of a dated contract, and its days to expiry.

    Parameters
    ----------
    known_ms : int64[n], increasing
        When each price was known.
    price : float64[n], quote per coin
        Of the contract that stands for the basis then.
    expiry_ms : float64[n], stamps
        Of that contract.
    spot : Bars
        Hourly; a price is set against the spot close of the same moment, or of the hour under way.
    max_age_ms : int
        After this long without a newer price both are unknown.
    """
    close = asof(known_ms, spot.known_ms, spot.close, HOUR_MS - 1)
    days = (expiry_ms - known_ms) / DAY_MS
    return {
        BASIS_APR: Series(
            known_ms=known_ms, value=simple_basis(price, close, days), max_age_ms=max_age_ms
        ),
        DAYS_TO_EXPIRY: Series(known_ms=known_ms, value=days, max_age_ms=max_age_ms),
    }


def read_front(folder: Path, series: str, spot: Bars) -> tuple[Mapping[str, Series], Table]:
    """Return the basis by the daily settlement of the contract that expires next.

    A settlement is known at its stamp.

    Raises
    ------
    DataError
        If the series cannot be true.
    """
    table = _read(folder, series)
    _check_expiry(table, table.ms)
    columns = table.columns
    found = basis_series(table.ms, columns[CLOSE], columns[EXPIRY], spot, BUSINESS_MAX_AGE_MS)
    return found, table


def read_dated(
    folder: Path, names: Sequence[str], spot: Bars
) -> tuple[Mapping[str, Series], tuple[Table, ...]]:
    """Return the basis by the hourly bars of dated contracts, the earliest to expire first.

    Parameters
    ----------
    folder : Path
        The catalogue.
    names : sequence of str
        Series of the contracts, one or more.
    spot : Bars
        Hourly.

    Raises
    ------
    DataError
        If a series cannot be true.
    """
    tables = [_read_bars(folder, name) for name in names]
    tables.sort(key=lambda table: float(table.columns[EXPIRY][0]))
    ends = [int(table.ms[-1]) for table in tables]
    parts = []
    for number, table in enumerate(tables):
        mine = table.ms > max(ends[:number], default=-1)
        parts.append((table.ms[mine], table.columns[CLOSE][mine], table.columns[EXPIRY][mine]))
    ms, price, expiry = (np.concatenate(column) for column in zip(*parts, strict=True))
    return basis_series(ms + HOUR_MS, price, expiry, spot, HOURLY_MAX_AGE_MS), tuple(tables)


def read_contracts(folder: Path, tables: Sequence[Table]) -> tuple[Dated, ...]:
    """Return the dated contracts that can be traded: those whose whole bars there are.

    Parameters
    ----------
    folder : Path
        The catalogue.
    tables : sequence of Table
        What ``read_dated`` read.

    Raises
    ------
    DataError
        If bars cannot be true.
    """
    found = []
    for table in tables:
        if not {OPEN, HIGH, LOW, VOLUME} <= column_names(folder, table.series):
            continue
        whole = read_series(folder, table.series, (*PRICES, VOLUME))
        check_bars(whole, "1h")
        bars = gridded(whole.ms, whole.columns, HOUR_MS)
        expiry_ms = int(table.columns[EXPIRY][0])
        symbol = table.series.split(".")[2]
        found.append(Dated(symbol=symbol, expiry_ms=expiry_ms, bars=bars))
    return tuple(found)


def _read_bars(folder: Path, series: str) -> Table:
    table = _read(folder, series)
    check_grid(table, "1h")
    _check_expiry(table, table.ms + HOUR_MS)
    return table


def _read(folder: Path, series: str) -> Table:
    table = read_series(folder, series, (CLOSE,), stamped=(EXPIRY,))
    check_order(table)
    check_finite(table)
    check_positive(table, CLOSE)
    return table


def _check_expiry(table: Table, known_ms: Ints) -> None:
    rule = Rule(allowed="a price is known by the expiry of its contract")
    late = known_ms > table.columns[EXPIRY]
    refuse_where(table, late, "the price comes after the expiry", rule)
