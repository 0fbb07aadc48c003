"""This file proves the command on real history: the whole contract, and the same bytes twice."""

import json
import re
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


EXPLAINED = (
    # what is so: what follows from it: what to do
    r"[A-Z]+ has no \w+: .* goes by what first_known names next; add .+ to go by \w+",
    r"[A-Z]+ has no dated futures .+: the basis sleeve stays idle, .+; steelyard data download .+",
    r"[A-Z]+ is spot alone here, .* could not be run and are null: .* lacks series .*, or add it\.",
    r"Fees as of \S+ \(.+\), used from .+: what the venue charged .*: read the costs as .+\.",
    r"(Spot|Perpetual) lots as of \S+ \(.+\), used from .+: orders are .+: .*, see how many .+\.",
    r"Liquidation fee as of \S+ \(.+\), used from .+: a liquidation may .+: it matters only .+\.",
    r"Maintenance tiers as of \S+ \(.+\), used from .+: .* liquidated .+: do not rely .+\.",
    r"Margin defence sent orders on .+: futures were cut .+; hold less of them, .+\.",
    r"Too few events to conclude anything: fewer than .+ of .+\. Each is in the table .+\.",
    r"\S+ has \d+ holes? .+ is unknown to every condition .+; fetch the series again .+\.",
)


@pytest.mark.parametrize(
    ("asset", "policy", "window", "end"),
    [
        ("XRP", "article", (), "2025-05-01T00:00:00Z"),
        ("ADA", "article", (), "2025-05-01T00:00:00Z"),
        ("LTC", "article", (), "2025-05-01T00:00:00Z"),
        ("SOL", "hold", ("--window", "2022-11"), "2022-12-01T00:00:00Z"),
        ("SOL", "sma200-only", ("--window", "2022-11"), "2022-12-01T00:00:00Z"),
    ],
)
def test_every_warning_of_a_whole_history_explains_itself(
    asset: str, policy: str, window: tuple[str, ...], end: str
) -> None:
    words = ("backtest", policy, "--data", real_data(), "--asset", asset)

    document = json.loads(ran(*words, *window, "--json").stdout)
    unexplained = [
        said
        for said in document["warnings"]
        if not any(re.fullmatch(shape, said) for shape in EXPLAINED)
    ]

    assert document["end"] == end
    assert document["warnings"] != []
    assert unexplained == []


def test_sol_falls_by_more_than_half_in_november_2022_and_its_average_stays_out() -> None:
    words = ("--data", real_data(), "--asset", "SOL", "--window", "2022-11", "--json")
    held = json.loads(ran("backtest", "hold", *words).stdout)
    stayed = json.loads(ran("backtest", "sma200-only", *words).stdout)

    # The fall is that of the spot price of the window, less what buying cost.
    assert held["equity"]["end"] < 0.5 * held["equity"]["start"]
    assert stayed["equity"]["end"] == stayed["equity"]["start"]
    assert held["benchmarks"]["static_60_40"] is None


def test_a_policy_with_futures_is_refused_on_sol_by_the_names_of_what_is_missing() -> None:
    line = refused("backtest", "article", "--data", real_data(), "--asset", "SOL", code=3)

    assert "article needs futures (baseline holds futures), and" in line
    assert "binance.perp.SOLUSDT.1h, binance.perp.SOLUSDT.mark.1h" in line
    assert line.endswith("choose one, or add it")
