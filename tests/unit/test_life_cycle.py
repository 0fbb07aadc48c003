"""The life of one trigger: confirmation, release, dwell, cooldown, unknown, guards (domain 9.3)."""

import math
from dataclasses import replace

import pytest

from steelyard.domain import codes
from steelyard.domain.view import View
from tests.support.plans import Actor, Effect, Scene, cover, hedge, phases, play, regime, trigger

IGNORE = codes.IGNORE
FAILSAFE = codes.FAILSAFE
NOTHING = View(0.0, 0.0)


def lived(when: str, release: str | None = None, **rule: float) -> list[str]:
    return phases(Scene(triggers=[trigger(when, release=release, **rule)]))


def test_a_release_needs_its_number_of_evaluations_in_a_row() -> None:
    # F at 1 is one; T at 2 starts anew; F at 3 and 4 are two.
    assert lived("TFTFF", release_confirm=2) == ["active"] * 4 + ["idle"]


def test_with_a_release_the_entry_condition_no_longer_holds() -> None:
    assert lived("TFFF", release="FFTF") == ["active", "active", "idle", "idle"]


def test_with_a_release_it_enters_again_only_from_an_empty_window() -> None:
    # Confirmed at 1, released at 2 while the entry is true; two new evaluations at 3 and 4.
    found = lived("TTTTT", release="FFTFF", confirm_needed=2, confirm_window=2)

    assert found == ["arming", "active", "idle", "arming", "active"]


def test_a_dwell_delays_the_release() -> None:
    # Entry at 0; evaluations 1, 2, 3 are its ages.
    assert lived("TFFFF", dwell=3) == ["active", "active", "active", "idle", "idle"]


def test_a_condition_true_at_the_end_of_the_dwell_keeps_it_active() -> None:
    assert lived("TFFTF", dwell=3) == ["active", "active", "active", "active", "idle"]


def test_an_unknown_evaluation_does_not_age_what_holds() -> None:
    assert lived("TUFFF", dwell=3) == ["active", "active", "active", "active", "idle"]


def test_an_unknown_hold_condition_waits_by_default() -> None:
    assert lived("TUF") == ["active", "active", "idle"]


def test_an_ignored_unknown_counts_towards_the_release() -> None:
    assert lived("TU", on_unknown=IGNORE) == ["active", "idle"]


def test_a_failsafe_keeps_what_it_cannot_see() -> None:
    assert lived("TUUF", on_unknown=FAILSAFE) == ["active", "active", "active", "idle"]


def test_a_failsafe_without_patience_enters_at_once() -> None:
    assert lived("UF", on_unknown=FAILSAFE) == ["active", "idle"]


def test_a_failsafe_with_patience_never_starts_arming() -> None:
    assert lived("UUUU", on_unknown=FAILSAFE, failsafe_after=2) == ["idle"] * 4


def test_a_failsafe_with_patience_confirms_what_was_arming() -> None:
    # T arms; two unknown are held, the third counts as true: two of the last two.
    found = lived("TUUU", on_unknown=FAILSAFE, confirm_needed=2, confirm_window=2, failsafe_after=2)

    assert found == ["arming", "arming", "arming", "active"]


def test_the_patience_of_a_failsafe_starts_anew_with_every_known_value() -> None:
    found = lived(
        "TUTUU", on_unknown=FAILSAFE, confirm_needed=3, confirm_window=3, failsafe_after=1
    )

    assert found == ["arming", "arming", "arming", "arming", "active"]


def test_what_counts_are_the_last_evaluations_only() -> None:
    # n of m = 2 of 3: at 3 the window is F F T, at 4 it is F T T.
    found = lived("TFFTT", confirm_needed=2, confirm_window=3)

    assert found == ["arming", "arming", "arming", "arming", "active"]


def test_a_cooldown_lasts_its_evaluations_after_the_release() -> None:
    assert lived("TFTTT", cooldown=2) == ["active", "cooldown", "cooldown", "cooldown", "active"]


def test_it_lives_on_its_own_clock_only() -> None:
    actor = Actor(when="TFTFT", due="x.x.x")

    assert phases(Scene(triggers=[actor])) == ["active"] * 5


def test_a_clock_that_does_not_strike_leaves_targets_alone() -> None:
    actor = Actor(when="FTFF", due="x..x", effects=[cover(1.0)])
    targets = [one.targets for one in play(Scene(triggers=[actor]))]

    assert targets == [(0.6, 0.4)] * 4


# -- requirements and releases between triggers -------------------------------------------------


def test_a_trigger_that_requires_another_enters_with_it() -> None:
    scene = Scene(triggers=[trigger("FTTF"), Actor(when="TTTT", requires=[0])])

    assert phases(scene, 1) == ["idle", "active", "active", "idle"]


