"""This file is the margin rule of domain 9.5.7: the weights that a leverage limit leaves."""

from typing import Final

from steelyard.domain.compiled import compiled_inside

SLACK: Final = 1e-12
"""Weights are decimals: a bound counts as kept up to this much (domain 3.1)."""


@compiled_inside
def fit_margin(spot: float, futures: float, leverage: float) -> tuple[float, float]:
    """Return the weights nearest to those asked for that cash can back.

    Parameters
    ----------
    spot : float, in [0, 1], fraction of equity
    futures : float, signed fraction of equity
    leverage : float, > 0
        Limit of |futures| over cash, ``1 - spot``.

    Returns
    -------
    spot, futures : float
        A short keeps its hedge ratio h: spot is sold until ``spot <= leverage / (h + leverage)``.
        A long is cut to ``leverage x (1 - spot)``.

    Examples
    --------
    >>> fit_margin(0.9, -0.9, 2.0)  # spot tripled against a full hedge
    (0.6666666666666666, -0.6666666666666666)
    >>> fit_margin(0.75, 0.6, 2.0)
    (0.75, 0.5)
    """
    if futures > 0.0:
        most = leverage * (1.0 - spot)
        return spot, most if futures > most + SLACK else futures
    if spot <= SLACK:
        return spot, max(futures, -leverage)
    if -futures <= leverage * (1.0 - spot) + SLACK:
        return spot, futures
    hedge = -futures / spot
    most = leverage / (hedge + leverage)
    return most, -hedge * most
