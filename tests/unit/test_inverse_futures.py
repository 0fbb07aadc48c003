"""A policy's futures as inverse contracts: orders, coins, margin and liquidation by hand."""

import math

import numpy as np
import pytest

from steelyard.domain.arrays import Floats
from steelyard.domain.codes import PART_FUNDING, PART_FUTURES, PERP, SPOT
from steelyard.domain.contracts import NONE
from steelyard.domain.plan import Account, Costs, Track
from steelyard.domain.record import FILL_COLLATERAL, FILL_LIQUIDATION, Walk
from steelyard.engine.impact import shares_of_volume
from steelyard.kernel.fill import affordable
from steelyard.ledger.account import equity, revalue
from steelyard.ledger.distance import inverse_liquidation_moves
from steelyard.ledger.transfer import coin_wallet, merge_coins
from steelyard.planning.orders import leverage_of
from steelyard.research.exposure import entries
from tests.support.accounts import book_of, live
from tests.support.both_runs import Run, both
from tests.support.inverse import in_coins, inverse_account
from tests.support.plans import Scene, costs_of, moments_at, track_of

CASH = 1000.0
FLAT = costs_of(tiers=((math.inf, 0.01, 0.0),))


def held(coins: float, face: float, cash: float = 0.0) -> Account:
    """Return an account at a price of 100 with so many coins and dollars of the perpetual."""
    account = inverse_account(in_coins(track_of([100.0, 100.0])), cash)
    revalue(account, 0, np.full(2, 100.0))
    account.legs["quantity"][0] = [coins, face]
    account.legs["entry"][0, PERP] = 100.0
    return account


def outcome(
    run: Run, track: Track, baseline: tuple[float, float], costs: Costs = FLAT, **limits: float
) -> Walk:
    scene = Scene(baseline=baseline, moments=1, limits={"min_notional": 0.0, **limits})
    track = in_coins(track)
    signals = moments_at(scene.signals(), track)
    return run(scene.plan(), signals, track, costs, CASH, inverse_account(track, CASH))


@both
def test_orders_are_coins_of_spot_and_dollars_of_futures_in_whole_contracts(run: Run) -> None:
    # 600 of spot at 100 are 6 coins; 1.25 x 250 = -312.5 dollars short are 3 contracts of 100.
    costs = costs_of(lot=(0.01, 100.0), tiers=((math.inf, 0.01, 0.0),))
    fills = outcome(run, track_of([100.0, 100.0]), (0.6, -0.3125), costs).fills

    assert fills.leg.tolist() == [SPOT, PERP]
    assert fills.quantity == pytest.approx([6.0, -300.0])


@both
def test_what_futures_bring_are_coins_of_spot(run: Run) -> None:
    # 5 coins, 500 dollars short from 100 to 80: 500 x (1/80 - 1/100) = 1.25 coins more, so 6.25
    # coins, worth 500; of the result 100 at 80, -500 x (80/100 - 1) = 100 is delta.
    walked = outcome(run, track_of([100.0, 80.0]), (0.5, -0.5))

    assert walked.curve.spot[-1] / 80.0 == pytest.approx(6.25)
    assert walked.curve.equity[-1] == pytest.approx(1000.0)
    assert walked.parts[-1, PART_FUTURES] == pytest.approx(100.0)


@both
def test_a_short_receives_positive_funding_in_coins(run: Run) -> None:
    # 500 dollars short at a mark of 125, rate 1 %: 500 / 125 x 0.01 = 0.04 coins, worth 5 at 125.
    still = outcome(run, track_of([100.0, 125.0]), (0.5, -0.5))
    paid = outcome(run, track_of([100.0, 125.0], funding={0: 0.01}), (0.5, -0.5))
    coins = (paid.curve.spot[-1] - still.curve.spot[-1]) / 125.0

    assert coins == pytest.approx(0.04)
    assert paid.parts[-1, PART_FUNDING] == pytest.approx(5.0)


@both
def test_a_long_pays_positive_funding_in_coins(run: Run) -> None:
    walked = outcome(run, track_of([100.0, 125.0], funding={0: 0.01}), (0.5, 0.5))

    assert walked.parts[-1, PART_FUNDING] == pytest.approx(-5.0)


