"""This file proves that commands take an account file, and what they say of a wrong one."""

import json
from pathlib import Path

import pytest

from tests.support import catalogues as made
from tests.support.commands import ran, refused

COMMANDS = ("backtest", "check", "stress", "explain", "ladder", "review")


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Return a folder with four days of everything that an account needs."""
    folder = tmp_path / "data"
    folder.mkdir()
    return made.write_catalogue(folder)


def asked(command: str, catalogue: Path, body: str) -> tuple[str | Path, ...]:
    """Return a command on an account file with a body."""
    file = catalogue.parent / "account.toml"
    file.write_text(f"schema = 1\n{body}", encoding="utf-8")
    return command, "hold", "--data", catalogue, "--asset", "BTC", "--account", file


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_runs_on_the_terms_of_a_file(catalogue: Path, command: str) -> None:
    assert ran(*asked(command, catalogue, "[cash]\nyield = 0.05\n")).exit_code == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_file_ends_in_one_line_with_its_place(catalogue: Path, command: str) -> None:
    line = refused(*asked(command, catalogue, "[cash]\nyeld = 0.05\n"), code=2)

    assert "account.toml:3:1: unknown key cash.yeld; allowed are: currency, yield, borrow" in line
    assert 'did you mean "yield"?' in line


def test_a_policy_is_checked_for_its_account_without_data_too(tmp_path: Path) -> None:
    file = tmp_path / "account.toml"
    file.write_text('schema = 1\n[margin]\nmode = "isolated"\n', encoding="utf-8")
    line = refused("check", "article", "--account", file, code=2)

    assert 'account.toml:3:1: margin.mode is "isolated", and article has sleeves' in line


def test_the_document_has_the_terms(catalogue: Path) -> None:
    done = ran(*asked("backtest", catalogue, '[fees]\nexecution = "maker"\n'), "--json")
    told = json.loads(done.stdout)["assumptions"]["account"]

    assert told["terms"]["fees"] == {"execution": "maker", "discounts": []}
    assert told["fees"]["half_spread_bps"] == 0.0
