"""This file tells what is ordered, what it costs, and what the account stands on after it."""

import math
from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from steelyard.domain.codes import LEGS, PERP, SPOT
from steelyard.domain.compiled import entry
from steelyard.domain.contracts import SPOT_COIN
from steelyard.domain.plan import Account
from steelyard.domain.record import FILL_REASONS
from steelyard.domain.sleeves import SLEEVES
from steelyard.engine.standing import Standing
from steelyard.kernel import bar as kernel_bar
from steelyard.kernel import noted
from steelyard.kernel import sleeves as kernel_sleeves
from steelyard.kernel.look import bands_of, look_at_account
from steelyard.kernel.track import daily_volatility, liquidity
from steelyard.report.ordered import Leg, Margin, Orders, Pair
from steelyard.venues.sim import book_fill, fee_at, fill_of

core_targets = entry(kernel_sleeves.core_targets)
value_of = entry(noted.value_of)
coins_of = entry(kernel_bar.coins_of)

_NAMES = ("spot", "futures")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trade:
    """One order as the fill model would fill it now; see ``Leg``."""

    quantity: float = 0.0
    fee: float = 0.0
    slippage: float = 0.0


def orders_of(standing: Standing) -> Orders:
    """Return the orders that wait, their cost, and the account before and after them.

    The account after is at the prices before: what is bought is worth what it cost, less the cost.
    """
    account = deepcopy(standing.book.account)
    before = margin_of(standing, account)
    trades = _traded(standing, account)
    sleeves = standing.compiled.plan.sleeves.size
    return Orders(
        legs=tuple(_leg(standing, number, before, trades[number]) for number in range(len(LEGS))),
        pairs=tuple(_pair(standing, number) for number in range(sleeves)),
        before=before,
        after=margin_of(standing, account),
    )


def _pair(standing: Standing, number: int) -> Pair:
    """Return what a sleeve holds and what waits in it."""
    book, sleeve = standing.book, standing.compiled.plan.sleeves[number]
    futures = slice(int(sleeve["first_leg"]), int(sleeve["end_leg"]))
    quantity, pending = book.account.legs["quantity"][0], book.orders["pending"][0]
    return Pair(
        sleeve=SLEEVES[sleeve["kind"]],
        spot=float(quantity[sleeve["spot_leg"]]),
        held=float(book.desk["held"][0, number]),
        futures=float(quantity[futures].sum()),
        spot_order=float(pending[sleeve["spot_leg"]]),
        futures_order=float(pending[futures].sum()),
    )


def margin_of(standing: Standing, account: Account) -> Margin:
    """Return what an account comes to and what its futures stand on."""
    seen = np.empty(6)
    look_at_account(account, standing.course.costs, seen)
    equity, cash, spot, futures, ratio, liquidation = map(float, seen)
    values = [abs(value_of(account, 0, leg)) for leg in range(account.legs.shape[1])]
    notional = float(np.array(values)[account.legs["kind"][0] != SPOT_COIN].sum())
    backing = spot * equity if standing.market.in_coins else cash
    uncovered = math.inf if notional > 0.0 else 0.0
    return Margin(
        equity=equity,
        cash=cash,
        spot=spot,
        futures=futures,
        margin_ratio=ratio,
        leverage=notional / backing if backing > 0.0 else uncovered,
        liquidation_price=liquidation,
    )


def _traded(standing: Standing, account: Account) -> list[_Trade]:
    """Fill what waits at the account's own prices, futures that lower risk first; book it."""
    pending = standing.book.orders["pending"][0]
    held = sum(coins_of(account, 0, leg) for leg in range(account.legs.shape[1]))
    trades = [_Trade(), _Trade()]
    own = float(account.legs["quantity"][0, PERP])
    frees = standing.market.in_coins and abs(own + pending[PERP]) < abs(own)
    for leg in (PERP, SPOT) if frees or held * pending[PERP] < 0.0 else (SPOT, PERP):
        if pending[leg] != 0.0:
            trades[leg] = _filled(standing, account, leg, float(pending[leg]))
    return trades


def _filled(standing: Standing, account: Account, leg: int, order: float) -> _Trade:
    costs = standing.course.costs
    now = np.array([standing.at_ms])
    quote = (
        float(account.legs[0, leg]["price"]),
        float(daily_volatility(standing.market, now)[0]),
        float(liquidity(standing.market, now)[0, leg, 0]),
        fee_at(costs, leg, standing.at_ms),
    )
    quantity, price = fill_of(account, costs, 0, leg, order, quote)
    if quantity == 0.0:
        return _Trade()
    fee, slippage = book_fill(account, 0, leg, quantity, price, quote[3])
    return _Trade(quantity=quantity, fee=fee, slippage=slippage)


def _leg(standing: Standing, number: int, before: Margin, trade: _Trade) -> Leg:
    stance, order = standing.book.state.stance[0], standing.book.orders[0, number]
    targets = float(stance["spot"]), float(stance["futures"])
    if before.equity > 0.0:
        targets = core_targets(standing.book, *targets, before.equity)
    pending = float(order["pending"])
    held = standing.book.account.legs[0, number]
    price, account = float(held["price"]), standing.book.account
    market, is_face = standing.market, number == PERP and standing.market.in_coins
    return Leg(
        name=_NAMES[number],
        unit=market.futures_unit if number == PERP else market.asset,
        weight=value_of(account, 0, number) / before.equity if before.equity > 0.0 else 0.0,
        target=targets[number],
        band=float(bands_of(standing.compiled.plan, *targets)[number]),
        price=price,
        order=pending,
        reason=FILL_REASONS[int(order["reason"])] if pending != 0.0 else "",
        notional=abs(pending) if is_face else abs(pending) * price,
        fee=trade.fee,
        slippage=trade.slippage,
        fills=trade.quantity,
        ordered=float(standing.book.moments["ordered"][standing.moment, number]),
    )
