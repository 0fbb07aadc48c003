"""The page of a stress test: one file with everything inside, made of the test alone."""

from typing import Final

from markupsafe import Markup

from steelyard.domain.arrays import Floats
from steelyard.domain.time import text as date
from steelyard.report.inputs import JsonValue
from steelyard.report.page import asset, embedded, template
from steelyard.report.rounding import fraction, integers
from steelyard.report.stress import Stress, StressRun, Survival, change
from steelyard.report.stress_words import (
    answer,
    call_word,
    caveat,
    page_row,
    picture_words,
    reads,
    shock_words,
)
from steelyard.report.words import unbroken

HEAD: Final = (
    ("from, UTC", ""),
    ("worst", "%"),
    ("on, UTC", ""),
    ("without shocks", "%"),
    ("holding", "%"),
    ("highest margin ratio", "%"),
    ("margin call, UTC", ""),
    ("liquidated", ""),
    ("back after", "days"),
    ("nearest to liquidation", "%"),
    ("drawdown", "%"),
    ("before", "quote"),
    ("worst", "quote"),
    ("end", "quote"),
    ("holding, end", "quote"),
)
"""Columns of the table after the run, each with its unit; those with one hold numbers."""


def stress_page(found: Stress) -> str:
    """Return the stress test as HTML that opens offline and asks the network for nothing.

    Parameters
    ----------
    found : Stress
        What to show.
    """
    alone = [run.shocks[0] for run in found.shocked if len(run.shocks) == 1]
    return template("stress.html.j2").render(
        found=found,
        title=f"Stress of {found.policy} on {found.asset}",
        answer=unbroken(answer(found)),
        caveat=unbroken(caveat()),
        picture=picture_words(found),
        reads=reads(found),
        head=[(name, found.quote if unit == "quote" else unit) for name, unit in HEAD],
        rows=[(run.title, page_row(run), bool(run.policy.liquidations)) for run in found.runs],
        explained=[
            (shock_words(one), "" if one.is_lasting else one.rule)
            for one in alone or found.shocked[0].shocks
        ],
        date=date,
        figures=Markup(embedded(stress_figures(found))),  # noqa: S704 - escaped by ``embedded``
        style=Markup(asset("report.css")),  # noqa: S704 - our own file
        script=Markup(asset("pictures.js") + asset("stress.js")),  # noqa: S704 - our own file
        echarts=Markup(asset("echarts.min.js")),  # noqa: S704 - vendored file
    )


def stress_figures(found: Stress) -> dict[str, JsonValue]:
    """Return what the page's script draws; stamps in milliseconds, changes as fractions."""
    return {"policy": found.policy, "runs": [_run(run) for run in found.runs]}


def _run(run: StressRun) -> dict[str, JsonValue]:
    fell, held, spared = run.policy, run.hold, run.unshocked
    return {
        "title": run.title,
        "call": call_word(fell),
        "worst": fraction(fell.worst_change),
        "noShock": fraction(spared.worst_change) if run.shocks else None,
        "hold": fraction(held.worst_change),
        "since": fell.since_ms if run.is_timed else None,
        "ms": integers(run.ms),
        "equity": _changes(run.equity, fell),
        "unshocked": _changes(run.unshocked_equity, spared) if run.shocks else [],
        "held": _changes(run.hold_equity, held),
    }


def _changes(equity: Floats, fell: Survival) -> list[JsonValue]:
    return [fraction(change(value, fell.before)) for value in equity.tolist()]
