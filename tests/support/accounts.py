"""Accounts on all sorts of terms, the bars they live through, and orders given by hand."""

from collections.abc import Mapping

import numpy as np

from steelyard.domain.arrays import Floats
from steelyard.domain.codes import PERP
from steelyard.domain.contracts import INVERSE, plain_balances, plain_holdings
from steelyard.domain.plan import Account, Costs, Track
from steelyard.domain.time import HOUR_MS
from steelyard.kernel.book import Book, open_book
from steelyard.kernel.walk import live_through
from steelyard.ledger.account import account_on
from tests.support.plans import Actor, Scene, costs_of

MONEY, COINS, OWN_MONEY, OWN_COINS = range(4)
"""Balances of ``every_kind``."""

DATED, INVERSE_PERP, OWN_LINEAR, OWN_INVERSE = range(2, 6)
"""Its legs behind spot and the linear perpetual; the last two are isolated."""


def every_kind(prices: Floats, money: float, coins: float, worth: float = 1.0) -> Account:
    """Return an account of one asset with every kind of contract, which holds money and coins.

    Parameters
    ----------
    prices : float64[6], quote per coin
        Spot price, then the mark of each contract.
    money, coins : float
        What backs linear and what backs inverse contracts.
    worth : float, quote
        Of a unit of that money.
    """
    legs, balances = plain_holdings(1, 6), plain_balances([money, coins, 0.0, 0.0])
    legs["price"] = prices
    legs["initial"] = 0.125
    legs["kind"][0, [INVERSE_PERP, OWN_INVERSE]] = INVERSE
    legs["settles"][0, INVERSE_PERP:] = [COINS, OWN_MONEY, OWN_COINS]
    legs["parent"][0, OWN_LINEAR:] = [MONEY, COINS]
    balances["group"] = np.arange(4)
    balances["coin"][[COINS, OWN_COINS]] = 0
    balances["worth"] = worth
    return account_on(legs, balances)


def coin_account(coins: float, price: float) -> Account:
    """Return an account of coins that back an inverse perpetual, valued at one price."""
    legs, balances = plain_holdings(1, 2), plain_balances([0.0, coins])
    legs["kind"][0, PERP], legs["settles"][0, PERP] = INVERSE, 1
    legs["price"] = price
    balances["coin"][1], balances["group"][1] = 0, 1
    return account_on(legs, balances)


def bars_of(prices: Floats, n_balances: int = 1) -> Track:
    """Return hourly bars of one asset that open at the close before them; nothing else happens.

    Parameters
    ----------
    prices : float64[n_bars + 1, n_legs], quote per coin
        Closes, the first row before the first bar.
    n_balances : int
        All worth 1.
    """
    opens, closes = prices[:-1, None].copy(), prices[1:, None].copy()
    count, n_legs = closes.shape[0], closes.shape[2]
    return Track(
        length_ms=HOUR_MS,
        open_ms=HOUR_MS * np.arange(count, dtype=np.int64),
        first_fill=np.ascontiguousarray(opens[:, 0].T)[None],
        open=opens,
        high=np.maximum(opens, closes),
        low=np.minimum(opens, closes),
        close=closes,
        funding=np.full((1, n_legs, count), np.nan),
        daily_volatility=np.full((1, count), 0.03),
        daily_volume=np.full((1, n_legs, count), 1e9),
        start_price=prices[:1].copy(),
        settled=np.full((1, n_legs, count), np.nan),
        worth=np.ones((count, n_balances)),
        start_worth=np.ones(n_balances),
        deleveraged=np.zeros(count),
        moment=np.full(count, -1),
        first_moment=-1,
    )


def costs_for(n_legs: int, costs: Costs | None = None) -> Costs:
    """Return costs for more legs than two: fees 0, nothing rounded, maintenance as given."""
    return (costs_of() if costs is None else costs)._replace(
        fee=np.zeros((1, n_legs)),
        lot=np.zeros((1, n_legs)),
        tick=np.zeros((1, n_legs)),
        min_notional=np.zeros((1, n_legs)),
    )


def book_of(account: Account, track: Track) -> Book:
    """Return a book that no policy writes into: its orders are given by hand."""
    scene = Scene(triggers=[Actor(when="F")])
    return open_book(scene.plan(), scene.signals(), track, 0.0, account)


def live(
    book: Book, track: Track, costs: Costs, bar: int, orders: Mapping[int, float] | None = None
) -> None:
    """Live through a bar with orders that wait for its open, by leg of the first asset."""
    for leg, order in (orders or {}).items():
        book.orders[0, leg]["pending"] = order
    live_through(track, costs, book, bar)
