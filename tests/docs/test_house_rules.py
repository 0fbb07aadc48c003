"""The rules of the house that no other tool counts: sizes, and what may not stand in a file."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
LINES_PER_FILE = 400
LINES_PER_FUNCTION = 40
VAGUE = re.compile(r"manager|helper|handler|processor|utils?$")
VENDORED = "report/assets/"

FORBIDDEN = {
    "a path of one machine": r"(?<![\w.~}])/(?:home|root|Users|work|opt|mnt)/\w",
    "a package index": r"pypi\.|pythonhosted|anaconda\.(?:org|com)",
    "an index option": r"(?<!no-emit-)(?:index-url|find-links)|trusted-host",
    "a secret": r"BEGIN [A-Z ]*PRIVATE KEY|aws_secret|api_secret\s*=\s*[\"']\w",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def files() -> list[Path]:
    """Return the files of the project: what git tracks, and what it would track."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607
        cwd=ROOT,
        capture_output=True,
        check=True,
        encoding="utf-8",
    )
    paths = (ROOT / name for name in listed.stdout.split("\0") if name)
    return [path for path in paths if path.is_file()]


def size(function: Function) -> int:
    """Return the lines of a function, from ``def`` to its end, without its docstring."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    text = function.body[0]
    return lines - ((text.end_lineno or text.lineno) - text.lineno + 1)


def oversized(source: str) -> list[str]:
    """Return the functions of a module that are too long, with their lines."""
    functions = (node for node in ast.walk(ast.parse(source)) if isinstance(node, Function))
    return [f"{one.name}: {size(one)}" for one in functions if size(one) > LINES_PER_FUNCTION]


def forbidden(text: str) -> list[str]:
    """Return what may not stand in a text, by line."""
    return [
        f"line {number}: {what}: {line.strip()[:80]}"
        for number, line in enumerate(text.splitlines(), start=1)
        for what, pattern in FORBIDDEN.items()
        if re.search(pattern, line)
    ]


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_a_source_file_is_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())

    assert lines <= LINES_PER_FILE


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_every_function_of_a_source_file_is_short(path: Path) -> None:
    found = oversized(path.read_text(encoding="utf-8"))

    assert found == []


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_a_source_file_has_a_telling_name(path: Path) -> None:
    found = VAGUE.search(path.stem)

    assert found is None


def test_no_file_names_a_machine_or_an_index() -> None:
    found = []
    for path in files():
        if path == Path(__file__).resolve() or VENDORED in path.as_posix():
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
        found += [f"{named(path)} {place}" for place in forbidden(text)]

    assert found == []


def test_the_length_of_a_function_leaves_its_docstring_out() -> None:
    # def, two lines of docstring and 39 of body: 40 lines count; one more is too long.
    fits = 'def f():\n    """One\n    two."""\n' + "    x = 1\n" * 39
    fails = fits + "    x = 1\n"

    assert (oversized(fits), oversized(fails)) == ([], ["f: 41"])


@pytest.mark.parametrize(
    "line",
    ["open('/home/me/x')", "--index-url x", "https://pypi.example/simple", "--find-links wheels"],
)
def test_a_forbidden_line_is_found(line: str) -> None:
    found = forbidden(f"fine\n{line}\n")

    assert [place.split(":")[0] for place in found] == ["line 2"]


@pytest.mark.parametrize(
    "line", ["uv pip compile --no-emit-index-url", "../shared/data", "src/work/x", "the root of x"]
)
def test_a_harmless_line_is_not_found(line: str) -> None:
    found = forbidden(line)

    assert found == []


@pytest.mark.parametrize("path", sorted((ROOT / "requirements").glob("*.txt")), ids=named)
def test_every_requirement_is_one_version_with_hashes(path: Path) -> None:
    text = path.read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    pinned = re.compile(r"[A-Za-z0-9._-]+==[\w.]+( ; [^#]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*")
    loose = [line[:60] for line in lines if not pinned.fullmatch(line)]

    assert lines
    assert loose == []


def test_what_runs_is_pinned_alike_everywhere() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
        return set(re.findall(r"^[\w.-]+==\S+", text, flags=re.MULTILINE))

    assert pins("runtime.txt") <= pins("dev.txt")
