"""What a stress test finds, on a market that rises by one every hour."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import steelyard as sy
from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.errors import RequestError
from steelyard.domain.record import FILL_LIQUIDATION
from steelyard.domain.time import DAY_MS, HOUR_MS
from steelyard.engine.course import Course, lay_course
from steelyard.engine.dates import WINDOWS
from steelyard.report.stress import StressRun
from steelyard.research.survival import survival
from tests.support.plans import costs_of, track_of
from tests.support.policy_files import policy_of, trigger
from tests.support.rising import day_at, ms_at, rising_market
from tests.unit.test_stress_exposure import walk_of

START = day_at(72)


def only(policy: str | sy.Policy, *shocks: str, at: int | None = None) -> StressRun:
    """Return the run with shocks, which strike at an hour of the market."""
    moment = None if at is None else day_at(at)
    found = sy.stress(policy, rising_market(), start=START, shocks=shocks, at=moment)
    (run,) = found.shocked
    return run


def beside(holdings: list[tuple[float, float, float]]) -> Course:
    """Return a course of so many bars at a price of 100."""
    whole = lay_course(rising_market(), start=START, end=None)
    return replace(whole, track=track_of([100.0] * (len(holdings) + 1)), costs=costs_of())


def test_a_gap_takes_its_share_of_what_is_held_and_time_to_come_back() -> None:
    # All in spot. Before hour 80 a coin is worth 180; half of 181 at its end: 90.5 / 180 - 1.
    # Half of 101 + i reaches 180 at i = 259, whose end is 180 hours after hour 80 began.
    run = only("hold", "gap=-50", at=80)

    assert run.policy.since_ms == ms_at(80)
    assert run.policy.worst_ms == ms_at(81)
    assert run.policy.worst_change == pytest.approx(90.5 / 180.0 - 1.0)
    assert run.policy.under_ms == 180 * HOUR_MS
    assert run.unshocked.worst_change == pytest.approx(181.0 / 180.0 - 1.0)
    assert run.unshocked.under_ms == 0
    assert (run.hold.worst, run.hold.end) == (run.policy.worst, run.policy.end)


def test_equity_that_is_not_seen_again_has_no_time_to_recover() -> None:
    # Half of 101 + 479 = 290 stays below the 101 + 259 = 360 of hour 260.
    run = only("hold", "gap=-50", at=260)

    assert run.policy.recovered_ms is None
    assert run.policy.under_ms is None


def test_a_shock_of_no_size_changes_nothing() -> None:
    run = only("article", "tiers=1", "spread=1")

    assert run.policy == run.unshocked
    assert run.policy.since_ms == run.start_ms
    assert not run.is_timed


def test_decisions_are_made_on_shocked_prices(tmp_path: Path) -> None:
    # Day 5 begins with the gap and closes at 0.7 x 244 = 170.8, below 0.8 x 220 of day 4: all is
    # sold at hour 144 and bought back at hour 168, as day 6 does not fall. Without it nothing is.
    falls = trigger("close < 0.8 * ago(close, 1)", effect="{ set = { spot = 0.0, futures = 0.0 } }")
    run = only(policy_of(tmp_path, falls), "gap=-30", at=120)
    flat = (run.ms > ms_at(145)) & (run.ms <= ms_at(168))

    assert np.unique(run.equity[flat]).size == 1
    assert np.unique(run.unshocked_equity[flat]).size == np.count_nonzero(flat)


def test_a_leveraged_long_is_liquidated_by_a_gap_and_that_is_a_margin_call() -> None:
    # Twice long with nothing in spot: -60 % takes 120 % of the cash, so all of it is lost.
    settings = ["baseline.spot=0", "baseline.futures=2", "limits.leverage=2"]
    run = only(sy.load_policy("static-60-40", settings), "gap=-60", at=80)

    assert run.policy.worst == 0.0
    assert [one.ms for one in run.policy.liquidations] == [ms_at(80)]
    assert run.policy.liquidations[0].price == pytest.approx(0.4 * 180.0)
    assert run.policy.call_ms == ms_at(81)
    assert run.policy.under_ms is None
    assert run.unshocked.liquidations == ()


def test_a_lost_peg_takes_its_part_of_the_cash() -> None:
    # 60 % in spot bought at 172, 40 % in cash. Before: 0.6 x 180 / 172 + 0.4 = 1.0279;
    # at the end of hour 80: 0.6 x 181 / 172 + 0.65 x 0.4 = 0.8914.
    policy = sy.load_policy("static-60-40", ["baseline.futures=0", "limits.band=1"])
    run = only(policy, "stable=0.65", at=80)

    assert run.policy.worst_change == pytest.approx(0.8914 / 1.0279 - 1.0, abs=1e-3)


def test_a_deleveraged_short_loses_nothing_in_the_hour_that_follows() -> None:
    # Short 0.6 x 100,000 / 172 coins from 172; the gap to 126 makes it a winner. Closed at the
    # open, it misses the loss of that hour, in which a coin rises by 0.7.
    policy = sy.load_policy("static-60-40", ["baseline.futures=-0.6", "limits.band=1"])
    kept, closed = only(policy, "gap=-30", at=80), only(policy, "gap=-30", "adl=100", at=80)
    spared = closed.equity[closed.ms == ms_at(81)] - kept.equity[kept.ms == ms_at(81)]

    assert spared == pytest.approx(0.7 * 0.6 * 100_000.0 / 172.0, rel=0.05)


def test_without_a_time_each_shock_strikes_where_the_run_is_most_exposed() -> None:
    # Holding is all in spot throughout, so every open is as bad as any: the first of them.
    run = only("hold", "gap")

    assert [shock.bar for shock in run.shocks] == [1]
    assert run.shocks[0].exposure == pytest.approx(0.3)


def test_shocks_that_are_run_together_strike_at_one_moment() -> None:
    run = only("static-60-40", "gap", "stable", "basis", "tiers")

    assert run.title == "all together"
    assert len({shock.ms for shock in run.shocks if not shock.is_lasting}) == 1
    assert [shock.kind for shock in run.shocks if shock.is_lasting] == ["tiers"]


def test_without_shocks_each_is_run_alone_and_then_all_of_them() -> None:
    found = sy.stress("static-60-40", rising_market(), start=START)

    assert [run.title for run in found.runs] == [
        "no shock",
        "gap -30 %",
        "adl 50 %",
        "stable 0.65",
        "funding 0.3 %",
        "frozen 24 h",
        "basis -10 %",
        "tiers x 2",
        "spread x 10",
        "all together",
    ]
    assert [len(run.shocks) for run in found.shocked] == [1] * 8 + [8]
    assert found.windows == ()


def test_a_window_outside_the_data_is_named_with_the_reason() -> None:
    found = sy.stress("hold", rising_market())

    assert found.windows == ()
    assert [name for name, _ in found.missing] == list(WINDOWS)
    assert all("2021-03" in why for _, why in found.missing)


@pytest.mark.parametrize("at", [72, 480, 500])
def test_a_moment_outside_the_run_is_refused(at: int) -> None:
    with pytest.raises(RequestError, match="shocks strike after the first hour of the run"):
        only("hold", "gap", at=at)


def test_the_lowest_equity_is_looked_for_in_the_days_after_the_shock_alone() -> None:
    # A fall 91 days after the shock has other causes; the last hour that counts is hour 90 x 24.
    count = 100 * 24
    spot = np.full(count, 100.0)
    spot[1:] = 90.0
    spot[90 * 24] = 80.0
    spot[91 * 24 :] = 50.0
    holdings = [(value, 0.0, 0.0) for value in spot.tolist()]
    course = beside(holdings)

    assert survival(walk_of(holdings), course, 1, math.inf).worst == 80.0
    assert survival(walk_of(holdings), course, 2, math.inf).worst == 80.0
    assert survival(walk_of(holdings), course, 0, math.inf).worst == 50.0


def test_what_was_before_the_shock_is_left_out() -> None:
    holdings = [(50.0, 0.0, 0.0), (120.0, 0.0, 0.0), (90.0, 0.0, 0.0), (130.0, 0.0, 0.0)]
    fell = survival(walk_of(holdings), beside(holdings), 2, math.inf)

    assert (fell.before, fell.worst, fell.end) == (120.0, 90.0, 130.0)
    assert fell.drawdown == pytest.approx(-0.25)  # 90 of 120
    assert fell.under_ms == 2 * HOUR_MS  # from the open of bar 2 to the end of bar 3


def test_the_call_is_the_first_hour_at_the_bound() -> None:
    holdings = [(60.0, -50.0, 40.0)] * 4
    walk = walk_of(holdings)
    ratio = np.array([0.9, 0.1, 0.5, 0.7])
    walk = walk._replace(curve=walk.curve._replace(margin_ratio=ratio))
    course = beside(holdings)

    assert survival(walk, course, 1, 0.5).call_ms == 3 * HOUR_MS
    assert survival(walk, course, 1, 0.8).call_ms is None
    assert survival(walk, course, 1, math.inf).call_ms is None
    assert survival(walk, course, 1, 0.5).margin_ratio == 0.7
    assert survival(walk, course, 1, 0.5).margin_ratio_ms == 4 * HOUR_MS


def test_the_nearest_liquidation_is_the_smallest_move_left() -> None:
    # Short 0.5 at 100 with 40 behind it: (40 + 50) / (0.5 x 1.004) = 179.28, a rise of 79.28 %.
    # With 10 behind it: 60 / 0.502 = 119.52, a rise of 19.52 %.
    holdings = [(60.0, -50.0, 40.0), (60.0, -50.0, 10.0), (60.0, -50.0, 40.0)]
    fell = survival(walk_of(holdings), beside(holdings), 0, math.inf)

    assert fell.nearest == pytest.approx(60.0 / 0.502 / 100.0 - 1.0)
    assert fell.nearest_ms == 2 * HOUR_MS


def test_a_lost_peg_leaves_margin_as_it_was_counted() -> None:
    # 40 stablecoins are worth 26 at 0.65, and back the short as 40 did: 90 / 0.502 = 179.28.
    holdings = [(60.0, -50.0, 26.0)] * 2
    walk = walk_of(holdings)
    walk = walk._replace(curve=walk.curve._replace(backing=np.full(2, 40.0)))
    fell = survival(walk, beside(holdings), 0, math.inf)

    assert fell.nearest == pytest.approx(90.0 / 0.502 / 100.0 - 1.0)


def test_without_futures_no_mark_liquidates() -> None:
    holdings = [(60.0, 0.0, 40.0)] * 2
    trades = [(0, SPOT, 0.6, 100.0, 0), (0, PERP, 0.1, 100.0, FILL_LIQUIDATION)]
    fell = survival(walk_of(holdings, trades), beside(holdings), 1, 0.5)

    assert math.isnan(fell.nearest)
    assert fell.liquidations == ()  # it was before the shock


def test_what_is_drawn_surrounds_the_shock_and_holds_its_hour() -> None:
    # From 14 days before to 90 days after: here the whole run, 408 hours, in every second.
    run = only("hold", "gap", at=401)
    first, last = int(run.ms[0]), int(run.ms[-1])

    assert first == ms_at(73)
    assert last == ms_at(480)
    assert ms_at(402) in run.ms
    assert ms_at(401) in run.ms
    assert run.ms.size <= 404
    assert np.diff(run.ms).max() <= DAY_MS
