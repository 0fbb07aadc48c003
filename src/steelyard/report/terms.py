"""This file is a condition as values: what each comparison says, and how far it has still to go."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from steelyard.policy.units import Unit


class Kind(StrEnum):
    """What a part of a condition is."""

    ALL = "all"
    """Every part is needed: ``and``, or the opposite of ``or``."""
    ANY = "any"
    """One part suffices: ``or``, or the opposite of ``and``."""
    COMPARISON = "comparison"
    CALL = "call"
    """A function that is a condition, such as ``breached(2)``; its parts are what it looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """A number with its unit."""

    value: float
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two sides held against each other.

    Parameters
    ----------
    left, sign, right : str
        As written.
    left_value, right_value : float
        NaN is unknown.
    unit : Unit
        Of both sides.
    distances : tuple of Amount
        What is still to go until it is what the whole condition needs it to be: 0 is the
        threshold, positive is still to go. The first is in ``unit``; a price also in shares of the
        close and in atr(14), a rate also as a year's. Empty where a side is unknown.
    """

    left: str
    sign: str
    right: str
    left_value: float
    right_value: float
    unit: Unit
    distances: tuple[Amount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One part of a condition.

    Parameters
    ----------
    kind : Kind
    text : str
        As a policy would write it.
    value : float
        1 true, 0 false, NaN unknown: of the part as written.
    is_wanted : bool
        Whether the whole needs it true; False under ``not``.
    comparison : Comparison or None
    parts : tuple of Term
        Operands of ALL and ANY; conditions within a call or a side of a comparison, as they are on
        this very bar.
    """

    kind: Kind
    text: str
    value: float
    is_wanted: bool
    comparison: Comparison | None = None
    parts: tuple["Term", ...] = ()

    @property
    def is_met(self) -> bool:
        """Tell whether it is what the whole condition needs it to be."""
        return self.value == (1.0 if self.is_wanted else 0.0)

    @property
    def is_unknown(self) -> bool:
        """Tell whether it is unknown."""
        return math.isnan(self.value)

    def leaves(self) -> Iterator["Term"]:
        """Yield the comparisons and calls that all and any join, in order."""
        if self.kind in {Kind.ALL, Kind.ANY}:
            for part in self.parts:
                yield from part.leaves()
        else:
            yield self

    def unmet(self) -> Iterator["Term"]:
        """Yield the comparisons and calls that keep the whole from being true, in order."""
        if self.is_met:
            return
        if self.kind in {Kind.ALL, Kind.ANY}:
            for part in self.parts:
                yield from part.unmet()
        else:
            yield self


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """The value of one call: its text, and the number with its unit."""

    text: str
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What is unknown, and why."""

    text: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Clause:
    """A condition of a trigger or regime at one moment.

    Parameters
    ----------
    term : Term
        The whole, as a tree.
    inputs : tuple of Input
        Every call that it holds, once.
    missing : tuple of Missing
        What in it is unknown.
    """

    term: Term
    inputs: tuple[Input, ...]
    missing: tuple[Missing, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tomorrow:
    """What the close of the daily bar that is open does to a condition.

    Parameters
    ----------
    at_last : float
        What it is if that bar closes at the last price again: 1, 0, or NaN for unknown.
    below, above : float, quote per coin
        Nearest close on either side at which it turns: true where it is not true at the last price,
        not true where it is. NaN: at none within reach.
    """

    at_last: float
    below: float
    above: float
