"""This file says what became of an account from a moment on: worst, margin, by force, recovery."""

import math

import numpy as np

from steelyard.domain.codes import PERP
from steelyard.domain.record import FILL_LIQUIDATION, Walk
from steelyard.domain.time import DAY_MS
from steelyard.engine.course import Course
from steelyard.ledger.distance import inverse_liquidation_moves, liquidation_moves
from steelyard.report.metrics import drawdown
from steelyard.report.stress import WATCHED_DAYS, Liquidation, Survival


def survival(walk: Walk, course: Course, bar: int, bound: float) -> Survival:
    """Return what became of an account from the open of a bar on.

    Parameters
    ----------
    walk : Walk
        What it lived through.
    course : Course
        What that was walked over.
    bar : int
        At its open shocks strike; 0 where none does. Everything before is left out.
    bound : float
        Margin ratio that is a margin call; infinity for none.
    """
    curve = walk.curve
    ms, equity, ratio = curve.ms[bar:], curve.equity[bar:], curve.margin_ratio[bar:]
    before = float(curve.equity[bar - 1]) if bar > 0 else walk.start_equity
    watched = equity[: WATCHED_DAYS * DAY_MS // course.track.length_ms] if bar > 0 else equity
    lowest, highest = int(np.argmin(watched)), int(np.argmax(ratio))
    moves = _moves(walk, course)[bar:]
    closest = int(np.argmin(np.where(np.isnan(moves), np.inf, np.abs(moves))))
    forced = _liquidations(walk, int(ms[0]) - course.track.length_ms)
    back = np.flatnonzero(equity[lowest:] >= before)
    return Survival(
        since_ms=int(ms[0]) - course.track.length_ms,
        before=before,
        worst=float(equity[lowest]),
        worst_ms=int(ms[lowest]),
        end=float(equity[-1]),
        drawdown=float(np.min(drawdown(np.concatenate([[before], watched])))),
        margin_ratio=float(ratio[highest]),
        margin_ratio_ms=int(ms[highest]),
        nearest=float(moves[closest]),
        nearest_ms=int(ms[closest]),
        call_ms=_call(walk, course, bar, bound, forced),
        liquidations=forced,
        recovered_ms=int(ms[lowest + back[0]]) if back.size else None,
    )


def _moves(walk: Walk, course: Course) -> np.ndarray:
    """Return how far the mark was from liquidation at the end of each bar, a signed fraction."""
    mark = course.track.close[:, 0, PERP]
    costs, curve = course.costs, walk.curve
    ladder = (costs.tier_cap[0], costs.tier_rate[0], costs.tier_deduction[0])
    if walk.in_coins:
        return inverse_liquidation_moves(curve.backing, curve.futures, mark, ladder)
    return liquidation_moves(curve.backing, curve.coins, curve.futures / mark, mark, ladder)


def _liquidations(walk: Walk, since_ms: int) -> tuple[Liquidation, ...]:
    fills = walk.fills
    return tuple(
        Liquidation(
            ms=int(fills.filled_ms[row]),
            price=float(fills.reference[row]),
            cost=float(fills.fee[row] + fills.slippage[row]),
        )
        for row in np.flatnonzero(fills.reason == FILL_LIQUIDATION).tolist()
        if fills.filled_ms[row] >= since_ms
    )


def _call(
    walk: Walk, course: Course, bar: int, bound: float, forced: tuple[Liquidation, ...]
) -> int | None:
    """Return the first hour that ended at the bound or saw a liquidation, by the stamp of its end.

    A liquidated position leaves no margin ratio at the end of its hour, but has passed the bound.
    """
    if math.isinf(bound):
        return None
    reached = walk.curve.ms[bar:][walk.curve.margin_ratio[bar:] >= bound]
    called = [*reached[:1].tolist(), *(one.ms + course.track.length_ms for one in forced[:1])]
    return min(called, default=None)
