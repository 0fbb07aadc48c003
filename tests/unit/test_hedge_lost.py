"""What the venue takes of a hedge, and how it comes back (domain 4, K3; 11.7).

Runs of a policy are made twice, in the compiled walk and bar by bar; trading is free where nothing
is said.
"""

import math

import numpy as np
import pytest

from steelyard.domain.codes import PART_FEES, PART_FUTURES, PART_SLIPPAGE, PERP, SPOT
from steelyard.domain.plan import Costs, Track
from steelyard.domain.record import (
    FILL_DEFENCE,
    FILL_DELEVERAGED,
    FILL_LIQUIDATION,
    FILL_REBALANCE,
    FILL_RESTORED,
    Walk,
)
from steelyard.domain.time import HOUR_MS
from steelyard.kernel.book import fills_of
from steelyard.ledger.account import book_fill, equity
from tests.support.accounts import (
    COINS,
    DATED,
    INVERSE_PERP,
    MONEY,
    OWN_INVERSE,
    OWN_LINEAR,
    OWN_MONEY,
    bars_of,
    book_of,
    costs_for,
    every_kind,
    live,
)
from tests.support.both_runs import Run, both
from tests.support.parts import fills
from tests.support.plans import Actor, Scene, costs_of, moments_at, track_of

CASH = 100_000.0
TIERS = ((math.inf, 0.005, 0.0),)


def ran(
    run: Run,
    weights: tuple[float, float],
    track: Track,
    costs: Costs | None = None,
    **limits: float,
) -> Walk:
    """Run a policy that never moves."""
    limits = {"leverage": 100.0, "turnover_per_day": 100.0, **limits}
    scene = Scene(triggers=[Actor(when="F" * 20)], baseline=weights, limits=limits)
    costs = costs_of(tiers=TIERS) if costs is None else costs
    return run(scene.plan(), moments_at(scene.signals(), track), track, costs, CASH)


def deleveraged(track: Track, bar: int, share: float) -> Track:
    """Return a track on which the venue takes a share of every winner when a bar opens."""
    track.deleveraged[bar] = share
    return track


# -- liquidation of a hedge ---------------------------------------------------------------------


@both
def test_a_liquidated_hedge_is_restored_at_its_targets_and_spot_is_sold_for_it(run: Run) -> None:
    # 900 coins against 900 short, 10,000 of cash: closed at 100,000 / (900 x 1.005) = 110.558,
    # which leaves 0.005 of that, 497.51. Equity at 100 is 90,497.51; 0.9 of it is 814.4776 coins.
    # 5 % of 81,447.76 are margin that only the sale of 85.5224 coins brings: it goes first.
    outcome = ran(run, (0.9, -0.9), track_of([100] * 4, high={1: 111.0}))

    assert fills(outcome, 2) == [
        (1, FILL_LIQUIDATION, PERP, 900.0),
        (2, FILL_RESTORED, SPOT, -85.522388),
        (2, FILL_RESTORED, PERP, -814.477612),
    ]
    assert outcome.curve.cash[-1] == pytest.approx(0.1 * 90_497.512438)
    assert (outcome.restored, outcome.unpaid) == (1, 0)


@both
def test_a_hedge_that_lost_all_of_its_cash_is_restored_from_spot(run: Run) -> None:
    # The mark is 180 when bar 1 opens: the short of 600 lost 48,000 of 40,000. Spot of 60,000 is
    # all there is: 36,000 stay spot, 36,000 are sold short.
    track = track_of([100] * 4)
    track.open[1, 0, PERP] = 180.0
    outcome = ran(run, (0.6, -0.6), track)

    assert fills(outcome, 2) == [
        (1, FILL_LIQUIDATION, PERP, 600.0),
        (2, FILL_RESTORED, SPOT, -240.0),
        (2, FILL_RESTORED, PERP, -360.0),
    ]


@both
def test_a_pure_short_that_was_liquidated_is_not_restored(run: Run) -> None:
    # 10,000 short at 100 over 100,000 are closed at 1,100,000 / 10,050 = 109.45; 5,472 are left.
    outcome = ran(run, (0.0, -10.0), track_of([100] * 4, high={1: 110.0}))

    assert fills(outcome, 1) == [(1, FILL_LIQUIDATION, PERP, 10_000.0)]
    assert outcome.curve.equity[-1] == pytest.approx(5_472.636816)
    assert outcome.restored == 0


