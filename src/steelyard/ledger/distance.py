"""How far an account stands from its liquidation: the mark at which each moment would meet it."""

import math

import numpy as np

from steelyard.domain.arrays import Floats
from steelyard.domain.compiled import compiled
from steelyard.ledger.margin import liquidation_price


@compiled
def liquidation_moves(
    cash: Floats, quantity: Floats, mark: Floats, cap: Floats, rate: Floats, deduction: Floats
) -> Floats:
    """Return by which fraction the mark would have to move to liquidate a position.

    Parameters
    ----------
    cash : float64[n], quote
        What backs the futures, their unrealised result included.
    quantity : float64[n], coins
        Negative is short.
    mark : float64[n], quote per coin
    cap, rate, deduction : float64[n_tiers]
        As in ``Tiers``.

    Returns
    -------
    float64[n], fraction
        Above zero is a rise. NaN without a position, where the mark is unknown, and where no price
        liquidates.

    Notes
    -----
    One position of one account; costs of the forced order and funding on the way are not modelled.
    """
    result = np.full(cash.size, np.nan)
    for i in range(cash.size):
        if quantity[i] != 0.0 and not math.isnan(quantity[i] + mark[i]):
            price = liquidation_price(cash[i], quantity[i], mark[i], (cap, rate, deduction))
            result[i] = price / mark[i] - 1.0
    return result
