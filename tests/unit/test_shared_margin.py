"""One account behind the futures of two assets: what it carries, whom it cuts, who bears a loss.

Trading is free, maintenance is 0.5 %, and each asset begins with 50,000 where nothing is said.
"""

import numpy as np
import pytest

from steelyard.domain.codes import PART_DEPEG, PART_INTEREST, PART_LIQUIDATION, PERP, SPOT
from steelyard.domain.record import (
    FILL_COLLATERAL,
    FILL_DEFENCE,
    FILL_DELEVERAGED,
    FILL_LIQUIDATION,
    FILL_REBALANCE,
    FILL_RESTORED,
    FILL_RETAGGED,
)
from steelyard.kernel.joined import join_accounts, join_costs, join_tracks
from steelyard.kernel.shared import Alone, walk_parts
from steelyard.ledger.account import account_on, open_account
from steelyard.report.attribution import futures_story
from tests.support.pairs import FUTURE, PAIR_SPOT, Pairing, pair_account, pair_costs
from tests.support.parts import CASH, FREE, TIERS, apart, equities, fills, still, together
from tests.support.plans import Scene, costs_of, track_of

IDLE = (0.0, 0.0)
FLAT = [100.0] * 5


def test_money_of_another_asset_carries_a_short_that_alone_is_liquidated() -> None:
    # 750 coins short at 100 against 50,000: alone closed at 125,000 / (750 x 1.005) = 165.84.
    prices = [100.0, 100.0, 160.0, 100.0, 100.0]
    short = still((0.0, -1.5), track_of(prices, high={1: 170.0}))
    idle = still(IDLE, track_of(FLAT))

    assert fills(apart(short), 1) == [(1, FILL_LIQUIDATION, PERP, 750.0)]
    carried, other = together(short, idle)

    assert fills(carried) == [(0, FILL_REBALANCE, PERP, -750.0)]
    assert equities(carried) == [50_000.0, 5_000.0, 50_000.0, 50_000.0]
    assert equities(other) == [50_000.0] * 4
    # 750 x 160 x 0.005 of 55,000, and the same ratio beside either asset.
    assert carried.curve.margin_ratio[1] == pytest.approx(600.0 / 55_000.0, rel=1e-12)
    assert other.curve.margin_ratio[1] == carried.curve.margin_ratio[1]
    # Of the 55,000 all back the short, and nothing but the other's cash is beside its own part.
    assert carried.curve.backing[1] == pytest.approx(55_000.0, rel=1e-12)
    assert carried.curve.cash[1] == pytest.approx(5_000.0, rel=1e-12)


def test_an_asset_whose_part_is_used_up_is_closed_and_the_others_bear_its_debt() -> None:
    # 500 short at 100; at 210 they have lost 55,000 of 50,000, and are bought back at once.
    prices = [100.0, 210.0, 210.0, 100.0, 100.0]
    short = still((0.0, -1.0), track_of(prices, moments=[0, 2]))
    buyer = still((0.6, 0.0), track_of(FLAT, moments=[2], begins=False))

    lost, bought = together(short, buyer)

    assert fills(lost, 1) == [(1, FILL_DEFENCE, PERP, 500.0)]
    assert lost.defended == 1
    assert equities(lost) == [50_000.0 - 55_000.0, 0.0, 0.0, 0.0]
    assert equities(bought) == [50_000.0, 45_000.0, 45_000.0, 45_000.0]
    assert lost.curve.borne.tolist() == [0.0, 5_000.0, 5_000.0, 5_000.0]
    assert bought.curve.borne.tolist() == [0.0, -5_000.0, -5_000.0, -5_000.0]
    assert bought.parts[-1, PART_LIQUIDATION] == -5_000.0
    # 0.6 of what it has left.
    assert fills(bought) == [(3, FILL_REBALANCE, SPOT, 270.0)]
    for one in (lost, bought):
        told = futures_story(one)
        assert (told.costs, told.liquidation) == pytest.approx((0.0, 0.0), abs=1e-9)


