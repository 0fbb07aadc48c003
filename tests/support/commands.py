"""This file runs the command for tests: within the test, and as a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from typer.testing import CliRunner, Result

from steelyard.cli.main import app

UNWRITTEN: Mapping[str, str] = {}


def ran(*words: str | Path) -> Result:
    """Return what a command did, run within the test."""
    return CliRunner().invoke(app, [str(word) for word in words], prog_name="steelyard")


def refused(*words: str | Path, code: int = 2) -> str:
    """Return the one line with which a command refuses; nothing may stand on standard output."""
    done = ran(*words)
    assert done.exit_code == code, done.output
    assert done.stdout == ""
    return one_line(done.stderr)


def one_line(said: str) -> str:
    """Return a single line, which is no traceback and holds no escape."""
    assert said.count("\n") == 1, said
    assert said.endswith("\n")
    line = said.rstrip("\n")
    assert line.isprintable()
    assert "Traceback" not in line
    return line


def words_of(*words: str | Path) -> list[str]:
    """Return a command line that runs the command with this very Python."""
    return [sys.executable, "-m", "steelyard", *(str(word) for word in words)]


def process(
    *words: str | Path, environment: Mapping[str, str] = UNWRITTEN, stdout: int | None = None
) -> subprocess.CompletedProcess[str]:
    """Return what a command did, run as a process of its own."""
    return subprocess.run(  # noqa: S603 - the words are the test's own
        words_of(*words),
        stdout=subprocess.PIPE if stdout is None else stdout,
        stderr=subprocess.PIPE,
        check=False,
        encoding="utf-8",
        env={**os.environ, **environment},
    )
