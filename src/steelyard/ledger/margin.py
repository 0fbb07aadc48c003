"""This file is margin: maintenance tiers, the price of liquidation, and liquidation itself."""

import math

import numpy as np

from steelyard.domain.codes import PART_LIQUIDATION, SPOT
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.plan import Account, Costs
from steelyard.ledger.account import revalue_leg


@compiled_inside
def tier_of(notional: float, cap: np.ndarray) -> int:
    """Return the row of the tier that holds a notional; its upper bound belongs to it."""
    tier = 0
    while tier < cap.size - 1 and notional > cap[tier]:
        tier += 1
    return tier


@compiled_inside
def maintenance(notional: float, cap: np.ndarray, rate: np.ndarray, deduction: np.ndarray) -> float:
    """Return the maintenance margin of a notional, in quote (domain 11.1).

    Parameters
    ----------
    notional : float, quote, >= 0
    cap, rate, deduction : float64[n_tiers]
        As in ``Tiers``.
    """
    tier = tier_of(notional, cap)
    return notional * rate[tier] - deduction[tier]


@compiled_inside
def liquidation_price(
    backing: float,
    quantity: float,
    entry: float,
    cap: np.ndarray,
    rate: np.ndarray,
    deduction: np.ndarray,
) -> float:
    """Return the mark at which a linear position meets its maintenance margin (domain 11.2).

    Parameters
    ----------
    backing : float, quote
        Wallet balance less the maintenance margin of other positions plus their unrealised result.
    quantity : float, coins, not 0
        Negative is short.
    entry : float, quote per coin
    cap, rate, deduction : float64[n_tiers]

    Returns
    -------
    float, quote per coin
        NaN where no positive price liquidates. The tier is the one that holds the notional there.
    """
    side = 1.0 if quantity > 0.0 else -1.0
    size = abs(quantity)
    for tier in range(cap.size):
        slope = size * (rate[tier] - side)
        price = (backing + deduction[tier] - quantity * entry) / slope
        if price > 0.0 and tier_of(size * price, cap) == tier:
            return price
    return math.nan


@compiled_inside
def bankruptcy_price(backing: float, quantity: float, entry: float) -> float:
    """Return the mark at which the margin balance is zero, in quote per coin (domain 11.4)."""
    return entry - backing / quantity


@compiled_inside
def maintenance_of(account: Account, costs: Costs) -> float:
    """Return the maintenance margin of all futures positions at their marks, in quote."""
    total = 0.0
    for asset in range(account.quantity.shape[0]):
        for leg in range(SPOT + 1, account.quantity.shape[1]):
            notional = abs(account.quantity[asset, leg] * account.price[asset, leg])
            if notional > 0.0:
                total += maintenance(
                    notional,
                    costs.tier_cap[asset],
                    costs.tier_rate[asset],
                    costs.tier_deduction[asset],
                )
    return total


@compiled_inside
def margin_ratio(account: Account, costs: Costs) -> float:
    """Return maintenance margin over margin balance; 0 without a position (domain 1.1).

    Spot held outside the futures wallet backs nothing: the margin balance is the cash.
    Infinity when a position is left with no balance.
    """
    needed = maintenance_of(account, costs)
    if needed <= 0.0:
        return 0.0
    if account.cash[0] <= 0.0:
        return math.inf
    return needed / account.cash[0]


@compiled_inside
def close_by_force(
    account: Account, asset: int, leg: int, price: float, costs: Costs, slippage_bps: float
) -> None:
    """Close a position at a mark, worsened by slippage, with the liquidation fee (domain 11.4).

    The loss is limited to the margin balance: what would be below zero is the venue's. Slippage,
    fee and that limit are attributed to liquidation.
    """
    revalue_leg(account, asset, leg, price, price - account.price[asset, leg])
    notional = abs(account.quantity[asset, leg]) * price
    cost = notional * (slippage_bps / 10_000.0 + costs.liquidation_fee)
    charged = account.cash[0] - max(0.0, account.cash[0] - cost)
    account.cash[0] -= charged
    account.parts[asset, PART_LIQUIDATION] -= charged
    account.futures_result[asset] -= charged
    account.quantity[asset, leg] = 0.0


@compiled_inside
def forced_price(account: Account, asset: int, leg: int, adverse: float, costs: Costs) -> float:
    """Return the mark at which a leg is closed by force on its way to ``adverse``; NaN: it is not.

    Parameters
    ----------
    adverse : float, quote per coin
        The worst mark of the interval that begins at the mark the leg is valued at. Where the leg
        is already beyond its liquidation price, that mark itself is the price.
    """
    quantity = account.quantity[asset, leg]
    if quantity == 0.0:
        return math.nan
    mark = account.price[asset, leg]
    own = maintenance(
        abs(quantity * mark),
        costs.tier_cap[asset],
        costs.tier_rate[asset],
        costs.tier_deduction[asset],
    )
    others = maintenance_of(account, costs) - own
    if account.cash[0] - others <= own:
        return mark
    price = liquidation_price(
        account.cash[0] - others,
        quantity,
        mark,
        costs.tier_cap[asset],
        costs.tier_rate[asset],
        costs.tier_deduction[asset],
    )
    reached = adverse <= price if quantity > 0.0 else adverse >= price
    return price if reached else math.nan
