"""From targets to orders (domain 9.6): bands, least sizes, turnover, lots.

Equity is 100,000, the price 50,000.
"""

import math

import pytest

from steelyard.planning.orders import CAPPED, SENT, TOO_SMALL, band_of, round_to_lot
from tests.support.plans import limits_of, ordered


def test_a_leg_on_the_edge_of_its_band_trades_to_its_target() -> None:
    # 0.62 - 0.60 is a little less than 0.02 in binary. 0.02 x 100,000 / 50,000 = 0.04 coins.
    found = ordered((0.60, 0.38), (0.62, 0.38))

    assert found.coins == pytest.approx((0.04, 0.0))


def test_a_leg_within_its_band_stays() -> None:
    found = ordered((0.60, 0.38), (0.6199, 0.38))

    assert found.coins == (0.0, 0.0)
    assert found.dropped == (SENT, SENT)


def test_a_leg_worth_less_than_the_least_order_stays_and_says_so() -> None:
    # 0.0009 of 100,000 is 90. The other leg is where it should be.
    found = ordered((0.6, 0.4), (0.6009, 0.4), band=0.0)

    assert found.coins == (0.0, 0.0)
    assert found.dropped == (TOO_SMALL, SENT)


def test_a_first_allocation_too_small_for_the_least_order_is_dropped_in_both_legs() -> None:
    # 0.6 and 0.4 of 150 are 90 and 60, both below 100.
    found = ordered((0.0, 0.0), (0.6, 0.4), nav=150.0, band=0.0, room=math.inf)

    assert found.coins == (0.0, 0.0)
    assert found.dropped == (TOO_SMALL, TOO_SMALL)


def test_a_drift_within_the_band_is_not_dropped_however_little_it_is_worth() -> None:
    # 0.01 of 150 is 1.50: below the least order, but nothing was to be traded.
    assert ordered((0.60, 0.38), (0.61, 0.38), nav=150.0).dropped == (SENT, SENT)


def test_a_leg_worth_exactly_the_least_order_trades() -> None:
    assert ordered((0.6, 0.4), (0.601, 0.4), band=0.0).coins == pytest.approx((0.002, 0.0))


@pytest.mark.parametrize(("target", "band"), [(0.4, 0.04), (-0.5, 0.05), (0.0, 0.0)])
def test_a_relative_band_is_a_share_of_the_target(target: float, band: float) -> None:
    assert band_of(limits_of(relative_band=0.10), target) == pytest.approx(band)


def test_an_absolute_band_is_the_same_for_every_target() -> None:
    assert band_of(limits_of(band=0.03), 0.9) == 0.03


# -- turnover -----------------------------------------------------------------------------------


def test_turnover_beyond_the_cap_is_scaled_in_both_legs() -> None:
    # From (0.3, -0.7) to (0.6, 0.4): delta rises from -0.4 to 1.0, leverage stays 1.
    # 0.3 + 1.1 = 1.4 of 0.7 allowed: half of each.
    found = ordered((0.3, -0.7), (0.6, 0.4), room=0.7)

    assert found.coins == pytest.approx((0.3, 1.1))
    assert found.turnover == pytest.approx(0.7)


def test_a_day_without_room_trades_nothing_and_says_so() -> None:
    found = ordered((0.3, -0.7), (0.6, 0.4), room=-0.1)

    assert found.coins == (0.0, 0.0)
    assert found.dropped == (CAPPED, CAPPED)
    assert found.turnover == 0.0


def test_what_lowers_delta_is_exempt_and_uses_no_room() -> None:
    # Delta 1.0 to 0.0: all of 1.0 although the room is 0.1.
    found = ordered((0.6, 0.4), (0.6, -0.6), room=0.1)

    assert found.coins == pytest.approx((0.0, -2.0))
    assert found.turnover == 0.0


def test_what_lowers_leverage_is_exempt() -> None:
    # Delta stays 0; leverage falls from 0.9 / 0.1 to 0.6 / 0.4.
    found = ordered((0.9, -0.9), (0.6, -0.6), room=0.1)

    assert found.coins == pytest.approx((-0.6, 0.6))


