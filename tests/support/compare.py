"""Two runs held against each other: every decision and fill, and the account to 1e-9."""

import numpy as np

from steelyard.domain.arrays import Flags, Floats, Ints
from steelyard.domain.record import Walk

Column = Floats | Ints | Flags
EXACT = ("ms", "regime", "decided_ms", "filled_ms", "asset", "leg", "reason", "phase")
EXACT_TOO = ("evaluated", "trace_length")
"""Discrete columns; all others are numbers."""


def differs(name: str, one: Column, other: Column, slack: float) -> bool:
    """Tell whether two columns differ: discrete ones at all, numbers by more than the slack."""
    if one.shape != other.shape:
        return True
    if name in EXACT + EXACT_TOO:
        return not np.array_equal(one, other)
    return not np.allclose(one, other, rtol=1e-9, atol=slack, equal_nan=True)


def departures(one: Walk, other: Walk, cash: float) -> list[str]:
    """Return what two runs differ in; [] if in nothing.

    Orders, fills and decisions are the same; money is the same to 1e-9 of the cash at the start.
    """
    found = []
    for part in ("curve", "decisions", "fills"):
        left, right = getattr(one, part), getattr(other, part)
        for name in left._fields:
            if name == "trace":
                continue
            slack = 1e-9 * cash if part == "curve" and name != "margin_ratio" else 1e-9
            if differs(name, getattr(left, name), getattr(right, name), slack):
                found.append(f"{part}.{name}")
    money = ("parts", "futures_costs", "traded")
    slack = 1e-9 * cash
    found += [n for n in money if differs(n, getattr(one, n), getattr(other, n), slack)]
    counts = ("too_small", "capped", "unpaid", "waited", "defended", "restored")
    found += [name for name in counts if getattr(one, name) != getattr(other, name)]
    return found
