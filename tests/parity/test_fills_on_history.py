"""Fills and liquidation on real history: no price from before its decision, and the right price."""

import math
from pathlib import Path

import numpy as np
import pytest

from steelyard.data.catalogue import open_market
from steelyard.domain.codes import PERP
from steelyard.domain.market import Market
from steelyard.domain.record import FILL_LIQUIDATION
from steelyard.domain.time import HOUR_MS
from steelyard.engine.backtest import backtest, lay_course
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


def test_a_ten_times_short_is_liquidated_at_the_price_of_the_formula(
    bitcoin: Market, tmp_path: Path
) -> None:
    policy = policy_of(tmp_path, "", TEN_TIMES_SHORT)
    dates = {"start": "2020-10-01", "end": "2021-01-31"}
    course = lay_course(bitcoin, **dates, cash=CASH)
    outcome = course.run(compile_policy(policy))
    made = outcome.fills
    row = int(np.argmax(made.reason == FILL_LIQUIDATION))
    result = backtest(policy, bitcoin, **dates, cash=CASH)
    count = int((made.reason == FILL_LIQUIDATION).sum())

    assert made.reason[row] == FILL_LIQUIDATION
    assert made.reference[row] == pytest.approx(
        formula(bitcoin, outcome_before(made, row)), rel=1e-9
    )
    assert result.as_document()["counts"]["liquidations"] == count  # type: ignore[index, call-overload]  # JSON
    assert any(text.startswith("Liquidated on 20") for text in result.warnings)


def outcome_before(made: object, row: int) -> object:
    return made, row


def formula(market: Market, what: object) -> float:
    return math.nan
