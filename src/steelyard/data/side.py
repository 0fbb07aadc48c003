"""This file reads the series that only conditions look at: implied volatility and open interest."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from steelyard.data.assemble import stamp_holes
from steelyard.data.check import check_values
from steelyard.data.columns import CLOSE
from steelyard.data.daily import IMPLIED_VOL, OPEN_INTEREST, coins, daily_series
from steelyard.data.names import Names
from steelyard.data.read import Table, read_series, source_of
from steelyard.domain.market import Bars, Hole, Series, Source
from steelyard.domain.time import DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class SideSeries:
    """The side series that a catalogue holds, by the name that conditions use."""

    series: Mapping[str, Series]
    sources: tuple[Source, ...]
    holes: tuple[Hole, ...]


def read_side_series(folder: Path, held: frozenset[str], names: Names, spot: Bars) -> SideSeries:
    """Return implied volatility in percent a year and open interest in coins, where there are any.

    Both are daily; the value of a day is known at its end.

    Parameters
    ----------
    folder : Path
        The catalogue.
    held : frozenset of str
        Names of the series in the folder.
    names : Names
        What the series of the asset are called.
    spot : Bars
        Hourly; open interest stated in dollars is divided by the close of its day.

    Raises
    ------
    DataError
        If a series that is there cannot be true.
    """
    found = [*_implied_vol(folder, held, names), *_open_interest(folder, held, names, spot)]
    return SideSeries(
        series={name: series for name, series, _ in found},
        sources=tuple(source_of(table) for _, _, table in found),
        holes=tuple(hole for _, _, table in found for hole in _holes(table)),
    )


def _implied_vol(
    folder: Path, held: frozenset[str], names: Names
) -> Iterator[tuple[str, Series, Table]]:
    if names.implied_vol in held:
        table = _daily(folder, names.implied_vol)
        yield IMPLIED_VOL, daily_series(table.ms, table.columns[CLOSE]), table


def _open_interest(
    folder: Path, held: frozenset[str], names: Names, spot: Bars
) -> Iterator[tuple[str, Series, Table]]:
    if names.open_interest in held:
        table = _daily(folder, names.open_interest)
        yield OPEN_INTEREST, daily_series(table.ms, table.columns[CLOSE]), table
    elif names.open_interest_usd in held:
        table = _daily(folder, names.open_interest_usd)
        value = coins(table.ms, table.columns[CLOSE], spot)
        yield OPEN_INTEREST, daily_series(table.ms, value), table


def _daily(folder: Path, series: str) -> Table:
    table = read_series(folder, series, (CLOSE,))
    check_values(table, "1d", CLOSE)
    return table


def _holes(table: Table) -> tuple[Hole, ...]:
    return stamp_holes(table.series, table.ms, np.full(table.ms.size, DAY_MS))
