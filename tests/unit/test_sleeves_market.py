"""What a market offers to sleeves: dated contracts as legs, settlement prices, entry tests."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from steelyard.domain.contracts import NONE, plain_holdings
from steelyard.domain.market import Facts, Market
from steelyard.domain.plan import Plan, Track
from steelyard.domain.sleeves import ENTER, GROSS, LEAVE, MOST, NET, leg_names, spot_legs
from steelyard.domain.time import DAY_MS, HOUR_MS
from steelyard.engine.course import lay_course
from steelyard.kernel.sleeve_track import lay_sleeves, settlement_price, sleeve_costs
from steelyard.policy.compile import CompiledPolicy, compile_policy
from steelyard.policy.needs import absent_series, unmet_needs
from steelyard.policy.sleeves import offers
from tests.support.days import contract_of_days, day_stamp, market_of_days
from tests.support.policy_files import FIRST_MONDAY_MS, policy_of, trigger

BASIS = "[basis]\nallocation = 0.2\n"
CARRY = "[carry]\nallocation = 0.1\n"
SPOT, PERP, PAIR_SPOT, FIRST, SECOND = range(5)


def stamp(day: float) -> int:
    """Return the stamp after so many days."""
    return FIRST_MONDAY_MS + int(day * DAY_MS)


def compiled(folder: Path, body: str) -> CompiledPolicy:
    return compile_policy(policy_of(folder, body))


def track_of(market: Market, plan: Plan, days: tuple[int, int]) -> Track:
    start, end = (day_stamp(day) for day in days)
    return lay_course(market, start=start, end=end).track_of(plan)


def with_facts(market: Market, **facts: object) -> Market:
    made: Facts = replace(market.facts, **facts)  # type: ignore[arg-type]  # named by the test
    return replace(market, facts=made)


# -- legs ---------------------------------------------------------------------------------------


def test_contracts_take_turns_in_two_legs(tmp_path: Path) -> None:
    # Of three contracts the first and the third share a leg: 110 until day 6, then 130.
    dated = (
        contract_of_days([110.0] * 6, 0, 6.0),
        contract_of_days([120.0] * 12, 0, 12.0),
        contract_of_days([130.0] * 14, 4, 18.0),
    )
    market = replace(market_of_days([100.0] * 20), dated=dated)
    track = track_of(market, compiled(tmp_path, BASIS).plan, (4, 9))
    marks = track.close[:, 0, FIRST]

    assert marks[:48].tolist() == [110.0] * 48
    assert marks[48:].tolist() == [130.0] * (marks.size - 48)
    assert set(track.close[:, 0, SECOND].tolist()) == {120.0}
    assert track.first_fill[0, FIRST, 48] == 130.0
    assert track.close[:, 0, PAIR_SPOT].tolist() == track.close[:, 0, SPOT].tolist()


def test_a_contract_that_expired_before_the_run_is_left_out(tmp_path: Path) -> None:
    dated = (contract_of_days([110.0] * 3, 0, 3.0), contract_of_days([120.0] * 12, 0, 12.0))
    market = replace(market_of_days([100.0] * 20), dated=dated)
    track = track_of(market, compiled(tmp_path, BASIS).plan, (4, 9))

    assert set(track.close[:, 0, FIRST].tolist()) == {100.0}
    assert set(track.close[:, 0, SECOND].tolist()) == {120.0}


def test_a_contract_settles_at_the_end_of_its_last_hour(tmp_path: Path) -> None:
    market = replace(market_of_days([100.0] * 20), dated=(contract_of_days([110.0] * 6, 0, 5.5),))
    track = track_of(market, compiled(tmp_path, BASIS).plan, (4, 9))
    ends = np.flatnonzero(~np.isnan(track.settled[0, FIRST]))

    assert (track.open_ms[ends] + HOUR_MS).tolist() == [stamp(5.5)]
    assert track.settled[0, FIRST, ends[0]] == 100.0


def test_a_leg_without_a_contract_stands_at_spot_and_does_not_trade(tmp_path: Path) -> None:
    market = replace(market_of_days([100.0] * 20), dated=(contract_of_days([110.0] * 6, 0, 6.0),))
    track = track_of(market, compiled(tmp_path, BASIS).plan, (4, 9))

    assert np.isnan(track.first_fill[0, FIRST, 48:]).all()
    assert set(track.close[48:, 0, FIRST].tolist()) == {100.0}
    assert np.isnan(track.first_fill[0, SECOND]).all()


def test_a_contract_whose_bars_end_early_keeps_its_distance_from_spot(tmp_path: Path) -> None:
    # 10 % above spot when its bars end on day 5; spot is then 200.
    market = market_of_days([100.0] * 5 + [200.0] * 15)
    market = replace(market, dated=(contract_of_days([110.0] * 5, 0, 8.0),))
    track = track_of(market, compiled(tmp_path, BASIS).plan, (4, 9))

    assert track.close[30, 0, FIRST] == pytest.approx(220.0)
    assert np.isnan(track.first_fill[0, FIRST, 30])
    assert track.settled[0, FIRST, 4 * 24 - 1] == 200.0


def test_a_missing_hour_of_a_contract_keeps_the_price_before_it(tmp_path: Path) -> None:
    dated = contract_of_days([110.0] * 8, 0, 8.0)
    for column in (dated.bars.open, dated.bars.high, dated.bars.low, dated.bars.close):
        column[100] = np.nan
    market = replace(market_of_days([100.0] * 20), dated=(dated,))
    track = track_of(market, compiled(tmp_path, BASIS).plan, (4, 6))
    bar = 100 - 4 * 24

    assert np.isnan(track.first_fill[0, FIRST, bar])
    assert [track.open[bar, 0, FIRST], track.close[bar, 0, FIRST]] == [110.0, 110.0]


def test_the_carry_pair_is_marked_and_funded_as_the_perpetual(tmp_path: Path) -> None:
    track = track_of(market_of_days([100.0] * 12), compiled(tmp_path, CARRY).plan, (4, 9))

    assert np.array_equal(track.funding[0, 3], track.funding[0, PERP], equal_nan=True)
    assert np.array_equal(track.close[:, 0, 3], track.close[:, 0, PERP])


def test_a_policy_without_sleeves_has_the_legs_of_the_core(tmp_path: Path) -> None:
    market, plan = market_of_days([100.0] * 12), compiled(tmp_path, "").plan
    course = lay_course(market, start=day_stamp(4), end=day_stamp(6))

    assert course.track_of(plan) is course.track
    assert sleeve_costs(course.costs, plan) is course.costs
    assert leg_names(plan.sleeves) == ("spot", "futures")


def test_legs_have_names_terms_and_costs(tmp_path: Path) -> None:
    market, plan = market_of_days([100.0] * 12), compiled(tmp_path, BASIS + CARRY).plan
    course = lay_course(market, start=day_stamp(4), end=day_stamp(6))
    legs = plain_holdings(1, 7)
    lay_sleeves(legs, plan, market.facts)
    fee = sleeve_costs(course.costs, plan).fee[0]

    assert leg_names(plan.sleeves)[2:] == (
        "basis_spot",
        "basis_future_1",
        "basis_future_2",
        "carry_spot",
        "carry_future",
    )
    assert spot_legs(plan.sleeves) == (0, 2, 5)
    assert legs["covers"][0].tolist() == [NONE, NONE, NONE, 2, 2, NONE, 5]
    assert fee.tolist() == fee[[0, 1, 0, 1, 1, 0, 1]].tolist()


@pytest.mark.parametrize(("told", "charged"), [(np.nan, 0.0007), (0.0002, 0.0002)])
def test_settling_costs_what_the_facts_say_else_what_trading_does(
    tmp_path: Path, told: float, charged: float
) -> None:
    market = with_facts(market_of_days([100.0] * 9), fee_perp=0.0007, settlement_fee=told)
    plan = compiled(tmp_path, BASIS).plan

    legs = plain_holdings(1, 5)
    lay_sleeves(legs, plan, market.facts)

    assert legs["settlement_fee"][0].tolist() == [0.0, 0.0, 0.0, charged, charged]


@pytest.mark.parametrize(
    ("windows", "price"),
    [((), 130.0), (((0, 60),), 115.0), (((0, 30),), 122.5), (((0, 60), (stamp(3), 30)), 122.5)],
)
def test_a_settlement_is_the_mean_of_the_index_before_it(
    windows: tuple[tuple[int, int], ...], price: float
) -> None:
    # The first hour of day 4 goes from 100 to 130: its mean is 115, that of its last half 122.5.
    market = with_facts(market_of_days([100.0] * 4 + [130.0] * 4), settlement_windows=windows)

    assert settlement_price(market, stamp(4) + HOUR_MS) == pytest.approx(price)


# -- offers -------------------------------------------------------------------------------------

FREE = {"fee_spot": 0.0, "fee_perp": 0.0, "settlement_fee": 0.0}


def offered(folder: Path, market: Market, body: str, days: Sequence[float]) -> np.ndarray:
    ms = np.array([stamp(day) for day in days], np.int64)
    return offers(policy_of(folder, body).document, market, ms)


def basis_market(future: float, **facts: object) -> Market:
    """Return spot at 100 and one contract that expires on day 40."""
    market = replace(
        market_of_days([100.0] * 45), dated=(contract_of_days([future] * 40, 0, 40.0),)
    )
    return with_facts(market, **{**FREE, **facts})


def test_an_offer_is_the_yield_at_executable_prices(tmp_path: Path) -> None:
    # 36.5 days left on day 3.5: 102 x 0.9999 / (100 x 1.0001) - 1, times ten.
    offer = offered(tmp_path, basis_market(102.0), BASIS, [3.5])[0, :, 0]
    bought, sold = 102.0 * 0.9999 / 100.01, 102.0 * 1.0001 / 99.99

    assert offer[ENTER] == float(10.0 * (bought - 1.0) > 0.15)
    assert offer[GROSS] == pytest.approx(10.0 * (sold - 1.0))
    assert offer[NET] == pytest.approx(10.0 * (1.02 - 1.0 - 3 * 0.0001 - 0.02 * 0.0001))


@pytest.mark.parametrize(
    ("future", "facts", "enters"),
    [
        (101.55, {}, 1.0),  # 15.5 % before the spread of 0.2 %
        (101.50, {}, 0.0),  # 15.0 %
        (102.00, {"fee_spot": 0.0048}, 1.0),  # costs of 0.96 %: 10.1 % are left
        (102.00, {"fee_spot": 0.0052}, 0.0),
    ],
)
def test_gross_and_net_yield_must_pass(
    tmp_path: Path, future: float, facts: dict[str, float], enters: float
) -> None:
    offer = offered(tmp_path, basis_market(future, **facts), BASIS, [3.5])[0, :, 0]

    assert offer[ENTER] == enters


def test_in_its_last_week_a_contract_is_not_entered(tmp_path: Path) -> None:
    days = [32.9, 33.0, 33.1]

    assert offered(tmp_path, basis_market(110.0), BASIS, days)[0, ENTER].tolist() == [1, 1, 0]


def test_a_wide_spread_is_not_liquid(tmp_path: Path) -> None:
    body = BASIS + "liquidity = { spread_bps = 1.9 }\n"

    assert offered(tmp_path, basis_market(110.0), body, [3.5])[0, ENTER, 0] == 0.0


def test_a_pair_is_left_when_little_yield_is_left(tmp_path: Path) -> None:
    # Exit 5 %: at 100.5, 36.5 days before expiry, 5 % and the spread; at 100.4 less.
    leaves = [
        offered(tmp_path, basis_market(price), BASIS, [3.5])[0, LEAVE, 0]
        for price in (100.5, 100.4)
    ]

    assert leaves == [0.0, 1.0]


def test_an_order_may_be_a_hundredth_of_what_the_thinner_leg_traded(tmp_path: Path) -> None:
    # 24 x 100 coins at 102 in the future, 24 x 1,000 at 100 in spot.
    offer = offered(tmp_path, basis_market(102.0), BASIS, [3.5])[0, :, 0]

    assert offer[MOST] == pytest.approx(24 * 100 * 102.0 * 0.01)


def test_a_contract_is_unknown_before_its_listing_and_after_its_expiry(tmp_path: Path) -> None:
    market = replace(market_of_days([100.0] * 20), dated=(contract_of_days([110.0] * 9, 3, 12.0),))
    offer = offered(tmp_path, market, BASIS, [2.0, 12.0])[0]

    assert np.isnan(offer[NET]).all()
    assert not (offer[ENTER] == 1.0).any()


def test_an_offer_knows_nothing_of_later_bars(tmp_path: Path) -> None:
    market = basis_market(102.0)
    later = market.dated[0].bars.close.copy()
    later[4 * 24 :] = 150.0
    changed = replace(
        market, dated=(replace(market.dated[0], bars=replace(market.dated[0].bars, close=later)),)
    )
    both = [offered(tmp_path, one, BASIS, [3.5, 4.0])[0] for one in (market, changed)]

    assert np.array_equal(both[0], both[1])


@pytest.mark.parametrize(
    ("rate", "enters", "leaves"),
    [(0.0002, 1.0, 0.0), (0.00018, 0.0, 0.0), (0.00004, 0.0, 1.0), (-0.0001, 0.0, 1.0)],
)
def test_carry_goes_by_the_mean_funding_of_a_week(
    tmp_path: Path, rate: float, enters: float, leaves: float
) -> None:
    # 0.02 % per 8 hours is 21.9 % a year, 0.018 % is 19.7 %, 0.004 % is 4.4 %.
    offer = offered(tmp_path, market_of_days([100.0] * 12, rate=rate), CARRY, [8.0])[0, :, 0]

    assert (offer[ENTER], offer[LEAVE]) == (enters, leaves)
    assert offer[NET] == offer[GROSS] == pytest.approx(rate * 3 * 365)


def test_three_settlements_below_zero_end_a_carry_whose_mean_is_still_high(tmp_path: Path) -> None:
    market = market_of_days([100.0] * 12, rate=0.0004)
    market.funding.rate[21:24] = -0.0001
    leaves = offered(tmp_path, market, CARRY, [7.0 + 2 / 3, 8.0])[0, LEAVE]

    assert leaves.tolist() == [0.0, 1.0]


def test_carry_is_unknown_before_a_week_of_funding(tmp_path: Path) -> None:
    offer = offered(tmp_path, market_of_days([100.0] * 12), CARRY, [6.0])[0, :, 0]

    assert np.isnan(offer[NET])
    assert offer[ENTER] == 0.0


# -- what a policy with sleeves needs -----------------------------------------------------------


def test_without_dated_contracts_a_warning_says_that_the_sleeve_is_idle(tmp_path: Path) -> None:
    (warning,) = absent_series(compiled(tmp_path, BASIS), market_of_days([100.0] * 9))

    assert "basis sleeve stays idle" in warning
    assert ".dated." in warning


@pytest.mark.parametrize(
    ("has_dated", "allocation", "there"),
    [(True, 0.2, True), (False, 0.2, False), (True, 0.0, False), (False, 0.0, False)],
)
def test_a_plan_has_only_sleeves_that_can_hold_a_pair(
    tmp_path: Path,
    has_dated: bool,  # noqa: FBT001
    allocation: float,
    there: bool,  # noqa: FBT001
) -> None:
    dated = (contract_of_days([110.0] * 6, 0, 6.0),) if has_dated else ()
    market = replace(market_of_days([100.0] * 9), dated=dated)
    policy = policy_of(tmp_path, f"[basis]\nallocation = {allocation}\n")
    found = compile_policy(policy, market)

    assert (found.plan.sleeves.size == 1) is there
    assert bool(absent_series(found, market)) is (not has_dated and allocation > 0.0)


def test_a_sleeve_needs_futures(tmp_path: Path) -> None:
    market = replace(market_of_days([100.0] * 9), no_futures="there are no futures")
    needs = [sentence for _, sentence in unmet_needs(compiled(tmp_path, CARRY), market)]

    assert any("carry sleeve sells futures" in sentence for sentence in needs)


# -- two sleeves --------------------------------------------------------------------------------


def test_a_carry_sleeve_is_the_same_beside_a_basis_sleeve_that_is_left_out(tmp_path: Path) -> None:
    # Entered from day 8 on, when a week of 0.02 % settlements, 21.9 % a year, is known.
    only_here = CARRY + 'only_in = ["baseline"]\n'
    market = market_of_days([100.0] * 14, rate=0.0002)
    both, alone = (
        lay_course(market, start=None, end=None, cash=5_000.0).run(
            compile_policy(policy_of(tmp_path, body + trigger("close < 50")), market)
        )
        for body in ('[basis]\nallocation = 0.2\nonly_in = ["baseline"]\n' + only_here, only_here)
    )

    assert both.curve.sleeve_futures.min() < 0.0
    assert np.array_equal(both.curve.equity, alone.curve.equity)
    assert np.array_equal(both.fills.quantity, alone.fills.quantity)


def test_a_sleeve_is_not_lent_what_another_holds(tmp_path: Path) -> None:
    # Spot 0.6, a sixth of it hedged. The basis pair takes 0.4 from day 3 on; 0.2 is left, of which
    # the carry pair may take five sixths, 0.1667, from day 10 on. It buys x: (0.1 + 0.4 + 0.1667 +
    # x) = 2 (0.4 - x), x = 0.0444. At their marks, 110 and 100, both are 0.44 + 0.2111 short.
    head = "schema = 1\nname = 'two'\n[baseline]\nspot = 0.6\nfutures = -0.1\n"
    body = (
        "[basis]\nallocation = 0.4\n[carry]\nallocation = 0.4\nentry = 0.05\n"
        "[limits]\nleverage = 2.0\nband = 0.001\n"
    )
    policy = compile_policy(policy_of(tmp_path, body + trigger("close < 50"), head))
    dated = (contract_of_days([110.0] * 14, 0, 60.0),)
    market = replace(market_of_days([100.0] * 14), dated=dated)
    curve = lay_course(market, start=None, end=None, cash=5_000.0).run(policy).curve

    assert curve.sleeve_futures[-1] / curve.equity[-1] == pytest.approx(-0.6511, abs=5e-3)
    assert np.max(-curve.futures / curve.cash) < 2.0
