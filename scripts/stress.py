"""Write docs/stress.md: bad times and shocks, for the policies that come with the product.

``python scripts/stress.py DATA`` prints the page; DATA is the folder of the real history. Every
number is measured, and every sentence about one is made of it.
"""

import re
import sys
from collections.abc import Iterator, Sequence

import steelyard as sy
from steelyard.domain.time import text as date
from steelyard.engine.dates import WINDOWS
from steelyard.report.stress import Stress, StressRun
from steelyard.report.stress_words import (
    HEAD,
    answer,
    call_word,
    caveat,
    reads,
    row,
    shock_words,
)
from steelyard.report.words import last_day, money, signed_percent

POLICIES = ("article", "prudent")
TIMES = ("2020-03", "2021-05", "2022-11")

INTRODUCTION = (
    "# Bad times and shocks\n\n"
    "What three windows, and shocks laid over them, did to `article` and `prudent` on real BTC, "
    "beside holding.\n"
    "{caveat}\n"
    "Each shock strikes where the run without one is most exposed to it; all together at the one "
    "moment at which the sum of what each would take is largest.\n"
    "`steelyard stress POLICY --data DATA --asset BTC --window 2020-03` prints the same and, with "
    "`--out`, draws it; [the reference](cli.md) says what each shock does.\n"
    "This page is written by `scripts/stress.py` and compared in a test.\n"
)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return rows as a Markdown table: the first column to the left, the others to the right."""
    lines = [head, ["---", *("---:" for _ in head[1:])], *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def lines(said: str) -> str:
    """Return a paragraph with a line for each sentence."""
    return re.sub(r"(?<=[.]) (?=[A-Z])", "\n", said)


def lived(run: StressRun, name: str, policy: str) -> str:
    """Return what a window was, in a sentence."""
    fell, held = run.policy, run.hold
    said = {
        "-": "No position was liquidated and margin was not called.",
        "yes": "Margin was called and no position was liquidated.",
        "forced": "A position was liquidated.",
    }[call_word(fell)]
    return (
        f"{name}, {date(run.start_ms)} to {last_day(run.end_ms)}: `{policy}` went from "
        f"{money(fell.before)} to {money(fell.worst)} at the lowest "
        f"({signed_percent(fell.worst_change)}) and ended at {money(fell.end)} "
        f"({signed_percent(fell.end_change)}); holding went to {money(held.worst)} "
        f"({signed_percent(held.worst_change)}) and ended at {money(held.end)} "
        f"({signed_percent(held.end_change)}). {said}"
    )


def section(policy: str, name: str, found: Stress) -> Iterator[str]:
    """Yield a window of a policy: as it was, with shocks, and what struck when."""
    yield f"### {policy}, {name}\n"
    yield f"{lines(lived(found.unshocked, name, policy))}\n{lines(answer(found))}\n"
    yield f"{table(HEAD, [row(run) for run in found.runs])}\n"
    alone = [shock_words(run.shocks[0]) for run in found.shocked if len(run.shocks) == 1]
    yield "\n".join(f"- {words}" for words in alone) + "\n"


def page(market: sy.Market) -> str:
    """Return the page."""
    said = [INTRODUCTION.format(caveat=lines(caveat()))]
    for policy in POLICIES:
        said.append(f"## {policy}\n")
        for name in TIMES:
            start, end = WINDOWS[name]
            found = sy.stress(policy, market, start=start, end=end)
            if name == TIMES[0]:
                said.append(f"{lines(reads(found))}\n")
            said += section(policy, name, found)
    return "\n".join(said)


def main() -> None:
    """Print the page."""
    sys.stdout.write(page(sy.open_market(sys.argv[1], asset="BTC")))


if __name__ == "__main__":
    main()
