"""Operators on arrays: the tables of Kleene, arithmetic with unknown, ramps and choices."""

import math

import numpy as np
import pytest

from steelyard.policy.pointwise import POINTWISE
from tests.support.vectors import Node, each_case

T, F, U = 1.0, 0.0, math.nan


def worth(name: str, *values: float) -> float:
    return float(POINTWISE[name](*(np.array([value]) for value in values))[0])


def same(one: float, other: float) -> bool:
    return one == other or (math.isnan(one) and math.isnan(other))


@pytest.mark.parametrize(
    ("left", "right", "conjunction", "disjunction"),
    [
        (T, T, T, T),
        (T, F, F, T),
        (T, U, U, T),
        (F, T, F, T),
        (F, F, F, F),
        (F, U, F, U),
        (U, T, U, T),
        (U, F, F, U),
        (U, U, U, U),
    ],
)
def test_and_and_or_follow_kleene(
    left: float, right: float, conjunction: float, disjunction: float
) -> None:
    assert same(worth("and", left, right), conjunction)
    assert same(worth("or", left, right), disjunction)


@pytest.mark.parametrize(("value", "negated"), [(T, F), (F, T), (U, U)])
def test_not_follows_kleene(value: float, negated: float) -> None:
    assert same(worth("not", value), negated)


def test_three_conditions_are_joined_one_by_one() -> None:
    assert worth("and", U, T, F) == F
    assert worth("or", U, F, T) == T


@pytest.mark.parametrize(
    ("name", "results"),
    [
        ("<", (T, F, F)),
        ("<=", (T, T, F)),
        (">", (F, F, T)),
        (">=", (F, T, T)),
        ("==", (F, T, F)),
        ("!=", (T, F, T)),
    ],
)
def test_a_comparison_is_exact_and_unknown_with_unknown(
    name: str, results: tuple[float, float, float]
) -> None:
    found = tuple(worth(name, 1.0, other) for other in (2.0, 1.0, 0.0))

    assert found == results
    assert math.isnan(worth(name, U, 1.0))
    assert math.isnan(worth(name, 1.0, U))


def test_arithmetic_with_unknown_is_unknown() -> None:
    found = [worth(name, U, 1.0) for name in ("+", "-", "*", "/", "min", "max")]

    assert all(math.isnan(value) for value in found)


def test_a_division_by_zero_is_unknown() -> None:
    assert math.isnan(worth("/", 1.0, 0.0))
    assert math.isnan(worth("/", 0.0, 0.0))
    assert worth("/", 1.0, 4.0) == 0.25


@pytest.mark.parametrize(
    ("x", "low", "high", "result"),
    [
        (1.5, 1.5, 2.0, 0.0),
        (1.625, 1.5, 2.0, 0.25),
        (9.0, 1.5, 2.0, 1.0),
        (0.0, 1.5, 2.0, 0.0),
        (3.0, 4.0, 2.0, 0.5),
        (1.0, 2.0, 2.0, U),
        (U, 0.0, 1.0, U),
    ],
)
def test_a_ramp_goes_from_0_to_1_and_may_fall(
    x: float, low: float, high: float, result: float
) -> None:
    assert same(worth("ramp", x, low, high), result)


@each_case("decision_scaling", "cases", "*")
def test_a_ramp_scales_as_the_vector_says(case: Node) -> None:
    ramp = worth("ramp", case["x"].number(), case["lo"].number(), case["hi"].number())
    low, high = case["out_lo"].number(), case["out_hi"].number()

    assert case["y"].differences(low + (high - low) * ramp) == []


def test_clip_keeps_within_both_ends() -> None:
    assert [worth("clip", x, 1.0, 2.0) for x in (0.0, 1.5, 3.0)] == [1.0, 1.5, 2.0]
    assert math.isnan(worth("clip", U, 1.0, 2.0))


def test_select_takes_only_what_the_condition_names() -> None:
    assert worth("select", T, 1.0, U) == 1.0
    assert worth("select", F, U, 2.0) == 2.0
    assert math.isnan(worth("select", U, 1.0, 2.0))


def test_first_known_takes_the_other_only_where_the_first_is_unknown() -> None:
    assert worth("first_known", 1.0, 2.0) == 1.0
    assert worth("first_known", U, 2.0) == 2.0
    assert math.isnan(worth("first_known", U, U))
    assert worth("first_known", F, T) == F
