"""Nothing is created and nothing is lost: every change of equity has a part it belongs to."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.domain.codes import PERP, SPOT
from steelyard.kernel.walk import walk
from tests.support.markets import random_run

CASH = 100_000.0
seeds = st.integers(0, 2**32 - 1)


@given(seeds)
@settings(max_examples=60)
def test_the_parts_sum_to_the_change_of_equity_at_every_bar(seed: int) -> None:
    outcome = walk(*random_run(seed), CASH)
    residual = outcome.parts.sum(axis=1) - (outcome.curve.equity - CASH)

    assert np.abs(residual).max() <= 1e-9 * CASH


@given(seeds)
@settings(max_examples=40)
def test_equity_is_spot_and_cash_and_never_below_zero(seed: int) -> None:
    curve = walk(*random_run(seed), CASH).curve

    assert np.allclose(curve.equity, curve.spot + curve.cash, rtol=1e-12, atol=1e-6)
    assert (curve.spot >= 0.0).all()
    assert (curve.equity >= -1e-9 * CASH).all()


@given(seeds)
@settings(max_examples=40)
def test_the_fills_are_the_holdings(seed: int) -> None:
    plan, signals, track, costs = random_run(seed)
    outcome = walk(plan, signals, track, costs, CASH)
    made = outcome.fills
    coins = np.bincount(made.leg, made.quantity, minlength=2)
    held = [outcome.curve.spot[-1], outcome.curve.futures[-1]] / track.close[-1, 0]

    assert np.allclose(coins[[SPOT, PERP]], held, atol=1e-7)


@given(seeds)
@settings(max_examples=40)
def test_no_fill_comes_before_its_decision_nor_at_another_price_than_its_bars(seed: int) -> None:
    plan, signals, track, costs = random_run(seed)
    made = walk(plan, signals, track, costs, CASH).fills
    bar = made.filled_ms // track.length_ms
    ordered = made.reason < 2
    first = track.first_fill[0, made.leg, bar][ordered]
    away = np.abs(made.price[ordered] / first - 1.0)

    assert (made.filled_ms >= made.decided_ms).all()
    assert not np.isnan(first).any()
    # Half-spread of 1 bp and 300 bp x sqrt(order / volume of 1e9): a few equities at most.
    assert (away < 0.05).all()
    assert (np.sign(made.price[ordered] - first) == np.sign(made.quantity[ordered])).all()
