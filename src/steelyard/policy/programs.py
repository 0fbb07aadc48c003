"""How condition trees become postfix programs over rows of signals."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from steelyard.domain import codes
from steelyard.policy.nodes import HELD_RECLAIM, Node, operation

OPERATIONS: Final = {
    "+": codes.OP_ADD,
    "-": codes.OP_SUBTRACT,
    "*": codes.OP_MULTIPLY,
    "/": codes.OP_DIVIDE,
    "neg": codes.OP_NEGATE,
    "<": codes.OP_LT,
    "<=": codes.OP_LE,
    ">": codes.OP_GT,
    ">=": codes.OP_GE,
    "==": codes.OP_EQ,
    "!=": codes.OP_NE,
    "and": codes.OP_AND,
    "or": codes.OP_OR,
    "not": codes.OP_NOT,
    "abs": codes.OP_ABS,
    "min": codes.OP_MIN,
    "max": codes.OP_MAX,
    "clip": codes.OP_CLIP,
    "ramp": codes.OP_RAMP,
    "select": codes.OP_SELECT,
    "first_known": codes.OP_FIRST_KNOWN,
}
"""Operator or function of a tree, and the operation that the step runs for it."""

FOLDED: Final = frozenset({"and", "or", "min", "max"})
"""What takes any number of operands; the step takes them two by two."""

_DEFAULT_BREACH: Final = 2.0


class Written(NamedTuple):
    """First operation and end of the programs of one trigger or regime."""

    entry: tuple[int, int]
    release: tuple[int, int]
    strength: tuple[int, int]


@dataclass(slots=True)
class Programs:
    """All programs of a plan while they are being written.

    Parameters
    ----------
    operations : list of (code, argument)
    constants : list of float
    rows : state-free trees by canonical text, in the order of ``Signals.values``
    grids : kinds of bars, in the order of ``Signals.grid_index``
    slots : (row, grid, longest count) of each frozen value
    """

    operations: list[tuple[int, int]] = field(default_factory=list)
    constants: list[float] = field(default_factory=list)
    rows: dict[str, Node] = field(default_factory=dict)
    grids: list[str] = field(default_factory=list)
    slots: list[tuple[int, int, int]] = field(default_factory=list)

    def row(self, node: Node) -> int:
        """Return the row that holds a state-free tree, one for each meaning."""
        self.rows.setdefault(node.text, node)
        return list(self.rows).index(node.text)

    def grid(self, bars: str) -> int:
        """Return the row of a kind of bars that the step counts on."""
        if bars not in self.grids:
            self.grids.append(bars)
        return self.grids.index(bars)

    def slot(self, row: int, grid: int = -1, longest: int = 0) -> int:
        """Return the slot that freezes a row at entry."""
        if (row, grid, longest) not in self.slots:
            self.slots.append((row, grid, longest))
        return self.slots.index((row, grid, longest))

    def add(self, node: Node | None, when: Node) -> tuple[int, int]:
        """Write the program of one tree and return its first operation and end.

        Parameters
        ----------
        node : Node, optional
            None has an empty program.
        when : Node
            The entry condition of the same trigger or regime: its ``breached(n)`` says which level
            ``held_support(reclaim = true)`` speaks of.
        """
        start = len(self.operations)
        if node is not None:
            self.operations.extend(self._written(node, when))
        return start, len(self.operations)

    def _written(self, node: Node, when: Node) -> Iterator[tuple[int, int]]:
        """Yield the operations of a tree, operands first."""
        if node.is_constant:
            value = node.numbers[0]
            if value not in self.constants:
                self.constants.append(value)
            yield codes.OP_CONSTANT, self.constants.index(value)
        elif not node.reads_state:
            yield codes.OP_SERIES, self.row(node)
        elif node.name == "at_entry":
            yield codes.OP_AT_ENTRY, self.slot(self.row(node.children[0]))
        elif node.name == "since_entry":
            yield codes.OP_SINCE_ENTRY, self.grid(node.bars)
        elif node.name == HELD_RECLAIM:
            row = self.row(broken_level(node, when))
            longest = int(node.numbers[0])
            yield codes.OP_HELD_RECLAIM, self.slot(row, self.grid(node.bars), longest)
        else:
            yield from self._operands(node, when)

    def _operands(self, node: Node, when: Node) -> Iterator[tuple[int, int]]:
        code = OPERATIONS[node.name]
        if node.name not in FOLDED:
            for child in node.children:
                yield from self._written(child, when)
            yield code, 0
            return
        yield from self._written(node.children[0], when)
        for child in node.children[1:]:
            yield from self._written(child, when)
            yield code, 0


def broken_level(node: Node, when: Node) -> Node:
    """Return the level that a reclaim speaks of: the one that the entry's own breach broke."""
    found = next(breaches(when), None)
    numbers, bars = (
        ((_DEFAULT_BREACH,), node.bars) if found is None else (found.numbers, found.bars)
    )
    return operation("broken_support", "number", (), numbers=numbers, bars=bars)


def breaches(when: Node) -> Iterator[Node]:
    """Yield every breach of support that a condition reads."""
    return (node for node in when.walk() if node.name == "breached")


def stack_needed(operations: list[tuple[int, int]]) -> int:
    """Return how many values a program holds at once at most."""
    held = most = 0
    for code, _ in operations:
        held += 1 - _operands_of(code)
        most = max(most, held)
    return most


def _operands_of(code: int) -> int:
    if code < codes.OP_ADD:
        return 0
    if code in {codes.OP_NEGATE, codes.OP_NOT, codes.OP_ABS}:
        return 1
    return 3 if code in {codes.OP_CLIP, codes.OP_RAMP, codes.OP_SELECT} else 2
