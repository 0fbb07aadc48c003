"""What each rule of a policy earned and cost: the attribution of a run by the source of its coins.

Every coin held is owned by a source: the baseline, a regime, a trigger, or a limit of the
composition. ``kernel.owned`` says how fills hand coins over.
"""

import math
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
from steelyard.kernel.owned import RULES, hand_over, target_shares
from steelyard.report.activity import BASELINE
from steelyard.report.attribution import ROUNDING
from steelyard.report.inputs import PolicyFacts, RunInputs

PARTS: Final = codes.PARTS[: codes.PART_LIQUIDATION + 1]
"""Parts that a source has: those of coins held and traded. Interest is on cash, which none owns."""

PRICED: Final = 3
"""A leg's price has three parts: the spot price, mark over spot, and funding received so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """Parts of a change of equity, in quote currency; a cost is negative (see ``Attribution``)."""

    spot: float
    futures: float
    basis: float
    funding: float
    fees: float
    slippage: float
    liquidation: float
    total: float

    @property
    def costs(self) -> float:
        """Return fees, slippage and liquidation, in quote; negative was paid."""
        return self.fees + self.slippage + self.liquidation

    @property
    def gross(self) -> float:
        """Return what prices and funding brought, in quote, before costs."""
        return self.total - self.costs


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A rule of a policy and what its coins earned.

    Parameters
    ----------
    id : str
        Of a trigger or regime, ``baseline``, or the stage of the composition that is a limit.
    kind : str
        ``baseline``, ``regime``, ``trigger`` or ``rule``.
    earned : Earned
    """

    id: str
    kind: str
    earned: Earned


@dataclass(frozen=True, slots=True, kw_only=True)
class Earnings:
    """Where a run's result came from, by rule.

    Parameters
    ----------
    sources : tuple of Source
        The baseline, the regimes, the triggers, the limits. Their parts sum to the attribution.
    hedge : Earned
        Futures owned by protective triggers and by regimes with short futures (domain 10.8).
    core : Earned
        The rest.
    """

    sources: tuple[Source, ...]
    hedge: Earned
    core: Earned


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """The parts of a run by source.

    Parameters
    ----------
    amounts : float64[n_sources, n_legs, n_parts], quote
        Sources as ``kernel.owned`` numbers them.
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
    fills, n_sources = walk.fills, plan.rules.size + 1 + len(RULES)
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
    fills, decisions = walk.fills, walk.decisions
    rows = np.maximum(np.searchsorted(decisions.ms, fills.decided_ms, side="right") - 1, 0)
    regime = decisions.regime[rows]
    base = np.where(regime >= 0, plan.order.size + regime, plan.rules.size)
    wanted = _wanted(plan, track, walk, rows)
    owned, moved = np.empty_like(wanted), np.empty_like(wanted)
    hand_over(fills, _books(track, walk), base, wanted, owned, moved)
    return owned, moved


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
    amounts = np.zeros((plan.rules.size + 1 + len(RULES), n_legs, len(PARTS)))
    by_bar = np.zeros((n_bars, len(PARTS)))
    books = _books(track, walk)
    for book in np.unique(books):
        rows, (asset, leg) = np.flatnonzero(books == book), divmod(int(book), n_legs)
        priced = _priced(track, asset, leg)
        met, costs = _met(track, walk, rows, priced), _costs(walk, rows)
        moves = np.diff(met, axis=0, append=priced[-1:])
        share = np.abs(moved[rows]) / np.abs(moved[rows]).sum(axis=1, keepdims=True)
        columns = _columns(leg)
        amounts[:, leg, columns] += np.hstack([owned[rows].T @ moves, share.T @ costs])
        held = owned[rows].sum(axis=1)[:, None]
        bar = _bars_before(track, walk.fills.filled_ms[rows])
        first = int(bar[0])
        last = np.searchsorted(bar, np.arange(first, n_bars), side="right") - 1
        before = np.cumsum(held * moves, axis=0) - held * moves
        gained = before[last] + held[last] * (priced[first:] - met[last])
        by_bar[first:, columns] += np.hstack([gained, np.cumsum(costs, axis=0)[last]])
    return Split(amounts=amounts, by_bar=by_bar)


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


def _earned(parts: Floats) -> Earned:
    named = {name: float(part) + 0.0 for name, part in zip(PARTS, parts, strict=True)}
    return Earned(**named, total=math.fsum(named.values()))


def _names(policy: PolicyFacts) -> list[tuple[str, str]]:
    """Return kind and id of every source, as ``kernel.owned`` numbers them."""
    return [
        *(("trigger", name) for name in policy.trigger_ids),
        *(("regime", name) for name in policy.regime_ids),
        ("baseline", BASELINE),
        *(("rule", codes.STAGES[stage]) for stage in RULES),
    ]


def _hedges(plan: Plan) -> Flags:
    """Return which sources hedge with the futures they own, bool[n_sources]."""
    short = plan.base[:, 2:4].min(axis=1) < 0.0
    protects = plan.rules["severity"][: plan.order.size] >= codes.PROTECTIVE
    return np.concatenate([protects, short[1:], short[:1], np.zeros(len(RULES), np.bool_)])


def earnings(inputs: RunInputs) -> Earnings:
    """Return what each rule of a run's policy earned and cost.

    Raises
    ------
    LedgerError
        If the sources and the books of the run disagree.
    """
    found = split(inputs.plan, inputs.track, inputs.walk)
    check_sources(found, inputs.walk)
    sources = [
        Source(id=name, kind=kind, earned=_earned(parts))
        for (kind, name), parts in zip(
            _names(inputs.policy), found.amounts.sum(axis=1), strict=True
        )
    ]
    order = ("baseline", "regime", "trigger", "rule")
    hedging = np.zeros(found.amounts.shape[:2], np.bool_)
    hedging[:, codes.SPOT + 1 :] = _hedges(inputs.plan)[:, None]
    return Earnings(
        sources=tuple(sorted(sources, key=lambda source: order.index(source.kind))),
        hedge=_earned(found.amounts[hedging].sum(axis=0)),
        core=_earned(found.amounts[~hedging].sum(axis=0)),
    )