def test_what_is_used_up_is_closed_once_there_is_a_bar_for_it() -> None:
    prices = [100.0, 210.0, 210.0, 210.0, 210.0]
    short = still((0.0, -1.0), track_of(prices, closed=[(PERP, 1)]))

    lost, _ = together(short, still(IDLE, track_of(FLAT)))

    assert fills(lost, 1) == [(2, FILL_DEFENCE, PERP, 500.0)]
    assert (lost.defended, lost.waited) == (1, 1)


def test_margin_is_defended_when_all_of_the_account_needs_it() -> None:
    # Alone, 1,000 short at 120 are 4 times the 30,000 that are left; of both they are 1.5 times.
    limits = {"leverage": 2.0, "defence_leverage": 2.5, "defence_until": 0.5}
    short = still((0.0, -2.0), track_of([100.0, 100.0, 120.0, 120.0]), limits=limits)
    idle = still(IDLE, track_of(FLAT[:4]), limits=limits)

    assert apart(short).defended == 1
    carried, _ = together(short, idle)

    assert carried.defended == 0
    assert fills(carried) == [(0, FILL_REBALANCE, PERP, -1_000.0)]


def test_margin_defence_cuts_the_asset_that_is_beyond_its_own_limit() -> None:
    # 220,000 on 80,000 are 2.75 times; the first is cut to twice its 30,000, at 120.
    limits = {"leverage": 2.0, "defence_leverage": 2.5, "defence_until": 0.5}
    cut, kept = together(
        still((0.0, -2.0), track_of([100.0, 100.0, 120.0, 120.0]), limits=limits),
        still((0.0, -2.0), track_of(FLAT[:4]), limits=limits),
    )

    assert fills(cut, 1) == [(2, FILL_DEFENCE, PERP, 500.0)]
    assert fills(kept) == [(0, FILL_REBALANCE, PERP, -1_000.0)]
    assert (cut.defended, kept.defended) == (1, 0)


def test_margin_defence_leaves_what_is_used_up_to_be_closed_whole() -> None:
    limits = {"defence_leverage": 2.5, "defence_until": 0.5}
    prices = [100.0, 160.0, 160.0]
    lost, _ = together(
        still((0.0, -2.0), track_of(prices), limits=limits),
        still(IDLE, track_of(FLAT[:3]), limits=limits),
    )

    # 1,000 short have lost 60,000 of 50,000; 160,000 on 40,000 are 4 times.
    assert fills(lost, 1) == [(1, FILL_DEFENCE, PERP, 1_000.0)]


def test_what_all_money_cannot_carry_is_liquidated_and_the_other_asset_loses_with_it() -> None:
    # 1,500 short at 100 against 55,000: closed at 205,000 / (1,500 x 1.005).
    short = still((0.0, -3.0), track_of([100.0, 100.0, 170.0, 170.0]))
    long_spot = still((0.9, 0.0), track_of(FLAT[:4]))

    lost, other = together(short, long_spot)
    price = (55_000.0 + 150_000.0) / (1_500.0 * 1.005)

    assert fills(lost, 1) == [(1, FILL_LIQUIDATION, PERP, 1_500.0)]
    # What it lost beyond its own 50,000 is the other's: its 450 coins are no collateral and stay.
    debt = 1_500.0 * (price - 100.0) - CASH
    assert lost.curve.equity[1] == 0.0
    assert other.curve.equity[1] == pytest.approx(CASH - debt, rel=1e-9)
    assert other.curve.borne[1] == pytest.approx(-debt, rel=1e-9)
    assert other.curve.spot[1] == 45_000.0


def wicked(weight: float, ends: float) -> Alone:
    """Return 50,000 with futures whose mark goes to an end within the second bar, and back."""
    high, low = {1: max(ends, 100.0)}, {1: min(ends, 100.0)}
    return still((0.0, weight), track_of(FLAT, high=high, low=low))


