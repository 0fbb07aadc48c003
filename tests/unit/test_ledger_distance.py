"""How far the mark is from liquidation, by hand: one tier of 25 % maintenance margin."""

import numpy as np
import pytest

from steelyard.ledger.distance import liquidation_moves


def move(cash: float, quantity: float, mark: float = 100.0) -> float:
    tiers = np.array([np.inf]), np.array([0.25]), np.array([0.0])
    held = np.array([cash]), np.zeros(1), np.array([quantity]), np.array([mark])
    moves = liquidation_moves(*held, tiers)
    return float(moves[0])


def test_a_short_is_liquidated_by_a_rise() -> None:
    # 100 - (p - 100) = 0.25 p, so p = 160.
    assert move(100.0, -1.0) == pytest.approx(0.6)


def test_a_long_is_liquidated_by_a_fall() -> None:
    # 100 + 2 (p - 100) = 0.5 p, so p = 100 / 1.5.
    assert move(100.0, 2.0) == pytest.approx(-1 / 3)


def test_a_long_that_is_fully_backed_cannot_be_liquidated() -> None:
    # 100 + (p - 100) = 0.25 p only at 0.
    assert np.isnan(move(100.0, 1.0))


def test_without_position_or_mark_nothing_is_known() -> None:
    assert np.isnan(move(100.0, 0.0))
    assert np.isnan(move(100.0, -1.0, mark=np.nan))
