"""What the money that futures settle in was worth, and what that made of their results."""

from dataclasses import dataclass

import numpy as np

from steelyard.domain import codes
from steelyard.domain.arrays import Floats
from steelyard.domain.plan import Track
from steelyard.domain.record import Walk


@dataclass(frozen=True, slots=True, kw_only=True)
class Worth:
    """What futures settle in was worth at the open of every bar and at its close, float64[n_bars].

    Results are that many times the move of a price: what moves between bars counts at the opening
    worth, what moves within one at the closing worth (domain 10.7).
    """

    opened: Floats
    closed: Floats

    def moved(
        self, track: Track, asset: int, leg: int
    ) -> tuple[tuple[Floats, Floats], tuple[Floats, Floats]]:
        """Return by how much futures earned more than prices moved, at opens and at closes.

        Of the spot price and of the mark over it, accumulated, per coin; nothing where money is
        worth 1.
        """
        opened, closed = [], []
        for price in (_spot_price(track, asset), _basis_price(track, asset, leg)):
            gap = np.diff(np.stack([np.append(price[2], price[1][:-1]), price[0]]), axis=0)[0]
            over = (self.opened - 1.0) * gap
            total = np.cumsum(over + (self.closed - 1.0) * (price[1] - price[0]))
            closed.append(total)
            opened.append(np.append(0.0, total[:-1]) + over)
        return (opened[0], opened[1]), (closed[0], closed[1])


def _spot_price(track: Track, asset: int) -> tuple[Floats, Floats, float]:
    """Return the spot price at every open and close, and at the start."""
    opened, closed = (prices[:, asset, codes.SPOT] for prices in (track.open, track.close))
    return opened, closed, float(track.start_price[asset, codes.SPOT])


def _basis_price(track: Track, asset: int, leg: int) -> tuple[Floats, Floats, float]:
    """Return the mark over spot at every open and close, and at the start."""
    opened, closed = (
        prices[:, asset, leg] - prices[:, asset, codes.SPOT] for prices in (track.open, track.close)
    )
    return opened, closed, float(track.start_price[asset, leg] - track.start_price[asset, 0])


def worth_of(track: Track, walk: Walk) -> Worth:
    """Return what futures settle in was worth; 1 once it was exchanged for another."""
    closed = walk.curve.worth
    begun = track.start_worth[: track.worth.shape[1]][0]
    opened = np.concatenate([[begun], closed[:-1]])
    if walk.rotated_ms:
        opened = np.where(track.open_ms >= walk.rotated_ms, 1.0, opened)
    return Worth(opened=opened, closed=closed)
