"""What contracts and balances do within a bar: fees, ticks, refusals, expiry, interest, bonus.

Runs of a policy are made twice, in the compiled walk and bar by bar; trading is free where nothing
is said.
"""

import math

import numpy as np
import pytest

from steelyard.domain.codes import (
    PART_BASIS,
    PART_BONUS,
    PART_DEPEG,
    PART_FEES,
    PART_FUTURES,
    PART_INTEREST,
    PART_LIQUIDATION,
    PERP,
    SPOT,
)
from steelyard.domain.contracts import plain_balances, plain_holdings
from steelyard.domain.plan import Account, Costs, Track
from steelyard.domain.record import FILL_EXPIRY, Walk
from steelyard.domain.time import HOUR_MS
from steelyard.kernel.book import fills_of
from steelyard.kernel.fill import fee_at, fill_of, on_tick
from steelyard.ledger.account import account_on, book_fill, equity, open_account
from steelyard.ledger.force import close_by_force
from steelyard.ledger.groups import margin_balance
from steelyard.ledger.margin import forced_price
from tests.support.accounts import (
    MONEY,
    OWN_LINEAR,
    OWN_MONEY,
    bars_of,
    book_of,
    costs_for,
    every_kind,
    live,
)
from tests.support.both_runs import Run, both
from tests.support.plans import Actor, Scene, costs_of, moments_at, regime, track_of

CASH = 100_000.0
DATED = 2


def ran(run: Run, scene: Scene, track: Track, costs: Costs) -> Walk:
    scene.limits = {"leverage": 100.0, "turnover_per_day": 100.0, **scene.limits}
    return run(scene.plan(), moments_at(scene.signals(), track), track, costs, CASH)


def static(spot: float, futures: float) -> Scene:
    return Scene(triggers=[Actor(when="F" * 9)], baseline=(spot, futures))


def holding(cash: float, n_legs: int = 2, **money: float) -> Account:
    """Return an account of plain contracts, all at 100, on one balance with these terms."""
    legs, balances = plain_holdings(1, n_legs), plain_balances([cash])
    legs["price"], legs["ladder"] = 100.0, 0
    for name, value in money.items():
        balances[name] = value
    return account_on(legs, balances)


# -- fees that change ---------------------------------------------------------------------------

STEPS = costs_of()._replace(
    fee_from=np.array([10, 20, 30]), fee=np.array([[0.001, 0.01], [0.002, 0.02], [0.003, 0.03]])
)


@pytest.mark.parametrize(
    ("ms", "fee"), [(0, 0.01), (10, 0.01), (19, 0.01), (20, 0.02), (30, 0.03), (10**13, 0.03)]
)
def test_the_fee_in_force_is_that_of_the_last_step_begun_and_before_all_the_first(
    ms: int, fee: float
) -> None:
    assert fee_at(STEPS, PERP, ms) == fee


def test_each_leg_has_its_own_fee() -> None:
    assert fee_at(STEPS, SPOT, 20) == 0.002


@both
def test_a_fill_pays_the_fee_of_the_day_on_which_its_bar_opens(run: Run) -> None:
    # 500 coins are bought in bar 0 at 1 %, sold in bar 2 at 2 %, which begins with that bar.
    costs = costs_of()._replace(
        fee_from=np.array([0, 2 * HOUR_MS]), fee=np.array([[0.01, 0.0], [0.02, 0.0]])
    )
    scene = Scene(regimes=[regime("FT", (0.0, 0.0))], baseline=(0.5, 0.0))
    outcome = ran(run, scene, track_of([100] * 4, moments=[1]), costs)

    assert outcome.fills.fee.tolist() == pytest.approx([500.0, 1000.0])
    assert outcome.parts[-1, PART_FEES] == pytest.approx(-1500.0)


# -- ticks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("price", "tick", "side", "filled"),
    [
        (100.01, 0.5, 1.0, 100.5),  # a buyer pays up to the next tick
        (99.99, 0.5, -1.0, 99.5),  # a seller gets down to it
        (100.3, 0.1, 1.0, 100.3),  # 1002.9999999999999 steps are 1003
        (100.3, 0.1, -1.0, 100.3),
        (0.04, 0.1, -1.0, 0.1),  # never below one tick
        (100.013, 0.0, 1.0, 100.013),  # unknown: not rounded
        (100.013, 0.0, -1.0, 100.013),
    ],
)
def test_a_price_is_rounded_to_its_tick_against_the_trader(
    price: float, tick: float, side: float, filled: float
) -> None:
    assert on_tick(price, tick, side) == pytest.approx(filled, rel=1e-12)


