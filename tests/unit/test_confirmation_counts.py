"""This file proves that a check counts confirmations as the decision does."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from steelyard.domain import codes
from steelyard.engine.confirmation import confirmed
from tests.support.plans import Actor, Scene, phases

VALUES = {"T": 1.0, "F": 0.0, "U": math.nan}


def values_of(text: str) -> np.ndarray:
    return np.array([VALUES[letter] for letter in text])


def test_two_of_three_are_counted_over_the_evaluations_that_count() -> None:
    # Windows of three ending at each: T, TF, TFT (2), FTF, TFF, FFT, FTT (2).
    found = confirmed(values_of("TFTFFTT"), (2, 3), "hold")

    assert found.tolist() == [False, False, True, False, False, False, True]


def test_an_unknown_is_left_out_counts_as_false_or_counts_as_true() -> None:
    found = {how: confirmed(values_of("TUT"), (2, 2), how) for how in codes.ON_UNKNOWN}

    assert found["hold"].tolist() == [False, False, True]
    assert found["ignore"].tolist() == [False, False, False]
    assert found["failsafe"].tolist() == [False, True, True]


def test_nothing_is_confirmed_where_nothing_is_evaluated() -> None:
    assert confirmed(np.empty(0), (1, 1), "hold").size == 0


@given(
    st.text("TFU", min_size=1, max_size=15),
    st.integers(1, 3),
    st.integers(0, 2),
    st.sampled_from(codes.ON_UNKNOWN),
)
def test_a_trigger_fires_first_where_its_condition_is_first_confirmed(
    text: str, needed: int, more: int, on_unknown: str
) -> None:
    rule: dict[str, float] = {
        "confirm_needed": needed,
        "confirm_window": needed + more,
        "on_unknown": codes.ON_UNKNOWN.index(on_unknown),
        "failsafe_after": -1,
    }
    lived = phases(Scene(triggers=[Actor(when=text, rule=rule)]))

    found = confirmed(values_of(text), (needed, needed + more), on_unknown)

    fired = lived.index("active") if "active" in lived else -1
    assert fired == (int(np.argmax(found)) if found.any() else -1)
