"""A run's result counted in coins of the asset: where the change of equity / price came from."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from steelyard.domain import codes
from steelyard.domain.plan import Track
from steelyard.domain.record import Walk, at_bar_end
from steelyard.report.words import signed_coins


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinAttribution:
    """Parts of the change of equity counted in coins; a cost is negative.

    A coin is always worth one coin, so spot has no part. Each other part of a bar is turned into
    coins at the spot price that ends it; what coin-margined futures brought or cost before that are
    coins of that moment, and the difference is with futures.

    Parameters
    ----------
    cash : float
        What holding quote currency rather than coins brought: positive where the price fell.
    futures, basis, funding, fees, slippage, liquidation, interest, depeg, bonus : float
        See ``Attribution``.
    total : float
        The sum of the parts above.
    residual : float
        Change of equity in coins minus ``total``: rounding.
    """

    cash: float
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


@dataclass(frozen=True, slots=True, kw_only=True)
class InCoin:
    """Equity in coins of the asset when a run starts and ends, and where the change came from."""

    start: float
    end: float
    attribution: CoinAttribution

    @property
    def least(self) -> float:
        """Return the smaller of start and end, beside which amounts are written; above 0."""
        return min(self.start, self.end) if self.end > 0.0 else self.start

    def written(self) -> dict[str, str]:
        """Return the parts for people: basis is with futures, the costs are one.

        Those that read as 0 are left out.
        """
        parts = self.attribution
        named = {
            "cash": parts.cash,
            "futures": parts.futures + parts.basis,
            "funding": parts.funding,
            "costs": parts.fees + parts.slippage + parts.liquidation,
            "interest": parts.interest,
            "depeg": parts.depeg,
            "bonus": parts.bonus,
        }
        texts = {name: signed_coins(part, self.least) for name, part in named.items()}
        return {name: text for name, text in texts.items() if text.strip("0.")}


def in_coin(walk: Walk, track: Track, spot_legs: Sequence[int] = (codes.SPOT,)) -> InCoin:
    """Return what a run over one asset came to in coins.

    Parameters
    ----------
    walk, track : Walk, Track
        The outcome, and the bars that were walked.
    spot_legs : sequence of int
        Legs that hold spot.

    Notes
    -----
    With V = E / S, coins q and cash C, over a bar from S0 to S1 that trades dq coins at its open:
    V1 - V0 = parts / S1 + C0 (1/S1 - 1/S0) - dq S (1/S1 - 1/S), S being the spot price of that
    trade; the last two are ``cash``.
    """
    start, after = float(track.start_price[0, codes.SPOT]), track.close[:, 0, codes.SPOT]
    before = np.concatenate([[start], after[:-1]])
    held = np.concatenate([[walk.start_equity], walk.curve.cash[:-1]])
    # Each bar's change of the accumulated parts, turned into coins, summed by parts.
    coins = np.append(-np.diff(1.0 / after), 1.0 / after[-1]) @ walk.parts
    fills = walk.fills
    spot = np.isin(fills.leg, spot_legs) & ~at_bar_end(fills)
    bar = (fills.filled_ms[spot] - track.open_ms[0]) // track.length_ms
    swapped = fills.quantity[spot] * (1.0 - fills.reference[spot] / after[bar])
    named = {"cash": float(np.sum(held * (1.0 / after - 1.0 / before)) + np.sum(swapped))}
    named |= {name: float(part) + 0.0 for name, part in zip(codes.PARTS, coins, strict=True)}
    if walk.in_coins:
        moved = np.diff(walk.parts[:, codes.PART_SPOT], prepend=0.0)
        had = np.concatenate([[0.0], walk.curve.spot[:-1]]) / before
        bought = fills.quantity[spot] * (after[bar] - fills.reference[spot])
        later = moved - had * (after - before) - np.bincount(bar, bought, after.size)
        named["futures"] += float(np.sum(later / after))
    del named["spot"]
    total = math.fsum(named.values())
    first, last = walk.start_equity / start, float(walk.curve.equity[-1] / after[-1])
    attribution = CoinAttribution(**named, total=total, residual=last - first - total)
    return InCoin(start=first, end=last, attribution=attribution)
