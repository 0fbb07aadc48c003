"""The metrics where the vectors do not reach: undefined values, and sums small enough to check."""

import math

import numpy as np
import pytest

from steelyard.report import metrics

NONE = np.array([])


def test_a_doubling_in_half_a_year_grows_fourfold_a_year() -> None:
    # 182.5 days would be half of 365; 365 daily steps to 2 give 2^(365/365) = 2 exactly.
    nav = np.full(366, 1.0)
    nav[-1] = 2.0

    assert metrics.cagr(nav) == pytest.approx(1.0)


def test_the_drawdown_counts_the_start_as_a_peak() -> None:
    # From 100 straight down to 75: the worst fall is 75/100 - 1.
    assert metrics.max_drawdown(np.array([100.0, 75.0, 90.0])) == -0.25


def test_the_longest_stretch_below_the_peak_is_counted_in_bars() -> None:
    # 2, 3 and 4 lie below the peak of 10; then a new peak, and one more bar below it.
    nav = np.array([9.0, 10.0, 8.0, 9.0, 9.5, 11.0, 10.0])

    assert metrics.longest_underwater(nav) == 3


def test_the_worst_twentieth_of_forty_days_is_two_days() -> None:
    # 40 x 0.05 = 2: the days of -4 % and -2 %, mean -3 %; the milder one is -2 %.
    daily = np.zeros(40)
    daily[[3, 7]] = -0.04, -0.02

    assert metrics.cvar_95(daily) == pytest.approx(0.03)
    assert metrics.worst_days(daily).tolist() == [-0.04, -0.02]


def test_a_run_that_never_moves_has_no_ratios() -> None:
    still, flat = np.zeros(10), np.full(11, 5.0)

    assert metrics.volatility(still) == 0.0
    assert metrics.cagr(flat) == 0.0
    assert metrics.sharpe(still) is None
    assert metrics.sortino(still) is None
    assert metrics.calmar(flat) is None


def test_without_a_day_everything_is_undefined() -> None:
    alone = np.array([100.0])

    assert metrics.cagr(alone) is None
    assert metrics.volatility(NONE) is None
    assert metrics.sortino(NONE) is None
    assert metrics.cvar_95(NONE) is None
    assert metrics.turnover(10.0, alone) is None
    assert metrics.time_hedged(NONE) is None
    assert metrics.mean_hedge_ratio(NONE) is None
    assert metrics.downside_hedge_effectiveness(NONE, NONE) is None
    assert metrics.upside_capture(NONE, NONE) is None


def test_one_day_has_no_spread_but_has_growth() -> None:
    # One day of +10 % for a year: 1.1^365 - 1.
    assert metrics.cagr(np.array([1.0, 1.1])) == pytest.approx(1.1**365 - 1.0)
    assert metrics.sharpe(np.array([0.1])) is None


def test_growth_too_large_for_a_number_is_undefined() -> None:
    assert metrics.cagr(np.array([1.0, 1e3])) is None


def test_nothing_left_is_a_loss_of_everything_and_less_than_nothing_is_undefined() -> None:
    assert metrics.cagr(np.array([1.0, 0.0])) == -1.0
    assert metrics.cagr(np.array([1.0, -0.5])) is None


def test_what_is_earned_on_nothing_makes_every_ratio_of_returns_undefined() -> None:
    daily = metrics.returns(np.array([1.0, 0.0, 1.0]))

    assert daily[0] == -1.0
    assert math.isnan(daily[1])
    assert metrics.volatility(daily) is None
    assert metrics.cvar_95(daily) is None
    assert metrics.sortino(daily) is None


def test_a_loss_of_zero_is_written_without_a_minus() -> None:
    assert str(metrics.cvar_95(np.zeros(3))) == "0.0"


def test_turnover_is_traded_over_mean_equity_a_year() -> None:
    # 300 traded in 73 days at a mean equity of 100: 3 turns in a fifth of a year, 15 a year.
    assert metrics.turnover(300.0, np.full(74, 100.0)) == pytest.approx(15.0)


def test_a_day_without_spot_is_not_hedged_and_not_in_the_mean() -> None:
    # Of four days 0.5 and 0.1 are hedged, 0.05 is not, and one has no spot: 2/4, mean 0.65/3.
    ratio = np.array([0.5, 0.1, 0.05, math.nan])

    assert metrics.time_hedged(ratio) == 0.5
    assert metrics.mean_hedge_ratio(ratio) == pytest.approx(0.65 / 3.0)


def test_half_of_every_move_removes_three_quarters_of_the_variance() -> None:
    unhedged = np.array([0.01, -0.02, 0.03, -0.01])

    assert metrics.hedge_effectiveness(unhedged / 2.0, unhedged) == pytest.approx(0.75)


def test_half_of_every_fall_removes_three_quarters_of_the_downside() -> None:
    # Rises do not count: whole or half, they are no loss.
    unhedged = np.array([0.01, -0.02, 0.03, -0.01])
    hedged = np.array([0.01, -0.01, 0.00, -0.005])

    assert metrics.downside_hedge_effectiveness(hedged, unhedged) == pytest.approx(0.75)


def test_what_is_only_rounding_is_not_divided_by() -> None:
    # Steps of 1e-16 are the last digit of a number near 1, no risk.
    noise = np.array([1e-16, -1e-16, 0.0])
    hedged = np.array([0.01, -0.02, 0.03])

    assert metrics.volatility(noise) == 0.0
    assert metrics.hedge_effectiveness(hedged, noise) is None
    assert metrics.downside_hedge_effectiveness(hedged, noise) is None
    assert metrics.sortino(noise) is None
    assert metrics.calmar(np.array([1.0, 1.0 - 1e-16, 1.5])) is None


def test_hedging_what_does_not_move_is_undefined() -> None:
    assert metrics.hedge_effectiveness(np.array([0.1, 0.2]), np.zeros(2)) is None


def test_capture_compares_mean_days_of_rises_and_falls() -> None:
    # Rises: asset +2 % and +4 %, strategy +1 % and +2 %: half. Falls: asset -3 %, strategy +1 %.
    asset = np.array([0.02, 0.04, -0.03, 0.0])
    strategy = np.array([0.01, 0.02, 0.01, 0.05])

    assert metrics.upside_capture(strategy, asset) == pytest.approx(0.5)
    assert metrics.downside_capture(strategy, asset) == pytest.approx(-1.0 / 3.0)


def test_an_asset_that_never_fell_has_no_downside_capture() -> None:
    assert metrics.downside_capture(np.array([0.01]), np.array([0.02])) is None
