"""Moving averages and their crosses."""

import numpy as np
import talib

from steelyard.domain.arrays import Floats
from steelyard.features.rolling import rolling_mean
from steelyard.features.stretches import check_window, over_known, plain
from steelyard.features.windows import ago


def sma(x: Floats, n: int) -> Floats:
    """Return the simple moving average of ``n`` values, in the unit of ``x``; first at index n - 1.

    NaN where the window is not full or holds a NaN. Not TA-Lib's, whose running sum keeps the
    rounding errors of everything it has ever seen: a flat price would cross its own average.
    """
    check_window("sma", n)
    return rolling_mean(plain(x), n)


def ema(x: Floats, n: int) -> Floats:
    """Return the exponential moving average, weight 2 / (n + 1), in the unit of ``x``.

    Starts with the simple mean of the first ``n`` values, and afresh after every hole.
    """
    check_window("ema", n)
    return over_known(talib.EMA, (x,), n)


def _kleene_and(a: Floats, b: Floats) -> Floats:
    no = (a == 0.0) | (b == 0.0)
    return np.where(no, 0.0, np.where(np.isnan(a) | np.isnan(b), np.nan, 1.0))


def _crosses(gap: Floats) -> Floats:
    """Tell where a gap is above 0 that was not above 0 one bar before."""
    above = np.where(np.isnan(gap), np.nan, (gap > 0.0).astype(np.float64))
    return _kleene_and(above, 1.0 - ago(above, 1))


def crosses_above(a: Floats, b: Floats) -> Floats:
    """Tell whether ``a`` is above ``b`` now and was not on the bar before.

    Returns
    -------
    float64[n_bars]
        1 or 0; NaN where what is known does not decide it: a first value above has no bar before.
    """
    return _crosses(np.asarray(a - b, dtype=np.float64))


def crosses_below(a: Floats, b: Floats) -> Floats:
    """Tell whether ``a`` is below ``b`` now and was not on the bar before.

    Returns
    -------
    float64[n_bars]
        1 or 0; NaN where what is known does not decide it: a first value below has no bar before.
    """
    return _crosses(np.asarray(b - a, dtype=np.float64))
