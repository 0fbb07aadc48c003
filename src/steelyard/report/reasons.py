"""The sentence behind every decision: what changed, and how the targets came about."""

from collections.abc import Sequence

import numpy as np

from steelyard.domain import codes
from steelyard.report.activity import can_fill, regime_name
from steelyard.report.inputs import RunInputs
from steelyard.report.words import bare_percent, percent, quantity

VERBS = {
    codes.IDLE: "ended",
    codes.ARMING: "began to confirm",
    codes.ACTIVE: "fired",
    codes.UNWINDING: "began to unwind",
    codes.COOLDOWN: "ended and cools down",
}
"""What is said of a trigger or regime that has just come into a phase."""

STAGE_WORDS = {
    codes.STAGE_ADDITIVE: "added hedges",
    codes.STAGE_LEVEL: "hedge level",
    codes.STAGE_NO_NET_SHORT: "no net short",
    codes.STAGE_MARGIN: "margin limit",
    codes.STAGE_SHIFT: "shift into shorts",
    codes.STAGE_UNWIND: "slice of the unwind",
}
SMALLEST = 5e-4
"""Weights that differ by less read the same with one decimal of a percent."""


def weights(spot: float, futures: float) -> str:
    """Return a pair of targets in words.

    Examples
    --------
    >>> weights(0.6, -0.35)
    'spot 60.0 %, futures -35.0 %'
    """
    sign = "+" if futures > SMALLEST else ""
    return f"spot {percent(spot)}, futures {sign}{percent(futures)}"