@pytest.mark.parametrize(("when", "phase"), [("U", "idle"), ("F", "idle"), ("T", "active")])
def test_a_requirement_joins_an_unknown_condition_by_kleene(when: str, phase: str) -> None:
    # Failsafe: unknown and true is unknown, which enters; unknown and false is false.
    rule = {"on_unknown": FAILSAFE}
    inner = Actor(when="U", rule=rule, requires=[0])

    assert phases(Scene(triggers=[trigger(when), inner]), 1) == [phase]


def test_an_unwinding_trigger_no_longer_satisfies_a_requirement() -> None:
    unwinding = trigger("TFF", cover(1.0), unwind=4)
    scene = Scene(triggers=[unwinding, Actor(when="TTT", requires=[0])])

    assert phases(scene, 1) == ["active", "idle", "idle"]


def test_entering_ends_what_it_releases() -> None:
    hedged = trigger("TTT", cover(1.0), release="FFF")
    scene = Scene(triggers=[hedged, Actor(when="FTT", ends=[0])])
    left = play(scene)

    assert [one.phases[0] for one in left] == ["active", "idle", "active"]
    assert [one.targets[1] for one in left] == [-0.6, 0.4, -0.6]


def test_what_entered_at_the_same_evaluation_is_not_released() -> None:
    scene = Scene(triggers=[trigger("T", cover(1.0)), Actor(when="T", ends=[0])])

    assert phases(scene) == ["active"]


def test_being_released_takes_the_first_slice_of_an_unwind() -> None:
    # -0.6 to 0.4 in four: -0.35.
    hedged = trigger("TF", cover(1.0), release="FF", unwind=4)
    scene = Scene(triggers=[hedged, Actor(when="FT", ends=[0])])
    left = play(scene)

    assert left[1].phases[0] == "unwinding"
    assert left[1].targets[1] == pytest.approx(-0.35)


# -- guards on the account ----------------------------------------------------------------------


def campaign(when: str, validity: int) -> Scene:
    """A hedge in force from the start, and a regime after it that needs it to be in profit."""
    hedged = regime("T" + "F" * (len(when) - 1), (0.6, -0.6), release="F" * len(when))
    tactical = regime(
        when,
        (0.6, -0.1),
        release="F" * len(when),
        after=[0],
        guard=codes.HEDGE_IN_PROFIT,
        validity=validity,
    )
    return Scene(regimes=[hedged, tactical])


def went(scene: Scene, results: list[float]) -> list[int]:
    return [one.regime for one in play(scene, [View(0.6, result) for result in results])]


def test_a_confirmed_entry_waits_for_its_guard() -> None:
    # The hedge entered at a result of 50; 50 is no profit, 51 is.
    assert went(campaign("FTFF", 2), [50.0, 40.0, 50.0, 51.0]) == [0, 0, 0, 1]


def test_a_waiting_entry_expires() -> None:
    # Two evaluations after the confirmation at 1 are 2 and 3; at 4 it is too late.
    assert went(campaign("FTFFF", 2), [0.0, -1.0, -1.0, -1.0, 9.0]) == [0, 0, 0, 0, 0]


def test_an_entry_without_validity_does_not_wait() -> None:
    assert went(campaign("FTF", 0), [0.0, -1.0, 9.0]) == [0, 0, 0]


def test_an_unknown_evaluation_holds_a_waiting_entry() -> None:
    # At 2 the condition is unknown: nothing enters and nothing expires, so 3 and 4 still count.
    assert went(campaign("FTUFF", 2), [0.0, -1.0, 9.0, -1.0, 9.0]) == [0, 0, 0, 0, 1]


def test_a_waiting_entry_shows_as_arming() -> None:
    left = play(campaign("FTFF", 2), [View(0.6, r) for r in (0.0, -1.0, -1.0, -1.0)])

    assert [one.phases[1] for one in left] == ["idle", "arming", "arming", "idle"]


def test_a_regime_may_ask_for_spot_near_its_target() -> None:
    near = regime("TTT", (0.75, 0.25), release="FFF", guard=codes.SPOT_NEAR_TARGET)
    views = [View(spot, 0.0) for spot in (0.69, 0.81, 0.72)]

    assert [one.regime for one in play(Scene(regimes=[near]), views)] == [-1, -1, 0]


def test_how_near_its_target_spot_must_be_is_the_regimes_own() -> None:
    # 0.69 is six points from 0.75: within 0.10, and not within 0.05.
    near = regime("T", (0.75, 0.25), release="F", guard=codes.SPOT_NEAR_TARGET, near=0.10)

    assert play(Scene(regimes=[near]), [View(0.69, 0.0)])[0].regime == 0


