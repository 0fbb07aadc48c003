"""The attribution of a run by whose coins earned it: exact at every bar.

Every coin held is owned by a source: a trigger, a limit of the composition, or else the regime in
force. ``kernel.owned`` says how fills hand coins over. Between fills what a source owns is
constant, so what it earns is that many times the change of the price and of the funding so far.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from steelyard.decision.state import new_state
from steelyard.domain import codes
from steelyard.domain.arrays import Flags, Floats, Ints
from steelyard.domain.errors import LedgerError
from steelyard.domain.plan import Plan, Track
from steelyard.domain.record import FILL_LIQUIDATION, FILL_REBALANCE, Walk
from steelyard.domain.time import text
from steelyard.kernel.owned import LIMITS, hand_over, target_shares
from steelyard.report.attribution import ROUNDING

PARTS: Final = codes.PARTS[: codes.PART_LIQUIDATION + 1]
"""Parts that a source has: those of coins held and traded. Interest is on cash, which none owns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The parts of a run by source.

    Parameters
    ----------
    amounts : float64[n_sources, n_legs, n_parts], quote
        Triggers and regimes as the plan numbers them, the baseline, the limits.
    by_bar : float64[n_bars, n_parts], quote
        Their sum, accumulated up to the end of every bar.
    """

    amounts: Floats
    by_bar: Floats


def _bars_before(track: Track, ms: Ints) -> Ints:
    bars: Ints = (ms - track.open_ms[0]) // track.length_ms
    return bars


def _wanted(plan: Plan, track: Track, walk: Walk, rows: Ints) -> Floats:
    """Return the coins that each source wanted in the leg of every fill, when it was decided.

    ``rows``, int64[n_fills], are the last decisions up to then.
    """
    fills, n_sources = walk.fills, plan.order.size + 1 + len(LIMITS)
    needed, which = np.unique(rows, return_inverse=True)
    shares = np.zeros((needed.size, n_sources, 2))
    state = new_state(plan, 0)
    target_shares(plan, walk.decisions, state, needed, np.zeros(n_sources), shares)
    bar = _bars_before(track, fills.decided_ms) - 1
    equity = np.concatenate([walk.curve.equity, [walk.start_equity]])[bar]
    prices = np.concatenate([track.close, track.start_price[None]])
    coins = equity / prices[bar, fills.asset, fills.leg]
    composed = (fills.reason == FILL_REBALANCE) & (fills.leg < shares.shape[2])
    weight = shares[which, :, np.where(composed, fills.leg, 0)]
    return np.where(composed[:, None], weight * coins[:, None], 0.0)


def holdings(plan: Plan, track: Track, walk: Walk) -> tuple[Floats, Floats]:
    """Return what each source owns after every fill, and what the fill moved to it.

    Parameters
    ----------
    plan, track, walk : Plan, Track, Walk
        What was walked, over what, and the outcome.

    Returns
    -------
    owned, moved : float64[n_fills, n_sources], coins
        In the asset and leg of each fill; sources as ``kernel.owned`` numbers them.
    """
    fills = walk.fills
    rows = np.maximum(_decided(walk, fills.decided_ms), 0)
    wanted = _wanted(plan, track, walk, rows)
    owned, moved = np.empty_like(wanted), np.empty_like(wanted)
    hand_over(fills, _books(track, walk), plan.order.size, wanted, owned, moved)
    return owned, moved


def _decided(walk: Walk, ms: Ints) -> Ints:
    """Return the last decision up to each stamp; -1 before the first."""
    rows: Ints = np.searchsorted(walk.decisions.ms, ms, side="right") - 1
    return rows


def _books(track: Track, walk: Walk) -> Ints:
    books: Ints = walk.fills.asset * track.first_fill.shape[1] + walk.fills.leg
    return books


def _priced(track: Track, asset: int, leg: int) -> Floats:
    """Return the parts of a leg's price at the end of every bar, float64[n_bars, 3].

    Spot price, mark over spot, funding received per coin so far.
    """
    spot, mark = track.close[:, asset, codes.SPOT], track.close[:, asset, leg]
    settled = np.nan_to_num(-mark * track.funding[asset, leg])
    return np.stack([spot, mark - spot, np.cumsum(settled)], axis=1)


def _closes_late(track: Track, walk: Walk, bar: Ints) -> Flags:
    """Tell which fills are liquidations at the end of their bar, after its funding.

    All others come before it. The price of one at the end is the closing mark. Where that is the
    opening mark too, only funding can have forced it.
    """
    fills = walk.fills
    paid = np.diff(walk.parts[:, codes.PART_FUNDING], prepend=0.0)[bar] != 0.0
    opened, closed = (
        np.isclose(fills.reference, prices[bar, fills.asset, fills.leg], rtol=ROUNDING, atol=0.0)
        for prices in (track.open, track.close)
    )
    late: Flags = (fills.reason == FILL_LIQUIDATION) & closed & (~opened | paid)
    return late


def _met(track: Track, walk: Walk, rows: Ints, priced: Floats) -> Floats:
    """Return the parts of the price that fills of one leg met, float64[n, 3].

    The move of a mark to where it liquidates is booked as one of the spot price.
    """
    fills = walk.fills
    bar = _bars_before(track, fills.filled_ms[rows])
    asset, leg = fills.asset[rows], fills.leg[rows]
    late = _closes_late(track, walk, _bars_before(track, fills.filled_ms))[rows]
    spot, mark = (
        np.where(late, track.close[bar, asset, which], track.open[bar, asset, which])
        for which in (codes.SPOT, leg)
    )
    received = np.concatenate([[0.0], priced[:, 2]])[np.where(late, bar + 1, bar)]
    return np.stack([spot + (fills.reference[rows] - mark), mark - spot, received], axis=1)


def _costs(walk: Walk, rows: Ints) -> Floats:
    """Return fees, slippage and liquidation of fills, float64[n, 3], quote; a cost is negative."""
    fills = walk.fills
    forced = fills.reason[rows] == FILL_LIQUIDATION
    fee, slippage = fills.fee[rows], fills.slippage[rows]
    paid = (np.where(forced, 0.0, fee), np.where(forced, 0.0, slippage))
    return -np.stack([*paid, np.where(forced, fee + slippage, 0.0)], axis=1)


def split(plan: Plan, track: Track, walk: Walk) -> Split:
    """Return the parts of a run by source, exactly.

    Parameters
    ----------
    plan, track, walk : Plan, Track, Walk
        What was walked, over what, and the outcome.
    """
    owned, moved = holdings(plan, track, walk)
    n_legs, n_bars = track.first_fill.shape[1:]
    amounts = np.zeros((plan.rules.size + 1 + len(LIMITS), n_legs, len(PARTS)))
    by_bar = np.zeros((n_bars, len(PARTS)))
    books = _books(track, walk)
    for book in np.unique(books):
        rows, (asset, leg) = np.flatnonzero(books == book), divmod(int(book), n_legs)
        path = _path(track, walk, rows, _priced(track, asset, leg))
        share = np.abs(moved[rows]) / np.abs(moved[rows]).sum(axis=1, keepdims=True)
        columns = _columns(leg)
        amounts[:, leg, columns] += _by_source(plan, track, walk, path, (owned[rows], share))
        whole = path.accumulated(owned[rows].sum(axis=1), np.ones(rows.size))
        by_bar[:, columns] += whole
    return Split(amounts=amounts, by_bar=by_bar)


def _by_source(
    plan: Plan, track: Track, walk: Walk, path: "_Path", own: tuple[Floats, Floats]
) -> Floats:
    """Return what every source earned in one leg, float64[n_sources, 6]; the base by regime.

    ``own``, float64[n_fills, n_sources] each, is what sources own after each fill, in coins, and
    their shares of its costs.
    """
    owned, share = own
    base, entities = plan.order.size, plan.rules.size
    regime = walk.decisions.regime[np.maximum(_decided(walk, track.open_ms), 0)]
    source = np.where(regime >= 0, base + regime, entities)
    accumulated = path.accumulated(owned[:, base], share[:, base])
    gained = np.diff(accumulated, axis=0, prepend=np.zeros((1, accumulated.shape[1])))
    each = np.hstack([owned.T @ path.moves, share.T @ path.costs])
    reigned = [np.bincount(source, column, minlength=entities + 1) for column in gained.T]
    return np.concatenate([each[:base], np.stack(reigned, axis=1)[base:], each[base + 1 :]])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Path:
    """The prices of one leg from fill to fill and from bar to bar.

    Parameters
    ----------
    last : int64[n_bars]
        The last fill up to the end of each bar, -1 before the first.
    met : float64[n_fills, 3], quote per coin
        Parts of the price that each fill met.
    moves : float64[n_fills, 3], quote per coin
        Their changes up to the next fill, or the end.
    costs : float64[n_fills, 3], quote
        Fees, slippage and liquidation; a cost is negative.
    priced : float64[n_bars, 3], quote per coin
        Parts of the price at the end of every bar.
    """

    last: Ints
    met: Floats
    moves: Floats
    costs: Floats
    priced: Floats

    def accumulated(self, held: Floats, share: Floats) -> Floats:
        """Return what a holding earned up to the end of every bar, float64[n_bars, 6], quote.

        Parameters
        ----------
        held : float64[n_fills], coins
            After each fill.
        share : float64[n_fills]
            Of the costs of each fill.
        """
        moved = held[:, None] * self.moves
        before = np.cumsum(moved, axis=0) - moved
        gained = before[self.last] + held[self.last, None] * (self.priced - self.met[self.last])
        paid = np.cumsum(share[:, None] * self.costs, axis=0)[self.last]
        return np.where(self.last[:, None] >= 0, np.hstack([gained, paid]), 0.0)


def _path(track: Track, walk: Walk, rows: Ints, priced: Floats) -> _Path:
    """Return the path of one leg; ``rows`` are its fills."""
    bar = _bars_before(track, walk.fills.filled_ms[rows])
    met = _met(track, walk, rows, priced)
    return _Path(
        last=np.searchsorted(bar, np.arange(priced.shape[0]), side="right") - 1,
        met=met,
        moves=np.diff(met, axis=0, append=priced[-1:]),
        costs=_costs(walk, rows),
        priced=priced,
    )


def _columns(leg: int) -> list[int]:
    """Return the parts that the price and the costs of a leg belong to."""
    price = codes.PART_SPOT if leg == codes.SPOT else codes.PART_FUTURES
    return [price, *range(codes.PART_BASIS, len(PARTS))]


def check_sources(found: Split, walk: Walk) -> None:
    """Do nothing where the sources explain every part of the attribution at every bar.

    Raises
    ------
    LedgerError
        If at one they leave more than ``ROUNDING`` of the largest equity so far unexplained.
    """
    left = np.abs(walk.parts[:, : len(PARTS)] - found.by_bar).max(axis=1)
    largest = np.maximum(np.maximum.accumulate(np.abs(walk.curve.equity)), walk.start_equity)
    wrong = np.flatnonzero(~(left <= ROUNDING * largest))
    if wrong.size == 0:
        return
    row = int(wrong[0])
    message = (
        f"the rules of the policy do not explain the books from {text(int(walk.curve.ms[row]))} "
        f"on: {left[row]:.6g} of equity {walk.curve.equity[row]:.6g} is nobody's; trust no number "
        f"of this run and report its command"
    )
    raise LedgerError(message)
