"""Which feature works out each name of the library on one market's bars."""

from collections.abc import Callable
from typing import Final, TypeAlias

from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.market import Bars, Funding
from steelyard.domain.time import DAY_MS
from steelyard.features import (
    candles,
    funding,
    level_facts,
    levels,
    oscillators,
    profile,
    trend,
    volatility,
    windows,
)
from steelyard.features.levels import LevelTable
from steelyard.features.profile import Profiles

Parts: TypeAlias = tuple[Floats, ...]
"""Values of a call's open arguments, on the call's own bars."""

Numbers: TypeAlias = tuple[float, ...]
"""Its constant arguments."""

_DAYS_A_YEAR: Final = 365.0
_RESISTANCE_ATR: Final = 14


def _n(numbers: Numbers) -> int:
    return int(numbers[0])


def _a_year(bars: Bars) -> float:
    return _DAYS_A_YEAR * DAY_MS / bars.length_ms


def _realised(bars: Bars, numbers: Numbers) -> Floats:
    return volatility.realised_vol(bars.close, _n(numbers), bars_a_year=_a_year(bars))


def _parkinson(bars: Bars, numbers: Numbers) -> Floats:
    return volatility.parkinson(bars.high, bars.low, _n(numbers), bars_a_year=_a_year(bars))


def _garman_klass(bars: Bars, numbers: Numbers) -> Floats:
    prices = (bars.open, bars.high, bars.low, bars.close)
    return volatility.garman_klass(*prices, _n(numbers), bars_a_year=_a_year(bars))


def _rejection(bars: Bars, numbers: Numbers) -> Floats:
    prices = candles.Prices(bars.open, bars.high, bars.low, bars.close)
    return candles.rejection(prices, int(numbers[5]), candles.Bounds(*numbers[:5]))


BARS: Final[dict[str, Callable[[Bars, Numbers], Floats]]] = {
    "open": lambda bars, _: bars.open,
    "high": lambda bars, _: bars.high,
    "low": lambda bars, _: bars.low,
    "close": lambda bars, _: bars.close,
    "volume": lambda bars, _: bars.volume,
    "atr": lambda bars, k: oscillators.atr(bars.high, bars.low, bars.close, _n(k)),
    "natr": lambda bars, k: oscillators.natr(bars.high, bars.low, bars.close, _n(k)),
    "rsi": lambda bars, k: oscillators.rsi(bars.close, _n(k)),
    "adx": lambda bars, k: oscillators.adx(bars.high, bars.low, bars.close, _n(k)),
    "plus_di": lambda bars, k: oscillators.plus_di(bars.high, bars.low, bars.close, _n(k)),
    "minus_di": lambda bars, k: oscillators.minus_di(bars.high, bars.low, bars.close, _n(k)),
    "bandwidth": lambda bars, k: oscillators.bandwidth(bars.close, _n(k)),
    "chop": lambda bars, k: oscillators.chop(bars.high, bars.low, bars.close, _n(k)),
    "realised_vol": _realised,
    "parkinson_vol": _parkinson,
    "garman_klass_vol": _garman_klass,
    "rejection": _rejection,
}
"""Functions of the bars alone."""

WINDOWS: Final[dict[str, Callable[[Parts, Numbers], Floats]]] = {
    "ago": lambda x, k: windows.ago(x[0], _n(k)),
    "change": lambda x, k: windows.change(x[0], _n(k)),
    "streak": lambda x, k: windows.streak(x[0], _n(k)),
    "within": lambda x, k: windows.within(x[0], _n(k)),
    "count": lambda x, k: windows.count(x[0], _n(k)),
    "median": lambda x, k: windows.median(x[0], _n(k)),
    "quantile": lambda x, k: windows.quantile(x[0], k[0], int(k[1]), int(k[2])),
    "percentile_rank": lambda x, k: windows.percentile_rank(x[0], _n(k), int(k[1])),
    "highest": lambda x, k: windows.highest(x[0], _n(k)),
    "lowest": lambda x, k: windows.lowest(x[0], _n(k)),
    "mean": lambda x, k: windows.mean(x[0], _n(k)),
    "stdev": lambda x, k: windows.stdev(x[0], _n(k)),
    "zscore": lambda x, k: windows.zscore(x[0], _n(k)),
    "sma": lambda x, k: trend.sma(x[0], _n(k)),
    "ema": lambda x, k: trend.ema(x[0], _n(k)),
    "crosses_above": lambda x, _: trend.crosses_above(x[0], x[1]),
    "crosses_below": lambda x, _: trend.crosses_below(x[0], x[1]),
}
"""Functions of a window over other values."""


def _near(bars: Bars, rows: Ints, table: LevelTable, numbers: Numbers) -> Floats:
    atr = oscillators.atr(bars.high, bars.low, bars.close, _RESISTANCE_ATR)
    return levels.near_resistance(bars.close, atr, rows, table, numbers[0])


LEVELS: Final[dict[str, Callable[[Bars, Ints, LevelTable, Numbers], Floats]]] = {
    "support": lambda bars, rows, table, _: levels.support(bars.close, rows, table),
    "resistance": lambda bars, rows, table, _: levels.resistance(bars.close, rows, table),
    "breached": lambda bars, rows, table, k: levels.breached(bars.close, rows, table, _n(k)),
    "broken_support": lambda bars, rows, table, k: levels.broken_support(
        bars.close, rows, table, _n(k)
    ),
    "held_support": lambda bars, rows, table, k: levels.held_support(
        bars.close, rows, table, _n(k)
    ),
    "near_resistance": _near,
}
"""Functions of the bars and of the weekly key levels."""

LEVEL_FACTS: Final[dict[str, Callable[[Floats, Ints, LevelTable], Floats]]] = {
    "level_touches": level_facts.level_touches,
    "level_age": level_facts.level_age,
    "level_strength": level_facts.level_strength,
}
"""Functions of a price and of the weekly key levels."""

PROFILE: Final[dict[str, Callable[[Profiles, Numbers], Floats]]] = {
    "poc": lambda found, _: profile.poc(found),
    "vah": lambda found, k: profile.vah(found, k[3]),
    "val": lambda found, k: profile.val(found, k[3]),
    "shelf": lambda found, k: profile.shelf(found, k[3], k[4], k[5]),
}
"""Functions of the volume profile, whose own days, bins and weight come first."""


def _rate(paid: Funding) -> Floats:
    return funding.rate_8h(paid.rate, paid.interval_hours)


FUNDING: Final[dict[str, Callable[[Funding, Numbers], Floats]]] = {
    "funding": lambda paid, _: paid.rate,
    "funding_8h": lambda paid, _: _rate(paid),
    "funding_above": lambda paid, k: funding.hours_above(
        _rate(paid), paid.interval_hours, paid.follows, k[0]
    ),
    "funding_below": lambda paid, k: funding.hours_below(
        _rate(paid), paid.interval_hours, paid.follows, k[0]
    ),
    "funding_mean": lambda paid, k: funding.mean_over(
        _rate(paid), paid.interval_hours, paid.follows, k[0]
    ),
}
"""Functions of the settled funding."""
