"""The report page: one file, offline, honest about what is missing, safe with any text in it."""

import json
import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pytest

from steelyard.domain.time import DAY_MS
from steelyard.report import metrics
from steelyard.report.candles import candles
from steelyard.report.figures import figures, highest_of_day
from steelyard.report.frames import equity_frame
from steelyard.report.page import embedded, page
from steelyard.report.pictures import main_picture, waterfall
from steelyard.report.reasons import has_news, reason
from steelyard.report.result import Result, build_result
from steelyard.report.story import answer, caveat
from steelyard.report.tables import episodes, funding_sentence, performance, plain
from steelyard.report.words import money
from tests.support.made_runs import POLICY, START_MS, Script, force_last_fill, made_inputs

EMPTY = {"meta", "link", "br", "hr", "img", "input", "base", "source", "embed", "area", "col"}


class Reader(HTMLParser):
    """Collects the elements of a page, the text of its scripts apart, and what is left open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts.append(data)
        elif self.open and self.open[-1] != "style":
            self.words.append(data)


@pytest.fixture(scope="module")
def result() -> Result:
    return build_result(made_inputs(60))


@pytest.fixture(scope="module")
def html(result: Result) -> str:
    return page(result)


def test_every_element_of_the_page_is_closed(html: str) -> None:
    assert Reader(html).open == []


def test_the_page_asks_the_network_for_nothing(html: str) -> None:
    reader = Reader(html)
    loading = {"src", "href", "srcset", "data", "action", "poster", "background", "cite"}
    asked = [(tag, attrs) for tag, attrs in reader.elements if loading & attrs.keys()]
    policy = [attrs["content"] for _, attrs in reader.elements if "http-equiv" in attrs]
    own = "".join(reader.scripts[-1:])

    assert asked == []
    assert [text and text.startswith("default-src 'none'") for text in policy] == [True]
    assert not re.search(r"https?://|fetch\(|XMLHttpRequest|WebSocket|import\(|localStorage", own)
    assert "@import" not in html.split("</style>", maxsplit=1)[0]
    assert "url(" not in html.split("</style>", maxsplit=1)[0]


def test_the_first_words_are_the_answer_and_then_what_it_does_not_prove(
    result: Result, html: str
) -> None:
    words = " ".join(Reader(html).words)
    shown = " ".join(unescape(words).split())

    assert f"{answer(result)} {caveat(result)}" in shown


def test_the_numbers_behind_the_pictures_can_be_read(result: Result, html: str) -> None:
    drawn = json.loads(next(text for text in Reader(html).scripts if text.startswith("{")))

    assert drawn == {**json.loads(json.dumps(figures(result))), "ladder": None}
    assert len(drawn["ms"]) == len(drawn["price"]) == len(drawn["equity"]) == 61


def test_text_from_outside_cannot_become_markup() -> None:
    evil = "</script><script>alert(1)</script><b>&\u2028"
    inputs = made_inputs(5)
    policy = replace(POLICY, name=evil, about=evil, why={"atr_expansion": evil})
    hostile = replace(inputs, policy=policy, warnings=(evil,), assumptions={"fees": evil})
    reader = Reader(page(build_result(hostile)))

    assert reader.open == []
    assert not any(tag == "b" for tag, _ in reader.elements)
    assert sum(tag == "script" for tag, _ in reader.elements) == 3


def test_embedded_json_means_the_same_after_escaping() -> None:
    content = {"a": "</script> & <!-- \u2029"}

    assert json.loads(embedded(content)) == content
    assert not set("<>&\u2028\u2029") & set(embedded(content))


def test_the_page_is_the_same_for_the_same_run(html: str) -> None:
    assert page(build_result(made_inputs(60))) == html


@pytest.mark.slow
def test_a_year_stays_below_two_megabytes_and_eight_below_three() -> None:
    # 8 years have 2922 daily rows, 70,128 hours and a profile a day; the library is 1.1 MB of it.
    year, eight = (build_result(made_inputs(days)) for days in (365, 2922))
    hours = figures(eight)["hours"]

    assert isinstance(hours, dict)
    assert hours["rows"] == 70_128
    assert len(page(year)) < 2_000_000
    assert len(page(eight)) < 3_000_000


def test_every_decision_with_news_keeps_its_sentences(result: Result) -> None:
    drawn = figures(result)
    said, told = drawn["sentences"], drawn["reasons"]
    assert isinstance(said, list)
    assert isinstance(told, list)
    inputs = result.inputs
    news = [row for row in range(inputs.walk.decisions.ms.size) if has_news(inputs, row)]

    assert [
        " ".join(str(said[int(str(number))]) for number in each[1:])
        for each in told
        if isinstance(each, list)
    ] == [reason(inputs, row) for row in news]
    assert len(said) == len(set(map(str, said)))


def test_pictures_have_a_sentence_that_says_what_they_show(result: Result, html: str) -> None:
    reader = Reader(html)
    labels = " ".join(unescape(attrs.get("aria-label") or "") for _, attrs in reader.elements)

    assert main_picture(result) in unescape(" ".join(reader.words))
    assert waterfall(result) in labels
    assert f"to {money(result.end_equity)} USDT: spot " in waterfall(result)


def test_leverage_adds_a_long_core_and_the_short_of_a_sleeve() -> None:
    # Of 20 long in all the core is 50 long and a sleeve 30 short: 80 on 40 of cash.
    inputs = made_inputs(4)
    curve = inputs.walk.curve
    curve.futures[:], curve.sleeve_futures[:], curve.cash[:] = 20.0, -30.0, 40.0

    assert figures(build_result(inputs))["leverage"] == [None, 2.0, 2.0, 2.0, 2.0]
    assert equity_frame(inputs)["leverage"].unique().sort().to_list() == [0.0, 2.0]


def test_days_without_futures_have_no_margin_ratio() -> None:
    inputs = made_inputs(4)
    inputs.walk.curve.margin_ratio[:24] = 0.0
    inputs.walk.curve.margin_ratio[24:] = 0.25

    assert figures(build_result(inputs))["margin"] == [None, None, 0.25, 0.25, 0.25]


def test_tables_have_heads_rows_and_captions(html: str) -> None:
    reader = Reader(html)
    tables = sum(tag == "table" for tag, _ in reader.elements)
    scopes = [attrs.get("scope") for tag, attrs in reader.elements if tag == "th"]

    assert tables == sum(tag == "caption" for tag, _ in reader.elements)
    assert set(scopes) == {"col", "row"}


def test_a_run_without_episodes_says_what_to_do() -> None:
    quiet = Script((-1,) * 5, (frozenset[int](),) * 5)
    words = " ".join(Reader(page(build_result(made_inputs(5, script=quiet)))).words)

    assert "No trigger fired and no regime came into force in this time." in words
    assert "steelyard check made --data DIR --asset BTC" in words


def test_a_run_of_one_day_has_a_page() -> None:
    reader = Reader(page(build_result(made_inputs(1))))

    assert reader.open == []


def test_the_page_names_data_holes_and_assumptions(result: Result, html: str) -> None:
    words = " ".join(Reader(html).words)

    assert result.market.sources[0].sha256 in words
    assert "1 in everything read up to the end of the run, 3 bars or settlements" in words
    assert "fees, perpetual" in words


def test_a_market_without_files_says_where_it_came_from() -> None:
    inputs = made_inputs(5, is_synthetic=True)
    market = replace(inputs.market, sources=(), holes=())
    words = " ".join(Reader(page(build_result(replace(inputs, market=market)))).words)

    assert "The market was made by a seeded program; no file was read." in words


def test_a_liquidation_is_marked_in_picture_and_text() -> None:
    inputs = made_inputs(60)
    force_last_fill(inputs, 500.0)
    result = build_result(inputs)
    forced = [attrs for _, attrs in Reader(page(result)).elements if attrs.get("class") == "force"]

    assert figures(result)["liquidations"] == [int(inputs.walk.fills.filled_ms[-1])]
    assert len(forced) == 1


def test_every_episode_row_knows_its_place_in_the_picture(result: Result) -> None:
    rows = episodes(result).rows

    assert [(row.start_ms, row.end_ms) for row in rows] == [
        (episode.start_ms, episode.end_ms) for episode in result.episodes
    ]


def test_a_missing_day_has_no_candle() -> None:
    inputs = made_inputs(3)
    bars = inputs.market.bars["1d"]
    bars.close[1] = np.nan
    drawn = candles(bars, START_MS + np.arange(4) * DAY_MS)

    assert [candle is None for candle in drawn] == [True, False, True, False]


def test_the_margin_of_a_day_is_its_highest() -> None:
    # Rows 1 and 3 end the days: the highest of (1, 5) and of (2, 4).
    highest = highest_of_day(np.array([1.0, 5.0, 2.0, 4.0]), np.array([1, 3]))

    assert highest.tolist() == [5.0, 4.0]


def test_funding_is_told_per_eight_hours_and_per_year(result: Result) -> None:
    # 0.012 % three times a day is 0.036 % x 365 = 13.14 % a year.
    assert "0.0120 % per 8 h, 13.1 % a year" in funding_sentence(result)


def test_without_settlements_nothing_is_said_of_funding() -> None:
    inputs = made_inputs(3)
    funding = replace(inputs.market.funding, ms=inputs.market.funding.ms + 100 * DAY_MS)
    market = replace(inputs.market, funding=funding)

    assert funding_sentence(build_result(replace(inputs, market=market))) == ""


def test_assumptions_are_flattened_with_their_names() -> None:
    told = plain({"fees": {"spot_taker": 0.001}, "notes": ["a", "b"], "cap": None})

    assert told == [("fees, spot taker", "0.001"), ("notes", "a; b"), ("cap", "-")]


def test_the_page_counts_holes_in_its_warnings_and_lists_them_once(result: Result) -> None:
    html = page(result)
    listed = "2021-11-11 06:00 UTC to 2021-11-11 09:00 UTC (3)"

    assert "has 1 hole (3 missing) up to the end of the run, 1 of the holes within it. " in html
    assert listed not in html
    assert listed in result.to_json()
    assert html.count("<td>2021-11-11 06:00 UTC</td>") == 1


def test_the_page_breaks_no_line_between_a_number_and_its_per_cent(result: Result) -> None:
    head = page(result).partition("<header>")[2].partition("</header>")[0]

    assert "\u00a0%" in head
    assert " %" not in head


def test_the_table_of_performance_tells_days_under_water_and_the_variance_of_falls(
    result: Result,
) -> None:
    # Cash never falls and has nothing to remove; the policy's numbers are those of the metrics.
    account = result.account
    table = performance(result)
    at = {head.text: number for number, head in enumerate(table.heads)}
    mine, cash = table.rows[0].cells, table.rows[-1].cells
    earned = metrics.returns(account.nav)
    removed = metrics.downside_hedge_effectiveness(earned, account.unhedged)

    assert mine[at["under water, days"]].sort == metrics.longest_underwater(account.nav)
    assert mine[at["of falls, %"]].sort == removed
    assert [cash[at[name]].text for name in ("under water, days", "of falls, %")] == ["0", "-"]
    assert {len(row.cells) for row in table.rows} == {len(table.heads)}
