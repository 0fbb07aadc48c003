"""An explanation tells what sleeves hold, and the core's targets without it."""

from pathlib import Path

import pytest

from steelyard.data.synthetic import synthetic_market
from steelyard.engine.explain import explain
from steelyard.report.explain_text import explain_text
from steelyard.report.explanation import Explanation
from tests.support.days import market_of_days
from tests.support.policy_files import policy_of, trigger

CARRY = """
[carry]
allocation = 0.10
entry = 0.10
"""


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Explanation:
    policy = policy_of(tmp_path_factory.mktemp("carry"), CARRY)
    return explain(policy, synthetic_market(), at="2002-01-01")


def test_a_pair_is_told_in_coins(carried: Explanation) -> None:
    (pair,) = carried.orders.pairs

    assert pair.sleeve == "carry"
    assert pair.spot == pair.held == pytest.approx(-pair.futures)
    assert pair.spot > 0.0
    assert "carry sleeve: " in explain_text(carried)


def test_the_target_of_the_core_is_without_the_spot_of_the_pair(carried: Explanation) -> None:
    (pair,), (spot, _) = carried.orders.pairs, carried.orders.legs
    lent = pair.held * spot.price / carried.orders.before.equity

    assert spot.target == pytest.approx(carried.spot - lent)


def test_both_futures_count_in_leverage(carried: Explanation) -> None:
    (pair,), (_, futures) = carried.orders.pairs, carried.orders.legs
    before = carried.orders.before
    notional = abs(futures.weight) * before.equity + abs(pair.futures) * futures.price

    assert before.leverage == pytest.approx(notional / before.cash)


def test_the_account_and_its_liquidation_are_told_with_the_pair(tmp_path: Path) -> None:
    # Of 0.8 spot the pair takes 0.2: the core is left 0.6 and keeps its hedge ratio, -0.2 x 0.6 /
    # 0.8 = -0.15. Short 0.35 in all on 0.2 of cash.
    head = "schema = 1\nname = 'small'\n[baseline]\nspot = 0.8\nfutures = -0.2\n"
    carry = "[carry]\nallocation = 0.2\nentry = 0.05\n"  # 0.01 % per 8 hours is 10.95 % a year
    policy = policy_of(tmp_path, carry + trigger("close < 50"), head)
    orders = explain(policy, market_of_days([100.0] * 12)).orders
    spot, futures = orders.legs
    account = orders.before

    assert (spot.weight, futures.weight) == pytest.approx((0.6, -0.15), abs=2e-3)
    assert (account.spot, account.futures) == pytest.approx((0.8, -0.35), abs=2e-3)
    # 0.2 - 0.35 (p / 100 - 1) meets a maintenance of up to 1 % of 0.35 p / 100.
    assert 0.55 / 0.35 * 100.0 / 1.011 < account.liquidation_price < 0.55 / 0.35 * 100.0
