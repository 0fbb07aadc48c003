"""The main job on the synthetic market: what is run, beside what, and what is refused."""

import math
from dataclasses import replace

import numpy as np
import pytest

from steelyard.data.synthetic import synthetic_market
from steelyard.domain.errors import DataError, PolicyError, RequestError
from steelyard.domain.market import Market
from steelyard.domain.record import Walk
from steelyard.engine.backtest import backtest, constant_delta
from steelyard.engine.course import lay_course
from steelyard.engine.standing import stand
from steelyard.kernel.track import build_costs
from steelyard.kernel.walk import walk
from steelyard.policy.compile import compile_policy
from steelyard.policy.load import load_policy
from tests.support.plans import Actor, Scene, costs_of, moments_at, track_of

START, END = "2021-03-01", "2021-06-30"


@pytest.fixture(scope="module")
def market() -> Market:
    return synthetic_market()


def days_of(market: Market) -> tuple[str, str]:
    """Return two days within a market, a month apart."""
    first = np.datetime64(market.start_ms + 200 * 86_400_000, "ms")
    return str(first.astype("datetime64[D]")), str(
        (first + 30 * 86_400_000).astype("datetime64[D]")
    )


@pytest.mark.parametrize("cash", [0.0, -1.0, math.inf, math.nan])
def test_an_account_needs_cash_to_begin_with(market: Market, cash: float) -> None:
    with pytest.raises(RequestError, match="begin with an amount of USDT above 0"):
        backtest("hold", market, cash=cash)


def test_an_account_begins_with_no_more_than_any_market_can_take(market: Market) -> None:
    with pytest.raises(RequestError, match=r"cash is 1e\+300; .* at most 1,000,000,000,000"):
        backtest("hold", market, cash=1e300)


@pytest.mark.parametrize("cash", ["100000", True, None])
def test_cash_that_is_no_number_is_refused(market: Market, cash: object) -> None:
    with pytest.raises(RequestError, match="which is no number; write it as 100000"):
        backtest("hold", market, cash=cash)  # type: ignore[arg-type]


@pytest.mark.parametrize("cash", [100_000, np.int64(100_000), np.float32(100_000.0)])
def test_whole_cash_gives_what_the_same_cash_in_fractions_gives(
    market: Market, cash: float
) -> None:
    start, end = days_of(market)
    whole = backtest("article", market, start=start, end=end, cash=cash)

    assert whole.to_json() == backtest("article", market, start=start, end=end).to_json()


def test_facts_in_whole_numbers_become_fractions(market: Market) -> None:
    facts = replace(market.facts, fee_spot=0, fee_perp=0, lot_spot=1, lot_perp=1, min_perp=5)
    costs = build_costs(replace(market, facts=facts))

    assert [costs.fee.dtype, costs.lot.dtype, costs.min_notional.dtype] == [np.float64] * 3


# -- orders too large for the market ------------------------------------------------------------


@pytest.fixture(scope="module")
def thin(market: Market) -> Market:
    """Return the market with a millionth of its trade in spot."""
    return replace(market, spot=replace(market.spot, volume=market.spot.volume * 1e-6))


def test_a_run_whose_orders_would_take_all_of_the_price_is_refused(thin: Market) -> None:
    start, end = days_of(thin)

    with pytest.raises(RequestError, match=r"by 99 % or more.*begin with less cash"):
        backtest("hold", thin, start=start, end=end, cash=1e12)


def test_a_standing_whose_orders_would_take_all_of_the_price_is_refused(thin: Market) -> None:
    with pytest.raises(RequestError, match="begin with less cash"):
        stand(load_policy("hold"), thin, cash=1e12)


def test_orders_of_more_than_a_tenth_of_a_days_volume_are_warned_of(market: Market) -> None:
    # Half of the day's volume spent on spot at once: one fill, 0.5 / 0.1 times too large.
    start, end = days_of(market)
    volume = lay_course(market, start=start, end=end).track.daily_volume[0, 0, 0]
    large = backtest("hold", market, start=start, end=end, cash=0.5 * volume)
    small = backtest("hold", market, start=start, end=end, cash=0.05 * volume)
    said = [warning for warning in large.warnings if "what they cost is a guess" in warning]

    assert len(said) == 1
    assert said[0].startswith("1 fill of more than 10 % of what is traded a day, at most ")
    assert not any("is a guess" in warning for warning in small.warnings)


