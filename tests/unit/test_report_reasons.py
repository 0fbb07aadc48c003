"""The sentence behind a decision."""

import numpy as np

from steelyard.domain import codes
from steelyard.report.inputs import RunInputs
from steelyard.report.reasons import exposure_change, has_news, reason
from tests.support.made_runs import made_inputs


def _quiet_inputs() -> RunInputs:
    return made_inputs(60)


def test_the_first_decision_says_start_the_base_and_its_orders() -> None:
    # 60 % and 40 % of 100,000 at 50,000 a coin: 1.2 and 0.8 coins.
    said = reason(_quiet_inputs(), 0)

    assert said == (
        "Start. Targets: baseline spot 60.0 %, futures +40.0 %. "
        "Ordered: buy 1.2 BTC spot and buy 0.8 BTC futures."
    )


def test_a_day_without_news_says_so() -> None:
    inputs = _quiet_inputs()

    assert reason(inputs, 5) == "Nothing changed. Targets: baseline spot 60.0 %, futures +40.0 %."
    assert not has_news(inputs, 5)


def test_an_order_without_a_change_is_put_down_to_drift() -> None:
    inputs = _quiet_inputs()
    inputs.walk.decisions.ordered[5] = 0.0, -0.031

    assert reason(inputs, 5).startswith("The holdings had drifted from the targets. ")
    assert reason(inputs, 5).endswith("Ordered: sell 0.031 BTC futures.")
    assert has_news(inputs, 5)


def test_targets_that_move_with_a_strength_are_said_to_move() -> None:
    inputs = _quiet_inputs()
    inputs.walk.decisions.targets[5] = 0.6, 0.37

    assert reason(inputs, 5).startswith("The targets moved. ")


def test_an_unknown_condition_is_named_where_it_was_asked() -> None:
    inputs = _quiet_inputs()
    inputs.walk.decisions.condition[5:7, 1] = np.nan
    inputs.walk.decisions.evaluated[6, 1] = False

    assert "Unknown: support_breach." in reason(inputs, 5)
    assert "Unknown" not in reason(inputs, 6)


def test_a_trigger_that_fires_is_named_with_what_it_did() -> None:
    # 15 % of long futures of 40 % are 6 points, which go to spot.
    said = reason(_quiet_inputs(), 12)

    assert said.startswith("atr_expansion fired. Active: atr_expansion. Targets: baseline ")
    assert "then atr_expansion spot 66.0 %, futures +34.0 %." in said


def test_a_change_of_regime_comes_first() -> None:
    said = reason(_quiet_inputs(), 36)

    assert said.startswith("The regime went from baseline to breakdown")
    assert "Targets: breakdown spot 30.0 %, futures -70.0 %" in said


def test_every_change_of_phase_has_its_word() -> None:
    inputs = _quiet_inputs()
    phases = (
        (codes.IDLE, codes.ARMING, "began to confirm"),
        (codes.ARMING, codes.IDLE, "was not confirmed"),
        (codes.ACTIVE, codes.UNWINDING, "began to unwind"),
        (codes.UNWINDING, codes.ACTIVE, "is active again"),
        (codes.ACTIVE, codes.COOLDOWN, "ended and cools down"),
        (codes.ACTIVE, codes.IDLE, "ended"),
    )
    said = []
    for before, now, _ in phases:
        inputs.walk.decisions.phase[4:6, 0] = before, now
        said.append(reason(inputs, 5).split(".", maxsplit=1)[0])

    assert said == [f"atr_expansion {word}" for _, _, word in phases]


def test_an_unwinding_trigger_is_still_in_force() -> None:
    inputs = _quiet_inputs()
    inputs.walk.decisions.phase[5, 1] = codes.UNWINDING

    assert "Active: support_breach (unwinding)." in reason(inputs, 5)


def test_steps_that_change_nothing_are_left_out() -> None:
    inputs = _quiet_inputs()
    decisions = inputs.walk.decisions
    decisions.trace[5, 1] = codes.STAGE_MARGIN, 0.6, 0.4
    decisions.trace[5, 2] = codes.STAGE_UNWIND, 0.5, 0.3
    decisions.trace_length[5] = 3
    said = reason(inputs, 5)

    assert "margin limit" not in said
    assert said.endswith("then slice of the unwind spot 50.0 %, futures +30.0 %.")


def test_without_a_trace_the_targets_are_told_alone() -> None:
    inputs = _quiet_inputs()
    inputs.walk.decisions.trace_length[5] = 0

    assert reason(inputs, 5).endswith("Targets: spot 60.0 %, futures +40.0 %.")


def test_a_moved_target_is_news() -> None:
    inputs = _quiet_inputs()
    inputs.walk.decisions.targets[5] = np.array([0.6, 0.3])

    assert has_news(inputs, 5)


def test_what_an_episode_did_names_only_the_legs_that_moved() -> None:
    assert (
        exposure_change((0.6, 0.4), (0.3, -0.7)) == "spot 60.0 to 30.0 %, futures +40.0 to -70.0 %"
    )
    assert exposure_change((0.6, 0.4), (0.7, 0.4)) == "spot 60.0 to 70.0 %, futures +40.0 %"
    assert exposure_change(None, (0.6, 0.0)) == "spot 60.0 %, futures 0.0 %"
