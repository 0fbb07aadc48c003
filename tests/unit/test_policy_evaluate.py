"""What conditions are worth on a market: bars, settlements, side series, and what is missing."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from steelyard.data.catalogue import open_market
from steelyard.domain.arrays import Floats
from steelyard.domain.errors import DataError, RequestError
from steelyard.domain.market import Market, Series
from steelyard.domain.time import DAY_MS, HOUR_MS, WEEK_MS
from steelyard.features.oscillators import atr
from steelyard.features.profile import Layout, poc, profiles
from steelyard.features.trend import sma
from steelyard.features.windows import median
from steelyard.policy.compile import CompiledPolicy, compile_policy
from steelyard.policy.evaluate import Evaluation, Grid, Memo, evaluate_signals
from steelyard.policy.load import load_policy
from steelyard.policy.needs import absent_series
from steelyard.policy.parse import Definitions, parse
from steelyard.policy.sources import source_switches
from tests.support.data import real_data
from tests.support.policy_files import FIRST_MONDAY_MS, policy_of, small_market, trigger


def compiled(folder: Path, body: str) -> CompiledPolicy:
    return compile_policy(policy_of(folder, body))


def values(market: Market, text: str, bars: str = "1d", grid: str = "1d") -> Floats:
    node = parse(text, bars, Definitions())
    return Evaluation(market, {}).values(node, Grid(grid, market.bars[grid].known_ms))


def side(stamps: list[int], numbers: list[float], max_age_ms: int = DAY_MS) -> Mapping[str, Series]:
    known = np.array(stamps, dtype=np.int64)
    return {"implied_vol": Series(known_ms=known, value=np.array(numbers), max_age_ms=max_age_ms)}


def test_a_condition_is_what_the_features_say() -> None:
    market = small_market()
    days = market.bars["1d"]
    ranges = atr(days.high, days.low, days.close, 14)
    both = np.isnan(ranges) | np.isnan(median(ranges, 30))
    calm = np.where(both, np.nan, ranges <= median(ranges, 30))

    assert np.array_equal(values(market, "atr(14) <= median(atr(14), 30)"), calm, equal_nan=True)


def test_a_call_on_other_bars_is_the_last_of_them_that_was_final() -> None:
    market = small_market()
    weeks = market.bars["1w"]
    found = values(market, "close(bars = '1w')")

    # Day 13 (the Sunday of the second week) ends when the second week does; day 12 knows the first.
    assert found[13] == weeks.close[1]
    assert found[12] == weeks.close[0]
    assert np.isnan(found[5])


def test_a_window_on_other_bars_counts_those_bars() -> None:
    market = small_market()
    found = values(market, "sma(3, bars = '1w')")

    assert found[20] == pytest.approx(market.bars["1w"].close[:3].mean())


def test_a_weekly_window_over_a_daily_value_reads_it_at_the_end_of_each_week() -> None:
    market = small_market()
    inner = values(market, "highest(close(bars = '1d'), 2, bars = '1w')")
    days = market.bars["1d"].close

    assert inner[13] == max(days[6], days[13])


def test_a_bar_is_unknown_two_hours_after_its_successor_is_due(tmp_path: Path) -> None:
    market = small_market(days=30)
    body = trigger("close > 0", "review = 'hourly'")
    end = FIRST_MONDAY_MS + 32 * DAY_MS
    signals = evaluate_signals(compiled(tmp_path, body), market, end - 2 * DAY_MS, end)

    # The last day ends with day 30; its successor is due a day later and overdue after 26 hours.
    assert signals.values[0, :27].tolist() == [1.0] * 27
    assert np.isnan(signals.values[0, 27:]).all()


def test_funding_is_read_as_settled_and_for_eight_hours() -> None:
    market = small_market()
    four = np.full_like(market.funding.interval_hours, 4.0)
    market = replace(market, funding=replace(market.funding, interval_hours=four))
    rate = market.funding.rate

    # The settlement at the end of the first day is the third.
    assert values(market, "funding")[0] == rate[2]
    assert values(market, "funding_8h")[0] == pytest.approx(2.0 * rate[2])


def test_hours_above_and_below_a_rate_count_the_unbroken_run() -> None:
    market = small_market(days=2)
    paid = replace(market.funding, rate=np.array([0.0001, 0.0006, 0.0007, 0.0005, 0.0002, -0.1]))
    market = replace(market, funding=paid)

    # 8 hours each: two above 0.05 % end the first day; the last two are at or below 0.02 %.
    assert values(market, "funding_above(0.0005)").tolist() == [16.0, 0.0]
    assert values(market, "funding_below(0.0002)").tolist() == [0.0, 16.0]
    assert values(market, "funding_mean(16)")[0] == pytest.approx(0.00065)


def test_funding_is_unknown_when_the_next_settlement_is_overdue() -> None:
    market = small_market(days=10)
    keep = market.funding.ms <= FIRST_MONDAY_MS + 5 * DAY_MS
    paid = replace(
        market.funding,
        ms=market.funding.ms[keep],
        rate=market.funding.rate[keep],
        interval_hours=market.funding.interval_hours[keep],
        follows=market.funding.follows[keep],
    )
    found = values(replace(market, funding=paid), "funding")

    assert not np.isnan(found[:5]).any()
    assert np.isnan(found[5:]).all()


def test_a_side_series_is_read_until_it_is_too_old() -> None:
    stamps = [FIRST_MONDAY_MS + DAY_MS, FIRST_MONDAY_MS + 2 * DAY_MS]
    market = small_market(series=side(stamps, [50.0, 60.0]))

    assert values(market, "implied_vol")[:3].tolist() == [50.0, 60.0, 60.0]
    assert np.isnan(values(market, "implied_vol")[3])


def test_a_missing_day_is_not_filled_in_on_bars_though_the_value_before_is_young_enough() -> None:
    # Values of the first and the third day: on the second bar the first is 24 h old, at most 26.
    stamps = [FIRST_MONDAY_MS + DAY_MS, FIRST_MONDAY_MS + 3 * DAY_MS]
    series = Series(
        known_ms=np.array(stamps),
        value=np.array([50.0, 60.0]),
        max_age_ms=26 * HOUR_MS,
        step_ms=DAY_MS,
    )
    market = small_market(series={"implied_vol": series})

    daily, hourly = values(market, "implied_vol"), values(market, "implied_vol", grid="1h")
    moments = Grid("moments", market.bars["1d"].known_ms)
    review = Evaluation(market, {}).values(parse("implied_vol", "1d", Definitions()), moments)

    np.testing.assert_array_equal(daily[:4], [50.0, np.nan, 60.0, np.nan])
    # The hours that close from 00:00 to 23:00 of the second day, and none until the fourth.
    assert np.flatnonzero(~np.isnan(hourly[:71])).tolist() == list(range(23, 47))
    np.testing.assert_array_equal(review[:4], [50.0, 50.0, 60.0, 60.0])


def test_a_change_over_a_missing_day_is_unknown() -> None:
    stamps = [FIRST_MONDAY_MS + day * DAY_MS for day in (1, 2, 4, 5)]
    series = Series(
        known_ms=np.array(stamps),
        value=np.arange(4.0) + 1.0,
        max_age_ms=26 * HOUR_MS,
        step_ms=DAY_MS,
    )
    found = values(small_market(series={"open_interest": series}), "change(open_interest, 1)")

    # Day 3 is missing: day 3 and day 4 have no neighbour; 2 / 1 - 1 and 4 / 3 - 1 are known.
    np.testing.assert_allclose(found[:5], [np.nan, 1.0, np.nan, np.nan, 1.0 / 3.0])


def test_a_year_of_deviation_is_counted_in_the_bars_it_is_made_of() -> None:
    market = small_market()
    weeks = np.log(market.bars["1w"].close)
    expected = np.diff(weeks)[:4].std(ddof=1) * np.sqrt(365.0 / 7.0) * 100.0

    assert values(market, "realised_vol(4, bars = '1w')", grid="1w")[4] == pytest.approx(expected)


def test_moments_are_the_union_of_the_clocks_and_the_start(tmp_path: Path) -> None:
    body = trigger("funding > 0", "review = 'funding'") + trigger("close > 1").replace("one", "two")
    start, end = FIRST_MONDAY_MS + DAY_MS + HOUR_MS, FIRST_MONDAY_MS + 2 * DAY_MS
    signals = evaluate_signals(compiled(tmp_path, body), small_market(), start, end)
    hours = (signals.ms - FIRST_MONDAY_MS) // HOUR_MS

    assert hours.tolist() == [25, 32, 40, 48]
    assert signals.due.tolist() == [[False, False, False, True], [False, True, True, True]]


def test_what_the_step_counts_on_is_there(tmp_path: Path) -> None:
    body = trigger(
        "breached(2)", 'release = "held_support(reclaim = true) >= 5 or since_entry() > 9"'
    )
    market = small_market(days=40)
    days, weeks = market.bars["1d"], market.bars["1w"]
    start = FIRST_MONDAY_MS
    signals = evaluate_signals(compiled(tmp_path, body), market, start, start + 3 * DAY_MS)

    assert signals.grid_index.tolist() == [[-1, 0, 1, 2]]
    assert np.array_equal(signals.close[0], days.close)
    assert np.array_equal(signals.bar_known_ms[0], days.known_ms)
    assert signals.level_row.shape == (1, days.close.size)
    assert signals.level_price.shape[0] == weeks.close.size


def test_bars_of_two_kinds_are_padded_to_the_longer(tmp_path: Path) -> None:
    body = trigger("close > 1", "release = \"since_entry() > 9 or since_entry(bars = '1w') > 1\"")
    market = small_market(days=28)
    signals = evaluate_signals(
        compiled(tmp_path, body), market, FIRST_MONDAY_MS, FIRST_MONDAY_MS + 7 * DAY_MS
    )

    assert signals.close.shape == (2, 28)
    assert np.array_equal(signals.close[1, :4], market.bars["1w"].close)
    assert np.isnan(signals.close[1, 4:]).all()
    assert signals.grid_index[1].tolist() == [-1] * 7 + [0]
    assert (signals.level_row == -1).all()
    assert (np.diff(signals.bar_known_ms[1]) >= 0).all()


def test_a_policy_without_conditions_has_moments_all_the_same() -> None:
    found = compile_policy(load_policy("hold"))
    signals = evaluate_signals(found, small_market(), FIRST_MONDAY_MS, FIRST_MONDAY_MS + 2 * DAY_MS)

    assert signals.ms.size == 3
    assert signals.values.shape == (0, 3)
    assert signals.close.shape == (0, 0)


def test_what_one_policy_has_worked_out_serves_the_next(tmp_path: Path) -> None:
    market = small_market()
    memo: Memo = {}
    end = FIRST_MONDAY_MS + 50 * DAY_MS
    first = evaluate_signals(compiled(tmp_path, trigger("sma(20) > 1")), market, 0, end, memo)
    known = set(memo)
    again = evaluate_signals(compiled(tmp_path, trigger("sma(20) > 1")), market, 0, end, memo)
    evaluate_signals(compiled(tmp_path, trigger("sma(20) > 2")), market, 0, end, memo)
    averages = [text for text, _ in set(memo) - known if text.startswith("sma(")]

    assert np.array_equal(first.values, again.values, equal_nan=True)
    assert averages == []


def test_signals_do_not_share_their_memory_with_the_memo(tmp_path: Path) -> None:
    market = small_market()
    memo: Memo = {}
    found = compiled(tmp_path, trigger("close > 1"))
    first = evaluate_signals(found, market, FIRST_MONDAY_MS, FIRST_MONDAY_MS + DAY_MS, memo)
    first.values[:] = -5.0
    again = evaluate_signals(found, market, FIRST_MONDAY_MS, FIRST_MONDAY_MS + DAY_MS, memo)

    assert not (again.values == -5.0).any()


def test_the_end_may_not_come_before_the_start(tmp_path: Path) -> None:
    with pytest.raises(
        RequestError, match="the end, 1970-01-02, comes before the start, 1970-01-03"
    ):
        evaluate_signals(compiled(tmp_path, ""), small_market(), 2 * DAY_MS, DAY_MS)


def test_a_missing_series_is_told_with_the_file_that_would_supply_it(tmp_path: Path) -> None:
    found = compiled(tmp_path, trigger("implied_vol > 80"))
    market = replace(small_market(), series_files={"implied_vol": "deribit.BTC.dvol.1d"})
    with pytest.raises(DataError) as caught:
        evaluate_signals(found, market, 0, DAY_MS)

    assert str(caught.value) == (
        'trigger "one", when, reads implied_vol, which the data does not hold for BTC; '
        "add deribit.BTC.dvol.1d.parquet, or give a stand-in by first_known(implied_vol, ...)"
    )


def test_missing_bars_are_told(tmp_path: Path) -> None:
    found = compiled(tmp_path, trigger("close(bars = '4h') > 80"))
    with pytest.raises(DataError, match="reads 4h bars; of BTC there are only 1h, 1d, 1w"):
        evaluate_signals(found, small_market(), 0, DAY_MS)


def test_levels_need_weekly_bars(tmp_path: Path) -> None:
    market = small_market()
    market = replace(market, bars={"1d": market.bars["1d"]})
    with pytest.raises(DataError, match="reads 1w bars; of BTC there are only 1d"):
        evaluate_signals(compiled(tmp_path, trigger("close < support()")), market, 0, DAY_MS)


def test_a_series_with_a_stand_in_may_be_missing_and_is_told_once(tmp_path: Path) -> None:
    found = compiled(tmp_path, trigger("first_known(implied_vol, realised_vol(5)) > 0"))
    market = small_market()
    signals = evaluate_signals(found, market, FIRST_MONDAY_MS, FIRST_MONDAY_MS + 9 * DAY_MS)

    assert signals.values[0, -1] == 1.0
    assert absent_series(found, market) == (
        (
            'BTC has no implied_vol: trigger "one", when, goes by what first_known names next; '
            "add it to go by implied_vol"
        ),
    )


def test_a_stand_in_that_is_missing_too_is_told(tmp_path: Path) -> None:
    found = compiled(tmp_path, trigger("first_known(implied_vol, open_interest) > 0"))
    market = replace(small_market(), series_files={"open_interest": "venue.open_interest.1d"})
    with pytest.raises(DataError, match=r"reads open_interest, .* add venue\.open_interest\.1d"):
        evaluate_signals(found, market, 0, DAY_MS)


def test_a_series_that_no_file_is_known_for_is_asked_for_all_the_same(tmp_path: Path) -> None:
    found = compiled(tmp_path, trigger("implied_vol > 80"))
    with pytest.raises(DataError, match="add a file of it, or give a stand-in by first_known"):
        evaluate_signals(found, small_market(), 0, DAY_MS)


def test_a_series_that_is_there_is_not_told_as_missing(tmp_path: Path) -> None:
    found = compiled(tmp_path, trigger("first_known(implied_vol, realised_vol(5)) > 0"))

    assert absent_series(found, small_market(series=side([0], [50.0]))) == ()


RISE = "first_known(implied_vol - 50, close - 100)"
DAYS = FIRST_MONDAY_MS + DAY_MS * np.arange(1, 9)


def two_sources() -> Market:
    """Return eight days: closes, and an index that is known on the days 3, 4, 5 and 7 only."""
    market = small_market(days=8)
    close = np.array([90.0, 110.0, 90.0, 90.0, 90.0, 110.0, 90.0, 110.0])
    days = replace(market.bars["1d"], close=close)
    index = side(DAYS[[2, 3, 4, 6]].tolist(), [60.0, 40.0, 60.0, 60.0], 0)
    return replace(market, bars={**market.bars, "1d": days}, series=index)


def test_nothing_crosses_where_first_known_changes_over() -> None:
    # Above: no, yes, yes, no, yes, yes, yes, yes. Day 2 and day 5 rise in their own series; days 3,
    # 6, 7 and 8 change over, of which 3 and the last three would be no cross or a false one.
    found = values(two_sources(), f"crosses_above({RISE}, 0)")

    assert np.isnan(found[0]) or found[0] == 0.0
    assert found[1:].tolist() == [1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0]


def test_a_change_over_that_would_look_like_a_cross_is_none() -> None:
    # The index says below on day 4; without it on day 6 the close says above.
    market = two_sources()
    index = side(DAYS[[2, 3, 4]].tolist(), [60.0, 40.0, 40.0], 0)
    found = values(replace(market, series=index), f"crosses_above({RISE}, 0)")
    plain = values(replace(market, series=index), f"{RISE} > 0 and ago({RISE}, 1) <= 0")

    assert (found[5], plain[5]) == (0.0, 1.0)


def test_only_the_first_known_that_is_taken_changes_over() -> None:
    # The inner choice changes over on day 3 too, while the outer one takes the close throughout.
    text = f"crosses_above(first_known(close - 100, {RISE}), 0)"

    assert values(two_sources(), text)[1:].tolist() == [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0]


def test_where_nothing_is_known_nothing_is_known_to_cross() -> None:
    # The index is below on day 5; on day 6 both are unknown; on day 7 it comes back above.
    index = side(DAYS[[2, 3, 4, 6]].tolist(), [60.0, 40.0, 40.0, 60.0], 0)
    market = replace(two_sources(), series=index)
    close = market.bars["1d"].close.copy()
    close[5] = np.nan
    days = replace(market.bars["1d"], close=close)
    found = values(replace(market, bars={**market.bars, "1d": days}), f"crosses_above({RISE}, 0)")

    assert np.isnan(found[5:7]).all()


def test_change_overs_within_the_run_are_told(tmp_path: Path) -> None:
    text = trigger(f"crosses_above({RISE}, 0)", 'release = "close < 1"')
    found = compiled(tmp_path, text)
    told = source_switches(found, two_sources(), int(DAYS[0]), int(DAYS[5]), {})
    none = source_switches(found, two_sources(), int(DAYS[2]) + 1, int(DAYS[4]), {})

    # Up to day 6: on day 3 to the index, on day 6 back.
    sentence = (
        'trigger "one", when: first_known inside crosses_above changes over on 2 bars, '
        "the first known at 1970-01-08; nothing counts as a cross there"
    )
    assert list(told) == [sentence]
    assert list(none) == []


def test_the_profile_needs_hourly_bars(tmp_path: Path) -> None:
    market = small_market()
    market = replace(market, bars={"1d": market.bars["1d"]})
    with pytest.raises(DataError, match="reads 1h bars; of BTC there are only 1d"):
        evaluate_signals(compiled(tmp_path, trigger("close < poc()")), market, 0, DAY_MS)


def test_the_profile_of_a_day_is_that_of_the_hours_before_its_close() -> None:
    market = small_market(days=12)
    hours = market.bars["1h"]
    found = values(market, "poc(days = 2, bins = 7)")
    part = slice(6 * 24, 8 * 24)
    alone = profiles(
        hours.low[part], hours.high[part], hours.volume[part], np.array([48]), Layout(48, 7)
    )

    # Two days must have begun: the first close that knows them is the second.
    assert np.isnan(found[0])
    assert not np.isnan(found[1:]).any()
    assert found[7] == poc(alone)[0]


def test_functions_of_one_profile_share_it() -> None:
    memo: Memo = {}
    market = small_market(days=40)
    days = Grid("1d", market.bars["1d"].known_ms)
    for text in ("poc() > 0", "val() > 0", "vah(area = 0.8) > 0", "shelf()", "shelf(bins = 20)"):
        Evaluation(market, memo).values(parse(text, "1d", Definitions()), days)

    assert len([name for name, _ in memo if name.startswith("profiles")]) == 2


# Domain 14.2: episodes of single triggers on bitcoin, counted by another program.
EPISODES = [
    ("atr(14) / ago(atr(14), 7) - 1 >= 0.50", 12),
    ("natr(14) / ago(natr(14), 7) - 1 >= 0.50", 22),
    ("crosses_above(implied_vol, quantile(implied_vol, 0.75, 365, least = 180))", 22),
    ("breached(2)", 19),
    ("change(open_interest, 7) >= 0.15 and -0.03 <= change(close, 7) <= 0.01", 2),
    ("zscore(20) >= 3", 16),
    ("rejection()", 12),
    ("crosses_below(sma(50), sma(200))", 7),
    ("within(rsi(14) >= 80 or zscore(20) >= 3, 3) and within(funding_above(0.0005) >= 24, 3)", 6),
]


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize(("text", "episodes"), EPISODES)
def test_triggers_fire_on_bitcoin_as_often_as_published(text: str, episodes: int) -> None:
    market = open_market(real_data(), asset="BTC")
    days = market.bars["1d"]
    true_ms = days.open_ms[values(market, text) == 1.0]

    # A gap of more than seven days between true days starts a new episode.
    assert 1 + int((np.diff(true_ms) > WEEK_MS).sum()) == episodes


@pytest.mark.real
@pytest.mark.slow
def test_the_close_crosses_its_long_average_downwards_as_often_as_published() -> None:
    market = open_market(real_data(), asset="BTC")
    closes = market.bars["1d"].close
    below = closes < sma(closes, 200)
    known = ~np.isnan(sma(closes, 200))
    first = below[1:] & ~below[:-1] & known[:-1] & known[1:]

    assert int(np.nansum(values(market, "crosses_below(close, sma(200))"))) == 26
    assert int(first.sum()) == 26
