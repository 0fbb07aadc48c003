"""This file tells a portfolio on a terminal."""

from collections.abc import Sequence
from pathlib import Path

from steelyard.report.portfolio import Portfolio
from steelyard.report.portfolio_words import (
    HEAD,
    answer,
    attribution_rows,
    caveat,
    exposure,
    hours_words,
    margin_words,
    rows,
    weights,
)
from steelyard.report.text import NARROWEST, columns, warning_lines
from steelyard.report.words import wrapped


def fitted(table: Sequence[Sequence[str]], width: int) -> list[str]:
    """Return a table as lines, its columns in several tables below each other where need be.

    Parameters
    ----------
    table : rows of cells
        The first column names the rows, and stands in every table.
    width : int, columns
        No line is longer, unless one column alone is.

    Examples
    --------
    >>> fitted([["", "x", "y"], ["a", "10", "20"]], 6)
    ['    x', 'a  10', '', '    y', 'a  20']
    """
    taken = 1
    for count in range(2, len(table[0]) + 1):
        if max(map(len, columns([row[:count] for row in table]))) > width and taken > 1:
            break
        taken = count
    lines = columns([row[:taken] for row in table])
    if taken == len(table[0]):
        return lines
    return [*lines, "", *fitted([[row[0], *row[taken:]] for row in table], width)]


def portfolio_text(found: Portfolio, *, page: Path | None = None, width: int = NARROWEST) -> str:
    """Return a portfolio for a terminal or a pipe, without a newline at its end.

    Parameters
    ----------
    found : Portfolio
        What to tell about.
    page : Path or None
        Where the page was written; it is the last line.
    width : int, columns
        No line but the last is longer, from 80 on.
    """
    width = max(width, NARROWEST)
    head = ["", f"{HEAD[0]} {found.quote}", *HEAD[1:]]
    lines = [
        *wrapped(answer(found), width),
        *wrapped(caveat(found), width),
        *wrapped(hours_words(found), width),
        "",
        *fitted([head, *([row.name, *row.cells()] for row in rows(found))], width),
        "",
        *fitted(attribution_rows(found), width),
        "",
        *wrapped(weights(found), width),
        *wrapped(exposure(found), width),
        *wrapped(margin_words(found), width),
    ]
    warned = warning_lines(found.warnings, width)
    if warned:
        lines += ["", *warned]
    if page is not None:
        lines.append(f"Page: {page}")
    return "\n".join(lines)
