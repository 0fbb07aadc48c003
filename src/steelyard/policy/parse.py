"""How the text of a condition becomes a checked tree: names, types, windows, cost."""

import ast
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from steelyard.policy.calls import (
    bars_of,
    bound,
    check_children,
    default_of,
    fault_of,
    flag_of,
    named,
)
from steelyard.policy.grammar import (
    BINARY,
    COMPARISONS,
    MAX_DEPTH,
    Refused,
    forbidden,
    syntax_tree,
)
from steelyard.policy.library import CONSTANTS, FUNCTIONS, Argument, Function
from steelyard.policy.nodes import HELD_RECLAIM, Node, Worth, constant, operation
from steelyard.policy.place import nearest

MAX_NODES: Final = 400
"""Most operations in one condition, names from [define] written out."""

COUNTS: Final = frozenset({"streak", "held_support", HELD_RECLAIM})
"""What counts up to its n."""

_LARGEST: Final = 1e15
"""Largest number: beyond any price or volume, and exact as an integer up to here."""


def quoted(text: str) -> str:
    """Return a part of a condition in quotes, shortened."""
    return f'"{text}"' if len(text) <= 48 else f'"{text[:45]}..."'  # noqa: PLR2004 - part of a line


@dataclass(slots=True)
class Definitions:
    """The named conditions of a policy, each read once for every kind of bars it is used with.

    Parameters
    ----------
    texts : mapping from name to condition
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    known: dict[tuple[str, str], Node] = field(default_factory=dict)
    under_way: list[str] = field(default_factory=list)

    def node(self, name: str, bars: str) -> Node:
        """Return a definition as a tree.

        Raises
        ------
        Refused
            If it leads back to itself, or cannot be accepted.
        """
        if name in self.under_way:
            circle = " -> ".join([*self.under_way[self.under_way.index(name) :], name])
            raise Refused(f"{name} in [define] leads back to itself: {circle}")
        if len(self.under_way) >= MAX_DEPTH:
            raise Refused(f"[define] nests deeper than {MAX_DEPTH}")
        if (name, bars) not in self.known:
            self.under_way.append(name)
            try:
                self.known[name, bars] = parse(self.texts[name], bars, self)
            finally:
                self.under_way.pop()
        return self.known[name, bars]


def parse(text: str, bars: str, definitions: Definitions, expected: Worth | None = None) -> Node:
    """Return the tree of a condition or of a number.

    Parameters
    ----------
    text : str
        As written in the policy.
    bars : str
        Kind of bars where a call states none.
    definitions : Definitions
        What ``[define]`` names.
    expected : "condition" or "number", optional
        What the whole must be worth.

    Raises
    ------
    Refused
        With the reason and the offset of the character at fault.

    Examples
    --------
    >>> parse("sma(200)  <close", "1d", Definitions()).text
    '(sma(close[1d], 200)[1d] < close[1d])'
    """
    reader = _Reader(text, definitions)
    return reader.typed(syntax_tree(text), bars, expected or "any")


def joined(name: str, parts: tuple[Node, ...], column: int) -> Node:
    """Return and, or or over two or more conditions, nested ones of the same kind taken in."""
    flat: list[Node] = []
    for part in parts:
        flat.extend(part.children if part.name == name else (part,))
    events = [part.is_event for part in flat]
    lasts = all(events) if name == "or" else any(events)
    return operation(name, "condition", tuple(flat), column=column, is_event=lasts)


def counted_as_far_as_needed(name: str, pair: tuple[Node, Node]) -> tuple[Node, Node]:
    """Return the sides of a comparison, a count against a number only counted as far as decides.

    After a hole ``streak(c) >= 3`` is then known with the third true bar, although nobody knows
    the whole length of the run.
    """
    left, right = pair
    if right.is_constant and left.name in COUNTS:
        return _shortened(left, name in {">=", "<"}, right.numbers[0]), right
    if left.is_constant and right.name in COUNTS:
        return left, _shortened(right, name in {"<=", ">"}, left.numbers[0])
    return pair


def _shortened(count: Node, number_decides: bool, number: float) -> Node:  # noqa: FBT001 - which end
    number = round(number, 9)  # sides of a comparison that differ by less are equal
    needed = math.ceil(number) if number_decides else math.floor(number) + 1
    longest = min(count.numbers[0], max(float(needed), 1.0))
    return operation(
        count.name,
        "number",
        count.children,
        numbers=(longest,),
        bars=count.bars,
        column=count.column,
        is_event=count.is_event,
    )


def is_event(name: str, parts: Sequence[Node], numbers: tuple[float, ...]) -> bool:
    """Return whether an operation over events is true, or lifts its number, on single bars only."""
    match name:
        case "ago" | "streak" | "first_known" | "at_entry":
            return any(part.is_event for part in parts)
        case "count":
            return parts[0].is_event and numbers == (1.0,)
        case "select":
            high, low = parts[1].numbers, parts[2].numbers
            lifted = parts[1].is_constant and parts[2].is_constant and high > low
            return parts[0].is_event and lifted
        case ">" | ">=":
            return parts[0].is_event and parts[1].is_constant
        case "<" | "<=":
            return parts[0].is_constant and parts[1].is_event
        case _:
            return False


def _wrong(source: str, expected: str, column: int = 0) -> Refused:
    if expected == "condition":
        sentence = f"{quoted(source)} is a number, not a condition; compare it with something"
    else:
        sentence = f"{quoted(source)} is a condition, not a number; select(c, 1, 0) makes one of it"
    return Refused(sentence, column)


def _worked_out(name: str, left: float, right: float, column: int) -> Node:
    match name:
        case "+":
            value = left + right
        case "-":
            value = left - right
        case "*":
            value = left * right
        case _:
            value = left / right
    if not math.isfinite(value) or abs(value) > _LARGEST:
        raise Refused("the number is too large", column)
    return constant(value, column)


class _Reader:
    """Reads one text; every method takes Python's node and the kind of bars in force."""

    def __init__(self, text: str, definitions: Definitions) -> None:
        self.text = text
        self.shift = len(text) - len(text.lstrip())
        self.definitions = definitions

    def read(self, tree: ast.expr, bars: str) -> Node:
        match tree:
            case ast.Constant():
                node = self.number(tree)
            case ast.Name():
                node = self.name(tree, bars)
            case ast.Call():
                node = self.call(tree, bars)
            case ast.Compare():
                node = self.comparison(tree, bars)
            case ast.BoolOp() | ast.UnaryOp() | ast.BinOp():
                node = self.operator(tree, bars)
            case _:
                raise Refused(forbidden(tree), tree.col_offset)
        if node.depth > MAX_DEPTH:
            raise Refused(f"nests deeper than {MAX_DEPTH}, names written out", tree.col_offset)
        if node.size > MAX_NODES:
            part = quoted(self.source(tree))
            limit = f"at most {MAX_NODES} are allowed, names written out"
            raise Refused(f"{part} holds {node.size} operations, {limit}", tree.col_offset)
        return node

    def source(self, tree: ast.expr) -> str:
        return self.text[tree.col_offset : (tree.end_col_offset or 0) + self.shift]

    def typed(self, tree: ast.expr, bars: str, expected: str) -> Node:
        node = self.read(tree, bars)
        if expected not in {"any", node.worth}:
            raise _wrong(self.source(tree), expected, tree.col_offset)
        return node

    def number(self, tree: ast.Constant) -> Node:
        value = tree.value
        if isinstance(value, str | bytes):
            raise Refused('text is only allowed in bars = "1w"', tree.col_offset)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Refused(f"{value} is not allowed; write a number or a condition", tree.col_offset)
        if not abs(value) <= _LARGEST:
            raise Refused("the number is too large", tree.col_offset)
        return constant(float(value), tree.col_offset)

    def name(self, tree: ast.Name, bars: str) -> Node:
        if tree.id in self.definitions.texts:
            return self.defined(tree, bars)
        function = FUNCTIONS.get(tree.id)
        if function is None:
            raise self.unknown(tree, "name")
        if not function.bare:
            raise Refused(f"{tree.id} is a function; write {function.signature}", tree.col_offset)
        return self.leaf(function, bars, tree.col_offset)

    def defined(self, tree: ast.Name, bars: str) -> Node:
        try:
            return self.definitions.node(tree.id, bars)
        except Refused as error:
            whole = "[define]" in error.sentence
            sentence = error.sentence if whole else f'"{tree.id}" in [define]: {error.sentence}'
            raise Refused(sentence, tree.col_offset) from None

    def unknown(self, tree: ast.Name, what: str) -> Refused:
        if tree.id in {"true", "false"}:
            sentence = f"{tree.id} is only allowed as the value of a yes-or-no argument"
            return Refused(sentence, tree.col_offset)
        known = [*FUNCTIONS, *self.definitions.texts]
        return Refused(f'unknown {what} "{tree.id}"{nearest(tree.id, known)}', tree.col_offset)

    def operator(self, tree: ast.BoolOp | ast.UnaryOp | ast.BinOp, bars: str) -> Node:
        match tree:
            case ast.BoolOp():
                name = "and" if isinstance(tree.op, ast.And) else "or"
                parts = tuple(self.typed(value, bars, "condition") for value in tree.values)
                return joined(name, parts, tree.col_offset)
            case ast.BinOp():
                return self.arithmetic(tree, bars)
            case ast.UnaryOp():
                return self.sign(tree, bars)

    def sign(self, tree: ast.UnaryOp, bars: str) -> Node:
        match tree.op:
            case ast.Not():
                part = self.typed(tree.operand, bars, "condition")
                return operation("not", "condition", (part,), column=tree.col_offset)
            case ast.USub():
                part = self.typed(tree.operand, bars, "number")
                if part.is_constant:
                    return constant(-part.numbers[0], tree.col_offset)
                return operation("neg", "number", (part,), column=tree.col_offset)
            case ast.UAdd():
                return self.typed(tree.operand, bars, "number")
            case _:
                raise Refused(forbidden(tree.op), tree.col_offset)

    def arithmetic(self, tree: ast.BinOp, bars: str) -> Node:
        name = BINARY.get(type(tree.op))
        if name is None:
            raise Refused(forbidden(tree.op), tree.col_offset)
        left = self.typed(tree.left, bars, "number")
        right = self.typed(tree.right, bars, "number")
        if name == "/" and right.is_constant and right.numbers[0] == 0.0:
            raise Refused("this divides by zero", tree.right.col_offset)
        if left.is_constant and right.is_constant:
            return _worked_out(name, left.numbers[0], right.numbers[0], tree.col_offset)
        return operation(name, "number", (left, right), column=tree.col_offset)

    def comparison(self, tree: ast.Compare, bars: str) -> Node:
        sides = [self.typed(side, bars, "number") for side in (tree.left, *tree.comparators)]
        links = []
        for position, sign in enumerate(tree.ops):
            name = COMPARISONS.get(type(sign))
            if name is None:
                raise Refused(forbidden(sign), tree.col_offset)
            pair = counted_as_far_as_needed(name, (sides[position], sides[position + 1]))
            lasts = is_event(name, pair, ())
            column = tree.col_offset
            links.append(operation(name, "condition", pair, column=column, is_event=lasts))
        return links[0] if len(links) == 1 else joined("and", tuple(links), tree.col_offset)

    def call(self, tree: ast.Call, bars: str) -> Node:
        if not isinstance(tree.func, ast.Name):
            raise Refused(forbidden(tree.func), tree.func.col_offset)
        name = tree.func.id
        function = FUNCTIONS.get(name)
        if function is None:
            if name in self.definitions.texts:
                raise Refused(f"{name} of [define] takes no arguments", tree.col_offset)
            raise self.unknown(tree.func, "function")
        bars = bars_of(tree, function, bars)
        if function.repeats:
            return self.repeated(function, tree, bars)
        return self.built(function, bound(function, tree), bars, tree.col_offset)

    def repeated(self, function: Function, tree: ast.Call, bars: str) -> Node:
        named(function, tree)
        if len(tree.args) < len(function.arguments):
            raise Refused(f"{function.name} needs two or more values", tree.col_offset)
        parts = tuple(self.typed(argument, bars, "number") for argument in tree.args)
        return operation(function.name, "number", parts, column=tree.col_offset)

    def built(self, function: Function, given: dict[str, ast.expr], bars: str, column: int) -> Node:
        children = []
        numbers: dict[str, float] = {}
        for argument in function.arguments:
            tree = given.get(argument.name)
            if argument.kind in CONSTANTS:
                numbers[argument.name] = self.fixed(function, argument, tree, numbers)
            elif tree is None:
                children.append(self.leaf(FUNCTIONS[argument.default or ""], bars, column))
            else:
                children.append(self.typed(tree, bars, argument.kind))
        check_children(function, children, column)
        name = function.name
        if name == "held_support" and numbers.pop("reclaim"):
            name = HELD_RECLAIM
        worth = children[0].worth if function.result == "same" else function.result
        on_bars = function.grid == "bars" or name == "since_entry"
        return operation(
            name,
            worth,
            tuple(children),
            numbers=tuple(numbers.values()),
            bars=bars if on_bars else "",
            column=column,
            is_event=function.event or is_event(name, children, tuple(numbers.values())),
        )

    def leaf(self, function: Function, bars: str, column: int) -> Node:
        on = bars if function.grid == "bars" else ""
        return operation(function.name, "number", (), bars=on, column=column)

    def fixed(
        self,
        function: Function,
        argument: Argument,
        tree: ast.expr | None,
        known: dict[str, float],
    ) -> float:
        if tree is None:
            return default_of(argument, known)
        if argument.kind == "flag":
            return flag_of(argument, tree)
        node = self.typed(tree, "", "number")
        if not node.is_constant:
            found = f"must be a number written out, not {quoted(self.source(tree))}"
            raise Refused(f"{argument.name} of {function.name} {found}", tree.col_offset)
        value = node.numbers[0]
        fault = fault_of(argument, value, known)
        if fault:
            sentence = f"{argument.name} of {function.name} is {value:g}, {fault}"
            raise Refused(sentence, tree.col_offset)
        return value
