"""The basis of a dated contract: its distance from spot, as a rate a year (domain 3.16)."""

import numpy as np

from steelyard.domain.arrays import Floats

DAYS_A_YEAR = 365.0


def _positive(values: Floats) -> Floats:
    return np.where(values > 0.0, values, np.nan)


def simple_basis(future: Floats, spot: Floats, days: Floats) -> Floats:
    """Return the simple annualised basis, a fraction: ``(F / S - 1) x 365 / D``.

    Parameters
    ----------
    future, spot : float64[n], quote per coin
        Prices of the same moment.
    days : float64[n]
        To expiry, with their fraction.

    Returns
    -------
    float64[n]
        Negative where the contract stands below spot. NaN where a price is unknown or not
        positive, and from the expiry on.
    """
    return (_positive(future) - _positive(spot)) / spot * DAYS_A_YEAR / _positive(days)


def compound_basis(future: Floats, spot: Floats, days: Floats) -> Floats:
    """Return the compounded basis a year, ``(F / S) ^ (365 / D) - 1``; else as ``simple_basis``."""
    ratio = _positive(future) / _positive(spot)
    return np.asarray(ratio ** (DAYS_A_YEAR / _positive(days)) - 1.0, dtype=np.float64)


def continuous_basis(future: Floats, spot: Floats, days: Floats) -> Floats:
    """Return the continuous basis a year, ``ln(F / S) x 365 / D``; else as ``simple_basis``."""
    ratio = _positive(future) / _positive(spot)
    return np.asarray(np.log(ratio) * DAYS_A_YEAR / _positive(days), dtype=np.float64)
