"""This file proves what each settlement of funding covers."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.data.assemble import funding_holes
from steelyard.data.catalogue import open_market
from steelyard.data.settlements import settlement_stamps, settlements
from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.time import HOUR_MS
from tests.support import catalogues as made


def at_hours(*hours: int) -> Ints:
    return np.array(hours, dtype=np.int64) * HOUR_MS


def rates(count: int) -> Floats:
    return np.full(count, 0.0001)


def test_the_interval_is_the_gap_to_the_settlement_before() -> None:
    # 8 h, then 4 h, then 1 h; the first takes the first gap.
    funding = settlements(at_hours(8, 16, 20, 21), rates(4))

    assert funding.interval_hours.tolist() == [8.0, 8.0, 4.0, 1.0]
    assert funding.follows.tolist() == [False, True, True, True]


def test_a_missing_settlement_keeps_the_interval_and_does_not_follow() -> None:
    # Between 16 and 32 lie 16 hours, which no venue uses: one settlement of 8 h is missing.
    funding = settlements(at_hours(8, 16, 32, 40), rates(4))

    assert funding.interval_hours.tolist() == [8.0, 8.0, 8.0, 8.0]
    assert funding.follows.tolist() == [False, True, False, True]


def test_a_missing_settlement_of_four_hours_makes_no_interval_of_eight() -> None:
    # 16:00 is missing: 12 to 20 are 8 h, a usual interval, but the next gap is 4 h again.
    funding = settlements(at_hours(0, 4, 8, 12, 20, 24, 28), rates(7))

    assert funding.interval_hours.tolist() == 7 * [4.0]
    assert funding.follows.tolist() == [False, True, True, True, False, True, True]
    assert [(hole.start_ms, hole.count) for hole in funding_holes("x", funding)] == [
        (16 * HOUR_MS, 1)
    ]


def test_a_longer_interval_is_accepted_at_its_second_gap_in_a_row() -> None:
    # 4 h until 8:00, then 8 h: the settlement at 16:00 may as well follow a missing one at 12:00.
    funding = settlements(at_hours(0, 4, 8, 16, 24, 32), rates(6))

    assert funding.interval_hours.tolist() == [4.0, 4.0, 4.0, 4.0, 8.0, 8.0]
    assert funding.follows.tolist() == [False, True, True, False, True, True]


def test_two_longer_gaps_that_differ_are_two_holes() -> None:
    # 2 h and 4 h in a row of 1 h: one settlement is missing, then three.
    funding = settlements(at_hours(1, 2, 4, 8, 9), rates(5))

    assert funding.interval_hours.tolist() == 5 * [1.0]
    assert funding.follows.tolist() == [False, True, False, False, True]


@given(st.lists(st.integers(1, 16), min_size=1, max_size=30), st.integers(1, 31))
def test_settlements_that_come_later_change_no_interval(gaps: list[int], kept: int) -> None:
    hours = np.cumsum([8, *gaps]).tolist()
    whole = settlements(at_hours(*hours), rates(len(hours)))
    cut = settlements(at_hours(*hours[: kept + 1]), rates(len(hours[: kept + 1])))

    assert cut.interval_hours.tolist() == whole.interval_hours[: kept + 1].tolist()
    assert cut.follows.tolist() == whole.follows[: kept + 1].tolist()


def test_the_last_known_interval_is_carried_over_a_gap() -> None:
    funding = settlements(at_hours(4, 8, 12, 24, 28), rates(5))

    assert funding.interval_hours.tolist() == [4.0, 4.0, 4.0, 4.0, 4.0]
    assert funding.follows.tolist() == [False, True, True, False, True]


@pytest.mark.parametrize("hours", [(8,), (8, 20, 28)])
def test_without_a_usual_first_gap_eight_hours_are_taken(hours: tuple[int, ...]) -> None:
    funding = settlements(at_hours(*hours), rates(len(hours)))

    assert funding.interval_hours[0] == 8.0


def test_stamps_up_to_a_minute_late_belong_to_the_hour() -> None:
    ms = np.array([0, 8, 59_999, 60_000]) + 8 * HOUR_MS

    assert (settlement_stamps(ms) - 8 * HOUR_MS).tolist() == [0, 0, 0, 60_000]


def test_jitter_breaks_no_run(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    frame = made.funding(12)
    late = frame.with_columns(pl.col("ts") + pl.duration(milliseconds=pl.int_range(12) * 7))
    made.replace(tmp_path, made.FUNDING, late)

    funding = open_market(tmp_path, asset="BTC").funding

    assert funding.follows.tolist() == [False] + 11 * [True]
    assert funding.ms.tolist() == [made.FIRST_MS + 8 * HOUR_MS * (row + 1) for row in range(12)]


def test_intervals_that_the_file_states_are_believed(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    frame = made.funding(12).with_columns(pl.lit(4, dtype=pl.Int32).alias("interval_hours"))
    made.replace(tmp_path, made.FUNDING, frame)

    funding = open_market(tmp_path, asset="BTC").funding

    # Settlements of 4 h that come every 8 h: one is missing between any two.
    assert funding.interval_hours.tolist() == 12 * [4.0]
    assert not funding.follows.any()