@both
def test_a_long_is_liquidated_at_the_tier_of_its_notional_there(run: Run) -> None:
    # 5 coins, 1,000 dollars long from 100: LP = N (r + 1) / (WB + cum + N / EP), in coins
    # (domain 11.3). At 100 the notional is 10 coins, of the first tier: 1,010 / 15 = 67.33, where
    # it is 14.85 coins, above 12. The second, 2 % less 0.12: 1,020 / 15.12 = 67.46, is it.
    tiers = ((12.0, 0.01, 0.0), (math.inf, 0.02, 0.12))
    track = track_of([100.0, 100.0, 70.0], low={1: 60.0})
    walked = outcome(run, track, (0.5, 1.0), costs_of(tiers=tiers), leverage=2.0)
    fills = walked.fills
    row = int(np.flatnonzero(fills.reason == FILL_LIQUIDATION)[0])

    assert fills.reference[row] == pytest.approx(1020.0 / 15.12)
    assert fills.quantity[row] == pytest.approx(-1000.0)
    # What it lost are coins: 5 - 1,000 x (15.12 / 1,020 - 1 / 100) = 0.1765 are left.
    assert walked.curve.spot[-1] / 70.0 == pytest.approx(15.0 - 15.12 / 1.02)


@both
def test_coins_are_lost_with_the_position_and_cash_is_not(run: Run) -> None:
    # The mark opens at 40: 5 coins less 1,000 x (1/40 - 1/100) = 15 are fewer than none.
    track = track_of([100.0, 100.0, 40.0])
    track.open[1] = 40.0
    walked = outcome(run, track, (0.5, 1.0))

    assert walked.curve.spot[-1] == 0.0
    assert walked.curve.equity[-1] == pytest.approx(500.0)
    assert FILL_COLLATERAL in walked.fills.reason


def test_futures_are_closed_before_the_coins_that_back_them_are_sold() -> None:
    # 6 coins and 600 dollars short, closed in one bar; fees of 1 % are paid in coins, 0.06 twice.
    track = in_coins(track_of([100.0, 100.0, 100.0]))
    account = inverse_account(track, CASH)
    costs = costs_of(fee=(0.0, 0.01), tiers=((math.inf, 0.01, 0.0),))
    book = book_of(account, track)
    revalue(account, 0, np.full(2, 100.0))
    live(book, track, costs, 0, {SPOT: 6.0, PERP: -600.0})
    live(book, track, costs, 1, {SPOT: -6.0, PERP: 600.0})

    assert account.legs["quantity"][0] == pytest.approx([0.0, 0.0], abs=1e-12)
    assert equity(account) == pytest.approx(1000.0 - 12.0)


@pytest.mark.parametrize("is_open", [True, False])
def test_coins_that_back_a_short_are_not_sold_while_it_cannot_be_closed(is_open: bool) -> None:  # noqa: FBT001
    # 6 coins and 600 dollars short are 600 dollars at every price: sold at 100 in the bar that goes
    # to 105 if the perpetual trades in it, else at 105 in the next one.
    track = in_coins(track_of([100.0, 100.0, 105.0, 105.0]))
    if not is_open:
        track.first_fill[0, PERP, 1] = math.nan
    account = held(6.0, -600.0)
    book = book_of(account, track)
    live(book, track, FLAT, 1, {SPOT: -6.0, PERP: 600.0})
    waits = [book.orders[0, leg]["pending"] != 0.0 for leg in (SPOT, PERP)]
    live(book, track, FLAT, 2)

    assert waits == [not is_open] * 2
    assert account.legs["quantity"][0].tolist() == pytest.approx([0.0, 0.0], abs=1e-9)
    assert equity(account) == pytest.approx(600.0)


def test_only_coins_that_are_no_initial_margin_are_sold() -> None:
    # 6 coins, 600 dollars short at a leverage of 20: 600 x 0.05 / 100 = 0.3 coins stay.
    account = held(6.0, -600.0)
    sold = affordable(account, costs_of(lot=(0.5, 0.0)), 0, SPOT, -6.0, (100.0, 0.0))

    assert affordable(account, FLAT, 0, SPOT, -6.0, (100.0, 0.0)) == pytest.approx(-5.7)
    assert affordable(account, FLAT, 0, SPOT, -5.0, (100.0, 0.0)) == -5.0
    assert sold == -5.5


def test_less_than_the_venue_takes_is_not_sold() -> None:
    # 0.31 coins of which 0.01 are free: 1 dollar, and the venue takes 5.
    costs = costs_of(least=(5.0, 0.0))

    assert affordable(held(0.31, -600.0), costs, 0, SPOT, -0.31, (100.0, 0.0)) == 0.0
    assert affordable(held(0.2, -600.0), FLAT, 0, SPOT, -0.2, (100.0, 0.0)) == 0.0


