"""This file reads every part of a policy's conditions as the decision read it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from steelyard.decision.state import State
from steelyard.domain.codes import ACTIVE, UNWINDING
from steelyard.domain.market import Market
from steelyard.engine.standing import Standing, stand_at
from steelyard.kernel.look import read_values
from steelyard.policy.conditions import Conditions
from steelyard.policy.evaluate import evaluate_signals
from steelyard.policy.nodes import Node, operation
from steelyard.policy.terms import with_terms

NEVER: Final = -1
"""Row of the last evaluation of what was not evaluated yet."""

_ATR_BARS: Final = 14.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One trigger or regime at its last evaluation.

    Parameters
    ----------
    entity : int
        As the plan numbers it.
    row : int
        Of the decisions; ``NEVER`` where it was not evaluated yet, then it is read now.
    ms : int, milliseconds
    market : Market
        As it was known; it may reach beyond ``ms``.
    bars : str
        Kind of bars in force.
    was_active, is_active : bool
        Before and after that evaluation; an unwind counts.
    entered : bool
        Whether at_entry and its sisters had an entry to speak of.
    entry, release : mapping of text to float
        What every part of the conditions was worth, by canonical text.
    """

    entity: int
    row: int
    ms: int
    market: Market
    bars: str
    was_active: bool
    is_active: bool
    entered: bool
    entry: Mapping[str, float]
    release: Mapping[str, float]

    @property
    def close(self) -> float:
        """Return the last close of its bars."""
        return self.entry[close_of(self.bars).text]

    @property
    def atr(self) -> float:
        """Return the average true range of 14 of its bars, in quote currency."""
        return self.entry[atr_of(self.bars).text]


def close_of(bars: str) -> Node:
    """Return the close of a kind of bars as a tree."""
    return operation("close", "number", (), bars=bars)


def atr_of(bars: str) -> Node:
    """Return the average true range that distances are told in as a tree."""
    return operation("atr", "number", (), numbers=(_ATR_BARS,), bars=bars)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """One part of a condition: whose, which key, and whose entry it may speak of."""

    entity: int
    key: str
    node: Node
    context: int


def last_row(standing: Standing, entity: int) -> int:
    """Return the row of the last decision at which an entity was due; ``NEVER`` for none."""
    rows = np.flatnonzero(standing.book.entities["evaluated"][:, entity])
    return int(rows[-1]) if rows.size else NEVER


def in_force(standing: Standing, row: int, entity: int) -> bool:
    """Tell whether an entity was active or unwinding after a decision; before the first nothing."""
    if row < 0:
        return False
    return int(standing.book.entities["phase"][row, entity]) in {ACTIVE, UNWINDING}


def context_of(standing: Standing, row: int, entity: int) -> int:
    """Return the entity whose entry ``at_entry`` spoke of at a decision; -1 where none was."""
    triggers = int(standing.compiled.plan.order.size)
    if row <= 0:
        return -1
    if entity < triggers:
        return entity if in_force(standing, row - 1, entity) else -1
    regime = int(standing.book.moments["regime"][row - 1])
    return triggers + regime if regime >= 0 else -1


def bars_of(standing: Standing, entity: int) -> str:
    """Return the kind of bars that an entity's conditions are read on."""
    document = standing.compiled.policy.document
    return document.entities[entity].bars or document.bars


def _parts(trees: Conditions, bars: str) -> Iterator[tuple[str, Node]]:
    """Yield every part of the entry and of the release, and what distances are told in."""
    yield from (("entry", node) for node in (*trees.when.walk(), close_of(bars), atr_of(bars)))
    if trees.release is not None:
        yield from (("release", node) for node in trees.release.walk())


def read_all(standing: Standing) -> tuple[Reading, ...]:
    """Return every trigger and regime at its own last evaluation.

    Parameters
    ----------
    standing : Standing

    Notes
    -----
    Values come from the policy's own evaluator and from the programs of the decision.
    """
    asked = [
        _Asked(entity=entity, key=key, node=node, context=_speaks_of(standing, entity, key))
        for entity, trees in enumerate(standing.compiled.policy.conditions)
        for key, node in _parts(trees, bars_of(standing, entity))
    ]
    values = _values(standing, asked)
    return tuple(
        _reading(standing, entity, asked, values)
        for entity in range(len(standing.compiled.entity_ids))
    )


def _speaks_of(standing: Standing, entity: int, key: str) -> int:
    row = last_row(standing, entity)
    context = context_of(standing, row, entity)
    if key == "release" and in_force(standing, standing.moment, entity):
        return entity
    return context


def _reading(standing: Standing, entity: int, asked: list[_Asked], values: list[float]) -> Reading:
    row = last_row(standing, entity)
    own = [(one, value) for one, value in zip(asked, values, strict=True) if one.entity == entity]
    return Reading(
        entity=entity,
        row=row,
        ms=int(standing.signals.ms[row]),
        market=standing.market,
        bars=bars_of(standing, entity),
        was_active=row > 0 and in_force(standing, row - 1, entity),
        is_active=in_force(standing, standing.moment, entity),
        entered=context_of(standing, row, entity) >= 0,
        entry={one.node.text: value for one, value in own if one.key == "entry"},
        release={one.node.text: value for one, value in own if one.key == "release"},
    )


def _values(standing: Standing, asked: list[_Asked]) -> list[float]:
    """Return what each part is worth at the last evaluation of its entity."""
    conditions = standing.compiled.policy.conditions
    wider, programs = with_terms(
        standing.compiled, [(one.node, conditions[one.entity].when) for one in asked]
    )
    stamps = np.array([int(standing.signals.ms[last_row(standing, one.entity)]) for one in asked])
    found = np.full(len(asked), np.nan)
    for ms in np.unique(stamps):
        rows = np.flatnonzero(stamps == ms)
        at = int(ms)
        signals = evaluate_signals(wider, standing.market, at, at, standing.course.memo)
        read = np.empty(rows.size)
        read_values(
            wider.plan,
            signals,
            _state_at(standing, at, [asked[row] for row in rows]),
            np.array([programs[row] for row in rows], dtype=np.int64),
            np.array([asked[row].context for row in rows], dtype=np.int64),
            read,
        )
        found[rows] = read
    return [float(value) for value in found]


def _state_at(standing: Standing, ms: int, asked: list[_Asked]) -> State:
    """Return the state right after a decision: what it froze at entries is what it had before.

    Only an older decision that reads the state is walked to again.
    """
    reads = any(one.node.reads_state and one.context >= 0 for one in asked)
    if ms == int(standing.signals.ms[-1]) or not reads:
        return standing.book.state
    before = stand_at(standing.compiled, standing.course, ms)
    return before.book.state
