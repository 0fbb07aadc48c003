"""This file reads the maintenance tiers of a contract and refuses a ladder that does not add up."""

import difflib
from pathlib import Path

import numpy as np

from steelyard.data.check import Rule, check_finite, refuse_where
from steelyard.data.columns import CAP, DEDUCTION, FLOOR, MARGIN_RATE, SOURCE, TIER_NUMBERS
from steelyard.data.names import is_inverse, month_of
from steelyard.data.read import Table, read_ladder, read_words
from steelyard.data.shipped import known
from steelyard.domain.arrays import Flags, Floats
from steelyard.domain.errors import DataError
from steelyard.domain.market import Known, Source, Tiers
from steelyard.domain.time import stamp

_TOLERANCE = 0.01
"""Quote; venues print deductions with two decimals."""

_COIN_TOLERANCE = 1e-6
"""Coins, of the deductions of a coin-margined contract."""

_MOST_TOLD = 20
"""Symbols that a message lists."""


def tier_symbols(folder: Path, series: str) -> frozenset[str]:
    """Return the symbols that a snapshot of tiers holds.

    Raises
    ------
    DataError
        If the file is not a snapshot of tiers.
    """
    symbols, _ = read_ladder(folder, series, TIER_NUMBERS)
    return frozenset(symbols)


def ladder_source(folder: Path, series: str, symbol: str) -> str:
    """Return where the ladder of a symbol comes from, as its snapshot says; empty if it does not.

    Raises
    ------
    DataError
        If the file cannot be read.
    """
    return read_words(folder, series, SOURCE).get(symbol, "")


def read_tiers(
    folder: Path, series: str, symbol: str, *, in_coins: bool = False
) -> tuple[Tiers, Source]:
    """Return the tiers of a contract from a snapshot, checked.

    Parameters
    ----------
    folder : Path
        The catalogue.
    series : str
        Such as ``binance.perp.leverage_tiers.2024-10``.
    symbol : str
        Such as ``BTCUSDT``.
    in_coins : bool
        Whether notionals and deductions are coins.

    Returns
    -------
    Tiers
        The last tier has no end: what is beyond the ladder is margined at its highest rate.
    Source

    Raises
    ------
    DataError
        If the snapshot lacks the symbol, or its ladder breaks domain 11.1.
    """
    symbols, table = read_ladder(folder, series, TIER_NUMBERS)
    mine = np.array(symbols) == symbol
    if not mine.any():
        held = _told(sorted(set(symbols)), symbol)
        message = (
            f"series {series} has no tiers of {symbol}; {table.file} holds {held}: "
            f"add the tiers of {symbol}"
        )
        raise DataError(message)
    _check_ladder(table, mine, _COIN_TOLERANCE if in_coins else _TOLERANCE)
    year, month = month_of(series).split("-")
    first = stamp(int(year), int(month), 1)
    return _tiers(table, mine), Source(
        series=series, sha256=table.sha256, first_ms=first, last_ms=first
    )


def tiers_known(series: str) -> Known:
    """Return of which time a snapshot of tiers is known: its month."""
    return known("maintenance tiers", {"source": series, "noted": month_of(series)})


def check_snapshot(folder: Path, series: str) -> None:
    """Refuse a snapshot that holds a ladder which breaks domain 11.1.

    Raises
    ------
    DataError
        If it does, or cannot be read.
    """
    symbols, table = read_ladder(folder, series, TIER_NUMBERS)
    names, venue = np.array(symbols), series.partition(".")[0]
    for symbol in dict.fromkeys(symbols):
        in_coins = is_inverse(symbol, venue)
        _check_ladder(table, names == symbol, _COIN_TOLERANCE if in_coins else _TOLERANCE)


def _told(held: list[str], symbol: str) -> str:
    """Return which symbols there are in words, of many only their number and the nearest."""
    if len(held) <= _MOST_TOLD:
        return ", ".join(held)
    near = difflib.get_close_matches(symbol, held, n=3)
    return f"{len(held):,} others" + (f", such as {', '.join(near)}" if near else "")


def _tiers(table: Table, mine: Flags) -> Tiers:
    cap = table.columns[CAP][mine].copy()
    cap[-1] = np.inf
    return Tiers(
        cap=cap,
        rate=table.columns[MARGIN_RATE][mine],
        deduction=table.columns[DEDUCTION][mine],
    )


def _before(column: Floats, mine: Flags, first: float) -> Floats:
    """Return the value of the same symbol's row before each row; ``first`` at its first row."""
    before = np.full(column.size, np.nan)
    before[mine] = np.concatenate(([first], column[mine][:-1]))
    return before


def _check_ladder(table: Table, mine: Flags, most: float) -> None:
    check_finite(table)
    floor, cap = table.columns[FLOOR], table.columns[CAP]
    rate, deduction = table.columns[MARGIN_RATE], table.columns[DEDUCTION]
    fix = "load the ladder of the symbol again, its tiers from small to large"
    rule = Rule(allowed="a tier ends above its beginning", remedy=fix)
    refuse_where(table, mine & (cap <= floor), f"tier from {{{FLOOR}}} to {{{CAP}}}", rule)
    gap = mine & (floor != _before(cap, mine, 0.0))
    rule = Rule(allowed="tiers begin at 0 and each where the one before ends", remedy=fix)
    refuse_where(table, gap, f"tier begins at {{{FLOOR}}}", rule)
    rate_before = _before(rate, mine, 0.0)
    rule = Rule(allowed="rates are fractions of at most 1 and rise from tier to tier", remedy=fix)
    bad = mine & ((rate <= rate_before) | (rate > 1.0))
    refuse_where(table, bad, f"{MARGIN_RATE} is {{{MARGIN_RATE}}}", rule)
    # domain 11.1: cum_1 = 0, cum_k = cum_{k-1} + floor_k (rate_k - rate_{k-1})
    due = _before(deduction, mine, 0.0) + floor * (rate - rate_before)
    tolerance = most + 1e-9 * np.abs(due)
    bad = mine & (np.abs(deduction - due) > tolerance)
    wanted = f"{due[int(np.argmax(bad))]:.12g}"
    rule = Rule(allowed=f"the tiers below make it {wanted}", remedy=fix)
    refuse_where(table, bad, f"{DEDUCTION} is {{{DEDUCTION}}}", rule)
