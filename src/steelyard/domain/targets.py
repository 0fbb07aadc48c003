"""This file is the margin rule of domain 9.5.7: the weights that a leverage limit leaves."""

import math
from typing import Final

from steelyard.domain.compiled import compiled_inside

SLACK: Final = 1e-12
"""Weights are decimals: a bound counts as kept up to this much (domain 3.1)."""


@compiled_inside
def fit_margin(
    spot: float,
    futures: float,
    leverage: float,
    in_coins: bool = False,  # noqa: FBT001, FBT002
) -> tuple[float, float]:
    """Return the weights nearest to those asked for that cash, or coins, can back.

    Parameters
    ----------
    spot : float, >= 0, fraction of equity
    futures : float, signed fraction of equity
    leverage : float, > 0
        Limit of |futures| over what backs them: cash, ``1 - spot``.
    in_coins : bool
        Whether the coins of spot back them instead, as they do inverse contracts (domain 1.1).

    Returns
    -------
    spot, futures : float
        A short keeps its hedge ratio h: spot is sold until ``spot <= leverage / (h + leverage)``.
        A long is cut to ``leverage x (1 - spot)``, to 0 where spot is paid with a debt. What coins
        back is cut to ``leverage x spot`` either way: selling some would leave less behind it.

    Examples
    --------
    >>> fit_margin(0.9, -0.9, 2.0)  # spot tripled against a full hedge
    (0.6666666666666666, -0.6666666666666666)
    >>> fit_margin(0.75, 0.6, 2.0)
    (0.75, 0.5)
    >>> fit_margin(0.3, -0.7, 2.0, True)
    (0.3, -0.6)
    >>> fit_margin(1.2, 0.0, 2.0)  # a fifth of it owed
    (1.0, 0.0)
    """
    if in_coins:
        most = leverage * spot
        kept = futures if abs(futures) <= most + SLACK else math.copysign(most, futures)
        return spot, kept
    if futures > 0.0:
        most = max(0.0, leverage * (1.0 - spot))
        return spot, most if futures > most + SLACK else futures
    if spot <= SLACK:
        return spot, max(futures, -leverage)
    if -futures <= leverage * (1.0 - spot) + SLACK:
        return spot, futures
    hedge = -futures / spot
    most = leverage / (hedge + leverage)
    return most, -hedge * most
