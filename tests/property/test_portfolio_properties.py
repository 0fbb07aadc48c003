"""What holds for every portfolio: sums add up, order does not count, copies change nothing."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import steelyard as sy
from steelyard.domain import codes
from steelyard.report.portfolio import Hours, build_portfolio
from steelyard.report.result import Result, build_result
from tests.support.made_runs import made_inputs
from tests.support.rising import day_at, rising_market

HOURS = Hours(start_ms=0, end_ms=1, start_set_by=(), end_set_by=())
seeds = st.lists(st.integers(0, 30), min_size=1, max_size=4, unique=True)
START, END = "2001-09-01", "2001-12-31"


@cache
def made(seed: int) -> Result:
    return build_result(made_inputs(8, seed=seed))


def results(numbers: list[int]) -> dict[str, Result]:
    return {f"A{number}": made(number) for number in numbers}


def equal_shares(names: Mapping[str, object]) -> dict[str, float]:
    return dict.fromkeys(names, 1.0 / len(names))


@given(seeds)
@settings(max_examples=40)
def test_the_change_of_equity_is_the_sum_of_all_parts_of_all_assets(numbers: list[int]) -> None:
    each = results(numbers)
    found = build_portfolio(each, equal_shares(each), HOURS)
    change = sum(one.end_equity - one.start_equity for one in each.values())
    parts = sum(getattr(one.attribution, part) for one in each.values() for part in codes.PARTS)

    assert found.end_equity - found.start_equity == pytest.approx(change, abs=1e-6)
    assert found.attribution.total == pytest.approx(parts, abs=1e-6)
    assert abs(found.attribution.residual) <= 1e-9 * found.account.nav.max()


@given(seeds.flatmap(lambda numbers: st.tuples(st.just(numbers), st.permutations(numbers))))
@settings(max_examples=20)
def test_the_order_of_assets_changes_no_byte(orders: tuple[list[int], list[int]]) -> None:
    first, second = (
        build_portfolio(each, equal_shares(each), HOURS).to_json() for each in map(results, orders)
    )

    assert first == second


@given(seeds)
@settings(max_examples=20)
def test_no_fall_of_the_sum_is_deeper_than_the_deepest_of_an_asset(numbers: list[int]) -> None:
    # What each asset keeps of its own high is at least 1 + depth, and the high of a sum is at most
    # the sum of the highs.
    each = results(numbers)
    found = build_portfolio(each, equal_shares(each), HOURS)

    assert found.fall.depth >= min(part.fall.depth for part in found.assets.values()) - 1e-12


@pytest.mark.parametrize("policy", ["article", "static-60-40"])
def test_a_portfolio_of_one_asset_is_its_backtest(policy: str) -> None:
    market = sy.synthetic_market()
    alone = sy.backtest(policy, market, start=START, end=END)
    found = sy.portfolio(policy, {"BTC": market}, start=START, end=END)

    assert found.assets["BTC"].result.to_json() == alone.to_json()
    assert found.account.nav.tolist() == alone.account.nav.tolist()
    # Only the sum of prices is rounded otherwise: it is that of coins bought with the cash.
    assert asdict(found.metrics) == pytest.approx(asdict(alone.metrics), rel=1e-9)
    assert found.attribution == alone.attribution
    assert found.benchmarks.keys() == alone.benchmarks.keys()
    for name, metrics in alone.benchmarks.items():
        assert asdict(found.benchmarks[name]) == pytest.approx(asdict(metrics), rel=1e-9)


def test_without_dates_a_portfolio_of_one_asset_is_its_backtest() -> None:
    market = rising_market()

    found = sy.portfolio("hold", {"BTC": market})

    assert found.assets["BTC"].result.to_json() == sy.backtest("hold", market).to_json()


def test_on_one_account_equal_halves_are_what_each_is_alone() -> None:
    market = sy.synthetic_market()
    markets = {"A": market, "B": market}
    alone, found = (
        sy.portfolio("article", markets, start=START, end=END, margin=margin)
        for margin in ("separate", "shared")
    )

    assert found.account.nav == pytest.approx(alone.account.nav, rel=1e-9)
    for name in markets:
        one, other = (each.assets[name].result for each in (found, alone))
        assert asdict(one.metrics) == pytest.approx(asdict(other.metrics), rel=1e-7)
        assert one.counts == other.counts
        assert one.inputs.ladder() is None


@given(st.integers(2, 5))
@settings(max_examples=4)
def test_copies_of_a_market_with_equal_shares_have_the_curve_of_one(count: int) -> None:
    # Exact where nothing depends on size: holding, in a market without lots or a least order, and
    # so much traded in it that no order moves its price.
    market = rising_market()
    deep = replace(market.spot, volume=np.full(market.spot.volume.size, np.inf))
    market = replace(market, spot=deep)
    one = sy.backtest("hold", market, start=day_at(72))

    found = sy.portfolio("hold", {f"C{n}": market for n in range(count)}, start=day_at(72))

    assert found.account.nav == pytest.approx(one.account.nav, rel=1e-12)
    assert one.end_equity > 3.0 * one.start_equity


@given(st.floats(0.05, 0.95))
@settings(max_examples=8)
def test_each_account_is_a_backtest_with_its_share_of_the_cash(share: float) -> None:
    markets = {"A": rising_market(), "B": rising_market(missing=(100, 101))}
    shares = {"A": share, "B": 1.0 - share}

    found = sy.portfolio("static-60-40", markets, shares=shares, start=day_at(72), cash=50_000.0)

    for name, market in markets.items():
        cash = 50_000.0 * shares[name]
        alone = sy.backtest("static-60-40", market, start=day_at(72), cash=cash)
        assert found.assets[name].result.to_json() == alone.to_json()