def test_assets_that_move_together_are_liquidated_as_one_would_be() -> None:
    # 750 short each: at a price p they have 250,000 - 1,500 p, and need 7.5 p.
    pair = [wicked(-1.5, 170.0), wicked(-1.5, 170.0)]
    one = wicked(-1.5, 170.0)
    at = 125_000.0 / (750.0 * 1.005)
    assert apart(one).fills.reference[1] == pytest.approx(at)

    for walked in together(*pair):
        assert walked.fills.reason.tolist() == [FILL_REBALANCE, FILL_LIQUIDATION]
        assert walked.fills.reference[1] == pytest.approx(at, rel=1e-9)
        assert walked.curve.equity[-1] == pytest.approx(apart(one).curve.equity[-1], rel=1e-6)


def test_longs_that_fall_together_are_liquidated_and_one_that_falls_alone_is_not() -> None:
    # 1,250 long each at 100, and 50,000 behind each: all falls to 65 lose 87,500, one 43,750.
    both = together(wicked(2.5, 59.0), wicked(2.5, 59.0))
    alone = together(wicked(2.5, 59.0), wicked(2.5, 100.0))

    assert [one.fills.reason.tolist()[1:] for one in both] == [[FILL_LIQUIDATION]] * 2
    assert [one.fills.reason.tolist()[1:] for one in alone] == [[], []]


def test_what_won_on_the_way_pays_for_what_lost() -> None:
    # 2,500 long fall to 40 while 1,000 short win to 60: at a share s of the way they have
    # 100,000 - 150,000 s + 40,000 s, and need 0.005 x (2,500 (100 - 60 s) + 1,000 (100 - 40 s)).
    prices = [100.0, 100.0, 60.0, 60.0]
    long_one = still((0.0, 5.0), track_of(prices, low={1: 40.0}))
    short_one = still((0.0, -2.0), track_of(prices, low={1: 60.0}))
    share = (100_000.0 - 1_750.0) / (110_000.0 - 950.0)
    left = 100_000.0 - 110_000.0 * share
    for place, pair in enumerate(((long_one, short_one), (short_one, long_one))):
        walks = together(*pair)
        lost, won = walks[place], walks[1 - place]

        assert lost.fills.reference[1] == pytest.approx(100.0 - 60.0 * share, rel=1e-9)
        assert won.fills.reference[1] == pytest.approx(100.0 - 40.0 * share, rel=1e-9)
        assert lost.fills.fee.tolist() == won.fills.fee.tolist() == [0.0, 0.0]
        assert sum(one.curve.equity[-1] for one in walks) == pytest.approx(left, rel=1e-6)


COLLATERAL_FALLS = track_of([100.0, 100.0, 100.0, 20.0, 20.0], low={1: 55.0})
"""Marks touch 55, and two bars later all is worth 20."""


def owing() -> list[tuple[Alone, Alone]]:
    """Return pairs of which the first comes to owe more than the second has."""
    dear = costs_of(fee=(0.0, 0.02), tiers=TIERS)
    short = still((0.0, -1.0), track_of([100.0, 295.0, 295.0, 295.0, 295.0]), costs=dear)
    carried = still((0.0, -1.0), track_of([100.0, 305.0, 305.0, 305.0, 305.0]))
    carried.account.balances["bonus"] = 20_000.0
    backed = still((0.9, 2.0), COLLATERAL_FALLS)
    backed.account.legs["collateral"][0, SPOT] = 0
    idle = [
        still(IDLE, track_of(FLAT), costs=dear),
        still(IDLE, track_of(FLAT)),
        still(IDLE, track_of(FLAT), cash=1_000.0),
    ]
    idle[1].account.balances["bonus"] = 20_000.0
    idle[2].account.legs["collateral"][0, SPOT] = 0
    return list(zip((short, carried, backed), idle, strict=True))


