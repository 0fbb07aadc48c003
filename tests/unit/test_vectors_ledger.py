"""Account and margin against the independently computed vectors."""

import math

import numpy as np

from steelyard.domain.arrays import Floats
from steelyard.domain.codes import (
    PART_BASIS,
    PART_FEES,
    PART_FUNDING,
    PART_FUTURES,
    PART_SLIPPAGE,
    PART_SPOT,
    PERP,
    SPOT,
)
from steelyard.domain.plan import Account
from steelyard.kernel.fill import fill_of, slippage_bps
from steelyard.ledger.account import book_fill, equity, open_account, revalue
from steelyard.ledger.cash import settle_funding
from steelyard.ledger.groups import margin_balance
from steelyard.ledger.margin import (
    bankruptcy_price,
    forced_price,
    liquidation_price,
    maintenance,
    margin_ratio,
    tier_of,
)
from tests.support.plans import costs_of
from tests.support.vectors import Node, each_case, found

INVERSE = "step 3: inverse contracts"


def at_price(cash: float, price: float) -> Account:
    """Return an account that holds nothing, valued at one price of spot and mark."""
    account = open_account(1, 2, cash)
    revalue(account, 0, np.full(2, price))
    return account


def ladder_of(tiers: Node) -> tuple[Floats, Floats, Floats]:
    """Return caps, rates and deductions; a cap of null has no end."""
    rows = [[tier[key].number() for key in ("cap", "mmr", "cum")] for tier in tiers]
    cap, rate, deduction = np.array(rows).T
    return np.where(np.isnan(cap), np.inf, cap), rate, deduction


# -- maintenance tiers --------------------------------------------------------------------------


@each_case("margin_tiers", "cases", "*")
def test_the_maintenance_margin_of_a_notional(case: Node) -> None:
    ladder = ladder_of(case.root["tiers"])
    notional = case["notional"].number()
    computed = {
        "tier": tier_of(notional, ladder[0]) + 1,
        "maintenance_margin": maintenance(notional, *ladder),
    }

    assert case.differences(computed) == []


@each_case("margin_tiers", "tiers")
def test_the_maintenance_margin_has_no_jump_between_tiers(case: Node) -> None:
    ladder = ladder_of(case)
    for row, tier in enumerate(case):
        tier["max_leverage"].leave("an input that the rule does not need")
        floor = tier["floor"].number()
        above = floor * ladder[1][row] - ladder[2][row]

        assert math.isclose(maintenance(floor, *ladder), above, abs_tol=1e-6)


# -- collateral ---------------------------------------------------------------------------------


@each_case("margin_collateral")
def test_what_backs_an_account_after_haircuts(case: Node) -> None:
    tables = [Node(v, (), v.data)["tiers"] for v in found() if v.name == "margin_tiers"]
    if not tables:
        case.skip("margin_tiers.json is not among the vectors")
    cap, rate, deduction = ladder_of(tables[0])
    costs = costs_of(tiers=list(zip(cap, rate, deduction, strict=True)))
    stable, coin = case["assets"]
    price, notional = coin["price"].number(), case["notional"].number()
    account = at_price(stable["amount"].number(), price)
    account.balances["worth"], account.balances["haircut"] = (
        stable["price"].number(),
        stable["haircut"].number(),
    )
    account.legs[0, SPOT]["quantity"] = coin["amount"].number()
    account.legs[0, SPOT]["collateral"] = 0
    account.legs[0, SPOT]["haircut"] = coin["haircut"].number()
    value = margin_balance(account, 0)
    account.balances["amount"] += case["unrealised"].number()
    account.legs[0, PERP]["quantity"] = notional / price
    backing = margin_balance(account, 0)
    computed = {
        "collateral_value": value,
        "margin_balance": backing,
        "maintenance_margin": maintenance(notional, cap, rate, deduction),
        "margin_ratio": margin_ratio(account, costs),
        "effective_leverage": notional / backing,
    }

    assert [coin["asset"].text(), stable["asset"].text()] == ["BTC", "USDT"]
    assert case["expected"].differences(computed) == []


