"""The numbers behind the picture of a ladder, and the sentence that says what it shows."""

import numpy as np

from steelyard.report.inputs import JsonValue
from steelyard.report.ladder import LadderFacts
from steelyard.report.reasons import joined
from steelyard.report.rounding import amount, fractions
from steelyard.report.words import price, signed_percent


def ladder_figures(facts: LadderFacts) -> dict[str, JsonValue]:
    """Return what the script draws of a ladder: a point a rung, and two at every change."""
    sides = (side for turn in facts.turns for side in (turn.below, turn.above))
    points = sorted([*facts.rungs, *sides], key=lambda one: one.close)
    return {
        "last": amount(facts.last),
        "closes": [float(f"{one.close:.9g}") for one in points],
        "spot": fractions(np.array([one.spot for one in points])),
        "futures": fractions(np.array([one.futures for one in points])),
        "regimes": [one.regime for one in points],
        "jumps": [amount(turn.above.close) for turn in facts.turns if turn.moves_targets],
    }


def ladder_words(facts: LadderFacts) -> str:
    """Return at which of tomorrow's closes the targets jump."""
    jumps = [turn.above.close for turn in facts.turns if turn.moves_targets]
    if not jumps:
        ends = [signed_percent(facts.move(facts.rungs[end].close)) for end in (0, -1)]
        return f"At no close from {ends[0]} to {ends[1]} do the targets jump."
    closes = [f"{price(close)} ({signed_percent(facts.move(close))})" for close in jumps]
    return f"Tomorrow the targets jump at {joined(closes)}."
