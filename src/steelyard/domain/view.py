"""This file is what a decision may know of the account."""

from typing import NamedTuple


class View(NamedTuple):
    """The account as guards see it.

    Parameters
    ----------
    spot : float, fraction of equity
        Spot weight now.
    futures_result : float, quote
        Profit and loss of the futures leg since the start, after fees, slippage and funding.
    in_coins : bool
        Whether the coins of spot back the futures, which are inverse contracts, and not the cash.
    """

    spot: float
    futures_result: float
    in_coins: bool = False
