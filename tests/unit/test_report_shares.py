"""Whose the coins are: what each rule puts into the targets, and how fills hand coins over."""

from collections.abc import Sequence

import numpy as np
import pytest

from steelyard.domain import codes
from steelyard.kernel.walk import walk
from steelyard.report.by_source import handed_over
from steelyard.report.shares import target_shares
from tests.support.plans import (
    Actor,
    Effect,
    Scene,
    absolute,
    costs_of,
    cover,
    hedge,
    leverage_cap,
    moments_at,
    regime,
    shift,
    step,
    track_of,
    trigger,
)

Put = tuple[float, float]


def put(scene: Scene, moment: int = 0) -> list[Put]:
    """Return spot and futures that triggers, base and both limits put into one decision."""
    plan, bars = scene.plan(), max(scene.size - 1, 1)
    track = track_of([100.0] * (bars + 1), moments=range(scene.size - 1))
    outcome = walk(plan, moments_at(scene.signals(), track), track, costs_of(), 1e5)
    shares = target_shares(plan, outcome.decisions, np.array([moment]))

    assert shares[0].sum(axis=0) == pytest.approx(outcome.decisions.targets[moment])
    return [(round(float(spot), 9), round(float(futures), 9)) for spot, futures in shares[0]]


def in_force(*effects: Effect) -> Actor:
    return trigger("T", *effects)


# -- what each source puts into the targets -----------------------------------------------------


def test_the_base_keeps_its_row_and_a_cover_is_all_its_triggers() -> None:
    # From +0.4 to -0.6: the trigger puts in -1.0.
    assert put(Scene(triggers=[in_force(cover(1.0))])) == [(0, -1.0), (0.6, 0.4), (0, 0), (0, 0)]


def test_a_cut_moves_futures_to_spot_in_the_name_of_its_trigger() -> None:
    # A quarter of 0.4 goes to spot.
    assert put(Scene(triggers=[in_force(step(0.25))]))[:2] == [(0.1, -0.1), (0.6, 0.4)]


def test_hedges_share_their_step_by_size() -> None:
    # 10 % and 20 % of spot 0.6.
    scene = Scene(triggers=[in_force(hedge(0.1)), in_force(hedge(0.2))])

    assert put(scene)[:3] == [(0, -0.06), (0, -0.12), (0.6, 0.4)]


def test_hedges_that_are_capped_together_share_what_is_left() -> None:
    # 40 % and 10 %, capped at 25 %: 0.15 in parts of four to one.
    scene = Scene(triggers=[in_force(hedge(0.4)), in_force(hedge(0.1))], limits={"hedge_cap": 0.25})

    assert put(scene)[:2] == [(0, -0.12), (0, -0.03)]


def test_hedges_without_size_share_alike_what_they_flatten() -> None:
    flat = codes.FLATTEN_LONGS_FIRST
    scene = Scene(triggers=[in_force(hedge(0.0, flat)), in_force(hedge(0.0, flat))])

    assert put(scene)[:2] == [(0.2, -0.2), (0.2, -0.2)]


def test_a_hedge_for_want_of_longs_has_no_part_while_there_are_some() -> None:
    waits = in_force(hedge(0.1, codes.ELSE_HEDGE))
    with_longs = Scene(triggers=[waits, in_force(hedge(0.2))])
    # Where the longs have been replaced by -0.1 it counts: 5 and 10 points of spot 0.5.
    replaced = Scene(triggers=[waits, in_force(hedge(0.2)), in_force(absolute(0.5, -0.1))])

    assert put(with_longs)[:2] == [(0, 0), (0, -0.12)]
    assert put(replaced)[:4] == [(0, -0.05), (0, -0.1), (-0.1, -0.5), (0.6, 0.4)]


def test_a_hedge_held_by_its_ratchet_counts_as_large_as_it_is() -> None:
    # From 10 % towards 50 %: at a quarter it would be 20 %, which is no growth by 20 points.
    grows = Actor(
        when="TT", strength=[0.0, 0.25], effects=[hedge((0.1, 0.5))], rule={"ratchet": 0.2}
    )
    scene = Scene(triggers=[grows, trigger("TT", hedge(0.1))])

    assert put(scene, moment=1)[:2] == [(0, -0.06), (0, -0.06)]


def test_shifts_share_their_step_by_size() -> None:
    scene = Scene(triggers=[in_force(shift(0.1)), in_force(shift(0.05))])

    assert put(scene)[:2] == [(-0.1, -0.1), (-0.05, -0.05)]


@pytest.mark.parametrize(("sizes", "whose"), [((0.5, 1.0), 1), ((1.0, 1.0), 0)])
def test_the_largest_cover_has_the_whole_step_and_the_first_of_equals(
    sizes: tuple[float, float], whose: int
) -> None:
    scene = Scene(triggers=[in_force(cover(size)) for size in sizes])

    assert put(scene)[whose] == (0, -1.0)
    assert put(scene)[1 - whose] == (0, 0)


