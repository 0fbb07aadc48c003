"""Conditions at random, and a second way to work them out: one value at a time, by definition."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import TypeAlias

from hypothesis import strategies as st

from steelyard.domain.market import Bars

Worth: TypeAlias = float | bool | None
"""None is unknown."""

SIGNS = ("<", "<=", ">", ">=", "==", "!=")
WINDOWED = ("ago", "highest", "lowest", "median")
WINDOWS = {*WINDOWED, "count", "streak", "within"}


@dataclass(frozen=True)
class Tree:
    """An operation over others: ``n`` is its window, ``value`` what a constant is worth."""

    name: str
    parts: tuple["Tree", ...] = ()
    n: int = 0
    value: float = 0.0


def over(names: tuple[str, ...], *parts: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    """Return trees of some names over parts."""
    return st.builds(Tree, st.sampled_from(names), st.tuples(*parts))


def window(names: tuple[str, ...], part: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    """Return trees of some windows of one to four bars."""
    return st.builds(Tree, st.sampled_from(names), st.tuples(part), st.integers(1, 4))


prices = st.sampled_from([Tree(name) for name in ("open", "high", "low", "close")])
constants = st.integers(-8, 8).map(lambda whole: Tree("number", value=whole / 4.0))


def wider_numbers(numbers: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    """Return numbers made of numbers."""
    conditions = over(SIGNS, numbers, numbers)
    return st.one_of(
        over(("+", "-", "*", "/", "min", "max", "first_known"), numbers, numbers),
        over(("neg", "abs"), numbers),
        over(("clip",), numbers, constants, constants),
        over(("ramp",), numbers, numbers, constants),
        over(("select",), conditions, numbers, numbers),
        window(WINDOWED, numbers),
        window(("count",), conditions),
        # Not compared directly, which would count only as far as the comparison needs.
        window(("streak",), conditions).map(lambda tree: Tree("abs", (tree,))),
    )


def wider_conditions(conditions: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
    """Return conditions made of conditions."""
    return st.one_of(
        over(("and", "or", "first_known"), conditions, conditions),
        over(("not",), conditions),
        window(("within",), conditions),
    )


some_numbers = st.recursive(prices | constants, wider_numbers, max_leaves=5)
some_conditions = st.recursive(
    over(SIGNS, some_numbers, some_numbers), wider_conditions, max_leaves=4
)


def written(tree: Tree, frozen: str = "{}") -> str:
    """Return a tree as a condition; its prices and windows stand inside ``frozen``."""
    inner = "{}" if tree.name in WINDOWS else frozen
    texts = [written(part, inner) for part in tree.parts]
    if tree.name == "number":
        return f"({tree.value})"
    if tree.name in {"neg", "not"}:
        return f"({'-' if tree.name == 'neg' else 'not '}{texts[0]})"
    if tree.name == "ramp":
        texts[2] = f"{texts[1]} + {texts[2]}"
    if tree.name in {"and", "or"} or not tree.name.isidentifier():
        return f"({f' {tree.name} '.join(texts)})"
    settings = [str(tree.n)] if tree.n else []
    call = f"{tree.name}({', '.join([*texts, *settings])})" if texts else tree.name
    return frozen.format(call) if tree.name in WINDOWS or not texts else call


class Slow:
    """One value at a time, by definition, without arrays."""

    def __init__(self, bars: Bars) -> None:
        self.prices = {"open": bars.open, "high": bars.high, "low": bars.low, "close": bars.close}
        self.known: dict[tuple[Tree, int], Worth] = {}

    def at(self, tree: Tree, bar: int) -> Worth:
        """Return what a tree is worth on a bar."""
        if bar < 0:
            return None
        if (tree, bar) not in self.known:
            self.known[tree, bar] = self.fresh(tree, bar)
        return self.known[tree, bar]

    def fresh(self, tree: Tree, bar: int) -> Worth:
        """Work a tree out."""
        if tree.name == "number":
            return tree.value
        if tree.name in self.prices:
            found = float(self.prices[tree.name][bar])
            return None if math.isnan(found) else found
        if tree.name in WINDOWS:
            return self.window(tree, bar)
        values = [self.at(part, bar) for part in tree.parts]
        if tree.name in CHOICES:
            return CHOICES[tree.name](*values)
        if any(value is None for value in values):
            return None
        return OPERATORS[tree.name](*values)

    def window(self, tree: Tree, bar: int) -> Worth:
        """Work out a function of bars before."""
        part = tree.parts[0]
        if tree.name == "ago":
            return self.at(part, bar - tree.n)
        if tree.name == "streak":
            return self.run(part, bar, tree.n)
        if tree.name == "within":
            return either(*(self.at(part, bar - k) for k in range(tree.n + 1)))
        values = [self.at(part, bar - k) for k in range(tree.n)]
        known = [float(value) for value in values if value is not None]
        return SUMMARIES[tree.name](known) if len(known) == tree.n else None

    def run(self, condition: Tree, bar: int, most: int) -> Worth:
        """Return for how many bars in a row a condition is true, up to the most asked for."""
        length = 0
        while length < most and self.at(condition, bar - length):
            length += 1
        unknown = length < most and self.at(condition, bar - length) is None
        return None if unknown else float(length)


def either(*values: Worth) -> Worth:
    """Return whether any is true, as Kleene has it."""
    if any(value is True for value in values):
        return True
    return None if any(value is None for value in values) else False


def equal(a: float, b: float) -> bool:
    """Return whether two numbers are equal but for rounding."""
    return a == b or abs(a - b) < 1e-12 * max(1.0, abs(a), abs(b))


def negated(value: Worth) -> Worth:
    """Return the opposite; of unknown, unknown."""
    return None if value is None else not value


def quotient(a: float, b: float) -> float | None:
    """Return a / b; by zero, unknown."""
    return None if b == 0.0 else a / b


def ramped(x: float, low: float, step: float) -> float | None:
    """Return how far x is from low to low + step."""
    part = quotient(x - low, low + step - low)
    return None if part is None else min(max(part, 0.0), 1.0)


CHOICES: dict[str, Callable[..., Worth]] = {
    "or": either,
    "and": lambda a, b: negated(either(negated(a), negated(b))),
    "not": negated,
    "first_known": lambda a, b: b if a is None else a,
    "select": lambda c, a, b: None if c is None else (a if c else b),
}
SUMMARIES: dict[str, Callable[[list[float]], float]] = {
    "highest": max,
    "lowest": min,
    "median": median,
    "count": math.fsum,
}
OPERATORS: dict[str, Callable[..., Worth]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": quotient,
    "neg": lambda a: -a,
    "abs": abs,
    "min": min,
    "max": max,
    "clip": lambda x, low, high: min(max(x, low), high),
    "ramp": ramped,
    "<": lambda a, b: a < b and not equal(a, b),
    "<=": lambda a, b: a < b or equal(a, b),
    ">": lambda a, b: a > b and not equal(a, b),
    ">=": lambda a, b: a > b or equal(a, b),
    "==": equal,
    "!=": lambda a, b: not equal(a, b),
}
