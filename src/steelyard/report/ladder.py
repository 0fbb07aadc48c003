"""This file is a ladder as values: what is decided at each close, and where decisions change."""

import math
from dataclasses import dataclass

from steelyard.domain.codes import ACTIVE, PHASES, UNWINDING
from steelyard.report.inputs import JsonValue
from steelyard.report.reasons import SMALLEST
from steelyard.report.words import iso


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a policy decides if a day closes at a price.

    Parameters
    ----------
    close : float, quote per coin
    spot, futures : float, signed fractions of equity
        Targets.
    regime : str
        ``baseline`` where none is in force.
    conditions : tuple of float
        Entry condition of every trigger, then of every regime: 1, 0, or NaN for unknown.
    phases : tuple of int
        See ``codes.PHASES``.
    orders : (float, float), coins; of futures ``LadderFacts.futures_unit``
        Spot and futures; positive buys.
    """

    close: float
    spot: float
    futures: float
    regime: str
    conditions: tuple[float, ...]
    phases: tuple[int, ...]
    orders: tuple[float, float]

    @property
    def delta(self) -> float:
        """Return the net exposure, as a signed fraction of equity."""
        return self.spot + self.futures


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Two closes next to each other, and what is decided at either."""

    below: Decided
    above: Decided

    @property
    def is_decision(self) -> bool:
        """Tell whether more than an order that begins, ends or turns is another."""
        one, other = self.below, self.above
        if one.regime != other.regime or one.phases != other.phases:
            return True
        return any(
            left != right and not (math.isnan(left) and math.isnan(right))
            for left, right in zip(one.conditions, other.conditions, strict=True)
        )

    @property
    def moves_targets(self) -> bool:
        """Tell whether the targets jump."""
        one, other = self.below, self.above
        return max(abs(one.spot - other.spot), abs(one.futures - other.futures)) >= SMALLEST


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderFacts:
    """A ladder of one policy on one asset.

    Parameters
    ----------
    policy, sha256 : str
        Name and digest.
    entity_ids : tuple of str
        Triggers, then regimes.
    asset, quote : str
    futures_unit : str
        What orders of futures count: coins of the asset, or quote of an inverse contract's face
        value.
    at_ms, until_ms : int, milliseconds
        What is known, and the end of the day whose close is not.
    last : float, quote per coin
        The last close.
    rungs : tuple of Decided
        By close ascending.
    turns : tuple of Turn
        By close ascending.
    assumed : str
        What a hypothetical day assumes besides its close.
    """

    policy: str
    sha256: str
    entity_ids: tuple[str, ...]
    asset: str
    quote: str
    futures_unit: str
    at_ms: int
    until_ms: int
    last: float
    rungs: tuple[Decided, ...]
    turns: tuple[Turn, ...]
    assumed: str

    def move(self, close: float) -> float:
        """Return how far a close is from the last one, as a fraction of it."""
        return close / self.last - 1.0

    def in_force(self, decided: Decided) -> tuple[str, ...]:
        """Return the triggers and regimes that are active or unwinding."""
        return tuple(
            name
            for name, phase in zip(self.entity_ids, decided.phases, strict=True)
            if phase in {ACTIVE, UNWINDING}
        )


def ladder_document(facts: LadderFacts) -> dict[str, JsonValue]:
    """Return a ladder as the document that ``--json`` prints (``schema`` 1)."""
    return {
        "schema": 1,
        "policy": {"name": facts.policy, "sha256": facts.sha256},
        "asset": facts.asset,
        "quote": facts.quote,
        "futures_unit": facts.futures_unit,
        "at": iso(facts.at_ms),
        "until": iso(facts.until_ms),
        "last_close": facts.last,
        "assumed": facts.assumed,
        "rungs": [_decided(facts, rung) for rung in facts.rungs],
        "changes": [
            {
                "below": _decided(facts, turn.below),
                "above": _decided(facts, turn.above),
                "only_orders": not turn.is_decision,
            }
            for turn in facts.turns
        ],
    }


def _decided(facts: LadderFacts, decided: Decided) -> dict[str, JsonValue]:
    return {
        "close": decided.close,
        "move": facts.move(decided.close),
        "regime": decided.regime,
        "spot": decided.spot,
        "futures": decided.futures,
        "delta": decided.delta,
        "orders": {"spot": decided.orders[0], "futures": decided.orders[1]},
        "conditions": {
            name: None if math.isnan(value) else value == 1.0
            for name, value in zip(facts.entity_ids, decided.conditions, strict=True)
        },
        "phases": {
            name: PHASES[phase]
            for name, phase in zip(facts.entity_ids, decided.phases, strict=True)
        },
    }
