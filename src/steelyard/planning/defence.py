"""This file is margin defence: when to shrink without waiting for an evaluation (domain 11.6, K1)."""

import numpy as np

from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.compiled import compiled
from steelyard.domain.plan import Plan
from steelyard.domain.targets import fit_margin


@compiled
def effective_leverage(weights: np.ndarray) -> float:
    """Return |futures| over the cash that backs it; infinity when nothing does.

    Parameters
    ----------
    weights : float64[2], fractions of equity
        Spot and signed futures.
    """
    if weights[PERP] == 0.0:
        return 0.0
    cash = 1.0 - weights[SPOT]
    return abs(weights[PERP]) / cash if cash > 0.0 else np.inf


@compiled
def is_defending(plan: Plan, weights: np.ndarray, margin_ratio: float, before: bool) -> bool:  # noqa: FBT001
    """Tell whether margin defence is on: it starts at its bounds and ends below ``until``.

    Parameters
    ----------
    weights : float64[2], fractions of equity
    margin_ratio : float
        Maintenance margin over margin balance.
    before : bool
        Whether it was on at the bar before.
    """
    limits = plan.limits[0]
    leverage = effective_leverage(weights)
    if margin_ratio >= limits["defence_ratio"] or leverage > limits["defence_leverage"]:
        return True
    return before and margin_ratio >= limits["defence_until"]


@compiled
def defended_targets(plan: Plan, weights: np.ndarray) -> tuple[float, float]:
    """Return the weights that the leverage limit leaves of those held: a hedge keeps its ratio.

    Parameters
    ----------
    weights : float64[2], fractions of equity
        Spot and signed futures.
    """
    return fit_margin(weights[SPOT], weights[PERP], plan.limits[0]["leverage"])
