"""This file is the sleeves of a policy as compiled code reads them: spot against a future sold."""

from typing import Final

import numpy as np

from steelyard.domain.arrays import Table
from steelyard.domain.codes import SPOT

SLEEVE: Final = np.dtype(
    [
        ("kind", np.int64),
        ("allocation", np.float64),
        ("held_first", np.int64),
        ("spot_leg", np.int64),
        ("first_leg", np.int64),
        ("end_leg", np.int64),
        ("first_offer", np.int64),
    ],
    align=True,
)
"""One sleeve: the basis pair or the carry pair (domain 7).

``kind``: BASIS or CARRY. ``allocation``: spot of the pair, fraction of equity. ``held_first``: 1
where unhedged core spot is taken for it before cash. ``spot_leg``: leg of its spot; ``first_leg``
to ``end_leg - 1``: the futures it may sell, one at a time. ``first_offer``: row of
``Signals.offers`` of its first future.
"""

BASIS: Final = 0
CARRY: Final = 1
SLEEVES: Final = ("basis", "carry")

BASIS_FUTURES: Final = 2
"""Legs of the basis sleeve's futures: the contract that expires next, and the one after it."""


def spot_legs(sleeves: Table) -> tuple[int, ...]:
    """Return the legs that are spot: the core's, and those of sleeves."""
    return (SPOT, *(int(sleeve["spot_leg"]) for sleeve in sleeves))


def leg_names(sleeves: Table) -> tuple[str, ...]:
    """Return what the legs of an account are called: the core's two, then those of its sleeves."""
    names = ["spot", "futures"]
    for sleeve in sleeves:
        name = SLEEVES[sleeve["kind"]]
        futures = int(sleeve["end_leg"] - sleeve["first_leg"])
        marks = ("",) if futures == 1 else tuple(f"_{turn + 1}" for turn in range(futures))
        names += [f"{name}_spot", *(f"{name}_future{mark}" for mark in marks)]
    return tuple(names)


# Columns of ``Signals.offers``, one row a future that a sleeve may sell.
ENTER: Final = 0  # 1 where the entry test is passed
LEAVE: Final = 1  # 1 where an open pair is to be closed
GROSS: Final = 2  # yield a year that is left, a fraction
NET: Final = 3  # the same less all costs of entering now; the largest is taken
MOST: Final = 4  # largest notional that is liquid enough, quote
OFFER_COLUMNS: Final = 5
