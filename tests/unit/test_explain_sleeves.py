"""An explanation tells what sleeves hold, and the core's targets without it."""

import pytest

from steelyard.data.synthetic import synthetic_market
from steelyard.engine.explain import explain
from steelyard.report.explain_text import explain_text
from steelyard.report.explanation import Explanation
from tests.support.policy_files import policy_of

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
    notional = abs(before.futures) * before.equity + abs(pair.futures) * futures.price

    assert before.leverage == pytest.approx(notional / before.cash)
