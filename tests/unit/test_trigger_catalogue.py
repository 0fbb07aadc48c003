"""Triggers V2, O1 and O2 of domain 4 as a policy says them, and the candles of the campaign."""

import tomllib
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from steelyard.data.synthetic import synthetic_market
from steelyard.domain.arrays import Floats
from steelyard.domain.market import Market
from steelyard.domain.time import DAY_MS
from steelyard.engine.backtest import backtest
from steelyard.features.sampling import asof
from steelyard.features.volatility import realised_vol
from steelyard.policy.evaluate import Evaluation, Grid
from steelyard.policy.load import load_policy
from steelyard.policy.parse import Definitions, parse
from tests.support.policy_files import HEAD, written
from tests.unit.test_data_synthetic import PEAK, has_shelf, rejections

POLICY = """
[define]
above_q75 = '''first_known(
  implied_vol - quantile(implied_vol, 0.75, 365, least = 180),
  realised_vol(30) - quantile(realised_vol(30), 0.75, 365, least = 180))'''
above_q60 = '''first_known(
  implied_vol - quantile(implied_vol, 0.60, 365, least = 180),
  realised_vol(30) - quantile(realised_vol(30), 0.60, 365, least = 180))'''
resisted = "close > at_entry(resistance()) and ago(close, 1) > at_entry(resistance())"
flat = "-0.03 <= change(close, 7) <= 0.01"

[[triggers]]
id = "iv_percentile"
when = "crosses_above(above_q75, 0)"
effect = { cut_longs = 0.25, freed_to = "cash", leverage_cap = 1.0 }
release = "above_q60 < 0"
release_confirm = 3

[[triggers]]
id = "oi_divergence"
when = "change(open_interest, 7) >= 0.15 and flat"
effect = { alert = true }
release = "since_entry() >= 5"
on_unknown = "ignore"

[[triggers]]
id = "oi_near_resistance"
while_active = ["oi_divergence"]
when = "percentile_rank(open_interest, 90) >= 80 and near_resistance()"
effect = { hedge = 0.15 }
release = "resisted or percentile_rank(open_interest, 90) < 60"
"""


@cache
def market() -> Market:
    return synthetic_market()


def outage() -> Market:
    """Return the market with implied volatility gone for two stretches, once while it is high."""
    made = market()
    index = made.series["implied_vol"]
    day = (index.known_ms - index.known_ms[0]) // DAY_MS
    kept = ~(((day > 410) & (day < 440)) | ((day > 786) & (day < 830)))
    cut = replace(index, known_ms=index.known_ms[kept], value=index.value[kept])
    return replace(made, series={**made.series, "implied_vol": cut})


def worth(on: Market, text: str) -> Floats:
    days = on.bars["1d"]
    node = parse(text, "1d", Definitions(tomllib.loads(HEAD + POLICY)["define"]))
    return Evaluation(on, {}).values(node, Grid("1d", days.known_ms))


def test_the_triggers_of_volatility_and_open_interest_run_as_a_policy(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, POLICY))
    result = backtest(policy, market())
    episodes = {one.id: one.episodes for one in result.triggers}

    assert all(count > 0 for count in episodes.values()), episodes


def crossed_up(on: Market) -> list[float]:
    """Return V2 day by day: each source by its own history, nothing where they change over."""
    days = on.bars["1d"]
    index = on.series["implied_vol"]
    sources = (
        asof(days.known_ms, index.known_ms, index.value, DAY_MS - 1),  # on its own day only
        realised_vol(days.close, 30),
    )
    told: list[float] = []
    before: tuple[int, bool] | None = None
    for day in range(days.close.size):
        now = None
        for number, source in enumerate(sources):
            past = source[max(day - 365, 0) : day]
            past = past[~np.isnan(past)]
            if now is None and past.size >= 180 and not np.isnan(source[day]):
                now = (number, bool(source[day] > np.quantile(past, 0.75)))
        fires = now is not None and before == (now[0], False) and now[1]
        told.append(float(fires))
        before = now
    return told


@pytest.mark.parametrize("made", [market, outage])
def test_volatility_crosses_within_one_source_only(made: Callable[[], Market]) -> None:
    on = made()
    found = worth(on, "crosses_above(above_q75, 0)")

    assert np.nan_to_num(found).tolist() == crossed_up(on)
    assert sum(crossed_up(on)) > 1


def test_a_source_that_is_lost_while_it_is_high_is_told_in_the_result(tmp_path: Path) -> None:
    result = backtest(load_policy(written(tmp_path, POLICY)), outage())
    told = [warning for warning in result.warnings if "changes over" in warning]

    # Realised, then implied volatility, and each of the two outages there and back.
    assert len(told) == 1
    assert 'trigger "iv_percentile", when: first_known inside crosses_above' in told[0]
    assert "changes over on 5 bars" in told[0]


def test_the_shelf_and_the_rejection_of_the_plot_are_found_as_by_another_way() -> None:
    made = market()
    hours, size = made.spot, made.bars["1d"].close.size
    shelves = worth(made, "shelf()")
    expected = [has_shelf(hours, day) for day in PEAK]

    assert [shelves[day] == 1.0 for day in PEAK] == expected
    assert any(expected)
    assert np.array_equal(worth(made, "rejection()") == 1.0, rejections(made.bars["1d"]))
    assert size == shelves.size


def test_a_flat_price_may_be_measured_in_true_ranges() -> None:
    # Domain 3.5, flat_mode: up by half an ATR x sqrt(7), down by one; sqrt(7) = 2.6457513.
    text = (
        "close - ago(close, 7) <= 0.5 * 2.6457513 * atr(14) "
        "and ago(close, 7) - close <= 2.6457513 * atr(14)"
    )
    found = worth(market(), text)

    assert set(found[~np.isnan(found)]) == {0.0, 1.0}


def test_the_iv_rank_is_an_expression() -> None:
    # 100 x (v - min) / (max - min) over the 365 values before; another thing than the percentile.
    text = (
        "100 * (implied_vol - lowest(ago(implied_vol, 1), 365)) "
        "/ (highest(ago(implied_vol, 1), 365) - lowest(ago(implied_vol, 1), 365))"
    )
    made = market()
    value = made.series["implied_vol"].value
    day = 789
    past = value[day - 365 : day]

    assert worth(made, text)[day] == pytest.approx(
        100 * (value[day] - past.min()) / (past.max() - past.min())
    )
