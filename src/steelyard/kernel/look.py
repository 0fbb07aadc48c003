"""This file looks into a decision without making one: values, guards and margin for a reader."""

import math

from steelyard.decision.conditions import value_of
from steelyard.decision.entities import guard_of
from steelyard.decision.state import State
from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.compiled import compiled, compiled_inside
from steelyard.domain.contracts import NONE, SPOT_COIN
from steelyard.domain.plan import Account, Costs, Plan, Signals
from steelyard.domain.view import View
from steelyard.kernel.noted import in_coins, weight_of
from steelyard.ledger.account import equity, worth_of
from steelyard.ledger.margin import liquidation_mark, margin_ratio
from steelyard.planning.orders import band_of


@compiled
def read_values(
    plan: Plan, signals: Signals, state: State, programs: Ints, contexts: Ints, values: Floats
) -> None:
    """Set what each program is worth at the last moment of the signals.

    Parameters
    ----------
    programs : int64[n, 2]
        First operation and end of each.
    contexts : int64[n]
        Entity whose entry ``at_entry`` and its sisters speak of in each; -1: nothing is active.
    values : float64[n]
        Overwritten: a number, 1 or 0, or NaN for unknown.
    """
    moment = signals.ms.size - 1
    for row in range(programs.shape[0]):
        program = (programs[row, 0], programs[row, 1])
        values[row] = value_of(plan, signals, state, moment, contexts[row], program)


@compiled
def guard_now(plan: Plan, state: State, account: Account, entity: int) -> float:
    """Return 1 if an entity's guard holds on an account with equity, or it has none, else 0."""
    spot = weight_of(account, 0, SPOT) if equity(account) > 0.0 else 0.0
    view = View(spot, account.futures_result[0], in_coins(account))
    return guard_of(plan, state, entity, view)


@compiled
def look_at_account(account: Account, costs: Costs, seen: Floats) -> None:
    """Set what an account comes to.

    Parameters
    ----------
    seen : float64[6]
        Overwritten: equity and cash in quote, weights of all spot and all futures (0 without
        equity), margin ratio, and the mark that liquidates (NaN where none does).
    """
    total = equity(account)
    seen[0] = total
    seen[1] = money_of(account)
    seen[2:4] = 0.0
    for leg in range(account.legs.shape[1]):
        if total > 0.0:
            is_spot = account.legs[0, leg]["kind"] == SPOT_COIN
            seen[2 if is_spot else 3] += weight_of(account, 0, leg)
    seen[4] = margin_ratio(account, costs)
    seen[5] = forced_at(account, costs)


@compiled_inside
def money_of(account: Account) -> float:
    """Return what an account holds in money, in quote."""
    total = 0.0
    for number in range(account.balances.size):
        if account.balances[number]["coin"] == NONE:
            total += account.balances[number]["amount"] * worth_of(account, number)
    return total


@compiled_inside
def forced_at(account: Account, costs: Costs) -> float:
    """Return the mark at which futures are closed by force, all moving alike; NaN where none is."""
    quantity = 0.0
    for leg in range(PERP, account.legs.shape[1]):
        if account.legs[0, leg]["kind"] != SPOT_COIN:
            quantity += account.legs[0, leg]["quantity"]
    if quantity == 0.0:
        return math.nan
    return liquidation_mark(account, 0, PERP, costs)


@compiled
def bands_of(plan: Plan, spot: float, futures: float) -> tuple[float, float]:
    """Return how far spot and futures may be off their targets without a trade."""
    return band_of(plan.limits, spot), band_of(plan.limits, futures)
