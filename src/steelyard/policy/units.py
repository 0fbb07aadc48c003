"""The unit of every number of a condition, so that a distance can be told in its own."""

from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

from steelyard.policy.nodes import Node

Unit: TypeAlias = Literal[
    "price",
    "coins",
    "share",
    "percent",
    "points",
    "percent_a_year",
    "rate",
    "rate_8h",
    "rate_a_year",
    "hours",
    "days",
    "weeks",
    "bars",
    "deviations",
    "atrs",
    "ratio",
    "number",
    "truth",
]
"""``price``: quote per coin. ``share``: a fraction, told in per cent. ``percent``: in per cent
itself. ``points``: of an index from 0 to 100. ``rate``: funding of a settlement's own interval.
``atrs``: multiples of atr(14). ``ratio``: one number over another of the same unit. ``number``: of
no unit that is known. ``truth``: 1 or 0."""

_OWN: Final[dict[str, Unit]] = {
    **dict.fromkeys(("open", "high", "low", "close", "atr", "support", "resistance"), "price"),
    **dict.fromkeys(("broken_support", "poc", "vah", "val"), "price"),
    **dict.fromkeys(("volume", "open_interest"), "coins"),
    **dict.fromkeys(("bandwidth", "change"), "share"),
    **dict.fromkeys(("rsi", "adx", "plus_di", "minus_di", "chop"), "points"),
    **dict.fromkeys(("percentile_rank", "fear_greed", "dxy"), "points"),
    **dict.fromkeys(("realised_vol", "parkinson_vol", "garman_klass_vol"), "percent_a_year"),
    **dict.fromkeys(("implied_vol", "vix"), "percent_a_year"),
    **dict.fromkeys(("level_touches", "level_strength"), "number"),
    **dict.fromkeys(("funding_8h", "funding_mean"), "rate_8h"),
    **dict.fromkeys(("funding_above", "funding_below"), "hours"),
    **dict.fromkeys(("streak", "count", "since_entry", "held_support", "held_reclaim"), "bars"),
    "natr": "percent",
    "funding": "rate",
    "basis_apr": "rate_a_year",
    "days_to_expiry": "days",
    "level_age": "weeks",
    "zscore": "deviations",
    "ramp": "number",
}

_SAME: Final = frozenset({"+", "-", "neg", "abs", "min", "max", "clip", "first_known", "select"})
"""Operations whose result has the unit of what goes in."""


def unit_of(node: Node) -> Unit:
    """Return the unit of a tree.

    Examples
    --------
    >>> from steelyard.policy.parse import Definitions, parse
    >>> unit_of(parse("sma(200) * 1.01 - close", "1d", Definitions()))
    'price'
    >>> unit_of(parse("atr(14) / ago(atr(14), 7) - 1", "1d", Definitions()))
    'ratio'
    """
    if node.worth == "condition":
        return "truth"
    if node.name in _OWN:
        return _OWN[node.name]
    parts = [child for child in node.children if child.worth == "number"]
    units = [unit for unit in map(unit_of, parts) if unit != "number"]
    if node.name == "/":
        return _quotient(*map(unit_of, parts))
    if not units:
        return "number"
    if node.name == "*":
        return units[0] if len(units) == 1 else _product(units)
    return units[0] if node.name not in _SAME or len(set(units)) == 1 else "number"


def _quotient(above: Unit, below: Unit) -> Unit:
    if above == below:
        return "number" if above == "number" else "ratio"
    return above if below in {"number", "ratio"} else "number"


def _product(units: Sequence[Unit]) -> Unit:
    dimensioned = [unit for unit in units if unit not in {"ratio", "share"}]
    return dimensioned[0] if len(dimensioned) == 1 else "number"
