"""This file finds the bar at which an unshocked run is most exposed to a shock."""

from collections.abc import Sequence

import numpy as np

from steelyard.domain.arrays import Floats
from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.plan import Track
from steelyard.domain.record import FILL_LIQUIDATION, Fills, Walk, at_bar_end, values_of
from steelyard.research.kinds import SETTLED_HOURS, Shock


def exposures(shock: Shock, walk: Walk, track: Track) -> tuple[Floats, Floats]:
    """Return how exposed a run is to a shock that strikes at the open of each bar but the first.

    Parameters
    ----------
    shock : Shock
        One that strikes at a moment.
    walk : Walk
        The run without a shock.
    track : Track
        The bars it was walked over.

    Returns
    -------
    exposure : float64[n_bars - 1], fraction of equity
        In the measure of its kind, for bar 1 onward; below 0 it gains, 0 without equity.
    side : float64[n_bars - 1]
        Of the funding rate: 1 where longs pay, -1 where shorts do; 0 of other shocks.

    Notes
    -----
    Holdings are those at the end of the bar before, when nothing of the shock is known. Orders that
    wait for the open are not looked at. A loss of futures is limited to what backs them, cash or
    coins; coins are worth what the shock leaves of their price.
    """
    held = _Held(walk, track)
    none = np.zeros(track.open_ms.size - 1)
    match shock.name:
        case "gap":
            move = shock.size / 100.0
            behind = held.backing * (1.0 + move if walk.in_coins else 1.0)
            return -(held.spot * move + _changed(held.futures * move, behind)), none
        case "basis":
            close = track.close[:-1, 0]
            moved: Floats = close[:, SPOT] * (1.0 + shock.size / 100.0) / close[:, PERP] - 1.0
            # What an inverse contract brings is paid in coins, and their price stays.
            moved = moved / (1.0 + moved) if walk.in_coins else moved
            return -_changed(held.futures * moved, held.backing), none
        case "stable":
            return np.maximum(held.cash, 0.0) * (1.0 - shock.size), none
        case "adl":
            return _short_gains(held, walk, track), none
        case "funding":
            return _funding_paid(shock, held, track)
        case _:
            return _held_up(int(shock.size), walk, track), none


def most_exposed(shocks: Sequence[Shock], walk: Walk, track: Track) -> int:
    """Return the bar at which a run is most exposed to shocks that strike together.

    That is where the sum of what each would take is largest, the first of equals. What cannot be
    traded while a venue is frozen takes nothing by itself: it is looked at only where that is all.

    Parameters
    ----------
    shocks : sequence of Shock
        At least one, all of which strike at a moment.
    walk, track : Walk, Track
        The run without a shock.
    """
    taking = [shock for shock in shocks if shock.name != "frozen"] or shocks
    total = sum(exposures(shock, walk, track)[0] for shock in taking)
    return int(np.argmax(total)) + 1


def exposed_at(shock: Shock, walk: Walk, track: Track, bar: int) -> tuple[float, int]:
    """Return exposure and side of a shock at a bar, which is not the first."""
    exposure, side = exposures(shock, walk, track)
    return float(exposure[bar - 1]), int(side[bar - 1])


class _Held:
    """Holdings at the end of every bar but the last, as fractions of equity; 0 without equity."""

    def __init__(self, walk: Walk, track: Track) -> None:
        curve = walk.curve
        self.equity = curve.equity[:-1]
        self.solvent = self.equity > 0.0
        self.spot = self.share(curve.spot[:-1])
        self.futures = self.share(curve.futures[:-1])
        self.cash = self.share(curve.cash[:-1])
        self.backing = self.share((curve.spot if walk.in_coins else curve.cash)[:-1])
        self.coins = curve.futures[:-1] / track.close[:-1, 0, PERP]

    def share(self, amount: Floats) -> Floats:
        """Return amounts of quote as fractions of equity."""
        share: Floats = np.where(self.solvent, amount / np.where(self.solvent, self.equity, 1), 0.0)
        return share


def _changed(result: Floats, behind: Floats) -> Floats:
    """Return what futures bring, where no more can be lost than is behind them; as equity."""
    changed: Floats = np.maximum(result, -np.maximum(behind, 0.0))
    return changed


def entries(fills: Fills, track: Track, *, in_coins: bool = False) -> Floats:
    """Return the average price at which the futures position was entered, float64[n_bars].

    At the end of each bar, in quote per coin; NaN without a position. What reduces a position
    leaves the price, what turns it begins anew. Of quantities that are face values, as those of
    coin-margined futures, the average is harmonic.
    """
    prices = np.full(track.open_ms.size, np.nan)
    held, entry = 0.0, np.nan
    for row in np.flatnonzero(fills.leg == PERP).tolist():
        traded, price = float(fills.quantity[row]), float(fills.price[row])
        left = held + traded
        if fills.reason[row] == FILL_LIQUIDATION or left == 0.0:
            left, entry = 0.0, np.nan
        elif held * left <= 0.0:
            entry = price
        elif held * traded > 0.0:
            cost = held / entry + traded / price if in_coins else held * entry + traded * price
            entry = left / cost if in_coins else cost / left
        held = left
        prices[int(fills.filled_ms[row] - track.open_ms[0]) // track.length_ms :] = entry
    return prices


def _short_gains(held: _Held, walk: Walk, track: Track) -> Floats:
    """Return what a winning short earned from the open of each bar to its low."""
    opened = track.open[1:, 0, PERP]
    entered = entries(walk.fills, track, in_coins=walk.in_coins)[:-1]
    is_winning = (held.coins < 0.0) & (opened < entered)
    earned = held.share(-held.coins * (opened - track.low[1:, 0, PERP]))
    return np.where(is_winning, earned, 0.0)


def _funding_paid(shock: Shock, held: _Held, track: Track) -> tuple[Floats, Floats]:
    """Return what a week of the rate would cost from each bar on, and against which side.

    The holdings of every settlement are those of the unshocked run at the end of the bar before.
    """
    is_settled = ~np.isnan(track.funding[0, PERP, 1:])
    futures = np.where(is_settled, held.futures, 0.0)
    week = _ahead(futures, SETTLED_HOURS)
    side = np.where(week < 0.0, -1.0, 1.0)
    return np.abs(week) * shock.size / 100.0, side


def _held_up(hours: int, walk: Walk, track: Track) -> Floats:
    """Return what was traded in some hours from each bar on; 0 where nothing was in the first."""
    fills, curve = walk.fills, walk.curve
    bar = ((fills.filled_ms - track.open_ms[0]) // track.length_ms).astype(np.int64)
    counts = (bar > 0) & (fills.reason != FILL_LIQUIDATION) & ~at_bar_end(fills)
    before = np.where(curve.equity > 0.0, curve.equity, np.inf)[bar - 1]
    notional = np.abs(values_of(fills, fills.price, in_coins=walk.in_coins)) / before
    traded = np.bincount(bar[counts] - 1, notional[counts], track.open_ms.size - 1).astype(float)
    return np.where(traded > 0.0, _ahead(traded, hours), 0.0)


def _ahead(values: Floats, count: int) -> Floats:
    """Return the sum of each value and those after it, ``count`` of them at most."""
    total = np.concatenate([[0.0], np.cumsum(values)])
    end = np.minimum(np.arange(values.size) + count, values.size)
    ahead: Floats = total[end] - total[:-1]
    return ahead
