"""The numbers behind a page's pictures: one compact document, one row a day."""

import numpy as np

from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.codes import PARTS
from steelyard.domain.market import Bars
from steelyard.domain.record import FILL_LIQUIDATION
from steelyard.report.activity import regime_runs
from steelyard.report.daily import Daily, quotient
from steelyard.report.inputs import BENCHMARKS, JsonValue
from steelyard.report.metrics import drawdown
from steelyard.report.reasons import has_news, reason
from steelyard.report.result import Result
from steelyard.report.story import TITLES

DIGITS = 6
"""Significant digits of prices and amounts: finer than a picture can show."""
PLACES = 4
"""Decimals of fractions."""


def _number(value: float, *, is_fraction: bool) -> float | int | None:
    if not np.isfinite(value):
        return None
    short = round(value, PLACES) if is_fraction else float(f"{value:.{DIGITS}g}")
    return int(short) if short == int(short) else short


def _fractions(values: Floats) -> list[JsonValue]:
    return [_number(float(value), is_fraction=True) for value in values]


def _amounts(values: Floats) -> list[JsonValue]:
    return [_number(float(value), is_fraction=False) for value in values]


def _integers(values: Ints) -> list[JsonValue]:
    return [int(value) for value in values]


def candles(bars: Bars, ms: Ints) -> list[JsonValue]:
    """Return open, close, low and high of the day that ends at each stamp; None without one.

    Parameters
    ----------
    bars : Bars
        Daily ones.
    ms : int64[n]
        Stamps; only those at which a bar ends have a candle.
    """
    row = {int(end): index for index, end in enumerate(bars.known_ms)}
    drawn: list[JsonValue] = []
    for stamp in ms:
        at = row.get(int(stamp))
        if at is None or np.isnan(bars.close[at]):
            drawn.append(None)
            continue
        ohlc = np.array([bars.open[at], bars.close[at], bars.low[at], bars.high[at]])
        drawn.append(_amounts(ohlc))
    return drawn


def highest_of_day(values: Floats, rows: Ints) -> Floats:
    """Return the highest value from after one daily row up to the next, float64[n_rows]."""
    starts = np.concatenate([[0], rows[:-1] + 1])
    return np.maximum.reduceat(values, starts)


def _from_second(values: list[JsonValue]) -> list[JsonValue]:
    """Return values of the daily closes with nothing at the start, where nothing was held yet."""
    return [None, *values]


def _exposure(result: Result, account: Daily) -> dict[str, JsonValue]:
    curve, rows = result.inputs.walk.curve, account.rows
    equity = curve.equity[rows]
    return {
        "spot": _from_second(_fractions(quotient(curve.spot[rows], equity))),
        "futures": _from_second(_fractions(quotient(curve.futures[rows], equity))),
        "hedge": _from_second(_fractions(account.hedge_ratio)),
        "margin": _from_second(_fractions(highest_of_day(curve.margin_ratio, rows))),
    }


def _regime_spells(result: Result) -> list[JsonValue]:
    walk = result.inputs.walk
    border = np.concatenate([walk.decisions.ms, [result.end_ms]])
    return [
        [regime, int(border[first]), int(border[end])] for regime, first, end in regime_runs(walk)
    ]


def _trigger_spells(result: Result) -> list[JsonValue]:
    number = {name: index for index, name in enumerate(result.policy.trigger_ids)}
    return [
        [number[episode.id], episode.start_ms, episode.end_ms]
        for episode in result.episodes
        if episode.kind == "trigger"
    ]


def _reasons(result: Result) -> list[JsonValue]:
    inputs = result.inputs
    return [
        [int(ms), reason(inputs, row)]
        for row, ms in enumerate(inputs.walk.decisions.ms)
        if has_news(inputs, row)
    ]


def _liquidations(result: Result) -> list[JsonValue]:
    fills = result.inputs.walk.fills
    return _integers(fills.filled_ms[fills.reason == FILL_LIQUIDATION])


def _waterfall(result: Result) -> list[JsonValue]:
    """Return the bars of the waterfall: from start to end by every part of the attribution."""
    parts: list[JsonValue] = [[name, getattr(result.attribution, name)] for name in PARTS]
    return [["start", result.start_equity], *parts, ["end", result.end_equity]]


def figures(result: Result) -> dict[str, JsonValue]:
    """Return what the page's script draws; stamps in milliseconds, shares as fractions."""
    account = result.account
    lines: list[JsonValue] = [
        {"name": TITLES[name], "values": _amounts(result.benchmark_accounts[name].nav)}
        for name in BENCHMARKS
    ]
    defence = result.policy.defence_margin_ratio
    return {
        "asset": result.market.asset,
        "quote": result.market.quote,
        "policy": result.policy.name,
        "start": result.start_ms,
        "end": result.end_ms,
        "ms": _integers(account.ms),
        "price": _amounts(account.price),
        "candles": candles(result.market.bars["1d"], account.ms),
        "equity": _amounts(account.nav),
        "benchmarks": lines,
        "drawdown": _fractions(drawdown(account.nav)),
        "holding": _fractions(drawdown(result.benchmark_accounts["hold"].nav)),
        **_exposure(result, account),
        "defence": _number(defence, is_fraction=True),
        "regimes": list(result.policy.regime_ids),
        "triggers": list(result.policy.trigger_ids),
        "spells": _regime_spells(result),
        "active": _trigger_spells(result),
        "reasons": _reasons(result),
        "liquidations": _liquidations(result),
        "waterfall": _waterfall(result),
    }
