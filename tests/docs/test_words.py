"""Two promises that nobody can keep stand nowhere: neither in the product nor in its documents."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve()
PROMISES = re.compile(r"risk[\s-]*free|perfect(ly)?[\s-]+hedge", re.IGNORECASE)
KINDS = {".py", ".md", ".toml", ".html", ".j2", ".js", ".css", ".txt", ".json", ".cfg", ".sh"}
VENDORED = "echarts."


def texts() -> list[Path]:
    """Return what people read of the project: all that git tracks or would track, as text."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    paths = [ROOT / name for name in listed.stdout.split("\0") if name]
    return [
        path
        for path in paths
        if path.is_file() and path.suffix in KINDS and path != HERE and VENDORED not in path.name
    ]


def promises(text: str) -> list[str]:
    """Return the promises in a text, also those that are broken over two lines."""
    return [found.group() for found in PROMISES.finditer(text)]


def test_no_text_promises_what_no_hedge_can_keep() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): promises(path.read_text(encoding="utf-8"))
        for path in texts()
    }

    assert {"README.md", "docs/stress.md", "docs/article.md"} <= set(found)
    assert {name: words for name, words in found.items() if words} == {}


@pytest.mark.parametrize("text", ["Risk-free", "risk\nfree", "a perfect hedge", "perfectly hedged"])
def test_a_promise_is_found_however_it_is_written(text: str) -> None:
    assert len(promises(text)) == 1


def test_a_hedge_and_a_risk_are_no_promise() -> None:
    assert promises("an imperfect world: a hedge has risks, free of charge or not") == []
