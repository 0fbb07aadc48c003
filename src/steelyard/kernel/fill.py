"""This file is the fill model: what an order costs and how much of it can be paid (domain 10.6)."""

from typing import Final

import numpy as np

from steelyard.domain.codes import SPOT
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.contracts import INVERSE, NONE, SPOT_COIN
from steelyard.domain.plan import Account, Costs
from steelyard.ledger.account import result_of, worth_of
from steelyard.ledger.groups import margin_balance
from steelyard.ledger.margin import initial_of, maintenance_of, notional_of
from steelyard.ledger.transfer import coin_wallet
from steelyard.planning.orders import round_to_lot

MOST_BPS: Final = 9_900.0
"""Slippage is never more than 99 %, so that no fill has a price of zero or less. The model knows
nothing of orders that size: who runs one refuses the run."""


@compiled_inside
def slippage_bps(notional: float, volatility: float, volume: float, costs: Costs) -> float:
    """Return half-spread and impact in bp: ``10^4 x Y x sigma x sqrt(notional / volume)``.

    At most ``MOST_BPS``.

    Parameters
    ----------
    notional : float, quote, >= 0
    volatility : float, fraction
        Standard deviation of daily returns.
    volume : float, quote, > 0
        Traded per day.

    Notes
    -----
    Square-root impact: Donier and Bonart, A million metaorder analysis of market impact on the
    Bitcoin, 2015.
    """
    impact = 10_000.0 * costs.impact * volatility * np.sqrt(notional / volume)
    return min(costs.half_spread_bps + impact, MOST_BPS)


@compiled_inside
def fee_at(costs: Costs, leg: int, ms: int) -> float:
    """Return the fee in force for a leg at a moment, fraction of notional."""
    step = 0
    while step < costs.fee_from.size - 1 and costs.fee_from[step + 1] <= ms:
        step += 1
    return float(costs.fee[step, leg])


@compiled_inside
def on_tick(price: float, tick: float, side: float) -> float:
    """Return a price on the grid of a contract: up for a buyer, down for a seller.

    Examples
    --------
    >>> on_tick(100.01, 0.5, 1.0), on_tick(100.49, 0.5, -1.0)
    (100.5, 100.0)
    """
    if tick <= 0.0:
        return price
    steps = price / tick
    whole = np.ceil(steps - 1e-9) if side > 0.0 else np.floor(steps + 1e-9)
    return max(whole, 1.0) * tick


@compiled_inside
def free_cash(account: Account, costs: Costs, number: int) -> float:
    """Return what of a balance backs no position, in quote: spot may be bought with it."""
    worth = worth_of(account, number)
    there = account.balances[number]["amount"] * worth
    group = account.balances[number]["group"]
    if group != NONE:
        margin = margin_balance(account, group) - maintenance_of(account, costs, group)
        there = min(there, margin)
    return max(0.0, there)


@compiled_inside
def in_currency(kind: int, size: float, price: float) -> float:
    """Return the notional of a size in what the contract settles in."""
    return size / price if kind == INVERSE else size * price


@compiled_inside
def has_margin(
    account: Account, asset: int, leg: int, order: float, terms: tuple[float, float]
) -> bool:
    """Tell whether a venue takes a futures order: its initial margin must be there (domain 11.1).

    Parameters
    ----------
    order : float
        What does not raise the position is always taken.
    terms : (float, float)
        Fill price in quote per coin, fee as a fraction of notional.
    """
    price, fee = terms
    contract = account.legs[asset, leg]
    kind, number = contract["kind"], contract["settles"]
    held = account.legs[asset, leg]["quantity"]
    after = held + order
    if abs(after) <= abs(held):
        return True
    rise = abs(after) - abs(held) if held * after > 0.0 else abs(after)
    worth = worth_of(account, number)
    mark = account.legs[asset, leg]["price"]
    cost = in_currency(kind, abs(order), price) * fee - result_of(kind, order, price, mark)
    if contract["parent"] != NONE:
        needed = (in_currency(kind, rise, price) * contract["initial"] + cost) * worth
        return needed <= free_margin(account, contract["parent"])
    group = account.balances[number]["group"]
    own = notional_of(account, asset, leg)
    raised = in_currency(kind, abs(after), mark) - own
    needed = initial_of(account, group) + (raised * contract["initial"] + cost) * worth
    return bool(needed <= margin_balance(account, group))