def test_an_unknown_policy_is_refused(market: Market) -> None:
    with pytest.raises(PolicyError, match="article"):
        backtest("artcle", market)


def test_a_missing_settlement_is_refused(market: Market) -> None:
    paid = market.funding
    keep = np.arange(paid.ms.size) != paid.ms.size // 2
    follows = paid.follows.copy()
    follows[paid.ms.size // 2 + 1] = False
    broken = replace(
        paid,
        ms=paid.ms[keep],
        rate=paid.rate[keep],
        interval_hours=paid.interval_hours[keep],
        follows=follows[keep],
    )

    with pytest.raises(DataError, match="unknown funding is not zero"):
        backtest("hold", replace(market, funding=broken))


def test_a_loaded_policy_and_its_name_give_the_same(market: Market) -> None:
    start, end = days_of(market)
    one = backtest("static-60-40", market, start=start, end=end)
    other = backtest(load_policy("static-60-40"), market, start=start, end=end)

    assert one.to_json() == other.to_json()


def test_holding_ends_with_the_change_of_spot_less_its_costs(market: Market) -> None:
    # Bought once, at the first open: the fee and the slippage are all that it costs.
    start, end = days_of(market)
    result = backtest("hold", market, start=start, end=end)
    parts = result.as_document()["attribution"]
    course = lay_course(market, start=start, end=end)
    _, track = course.prepare(compile_policy(load_policy("hold")))
    outcome = course.run(compile_policy(load_policy("hold")))
    coins = outcome.fills.quantity

    assert coins.size == 1
    assert isinstance(parts, dict)
    assert parts["spot"] == pytest.approx(coins[0] * (track.close[-1, 0, 0] - track.open[0, 0, 0]))
    assert result.end_equity == pytest.approx(
        outcome.curve.cash[-1] + coins[0] * track.close[-1, 0, 0]
    )


def test_more_cash_changes_only_the_impact(market: Market) -> None:
    # Ten times the cash trades ten times the coins; without impact all would be in proportion.
    start, end = days_of(market)
    course = lay_course(market, start=start, end=end, cash=1e5)
    free = replace(course, costs=course.costs._replace(impact=0.0, lot=np.zeros((1, 2))))
    compiled = compile_policy(load_policy("article", ["limits.min_notional=0.0"]))
    free = replace(free, costs=free.costs._replace(min_notional=np.zeros((1, 2))))
    small = free.run(compiled)
    large = replace(free, cash=1e6).run(compiled)

    assert np.allclose(large.curve.equity, 10.0 * small.curve.equity, rtol=1e-9)


# -- the constant-delta twin --------------------------------------------------------------------


def walked(spot: float, futures: float, prices: tuple[float, ...] = (100.0, 100.0)) -> Walk:
    scene = Scene(triggers=[Actor(when="F")], baseline=(spot, futures), limits={"leverage": 100.0})
    track = track_of(prices)
    return walk(scene.plan(), moments_at(scene.signals(), track), track, costs_of(), 1e5)


@pytest.mark.parametrize(
    ("weights", "twin"),
    [
        ((0.6, -0.2), (0.4, 0.0)),  # delta 0.4: spot alone
        ((0.3, -0.7), (0.0, -0.4)),  # delta -0.4: futures alone
        ((0.75, 0.40), (0.85, 0.30)),  # delta 1.15: 2 x (1 - 0.85) backs the 0.30
        ((0.0, 1.8), (0.2, 1.6)),  # delta 1.8: 2 x 0.8 backs the 1.6
        ((0.0, 5.0), (0.0, 2.0)),  # delta 5: as much as leverage 2 allows
        ((0.0, -5.0), (0.0, -2.0)),
    ],
)
def test_the_twin_has_the_average_delta_within_its_leverage(
    weights: tuple[float, float], twin: tuple[float, float]
) -> None:
    assert constant_delta(walked(*weights)) == pytest.approx((twin[0], twin[1]))


def test_the_twin_of_an_account_that_lost_all_at_once_holds_nothing() -> None:
    assert constant_delta(walked(0.0, -10.0, (100.0, 300.0))) == (0.0, 0.0)
