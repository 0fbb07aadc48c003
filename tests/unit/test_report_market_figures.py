"""Levels and profiles of the page: only where and as they were known, each worked out by hand."""

import json
from dataclasses import replace

import numpy as np
import pytest

from steelyard.domain.arrays import Ints
from steelyard.domain.market import Bars
from steelyard.domain.time import DAY_MS, HOUR_MS
from steelyard.report.market_figures import key_levels, volume_profiles
from tests.support.made_runs import made_market, made_prices
from tests.support.page_script import in_the_page, needs_node, unpacked

WEEK = 7 * DAY_MS


def weeks(dips: dict[int, float], count: int = 60) -> Bars:
    """Weekly bars from 110 to 120, flat but for some lows, each with a volume of 1."""
    low = np.full(count, 110.0)
    for week, price in dips.items():
        low[week] = price
    return Bars(
        length_ms=WEEK,
        open_ms=np.arange(count, dtype=np.int64) * WEEK,
        open=np.full(count, 115.0),
        high=np.full(count, 120.0),
        low=low,
        close=np.full(count, 115.0),
        volume=np.ones(count),
    )


def test_a_level_is_drawn_from_the_week_that_knew_it_with_touches_age_and_strength() -> None:
    # Lows of weeks 2 and 10 form (100 + 101) / 2; the older is 26 weeks old in week 28, and was
    # confirmed at the close of week 4. Strength in week 28: 0.5^(26/52) + 0.5^(18/52).
    ms = np.arange(29, 32, dtype=np.int64) * WEEK
    told = key_levels(weeks({2: 100.0, 10: 101.0}), ms, np.full(3, 105.0))
    strengths = [round(0.5 ** (age / 52) + 0.5 ** ((age - 8) / 52), 4) for age in (26, 27, 28)]

    assert told["levels"] == [[29 * WEEK, 31 * WEEK, 100.5, 2, 5 * WEEK, strengths]]
    assert told["support"] == [0, 0, 0]
    assert told["resistance"] == [None, None, None]


def test_a_level_above_the_price_is_resistance() -> None:
    ms = np.arange(29, 31, dtype=np.int64) * WEEK
    told = key_levels(weeks({2: 100.0, 10: 101.0}), ms, np.array([105.0, 90.0]))

    assert (told["support"], told["resistance"]) == ([0, None], [None, 0])


def test_a_third_touch_begins_a_new_line() -> None:
    # The low of week 30 is confirmed at the close of week 32: (100 + 101 + 100.5) / 3 = 100.5.
    ms = np.array([29, 35], dtype=np.int64) * WEEK
    told = key_levels(weeks({2: 100.0, 10: 101.0, 30: 100.5}), ms, np.full(2, 105.0))
    levels = told["levels"]
    assert isinstance(levels, list)

    assert [level[:4] for level in levels if isinstance(level, list)] == [
        [29 * WEEK, 33 * WEEK, 100.5, 2],
        [33 * WEEK, 35 * WEEK, 100.5, 3],
    ]
    assert told["support"] == [0, 1]


def test_before_half_a_year_no_level_is_known() -> None:
    ms = np.arange(5, 29, dtype=np.int64) * WEEK
    told = key_levels(weeks({2: 100.0, 10: 101.0}), ms - 1, np.full(ms.size, 105.0))

    assert told["levels"] == []
    assert set(told["support"] if isinstance(told["support"], list) else []) == {None}


def test_the_future_does_not_change_a_level_that_is_drawn() -> None:
    ms = np.arange(29, 40, dtype=np.int64) * WEEK
    whole = weeks({2: 100.0, 10: 101.0, 30: 100.5, 41: 99.5})
    cut = replace(
        whole,
        **{
            name: getattr(whole, name)[:40]
            for name in ("open_ms", "open", "high", "low", "close", "volume")
        },
    )

    price = np.full(ms.size, 105.0)
    assert key_levels(cut, ms, price) == key_levels(whole, ms, price)


def stamps(days: int, start_ms: int) -> Ints:
    return start_ms + np.arange(days + 1, dtype=np.int64) * DAY_MS


def test_a_profile_is_told_for_every_day_with_thirty_behind_it() -> None:
    market = made_market(made_prices(33))
    told = volume_profiles(market, stamps(33, int(market.spot.open_ms[0])))

    assert isinstance(told, dict)
    assert told["rows"] == [30, 31, 32, 33]


def test_a_short_history_has_no_profile() -> None:
    market = made_market(made_prices(20))

    assert volume_profiles(market, stamps(20, int(market.spot.open_ms[0]))) is None


def two_prices() -> tuple[Bars, int]:
    """30 days of bars of one price each: 540 hours at 100, then 180 at 150, 1 coin an hour."""
    price = np.where(np.arange(720) < 540, 100.0, 150.0)
    hours = np.arange(720, dtype=np.int64) * HOUR_MS
    made = Bars(
        length_ms=HOUR_MS,
        open_ms=hours,
        open=price,
        high=price,
        low=price,
        close=price,
        volume=np.ones(720),
    )
    return made, 720 * HOUR_MS


def test_a_profile_is_bins_of_a_hundred_with_its_value_area() -> None:
    # All at the ends of [100, 150]: bin 0 holds 540, bin 49 the other 180, a third of it: 34 of
    # 100 rounded up. 540 of 720 is 75 %, so the value area is bin 0 alone. Tick of 100: 0.01.
    hours, end = two_prices()
    market = replace(made_market(made_prices(1)), bars={"1h": hours})
    told = volume_profiles(market, np.array([end]))
    assert isinstance(told, dict)
    numbers = unpacked(str(told["packed"]))

    assert numbers[:5] == [10_000, 15_000, 0, 0, 0]
    assert numbers[5:] == [100, *[0] * 48, 34]


@needs_node
def test_the_page_reads_a_profile_by_its_day() -> None:
    hours, end = two_prices()
    market = replace(made_market(made_prices(1)), bars={"1h": hours})
    told = volume_profiles(market, np.array([0, end]))
    read = in_the_page(
        f"await unpackedProfiles({json.dumps(told)})"
        ".then((all) => [[...all.keys()], all.get(1).low, all.get(1).high, all.get(1).volume[49]])"
    )

    assert read == [[1], pytest.approx(100.0), pytest.approx(150.0), 34]
