"""The answer in words with numbers, and what it does not prove: the first lines of every report."""

from typing import TYPE_CHECKING, Final

import numpy as np

from steelyard.domain.arrays import Floats
from steelyard.domain.time import text
from steelyard.report.attribution import FuturesStory, futures_story
from steelyard.report.findings import ENOUGH_EVENTS
from steelyard.report.words import counted, last_day, money, percent, signed_percent

if TYPE_CHECKING:
    from steelyard.report.result import Result

NET_SHORT_FROM: Final = 0.02
"""An account is net short from this share of equity on; less is drift within the usual band."""

TITLES = {
    "hold": "holding",
    "static_70_30": "static 70/30",
    "static_60_40": "static 60/40",
    "constant_delta": "constant delta",
    "sma200_only": "SMA200 only",
}
"""What the benchmarks are called in text and on pages."""

MEANINGS = {
    "hold": "all in spot",
    "static_70_30": "70 % spot and 30 % long futures, held by the band",
    "static_60_40": "60 % spot and 40 % long futures, held by the band",
    "constant_delta": "its average exposure, known only afterwards, without any timing",
    "sma200_only": "all in spot above the 200-day average, else in cash",
}


def _earned(result: float, who: str) -> str:
    return f"{who} {'earned' if result >= 0.0 else 'lost'} {money(abs(result))}"


def _futures(story: FuturesStory) -> str:
    sides = [
        _earned(result, who)
        for result, who in ((story.shorts, "shorts"), (story.longs, "long futures"))
        if round(result) != 0
    ]
    if not sides and round(story.costs) == 0 and round(story.liquidation) == 0:
        return "it held no futures"
    costs = (
        f"futures cost {money(story.costs)} in fees, slippage and funding"
        if story.costs >= 0.0
        else f"futures brought in {money(-story.costs)} of funding after fees and slippage"
    )
    if round(story.liquidation) != 0:
        took = f"liquidation cost {money(story.liquidation)}"
        if story.liquidation < 0.0:
            took = f"the venue bore {money(-story.liquidation)} of a liquidation"
        return ", ".join([*sides, costs, f"and {took}"])
    return ", ".join([*sides, f"and {costs}"]) if sides else costs


def net_short_share(result: "Result") -> float:
    """Return the share of daily closes at which futures outweighed spot by more than a drift."""
    curve, rows = result.inputs.walk.curve, result.account.rows
    net = curve.spot[rows] + curve.futures[rows]
    return float(np.mean(net < -NET_SHORT_FROM * np.abs(curve.equity[rows])))


def answer(result: "Result") -> str:
    """Return what would have happened, in two sentences."""
    quote = result.market.quote
    asset = (
        f"synthetic {result.market.asset}" if result.market.is_synthetic else result.market.asset
    )
    holding = result.benchmark_accounts["hold"].nav
    held_return = float(holding[-1] / holding[0]) - 1.0
    return (
        f"From {text(result.start_ms)} to {last_day(result.end_ms)}, {result.policy.name} on "
        f"{asset} turned {money(result.start_equity)} into {money(result.end_equity)} {quote} "
        f"({signed_percent(result.total_return)}); holding "
        f"ended at {money(float(holding[-1]))} ({signed_percent(held_return)}). It was hedged on "
        f"{percent(result.metrics.time_hedged)} of days and net short on "
        f"{percent(net_short_share(result))}; "
        f"{_futures(futures_story(result.inputs.walk))}.{_force(result.counts.liquidations)}"
    )


def _force(liquidations: int) -> str:
    return f" The venue liquidated it {counted(liquidations, 'time')}." if liquidations else ""


def caveat(result: "Result") -> str:
    """Return what the answer does not prove, in as plain words as the answer itself."""
    market = (
        "The market is synthetic, so this shows how the rules work and nothing about money. "
        if result.market.is_synthetic
        else "This is one past of one asset, with assumed costs: it does not show what comes next. "
    )
    twin = result.benchmark_accounts["constant_delta"].nav
    return f"{market}{timing(twin, result.end_equity)}{_events(result)}"


def timing(twin: Floats, end_equity: float) -> str:
    """Return what can be due to timing, beside the constant-delta twin once a day, in quote."""
    gain = float(twin[-1] / twin[0]) - 1.0
    beyond = end_equity - float(twin[-1])
    judged = (
        f"so the timing cost {money(-beyond)}"
        if beyond < 0.0
        else f"so no more than {money(beyond)} can be due to timing"
    )
    return (
        f"Its average exposure without any timing, which nobody knew beforehand, ended at "
        f"{money(float(twin[-1]))} ({signed_percent(gain)}), {judged}."
    )


def _events(result: "Result") -> str:
    triggers = result.triggers
    few = sum(trigger.episodes < ENOUGH_EVENTS for trigger in triggers)
    if not triggers:
        return ""
    if not any(trigger.episodes for trigger in triggers):
        return " None of its triggers fired."
    if few == 0:
        return f" Each of its triggers fired at least {ENOUGH_EVENTS} times."
    who = f"{few} of its {len(triggers)} triggers"
    return f" {who} fired fewer than {ENOUGH_EVENTS} times: too seldom to tell skill from luck."
