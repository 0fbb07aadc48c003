"""This file is the terms on which an account holds things: its contracts and its balances."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from steelyard.domain.arrays import Table
from steelyard.domain.codes import PARTS

# Kinds of contract.
SPOT_COIN: Final = 0
LINEAR: Final = 1  # result in money: quantity x change of price
INVERSE: Final = 2  # result in coins: USD face value x change of 1 / price
KINDS: Final = ("spot", "linear", "inverse")

NONE: Final = -1
"""No group, no parent, no coin."""

HOLDING: Final = np.dtype(
    [
        ("kind", np.int64),
        ("settles", np.int64),
        ("parent", np.int64),
        ("ladder", np.int64),
        ("collateral", np.int64),
        ("covers", np.int64),
        ("haircut", np.float64),
        ("initial", np.float64),
        ("settlement_fee", np.float64),
        ("quantity", np.float64),
        ("price", np.float64),
        ("entry", np.float64),
        ("lost", np.float64),
        ("parts", np.float64, (len(PARTS),)),
    ],
    align=True,
)
"""One leg of an account: what it is, and what is held of it.

Terms. ``kind``: SPOT_COIN, LINEAR or INVERSE. ``settles``: the balance its results and fees go into
(spot: that pays for it). ``parent``: balance that an isolated position takes its margin from, NONE
for cross margin. ``ladder``: row of the maintenance tiers in ``Costs``, which are in the currency
of the balance. ``collateral``: margin group that spot backs, NONE where it backs nothing;
``covers``: of a future of a sleeve, the leg of the spot it is sold against, else NONE;
``haircut``: fraction of its value that does not count. ``initial``: initial margin, fraction of
notional, the inverse of the leverage setting. ``settlement_fee``: fraction of notional, at expiry.

State. ``quantity``: signed coins, of an inverse contract its face value in quote. ``price``: spot
price, or mark of a futures leg, at which the account was last valued, quote per coin. ``entry``:
average price at which a futures position was entered, harmonic for an inverse one. ``lost``: coins
of spot that a liquidation took and of which no fill tells yet. ``parts``: attribution since the
start (domain 10.8), quote.
"""

BALANCE: Final = np.dtype(
    [
        ("coin", np.int64),
        ("group", np.int64),
        ("haircut", np.float64),
        ("interest", np.float64),
        ("borrowing", np.float64),
        ("pays_fees", np.int64),
        ("currency", np.int64),
        ("is_spot", np.int64),
        ("delay_ms", np.int64),
        ("goes_to", np.int64),
        ("cost", np.float64),
        ("amount", np.float64),
        ("bonus", np.float64),
        ("worth", np.float64),
        ("arrives_ms", np.int64),
        ("rotated", np.int64),
        ("parts", np.float64, (len(PARTS),)),
    ],
    align=True,
)
"""One balance of an account: what it is, and what is in it.

Terms. ``coin``: asset whose spot price one unit is worth; NONE for money, which is worth ``worth``.
``group``: margin account that it backs; NONE where it backs nothing. ``haircut``: fraction of a
positive amount that does not count as margin, 0 where futures settle. ``interest``,
``borrowing``: fractions a day that a positive amount earns and a negative one pays.
``pays_fees``: 1 where its bonus is a fee credit. ``currency``: 0 is that which spot is paid in.
``is_spot``: 1 where its coins are those of the core's spot, which holds them from bar to bar.
``delay_ms``: above 0 it holds what is on its way to the balance ``goes_to`` for so long, in
milliseconds, and ``cost`` is what each transfer costs, quote; else these are not read.

State. ``amount``: units of its currency, with the results of the futures that settle in it.
``bonus``: units that count as margin and never as equity. ``worth``: quote per unit, of coins not
read. ``arrives_ms``: when what is on its way is there. ``rotated``: 1 after it was exchanged for
money that is worth 1 from then on. ``parts``: what belongs to no leg (depeg, interest,
transfers, what a bonus paid), quote.
"""

DEFAULT_INITIAL: Final = 0.05
"""Initial margin at a leverage setting of 20, with which venues begin."""


def plain_holdings(n_assets: int, n_legs: int) -> Table:
    """Return plain contracts that hold nothing: leg 0 spot, the others linear, all on balance 0.

    Returns
    -------
    HOLDING[n_assets, n_legs]
        Each asset has its own maintenance ladder, the row of its number.
    """
    table = np.zeros((n_assets, n_legs), HOLDING)
    table["kind"][:, 1:] = LINEAR
    table["parent"] = NONE
    table["collateral"] = NONE
    table["covers"] = NONE
    table["ladder"] = np.arange(n_assets)[:, None]
    table["initial"] = DEFAULT_INITIAL
    return table


def plain_balances(amounts: Sequence[float]) -> Table:
    """Return balances of money: no haircut, no interest, all in margin group 0.

    Parameters
    ----------
    amounts : sequence of float, quote
        What is in each.

    Returns
    -------
    BALANCE[n_balances]
    """
    table = np.zeros(len(amounts), BALANCE)
    table["coin"] = NONE
    table["worth"] = 1.0
    table["amount"] = amounts
    return table
