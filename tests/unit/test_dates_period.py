"""The dates people ask for: days, hours, named windows, and what is refused."""

import re
from dataclasses import replace

import numpy as np
import pytest

from steelyard.domain.errors import RequestError
from steelyard.domain.market import Market
from steelyard.domain.time import DAY_MS, HOUR_MS, stamp
from steelyard.engine.dates import WINDOWS, moment_of, period, window
from tests.support.policy_files import small_market

LAST = stamp(1970, 3, 6)
"""The small market begins on Monday, 1970-01-05, and has sixty days."""


def test_without_dates_a_run_covers_what_the_account_has() -> None:
    market = small_market()
    start_ms, end_ms = period(market, None, None)

    assert start_ms == stamp(1970, 1, 8)  # two daily returns are known after three days
    assert end_ms == LAST


def test_an_end_day_is_included_wholly() -> None:
    assert period(small_market(), "1970-01-10", "1970-01-11")[1] == stamp(1970, 1, 12)


def test_an_end_hour_is_where_it_ends() -> None:
    found = period(small_market(), "1970-01-10T05:00", "1970-01-11T06:00Z")

    assert found == (stamp(1970, 1, 10, 5), stamp(1970, 1, 11, 6))


def test_another_time_zone_is_turned_into_utc() -> None:
    assert moment_of("1970-01-10T05:00+02:00", "start") == (stamp(1970, 1, 10, 3), False)


@pytest.mark.parametrize(
    "given",
    [
        "yesterday",
        "1970-13-01",
        "10.01.1970",
        "",
        "19700110",
        "1970-W02-6",
        " 1970-01-10",
        "1970-01-10 05:00",
        "1970-01-10T05",
        "1970-01-10T05:00:00",
        "1970-01-10T25:00",
    ],
)
def test_what_is_no_date_is_refused(given: str) -> None:
    with pytest.raises(RequestError, match="write a day as 2022-06-18 or an hour"):
        period(small_market(), given, None)


@pytest.mark.parametrize("given", ["9999-12-31", "0001-01-01T00:00+14:00", "1969-12-31"])
def test_a_year_that_no_data_reaches_is_refused(given: str) -> None:
    with pytest.raises(RequestError, match=re.escape(f"'{given}'; its year must be 1970 to")):
        period(small_market(), None, given)


def test_a_half_hour_is_refused() -> None:
    with pytest.raises(RequestError, match="end is '1970-01-11T06:30'; it must be a full hour"):
        period(small_market(), None, "1970-01-11T06:30")


def test_a_start_after_the_end_is_refused() -> None:
    with pytest.raises(RequestError, match="start 1970-02-01 is not before end 1970-01-20"):
        period(small_market(), "1970-02-01", "1970-01-20")


def test_an_end_beyond_the_data_is_refused_with_what_there_is() -> None:
    with pytest.raises(RequestError, match="from 1970-01-08 to 1970-03-06"):
        period(small_market(), None, "1970-04-01")


def test_a_start_at_the_end_of_the_data_is_refused() -> None:
    with pytest.raises(RequestError, match="lies outside the data"):
        period(small_market(), "1970-03-06", None)


def test_an_end_before_all_data_is_refused() -> None:
    with pytest.raises(RequestError, match="lies outside the data"):
        period(small_market(), None, "1970-01-02")


def late(market: Market, series: str) -> Market:
    """Return a market of which one series begins on 1970-01-15."""
    if series == "funding":
        rows = market.funding.ms > stamp(1970, 1, 15)
        paid = ("ms", "rate", "interval_hours", "follows")
        kept = {name: getattr(market.funding, name)[rows] for name in paid}
        return replace(market, funding=replace(market.funding, **kept))
    bars = getattr(market, series)
    rows = bars.open_ms >= stamp(1970, 1, 15)
    columns = ("open_ms", "open", "high", "low", "close", "volume")
    kept = {name: getattr(bars, name)[rows] for name in columns}
    return replace(market, **{series: replace(bars, **kept)})


@pytest.mark.parametrize(
    ("series", "named"),
    [
        ("spot", "small spot bars"),
        ("perp", "small perpetual bars"),
        ("mark", "small mark prices"),
        ("funding", "small funding"),
    ],
)
def test_a_start_before_the_last_series_names_it(series: str, named: str) -> None:
    market = late(small_market(), series)

    with pytest.raises(
        RequestError, match=f"{named} of BTC begin on 1970-01-15.*start at 1970-01-15"
    ):
        period(market, "1970-01-10", None)
    assert period(market, None, None)[0] == stamp(1970, 1, 15)


def test_data_that_begin_within_an_hour_start_at_the_next_full_one() -> None:
    market = small_market()
    shifted = replace(
        market.funding,
        ms=market.funding.ms[3:] + HOUR_MS // 2,
        rate=market.funding.rate[3:],
        interval_hours=market.funding.interval_hours[3:],
        follows=market.funding.follows[3:],
    )
    begins = int(shifted.ms[0]) - 8 * HOUR_MS
    found = period(replace(market, funding=shifted), None, None)[0]

    assert begins % HOUR_MS != 0
    assert found == max(stamp(1970, 1, 8), -(-begins // HOUR_MS) * HOUR_MS)


def test_every_window_is_a_period_of_whole_days() -> None:
    for name in WINDOWS:
        first, last = (moment_of(day, name) for day in window(name))

        assert first[1]
        assert last[1]
        assert last[0] - first[0] >= 20 * DAY_MS


def test_the_windows_users_ask_for_are_there() -> None:
    assert {"2020-03", "2021-05", "2022-drawdown", "2025-10"} <= set(WINDOWS)
    assert window("2022-drawdown") == ("2021-11-10", "2022-12-31")


def test_an_unknown_window_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(RequestError, match=r"there are .*; did you mean '2022-drawdown'"):
        window("2022-drawdwn")


def test_a_window_like_no_other_is_refused_without_a_guess() -> None:
    with pytest.raises(RequestError) as refused:
        window("zzz")

    assert "did you mean" not in str(refused.value)


def test_a_market_knows_the_end_of_everything() -> None:
    market = small_market()

    assert market.end_ms == LAST
    assert np.all(market.funding.ms <= LAST)
