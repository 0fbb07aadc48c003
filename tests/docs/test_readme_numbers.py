"""The figures of the README are those of the command it names."""

import re
from pathlib import Path

import pytest

from steelyard.data.catalogue import open_market
from steelyard.engine.backtest import backtest
from steelyard.engine.dates import window
from steelyard.engine.ladder import ladder
from steelyard.report.words import money, percent, signed_percent
from tests.support.data import real_data

README = Path(__file__).resolve().parents[2] / "README.md"
ROWS = {
    "holding": "hold",
    "static 70/30": "static_70_30",
    "static 60/40": "static_60_40",
    "constant delta": "constant_delta",
    "SMA200 only": "sma200_only",
}


def figures_of_readme() -> dict[str, tuple[str, ...]]:
    rows = re.findall(
        r"^\| (.+?) \| ([\d,]+) \| (\S+ %) \| (\S+ %) \|$", README.read_text("utf-8"), re.MULTILINE
    )
    return {name.strip("`"): (end, gain, worst) for name, end, gain, worst in rows}


def shown(start: float, end: float, drawdown: float | None) -> tuple[str, str, str]:
    gain = end / start - 1.0
    return money(end), ("+" if gain > 0.0 else "") + percent(gain), percent(drawdown)


@pytest.mark.real
def test_the_readme_tells_the_figures_of_the_2022_window() -> None:
    start, end = window("2022-drawdown")
    result = backtest("article", open_market(real_data(), asset="BTC"), start=start, end=end)
    expected = {
        "article": shown(result.start_equity, result.end_equity, result.metrics.max_drawdown)
    }
    for row, name in ROWS.items():
        nav = result.benchmark_accounts[name].nav
        worst = result.benchmarks[name].max_drawdown
        expected[row] = shown(float(nav[0]), float(nav[-1]), worst)

    assert figures_of_readme() == expected


@pytest.mark.real
def test_the_readme_tells_how_the_policy_did_over_all_years() -> None:
    said = README.read_text("utf-8")
    found = re.search(r"`--start (\S+) --end (\S+)` in place of the window, .*", said)
    assert found is not None
    market = open_market(real_data(), asset="BTC")
    result = backtest("article", market, start=found[1], end=found[2])
    held = result.benchmark_accounts["hold"].nav

    assert found[0].endswith(
        f"ended at {money(result.end_equity)} ({signed_percent(result.total_return)}) and holding "
        f"at {money(float(held[-1]))} ({signed_percent(float(held[-1] / held[0]) - 1.0)})."
    )


@pytest.mark.real
def test_the_readme_tells_the_closes_of_the_ladder() -> None:
    facts = ladder("article", open_market(real_data(), asset="BTC"), at="2024-01-15")
    jumps = [turn for turn in facts.turns if turn.moves_targets and turn.above.close > facts.last]
    said = README.read_text("utf-8")

    assert [turn.above.regime for turn in jumps] == ["breakdown", "baseline"]
    assert all(money(turn.above.close) in said for turn in jumps)
