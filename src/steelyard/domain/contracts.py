"""This file is the terms on which an account holds things: its contracts and its balances."""

from typing import Final

import numpy as np

from steelyard.domain.arrays import Table

# Kinds of contract.
SPOT_COIN: Final = 0
LINEAR: Final = 1  # result in money: quantity x change of price
INVERSE: Final = 2  # result in coins: USD face value x change of 1 / price
KINDS: Final = ("spot", "linear", "inverse")

NONE: Final = -1
"""No group, no parent, no coin."""

CONTRACT: Final = np.dtype(
    [
        ("kind", np.int64),
        ("settles", np.int64),
        ("parent", np.int64),
        ("ladder", np.int64),
        ("collateral", np.int64),
        ("haircut", np.float64),
        ("initial", np.float64),
        ("settlement_fee", np.float64),
    ],
    align=True,
)
"""What a leg is.

``kind``: SPOT_COIN, LINEAR or INVERSE. ``settles``: the balance its results and fees go into (spot:
that pays for it). ``parent``: balance that an isolated position takes its margin from, NONE for
cross margin. ``ladder``: row of the maintenance tiers in ``Costs``, which are in the currency of
the balance. ``collateral``: margin group that spot backs, NONE where it backs nothing; ``haircut``:
fraction of its value that does not count. ``initial``: initial margin, fraction of notional, the
inverse of the leverage setting. ``settlement_fee``: fraction of notional, at expiry.
"""

BALANCE: Final = np.dtype(
    [
        ("coin", np.int64),
        ("group", np.int64),
        ("haircut", np.float64),
        ("interest", np.float64),
        ("borrowing", np.float64),
        ("pays_fees", np.int64),
    ],
    align=True,
)
"""What a balance is.

``coin``: asset whose spot price one unit is worth; NONE for money, which is worth what
``Account.worth`` says. ``group``: margin account that it backs; NONE where it backs nothing.
``haircut``: fraction of a positive amount that does not count as margin. ``interest``,
``borrowing``: fractions a day that a positive amount earns and a negative one pays.
``pays_fees``: 1 where its bonus is a fee credit.
"""

DEFAULT_INITIAL: Final = 0.05
"""Initial margin at a leverage setting of 20, with which venues begin."""


def contract_table(n_assets: int, n_legs: int) -> Table:
    """Return plain contracts: leg 0 is spot, the others linear, all cross on balance 0.

    Returns
    -------
    CONTRACT[n_assets, n_legs]
        Each asset has its own maintenance ladder, the row of its number.
    """
    table = np.zeros((n_assets, n_legs), CONTRACT)
    table["kind"][:, 1:] = LINEAR
    table["parent"] = NONE
    table["collateral"] = NONE
    table["ladder"] = np.arange(n_assets)[:, None]
    table["initial"] = DEFAULT_INITIAL
    return table


def balance_table(count: int) -> Table:
    """Return plain balances of money: no haircut, no interest, all in margin group 0.

    Returns
    -------
    BALANCE[count]
    """
    table = np.zeros(count, BALANCE)
    table["coin"] = NONE
    return table
