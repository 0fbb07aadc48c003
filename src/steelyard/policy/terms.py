"""How parts of a policy's conditions become programs of their own, beside the policy's."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from steelyard.policy.compile import CompiledPolicy
from steelyard.policy.nodes import Node
from steelyard.policy.programs import Programs


def with_terms(
    compiled: CompiledPolicy, terms: Sequence[tuple[Node, Node]]
) -> tuple[CompiledPolicy, tuple[tuple[int, int], ...]]:
    """Return a policy with a program for each term, and where these programs are.

    Rows, kinds of bars and frozen values keep their numbers, so a state of the policy fits.

    Parameters
    ----------
    compiled : CompiledPolicy
        Whose state the programs will be run on.
    terms : sequence of (Node, Node)
        Parts of conditions of this policy, each with the entry condition of its trigger or regime.

    Returns
    -------
    CompiledPolicy, tuple of (int, int)
        First operation and end of each term.
    """
    plan = compiled.plan
    programs = Programs(
        operations=[(code, argument) for code, argument in plan.programs.tolist()],
        constants=plan.constants.tolist(),
        rows={node.text: node for node in compiled.series},
        grids=list(compiled.grids),
        slots=[(row, grid, longest) for row, grid, longest in plan.slots.tolist()],
    )
    ranges = tuple(programs.add(node, when) for node, when in terms)
    wider = plan._replace(
        programs=np.array(programs.operations, dtype=np.int64).reshape(-1, 2),
        constants=np.array(programs.constants, dtype=np.float64),
    )
    return replace(compiled, plan=wider, series=tuple(programs.rows.values())), ranges
