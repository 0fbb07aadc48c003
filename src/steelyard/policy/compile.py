"""How a policy becomes the numbers and codes that the decision runs on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import Final

import numpy as np

from steelyard.domain.arrays import Ints
from steelyard.domain.codes import MAX_STACK
from steelyard.domain.errors import PolicyError
from steelyard.domain.market import Market
from steelyard.domain.plan import Plan
from steelyard.policy import columns
from steelyard.policy.conditions import called, entity_path
from steelyard.policy.load import Policy
from steelyard.policy.nodes import Node
from steelyard.policy.place import Path, Source
from steelyard.policy.programs import Programs, Written, stack_needed
from steelyard.policy.schema import PolicyDocument
from steelyard.policy.sleeves import sleeve_table

LATER: Final = "needs a later version of steelyard; this one cannot run it"


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledPolicy:
    """A policy ready to be evaluated and walked.

    Parameters
    ----------
    policy : Policy
    plan : Plan
    clocks : tuple of str
        Review of each row of ``Signals.due``; the policy's own first.
    anchor_ms : int
        Monday from which biweekly reviews count.
    series : tuple of Node
        The state-free tree of each row of ``Signals.values``.
    grids : tuple of str
        Kind of bars of each row of ``Signals.grid_index``.
    entity_ids : tuple of str
        Triggers, then regimes, as the plan numbers them.
    effect_ids : tuple of str
        Trigger of each effect of the plan.
    """

    policy: Policy
    plan: Plan
    clocks: tuple[str, ...]
    anchor_ms: int
    series: tuple[Node, ...]
    grids: tuple[str, ...]
    entity_ids: tuple[str, ...]
    effect_ids: tuple[str, ...]


def compile_policy(policy: Policy, market: Market | None = None) -> CompiledPolicy:
    """Return a policy as a plan.

    Parameters
    ----------
    policy : Policy
        One that passed every check of its file.
    market : Market, optional
        Where it is to run; a sleeve that can hold nothing there is left out of the plan.

    Raises
    ------
    PolicyError
        If it uses what this version cannot run, or a condition needs too deep a stack.
    """
    document = policy.document
    _refuse_later(document, policy.source)
    programs = Programs()
    written = _written(policy, programs)
    reviews = [columns.review_of(document, entity) for entity in document.entities]
    clocks = tuple(dict.fromkeys([document.review, *reviews]))
    rows = columns.effect_rows(document)
    plan = Plan(
        rules=columns.rules(document, clocks, written),
        order=columns.order(document),
        requires=columns.requires(document),
        after=columns.after(document),
        ends=columns.ends(document),
        programs=_pairs(programs.operations),
        constants=np.array(programs.constants, dtype=np.float64),
        slots=np.array(programs.slots, dtype=np.int64).reshape(-1, 3),
        effects=columns.effects(rows),
        base=columns.base(document),
        limits=columns.limits(document.limits),
        sleeves=sleeve_table(document, market),
    )
    midnight = datetime.combine(document.anchor, time(), UTC)
    return CompiledPolicy(
        policy=policy,
        plan=plan,
        clocks=clocks,
        anchor_ms=int(midnight.timestamp()) * 1000,
        series=tuple(programs.rows.values()),
        grids=tuple(programs.grids),
        entity_ids=(*policy.trigger_ids, *policy.regime_ids),
        effect_ids=tuple(policy.trigger_ids[row.trigger] for row in rows),
    )


def _refuse_later(document: PolicyDocument, source: Source) -> None:
    parts: tuple[tuple[Path, object], ...] = ((("limits", "stale"), document.limits.stale),)
    for path, part in parts:
        if part is not None:
            name = ".".join(str(key) for key in path)
            raise source.refuse(path, f"{name} {LATER}; take it out, nothing is ignored silently")


def _pairs(values: Sequence[tuple[int, int]]) -> Ints:
    return np.array(values, dtype=np.int64).reshape(len(values), 2)


def _written(policy: Policy, programs: Programs) -> list[Written]:
    found = []
    for number, trees in enumerate(policy.conditions):
        ranges = Written(
            programs.add(trees.when, trees.when),
            programs.add(trees.release, trees.when),
            programs.add(trees.strength, trees.when),
        )
        for key, (start, end) in zip(("when", "release", "strength"), ranges, strict=True):
            if stack_needed(programs.operations[start:end]) > MAX_STACK:
                raise _too_deep(policy, number, key)
        found.append(ranges)
    return found


def _too_deep(policy: Policy, number: int, key: str) -> PolicyError:
    path = entity_path(policy.document, number)
    name = called(path, policy.document.entities[number])
    return policy.source.refuse(
        (*path, key), f"{name}, {key}: needs more than {MAX_STACK} values at once"
    )
