"""The pair of a sleeve over bars: opened, held, cut, rolled, closed; in the walk and bar by bar."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.domain import codes
from steelyard.domain.codes import PERP
from steelyard.domain.plan import Costs
from steelyard.domain.record import (
    FILL_EXPIRY,
    FILL_REASONS,
    FILL_RETAGGED,
    FILL_SLEEVE,
    Walk,
)
from steelyard.domain.time import HOUR_MS
from steelyard.engine.replay import replay
from steelyard.kernel.walk import walk
from tests.support.both_runs import Run, both
from tests.support.pairs import FUTURE, NEXT, PAIR_SPOT, Pairing, pair_account, pair_costs
from tests.support.plans import Actor, Scene, cover, regime, trigger

CASH = 100_000.0
FREE = pair_costs()


def static(spot: float, futures: float, **limits: float) -> Scene:
    """Return a policy that never moves."""
    return Scene(
        triggers=[Actor(when="F" * 20)],
        baseline=(spot, futures),
        limits={"band": 0.0, "min_notional": 0.0, "turnover_per_day": 100.0, **limits},
    )


def ran(run: Run, pairing: Pairing, costs: Costs = FREE, settlement_fee: float = 0.0) -> Walk:
    track = pairing.track()
    account = pair_account(CASH, settlement_fee)
    return run(pairing.plan(), pairing.signals(track), track, costs, CASH, account)


def of_sleeve(outcome: Walk) -> list[tuple[int, int, str, float]]:
    """Return bar, leg, reason and coins of every trade that is not the core's."""
    made = outcome.fills
    rows = zip(made.filled_ms, made.leg, made.reason, made.quantity, strict=True)
    return [
        (int(ms) // HOUR_MS, int(leg), FILL_REASONS[reason], round(float(coins), 6))
        for ms, leg, reason, coins in rows
        if leg >= PAIR_SPOT and reason != FILL_RETAGGED
    ]


def core_trades(outcome: Walk) -> int:
    """Return how many trades of the core there were that are no rounding."""
    made = outcome.fills
    is_trade = (made.leg < PAIR_SPOT) & (made.reason != FILL_RETAGGED)
    return int(np.count_nonzero(is_trade & (np.abs(made.quantity) > 1e-6)))


@both
def test_a_pair_of_held_spot_sells_the_future_and_trades_no_spot(run: Run) -> None:
    # 20 % of 100,000 at 100 is 200 of the core's 800 coins; 20,000 of cash back the future.
    outcome = ran(run, Pairing(scene=static(0.8, 0.0), spot=[100] * 4, enter="01"))

    assert of_sleeve(outcome) == [(1, FUTURE, "sleeve", -200.0)]
    assert outcome.curve.sleeve_spot[1:].tolist() == [20_000.0, 20_000.0]
    assert outcome.curve.sleeve_futures[1:].tolist() == [-20_000.0, -20_000.0]
    assert core_trades(outcome) == 1


@both
def test_a_pair_from_cash_buys_as_much_spot_as_it_sells_forward(run: Run) -> None:
    pairing = Pairing(scene=static(0.6, 0.0), spot=[100] * 4, enter="01", held_first=False)
    outcome = ran(run, pairing)

    assert of_sleeve(outcome) == [(1, PAIR_SPOT, "sleeve", 200.0), (1, FUTURE, "sleeve", -200.0)]
    assert outcome.curve.cash[-1] == pytest.approx(20_000.0)


@both
def test_a_core_without_spot_lends_none(run: Run) -> None:
    outcome = ran(run, Pairing(scene=static(0.0, 0.0), spot=[100] * 4, enter="01"))

    assert of_sleeve(outcome) == [(1, PAIR_SPOT, "sleeve", 200.0), (1, FUTURE, "sleeve", -200.0)]


@both
def test_what_the_core_cannot_lend_is_bought(run: Run) -> None:
    # Half of the core's 0.3 is hedged: 0.15 may be lent, 0.05 is bought; the hedge ratio stays 0.5.
    outcome = ran(run, Pairing(scene=static(0.3, -0.15), spot=[100] * 4, enter="01"))

    assert of_sleeve(outcome) == [(1, PAIR_SPOT, "sleeve", 50.0), (1, FUTURE, "sleeve", -200.0)]
    core = outcome.fills.quantity[outcome.fills.leg == PERP].sum()
    assert core == pytest.approx(-75.0)  # half of the 150 coins that are left to the core


@both
def test_a_pair_is_cut_to_what_the_leverage_limit_leaves(run: Run) -> None:
    # L 2, cash 0.4, futures 0.4: (0.4 + x) = 2 (0.4 - x), x = 0.1333.
    pairing = Pairing(scene=static(0.6, 0.4), spot=[100] * 4, enter="01", held_first=False)
    outcome = ran(run, pairing)

    assert of_sleeve(outcome)[1][3] == pytest.approx(-133.333333)
    leverage = (40_000.0 + 13_333.333) / (40_000.0 - 13_333.333)
    assert leverage == pytest.approx(2.0)


@both
def test_a_pair_held_to_expiry_earns_its_entry_basis_less_costs(run: Run) -> None:
    # 200 coins sold at 103 against 100, settled at 130 where spot stands: 600 less fees of
    # 0.1 % x 20,000 to buy, 0.05 % x 20,600 to sell, 0.05 % x 26,000 to settle. Spot has gained 30.
    pairing = Pairing(
        scene=static(0.6, 0.0, band=1.0),
        spot=[100, 100, 120, 130, 130],
        futures=([103, 103, 121, 130, 130], None),
        settled={2: 130.0},
        enter="01",
        held_first=False,
        moments=[0],
    )
    costs = pair_costs(fee=(0.001, 0.0005))
    with_pair, without = (
        ran(run, one, costs, settlement_fee=0.0005)
        for one in (pairing, replace(pairing, enter="0"))
    )
    gained = with_pair.curve.equity[-1] - without.curve.equity[-1]

    # The coins are 20 % of the equity that the first purchase of 60,000 for 60 left.
    coins = 0.2 * (CASH - 60.0) / 100.0
    assert of_sleeve(with_pair)[-1] == (3, FUTURE, "expiry", round(coins, 6))
    assert gained == pytest.approx(coins * (3.0 - 0.1 - 0.0515 - 0.065))


@both
def test_the_spot_of_an_expired_pair_goes_back_to_the_core(run: Run) -> None:
    pairing = Pairing(
        scene=static(0.7, 0.0), spot=[100] * 6, enter="01", settled={2: 100.0}, allocation=0.5
    )
    outcome = ran(run, pairing)

    assert of_sleeve(outcome) == [(1, FUTURE, "sleeve", -500.0), (3, FUTURE, "expiry", 500.0)]
    assert outcome.curve.sleeve_spot.tolist() == [50_000.0, 50_000.0, 0.0, 0.0, 0.0]
    assert core_trades(outcome) == 1


@both
def test_spot_that_an_expired_pair_bought_is_rolled_into_the_next(run: Run) -> None:
    pairing = Pairing(
        scene=static(0.5, 0.0),
        spot=[100] * 6,
        enter="01 0001",
        settled={2: 100.0},
        held_first=False,
    )
    outcome = ran(run, pairing)

    assert of_sleeve(outcome) == [
        (1, PAIR_SPOT, "sleeve", 200.0),
        (1, FUTURE, "sleeve", -200.0),
        (3, FUTURE, "expiry", 200.0),
        (3, NEXT, "sleeve", -200.0),
    ]


@both
def test_a_better_contract_is_rolled_into_and_the_spot_stays(run: Run) -> None:
    # 12 % net in the second against 9 % left in the first.
    pairing = Pairing(
        scene=static(0.5, 0.0),
        spot=[100] * 5,
        enter="01 001",
        net=(0.2, 0.12),
        gross=(0.09, 0.12),
        held_first=False,
    )
    outcome = ran(run, pairing)

    assert of_sleeve(outcome)[2:] == [(2, FUTURE, "sleeve", 200.0), (2, NEXT, "sleeve", -200.0)]


@both
def test_a_roll_buys_the_old_contract_back_before_it_sells_one_of_an_earlier_leg(run: Run) -> None:
    pairing = Pairing(
        scene=static(0.5, 0.0), spot=[100] * 5, enter="001 01", net=(0.12, 0.2), gross=(0.12, 0.09)
    )

    assert of_sleeve(ran(run, pairing)) == [
        (1, NEXT, "sleeve", -200.0),
        (2, NEXT, "sleeve", 200.0),
        (2, FUTURE, "sleeve", -200.0),
    ]


@both
@pytest.mark.parametrize("closed", [FUTURE, NEXT])
def test_a_roll_waits_until_both_contracts_trade(run: Run, closed: int) -> None:
    # Sold in both at once, or in none, the pair would be no pair.
    pairing = Pairing(
        scene=static(0.5, 0.0),
        spot=[100] * 5,
        enter="01 001",
        net=(0.2, 0.12),
        gross=(0.09, 0.12),
        closed=[(closed, 2)],
    )

    assert of_sleeve(ran(run, pairing))[1:] == [
        (3, FUTURE, "sleeve", 200.0),
        (3, NEXT, "sleeve", -200.0),
    ]


@both
def test_no_more_is_bought_back_than_the_venue_has_left(run: Run) -> None:
    # Sold at 103, marked at 101: winning. Half of it is closed at the open at which all of it was
    # to be bought back.
    pairing = Pairing(
        scene=static(0.5, 0.0),
        spot=[100] * 6,
        futures=([103, 103, 101, 101, 101, 101], None),
        enter="01",
        leave="001",
    )
    track = pairing.track()
    shares = track.deleveraged.copy()
    shares[2] = 0.5
    track = track._replace(deleveraged=shares)
    outcome = run(pairing.plan(), pairing.signals(track), track, FREE, CASH, pair_account(CASH))

    assert of_sleeve(outcome)[1:] == [
        (2, FUTURE, "deleveraged", 100.0),
        (2, FUTURE, "sleeve", 100.0),
    ]
    assert outcome.curve.sleeve_futures[-1] == 0.0
    assert outcome.curve.sleeve_spot[-1] == 0.0


@both
def test_a_contract_that_yields_less_than_what_is_left_is_not_rolled_into(run: Run) -> None:
    pairing = Pairing(
        scene=static(0.5, 0.0), spot=[100] * 5, enter="01 001", net=(0.2, 0.12), gross=(0.13, 0.12)
    )

    assert len(of_sleeve(ran(run, pairing))) == 1


@both
def test_a_pair_is_closed_when_little_is_left_of_its_yield(run: Run) -> None:
    # What was bought is sold, what was the core's goes back to it.
    pairing = Pairing(
        scene=static(0.3, -0.15), spot=[100] * 6, enter="01", leave="001", allocation=0.2
    )
    outcome = ran(run, pairing)

    assert of_sleeve(outcome)[2:] == [(2, PAIR_SPOT, "sleeve", -50.0), (2, FUTURE, "sleeve", 200.0)]
    assert outcome.curve.sleeve_spot[-1] == 0.0
    assert outcome.curve.futures[-1] == pytest.approx(-15_000.0)


@both
def test_spot_of_a_closed_pair_is_hedged_by_the_decision_that_closes_it(run: Run) -> None:
    # The core lends 200 of 600 coins; a full hedge at leverage 1.5 takes all the cash of 0.4: the
    # pair is closed, and 600 coins are hedged in the bar in which its future is bought back.
    scene = static(0.6, 0.0, leverage=1.5)
    scene.triggers = [trigger("FFTTT", cover(1.0), severity=codes.PROTECTIVE)]
    outcome = ran(run, Pairing(scene=scene, spot=[100] * 5, enter="01"))

    assert of_sleeve(outcome) == [(1, FUTURE, "sleeve", -200.0), (2, FUTURE, "sleeve", 200.0)]
    assert outcome.curve.spot[2] == pytest.approx(60_000.0)
    assert outcome.curve.futures[2] == pytest.approx(-60_000.0)
    assert outcome.curve.sleeve_spot[2] == 0.0


@both
def test_a_pair_that_waits_while_nothing_happens_is_opened_at_the_price_of_its_bar(
    run: Run,
) -> None:
    # Four quiet bars raise spot to 200, then 20 % of the equity of 160,000 are 160 coins.
    pairing = Pairing(
        scene=static(0.6, 0.0, band=1.0),
        spot=[100, 100, 120, 150, 180, 200, 200, 200],
        enter="01",
        moments=[5, 6],
    )
    outcome = ran(run, pairing)

    assert of_sleeve(outcome) == [(6, FUTURE, "sleeve", -160.0)]
    assert outcome.curve.equity[4:].tolist() == pytest.approx([160_000.0] * 3)
    assert outcome.curve.sleeve_spot[5:].tolist() == pytest.approx([32_000.0] * 2)


@both
def test_both_legs_wait_where_one_does_not_trade(run: Run) -> None:
    pairing = Pairing(
        scene=static(0.6, 0.0),
        spot=[100] * 5,
        enter="01",
        held_first=False,
        closed=[(FUTURE, 1), (PAIR_SPOT, 2)],
    )

    assert [fill[0] for fill in of_sleeve(ran(run, pairing))] == [3, 3]


@both
def test_spot_whose_future_the_venue_refuses_goes_to_the_core(run: Run) -> None:
    # The spot doubles before it is bought: 200 coins take the cash of 40,000, no margin is left.
    pairing = Pairing(
        scene=static(0.6, 0.0, leverage=100.0),
        spot=[100] * 4,
        enter="01",
        held_first=False,
    )
    track = pairing.track()
    track.first_fill[0, PAIR_SPOT, 1] = 200.0
    account = pair_account(CASH)
    outcome = run(pairing.plan(), pairing.signals(track), track, FREE, CASH, account)

    assert of_sleeve(outcome) == [(1, PAIR_SPOT, "sleeve", 200.0)]
    assert outcome.unpaid == 1
    assert outcome.curve.sleeve_spot[-1] == 0.0


@both
@pytest.mark.parametrize(
    ("level", "sold"),
    [(1.0, []), (0.5, [(2, FUTURE, "sleeve", -200.0)])],
)
def test_beside_a_protective_effect_only_spot_of_the_core_is_lent(
    run: Run, level: float, sold: list[tuple[int, int, str, float]]
) -> None:
    # A cover of the whole spot leaves none to lend, one of half leaves 0.25 of 0.5.
    scene = static(0.5, 0.0)
    scene.triggers = [trigger("FTTTT", cover(level), severity=codes.PROTECTIVE)]
    outcome = ran(run, Pairing(scene=scene, spot=[100] * 5, enter="00111"))

    assert of_sleeve(outcome) == sold


@both
def test_beside_a_protective_effect_nothing_is_bought(run: Run) -> None:
    scene = static(0.5, 0.0)
    scene.triggers = [trigger("FTTTT", cover(0.5), severity=codes.PROTECTIVE)]
    pairing = Pairing(scene=scene, spot=[100] * 5, enter="00111", held_first=False)

    assert of_sleeve(ran(run, pairing)) == []


@both
def test_a_sleeve_enters_only_in_its_regimes(run: Run) -> None:
    scene = static(0.5, 0.0)
    scene.regimes = [regime("FFTTT", (0.5, 0.0))]
    pairing = Pairing(scene=scene, spot=[100] * 6, enter="011111", allowed=[1])

    assert [fill[0] for fill in of_sleeve(ran(run, pairing))] == [2]


@both
def test_a_pair_larger_than_what_is_liquid_is_not_opened(run: Run) -> None:
    pairing = Pairing(scene=static(0.8, 0.0), spot=[100] * 4, enter="0111", most=19_999.0)

    assert of_sleeve(ran(run, pairing)) == []
    assert len(of_sleeve(ran(run, replace(pairing, most=20_000.0)))) == 1


@both
def test_a_pair_below_the_least_order_is_not_opened(run: Run) -> None:
    pairing = Pairing(scene=static(0.8, 0.0, min_notional=20_001.0), spot=[100] * 4, enter="0111")

    assert of_sleeve(ran(run, pairing)) == []


@both
def test_an_open_pair_yields_to_a_hedge_of_the_core(run: Run) -> None:
    # Bought 0.2 beside 0.5: cash 0.3. A full hedge of 0.5 leaves 2 x 0.5 - 0.5 = 0.5 for the pair,
    # (0.5 + x) = 2 (0.5 - x): 0.1667 of equity.
    scene = static(0.5, 0.0)
    scene.triggers = [trigger("FFTTT", cover(1.0), severity=codes.PROTECTIVE)]
    pairing = Pairing(scene=scene, spot=[100] * 5, enter="01", held_first=False)
    outcome = ran(run, pairing)

    kept = 1000.0 / 6.0
    assert of_sleeve(outcome)[2:] == [
        (2, PAIR_SPOT, "sleeve", round(kept - 200.0, 6)),
        (2, FUTURE, "sleeve", round(200.0 - kept, 6)),
    ]


@both
def test_margin_defence_closes_the_pairs_first(run: Run) -> None:
    # Perpetual and future of 200 coins each short over 20,000. At 130 they have lost 12,000: 52,000
    # over 8,000.
    scene = static(0.6, -0.2, leverage=2.0, defence_ratio=0.5, defence_leverage=3.0)
    pairing = Pairing(
        scene=scene, spot=[100, 100, 130, 130, 130], enter="01", held_first=False, moments=[0]
    )
    outcome = ran(run, pairing)

    assert of_sleeve(outcome)[2:] == [
        (2, PAIR_SPOT, "sleeve", -200.0),
        (2, FUTURE, "sleeve", 200.0),
    ]
    assert outcome.curve.sleeve_futures[-1] == 0.0


@both
def test_a_future_whose_spot_could_not_be_bought_is_not_sold(run: Run) -> None:
    # A coin costs more than all the cash, and lots are whole coins.
    pairing = Pairing(scene=static(0.6, 0.0), spot=[100] * 4, enter="01", held_first=False)
    track = pairing.track()
    track.first_fill[0, PAIR_SPOT, 1] = 50_000.0
    account, costs = pair_account(CASH), pair_costs(lot=1.0)
    outcome = run(pairing.plan(), pairing.signals(track), track, costs, CASH, account)

    assert of_sleeve(outcome) == []
    assert outcome.curve.sleeve_futures.tolist() == [0.0, 0.0, 0.0]


@both
def test_margin_defence_of_a_policy_without_an_open_pair_is_the_core_s_alone(run: Run) -> None:
    # A short of 400 over 20,000; at 130 it has lost 12,000: 52,000 over 8,000.
    scene = static(0.8, -0.4, leverage=2.0, defence_ratio=0.5, defence_leverage=3.0)
    outcome = ran(run, Pairing(scene=scene, spot=[100, 100, 130, 130, 130], moments=[0]))

    assert outcome.defended == 1
    assert of_sleeve(outcome) == []


@given(
    st.lists(st.sampled_from([90.0, 95.0, 100.0, 105.0, 110.0]), min_size=6, max_size=6),
    st.text("01", min_size=4, max_size=4),
    st.text("01", min_size=4, max_size=4),
    st.sampled_from([0.0, 0.2, 0.5]),
    st.sampled_from([(0.6, -0.3), (0.5, -0.5), (0.4, 0.2), (0.6, 0.0)]),
)
def test_nothing_a_sleeve_does_changes_the_hedge_ratio_of_the_core(
    prices: list[float], enter: str, leave: str, allocation: float, base: tuple[float, float]
) -> None:
    scene = static(*base, leverage=3.0)
    pairing = Pairing(
        scene=scene,
        spot=[100.0, *prices],
        enter=enter,
        leave=leave,
        allocation=allocation,
        moments=[0, 2, 4],  # so that the orders of each decision are filled a bar before the next
    )
    outcome = ran(walk, pairing)
    curve = outcome.curve
    spot, futures = curve.spot - curve.sleeve_spot, curve.futures - curve.sleeve_futures
    alone = ran(walk, replace(pairing, enter="0")).curve

    for bar in (1, 3, 5):
        ratio = max(0.0, -alone.futures[bar]) / alone.spot[bar]
        assert max(0.0, -futures[bar]) == pytest.approx(ratio * spot[bar], abs=1e-6)


@given(
    st.lists(st.floats(50.0, 200.0), min_size=8, max_size=8),
    st.text("01", min_size=8, max_size=8),
    st.text("01", min_size=8, max_size=8),
    st.booleans(),
)
def test_walk_and_runner_agree_on_pairs(
    prices: list[float],
    enter: str,
    leave: str,
    held_first: bool,  # noqa: FBT001 - hypothesis
) -> None:
    pairing = Pairing(
        scene=static(0.5, 0.1),
        spot=[100.0, *prices],
        enter=f"{enter} {enter[::-1]}",
        leave=leave,
        held_first=held_first,
        settled={5: prices[5]},
    )
    costs = pair_costs(fee=(0.001, 0.0005), lot=0.01)
    walked, replayed = (ran(run, pairing, costs) for run in (walk, replay))

    assert np.array_equal(walked.fills.quantity, replayed.fills.quantity)
    assert np.allclose(walked.curve.equity, replayed.curve.equity, rtol=1e-12)
    assert math.isclose(walked.parts[-1].sum(), walked.curve.equity[-1] - CASH, abs_tol=1e-6)
    assert {FILL_SLEEVE, FILL_EXPIRY}.isdisjoint(
        walked.fills.reason[walked.fills.leg < PAIR_SPOT].tolist()
    )
