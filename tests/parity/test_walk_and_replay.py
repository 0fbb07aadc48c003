"""The compiled walk and the runner agree on every decision and fill, and to 1e-9 in equity."""

import numpy as np
import pytest

from steelyard.data.catalogue import open_market
from steelyard.data.synthetic import synthetic_market
from steelyard.domain.market import Market
from steelyard.domain.record import Walk
from steelyard.engine.course import lay_course
from steelyard.engine.replay import replay
from steelyard.kernel.walk import walk
from steelyard.policy.compile import compile_policy
from steelyard.policy.load import load_policy, policy_names
from tests.support.compare import departures
from tests.support.data import real_data

pytestmark = pytest.mark.parity
CASH = 100_000.0


def both_ways(policy: str, market: Market, settings: tuple[str, ...] = ()) -> tuple[Walk, Walk]:
    """Return the outcome of a policy over all of a market, walked and replayed."""
    compiled = compile_policy(load_policy(policy, settings))
    course = lay_course(market, start=None, end=None, cash=CASH)
    signals, track = course.prepare(compiled)
    arguments = compiled.plan, signals, track, course.costs, CASH
    return walk(*arguments), replay(*arguments)


@pytest.mark.parametrize("policy", policy_names())
def test_walk_and_replay_agree_on_the_synthetic_market(policy: str) -> None:
    walked, replayed = both_ways(policy, synthetic_market())

    assert departures(walked, replayed, CASH) == []


def test_walk_and_replay_agree_where_margin_is_defended() -> None:
    settings = ("limits.margin_defence.leverage=2.01", "limits.margin_defence.margin_ratio=0.02",
                "limits.margin_defence.until=0.01")  # fmt: skip
    walked, replayed = both_ways("article", synthetic_market(), settings)

    assert walked.defended > 0
    assert departures(walked, replayed, CASH) == []


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize("asset", ["BTC", "XRP", "ADA", "LTC"])
def test_walk_and_replay_agree_over_the_whole_history(asset: str) -> None:
    walked, replayed = both_ways("article", open_market(real_data(), asset=asset))
    residual = walked.parts.sum(axis=1) - (walked.curve.equity - CASH)

    assert departures(walked, replayed, CASH) == []
    assert np.abs(walked.curve.equity - replayed.curve.equity).max() <= 1e-9 * CASH
    assert np.abs(residual).max() <= 1e-9 * CASH
    assert walked.fills.price.size > 100
