"""This file holds the referee's book itself to the vectors, in exact fractions.

The files are read as they stand, not through ``each_case``: that a referee knows an answer does
not count as a test of the product.
"""

import json
from fractions import Fraction
from itertools import pairwise
from math import isclose
from typing import Any

import pytest

from tests.referee import book as events
from tests.referee import margin
from tests.referee.terms import Balance, Book, Kind, Leg, Tier, slippage_bp, worsened
from tests.support.vectors import folder


def vector(name: str) -> Any:  # noqa: ANN401  # a tree of fractions
    path = folder() / f"{name}.json"
    if not path.exists():
        pytest.skip(f"{name}.json is not among the vectors")
    return json.loads(path.read_text(encoding="utf-8"), parse_float=Fraction, parse_int=Fraction)


def agrees(actual: Fraction | None, expected: Fraction | None) -> bool:
    if actual is None or expected is None:
        return actual is expected
    return abs(actual - expected) <= Fraction(1, 10**10) * max(Fraction(1), abs(expected))


def tiers(rows: list[dict[str, Fraction]]) -> tuple[Tier, ...]:
    return tuple(Tier(cap=row["cap"], rate=row["mmr"], deduction=row["cum"]) for row in rows)


def account(kind: Kind = Kind.LINEAR, **terms: Any) -> tuple[Book, Leg, Balance]:  # noqa: ANN401
    """Return a book of coins and one contract on them, with the contract and its balance."""
    price = terms.get("price", Fraction(50_000))
    spot = Leg(asset=0, kind=Kind.SPOT, settles=0, price=price)
    leg = Leg(asset=0, kind=kind, settles=0, **terms)
    coin = 0 if kind is Kind.INVERSE else None
    balance = Balance(coin=coin, group=0, worth=price if coin == 0 else Fraction(1))
    return Book(legs=[spot, leg], balances=[balance]), leg, balance


def test_the_profit_of_linear_contracts() -> None:
    for case in vector("acct_pnl")["linear"]:
        book, leg, balance = account(price=case["entry"])
        events.trade_future(book, leg, case["qty"], case["entry"], case["fee_rate"])
        events.change_prices(book, [case["exit"], case["exit"]], [Fraction(1)])
        events.trade_future(book, leg, -case["qty"], case["exit"], case["fee_rate"])

        assert agrees(leg.parts["futures"], case["gross"])
        assert agrees(-leg.parts["fees"], case["fees"])
        assert agrees(balance.amount, case["net"])


def test_the_profit_of_inverse_contracts() -> None:
    for case in vector("acct_pnl")["inverse"]:
        book, leg, balance = account(Kind.INVERSE, price=case["entry"])
        balance.amount = case["collateral_coin"]
        events.trade_future(book, leg, case["contracts_usd_signed"], case["entry"], Fraction(0))
        before = events.equity(book)
        events.change_prices(book, [case["exit"], case["exit"]], [Fraction(1)])

        assert agrees(balance.amount - case["collateral_coin"], case["pnl_coin"])
        assert agrees(balance.amount, case["equity_coin"])
        assert agrees(events.equity(book), case["equity_usd"])
        assert agrees(balance.amount + leg.quantity / leg.price, case["delta_coin_at_exit"])
        assert leg.parts["basis"] == 0
        assert events.attributed(book) == events.equity(book) - before


def test_funding() -> None:
    for case in vector("acct_pnl")["funding"]:
        book, leg, balance = account(Kind(case["kind"]), price=case["mark"])
        leg.quantity = case["position"]
        events.settle_funding(book, leg, case["rate"])

        assert agrees(balance.amount, case["cash_flow"])


def test_a_fill_stamped_with_the_settlement_comes_after_funding() -> None:
    case = vector("acct_pnl")["funding_timing"]
    book, leg, balance = account()
    cash_flows = []
    for event in case["events"]:
        mark = event.get("mark", leg.price)
        events.change_prices(book, [mark, mark], [Fraction(1)])
        if "funding_rate" in event:
            before = balance.amount
            held = leg.quantity
            events.settle_funding(book, leg, event["funding_rate"])
            cash_flows.append((held, balance.amount - before))
        quantity = event.get("fill", event.get("fill_same_stamp", Fraction(0)))
        events.trade_future(book, leg, quantity, leg.price, Fraction(0))

    assert cash_flows == [(row["position"], row["cash_flow"]) for row in case["expected"]]


