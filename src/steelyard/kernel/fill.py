"""This file is the fill model: what an order costs and how much of it can be paid (domain 10.6)."""

import numpy as np

from steelyard.domain.codes import SPOT
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.plan import Account, Costs
from steelyard.ledger.margin import maintenance_of


@compiled_inside
def slippage_bps(notional: float, volatility: float, volume: float, costs: Costs) -> float:
    """Return half-spread and impact in bp: ``10^4 x Y x sigma x sqrt(notional / volume)``.

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
    return costs.half_spread_bps + impact


@compiled_inside
def affordable(
    account: Account, costs: Costs, asset: int, leg: int, quantity: float, price: float
) -> float:
    """Return how much of an order can be settled, in coins.

    Spot is bought with cash that backs no futures position, and only spot that is held is sold.
    """
    if leg != SPOT:
        return quantity
    if quantity < 0.0:
        return max(quantity, -account.quantity[asset, SPOT])
    free = max(0.0, account.cash[0] - maintenance_of(account, costs))
    return min(quantity, free / (price * (1.0 + costs.fee[SPOT])))


@compiled_inside
def fill_of(
    account: Account,
    costs: Costs,
    asset: int,
    leg: int,
    order: float,
    quote: tuple[float, float, float],
) -> tuple[float, float]:
    """Return quantity and price of a market order that meets the first price of a bar.

    Parameters
    ----------
    order : float, coins
        Positive buys.
    quote : (float, float, float)
        First price in quote per coin, daily volatility as a fraction, daily volume in quote.

    Returns
    -------
    quantity, price : float
        The price is worse than the first price by half-spread and impact.
    """
    first, volatility, volume = quote
    bps = slippage_bps(abs(order) * first, volatility, volume, costs)
    side = 1.0 if order > 0.0 else -1.0
    price = first * (1.0 + side * bps / 10_000.0)
    return affordable(account, costs, asset, leg, order, price), price