@pytest.mark.parametrize("case", range(3))
def test_a_debt_beyond_what_others_have_stays_with_who_owes_it(case: int) -> None:
    debtor, other = owing()[case]
    owed, paid = together(debtor, other)
    debtor, other = owing()[case]
    paid_too, owed_too = together(other, debtor)

    assert equities(owed)[-1] < 0.0
    assert equities(paid)[-1] <= 0.0
    assert equities(owed) == equities(owed_too)
    assert equities(paid) == equities(paid_too)


def test_at_an_open_that_none_can_carry_the_worst_loser_is_closed_first() -> None:
    # At 190 the large one has lost 108,000 and the small one 900; what is left after one is closed
    # with nothing is no more.
    large, small = ((0.0, -2.4), 190.0), ((0.0, -0.02), 190.0)
    for pair in ((large, small), (small, large)):
        walks = []
        for weights, price in pair:
            track = track_of(FLAT)
            track.open[1, 0, PERP] = price
            walks.append(still(weights, track))
        found = together(*walks)
        lost = found[pair.index(large)]
        assert lost.fills.reason.tolist()[1:] == [FILL_LIQUIDATION]
        assert sum(one.curve.equity[-1] for one in found) == 0.0


def test_a_purchase_takes_no_money_of_another_asset() -> None:
    # All of 50,000 and a fee of 1 %: 500 coins cannot be paid, whoever else has money.
    costs = costs_of(fee=(0.01, 0.0), tiers=TIERS)
    buyer = still((1.0, 0.0), track_of(FLAT), costs=costs)
    idle = still(IDLE, track_of(FLAT), costs=costs)
    for place, pair in enumerate(((buyer, idle), (idle, buyer))):
        bought = together(*pair)[place]

        assert fills(bought) == fills(apart(buyer))
        assert bought.curve.cash.min() > -1e-9


def test_coins_of_one_asset_that_a_liquidation_of_another_takes_are_its_loss() -> None:
    # 450 coins back 1,500 short beside 55,000 of cash: 100,000 in all, and at 170 the short has
    # lost 105,000 at once. The worst case takes all.
    track = track_of([100.0, 100.0, 100.0, 100.0])
    track.open[1, 0, PERP] = 170.0
    costs = costs_of(tiers=TIERS)._replace(worst_case=1)
    parts = []
    for weights, own in (((0.0, -3.0), track), ((0.9, 0.0), track_of(FLAT[:4]))):
        alone = still(weights, own, costs=costs)
        alone.account.legs["collateral"][0, SPOT] = 0
        parts.append(alone)

    lost, other = together(*parts)

    assert fills(other, 1) == [(1, FILL_COLLATERAL, SPOT, -450.0)]
    for one in (lost, other):
        assert one.curve.equity[1:].tolist() == [0.0] * 2
        assert one.parts[-1].sum() == pytest.approx(-CASH)
    assert other.curve.borne[-1] == pytest.approx(-CASH)


def test_a_hedge_that_the_venue_took_is_restored_for_its_asset_alone() -> None:
    falling = track_of([100.0, 100.0, 80.0, 80.0, 80.0])
    track = track_of(FLAT)
    track.deleveraged[2] = 0.5
    still_asset, hedged = together(still((0.5, -0.5), track), still((0.5, -0.5), falling))

    assert [row[1] for row in fills(hedged, 2)] == [FILL_DELEVERAGED, FILL_RESTORED, FILL_RESTORED]
    assert (still_asset.restored, hedged.restored) == (0, 1)
    assert len(fills(still_asset)) == 2


def paired(spot: list[float]) -> Alone:
    """Return an asset that sells a future against spot of its core at the second evaluation."""
    scene = Scene(baseline=(0.5, 0.0), limits=FREE, moments=len(spot))
    pairing = Pairing(scene=scene, spot=spot, enter="01111"[: len(spot)], allocation=0.2)
    track = pairing.track()
    account = pair_account(CASH)
    return Alone(pairing.plan(), pairing.signals(track), track, pair_costs(), CASH, account)


