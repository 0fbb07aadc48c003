"""What a unit of face value of an inverse contract brought, for every rule that held some of it."""

import numpy as np

from steelyard.domain import codes
from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.plan import Plan, Track
from steelyard.domain.record import Walk
from steelyard.report.activity import regime_runs


def is_of(walk: Walk, leg: int) -> bool:
    """Tell whether the quantities of a leg are face values."""
    return walk.in_coins and leg == codes.PERP


def earned(spot: tuple[Floats, Floats], mark: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Return what a unit earned by futures delta and by basis, float64[n], quote each (10.3, 10.8).

    Parameters
    ----------
    spot, mark : (float64[n], float64[n]), quote per coin
        Spot price and mark before and after a move; coins count at the spot price after it.
    """
    delta = spot[1] / spot[0] - 1.0
    total: Floats = (1.0 / mark[0] - 1.0 / mark[1]) * spot[1]
    return delta, total - delta


def accumulated(track: Track, leg: int) -> tuple[Floats, Floats]:
    """Return delta and basis of a unit up to every open and every close, float64[2, n_bars] each.

    Parameters
    ----------
    track : Track
        Bars of one asset.
    leg : int
        The inverse contract.
    """

    def points(which: int) -> Floats:
        first = track.start_price[:1, which]
        moves = np.stack([track.open[:, 0, which], track.close[:, 0, which]], axis=1)
        return np.concatenate([first, moves.ravel()])

    spot, mark = points(codes.SPOT), points(leg)
    steps = np.stack(earned((spot[:-1], spot[1:]), (mark[:-1], mark[1:])))
    delta, basis = np.cumsum(steps, axis=1)
    return delta.reshape(-1, 2).T, basis.reshape(-1, 2).T


def received(track: Track, leg: int) -> Floats:
    """Return the funding a unit had received by the end of every bar, float64[n_bars], quote."""
    spot, mark = track.close[:, 0, codes.SPOT], track.close[:, 0, leg]
    total: Floats = np.cumsum(np.nan_to_num(-track.funding[0, leg]) * spot / mark)
    return total


def add_brought(plan: Plan, walk: Walk, split_so_far: tuple[Floats, Floats], ends: Ints) -> None:
    """Add what the coins that inverse futures brought earned since, as spot: it is the base's."""
    amounts, by_bar = split_so_far
    more = walk.parts[:, codes.PART_SPOT] - by_bar[:, codes.PART_SPOT]
    by_bar[:, codes.PART_SPOT] += more
    # The baseline is regime -1, the last of the rows behind the triggers.
    first, count = int(plan.order.size), plan.base.shape[0]
    rows = [first + regime % count for regime, _, _ in regime_runs(walk)]
    np.add.at(amounts[:, codes.SPOT, codes.PART_SPOT], rows, np.diff(more[ends], prepend=0.0))
