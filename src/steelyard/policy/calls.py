"""How the arguments of a call are bound to the library's table, and which constants it takes."""

import ast
from typing import Final

from steelyard.domain.time import BAR_MS
from steelyard.policy.grammar import Refused
from steelyard.policy.library import MAX_BINS, MAX_DAYS, MAX_WINDOW, Argument, Function
from steelyard.policy.nodes import Node
from steelyard.policy.place import nearest

_MOST: Final = 100.0
"""Largest factor: far beyond any multiple of a true range that means something."""

_COUNTS: Final = {
    "window": ("bars", MAX_WINDOW),
    "days": ("days", MAX_DAYS),
    "bins": ("bins", MAX_BINS),
}


def bars_of(tree: ast.Call, function: Function, otherwise: str) -> str:
    """Return the kind of bars a call states, else the one in force.

    Raises
    ------
    Refused
        If it is no kind of bars, or the function is not read from bars.
    """
    for keyword in tree.keywords:
        if keyword.arg != "bars":
            continue
        at = keyword.value.col_offset
        if function.grid in {"funding", "series"}:
            raise Refused(f"{function.name} is not read from bars", at)
        value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
        if not isinstance(value, str) or value not in BAR_MS:
            found = f'"{value}"' if isinstance(value, str) else "not text"
            kinds = ", ".join(f'"{kind}"' for kind in BAR_MS)
            raise Refused(f"bars is {found}, must be one of {kinds}", at)
        return value
    return otherwise


def named(function: Function, tree: ast.Call) -> dict[str, ast.expr]:
    """Return the arguments given by name, ``bars`` left out.

    Raises
    ------
    Refused
        If a name is unknown or given twice.
    """
    allowed = [] if function.repeats else [argument.name for argument in function.arguments]
    options = [*allowed, "bars"]
    found: dict[str, ast.expr] = {}
    for keyword in tree.keywords:
        name, at = keyword.arg, keyword.value.col_offset
        if name is None:
            raise Refused("two stars before an argument are not allowed", at)
        if name in found:
            raise Refused(f"{name} is given twice", at)
        if name not in options:
            there = f"it takes {', '.join(options)}{nearest(name, options)}"
            raise Refused(f"{function.name} has no argument {name}; {there}", at)
        found[name] = keyword.value
    found.pop("bars", None)
    return found


def bound(function: Function, tree: ast.Call) -> dict[str, ast.expr]:
    """Return the arguments of a call by name; a leading series with a default may be left out.

    Raises
    ------
    Refused
        If there are too many, one is missing or given twice.
    """
    given = named(function, tree)
    arguments = list(function.arguments)
    required = [each for each in arguments if each.default is None and each.name not in given]
    if arguments and arguments[0].default == "close" and len(tree.args) == len(required):
        arguments = arguments[1:]
    if len(tree.args) > len(arguments):
        raise Refused(f"too many arguments; write {function.signature}", tree.col_offset)
    for argument, value in zip(arguments, tree.args, strict=False):
        if argument.name in given:
            raise Refused(f"{argument.name} is given twice", value.col_offset)
        given[argument.name] = value
    missing = [each.name for each in function.arguments if each.default is None]
    for name in missing:
        if name not in given:
            raise Refused(f"{name} is missing; write {function.signature}", tree.col_offset)
    return given


def flag_of(argument: Argument, tree: ast.expr) -> float:
    """Return a yes-or-no argument: 1 or 0.

    Raises
    ------
    Refused
        If it is neither ``true`` nor ``false``.
    """
    if isinstance(tree, ast.Name) and tree.id in {"true", "false"}:
        return 1.0 if tree.id == "true" else 0.0
    raise Refused(f"{argument.name} must be true or false", tree.col_offset)


def default_of(argument: Argument, known: dict[str, float]) -> float:
    """Return the default of a constant argument; it may be another argument of the same call."""
    if argument.default in known:
        return known[argument.default]
    return 0.0 if argument.kind == "flag" else float(argument.default or 0.0)


def fault_of(argument: Argument, value: float, known: dict[str, float]) -> str:
    """Return what is wrong with a constant argument, or nothing."""
    match argument.kind:
        case "window" | "days" | "bins":
            low, (unit, high) = argument.least, _COUNTS[argument.kind]
            good = value.is_integer() and low <= value <= high
            must = f"must be a whole number of {unit} within {low} and {high}"
        case "least":
            good = value.is_integer() and 1 <= value <= known["n"]
            must = f"must be a whole number within 1 and n, {known['n']:g}"
        case "share":
            good, must = 0.0 <= value <= 1.0, "must be within 0 and 1"
        case "rate":
            good, must = abs(value) <= 1.0, "must be a fraction; 0.05 % is 0.0005"
        case "hours":
            good = 0.0 < value <= MAX_WINDOW
            must = f"must be above 0 and at most {MAX_WINDOW} hours"
        case _:
            good, must = 0.0 < value <= _MOST, f"must be above 0 and at most {_MOST:g}"
    return "" if good else must


def check_children(function: Function, children: list[Node], column: int) -> None:
    """Check what types alone do not: mixed choices, the decision's state inside a window.

    Raises
    ------
    Refused
        With what to write instead.
    """
    if function.name == "first_known" and len({child.worth for child in children}) > 1:
        raise Refused("first_known needs two numbers or two conditions", column)
    if function.name == "ramp":
        low, high = children[1], children[2]
        if low.is_constant and high.is_constant and low.numbers == high.numbers:
            raise Refused(f"ramp goes from {low.text} to {high.text}; the two must differ", column)
    if function.grid in {"bars", "state"} and any(child.reads_state for child in children):
        raise Refused(
            f"{function.name} cannot look into at_entry, since_entry or "
            "held_support(reclaim = true); these stand under comparisons and arithmetic only",
            column,
        )
