"""How a market becomes the bars an account walks over: holes, funding, costs known at each open."""

from dataclasses import replace

import numpy as np
import pytest

from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.errors import DataError
from steelyard.domain.market import Bars, Funding, Market
from steelyard.domain.plan import Signals, Track
from steelyard.domain.time import DAY_MS, HOUR_MS
from steelyard.kernel.track import (
    build_costs,
    build_track,
    daily_volatility,
    daily_volume,
    first_start,
    with_moments,
)
from tests.support.plans import Actor, Scene
from tests.support.policy_files import FIRST_MONDAY_MS, small_market

BEGIN = FIRST_MONDAY_MS + 5 * DAY_MS
END = BEGIN + 2 * DAY_MS


def signals_at(*ms: int) -> Signals:
    scene = Scene(triggers=[Actor(when="F" * len(ms))])
    return scene.signals()._replace(ms=np.array(ms, dtype=np.int64))


def track(market: Market, *ms: int) -> Track:
    return with_moments(build_track(market, BEGIN, END), signals_at(*(ms or (BEGIN,))))


def holed(bars: Bars, *rows: int) -> Bars:
    """Return bars of which some are missing."""
    columns = {}
    for name in ("open", "high", "low", "close", "volume"):
        column = getattr(bars, name).copy()
        column[list(rows)] = np.nan
        columns[name] = column
    return replace(bars, **columns)


def row_of(ms: int) -> int:
    return (ms - FIRST_MONDAY_MS) // HOUR_MS


def test_a_track_covers_the_period_hour_by_hour() -> None:
    laid = track(small_market())

    assert laid.open_ms[0] == BEGIN
    assert laid.open_ms[-1] + HOUR_MS == END
    assert laid.close.shape == (48, 1, 2)


def test_spot_is_valued_at_spot_and_futures_at_the_mark_but_fill_at_the_perpetual() -> None:
    market = small_market()
    mark = replace(market.mark, close=market.mark.close * 1.01, open=market.mark.open * 1.02)
    perp = replace(market.perp, open=market.perp.open * 1.03)
    laid = track(replace(market, mark=mark, perp=perp))
    first = row_of(BEGIN)

    assert laid.close[0, 0].tolist() == [market.spot.close[first], mark.close[first]]
    assert laid.open[0, 0, PERP] == mark.open[first]
    assert laid.first_fill[0, :, 0].tolist() == [market.spot.open[first], perp.open[first]]


def test_a_missing_bar_keeps_the_last_price_and_does_not_trade() -> None:
    market = small_market()
    hole = row_of(BEGIN) + 3
    laid = track(replace(market, spot=holed(market.spot, hole, hole + 1)))
    last = market.spot.close[hole - 1]

    assert np.isnan(laid.first_fill[0, SPOT, 3:5]).all()
    for prices in (laid.open, laid.high, laid.low, laid.close):
        assert prices[3:5, 0, SPOT].tolist() == [last, last]
    assert not np.isnan(laid.first_fill[0, PERP]).any()
    assert laid.close[5, 0, SPOT] == market.spot.close[hole + 2]


def test_a_start_within_an_outage_takes_the_last_price_before_it() -> None:
    market = small_market()
    first = row_of(BEGIN)
    laid = track(replace(market, spot=holed(market.spot, first - 1, first)))

    assert laid.start_price[0, SPOT] == market.spot.close[first - 2]
    assert laid.close[0, 0, SPOT] == market.spot.close[first - 2]


def test_a_mark_that_begins_with_the_run_starts_at_its_open() -> None:
    market = small_market()
    first = row_of(BEGIN)
    columns = ("open_ms", "open", "high", "low", "close", "volume")
    late = {name: getattr(market.mark, name)[first:] for name in columns}
    laid = track(replace(market, mark=replace(market.mark, **late)))

    assert laid.start_price[0, PERP] == market.mark.open[first]


def test_evaluations_stand_at_the_end_of_the_bar_before_them() -> None:
    laid = track(small_market(), BEGIN, BEGIN + 3 * HOUR_MS, END)

    assert laid.first_moment == 0
    assert np.flatnonzero(laid.moment >= 0).tolist() == [2, 47]
    assert laid.moment[[2, 47]].tolist() == [1, 2]


def test_without_an_evaluation_at_the_start_there_is_no_first_one() -> None:
    laid = track(small_market(), BEGIN + HOUR_MS)

    assert laid.first_moment == -1
    assert laid.moment[0] == 0


# -- funding ------------------------------------------------------------------------------------


def test_a_settlement_stands_at_the_end_of_the_bar_before_it() -> None:
    market = small_market()
    laid = track(market)
    settled = np.flatnonzero(~np.isnan(laid.funding[0, PERP]))
    at = np.searchsorted(market.funding.ms, BEGIN, side="right")

    assert settled.tolist() == [7, 15, 23, 31, 39, 47]
    assert laid.funding[0, PERP, settled].tolist() == market.funding.rate[at : at + 6].tolist()
    assert np.isnan(laid.funding[0, SPOT]).all()


def without(funding: Funding, row: int) -> Funding:
    """Return settlements of which one is missing."""
    follows = funding.follows.copy()
    follows[row + 1] = False
    keep = np.arange(follows.size) != row
    return Funding(
        ms=funding.ms[keep],
        rate=funding.rate[keep],
        interval_hours=funding.interval_hours[keep],
        follows=follows[keep],
    )


