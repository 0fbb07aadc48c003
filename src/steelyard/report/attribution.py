"""Where every unit of a run's result came from (domain 10.8)."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from steelyard.domain import codes
from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.errors import LedgerError
from steelyard.domain.record import Walk
from steelyard.domain.time import text

ROUNDING: Final = 1e-9
"""Share of the largest equity that the parts may leave unexplained; more is no rounding."""


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
    depeg : float
        Money times the change of what its currency is worth.
    bonus : float
        Costs and losses that a bonus paid.
    total : float
        The sum of the parts above.
    residual : float
        Change of equity minus ``total``: rounding only, see ``check_books``.
    """

    spot: float
    futures: float
    basis: float
    funding: float
    fees: float
    slippage: float
    liquidation: float
    interest: float
    depeg: float
    bonus: float
    total: float
    residual: float


def check_books(walk: Walk) -> None:
    """Do nothing where the parts explain the equity at every bar.

    Raises
    ------
    LedgerError
        If at one they leave more than ``ROUNDING`` of the largest equity so far unexplained.
    """
    check_parts(walk.curve.ms, walk.curve.equity, walk.start_equity, walk.parts)


def check_parts(ms: Ints, equity: Floats, start_equity: float, parts: Floats) -> None:
    """Do nothing where accumulated parts explain an equity at every bar.

    Parameters
    ----------
    ms : int64[n_bars]
        Ends of the bars.
    equity : float64[n_bars], quote
        At these.
    start_equity : float, quote
        Before the first bar.
    parts : float64[n_bars, n_parts], quote
        Accumulated up to the end of each bar.

    Raises
    ------
    LedgerError
        As ``check_books`` does.
    """
    left = np.abs(equity - start_equity - parts.sum(axis=1))
    largest = np.maximum(np.maximum.accumulate(np.abs(equity)), start_equity)
    wrong = np.flatnonzero(~(left <= ROUNDING * largest))
    if wrong.size == 0:
        return
    row = int(wrong[0])
    message = (
        f"the books disagree from {text(int(ms[row]))} on: {left[row]:.6g} of equity "
        f"{equity[row]:.6g} is unexplained; trust no number of this run and report its command"
    )
    raise LedgerError(message)


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
    """What the futures of the core did, by the side they were on; in quote currency.

    Parameters
    ----------
    shorts, longs : float
        Price result of the bars that ended short or long; a bar in which the leg was closed
        counts to the side it closed.
    costs : float
        Fees, slippage and funding of the leg; negative where funding brought in more.
    liquidation : float
        What liquidations charged beyond their price; negative where the venue bore a loss.
    """

    shorts: float
    longs: float
    costs: float
    liquidation: float


def futures_story(walk: Walk) -> FuturesStory:
    """Return what shorts and longs earned and what the futures leg cost."""
    price = walk.futures_price
    of_sleeves = walk.leg_parts[:, codes.PERP + 1 :, codes.PART_LIQUIDATION].sum()
    borne = walk.curve.borne[-1]
    charged = -float(walk.parts[-1, codes.PART_LIQUIDATION] - of_sleeves - borne)
    earned = np.diff(np.concatenate([[0.0], price]))
    side = np.sign(walk.curve.futures - walk.curve.sleeve_futures)
    held = np.where(side == 0.0, np.concatenate([[0.0], side[:-1]]), side)
    return FuturesStory(
        shorts=float(np.sum(earned[held < 0.0])),
        longs=float(np.sum(earned[held > 0.0])),
        costs=float(price[-1] - walk.futures_costs[-1]) - charged,
        liquidation=charged,
    )
