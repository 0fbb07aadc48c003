"""Maintenance margin and closing by force (domain 11)."""

import math

import numpy as np
import pytest

from steelyard.domain.codes import PART_BASIS, PART_FUTURES, PART_LIQUIDATION, PERP, SPOT
from steelyard.domain.plan import Account, Costs
from steelyard.ledger.account import book_fill, open_account, revalue
from steelyard.ledger.force import close_by_force
from steelyard.ledger.margin import (
    bankruptcy_price,
    forced_price,
    liquidation_price,
    maintenance,
    maintenance_of,
    margin_ratio,
    tier_of,
)
from tests.support.plans import costs_of

COSTS = costs_of(liquidation_fee=0.01)
"""Tiers: 0.4 % up to 50,000; 0.5 % less 50 beyond."""


def holding(coins: float, price: float, cash: float) -> Account:
    """Return an account with a futures position of its own, without costs."""
    account = open_account(1, 2, cash)
    revalue(account, 0, np.full(2, price))
    book_fill(account, 0, PERP, coins, price, 0.0)
    return account


def ladder(costs: Costs) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return costs.tier_cap[0], costs.tier_rate[0], costs.tier_deduction[0]


def test_the_upper_bound_belongs_to_its_tier() -> None:
    caps = COSTS.tier_cap[0]

    assert [tier_of(n, caps) for n in (0.0, 50_000.0, 50_000.01, 1e12)] == [0, 0, 1, 1]


def test_maintenance_has_no_jump_between_tiers() -> None:
    # 50,000 x 0.004 = 200; 60,000 x 0.005 - 50 = 250.
    assert maintenance(50_000.0, *ladder(COSTS)) == pytest.approx(200.0)
    assert maintenance(60_000.0, *ladder(COSTS)) == pytest.approx(250.0)


def test_the_margin_ratio_leaves_spot_out() -> None:
    # 1.2 x 50,000 = 60,000: maintenance 250 over cash of 40,000; the spot backs nothing.
    account = holding(-1.2, 50_000.0, 100_000.0)
    book_fill(account, 0, SPOT, 1.2, 50_000.0, 0.0)

    assert maintenance_of(account, COSTS, 0) == pytest.approx(250.0)
    assert margin_ratio(account, COSTS) == pytest.approx(250.0 / 40_000.0)


def test_without_a_position_nothing_needs_margin() -> None:
    assert margin_ratio(open_account(1, 2, 0.0), COSTS) == 0.0


def test_a_position_without_balance_is_beyond_every_margin() -> None:
    assert margin_ratio(holding(-1.0, 100.0, 0.0), COSTS) == math.inf


def test_a_short_is_liquidated_where_its_balance_meets_maintenance() -> None:
    # Cash 200, short 10 at 100: 200 + 10 x 100 = 10 p x 1.004, p = 1200 / 10.04.
    price = liquidation_price(200.0, -10.0, 100.0, ladder(COSTS))

    assert price == pytest.approx(1200.0 / 10.04)
    assert bankruptcy_price(200.0, -10.0, 100.0) == 120.0


def test_a_long_is_liquidated_below_its_entry() -> None:
    # 200 - 10 x 100 = -10 p x 0.996.
    assert liquidation_price(200.0, 10.0, 100.0, ladder(COSTS)) == pytest.approx(800.0 / 9.96)


def test_a_long_backed_in_full_has_no_liquidation_price() -> None:
    assert math.isnan(liquidation_price(1000.0, 10.0, 100.0, ladder(COSTS)))


def test_the_tier_is_that_of_the_notional_at_liquidation() -> None:
    # Short 400 at 100 with 20,000: 40,000 now, but p = 60,050 / (400 x 1.005) = 149.38: 59,751.
    price = liquidation_price(20_000.0, -400.0, 100.0, ladder(COSTS))

    assert price == pytest.approx(60_050.0 / (400.0 * 1.005))


def test_nothing_is_forced_before_its_price_is_reached() -> None:
    account = holding(-10.0, 100.0, 200.0)
    limit = 1200.0 / 10.04

    assert math.isnan(forced_price(account, 0, PERP, limit - 0.01, COSTS))
    assert forced_price(account, 0, PERP, limit + 0.01, COSTS) == pytest.approx(limit)


def test_a_long_is_forced_on_the_way_down() -> None:
    account = holding(10.0, 100.0, 200.0)

    assert math.isnan(forced_price(account, 0, PERP, 81.0, COSTS))
    assert forced_price(account, 0, PERP, 70.0, COSTS) == pytest.approx(800.0 / 9.96)


def test_a_position_that_is_beyond_its_price_goes_at_the_mark() -> None:
    account = holding(-10.0, 100.0, 200.0)
    revalue(account, 0, np.full(2, 119.9))

    assert forced_price(account, 0, PERP, 119.9, COSTS) == 119.9


def test_without_a_position_nothing_is_forced() -> None:
    assert math.isnan(forced_price(open_account(1, 2, 0.0), 0, PERP, 1e9, COSTS))


def test_other_positions_need_their_margin_first() -> None:
    # Another asset holds a long of 1,000: maintenance 4. Then 196 back the short of ten.
    account = open_account(2, 2, 200.0)
    costs = costs_of()
    costs = costs._replace(
        tier_cap=np.repeat(costs.tier_cap, 2, axis=0),
        tier_rate=np.repeat(costs.tier_rate, 2, axis=0),
        tier_deduction=np.repeat(costs.tier_deduction, 2, axis=0),
    )
    for asset, coins in ((0, -10.0), (1, 10.0)):
        revalue(account, asset, np.full(2, 100.0))
        book_fill(account, asset, PERP, coins, 100.0, 0.0)

    assert forced_price(account, 0, PERP, 200.0, costs) == pytest.approx(1196.0 / 10.04)


def test_a_forced_close_costs_slippage_and_fee() -> None:
    # At 119 the short has lost 190: 10 are left. 1,190 x (5 bp + 0.1 %) = 1.785.
    account = holding(-10.0, 100.0, 200.0)
    close_by_force(account, 0, PERP, 119.0, costs_of(liquidation_fee=0.001), 5.0)

    assert account.quantity[0, PERP] == 0.0
    assert account.balance[0] == pytest.approx(10.0 - 1.785)
    assert account.parts[0, :, PART_LIQUIDATION].sum() == pytest.approx(-1.785)
    assert account.parts[0, :, PART_FUTURES].sum() + account.parts[
        0, :, PART_BASIS
    ].sum() == pytest.approx(-190.0)
    assert account.futures_result[0] == pytest.approx(-191.785)


def test_a_forced_close_takes_no_more_than_the_balance() -> None:
    # 10 are left, costs would be 1,190 x 1 % = 11.9.
    account = holding(-10.0, 100.0, 200.0)
    close_by_force(account, 0, PERP, 119.0, COSTS, 0.0)

    assert account.balance[0] == 0.0
    assert account.parts[0, :, PART_LIQUIDATION].sum() == pytest.approx(-10.0)


def test_beyond_bankruptcy_the_venue_bears_the_rest() -> None:
    # At 150 the short has lost 500 of 200.
    account = holding(-10.0, 100.0, 200.0)
    close_by_force(account, 0, PERP, 150.0, COSTS, 0.0)

    assert account.balance[0] == 0.0
    assert account.parts[0].sum() == pytest.approx(-200.0)
    assert account.parts[0, :, PART_LIQUIDATION].sum() == pytest.approx(300.0)
