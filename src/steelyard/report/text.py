"""The terminal answer of a run: at most one screen of plain text, from 80 columns on."""

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.domain.time import text as date
from steelyard.report.daily import Metrics
from steelyard.report.earnings import Earned, Source
from steelyard.report.story import TITLES, answer, caveat
from steelyard.report.words import (
    UNDEFINED,
    bare_percent,
    coins,
    counted,
    days,
    money,
    number,
    signed_money,
    wrapped,
)

if TYPE_CHECKING:
    from rich.text import Text

    from steelyard.report.result import Result

NARROWEST = 80
WARNINGS_SHOWN = 3
SCREEN = 40
"""Lines of the answer at most, as long as five rules fit in."""
LEAST_RULES = 5
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
    for name in result.benchmarks:
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


def _side(name: str, earned: Earned) -> str:
    price = earned.spot + earned.futures + earned.basis
    parts = {"price": price, "funding": earned.funding, "costs": earned.costs}
    listed = ", ".join(f"{part} {signed_money(value)}" for part, value in parts.items())
    return f"{name} {signed_money(earned.total)} = {listed}."


def _hedge_and_core(result: "Result") -> list[str]:
    earned = result.earnings
    if not earned.hedge.moved:
        return []
    return [_side("Hedge", earned.hedge), _side("Core", earned.core)]


def _in_coin(result: "Result", width: int) -> list[str]:
    seen = result.in_coin
    listed = ", ".join(f"{name} {value}" for name, value in seen.written().items())
    change = f"{coins(seen.start, seen.least)} to {coins(seen.end, seen.least)}"
    return wrapped(f"{result.market.asset} {change}: {listed or 'no change'}.", width)


def _activity(result: "Result") -> Mapping[tuple[str, str], tuple[int, list[str]]]:
    """Return how often each trigger or regime began, and that as cells with days and dates."""
    cells = {}
    for one in result.triggers:
        last = UNDEFINED if one.last_ms is None else date(one.last_ms)[:10]
        row = [f"{one.episodes:,d}", days(one.days_active), last, f"{one.unknown:,d}"]
        cells["trigger", one.id] = (one.episodes, row)
    for each in result.regimes:
        kind = "baseline" if each is result.regimes[0] else "regime"
        row = [f"{each.entries:,d}", days(each.days), UNDEFINED, UNDEFINED]
        cells[kind, each.id] = (each.entries, row)
    return cells


def _rules(result: "Result", room: int) -> list[str]:
    """Return what each rule did, earned and cost, in as many lines as there is room for."""
    known = _activity(result)

    def begun(source: Source) -> tuple[int, list[str]]:
        return known.get((source.kind, source.id), (0, [UNDEFINED] * 4))

    def weight(source: Source) -> tuple[float, int]:
        return -abs(source.earned.gross) + source.earned.costs, -begun(source)[0]

    def row(source: Source) -> list[str]:
        amounts = (source.earned.gross, source.earned.costs)
        return [source.title, *begun(source)[1], *map(signed_money, amounts)]

    listed = [one for one in result.earnings.sources if one.kind != "rule" or one.earned.moved]
    heaviest = sorted(listed, key=weight)[: max(room, LEAST_RULES)]
    shown = [source for source in listed if source in heaviest]
    head = ["rule", "fired", "days", "last", "unknown", "earned", "costs"]
    left_out = len(listed) - len(shown)
    lines = columns([head, *map(row, shown)])
    return [*lines, *([f"and {counted(left_out, 'more rule')}"] if left_out else [])]


def warning_lines(warnings: tuple[str, ...], width: int) -> list[str]:
    """Return the gravest warnings, a line each, and how many more there are."""
    lines = [
        textwrap.shorten(f"! {warning}", width, placeholder=" ...")
        for warning in warnings[:WARNINGS_SHOWN]
    ]
    left_out = len(warnings) - WARNINGS_SHOWN
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
    above = [
        *wrapped(answer(result), width),
        *wrapped(caveat(result), width),
        "",
        *_performance(result),
        "",
        *_attribution(result, width),
        *_hedge_and_core(result),
        *_in_coin(result, width),
        "",
    ]
    below = warning_lines(result.warnings, width)
    if page is not None:
        below.append(f"Page: {page}")
    # A head, a line that tells how many rules are left out, and a blank one.
    rules = _rules(result, SCREEN - len(above) - len(below) - 3)
    return "\n".join([*above, *rules, *([""] if below else []), *below])


def coloured(answered: str) -> "Text":
    """Return an answer for a terminal: the heads of tables dim, a loss by force red.

    Parameters
    ----------
    answered : str
        What ``answer_text`` or ``portfolio_text`` returned.
    """
    from rich.text import Text  # noqa: PLC0415 - rich only on a terminal

    shown = Text(answered, no_wrap=True)
    forced = rf"(?:[\w, -]+: )?{BY_FORCE}"  # of a portfolio behind the asset
    shown.highlight_regex(r"(?m)^ +end .*$|^ +change .*$|^rule +fired.*$", "dim")
    shown.highlight_regex(rf"(?m)^! {forced}.*$", "bold red")
    shown.highlight_regex(rf"(?m)^! (?!{forced}).*$", "dim")
    return shown
