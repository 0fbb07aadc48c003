"""The terminal answer of a run: at most one screen of plain text, from 80 columns on."""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.domain.time import text as date
from steelyard.report.daily import Metrics
from steelyard.report.inputs import BENCHMARKS
from steelyard.report.story import TITLES, answer, caveat
from steelyard.report.words import (
    UNDEFINED,
    bare_percent,
    counted,
    days,
    money,
    number,
    signed_money,
    wrapped,
)

if TYPE_CHECKING:
    from rich.text import Text

    from steelyard.report.activity import TriggerActivity
    from steelyard.report.result import Result

NARROWEST = 80
WARNINGS_SHOWN = 3
TRIGGERS_SHOWN = 10
BY_FORCE = "Liquidated"
"""How a warning begins that tells of a loss by force, the only thing written in red."""


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return rows as lines: the first column to the left, the others to the right.

    Examples
    --------
    >>> columns([["a", "10"], ["bb", "5"]])
    ['a   10', 'bb   5']
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return lines


def _performance_row(name: str, end: float, growth: float, metrics: Metrics) -> list[str]:
    return [
        name,
        money(end),
        bare_percent(growth),
        bare_percent(metrics.cagr),
        bare_percent(metrics.volatility),
        number(metrics.sharpe),
        bare_percent(metrics.max_drawdown),
        bare_percent(metrics.time_hedged),
    ]


def _performance(result: "Result") -> list[str]:
    head = ["", "end", "gain %", "a year %", "vol %", "Sharpe", "worst %", "hedged %"]
    head[1] = f"end {result.market.quote}"
    policy = _performance_row(
        result.policy.name, result.end_equity, result.total_return, result.metrics
    )
    rows = [head, policy]
    for name in BENCHMARKS:
        nav = result.benchmark_accounts[name].nav
        growth = float(nav[-1] / nav[0]) - 1.0
        rows.append(_performance_row(TITLES[name], float(nav[-1]), growth, result.benchmarks[name]))
    return columns(rows)


def _attribution(result: "Result", width: int) -> list[str]:
    parts = result.attribution
    named = {
        "spot": parts.spot,
        "futures": parts.futures,
        "basis": parts.basis,
        "funding": parts.funding,
        "fees": parts.fees,
        "slippage": parts.slippage,
        "liquidation": parts.liquidation,
        "interest": parts.interest,
        "depeg": parts.depeg,
        "bonus": parts.bonus,
    }
    listed = ", ".join(
        f"{name} {signed_money(value)}" for name, value in named.items() if round(value) != 0
    )
    line = f"Change {signed_money(parts.total)} = {listed or 'nothing traded'}."
    return wrapped(line, width)


def _trigger_row(trigger: "TriggerActivity") -> list[str]:
    return [
        trigger.id,
        f"{trigger.episodes:,d}",
        days(trigger.days_active),
        UNDEFINED if trigger.first_ms is None else date(trigger.first_ms)[:10],
        UNDEFINED if trigger.last_ms is None else date(trigger.last_ms)[:10],
        f"{trigger.unknown:,d}",
    ]


def _triggers(result: "Result") -> list[str]:
    if not result.triggers:
        return []
    busiest = sorted(result.triggers, key=lambda trigger: -trigger.episodes)[:TRIGGERS_SHOWN]
    shown = [trigger for trigger in result.triggers if trigger in busiest]
    head = ["trigger", "fired", "days", "first", "last", "unknown"]
    lines = columns([head, *map(_trigger_row, shown)])
    left_out = len(result.triggers) - len(shown)
    return [*lines, *([f"and {counted(left_out, 'more trigger')}"] if left_out else []), ""]


def _regimes(result: "Result", width: int) -> list[str]:
    lived = ", ".join(
        f"{regime.id} {days(regime.days)}" for regime in result.regimes if regime.entries
    )
    return wrapped(f"Regimes in days: {lived}.", width)


def _warnings(result: "Result", width: int) -> list[str]:
    lines = [
        textwrap.shorten(f"! {warning}", width, placeholder=" ...")
        for warning in result.warnings[:WARNINGS_SHOWN]
    ]
    left_out = len(result.warnings) - WARNINGS_SHOWN
    if left_out > 0:
        lines.append(f"! and {counted(left_out, 'more warning')}: see the page, or --json.")
    return lines


def answer_text(result: "Result", *, page: Path | None = None, width: int = NARROWEST) -> str:
    """Return the answer for a terminal or a pipe, without a newline at its end.

    Parameters
    ----------
    result : Result
        What to tell about.
    page : Path or None
        Where the page was written; it is the last line.
    width : int, columns
        No line is longer, from 80 on.

    Returns
    -------
    str
        ASCII but for what the policy itself is called.
    """
    width = max(width, NARROWEST)
    lines = [
        *wrapped(answer(result), width),
        *wrapped(caveat(result), width),
        "",
        *_performance(result),
        "",
        *_attribution(result, width),
        "",
        *_triggers(result),
        *_regimes(result, width),
        *_warnings(result, width),
    ]
    if page is not None:
        lines.append(f"Page: {page}")
    return "\n".join(lines)


def coloured(answered: str) -> "Text":
    """Return an answer for a terminal: the heads of tables dim, a loss by force red.

    Parameters
    ----------
    answered : str
        What ``answer_text`` returned.
    """
    from rich.text import Text  # noqa: PLC0415 - rich only on a terminal

    shown = Text(answered, no_wrap=True)
    shown.highlight_regex(r"(?m)^ +end .*$|^trigger +fired.*$", "dim")
    shown.highlight_regex(rf"(?m)^! {BY_FORCE}.*$", "bold red")
    shown.highlight_regex(r"(?m)^! (?!Liquidated).*$", "dim")
    return shown
