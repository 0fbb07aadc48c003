"""Where every unit of a run's result came from (domain 10.8)."""

import math
from dataclasses import dataclass

import numpy as np

from steelyard.domain import codes
from steelyard.domain.record import Walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Parts of the change of equity, in quote currency; a cost is negative.

    Parameters
    ----------
    spot : float
        Spot coins times the change of the spot price.
    futures, basis : float
        Futures coins times the change of the spot price, and of mark over spot.
    funding : float
        Positive was received.
    fees, slippage, liquidation, interest : float
    total : float
        The sum of the parts above.
    residual : float
        Change of equity minus ``total``: rounding only.
    """

    spot: float
    futures: float
    basis: float
    funding: float
    fees: float
    slippage: float
    liquidation: float
    interest: float
    total: float
    residual: float


def attribution(walk: Walk) -> Attribution:
    """Return where the change of equity of a whole run came from."""
    parts = {
        name: float(value) + 0.0 for name, value in zip(codes.PARTS, walk.parts[-1], strict=True)
    }
    total = math.fsum(parts.values())
    change = float(walk.curve.equity[-1]) - walk.start_equity
    return Attribution(**parts, total=total, residual=change - total)


@dataclass(frozen=True, slots=True, kw_only=True)
class FuturesStory:
    """What the futures leg did, by the side it was on; in quote currency.

    Parameters
    ----------
    shorts, longs : float
        Price result of the bars that ended short or long; a bar in which the leg was closed
        counts to the side it closed.
    costs : float
        Fees, slippage, funding and liquidation of the leg; negative where funding brought in more.
    """

    shorts: float
    longs: float
    costs: float


def futures_story(walk: Walk) -> FuturesStory:
    """Return what shorts and longs earned and what the futures leg cost."""
    price = walk.parts[:, codes.PART_FUTURES] + walk.parts[:, codes.PART_BASIS]
    earned = np.diff(np.concatenate([[0.0], price]))
    side = np.sign(walk.curve.futures)
    held = np.where(side == 0.0, np.concatenate([[0.0], side[:-1]]), side)
    return FuturesStory(
        shorts=float(np.sum(earned[held < 0.0])),
        longs=float(np.sum(earned[held > 0.0])),
        costs=float(price[-1] - walk.futures_costs[-1]),
    )