def joined(parts: Sequence[str]) -> str:
    """Return words as an enumeration.

    Examples
    --------
    >>> joined(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def _phase_verb(before: int, now: int) -> str:
    if now == codes.ACTIVE and before == codes.UNWINDING:
        return "is active again"
    if now == codes.IDLE and before == codes.ARMING:
        return "was not confirmed"
    return VERBS[now]


def _phase_changes(inputs: RunInputs, row: int) -> list[str]:
    phase = inputs.walk.decisions.phase
    now = phase[row]
    before = phase[row - 1] if row > 0 else np.full_like(now, codes.IDLE)
    said: dict[str, list[str]] = {}
    for column, name in enumerate(inputs.policy.trigger_ids):
        if now[column] != before[column]:
            verb = _phase_verb(int(before[column]), int(now[column]))
            said.setdefault(verb, []).append(name)
    return [f"{joined(names)} {verb}" for verb, names in said.items()]


def _regime_change(inputs: RunInputs, row: int) -> list[str]:
    regime = inputs.walk.decisions.regime
    before = int(regime[row - 1]) if row > 0 else -1
    now = int(regime[row])
    if now == before:
        return []
    names = regime_name(inputs.policy, before), regime_name(inputs.policy, now)
    return [f"The regime went from {names[0]} to {names[1]}"]


def _stage(inputs: RunInputs, row: int, stage: int) -> str:
    if stage >= codes.FIRST_EFFECT:
        return inputs.policy.effect_ids[stage - codes.FIRST_EFFECT]
    if stage == codes.STAGE_BASE:
        return regime_name(inputs.policy, int(inputs.walk.decisions.regime[row]))
    return STAGE_WORDS[stage]


def composition(inputs: RunInputs, row: int) -> str:
    """Return how one decision's targets came about, without the steps that changed nothing.

    Examples of the outcome: ``baseline spot 60.0 %, futures +40.0 %; then support_breach
    spot 60.0 %, futures -60.0 %``.
    """
    decisions = inputs.walk.decisions
    steps: list[str] = []
    last = np.full(2, np.nan)
    for stage, spot, futures in decisions.trace[row, : int(decisions.trace_length[row])]:
        now = np.array([spot, futures])
        if steps and bool(np.all(np.abs(now - last) < SMALLEST)):
            continue
        steps.append(f"{_stage(inputs, row, int(stage))} {weights(spot, futures)}")
        last = now
    return "; then ".join(steps)


def _without_change(inputs: RunInputs, row: int) -> str:
    """Return what is said of a decision at which no trigger or regime changed."""
    decisions = inputs.walk.decisions
    if row == 0:
        return "Start"
    moved = np.abs(decisions.targets[row] - decisions.targets[row - 1]) >= SMALLEST
    if bool(np.any(moved)):
        return "The targets moved"
    if bool(np.any(decisions.ordered[row])):
        return "The holdings had drifted from the targets"
    return "Nothing changed"


def _unknown(inputs: RunInputs, row: int) -> str:
    decisions = inputs.walk.decisions
    names = [
        name
        for column, name in enumerate(inputs.policy.trigger_ids + inputs.policy.regime_ids)
        if decisions.evaluated[row, column] and np.isnan(decisions.condition[row, column])
    ]
    return f"Unknown: {joined(names)}." if names else ""


def _in_force(inputs: RunInputs, row: int) -> str:
    phase = inputs.walk.decisions.phase[row]
    names = [
        f"{name} (unwinding)" if phase[column] == codes.UNWINDING else name
        for column, name in enumerate(inputs.policy.trigger_ids)
        if phase[column] in {codes.ACTIVE, codes.UNWINDING}
    ]
    return f"Active: {joined(names)}." if names else ""


def _orders(inputs: RunInputs, row: int) -> str:
    legs = (("spot", inputs.market.asset), ("futures", inputs.market.futures_unit))
    sent = [
        f"{'buy' if size > 0.0 else 'sell'} {quantity(size, unit)} {leg}"
        for (leg, unit), size in zip(legs, inputs.walk.decisions.ordered[row], strict=False)
        if size != 0.0
    ]
    if sent and not can_fill(inputs.walk)[row]:
        return f"Ordered: {joined(sent)}, but the run ends here."
    return f"Ordered: {joined(sent)}." if sent else ""


def has_news(inputs: RunInputs, row: int) -> bool:
    """Tell whether a decision changed a phase, the regime or the targets, or sent an order."""
    decisions = inputs.walk.decisions
    if row == 0 or bool(np.any(decisions.ordered[row])):
        return True
    differs = (
        np.any(decisions.phase[row] != decisions.phase[row - 1])
        or decisions.regime[row] != decisions.regime[row - 1]
        or np.any(np.abs(decisions.targets[row] - decisions.targets[row - 1]) >= SMALLEST)
    )
    return bool(differs)


def why(inputs: RunInputs, row: int) -> list[str]:
    """Return what changed at one evaluation, what is in force, and how the targets came about.

    Parameters
    ----------
    inputs : RunInputs
        The run.
    row : int
        Row of ``inputs.walk.decisions``.
    """
    changes = _regime_change(inputs, row) + _phase_changes(inputs, row)
    opening = joined(changes) or _without_change(inputs, row)
    spot, futures = inputs.walk.decisions.targets[row]
    said = [
        f"{opening}.",
        _in_force(inputs, row),
        _unknown(inputs, row),
        f"Targets: {composition(inputs, row) or weights(spot, futures)}.",
    ]
    return [sentence for sentence in said if sentence]


def sentences(inputs: RunInputs, row: int) -> list[str]:
    """Return why the decision of one evaluation is what it is, and what was ordered."""
    orders = _orders(inputs, row)
    return [*why(inputs, row), *([orders] if orders else [])]


def reason(inputs: RunInputs, row: int) -> str:
    """Return the ``sentences`` of one decision as one text."""
    return " ".join(sentences(inputs, row))


def exposure_change(before: tuple[float, float] | None, after: tuple[float, float] | None) -> str:
    """Return in a few words what an episode's beginning did to the targets.

    Examples
    --------
    >>> exposure_change((0.6, 0.4), (0.6, -0.6))
    'spot 60.0 %, futures +40.0 to -60.0 %'
    >>> exposure_change((0.6, 0.4), (0.6, 0.4))
    'targets unchanged'
    >>> exposure_change(None, None)
    'alert only, no trade'
    """
    if after is None:
        return "alert only, no trade"
    if before is None:
        return weights(*after)
    if abs(before[0] - after[0]) < SMALLEST and abs(before[1] - after[1]) < SMALLEST:
        return "targets unchanged"
    legs = []
    for name, old, new, mark in (
        ("spot", before[0], after[0], ""),
        ("futures", before[1], after[1], "+"),
    ):
        signs = [mark if value > SMALLEST else "" for value in (old, new)]
        was = f"{signs[0]}{bare_percent(old)} to " if abs(old - new) >= SMALLEST else ""
        legs.append(f"{name} {was}{signs[1]}{percent(new)}")
    return ", ".join(legs)
