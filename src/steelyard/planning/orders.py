"""This file turns targets and holdings into orders (domain 9.6)."""

from typing import Final, NamedTuple

import numpy as np

from steelyard.domain.arrays import Floats

from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.plan import Plan

TOLERANCE: Final = 1e-12
"""Weights are decimals: bounds are inclusive up to this much (domain 3.1)."""


class Legs(NamedTuple):
    """Holdings, wishes and the sizes a venue takes, per leg: spot, futures.

    Parameters
    ----------
    weights, targets : float64[2], signed fractions of equity
        Held and wanted.
    price : float64[2], quote per coin
        Known when the order is decided.
    lot : float64[2], coins
        0: not rounded.
    least : float64[2], quote
        Smallest notional worth an order: the larger of the policy's and the venue's.
    """

    weights: Floats
    targets: Floats
    price: Floats
    lot: Floats
    least: Floats


@compiled_inside
def lowers_risk(weights: np.ndarray, change: np.ndarray) -> bool:
    """Tell whether a trade lowers |net delta| or effective leverage.

    Parameters
    ----------
    weights, change : float64[2], fractions of equity
        Spot and signed futures before the trade, and the trade.
    """
    delta = abs(weights[SPOT] + weights[PERP])
    new_delta = abs(weights[SPOT] + change[SPOT] + weights[PERP] + change[PERP])
    if new_delta < delta - TOLERANCE:
        return True
    cash = 1.0 - weights[SPOT]
    new_cash = cash - change[SPOT]
    if cash <= 0.0 or new_cash <= 0.0:
        return new_cash > cash and abs(weights[PERP]) > 0.0
    leverage = abs(weights[PERP]) / cash
    return abs(weights[PERP] + change[PERP]) / new_cash < leverage - TOLERANCE


@compiled_inside
def band_of(plan: Plan, target: float) -> float:
    """Return how far a leg may be off its target without a trade, as a fraction of equity."""
    relative = plan.limits[0]["relative_band"]
    return relative * abs(target) if relative > 0.0 else plan.limits[0]["band"]


@compiled_inside
def weight_change(legs: Legs, leg: int, equity: float, band: float) -> float:
    """Return the change of weight that a leg trades: all the way to its target, or nothing.

    Parameters
    ----------
    equity : float, quote
    band : float, fraction of equity
    """
    change: float = legs.targets[leg] - legs.weights[leg]
    small = abs(change) < band - TOLERANCE or abs(change) < legs.least[leg] / equity - TOLERANCE
    return 0.0 if small else change


@compiled_inside
def turnover_scale(change: np.ndarray, room: float, is_exempt: bool) -> float:  # noqa: FBT001
    """Return what all legs are multiplied by so that the day's turnover stays within its cap.

    Parameters
    ----------
    change : float64[2], fractions of equity
    room : float, fraction of equity
        What the cap leaves for today.
    is_exempt : bool
        Trades that lower risk are not capped.
    """
    total = abs(change[SPOT]) + abs(change[PERP])
    if is_exempt or total <= room + TOLERANCE:
        return 1.0
    return max(0.0, room) / total


@compiled_inside
def round_to_lot(quantity: float, lot: float, is_nearest: bool) -> float:  # noqa: FBT001
    """Return a quantity in whole lots: nearest for what lowers risk, else toward zero.

    Examples
    --------
    >>> round_to_lot(-0.0156, 0.01, True), round_to_lot(-0.0156, 0.01, False)
    (-0.02, -0.01)
    """
    if lot <= 0.0:
        return quantity
    lots = abs(quantity) / lot
    whole = np.floor(lots + 0.5) if is_nearest else np.floor(lots + 1e-9)
    return whole * lot if quantity > 0.0 else -whole * lot


@compiled_inside
def plan_orders(
    legs: Legs, bands: np.ndarray, equity: float, room: float, orders: np.ndarray
) -> tuple[int, float]:
    """Set the quantity to trade in each leg.

    Parameters
    ----------
    legs : Legs
    bands : float64[2], fractions of equity
    equity : float, quote, > 0
    room : float, fraction of equity
        Turnover left for today; infinity for what no cap holds back.
    orders : float64[2], coins
        Overwritten; positive buys, 0 does nothing.

    Returns
    -------
    dropped : int
        Legs off target by more than the band whose order was too small after capping or rounding.
    turnover : float, fraction of equity
        What the orders use of the day's cap; 0 where the trade lowers risk and is exempt.
    """
    change = np.empty(2)
    for leg in range(2):
        change[leg] = weight_change(legs, leg, equity, bands[leg])
    is_safer = lowers_risk(legs.weights, change)
    scale = turnover_scale(change, room, is_safer)
    dropped = 0
    turnover = 0.0
    for leg in range(2):
        wanted = change[leg] * scale * equity
        orders[leg] = round_to_lot(wanted / legs.price[leg], legs.lot[leg], is_safer)
        if change[leg] == 0.0:
            orders[leg] = 0.0
        elif abs(wanted) < legs.least[leg] - TOLERANCE * equity or orders[leg] == 0.0:
            orders[leg] = 0.0
            dropped += 1
        elif not is_safer:
            turnover += abs(wanted) / equity
    return dropped, turnover
