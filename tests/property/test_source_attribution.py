"""Every coin is some rule's: what the rules of a policy own and earn is what the account does."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.domain import codes
from steelyard.domain.plan import Plan, Track
from steelyard.domain.record import Walk
from steelyard.kernel.walk import walk
from steelyard.report.by_source import PARTS, check_sources, holdings, split
from steelyard.report.in_coin import in_coin
from tests.support.markets import random_run

CASH = 100_000.0
seeds = st.integers(0, 2**32 - 1)


def walked(seed: int) -> tuple[Plan, Track, Walk]:
    plan, signals, track, costs = random_run(seed)
    # Forty times the funding forces positions closed at the end of a bar, by what they paid.
    track.funding[:] *= 40.0 if seed % 2 else 1.0
    return plan, track, walk(plan, signals, track, costs, CASH)


@given(seeds)
@settings(max_examples=100)
def test_the_sources_sum_to_every_part_at_every_bar(seed: int) -> None:
    plan, track, outcome = walked(seed)
    found = split(plan, track, outcome)
    scale = max(CASH, float(outcome.curve.equity.max()))

    assert np.abs(found.by_bar - outcome.parts[:, : len(PARTS)]).max() <= 1e-9 * scale
    assert np.abs(found.amounts.sum(axis=(0, 1)) - found.by_bar[-1]).max() <= 1e-9 * scale
    check_sources(found, outcome)


@given(seeds)
@settings(max_examples=60)
def test_the_sources_own_what_is_held_after_every_fill(seed: int) -> None:
    plan, track, outcome = walked(seed)
    owned, moved = holdings(plan, track, outcome)
    fills = outcome.fills
    for leg in range(2):
        rows = fills.leg == leg
        made = np.abs(fills.quantity[rows])
        largest = made.max(initial=0.0) + np.abs(owned[rows]).max(initial=0.0)
        held = np.cumsum(fills.quantity[rows])

        assert np.allclose(owned[rows].sum(axis=1), held, rtol=0.0, atol=1e-9 * (1.0 + largest))
        assert np.allclose(moved[rows].sum(axis=1), fills.quantity[rows], atol=1e-9 * largest)


@given(seeds)
@settings(max_examples=60)
def test_only_futures_have_basis_and_funding_and_only_spot_a_spot_part(seed: int) -> None:
    found = split(*walked(seed)).amounts

    assert not found[:, codes.SPOT, codes.PART_FUTURES : codes.PART_FUNDING + 1].any()
    assert not found[:, codes.PERP, codes.PART_SPOT].any()


@given(seeds)
@settings(max_examples=60)
def test_in_coins_the_parts_sum_to_the_change_too(seed: int) -> None:
    _, track, outcome = walked(seed)
    seen = in_coin(outcome, track)
    price = track.close[:, 0, codes.SPOT]
    scale = max(CASH, float(outcome.curve.equity.max())) / float(price.min())

    assert seen.start == CASH / track.start_price[0, codes.SPOT]
    assert seen.end == outcome.curve.equity[-1] / price[-1]
    assert abs(seen.attribution.residual) <= 1e-9 * scale
