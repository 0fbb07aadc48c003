"""Funding runs and means by hand; sampling a series at other moments."""

import numpy as np
import pytest

from steelyard.features.funding import (
    compound_apy,
    hours_above,
    hours_below,
    mean_over,
    rate_8h,
    simple_apr,
)
from steelyard.features.sampling import asof

NAN = float("nan")
EIGHT = np.full(5, 8.0)
FOLLOWS = np.array([False, True, True, True, True])


def test_a_rate_of_four_hours_costs_twice_as_much_in_eight() -> None:
    assert rate_8h(np.array([0.0003]), np.array([4.0]))[0] == pytest.approx(0.0006)


def test_a_rate_equal_to_the_threshold_is_below_it_and_not_above() -> None:
    rate = np.array([0.0005, 0.0006, 0.0005, 0.0004, 0.0006])

    assert hours_above(rate, EIGHT, FOLLOWS, 0.0005).tolist() == [0.0, 8.0, 0.0, 0.0, 8.0]
    assert hours_below(rate, EIGHT, FOLLOWS, 0.0005).tolist() == [8.0, 0.0, 8.0, 16.0, 0.0]


def test_a_rounding_error_does_not_make_a_rate_exceed_its_own_threshold() -> None:
    # 0.0001 x 8 / 1 is 0.0008 and a last digit more.
    rate = rate_8h(np.array([0.0001]), np.array([1.0]))

    assert hours_above(rate * (1 + 1e-15), np.ones(1), np.array([False]), 0.0008)[0] == 0.0


def test_hours_add_up_over_a_change_of_the_interval() -> None:
    interval = np.array([8.0, 8.0, 4.0, 1.0, 1.0])

    hours = hours_above(np.full(5, 0.001), interval, FOLLOWS, 0.0005)

    assert hours.tolist() == [8.0, 16.0, 20.0, 21.0, 22.0]


def test_a_missing_settlement_ends_the_run_and_so_does_an_unknown_rate() -> None:
    late = np.array([False, True, False, True, True])
    unknown = np.array([0.001, 0.001, NAN, 0.001, 0.001])

    assert hours_above(np.full(5, 0.001), EIGHT, late, 0.0005).tolist() == [8, 16, 8, 16, 24]
    np.testing.assert_array_equal(
        hours_above(unknown, EIGHT, FOLLOWS, 0.0005), [8.0, 16.0, NAN, 8.0, 16.0]
    )


def test_the_mean_rate_weighs_each_settlement_with_its_hours() -> None:
    # The last 12 hours: 4 h at 0.0006 and 8 h at 0.0003, so (24 + 24) / 12 = 0.0004.
    rate, interval = np.array([0.0009, 0.0003, 0.0006]), np.array([8.0, 8.0, 4.0])

    value = mean_over(rate, interval, FOLLOWS[:3], 12.0)

    np.testing.assert_allclose(value, [NAN, 0.9 * 4 / 12e3 + 0.3 * 8 / 12e3, 0.0004])


def test_the_mean_rate_is_unknown_where_settlements_do_not_reach_back() -> None:
    late = np.array([False, True, False, True, True])
    unknown = np.array([0.001, NAN, 0.001, 0.001, 0.001])

    np.testing.assert_allclose(
        mean_over(np.full(5, 0.001), EIGHT, late, 16.0), [NAN, 0.001, NAN, 0.001, 0.001]
    )
    np.testing.assert_allclose(
        mean_over(unknown, EIGHT, FOLLOWS, 16.0), [NAN, NAN, NAN, 0.001, 0.001]
    )


def test_a_year_of_the_usual_rate_is_almost_eleven_percent() -> None:
    # 0.01 % x 3 x 365 = 10.95 %; reinvested (1.0001)^1095 - 1.
    rate, hours = np.array([0.0001]), np.array([8.0])

    assert simple_apr(rate, hours)[0] == pytest.approx(0.1095)
    assert compound_apy(rate, hours)[0] == pytest.approx(1.0001**1095 - 1)


def test_a_value_counts_from_the_moment_it_is_known_until_it_is_too_old() -> None:
    known, value = np.array([10, 20]), np.array([1.0, 2.0])
    moments = np.array([9, 10, 19, 20, 25, 26])

    np.testing.assert_array_equal(asof(moments, known, value, 5), [NAN, 1, NAN, 2, 2, NAN])
    np.testing.assert_array_equal(asof(moments, known, value, -1), [NAN, 1, 1, 2, 2, 2])


def test_an_unknown_value_does_not_fall_back_on_the_one_before() -> None:
    known, value = np.array([10, 20]), np.array([1.0, NAN])

    assert np.isnan(asof(np.array([21]), known, value, -1)[0])


def test_a_series_without_values_is_unknown_everywhere() -> None:
    none = np.array([], dtype=np.int64)

    assert np.isnan(asof(np.array([5]), none, np.array([]), 10)).all()
