"""This file sets up every test run: Hypothesis, Markdown snippets, what a run says at its end."""

import os
from pathlib import Path

os.environ["STEELYARD_WRAPPED"] = "1"  # tests call each compiled function by itself

import pytest
from hypothesis import settings
from sybil import Sybil
from sybil.integration.pytest import SybilItem
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser, SkipParser

from tests.support.data import closing_line, real_data
from tests.support.snippets import SHELLS, needs_data, run_commands

collect_ignore = ["docs/conf.py"]  # a configuration, not a module with examples
pytest_plugins = ["tests.support.vector_report"]

# The first call of a compiled function compiles it: no example can have a deadline.
settings.register_profile("people", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "people"))


@pytest.fixture
def snippet_folder(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """Run a snippet in an empty folder; the real history is there for documents that read it."""
    assert isinstance(request.node, SybilItem)
    folder = tmp_path / "checkout"
    folder.mkdir()
    if needs_data(request.node.example.document.text):
        real = real_data().resolve()
        (folder / "data").symlink_to(real)
        (tmp_path / "shared").mkdir()
        (tmp_path / "shared" / "data").symlink_to(real)
    monkeypatch.chdir(folder)
    return folder


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end of every run how many tests were skipped for lack of real history."""
    terminalreporter.line(closing_line(terminalreporter.getreports("skipped")))


pytest_collect_file = Sybil(
    parsers=[
        SkipParser(),
        PythonCodeBlockParser(),
        *(CodeBlockParser(language=shell, evaluator=run_commands) for shell in SHELLS),
    ],
    patterns=["README.md", "docs/*.md", "docs/**/*.md"],
    fixtures=["snippet_folder"],
).pytest()
