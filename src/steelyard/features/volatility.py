"""Realised volatility, annualised, in percent."""

import math

import numpy as np

from steelyard.domain.arrays import Floats
from steelyard.features.rolling import rolling_deviation, rolling_mean
from steelyard.features.stretches import check_window, plain
from steelyard.features.windows import ago

DAYS_A_YEAR = 365.0
"""Crypto trades every day: domain 3.3."""


def _log_ratio(above: Floats, below: Floats) -> Floats:
    """Return the logarithm of a ratio of prices; NaN where one of them is not positive."""
    sound = (above > 0.0) & (below > 0.0)
    return plain(np.log(np.where(sound, above, np.nan) / np.where(sound, below, np.nan)))


def realised_vol(close: Floats, n: int, *, bars_a_year: float = DAYS_A_YEAR) -> Floats:
    """Return the sample standard deviation of ``n`` log returns, annualised, in percent.

    Parameters
    ----------
    close : float64[n_bars], quote per coin
        NaN where the bar is missing.
    n : int, returns, >= 2
        Length of the window.
    bars_a_year : float
        365 for daily bars.

    Returns
    -------
    float64[n_bars], percent
        60 is 60 % a year. First at index ``n``; NaN where the window holds a NaN.
    """
    check_window("realised_vol", n, 2)
    returns = _log_ratio(close, ago(close, 1))
    spread = rolling_deviation(returns, rolling_mean(returns, n), n, 1)
    return 100.0 * math.sqrt(bars_a_year) * spread


def parkinson(high: Floats, low: Floats, n: int, *, bars_a_year: float = DAYS_A_YEAR) -> Floats:
    """Return the volatility by Parkinson (1980) from the ranges of ``n`` bars, annualised percent.

    ``sqrt(mean(ln(H / L)^2) / (4 ln 2))``. First at index ``n - 1``; NaN where the window holds a
    NaN.
    """
    check_window("parkinson", n)
    squares = _log_ratio(high, low) ** 2
    variance = rolling_mean(squares, n) / (4.0 * math.log(2.0))
    return np.asarray(100.0 * math.sqrt(bars_a_year) * np.sqrt(variance), dtype=np.float64)


def garman_klass(
    open_: Floats,
    high: Floats,
    low: Floats,
    close: Floats,
    n: int,
    *,
    bars_a_year: float = DAYS_A_YEAR,
) -> Floats:
    """Return the volatility by Garman and Klass (1980) from ``n`` bars, annualised percent.

    ``sqrt(mean(ln(H / L)^2 / 2 - (2 ln 2 - 1) ln(C / O)^2))``. First at index ``n - 1``; NaN where
    the window holds one.
    """
    check_window("garman_klass", n)
    weight = 2.0 * math.log(2.0) - 1.0
    terms = 0.5 * _log_ratio(high, low) ** 2 - weight * _log_ratio(close, open_) ** 2
    variance = np.maximum(rolling_mean(terms, n), 0.0)
    return np.asarray(100.0 * math.sqrt(bars_a_year) * np.sqrt(variance), dtype=np.float64)
