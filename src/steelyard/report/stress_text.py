"""This file tells a stress test on a terminal, at most one screen."""

from steelyard.report.stress import Stress
from steelyard.report.stress_words import HEAD, answer, caveat, reads, row, shock_words
from steelyard.report.text import NARROWEST, columns
from steelyard.report.words import wrapped


def stress_text(found: Stress, *, page: str | None = None, width: int = NARROWEST) -> str:
    """Return a stress test for a terminal or a pipe, without a newline at its end.

    Parameters
    ----------
    found : Stress
        What to tell about.
    page : str or None
        Where the page was written; it is the last line.
    width : int, columns
        Sentences are no longer, from 80 on.
    """
    width = max(width, NARROWEST)
    alone = [run.shocks[0] for run in found.shocked if len(run.shocks) == 1]
    placed = alone or found.shocked[0].shocks
    lines = [
        *wrapped(answer(found), width),
        *wrapped(caveat(), width),
        "",
        *columns([HEAD, *map(row, found.runs)]),
        "",
        *wrapped(reads(found), width),
    ]
    for shock in placed:
        lines += wrapped(shock_words(shock), width, hanging="  ")
    if found.missing:
        names = ", ".join(name for name, _ in found.missing)
        lines += wrapped(f"! Not run: {names}; the page and --json say why.", width)
    if page is not None:
        lines.append(f"Page: {page}")
    return "\n".join(lines)
