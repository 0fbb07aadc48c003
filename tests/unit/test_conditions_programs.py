"""The programs of conditions that depend on the decision's own state."""

import math
from pathlib import Path

import numpy as np
import pytest

from steelyard.decision.conditions import value_of
from steelyard.decision.state import new_state
from steelyard.decision.step import decide
from steelyard.domain import codes
from steelyard.domain.time import DAY_MS
from steelyard.domain.view import View
from steelyard.policy.compile import compile_policy
from steelyard.policy.evaluate import evaluate_signals
from steelyard.policy.pointwise import POINTWISE
from steelyard.policy.programs import OPERATIONS
from tests.support.plans import Actor, Program, Scene, cover, phases
from tests.support.policy_files import FIRST_MONDAY_MS, policy_of, small_market

U = math.nan
UNARY = ("neg", "not", "abs")
TERNARY = ("clip", "ramp", "select")
NUMBERS = (-1.5, 0.0, 1.0, 2.0, U)
TRUTHS = (0.0, 1.0, U)
LOGICAL = ("and", "or", "not")


def worth(program: Program, constants: list[float]) -> float:
    """Return what a program of constants is worth."""
    scene = Scene(triggers=[Actor(when=program)], constants=constants, moments=1)
    plan, signals = scene.plan(), scene.signals()
    rule = plan.rules[0]
    where = int(rule["entry_first"]), int(rule["entry_end"])
    return float(value_of(plan, signals, new_state(plan, 1), 0, -1, where))


def operands(name: str) -> list[list[float]]:
    """Return every combination of operands of an operation."""
    count = 1 if name in UNARY else 3 if name in TERNARY else 2
    values = [TRUTHS if name in LOGICAL else NUMBERS] * count
    if name == "select":
        values[0] = TRUTHS
    return np.array(np.meshgrid(*values)).reshape(count, -1).T.tolist()


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_of_the_step_is_that_of_arrays(name: str) -> None:
    for constants in operands(name):
        program = [(codes.OP_CONSTANT, i) for i in range(len(constants))]
        one = worth([*program, (OPERATIONS[name], 0)], constants)
        with np.errstate(all="ignore"):
            many = float(POINTWISE[name](*(np.array([value]) for value in constants))[0])

        assert one == pytest.approx(many, nan_ok=True), constants


def test_a_program_works_from_the_inside_out() -> None:
    # not (1 + 2 > 4) = not false.
    program = [
        (codes.OP_CONSTANT, 0),
        (codes.OP_CONSTANT, 1),
        (codes.OP_ADD, 0),
        (codes.OP_CONSTANT, 2),
        (codes.OP_GT, 0),
        (codes.OP_NOT, 0),
    ]

    assert worth(program, [1.0, 2.0, 4.0]) == 1.0


# -- what was true at entry ---------------------------------------------------------------------


def test_a_value_frozen_at_entry_outlasts_its_change() -> None:
    # Entry at 1 freezes 10; released once the value is below it: at 4. Entry at 5 freezes 7.
    extra = [9.0, 10.0, 12.0, 10.0, 8.0, 7.0, 6.0]
    row = 3
    below = [(codes.OP_SERIES, row), (codes.OP_AT_ENTRY, 0), (codes.OP_LT, 0)]
    actor = Actor(when="FTFFFTF", release=below)
    scene = Scene(triggers=[actor], extra=[extra], slots=[(row, -1, 0)])

    assert phases(scene) == ["idle", "active", "active", "active", "idle", "active", "idle"]


def test_evaluations_since_entry_count_bars() -> None:
    # Entry at 1; two bars later is 3.
    after = [(codes.OP_SINCE_ENTRY, 0), (codes.OP_CONSTANT, 0), (codes.OP_GE, 0)]
    scene = Scene(triggers=[Actor(when="FTFFF", release=after)], constants=[2.0])

    assert phases(scene) == ["idle", "active", "active", "idle", "idle"]


def test_before_an_entry_nothing_is_frozen() -> None:
    # The entry condition asks for bars since an entry that has not been: unknown.
    since = [(codes.OP_SINCE_ENTRY, 0), (codes.OP_CONSTANT, 0), (codes.OP_GE, 0)]
    scene = Scene(triggers=[Actor(when=since)], constants=[0.0], moments=3)

    assert phases(scene) == ["idle"] * 3


