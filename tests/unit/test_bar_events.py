"""What happens to an account bar by bar: fills, outages, funding, liquidation, margin defence.

Every test runs twice, in the compiled walk and bar by bar; trading is free where nothing is said.
"""

import math

import numpy as np
import pytest

from steelyard.domain.codes import PART_FUNDING, PERP, SPOT
from steelyard.domain.plan import Costs, Track
from steelyard.domain.record import FILL_DEFENCE, FILL_LIQUIDATION, FILL_REBALANCE, Walk
from steelyard.domain.time import HOUR_MS
from steelyard.kernel.fill import fill_of
from steelyard.ledger.account import open_account
from tests.support.both_runs import Run, both
from tests.support.plans import Actor, Scene, costs_of, moments_at, regime, track_of

CASH = 100_000.0
FREE = costs_of()


def ran(run: Run, scene: Scene, track: Track, costs: Costs = FREE, cash: float = CASH) -> Walk:
    return run(scene.plan(), moments_at(scene.signals(), track), track, costs, cash)


def static(spot: float, futures: float, **limits: float) -> Scene:
    """Return a policy that never moves: one actor that is never true."""
    return Scene(
        triggers=[Actor(when="F" * 20)],
        baseline=(spot, futures),
        limits={"leverage": 100.0, **limits},
    )


def moving(when: str, weights: tuple[float, float], base: tuple[float, float]) -> Scene:
    """Return a policy that holds ``weights`` where its text says T, else its base."""
    limits = {"leverage": 100.0, "turnover_per_day": 100.0}
    return Scene(regimes=[regime(when, weights)], baseline=base, limits=limits)


