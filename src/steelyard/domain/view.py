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
    """

    spot: float
    futures_result: float