def test_a_waiting_entry_remembers_the_bar_that_confirmed_it() -> None:
    # Confirmed at 1, high 120; the guard holds at 3, high 90. Three bars after 1 is 4. Without that
    # way out: the close of 119 at 4 is above 90 and not above 120, that of 121 at 5 is.
    high = [100.0, 120.0, 110.0, 90.0, 95.0, 95.0]
    close = [99.0, 100.0, 100.0, 89.0, 119.0, 121.0]
    above = [(codes.OP_SERIES, 9), (codes.OP_AT_ENTRY, 0), (codes.OP_GT, 0)]
    held = regime("TFFFFF", (0.6, -0.6), release="FFFFFF")
    short = regime(
        "FTFFFF",
        (0.6, -0.1),
        release=above,
        after=[0],
        guard=codes.HEDGE_IN_PROFIT,
        validity=3,
    )
    since = regime([(codes.OP_SINCE_ENTRY, 0), (codes.OP_CONSTANT, 0), (codes.OP_GE, 0)], (0.8, 0))
    since = replace(since, after=[1], release="FFFFFF")
    scene = Scene(
        regimes=[held, short, since],
        extra=[close, high],
        slots=[(10, 0, 0)],
        constants=[3.0],
        moments=6,
    )
    views = [View(0.6, result) for result in (0.0, -1.0, -1.0, 1.0, 1.0, 1.0)]

    assert [one.regime for one in play(scene, views)] == [0, 0, 0, 1, 2, 2]
    scene.constants = [9.0]
    assert [one.regime for one in play(scene, views)] == [0, 0, 0, 1, 1, -1]


def test_without_a_regime_profit_counts_from_the_start() -> None:
    guarded = trigger("TT", hedge(0.1), guard=codes.HEDGE_IN_PROFIT)
    left = play(Scene(triggers=[guarded]), [View(0.6, 0.0), View(0.6, 1.0)])

    assert [one.phases[0] for one in left] == ["arming", "active"]


# -- strength and ratchet -----------------------------------------------------------------------


def sized(strength: list[float], low: float, high: float, ratchet: float) -> list[float]:
    """Return the hedge ratio at each evaluation, from spot 0.6 without futures."""
    when = "T" * len(strength)
    actor = Actor(
        when=when, strength=strength, rule={"ratchet": ratchet}, effects=[cover((low, high))]
    )
    scene = Scene(triggers=[actor], baseline=(0.6, 0.0), limits={"leverage": 10.0})
    return [round(-one.targets[1] / 0.6, 9) for one in play(scene)]


def test_strength_places_a_size_within_its_range() -> None:
    # 0.5 + 0.25 s, s clipped to 0 and 1.
    assert sized([0.0, 0.5, 2.0, -1.0], 0.5, 0.75, 0.0) == [0.5, 0.625, 0.75, 0.5]


def test_an_unknown_strength_stays_and_is_full_at_entry() -> None:
    unknown = math.nan

    assert sized([unknown, 0.4, unknown], 0.5, 0.75, 0.0) == [0.75, 0.6, 0.6]


def test_a_ratchet_ignores_small_growth_and_every_fall() -> None:
    # 0.50; 0.52 grows by less than 0.05; 0.60 by enough; 0.50 is a fall; 0.64 too small a growth.
    assert sized([0.0, 0.08, 0.4, 0.0, 0.56], 0.5, 0.75, 0.05) == [0.5, 0.5, 0.6, 0.6, 0.6]


def test_a_ratchet_lets_a_growth_of_its_own_size_pass() -> None:
    # 0.60 - 0.55 is a little less than 0.05 in binary; weights are decimals.
    assert sized([0.2, 0.4], 0.5, 0.75, 0.05) == [0.55, 0.6]


def test_a_ratchet_starts_anew_after_a_release() -> None:
    strength = [1.0, 0.0, 0.2]
    actor = Actor(
        when="TFT", strength=strength, rule={"ratchet": 0.1}, effects=[cover((0.5, 0.75))]
    )
    left = play(Scene(triggers=[actor], baseline=(0.6, 0.0)))

    assert [round(one.targets[1], 9) for one in left] == [-0.45, 0.0, -0.33]


def test_a_ratchet_of_a_falling_range_counts_its_fall_as_growth() -> None:
    # A cap from 2 to 1: 1.9 falls by 0.1, less than 0.3; 1.5 by enough; 2.0 is a way back.
    cap = Actor(
        when="TTTT",
        strength=[0.0, 0.1, 0.5, 0.0],
        rule={"ratchet": 0.3},
        effects=[Effect(kind=codes.LEVERAGE_CAP, size=(2.0, 1.0))],
    )

    assert [one.leverage for one in play(Scene(triggers=[cap]))] == [2.0, 2.0, 1.5, 1.5]
