"""This file tells a review on a terminal, at most one screen."""

from typing import Final

from steelyard.domain.time import text as date
from steelyard.report.review import Review
from steelyard.report.review_words import (
    answer,
    gauge_rank,
    gauge_value,
    level_rows,
    news,
    profile_words,
    tomorrow_words,
    trigger_rows,
)
from steelyard.report.text import NARROWEST, columns
from steelyard.report.words import counted, price, wrapped

SHOWN: Final = 5
"""Triggers that a screen shows."""

BAR: Final = 10
"""Marks of a bar that is full: the trigger is in force."""


def _bar(nearness: float) -> str:
    full = round(nearness * BAR)
    return f"[{'#' * full}{'.' * (BAR - full)}]"


def _triggers(found: Review, width: int) -> list[str]:
    rows = trigger_rows(found)
    if not rows:
        return ["The policy has no triggers."]
    longest = max(len(row.id) for row in rows)
    lines = ["Triggers, in force or nearest first"]
    for row in rows[:SHOWN]:
        lead = f"  {_bar(row.nearness)} {row.id.ljust(longest)}  "
        told = row.to_go[0] if row.to_go else row.state
        state = row.state.split(";")[0]
        lines += wrapped(f"{lead}{state}; {told}", width, hanging=" " * 15)
    left = len(rows) - SHOWN
    return [
        *lines,
        *([f"  and {counted(left, 'more trigger')}: steelyard explain"] if left > 0 else []),
    ]


def _levels(found: Review) -> list[str]:
    rows = level_rows(found)
    if not rows:
        return ["No key level is known yet: the weekly chart is too short."]
    cells = [[row.price, row.side, row.touches, row.age, row.strength, row.away] for row in rows]
    return [
        f"  {line}"
        for line in columns([["level", "", "touches", "age", "strength", "away"], *cells])
    ]


def _gauges(found: Review) -> list[str]:
    return [
        f"  {line}"
        for line in columns(
            [
                [gauge.label, gauge_value(gauge), gauge_rank(gauge)]
                for gauge in found.gauges
                if not gauge.missing
            ]
        )
    ]


def review_text(found: Review, *, page: str | None = None, width: int = NARROWEST) -> str:
    """Return a review for a terminal or a pipe, without a newline at its end.

    Parameters
    ----------
    found : Review
        What to tell about.
    page : str or None
        Where the page was written; it is the last line.
    width : int, columns
        No line is longer, from 80 on.
    """
    width = max(width, NARROWEST)
    absent = [gauge.label for gauge in found.gauges if gauge.missing]
    lines = [
        *wrapped(f"{date(found.explained.at_ms)}: {answer(found)}", width),
        *wrapped(news(found), width),
        "",
        *_triggers(found, width),
        "",
        f"Key levels around {price(found.explained.close)}",
        *_levels(found),
        "",
        "Against the year before",
        *_gauges(found),
        *(wrapped(f"Not in the data: {', '.join(absent)}.", width, "  ") if absent else []),
        "",
        *wrapped(profile_words(found), width),
        *wrapped(tomorrow_words(found), width),
    ]
    return "\n".join([*lines, *([f"Page: {page}"] if page else [])])
