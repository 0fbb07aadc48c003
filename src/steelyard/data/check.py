"""This file refuses series that cannot be true, naming the file, the row and the time."""

from dataclasses import dataclass, replace

import numpy as np

from steelyard.data.columns import CLOSE, HIGH, LOW, OPEN, PRICES, VOLUME
from steelyard.data.read import Table
from steelyard.domain.arrays import Flags, Floats, Ints
from steelyard.domain.errors import DataError
from steelyard.domain.time import BAR_MS, text

MAX_FUNDING_RATE = 0.05
"""Largest funding rate taken for true, either way: the widest caps of venues are 2 to 3 %."""

MAX_MEDIAN_RATE = 0.002
"""Half of all settlements stay within this, either way: 219 % a year at 8 hours.

The largest median of any month of BTC, ADA, LTC and XRP on Binance is 0.00125 (2021), of any week
0.0020. In percent the smallest median of a month is 0.002 to 0.004, and a usual one is 0.01.
"""

_MOST_FEAR_GREED = 100.0

_MEND = "correct the row, or delete it: a missing row is a hole and allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a row must satisfy, in the words of the message that refuses it."""

    allowed: str
    remedy: str = _MEND


def place(table: Table, row: int) -> str:
    """Return where a row stands: file, row counted from 1, and time."""
    when = f" ({text(int(table.ms[row]))})" if table.ms.size else ""
    return f"{table.file} row {row + 1}{when}"


def _shown(value: float) -> str:
    return "empty or NaN" if np.isnan(value) else f"{value:.12g}"


def refuse_where(table: Table, bad: Flags, found: str, rule: Rule) -> None:
    """Refuse the first row at which ``bad`` is true.

    Parameters
    ----------
    table : Table
        The series.
    bad : bool[n_rows]
        Where a row breaks the rule.
    found : str
        Template of what was found; ``{column}`` is replaced by the row's value.
    rule : Rule
        What is allowed, and what to do.

    Raises
    ------
    DataError
        If any row is bad.
    """
    if not bad.any():
        return
    row = int(np.argmax(bad))
    values = {name: _shown(column[row]) for name, column in table.columns.items()}
    what = found.format_map(values)
    message = f"{place(table, row)}: {what}; {rule.allowed}: {rule.remedy}"
    raise DataError(message)


def check_order(table: Table) -> None:
    """Refuse stamps that do not increase.

    Raises
    ------
    DataError
        If a stamp is repeated or comes before the one above it.
    """
    steps = np.diff(table.ms)
    if np.all(steps > 0):
        return
    row = int(np.argmax(steps <= 0)) + 1
    if steps[row - 1] == 0:
        message = (
            f"{place(table, row)}: the ts is the same as in row {row}; "
            f"a time may occur once: delete one of the two"
        )
        raise DataError(message)
    message = (
        f"{place(table, row)}: the ts is earlier than {text(int(table.ms[row - 1]))} in row {row}; "
        f"rows must be in order of time: sort them"
    )
    raise DataError(message)


def check_grid(table: Table, kind: str) -> None:
    """Refuse stamps between the beginnings of bars of one kind.

    Raises
    ------
    DataError
        If a stamp is not a whole multiple of the bar's length.
    """
    off = table.ms % BAR_MS[kind] != 0
    if off.any():
        row = int(np.argmax(off))
        offset = int(table.ms[row]) % BAR_MS[kind] / 1000
        rule = Rule(allowed=f"{kind} bars begin at whole multiples of {kind}, UTC")
        refuse_where(table, off, f"the ts lies {offset:g} s after the {kind} grid", rule)


def check_finite(table: Table) -> None:
    """Refuse cells without a finite number.

    Raises
    ------
    DataError
        If a cell is empty, NaN or infinite.
    """
    for name, column in table.columns.items():
        bad = ~np.isfinite(column)
        rule = Rule(allowed="every cell holds a finite number")
        refuse_where(table, bad, f"{name} is {{{name}}}", rule)


def check_positive(table: Table, name: str) -> None:
    """Refuse zero and negative values of a column.

    Raises
    ------
    DataError
        If a value is not above 0.
    """
    rule = Rule(allowed=f"{name} must be above 0")
    refuse_where(table, table.columns[name] <= 0.0, f"{name} is {{{name}}}", rule)


def check_bars(table: Table, kind: str) -> None:
    """Refuse bars that cannot be true: order, grid, numbers, signs, and prices within low and high.

    Raises
    ------
    DataError
        If a row breaks one of these rules.
    """
    check_order(table)
    check_grid(table, kind)
    check_finite(table)
    for name in PRICES:
        check_positive(table, name)
    columns = table.columns
    rule = Rule(allowed="high must be at least low")
    refuse_where(table, columns[HIGH] < columns[LOW], "high {high} is below low {low}", rule)
    for name in (OPEN, CLOSE):
        outside = (columns[name] < columns[LOW]) | (columns[name] > columns[HIGH])
        found = f"{name} {{{name}}} lies outside low {{low}} and high {{high}}"
        refuse_where(table, outside, found, Rule(allowed=f"{name} must lie between low and high"))
    if VOLUME in columns:
        rule = Rule(allowed="volume must be at least 0")
        refuse_where(table, columns[VOLUME] < 0.0, "volume is {volume}", rule)


def check_values(table: Table, kind: str, name: str) -> None:
    """Refuse a side series that cannot be true: order, grid, numbers, and values above 0.

    Raises
    ------
    DataError
        If a row breaks one of these rules.
    """
    check_order(table)
    check_grid(table, kind)
    check_finite(table)
    check_positive(table, name)


def check_index(table: Table, name: str) -> None:
    """Refuse an index that cannot be true: order, grid of days, numbers, and 0 to 100.

    Raises
    ------
    DataError
        If a row breaks one of these rules.
    """
    check_order(table)
    check_grid(table, "1d")
    check_finite(table)
    value = table.columns[name]
    rule = Rule(allowed="fear and greed lies within 0 and 100")
    outside = (value < 0.0) | (value > _MOST_FEAR_GREED)
    refuse_where(table, outside, f"{name} is {{{name}}}", rule)


def check_funding(table: Table, settled_ms: Ints, rate: Floats) -> None:
    """Refuse funding that cannot be true: order, whole hours, numbers, and the size of rates.

    Parameters
    ----------
    table : Table
        As read; messages print its stamps.
    settled_ms : int64[n]
        The stamps without their jitter.
    rate : float64[n], fraction
        Positive: longs pay.

    Raises
    ------
    DataError
        If a row breaks one of these rules.
    """
    check_finite(table)
    off = settled_ms % BAR_MS["1h"] != 0
    rule = Rule(allowed="funding settles within 60 s after a full hour, UTC")
    refuse_where(table, off, "the ts lies between two hours", rule)
    check_order(replace(table, ms=settled_ms))
    rule = Rule(
        allowed=f"rates are fractions between -{MAX_FUNDING_RATE} and {MAX_FUNDING_RATE}",
        remedy="divide percent by 100, or correct the row",
    )
    refuse_where(table, np.abs(rate) > MAX_FUNDING_RATE, "rate is {rate}", rule)
    median = float(np.median(np.abs(rate)))
    if median > MAX_MEDIAN_RATE:
        message = (
            f"{table.file}: half of the rates are {median:.6g} or more, either way; rates are "
            f"fractions, and half of them stay within {MAX_MEDIAN_RATE}: divide percent by 100, "
            f"or add the calmer weeks around those of a squeeze"
        )
        raise DataError(message)
