"""This file proves the bootstrap of days: what is drawn, how often, and what an interval is."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.report.bootstrap import LEVEL, day_weights, mean_interval


@given(st.integers(1, 40), st.integers(1, 50), st.integers(0, 99))
def test_every_resampled_history_is_as_long_as_the_history(
    days: int, block: int, seed: int
) -> None:
    weights = day_weights(days, draws=7, mean_block=block, seed=seed)

    assert weights.shape == (7, days)
    assert (weights >= 0.0).all()
    assert (weights.sum(axis=1) == days).all()


def test_every_day_is_drawn_as_often_as_any_other() -> None:
    # Each of 20 days is expected once a history: 4,000 histories leave a spread of a few per cent.
    weights = day_weights(20, draws=4000, mean_block=5)

    assert weights.mean(axis=0) == pytest.approx(np.ones(20), abs=0.1)


def test_one_endless_block_is_the_history_itself() -> None:
    # Blocks of a hundred million days: each history is one rotation, every day in it once.
    weights = day_weights(12, draws=5, mean_block=100_000_000)

    assert (weights == 1.0).all()


def test_the_same_seed_draws_the_same_days() -> None:
    first, again, other = (day_weights(30, draws=4, seed=seed) for seed in (1, 1, 2))

    assert (first == again).all()
    assert (first != other).any()


def test_an_interval_holds_the_middle_of_the_resampled_means() -> None:
    # Two marked days of values 0 and 1, drawn (1, 1), (2, 0), (0, 2), (0, 0) times: means 1/2, 0, 1
    # and none. Quantiles 0.05 and 0.95 of 0, 1/2, 1 are 0.05 and 0.95.
    weights = np.array([[1.0, 1.0], [2.0, 0.0], [0.0, 2.0], [0.0, 0.0]])

    low, high = mean_interval(weights, np.array([True, True]), np.array([0.0, 1.0]))

    assert LEVEL == 0.90
    assert (low, high) == pytest.approx((0.05, 0.95))


@pytest.mark.parametrize("values", [[1.0, math.nan], [math.nan, math.nan]])
def test_fewer_than_two_known_values_have_no_interval(values: list[float]) -> None:
    ends = mean_interval(day_weights(2), np.array([True, True]), np.array(values))

    assert all(math.isnan(end) for end in ends)


def test_marked_days_that_are_alike_have_no_width() -> None:
    value = np.full(50, 0.02)
    marked = np.arange(50) % 10 == 0

    assert mean_interval(day_weights(50), marked, value) == pytest.approx((0.02, 0.02))
