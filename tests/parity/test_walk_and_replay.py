"""The compiled walk and the runner agree on every decision and fill, and to 1e-9 in equity."""

from dataclasses import replace

import numpy as np
import pytest

from steelyard.data.catalogue import open_market
from steelyard.data.synthetic import synthetic_market
from steelyard.domain.market import Market, Series
from steelyard.domain.record import Walk
from steelyard.engine.course import lay_course
from steelyard.engine.replay import replay
from steelyard.kernel.walk import walk
from steelyard.policy.account import AccountTerms
from steelyard.policy.compile import compile_policy
from steelyard.policy.load import load_policy, policy_names
from tests.support.account_files import terms_of
from tests.support.compare import departures
from tests.support.data import real_data

pytestmark = pytest.mark.parity
CASH = 100_000.0


def both_ways(
    policy: str,
    market: Market,
    settings: tuple[str, ...] = (),
    account: AccountTerms | None = None,
) -> tuple[Walk, Walk]:
    """Return the outcome of a policy over all of a market, walked and replayed."""
    compiled = compile_policy(load_policy(policy, settings), market)
    course = lay_course(market, start=None, end=None, cash=CASH, account=account)
    plan, (signals, track) = compiled.plan, course.prepare(compiled)
    arguments = plan, signals, track, course.costs_of(plan), CASH
    return walk(*arguments, course.account_of(plan)), replay(*arguments, course.account_of(plan))


def wavering() -> Market:
    """Return the synthetic market with a stablecoin that wavers, and falls to 0.87 once."""
    market = synthetic_market()
    worth = 1.0 + np.random.default_rng(7).normal(0.0, 2e-4, market.spot.known_ms.size)
    middle = worth.size // 2
    worth[middle : middle + 72] = np.linspace(0.99, 0.87, 72)
    money = {"USDT": Series(known_ms=market.spot.known_ms, value=worth, max_age_ms=-1)}
    return replace(market, money=money)


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


TERMS = {
    "wallets": "[wallets]\nseparate = true\ntransfer_hours = 3\ntransfer_cost = 1.0",
    "isolated": '[margin]\nmode = "isolated"\nleverage = 4.0\n[wallets]\nseparate = true',
    "collateral": "[margin]\nspot_as_collateral = true\n[cash]\nyield = 0.03\nborrow = 0.1",
    "credit": '[bonus]\namount = 500.0\ncounts_as = "fees"\n[fees]\nexecution = "maker"',
    "reserve": '[reserve]\ncurrency = "USDC"\nshare = 0.2\nhaircut = 0.1',
}
WATCH = "limits.depeg={outside=[0.98,1.02],inside=[0.995,1.005]"


@pytest.mark.parametrize("peg", [WATCH + "}", WATCH + ',rotate_to="USDC"}'])
@pytest.mark.parametrize("body", TERMS.values(), ids=TERMS)
def test_walk_and_replay_agree_on_the_terms_of_an_account(body: str, peg: str) -> None:
    alone = ("basis.allocation=0",) if "separate" in body else ()  # no pairs on two balances
    walked, replayed = both_ways("article", wavering(), (peg, *alone), terms_of(body))
    residual = walked.parts.sum(axis=1) - (walked.curve.equity - CASH)

    assert departures(walked, replayed, CASH) == []
    assert np.abs(residual).max() <= 1e-9 * CASH
    assert walked.curve.off_peg.any()
    assert (walked.transfers, walked.awaited) == (replayed.transfers, replayed.awaited)


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