# -- the whole ledger ---------------------------------------------------------------------------


def live_step(account: Account, step: Node, params: Node) -> None:
    """Mark, then fund, then fill: what the vector's step does."""
    prices = np.array([step["index"].number(), step["mark"].number()])
    revalue(account, 0, prices)
    rate = step["funding_rate"].number()
    if not math.isnan(rate):
        settle_funding(account, 0, PERP, rate)
    for leg, name in ((SPOT, "spot"), (PERP, "perp")):
        quantity = step[f"trade_{name}"].number()
        side = math.copysign(1.0, quantity)
        price = prices[leg] * (1.0 + side * params[f"slip_{name}"].number())
        if quantity != 0.0:
            book_fill(account, 0, leg, quantity, price, params[f"fee_{name}"].number())


@each_case("acct_scenario")
def test_a_path_of_the_whole_ledger_and_its_attribution(case: Node) -> None:
    start = case["params"]["initial_cash"].number()
    account = open_account(1, 2, start)
    for step in case["steps"]:
        step["i"].plain()
        live_step(account, step, case["params"])
        computed = {
            "cash": account.balances["amount"][0],
            "spot_qty": account.legs["quantity"][0, SPOT],
            "perp_qty": account.legs["quantity"][0, PERP],
            "nav": equity(account),
        }

        assert step.differences(computed) == []

    parts = account.legs["parts"][0].sum(axis=0)
    attribution = {
        "spot_delta": parts[PART_SPOT],
        "futures_delta": parts[PART_FUTURES],
        "basis": parts[PART_BASIS],
        "funding": parts[PART_FUNDING],
        "fees": parts[PART_FEES],
        "slippage": parts[PART_SLIPPAGE],
    }

    assert case["nav_change"].differences(equity(account) - start) == []
    assert case["attribution"].differences(attribution) == []
    assert math.isclose(parts.sum(), equity(account) - start, abs_tol=1e-9)


# -- profit, funding, slippage ------------------------------------------------------------------


@each_case("acct_pnl", "linear", "*")
def test_the_profit_of_a_linear_position(case: Node) -> None:
    quantity, fee_rate = case["qty"].number(), case["fee_rate"].number()
    entry, leave = case["entry"].number(), case["exit"].number()
    account = at_price(1e6, entry)
    book_fill(account, 0, PERP, quantity, entry, fee_rate)
    revalue(account, 0, np.full(2, leave))
    book_fill(account, 0, PERP, -quantity, leave, fee_rate)
    parts = account.legs["parts"][0].sum(axis=0)
    computed = {
        "gross": parts[PART_FUTURES] + parts[PART_BASIS],
        "fees": -parts[PART_FEES],
        "net": account.balances["amount"][0] - 1e6,
    }

    assert case.differences(computed) == []
    assert case["net"].differences(account.futures_result[0]) == []


@each_case("acct_pnl", "inverse", "*")
def test_the_profit_of_an_inverse_position(case: Node) -> None:
    case.skip(INVERSE)


@each_case("acct_pnl", "funding", "*")
def test_what_a_settlement_pays(case: Node) -> None:
    if case["kind"].text() == "inverse":
        case.skip(INVERSE)
    mark = case["mark"].number()
    account = at_price(1e6, mark)
    book_fill(account, 0, PERP, case["position"].number(), mark, 0.0)
    received = settle_funding(account, 0, PERP, case["rate"].number())

    assert case["unit"].text() == "quote"
    assert case["cash_flow"].differences(received) == []
    assert case["cash_flow"].differences(account.legs["parts"][0, :, PART_FUNDING].sum()) == []


