"""How effects make targets (domain 9.4, 9.5), worked out by hand."""

import pytest

from steelyard.domain import codes
from steelyard.domain.targets import fit_margin
from tests.support.plans import (
    Actor,
    Effect,
    Scene,
    Seen,
    absolute,
    cover,
    hedge,
    leverage_cap,
    play,
    regime,
    shift,
    step,
    trigger,
)

MILD = codes.OPPORTUNISTIC
GRAVE = codes.PROTECTIVE


def left_by(*effects: Effect, base: tuple[float, float] = (0.6, 0.4), **limits: float) -> Seen:
    """Return what a decision leaves in which each effect belongs to a trigger that is true."""
    triggers = [trigger("T", effect) for effect in effects]
    return play(Scene(triggers=triggers, baseline=base, limits=limits))[0]


def test_steps_multiply_one_after_the_other() -> None:
    # 0.4 x 0.9 = 0.36, then x 0.75 = 0.27; the first 0.04 goes to spot, the next 0.09 to cash.
    left = left_by(step(0.10), step(0.25, to_spot=False))

    assert left.targets == pytest.approx((0.64, 0.27))


def test_a_step_moves_no_more_to_spot_than_cash_can_pay() -> None:
    # Half of 0.8 is freed; 0.3 of it fill spot up to 1, the rest is cash. Then nothing backs 0.4.
    left = left_by(step(0.5), base=(0.7, 0.6), leverage=2.0)
    full = left_by(step(0.5), base=(0.7, 0.8), leverage=3.0)

    assert left.targets == pytest.approx((1.0, 0.0))
    assert full.trace[1] == pytest.approx(("#0", 1.0, 0.4))
    assert full.targets == pytest.approx((1.0, 0.0))


def test_a_step_in_points_takes_a_part_of_equity() -> None:
    # 0.40 - 0.125 = 0.275, and 0.60 + 0.125 = 0.725 where it is freed to spot.
    points = Effect(kind=codes.STEP, size=0.125, flags=codes.CUT_OF_EQUITY)
    to_spot = Effect(kind=codes.STEP, size=0.125, flags=codes.CUT_OF_EQUITY | codes.FREED_TO_SPOT)

    assert left_by(points).targets == pytest.approx((0.60, 0.275))
    assert left_by(to_spot).targets == pytest.approx((0.725, 0.275))


def test_a_step_in_points_takes_no_more_than_there_is() -> None:
    points = Effect(kind=codes.STEP, size=0.5, flags=codes.CUT_OF_EQUITY)

    assert left_by(points).targets == pytest.approx((0.60, 0.0))


def test_a_step_does_not_compound_from_day_to_day() -> None:
    left = play(Scene(triggers=[trigger("TTT", step(0.10))]))

    assert {one.targets for one in left} == {left[0].targets}
    assert left[0].targets[1] == pytest.approx(0.36)


def test_a_step_leaves_a_short_alone() -> None:
    left = left_by(step(0.5), base=(0.5, -0.5))

    assert left.targets == (0.5, -0.5)
    assert left.stages == ("base",)


def test_the_first_absolute_effect_wins() -> None:
    left = left_by(absolute(0.2, 0.1), absolute(0.9, 0.0))

    assert left.targets == (0.2, 0.1)
    assert left.stages == ("base", "#0")


def test_an_absolute_effect_comes_before_the_others() -> None:
    # 0.5 - 0.1 x 0.4 = 0.46.
    left = left_by(hedge(0.1), absolute(0.4, 0.5))

    assert left.targets == pytest.approx((0.4, 0.46))


def test_the_sum_of_additive_hedges_is_capped() -> None:
    # 0.3 + 0.4 = 0.7, capped at 0.5: 0.4 - 0.5 x 0.6 = 0.1.
    assert left_by(hedge(0.3), hedge(0.4)).targets == pytest.approx((0.6, 0.1))


def test_an_additive_hedge_stops_at_a_full_hedge() -> None:
    # -0.45 - 0.5 x 0.6 = -0.75 would be below -0.6.
    assert left_by(hedge(0.5), base=(0.6, -0.45)).targets == (0.6, -0.6)


def test_an_additive_hedge_leaves_a_net_short_alone() -> None:
    assert left_by(hedge(0.5), base=(0.3, -0.7)).targets == (0.3, -0.7)


