"""Coin-margined futures: hedges are dollars, books are exact, both runs agree, on any market."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.domain import codes
from steelyard.domain.plan import Plan, Track
from steelyard.domain.record import FILL_COLLATERAL, FILL_LIQUIDATION, Walk
from steelyard.engine.replay import replay
from steelyard.kernel.walk import walk
from steelyard.report.attribution import check_books
from steelyard.report.by_source import check_sources, split
from steelyard.report.in_coin import in_coin
from tests.support.compare import departures
from tests.support.inverse import in_coins, inverse_account, random_inverse
from tests.support.plans import Scene, costs_of, moments_at, track_of

CASH = 100_000.0
seeds = st.integers(0, 2**32 - 1)


def walked(seed: int) -> tuple[Plan, Track, Walk]:
    plan, signals, track, costs = random_inverse(seed)
    # Forty times the funding forces positions closed at the end of a bar, by what they paid.
    track.funding[:] *= 40.0 if seed % 2 else 1.0
    account = inverse_account(track, CASH)
    return plan, track, walk(plan, signals, track, costs, CASH, account)


@given(st.lists(st.floats(1.0, 1e6), min_size=2, max_size=30))
@settings(max_examples=60)
def test_a_full_hedge_is_worth_the_same_dollars_at_every_price(path: list[float]) -> None:
    # All in spot and its dollars sold: a coin of margin and its price short (domain 1.1).
    track = in_coins(track_of(path))
    scene = Scene(baseline=(1.0, -1.0), moments=1)
    signals = moments_at(scene.signals(), track)
    account = inverse_account(track, CASH)
    curve = walk(scene.plan(), signals, track, costs_of(), CASH, account).curve

    assert curve.equity == pytest.approx(CASH, rel=1e-9)
    assert curve.spot == pytest.approx(CASH, rel=1e-9)
    assert curve.futures == pytest.approx(-CASH, rel=1e-9)


@given(seeds)
@settings(max_examples=60)
def test_walk_and_replay_agree(seed: int) -> None:
    plan, signals, track, costs = random_inverse(seed)
    one, other = (
        run(plan, signals, track, costs, CASH, inverse_account(track, CASH))
        for run in (walk, replay)
    )

    assert departures(one, other, CASH) == []


@given(seeds)
@settings(max_examples=60)
def test_the_parts_explain_the_equity_in_quote_and_in_coins(seed: int) -> None:
    _, track, outcome = walked(seed)
    seen = in_coin(outcome, track)
    most = max(CASH, float(outcome.curve.equity.max())) / float(track.close[:, 0, 0].min())
    check_books(outcome)

    assert abs(seen.attribution.residual) <= 1e-9 * most


@given(seeds)
@settings(max_examples=60)
def test_the_rules_of_a_policy_explain_every_part_at_every_bar(seed: int) -> None:
    plan, track, outcome = walked(seed)
    found = split(plan, track, outcome)
    scale = max(CASH, float(outcome.curve.equity.max()))
    check_sources(found, outcome)

    assert np.abs(found.amounts.sum(axis=(0, 1)) - found.by_bar[-1]).max() <= 1e-9 * scale
    assert not found.amounts[:, codes.PERP, codes.PART_SPOT].any()


@given(seeds)
@settings(max_examples=60)
def test_futures_are_never_asked_for_beyond_what_spot_backs(seed: int) -> None:
    plan, _, outcome = walked(seed)
    spot, futures = outcome.decisions.targets.T

    assert (np.abs(futures) <= plan.limits[0]["leverage"] * spot + 1e-9).all()
    assert (outcome.curve.cash >= -1e-9 * CASH).all()


def test_random_runs_lose_coins_to_the_venue() -> None:
    # Else the properties above would say nothing of liquidations.
    reasons = np.concatenate([walked(seed)[2].fills.reason for seed in range(90)])

    assert (reasons == FILL_LIQUIDATION).sum() > 0
    assert (reasons == FILL_COLLATERAL).sum() > 0
