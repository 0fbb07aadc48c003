"""This file is margin defence: when to shrink without an evaluation (domain 11.6, K1)."""

from steelyard.domain.arrays import Table
from steelyard.domain.compiled import compiled_inside


@compiled_inside
def is_defending(
    limits: Table,
    notional: float,
    balance: float,
    ratio: float,
    before: bool,  # noqa: FBT001
) -> bool:
    """Tell whether margin defence is on: it starts at its bounds and ends below ``until``.

    Parameters
    ----------
    limits : LIMITS[1]
    notional : float, quote, >= 0
        Of the futures position.
    balance : float, quote
        What backs it, cash or coins; effective leverage is ``notional / balance``.
    ratio : float
        Maintenance margin over margin balance.
    before : bool
        Whether it was on at the bar before.
    """
    if ratio >= limits[0]["defence_ratio"]:
        return True
    if notional > limits[0]["defence_leverage"] * balance:
        return True
    return before and ratio >= limits[0]["defence_until"]