@both
def test_a_long_that_was_liquidated_is_no_hedge(run: Run) -> None:
    # 0.5 of spot, 10,000 long: 500,000 / (10,000 x 0.995) below 100: 95.477.
    track = track_of([100] * 4, low={1: 95.0})
    outcome = ran(run, (0.5, 10.0), track)

    assert fills(outcome, 2) == [(1, FILL_LIQUIDATION, PERP, -10_000.0)]
    assert outcome.restored == 0


@both
def test_an_evaluation_of_that_bar_orders_the_hedge_after_the_spot_that_margins_it(
    run: Run,
) -> None:
    # As in the first test, but the policy is evaluated where the hedge was lost.
    outcome = ran(run, (0.9, -0.9), track_of([100] * 4, high={1: 111.0}, moments=[1]))

    assert fills(outcome, 3) == [
        (2, FILL_REBALANCE, SPOT, -85.522388),
        (2, FILL_REBALANCE, PERP, -814.477612),
    ]
    assert (outcome.restored, outcome.unpaid) == (0, 0)


@both
def test_an_account_without_equity_restores_nothing(run: Run) -> None:
    # Spot is worth nothing any more, and the fee of the liquidation takes all cash that was left.
    track = track_of([100, 100, 0, 0], mark=[100, 100, 1_000, 1_000])
    outcome = ran(run, (0.6, -0.6), track, costs_of(tiers=TIERS, liquidation_fee=0.9))

    assert fills(outcome, 2) == [(1, FILL_LIQUIDATION, PERP, 600.0)]
    assert outcome.restored == 0


# -- deleveraging -------------------------------------------------------------------------------


@both
def test_half_of_a_winning_short_is_closed_at_the_mark_for_nothing(run: Run) -> None:
    # 500 short from 100, the mark is 90 when bar 1 opens: 250 go at 90, without the fee of 1 %
    # and the spread of 10 bp that every order pays. What it earned stays: 500 x 10 and 250 x 10.
    costs = costs_of(fee=(0.01, 0.01), half_spread_bps=10.0, tiers=TIERS)
    track = deleveraged(track_of([100, 90, 80, 80]), 1, 0.5)
    outcome = ran(run, (0.5, -0.5), track, costs)
    made, parts = outcome.fills, outcome.parts

    assert fills(outcome, 2)[0] == (1, FILL_DELEVERAGED, PERP, 250.0)
    assert (made.price[2], made.reference[2], made.fee[2], made.slippage[2]) == (90, 90, 0, 0)
    assert parts[1, PART_FEES] == parts[0, PART_FEES]
    assert parts[1, PART_SLIPPAGE] == parts[0, PART_SLIPPAGE]
    assert parts[1, PART_FUTURES] - parts[0, PART_FUTURES] == pytest.approx(250.0 * 10.0)


@both
def test_a_deleveraged_hedge_is_restored_at_its_targets(run: Run) -> None:
    # 500 coins, 500 short, 250 of it taken at 90. At 80: spot 40,000, cash 50,000 + 5,000 + 2,500;
    # of 97,500 a half is 609.375 coins: 109.375 more spot, 359.375 more short.
    track = deleveraged(track_of([100, 90, 80, 80]), 1, 0.5)
    outcome = ran(run, (0.5, -0.5), track)

    assert sorted(fills(outcome, 3)) == [
        (2, FILL_RESTORED, SPOT, 109.375),
        (2, FILL_RESTORED, PERP, -359.375),
    ]
    assert outcome.fills.decided_ms[-2:].tolist() == [2 * HOUR_MS] * 2
    assert outcome.restored == 1


@both
def test_a_hedge_that_loses_is_not_deleveraged(run: Run) -> None:
    outcome = ran(run, (0.5, -0.5), deleveraged(track_of([100, 110, 110]), 1, 0.5))

    assert len(fills(outcome)) == 2