def test_a_regime_speaks_of_the_entry_of_the_regime_in_force() -> None:
    # Regime 0 enters at 1; regime 1 after it, once three bars have passed: at 4.
    since = [(codes.OP_SINCE_ENTRY, 0), (codes.OP_CONSTANT, 0), (codes.OP_GE, 0)]
    first = Actor(when="FTFFF", release="FFFFF")
    scene = Scene(regimes=[first, Actor(when=since, after=[0])], constants=[3.0])

    assert phases(scene, 1) == ["idle", "idle", "idle", "idle", "active"]


# -- support reclaimed --------------------------------------------------------------------------


def reclaimed(closes: list[float], level: float = U, known_day: int = 0) -> list[str]:
    """Return the phases of a hedge that is open until two closes hold a level.

    It enters at 1 with the level of 100 broken; ``level`` is another one, known from a day on.
    """
    held = [(codes.OP_HELD_RECLAIM, 0), (codes.OP_CONSTANT, 0), (codes.OP_GE, 0)]
    actor = Actor(when="FT" + "F" * (len(closes) - 2), release=held, effects=[cover(1.0)])
    scene = Scene(
        triggers=[actor],
        extra=[[100.0] * len(closes)],
        slots=[(3, 0, 5)],
        constants=[2.0],
        closes=closes,
        level=level,
    )
    plan = scene.plan()
    signals = scene.signals()
    signals.level_known_ms[0, 0] = known_day * DAY_MS
    state = new_state(plan, 1)
    found = []
    for moment in range(scene.size):
        decide(plan, signals, state, moment, View(0.0, 0.0))
        found.append(codes.PHASES[int(state.life[0]["phase"])])
    return found


def test_a_broken_support_is_reclaimed_by_closes_at_or_above_it() -> None:
    # At 3 one close, at 4 below again, at 5 and 6 two.
    found = reclaimed([99.0, 98.0, 97.0, 100.0, 99.0, 100.0, 101.0])

    assert found == ["idle", *["active"] * 5, "idle"]


def test_closes_before_the_entry_do_not_reclaim() -> None:
    found = reclaimed([101.0, 101.0, 100.0, 100.0])

    assert found == ["idle", "active", "active", "idle"]


def test_a_support_first_known_since_the_entry_may_hold_instead() -> None:
    # 90, known on day 2: closes of days 2 and 3 hold it.
    found = reclaimed([99.0, 98.0, 95.0, 91.0, 99.0], level=90.0, known_day=2)

    assert found == ["idle", "active", "active", "idle", "idle"]


def test_a_support_that_was_known_at_the_entry_does_not_count() -> None:
    found = reclaimed([99.0, 98.0, 95.0, 91.0, 99.0], level=90.0, known_day=1)

    assert found == ["idle", *["active"] * 4]


# -- through a policy file ----------------------------------------------------------------------


def test_a_policy_that_looks_back_at_its_entry_runs(tmp_path: Path) -> None:
    # In every second episode at the latest the close has fallen below that of the entry or
    # seven bars have passed: no episode is longer than seven evaluations.
    body = """
[[triggers]]
id = "swing"
when = "close > sma(5)"
release = "close < at_entry(close) or since_entry() >= 7"
effect = { hedge = 0.10 }
"""
    market = small_market(days=120)
    compiled = compile_policy(policy_of(tmp_path, body))
    start_ms = FIRST_MONDAY_MS + 10 * DAY_MS
    signals = evaluate_signals(compiled, market, start_ms, FIRST_MONDAY_MS + 119 * DAY_MS)
    state = new_state(compiled.plan, signals.grid_index.shape[0])
    close = market.bars["1d"].close
    run = longest = 0
    entry = 0
    for moment in range(signals.ms.size):
        decide(compiled.plan, signals, state, moment, View(0.0, 0.0))
        day = 9 + moment
        is_active = state.life[0]["phase"] == codes.ACTIVE
        if is_active and run > 0:
            assert close[day] >= close[entry]
        entry = day if is_active and run == 0 else entry
        run = run + 1 if is_active else 0
        longest = max(longest, run)

    assert 2 <= longest <= 7
