"""This file turns targets and holdings into orders (domain 9.6)."""

import math
from typing import Final

import numpy as np

from steelyard.domain.arrays import Table
from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.compiled import compiled_inside

TOLERANCE: Final = 1e-12
"""Weights are decimals: bounds are inclusive up to this much (domain 3.1)."""

SENT: Final = 0
TOO_SMALL: Final = 1
CAPPED: Final = 2

LEG: Final = np.dtype(
    [
        ("weight", np.float64),
        ("target", np.float64),
        ("price", np.float64),
        ("lot", np.float64),
        ("least", np.float64),
        ("in_coins", np.int64),
        ("change", np.float64),
        ("order", np.float64),
        ("dropped", np.int64),
    ],
    align=True,
)
"""One leg of an account being planned; spot is row 0, futures row 1.

``weight``, ``target``: held and wanted, signed fractions of equity. ``price``: quote per coin,
known when the order is decided; of an inverse contract, whose quantity is its face value, 1.
``lot``: coins, or face value; 0 is not rounded. ``least``: smallest notional worth an order, quote.
``in_coins``: 1 where coins back the futures. ``change``: weight to trade, before caps.
``order``: coins, or face value; positive buys, 0 does nothing. ``dropped``: why a leg beyond its
band is not traded: ``TOO_SMALL`` for the policy, the venue or its lot; ``CAPPED`` where only the
turnover left for the day made it so; else ``SENT``.
"""


@compiled_inside
def band_of(limits: Table, target: float) -> float:
    """Return how far a leg may be off its target without a trade, as a fraction of equity.

    Parameters
    ----------
    limits : LIMITS[1]
    target : float, signed fraction of equity
    """
    relative = limits[0]["relative_band"]
    return relative * abs(target) if relative > 0.0 else limits[0]["band"]


@compiled_inside
def set_change(leg: np.void, equity: float, band: float) -> None:
    """Set the change of weight that a leg trades: all the way to its target, or nothing.

    A leg beyond its band whose change is worth less than the least order is dropped.

    Parameters
    ----------
    leg : LEG
    equity : float, quote
    band : float, fraction of equity
    """
    change = leg["target"] - leg["weight"]
    within = abs(change) < band - TOLERANCE
    small = abs(change) < leg["least"] / equity - TOLERANCE
    leg["change"] = 0.0 if within or small else change
    leg["dropped"] = TOO_SMALL if small and not within and abs(change) > TOLERANCE else SENT


@compiled_inside
def leverage_of(spot: float, futures: float, in_coins: bool) -> float:  # noqa: FBT001
    """Return |futures| over the cash that spot leaves; infinity where nothing backs them.

    Parameters
    ----------
    spot, futures : float, fractions of equity
    in_coins : bool
        Whether spot backs them, and not cash.
    """
    if futures == 0.0:
        return 0.0
    backing = spot if in_coins else 1.0 - spot
    return abs(futures) / backing if backing > 0.0 else math.inf


@compiled_inside
def lowers_risk(legs: Table) -> bool:
    """Tell whether the changes of all legs together lower |net delta| or effective leverage.

    Parameters
    ----------
    legs : LEG[2]
    """
    spot = legs[SPOT]["weight"]
    futures = legs[PERP]["weight"]
    new_spot = spot + legs[SPOT]["change"]
    new_futures = futures + legs[PERP]["change"]
    if abs(new_spot + new_futures) < abs(spot + futures) - TOLERANCE:
        return True
    in_coins = legs[PERP]["in_coins"] == 1
    before = leverage_of(spot, futures, in_coins)
    return leverage_of(new_spot, new_futures, in_coins) < before - TOLERANCE


@compiled_inside
def turnover_scale(total: float, room: float, is_exempt: bool) -> float:  # noqa: FBT001
    """Return what all legs are multiplied by so that the day's turnover stays within its cap.

    Parameters
    ----------
    total : float, fraction of equity
        Sum of |change| over the legs.
    room : float, fraction of equity
        What the cap leaves for today.
    is_exempt : bool
        Trades that lower risk are not capped.
    """
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
def sized(leg: np.void, wanted: float, equity: float, is_safer: bool) -> float:  # noqa: FBT001
    """Return the quantity that trades a notional in whole lots; 0 where that is too little to send.

    Parameters
    ----------
    leg : LEG
    wanted, equity : float, quote
        Signed notional; what the account is worth.
    """
    order = round_to_lot(wanted / leg["price"], leg["lot"], is_safer)
    if abs(order) * leg["price"] < leg["least"] - TOLERANCE * equity:
        return 0.0
    return float(order)


@compiled_inside
def plan_orders(legs: Table, equity: float, room: float) -> float:
    """Set the quantity to trade in each leg, whose ``change`` is set, and why one is dropped.

    Parameters
    ----------
    legs : LEG[2]
    equity : float, quote, > 0
    room : float, fraction of equity
        Turnover left for today; infinity for what no cap holds back.

    Returns
    -------
    turnover : float, fraction of equity
        What the orders use of the day's cap; 0 where the trade lowers risk and is exempt.
    """
    is_safer = lowers_risk(legs)
    total = abs(legs[SPOT]["change"]) + abs(legs[PERP]["change"])
    scale = turnover_scale(total, room, is_safer)
    turnover = 0.0
    for number in range(2):
        leg = legs[number]
        if leg["change"] == 0.0:
            leg["order"] = 0.0
            continue
        whole = leg["change"] * equity
        leg["order"] = sized(leg, whole * scale, equity, is_safer)
        if leg["order"] == 0.0:
            fits = sized(leg, whole, equity, is_safer) != 0.0
            leg["dropped"] = CAPPED if fits else TOO_SMALL
        elif not is_safer:
            turnover += abs(whole * scale) / equity
    return turnover
