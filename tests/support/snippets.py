"""This file runs the commands of Markdown snippets: ``steelyard`` for real, ``make`` by name."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from sybil import Example

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = re.compile(r"""(?:--data[ =]|open_market\(\s*["'])(?:\.\./shared/)?data\b""")
SHELLS = ("sh", "console")


def needs_data(text: str) -> bool:
    """Tell whether a document reads the folder ``data`` or ``../shared/data`` as its catalogue."""
    return CATALOGUE.search(text) is not None


def commands(snippet: str) -> list[list[str]]:
    """Return the commands of a snippet as lists of words; continued lines are joined.

    In a ``console`` session the commands stand behind ``$``, and the rest is what they print.
    """
    lines = snippet.replace("\\\n", " ").splitlines()
    prompted = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
    words = (shlex.split(line, comments=True) for line in prompted or lines)
    return [command for command in words if command]


def recipes() -> set[str]:
    """Return the names of the recipes of the Makefile."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z]+):", text, flags=re.MULTILINE))


def run_commands(example: Example) -> str | None:
    """Run the commands of one snippet; return what went wrong, or nothing."""
    for command in commands(str(example.parsed)):
        match command:
            case ["steelyard" | ".venv/bin/steelyard", *rest]:
                complaint = _run(rest)
            case ["make", *names]:
                complaint = _unknown(names)
            case ["git" | "cd", *_]:
                complaint = None
            case _:
                complaint = f"nobody tests {shlex.join(command)!r}"
        if complaint:
            return complaint
    return None


def _run(words: list[str]) -> str | None:
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    done = subprocess.run(  # noqa: S603 - the words come from our own documentation
        [sys.executable, "-m", "steelyard", *words],
        capture_output=True,
        check=False,
        encoding="utf-8",
        env=environment,
    )
    if done.returncode == 0:
        return None
    return f"steelyard {shlex.join(words)} ended with {done.returncode}: {done.stderr}"


def _unknown(names: list[str]) -> str | None:
    missing = [name for name in names if "=" not in name and name not in recipes()]
    return f"the Makefile has no recipe {', '.join(missing)}" if missing else None
