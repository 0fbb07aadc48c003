"""This file reads the settled funding of a perpetual."""

from pathlib import Path

import numpy as np

from steelyard.data.check import Rule, check_funding, refuse_where
from steelyard.data.columns import INTERVAL_HOURS, RATE
from steelyard.data.read import Table, read_series
from steelyard.data.settlements import settlement_stamps, settlements
from steelyard.domain.arrays import Floats
from steelyard.domain.market import Funding, Source


def read_funding(folder: Path, series: str) -> tuple[Funding, Source]:
    """Return the settlements of a perpetual, checked.

    The interval of each settlement is its ``interval_hours`` where the file has that column.
    Else it is worked out from the gaps, as ``settlements`` says. The first settlement takes the
    first gap if that is usual (1, 2, 4 or 8 hours), else 8 hours.

    Raises
    ------
    DataError
        If the series is missing or cannot be true.
    """
    table = read_series(folder, series, (RATE,), optional=(INTERVAL_HOURS,))
    settled_ms = settlement_stamps(table.ms)
    check_funding(table, settled_ms, table.columns[RATE])
    source = Source(
        series=series,
        sha256=table.sha256,
        first_ms=int(settled_ms[0]),
        last_ms=int(settled_ms[-1]),
    )
    return settlements(settled_ms, table.columns[RATE], _stated_intervals(table)), source


def _stated_intervals(table: Table) -> Floats | None:
    hours = table.columns.get(INTERVAL_HOURS)
    if hours is None:
        return None
    bad = (hours < 1.0) | (hours > 24.0) | (hours != np.floor(hours))  # noqa: PLR2004 - a day
    rule = Rule(allowed="an interval is a whole number of hours from 1 to 24")
    refuse_where(table, bad, f"{INTERVAL_HOURS} is {{{INTERVAL_HOURS}}}", rule)
    return hours
