"""Fills and liquidation on real history: no price from before its decision, and the right price."""

import math
from pathlib import Path

import numpy as np
import pytest

from steelyard.data.catalogue import open_market
from steelyard.domain.codes import PART_LIQUIDATION, PERP
from steelyard.domain.market import Market
from steelyard.domain.record import FILL_LIQUIDATION, Fills
from steelyard.domain.time import HOUR_MS
from steelyard.engine.backtest import backtest
from steelyard.engine.course import lay_course
from steelyard.policy.compile import compile_policy
from steelyard.policy.load import load_policy
from tests.support.data import real_data
from tests.support.policy_files import policy_of

pytestmark = [pytest.mark.parity, pytest.mark.real]
CASH = 100_000.0

TEN_TIMES_SHORT = """schema = 1
name = "ten-times-short"
review = "biweekly"

[baseline]
spot = 0.0
futures = -10.0

[limits]
leverage = 10.0
turnover_per_day = 100.0
margin_defence = false
"""


@pytest.fixture(scope="module")
def bitcoin() -> Market:
    return open_market(real_data(), asset="BTC")


@pytest.mark.parametrize("asset", ["BTC", "XRP", "ADA", "LTC"])
def test_every_order_fills_at_the_open_of_a_bar_that_begins_at_or_after_its_decision(
    asset: str,
) -> None:
    market = open_market(real_data(), asset=asset)
    course = lay_course(market, start=None, end=None, cash=CASH)
    made = course.run(compile_policy(load_policy("article"))).fills
    opens = []
    for leg, ms in zip(made.leg, made.filled_ms, strict=True):
        bars = market.perp if leg == PERP else market.spot
        opens.append(bars.open[(int(ms) - int(bars.open_ms[0])) // HOUR_MS])
    paid = np.sign(made.quantity) * (made.price / np.array(opens) - 1.0)

    assert (made.filled_ms >= made.decided_ms).all()
    assert (made.filled_ms % HOUR_MS == 0).all()
    # Worse than the open by half-spread (1 bp) and impact, never better, never by a per cent.
    assert (paid >= 0.99e-4).all()
    assert (paid < 0.01).all()


@pytest.mark.parametrize("asset", ["BTC", "ADA", "LTC", "XRP"])
@pytest.mark.parametrize("policy", ["article", "hold"])
def test_every_fill_is_whole_lots_at_a_price_above_zero(asset: str, policy: str) -> None:
    course = lay_course(open_market(real_data(), asset=asset), start=None, end=None, cash=CASH)
    made = course.run(compile_policy(load_policy(policy))).fills
    lot = course.costs.lot[0, made.leg]
    lots = made.quantity[lot > 0.0] / lot[lot > 0.0]

    assert np.allclose(lots, np.round(lots), rtol=0.0, atol=1e-6)
    assert (made.price > 0.0).all()


def liquidation_by_hand(market: Market, made: Fills, row: int) -> float:
    """Return where a short is liquidated, from its fills, the funding it was paid, and the tiers.

    Cash at a mark p is what there was, less fees and less the sum of coins x (price - p), plus
    funding; it meets |q| p x rate - deduction of the tier that holds |q| p (domain 11.2).
    """
    coins, price = made.quantity[:row], made.price[:row]
    wallet = CASH - made.fee[:row].sum() - (coins * price).sum()
    opens = int(market.mark.open_ms[0])
    for ms, rate in zip(market.funding.ms, market.funding.rate, strict=True):
        held = coins[made.filled_ms[:row] < ms].sum()
        if ms <= made.filled_ms[row]:
            wallet -= held * market.mark.close[(int(ms) - opens) // HOUR_MS - 1] * rate
    size = -coins.sum()
    tiers = market.tiers
    for cap, rate, deduction in zip(tiers.cap, tiers.rate, tiers.deduction, strict=True):
        found = (wallet + deduction) / (size * (1.0 + rate))
        if size * found <= cap:
            return float(found)
    return math.nan


def test_a_ten_times_short_is_liquidated_at_the_price_of_the_formula(
    bitcoin: Market, tmp_path: Path
) -> None:
    policy = policy_of(tmp_path, "", TEN_TIMES_SHORT)
    start, end = "2020-10-01", "2021-01-31"
    course = lay_course(bitcoin, start=start, end=end, cash=CASH)
    outcome = course.run(compile_policy(policy))
    made = outcome.fills
    closed = np.flatnonzero(made.reason == FILL_LIQUIDATION)
    row = int(closed[0])
    price = liquidation_by_hand(bitcoin, made, row)
    bar = (int(made.filled_ms[row]) - int(bitcoin.mark.open_ms[0])) // HOUR_MS

    assert (made.leg[: row + 1] == PERP).all()
    assert made.reference[row] == pytest.approx(price, rel=1e-9)
    assert made.price[row] > made.reference[row]  # bought back above it, by slippage
    assert made.quantity[row] == pytest.approx(-made.quantity[:row].sum())
    # The mark reached it in that bar and in no bar before.
    assert bitcoin.mark.open[bar] < price <= bitcoin.mark.high[bar]

    result = backtest(policy, bitcoin, start=start, end=end, cash=CASH)
    document = result.as_document()
    stated = [text for text in result.warnings if text.startswith("Liquidated on ")]

    assert isinstance(document["counts"], dict)
    assert document["counts"]["liquidations"] == closed.size
    assert len(stated) == closed.size
    assert f"{made.price[row]:,.8g}" in stated[0]
    assert result.end_equity >= 0.0


def test_what_a_liquidation_costs_is_in_the_attribution(bitcoin: Market, tmp_path: Path) -> None:
    policy = policy_of(tmp_path, "", TEN_TIMES_SHORT)
    course = lay_course(bitcoin, start="2020-10-01", end="2021-01-31", cash=CASH)
    outcome = course.run(compile_policy(policy))
    residual = outcome.parts.sum(axis=1) - (outcome.curve.equity - CASH)

    assert outcome.parts[-1, PART_LIQUIDATION] != 0.0
    assert np.abs(residual).max() <= 1e-9 * CASH
    assert (outcome.curve.cash >= 0.0).all()
