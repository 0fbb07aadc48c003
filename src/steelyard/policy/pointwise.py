"""Operators on arrays: unknown is NaN, conditions are 1, 0 or NaN."""

from collections.abc import Callable
from functools import partial, reduce
from typing import Final

import numpy as np

from steelyard.domain.arrays import Flags, Floats
from steelyard.domain.codes import EQUAL_WITHIN

_SIGNS: Final[dict[str, Callable[[Floats, Floats], Flags]]] = {
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
    "==": np.equal,
    "!=": np.not_equal,
}


def _compared(sign: str, left: Floats, right: Floats) -> Floats:
    """Return 1 and 0, unknown where a side is; sides within ``EQUAL_WITHIN`` are equal."""
    room = EQUAL_WITHIN * np.maximum(1.0, np.maximum(np.abs(left), np.abs(right)))
    equal = np.abs(left - right) < room
    holds = np.where(equal, sign in {"<=", ">=", "=="}, _SIGNS[sign](left, right))
    known = ~np.isnan(left) & ~np.isnan(right)
    return np.where(known, holds.astype(np.float64), np.nan)


def both(left: Floats, right: Floats) -> Floats:
    """Return left and right: false where either is false, else unknown where either is unknown."""
    return np.where((left == 0.0) | (right == 0.0), 0.0, left * right)


def either(left: Floats, right: Floats) -> Floats:
    """Return left or right: true where either is true, else unknown where either is unknown."""
    return np.where((left == 1.0) | (right == 1.0), 1.0, left + right)


def divided(left: Floats, right: Floats) -> Floats:
    """Return left / right; a division by zero is unknown."""
    zero = right == 0.0
    return np.where(zero, np.nan, left / np.where(zero, 1.0, right))


def ramp(x: Floats, low: Floats, high: Floats) -> Floats:
    """Return 0 at low, 1 at high, straight between, never outside; unknown where low = high."""
    return np.clip(divided(x - low, high - low), 0.0, 1.0)


def select(condition: Floats, a: Floats, b: Floats) -> Floats:
    """Return a where the condition is true, b where false, unknown where it is unknown."""
    return np.where(np.isnan(condition), np.nan, np.where(condition != 0.0, a, b))


def first_known(a: Floats, b: Floats) -> Floats:
    """Return a, or b where a is unknown."""
    return np.where(np.isnan(a), b, a)


POINTWISE: Final[dict[str, Callable[..., Floats]]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": divided,
    "neg": lambda a: -a,
    **{sign: partial(_compared, sign) for sign in _SIGNS},
    "and": lambda *parts: reduce(both, parts),
    "or": lambda *parts: reduce(either, parts),
    "not": lambda a: 1.0 - a,
    "abs": np.abs,
    "min": lambda *parts: reduce(np.minimum, parts),
    "max": lambda *parts: reduce(np.maximum, parts),
    "clip": lambda x, low, high: np.minimum(np.maximum(x, low), high),
    "ramp": ramp,
    "select": select,
    "first_known": first_known,
}
"""Array form of every operator; the decision's step has the same for single values."""