def test_slippage() -> None:
    for case in vector("acct_pnl")["slippage"]:
        bp = slippage_bp(
            half_spread_bp=case["half_spread_bps"],
            impact=case["Y"],
            daily_volatility=case["daily_sigma"],
            notional=case["notional"],
            daily_volume=case["adv"],
        )
        price = worsened(case["mid"], buys=case["side"] > 0, bp=bp, tick=Fraction(0))

        assert agrees(bp, case["total_bps"])
        assert agrees(bp - case["half_spread_bps"], case["impact_bps"])
        assert agrees(price, case["fill_price"])
        assert agrees(case["notional"] * bp / 10_000, case["cost_quote"])


def test_a_dated_contract_pays_the_change_of_its_mark_until_it_settles() -> None:
    case = vector("acct_dated")
    book, leg, balance = account(price=case["entry"])
    events.trade_future(book, leg, case["qty"], case["entry"], Fraction(0))
    variation = []
    for mark in case["marks"]:
        before = balance.amount
        events.change_prices(book, [mark, mark], [Fraction(1)])
        variation.append(balance.amount - before)
    before = balance.amount
    events.settle_dated(book, leg, case["final_settlement"])
    variation.append(balance.amount - before)

    assert variation == case["variation"]
    assert balance.amount == case["total"]
    assert leg.quantity == 0


def test_a_roll_pays_the_fees_of_both_contracts_and_locks_the_spread() -> None:
    case = vector("acct_dated")
    roll = case["roll"]
    book, near, balance = account(price=roll["near_exit_price"])
    following = Leg(asset=0, kind=Kind.LINEAR, settles=0, price=roll["next_entry_price"])
    book.legs.append(following)
    near.quantity = case["qty"]
    events.trade_future(book, near, -case["qty"], near.price, roll["fee_rate"])
    events.trade_future(book, following, case["qty"], following.price, roll["fee_rate"])

    assert agrees(-balance.amount, roll["fees"])
    assert following.entry - roll["near_exit_price"] == roll["spread"]


def test_the_scenario_of_a_whole_account() -> None:
    case = vector("acct_scenario")
    params, first = case["params"], case["steps"][0]
    spot = Leg(asset=0, kind=Kind.SPOT, settles=0, price=first["index"])
    perp = Leg(asset=0, kind=Kind.LINEAR, settles=0, price=first["mark"])
    cash = Balance(amount=params["initial_cash"])
    book = Book(legs=[spot, perp], balances=[cash])
    for step in case["steps"]:
        events.change_prices(book, [step["index"], step["mark"]], [Fraction(1)])
        events.settle_funding(book, perp, step["funding_rate"] or Fraction(0))
        for leg, name, trade in (
            (spot, "spot", events.trade_spot),
            (perp, "perp", events.trade_future),
        ):
            quantity = step[f"trade_{name}"]
            bp = params[f"slip_{name}"] * 10_000
            price = worsened(leg.price, buys=quantity > 0, bp=bp, tick=Fraction(0))
            trade(book, leg, quantity, price, params[f"fee_{name}"])

        assert agrees(cash.amount, step["cash"])
        assert (spot.quantity, perp.quantity) == (step["spot_qty"], step["perp_qty"])
        assert agrees(events.equity(book), step["nav"])

    expected = case["attribution"]
    assert events.attributed(book) == events.equity(book) - params["initial_cash"]
    assert agrees(events.attributed(book), case["nav_change"])
    assert agrees(spot.parts["spot"], expected["spot_delta"])
    assert agrees(perp.parts["futures"], expected["futures_delta"])
    for part in ("basis", "funding", "fees", "slippage"):
        assert agrees(spot.parts[part] + perp.parts[part], expected[part])


def test_the_tier_and_margin_of_a_notional() -> None:
    table = vector("margin_tiers")
    known = tiers(table["tiers"])
    for case in table["cases"]:
        _, leg, _ = account(quantity=Fraction(1), price=case["notional"], tiers=known)
        book = Book(legs=[leg], balances=[Balance(group=0)])

        assert known.index(margin.tier_of(known, case["notional"])) + 1 == case["tier"]
        assert margin.maintenance(book, leg) == case["maintenance_margin"]


