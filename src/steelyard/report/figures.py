"""The numbers behind a page's pictures: one compact document, one row a day."""

import numpy as np

from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.codes import PARTS
from steelyard.domain.record import FILL_LIQUIDATION
from steelyard.ledger.distance import inverse_liquidation_moves, liquidation_moves
from steelyard.report.activity import regime_runs
from steelyard.report.candles import candles, hourly
from steelyard.report.daily import Daily, last_known, notional, quotient
from steelyard.report.inputs import JsonValue
from steelyard.report.market_figures import key_levels, volume_profiles
from steelyard.report.metrics import drawdown
from steelyard.report.reasons import has_news, sentences
from steelyard.report.result import Result
from steelyard.report.rounding import amounts, fraction, fractions, integers
from steelyard.report.story import TITLES


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
    backing = curve.spot if result.inputs.walk.in_coins else curve.cash
    return {
        "spot": _from_second(fractions(quotient(curve.spot[rows], equity))),
        "futures": _from_second(fractions(quotient(curve.futures[rows], equity))),
        "hedge": _from_second(fractions(account.hedge_ratio)),
        "leverage": _from_second(fractions(quotient(notional(curve)[rows], backing[rows]))),
        "margin": _from_second(fractions(_margin_ratios(result, account))),
        "reach": _from_second(fractions(_liquidation_moves(result, account))),
    }


def _margin_ratios(result: Result, account: Daily) -> Floats:
    """Return the highest margin ratio of every day, NaN where there were no futures."""
    highest = highest_of_day(result.inputs.walk.curve.margin_ratio, account.rows)
    return np.where(highest > 0.0, highest, np.nan)


def _liquidation_moves(result: Result, account: Daily) -> Floats:
    """Return the move of the mark to liquidation at every daily close; NaN where there is none."""
    curve, rows, tiers = result.inputs.walk.curve, account.rows, result.market.tiers
    mark = last_known(result.market.mark, account.ms[1:])
    ladder = (tiers.cap, tiers.rate, tiers.deduction)
    if result.inputs.walk.in_coins:
        return inverse_liquidation_moves(curve.backing[rows], curve.futures[rows], mark, ladder)
    size = curve.futures[rows] / mark
    return liquidation_moves(curve.backing[rows], curve.coins[rows], size, mark, ladder)


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


def _reasons(result: Result) -> dict[str, JsonValue]:
    """Return the reasons of every decision with news, each sentence written once.

    ``sentences``: all of them; ``reasons``: when, and the numbers of its sentences in their order.
    """
    inputs = result.inputs
    number: dict[str, int] = {}
    told: list[JsonValue] = []
    for row, ms in enumerate(inputs.walk.decisions.ms):
        if has_news(inputs, row):
            said = [number.setdefault(each, len(number)) for each in sentences(inputs, row)]
            told.append([int(ms), *said])
    return {"sentences": list(number), "reasons": told}


def _liquidations(result: Result) -> list[JsonValue]:
    fills = result.inputs.walk.fills
    return integers(fills.filled_ms[fills.reason == FILL_LIQUIDATION])


def _waterfall(result: Result) -> list[JsonValue]:
    """Return the bars of the waterfall: from start to end by every part of the attribution."""
    parts: list[JsonValue] = [[name, getattr(result.attribution, name)] for name in PARTS]
    return [["start", result.start_equity], *parts, ["end", result.end_equity]]


def figures(result: Result) -> dict[str, JsonValue]:
    """Return what the page's script draws; stamps in milliseconds, shares as fractions."""
    account = result.account
    lines: list[JsonValue] = [
        {"name": TITLES[name], "values": amounts(result.benchmark_accounts[name].nav)}
        for name in result.benchmarks
    ]
    defence = result.policy.defence_margin_ratio
    return {
        "asset": result.market.asset,
        "quote": result.market.quote,
        "policy": result.policy.name,
        "start": result.start_ms,
        "end": result.end_ms,
        "ms": integers(account.ms),
        "price": amounts(account.price),
        "candles": candles(result.market.bars["1d"], account.ms),
        "hours": hourly(result.market.spot, result.start_ms, result.end_ms),
        **key_levels(result.market.bars["1w"], account.ms, account.price),
        "profiles": volume_profiles(result.market, account.ms),
        "equity": amounts(account.nav),
        "benchmarks": lines,
        "drawdown": fractions(drawdown(account.nav)),
        "holding": fractions(drawdown(result.benchmark_accounts["hold"].nav)),
        **_exposure(result, account),
        "defence": fraction(defence),
        "regimes": list(result.policy.regime_ids),
        "triggers": list(result.policy.trigger_ids),
        "spells": _regime_spells(result),
        "active": _trigger_spells(result),
        **_reasons(result),
        "liquidations": _liquidations(result),
        "waterfall": _waterfall(result),
    }