def test_a_missing_settlement_is_refused_with_its_neighbours() -> None:
    market = small_market()
    row = int(np.searchsorted(market.funding.ms, BEGIN + DAY_MS))
    broken = replace(market, funding=without(market.funding, row))

    with pytest.raises(
        DataError, match=r"no settlement between 1970-01-10 16:00 UTC and 1970-01-11"
    ):
        track(broken)


def test_a_settlement_missing_before_the_start_does_not_matter() -> None:
    market = small_market()
    row = int(np.searchsorted(market.funding.ms, BEGIN))
    laid = track(replace(market, funding=without(market.funding, row)))

    assert (~np.isnan(laid.funding)).sum() == 6


def test_a_settlement_missing_after_the_end_does_not_matter() -> None:
    market = small_market()
    row = int(np.searchsorted(market.funding.ms, END)) + 1
    laid = track(replace(market, funding=without(market.funding, row)))

    assert (~np.isnan(laid.funding)).sum() == 6


def test_a_run_within_one_interval_has_no_settlement() -> None:
    market = small_market()
    laid = build_track(market, BEGIN, BEGIN + 2 * HOUR_MS)

    assert np.isnan(laid.funding).all()


# -- what trading costs -------------------------------------------------------------------------


def days_of(closes: list[float]) -> Market:
    market = small_market()
    close = np.array(closes)
    count = close.size
    days = Bars(
        length_ms=DAY_MS,
        open_ms=FIRST_MONDAY_MS + DAY_MS * np.arange(count, dtype=np.int64),
        open=close,
        high=close,
        low=close,
        close=close,
        volume=close,
    )
    return replace(market, bars={**market.bars, "1d": days})


def test_daily_volatility_is_the_deviation_of_known_daily_returns() -> None:
    # Log returns ln 2, 0, ln 2 (the missing day is left out): at the fourth close two of them,
    # with mean ln 2 / 2 and deviation ln 2 / sqrt 2; at the fifth three.
    market = days_of([100.0, 200.0, np.nan, 200.0, 400.0])
    at = FIRST_MONDAY_MS + DAY_MS * np.array([2, 4, 5])
    before = FIRST_MONDAY_MS + 4 * DAY_MS - 1
    found = daily_volatility(market, np.append(at, before))
    returns = np.log([2.0, 1.0, 2.0])

    assert np.isnan(found[0])
    assert found[1] == pytest.approx(np.log(2.0) / np.sqrt(2.0))
    assert found[2] == pytest.approx(np.std(returns, ddof=1))
    assert np.isnan(found[3])


def test_daily_volatility_forgets_after_thirty_days() -> None:
    # A doubling on day 1, then 30 days of alternating 1 %: only these count at the end.
    closes = [100.0, 200.0] + [200.0 * 1.01 ** (i % 2) for i in range(1, 31)]
    market = days_of(closes)
    found = daily_volatility(market, np.array([FIRST_MONDAY_MS + len(closes) * DAY_MS]))

    assert found[0] == pytest.approx(np.std(np.diff(np.log(closes))[1:], ddof=1))


def test_daily_volume_is_the_average_of_known_hours_times_a_day() -> None:
    # Hours of 1 coin at 10, 2 at 10, a missing one, 4 at 10: after two (10 + 20) / 2 x 24, after
    # four (10 + 20 + 40) / 3 x 24.
    market = small_market()
    bars = holed(
        replace(
            market.spot,
            close=np.full(market.spot.close.size, 10.0),
            volume=np.resize([1.0, 2.0, 9.0, 4.0], market.spot.close.size),
        ),
        2,
    )
    at = FIRST_MONDAY_MS + HOUR_MS * np.array([0, 2, 4])
    found = daily_volume(bars, at)

    assert np.isnan(found[0])
    assert found[1:].tolist() == [pytest.approx(360.0), pytest.approx(70.0 / 3 * 24)]


def test_a_perpetual_without_history_borrows_the_volume_of_spot() -> None:
    market = small_market()
    first = row_of(BEGIN)
    columns = ("open_ms", "open", "high", "low", "close", "volume")
    late = {name: getattr(market.perp, name)[first:] for name in columns}
    laid = track(replace(market, perp=replace(market.perp, **late)))

    assert laid.daily_volume[0, PERP, 0] == laid.daily_volume[0, SPOT, 0]
    assert laid.daily_volume[0, PERP, 1] != laid.daily_volume[0, SPOT, 1]


def test_a_market_without_trade_is_refused() -> None:
    market = small_market(days=60)
    still = replace(market.spot, volume=np.zeros(market.spot.volume.size))

    with pytest.raises(DataError, match="in the 30 days before 1970-01-10"):
        track(replace(market, spot=still))


def test_an_account_begins_when_two_daily_returns_are_known() -> None:
    # Three days and a missing one before the third: known at the end of the fourth.
    market = days_of([100.0, 100.0, np.nan, 100.0, 100.0])

    assert first_start(market) == FIRST_MONDAY_MS + 4 * DAY_MS


def test_too_short_a_history_is_refused() -> None:
    with pytest.raises(DataError, match=r"2 days of bars; .* at least 3 days"):
        first_start(days_of([100.0, 100.0, np.nan]))


def test_costs_are_those_of_the_venue() -> None:
    market = small_market()
    facts = replace(market.facts, lot_perp=0.001, min_spot=5.0)
    costs = build_costs(replace(market, facts=facts))

    assert costs.fee.tolist() == [[facts.fee_spot, facts.fee_perp]]
    assert costs.lot.tolist() == [[0.0, 0.001]]
    assert costs.min_notional.tolist() == [[5.0, facts.min_perp]]
    assert costs.tier_rate.tolist() == [market.tiers.rate.tolist()]
    assert costs.liquidation_fee == facts.liquidation_fee