@each_case("acct_pnl", "funding_timing")
def test_a_fill_at_the_settlement_comes_after_it(case: Node) -> None:
    account = at_price(1e6, 50_000.0)
    settled = []
    for event in case["events"]:
        stamp = event["t"].text()
        if "position_before" in event:
            assert event["position_before"].number() == account.legs["quantity"][0, PERP]
        if "mark" in event:
            revalue(account, 0, np.full(2, event["mark"].number()))
        if "funding_rate" in event:
            received = settle_funding(account, 0, PERP, event["funding_rate"].number())
            position = float(account.legs["quantity"][0, PERP])
            settled.append({"t": stamp, "position": position, "cash_flow": received})
        for key in ("fill", "fill_same_stamp"):
            if key in event:
                price = float(account.legs["price"][0, PERP])
                book_fill(account, 0, PERP, event[key].number(), price, 0.0)

    assert case["expected"].differences(settled) == []


@each_case("acct_pnl", "slippage", "*")
def test_the_cost_of_crossing_the_spread_and_of_impact(case: Node) -> None:
    half, mid = case["half_spread_bps"].number(), case["mid"].number()
    costs = costs_of(half_spread_bps=half, impact=case["Y"].number())
    market = case["daily_sigma"].number(), case["adv"].number()
    notional, side = case["notional"].number(), case["side"].whole()
    total = slippage_bps(notional, *market, costs)
    account = at_price(1e12, mid)
    order = side * notional / mid
    quantity, price = fill_of(account, costs, 0, PERP, order, (mid, *market, 0.0))
    _, slippage = book_fill(account, 0, PERP, quantity, price, 0.0)
    computed = {
        "impact_bps": total - half,
        "total_bps": total,
        "fill_price": price,
        "cost_quote": slippage,
    }

    assert case.differences(computed) == []


# -- liquidation --------------------------------------------------------------------------------


@each_case("margin_liquidation", "linear", "*")
def test_the_price_of_liquidation_and_of_bankruptcy(case: Node) -> None:
    tables = [Node(v, (), v.data)["tiers"] for v in found() if v.name == "margin_tiers"]
    if not tables:
        case.skip("margin_tiers.json is not among the vectors")
    ladder = ladder_of(tables[0])
    wallet, entry = case["wallet_balance"].number(), case["entry"].number()
    size, side = case["qty"].number(), case["side"].whole()
    others, unrealised = case["other_maintenance"].number(), case["other_unrealised"].number()
    backing = wallet - others + unrealised
    price = liquidation_price(backing, side * size, entry, ladder)

    assert case["liquidation_price"].differences(price) == []
    if math.isnan(price):
        return

    equity_there = backing + side * size * (price - entry)
    needed = maintenance(size * price, *ladder)
    computed = {
        "tier_at_liquidation": tier_of(size * price, ladder[0]) + 1,
        "equity_equals_mm": needed,
        "bankruptcy_price": bankruptcy_price(backing, side * size, entry),
        "move_pct": price / entry - 1.0,
    }

    assert case.differences(computed) == []
    assert case["equity_equals_mm"].differences(equity_there) == []


@each_case("margin_liquidation", "linear", "*")
def test_an_account_is_closed_at_its_liquidation_price(case: Node) -> None:
    # The same position held by an account alone: other positions only change what backs it.
    tables = [Node(v, (), v.data)["tiers"] for v in found() if v.name == "margin_tiers"]
    if not tables:
        case.skip("margin_tiers.json is not among the vectors")
    cap, rate, deduction = ladder_of(tables[0])
    costs = costs_of(tiers=list(zip(cap, rate, deduction, strict=True)))
    others, unrealised = case["other_maintenance"].number(), case["other_unrealised"].number()
    entry, side = case["entry"].number(), case["side"].whole()
    account = at_price(case["wallet_balance"].number() - others + unrealised, entry)
    book_fill(account, 0, PERP, side * case["qty"].number(), entry, 0.0)
    adverse = 1e-6 if side > 0 else 10.0 * entry
    price = forced_price(account, 0, PERP, adverse, costs)

    assert case["liquidation_price"].differences(price) == []


@each_case("margin_liquidation", "inverse", "*")
def test_the_price_of_liquidation_of_an_inverse_position(case: Node) -> None:
    case.skip(INVERSE)
