"""This file proves the table of what followed: episodes, days, returns, what is known."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.data.catalogue import open_market
from steelyard.domain.market import Market
from steelyard.domain.time import DAY_MS
from steelyard.engine.evidence import (
    GAP_DAYS,
    Evidence,
    episode_starts,
    evidence_of,
    forward_returns,
)
from steelyard.engine.lint import check
from steelyard.policy.compile import compile_policy
from steelyard.policy.load import load_policy
from tests.support import catalogues as made
from tests.support.policy_files import trigger, written

DAYS = 45
FIRST = made.FIRST_MS


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Market:
    """Return 45 days whose day i opens at 100 + 24 i and closes at 124 + 24 i."""
    folder = made.write_catalogue(tmp_path_factory.mktemp("evidence"), hours=24 * DAYS)
    return open_market(folder, asset="BTC")


def counted(folder: Path, market: Market, when: str, extra: str = "") -> Evidence:
    body = trigger(when, extra, effect="{ alert = true }")
    return evidence_of(compile_policy(load_policy(written(folder, body))), market)[0]


def day(number: int) -> int:
    return FIRST + number * DAY_MS


def test_a_return_runs_from_the_next_open_to_the_close_so_many_days_later() -> None:
    # Day 0: open of day 1 is 10, close of day 2 is 12, 20 %. Day 1: open 16, close 8, -50 %.
    found = forward_returns(np.array([9.0, 10.0, 16.0, 8.0]), np.array([1.0, 1.0, 12.0, 8.0]), 2)

    assert found[:2] == pytest.approx([0.2, -0.5])
    assert np.isnan(found[2:]).all()


def test_no_return_is_known_in_a_history_shorter_than_the_horizon() -> None:
    assert np.isnan(forward_returns(np.ones(3), np.ones(3), 7)).all()


def test_a_gap_of_seven_days_goes_on_and_one_of_eight_starts_anew() -> None:
    # 1 to 8 are seven days apart, 8 to 16 are eight.
    assert episode_starts(np.array([1, 8, 16])).tolist() == [0, 2]
    assert episode_starts(np.array([], dtype=np.int64)).tolist() == []


@given(st.lists(st.integers(0, 400), unique=True).map(sorted))
def test_true_days_within_an_episode_are_near_and_episodes_far_apart(days: list[int]) -> None:
    true_day = np.array(days, dtype=np.int64)

    starts = episode_starts(true_day)

    gaps = np.diff(true_day)
    begins = np.isin(np.arange(1, true_day.size), starts)
    assert (starts[:1] == 0).all()
    assert (gaps[begins] > GAP_DAYS).all()
    assert (gaps[~begins] <= GAP_DAYS).all()


def test_an_episode_has_its_days_and_what_followed(tmp_path: Path, market: Market) -> None:
    # close = 124 + 24 i: day 3 closes at 196 and day 5 at 244; both in one episode.
    found = counted(tmp_path, market, "close > 190 and close < 200 or close > 240 and close < 250")

    (only,) = found.episodes
    assert (only.first_ms, only.last_ms, only.days) == (day(3), day(5), 2)
    # After day 3: open of day 4 is 196; close of day 10 is 364, of day 33 it is 916.
    assert only.returns == pytest.approx((364 / 196 - 1, 916 / 196 - 1))
    assert [outcome.mean for outcome in found.outcomes] == pytest.approx(only.returns)
    assert all(math.isnan(outcome.low) for outcome in found.outcomes)
    assert (found.true_days, found.known_days) == (2, DAYS)
    assert found.per_year == pytest.approx(365.25 / DAYS)
    # Over both days: open of day 6 is 244; close of day 12 is 412.
    both = (364 / 196 + 412 / 244) / 2 - 1
    assert found.outcomes[0].mean_true_days == pytest.approx(both)


def test_an_episode_near_the_end_is_counted_and_not_followed(
    tmp_path: Path, market: Market
) -> None:
    # 124 + 24 x 40 = 1084: five days are left.
    found = counted(tmp_path, market, "1080 < close < 1090")

    assert len(found.episodes) == 1
    assert [outcome.followed for outcome in found.outcomes] == [0, 0]
    assert all(math.isnan(value) for value in found.episodes[0].returns)
    assert math.isnan(found.outcomes[0].mean)


def test_any_day_is_the_mean_over_the_days_on_which_the_condition_is_known(
    tmp_path: Path, market: Market
) -> None:
    found = counted(tmp_path, market, "close > sma(20)")

    # The average is known from day 19 on; a close 7 days later exists up to day 37.
    known = [(124 + 24 * (i + 7)) / (100 + 24 * (i + 1)) - 1 for i in range(19, 38)]
    assert (found.first_ms, found.known_days) == (day(19), DAYS - 19)
    assert found.outcomes[0].any_day == pytest.approx(sum(known) / len(known))


def test_what_could_not_have_been_true_yet_is_not_known(tmp_path: Path, market: Market) -> None:
    # False for its second half from the first day, unknown for its first up to day 19.
    found = counted(tmp_path, market, "close > sma(20) and close < 1")

    assert (found.first_ms, found.known_days, found.true_days) == (day(19), DAYS - 19, 0)


def test_confirmed_days_follow_true_days(tmp_path: Path, market: Market) -> None:
    # True on days 10 to 44, confirmed from the third of them on.
    found = counted(tmp_path, market, "close > 350", "confirm = 3")

    assert (found.true_days, found.confirmed_days) == (35, 33)


def test_a_settlement_dates_by_its_own_day_and_a_daily_review_by_that_of_its_bar(
    tmp_path: Path, market: Market
) -> None:
    # Settlements begin at 08:00 of day 0 and 24 hours above 0 are full with the third of them, at
    # 00:00 of day 1. The daily review at that very moment looks at the bar of day 0.
    when = "funding_above(0) >= 24"

    at_settlements = counted(tmp_path, market, when, "review = 'funding'")
    daily = counted(tmp_path, market, when)

    assert at_settlements.episodes[0].first_ms == day(1)
    assert daily.episodes[0].first_ms == day(0)


def test_what_reads_its_own_entry_or_a_missing_series_stays_unanswered(
    tmp_path: Path, market: Market
) -> None:
    entry = counted(tmp_path, market, "close > at_entry(close)", "release = 'close < 1'")
    lacking = counted(tmp_path, market, "open_interest > 1")

    assert entry.unanswered == "depends on an entry of the decision itself"
    assert lacking.unanswered == "reads a series that the data lacks"
    assert (entry.episodes, lacking.outcomes) == ((), ())


def test_named_conditions_are_counted_and_named_numbers_are_not(
    tmp_path: Path, market: Market
) -> None:
    body = "\n[define]\nlevel = 'sma(5)'\nrising = 'close > level'\n" + trigger("rising")

    found = check(load_policy(written(tmp_path, body)), market).evidence

    assert [(row.kind, row.id) for row in found] == [("trigger", "one"), ("define", "rising")]
    assert found[0].true_days == found[1].true_days == DAYS - 4


def test_dates_bound_what_is_counted_and_without_them_all_of_spot_counts(
    tmp_path: Path, market: Market
) -> None:
    policy = load_policy(written(tmp_path, trigger("close > 1")))

    whole = check(policy, market).evidence[0]
    part = check(policy, market, start="2020-01-11", end="2020-01-20").evidence[0]

    assert (whole.first_ms, whole.known_days) == (day(0), DAYS)
    assert (part.first_ms, part.last_ms, part.known_days) == (day(10), day(19), 10)
    # What ends after the last day asked for is not looked at: 7 days after day 10 is, 30 is not.
    assert part.outcomes[0].followed == 1
    assert math.isnan(part.outcomes[1].mean)
