"""This file reads what stablecoins were worth, where a catalogue has it."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from steelyard.data.assemble import stamp_holes
from steelyard.data.check import Rule, check_values, refuse_where
from steelyard.data.columns import CLOSE
from steelyard.data.names import currency_of
from steelyard.data.read import Table, read_series, source_of
from steelyard.domain.market import Hole, Series, Source
from steelyard.domain.time import HOUR_MS

MOST_WORTH: Final = 2.0
"""Largest price of a stablecoin taken for true, in USD: above it the series is in cents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What a catalogue holds of stablecoins, in USD, by currency."""

    worth: Mapping[str, Series]
    sources: tuple[Source, ...]
    holes: tuple[Hole, ...]


def read_money(folder: Path, held: frozenset[str], venue: str) -> Money:
    """Return the price of every stablecoin that a catalogue has for a venue, hourly, in USD.

    Parameters
    ----------
    folder : Path
        The catalogue.
    held : frozenset of str
        Names of the series in the folder.
    venue : str
        Whose series are read.

    Raises
    ------
    DataError
        If a series that is there cannot be true.
    """
    found = {
        currency: read_stablecoin(folder, name)
        for name in sorted(held)
        if (currency := currency_of(name, venue)) is not None
    }
    return Money(
        worth={currency: _series(table) for currency, table in found.items()},
        sources=tuple(map(source_of, found.values())),
        holes=tuple(hole for table in found.values() for hole in _holes(table)),
    )


def read_stablecoin(folder: Path, series: str) -> Table:
    """Return the hourly closes of a stablecoin, checked.

    Raises
    ------
    DataError
        If the file cannot be read, or the series cannot be true.
    """
    table = read_series(folder, series, (CLOSE,))
    check_values(table, "1h", CLOSE)
    close = table.columns[CLOSE]
    rule = Rule(allowed=f"a stablecoin is worth at most {MOST_WORTH:g} USD")
    refuse_where(table, close > MOST_WORTH, f"{CLOSE} is {{{CLOSE}}}", rule)
    return table


def _series(table: Table) -> Series:
    """Return closes known at the end of their hour; the last one there is counts."""
    return Series(
        known_ms=table.ms + HOUR_MS, value=table.columns[CLOSE], max_age_ms=-1, step_ms=HOUR_MS
    )


def _holes(table: Table) -> tuple[Hole, ...]:
    return stamp_holes(table.series, table.ms, np.full(table.ms.size, HOUR_MS))
