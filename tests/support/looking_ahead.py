"""The test for look-ahead: what was decided with less history is what is decided with more."""

from collections.abc import Sequence

import numpy as np

from steelyard.data.assemble import cut_market
from steelyard.domain.arrays import Floats
from steelyard.domain.market import Market
from steelyard.domain.plan import Costs, Signals, Track
from steelyard.domain.record import Walk
from steelyard.domain.time import HOUR_MS
from steelyard.engine.dates import period
from steelyard.kernel.track import build_costs, build_track, with_moments
from steelyard.kernel.walk import walk
from steelyard.policy.compile import CompiledPolicy
from steelyard.policy.evaluate import evaluate_signals

CASH = 100_000.0
DECIDED = ("evaluated", "condition", "phase", "strength", "regime", "targets", "leverage")


def run_until(
    compiled: CompiledPolicy, market: Market, costs: Costs, start_ms: int, end_ms: int
) -> tuple[Signals, Walk]:
    """Return signals and outcome of a policy on a market, from start to end."""
    signals = evaluate_signals(compiled, market, start_ms, end_ms, {})
    track: Track = with_moments(build_track(market, start_ms, end_ms), signals)
    return signals, walk(compiled.plan, signals, track, costs, CASH)


def same(left: Floats, right: Floats) -> bool:
    """Tell whether two columns are equal, unknown with unknown; sums may differ by rounding."""
    return left.shape == right.shape and np.allclose(
        left, right, rtol=1e-9, atol=1e-12, equal_nan=True
    )


def look_aheads(compiled: CompiledPolicy, market: Market, cuts: Sequence[int]) -> list[str]:
    """Return what differs between the full history and that which ends at each cut; [] if nothing.

    Compared are the values of all conditions, every decision with its orders, and every fill.

    Parameters
    ----------
    cuts : stamps of full hours
    """
    start_ms, end_ms = period(market, None, None)
    costs = build_costs(market)
    signals, full = run_until(compiled, market, costs, start_ms, end_ms)
    found = []
    for cut in cuts:
        less = cut_market(market, cut)
        cut_signals, known = run_until(compiled, less, costs, start_ms, cut)
        size = cut_signals.ms.size
        pairs = {"values": (cut_signals.values, signals.values[:, :size])}
        for name in (*DECIDED, "ordered"):
            column = getattr(full.decisions, name)[:size]
            pairs[name] = (getattr(known.decisions, name), column)
        made = known.fills.price.size
        for name in ("decided_ms", "filled_ms", "leg", "quantity", "price"):
            pairs[name] = (getattr(known.fills, name), getattr(full.fills, name)[:made])
        found += [f"{name} at {cut}" for name, pair in pairs.items() if not same(*pair)]
    return found


def random_cuts(market: Market, count: int, seed: int) -> list[int]:
    """Return random full hours between a day after the start of an account and its end."""
    start_ms, end_ms = period(market, None, None)
    hours = (end_ms - start_ms) // HOUR_MS
    chosen = np.random.default_rng(seed).integers(24, hours, count)
    return sorted(int(start_ms + hour * HOUR_MS) for hour in chosen)


def one_ahead(values: Floats) -> Floats:
    """Return values that each tell of the bar after theirs: the plant that must be found."""
    return np.append(values[1:], np.nan)
