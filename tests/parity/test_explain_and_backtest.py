"""What an explanation says is what the backtest did, at random moments of its history."""

import math

import numpy as np
import pytest

from steelyard.data.catalogue import open_market
from steelyard.data.synthetic import synthetic_market
from steelyard.domain.codes import PHASES
from steelyard.domain.market import Market
from steelyard.domain.record import Walk
from steelyard.engine.course import lay_course
from steelyard.engine.explain import explanation
from steelyard.engine.standing import stand_at
from steelyard.policy.compile import CompiledPolicy, compile_policy
from steelyard.policy.load import load_policy
from steelyard.report.activity import BASELINE
from steelyard.report.explanation import Entity, Explanation
from tests.support.data import real_data
from tests.support.looking_ahead import random_cuts


def of_tree(entity: Entity) -> float:
    """Return an entry condition from its root comparison and what ``while_active`` needs."""
    term = entity.entry.term
    value = term.value if term.is_wanted else 1.0 - term.value
    return 0.0 if value == 0.0 or not all(need.is_active for need in entity.needs) else value


def departures(compiled: CompiledPolicy, walked: Walk, told: Explanation) -> list[str]:
    """Return what an explanation says otherwise than the backtest's row of that decision."""
    decisions, policy = walked.decisions, compiled.policy
    row = int(np.searchsorted(decisions.ms, told.decided_ms))
    regime = int(decisions.regime[row])
    pairs: dict[str, tuple[object, object]] = {
        "moment": (told.decided_ms, int(decisions.ms[row])),
        "regime": (told.regime, policy.regime_ids[regime] if regime >= 0 else BASELINE),
        "phases": (
            [one.life.phase for one in told.entities],
            [PHASES[phase] for phase in decisions.phase[row]],
        ),
    }
    found = [
        f"{name}: {one} is not {other}" for name, (one, other) in pairs.items() if one != other
    ]
    trace = decisions.trace[row, : int(decisions.trace_length[row])]
    numbers: dict[str, tuple[list[float], list[float]]] = {
        "targets": ([told.spot, told.futures], decisions.targets[row].tolist()),
        "orders": ([leg.ordered for leg in told.orders.legs], decisions.ordered[row].tolist()),
        "conditions": ([one.condition for one in told.entities], decisions.condition[row].tolist()),
        "leverage": ([told.composition.leverage], [float(decisions.leverage[row])]),
        "stages": (
            [weight for stage in told.composition.stages for weight in (stage.spot, stage.futures)],
            trace[:, 1:].ravel().tolist(),
        ),
    }
    for name, (left, right) in numbers.items():
        if not np.allclose(left, right, rtol=1e-9, atol=1e-12, equal_nan=True):
            found.append(f"{name}: {left} is not {right}")
    return found


def disagreements(told: Explanation) -> list[str]:
    """Return the conditions whose own comparisons do not come to what was decided by.

    What ``while_active`` names is read as it is now, so what needs any is only held to it where it
    was evaluated now.
    """
    return [
        f"{one.id}: {of_tree(one)} is not {one.condition}"
        for one in told.entities
        if (one.evaluated_ms == told.decided_ms or not one.needs)
        and of_tree(one) != one.condition
        and not (math.isnan(of_tree(one)) and math.isnan(one.condition))
    ]


def compared(name: str, market: Market, count: int, seed: int) -> list[str]:
    """Return every difference at random moments."""
    compiled = compile_policy(load_policy(name))
    course = lay_course(market, start=None, end=None)
    walked = course.run(compiled)
    found = []
    for at_ms in random_cuts(market, count, seed):
        standing = stand_at(compiled, course, at_ms)
        told = explanation(standing)
        found += [f"{each} at {at_ms}" for each in departures(compiled, walked, told)]
        found += [f"{each} at {at_ms}" for each in disagreements(told)]
    return found


@pytest.mark.parametrize("name", ["article", "accumulation", "prudent"])
def test_what_is_explained_is_what_was_decided_on_a_synthetic_market(name: str) -> None:
    assert compared(name, synthetic_market(), 50, seed=8) == []


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize("name", ["article", "accumulation", "prudent"])
def test_what_is_explained_is_what_was_decided_on_real_history(name: str) -> None:
    assert compared(name, open_market(real_data(), asset="BTC"), 50, seed=9) == []