def test_a_fill_is_rounded_to_its_tick_after_its_slippage() -> None:
    # 1 bp of 100 is 0.01: 100.01 and 99.99, in ticks of a quarter 100.25 and 99.75.
    costs = costs_of(half_spread_bps=1.0)._replace(tick=np.array([[0.0, 0.25]]))
    account = open_account(1, 2, 1e6)
    account.legs["price"] = 100.0
    quote = (100.0, 0.0, 1e9, 0.0)
    bought, sold = (fill_of(account, costs, 0, PERP, order, quote) for order in (1.0, -1.0))
    _, unrounded = fill_of(account, costs, 0, SPOT, 1.0, quote)

    assert (bought, sold) == ((1.0, 100.25), (-1.0, 99.75))
    assert unrounded == pytest.approx(100.01)


# -- initial margin -----------------------------------------------------------------------------


@both
@pytest.mark.parametrize(("times", "unpaid"), [(-19.9, 0), (-20.1, 1), (20.1, 1)])
def test_a_futures_order_without_its_initial_margin_is_unpaid(
    run: Run, times: float, unpaid: int
) -> None:
    # 5 % of 19.9 times equity are 99.5 % of it, of 20.1 times 100.5 %.
    outcome = ran(run, static(0.0, times), track_of([100, 100]), costs_of())

    assert outcome.unpaid == outcome.rejected == unpaid
    assert outcome.fills.leg.size == 1 - unpaid
    assert outcome.curve.equity[-1] == CASH


def test_a_hedge_that_sold_spot_must_margin_follows_it() -> None:
    # No cash, 10 coins: 10 short need 5 % of 1,000. Half of the coins are sold first.
    account = holding(0.0)
    account.legs[0, SPOT]["quantity"] = 10.0
    track = bars_of(np.full((2, 2), 100.0))
    book = book_of(account, track)
    live(book, track, costs_of(), 0, {PERP: -10.0, SPOT: -5.0})

    assert fills_of(book).leg.tolist() == [SPOT, PERP]
    assert account.legs["quantity"][0].tolist() == [5.0, -10.0]


def test_a_hedge_that_cash_margins_goes_before_spot() -> None:
    account = holding(50.0)
    account.legs[0, SPOT]["quantity"] = 10.0
    track = bars_of(np.full((2, 2), 100.0))
    book = book_of(account, track)
    live(book, track, costs_of(), 0, {PERP: -10.0, SPOT: -5.0})

    assert fills_of(book).leg.tolist() == [PERP, SPOT]


# -- expiry -------------------------------------------------------------------------------------


def test_a_dated_contract_settles_at_the_end_of_its_bar() -> None:
    # 2 short from 100: the bar closes at a mark of 104, -8, and settles at 103, +2; 0.1 % of 206
    # is the fee. Spot rises by 1: delta -2, the other -4 are basis.
    account = holding(1000.0, 3)
    account.legs["settlement_fee"][0, DATED] = 0.001
    book_fill(account, 0, DATED, -2.0, 100.0, 0.0)
    track = bars_of(np.array([[100.0, 100.0, 100.0], [101.0, 101.0, 104.0]]))
    track.settled[0, DATED, 0] = 103.0
    book = book_of(account, track)
    live(book, track, costs_for(3), 0)
    row = book.fills[0]
    parts = account.legs["parts"][0, DATED]

    assert account.legs["quantity"][0, DATED] == 0.0
    assert account.balances["amount"][0] == pytest.approx(1000.0 - 6.0 - 0.206)
    assert parts[[PART_FUTURES, PART_BASIS, PART_FEES]] == pytest.approx([-2.0, -4.0, -0.206])
    assert book.filled[0] == 1
    assert [row[name] for name in ("leg", "reason", "filled_ms")] == [DATED, FILL_EXPIRY, HOUR_MS]
    assert [row[name] for name in ("quantity", "price", "reference")] == [2.0, 103.0, 103.0]
    assert [row["fee"], row["slippage"]] == pytest.approx([0.206, 0.0])