@both
def test_a_long_that_wins_is_deleveraged_and_not_restored(run: Run) -> None:
    outcome = ran(run, (0.6, 0.4), deleveraged(track_of([100, 110, 110]), 1, 0.25))

    assert fills(outcome, 2) == [(1, FILL_DELEVERAGED, PERP, -100.0)]
    assert outcome.restored == 0


@both
def test_a_loss_of_less_than_the_least_order_is_not_restored(run: Run) -> None:
    # 0.1 % of 500 x 99.99 are 50, and spot is 5 off: the least order is 100.
    outcome = ran(run, (0.5, -0.5), deleveraged(track_of([100, 99.99, 99.99]), 1, 0.001))

    assert fills(outcome, 2) == [(1, FILL_DELEVERAGED, PERP, 0.5)]
    assert outcome.restored == 0


@both
def test_margin_defence_leaves_a_restoring_order_that_waits_for_its_bar(run: Run) -> None:
    # A tenth of 500 short is taken at 99; the orders to 50,000 / 99 = 505.05 of both wait in bar 2,
    # which ends at 160. There 450 are 72,000 over 50,500 - 450 x 61 = 23,050: beyond 3. They fill
    # in bar 3, and what is then cut to 2 in bar 4 is a whole hedge: 2 / 3 of 103,050 in both legs.
    closed = [(SPOT, 2), (PERP, 2)]
    track = deleveraged(track_of([100, 99, 99, 160, 160, 160], closed=closed), 1, 0.1)
    outcome = ran(run, (0.5, -0.5), track, leverage=2.0, defence_leverage=3.0)

    assert sorted(fills(outcome, 3)[:2]) == [
        (3, FILL_RESTORED, SPOT, 5.050505),
        (3, FILL_RESTORED, PERP, -55.050505),
    ]
    assert [row[:2] for row in fills(outcome, 5)] == [(4, FILL_DEFENCE), (4, FILL_DEFENCE)]
    assert (outcome.restored, outcome.defended) == (1, 1)
    assert outcome.curve.spot[-1] == pytest.approx(103_050.0 / 1.5)
    assert outcome.curve.futures[-1] == pytest.approx(-103_050.0 / 1.5)


def test_of_all_positions_those_that_win_are_deleveraged() -> None:
    # Entered at 100, the marks are 90 when bar 0 opens: shorts win, longs lose. Of an isolated
    # position its share of the margin goes back: 12.5 % of 1,000 and a result of 100, half of it.
    account = every_kind(np.full(6, 100.0), money=1e5, coins=1e3)
    quantities = {
        SPOT: 3.0,
        PERP: -10.0,
        DATED: 10.0,
        INVERSE_PERP: -1000.0,
        OWN_LINEAR: -10.0,
        OWN_INVERSE: 1000.0,
    }
    for leg, quantity in quantities.items():
        book_fill(account, 0, leg, quantity, 100.0, 0.0)
    track = bars_of(np.full((2, 6), 90.0), n_balances=4)
    track.deleveraged[0] = 0.5
    book = book_of(account, track)
    live(book, track, costs_for(6), 0)
    made = fills_of(book)

    assert account.legs["quantity"][0].tolist() == [3.0, -5.0, 10.0, -500.0, -5.0, 1000.0]
    assert made.leg.tolist() == [PERP, INVERSE_PERP, OWN_LINEAR]
    assert made.quantity.tolist() == [5.0, 500.0, 5.0]
    assert made.reason.tolist() == [FILL_DELEVERAGED] * 3
    # Of money 300 went into spot and 125 into margin, of coins 12.5 % of the 10 of the long. The
    # results of the two cross legs in money cancel, the inverse short won 1000 / 90 - 1000 / 100.
    assert account.balances["amount"][MONEY] == pytest.approx(1e5 - 300.0 - 125.0 + 112.5)
    assert account.balances["amount"][OWN_MONEY] == pytest.approx(112.5)
    assert account.balances["amount"][COINS] == pytest.approx(1e3 - 1.25 + 1000 / 90 - 10.0)
    assert account.total.sum() == pytest.approx(equity(account) - 1e5 - 1e3 * 100.0)
