"""This file finds conditions that know what comes after them, by taking it away."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from steelyard.data.assemble import cut_market
from steelyard.domain.arrays import Flags, Floats
from steelyard.domain.market import Market
from steelyard.domain.plan import Signals
from steelyard.domain.time import text
from steelyard.engine.witnesses import Finding
from steelyard.policy.compile import CompiledPolicy
from steelyard.policy.evaluate import evaluate_signals

CUTS: Final = 5
"""Moments at which the history is cut to see whether a value knew what came after."""

ROUNDING: Final = 1e-9
"""Relative difference that is arithmetic and no foresight."""


def cuts_of(signals: Signals) -> tuple[int, ...]:
    """Return moments spread evenly over a run, the first and the last left out."""
    inside = signals.ms[1:-1]
    picked = np.linspace(0, inside.size - 1, CUTS + 2)[1:-1].astype(np.int64)
    return tuple(sorted({int(ms) for ms in inside[picked]})) if inside.size else ()


def foresight(
    compiled: CompiledPolicy, market: Market, whole: Signals, cuts: tuple[int, ...]
) -> Iterator[Finding]:
    """Yield the conditions that are worth something else once what came after is taken away.

    Parameters
    ----------
    compiled : CompiledPolicy
        Whose conditions they are.
    market : Market
        The whole of it.
    whole : Signals
        On the whole market.
    cuts : tuple of int, milliseconds
        Where to end it.
    """
    accused: set[str] = set()
    for cut_ms in cuts:
        cut = evaluate_signals(compiled, cut_market(market, cut_ms), int(whole.ms[0]), cut_ms)
        differs = ~_alike(whole.values[:, : cut.ms.size], cut.values)
        for row in np.flatnonzero(differs.any(axis=1)):
            name = compiled.series[row].text
            if name in accused:
                continue
            accused.add(name)
            moment = int(cut.ms[differs[row]][0])
            what = f"its value on {text(moment)} changes when the data ends on {text(cut_ms)}"
            yield Finding(
                kind="look_ahead",
                id=name,
                sentence=f"{name} looks ahead: {what}.",
                moment_ms=moment,
                count=int(np.count_nonzero(differs[row])),
            )


def _alike(one: Floats, other: Floats) -> Flags:
    """Return where two arrays are the same but for rounding; unknown is the same as unknown."""
    return np.isclose(one, other, rtol=ROUNDING, atol=0.0, equal_nan=True)