def test_an_order_in_an_expired_contract_is_withdrawn() -> None:
    # The leg does not trade in its last bar: without the expiry the order would wait on.
    account = holding(1000.0, 3)
    track = bars_of(np.full((3, 3), 100.0))
    track.first_fill[0, DATED, 0] = math.nan
    track.settled[0, DATED, 0] = 100.0
    book = book_of(account, track)
    live(book, track, costs_for(3), 0, {DATED: 1.0})

    assert book.desk["waited"][0] == 1
    assert book.orders["pending"][0, DATED] == 0.0
    live(book, track, costs_for(3), 1)
    assert book.filled[0] == 0


def test_funding_of_a_contract_is_paid_before_it_expires() -> None:
    # 1 long at 100: 0.01 x 100 paid, then it settles.
    account = holding(1000.0, 3)
    book_fill(account, 0, DATED, 1.0, 100.0, 0.0)
    track = bars_of(np.full((2, 3), 100.0))
    track.funding[0, DATED, 0], track.settled[0, DATED, 0] = 0.01, 100.0
    live(book_of(account, track), track, costs_for(3), 0)

    assert account.balances["amount"][0] == pytest.approx(999.0)


def test_an_isolated_contract_that_expires_gives_all_of_its_margin_back() -> None:
    # 12.5 % of 1,000 are margin; settled at 103 the long of 10 earned 30.
    account = every_kind(np.full(6, 100.0), money=1000.0, coins=0.0)
    book_fill(account, 0, OWN_LINEAR, 10.0, 100.0, 0.0)
    track = bars_of(np.full((2, 6), 100.0), n_balances=4)
    track.settled[0, OWN_LINEAR, 0] = 103.0
    live(book_of(account, track), track, costs_for(6), 0)

    assert account.balances["amount"][[MONEY, OWN_MONEY]] == pytest.approx([1030.0, 0.0])


def test_spot_has_no_expiry() -> None:
    account = every_kind(np.full(6, 100.0), money=1000.0, coins=0.0)
    account.legs["kind"][0, 2] = 0
    book_fill(account, 0, 2, 3.0, 100.0, 0.0)
    track = bars_of(np.full((2, 6), 100.0), n_balances=4)
    track.settled[0, 2, 0] = 100.0
    live(book_of(account, track), track, costs_for(6), 0)

    assert account.legs["quantity"][0, 2] == 3.0


# -- interest -----------------------------------------------------------------------------------


def test_interest_is_booked_at_midnight_and_at_no_other_hour() -> None:
    # Bar 23 of a day ends at 00:00 UTC: 1,000 at 1 bp a day earn 0.1, a debt of 500 at 2 bp costs
    # 0.1, 2 coins at 1 bp earn 0.0002 coins, at 100 each. The second day is on what is there then.
    legs, balances = plain_holdings(1, 2), plain_balances([1000.0, -500.0, 2.0])
    legs["price"] = 100.0
    balances["interest"], balances["borrowing"] = 0.0001, 0.0002
    balances["coin"][2] = 0
    account = account_on(legs, balances)
    track = bars_of(np.full((49, 2), 100.0), n_balances=3)
    book, seen = book_of(account, track), []
    for bar in range(48):
        live(book, track, costs_of(), bar)
        seen.append(account.balances["amount"].tolist())

    assert seen[22] == [1000.0, -500.0, 2.0]
    assert seen[23] == pytest.approx([1000.1, -500.1, 2.0002])
    assert seen[46] == seen[23]
    assert seen[47] == pytest.approx([1000.1 * 1.0001, -500.1 * 1.0002, 2.0002 * 1.0001])
    earned = account.balances["parts"][:, PART_INTEREST]
    assert earned == pytest.approx([0.20001, -0.20002, 0.040002], rel=1e-9)


# -- bonus --------------------------------------------------------------------------------------


def test_a_bonus_is_margin_and_no_equity() -> None:
    # 10 short at 100 on 200: 1,200 / 10.04 liquidates; with 50 of bonus 1,250 / 10.04.
    prices = []
    for bonus in (0.0, 50.0):
        account = holding(200.0, bonus=bonus)
        book_fill(account, 0, PERP, -10.0, 100.0, 0.0)
        prices.append(float(forced_price(account, 0, PERP, 200.0, costs_of())))

        assert margin_balance(account, 0) == 200.0 + bonus
        assert equity(account) == 200.0

    assert prices == pytest.approx([1200.0 / 10.04, 1250.0 / 10.04])