def test_an_additive_hedge_may_first_swap_longs_into_spot() -> None:
    # 0.4 goes to spot as far as cash allows: (1.0, 0), then 0 - 0.1 x 1.0; leverage 2 leaves
    # h = 0.1: 2 / 2.1 = 0.952381 of spot and a tenth of it short.
    left = left_by(hedge(0.1, codes.FLATTEN_LONGS_FIRST))

    assert left.trace[1] == pytest.approx(("additive", 1.0, -0.1))
    assert left.targets == pytest.approx((2 / 2.1, -0.2 / 2.1))


def test_longs_are_swapped_no_further_than_cash_reaches() -> None:
    # Cash of 0.2 takes half of the 0.4; the rest stays: 0.2 - 0.1 x 1.0 = 0.1.
    left = left_by(hedge(0.1, codes.FLATTEN_LONGS_FIRST), base=(0.8, 0.4))

    assert left.trace[1] == pytest.approx(("additive", 1.0, 0.1))


def test_there_is_nothing_to_swap_where_futures_are_short() -> None:
    left = left_by(hedge(0.1, codes.FLATTEN_LONGS_FIRST), base=(0.5, -0.2))

    assert left.targets == pytest.approx((0.5, -0.25))


@pytest.mark.parametrize(("futures", "hedged"), [(0.4, 0.36), (0.0, -0.06), (-0.2, -0.26)])
def test_a_cut_has_a_hedge_instead_where_no_longs_are_left(futures: float, hedged: float) -> None:
    # Long: 0.4 x 0.9, no hedge. Else: no cut, but 0.1 x 0.6 of a hedge.
    branch = hedge(0.1, codes.ELSE_HEDGE)
    cut = trigger("T", step(0.1, to_spot=False), branch)
    left = play(Scene(triggers=[cut], baseline=(0.6, futures)))[0]

    assert left.targets[1] == pytest.approx(hedged)


def test_which_branch_is_asked_before_the_cuts() -> None:
    # A cut of everything leaves no longs, but the hedge branch had longs to look at.
    cut = trigger("T", step(1.0, to_spot=False), hedge(0.1, codes.ELSE_HEDGE))

    assert play(Scene(triggers=[cut]))[0].targets == (0.6, 0.0)


def test_a_shift_sells_spot_and_shorts_as_much() -> None:
    # T1 of the case study: (0.85, 0.15) to (0.75, 0.05).
    left = left_by(shift(0.10), base=(0.85, 0.15))

    assert left.targets == pytest.approx((0.75, 0.05))
    assert left.stages == ("base", "shift")


def test_a_shift_stops_at_a_full_hedge() -> None:
    # 0.3 - m = -(0.1 - m) x -1: m = (0.3 - 0.1) / 2 = 0.1, then -0.2 against 0.2.
    left = left_by(shift(0.3), base=(0.3, -0.1))

    assert left.targets == pytest.approx((0.2, -0.2))


def test_a_shift_leaves_a_net_short_alone() -> None:
    assert left_by(shift(0.1), base=(0.3, -0.7)).targets == (0.3, -0.7)


def test_a_shift_follows_the_additive_hedges() -> None:
    # 0.4 - 0.1 x 0.6 = 0.34 first; then 0.5 and 0.24.
    left = left_by(shift(0.1), hedge(0.1))

    assert left.stages == ("base", "additive", "shift")
    assert left.targets == pytest.approx((0.5, 0.24))


def test_a_level_covers_what_the_shift_left_of_spot() -> None:
    # (0.5, 0.3) after the shift; covered by 0.6: -0.3.
    assert left_by(cover(0.6), shift(0.1)).targets == pytest.approx((0.5, -0.3))


def test_a_level_never_raises_a_short() -> None:
    left = left_by(cover(0.5), base=(0.3, -0.7))

    assert left.targets == (0.3, -0.7)
    assert left.stages == ("base", "level")


def test_the_largest_level_counts() -> None:
    assert left_by(cover(0.5), cover(0.75), cover(0.6)).targets == pytest.approx((0.6, -0.45))


def test_a_level_beyond_full_is_a_net_short() -> None:
    # 1.2 x 0.6 = 0.72, backed by 0.4 at leverage 2: 0.72 <= 0.8.
    assert left_by(cover(1.2)).targets == pytest.approx((0.6, -0.72))


def test_a_policy_may_forbid_net_shorts() -> None:
    left = left_by(cover(1.2), net_short=0)

    assert left.targets == (0.6, -0.6)
    assert left.stages == ("base", "level", "no_net_short")


