"""What a review says, against the same values worked out another way."""

from pathlib import Path

import numpy as np
import pytest

from steelyard.data.synthetic import synthetic_market
from steelyard.domain.market import Market
from steelyard.domain.time import DAY_MS, text
from steelyard.engine.backtest import backtest
from steelyard.engine.gauges import YEAR_DAYS, gauges_of
from steelyard.engine.review import changes, review
from steelyard.engine.standing import stand
from steelyard.policy.load import load_policy
from steelyard.report.review import Gauge
from steelyard.report.review_words import gauge_rank, gauge_value, level_rows, news
from tests.support.policy_files import written


@pytest.fixture(scope="module")
def market() -> Market:
    return synthetic_market()


def middle(market: Market) -> int:
    """Return a midnight in the middle of a market."""
    at_ms = (market.start_ms + market.end_ms) // 2
    return at_ms - at_ms % DAY_MS


def test_a_gauge_is_ranked_among_the_closes_of_the_year_before(market: Market) -> None:
    gauge = next(one for one in gauges_of(market) if one.id == "realised_vol")
    before = gauge.values[:-1][-YEAR_DAYS:]
    before = before[~np.isnan(before)]

    assert gauge.rank == pytest.approx(
        100.0 * (np.sum(before < gauge.value) + 0.5 * np.sum(before == gauge.value)) / before.size
    )


def made_gauge(value: float, unit: str, rank: float = 72.4, missing: str = "") -> Gauge:
    nothing = np.zeros(0)
    return Gauge(
        id="made",
        label="made",
        expression="made",
        unit=unit,
        value=value,
        rank=rank,
        ms=nothing.astype(np.int64),
        values=nothing,
        missing=missing,
    )


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        # 0.0001 per 8 h is 0.0001 x 3 x 365 = 10.95 % a year.
        (0.0001, "rate_8h", "0.0100 % per 8 h, 10.9 % a year"),
        (0.152, "rate_a_year", "15.2 % a year"),
        (87.74, "percent_a_year", "87.7 % a year"),
        (24_109.33, "coins", "24,109 coins"),
        (8.0657, "percent", "8.07 %"),
        (float("nan"), "coins", "unknown"),
    ],
)
def test_a_gauge_is_told_in_its_unit(value: float, unit: str, said: str) -> None:
    assert gauge_value(made_gauge(value, unit)) == said


def test_a_rank_is_told_or_the_reason_why_there_is_none() -> None:
    assert gauge_rank(made_gauge(1.0, "coins")) == "above 72 % of it"
    nan = float("nan")
    assert gauge_rank(made_gauge(1.0, "coins", nan)) == "too little of the year is known"
    lacking = made_gauge(nan, "coins", nan, "the data holds no open_interest for LTC")
    assert gauge_rank(lacking) == "the data holds no open_interest for LTC"


@pytest.mark.slow
def test_changes_name_what_the_backtest_did_within_the_day(market: Market) -> None:
    result = backtest("article", market)
    walk = result.inputs.walk.decisions
    before = np.searchsorted(walk.ms, walk.ms - DAY_MS)
    moved = (walk.regime != walk.regime[before]) & (walk.ms % DAY_MS == 0)
    row = int(np.flatnonzero(moved)[-1])
    standing = stand(load_policy("article"), market, at=text(int(walk.ms[row])))

    assert any(one.startswith("The regime went from ") for one in changes(standing))


@pytest.mark.slow
def test_where_nothing_changes_the_review_says_so(market: Market) -> None:
    found = review("hold", market, at=text(middle(market)))

    assert found.changes == ()
    assert news(found) == "Since yesterday nothing changed."


@pytest.mark.slow
def test_levels_stand_highest_first_with_their_side(market: Market) -> None:
    found = review("hold", market, at=text(middle(market)))
    rows = level_rows(found)
    sides = [row.side for row in rows]

    assert rows
    assert sides == sorted(sides)  # resistances above, supports below
    assert len(rows) <= 6


@pytest.mark.slow
def test_a_trigger_fires_in_the_picture_on_the_day_it_fires(market: Market, tmp_path: Path) -> None:
    at_ms = middle(market)
    days = market.bars["1d"]
    row = int(np.searchsorted(days.known_ms, at_ms))
    window = days.close[row - 60 : row + 1]
    threshold = float(np.max(window[:-1])) * 0.999
    file = written(
        tmp_path,
        f"""
[[triggers]]
id = "high"
when = "close >= {threshold!r}"
effect = {{ alert = true }}
""",
    )
    found = review(str(file), market, at=text(at_ms))
    true = days.close >= threshold
    entered = [
        int(days.known_ms[i]) for i in range(row - 119, row + 1) if true[i] and not true[i - 1]
    ]

    assert [stamp for _, stamp in found.recent.fired] == entered