@pytest.mark.parametrize(
    ("pays_fees", "amount", "bonus"), [(0, 995.0, 3.0), (1, 998.0, 0.0)], ids=["margin", "credit"]
)
def test_a_bonus_pays_fees_where_it_is_a_fee_credit(
    pays_fees: int, amount: float, bonus: float
) -> None:
    # 5 coins at 100 and 1 %: a fee of 5, of which a credit of 3 pays what it can.
    account = holding(1000.0, bonus=3.0, pays_fees=pays_fees)
    book_fill(account, 0, PERP, 5.0, 100.0, 0.01)

    assert account.balances[0][["amount", "bonus"]].tolist() == (amount, bonus)
    assert account.total[PART_FEES] == -5.0
    assert account.total[PART_BONUS] == 3.0 - bonus
    assert account.total.sum() == equity(account) - 1000.0


def test_a_credit_larger_than_the_fee_pays_all_of_it() -> None:
    account = holding(1000.0, bonus=30.0, pays_fees=1)
    book_fill(account, 0, SPOT, 5.0, 100.0, 0.01)

    assert account.balances[0][["amount", "bonus"]].tolist() == (500.0, 25.0)


def test_a_liquidation_loses_the_bonus_before_the_venue_loses() -> None:
    # 10 short at 100 on 200 and 50 of bonus, closed at 130: of a loss of 300 the account bears
    # 200, its bonus 50, and the venue 50.
    account = holding(200.0, bonus=50.0)
    book_fill(account, 0, PERP, -10.0, 100.0, 0.0)
    close_by_force(account, 0, PERP, 130.0, costs_of(), 0.0)

    assert account.balances[0][["amount", "bonus"]].tolist() == (0.0, 0.0)
    assert account.total[[PART_FUTURES, PART_LIQUIDATION, PART_BONUS]].tolist() == [-300, 50, 50]
    assert equity(account) == 0.0


# -- money that loses its peg -------------------------------------------------------------------


@both
def test_a_stablecoin_at_065_loses_its_part_and_counts_later_results_at_that(run: Run) -> None:
    # 50,000 units fall to 0.65: -17,500. In the next bar 500 short earn 10 units each: 5,000
    # units, 3,250 in quote; spot loses 5,000.
    track = track_of([100, 100, 90])
    track.worth[:] = 0.65
    outcome = ran(run, static(0.5, -0.5), track, costs_of())

    assert outcome.parts[:, PART_DEPEG] == pytest.approx([-17_500.0, -17_500.0])
    assert outcome.parts[:, PART_FUTURES] == pytest.approx([0.0, 3_250.0])
    assert outcome.curve.cash == pytest.approx([32_500.0, 35_750.0])
    assert outcome.curve.equity == pytest.approx([82_500.0, 80_750.0])


def test_what_a_stablecoin_is_worth_is_what_spot_and_fees_cost_in_it() -> None:
    # A coin at 65 costs 100 units, a fee of 1 % one more.
    account = holding(1000.0, worth=0.65)
    account.legs["price"] = 65.0
    fee, _ = book_fill(account, 0, SPOT, 1.0, 65.0, 0.01)

    assert account.balances["amount"][0] == pytest.approx(899.0)
    assert fee == pytest.approx(0.65)
    assert equity(account) == pytest.approx(650.0 - 0.65)


def test_of_two_currencies_only_the_one_that_falls_loses() -> None:
    # 1,000 units at 0.9: -100. The coins of the other balance are worth what spot is.
    legs, balances = plain_holdings(1, 2), plain_balances([500.0, 1000.0, 2.0])
    legs["price"] = 100.0
    balances["coin"][2] = 0
    account = account_on(legs, balances)
    track = bars_of(np.array([[100.0, 100.0], [110.0, 110.0]]), n_balances=3)
    track.worth[0] = [1.0, 0.9, 0.1]
    live(book_of(account, track), track, costs_of(), 0)

    assert account.balances["parts"][:, PART_DEPEG] == pytest.approx([0.0, -100.0, 0.0])
    assert equity(account) == pytest.approx(500.0 + 900.0 + 220.0)
