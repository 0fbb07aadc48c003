"""A condition's tree as people write it: infix, defaults left out, brackets only where needed."""

from collections.abc import Iterator
from typing import Final

from steelyard.policy.calls import default_of
from steelyard.policy.library import CONSTANTS, FUNCTIONS, MAX_WINDOW, Argument, Function
from steelyard.policy.nodes import HELD_RECLAIM, Node, number_text, operation
from steelyard.policy.parse import COUNTS, counted_as_far_as_needed

_BINDS: Final = {
    "or": 1,
    "and": 2,
    "not": 3,
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), 4),
    **dict.fromkeys(("+", "-"), 5),
    **dict.fromkeys(("*", "/"), 6),
    "neg": 7,
}
"""How strongly each operator binds."""

_MANY: Final = 3
"""Constants with a default from which on they are read by name: profiles and candles have many."""

_LEFT_FIRST: Final = frozenset({"+", "-", "*", "/"})
"""Operators whose right side needs brackets where it binds no stronger: sums round in order."""


def plain(node: Node, bars: str) -> str:
    """Return a tree as a policy would write it.

    Parameters
    ----------
    node : Node
        The whole or any part.
    bars : str
        Kind of bars in force: calls on other bars say so.

    Examples
    --------
    >>> from steelyard.policy.parse import Definitions, parse
    >>> tree = parse("not (close< sma(200) or sma(50)<sma(200,bars='1w'))", "1d", Definitions())
    >>> plain(tree, "1d")
    'not (close < sma(200) or sma(50) < sma(200, bars = "1w"))'
    """
    if node.is_constant:
        return number_text(node.numbers[0])
    if node.name not in _BINDS:
        return _call(node, bars)
    strength = _BINDS[node.name]
    sides = [_side(child, bars, strength) for child in _as_read(node)]
    if node.name == "neg":
        return f"-{sides[0]}"
    if node.name == "not":
        return f"not {sides[0]}"
    if node.name in _LEFT_FIRST:
        sides[1] = _side(node.children[1], bars, strength + 1)
    return f" {node.name} ".join(sides)


def _as_read(node: Node) -> tuple[Node, ...]:
    """Return the operands as written: what a comparison alone bounds a count by is left out."""
    if not any(child.name in COUNTS for child in node.children):
        return node.children
    free = tuple(_unbounded(child) for child in node.children)
    if len(free) == 2:  # noqa: PLR2004 - the two sides of a comparison
        again = counted_as_far_as_needed(node.name, (free[0], free[1]))
        if [side.text for side in again] == [child.text for child in node.children]:
            return free
    return node.children


def _unbounded(node: Node) -> Node:
    """Return a count that counts as far as it can; another node as it is."""
    if node.name not in COUNTS:
        return node
    numbers = (float(MAX_WINDOW),)
    return operation(node.name, "number", node.children, numbers=numbers, bars=node.bars)


def _side(node: Node, bars: str, strength: int) -> str:
    text = plain(node, bars)
    return f"({text})" if _BINDS.get(node.name, 9) < strength else text


def _call(node: Node, bars: str) -> str:
    """Return a call; a leading close of the call's own bars is left out, as it is the default."""
    reclaims = node.name == HELD_RECLAIM
    function = FUNCTIONS["held_support" if reclaims else node.name]
    parts = [*(["reclaim = true"] if reclaims else []), *_arguments(function, node, bars)]
    if node.bars and node.bars != bars:
        parts.append(f'bars = "{node.bars}"')
    if parts or not function.bare:
        return f"{function.name}({', '.join(parts)})"
    return function.name


def _arguments(function: Function, node: Node, bars: str) -> list[str]:
    inside = node.bars or bars
    if function.repeats:
        return [plain(child, bars) for child in node.children]
    children, numbers = iter(node.children), iter(node.numbers)
    known: dict[str, float] = {}
    parts = []
    for argument in function.arguments:
        if argument.kind not in CONSTANTS:
            child = next(children)
            if not (argument.default == "close" and child.text == f"close[{inside}]"):
                parts.append(plain(child, inside))
        elif argument.name != "reclaim":
            value = next(numbers)
            parts.extend(_constant(function, argument, value, known))
            known[argument.name] = value
    return parts


def _constant(
    function: Function, argument: Argument, value: float, known: dict[str, float]
) -> Iterator[str]:
    """Yield a constant argument; the default is left out where there are many, or it is another."""
    free = [each for each in function.arguments if each.kind in CONSTANTS and each.default]
    many = len(free) >= _MANY
    named = (many and argument in free) or argument.kind == "flag" or argument.default in known
    named = named or function.name == "held_support"
    if (named or argument.default == str(MAX_WINDOW)) and value == default_of(argument, known):
        return
    shown = number_text(value) if argument.kind != "flag" else "true" if value else "false"
    yield f"{argument.name} = {shown}" if named else shown
