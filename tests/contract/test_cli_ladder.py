"""This file proves what ``steelyard ladder`` prints, and what it refuses."""

import json
from pathlib import Path

import pytest

from tests.support import catalogues as made
from tests.support.commands import ran, refused


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Return a folder with four days of everything that an account needs."""
    folder = tmp_path / "data"
    folder.mkdir()
    return made.write_catalogue(folder)


def asked(catalogue: Path, *words: str) -> tuple[str | Path, ...]:
    return ("ladder", "hold", "--data", catalogue, "--asset", "BTC", *words)


def test_a_ladder_is_told_in_text_and_as_a_document(catalogue: Path) -> None:
    words = asked(catalogue, "--reach", "0.1", "--step", "0.05")
    said, document = ran(*words), json.loads(ran(*words, "--json").stdout)

    assert said.exit_code == 0
    assert said.stdout.startswith("If BTC closes 2020-01-05 at ")
    assert [round(rung["move"], 2) for rung in document["rungs"]] == [-0.1, -0.05, 0.0, 0.05, 0.1]
    assert document["at"] == "2020-01-05T00:00:00Z"


WRONG: list[tuple[tuple[str, ...], str]] = [
    (("--at", "yesterday"), "at is 'yesterday'; write a day as 2022-06-18"),
    (("--at", "2020-02-01"), "at 2020-02-01 is after the data of BTC"),
    (("--at", "2019-02-01"), "is not after the account's start"),
    (("--start", "2019-12-31"), "start 2019-12-31 is before the account's data"),
    (("--cash", "-1"), "begin with an amount of USDT above 0"),
    (("--reach", "1.5"), "0 < step <= reach < 1"),
    (("--step", "0"), "0 < step <= reach < 1"),
    (("--step", "0.0001"), "more than 200 rungs each way"),
]


@pytest.mark.parametrize(("words", "said"), WRONG, ids=[" ".join(row[0]) for row in WRONG])
def test_a_ladder_that_cannot_be_climbed_is_refused(
    catalogue: Path, words: tuple[str, ...], said: str
) -> None:
    assert said in refused(*asked(catalogue, *words))
