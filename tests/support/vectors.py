"""The vectors: independently computed cases, who reads them, and which of them nobody read.

A vector file is read through ``Node``, which notes every value that is taken out, so that the end
of the run can name what was not used. A test registers itself for the cases of a file:

    @each_case("margin_tiers", "cases", "*")
    def test_the_maintenance_margin_of_a_notional(case: Node) -> None:
        tiers = case.root["tiers"]
        ...
        assert case["maintenance_margin"].differences(margin) == []

The path names keys, and ``*`` makes one case of every item of a list or table; without ``*`` the
place itself, or the whole file, is one case. Nothing may rely on how many cases there are, nor on
their numbers: ``STEELYARD_VECTORS`` names another folder with files of the same names.

    case["rate"].number()        a number; null is NaN
    case["tier"].whole()         an integer
    case["kind"].text()          a text
    case["safe"].truth()         a boolean
    case["closes"].series()      float64[n]; null is NaN, true 1, false 0
    case["expected"]["x"].differences(actual)   [] where all agree: numbers to tolerance_rel x
        max(1, |expected|), null is NaN or None, everything else exactly; lists in length and order;
        of a table the keys that ``actual`` has
    case.skip("step 3: ...")     leave this case out, with the reason
    case["x"].leave("step 3: ...")   leave one value out, with the reason
"""

import json
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NoReturn, TypeAlias, TypeVar

import numpy as np
import pytest

from steelyard.domain.arrays import Floats

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Step: TypeAlias = str | int
Test = TypeVar("Test", bound=Callable[..., None])

FIRST_STEP = (
    "ind_atr",
    "ind_atr_boundary",
    "ind_sma_trend",
    "ind_funding",
    "ind_oscillators",
    "ind_weekly_levels",
    "ind_breach_and_near",
    "ind_quantile_conventions",
    "ind_realised_vol",
    "ind_iv_percentile",
    "ind_volume_profile",
    "ind_open_interest",
    "ind_basis",
    "ind_rejection_candle",
    "decision_confirmation",
    "decision_compose",
    "decision_regime_precedence",
    "decision_exit_unwind",
    "decision_clocks",
    "decision_scaling",
    "decision_visibility",
    "exposure_map",
    "decision_orders",
    "decision_campaign",
    "case_study_states",
    "case_study_path",
    "margin_tiers",
    "acct_scenario",
    "acct_pnl",
    "margin_liquidation",
    "margin_collateral",
    "metrics",
)
"""Files that must be read wherever they are found."""

NOT_YET = {
    "acct_dated": "step 3: dated futures and their roll",
    "acct_pnl:inverse": "step 3: inverse contracts",
    "margin_liquidation:inverse": "step 3: inverse contracts",
    "metrics_min_variance_hedge": "a later step: the minimum-variance hedge",
    "stat_cpcv": "a later step: guards against overfitting",
    "stat_dsr": "a later step: guards against overfitting",
    "stat_pbo": "a later step: guards against overfitting",
    "stat_reality_check": "a later step: guards against overfitting",
    "ind_atr:input.open": "an input that the rule does not need",
    "ind_atr:input.volume": "an input that the rule does not need",
    "ind_rejection_candle:params.atr": "says in words what the context is",
    "ind_rejection_candle:params.peak": "says in words what the context is",
    "ind_rejection_candle:cases[].reason": "says in words why",
    "ind_oscillators:input.open": "an input that the rule does not need",
}
"""Why a file, or a part of one, is not used: the longest beginning of its place counts."""

PROSE = frozenset({"vector", "split", "spec_version", "about", "note", "name", "closed_form"})
"""Keys that explain, and hold nothing to compare."""

DEFAULT_TOLERANCE = 1e-12
"""For the files of discrete values, which name none."""


@dataclass
class Vector:
    """One file, and which of its values were read."""

    name: str
    stem: str
    data: Json
    seen: set[tuple[Step, ...]] = field(default_factory=set)
    left: dict[tuple[Step, ...], str] = field(default_factory=dict)


def folder() -> Path:
    """Return the folder of the vectors: ``STEELYARD_VECTORS``, else the copies in the project."""
    chosen = os.environ.get("STEELYARD_VECTORS")
    return Path(chosen) if chosen else Path(__file__).resolve().parent.parent / "vectors"


def load(path: Path) -> Vector:
    """Read one file; it counts for the vector that it names, else for its own name."""
    data: Json = json.loads(path.read_text(encoding="utf-8"))
    name = data.get("vector") if isinstance(data, dict) else None
    return Vector(name if isinstance(name, str) else path.stem, path.stem, data)


@cache
def found() -> tuple[Vector, ...]:
    """Return every file of the folder, read once per run."""
    paths = sorted(folder().glob("*.json"))
    if not paths:
        message = f"there are no vectors in {folder()}; STEELYARD_VECTORS must name their folder"
        raise FileNotFoundError(message)
    return tuple(load(path) for path in paths)


def is_leaf(value: Json) -> bool:
    """Tell whether a value holds no others."""
    return not (isinstance(value, (list, dict)) and value)