def test_assets_with_different_legs_are_told_apart() -> None:
    pair = paired([100.0, 100.0, 110.0, 120.0, 130.0])
    plain = still((0.5, -0.5), track_of([100.0, 90.0, 95.0, 80.0, 85.0], moments=[1, 2]))

    walks = together(plain, pair)

    assert {row[2] for row in fills(walks[1])} == {SPOT, PAIR_SPOT, FUTURE}
    assert FILL_RETAGGED in {row[1] for row in fills(walks[1])}
    for one, alone in zip(walks, (plain, pair), strict=True):
        own = apart(alone)
        assert fills(one) == fills(own)
        np.testing.assert_allclose(one.curve.equity, own.curve.equity, rtol=1e-12)
        np.testing.assert_allclose(one.parts, own.parts, rtol=1e-9, atol=1e-6)
        np.testing.assert_allclose(one.leg_parts, own.leg_parts, rtol=1e-9, atol=1e-6)
        np.testing.assert_allclose(one.curve.sleeve_spot, own.curve.sleeve_spot, rtol=1e-12)
        np.testing.assert_allclose(one.curve.sleeve_futures, own.curve.sleeve_futures, rtol=1e-12)
        np.testing.assert_allclose(one.futures_costs, own.futures_costs, rtol=1e-9, atol=1e-6)
        np.testing.assert_allclose(one.futures_price, own.futures_price, rtol=1e-9, atol=1e-6)


def test_what_belongs_to_no_asset_is_shared_as_the_cash_was() -> None:
    # At two midnights a tenth of 100,000, then of 110,000, by when each is worth 0.9.
    bars = 48
    track = track_of([100.0] * (bars + 1))
    track.worth[-1] = 0.9
    parts = []
    for cash in (60_000.0, 40_000.0):
        account = open_account(1, 2, cash)
        account.balances["interest"] = 0.1
        parts.append(still(IDLE, track, cash=cash)._replace(account=account))

    first, second = together(*parts)

    assert first.parts[-2, PART_INTEREST] == pytest.approx(6_000.0)
    assert second.parts[-2, PART_INTEREST] == pytest.approx(4_000.0)
    for one, share in ((first, 0.6), (second, 0.4)):
        assert one.parts[-1, PART_DEPEG] == pytest.approx(-11_000.0 * share)
        assert one.parts[-1, PART_INTEREST] == pytest.approx(19_900.0 * share)


def test_a_stablecoin_off_its_peg_is_exchanged_once_for_all() -> None:
    limits = {
        "peg_low": 0.97,
        "peg_high": 1.03,
        "peg_hours": 1,
        "safe_low": 0.99,
        "safe_high": 1.01,
        "safe_hours": 1,
        "rotates": 1,
    }
    track = track_of(FLAT)
    track.worth[1:] = 0.9
    costs = costs_of(fee=(0.01, 0.0), tiers=TIERS)
    first, second = together(
        still(IDLE, track, cash=60_000.0, limits=limits, costs=costs),
        still(IDLE, track, cash=40_000.0, limits=limits, costs=costs),
    )

    assert first.rotated_ms == second.rotated_ms == track.open_ms[1] + track.length_ms
    # 90,000 are exchanged for 1 %.
    assert first.curve.own_fees[-1] == pytest.approx(-540.0)
    assert second.curve.own_fees[-1] == pytest.approx(-360.0)
    assert equities(first)[-1] == pytest.approx(60_000.0 * 0.9 * 0.99)


def test_orders_that_a_lost_peg_holds_back_are_counted_for_their_asset() -> None:
    limits = {"peg_low": 0.97, "peg_high": 1.03, "peg_hours": 1, "safe_hours": 1}
    limits |= {"safe_low": 0.99, "safe_high": 1.01, "rotates": 0}
    track = track_of(FLAT, moments=[2], begins=False)
    track.worth[1:] = 0.9
    first, second = together(
        still(IDLE, track, limits=limits), still((0.5, -0.5), track, limits=limits)
    )

    assert (first.held_back, second.held_back) == (0, 1)
    assert fills(second) == [(3, FILL_REBALANCE, SPOT, 225.0)]


