"""This file runs the postfix programs of conditions that depend on the decision's own state."""

import math

from steelyard.decision.state import State
from steelyard.domain import codes
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.plan import Plan, Signals
from steelyard.features.levels import held_since


@compiled_inside
def kleene_and(left: float, right: float) -> float:
    """Return false if either is false, unknown if either is unknown, else true (domain 9.2).

    Examples
    --------
    >>> kleene_and(0.0, float("nan")), kleene_and(1.0, float("nan"))
    (0.0, nan)
    """
    if left == 0.0 or right == 0.0:
        return 0.0
    if math.isnan(left) or math.isnan(right):
        return math.nan
    return 1.0


@compiled_inside
def compare(operation: int, left: float, right: float) -> float:
    """Return 1 or 0, or NaN if either side is unknown; sides within ``EQUAL_WITHIN`` are equal."""
    if math.isnan(left) or math.isnan(right):
        return math.nan
    room = codes.EQUAL_WITHIN * max(1.0, abs(left), abs(right))
    equal = left == right or abs(left - right) < room
    if operation == codes.OP_LT:
        holds = left < right and not equal
    elif operation == codes.OP_LE:
        holds = left < right or equal
    elif operation == codes.OP_GT:
        holds = left > right and not equal
    elif operation == codes.OP_GE:
        holds = left > right or equal
    else:
        holds = equal == (operation == codes.OP_EQ)
    return 1.0 if holds else 0.0


@compiled_inside
def arithmetic(operation: int, left: float, right: float) -> float:
    """Return the result of + - * /; a division by zero is unknown."""
    if operation == codes.OP_ADD:
        return left + right
    if operation == codes.OP_SUBTRACT:
        return left - right
    if operation == codes.OP_MULTIPLY:
        return left * right
    if right == 0.0:
        return math.nan
    return left / right


@compiled_inside
def pair(operation: int, left: float, right: float) -> float:  # noqa: PLR0911 - one an operation
    """Return the result of an operation on two values."""
    if operation <= codes.OP_DIVIDE:
        return arithmetic(operation, left, right)
    if operation <= codes.OP_NE:
        return compare(operation, left, right)
    if operation == codes.OP_AND:
        return kleene_and(left, right)
    if operation == codes.OP_OR:
        return 1.0 - kleene_and(1.0 - left, 1.0 - right)
    if operation == codes.OP_FIRST_KNOWN:
        return right if math.isnan(left) else left
    if math.isnan(left) or math.isnan(right):
        return math.nan
    return min(left, right) if operation == codes.OP_MIN else max(left, right)


@compiled_inside
def triple(operation: int, first: float, second: float, third: float) -> float:
    """Return clip(x, lo, hi), ramp(x, lo, hi) or select(condition, a, b)."""
    if operation == codes.OP_SELECT:
        if math.isnan(first):
            return math.nan
        return second if first != 0.0 else third
    if math.isnan(first) or math.isnan(second) or math.isnan(third):
        return math.nan
    if operation == codes.OP_CLIP:
        return min(max(first, second), third)
    if second == third:
        return math.nan
    return min(max((first - second) / (third - second), 0.0), 1.0)


@compiled_inside
def leaf(plan: Plan, signals: Signals, state: State, moment: int, entity: int, step: int) -> float:
    """Return the value of an operation without operands.

    Parameters
    ----------
    entity : int
        Whose entry ``at_entry`` and its sisters speak of; -1: nothing is active, all unknown.
    step : int
        Row of ``plan.programs``.
    """
    operation = plan.programs[step, 0]
    argument = plan.programs[step, 1]
    if operation == codes.OP_CONSTANT:
        return float(plan.constants[argument])
    if operation == codes.OP_SERIES:
        return float(signals.values[argument, moment])
    if entity < 0:
        return math.nan
    if operation == codes.OP_AT_ENTRY:
        return float(state.slots[entity, argument])
    if operation == codes.OP_SINCE_ENTRY:
        return float(signals.grid_index[argument, moment] - state.entry_index[entity, argument])
    grid = plan.slots[argument, 1]
    return held_since(
        signals.close[grid],
        signals.level_row[grid],
        signals.level_price,
        signals.level_known_ms,
        signals.bar_known_ms[grid],
        state.entry_index[entity, grid],
        signals.grid_index[grid, moment],
        state.slots[entity, argument],
        float(plan.slots[argument, 2]),
    )


@compiled_inside
def single(operation: int, value: float) -> float:
    """Return the result of an operation on one value."""
    if operation == codes.OP_NEGATE:
        return -value
    if operation == codes.OP_NOT:
        return 1.0 - value
    return abs(value)


@compiled_inside
def value_of(
    plan: Plan, signals: Signals, state: State, moment: int, entity: int, program: tuple[int, int]
) -> float:
    """Return what a program is worth at a moment: a number, 1 or 0, or NaN for unknown.

    Parameters
    ----------
    program : (int, int)
        First operation and end, rows of ``Plan.programs``.
    """
    stack = state.stack
    top = -1
    for step in range(program[0], program[1]):
        operation = plan.programs[step, 0]
        if operation < codes.OP_ADD:
            top += 1
            stack[top] = leaf(plan, signals, state, moment, entity, step)
        elif operation in (codes.OP_NEGATE, codes.OP_NOT, codes.OP_ABS):
            stack[top] = single(operation, stack[top])
        elif operation in (codes.OP_CLIP, codes.OP_RAMP, codes.OP_SELECT):
            top -= 2
            stack[top] = triple(operation, stack[top], stack[top + 1], stack[top + 2])
        else:
            top -= 1
            stack[top] = pair(operation, stack[top], stack[top + 1])
    return float(stack[top])
