"""How far an account stands from its liquidation: the mark at which each moment would meet it."""

import math

import numpy as np

from steelyard.domain.arrays import Floats
from steelyard.domain.compiled import compiled
from steelyard.ledger.margin import Ladder, inverse_liquidation_price, liquidation_price


@compiled
def liquidation_moves(
    backing: Floats, coins: Floats, quantity: Floats, mark: Floats, ladder: Ladder
) -> Floats:
    """Return by which fraction the mark would have to move to liquidate a position.

    Parameters
    ----------
    backing : float64[n], units of what it settles in
        What backs it, its unrealised result and collateral included.
    coins : float64[n], coins
        Collateral of the same asset after haircuts, which moves with the mark.
    quantity : float64[n], coins
        Negative is short.
    mark : float64[n], quote per coin
    ladder : (float64[n_tiers], float64[n_tiers], float64[n_tiers])
        Cap, rate and deduction of its maintenance tiers.

    Returns
    -------
    float64[n], fraction
        Above zero is a rise. NaN without a position, where the mark is unknown, and where no price
        liquidates.

    Notes
    -----
    Costs of the forced order and funding on the way are not modelled.
    """
    result = np.full(backing.size, np.nan)
    for i in range(backing.size):
        if quantity[i] != 0.0 and not math.isnan(quantity[i] + mark[i]):
            price = liquidation_price(backing[i], quantity[i], mark[i], ladder, coins[i])
            result[i] = price / mark[i] - 1.0
    return result


@compiled
def inverse_liquidation_moves(
    backing: Floats, face: Floats, mark: Floats, ladder: Ladder
) -> Floats:
    """Return by which fraction the mark would have to move to liquidate an inverse position.

    Parameters
    ----------
    backing : float64[n], coins
        What backs it, its unrealised result included.
    face : float64[n], quote
        Negative is short.
    mark : float64[n], quote per coin
    ladder : (float64[n_tiers], float64[n_tiers], float64[n_tiers])
        Cap, rate and deduction of its maintenance tiers, in coins.

    Returns
    -------
    float64[n], fraction
        As ``liquidation_moves``.
    """
    result = np.full(backing.size, np.nan)
    for i in range(backing.size):
        if face[i] != 0.0 and not math.isnan(face[i] + mark[i]):
            price = inverse_liquidation_price(backing[i], face[i], mark[i], ladder)
            result[i] = price / mark[i] - 1.0
    return result
