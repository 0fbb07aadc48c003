"""This file draws what a catalogue holds: lines for a terminal, and one page without scripts."""

from html import escape
from typing import Final

from steelyard.data.coverage import Covered, quarters
from steelyard.domain.time import text

FULL: Final = 0.995
_STYLE: Final = (
    "body{font:14px/1.5 system-ui,sans-serif;margin:2em;color:#222;background:#fff}"
    "td,th{padding:2px 10px;text-align:right;white-space:nowrap}td:first-child,th:first-child,"
    "td.wide{text-align:left}i{display:inline-block;width:9px;height:16px;margin-right:1px;"
    "background:#ddd}i.full{background:#2a7f62}i.part{background:#e0a526}td.fault{color:#a40000;"
    "text-align:left;white-space:normal}"
)


def coverage_lines(series: tuple[Covered, ...]) -> list[str]:
    """Return a line for each series: span, rows, missing rows, and a mark for every quarter."""
    if not series:
        return ["nothing is there"]
    widest = max(len(one.series) for one in series)
    spans = quarters(series)
    lines = []
    for one in series:
        if one.fault:
            lines.append(f"{one.series:<{widest}}  refused: {one.fault}")
        elif one.rows:
            marks = "".join(_mark(one.share(*span)) for span in spans)
            lacking = f"{one.lacking:,} missing" if one.lacking else "no gaps"
            lines.append(
                f"{one.series:<{widest}}  {_day(one.first_ms)} to {_day(one.last_ms)}  "
                f"{one.rows:>7,} rows  {lacking:>14}  {marks}".rstrip()
            )
        else:
            lines.append(f"{one.series:<{widest}}  a snapshot")
    if spans:
        lines.append(f"# all of a quarter, + a part of it, . nothing; from {_day(spans[0][0])} on")
    return lines


def gap_lines(series: tuple[Covered, ...], most: int = 3) -> list[str]:
    """Return the longest gaps of each series that has some."""
    lines = []
    for one in series:
        longest = sorted(one.holes, key=lambda hole: hole.start_ms - hole.end_ms)[:most]
        told = ", ".join(f"{text(hole.start_ms)} ({hole.count})" for hole in longest)
        if told:
            more = len(one.holes) - len(longest)
            lines.append(f"gaps of {one.series}: {told}" + (f" and {more} shorter" if more else ""))
    return lines


def coverage_page(series: tuple[Covered, ...]) -> str:
    """Return the page: a row for each series, a cell for every quarter."""
    spans = quarters(series)
    rows = "".join(_row(one, spans) for one in series)
    return (
        "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>Coverage</title>"
        f"<style>{_STYLE}</style><h1>What the catalogue holds</h1><table><tr><th>series"
        "<th>from<th>to<th>rows<th>missing<th class=wide>quarters of years</tr>"
        f"{rows}</table><p>Green: all of a quarter. Yellow: a part. Grey: nothing.</p></html>\n"
    )


def _row(one: Covered, spans: list[tuple[int, int]]) -> str:
    name = f"<tr><td>{escape(one.series)}"
    if one.fault:
        return f"{name}<td colspan=5 class=fault>{escape(one.fault)}</tr>"
    if not one.rows:
        return f"{name}<td colspan=5 class=wide>a snapshot</tr>"
    kinds = {"#": "full", "+": "part", ".": "none"}
    cells = "".join(
        f'<i class={kinds[_mark(one.share(*span))]} title="{_day(span[0])}"></i>' for span in spans
    )
    return (
        f"{name}<td>{_day(one.first_ms)}<td>{_day(one.last_ms)}<td>{one.rows:,}"
        f"<td>{one.lacking:,}<td class=wide>{cells}</tr>"
    )


def _mark(share: float) -> str:
    if share >= FULL:
        return "#"
    return "+" if share > 0.0 else "."


def _day(ms: int) -> str:
    return text(ms)[:10]
