"""This file measures what a review shows beside its history, by the policy's own expressions."""

from typing import Final, NamedTuple

import numpy as np

from steelyard.domain.market import Market
from steelyard.policy.evaluate import Evaluation, Grid
from steelyard.policy.needs import series_read
from steelyard.policy.nodes import Node
from steelyard.policy.parse import Definitions, parse
from steelyard.report.review import Gauge

YEAR_DAYS: Final = 365
"""Daily closes that a value is compared with, and that a picture shows."""

LEAST_DAYS: Final = 30
"""Fewer known ones say nothing about where a value stands."""


class Measure(NamedTuple):
    """What is measured: names, expression and unit."""

    id: str
    label: str
    expression: str
    unit: str


MEASURES: Final = (
    Measure("funding", "funding", "funding_8h", "rate_8h"),
    Measure("open_interest", "open interest", "open_interest", "coins"),
    Measure("implied_vol", "implied volatility", "implied_vol", "percent_a_year"),
    Measure("realised_vol", "realised volatility", "realised_vol(30)", "percent_a_year"),
    Measure("basis", "basis, dated contract", "basis_apr", "rate_a_year"),
    Measure("ranges", "daily range, ATR(14)", "natr(14)", "percent"),
)
"""Funding, open interest, volatility, basis and ranges, as a condition would write them."""


def gauges_of(market: Market) -> tuple[Gauge, ...]:
    """Return every measure at the last daily close of a market, with the year before it.

    Parameters
    ----------
    market : Market
        As it was known; what it has no series for is there with the reason.
    """
    bars = market.bars["1d"]
    grid = Grid("1d", bars.known_ms)
    evaluation = Evaluation(market, {})
    return tuple(_gauge(evaluation, grid, measure) for measure in MEASURES)


def _gauge(evaluation: Evaluation, grid: Grid, measure: Measure) -> Gauge:
    tree = _tree(measure.expression)
    absent = [name for name, _ in series_read(tree) if name not in evaluation.market.series]
    values = evaluation.values(tree, grid)
    ranks = evaluation.values(
        _tree(f"percentile_rank({measure.expression}, {YEAR_DAYS}, least = {LEAST_DAYS})"), grid
    )
    shown = slice(max(0, grid.ms.size - YEAR_DAYS - 1), None)
    value = float(values[-1]) if values.size else np.nan
    missing = ""
    if absent:
        missing = f"the data holds no {absent[0]} for {evaluation.market.asset}"
    elif np.isnan(values[shown]).all():
        missing = "unknown throughout the year"
    return Gauge(
        id=measure.id,
        label=measure.label,
        expression=measure.expression,
        unit=measure.unit,
        value=value,
        rank=float(ranks[-1]) if ranks.size else np.nan,
        ms=grid.ms[shown],
        values=values[shown],
        missing=missing,
    )


def _tree(text: str) -> Node:
    return parse(text, "1d", Definitions({}), "number")
