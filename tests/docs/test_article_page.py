"""The page on the article is what its script writes, and every command on it shows what it says."""

import importlib.util
import shlex
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import steelyard as sy
from tests.support.commands import ran
from tests.support.data import real_data

ROOT = Path(__file__).resolve().parents[2]
SENTENCES = tomllib.loads((ROOT / "docs" / "article.toml").read_text(encoding="utf-8"))["sentences"]
COMMANDS = sorted({each["command"] for each in SENTENCES})


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("article", ROOT / "scripts" / "article.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.real
def test_the_page_is_what_its_script_writes() -> None:
    written = script().page(sy.open_market(real_data(), asset="BTC"))

    assert written == (ROOT / "docs" / "article.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("number", range(len(SENTENCES)))
def test_every_line_stands_in_the_policy_file(number: int) -> None:
    each = SENTENCES[number]
    shown = script().stated(each["policy"], each["lines"])

    assert each["lines"]
    assert shown in (ROOT / "docs" / "article.md").read_text(encoding="utf-8")


def test_lines_that_no_policy_states_are_refused() -> None:
    with pytest.raises(SystemExit, match=r"article\.toml does not state limits\.unheard"):
        script().lines_of("article", "limits.unheard")


@pytest.mark.real
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_runs(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    words = shlex.split(command.replace("DATA", str(real_data())))[1:]
    done = ran(*words)

    assert done.exit_code in {0, 1} if words[0] == "check" else done.exit_code == 0
    if "--only" in words:
        assert words[words.index("--only") + 1] in done.stdout
