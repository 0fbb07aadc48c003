"""Which series a policy's conditions read, and which of them may be missing."""

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from steelyard.domain import codes
from steelyard.domain.errors import DataError
from steelyard.domain.market import Market
from steelyard.domain.sleeves import SLEEVES
from steelyard.policy.compile import CompiledPolicy
from steelyard.policy.conditions import called, entity_path
from steelyard.policy.library import FUNCTIONS
from steelyard.policy.measures import FUNDING, LEVEL_FACTS, LEVELS, PROFILE
from steelyard.policy.nodes import HELD_RECLAIM, Node

LEVEL_BARS: Final = "1w"
"""Bars that key levels are made of."""

PROFILE_BARS: Final = "1h"
"""Bars that the volume profile is made of."""

_SHORTING: Final = (codes.ADDITIVE, codes.SHIFT, codes.LEVEL)
"""Effects that sell futures; a step and a leverage cap only cut what is held."""

_LEVELS: Final = frozenset({*LEVELS, *LEVEL_FACTS, HELD_RECLAIM})


def series_read(node: Node, *, optional: bool = False) -> Iterator[tuple[str, bool]]:
    """Yield every side series a tree reads, and whether ``first_known`` stands in for it."""
    if node.name in FUNCTIONS and FUNCTIONS[node.name].grid == "series":
        yield node.name, optional
    last = len(node.children) - 1
    for position, child in enumerate(node.children):
        replaced = node.name == "first_known" and position < last
        yield from series_read(child, optional=optional or replaced)


def bars_read(node: Node) -> Iterator[str]:
    """Yield every kind of bars a tree reads."""
    for found in node.walk():
        if found.bars:
            yield found.bars
        if found.name in _LEVELS:
            yield LEVEL_BARS
        if found.name in PROFILE:
            yield PROFILE_BARS


def needs_futures(compiled: CompiledPolicy) -> Iterator[str]:
    """Yield what of a policy cannot be without futures, each once, in words.

    Nothing is yielded for one that holds spot and cash alone, whatever happens.
    """
    yield from dict.fromkeys((*_held(compiled), *_read(compiled)))


def _held(compiled: CompiledPolicy) -> Iterator[str]:
    """Yield the rows and effects that can make the futures other than 0."""
    plan = compiled.plan
    regimes = ("baseline", *compiled.entity_ids[plan.order.size :])
    for name, row in zip(regimes, plan.base, strict=True):
        if np.any(row[2:4] != 0.0):
            yield f"{name} holds futures"
    for sleeve in plan.sleeves:
        yield f"the {SLEEVES[sleeve['kind']]} sleeve sells futures"
    for name, effect in zip(compiled.effect_ids, plan.effects, strict=True):
        kind = int(effect["kind"])
        set_to = np.array([effect["low"][1], effect["high"][1]])
        if kind in _SHORTING or (kind == codes.ABSOLUTE and np.any(set_to != 0.0)):
            yield f"{name} holds futures"


def _read(compiled: CompiledPolicy) -> Iterator[str]:
    """Yield what is worked out, or reviewed, at settlements of funding."""
    if "funding" in compiled.clocks:
        yield "it is reviewed at settlements of funding"
    for name, key, tree in named_trees(compiled):
        if any(node.name in FUNDING for node in tree.walk()):
            yield f"{name}, {key}, reads funding"


def absent_series(compiled: CompiledPolicy, market: Market) -> tuple[str, ...]:
    """Return a sentence for each series that the market lacks and ``first_known`` stands in for."""
    files = market.series_files
    sentences = [
        f"{market.asset} has no {series}: {name}, {key}, goes by what first_known names next; add "
        f"{files[series] + '.parquet' if series in files else 'it'} to go by {series}"
        for name, key, tree in named_trees(compiled)
        for series in dict(series_read(tree))
        if series not in market.series
    ]
    return (*dict.fromkeys(sentences), *_idle_sleeves(compiled, market))


def _idle_sleeves(compiled: CompiledPolicy, market: Market) -> Iterator[str]:
    """Yield why a sleeve cannot do anything."""
    document = compiled.policy.document
    named = (("basis", document.basis), ("carry", document.carry))
    wanted = [name for name, one in named if one is not None and one.allocation > 0.0]
    if market.in_coins:
        for name in wanted:
            yield (
                f"pairs need linear futures, and those of this account are coin-margined: the "
                f"{name} sleeve stays idle, and all else is as without it; {name}.allocation=0 "
                f"says that this is meant"
            )
    elif "basis" in wanted and not market.dated:
        yield (
            f"{market.asset} has no dated futures with whole bars: the basis sleeve stays idle, "
            f"and all else is as without it; steelyard data download {market.asset} gets what the "
            f"venue has, or add "
            f"{market.venue}.dated.{market.asset}{market.quote}_YYMMDD.1h.parquet for each"
        )


def unmet_needs(compiled: CompiledPolicy, market: Market) -> Iterator[tuple[str, str]]:
    """Yield what the conditions cannot do without and the market lacks.

    Yields
    ------
    (str, str)
        The id of the trigger or regime, and a sentence that names the series and its file.
    """
    name = compiled.policy.name
    for use in () if market.has_futures else needs_futures(compiled):
        yield name, f"{name} needs futures ({use}), and {market.no_futures}"
    yield from _unmet_series(compiled, market)


def _unmet_series(compiled: CompiledPolicy, market: Market) -> Iterator[tuple[str, str]]:
    for number, trees in enumerate(compiled.policy.conditions):
        entity = compiled.policy.document.entities[number]
        name = called(entity_path(compiled.policy.document, number), entity)
        for key, tree in trees.given.items():
            for kind in bars_read(tree):
                if kind not in market.bars:
                    there = f"of {market.asset} there are only {', '.join(market.bars)}"
                    yield entity.id, f"{name}, {key}, reads {kind} bars; {there}"
            for series, optional in series_read(tree):
                if series not in market.series and not optional:
                    yield entity.id, _missing(name, key, series, market)


def is_met(tree: Node, market: Market) -> bool:
    """Return whether a market has all that a condition cannot do without."""
    has_bars = all(kind in market.bars for kind in bars_read(tree))
    return has_bars and all(
        optional or series in market.series for series, optional in series_read(tree)
    )


def check_needs(compiled: CompiledPolicy, market: Market) -> None:
    """Check that the market has all that the conditions cannot do without.

    Parameters
    ----------
    compiled : CompiledPolicy
        What is asked.
    market : Market
        What there is.

    Raises
    ------
    DataError
        Naming the trigger or regime, the series, and the file that would supply it.
    """
    for _, sentence in unmet_needs(compiled, market):
        raise DataError(sentence)


def _missing(name: str, key: str, series: str, market: Market) -> str:
    file = market.series_files.get(series)
    added = "a file of it" if file is None else f"{file}.parquet"
    return (
        f"{name}, {key}, reads {series}, which the data does not hold for {market.asset}; "
        f"add {added}, or give a stand-in by first_known({series}, ...)"
    )


def named_trees(compiled: CompiledPolicy) -> Iterator[tuple[str, str, Node]]:
    """Yield every condition with the names a message needs."""
    policy = compiled.policy
    for number, trees in enumerate(policy.conditions):
        path = entity_path(policy.document, number)
        given: Mapping[str, Node] = trees.given
        for key, tree in given.items():
            yield called(path, policy.document.entities[number]), key, tree