@compiled_inside
def free_margin(account: Account, number: int) -> float:
    """Return what of a balance is initial margin of no position, in quote."""
    there = account.balances[number]["amount"] * worth_of(account, number)
    group = account.balances[number]["group"]
    if group == NONE:
        return there
    return min(there, margin_balance(account, group) - initial_of(account, group))


@compiled_inside
def in_lots(costs: Costs, asset: int, leg: int, coins: float, price: float) -> float:
    """Return coins in whole lots; 0 where that is less than the venue's smallest notional."""
    whole = round_to_lot(coins, costs.lot[asset, leg], False)  # noqa: FBT003
    return whole if whole * price >= costs.min_notional[asset, leg] else 0.0


@compiled_inside
def free_coins(account: Account, costs: Costs, asset: int, leg: int) -> float:
    """Return how much of the spot of a leg may be sold, in coins.

    All of it; of spot that backs inverse contracts what is initial margin of no position.
    """
    held, price = account.legs[asset, leg]["quantity"], account.legs[asset, leg]["price"]
    wallet = coin_wallet(account, asset) if leg == SPOT else NONE
    if wallet == NONE:
        return float(held)
    group = account.balances[wallet]["group"]
    free = (margin_balance(account, group) - initial_of(account, group)) / price
    return held if held <= free else in_lots(costs, asset, leg, max(0.0, free), price)


@compiled_inside
def affordable(
    account: Account,
    costs: Costs,
    asset: int,
    leg: int,
    quantity: float,
    terms: tuple[float, float],
) -> float:
    """Return how much of an order can be settled, in coins; of an inverse contract in quote.

    Spot is bought with cash that backs no futures position, in whole lots and not for less than the
    venue's smallest notional. Only spot that is held is sold, and of spot that backs futures only
    what is no initial margin. A futures order without its initial margin is refused whole.

    Parameters
    ----------
    terms : (float, float)
        Price in quote per coin, fee as a fraction of notional.
    """
    price, fee = terms
    contract = account.legs[asset, leg]
    if contract["kind"] != SPOT_COIN:
        return quantity if has_margin(account, asset, leg, quantity, terms) else 0.0
    if quantity < 0.0:
        return max(quantity, -free_coins(account, costs, asset, leg))
    most = free_cash(account, costs, contract["settles"]) / (price * (1.0 + fee))
    return quantity if quantity <= most else in_lots(costs, asset, leg, most, price)


@compiled_inside
def fill_of(
    account: Account,
    costs: Costs,
    asset: int,
    leg: int,
    order: float,
    quote: tuple[float, float, float, float],
) -> tuple[float, float]:
    """Return quantity and price of a market order that meets the first price of a bar.

    Parameters
    ----------
    order : float, coins
        Positive buys; of an inverse contract its face value in quote.
    quote : (float, float, float, float)
        First price in quote per coin, daily volatility as a fraction, daily volume in quote, fee
        as a fraction of notional.

    Returns
    -------
    quantity, price : float
        The price is worse than the first price by half-spread and impact.
    """
    first, volatility, volume, fee = quote
    is_inverse = account.legs[asset, leg]["kind"] == INVERSE
    notional = abs(order) if is_inverse else abs(order) * first
    bps = slippage_bps(notional, volatility, volume, costs)
    side = 1.0 if order > 0.0 else -1.0
    price = on_tick(first * (1.0 + side * bps / 10_000.0), costs.tick[asset, leg], side)
    return affordable(account, costs, asset, leg, order, (price, fee)), price