def test_each_asset_keeps_its_own_maintenance_tiers() -> None:
    short, many = costs_of(tiers=TIERS), costs_of(tiers=((10.0, 0.01, 0.0), (np.inf, 0.02, 0.1)))
    joined = join_costs([short, many])
    account = join_accounts([open_account(1, 2, 1.0), open_account(1, 2, 2.0)], [short, many])

    assert account.legs["ladder"].tolist() == [[0, 0], [1, 1]]
    assert joined.tier_cap.tolist() == [[np.inf, np.inf], [10.0, np.inf]]
    assert joined.tier_rate.tolist() == [[0.005, 0.005], [0.01, 0.02]]
    assert joined.tier_deduction.tolist() == [[0.0, 0.0], [0.0, 0.1]]
    assert account.balances["amount"].tolist() == [1.0, 2.0]
    assert account.legs["settles"].tolist() == [[0, 0], [1, 1]]
    assert account.balances["group"].tolist() == [0, 0]


def test_a_leg_that_only_another_asset_has_never_trades() -> None:
    pair = paired([100.0, 100.0, 110.0])
    plain = still(IDLE, track_of([50.0, 60.0, 70.0]))
    track = join_tracks([plain.track, pair.track])

    assert track.first_fill.shape == (2, 5, 2)
    assert np.isnan(track.first_fill[0, 2:]).all()
    assert track.close[:, 0, 2:].tolist() == [[60.0] * 3, [70.0] * 3]
    assert np.isnan(track.funding[0, 2:]).all()
    assert track.daily_volume[0, 2:].tolist() == [[1e9] * 2] * 3
    account = join_accounts([plain.account, pair.account], [plain.costs, pair.costs])
    assert account.legs["quantity"].tolist() == [[0.0] * 5] * 2
    assert account.legs["covers"][1].tolist() == pair.account.legs["covers"][0].tolist()


def test_two_equal_assets_are_one_of_twice_the_cash() -> None:
    prices = [100.0, 120.0, 90.0, 130.0, 110.0]
    one = still((0.4, -0.6), track_of(prices, moments=[0, 1, 2]))
    walks = together(one, one._replace(account=open_account(1, 2, CASH)))
    whole = apart(one)

    for walked in walks:
        assert fills(walked) == fills(whole)
        np.testing.assert_allclose(walked.curve.equity, whole.curve.equity, rtol=1e-12)


def test_an_account_in_two_currencies_gives_each_asset_its_share_of_both() -> None:
    # A third of the money is a reserve of another currency, which is worth half at the end.
    track = track_of(FLAT, moments=[0, 1, 2])
    track = track._replace(worth=np.ones((4, 2)), start_worth=np.ones(2))
    track.worth[2:, 1] = 0.5
    parts = []
    for weights in ((0.6, -0.3), IDLE):
        balances = np.repeat(open_account(1, 2, 0.0).balances, 2)
        balances["amount"] = [40_000.0, 20_000.0]
        balances["currency"] = [0, 1]
        account = account_on(open_account(1, 2, 0.0).legs, balances)
        alone = still(weights, track, cash=60_000.0)
        parts.append(alone._replace(account=account))

    walks, whole = walk_parts(parts)

    assert whole[-1] == pytest.approx(100_000.0)
    for one in walks:
        assert one.curve.equity[-1] == pytest.approx(50_000.0)
    # 360 coins were bought; of the 50,000 that its part is then worth 300 are 0.6.
    assert fills(walks[0])[0] == (0, FILL_REBALANCE, SPOT, 360.0)
    assert fills(walks[0])[-2:] == [
        (3, FILL_REBALANCE, SPOT, -60.0),
        (3, FILL_REBALANCE, PERP, 30.0),
    ]