def test_the_net_short_limit_owns_what_it_takes_back() -> None:
    # A row of 0.3 and -0.7 may be no more than -0.3.
    scene = Scene(regimes=[regime("T", (0.3, -0.7))], limits={"net_short": 0})

    assert put(scene) == [(0.3, -0.7), (0, 0.4), (0, 0)]


def test_the_margin_limit_owns_what_it_takes_off() -> None:
    # Domain 9.5: 0.85 and a full hedge come to two thirds each.
    scene = Scene(triggers=[in_force(cover(1.0))], baseline=(0.85, 0.15))
    off = round(0.85 - 2 / 3, 9)

    assert put(scene) == [(0, -1.0), (0.85, 0.15), (0, 0), (-off, off)]


def test_the_margin_limit_owns_its_step_where_no_trigger_has_an_effect() -> None:
    # Of +0.8 the cash of 0.3 backs 0.6 at a leverage of 2.
    assert put(Scene(baseline=(0.7, 0.8))) == [(0.7, 0.8), (0, 0), (0, -0.2)]


def test_a_cap_of_leverage_owns_what_it_takes_off() -> None:
    # 0.8 over cash of 0.4 are capped at once the cash.
    scene = Scene(
        triggers=[in_force(leverage_cap(1.5)), in_force(leverage_cap(1.0))], baseline=(0.6, 0.8)
    )

    assert put(scene)[:3] == [(0, 0), (0, -0.4), (0.6, 0.8)]


def test_a_cap_that_the_regime_has_as_well_leaves_the_step_to_the_margin_limit() -> None:
    row = Actor(when="T", spot=0.6, futures=0.8, cap=1.0)
    scene = Scene(triggers=[in_force(leverage_cap(1.0))], regimes=[row])

    assert put(scene) == [(0, 0), (0.6, 0.8), (0, 0), (0, -0.4)]


def test_what_is_left_of_a_hedge_that_unwinds_is_its_triggers() -> None:
    # Released at moment 1, in four slices: three quarters of -1.0 are left.
    scene = Scene(triggers=[trigger("TF", cover(1.0), unwind=4)])

    assert put(scene, moment=1)[:2] == [(0, -0.75), (0.6, 0.4)]


def test_two_that_unwind_share_what_is_left() -> None:
    # The cover is the slower one: -0.6 + 1.0 / 4 = -0.35, which is 0.75 below the base.
    scene = Scene(
        triggers=[trigger("TF", cover(1.0), unwind=4), trigger("TF", hedge(0.1), unwind=2)]
    )

    assert put(scene, moment=1)[:2] == [(0, -0.375), (0, -0.375)]


def test_what_is_left_of_a_regime_that_unwinds_is_the_bases() -> None:
    scene = Scene(regimes=[regime("TF", (0.3, -0.7), unwind=4)])

    # A quarter of the way from 0.3 and -0.7 to 0.6 and 0.4.
    assert put(scene, moment=1) == [(0.375, -0.425), (0, 0), (0, 0)]


# -- how fills hand coins over ------------------------------------------------------------------


def handed(
    changes: Sequence[float], wanted: Sequence[Sequence[float]]
) -> Sequence[Sequence[float]]:
    """Return what trigger and base (sources 0 and 1) own after each fill."""
    want = np.array(wanted, float).reshape(len(changes), 2)
    owned: list[list[float]] = handed_over(np.array(changes, float), want, 1).tolist()
    return owned


def test_every_source_moves_by_the_same_part_of_what_it_still_wants() -> None:
    # The base wants 4 and has 4, the trigger wants -10: half of it is filled.
    assert handed([4, -5], [[0, 4], [-10, 4]]) == [[0, 4], [-5, 4]]


def test_a_small_fill_can_hand_over_much() -> None:
    # The trigger gives up its short of 10, the base sells 9: in sum one coin is bought.
    assert handed([-6, 1], [[-10, 4], [0, -5]]) == [[-10, 4], [0, -5]]


def test_what_is_filled_beyond_the_want_is_the_bases() -> None:
    assert handed([4.5], [[-2, 6]]) == [[-2, 6.5]]


def test_a_fill_against_the_want_is_the_bases() -> None:
    # In sum 4 more are wanted and 1 is sold.
    assert handed([4, -1], [[0, 4], [2, 6]]) == [[0, 4], [0, 3]]


def test_a_fill_that_nobody_wants_is_the_bases() -> None:
    assert handed([3, -1], [[0, 0], [0, 3]]) == [[0, 3], [0, 2]]


def test_where_nobody_wants_anything_all_give_the_same_part() -> None:
    # As in margin defence: 3 of a short of 6 are bought back, half of -10 and of +4; then all.
    assert handed([-6, 3, 3], [[-10, 4], [0, 0], [0, 0]]) == [[-10, 4], [-5, 2], [0, 0]]


def test_without_fills_nothing_is_owned() -> None:
    assert handed([], []) == []
