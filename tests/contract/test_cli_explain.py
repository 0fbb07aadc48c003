"""This file proves what ``steelyard explain`` prints, and what it refuses."""

import json
from pathlib import Path

import pytest

from tests.support import catalogues as made
from tests.support.commands import ran, refused
from tests.support.policy_files import policy_of, trigger


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Return a folder with four days of everything that an account needs."""
    folder = tmp_path / "data"
    folder.mkdir()
    return made.write_catalogue(folder)


def asked(catalogue: Path, *words: str, policy: str = "article") -> tuple[str | Path, ...]:
    return ("explain", policy, "--data", catalogue, "--asset", "BTC", *words)


def test_the_first_lines_are_the_answer_and_no_line_is_too_long(catalogue: Path) -> None:
    done = ran(*asked(catalogue, policy="hold"))

    assert done.exit_code == 0
    assert done.stdout.startswith("BTC, 2020-01-05: hold is in baseline and asks for spot 100.0 %")
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_a_screen_names_what_it_leaves_out_and_all_leaves_out_nothing(catalogue: Path) -> None:
    brief, whole = ran(*asked(catalogue)).stdout, ran(*asked(catalogue, "--all")).stdout

    assert "--all tells everything, --only ID of one" in " ".join(brief.split())
    for name in ("death_cross", "support_breach", "uptrend", "range"):
        assert f"  {name} (" in whole
    assert all(len(line) <= 80 for line in whole.splitlines())


def test_one_of_them_is_told_wholly(catalogue: Path) -> None:
    said = ran(*asked(catalogue, "--only", "sma200_close")).stdout
    line = " ".join(said.split())

    assert "entry: [?] close < sma(200): unknown" in line
    assert "unknown: sma(200), because it needs more 1d bars in a row than 4" in line
    assert "support_breach" not in said


def test_a_condition_is_told_with_values_and_distance(catalogue: Path, tmp_path: Path) -> None:
    # The 96th hour opens at 100 + 95 and closes one higher: 196. 200 - 196 is 4, 4 / 196 of it.
    policy_of(tmp_path, trigger("close > 200 or not close > 100"))
    words = asked(catalogue, "--all", policy=str(tmp_path / "small.toml"))
    line = " ".join(ran(*words).stdout.split())

    assert (
        "[ ] any of these suffices: [ ] close > 200: 196.00 against 200.00, 4.0000 to go (2.0 %)"
        in line
    )
    assert "[ ] not close > 100: 196.00 against 100.00, 96.000 to go (49.0 %)" in line
    assert "tomorrow: condition true at or above 200.00 (+2.0 %)" in line


def test_the_document_has_every_trigger_and_regime(catalogue: Path) -> None:
    document = json.loads(ran(*asked(catalogue, "--json")).stdout)

    assert document["schema"] == 1
    assert document["policy"]["name"] == "article"
    assert (document["at"], document["decided"]) == ("2020-01-05T00:00:00Z",) * 2
    names = {one["id"]: one for one in document["entities"]}
    assert names["sma200_close"]["condition"] is None
    assert names["sma200_close"]["entry"]["missing"][0]["text"] == "sma(200)"
    assert names["uptrend"]["standpoint"]["place"] == "safer"
    assert {leg["name"] for leg in document["orders"]["legs"]} == {"spot", "futures"}


WRONG: list[tuple[tuple[str, ...], str]] = [
    (("--at", "yesterday"), "at is 'yesterday'; write a day as 2022-06-18"),
    (("--at", "2020-01-03T00:30"), "it must be a full hour, UTC"),
    (("--at", "2020-02-01"), "at 2020-02-01 is after the data of BTC"),
    (("--at", "2019-02-01"), "is not after the account's start"),
    (("--start", "2019-12-31"), "start 2019-12-31 is before the account's data"),
    (("--cash", "-1"), "begin with an amount of USDT above 0"),
    (("--only", "uptrent"), 'article has no trigger or regime "uptrent"; there are '),
    (("--only", "uptrent"), 'did you mean "uptrend"?'),
    (("--only", "uptrend", "--json"), "--only and --all choose what the text tells"),
    (("--all", "--json"), "--only and --all choose what the text tells"),
    (("--all", "--only", "uptrend"), "leave out one of --all and --only"),
    (("--set", "limits.bend=1"), "bend"),
]


@pytest.mark.parametrize(("words", "said"), WRONG, ids=[" ".join(row[0]) for row in WRONG])
def test_what_cannot_be_explained_is_refused(
    catalogue: Path, words: tuple[str, ...], said: str
) -> None:
    assert said in refused(*asked(catalogue, *words))


def test_a_policy_without_conditions_has_no_ids(catalogue: Path) -> None:
    said = refused(*asked(catalogue, "--only", "x", policy="hold"))

    assert 'hold has no trigger or regime "x"; there are none at all' in said
