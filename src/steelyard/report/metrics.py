"""The performance metrics of domain 12, on arrays of daily values.

Nothing here returns NaN or infinity: what is undefined is ``None``.
"""

import math

import numpy as np

from steelyard.domain.arrays import Flags, Floats

DAYS_A_YEAR = 365.0
HEDGED_FROM = 0.10
"""A day counts as hedged from this hedge ratio on (domain 12)."""
TAIL = 0.05
NOISE = 1e-12
"""What is smaller than this is rounding: nothing is divided by it."""


def defined(value: float) -> float | None:
    """Return the value, or ``None`` where it is NaN or infinite.

    Examples
    --------
    >>> defined(0.5), defined(float("nan"))
    (0.5, None)
    """
    return float(value) + 0.0 if math.isfinite(value) else None  # + 0.0: never -0.0


def _ratio(numerator: float, denominator: float) -> float | None:
    return defined(numerator / denominator) if abs(denominator) > NOISE else None


def _spread(values: Floats) -> float:
    """Return the sample standard deviation; 0.0 if it is rounding, NaN for fewer than two."""
    if values.size < 2 or not np.all(np.isfinite(values)):  # noqa: PLR2004 - ddof 1 needs two
        return math.nan
    spread = float(np.std(values, ddof=1))
    return spread if spread > NOISE * max(1.0, float(np.max(np.abs(values)))) else 0.0


def returns(nav: Floats) -> Floats:
    """Return simple returns of net asset value.

    Parameters
    ----------
    nav : float64[n + 1], quote
        Value at the start, then at every daily close.

    Returns
    -------
    float64[n]
        NaN where the earlier value is not above zero: nothing is earned on nothing.
    """
    before = np.where(nav[:-1] > 0.0, nav[:-1], np.nan)
    change: Floats = nav[1:] / before - 1.0
    return change


def cagr(nav: Floats) -> float | None:
    """Return the growth rate of a year, (NAV_T / NAV_0)^(365 / n) - 1, as a fraction.

    ``None`` without a day, from nothing, or to less than nothing.
    """
    if nav.size < 2 or not (nav[0] > 0.0 and nav[-1] >= 0.0):  # noqa: PLR2004 - start and end
        return None
    with np.errstate(over="ignore"):
        return defined(float(np.power(nav[-1] / nav[0], DAYS_A_YEAR / (nav.size - 1)) - 1.0))


def volatility(daily: Floats) -> float | None:
    """Return the standard deviation (ddof 1) of a year, as a fraction."""
    return defined(_spread(daily) * math.sqrt(DAYS_A_YEAR))


def sharpe(daily: Floats) -> float | None:
    """Return mean over standard deviation (ddof 1), of a year, no interest rate subtracted."""
    spread = _spread(daily)
    if not spread > 0.0:
        return None
    return defined(float(np.mean(daily)) / spread * math.sqrt(DAYS_A_YEAR))


def sortino(daily: Floats) -> float | None:
    """Return mean over downside deviation over all days, of a year; least acceptable return 0."""
    if daily.size == 0:
        return None
    downside = math.sqrt(float(np.mean(np.minimum(daily, 0.0) ** 2)))
    ratio = _ratio(float(np.mean(daily)), downside)
    return None if ratio is None else defined(ratio * math.sqrt(DAYS_A_YEAR))


def drawdown(nav: Floats) -> Floats:
    """Return the loss from the highest value so far, the start included, float64[n + 1], <= 0."""
    fall: Floats = nav / np.maximum.accumulate(nav) - 1.0
    return fall


def max_drawdown(nav: Floats) -> float | None:
    """Return the deepest drawdown, as a fraction <= 0; the start counts as a peak."""
    return defined(float(np.min(drawdown(nav)))) if nav[0] > 0.0 else None


def longest_underwater(nav: Floats) -> int:
    """Return for how many bars in a row, at most, the value stood below its highest so far."""
    longest = run = 0
    for below in drawdown(nav) < 0.0:
        run = run + 1 if below else 0
        longest = max(longest, run)
    return longest


