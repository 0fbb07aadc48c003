"""This file proves that a profile counts and times what the evaluation asks for."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from steelyard.domain.errors import DataError, RequestError
from steelyard.engine.profile import Recorder, profile
from steelyard.policy.compile import compile_policy
from steelyard.policy.evaluate import evaluate_signals
from steelyard.policy.load import load_policy
from tests.support.policy_files import small_market, trigger, written


def ticking() -> Iterator[float]:
    """Yield seconds: one more at every look at the clock."""
    now = 0.0
    while True:
        yield now
        now += 1.0


def test_time_is_that_of_a_question_less_the_questions_in_between() -> None:
    clock = ticking()
    recorder = Recorder(lambda: next(clock))
    outer, inner, value = ("outer", "1d"), ("inner", "1d"), np.zeros(1)

    # Asked at 0 and 1, answered at 2 and 3: the outer took 3 s, 1 s of them for the inner.
    assert recorder.get(outer) is None
    assert recorder.get(inner) is None
    recorder[inner] = value
    recorder[outer] = value
    again = recorder.get(inner)

    found = {
        each.text: (each.asked, each.computed, each.seconds) for each in recorder.expressions()
    }
    assert again is value
    assert found == {"outer": (1, 1, 2.0), "inner": (2, 1, 1.0)}


def test_a_recorder_is_a_memo_like_any_other() -> None:
    recorder = Recorder()
    recorder.get(("a", "1d"))
    recorder["a", "1d"] = np.ones(1)

    assert list(recorder) == [("a", "1d")]
    del recorder["a", "1d"]
    assert len(recorder) == 0


def test_identical_sub_expressions_of_a_policy_are_computed_once(tmp_path: Path) -> None:
    # Both conditions ask for the same average at the moments of the review: it is read there once,
    # and worked out once on the daily bars for that.
    twice = trigger("close > sma(20)") + trigger("close < sma(20) * 2").replace("'one'", "'two'")

    found = profile([load_policy(written(tmp_path, twice))], small_market())

    assert all(each.computed == 1 for each in found.expressions)
    averages = [each for each in found.expressions if each.text.startswith("sma(")]
    assert sorted(each.asked for each in averages) == [1, 2]
    assert "2" not in {each.text for each in found.expressions}


def test_policies_share_what_they_have_in_common(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, trigger("close > sma(20)")))

    found = profile([policy, policy], small_market())

    first, second = found.policies
    assert (first.name, second.name) == ("small", "small")
    assert first.computed > 0
    # The second asks for its one condition, which is known.
    assert (second.asked, second.computed) == (1, 0)
    assert found.asked == first.asked + second.asked
    assert found.computed == first.computed
    assert found.seconds == first.seconds + second.seconds


def test_a_recorder_changes_no_value() -> None:
    compiled, market = compile_policy(load_policy("article")), small_market(days=400)
    start, end = int(market.bars["1d"].known_ms[60]), market.end_ms

    plain = evaluate_signals(compiled, market, start, end)
    recorded = evaluate_signals(compiled, market, start, end, Recorder())

    assert np.array_equal(plain.values, recorded.values, equal_nan=True)


def test_what_cannot_be_run_cannot_be_measured(tmp_path: Path) -> None:
    policy = load_policy(written(tmp_path, trigger("open_interest > 1")))

    with pytest.raises(DataError, match="reads open_interest"):
        profile([policy], small_market())
    with pytest.raises(RequestError, match="lies outside the data"):
        profile(["hold"], small_market(), end="2030-01-01")
