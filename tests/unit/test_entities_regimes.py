"""Which regime is in force: precedence, dwell and release, transitions, clocks (domain 5)."""

import math

import pytest

from steelyard.domain import codes
from steelyard.domain.view import View
from tests.support.plans import Actor, Scene, cover, leverage_cap, play, regime, trigger

SAFE = (0.3, -0.7)
BOLD = (0.75, 0.25)


def went(*regimes: Actor, triggers: tuple[Actor, ...] = ()) -> list[int]:
    return [one.regime for one in play(Scene(regimes=regimes, triggers=triggers))]


def test_a_safer_regime_is_entered_at_once() -> None:
    # The bold one has neither been released nor dwelt its three evaluations.
    assert went(regime("FTT", SAFE), regime("TTT", BOLD, dwell=3)) == [1, 0, 0]


def test_a_bolder_regime_waits_for_release_and_dwell() -> None:
    # Released from 1 on, but three evaluations after the entry at 0 is 3.
    assert went(regime("TFFFF", SAFE, dwell=3), regime("FTTTT", BOLD)) == [0, 0, 0, 1, 1]


def test_a_released_regime_falls_back_to_the_baseline() -> None:
    assert went(regime("TFF", SAFE), regime("FFF", BOLD)) == [0, -1, -1]


def test_a_regime_stays_while_its_own_release_is_not_true() -> None:
    assert went(regime("TFFF", SAFE, release="FFFT"), regime("FTTT", BOLD)) == [0, 0, 0, 1]


def test_an_unknown_condition_selects_nothing_and_releases_nothing() -> None:
    assert went(regime("TUU", SAFE), regime("FUU", BOLD)) == [0, 0, 0]


def test_a_regime_must_be_confirmed() -> None:
    late = regime("TTTT", BOLD, confirm_needed=3, confirm_window=3)

    assert went(late) == [-1, -1, 0, 0]


def test_confirmations_count_while_another_regime_is_in_force() -> None:
    # The bold one is true from 0 on and has its three when the safe one is released at 3.
    late = regime("TTTT", BOLD, confirm_needed=3, confirm_window=3)

    assert went(regime("TTTF", SAFE), late) == [0, 0, 0, 1]


def test_a_regime_that_requires_a_trigger_ends_with_it() -> None:
    needs = Actor(when="TTTT", spot=0.3, futures=-0.7, requires=[0])

    assert went(needs, triggers=(trigger("FTTF"),)) == [-1, 0, 0, -1]


def test_a_trigger_may_end_a_regime() -> None:
    # Ended at 1 although its condition is true; at 2 it enters again.
    ending = Actor(when="FTT", ends=[1])

    assert went(regime("TTT", SAFE, release="FFF"), triggers=(ending,)) == [0, -1, 0]


def test_a_regime_that_is_not_due_may_still_be_ended() -> None:
    ending = Actor(when="FTT", ends=[1])
    weekly = Actor(when="TTT", due="x..", spot=0.3, futures=-0.7)

    assert went(weekly, triggers=(ending,)) == [0, -1, -1]


def test_a_regime_ends_triggers_that_it_names() -> None:
    enters = Actor(when="FT", spot=0.6, futures=0.4, ends=[0])
    hedged = trigger("TT", cover(1.0), release="FF")
    left = play(Scene(triggers=[hedged], regimes=[enters]))

    assert [one.phases[0] for one in left] == ["active", "idle"]


def test_a_regime_is_only_entered_on_its_clock() -> None:
    weekly = Actor(when="FTTT", due="x..x", spot=0.3, futures=-0.7)

    assert went(weekly) == [-1, -1, -1, 0]


def test_a_regime_cools_down_before_it_is_entered_again() -> None:
    assert went(regime("TFTTT", SAFE, cooldown=1)) == [0, -1, -1, 0, 0]


# -- transitions that a regime names ------------------------------------------------------------


def test_a_chained_regime_is_entered_only_from_where_it_may() -> None:
    # From the baseline it may not; from regime 0 it may.
    assert went(regime("FTF", SAFE, release="FFF"), regime("TTT", BOLD, after=[0])) == [-1, 0, 1]


def test_a_chained_regime_does_not_wait_for_release_and_dwell() -> None:
    held = regime("TFFF", SAFE, release="FFFF", dwell=9)

    assert went(held, regime("FTTT", BOLD, after=[0], release="FFFF")) == [0, 1, 1, 1]


def test_a_chain_may_begin_at_the_baseline() -> None:
    assert went(regime("FT", SAFE, after=[-1])) == [-1, 0]


