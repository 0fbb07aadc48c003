"""This file is margin: maintenance tiers, initial margin, and the price of liquidation."""

import math
from typing import TypeAlias

import numpy as np

from steelyard.domain.arrays import Floats
from steelyard.domain.codes import SPOT
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.contracts import INVERSE, SPOT_COIN
from steelyard.domain.plan import Account, Costs
from steelyard.ledger.account import worth_of
from steelyard.ledger.groups import margin_balance, moving_coins

Ladder: TypeAlias = tuple[Floats, Floats, Floats]
"""Cap, rate and deduction of maintenance tiers; see ``Tiers``."""


@compiled_inside
def tier_of(notional: float, cap: np.ndarray) -> int:
    """Return the row of the tier that holds a notional; its upper bound belongs to it."""
    tier = 0
    while tier < cap.size - 1 and notional > cap[tier]:
        tier += 1
    return tier


@compiled_inside
def maintenance(notional: float, cap: np.ndarray, rate: np.ndarray, deduction: np.ndarray) -> float:
    """Return the maintenance margin of a notional, in its currency (domain 11.1).

    Parameters
    ----------
    notional : float, >= 0
        In the currency of the ladder: quote, or coins of an inverse contract.
    cap, rate, deduction : float64[n_tiers]
        As in ``Tiers``.
    """
    tier = tier_of(notional, cap)
    return notional * rate[tier] - deduction[tier]


@compiled_inside
def liquidation_price(
    backing: float, quantity: float, entry: float, ladder: Ladder, coins: float = 0.0
) -> float:
    """Return the mark at which a linear position meets its maintenance margin (domain 11.2).

    Parameters
    ----------
    backing : float, quote
        Wallet balance less the maintenance margin of other positions plus their unrealised result.
    quantity : float, coins, not 0
        Negative is short.
    entry : float, quote per coin
    ladder : (float64[n_tiers], float64[n_tiers], float64[n_tiers])
        Cap, rate and deduction of its maintenance tiers.
    coins : float, coins
        What else of the same asset moves with the mark: collateral after its haircut, and other
        futures, signed.

    Returns
    -------
    float, quote per coin
        NaN where no positive price on the losing side liquidates. The tier is the one that holds
        the notional there.
    """
    cap, rate, deduction = ladder
    size = abs(quantity)
    moving = quantity + coins
    for tier in range(cap.size):
        slope = size * rate[tier] - moving
        if slope == 0.0:
            continue
        price = (backing + deduction[tier] - moving * entry) / slope
        loses = coins == 0.0 or (price - entry) * quantity <= 0.0
        if price > 0.0 and loses and tier_of(size * price, cap) == tier:
            return price
    return math.nan


@compiled_inside
def inverse_liquidation_price(backing: float, face: float, entry: float, ladder: Ladder) -> float:
    """Return the mark at which an inverse position meets its maintenance margin (domain 11.3).

    Parameters
    ----------
    backing : float, coins
        As for a linear position.
    face : float, quote, not 0
        Negative is short.
    entry : float, quote per coin
    ladder : as for a linear position, in coins

    Returns
    -------
    float, quote per coin
        NaN where no positive price liquidates: a short of one face value a coin has none.
    """
    cap, rate, deduction = ladder
    side = 1.0 if face > 0.0 else -1.0
    size = abs(face)
    for tier in range(cap.size):
        coins_a_dollar = backing + deduction[tier] + face / entry
        coins_a_dollar /= size * (rate[tier] + side)
        if coins_a_dollar > 0.0 and tier_of(size * coins_a_dollar, cap) == tier:
            return 1.0 / coins_a_dollar
    return math.nan


@compiled_inside
def bankruptcy_price(backing: float, quantity: float, entry: float) -> float:
    """Return the mark at which the margin balance is zero, in quote per coin (domain 11.4)."""
    return entry - backing / quantity


@compiled_inside
def notional_of(account: Account, asset: int, leg: int) -> float:
    """Return the notional of a futures leg at its mark, in the currency that it settles in."""
    quantity = account.legs[asset, leg]["quantity"]
    if quantity == 0.0:
        return 0.0
    mark = account.legs[asset, leg]["price"]
    if account.legs[asset, leg]["kind"] == INVERSE:
        return abs(quantity) / mark
    return abs(quantity * mark)


@compiled_inside
def ladder_of(account: Account, costs: Costs, asset: int, leg: int) -> Ladder:
    """Return caps, rates and deductions of a leg's maintenance tiers."""
    row = account.legs[asset, leg]["ladder"]
    return costs.tier_cap[row], costs.tier_rate[row], costs.tier_deduction[row]


