"""Where a run is most exposed to a shock, on holdings made by hand."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest

from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.plan import Track
from steelyard.domain.record import (
    FILL_EXPIRY,
    FILL_LIQUIDATION,
    FILL_REBALANCE,
    FILL_RETAGGED,
    Curve,
    Fills,
    Walk,
)
from steelyard.research.exposure import entries, exposed_at, exposures, most_exposed
from steelyard.research.kinds import Shock
from tests.support.plans import track_of

HOUR_MS = 3_600_000
Trade = tuple[int, int, float, float, int]
"""Bar, leg, coins, price, reason."""


def fills_of(trades: Sequence[Trade]) -> Fills:
    table = np.array(trades, float).reshape(-1, 5)
    whole = table.astype(np.int64)
    at = HOUR_MS * whole[:, 0]
    none = np.zeros(len(trades))
    return Fills(
        decided_ms=at,
        filled_ms=at,
        asset=np.zeros(len(trades), np.int64),
        leg=whole[:, 1],
        reason=whole[:, 4],
        quantity=table[:, 2],
        price=table[:, 3],
        reference=table[:, 3],
        fee=none,
        slippage=none,
    )


def walk_of(holdings: Sequence[tuple[float, float, float]], trades: Sequence[Trade] = ()) -> Walk:
    """Return a run with spot, futures and cash in quote at the end of each bar."""
    spot, futures, cash = np.array(holdings, float).T
    count = spot.size
    nothing: dict[str, Any] = dict.fromkeys(Curve._fields, np.zeros(count))
    curve = Curve(**nothing)._replace(
        ms=HOUR_MS * np.arange(1, count + 1),
        equity=spot + cash,
        spot=spot,
        futures=futures,
        cash=cash,
        backing=cash,
    )
    unused: dict[str, Any] = dict.fromkeys(Walk._fields, 0)
    return Walk(**unused)._replace(
        start_equity=100.0,
        curve=curve,
        fills=fills_of(trades),
    )


def flat(count: int, **more: Mapping[int, float]) -> Track:
    """Return bars at a price of 100 that never moves."""
    return track_of([100.0] * (count + 1), **more)  # type: ignore[arg-type]


def found(written: tuple[str, float], walk: Walk, track: Track) -> list[float]:
    exposure, _ = exposures(Shock(*written), walk, track)
    return [float(one) for one in exposure]


def test_a_fall_takes_net_exposure_and_strikes_where_that_is_largest() -> None:
    walk = walk_of([(60, 0, 40), (60, 20, 40), (60, -30, 40), (0, 0, 100)])
    # -30 %: 0.3 x 60 = 18; 0.3 x 80 = 24; 0.3 x 30 = 9. What is held at the last end meets no open.
    track = flat(4)

    assert found(("gap", -30.0), walk, track) == pytest.approx([0.18, 0.24, 0.09])
    assert most_exposed([Shock("gap", -30.0)], walk, track) == 2


def test_a_rise_takes_no_more_of_a_short_than_the_cash_behind_it() -> None:
    walk = walk_of([(60, -70, 40), (60, -60, 40)])
    # +100 %: spot earns 60, the short would lose 70 and loses the 40 that back it: +20 of 100.

    assert found(("gap", 100.0), walk, flat(2)) == pytest.approx([-0.20])


def test_coins_behind_futures_are_worth_what_a_gap_leaves_of_them() -> None:
    # +60 %: 3 coins of 30 become 48, the short of 60 loses 36: 12 of 100 + 18 - 36 = 82 are left.
    short = walk_of([(30, -60, 70)] * 2)._replace(in_coins=True)
    # -40 %: 50 of coins are 30, and a long of 100 would lose 40: all of the coins, 50, are lost.
    long = walk_of([(50, 100, 50)] * 2)._replace(in_coins=True)

    assert found(("gap", 60.0), short, flat(2)) == pytest.approx([0.18])
    assert found(("gap", -40.0), long, flat(2)) == pytest.approx([0.50])


def test_an_account_without_equity_is_not_exposed() -> None:
    walk = walk_of([(0, 50, -10), (0, 0, 0), (0, 0, 0)])

    assert found(("gap", -30.0), walk, flat(3)) == [0.0, 0.0]


def test_a_basis_hurts_long_futures_by_what_the_mark_moves() -> None:
    # Spot 100, mark 102: from 102 to 90 the mark falls by 12 / 102; a long of 51 loses 6.
    walk = walk_of([(60, 51, 40), (60, -51, 40), (0, 0, 100)])
    track = track_of([100.0] * 4, mark=[102.0] * 4)

    assert found(("basis", -10.0), walk, track) == pytest.approx([0.06, -0.06])


def test_a_lost_peg_takes_its_part_of_the_cash() -> None:
    walk = walk_of([(60, 0, 40), (30, 0, 70), (100, 0, 0)])

    assert found(("stable", 0.65), walk, flat(3)) == pytest.approx([0.14, 0.245])


def test_deleveraging_strikes_where_a_winning_short_earned_most() -> None:
    # Sold 0.5 at 100. Opens 100, 100, 90, 95: winning at the opens of bars 2 and 3 alone.
    # Bar 2 falls from 90 to 80: 0.5 x 10 = 5 of 100. Bar 3 falls from 95 to 60: 17.5 of 100.
    trades = [(0, PERP, -0.5, 100.0, FILL_REBALANCE)]
    closes = [100.0, 100.0, 90.0, 95.0, 95.0]
    track = track_of(closes, low={1: 50.0, 2: 80.0, 3: 60.0})
    walk = walk_of([(60, -0.5 * close, 40) for close in closes[1:]], trades)

    assert found(("adl", 50.0), walk, track) == pytest.approx([0.0, 0.05, 0.175])
    assert most_exposed([Shock("adl", 50.0)], walk, track) == 3


def test_a_long_position_is_not_one_that_deleveraging_is_looked_for_on() -> None:
    trades = [(0, PERP, 0.5, 90.0, FILL_REBALANCE)]
    walk = walk_of([(60, 50, 40)] * 3, trades)

    assert found(("adl", 50.0), walk, flat(3, low={1: 50.0, 2: 50.0})) == [0.0, 0.0]


def test_the_entry_averages_what_is_added_and_begins_anew_where_it_turns() -> None:
    trades = [
        (0, PERP, -1.0, 100.0, FILL_REBALANCE),
        (1, PERP, -3.0, 80.0, FILL_REBALANCE),  # (1 x 100 + 3 x 80) / 4 = 85
        (2, PERP, 2.0, 70.0, FILL_REBALANCE),  # less of it: still 85
        (3, SPOT, 9.0, 11.0, FILL_REBALANCE),  # another leg
        (4, PERP, 5.0, 60.0, FILL_REBALANCE),  # from -2 to +3: 60
        (5, PERP, -3.0, 50.0, FILL_LIQUIDATION),
    ]
    prices = entries(fills_of(trades), flat(7))

    assert prices[:5].tolist() == [100.0, 85.0, 85.0, 85.0, 60.0]
    assert np.isnan(prices[5:]).all()


def test_funding_counts_the_week_ahead_and_stands_against_the_position() -> None:
    # Settlements at the ends of bars 1 and 3. Held before them: -50 and -30 of 100, then nothing.
    # 0.3 % of 0.5 + 0.3 = 0.8 from bar 1 on, of 0.3 from bars 2 and 3 on.
    walk = walk_of([(60, -50, 40), (60, -40, 40), (60, -30, 40), (60, 0, 40), (60, 0, 40)])
    track = flat(5, funding={1: 0.0001, 3: 0.0001})
    exposure, side = exposures(Shock("funding", 0.3), walk, track)

    assert exposure == pytest.approx([0.0024, 0.0009, 0.0009, 0.0])
    assert side.tolist() == [-1.0, -1.0, -1.0, 1.0]
    assert exposed_at(Shock("funding", 0.3), walk, track, 2) == pytest.approx((0.0009, -1))


def test_a_frozen_venue_counts_what_was_traded_from_a_trade_on() -> None:
    # Bar 2 trades 0.1 x 100 = 10 of 100, bar 4 trades 30 of 100; a liquidation waits for nobody,
    # and neither does the first allocation.
    trades = [
        (0, SPOT, 0.6, 100.0, FILL_REBALANCE),
        (2, SPOT, 0.1, 100.0, FILL_REBALANCE),
        (3, PERP, 0.9, 100.0, FILL_LIQUIDATION),
        (4, PERP, -0.3, 100.0, FILL_REBALANCE),
    ]
    walk = walk_of([(60, 0, 40)] * 6, trades)

    assert found(("frozen", 2.0), walk, flat(6)) == pytest.approx([0.0, 0.1, 0.0, 0.3, 0.0])
    assert found(("frozen", 3.0), walk, flat(6)) == pytest.approx([0.0, 0.4, 0.0, 0.3, 0.0])


def test_a_frozen_venue_holds_up_no_expiry_and_no_coins_that_only_change_hands() -> None:
    # The last row is at the end of the last bar, where no further bar begins.
    trades = [
        (2, PERP, 0.1, 100.0, FILL_REBALANCE),
        (3, PERP + 2, 0.9, 100.0, FILL_EXPIRY),
        (4, PERP + 1, 0.9, 100.0, FILL_RETAGGED),
        (6, PERP + 1, 0.9, 100.0, FILL_RETAGGED),
    ]
    walk = walk_of([(60, 0, 40)] * 6, trades)

    assert found(("frozen", 2.0), walk, flat(6)) == pytest.approx([0.0, 0.1, 0.0, 0.0, 0.0])


def test_together_they_strike_where_the_sum_is_largest() -> None:
    # Gap: 0.3 x 60 = 18, 0.3 x 40 = 12, 0.3 x 20 = 6. Peg: 0.35 x 40 = 14, 21, 28. Sum 32, 33, 34.
    walk = walk_of([(60, 0, 40), (40, 0, 60), (20, 0, 80), (20, 0, 80)])
    track = flat(4)
    gap, peg, frozen = Shock("gap", -30.0), Shock("stable", 0.65), Shock("frozen", 1.0)

    assert most_exposed([gap], walk, track) == 1
    assert most_exposed([gap, peg], walk, track) == 3
    assert most_exposed([gap, frozen], walk, track) == 1
