"""This file is the account: valued, filled and funded, with every unit of equity attributed."""

from typing import Final

import numpy as np

from steelyard.domain.codes import (
    PART_BASIS,
    PART_FEES,
    PART_FUNDING,
    PART_FUTURES,
    PART_SLIPPAGE,
    PART_SPOT,
    PARTS,
    SPOT,
)
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.plan import Account

DUST: Final = 1e-12
"""What is left of a position after a fill, in shares of the fill, that is only rounding."""


def open_account(n_assets: int, n_legs: int, cash: float) -> Account:
    """Return an account that holds nothing but quote currency.

    Parameters
    ----------
    n_assets, n_legs : int
    cash : float, quote
    """
    return Account(
        quantity=np.zeros((n_assets, n_legs)),
        price=np.zeros((n_assets, n_legs)),
        cash=np.array([cash]),
        parts=np.zeros((n_assets, len(PARTS))),
        futures_result=np.zeros(n_assets),
    )


@compiled_inside
def equity(account: Account) -> float:
    """Return equity in quote: cash, which holds futures results, and spot at its price."""
    total = 0.0
    for wallet in range(account.cash.size):
        total += account.cash[wallet]
    for asset in range(account.quantity.shape[0]):
        if account.quantity[asset, SPOT] != 0.0:
            total += account.quantity[asset, SPOT] * account.price[asset, SPOT]
    return total


@compiled_inside
def revalue_leg(account: Account, asset: int, leg: int, price: float, index_change: float) -> None:
    """Move a futures leg to a new mark; the result goes into cash (domain 10.2, 10.8).

    Parameters
    ----------
    price : float, quote per coin
    index_change : float, quote per coin
        Change of the spot price over the same interval: that part is futures delta, the rest basis.
    """
    quantity = account.quantity[asset, leg]
    if quantity != 0.0:
        result = quantity * (price - account.price[asset, leg])
        delta = quantity * index_change
        account.cash[0] += result
        account.parts[asset, PART_FUTURES] += delta
        account.parts[asset, PART_BASIS] += result - delta
        account.futures_result[asset] += result
    account.price[asset, leg] = price


@compiled_inside
def revalue(account: Account, asset: int, prices: np.ndarray) -> None:
    """Move all legs of an asset to new prices.

    Parameters
    ----------
    prices : float64[n_legs], quote per coin
        Spot price, then the mark of each futures leg.
    """
    change = prices[SPOT] - account.price[asset, SPOT]
    account.parts[asset, PART_SPOT] += account.quantity[asset, SPOT] * change
    account.price[asset, SPOT] = prices[SPOT]
    for leg in range(1, prices.size):
        revalue_leg(account, asset, leg, prices[leg], change)


@compiled_inside
def settle_funding(account: Account, asset: int, leg: int, rate: float) -> float:
    """Book a funding settlement on the position held and return what was received, in quote.

    Parameters
    ----------
    rate : float, fraction of notional
        Positive: longs pay shorts (domain 10.5).
    """
    received = -account.quantity[asset, leg] * account.price[asset, leg] * rate
    account.cash[0] += received
    account.parts[asset, PART_FUNDING] += received
    account.futures_result[asset] += received
    return received


@compiled_inside
def book_fill(
    account: Account, asset: int, leg: int, quantity: float, price: float, fee_rate: float
) -> tuple[float, float]:
    """Book an execution; return its fee and its slippage against the price the leg is valued at.

    Parameters
    ----------
    quantity : float, coins
        Positive buys.
    price : float, quote per coin
        Fill price.
    fee_rate : float, fraction of notional

    Returns
    -------
    fee, slippage : float, quote
        Positive is a cost.
    """
    reference = account.price[asset, leg]
    slippage = quantity * (price - reference)
    fee = abs(quantity) * price * fee_rate
    account.cash[0] -= fee + (quantity * price if leg == SPOT else slippage)
    left = account.quantity[asset, leg] + quantity
    account.quantity[asset, leg] = left if abs(left) > DUST * abs(quantity) else 0.0
    account.parts[asset, PART_FEES] -= fee
    account.parts[asset, PART_SLIPPAGE] -= slippage
    if leg != SPOT:
        account.futures_result[asset] -= fee + slippage
    return fee, slippage
