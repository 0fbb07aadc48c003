"""Moving averages and crosses by hand."""

import numpy as np

from steelyard.features.trend import crosses_above, crosses_below, ema, sma

NAN = float("nan")


def test_a_simple_average_is_known_from_its_last_bar_on() -> None:
    np.testing.assert_allclose(sma(np.array([1.0, 2.0, 6.0]), 2), [NAN, 1.5, 4.0])


def test_an_exponential_average_starts_with_the_simple_one_after_every_hole() -> None:
    # Weight 2 / (3 + 1) = 0.5: seed (1 + 2 + 3) / 3 = 2, then 2 + 0.5 x (6 - 2) = 4.
    x = np.array([1.0, 2.0, 3.0, 6.0, NAN, 5.0, 5.0, 8.0, 2.0])

    np.testing.assert_allclose(ema(x, 3), [NAN, NAN, 2.0, 4.0, NAN, NAN, NAN, 6.0, 4.0])


def test_a_cross_needs_the_bar_before_on_the_other_side_or_on_the_line() -> None:
    a = np.array([1.0, 2.0, 3.0, 3.0, 2.0, 1.0])
    b = np.full(6, 2.0)

    assert crosses_above(a, b).tolist() == [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    assert crosses_below(b - a, b - b).tolist() == [0.0, 0.0, 1.0, 0.0, 0.0, 0.0]
    assert crosses_below(a, b)[1:].tolist() == [0.0, 0.0, 0.0, 0.0, 1.0]


def test_a_first_value_above_may_or_may_not_have_crossed() -> None:
    # Unknown before and above now: undecided. Unknown before and below now: certainly no cross.
    a = np.array([3.0, NAN, 3.0, NAN, 1.0])
    b = np.full(5, 2.0)

    np.testing.assert_array_equal(crosses_above(a, b), [NAN, 0.0, NAN, 0.0, 0.0])
    np.testing.assert_array_equal(crosses_below(a, b), [0.0, NAN, 0.0, NAN, NAN])