def fills(outcome: Walk) -> list[tuple[int, int, float]]:
    """Return bar, leg and coins of every fill."""
    made = outcome.fills
    rows = zip(made.filled_ms, made.leg, made.quantity, strict=True)
    return [(int(ms) // HOUR_MS, int(leg), round(float(coins), 9)) for ms, leg, coins in rows]


# -- when orders fill ---------------------------------------------------------------------------


@both
def test_the_baseline_is_bought_at_the_first_open(run: Run) -> None:
    # 60,000 and 40,000 at 100.
    outcome = ran(run, static(0.6, 0.4), track_of([100, 100, 100]))

    assert fills(outcome) == [(0, SPOT, 600.0), (0, PERP, 400.0)]
    assert outcome.fills.decided_ms.tolist() == [0, 0]


@both
def test_the_first_allocation_has_no_band_and_no_cap(run: Run) -> None:
    scene = static(0.015, 0.01, turnover_per_day=0.001)

    assert fills(ran(run, scene, track_of([100, 100]))) == [(0, SPOT, 15.0), (0, PERP, 10.0)]


@both
def test_without_an_evaluation_at_the_start_it_begins_with_the_first_one(run: Run) -> None:
    outcome = ran(run, static(0.6, 0.0), track_of([100] * 4, moments=[1], begins=False))

    assert fills(outcome) == [(2, SPOT, 600.0)]


@both
def test_an_order_fills_at_the_open_after_its_decision(run: Run) -> None:
    # Decided at the end of bar 1 at 110, filled when bar 2 opens at 120: a jump between them.
    track = track_of([100, 100, 110, 120], moments=[1])
    track.first_fill[0, SPOT, 2] = 120.0
    outcome = ran(run, moving("FT", (0.0, 0.0), (1.0, 0.0)), track)
    made = outcome.fills

    assert made.decided_ms.tolist() == [0, 2 * HOUR_MS]
    assert made.filled_ms.tolist() == [0, 2 * HOUR_MS]
    assert made.price.tolist() == [100.0, 120.0]
    assert outcome.curve.equity[-1] == pytest.approx(120_000.0)


@both
def test_nothing_is_traded_between_evaluations(run: Run) -> None:
    outcome = ran(run, static(0.6, 0.4), track_of([100, 150, 200, 300]))

    assert len(fills(outcome)) == 2


@both
def test_a_drift_within_the_band_is_not_traded_at_an_evaluation(run: Run) -> None:
    # Spot 0.5 of equity; at 104 it is 52 / 102 = 0.5098: within 0.02. At 120: 60 / 110 = 0.545.
    outcome = ran(run, static(0.5, 0.0), track_of([100, 104, 120, 120], moments=[0, 1]))

    # 55,000 wanted, 60,000 held at 120: 41.667 coins too many.
    assert fills(outcome) == [(0, SPOT, 500.0), (2, SPOT, round(-5000 / 120, 9))]


@both
def test_futures_that_lower_delta_go_first_then_spot_is_sold_then_other_futures(run: Run) -> None:
    scene = Scene(
        regimes=[regime("FTFF", (0.3, -0.7)), regime("FFFT", (0.2, 0.8))],
        baseline=(0.6, 0.4),
        limits={"leverage": 100.0, "turnover_per_day": 100.0},
    )
    outcome = ran(run, scene, track_of([100] * 5, moments=[0, 1, 2]))

    assert fills(outcome)[2:] == [
        (1, PERP, -1100.0),  # delta 1.0: selling futures lowers it
        (1, SPOT, -300.0),
        (2, PERP, 1100.0),  # delta -0.4: buying futures lowers it
        (2, SPOT, 300.0),
        (3, SPOT, -400.0),  # delta 1.0: the futures bought now add to it
        (3, PERP, 400.0),
    ]


# -- outages ------------------------------------------------------------------------------------


@both
def test_an_order_waits_for_the_next_bar_there_is(run: Run) -> None:
    track = track_of([100, 100, 110, 120, 130], closed=[(SPOT, 1), (SPOT, 2)], moments=[0])
    outcome = ran(run, moving("FT", (0.0, 0.0), (1.0, 0.0)), track)

    assert fills(outcome)[1:] == [(3, SPOT, -1000.0)]
    assert outcome.fills.decided_ms[1] == HOUR_MS
    assert outcome.fills.price[1] == 120.0
    assert outcome.waited == 2


@both
def test_futures_that_wait_first_are_counted_once_a_bar(run: Run) -> None:
    track = track_of([100] * 4, closed=[(PERP, 1)], moments=[0])
    outcome = ran(run, moving("FT", (0.6, -0.6), (0.6, 0.4)), track)

    assert outcome.waited == 1
    assert fills(outcome)[2:] == [(2, PERP, -1000.0)]


@both
def test_a_new_decision_replaces_what_waits(run: Run) -> None:
    # The sale decided at 1 waits through bars 1 and 2; at the end of bar 1 it is wanted no more.
    track = track_of([100] * 5, closed=[(SPOT, 1), (SPOT, 2)], moments=[0, 1])
    outcome = ran(run, moving("FTF", (0.0, 0.0), (1.0, 0.0)), track)

    assert fills(outcome) == [(0, SPOT, 1000.0)]
    assert outcome.waited == 1


# -- what can be paid ---------------------------------------------------------------------------


@both
def test_spot_is_bought_only_as_far_as_cash_and_fee_reach(run: Run) -> None:
    # 100,000 / (100 x 1.01) instead of 1,000 coins.
    costs = costs_of(fee=(0.01, 0.0))
    outcome = ran(run, static(1.0, 0.0), track_of([100, 100]), costs)

    assert fills(outcome) == [(0, SPOT, round(100_000 / 101, 9))]
    assert outcome.curve.cash[-1] == pytest.approx(0.0, abs=1e-6)


@both
def test_cash_that_futures_need_buys_no_spot(run: Run) -> None:
    # Spot 0.2 and -0.8 held; 1.0 wanted while the order to close the short waits: 80,000 of cash
    # less a maintenance of 80,000 x 0.005 - 50 = 350.
    scene = moving("FT", (1.0, 0.0), (0.2, -0.8))
    track = track_of([100] * 3, closed=[(PERP, 1)], moments=[0])
    outcome = ran(run, scene, track)

    assert fills(outcome)[2] == (1, SPOT, round((80_000 - 350) / 100, 9))


@both
def test_no_more_spot_is_sold_than_held(run: Run) -> None:
    # Lots of 7 coins, nearest: 500 are bought as 71 lots = 497, then a sale of 71 lots again;
    # with lots of 300 and 0.5 of equity: 2 lots bought, and 2 sold.
    scene = moving("FT", (0.0, 0.0), (0.5, 0.0))
    outcome = ran(run, scene, track_of([100] * 3, moments=[0]), costs_of(lot=(300.0, 0.0)))

    assert fills(outcome) == [(0, SPOT, 300.0), (1, SPOT, -300.0)]


@both
def test_what_cash_allows_of_a_purchase_is_cut_to_whole_lots(run: Run) -> None:
    # 1,000 / 101 = 9.90099 coins could be paid for: 9 lots of 1 coin are.
    costs = costs_of(fee=(0.01, 0.0), lot=(1.0, 0.0))
    outcome = ran(run, static(1.0, 0.0), track_of([100, 100]), costs, cash=1000.0)

    assert fills(outcome) == [(0, SPOT, 9.0)]


@both
def test_what_cash_allows_of_a_purchase_is_nothing_below_the_least_of_the_venue(run: Run) -> None:
    # 1,000 / 101 = 9.90099 coins are worth 990.10, less than the 1,000 that the venue takes.
    costs = costs_of(fee=(0.01, 0.0), least=(1000.0, 0.0))
    outcome = ran(run, static(1.0, 0.0), track_of([100, 100]), costs, cash=1000.0)

    assert fills(outcome) == []
    assert (outcome.unpaid, outcome.too_small) == (1, 0)


def test_a_sale_of_more_than_is_held_sells_what_is_held() -> None:
    account = open_account(1, 2, 1e5)
    account.legs["quantity"][0, SPOT] = 9.5
    quantity, price = fill_of(account, FREE, 0, SPOT, -10.0, (100.0, 0.02, 1e9, 0.0))

    assert (quantity, price) == (-9.5, 100.0)


@both
def test_no_price_falls_to_zero_however_large_the_order(run: Run) -> None:
    # 50,000 where 1 is traded a day, at 3 % a day: 0.03 x sqrt(50,000) = 671 %, held at 99 %.
    track = track_of([100] * 3, moments=[0])
    track.daily_volume[:] = 1.0
    outcome = ran(run, moving("FT", (0.0, 0.0), (0.5, 0.0)), track, costs_of(impact=1.0))

    assert outcome.fills.price.tolist() == pytest.approx([199.0, 1.0])


@both
def test_an_order_of_which_nothing_can_be_paid_is_rejected(run: Run) -> None:
    # The short of 800 is bought back first, 70 above its mark: 56,000 of 50,000 of cash are gone
    # when the spot order comes.
    track = track_of([100] * 3, moments=[0])
    track.first_fill[0, PERP, 1] = 170.0
    outcome = ran(run, moving("FT", (0.6, 0.0), (0.5, -0.8)), track)

    assert fills(outcome)[2:] == [(1, PERP, 800.0)]
    assert (outcome.unpaid, outcome.rejected) == (1, 1)


# -- turnover -----------------------------------------------------------------------------------


@both
def test_the_turnover_of_a_day_is_shared_by_its_evaluations(run: Run) -> None:
    # Spot 0 to 0.6 with 0.4 allowed a day: 0.4 at the first evaluation of a day, nothing at the
    # second, the rest on the next day (bars 0 to 23 are day 0).
    scene = Scene(
        regimes=[regime("FTTT", (0.6, 0.0))],
        baseline=(0.0, 0.0),
        limits={"leverage": 100.0, "turnover_per_day": 0.4},
    )
    outcome = ran(run, scene, track_of([100] * 30, moments=[3, 10, 25]))

    assert fills(outcome) == [(4, SPOT, 400.0), (26, SPOT, 200.0)]
    assert (outcome.capped, outcome.rejected) == (1, 1)


@both
def test_an_account_below_the_least_order_counts_every_order_it_cannot_send(run: Run) -> None:
    # 0.6 and 0.4 of 150 are 90 and 60; the least order is 100, at the start and at bar 0's end.
    scene = static(0.6, 0.4, min_notional=100.0)
    outcome = ran(run, scene, track_of([100] * 3, moments=[0]), cash=150.0)

    assert fills(outcome) == []
    assert (outcome.too_small, outcome.rejected) == (4, 4)


@both
def test_cash_in_whole_numbers_is_counted_in_fractions(run: Run) -> None:
    # Half of 101 is spent, half of it is left.
    outcome = ran(run, static(0.5, 0.0, min_notional=0.0), track_of([100, 100]), cash=101)

    assert outcome.curve.cash[-1] == 50.5


@both
def test_protective_reductions_are_exempt_from_the_cap(run: Run) -> None:
    scene = Scene(
        regimes=[regime("FT", (0.6, -0.6))],
        baseline=(0.6, 0.4),
        limits={"leverage": 100.0, "turnover_per_day": 0.1},
    )
    outcome = ran(run, scene, track_of([100] * 3, moments=[0]))

    assert fills(outcome)[2:] == [(1, PERP, -1000.0)]


# -- funding ------------------------------------------------------------------------------------


@both
def test_a_position_closed_at_the_settlement_is_still_paid(run: Run) -> None:
    # A short of 500 at 100 receives 1 %: 500. It is closed at the same stamp, after funding.
    track = track_of([100] * 3, funding={0: 0.01, 1: 0.01}, moments=[0])
    outcome = ran(run, moving("FT", (0.5, 0.0), (0.5, -0.5)), track)

    assert outcome.parts[:, PART_FUNDING].tolist() == [500.0, 500.0]


@both
def test_a_position_opened_at_the_settlement_is_not_paid(run: Run) -> None:
    # Opened when bar 1 begins, after the settlement of the same stamp; paid at the next one.
    track = track_of([100] * 3, funding={0: 0.01, 1: 0.01}, moments=[0])
    outcome = ran(run, moving("FT", (0.5, -0.5), (0.5, 0.0)), track)

    assert outcome.parts[:, PART_FUNDING].tolist() == [0.0, 500.0]


@both
def test_funding_is_paid_on_the_mark_of_its_stamp(run: Run) -> None:
    # 500 short; the bar ends at a mark of 120: 500 x 120 x 0.001 = 60.
    track = track_of([100, 120], mark=[100, 120], funding={0: 0.001})

    assert ran(run, static(0.5, -0.5), track).parts[-1, PART_FUNDING] == pytest.approx(60.0)


@both
def test_what_is_decided_at_a_settlement_knows_it_was_paid(run: Run) -> None:
    # A short of 1,000 receives 10,000; weights are of the 110,000 there are then.
    track = track_of([100] * 3, funding={0: 0.1}, moments=[0])
    outcome = ran(run, moving("FT", (0.5, 0.0), (0.0, -1.0)), track)

    assert (1, SPOT, 550.0) in fills(outcome)


# -- liquidation --------------------------------------------------------------------------------

SHORT = static(0.0, -10.0, turnover_per_day=100.0)
"""Ten times equity: 10,000 coins short at 100 over 100,000 of cash."""

TIERS = ((math.inf, 0.005, 0.0),)
LIMIT = (100_000.0 + 1_000_000.0) / (10_000.0 * 1.005)
"""Wallet and entry over 1.005 of the quantity: 109.4527 (domain 11.2); bankrupt at 110."""


@both
def test_a_position_is_closed_within_the_bar_that_reaches_its_price(run: Run) -> None:
    # The high of bar 1 is above the limit, its close is not. All 0.5 % of maintenance, 5,472.6,
    # is left; a fee of 0.2 % of 1,094,527 takes 2,189.05 of it.
    costs = costs_of(tiers=TIERS, liquidation_fee=0.002)
    outcome = ran(run, SHORT, track_of([100, 100, 101, 101], high={1: 109.5}), costs)

    assert fills(outcome)[1:] == [(1, PERP, 10_000.0)]
    assert outcome.fills.reason.tolist() == [FILL_REBALANCE, FILL_LIQUIDATION]
    assert outcome.fills.reference[1] == pytest.approx(LIMIT)
    notional = LIMIT * 10_000.0
    assert outcome.curve.equity[-1] == pytest.approx(notional * (0.005 - 0.002))


@both
def test_a_position_survives_a_bar_that_stops_short_of_its_price(run: Run) -> None:
    track = track_of([100, 100, 101, 101], high={1: 109.4})

    assert len(fills(ran(run, SHORT, track, costs_of(tiers=TIERS)))) == 1


@both
def test_slippage_worsens_the_price_of_a_liquidation(run: Run) -> None:
    # Half-spread 10 bp: bought back 0.1 % above the limit. The entry was 0.1 % below 100, which
    # costs 1,000 of cash: limit (99,000 + 1,000,000) / 10,050.
    costs = costs_of(tiers=TIERS, half_spread_bps=10.0)
    outcome = ran(run, SHORT, track_of([100, 100, 101], high={1: 109.5}), costs)
    limit = 1_099_000.0 / 10_050.0

    assert outcome.fills.reference[1] == pytest.approx(limit)
    assert outcome.fills.price[1] == pytest.approx(limit * 1.001)


@both
def test_a_long_is_closed_on_the_low_of_a_bar(run: Run) -> None:
    # Spot 0 and +10: (100,000 - 1,000,000) / (10,000 x (0.005 - 1)) = 90.4523.
    scene = static(0.0, 10.0, turnover_per_day=100.0)
    track = track_of([100, 100, 99, 99], low={1: 90.0})
    outcome = ran(run, scene, track, costs_of(tiers=TIERS, half_spread_bps=0.0))

    assert outcome.fills.reference[1] == pytest.approx(900_000.0 / 9_950.0)
    assert outcome.fills.quantity[1] == -10_000.0


@both
def test_a_gap_beyond_bankruptcy_takes_the_whole_balance_and_no_more(run: Run) -> None:
    # Bar 1 opens at 130, beyond 110: the loss of 300,000 is limited to the 100,000 there were.
    track = track_of([100, 100, 130, 130])
    track.open[1, 0, :] = 130.0
    outcome = ran(run, SHORT, track, costs_of(tiers=TIERS, liquidation_fee=0.01))

    assert outcome.curve.equity.tolist() == [CASH, 0.0, 0.0]
    assert outcome.fills.reference[1] == 130.0
    assert outcome.parts[-1].sum() == pytest.approx(-CASH)


@both
def test_a_gap_between_liquidation_and_bankruptcy_closes_at_the_open(run: Run) -> None:
    # 109.8 is beyond 109.45 and below 110: 2,000 are left, free of fees here.
    track = track_of([100, 100, 100, 100])
    track.open[1, 0, PERP] = 109.8
    outcome = ran(run, SHORT, track, costs_of(tiers=TIERS))

    assert outcome.fills.reference[1] == pytest.approx(109.8)
    assert outcome.curve.cash[-1] == pytest.approx(2_000.0)


@both
def test_funding_that_cannot_be_paid_liquidates(run: Run) -> None:
    # A short pays -10 % of 1,000,000: all of its cash.
    track = track_of([100, 100, 100], funding={0: -0.1})
    outcome = ran(run, SHORT, track, costs_of(tiers=TIERS))

    assert outcome.fills.reason.tolist() == [FILL_REBALANCE, FILL_LIQUIDATION]
    assert outcome.curve.equity.tolist() == [0.0, 0.0]


@both
def test_a_liquidation_withdraws_the_order_that_waits(run: Run) -> None:
    # The order to close the short waits for the futures market; the venue closes it first.
    scene = moving("FT", (0.0, 0.0), (0.0, -10.0))
    track = track_of([100, 100, 100, 100], high={1: 115.0}, closed=[(PERP, 1)], moments=[0])
    outcome = ran(run, scene, track, costs_of(tiers=TIERS))

    assert fills(outcome) == [(0, PERP, -10_000.0), (1, PERP, 10_000.0)]


@both
def test_an_account_without_equity_decides_and_orders_nothing(run: Run) -> None:
    track = track_of([100, 200, 200, 200], moments=[0, 1])
    scene = moving("FTF", (0.5, 0.0), (0.0, -2.0))
    outcome = ran(run, scene, track, costs_of(tiers=TIERS, liquidation_fee=0.9))

    assert outcome.curve.equity.tolist() == [0.0, 0.0, 0.0]
    assert len(fills(outcome)) == 2
    assert outcome.decisions.regime.tolist() == [-1, 0, -1]
    assert not outcome.decisions.ordered[1:].any()


@both
def test_spot_is_left_to_an_account_whose_short_was_liquidated(run: Run) -> None:
    # Hedged one for one with L = 9: cash 0.1. At 115 spot is worth 103,500, the short is gone:
    # its limit is (10,000 + 90,000) / (900 x 1.005) = 110.56.
    track = track_of([100, 100, 115], mark=[100, 100, 115])
    outcome = ran(run, static(0.9, -0.9), track, costs_of(tiers=TIERS))
    left = 900.0 * 115.0 + 0.005 * 900.0 * 100_000.0 / 904.5

    assert outcome.curve.equity[-1] == pytest.approx(left)
    assert outcome.curve.futures[-1] == 0.0


# -- margin defence -----------------------------------------------------------------------------

DEFENCE = {"defence_ratio": 0.5, "defence_leverage": 3.0, "defence_until": 0.3, "leverage": 2.0}


@both
def test_margin_defence_shrinks_a_hedge_in_both_legs(run: Run) -> None:
    # Domain 11.6: spot and short of 1.2 at 50,000; at 75,000 cash is 10,000, leverage 9, margin
    # ratio 4 %. Two thirds of 100,000 are 0.8889 coins: 0.3111 less of each.
    scene = Scene(triggers=[Actor(when="F")], baseline=(0.6, -0.6), limits=DEFENCE)
    track = track_of([50_000, 75_000, 75_000, 75_000])
    outcome = ran(run, scene, track)
    less = 1.2 - 2 / 3 * 100_000 / 75_000

    assert outcome.curve.margin_ratio[0] == pytest.approx(0.04)
    assert fills(outcome)[2:] == [(1, SPOT, round(-less, 9)), (1, PERP, round(less, 9))]
    assert outcome.fills.reason[2:].tolist() == [FILL_DEFENCE, FILL_DEFENCE]
    assert outcome.curve.spot[-1] == pytest.approx(200_000 / 3)
    assert -outcome.curve.futures[-1] / outcome.curve.cash[-1] == pytest.approx(2.0)
    assert outcome.defended == 1


@both
def test_margin_defence_whose_spot_waits_orders_nothing_more_meanwhile(run: Run) -> None:
    # At 150 the short of 90,000 is backed by 10,000. In bar 1 it is cut to 66,667, still too much
    # for 10,000, until spot for 23,333 is sold in bar 3.
    outcome = ran(
        run,
        static(0.6, -0.6, **DEFENCE),
        track_of([100, 150, 150, 150, 150], closed=[(SPOT, 1), (SPOT, 2)]),
    )
    legs = [(bar, leg) for bar, leg, _ in fills(outcome)]

    assert outcome.waited == 2
    assert outcome.defended == 1
    assert legs == [(0, SPOT), (0, PERP), (1, PERP), (3, SPOT)]


@both
def test_margin_defence_cuts_a_long_in_its_futures_leg(run: Run) -> None:
    # 0.3 and 1.3 at leverage 2 of 0.7 cash. At 80: futures 104,000, cash 70,000 - 26,000 = 44,000
    # and more than 2 x ... is 2.36: below 3. At 70: 91,000 over 31,000 = 2.94. At 69: 89,700 over
    # 29,700 = 3.02: cut to 59,400, that is 30,300 / 69 coins.
    scene = Scene(triggers=[Actor(when="F")], baseline=(0.3, 1.3), limits=DEFENCE)
    outcome = ran(run, scene, track_of([100, 80, 70, 69, 69, 69]))

    assert fills(outcome)[2:] == [(3, PERP, round(-30_300 / 69, 9))]
    assert outcome.defended == 1


@both
def test_margin_defence_starts_at_a_margin_ratio(run: Run) -> None:
    # 2 x 100,000 short, all of 0.2 needed: 200,000 x 0.2 = 40,000 over 100,000. At 115: 46,000
    # over 70,000 = 0.66: beyond 0.5. Leverage 230,000 / 70,000 = 3.3 is allowed here.
    limits = {**DEFENCE, "defence_leverage": math.inf}
    scene = Scene(triggers=[Actor(when="F")], baseline=(0.0, -2.0), limits=limits)
    costs = costs_of(tiers=((math.inf, 0.2, 0.0),))
    outcome = ran(run, scene, track_of([100, 115, 115, 112]), costs)

    assert outcome.curve.margin_ratio[0] == pytest.approx(46_000 / 70_000)
    # Cut to 2 x 70,000 = 140,000: 28,000 of 70,000 is 0.4, and less at 112. Still on until below
    # 0.3, but the leverage limit leaves nothing more to cut.
    assert fills(outcome)[1:] == [(1, PERP, round(90_000 / 115, 9))]
    assert outcome.curve.margin_ratio[1] == pytest.approx(0.4)
    assert outcome.defended == 1


@both
def test_margin_defence_that_is_off_lets_leverage_grow(run: Run) -> None:
    track = track_of([50_000, 75_000, 75_000])

    assert len(fills(ran(run, static(0.6, -0.6), track))) == 2


@both
def test_a_decision_of_the_same_moment_comes_before_margin_defence(run: Run) -> None:
    # At 75,000 leverage is 9, and the policy decides to sell all and close the short.
    scene = Scene(
        regimes=[regime("FT", (0.0, 0.0))],
        baseline=(0.6, -0.6),
        limits={**DEFENCE, "turnover_per_day": 100.0},
    )
    outcome = ran(run, scene, track_of([50_000, 75_000, 75_000, 75_000], moments=[0]))

    assert fills(outcome)[2:] == [(1, SPOT, -1.2), (1, PERP, 1.2)]
    assert outcome.defended == 0


@both
def test_margin_defence_without_an_order_leaves_what_was_decided(run: Run) -> None:
    # On between 0.3 and 0.5 with nothing left to cut; a decision to close the short still stands.
    limits = {**DEFENCE, "defence_leverage": math.inf, "turnover_per_day": 100.0}
    scene = Scene(regimes=[regime("FT", (0.0, 0.0))], baseline=(0.0, -2.0), limits=limits)
    costs = costs_of(tiers=((math.inf, 0.2, 0.0),))
    track = track_of([100, 115, 115, 115, 115], moments=[2])
    outcome = ran(run, scene, track, costs)

    assert fills(outcome)[2:] == [(3, PERP, round(140_000 / 115, 9))]
    assert outcome.defended == 1


@both
def test_margin_defence_that_is_too_small_to_order_does_not_count(run: Run) -> None:
    # A thousandth over its limit of 3, cut to 2.999: worth less than the least order.
    limits = {**DEFENCE, "leverage": 2.999, "min_notional": 1_000.0}
    scene = Scene(triggers=[Actor(when="F")], baseline=(0.0, -2.999), limits=limits)
    outcome = ran(run, scene, track_of([100, 100.01, 100.01]))

    assert len(fills(outcome)) == 1
    assert outcome.defended == 0


# -- what is written down -----------------------------------------------------------------------


@both
def test_the_curve_is_the_account_at_the_end_of_each_bar(run: Run) -> None:
    outcome = ran(run, static(0.6, 0.4), track_of([100, 110, 121], mark=[100, 111, 122]))
    curve = outcome.curve

    assert curve.ms.tolist() == [HOUR_MS, 2 * HOUR_MS]
    assert curve.spot.tolist() == [600 * 110.0, 600 * 121.0]
    assert curve.futures.tolist() == [400 * 111.0, 400 * 122.0]
    assert curve.cash.tolist() == [40_000 + 400 * 11.0, 40_000 + 400 * 22.0]
    assert np.allclose(curve.equity, curve.spot + curve.cash)


@both
def test_what_was_traded_is_summed_by_leg(run: Run) -> None:
    outcome = ran(run, moving("FT", (0.0, 0.0), (0.6, 0.4)), track_of([100] * 3, moments=[0]))

    assert outcome.traded.tolist() == [120_000.0, 80_000.0]


@both
def test_a_decision_is_written_down_with_its_reasons(run: Run) -> None:
    outcome = ran(run, moving("FT", (0.3, -0.7), (0.6, 0.4)), track_of([100] * 3, moments=[0]))
    made = outcome.decisions

    assert made.targets.tolist() == [[0.6, 0.4], [0.3, -0.7]]
    assert made.regime.tolist() == [-1, 0]
    assert made.evaluated.tolist() == [[True], [True]]
    assert made.condition.tolist() == [[0.0], [1.0]]
    assert np.allclose(made.ordered, [[600.0, 400.0], [-300.0, -1100.0]])
    assert made.trace_length.tolist() == [1, 1]
    assert made.trace[1, 0].tolist() == [0.0, 0.3, -0.7]
