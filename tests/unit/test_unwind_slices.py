"""The systematic unwind (domain 8.2): equal slices, aborted, paused, overtaken."""

import pytest

from tests.support.plans import (
    Actor,
    Scene,
    absolute,
    cover,
    futures,
    hedge,
    play,
    regime,
    trigger,
)


def unwound(when: str, *, dwell: int = 0, cooldown: int = 0) -> Scene:
    """A full hedge of 0.6 on the baseline of 0.6 and 0.4, taken back in four slices of 0.25."""
    hedged = trigger(when, cover(1.0), unwind=4, dwell=dwell, cooldown=cooldown)
    return Scene(triggers=[hedged])


def test_four_slices_lead_back() -> None:
    assert futures(unwound("TFFFFF")) == [-0.6, -0.35, -0.1, 0.15, 0.4, 0.4]


def test_the_trace_tells_of_a_slice() -> None:
    left = play(unwound("TFFFF"))

    assert left[1].stages == ("base", "unwind")
    assert left[4].stages == ("base",)


def test_a_true_condition_aborts_the_unwind() -> None:
    assert futures(unwound("TFFTFF")) == [-0.6, -0.35, -0.1, -0.6, -0.35, -0.1]


def test_an_unknown_condition_pauses_the_unwind() -> None:
    assert futures(unwound("TFUUF")) == [-0.6, -0.35, -0.35, -0.35, -0.1]


def test_the_first_slice_waits_while_the_entry_condition_is_unknown() -> None:
    # Released at 1 with the entry unknown: the hedge stays until it is known to be over.
    hedged = trigger("TUFF", cover(1.0), release="FTTT", unwind=4)

    assert futures(Scene(triggers=[hedged])) == [-0.6, -0.6, -0.35, -0.1]


def test_spot_and_futures_unwind_alike() -> None:
    # (0.3, -0.7) to (0.6, 0.4): steps of 0.075 and 0.275.
    left = play(Scene(regimes=[regime("TFFFF", (0.3, -0.7), unwind=4)]))
    weights = [(round(one.targets[0], 9), round(one.targets[1], 9)) for one in left]

    assert weights == [(0.3, -0.7), (0.375, -0.425), (0.45, -0.15), (0.525, 0.125), (0.6, 0.4)]


def test_an_unwind_leads_to_the_target_of_each_day() -> None:
    # At 2 the regime (0.75, 0.25) is the target: half of the way from (0.6, -0.6) to it.
    hedged = trigger("TFFFF", cover(1.0), unwind=4)
    left = play(Scene(triggers=[hedged], regimes=[regime("FFTTT", (0.75, 0.25))]))

    assert left[1].targets == pytest.approx((0.6, -0.35))
    assert left[2].targets == pytest.approx((0.675, -0.175))
    assert left[4].targets == (0.75, 0.25)


def test_a_lower_target_is_taken_at_once_and_ends_the_unwind() -> None:
    # At 2 an absolute effect wants (0, -0.3), net delta -0.3, below the slice's; at 3 it is gone
    # and nothing holds the baseline back any more.
    scene = Scene(
        triggers=[trigger("TFFF", cover(1.0), unwind=4), trigger("FFTF", absolute(0.0, -0.3))]
    )
    left = play(scene)

    assert left[2].targets == (0.0, -0.3)
    assert left[2].phases[0] == "idle"
    assert left[3].targets == (0.6, 0.4)


def test_a_hedge_that_is_still_on_is_no_reason_to_unwind() -> None:
    # Both cover in full; when one is released the other's target is as low, so its unwind ends.
    scene = Scene(
        triggers=[trigger("TFFF", cover(1.0), unwind=4), trigger("TTFF", cover(1.0), unwind=4)]
    )

    assert futures(scene) == [-0.6, -0.6, -0.35, -0.1]


def test_of_two_unwinds_the_slower_holds() -> None:
    # At 2 the first has two of four slices, -0.1, the second one of two from -0.35: 0.025.
    scene = Scene(
        triggers=[trigger("TFFFF", cover(1.0), unwind=4), trigger("TTFFF", hedge(0.5), unwind=2)]
    )
    left = play(scene)
    # Target at 1 with the second still on: 0.4 - 0.5 x 0.6 = 0.1, a quarter of 0.7 above -0.6.
    second = [round(one.targets[1], 9) for one in left]

    assert second[0] == -0.6
    assert second[1] == pytest.approx(-0.6 + 0.7 / 4)
    # Both start from there to 0.4: first -0.6 + 1.0 x 2 / 4, second -0.425 + 0.825 / 2.
    assert second[2] == pytest.approx(min(-0.1, -0.0125))
    assert second[3] == pytest.approx(0.15)


def test_the_last_slice_may_be_followed_by_a_cooldown() -> None:
    left = play(unwound("TFFFFFT", cooldown=1))

    assert [one.phases[0] for one in left][4:] == ["cooldown", "cooldown", "active"]


def test_an_unwind_moves_only_on_its_own_clock() -> None:
    weekly = Actor(when="TFFFF", due="x.x.x", effects=[cover(1.0)], rule={"unwind": 4})

    assert futures(Scene(triggers=[weekly])) == [-0.6, -0.6, -0.35, -0.35, -0.1]


def test_an_aborted_unwind_does_not_have_to_dwell_again() -> None:
    # Entry at 0 with a dwell of 2: released at 2; true at 3; false at 4, released at once.
    assert futures(unwound("TFFTF", dwell=2)) == [-0.6, -0.6, -0.35, -0.6, -0.35]
