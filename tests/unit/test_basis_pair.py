"""The basis pair: which spot becomes part of it, computed by hand."""

import pytest

from steelyard.planning.basis_pair import PairCosts, basis_pair, pair_yield


def test_unhedged_spot_is_taken_first_and_the_rest_is_bought() -> None:
    # 0.6 of spot, 0.5 of it hedged: 0.1 is free, so 0.15 of 0.25 is bought.
    pair = basis_pair(0.6, -0.5, 0.25, held_first=True)

    assert pair == pytest.approx((0.5, 0.75, -0.25))


def test_a_hedge_beyond_the_spot_leaves_none_to_take() -> None:
    assert basis_pair(0.3, -0.7, 0.2, held_first=True) == pytest.approx((0.3, 0.5, -0.2))


def test_without_held_spot_all_of_it_is_bought() -> None:
    assert basis_pair(0.6, 0.4, 0.2, held_first=False) == pytest.approx((0.6, 0.8, -0.2))


def test_without_costs_the_yield_is_the_basis() -> None:
    # 102 / 100 - 1 in 73 days, a fifth of a year: 10 %; on 1 + 0.5 x 1.02 of capital 6.62 %.
    free = PairCosts(spot_fee=0.0, future_fee=0.0, settlement_fee=0.0, slippage=0.0, margin=0.5)
    found = pair_yield(100.0, 102.0, 73.0, free)

    assert (found.gross, found.cost, found.net) == pytest.approx((0.02, 0.0, 0.02))
    assert found.on_spot == pytest.approx(0.10)
    assert found.on_capital == pytest.approx(0.10 / 1.51)
