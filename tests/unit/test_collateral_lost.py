"""Spot that backs futures is lost with them, and is then nobody's.

Both ways of walking; trading is free, maintenance is half a percent, a coin costs 100 at the start.
"""

import numpy as np
import pytest

from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.plan import Track
from steelyard.domain.record import (
    FILL_COLLATERAL,
    FILL_DEFENCE,
    FILL_LIQUIDATION,
    FILL_REBALANCE,
    Walk,
)
from steelyard.engine.terms import open_on
from steelyard.ledger.account import open_account, revalue
from steelyard.report.by_source import check_sources, split
from tests.support.account_files import terms_of
from tests.support.both_runs import Run, both
from tests.support.plans import costs_of, moments_at, track_of
from tests.unit.test_bar_events import static

CASH = 100_000.0
BACKED = terms_of("[margin]\nspot_as_collateral = true\nhaircut = 0.0")
SCENE = static(0.9, 5.0, turnover_per_day=100.0)
"""900 coins, 5,000 long, 10,000 of cash: at a price p they are worth 5,900 p - 490,000."""


def opened_at(price: float) -> Track:
    """Return bars of which the second opens at a price and stays there."""
    track = track_of([100, 100, price])
    track.open[1, 0, :] = price
    return track


def ran(run: Run, price: float, worth: float = 1.0) -> tuple[Walk, Track]:
    track = opened_at(price)
    track.worth[1] = worth
    costs = costs_of(tiers=((np.inf, 0.005, 0.0),))
    account = open_on(track, CASH, BACKED)
    signals = moments_at(SCENE.signals(), track)
    return run(SCENE.plan(), signals, track, costs, CASH, account), track


@both
def test_a_loss_of_all_takes_the_spot_that_backed_it(run: Run) -> None:
    # At 70: 5,900 x 70 - 490,000 is below 0.
    outcome, track = ran(run, 70.0)
    made = outcome.fills

    assert made.reason.tolist() == [
        FILL_REBALANCE,
        FILL_REBALANCE,
        FILL_LIQUIDATION,
        FILL_COLLATERAL,
    ]
    assert (made.leg[3], made.quantity[3], made.price[3]) == (SPOT, -900.0, 70.0)
    assert outcome.curve.equity.tolist() == pytest.approx([CASH, 0.0])
    assert outcome.curve.spot[-1] == 0.0
    check_sources(split(SCENE.plan(), track, outcome), outcome)


@both
def test_spot_that_is_not_needed_is_kept(run: Run) -> None:
    # At 83.3: 5,900 x 83.3 - 490,000 = 1,470 are less than the half percent of 416,500, 2,082.50.
    outcome, track = ran(run, 83.3)

    assert outcome.fills.reason.tolist() == [FILL_REBALANCE, FILL_REBALANCE, FILL_LIQUIDATION]
    assert outcome.fills.leg.tolist() == [SPOT, PERP, PERP]
    assert outcome.curve.spot[-1] == pytest.approx(900.0 * 83.3)
    assert outcome.curve.equity[-1] == pytest.approx(1_470.0)
    check_sources(split(SCENE.plan(), track, outcome), outcome)


@both
def test_the_rules_explain_results_in_money_off_its_peg(run: Run) -> None:
    # At 95 and 0.9: 5,000 coins lose 25,000 units at the open, when one was still worth 1.
    outcome, track = ran(run, 95.0, worth=0.9)
    found = split(SCENE.plan(), track, outcome)

    assert found.by_bar[-1, 1] == pytest.approx(-25_000.0)
    check_sources(found, outcome)


@both
def test_collateral_of_the_asset_moves_with_the_mark_that_liquidates(
    run: Run,
) -> None:
    # What backs 5,000 long at 100 is 100,000, of which 900 coins: 5,900 (p - 100) + 100,000 =
    # 0.005 x 5,000 p, so p = 490,000 / 5,875.
    outcome, _ = ran(run, 100.0)
    curve = outcome.curve

    assert (curve.backing[-1], curve.coins[-1]) == pytest.approx((100_000.0, 900.0))


@both
def test_what_other_positions_need_backs_nothing(run: Run) -> None:
    # 500 short at 100 of another asset need half a percent of 50,000: 250 of the 40,000 of cash.
    # Nothing happens in these bars, which the walk crosses at once.
    track = track_of([100] * 9)
    track = track._replace(
        first_fill=track.first_fill.repeat(2, axis=0),
        open=track.open.repeat(2, axis=1),
        high=track.high.repeat(2, axis=1),
        low=track.low.repeat(2, axis=1),
        close=track.close.repeat(2, axis=1),
        funding=track.funding.repeat(2, axis=0),
        daily_volatility=track.daily_volatility.repeat(2, axis=0),
        daily_volume=track.daily_volume.repeat(2, axis=0),
        start_price=track.start_price.repeat(2, axis=0),
        settled=track.settled.repeat(2, axis=0),
    )
    costs = costs_of(tiers=((np.inf, 0.005, 0.0),))
    costs = costs._replace(
        lot=costs.lot.repeat(2, axis=0),
        tick=costs.tick.repeat(2, axis=0),
        min_notional=costs.min_notional.repeat(2, axis=0),
        tier_cap=costs.tier_cap.repeat(2, axis=0),
        tier_rate=costs.tier_rate.repeat(2, axis=0),
        tier_deduction=costs.tier_deduction.repeat(2, axis=0),
    )
    account = open_account(2, 2, CASH)
    revalue(account, 1, np.full(2, 100.0))
    account.legs[1, PERP]["quantity"] = -500.0
    scene = static(0.6, 0.1)
    signals = moments_at(scene.signals(), track)
    outcome = run(scene.plan(), signals, track, costs, CASH, account)

    assert outcome.curve.backing.tolist() == pytest.approx([39_750.0] * 8)


@both
def test_margin_defence_of_an_account_in_debt_closes_a_long_and_opens_no_short(run: Run) -> None:
    # 900 coins and 200 long against 10,000. At 40: -2,000 of money and 36,000 of spot, and 0.005 of
    # the 8,000 long are more than a thousandth of what backs them.
    scene = static(0.9, 0.2, turnover_per_day=100.0, defence_ratio=0.001, defence_until=0.0005)
    costs = costs_of(tiers=((np.inf, 0.005, 0.0),))
    track = track_of([100, 100, 40, 40])
    signals = moments_at(scene.signals(), track)
    outcome = run(scene.plan(), signals, track, costs, CASH, open_on(track, CASH, BACKED))

    assert outcome.curve.cash[1] == pytest.approx(-2_000.0)
    assert outcome.fills.reason.tolist()[2:] == [FILL_DEFENCE]
    assert outcome.fills.quantity[2] == pytest.approx(-200.0)
    assert outcome.curve.futures[-1] == 0.0
