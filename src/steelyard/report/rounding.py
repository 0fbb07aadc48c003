"""Numbers as a picture needs them: short, and None where there is none."""

import numpy as np

from steelyard.domain.arrays import Floats, Ints
from steelyard.report.inputs import JsonValue

DIGITS = 6
"""Significant digits of prices and amounts: finer than a picture can show."""
PLACES = 4
"""Decimals of fractions."""


def _short(value: float) -> float | int:
    return int(value) if value == int(value) else value


def fraction(value: float) -> float | int | None:
    """Return a fraction with four decimals; None where it is not finite."""
    return _short(round(value, PLACES)) if np.isfinite(value) else None


def amount(value: float) -> float | int | None:
    """Return a price or an amount with six digits; None where it is not finite."""
    return _short(float(f"{value:.{DIGITS}g}")) if np.isfinite(value) else None


def fractions(values: Floats) -> list[JsonValue]:
    """Return every ``fraction`` of an array."""
    return [fraction(float(value)) for value in values]


def amounts(values: Floats) -> list[JsonValue]:
    """Return every ``amount`` of an array."""
    return [amount(float(value)) for value in values]


def integers(values: Ints) -> list[JsonValue]:
    """Return an array of whole numbers as a list."""
    return [int(value) for value in values]
