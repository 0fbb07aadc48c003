"""The basis trade of the shipped policies, on markets whose every sum can be made by hand.

Spot stands at 100, so no rule of the core acts, nothing moves a price when it is traded beyond
the half-spread of 0.01 %, and the perpetual stays at 0.4 of equity.
"""

from dataclasses import replace

import polars as pl
import pytest

import steelyard as sy
from steelyard.domain.market import Market
from steelyard.engine.backtest import backtest
from steelyard.policy.load import load_policy
from tests.support.days import contract_of_days, day_stamp, market_of_days

CASH = 10_000.0
FUTURE = "basis_future_1"


def with_contract(prices: list[float], first_day: int) -> Market:
    """Return 50 days at 100 beside a contract that expires at the end of its prices."""
    dated = contract_of_days(prices, first_day, first_day + len(prices))
    return replace(market_of_days([100.0] * 50), dated=(dated,))


def ran(policy: str, market: Market, *settings: str) -> sy.Result:
    return backtest(load_policy(policy, settings), market, cash=CASH)


def pairs_of(result: sy.Result) -> pl.DataFrame:
    fills = result.fills
    return fills.filter(pl.col("leg").str.starts_with("basis_") & (pl.col("reason") != "retagged"))


def at(result: sy.Result, when: str) -> dict[str, float]:
    """Return the account at an hour."""
    rows = result.equity.filter(pl.col("ts").dt.strftime("%F %R") == when)
    return rows.row(0, named=True)


@pytest.mark.parametrize(
    ("policy", "allocation", "opened"),
    [("article", 0.20, "1970-01-11 00:00"), ("prudent", 0.10, "1970-01-10 16:00")],
)
def test_a_shipped_policy_holds_its_pair_to_expiry_and_earns_the_basis_less_costs(
    policy: str, allocation: float, opened: str
) -> None:
    # Listed on day 5 at 105, 51 % a year over its 35 days. It trades 10,500 an hour, a hundredth
    # of which is 1,680 after 16 hours, enough for a tenth of 10,000, and 2,520 after a day.
    market = with_contract([105.0] * 35, 5)
    result = ran(policy, market)
    fills = pairs_of(result)

    assert fills["leg"].to_list() == [FUTURE, FUTURE]  # the core lends the spot, none is bought
    assert fills["reason"].to_list() == ["sleeve", "expiry"]
    assert fills["ts"].dt.strftime("%F %R").to_list() == [opened, f"{day_stamp(40)} 00:00"]
    coins = allocation * at(result, opened)["equity"] / 100.0
    assert fills["quantity"].to_list() == pytest.approx([-coins, coins])
    # Sold at 105 less 0.01 %, settled at 100, 0.05 % of either price paid.
    sold = 105.0 * 0.9999
    earned = coins * (sold - 100.0 - 0.0005 * (sold + 100.0))
    without = ran(policy, market, "basis.allocation=0")
    assert result.end_equity - without.end_equity == pytest.approx(earned)
    assert pairs_of(without).is_empty()


@pytest.mark.parametrize(("policy", "delta"), [("article", 0.80), ("prudent", 0.90)])
def test_spot_that_a_pair_takes_from_the_core_lowers_net_delta_until_it_expires(
    policy: str, delta: float
) -> None:
    # 0.60 of spot and +0.40 of perpetual, less the future sold: 0.20 or 0.10, marked at 105 for
    # each 100 of its spot. Costs and funding take less than a hundredth of equity.
    result = ran(policy, with_contract([105.0] * 35, 5))
    during, after = (at(result, f"{day_stamp(day)} 00:00") for day in (20, 41))

    assert during["delta"] == pytest.approx(1.0 - 1.05 * (1.0 - delta), abs=0.01)
    assert after["delta"] == pytest.approx(1.0, abs=0.01)
    assert during["hedge_ratio"] == 0.0


def test_article_asks_for_ten_percent_a_year_net_and_prudent_for_twelve() -> None:
    # 16 % a year at each midnight until the expiry, 25 days after the first at which it can be
    # traded. Costs are 2 x 0.11 % for spot, 0.06 % to sell the future, 0.05 % to settle it:
    # 0.33 % x 365 / 25 is 4.8 % a year, which leaves 11.2 %, and less at later midnights.
    prices = [100.0 * (1.0 + 0.16 * left / 365.0) for left in range(25, -1, -1)]
    market = with_contract(prices, 5)

    assert pairs_of(ran("article", market))["quantity"].to_list()[0] < 0.0
    assert pairs_of(ran("prudent", market)).is_empty()


def test_without_dated_contracts_all_is_as_without_the_sleeve_and_a_warning_says_so() -> None:
    market = market_of_days([100.0, 101.0] * 25)
    with_basis, without = ran("article", market), ran("article", market, "basis.allocation=0")
    idle = [said for said in with_basis.warnings if "basis sleeve" in said]

    assert with_basis.equity.equals(without.equity)
    assert with_basis.fills.equals(without.fills)
    assert "sleeves" not in with_basis.assumptions
    assert len(idle) == 1
    assert "steelyard data download BTC" in idle[0]
    assert not [said for said in without.warnings if "basis sleeve" in said]
