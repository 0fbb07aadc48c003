"""What holds for any two assets on one account: their parts sum to it, and none is lost between."""

from dataclasses import dataclass

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.domain.record import FILL_LIQUIDATION, Walk
from steelyard.kernel.shared import Alone
from steelyard.ledger.account import open_account
from tests.support.compare import departures
from tests.support.markets import random_run, random_scene, random_track
from tests.support.parts import apart, together
from tests.support.plans import costs_of, moments_at

BARS = 60
seeds = st.integers(0, 2**32 - 2)


def own(seed: int, cash: float) -> Alone:
    """Return a random policy on a random track."""
    return Alone(*random_run(seed, BARS), cash, open_account(1, 2, cash))


def wild(seed: int, cash: float) -> Alone:
    """Return a policy nine times short on a track with large moves, without margin defence."""
    track = random_track(seed, BARS, volatility=0.05)
    scene = random_scene(seed, int((track.moment >= 0).sum()) + 1, leverage=10.0)
    scene.baseline = (0.0, -9.0)
    scene.limits = {**scene.limits, "defence_leverage": np.inf, "net_short": 1}
    run = scene.plan(), moments_at(scene.signals(), track), track, costs_of(liquidation_fee=0.01)
    return Alone(*run, cash, open_account(1, 2, cash))


@dataclass(frozen=True)
class Seen:
    """How often something happened in many runs."""

    liquidated: int
    defended: int
    restored: int
    used_up: int


def seen(walks: list[Walk]) -> Seen:
    return Seen(
        liquidated=sum(int((one.fills.reason == FILL_LIQUIDATION).sum()) for one in walks),
        defended=sum(one.defended for one in walks),
        restored=sum(one.restored for one in walks),
        used_up=sum(int((one.curve.equity < 0.0).any()) for one in walks),
    )


@given(seeds)
@settings(max_examples=30)
def test_parts_sum_to_their_account(seed: int) -> None:
    for one in together(own(seed, 60_000.0), own(seed + 1, 40_000.0)):
        curve = one.curve
        np.testing.assert_allclose(curve.cash + curve.spot, curve.equity, rtol=1e-12, atol=1e-6)
        assert np.isfinite(one.parts).all()


def test_parts_sum_to_accounts_that_are_liquidated() -> None:
    runs = [together(wild(seed, 50_000.0), wild(seed + 100, 50_000.0)) for seed in range(12)]
    found = seen([one for pair in runs for one in pair])

    assert found.liquidated >= 10
    assert found.restored > 0
    assert found.used_up > 0


def is_calm(one: Walk) -> bool:
    """Tell whether nothing was forced, and no order had to wait for margin that others have."""
    events = one.defended + one.unpaid + one.restored + seen([one]).liquidated
    return events == 0 and bool((one.curve.cash > 0.2 * one.curve.equity).all())


def test_without_force_a_part_is_what_it_is_alone() -> None:
    calm = 0
    for seed in range(60):
        pair = own(seed, 60_000.0), own(seed + 1_000, 40_000.0)
        alone = [apart(one) for one in pair]
        if not all(map(is_calm, alone)):
            continue
        calm += 1
        for walked, other, cash in zip(together(*pair), alone, (6e4, 4e4), strict=True):
            # What backs a position, and so its margin ratio, is the whole account.
            assert set(departures(walked, other, cash)) == {"curve.margin_ratio", "curve.backing"}
    assert calm >= 3
