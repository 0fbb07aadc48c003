"""This file reads the series that only conditions look at, where a catalogue has them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from steelyard.data.assemble import stamp_holes
from steelyard.data.build import last_of_days
from steelyard.data.check import check_index, check_values
from steelyard.data.columns import AVAILABLE, CLOSE, VALUE
from steelyard.data.columns import OPEN_INTEREST as RECORDED_INTEREST
from steelyard.data.daily import (
    BUSINESS_MAX_AGE_MS,
    DXY,
    FEAR_GREED,
    IMPLIED_VOL,
    IMPLIED_VOL_MAX_AGE_MS,
    OPEN_INTEREST,
    OPEN_INTEREST_MAX_AGE_MS,
    VIX,
    business_series,
    coins,
    daily_series,
)
from steelyard.data.dated import BASIS_APR, DAYS_TO_EXPIRY, read_contracts, read_dated, read_front
from steelyard.data.names import Names
from steelyard.data.read import Table, read_series, source_of
from steelyard.data.recorded import read_recorded, recorded_name
from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.market import Bars, Dated, Hole, Series, Source
from steelyard.domain.time import DAY_MS, HOUR_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class SideSeries:
    """The side series that a catalogue holds, by the name that conditions use."""

    series: Mapping[str, Series]
    sources: tuple[Source, ...]
    holes: tuple[Hole, ...]
    dated: tuple[Dated, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """What one or more files supply, and after how long without a row there is a hole."""

    series: Mapping[str, Series]
    tables: tuple[Table, ...]
    step_ms: int = DAY_MS
    longest_ms: int = DAY_MS
    dated: tuple[Dated, ...] = ()


def read_side_series(folder: Path, held: frozenset[str], names: Names, spot: Bars) -> SideSeries:
    """Return what a catalogue has of the series that only conditions read.

    Implied volatility in percent a year, open interest in coins, fear and greed from 0 to 100, the
    VIX and the dollar index are daily, and known at the end of their day. The basis of a dated
    contract comes from the hourly bars of the venue's own contracts, else from the daily front
    settlement.

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
    found = (
        *_implied_vol(folder, held, names),
        *_open_interest(folder, held, names, spot),
        *_macro(folder, held, names),
        *_basis(folder, held, names, spot),
    )
    return SideSeries(
        series={name: series for one in found for name, series in one.series.items()},
        sources=tuple(source_of(table) for one in found for table in one.tables),
        holes=tuple(hole for one in found for table in one.tables for hole in _holes(one, table)),
        dated=tuple(contract for one in found for contract in one.dated),
    )


def series_files(names: Names) -> Mapping[str, str]:
    """Return which series of a catalogue supplies what conditions read, by its name there."""
    return {
        IMPLIED_VOL: names.implied_vol,
        OPEN_INTEREST: names.open_interest,
        FEAR_GREED: names.fear_greed,
        VIX: names.vix,
        DXY: names.dxy,
        BASIS_APR: names.front,
        DAYS_TO_EXPIRY: names.front,
    }


def _implied_vol(folder: Path, held: frozenset[str], names: Names) -> Iterator[_Found]:
    if names.implied_vol in held:
        table = _daily(folder, names.implied_vol)
        yield _Found(
            {IMPLIED_VOL: daily_series(table.ms, table.columns[CLOSE], IMPLIED_VOL_MAX_AGE_MS)},
            (table,),
        )


def _open_interest(
    folder: Path, held: frozenset[str], names: Names, spot: Bars
) -> Iterator[_Found]:
    """Yield open interest: of the linear contract, else of the coin-margined one; else recorded."""
    coins_name, dollars_name = names.open_interest, names.open_interest_usd
    if coins_name in held:
        table = _daily(folder, coins_name)
        yield _interest(table, table.ms, table.columns[CLOSE])
    elif dollars_name in held:
        table = _daily(folder, dollars_name)
        yield _interest(table, table.ms, coins(table.ms, table.columns[CLOSE], spot))
    elif recorded_name(coins_name) in held:
        table, ms, value = _recorded_days(folder, recorded_name(coins_name))
        if ms.size:
            yield _interest(table, ms, value)
    elif recorded_name(dollars_name) in held:
        table, ms, value = _recorded_days(folder, recorded_name(dollars_name))
        if ms.size:
            yield _interest(table, ms, coins(ms, value, spot))


def _interest(table: Table, ms: Ints, value: Floats) -> _Found:
    return _Found(
        {OPEN_INTEREST: daily_series(ms, value, OPEN_INTEREST_MAX_AGE_MS)},
        (replace(table, ms=ms),),
    )


def _recorded_days(folder: Path, series: str) -> tuple[Table, Ints, Floats]:
    """Return a recorded series by day: the last row received within the last hour of a day."""
    table = read_recorded(folder, series)
    received_ms = table.columns[AVAILABLE].astype(np.int64)
    ms, columns = last_of_days(received_ms, table.columns[RECORDED_INTEREST])
    return table, ms, columns[CLOSE]


def _macro(folder: Path, held: frozenset[str], names: Names) -> Iterator[_Found]:
    files = {FEAR_GREED: names.fear_greed, VIX: names.vix, DXY: names.dxy}
    for name, file in files.items():
        if file not in held:
            continue
        table = read_series(folder, file, (VALUE,))
        if name == FEAR_GREED:
            check_index(table, VALUE)
        else:
            check_values(table, "1d", VALUE)
        value = business_series(table.ms, table.columns[VALUE])
        longest_ms = DAY_MS if name == FEAR_GREED else BUSINESS_MAX_AGE_MS
        yield _Found({name: value}, (table,), longest_ms=longest_ms)


def _basis(folder: Path, held: frozenset[str], names: Names, spot: Bars) -> Iterator[_Found]:
    own = sorted(name for name in held if name.startswith(names.dated) and name.endswith(".1h"))
    if own:
        series, tables = read_dated(folder, own, spot)
        yield _Found(series, tables, HOUR_MS, HOUR_MS, read_contracts(folder, tables))
    elif names.front in held:
        series, table = read_front(folder, names.front, spot)
        yield _Found(series, (table,), longest_ms=BUSINESS_MAX_AGE_MS + DAY_MS)


def _daily(folder: Path, series: str) -> Table:
    table = read_series(folder, series, (CLOSE,))
    check_values(table, "1d", CLOSE)
    return table


def _holes(found: _Found, table: Table) -> Iterator[Hole]:
    """Yield the runs of missing rows; weekends and holidays are none."""
    for hole in stamp_holes(table.series, table.ms, np.full(table.ms.size, found.step_ms)):
        if hole.end_ms - hole.start_ms > found.longest_ms - found.step_ms:
            yield hole