def test_a_full_portfolio_without_futures_lowers_no_leverage() -> None:
    # No cash and no futures: selling spot lowers delta, moving it to futures does not.
    assert ordered((1.0, 0.0), (0.5, 0.0)).is_safer
    assert not ordered((1.0, 0.0), (0.8, 0.2)).is_safer


def test_futures_without_any_cash_are_made_safer_by_cash() -> None:
    # Delta stays 0.4; there was no cash behind the short, then there is some.
    assert ordered((1.0, -0.6), (0.9, -0.5)).is_safer
    assert not ordered((1.0, -0.6), (1.0, -0.5)).is_safer


def test_closing_all_futures_is_safer_even_if_it_takes_the_last_cash() -> None:
    # Delta stays 1.0; leverage falls from 1 to 0.
    assert ordered((0.6, 0.4), (1.0, 0.0)).is_safer


def test_futures_that_are_left_without_cash_are_not_safer() -> None:
    # Delta stays 0.9, and nothing backs what is left of the futures.
    assert not ordered((0.6, 0.3), (1.0, -0.1), band=0.0).is_safer


def test_the_least_order_is_asked_again_after_the_cap() -> None:
    # 0.3 + 1.1 of 1.4 scaled to 0.004: spot 0.000857 (86), futures 0.003143 (314) of 100,000.
    found = ordered((0.3, -0.7), (0.6, 0.4), room=0.004)

    assert found.coins == pytest.approx((0.0, 1.1 * 0.004 / 1.4 * 2.0))
    assert found.dropped == (CAPPED, SENT)


def test_no_cap_holds_back_an_infinite_room() -> None:
    found = ordered((0.0, 0.0), (0.6, 0.4), room=math.inf)

    assert found.coins == pytest.approx((1.2, 0.8))


# -- lots ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("quantity", "is_nearest", "rounded"),
    [
        (0.0156, True, 0.02),
        (0.0156, False, 0.01),
        (-0.0156, True, -0.02),
        (-0.0156, False, -0.01),
        (0.03, False, 0.03),  # 0.03 / 0.01 is a little less than 3 in binary
        (0.004, True, 0.0),
    ],
)
def test_quantities_are_whole_lots(quantity: float, is_nearest: bool, rounded: float) -> None:  # noqa: FBT001
    assert round_to_lot(quantity, 0.01, is_nearest) == pytest.approx(rounded)


def test_without_a_lot_nothing_is_rounded() -> None:
    assert round_to_lot(0.0156, 0.0, False) == 0.0156  # noqa: FBT003


def test_a_hedge_rounds_to_the_nearest_lot_and_an_increase_toward_zero() -> None:
    # 0.53 x 2 = 1.06 coins in lots of 0.1: 1.1 sold for a hedge, 1.0 bought otherwise.
    assert ordered((0.6, 0.4), (0.6, -0.13), lot=0.1).coins[1] == pytest.approx(-1.1)
    assert ordered((0.3, 0.0), (0.3, 0.53), lot=0.1).coins[1] == pytest.approx(1.0)


def test_an_order_below_one_lot_is_dropped() -> None:
    # 0.03 x 2 = 0.06 coins in lots of 0.1.
    found = ordered((0.30, 0.30), (0.33, 0.30), lot=0.1)

    assert found.coins == (0.0, 0.0)
    assert found.dropped == (TOO_SMALL, SENT)


def test_a_lot_too_large_is_no_fault_of_the_cap() -> None:
    # 0.03 and 0.40 scaled by 0.1 / 0.43; the 0.06 coins of spot are no lot of 0.1 with the cap or
    # without, the 0.8 coins of futures are one lot: 0.8 x 0.1 / 0.43 = 0.186.
    found = ordered((0.30, 0.00), (0.33, 0.40), lot=0.1, room=0.1)

    assert found.coins == pytest.approx((0.0, 0.1))
    assert found.dropped == (TOO_SMALL, SENT)