def test_a_short_that_cash_cannot_back_sells_spot_at_the_same_ratio() -> None:
    # h = 1, leverage 1: spot <= 1 / (1 + 1).
    left = left_by(cover(1.0), leverage_cap(1.0), base=(0.8, 0.2))

    assert left.targets == (0.5, -0.5)
    assert left.stages[-1] == "margin"


def test_a_long_that_cash_cannot_back_is_cut() -> None:
    # Cash 0.4 x 0.5 = 0.2.
    assert left_by(leverage_cap(0.5)).targets == pytest.approx((0.6, 0.2))


def test_without_spot_a_short_is_cut_to_the_leverage() -> None:
    assert fit_margin(0.0, -5.0, 2.0) == (0.0, -2.0)
    assert fit_margin(0.0, -1.5, 2.0) == (0.0, -1.5)


def test_a_long_beside_spot_that_a_debt_paid_is_closed_and_not_turned_around() -> None:
    assert fit_margin(1.05, 0.2, 2.0) == (1.05, 0.0)


def test_without_futures_all_may_be_spot() -> None:
    assert fit_margin(1.0, 0.0, 2.0) == (1.0, 0.0)


# -- opportunistic effects ----------------------------------------------------------------------


def beside(
    effect: Effect, severity: int = GRAVE, base: tuple[float, float] = (0.6, 0.4)
) -> tuple[float, float]:
    """Return targets of an opportunistic effect beside a leverage cap of 1.9 of some severity."""
    triggers = [
        trigger("T", effect, severity=MILD),
        trigger("T", leverage_cap(1.9), severity=severity),
    ]
    return play(Scene(triggers=triggers, baseline=base))[0].targets


def test_what_raises_delta_is_dropped_beside_a_protective_effect() -> None:
    assert beside(absolute(1.0, 0.0), base=(0.5, 0.0)) == (0.5, 0.0)


def test_what_raises_delta_stays_beside_a_cautionary_effect() -> None:
    assert beside(absolute(1.0, 0.0), codes.CAUTIONARY, (0.5, 0.0)) == (1.0, 0.0)


@pytest.mark.parametrize(
    ("effect", "targets"),
    [
        (absolute(0.2, 0.0), (0.2, 0.0)),
        (step(0.5, to_spot=False), (0.6, 0.2)),
        (step(0.5), (0.6, 0.4)),
        (hedge(0.5), (0.6, 0.1)),
        (cover(1.0), (0.6, -0.6)),
    ],
)
def test_what_lowers_delta_stays_beside_a_protective_effect(
    effect: Effect, targets: tuple[float, float]
) -> None:
    # Moving longs to spot leaves delta as it is: dropped.
    assert beside(effect) == pytest.approx((targets[0], targets[1]))


def test_an_absolute_range_is_judged_by_the_size_it_has() -> None:
    # From (0.5, 0) to (1, 0) at strength 1: delta 1.0 is above the base's 0.8.
    raising = Effect(kind=codes.ABSOLUTE, size=(0.5, 1.0), futures=0.0)
    bold = Actor(when="T", strength=[1.0], effects=[raising], rule={"severity": MILD})
    grave = trigger("T", leverage_cap(1.9), severity=GRAVE)
    left = play(Scene(triggers=[bold, grave], baseline=(0.8, 0.0)))[0]

    assert left.targets == (0.8, 0.0)


def test_a_protective_alert_drops_nothing() -> None:
    triggers = [trigger("T", absolute(1.0, 0.0), severity=MILD), trigger("T", severity=GRAVE)]

    assert play(Scene(triggers=triggers))[0].targets == (1.0, 0.0)


def test_a_protective_effect_that_unwinds_drops_nothing() -> None:
    # At 1 the cover has ended its life as an effect: the absolute one composes again.
    triggers = [
        trigger("FT", absolute(1.0, 0.0), severity=MILD),
        trigger("TF", cover(0.5), severity=GRAVE, unwind=4),
    ]
    left = play(Scene(triggers=triggers))

    assert "#0" in left[1].stages


def test_a_regime_is_base_and_never_dropped() -> None:
    grave = trigger("T", leverage_cap(1.9), severity=GRAVE)
    held = regime("T", (0.75, 0.25), severity=MILD)

    assert play(Scene(triggers=[grave], regimes=[held]))[0].targets == (0.75, 0.25)
