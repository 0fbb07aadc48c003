"""The history that the stand-in serves: bars of any length out of hours, windows, quarters."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.domain.time import DAY_MS, HOUR_MS, stamp, text
from steelyard.venues.standin.history import LENGTHS, History, Window, bars, end_of
from steelyard.venues.standin.quarters import quarter_end_after, quarter_end_before

ALL = Window(None, None, 100_000)
MONDAY_MS = stamp(2024, 1, 1)
prices = st.floats(min_value=1.0, max_value=1e5)
hour = st.tuples(prices, prices, prices, prices).map(
    lambda told: (told[0], max(told), min(told), told[3], 60.0, 600.0)
)


def hours(*rows: tuple[float, ...], first_ms: int = MONDAY_MS) -> History:
    ms = first_ms + HOUR_MS * np.arange(len(rows))
    return History(ms, np.array(rows, dtype=np.float64))


def test_four_hours_open_with_the_first_and_close_with_the_last() -> None:
    made = hours(
        (10, 14, 9, 12, 1, 10),
        (12, 13, 8, 11, 2, 20),
        (11, 12, 10, 10, 3, 30),
        (10, 11, 7, 9, 4, 40),
        (9, 9, 9, 9, 5, 50),
    )
    found = bars(made, "4h", ALL, MONDAY_MS + DAY_MS)

    assert found.ms.tolist() == [MONDAY_MS, MONDAY_MS + 4 * HOUR_MS]
    # High 14 of the first hour, low 7 of the fourth, 1 + 2 + 3 + 4 = 10 coins.
    assert found.rows.tolist() == [[10, 14, 7, 9, 10, 100], [9, 9, 9, 9, 5, 50]]


def test_a_week_begins_on_monday_and_a_month_on_its_first_day() -> None:
    made = hours(*[(1, 1, 1, 1, 1, 1)] * 48, first_ms=stamp(2024, 3, 31))
    weeks, months = (bars(made, name, ALL, stamp(2024, 5, 1)) for name in ("1w", "1M"))

    # 31 March 2024 is a Sunday: 24 hours in the week of the 25th, 24 in the next.
    assert [text(ms) for ms in weeks.ms.tolist()] == ["2024-03-25", "2024-04-01"]
    assert [text(ms) for ms in months.ms.tolist()] == ["2024-03-01", "2024-04-01"]
    assert weeks.rows[:, 4].tolist() == months.rows[:, 4].tolist() == [24.0, 24.0]


def test_an_hour_under_way_is_told_as_far_as_it_is() -> None:
    made = hours((100, 106, 94, 103, 60, 6000))
    found = bars(made, "1h", ALL, MONDAY_MS + HOUR_MS // 6)

    # It rises, so it first falls to 94 in 20 minutes: after ten of them it stands at 97.
    assert found.rows[0] == pytest.approx([100, 100, 97, 97, 10, 1000])


def test_what_has_not_begun_is_not_told() -> None:
    made = hours((1, 1, 1, 1, 1, 1), (2, 2, 2, 2, 2, 2))

    assert bars(made, "1h", ALL, MONDAY_MS - 1).ms.size == 0
    assert bars(made, "1h", ALL, MONDAY_MS + HOUR_MS - 1).ms.size == 1
    assert bars(made, "30m", ALL, MONDAY_MS + HOUR_MS // 2).ms.size == 2


@given(hour, st.sampled_from(["1m", "3m", "5m", "15m", "30m"]))
def test_the_parts_of_an_hour_make_the_hour(row: tuple[float, ...], interval: str) -> None:
    made = hours(row)
    parts = bars(made, interval, ALL, MONDAY_MS + HOUR_MS).rows
    whole = [
        parts[0, 0],
        parts[:, 1].max(),
        parts[:, 2].min(),
        parts[-1, 3],
        parts[:, 4].sum(),
        parts[:, 5].sum(),
    ]

    assert len(parts) == HOUR_MS // LENGTHS[interval]
    assert whole == pytest.approx(list(row))
    # Each begins where the one before ended, and holds both within its range.
    assert parts[1:, 0] == pytest.approx(parts[:-1, 3])
    assert (parts[:, 1] >= parts[:, [0, 3]].max(axis=1)).all()
    assert (parts[:, 2] <= parts[:, [0, 3]].min(axis=1)).all()


@given(
    st.lists(hour, min_size=1, max_size=60),
    st.integers(0, 59),
    st.integers(0, 59),
    st.integers(1, 60),
    st.sampled_from(["15m", "1h", "4h", "1d"]),
)
def test_a_page_is_a_stretch_of_the_whole(
    rows: list[tuple[float, ...]], first: int, last: int, limit: int, interval: str
) -> None:
    made = hours(*rows)
    now_ms = MONDAY_MS + 60 * HOUR_MS
    first_ms, end_ms = MONDAY_MS + first * HOUR_MS, MONDAY_MS + last * HOUR_MS
    window = Window(first_ms, end_ms, limit)
    whole, page = bars(made, interval, ALL, now_ms), bars(made, interval, window, now_ms)
    wanted = (whole.ms >= first_ms) & (whole.ms <= end_ms)

    assert page.ms.tolist() == whole.ms[wanted][:limit].tolist()
    assert page.rows.tolist() == whole.rows[wanted][:limit].tolist()
    newest = bars(made, interval, window._replace(newest=True), now_ms)
    assert newest.ms.tolist() == whole.ms[wanted][-limit:].tolist()


def test_a_bar_ends_where_the_next_one_begins() -> None:
    assert end_of(stamp(2024, 2, 1), "1M") == stamp(2024, 3, 1)
    assert end_of(MONDAY_MS, "1w") == stamp(2024, 1, 8)


@pytest.mark.parametrize(
    ("moment", "before", "after"),
    [
        # 27 September 2024 and 27 December 2024 are Fridays, and no later one is in their months.
        (stamp(2024, 10, 1), "2024-09-27 08:00 UTC", "2024-12-27 08:00 UTC"),
        (stamp(2024, 12, 27, 8), "2024-09-27 08:00 UTC", "2025-03-28 08:00 UTC"),
        (stamp(2024, 12, 31), "2024-12-27 08:00 UTC", "2025-03-28 08:00 UTC"),
        # The last Friday of 2027 is its last day.
        (stamp(2027, 12, 31), "2027-09-24 08:00 UTC", "2027-12-31 08:00 UTC"),
    ],
)
def test_quarterly_contracts_expire_on_the_last_friday(
    moment: int, before: str, after: str
) -> None:
    assert text(quarter_end_before(moment)) == before
    assert text(quarter_end_after(moment)) == after
