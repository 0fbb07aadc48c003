"""What the pictures of a page show, each in a sentence for those who do not see them."""

import numpy as np

from steelyard.domain.arrays import Floats
from steelyard.domain.codes import PARTS
from steelyard.report.daily import quotient
from steelyard.report.metrics import drawdown
from steelyard.report.result import Result
from steelyard.report.words import money, percent, price, signed_money


def _span(values: Floats) -> str:
    return f"{percent(float(np.min(values)))} to {percent(float(np.max(values)))}"


def main_picture(result: Result) -> str:
    """Return what the chart of price and stance shows from start to end."""
    account, curve = result.account, result.inputs.walk.curve
    equity = curve.equity[account.rows]
    spot = quotient(curve.spot[account.rows], equity)
    futures = quotient(curve.futures[account.rows], equity)
    worst = float(np.min(drawdown(account.nav)))
    return (
        f"{result.market.asset} went from {price(account.price[0])} to "
        f"{price(account.price[-1])} {result.market.quote}, equity from "
        f"{money(result.start_equity)} to {money(result.end_equity)}, at worst "
        f"{percent(-worst)} below its highest; at daily closes spot was {_span(spot)} of equity "
        f"and futures {_span(futures)}."
    )


def waterfall(result: Result) -> str:
    """Return what the waterfall shows, without the parts that round to nothing."""
    amounts = {name: float(getattr(result.attribution, name)) for name in PARTS}
    parts = [f"{name} {signed_money(value)}" for name, value in amounts.items() if round(value)]
    steps = ", ".join(parts) or "no part of it"
    return (
        f"From {money(result.start_equity)} to {money(result.end_equity)} "
        f"{result.market.quote}: {steps}."
    )
