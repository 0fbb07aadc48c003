"""This file tells a ladder on a terminal: the nearest changes first, then every one of them."""

from typing import Final

from steelyard.domain.codes import ACTIVE, ARMING, COOLDOWN, IDLE, UNWINDING
from steelyard.report.ladder import Decided, LadderFacts, Turn
from steelyard.report.reasons import joined, weights
from steelyard.report.text import NARROWEST, columns
from steelyard.report.words import bare_percent, counted, last_day, number, signed_percent, wrapped

ROWS: Final = 13
"""Rungs that a screen shows, the last close in the middle."""

STATES: Final = {
    IDLE: "is idle",
    ARMING: "confirms",
    ACTIVE: "is active",
    UNWINDING: "unwinds",
    COOLDOWN: "cools down",
}

_SMALL: Final = 100.0
_TINY: Final = 1.0


def price(value: float) -> str:
    """Return a price with as many decimals as its size asks for.

    Examples
    --------
    >>> price(41732.35), price(12.345), price(0.51234)
    ('41,732', '12.35', '0.5123')
    """
    decimals = 0 if value >= _SMALL else 2 if value >= _TINY else 4
    return f"{value:,.{decimals}f}"


def exact_price(value: float) -> str:
    """Return a price to two more decimals than ``price``."""
    decimals = 2 if value >= _SMALL else 4 if value >= _TINY else 6
    return f"{value:,.{decimals}f}"


def turn_words(facts: LadderFacts, turn: Turn) -> str:
    """Return what is another above a turn than below it, in words.

    Such as ``sma200_close is idle, below it is active; targets spot 60.0 %, futures +40.0 %, below
    it spot 60.0 %, futures -30.0 %``.
    """
    below, above = turn.below, turn.above
    said = []
    for row, name in enumerate(facts.entity_ids):
        one, other = below.phases[row], above.phases[row]
        was, now = _truth(below.conditions[row]), _truth(above.conditions[row])
        if one != other:
            said.append(f"{name} {STATES[other]}, below it {STATES[one]}")
        elif was != now:
            said.append(f"the condition of {name} is {now}, below it {was}")
    if below.regime != above.regime:
        said.append(f"the regime is {above.regime}, below it {below.regime}")
    if turn.moves_targets:
        pairs = [weights(side.spot, side.futures) for side in (above, below)]
        said.append(f"targets {pairs[0]}, below it {pairs[1]}")
    return "; ".join(said)


def _truth(condition: float) -> str:
    return "true" if condition == 1.0 else "false" if condition == 0.0 else "unknown"


def answer(facts: LadderFacts) -> str:
    """Return the first sentence: what happens at the last close, and how far off a jump is."""
    here = min(facts.rungs, key=lambda rung: abs(rung.close - facts.last))
    said = (
        f"If {facts.asset} closes {last_day(facts.until_ms)} at {price(facts.last)} again, "
        f"{facts.policy} asks for {weights(here.spot, here.futures)} ({here.regime})"
    )
    jumps = [turn for turn in facts.turns if turn.moves_targets]
    lower = [f"below {_at(facts, turn)}" for turn in jumps if turn.above.close <= facts.last]
    upper = [f"above {_at(facts, turn)}" for turn in jumps if turn.below.close >= facts.last]
    near = [*lower[-1:], *upper[:1]]
    if near:
        return f"{said}; its targets jump {joined(near)}."
    ends = [signed_percent(facts.move(facts.rungs[end].close)) for end in (0, -1)]
    return f"{said}; no close from {ends[0]} to {ends[1]} makes its targets jump."


def _at(facts: LadderFacts, turn: Turn) -> str:
    close = turn.above.close
    return f"{exact_price(close)} ({signed_percent(facts.move(close))})"


def _row(facts: LadderFacts, rung: Decided) -> list[str]:
    return [
        price(rung.close).rjust(len(price(facts.rungs[-1].close))),
        bare_percent(facts.move(rung.close)),
        bare_percent(rung.spot),
        bare_percent(rung.futures),
        bare_percent(rung.delta),
        *(number(order, 4) if order else "-" for order in rung.orders),
    ]


def _table(facts: LadderFacts) -> list[str]:
    """Return about as many rungs as a screen shows, evenly spaced, the last close among them."""
    middle = len(facts.rungs) // 2
    every = max(1, middle // (ROWS // 2))
    shown = facts.rungs[middle % every :: every]
    head = ["close", "move %", "spot %", "futures %", "net %", "spot order", "futures order"]
    lines = columns([head, *(_row(facts, rung) for rung in reversed(shown))])
    regimes = ["regime", *(rung.regime for rung in reversed(shown))]
    return [f"{line}  {regime}" for line, regime in zip(lines, regimes, strict=True)]


def _turns(facts: LadderFacts, width: int) -> list[str]:
    decisions = [turn for turn in facts.turns if turn.is_decision]
    silent = len(facts.turns) - len(decisions)
    if not decisions:
        return ["At none of these closes is a trigger, the regime or the targets another."]
    lines = ["Where decisions change, from above downward:"]
    for turn in reversed(decisions):
        said = f"{_at(facts, turn)}: above it {turn_words(facts, turn)}."
        lines += wrapped(said, width, "  ", "    ")
    if silent:
        lines.append(
            f"  and {counted(silent, 'close')} at which only an order begins, ends or turns"
        )
    return lines


def ladder_text(facts: LadderFacts, *, width: int = NARROWEST) -> str:
    """Return a ladder for a terminal or a pipe, without a newline at its end.

    Parameters
    ----------
    facts : LadderFacts
        What to tell about.
    width : int, columns
        No line is longer, from 80 on.
    """
    width = max(width, NARROWEST)
    is_face = facts.futures_unit != facts.asset
    units = f"coins, those of futures in {facts.futures_unit}" if is_face else "coins"
    lines = [
        *wrapped(answer(facts), width),
        "",
        *_table(facts),
        "",
        *_turns(facts, width),
        "",
        *wrapped(f"Orders in {units}. Assumed: {facts.assumed}.", width),
    ]
    return "\n".join(lines)
