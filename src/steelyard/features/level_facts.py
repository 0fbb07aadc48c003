"""What is known of a key level beside its price: touches, age and strength."""

from dataclasses import dataclass

import numpy as np

from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.time import WEEK_MS
from steelyard.features.level_table import PIVOT_WEEKS, LevelTable, level_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLevel:
    """A key level as it was known at one moment.

    Parameters
    ----------
    price : float, quote per coin
    touches : int
        Weekly pivots that form it.
    age_weeks : int
        Weeks from its oldest pivot to the last closed week.
    strength : float
        Sum over the pivots of ``0.5 ** (age in weeks / 52)``.
    """

    price: float
    touches: int
    age_weeks: int
    strength: float


def _found(price: Floats, rows: Ints, table: LevelTable, facts: Floats) -> Floats:
    """Return the fact of the level that has exactly each price; NaN where there is none."""
    same = (table.price[rows] == price[:, np.newaxis]) & (rows >= 0)[:, np.newaxis]
    column = np.argmax(same, axis=1)
    return np.where(same.any(axis=1), facts[rows, column], np.nan)


def _ages(table: LevelTable) -> Floats:
    """Return the age of each level's oldest pivot in weeks, float64[n_weeks, n_levels]."""
    since = (table.known_ms[:, np.newaxis] - table.first_known_ms) / WEEK_MS
    return np.where(np.isnan(table.price), np.nan, since + PIVOT_WEEKS)


def level_touches(price: Floats, rows: Ints, table: LevelTable) -> Floats:
    """Return how many weekly pivots form the key level at a price.

    Parameters
    ----------
    price : float64[n_bars], quote per coin
        Such as ``support`` gives for the same bars.
    rows : int64[n_bars]
        From ``level_rows``.
    table : LevelTable
        The key levels of every week.

    Returns
    -------
    float64[n_bars]
        NaN where no key level that is known then has this very price.
    """
    return _found(price, rows, table, table.touches)


def level_age(price: Floats, rows: Ints, table: LevelTable) -> Floats:
    """Return the weeks from the oldest pivot of the level at a price; else as ``level_touches``."""
    return _found(price, rows, table, _ages(table))


def level_strength(price: Floats, rows: Ints, table: LevelTable) -> Floats:
    """Return the strength of the level at a price (domain 3.8.4); else as ``level_touches``."""
    return _found(price, rows, table, table.strength)


def key_levels(table: LevelTable, at_ms: int) -> tuple[KeyLevel, ...]:
    """Return the key levels known at a moment, by price ascending; none while none can be known."""
    row = int(level_rows(np.array([at_ms], dtype=np.int64), table)[0])
    if row < 0:
        return ()
    columns = np.flatnonzero(~np.isnan(table.price[row])).tolist()
    ages = _ages(table)[row]
    return tuple(
        KeyLevel(
            price=float(table.price[row, column]),
            touches=int(table.touches[row, column]),
            age_weeks=round(float(ages[column])),
            strength=float(table.strength[row, column]),
        )
        for column in columns
    )
