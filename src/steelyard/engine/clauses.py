"""This file tells a condition apart: comparisons, their distances, inputs, and what is unknown."""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from steelyard.domain.codes import EQUAL_WITHIN
from steelyard.engine.missing import why_unknown
from steelyard.engine.reading import Reading
from steelyard.policy.library import FUNCTIONS
from steelyard.policy.nodes import STATE, Node
from steelyard.policy.plain import plain
from steelyard.policy.units import Unit, unit_of
from steelyard.report.terms import Amount, Clause, Comparison, Input, Kind, Missing, Term

_SIGNS: Final = frozenset({"<", "<=", ">", ">=", "==", "!="})
_CROSSES: Final = frozenset({"crosses_above", "crosses_below"})
_LOOKS_AT_NOW: Final = frozenset({"within", "streak", "count", "select", "first_known"})
"""Calls that what is so on this very bar enters."""

_HOURS_A_YEAR: Final = 24.0 * 365.0
_HOURS_OF_RATE: Final = 8.0


class Clauses:
    """The conditions of one trigger or regime, told apart.

    Parameters
    ----------
    reading : Reading
    values : mapping of text to float
        ``reading.entry`` or ``reading.release``.
    """

    def __init__(self, reading: Reading, values: Mapping[str, float]) -> None:
        self.reading = reading
        self.values = values

    def clause(self, tree: Node) -> Clause:
        """Return a whole condition."""
        return Clause(
            term=self.term(tree, wanted=True),
            inputs=tuple(self.inputs(tree)),
            missing=tuple(
                dict.fromkeys(
                    Missing(text=self.text(node), why=why_unknown(self.reading, node))
                    for node in self.unknown(tree)
                )
            ),
        )

    def text(self, node: Node) -> str:
        """Return a part as a policy would write it."""
        return plain(node, self.reading.bars)

    def value(self, node: Node) -> float:
        """Return what a part is worth; NaN is unknown."""
        return self.values[node.text]

    def term(self, node: Node, *, wanted: bool) -> Term:
        """Return a part; ``not`` is folded into what is wanted of what it holds."""
        if node.name == "not":
            return self.term(node.children[0], wanted=not wanted)
        parts = self.operands(node, wanted=wanted)
        kind = Kind.CALL
        if node.is_joint:
            kind = Kind.ALL if (node.name == "and") == wanted else Kind.ANY
        elif node.name in _SIGNS:
            kind = Kind.COMPARISON
        compared = node.name in _SIGNS or node.name in _CROSSES
        return Term(
            kind=kind,
            text=self.text(node),
            value=self.value(node),
            is_wanted=wanted,
            comparison=self.comparison(node, wanted=wanted) if compared else None,
            parts=parts,
        )

    def operands(self, node: Node, *, wanted: bool) -> tuple[Term, ...]:
        """Return the operands of and, or; of others the conditions they look at now."""
        if node.is_joint:
            return tuple(self.term(child, wanted=wanted) for child in node.children)
        return tuple(self.term(found, wanted=True) for found in _inner(node))

    def comparison(self, node: Node, *, wanted: bool) -> Comparison:
        """Return two sides held against each other, with what is still to go."""
        left, right = node.children
        sides = self.value(left), self.value(right)
        unit = unit_of(left)
        unit = unit_of(right) if unit == "number" else unit
        away = _still_to_go(node.name, *sides)
        away = away if wanted else -away
        return Comparison(
            left=self.text(left),
            sign=node.name,
            right=self.text(right),
            left_value=sides[0],
            right_value=sides[1],
            unit=unit,
            distances=() if np.isnan(away) else self.amounts(away, unit),
        )

    def amounts(self, away: float, unit: Unit) -> tuple[Amount, ...]:
        """Return a distance in its own unit, and in others that tell people more."""
        own = Amount(value=away + 0.0, unit=unit)
        others = [(away / size, other) for size, other in self.scales(unit) if size > 0.0]
        return (own, *(Amount(value=value + 0.0, unit=other) for value, other in others))

    def scales(self, unit: Unit) -> Iterator[tuple[float, Unit]]:
        """Yield what one of another unit comes to in this one."""
        if unit == "price":
            yield self.reading.close, "share"
            yield self.reading.atr, "atrs"
        elif unit == "rate_8h":
            yield _HOURS_OF_RATE / _HOURS_A_YEAR, "rate_a_year"
        elif unit == "rate":
            paid = self.reading.market.funding
            row = int(np.searchsorted(paid.ms, self.reading.ms, side="right")) - 1
            yield float(paid.interval_hours[max(row, 0)]) / _HOURS_A_YEAR, "rate_a_year"

    def inputs(self, tree: Node) -> Iterator[Input]:
        """Yield the value of every call, each once, in the order they are written."""
        seen = set()
        for node in tree.walk():
            called = node.name in STATE or (
                node.name in FUNCTIONS and FUNCTIONS[node.name].grid != "pointwise"
            )
            if called and node.text not in seen:
                seen.add(node.text)
                amount = Amount(value=self.value(node), unit=unit_of(node))
                yield Input(text=self.text(node), amount=amount)

    def unknown(self, node: Node) -> Iterator[Node]:
        """Yield what is unknown though nothing within it is."""
        if node.name not in {"and", "or", "not"} and not np.isnan(self.value(node)):
            return
        causes = [found for child in node.children for found in self.unknown(child)]
        if causes:
            yield from causes
        elif np.isnan(self.value(node)):
            yield node


def _inner(node: Node) -> Iterator[Node]:
    """Yield the conditions that a call or a side of a comparison looks at on this very bar."""
    looks = node.name in _LOOKS_AT_NOW or node.worth == "number" or node.name in _SIGNS
    if not looks or node.name in {"ago", "at_entry"}:
        return
    for child in node.children:
        if child.worth == "condition":
            yield child
        else:
            yield from _inner(child)


def _still_to_go(sign: str, left: float, right: float) -> float:
    """Return the distance to a threshold: 0 there, positive before it; NaN unknown.

    Sides that the decision takes for equal are at the threshold.

    Examples
    --------
    >>> _still_to_go(">=", 3.0, 5.0), _still_to_go("<", 3.0, 5.0)
    (2.0, -2.0)
    """
    if abs(left - right) < EQUAL_WITHIN * max(1.0, abs(left), abs(right)):
        return 0.0
    match sign:
        case ">" | ">=" | "crosses_above":
            return right - left
        case "<" | "<=" | "crosses_below":
            return left - right
        case "==":
            return abs(left - right)
        case _:
            return -abs(left - right)
