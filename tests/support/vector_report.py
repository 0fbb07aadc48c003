"""A plugin: the end of a run that read vectors names every file and case that it did not use."""

import ast
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from tests.support.vectors import (
    FIRST_STEP,
    NOT_YET,
    PROSE,
    Json,
    Step,
    Vector,
    folder,
    found,
    is_leaf,
    items,
    place,
)

UNCOUNTED = PROSE | {"tolerance_rel"}
TESTS = Path(__file__).resolve().parent.parent


def registered(source: str) -> set[str]:
    """Return the vectors that the text of a test module registers for."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call))
    named = (call for call in calls if isinstance(call.func, ast.Name) and call.args)
    firsts = (call.args[0] for call in named if ast.unparse(call.func) == "each_case")
    return {str(first.value) for first in firsts if isinstance(first, ast.Constant)}


@cache
def vectors_with_tests() -> dict[Path, set[str]]:
    """Return for each test module of the project the vectors that it registers for."""
    modules = sorted(TESTS.rglob("test_*.py"))
    found_in = {path: registered(path.read_text(encoding="utf-8")) for path in modules}
    return {path: names for path, names in found_in.items() if names}


def unread(vector: Vector) -> list[tuple[Step, ...]]:
    """Return the largest parts of a file of which no value was read; prose does not count."""
    return [] if is_leaf(vector.data) else _unread(vector, vector.data, ())


def _unread(vector: Vector, value: Json, path: tuple[Step, ...]) -> list[tuple[Step, ...]]:
    """Return the largest unread parts at or below a place: the place itself if all of it is."""
    if is_leaf(value):
        return [] if path in vector.seen else [path]
    parts = [(step, part) for step, part in items(value) if step not in UNCOUNTED]
    below = [_unread(vector, part, (*path, step)) for step, part in parts]
    if below and all(
        found == [(*path, step)] for (step, _), found in zip(parts, below, strict=True)
    ):
        return [path]
    return [place for found in below for place in found]


def pattern(path: tuple[Step, ...]) -> str:
    """Return a place without its indices: ``cases[].trace``."""
    steps = ("[]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")


def reason(vector: Vector, path: tuple[Step, ...], *, complete: bool) -> str:
    """Return why a part was not used."""
    told = [why for left, why in vector.left.items() if path[: len(left)] == left]
    if told:
        return told[0]
    full = f"{vector.name}:{pattern(path)}"
    known = [start for start in NOT_YET if full == start or full.startswith(_beginnings(start))]
    if known:
        return NOT_YET[max(known, key=len)]
    has_reader = any(vector.name in names for names in vectors_with_tests().values())
    if has_reader and not complete:
        return "its test was not run, or did not come so far"
    return "NO TEST READS IT"


def _beginnings(start: str) -> tuple[str, ...]:
    """Return how a place goes on that lies below another: a file's parts, or a part's parts."""
    return (f"{start}.", f"{start}[") if ":" in start else (f"{start}:",)


def lines(vector: Vector, *, complete: bool) -> list[str]:
    """Return what was not used of a file, one line for each reason."""
    by_reason: dict[str, list[tuple[Step, ...]]] = {}
    for path in unread(vector):
        by_reason.setdefault(reason(vector, path, complete=complete), []).append(path)
    return [f"{vector.stem}: {_listed(vector, paths)}{why}" for why, paths in by_reason.items()]


def _listed(vector: Vector, paths: Sequence[tuple[Step, ...]]) -> str:
    """Return the places; values at the same place of several cases together."""
    groups: dict[str, list[tuple[Step, ...]]] = {}
    for path in paths:
        groups.setdefault(pattern(path), []).append(path)
    texts: list[str] = []
    for name, group in groups.items():
        if len(group) > 1 and not name.endswith("]"):
            texts.append(f"{name} ({len(group)} of them)")
        else:
            texts += [_named(vector, path) for path in group if path]
    return f"{', '.join(texts)}: " if texts else ""


def _named(vector: Vector, path: tuple[Step, ...]) -> str:
    """Return a place, with the name that the case has in the file."""
    value = vector.data
    for step in path:
        value = dict(items(value))[step]
    name = value.get("name") if isinstance(value, dict) else None
    return f"{place(path)} {name!r}" if isinstance(name, str) else place(path)


def unread_files(vectors: Sequence[Vector]) -> list[str]:
    """Return the files that must be read and gave no value to any test."""
    return [vector.stem for vector in vectors if vector.name in FIRST_STEP and not vector.seen]


class VectorReport:
    """Watches which vector tests a run holds, and reports at its end."""

    def __init__(self) -> None:
        self.collected: set[Path] = set()
        self.is_cut = False

    @property
    def is_complete(self) -> bool:
        """Tell whether the run held every vector test of the project."""
        return not self.is_cut and self.collected >= set(vectors_with_tests())

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        """Note that vector tests were left out by name."""
        self.is_cut |= any(item.get_closest_marker("vectors") for item in items)

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note which files of tests read vectors in this run."""
        marked = (item for item in session.items if item.get_closest_marker("vectors"))
        self.collected = {item.path.resolve() for item in marked}

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a complete run in which a file that must be read was not."""
        ran = not session.config.option.collectonly
        if ran and self.is_complete and unread_files(found()) and session.exitstatus == 0:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Name what was not used, and why."""
        if not self.collected or terminalreporter.config.option.collectonly:
            return
        told = [line for vector in found() for line in lines(vector, complete=self.is_complete)]
        used = sum(1 for vector in found() if vector.seen)
        terminalreporter.section("vectors that were not used")
        terminalreporter.line(f"{folder()}: {used} of {len(found())} files were read")
        for line in told:
            terminalreporter.line(line)
        if self.is_complete and unread_files(found()):
            missed = ", ".join(unread_files(found()))
            terminalreporter.line(f"FAILED: nothing read {missed}", red=True)


def pytest_configure(config: pytest.Config) -> None:
    """Attach the report to a run."""
    config.pluginmanager.register(VectorReport(), "vector-report")
