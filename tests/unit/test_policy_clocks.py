"""Review clocks, moments, and reading the last known value."""

import numpy as np
import pytest

from steelyard.domain.time import DAY_MS, HOUR_MS, WEEK_MS, stamp
from steelyard.policy.clocks import moments_of, sampled, strikes

MONDAY = stamp(2024, 1, 1)
NEVER = np.array([], dtype=np.int64)


@pytest.mark.parametrize(
    ("review", "period"),
    [("hourly", HOUR_MS), ("daily", DAY_MS), ("weekly", WEEK_MS), ("biweekly", 2 * WEEK_MS)],
)
def test_a_clock_strikes_at_both_ends(review: str, period: int) -> None:
    found = strikes(review, MONDAY, MONDAY + 2 * period, NEVER, MONDAY)

    assert found.tolist() == [MONDAY, MONDAY + period, MONDAY + 2 * period]


def test_nothing_strikes_between_two_strikes() -> None:
    found = strikes("daily", MONDAY + 1, MONDAY + DAY_MS - 1, NEVER, MONDAY)

    assert found.tolist() == []


def test_every_other_monday_counts_from_the_anchor_also_before_it() -> None:
    found = strikes("biweekly", MONDAY - 3 * WEEK_MS, MONDAY + WEEK_MS, NEVER, MONDAY)

    assert found.tolist() == [MONDAY - 2 * WEEK_MS, MONDAY]


def test_the_weeks_begin_on_mondays_before_the_epoch_too() -> None:
    # 1969-12-29 was a Monday: three days before the epoch.
    found = strikes("weekly", -6 * DAY_MS, 0, NEVER, MONDAY)

    assert found.tolist() == [-3 * DAY_MS]


def test_weekdays_strike_at_midnight_of_each_of_them() -> None:
    # 2024-01-01 is a Monday, the 4th a Thursday; from the 2nd to the 11th.
    start, end = MONDAY + DAY_MS, MONDAY + 10 * DAY_MS
    found = strikes("monday+thursday", start, end, NEVER, MONDAY)

    assert found.tolist() == [MONDAY + 3 * DAY_MS, MONDAY + 7 * DAY_MS, MONDAY + 10 * DAY_MS]


def test_a_weekday_that_is_not_within_does_not_strike() -> None:
    # Tuesday to Wednesday; Sunday is the last day of a week.
    assert strikes("sunday", MONDAY + DAY_MS, MONDAY + 2 * DAY_MS, NEVER, MONDAY).size == 0
    assert strikes("sunday", MONDAY, MONDAY + 6 * DAY_MS, NEVER, MONDAY).tolist() == [
        MONDAY + 6 * DAY_MS
    ]


def test_funding_strikes_at_the_settlements_of_the_market() -> None:
    settled = np.array([1, 5, 9], dtype=np.int64)

    assert strikes("funding", 5, 9, settled, 0).tolist() == [5, 9]


def test_the_start_is_a_moment_at_which_nothing_is_due() -> None:
    ms, due = moments_of((np.array([5, 9]), np.array([9, 12])), 3)

    assert ms.tolist() == [3, 5, 9, 12]
    assert due.tolist() == [[False, True, True, False], [False, False, True, True]]


def test_a_start_that_strikes_is_due() -> None:
    ms, due = moments_of((np.array([3, 6]),), 3)

    assert ms.tolist() == [3, 6]
    assert due.tolist() == [[True, True]]


def test_a_settled_value_is_unknown_once_the_next_is_overdue() -> None:
    known, value, age = np.array([10, 20]), np.array([1.0, 2.0]), np.array([10.0, 5.0])
    found = sampled(np.array([9, 10, 19, 20, 25, 26]), known, value, age)

    assert np.array_equal(found, [np.nan, 1.0, 1.0, 2.0, 2.0, np.nan], equal_nan=True)


def test_without_settlements_everything_is_unknown() -> None:
    found = sampled(np.array([1, 2]), NEVER, np.array([]), np.array([]))

    assert np.isnan(found).all()