def calmar(nav: Floats) -> float | None:
    """Return CAGR over the size of the deepest drawdown."""
    growth_rate, depth = cagr(nav), max_drawdown(nav)
    if growth_rate is None or depth is None:
        return None
    return _ratio(growth_rate, abs(depth))


def tail_count(n: int) -> int:
    """Return how many of n days are the worst 5 %, at least one.

    The guard is there because 0.05 x 100 is 5.000000000000004 in binary.

    Examples
    --------
    >>> tail_count(100), tail_count(101)
    (5, 6)
    """
    return math.ceil(n * TAIL - 1e-9)


def worst_days(daily: Floats) -> Floats:
    """Return the worst 5 % of days, worst first; none if any day is undefined."""
    if not bool(np.all(np.isfinite(daily))):
        return daily[:0]
    return np.sort(daily)[: tail_count(daily.size)]


def cvar_95(daily: Floats) -> float | None:
    """Return minus the mean of the worst 5 % of days: a loss is positive."""
    worst = worst_days(daily)
    return defined(-float(np.mean(worst))) if worst.size > 0 else None


def turnover(traded: float, nav: Floats) -> float | None:
    """Return traded notional over mean net asset value, per year.

    Parameters
    ----------
    traded : float, quote, >= 0
        Sum of |notional| over the whole run.
    nav : float64[n + 1], quote
        Value at the start, then at every daily close.
    """
    days = nav.size - 1
    if days < 1:
        return None
    return _ratio(traded / float(np.mean(nav)) * DAYS_A_YEAR, float(days))


def time_hedged(hedge_ratio: Floats) -> float | None:
    """Return the share of days with a hedge ratio of at least 0.10; NaN (no spot) is not hedged."""
    if hedge_ratio.size == 0:
        return None
    return float(np.mean(hedge_ratio >= HEDGED_FROM))


def mean_hedge_ratio(hedge_ratio: Floats) -> float | None:
    """Return the mean hedge ratio over the days on which it is defined."""
    known = hedge_ratio[np.isfinite(hedge_ratio)]
    return defined(float(np.mean(known))) if known.size > 0 else None


def hedge_effectiveness(hedged: Floats, unhedged: Floats) -> float | None:
    """Return 1 - Var(hedged) / Var(unhedged) of daily returns.

    Ederington, The hedging performance of the new futures markets, 1979. Negative where the
    futures added risk, as a long futures leg does.
    """
    without, with_it = _spread(unhedged), _spread(hedged)
    if not without > 0.0:
        return None
    return defined(1.0 - (with_it / without) ** 2)


def downside_hedge_effectiveness(hedged: Floats, unhedged: Floats) -> float | None:
    """Return 1 - S(hedged) / S(unhedged) with S the mean of min(r, 0)^2."""
    if hedged.size == 0:
        return None
    with_it = math.sqrt(float(np.mean(np.minimum(hedged, 0.0) ** 2)))
    ratio = _ratio(with_it, math.sqrt(float(np.mean(np.minimum(unhedged, 0.0) ** 2))))
    return None if ratio is None else 1.0 - ratio**2


def _capture(strategy: Floats, asset: Floats, chosen: Flags) -> float | None:
    if not bool(np.any(chosen)):
        return None
    return _ratio(float(np.mean(strategy[chosen])), float(np.mean(asset[chosen])))


def upside_capture(strategy: Floats, asset: Floats) -> float | None:
    """Return the strategy's mean daily return over the asset's, on days on which the asset rose.

    Parameters
    ----------
    strategy, asset : float64[n]
        Daily simple returns.

    Returns
    -------
    float or None
        1 is the asset's own rise; ``None`` if it never rose.
    """
    return _capture(strategy, asset, asset > 0.0)


def downside_capture(strategy: Floats, asset: Floats) -> float | None:
    """Return the strategy's mean daily return over the asset's, on days on which the asset fell.

    Negative where the strategy gained on such days; ``None`` if the asset never fell.
    """
    return _capture(strategy, asset, asset < 0.0)