def test_the_deductions_of_the_tiers_follow_from_their_rates() -> None:
    rows = vector("margin_tiers")["tiers"]
    for one, other in pairwise(rows):
        step = other["floor"] * (other["mmr"] - one["mmr"])

        assert other["cum"] == one["cum"] + step


def test_what_backs_an_account_after_haircuts() -> None:
    case = vector("margin_collateral")
    expected = case["expected"]
    stable, coin = case["assets"]
    known = tiers(vector("margin_tiers")["tiers"])
    spot = Leg(asset=0, kind=Kind.SPOT, settles=0, price=coin["price"], quantity=coin["amount"])
    spot.collateral, spot.haircut = 0, coin["haircut"]
    mark = Fraction(1)
    leg = Leg(
        asset=0, kind=Kind.LINEAR, settles=0, price=mark, quantity=case["notional"], tiers=known
    )
    cash = Balance(group=0, amount=stable["amount"], worth=stable["price"])
    book = Book(legs=[spot, leg], balances=[cash])

    assert margin.margin_balance(book, 0) == expected["collateral_value"]
    cash.amount += case["unrealised"]
    backing = margin.margin_balance(book, 0)
    needed = margin.maintenance_of(book, 0)
    assert backing == expected["margin_balance"]
    assert needed == expected["maintenance_margin"]
    assert agrees(needed / backing, expected["margin_ratio"])
    assert agrees(case["notional"] / backing, expected["effective_leverage"])


def test_the_liquidation_price_of_linear_contracts() -> None:
    known = tiers(vector("margin_tiers")["tiers"])
    for case in vector("margin_liquidation")["linear"]:
        quantity = case["side"] * case["qty"]
        book, leg, balance = account(quantity=quantity, price=case["entry"], tiers=known)
        balance.amount = case["wallet_balance"] + case["other_unrealised"]
        other = Leg(asset=1, kind=Kind.LINEAR, settles=0, quantity=Fraction(1))
        other.tiers = (Tier(cap=None, rate=case["other_maintenance"], deduction=Fraction(0)),)
        book.legs.append(other)
        price = margin.liquidation_price(book, leg)

        assert agrees(price, case["liquidation_price"]), case["name"]
        if price is None:
            continue
        tier = margin.tier_of(known, case["qty"] * price)
        assert known.index(tier) + 1 == case["tier_at_liquidation"]
        assert agrees(price / case["entry"] - 1, case["move_pct"])
        events.change_mark(book, leg, price, leg.price)
        assert margin.margin_balance(book, 0) == margin.maintenance_of(book, 0)
        assert agrees(margin.maintenance(book, leg), case["equity_equals_mm"])
        leg.tiers = other.tiers = (Tier(cap=None, rate=Fraction(0), deduction=Fraction(0)),)
        balance.amount -= events.result(leg, case["entry"], price)
        balance.amount -= case["other_maintenance"]
        leg.price = case["entry"]
        assert agrees(margin.liquidation_price(book, leg), case["bankruptcy_price"])


def test_the_liquidation_price_of_inverse_contracts() -> None:
    for case in vector("margin_liquidation")["inverse"]:
        quantity = case["side"] * case["contracts_usd"]
        book, leg, balance = account(Kind.INVERSE, quantity=quantity, price=case["entry"])
        leg.tiers = (Tier(cap=None, rate=case["mmr"], deduction=case["cum_coin"]),)
        balance.amount = case["wallet_coin"]

        assert agrees(margin.liquidation_price(book, leg), case["liquidation_price"]), case["name"]


def test_the_root_of_the_impact_is_exact_far_beyond_a_float() -> None:
    two = slippage_bp(
        half_spread_bp=Fraction(0),
        impact=Fraction(1),
        daily_volatility=Fraction(1, 10_000),
        notional=Fraction(2),
        daily_volume=Fraction(1),
    )

    assert abs(two**2 - 2) < Fraction(1, 10**39)
    assert isclose(two, 2**0.5, rel_tol=1e-15)
