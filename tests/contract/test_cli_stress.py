"""This file proves what ``steelyard stress`` prints and writes, and what it refuses."""

import json
from pathlib import Path

import pytest

from steelyard.data.synthetic import write_synthetic
from tests.support import catalogues as made
from tests.support.commands import ran, refused

WINDOW = ("--start", "2002-03-01", "--end", "2002-06-30")
RUN_KEYS = ["run", "start", "end", "shocks", "policy", "unshocked", "hold"]


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a catalogue of the synthetic market."""
    folder = tmp_path_factory.mktemp("invented")
    write_synthetic(folder)
    return folder


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Return a folder with ten days of everything that an account needs."""
    folder = tmp_path / "data"
    folder.mkdir()
    return made.write_catalogue(folder, hours=240)


def whole(folder: Path, *words: str | Path) -> tuple[str | Path, ...]:
    named = ("--data", folder, "--asset", "BTC", "--venue", "synthetic")
    return ("stress", "article", *named, *words)


@pytest.mark.slow
def test_everything_fits_on_a_screen_and_its_page_opens_offline(
    invented: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = ran(*whole(invented, "--out", out))
    page = (out / "stress.html").read_text(encoding="utf-8")
    lines = done.stdout.splitlines()

    assert done.exit_code == 0
    assert done.stdout.startswith("article on synthetic BTC from 2001-")
    assert all(len(line) <= 80 for line in lines[:-1])
    assert len(lines) <= 50
    assert lines[-1] == f"Page: {out / 'stress.html'}"
    assert [entry.name for entry in out.iterdir()] == ["stress.html"]
    assert "src=" not in page.split("<script", maxsplit=1)[0]
    assert page.count('class="run"') == 10


@pytest.mark.slow
def test_the_document_holds_every_run_with_its_shocks(invented: Path) -> None:
    document = json.loads(ran(*whole(invented, *WINDOW, "--json")).stdout)
    runs = {run["run"]: run for run in document["runs"]}

    assert list(document) == [
        "schema",
        "policy",
        "asset",
        "quote",
        "venue",
        "cash",
        "margin_call_at",
        "runs",
        "missing",
    ]
    assert [list(run) for run in document["runs"]] == [RUN_KEYS] * 10
    assert document["missing"] == []
    assert document["margin_call_at"] == 0.5
    assert [shock["shock"] for shock in runs["all together"]["shocks"]] == [
        "gap",
        "adl",
        "stable",
        "funding",
        "frozen",
        "basis",
        "tiers",
        "spread",
    ]
    assert runs["tiers x 2"]["shocks"][0]["at"] is None
    assert runs["funding 0.3 %"]["shocks"][0]["payer"] in {"longs", "shorts"}


def test_shocks_that_are_given_strike_together_when_told(catalogue: Path) -> None:
    words = ("--shock", "gap=-50", "--shock", "spread", "--at", "2020-01-05T06:00", "--json")
    done = ran("stress", "hold", "--data", catalogue, "--asset", "BTC", *words)
    document = json.loads(done.stdout)
    (plain, shocked) = document["runs"]

    assert (plain["run"], shocked["run"]) == ("no shock", "all together")
    assert [shock["at"] for shock in shocked["shocks"]] == ["2020-01-05T06:00:00Z", None]
    # Hour 102 opens at 0.5 x 202 and closes at 0.5 x 203 = 101.5, after a close of 202.
    assert shocked["policy"]["worst_change"] == pytest.approx(101.5 / 202.0 - 1.0, abs=1e-4)
    assert shocked["policy"]["from"] == "2020-01-05T06:00:00Z"


def test_windows_that_the_data_lacks_are_named(catalogue: Path) -> None:
    done = ran("stress", "hold", "--data", catalogue, "--asset", "BTC")
    said = " ".join(done.stdout.split())

    assert done.exit_code == 0
    assert "! Not run: 2020-03, 2021-05, 2022-drawdown, 2022-11, 2025-10; the page and" in said
    assert "Positions were liquidated in none, margin was called in none." in said


def test_the_document_says_why_a_window_could_not_be_run(catalogue: Path) -> None:
    done = ran("stress", "hold", "--data", catalogue, "--asset", "BTC", "--json")
    (first, *_) = json.loads(done.stdout)["missing"]

    assert first["window"] == "2020-03"
    assert first["why"].startswith("the period 2020-03-01 to 2020-04-01 lies outside the data")


def test_a_policy_without_margin_defence_has_no_calls(catalogue: Path) -> None:
    words = ("--set", "limits.margin_defence=false", "--shock", "gap")
    done = ran("stress", "hold", "--data", catalogue, "--asset", "BTC", *words)
    said = " ".join(done.stdout.split())

    assert "the policy has no margin defence, so nothing counts as a call." in said


WRONG: list[tuple[tuple[str, ...], str]] = [
    (("--shock", "gap=-100"), "shock gap is '-100'; its size is -90 to 300 %, but not 0"),
    (("--shock", "flood"), "no shock is called 'flood'; there are gap, adl"),
    (("--shock", "gap", "--shock", "gap"), "shock gap is given twice"),
    (("--shock", "gap", "--at", "soon"), "at is 'soon'; write a day as 2022-06-18"),
    (("--shock", "gap", "--at", "2021-01-01"), "shocks strike after the first hour of the run"),
    (("--window", "2020-03"), "lies outside the data"),
    (("--window", "2020-03", "--start", "2020-01-04"), "leave out --start and --end, or --window"),
    (("--out", ""), "--out is empty; name a folder"),
    (("--cash", "0"), "begin with an amount of USDT above 0"),
]


@pytest.mark.parametrize(("words", "said"), WRONG, ids=[" ".join(row[0]) for row in WRONG])
def test_a_stress_test_that_cannot_be_made_is_refused(
    catalogue: Path, words: tuple[str, ...], said: str
) -> None:
    assert said in refused("stress", "hold", "--data", catalogue, "--asset", "BTC", *words)