def items(value: Json) -> list[tuple[Step, Json]]:
    """Return the parts of a list or table with their index or key."""
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def leaves(value: Json, path: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    """Yield where the values below a place are."""
    if is_leaf(value):
        yield path
    for step, part in items(value):
        yield from leaves(part, (*path, step))


class Node:
    """A place in a vector file; taking a value out of it notes that it was read."""

    def __init__(self, vector: Vector, path: tuple[Step, ...], value: Json) -> None:
        self.vector = vector
        self.path = path
        self.value = value

    def __repr__(self) -> str:
        return f"{self.vector.stem}:{place(self.path)}"

    def __getitem__(self, step: Step) -> "Node":
        parts: Mapping[Step, Json] = dict(items(self.value))
        if step not in parts:
            message = f"{self!r} has no {step!r}; there are {', '.join(map(str, parts))}"
            raise LookupError(message)
        return Node(self.vector, (*self.path, step), parts[step])

    def __contains__(self, key: str) -> bool:
        return isinstance(self.value, dict) and key in self.value

    def __iter__(self) -> Iterator["Node"]:
        return (self[step] for step, _ in items(self.value))

    def __len__(self) -> int:
        return len(items(self.value))

    @property
    def root(self) -> "Node":
        """Return the whole file, for what its cases share."""
        return Node(self.vector, (), self.vector.data)

    @property
    def tolerance(self) -> float:
        """Return ``tolerance_rel`` of the file."""
        root = self.root
        return root["tolerance_rel"].number() if "tolerance_rel" in root else DEFAULT_TOLERANCE

    def keys(self) -> list[str]:
        """Return the keys of a table, in the file's order."""
        return list(self.value) if isinstance(self.value, dict) else []

    def plain(self) -> Json:
        """Return everything below as it stands in the file."""
        self.vector.seen.update(leaves(self.value, self.path))
        return self.value

    def number(self) -> float:
        """Return a number; NaN for null."""
        match self.plain():
            case None:
                return math.nan
            case bool() | str() | list() | dict():
                return self._refused("a number")
            case value:
                return float(value)

    def whole(self) -> int:
        """Return an integer."""
        value = self.plain()
        return value if type(value) is int else self._refused("an integer")

    def text(self) -> str:
        """Return a text."""
        value = self.plain()
        return value if isinstance(value, str) else self._refused("a text")

    def truth(self) -> bool:
        """Return a boolean."""
        value = self.plain()
        return value if isinstance(value, bool) else self._refused("a boolean")

    def series(self) -> Floats:
        """Return a list as float64[n]: null is NaN, true 1, false 0."""
        value = self.plain()
        if not isinstance(value, list):
            return self._refused("a list")
        numbers = [x if isinstance(x, (bool, int, float)) else self._number(x) for x in value]
        return np.array(numbers, dtype=np.float64)

    def differences(self, actual: object) -> list[str]:
        """Return where a computed value departs from the vector, one line each; [] if nowhere."""
        return list(self._compared(actual))

    def leave(self, reason: str) -> None:
        """Say why what is below is not used."""
        self.vector.left[self.path] = reason

    def skip(self, reason: str) -> NoReturn:
        """Leave the case out: skip the test, and say why at the end of the run."""
        self.leave(reason)
        pytest.skip(reason)

    def _number(self, value: Json) -> float:
        return math.nan if value is None else self._refused("a list of numbers")

    def _refused(self, wanted: str) -> NoReturn:
        message = f"{self!r} is {self.value!r}, not {wanted}"
        raise TypeError(message)

    def _compared(self, actual: object) -> Iterator[str]:
        given = actual.tolist() if isinstance(actual, (np.ndarray, np.generic)) else actual
        if isinstance(self.value, dict) and isinstance(given, Mapping):
            for key, part in given.items():
                yield from self[key].differences(part)
        elif isinstance(self.value, list) and isinstance(given, Sequence):
            if len(given) != len(self.value):
                yield f"{self!r} has {len(self.value)} values, got {len(given)}"
            if not self.value:
                self.plain()
            for node, part in zip(self, given, strict=False):
                yield from node.differences(part)
        elif not agrees(self.plain(), given, self.tolerance):
            yield f"{self!r} is {self.value!r}, got {given!r}"


def agrees(expected: Json, actual: object, tolerance: float) -> bool:
    """Tell whether a value is the expected one: numbers to the tolerance, the rest exactly."""
    if expected is None:
        return actual is None or (isinstance(actual, float) and math.isnan(actual))
    if isinstance(expected, bool):
        return isinstance(actual, (bool, float)) and actual == expected
    if isinstance(expected, (int, float)) and not isinstance(actual, bool):
        if isinstance(expected, float) and isinstance(actual, int):
            actual = float(actual)
        if isinstance(actual, float):
            return abs(actual - expected) <= tolerance * max(1.0, abs(expected))
    return type(actual) is type(expected) and actual == expected


def place(path: tuple[Step, ...]) -> str:
    """Return a place as people write it: ``cases[2].trace``."""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")


def cases(vector: Vector, path: tuple[str, ...]) -> list[Node]:
    """Return the places that a path with ``*`` names."""
    nodes = [Node(vector, (), vector.data)]
    for step in path:
        nodes = [part for node in nodes for part in (node if step == "*" else [node[step]])]
    return nodes


def _identity(node: Node) -> str:
    """Return ``file:case`` with the case's own name beside its place, where it has one."""
    value = node.value
    name = value.get("name") if isinstance(value, dict) else None
    label = f"-{name}" if isinstance(name, str) else ""
    return f"{node.vector.stem}:{place(node.path) or 'all'}{label}"


def each_case(name: str, *path: str) -> Callable[[Test], Test]:
    """Run a test with ``case`` set to every place that the path names, in every file of the vector.

    Where the folder has no such file, the test is skipped and says so.
    """
    files = [vector for vector in found() if vector.name == name]
    parameters = [
        pytest.param(node, id=_identity(node)) for vector in files for node in cases(vector, path)
    ]
    if not files:
        reason = f"{name}.json is not among the vectors"
        parameters = [pytest.param(None, id=name, marks=pytest.mark.skip(reason=reason))]

    def mark(test: Test) -> Test:
        marked: Test = pytest.mark.parametrize("case", parameters)(test)
        return pytest.mark.vectors(marked)  # type: ignore[no-any-return]  # the marker keeps the test

    return mark
