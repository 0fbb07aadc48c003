"""Assets on one account: made by hand, walked together, and each alone."""

from collections.abc import Mapping
from typing import Final

import numpy as np

from steelyard.domain.plan import Costs, Track
from steelyard.domain.record import Walk
from steelyard.domain.time import HOUR_MS
from steelyard.kernel.shared import Alone, walk_parts
from steelyard.kernel.walk import walk
from steelyard.ledger.account import open_account
from tests.support.plans import Actor, Scene, costs_of, moments_at

CASH: Final = 50_000.0
"""What each asset begins with unless told otherwise."""

FREE: Final = {"leverage": 100.0, "turnover_per_day": 100.0}
"""Limits that limit nothing."""

TIERS: Final = ((float("inf"), 0.005, 0.0),)


def still(
    weights: tuple[float, float],
    track: Track,
    *,
    cash: float = CASH,
    costs: Costs | None = None,
    limits: Mapping[str, float] | None = None,
) -> Alone:
    """Return an asset whose policy never moves; trading is free where nothing is said."""
    scene = Scene(
        triggers=[Actor(when="F" * 20)], baseline=weights, limits={**FREE, **(limits or {})}
    )
    costs = costs_of(tiers=TIERS) if costs is None else costs
    signals = moments_at(scene.signals(), track)
    account = open_account(1, track.first_fill.shape[1], cash)
    return Alone(scene.plan(), signals, track, costs, cash, account)


def apart(one: Alone) -> Walk:
    """Return what an asset comes to on an account of its own."""
    account = one.account._replace(
        legs=one.account.legs.copy(),
        balances=one.account.balances.copy(),
        total=one.account.total.copy(),
        futures_result=one.account.futures_result.copy(),
    )
    return walk(one.plan, one.signals, one.track, one.costs, one.cash, account)


def together(*parts: Alone) -> list[Walk]:
    """Return what each asset comes to on one account, whose equity they sum to at every bar."""
    walks, whole = walk_parts(parts)
    equity = np.sum([one.curve.equity for one in walks], axis=0)
    change = np.sum([one.parts.sum(axis=1) for one in walks], axis=0)
    largest = np.maximum.accumulate(np.abs(whole)) + sum(one.cash for one in parts)
    assert np.all(np.abs(equity - whole) <= 1e-9 * largest)
    assert np.all(np.abs(sum(one.cash for one in parts) + change - whole) <= 1e-9 * largest)
    return walks


def fills(walked: Walk, first: int = 0) -> list[tuple[int, int, int, float]]:
    """Return bar, reason, leg and coins of every fill from a row on."""
    made = walked.fills
    rows = zip(made.filled_ms // HOUR_MS, made.reason, made.leg, made.quantity, strict=True)
    return [(int(bar), int(why), int(leg), round(float(q), 6)) for bar, why, leg, q in rows][first:]


def equities(walked: Walk) -> list[float]:
    """Return equity at the end of every bar, to a millionth."""
    return [round(float(each), 6) for each in walked.curve.equity]
