"""The attribution of a run by whose coins earned it: exact at every bar.

Every coin held is owned by a source: a trigger, a limit of the composition, or else the regime in
force. Between fills what a source owns is constant, so what it earns is that many times the change
of the price and of the funding so far.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from steelyard.domain import codes
from steelyard.domain.arrays import Flags, Floats, Ints
from steelyard.domain.errors import LedgerError
from steelyard.domain.plan import Plan, Track
from steelyard.domain.record import (
    FILL_COLLATERAL,
    FILL_EXPIRY,
    FILL_LIQUIDATION,
    FILL_REBALANCE,
    Fills,
    Walk,
    at_bar_end,
)
from steelyard.domain.sleeves import spot_legs
from steelyard.domain.time import text
from steelyard.report import face
from steelyard.report.activity import regime_runs
from steelyard.report.attribution import ROUNDING
from steelyard.report.shares import LIMITS, target_shares
from steelyard.report.worth import worth_of

PARTS: Final = codes.PARTS[: codes.PART_LIQUIDATION + 1]
"""Parts that a source has: those of coins held and traded. Interest is on cash, which none owns;
fees of transfers and of an exchanged stablecoin are not theirs either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The parts of a run by source.

    Parameters
    ----------
    amounts : float64[n_sources, n_legs, n_parts], quote
        Triggers and regimes as the plan numbers them, the baseline, the limits, the sleeves.
    by_bar : float64[n_bars, n_parts], quote
        Their sum, accumulated up to the end of every bar.
    """

    amounts: Floats
    by_bar: Floats


def _bars_before(track: Track, ms: Ints) -> Ints:
    bars: Ints = (ms - track.open_ms[0]) // track.length_ms
    return bars


def _bars_of(track: Track, fills: Fills) -> Ints:
    """Return the bar in which each row happened; what happened as a bar ended is still in it."""
    bars: Ints = _bars_before(track, fills.filled_ms) - at_bar_end(fills)
    return bars


def _wanted(plan: Plan, track: Track, walk: Walk) -> Floats:
    """Return the coins each source wanted in the leg of every fill, float64[n_fills, n_sources].

    Of an inverse contract its face value. At the decision that ordered it; margin defence and
    liquidation want nothing to be held.
    """
    fills = walk.fills
    needed, which = np.unique(_decided(walk, fills.decided_ms), return_inverse=True)
    shares = target_shares(plan, walk.decisions, needed)
    bar = _bars_before(track, fills.decided_ms) - 1
    equity = np.concatenate([walk.curve.equity, [walk.start_equity]])[bar]
    prices = np.concatenate([track.close, track.start_price[None]])
    coins = equity / prices[bar, fills.asset, fills.leg]
    coins = np.where(walk.in_coins & (fills.leg == codes.PERP), equity, coins)
    composed = (fills.reason == FILL_REBALANCE) & (fills.leg < shares.shape[2])
    weight = shares[which, :, np.where(composed, fills.leg, 0)]
    return np.where(composed[:, None], weight * coins[:, None], 0.0)


def holdings(plan: Plan, track: Track, walk: Walk) -> tuple[Floats, Floats]:
    """Return what each source owns after every fill, and what the fill moved to it.

    A fill moves every source by the same part of the way to what it wants; what that leaves of the
    fill is the base's. So the sources of a leg own in sum what the account holds in it.

    Parameters
    ----------
    plan, track, walk : Plan, Track, Walk
        What was walked, over what, and the outcome.

    Returns
    -------
    owned, moved : float64[n_fills, n_sources], coins
        In the asset and leg of each fill; sources as in ``shares``.
    """
    wanted, books = _wanted(plan, track, walk), _books(track, walk)
    owned, moved = np.zeros_like(wanted), np.zeros_like(wanted)
    for book in np.unique(books):
        rows = np.flatnonzero(books == book)
        brought = _brought(track, walk, rows)
        owned[rows] = handed_over(
            walk.fills.quantity[rows], wanted[rows], int(plan.order.size), brought
        )
        moved[rows] = np.diff(owned[rows], axis=0, prepend=0.0)
    return owned, moved


def _brought(track: Track, walk: Walk, rows: Ints) -> Floats:
    """Return the coins that inverse futures had brought to spot before its fills, float64[n].

    They are held beside what was bought, and the base's; 0 of futures and where these are linear.
    """
    fills = walk.fills
    if not walk.in_coins or fills.leg[rows[0]] != codes.SPOT:
        return np.zeros(rows.size)
    bar = _bars_of(track, fills)[rows]
    held = np.concatenate([[0.0], walk.curve.spot / track.close[:, 0, codes.SPOT]])[bar]
    bought = np.concatenate([[0.0], np.cumsum(fills.quantity[rows])])
    brought: Floats = held - bought[np.searchsorted(bar, bar)]
    return brought


def handed_over(
    quantity: Floats, wanted: Floats, base: int, brought: Floats | float = 0.0
) -> Floats:
    """Return what each source owns after the fills of one leg, float64[n_fills, n_sources], coins.

    Parameters
    ----------
    quantity : float64[n_fills], coins
        Of each fill, signed.
    wanted : float64[n_fills, n_sources], coins
        What each source wanted to own when the fill was ordered.
    base : int
        Number of the source that has what the others leave.
    brought : float64[n_fills], coins
        What is held besides, and counts as held already.
    """
    held = np.cumsum(quantity)
    gap = wanted.sum(axis=1) - (held - quantity) - brought
    part = np.clip(quantity / np.where(gap == 0.0, np.inf, gap), 0.0, 1.0)
    owned = part[:, None] * wanted
    own = np.zeros(wanted.shape[1])
    for fill, left in enumerate((1.0 - part).tolist()):
        owned[fill] += left * own
        own = owned[fill]
    owned[:, base] += held - owned.sum(axis=1)
    return owned


def _decided(walk: Walk, ms: Ints) -> Ints:
    """Return the last decision up to each stamp, else the first."""
    rows: Ints = np.maximum(np.searchsorted(walk.decisions.ms, ms, side="right") - 1, 0)
    return rows


def _books(track: Track, walk: Walk) -> Ints:
    books: Ints = walk.fills.asset * track.first_fill.shape[1] + walk.fills.leg
    return books


def _priced(track: Track, walk: Walk, which: tuple[int, int], spots: Sequence[int]) -> Floats:
    """Return the parts of a leg's price at the end of every bar, float64[3, n_bars].

    Spot price, mark over spot, funding received per coin so far; of futures as if each move had
    been one in money worth 1 that brought as much; of inverse ones what a unit of face value did.
    ``which`` is the asset and the leg.
    """
    asset, leg = which
    if face.is_of(walk, leg):
        delta, basis = face.accumulated(track, leg)
        return np.stack([delta[1], basis[1], face.received(track, leg)])
    worth = worth_of(track, walk)
    spot, mark = track.close[:, asset, codes.SPOT], track.close[:, asset, leg]
    settled = np.nan_to_num(-mark * track.funding[asset, leg])
    if leg in spots:
        return np.stack([spot, mark - spot, np.cumsum(settled)])
    index, basis = worth.moved(track, asset, leg)[1]
    return np.stack([spot + index, mark - spot + basis, np.cumsum(settled * worth.closed)])


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
    forced = (fills.reason == FILL_LIQUIDATION) | (fills.reason == FILL_COLLATERAL)
    late: Flags = (forced & closed & (~opened | paid)) | at_bar_end(fills)
    return late


def _met(track: Track, walk: Walk, rows: Ints, priced: Floats, spots: Sequence[int]) -> Floats:
    """Return the parts of the price that fills of one leg met, float64[n, 3].

    The move of a mark to where it liquidates is booked as one of the spot price, that to where it
    expires as one of the basis.
    """
    fills = walk.fills
    bar = _bars_of(track, fills)[rows]
    asset, leg = fills.asset[rows], fills.leg[rows]
    late = _closes_late(track, walk, _bars_of(track, fills))[rows]
    spot, mark = (
        np.where(late, track.close[bar, asset, which], track.open[bar, asset, which])
        for which in (codes.SPOT, leg)
    )
    received = np.concatenate([[0.0], priced[2]])[np.where(late, bar + 1, bar)]
    moved = fills.reference[rows] - mark
    expired = fills.reason[rows] == FILL_EXPIRY
    forced, settled = np.where(expired, 0.0, moved), np.where(expired, moved, 0.0)
    index, basis = spot + forced, mark - spot + settled
    if face.is_of(walk, int(leg[0])):
        index, basis = (
            np.where(late, closed[bar], opened[bar])
            for opened, closed in face.accumulated(track, int(leg[0]))
        )
        delta, total = moved / mark, (1.0 / mark - 1.0 / (mark + moved)) * spot
        index, basis = index + delta, basis + total - delta
    elif leg[0] not in spots:
        worth = worth_of(track, walk)
        opened, closed = worth.moved(track, int(asset[0]), int(leg[0]))
        rate = np.where(late, worth.closed[bar], worth.opened[bar])
        index = spot + forced * rate + np.where(late, closed[0][bar], opened[0][bar])
        basis = mark - spot + settled * rate + np.where(late, closed[1][bar], opened[1][bar])
    return np.stack([index, basis, received], axis=1)


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
    limits_end = plan.rules.size + 1 + len(LIMITS)
    amounts = np.zeros((limits_end + plan.sleeves.size, n_legs, len(PARTS)))
    by_bar = np.zeros((n_bars, len(PARTS)), order="F")
    books, spots = _books(track, walk), spot_legs(plan.sleeves)
    reigns = walk.decisions.ms[[first for _, first, _ in regime_runs(walk)]]
    ends = np.append(_bars_before(track, reigns[1:]), n_bars) - 1
    for book in np.unique(books):
        rows, (asset, leg) = np.flatnonzero(books == book), divmod(int(book), n_legs)
        path = _path(track, walk, rows, _priced(track, walk, (asset, leg), spots), spots)
        share = np.abs(moved[rows]) / np.abs(moved[rows]).sum(axis=1, keepdims=True)
        price = codes.PART_SPOT if leg in spots else codes.PART_FUTURES
        columns = [price, *range(codes.PART_BASIS, len(PARTS))]
        earned = _by_source(plan, walk, path, (owned[rows], share), ends)
        if leg > codes.PERP:
            amounts[limits_end + _sleeve_of(plan, leg), leg, columns] += earned.sum(axis=0)
        else:
            amounts[:limits_end, leg, columns] += earned
        held = owned[rows].sum(axis=1)
        everyones = path.accumulated(np.arange(n_bars), held, np.ones(rows.size))
        for column, part in zip(columns, everyones, strict=True):
            by_bar[:, column] += part
    if walk.in_coins:
        face.add_brought(plan, walk, (amounts, by_bar), ends)
    return Split(amounts=amounts, by_bar=by_bar)


def _sleeve_of(plan: Plan, leg: int) -> int:
    """Return the number of the sleeve that a leg belongs to."""
    return int(np.flatnonzero(leg < plan.sleeves["end_leg"])[0])


def _by_source(
    plan: Plan, walk: Walk, path: "_Path", own: tuple[Floats, Floats], ends: Ints
) -> Floats:
    """Return what every source earned in one leg, float64[n_sources, 6]; the base by regime.

    ``own``, float64[n_fills, n_sources] each, is what sources own after each fill, in coins, and
    how much of its costs they bear; ``ends`` are the last bars of each stretch of a regime.
    """
    (owned, share), base = own, int(plan.order.size)
    each = np.hstack([owned.T @ path.moves, share.T @ path.costs])
    reigned = path.accumulated(ends, owned[:, base], share[:, base])
    by_regime = np.zeros((plan.base.shape[0], reigned.shape[0]))
    # The baseline is regime -1, the last row.
    regimes = [regime for regime, _, _ in regime_runs(walk)]
    np.add.at(by_regime, regimes, np.diff(reigned, prepend=0.0).T)
    return np.concatenate([each[:base], by_regime, each[base + 1 :]])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Path:
    """The prices of one leg from fill to fill and from bar to bar.

    Parameters
    ----------
    filled : int64[n_fills]
        The bar of each fill.
    met : float64[n_fills, 3], quote per coin
        Parts of the price that each fill met.
    moves : float64[n_fills, 3], quote per coin
        Their changes up to the next fill, or the end.
    costs : float64[n_fills, 3], quote
        Fees, slippage and liquidation; a cost is negative.
    priced : float64[3, n_bars], quote per coin
        Parts of the price at the end of every bar.
    """

    filled: Ints
    met: Floats
    moves: Floats
    costs: Floats
    priced: Floats

    def accumulated(self, bars: Ints, held: Floats, share: Floats) -> Floats:
        """Return what a holding had earned at the end of bars, float64[6, n], quote.

        Parameters
        ----------
        bars : int64[n]
            Which.
        held : float64[n_fills], coins
            After each fill.
        share : float64[n_fills]
            Of the costs of each fill.

        Notes
        -----
        From one fill to the next it is what was earned before, less the holding at the prices of
        that fill, plus the holding at the prices of the bar.
        """
        moved = held[:, None] * self.moves
        before = np.cumsum(moved, axis=0) - moved - held[:, None] * self.met
        paid = np.cumsum(share[:, None] * self.costs, axis=0)
        known = np.vstack([before.T, paid.T])
        known = np.concatenate([np.zeros((6, 1)), known], axis=1)
        last = np.searchsorted(self.filled, bars, side="right")
        earned: Floats = np.take(known, last, axis=1)
        coins = np.take(np.concatenate([[0.0], held]), last)
        earned[:3] += coins * np.take(self.priced, bars, axis=1)
        return earned


def _path(track: Track, walk: Walk, rows: Ints, priced: Floats, spots: Sequence[int]) -> _Path:
    """Return the path of one leg; ``rows`` are its fills."""
    met = _met(track, walk, rows, priced, spots)
    return _Path(
        filled=_bars_of(track, walk.fills)[rows],
        met=met,
        moves=np.diff(met, axis=0, append=priced[None, :, -1]),
        costs=_costs(walk, rows),
        priced=priced,
    )


def check_sources(found: Split, walk: Walk) -> None:
    """Do nothing where the sources explain every part of the attribution at every bar.

    Raises
    ------
    LedgerError
        If at one they leave more than ``ROUNDING`` of the largest equity so far unexplained.
    """
    left = np.zeros(walk.curve.ms.size)
    for part in range(len(PARTS)):
        wrong_by = walk.parts[:, part] - found.by_bar[:, part]
        if part == codes.PART_FEES:
            wrong_by -= walk.curve.own_fees
        if part == codes.PART_LIQUIDATION:
            wrong_by -= walk.curve.borne
        np.maximum(left, np.abs(wrong_by, out=wrong_by), out=left)
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
