"""This file proves what ``steelyard review`` prints and writes, and what it refuses."""

import json
from pathlib import Path

import pytest

from steelyard.data.synthetic import write_synthetic
from tests.support import catalogues as made
from tests.support.commands import ran, refused


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a catalogue of the synthetic market."""
    folder = tmp_path_factory.mktemp("invented")
    write_synthetic(folder)
    return folder


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Return a folder with four days of everything that an account needs."""
    folder = tmp_path / "data"
    folder.mkdir()
    return made.write_catalogue(folder)


def whole(folder: Path, *words: str | Path) -> tuple[str | Path, ...]:
    named = ("--data", folder, "--asset", "BTC", "--venue", "synthetic")
    return ("review", "article", *named, "--at", "2002-06-01", *words)


@pytest.mark.slow
def test_a_review_fits_on_a_screen_and_its_page_opens_offline(
    invented: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = ran(*whole(invented, "--out", out))
    page = (out / "review.html").read_text(encoding="utf-8")

    assert done.exit_code == 0
    assert done.stdout.startswith("2002-06-01: article on synthetic BTC is in ")
    assert all(len(line) <= 80 for line in done.stdout.splitlines()[:-1])
    assert len(done.stdout.splitlines()) <= 50
    assert done.stdout.splitlines()[-1] == f"Page: {out / 'review.html'}"
    assert [entry.name for entry in out.iterdir()] == ["review.html"]
    assert "src=" not in page.split("<script", maxsplit=1)[0]
    assert 'id="price"' in page
    assert 'id="ladder"' in page


@pytest.mark.slow
def test_the_document_holds_explanation_ladder_levels_and_gauges(invented: Path) -> None:
    document = json.loads(ran(*whole(invented, "--json")).stdout)

    assert list(document) == [
        "schema",
        "policy",
        "asset",
        "at",
        "changes",
        "explanation",
        "ladder",
        "levels",
        "atr",
        "profile",
        "gauges",
    ]
    assert document["at"] == "2002-06-01T00:00:00Z"
    assert {gauge["id"] for gauge in document["gauges"]} >= {"funding", "implied_vol", "basis"}


def test_a_review_of_little_data_says_what_is_not_there(catalogue: Path) -> None:
    done = ran("review", "hold", "--data", catalogue, "--asset", "BTC")

    assert done.exit_code == 0
    assert "The policy has no triggers." in done.stdout
    assert "No key level is known yet: the weekly chart is too short." in done.stdout
    assert "Not in the data: open interest, implied volatility" in " ".join(done.stdout.split())
    assert "No volume profile: fewer than half of the last 30 days' hours" in " ".join(
        done.stdout.split()
    )


WRONG: list[tuple[tuple[str, ...], str]] = [
    (("--at", "yesterday"), "at is 'yesterday'; write a day as 2022-06-18"),
    (("--at", "2020-02-01"), "at 2020-02-01 is after the data of BTC"),
    (("--out", ""), "--out is empty; name a folder"),
    (("--cash", "0"), "begin with an amount of USDT above 0"),
]


@pytest.mark.parametrize(("words", "said"), WRONG, ids=[" ".join(row[0]) for row in WRONG])
def test_a_review_that_cannot_be_made_is_refused(
    catalogue: Path, words: tuple[str, ...], said: str
) -> None:
    assert said in refused("review", "hold", "--data", catalogue, "--asset", "BTC", *words)