@compiled_inside
def maintenance_of_leg(account: Account, costs: Costs, asset: int, leg: int) -> float:
    """Return the maintenance margin of one futures leg at its mark, in quote."""
    notional = notional_of(account, asset, leg)
    if notional == 0.0:
        return 0.0
    row = account.legs[asset, leg]["ladder"]
    needed = maintenance(
        notional, costs.tier_cap[row], costs.tier_rate[row], costs.tier_deduction[row]
    )
    return needed * worth_of(account, account.legs[asset, leg]["settles"])


@compiled_inside
def is_backed_by(account: Account, asset: int, leg: int, group: int) -> bool:
    """Tell whether a leg is a futures leg that a margin group backs."""
    contract = account.legs[asset, leg]
    if contract["kind"] == SPOT_COIN:
        return False
    return bool(account.balances[contract["settles"]]["group"] == group)


@compiled_inside
def maintenance_of(account: Account, costs: Costs, group: int) -> float:
    """Return the maintenance margin of a group's positions at their marks, in quote."""
    total = 0.0
    for asset in range(account.legs.shape[0]):
        for leg in range(SPOT + 1, account.legs.shape[1]):
            if is_backed_by(account, asset, leg, group):
                total += maintenance_of_leg(account, costs, asset, leg)
    return total


@compiled_inside
def initial_of(account: Account, group: int) -> float:
    """Return the initial margin of a group's positions at their marks, in quote (domain 11.1)."""
    total = 0.0
    for asset in range(account.legs.shape[0]):
        for leg in range(SPOT + 1, account.legs.shape[1]):
            if is_backed_by(account, asset, leg, group):
                contract = account.legs[asset, leg]
                worth = worth_of(account, contract["settles"])
                total += notional_of(account, asset, leg) * contract["initial"] * worth
    return total


@compiled_inside
def ratio_of_group(account: Account, costs: Costs, group: int) -> float:
    """Return maintenance margin over margin balance of one group; 0 without a position.

    Infinity when a position is left with no balance.
    """
    needed = maintenance_of(account, costs, group)
    if needed <= 0.0:
        return 0.0
    balance = margin_balance(account, group)
    return needed / balance if balance > 0.0 else math.inf


@compiled_inside
def margin_ratio(account: Account, costs: Costs) -> float:
    """Return the largest margin ratio of any group; 0 without a position (domain 1.1).

    Spot that is no collateral backs nothing: by default the margin balance is the cash.
    """
    largest = 0.0
    seen = -1
    for number in range(account.balances.size):
        group = account.balances[number]["group"]
        if group > seen:
            seen = group
            largest = max(largest, ratio_of_group(account, costs, group))
    return largest


@compiled_inside
def backing_of(account: Account, asset: int, leg: int, costs: Costs) -> float:
    """Return what backs a leg, in quote: margin balance less the maintenance of other positions."""
    group = account.balances[account.legs[asset, leg]["settles"]]["group"]
    own = maintenance_of_leg(account, costs, asset, leg)
    return margin_balance(account, group) - (maintenance_of(account, costs, group) - own)


@compiled_inside
def liquidation_mark(account: Account, asset: int, leg: int, costs: Costs) -> float:
    """Return the mark that liquidates a position if all else stays as valued; NaN: none does.

    Collateral and other linear futures of the same asset move with the mark, for they are of one
    coin; their maintenance, and everything of other assets, stays as it is valued.
    """
    quantity = account.legs[asset, leg]["quantity"]
    mark = account.legs[asset, leg]["price"]
    contract = account.legs[asset, leg]
    worth = worth_of(account, contract["settles"])
    backing = backing_of(account, asset, leg, costs) / worth
    ladder = ladder_of(account, costs, asset, leg)
    if contract["kind"] == INVERSE:
        return inverse_liquidation_price(backing, quantity, mark, ladder)
    group = account.balances[contract["settles"]]["group"]
    coins = moving_coins(account, group, asset, leg) / worth
    return liquidation_price(backing, quantity, mark, ladder, coins)


@compiled_inside
def forced_price(account: Account, asset: int, leg: int, adverse: float, costs: Costs) -> float:
    """Return the mark at which a leg is closed by force on its way to ``adverse``; NaN: it is not.

    Parameters
    ----------
    adverse : float, quote per coin
        The worst mark of the interval that begins at the mark the leg is valued at. Where the leg
        is already beyond its liquidation price, that mark itself is the price.
    """
    quantity = account.legs[asset, leg]["quantity"]
    if quantity == 0.0:
        return math.nan
    mark = account.legs[asset, leg]["price"]
    own = maintenance_of_leg(account, costs, asset, leg)
    if backing_of(account, asset, leg, costs) <= own:
        return mark
    if adverse == mark:
        return math.nan
    price = liquidation_mark(account, asset, leg, costs)
    reached = adverse <= price if quantity > 0.0 else adverse >= price
    return price if reached else math.nan
