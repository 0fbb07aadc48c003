"""The compiled walk and the runner live the same life, on random tracks where all happens."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.domain.plan import Costs, Plan, Signals, Track
from steelyard.domain.record import FILL_LIQUIDATION, Walk
from steelyard.engine.replay import replay
from steelyard.kernel.walk import walk
from tests.support.compare import departures
from tests.support.markets import random_run, random_scene, random_track
from tests.support.plans import Scene, costs_of, moments_at

CASH = 100_000.0
seeds = st.integers(0, 2**32 - 1)


@given(seeds)
@settings(max_examples=60)
def test_walk_and_replay_agree_on_random_tracks(seed: int) -> None:
    run = random_run(seed)

    assert departures(walk(*run, CASH), replay(*run, CASH), CASH) == []


def wild(seed: int) -> tuple[Plan, Signals, Track, Costs]:
    """Return a policy at ten times leverage on a track with large moves."""
    track = random_track(seed, volatility=0.05)
    scene = random_scene(seed, int((track.moment >= 0).sum()) + 1, leverage=10.0)
    scene.baseline = (0.0, -9.0)
    scene.limits = {**scene.limits, "defence_leverage": np.inf, "net_short": 1}
    return scene.plan(), moments_at(scene.signals(), track), track, costs_of(liquidation_fee=0.01)


def liquidations(outcome: Walk) -> int:
    return int((outcome.fills.reason == FILL_LIQUIDATION).sum())


def test_walk_and_replay_agree_on_liquidations() -> None:
    count = 0
    for seed in range(24):
        run = wild(seed)
        one = walk(*run, CASH)
        count += liquidations(one)

        assert departures(one, replay(*run, CASH), CASH) == []

    assert count >= 5


def test_random_tracks_meet_outages_defence_and_rejections() -> None:
    outcomes = [walk(*random_run(seed), CASH) for seed in range(40)]

    assert sum(one.waited for one in outcomes) > 0
    assert sum(one.defended for one in outcomes) > 0
    assert sum(one.capped for one in outcomes) > 0
    assert sum(liquidations(one) for one in outcomes) > 0


def test_walk_and_replay_agree_on_accounts_too_small_for_their_orders() -> None:
    pairs = [
        (walk(*random_run(seed), 600.0), replay(*random_run(seed), 600.0)) for seed in range(9)
    ]

    assert sum(one.too_small for one, _ in pairs) > 0
    assert [departures(one, other, 600.0) for one, other in pairs] == [[]] * 9


@given(seeds, st.sampled_from([0.25, 2.0, 1024.0]))
@settings(max_examples=30)
def test_another_unit_of_price_changes_nothing(seed: int, unit: float) -> None:
    # Prices in another unit, coins in its inverse: powers of two change no digit.
    plan, signals, track, costs = random_run(seed)
    costs = costs._replace(lot=np.zeros((1, 2)))
    names = ("first_fill", "open", "high", "low", "close", "start_price")
    other = track._replace(**{name: getattr(track, name) * unit for name in names})
    one = walk(plan, signals, track, costs, CASH)
    two = walk(plan, signals, other, costs, CASH)

    assert np.array_equal(one.decisions.targets, two.decisions.targets)
    assert np.array_equal(one.decisions.phase, two.decisions.phase)
    assert np.allclose(one.fills.quantity, two.fills.quantity * unit)
    assert np.allclose(one.curve.equity, two.curve.equity)


@given(seeds, st.integers(20, 100))
@settings(max_examples=30)
def test_a_longer_track_never_changes_the_past(seed: int, bars: int) -> None:
    plan, signals, track, costs = random_run(seed)
    names = ("open", "high", "low", "close", "open_ms", "moment")
    cut = track._replace(**{name: getattr(track, name)[:bars] for name in names})
    columns = ("first_fill", "funding", "daily_volatility", "daily_volume")
    cut = cut._replace(**{name: getattr(track, name)[..., :bars].copy() for name in columns})
    long = walk(plan, signals, track, costs, CASH)
    short = walk(plan, signals, cut, costs, CASH)
    made = short.fills.price.size

    assert np.allclose(short.curve.equity, long.curve.equity[:bars], rtol=0.0, atol=1e-9 * CASH)
    assert short.fills.filled_ms.tolist() == long.fills.filled_ms[:made].tolist()


def test_the_same_run_twice_is_the_same() -> None:
    run = random_run(5)

    assert departures(walk(*run, CASH), walk(*run, CASH), CASH) == []


def test_a_difference_is_found() -> None:
    # The comparison itself: one order more, a cent more.
    run = random_run(5)
    one = walk(*run, CASH)
    less = one._replace(capped=one.capped + 1)
    richer = one._replace(curve=one.curve._replace(equity=one.curve.equity + 0.01))
    other = one._replace(fills=one.fills._replace(quantity=one.fills.quantity * 1.001))

    assert departures(one, less, CASH) == ["capped"]
    assert departures(one, richer, CASH) == ["curve.equity"]
    assert departures(one, other, CASH) == ["fills.quantity"]


def test_an_empty_policy_walks_too() -> None:
    track = random_track(3)
    scene = Scene(moments=int((track.moment >= 0).sum()) + 1)
    run = scene.plan(), moments_at(scene.signals(), track), track, costs_of()

    assert departures(walk(*run, CASH), replay(*run, CASH), CASH) == []
