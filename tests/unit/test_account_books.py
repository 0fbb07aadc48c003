"""The account: every unit of equity is attributed (domain 10)."""

import numpy as np
import pytest

from steelyard.domain.codes import (
    PART_BASIS,
    PART_FEES,
    PART_FUNDING,
    PART_FUTURES,
    PART_SLIPPAGE,
    PART_SPOT,
    PERP,
    SPOT,
)
from steelyard.domain.plan import Account
from steelyard.ledger.account import book_fill, equity, open_account, revalue
from steelyard.ledger.cash import settle_funding


def account_at(spot: float, mark: float, cash: float = 1000.0) -> Account:
    account = open_account(1, 2, cash)
    revalue(account, 0, np.array([spot, mark]))
    return account


def test_valuing_an_empty_account_changes_nothing() -> None:
    account = account_at(100.0, 101.0)

    assert equity(account) == 1000.0
    assert not account.parts.any()


def test_bought_spot_is_equity_less_fee_and_slippage() -> None:
    # 2 coins at 101 against 100: 202 paid, slippage 2, fee 202 x 0.01 = 2.02.
    account = account_at(100.0, 100.0)
    paid = book_fill(account, 0, SPOT, 2.0, 101.0, 0.01)

    assert paid == pytest.approx((2.02, 2.0))
    assert account.balance[0] == pytest.approx(1000.0 - 202.0 - 2.02)
    assert equity(account) == pytest.approx(1000.0 - 2.0 - 2.02)


def test_a_futures_fill_costs_only_its_fee_and_slippage() -> None:
    # Short 3 at 99 against a mark of 100: slippage -3 x -1 = 3, fee 297 x 0.01.
    account = account_at(100.0, 100.0)
    paid = book_fill(account, 0, PERP, -3.0, 99.0, 0.01)

    assert paid == pytest.approx((2.97, 3.0))
    assert account.balance[0] == pytest.approx(1000.0 - 5.97)
    assert account.futures_result[0] == pytest.approx(-5.97)


def test_a_fill_better_than_the_mark_is_a_gain_by_slippage() -> None:
    account = account_at(100.0, 100.0)
    book_fill(account, 0, PERP, 1.0, 99.5, 0.0)

    assert account.parts[0, :, PART_SLIPPAGE].sum() == pytest.approx(0.5)
    assert account.balance[0] == pytest.approx(1000.5)


def test_the_result_of_futures_splits_into_delta_and_basis() -> None:
    # Spot 100 to 104, mark 101 to 106: of -2 x 5 = -10, -2 x 4 is delta and -2 x 1 basis.
    account = account_at(100.0, 101.0)
    book_fill(account, 0, PERP, -2.0, 101.0, 0.0)
    revalue(account, 0, np.array([104.0, 106.0]))

    assert account.balance[0] == pytest.approx(990.0)
    assert account.parts[0, :, PART_FUTURES].sum() == pytest.approx(-8.0)
    assert account.parts[0, :, PART_BASIS].sum() == pytest.approx(-2.0)


def test_the_change_of_spot_is_attributed_to_spot() -> None:
    account = account_at(100.0, 100.0)
    book_fill(account, 0, SPOT, 2.0, 100.0, 0.0)
    revalue(account, 0, np.array([90.0, 100.0]))

    assert account.parts[0, :, PART_SPOT].sum() == pytest.approx(-20.0)
    assert equity(account) == pytest.approx(980.0)


@pytest.mark.parametrize(
    ("position", "rate", "received"),
    [(-2.0, 0.001, 0.22), (2.0, 0.001, -0.22), (-2.0, -0.001, -0.22)],
)
def test_positive_funding_is_paid_by_longs(position: float, rate: float, received: float) -> None:
    # 2 coins at a mark of 110: 220 x 0.001.
    account = account_at(100.0, 110.0)
    book_fill(account, 0, PERP, position, 110.0, 0.0)

    assert settle_funding(account, 0, PERP, rate) == pytest.approx(received)
    assert account.balance[0] == pytest.approx(1000.0 + received)
    assert account.parts[0, :, PART_FUNDING].sum() == pytest.approx(received)
    assert account.futures_result[0] == pytest.approx(received)


def test_several_assets_share_one_wallet_and_keep_their_own_books() -> None:
    account = open_account(2, 2, 1000.0)
    for asset in range(2):
        revalue(account, asset, np.array([100.0, 100.0]))
    book_fill(account, 0, SPOT, 1.0, 100.0, 0.0)
    book_fill(account, 1, PERP, -1.0, 100.0, 0.0)
    revalue(account, 0, np.array([110.0, 110.0]))
    revalue(account, 1, np.array([95.0, 95.0]))

    assert equity(account) == pytest.approx(1015.0)
    assert account.parts[0, :, PART_SPOT].sum() == pytest.approx(10.0)
    assert account.parts[1, :, PART_FUTURES].sum() == pytest.approx(5.0)
    assert account.futures_result.tolist() == [0.0, pytest.approx(5.0)]


def test_a_leg_more_is_a_row_more() -> None:
    # A third leg, such as a dated future, with its own mark: 1 x (103 - 102), of it 1 x 2 delta.
    account = open_account(1, 3, 1000.0)
    revalue(account, 0, np.array([100.0, 101.0, 102.0]))
    book_fill(account, 0, 2, 1.0, 102.0, 0.0)
    revalue(account, 0, np.array([102.0, 102.0, 103.0]))

    assert account.balance[0] == pytest.approx(1001.0)
    assert account.parts[0, :, PART_FUTURES].sum() == pytest.approx(2.0)
    assert account.parts[0, :, PART_BASIS].sum() == pytest.approx(-1.0)


def test_fees_of_both_legs_are_attributed_to_fees() -> None:
    # 1 x 100 x 0.001 + 2 x 100 x 0.0005.
    account = account_at(100.0, 100.0)
    book_fill(account, 0, SPOT, 1.0, 100.0, 0.001)
    book_fill(account, 0, PERP, -2.0, 100.0, 0.0005)

    assert account.parts[0, :, PART_FEES].sum() == pytest.approx(-0.2)


def test_a_position_closed_in_parts_leaves_no_dust() -> None:
    # 0.3 - 0.1 - 0.2 is 2.8e-17 in binary; a venue counts lots, and nothing is left.
    account = account_at(100.0, 100.0)
    for coins in (0.3, -0.1, -0.2):
        book_fill(account, 0, PERP, coins, 100.0, 0.0)

    assert account.quantity[0, PERP] == 0.0
