"""A condition as a tree: typed, checked, with one canonical text for each meaning."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

Worth: TypeAlias = Literal["number", "condition"]

CONSTANT: Final = "constant"
HELD_RECLAIM: Final = "held_reclaim"
STATE: Final = frozenset({"at_entry", "since_entry", HELD_RECLAIM})
"""What only the decision itself can work out."""


@dataclass(frozen=True, slots=True)
class Node:
    """One operation of a condition.

    Parameters
    ----------
    name : str
        An operator, a function of the library, or ``constant``.
    children : tuple of Node
    numbers : tuple of float
        Constant arguments in the order of the library's table; the value of a constant.
    bars : str
        Kind of bars that it is worked out on; empty where that does not matter.
    worth : "number" or "condition"
    text : str
        Canonical: two nodes mean the same on one market exactly if their texts agree.
    column : int
        Offset into the condition as written.
    size, depth : int
        Operations in it, and how deep they are nested.
    is_event, reads_state : bool
    """

    name: str
    worth: Worth
    text: str
    children: tuple["Node", ...] = ()
    numbers: tuple[float, ...] = ()
    bars: str = ""
    column: int = field(default=0, compare=False)
    size: int = 1
    depth: int = 1
    is_event: bool = False
    reads_state: bool = False

    @property
    def is_constant(self) -> bool:
        """Return whether it is a plain number."""
        return self.name == CONSTANT

    @property
    def is_joint(self) -> bool:
        """Return whether it joins conditions by and, or."""
        return self.name in {"and", "or"}

    def walk(self) -> Iterator["Node"]:
        """Yield this node and all below it, parents first."""
        yield self
        for child in self.children:
            yield from child.walk()


def number_text(value: float) -> str:
    """Return the shortest text of a number.

    Examples
    --------
    >>> number_text(14.0), number_text(0.50)
    ('14', '0.5')
    """
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)  # noqa: PLR2004 - exact as an integer up to here


def constant(value: float, column: int = 0) -> Node:
    """Return the node of a number."""
    plain = value + 0.0
    return Node(CONSTANT, "number", number_text(plain), numbers=(plain,), column=column)


def _joined(name: str, children: tuple[Node, ...], numbers: tuple[float, ...]) -> str:
    parts = [child.text for child in children]
    if name == "neg":
        return f"-{parts[0]}"
    if name == "not":
        return f"(not {parts[0]})"
    if not name[0].isalpha() or name in {"and", "or"}:
        return f"({f' {name} '.join(parts)})"
    parts += [number_text(value) for value in numbers]
    return f"{name}({', '.join(parts)})" if parts else name


def operation(  # noqa: PLR0913 - the fields of a node, each by its name
    name: str,
    worth: Worth,
    children: tuple[Node, ...],
    *,
    numbers: tuple[float, ...] = (),
    bars: str = "",
    column: int = 0,
    is_event: bool = False,
) -> Node:
    """Return a node over others, its text, size and depth worked out."""
    text = _joined(name, children, numbers) + (f"[{bars}]" if bars else "")
    return Node(
        name,
        worth,
        text,
        children,
        numbers,
        bars,
        column,
        size=1 + sum(child.size for child in children),
        depth=1 + max((child.depth for child in children), default=0),
        is_event=is_event,
        reads_state=name in STATE or any(child.reads_state for child in children),
    )
