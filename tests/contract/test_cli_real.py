"""This file proves the command on real history: the whole contract, and the same bytes twice."""

import json
from pathlib import Path

import pytest

from tests.support.commands import process, ran, refused
from tests.support.data import real_data
from tests.support.shapes import departures

pytestmark = [pytest.mark.real, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
SHAPE = json.loads((ROOT / "tests/golden/result_shape.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("asset", ["BTC", "XRP", "ADA", "LTC"])
def test_a_backtest_gives_the_whole_contract_twice_in_the_same_bytes(
    tmp_path: Path, asset: str
) -> None:
    words = ("backtest", "article", "--data", real_data(), "--asset", asset)
    window = ("--window", "2022-drawdown", "--out", tmp_path / "out", "--json")

    first, second = process(*words, *window), ran(*words, *window)
    document = json.loads(first.stdout)

    assert (first.returncode, second.exit_code) == (0, 0), first.stderr + second.stderr
    assert first.stdout == second.stdout
    assert list(departures(document, SHAPE, SHAPE)) == []
    assert (document["start"], document["end"]) == ("2021-11-10T00:00:00Z", "2023-01-01T00:00:00Z")
    assert abs(document["attribution"]["residual"]) <= 1e-9 * document["equity"]["start"]
    # the change of equity is the sum of its parts
    parts = [value for name, value in document["attribution"].items() if name != "total"]
    change = document["equity"]["end"] - document["equity"]["start"]
    assert sum(parts) == pytest.approx(change, abs=1e-9 * document["equity"]["start"])


def test_a_start_before_the_mark_prices_is_refused_by_their_name() -> None:
    words = ("backtest", "article", "--data", real_data(), "--asset", "BTC")

    line = refused(*words, "--start", "2019-12-01")

    assert "mark prices of BTC begin on 2019-12-23" in line
    assert "start at 2019-12-23" in line


def test_without_a_start_a_run_begins_with_the_mark_prices() -> None:
    words = ("backtest", "hold", "--data", real_data(), "--asset", "BTC", "--json")

    document = json.loads(ran(*words).stdout)

    assert document["start"].startswith("2019-12-23T")


def test_a_check_on_real_history_counts_what_fired() -> None:
    words = ("check", "article", "--data", real_data(), "--asset", "BTC", "--json")

    done = ran(*words)
    market = json.loads(done.stdout)["market"]

    assert done.exit_code == (1 if market["findings"] else 0)
    assert "look_ahead" not in {each["kind"] for each in market["findings"]}
    assert [each["id"] for each in market["triggers"] if each["episodes"]] != []