def test_all_cash_buys_spot_as_it_backs_nothing() -> None:
    account = held(6.0, -600.0, cash=400.0)

    assert affordable(account, FLAT, 0, SPOT, 9.0, (100.0, 0.0)) == pytest.approx(4.0)


def test_coins_owed_beyond_spot_stay_owed() -> None:
    account = held(1.0, 0.0)
    account.balances["amount"][1] = -1.5
    merge_coins(account)

    assert account.legs["quantity"][0, SPOT] == 0.0
    assert account.balances["amount"][1] == -0.5


def test_an_account_without_coins_in_a_balance_has_no_wallet_of_them() -> None:
    account = held(1.0, 0.0)

    assert coin_wallet(account, 0) == 1
    assert coin_wallet(account, 1) == NONE


@both
def test_margin_defence_cuts_futures_and_sells_no_spot(run: Run) -> None:
    # 5 coins, 1,000 dollars long: 100 to 80 leaves 5 - 2.5 = 2.5 coins, 200 dollars: leverage 5,
    # above 3. At 2 they back 400: 600 are sold, and the coins stay.
    track = track_of([100.0, 100.0, 80.0, 80.0, 80.0])
    walked = outcome(run, track, (0.5, 1.0), defence_leverage=3.0, defence_until=0.0)

    assert walked.defended == 1
    assert walked.fills.leg.tolist() == [SPOT, PERP, PERP]
    assert walked.fills.quantity[-1] == pytest.approx(-600.0)
    assert walked.curve.spot[-1] / 80.0 == pytest.approx(2.5)


@both
def test_a_target_that_spot_does_not_back_is_cut_at_the_decision(run: Run) -> None:
    walked = outcome(run, track_of([100.0, 100.0]), (0.3, -0.7))

    assert walked.decisions.targets[0] == pytest.approx([0.3, -0.6])
    assert walked.fills.quantity == pytest.approx([3.0, -600.0])


def test_leverage_is_over_spot_where_coins_back_futures() -> None:
    assert leverage_of(0.5, -1.0, in_coins=True) == 2.0
    assert leverage_of(0.8, 0.1, in_coins=False) == pytest.approx(0.5)
    assert math.isinf(leverage_of(0.0, 1.0, in_coins=True))
    assert leverage_of(0.0, 0.0, in_coins=True) == 0.0


def moves(backing: float, face: float, mark: float) -> Floats:
    ladder = np.array([math.inf]), np.array([0.01]), np.zeros(1)
    held, sold, at = (np.array([one]) for one in (backing, face, mark))
    return inverse_liquidation_moves(held, sold, at, ladder)


def test_the_way_to_liquidation_of_an_inverse_long_is_of_its_coins() -> None:
    # 5 coins, 1,000 long at 100: 1,010 / 15 = 67.33.
    assert moves(5.0, 1000.0, 100.0)[0] == pytest.approx(1010.0 / 15.0 / 100.0 - 1.0)
    assert np.isnan(moves(5.0, 0.0, 100.0)[0])
    assert np.isnan(moves(5.0, -500.0, 100.0)[0])
    assert np.isnan(moves(5.0, -500.0, math.nan)[0])


@both
def test_what_was_filled_counts_its_dollars(run: Run) -> None:
    # 600 dollars of spot and 300 of futures, of a billion a day.
    track = in_coins(track_of([100.0, 100.0]))
    walked = outcome(run, track, (0.6, -0.3))

    assert walked.traded == pytest.approx([600.0, 300.0])
    assert shares_of_volume(walked.fills, track, in_coins=True) == pytest.approx([6e-7, 3e-7])


@both
def test_the_average_entry_of_dollars_is_harmonic(run: Run) -> None:
    # 100 dollars at 100 and 100 at 50 are 1 + 2 coins: 200 / 3.
    track = in_coins(track_of([100.0, 100.0, 50.0]))
    walked = outcome(run, track, (1.0, 0.1))
    fills = walked.fills._replace(
        leg=np.array([PERP, PERP]),
        quantity=np.array([100.0, 100.0]),
        price=np.array([100.0, 50.0]),
        reason=np.zeros(2, np.int64),
        filled_ms=track.open_ms[:2],
    )

    assert entries(fills, track, in_coins=True)[-1] == pytest.approx(200.0 / 3.0)
