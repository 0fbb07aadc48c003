"""The commands over a catalogue: what they print, and how they refuse."""

import json
from pathlib import Path

import pytest

from steelyard.cli.bar import Bar
from tests.support import catalogues as made
from tests.support.commands import process, ran, refused


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    made.write_catalogue(folder)
    # Rows 10 to 12 of 96 hours are missing.
    bars = made.bars(96)
    made.replace(folder, made.SPOT, bars.head(10).vstack(bars.tail(83)))
    return folder


def test_a_list_shows_how_far_each_series_reaches(catalogue: Path) -> None:
    lines = ran("data", "list", "--data", catalogue).stdout.splitlines()
    spot = next(line for line in lines if line.startswith(made.SPOT))

    # 93 rows in the first quarter of 2020: a part of it.
    assert " ".join(spot.split()[1:]) == "2020-01-01 to 2020-01-04 93 rows 3 missing +"
    assert any(line.startswith(made.TIERS) and line.endswith("a snapshot") for line in lines)


def test_a_list_is_a_page_and_a_document_too(catalogue: Path, tmp_path: Path) -> None:
    shown = ran("data", "list", "--data", catalogue, "--out", tmp_path / "out")
    document = json.loads(ran("data", "list", "--data", catalogue, "--json").stdout)
    page = (tmp_path / "out" / "coverage.html").read_text()
    spot = next(one for one in document["series"] if one["series"] == made.SPOT)

    assert shown.stdout.splitlines()[-1] == str(tmp_path / "out" / "coverage.html")
    assert f"<td>{made.SPOT}<td>2020-01-01<td>2020-01-04<td>93<td>3<td" in page
    assert "<script" not in page
    # 10:00 to 13:00 of the first day.
    first = made.FIRST_MS + 10 * made.HOUR_MS
    assert spot["holes"] == [[first, first + 3 * made.HOUR_MS, 3]]


def test_a_check_tells_gaps_and_ends_well(catalogue: Path) -> None:
    done = ran("data", "check", "--data", catalogue)

    assert done.exit_code == 0
    assert f"gaps of {made.SPOT}: 2020-01-01 10:00 UTC (3)" in done.stdout
    assert "5 series, 0 faults" in done.stdout


def test_a_check_finds_an_impossible_row(catalogue: Path) -> None:
    made.replace(catalogue, made.PERP, made.with_cell(made.bars(96), "low", 3, 999.0))
    done = ran("data", "check", "--data", catalogue)
    listed = ran("data", "list", "--data", catalogue)

    assert done.exit_code == 1
    assert "row 4 (2020-01-01 03:00 UTC): high 106 is below low 999" in done.stdout
    assert "5 series, 1 faults" in done.stdout
    assert f"{made.PERP}" in listed.stdout
    assert "refused: " in listed.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("download", "BTC", "--from", "2024-13-01"), 2, "--from 2024-13-01 is no day; write it"),
        (("download", "BTC", "--to", "2018-01-01"), 2, "--from 2019-01-01 is not before the end"),
        (("download", "BTC", "--venue", "mexcc"), 2, "did you mean mexc?"),
        (("download", "BTC", "--tiers", "none.json"), 2, "none.json cannot be read"),
        (("update",), 2, "nothing was downloaded into"),
        (("list",), 3, "cannot be read"),
        (("check",), 3, "cannot be read"),
    ],
)
def test_a_mistake_is_one_sentence(
    tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    line = refused("data", *words, "--data", tmp_path / "absent", code=code)

    assert said in line
    assert not (tmp_path / "absent").exists()


def test_tiers_of_another_shape_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "tiers.json"
    file.write_text('{"code": -2014}')
    line = refused("data", "download", "BTC", "--tiers", file, "--data", tmp_path / "x", code=3)

    assert f"{file} is no answer of leverageBracket" in line


def test_a_manifest_of_another_shape_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("[]")
    line = refused("data", "update", "--data", tmp_path, code=3)

    assert "is not a manifest of schema 1 (TypeError); move it away and download again" in line


def test_help_of_data_imports_nothing_heavy() -> None:
    done = process("data", "--help", environment={"PYTHONPROFILEIMPORTTIME": "1"})
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}

    assert imported.isdisjoint({"httpx", "polars", "numpy"})


def test_the_bar_tells_files_bytes_and_the_time_that_is_left() -> None:
    bar = Bar()
    bar.begin(4, 0)
    bar.advance(1_500_000)

    # A quarter in 10 s: three more quarters take 30 s.
    assert bar.line(10.0) == "[######                  ] 1 of 4 files, 1.5 MB, 30 s left"