def test_along_a_chain_nothing_is_unwound() -> None:
    # -0.7 to 0.25 at once, although the regime that is left has four slices.
    held = regime("TT", SAFE, release="FF", unwind=4)
    left = play(Scene(regimes=[held, regime("FT", BOLD, after=[0])]))

    assert left[1].targets == BOLD


# -- weights ------------------------------------------------------------------------------------


def test_the_strength_of_a_regime_places_its_weights() -> None:
    # From -0.50 to -0.55: at strength 0.4 it is -0.52.
    tilted = Actor(when="TT", strength=[0.4, 1.0], spot=0.5, futures=(-0.50, -0.55))
    left = play(Scene(regimes=[tilted]))

    assert [one.targets for one in left] == [(0.5, pytest.approx(-0.52)), (0.5, -0.55)]


def test_a_regime_may_cap_the_leverage() -> None:
    # 0.4 of cash at leverage 0.5 backs 0.2.
    capped = Actor(when="T", spot=0.6, futures=0.4, cap=0.5)
    left = play(Scene(regimes=[capped]))[0]

    assert left.leverage == 0.5
    assert left.targets == pytest.approx((0.6, 0.2))


def test_the_smallest_of_all_caps_is_in_force() -> None:
    capped = Actor(when="T", spot=0.6, futures=0.4, cap=0.9)
    triggers = [trigger("T", leverage_cap(0.7)), trigger("F", leverage_cap(0.1))]
    left = play(Scene(regimes=[capped], triggers=triggers, limits={"leverage": 1.5}))[0]

    assert left.leverage == 0.7


# -- unwinding regimes --------------------------------------------------------------------------


def test_a_regime_that_is_true_again_while_it_unwinds_is_entered_again() -> None:
    # One slice at 1: -0.7 + (0.4 + 0.7) / 4; then the regime's own weights as computed that day.
    left = play(Scene(regimes=[regime("TFT", SAFE, unwind=4)]))

    assert [one.regime for one in left] == [0, -1, 0]
    assert left[1].targets == pytest.approx((0.375, -0.425))
    assert left[2].targets == SAFE


def test_going_back_to_an_unwinding_regime_keeps_what_its_entry_was() -> None:
    # It entered at a result of 10; the guard of its successor still compares with that.
    held = regime("TFTT", (0.6, -0.6), unwind=4)
    after = regime("FFFT", (0.6, -0.1), after=[0], guard=codes.HEDGE_IN_PROFIT)
    views = [View(0.6, result) for result in (10.0, 30.0, 30.0, 20.0)]
    left = play(Scene(regimes=[held, after]), views)

    assert [one.regime for one in left] == [0, -1, 0, 1]


def test_what_after_forbids_neither_holds_nor_aborts_an_unwind() -> None:
    # Regime 1 follows regime 0 only. Its condition is true when it is released at 2 and at 3, in
    # the baseline: it cannot be entered from there, so all four slices are taken.
    held = regime("TFFFFF", (0.6, -0.6), release="FFFFFF")
    short = regime("FTTTFF", (0.6, -0.1), release="FFTFFF", after=[0], unwind=4)
    left = play(Scene(regimes=[held, short]))

    assert [one.regime for one in left] == [0, 1, -1, -1, -1, -1]
    assert [round(one.targets[1], 9) for one in left[2:]] == [0.025, 0.15, 0.275, 0.4]


def test_what_after_allows_from_the_baseline_aborts_an_unwind() -> None:
    # True again at 2, in the baseline, from which it may be entered.
    held = regime("TFTF", (0.6, -0.6), release="FTFF", after=[-1], unwind=4)
    left = play(Scene(regimes=[held]))

    assert [one.regime for one in left] == [0, -1, 0, 0]


def test_an_unwinding_regime_gives_way_to_a_safer_one() -> None:
    # Regime 1 unwinds when regime 0 enters; true again at 3, it may not replace the safer one.
    held = regime("TFFT", (0.5, -0.5), unwind=4)
    left = play(Scene(regimes=[regime("FFTT", SAFE), held]))

    assert [one.regime for one in left] == [1, -1, 0, 0]
    assert left[2].targets == SAFE
    assert left[3].targets == SAFE
    assert left[3].phases[1] != "active"


def test_a_regime_without_slices_is_left_at_once() -> None:
    left = play(Scene(regimes=[regime("TF", SAFE)]))

    assert left[1].targets == (0.6, 0.4)


def test_the_start_is_at_the_baseline_with_nothing_evaluated() -> None:
    idle = Actor(when="T", due=".", spot=0.3, futures=-0.7)
    left = play(Scene(regimes=[idle]))[0]

    assert left.regime == -1
    assert left.targets == (0.6, 0.4)
    assert math.isclose(left.leverage, 2.0)
