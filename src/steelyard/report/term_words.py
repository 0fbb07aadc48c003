"""This file puts conditions into words: values with their units, distances, trees, closes."""

import math
from collections.abc import Callable, Iterator
from typing import Final

from steelyard.policy.units import Unit
from steelyard.report.ladder_text import exact_price
from steelyard.report.terms import Amount, Clause, Comparison, Kind, Term, Tomorrow
from steelyard.report.words import number, percent, price, signed_percent

MARKS: Final = {True: "[x]", False: "[ ]"}
UNKNOWN_MARK: Final = "[?]"
_LARGE: Final = 1e4


def amount(found: Amount) -> str:
    """Return a number with its unit.

    Examples
    --------
    >>> amount(Amount(value=-3610.07, unit="price")), amount(Amount(value=0.0005, unit="rate_8h"))
    ('-3,610.1', '0.0500 % per 8 h')
    >>> amount(Amount(value=24.0, unit="hours")), amount(Amount(value=math.nan, unit="bars"))
    ('24 h', 'unknown')
    """
    if math.isnan(found.value):
        return "unknown"
    return _WRITTEN.get(found.unit, _plain)(found.value)


def _plain(value: float) -> str:
    return f"{value:.4g}" if abs(value) < _LARGE else f"{value:,.0f}"


def truth(value: float) -> str:
    """Return a condition's value in a word."""
    return "unknown" if math.isnan(value) else "true" if value == 1.0 else "false"


_WRITTEN: Final[dict[Unit, Callable[[float], str]]] = {
    "price": price,
    "share": percent,
    "percent": lambda value: f"{number(value)} %",
    "points": number,
    "percent_a_year": lambda value: f"{percent(value / 100.0)} a year",
    "rate": lambda value: percent(value, 4),
    "rate_8h": lambda value: f"{percent(value, 4)} per 8 h",
    "rate_a_year": lambda value: f"{percent(value)} a year",
    "hours": lambda value: f"{value:g} h",
    "days": lambda value: f"{value:g} days",
    "weeks": lambda value: f"{value:g} weeks",
    "bars": lambda value: f"{value:g} bars",
    "deviations": lambda value: f"{number(value)} sd",
    "atrs": lambda value: f"{number(value)} ATR",
    "truth": truth,
}
"""How a number of each unit is written; plainly where it has none."""


def distance(compared: Comparison) -> str:
    """Return what is still to go, or by how much it is past the threshold.

    Examples of the outcome: ``3,610 to go (8.5 %, 2.95 ATR)``, ``past by 12 h``.
    """
    if not compared.distances:
        return "unknown"
    own, *others = compared.distances
    to_go = own.value > 0.0
    sizes = [amount(Amount(value=abs(each.value), unit=each.unit)) for each in (own, *others)]
    beside = f" ({', '.join(sizes[1:])})" if others else ""
    if own.value == 0.0:
        return "at its threshold"
    return f"{sizes[0]} to go{beside}" if to_go else f"past by {sizes[0]}{beside}"


def leaf_words(term: Term) -> str:
    """Return a comparison or a call with its values, in one sentence without its end."""
    text = term.text if term.is_wanted else f"not {term.text}"
    compared = term.comparison
    if compared is None:
        return f"{text}: {truth(term.value)}"
    if compared.distances:
        sides = [
            amount(Amount(value=value, unit=compared.unit))
            for value in (compared.left_value, compared.right_value)
        ]
        against = f"{sides[0]} against {sides[1]}, {distance(compared)}"
        return (
            f"{text}: {truth(term.value)}, {against}"
            if term.kind == Kind.CALL
            else (f"{text}: {against}")
        )
    return f"{text}: unknown"


def mark(term: Term) -> str:
    """Return the box in front of a part: ticked where it is what the whole needs."""
    return UNKNOWN_MARK if term.is_unknown else MARKS[term.is_met]


def tree(term: Term, depth: int = 0) -> Iterator[tuple[int, str]]:
    """Yield a condition's lines with their depth: what joins, comparisons, what calls look at."""
    if term.kind in {Kind.ALL, Kind.ANY}:
        said = "all of these:" if term.kind == Kind.ALL else "any of these suffices:"
        yield depth, f"{mark(term)} {said}"
    else:
        yield depth, f"{mark(term)} {leaf_words(term)}"
        if term.parts:
            yield depth + 1, "on this bar:"
            depth += 1
    for part in term.parts:
        yield from tree(part, depth + 1)


def short(clause: Clause) -> Iterator[str]:
    """Yield how the comparisons join that keep a condition from being true, then each of them."""
    unmet = list(dict.fromkeys(map(leaf_words, clause.term.unmet())))
    if not unmet:
        yield "all of it is met"
    elif len(unmet) == 1:
        yield "still to go"
    elif clause.term.kind == Kind.ANY:
        nested = any(part.kind in {Kind.ALL, Kind.ANY} for part in clause.term.parts)
        yield "one branch of these suffices" if nested else "any of these suffices"
    else:
        yield "all of these"
    yield from unmet


def tomorrow_words(found: Tomorrow, last: float, reach: float, what: str) -> str:
    """Return at which closes of the open day a condition turns.

    Parameters
    ----------
    found : Tomorrow
        At the nearest closes on either side.
    last : float, quote per coin
        The last close.
    reach : float
        How far closes were tried.
    what : str
        What turns, such as ``condition``.
    """
    lower, upper = (
        None
        if math.isnan(close)
        else f"{exact_price(close)} ({signed_percent(close / last - 1.0)})"
        for close in (found.below, found.above)
    )
    places = [
        f"{side} {close}"
        for side, close in (("at or below", lower), ("at or above", upper))
        if close is not None
    ]
    within = f"at no close within {percent(reach, 0)}"
    if found.at_last == 1.0:
        ends = f"not {' or '.join(places)}" if places else f"otherwise {within}"
        return f"tomorrow: {what} true at the last price, {ends}"
    return f"tomorrow: {what} true {' or '.join(places) or within}"
