"""Every column of the vectors' exposure rows, from an account that holds the weights."""

import re

import numpy as np

from steelyard.ledger.account import book_fill, equity, open_account, revalue
from steelyard.report.daily import hedge_ratios
from tests.support.vectors import Node

NAV = 100_000.0
PRICE = 50_000.0


def exposures(case: Node, spot: float, futures: float, dated: float = 0.0) -> dict[str, object]:
    """Return every column of a row of the vectors for target weights.

    ``nav`` and ``price`` are the file's own, else those that its description names. The
    account has a third leg for the dated future; it trades at one price without costs.
    """
    root = case.root
    nav = root["nav"].number() if "nav" in root else NAV
    price = root["price"].number() if "price" in root else PRICE
    account = open_account(1, 3, nav)
    revalue(account, 0, np.full(3, price))
    for leg, weight in enumerate((spot, futures, dated)):
        book_fill(account, 0, leg, weight * nav / price, price, 0.0)
    coins = account.quantity[0]
    values = coins * price
    core = float(values[0] + values[2])
    cash = float(account.balance[0])
    computed: dict[str, object] = {
        "w_spot": values[0] / nav,
        "w_spot_core": core / nav,
        "w_futures_net": values[1] / nav,
        "w_dated_basis": values[2] / nav,
        "w_cash": cash / nav,
        "net_delta": values.sum() / nav,
        "gross_exposure": np.abs(values).sum() / nav,
        "hedge_ratio_core": hedge_ratios(np.array([core]), values[1:2], np.array([nav]))[0],
        "effective_leverage_on_cash": np.abs(values[1:]).sum() / cash,
        "spot_usd": values[0],
        "cash_usd": cash,
        "futures_notional_usd": values[1],
        "dated_notional_usd": values[2],
        "spot_btc": coins[0],
        "futures_btc": coins[1],
    }
    for key in case.keys():  # noqa: SIM118 - a place in a file, not a dict
        moved = re.fullmatch(r"pnl_usd_if_price_(minus|plus)_(\d+)pct", key)
        if moved:
            move = int(moved[2]) / 100.0 * (-1.0 if moved[1] == "minus" else 1.0)
            revalue(account, 0, np.full(3, price * (1.0 + move)))
            computed[key] = equity(account) - nav
    return computed
