"""This file sizes the pair of a sleeve: spot held or bought against a future sold (domain 7)."""

from steelyard.domain.compiled import compiled_inside


@compiled_inside
def size_pair(
    allocation: float,
    unhedged: float,
    leverage: float,
    used: float,
    cash: float,
) -> tuple[float, float]:
    """Return how much spot a pair takes from the core and how much it buys, fractions of equity.

    Its future counts in the leverage of the account, and spot that is bought takes from the cash
    that backs it: the pair is cut to what the limit leaves.

    Parameters
    ----------
    allocation : float, fraction of equity, >= 0
        Spot of the pair.
    unhedged : float, fraction of equity, >= 0
        Core spot that may become part of it.
    leverage : float, > 0
        Limit of the sum of |futures| over cash.
    used, cash : float, fractions of equity
        |Futures| and cash without this pair.

    Examples
    --------
    >>> size_pair(0.25, 1.0, 2.0, 0.25, 0.5)  # all of it held
    (0.25, 0.0)
    >>> size_pair(0.5, 0.0, 2.0, 0.25, 0.5)  # (0.25 + x) = 2 (0.5 - x)
    (0.0, 0.25)
    """
    room = max(0.0, leverage * cash - used)
    held = min(allocation, unhedged, room)
    bought = min(allocation - held, (room - held) / (1.0 + leverage))
    return held, max(0.0, bought)


@compiled_inside
def unhedged_spot(spot: float, futures: float) -> float:
    """Return how much of the core's spot no core future hedges, fraction of equity."""
    return max(0.0, spot + min(0.0, futures))
