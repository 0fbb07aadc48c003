"""Statistics that the vectors ask for and no report shows."""

import numpy as np

from steelyard.domain.arrays import Floats
from steelyard.report import metrics


def growth(daily: Floats) -> Floats:
    """Return net asset value that starts at 1, float64[n + 1], from simple returns float64[n]."""
    return np.concatenate([np.ones(1), np.cumprod(1.0 + daily)])


def max_drawdown_index(nav: Floats) -> int:
    """Return the index in ``nav`` of the deepest drawdown; 0, the start, if it never fell."""
    return int(np.argmin(metrics.drawdown(nav)))


def var_95(daily: Floats) -> float:
    """Return minus the mildest of the worst 5 % of days: a loss is positive."""
    return -float(metrics.worst_days(daily)[-1])


def standard_moment(daily: Floats, order: int) -> float:
    """Return a population moment of standardised returns: 3 is skewness, 4 kurtosis."""
    return float(np.mean(((daily - np.mean(daily)) / np.std(daily)) ** order))


def correlation(one: Floats, other: Floats) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def minimum_variance_ratio(spot_change: Floats, futures_change: Floats) -> float:
    """Return Cov(dS, dF) / Var(dF) of the changes of two prices, the ratio of least variance."""
    covariance = np.cov(spot_change, futures_change)
    return float(covariance[0, 1] / covariance[1, 1])
