"""What a portfolio shows on a terminal and on its page."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from steelyard.domain.errors import RequestError
from steelyard.domain.time import DAY_MS
from steelyard.report.portfolio import Hours, Portfolio, build_portfolio
from steelyard.report.portfolio_page import portfolio_figures, portfolio_page
from steelyard.report.portfolio_text import fitted, portfolio_text
from steelyard.report.portfolio_words import answer, caveat
from steelyard.report.result import build_result
from steelyard.report.text import coloured
from steelyard.report.writing import save_bytes
from tests.support.browser import drawn, needs_browser
from tests.support.made_runs import POLICY, START_MS, made_inputs

DAYS = 60
HOURS = Hours(
    start_ms=START_MS, end_ms=START_MS + DAYS * DAY_MS, start_set_by=(), end_set_by=("BTC",)
)


def made(*names: str, is_synthetic: bool = False) -> Portfolio:
    """Return assets with equal shares, each on a path of its own."""
    results = {
        name: build_result(made_inputs(DAYS, seed=seed, is_synthetic=is_synthetic))
        for seed, name in enumerate(names)
    }
    return build_portfolio(results, dict.fromkeys(names, 1.0 / len(names)), HOURS)


@pytest.fixture(scope="module")
def found() -> Portfolio:
    return made("BTC", "ETH")


@pytest.fixture(scope="module")
def html(found: Portfolio) -> str:
    return portfolio_page(found)


def test_a_table_too_wide_for_the_terminal_stands_in_several() -> None:
    table = [["", "aaaa", "bbbb", "cccc"], ["row", "1", "2", "3"]]

    # 3 for the names, and 2 + 4 for each column: two of them take 15.
    assert fitted(table, 15) == ["     aaaa  bbbb", "row     1     2", "", "     cccc", "row     3"]
    assert fitted(table, 21) == ["     aaaa  bbbb  cccc", "row     1     2     3"]


@pytest.mark.parametrize("count", [1, 2, 9])
@pytest.mark.parametrize("width", [80, 100])
def test_no_line_is_wider_than_the_terminal(count: int, width: int) -> None:
    said = portfolio_text(made(*(f"ASSET{n}" for n in range(count))), width=width)

    assert max(map(len, said.splitlines())) <= width


def test_the_text_tells_weights_exposure_warnings_and_the_page(found: Portfolio) -> None:
    lines = portfolio_text(found, page=Path("out/index.html")).splitlines()

    assert any(
        line.startswith("Of equity at the start and at the end: BTC 50.0 %") for line in lines
    )
    assert any(line.startswith("Net exposure, weighted by equity:") for line in lines)
    assert any(line.startswith("! BTC") for line in lines)
    assert lines[-1] == "Page: out/index.html"


def test_only_a_loss_by_force_is_red(found: Portfolio) -> None:
    warned = ("BTC, ETH: Liquidated on a day.", "BTC: Liquidation fees were other ones then.")
    shown = coloured(portfolio_text(replace(found, warnings=warned)))
    red = [shown.plain[s.start : s.end] for s in shown.spans if "red" in str(s.style)]

    assert red == ["! BTC, ETH: Liquidated on a day."]


def test_without_warnings_there_is_no_line_of_them(found: Portfolio) -> None:
    assert "\n!" not in portfolio_text(replace(found, warnings=()))


def test_a_synthetic_market_proves_nothing_about_money() -> None:
    said = caveat(made("BTC", is_synthetic=True))

    assert said.startswith("The market is synthetic, so this shows how the rules work")


def test_the_page_begins_with_the_answer_and_leads_to_each_asset(
    found: Portfolio, html: str
) -> None:
    shown = " ".join(html.replace("\u00a0", " ").split())

    assert f"<h1>{answer(found)}</h1>" in shown
    assert re.findall(r'href="([^"]*)"', html) == ["BTC/report.html", "ETH/report.html"]


def test_the_page_asks_the_network_for_nothing(html: str) -> None:
    own = html.rsplit("<script>", maxsplit=1)[-1]

    assert "default-src 'none'" in html
    assert not re.search(r"https?://|fetch\(|XMLHttpRequest|WebSocket|import\(", own)
    assert not re.search(r"\s(src|action|poster|background)=", html.split("<script", maxsplit=1)[0])


def test_the_page_counts_holes_and_leaves_their_list_to_each_asset(html: str) -> None:
    # Its market has a hole of three hours from 06:00 on the second day.
    assert "1 hole" in html
    assert "2021-11-11 06:00 UTC to" not in html


def test_the_figures_have_a_value_for_every_day(found: Portfolio) -> None:
    drawn = portfolio_figures(found)
    lengths = {
        name: len(values)
        for name in ("ms", "equity", "hold", "drawdown", "holding", "delta")
        if isinstance(values := drawn[name], list)
    }

    assert set(lengths.values()) == {DAYS + 1}
    assert len(lengths) == 6
    assert json.dumps(drawn, allow_nan=False)


def test_a_forced_sale_is_counted_and_marked(found: Portfolio) -> None:
    part = replace(found.assets["ETH"], liquidations=3)
    result = replace(part.result, inputs=replace(part.result.inputs, warnings=("Liquidated so.",)))
    page = portfolio_page(
        replace(found, assets={**found.assets, "ETH": replace(part, result=result)})
    )

    assert '<li class="force">ETH: Liquidated so.</li>' in page
    assert page.count('<td class="number">3</td>') == 2  # of all together, and of ETH


def test_text_from_outside_cannot_become_markup(found: Portfolio) -> None:
    evil = "</script><script>alert(1)</script><b>"

    page = portfolio_page(replace(found, policy=replace(POLICY, name=evil), quote=evil))

    assert "<b>" not in page
    assert page.count("<script") == 3


def test_a_full_disk_leaves_nothing_of_any_asset(found: Portfolio, tmp_path: Path) -> None:
    def full(path: Path, content: bytes) -> None:
        if path.name == "portfolio.json":
            raise OSError(28, "No space left on device")
        save_bytes(path, content)

    with pytest.raises(RequestError, match="the disk is full: nothing was written"):
        found.write(tmp_path / "out", save=full)

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_there_is_written_into_again(found: Portfolio, tmp_path: Path) -> None:
    before = found.write(tmp_path / "out")
    (tmp_path / "out/BTC/result.json").write_text("old", encoding="utf-8")

    after = found.write(tmp_path / "out")

    assert after == before
    assert after[-1] == tmp_path / "out/index.html"
    assert (tmp_path / "out/BTC/result.json").read_text(encoding="utf-8") != "old"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "BTC",
        "ETH",
        "equity.parquet",
        "index.html",
        "portfolio.json",
    ]


def test_a_folder_without_a_name_is_refused(found: Portfolio) -> None:
    with pytest.raises(RequestError, match="the folder to write into has no name"):
        found.write(" ")


@needs_browser
def test_a_browser_draws_every_line_and_its_name(html: str, tmp_path: Path) -> None:
    (picture,) = re.findall(r"<svg.*?</svg>", drawn(html, tmp_path), re.DOTALL)
    names = re.findall(r"<text[^>]*>([^<]*)</text>", picture)

    # Equity of both assets, holding and the sum; drawdown of the last two; net exposure.
    assert [names.count(name) for name in ("BTC", "ETH", "holding", "portfolio", "net")] == [
        1,
        1,
        2,
        2,
        1,
    ]
