"""What keeps a hedge a hedge: margin defence (K1), and its return after the venue took it (K3).

Every property holds of the compiled walk and of the runner that goes bar by bar.
"""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.plan import Track
from steelyard.domain.record import (
    FILL_DEFENCE,
    FILL_DELEVERAGED,
    FILL_LIQUIDATION,
    FILL_REBALANCE,
    FILL_RESTORED,
    Walk,
)
from steelyard.domain.time import HOUR_MS
from tests.support.both_runs import Run, both
from tests.support.plans import Actor, Scene, costs_of, moments_at, track_of

CASH = 100_000.0

spots = st.floats(0.2, 0.6)
ratios = st.floats(0.2, 1.2)


def held_still(run: Run, weights: tuple[float, float], track: Track, **limits: float) -> Walk:
    """Run a policy that has one pair of targets, evaluated at the moments of a track only."""
    limits = {"min_notional": 0.0, "turnover_per_day": 100.0, **limits}
    scene = Scene(triggers=[Actor(when="F" * 9)], baseline=weights, limits=limits)
    costs = costs_of(tiers=((math.inf, 0.004, 0.0),))
    return run(scene.plan(), moments_at(scene.signals(), track), track, costs, CASH)


def made(outcome: Walk, *reasons: int) -> list[tuple[int, int]]:
    """Return the bar and reason of the fills that have one of these reasons, oldest first."""
    rows = zip(outcome.fills.filled_ms // HOUR_MS, outcome.fills.reason, strict=True)
    return [(int(bar), int(reason)) for bar, reason in rows if reason in reasons]


@both
@given(spot=spots, ratio=ratios, leverage=st.floats(3.01, 30.0), basis=st.floats(-0.03, 0.03))
@settings(max_examples=60)
def test_margin_defence_shrinks_both_legs_and_leaves_the_hedge_ratio(
    run: Run, spot: float, ratio: float, leverage: float, basis: float
) -> None:
    # With h the short over spot, the price that brings u h w = l (1 - w - h w (u - 1)) times as
    # much short as cash; beyond 3 the defence cuts it to 2.
    short = ratio * spot
    up = leverage * (1.0 - spot + short) / (short * (1.0 + leverage))
    prices = np.array([100.0, 100.0 * up, 100.0 * up, 100.0 * up])
    track = track_of(prices.tolist(), mark=(prices * (1.0 + basis)).tolist())
    limits = {"leverage": 2.0, "defence_ratio": math.inf, "defence_leverage": 3.0}
    outcome = held_still(run, (spot, -short), track, **limits)
    curve = outcome.curve
    before, after = (-curve.futures[bar] / curve.spot[bar] for bar in (0, 1))

    assert made(outcome, FILL_DEFENCE) == [(1, FILL_DEFENCE), (1, FILL_DEFENCE)]
    assert after == pytest.approx(before, rel=1e-12)
    assert 0.0 < curve.spot[1] < curve.spot[0]
    assert curve.futures[0] < curve.futures[1] < 0.0
    assert -curve.futures[1] == pytest.approx(2.0 * curve.cash[1], rel=1e-9)


@both
@given(spot=spots, ratio=ratios, fall=st.floats(0.5, 0.95), share=st.floats(0.05, 1.0))
@settings(max_examples=60)
def test_a_deleveraged_hedge_is_ordered_back_in_the_same_bar(
    run: Run, spot: float, ratio: float, fall: float, share: float
) -> None:
    track = track_of([100.0, 100.0 * fall, 100.0 * fall, 100.0 * fall])
    track.deleveraged[1] = share
    outcome = held_still(run, (spot, -ratio * spot), track, leverage=100.0)
    curve = outcome.curve

    assert made(outcome, FILL_DELEVERAGED) == [(1, FILL_DELEVERAGED)]
    assert curve.futures[1] == pytest.approx(curve.futures[0] * (1.0 - share), abs=1e-6)
    assert outcome.restored == 1
    back = outcome.fills.reason == FILL_RESTORED
    assert set(outcome.fills.decided_ms[back]) == {2 * HOUR_MS}
    assert set(outcome.fills.filled_ms[back]) == {2 * HOUR_MS}
    # Free of costs, what it holds then are its targets.
    assert curve.spot[2] / curve.equity[2] == pytest.approx(spot, rel=1e-9)
    assert curve.futures[2] / curve.equity[2] == pytest.approx(-ratio * spot, rel=1e-9)


@both
@given(spot=st.floats(0.6, 0.9), ratio=st.floats(0.9, 1.1), beyond=st.floats(1.0, 1.5))
@settings(max_examples=60)
def test_a_liquidated_hedge_is_ordered_back_in_the_same_bar(
    run: Run, spot: float, ratio: float, beyond: float
) -> None:
    # The short is closed where 1 - w + h w (1 - u) = 0.004 h w u; the bar reaches that and more,
    # and ends where it began.
    short = ratio * spot
    limit = (1.0 - spot + short) / (1.004 * short)
    track = track_of([100.0] * 4, high={1: 100.001 * limit * beyond})
    outcome = held_still(run, (spot, -short), track, leverage=100.0)
    curve = outcome.curve
    left = 0.004 * short * limit

    assert made(outcome, FILL_LIQUIDATION) == [(1, FILL_LIQUIDATION)]
    assert curve.futures[1] == 0.0
    assert curve.equity[1] == pytest.approx(CASH * (spot + left), rel=1e-9)
    assert outcome.restored == 1
    assert curve.spot[2] / curve.equity[2] == pytest.approx(spot, rel=1e-9)
    assert curve.futures[2] / curve.equity[2] == pytest.approx(-short, rel=1e-9)


@both
@given(spot=spots, ratio=ratios, fall=st.floats(0.5, 0.95), share=st.floats(0.05, 1.0))
@settings(max_examples=60)
def test_an_evaluation_that_orders_in_that_bar_brings_the_hedge_back_itself(
    run: Run, spot: float, ratio: float, fall: float, share: float
) -> None:
    # Its band is nothing, so that it orders whatever is off: one order for each leg, and no more.
    track = track_of([100.0, 100.0 * fall, 100.0 * fall, 100.0 * fall], moments=[1])
    track.deleveraged[1] = share
    outcome = held_still(run, (spot, -ratio * spot), track, leverage=100.0, band=0.0)
    curve = outcome.curve

    assert outcome.restored == 0
    assert made(outcome, FILL_RESTORED) == []
    assert made(outcome, FILL_REBALANCE)[2:] == [(2, FILL_REBALANCE), (2, FILL_REBALANCE)]
    assert sorted(outcome.fills.leg[-2:]) == [SPOT, PERP]
    assert curve.futures[2] / curve.equity[2] == pytest.approx(-ratio * spot, rel=1e-9)


@both
@given(spot=spots, ratio=ratios, fall=st.floats(0.5, 0.95), share=st.floats(0.05, 1.0))
@settings(max_examples=60)
def test_an_evaluation_that_orders_nothing_leaves_it_to_be_restored(
    run: Run, spot: float, ratio: float, fall: float, share: float
) -> None:
    track = track_of([100.0, 100.0 * fall, 100.0 * fall, 100.0 * fall], moments=[1])
    track.deleveraged[1] = share
    outcome = held_still(run, (spot, -ratio * spot), track, leverage=100.0, band=10.0)

    assert outcome.restored == 1
    assert {reason for _, reason in made(outcome, FILL_RESTORED)} == {FILL_RESTORED}
    assert outcome.curve.futures[2] / outcome.curve.equity[2] == pytest.approx(
        -ratio * spot, rel=1e-9
    )
