"""Every condition of a policy document, read into checked trees."""

import keyword
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from steelyard.domain.errors import PolicyError
from steelyard.policy.grammar import Refused
from steelyard.policy.library import FUNCTIONS
from steelyard.policy.nodes import Node, Worth
from steelyard.policy.parse import Definitions, parse
from steelyard.policy.place import Path, Source
from steelyard.policy.schema import LifeCycle, PolicyDocument

_RESERVED: Final = frozenset({*keyword.kwlist, "true", "false", "bars"})
_WORTH: Final[Mapping[str, Worth]] = {
    "when": "condition",
    "release": "condition",
    "strength": "number",
}


@dataclass(frozen=True, slots=True)
class Conditions:
    """The trees of one trigger or regime; None where it states none."""

    when: Node
    release: Node | None
    strength: Node | None

    @property
    def given(self) -> Mapping[str, Node]:
        """Return the trees that there are, by their key."""
        trees = {"when": self.when, "release": self.release, "strength": self.strength}
        return {key: tree for key, tree in trees.items() if tree is not None}


def entity_path(document: PolicyDocument, number: int) -> Path:
    """Return where a trigger or regime, numbered as the plan does, stands in the file."""
    count = len(document.triggers)
    return ("triggers", number) if number < count else ("regimes", number - count)


def called(path: Path, entity: LifeCycle) -> str:
    """Return how a refusal names a trigger or a regime."""
    return f'{"trigger" if path[0] == "triggers" else "regime"} "{entity.id}"'


def read_conditions(document: PolicyDocument, source: Source) -> tuple[Conditions, ...]:
    """Return the conditions of every trigger, then of every regime.

    Parameters
    ----------
    document : PolicyDocument
        What the file says.
    source : Source
        Where it says it.

    Raises
    ------
    PolicyError
        At the first condition that cannot be accepted, with its place in the file.
    """
    definitions = Definitions(document.define)
    for name in document.define:
        path = ("define", name)
        if name in FUNCTIONS or name in _RESERVED:
            hidden = "a function of the library" if name in FUNCTIONS else "a word of the language"
            raise source.refuse(path, f'"{name}" would hide {hidden}; choose another name')
        try:
            definitions.node(name, document.bars)
        except Refused as error:
            raise source.refuse(path, f'"{name}": {error.sentence}', error.column) from None
    return tuple(
        _read(entity, source, entity_path(document, number), definitions, document.bars)
        for number, entity in enumerate(document.entities)
    )


def _read(
    entity: LifeCycle, source: Source, path: Path, definitions: Definitions, bars: str
) -> Conditions:
    def tree(key: str, text: str) -> Node:
        try:
            return parse(text, entity.bars or bars, definitions, _WORTH[key])
        except Refused as error:
            raise refused(key, error) from None

    def refused(key: str, error: Refused) -> PolicyError:
        sentence = f"{called(path, entity)}, {key}: {error.sentence}"
        return source.refuse((*path, key), sentence, error.column)

    return Conditions(
        when=tree("when", entity.when),
        release=None if entity.release is None else tree("release", entity.release),
        strength=None if entity.strength is None else tree("strength", entity.strength),
    )
