"""The page of a portfolio: one file with everything inside, which links to each asset's own."""

from typing import Final

from markupsafe import Markup

from steelyard.domain.time import text as date
from steelyard.report.findings import warnings
from steelyard.report.inputs import JsonValue
from steelyard.report.metrics import drawdown
from steelyard.report.page import asset, embedded, template
from steelyard.report.portfolio import ASSUMPTIONS, Portfolio, gathered
from steelyard.report.portfolio_words import (
    TOGETHER,
    Row,
    answer,
    attribution_rows,
    caveat,
    exposure,
    hours_words,
    margin_words,
    rows,
)
from steelyard.report.result import PAGE_FILE, Result
from steelyard.report.rounding import amounts, fractions, integers
from steelyard.report.words import (
    UNDEFINED,
    bare_percent,
    last_day,
    money,
    number,
    percent,
    unbroken,
)

HEAD: Final = (
    "end, quote",
    "gain, %",
    "a year, %",
    "volatility, %",
    "Sharpe",
    "worst fall, %",
    "at its lowest on",
    "weight at the start, %",
    "at the end, %",
    "liquidated, times",
    "hedged, % of days",
    "Calmar",
    "bad day, %",
)


def portfolio_page(found: Portfolio) -> str:
    """Return the portfolio as HTML that opens offline and asks the network for nothing.

    Parameters
    ----------
    found : Portfolio
        What to show.
    """
    listed = list(rows(found))
    head, *parts = attribution_rows(found)
    names = ", ".join(found.assets)
    return template("portfolio.html.j2").render(
        found=found,
        title=f"{found.policy.name} on {names}, {date(found.hours.start_ms)} to "
        f"{last_day(found.hours.end_ms)}",
        answer=unbroken(answer(found)),
        caveat=unbroken(caveat(found)),
        picture=unbroken(picture_words(found)),
        hours=hours_words(found),
        head=[name.replace("quote", found.quote) for name in HEAD],
        rows=[(row.name, _link(row), _cells(row, found), row is listed[0]) for row in listed],
        parts_head=head,
        parts=parts,
        together=TOGETHER,
        warnings=gathered({name: _warned(part.result) for name, part in found.assets.items()}),
        assumptions=ASSUMPTIONS[found.margin],
        figures=Markup(embedded(portfolio_figures(found))),  # noqa: S704 - escaped by ``embedded``
        style=Markup(asset("report.css")),  # noqa: S704 - our own file
        script=Markup(asset("pictures.js") + asset("portfolio.js")),  # noqa: S704 - our own files
        echarts=Markup(asset("echarts.min.js")),  # noqa: S704 - vendored file
    )


def _warned(result: Result) -> tuple[str, ...]:
    """Return the warnings of one asset without a list of holes, which its own page has."""
    return warnings(result.inputs, result.triggers, lists_holes=False)


def _link(row: Row) -> str:
    return "" if row.part is None else f"{row.name}/{PAGE_FILE}"


def _cells(row: Row, found: Portfolio) -> list[str]:
    part, known = row.part, row.metrics
    own = [UNDEFINED] * 3
    if part is not None:
        ends = (part.start_weight, part.end_weight)
        own = [*map(bare_percent, ends), f"{part.liquidations:,d}"]
    elif row.name == TOGETHER:
        own[2] = f"{sum(each.liquidations for each in found.assets.values()):,d}"
    hedged, bad = bare_percent(known.time_hedged), bare_percent(known.cvar_95)
    return [*row.cells(), *own, hedged, number(known.calmar), bad]


def picture_words(found: Portfolio) -> str:
    """Return what the picture shows from start to end."""
    parts = [
        f"{name} from {money(part.result.start_equity)} to {money(part.result.end_equity)}"
        for name, part in found.assets.items()
    ]
    return (
        f"Equity went from {money(found.start_equity)} to {money(found.end_equity)} "
        f"{found.quote}, of it {', '.join(parts)}; at worst it was {percent(-found.fall.depth)} "
        f"below its highest. {exposure(found)} {margin_words(found)}"
    ).rstrip()


def portfolio_figures(found: Portfolio) -> dict[str, JsonValue]:
    """Return what the page's script draws; stamps in milliseconds, shares as fractions."""
    held = found.benchmark_accounts["hold"]
    parts: list[JsonValue] = [
        {"name": name, "values": amounts(part.result.account.nav)}
        for name, part in found.assets.items()
    ]
    return {
        "quote": found.quote,
        "name": TOGETHER,
        "ms": integers(found.account.ms),
        "equity": amounts(found.account.nav),
        "hold": amounts(held.nav),
        "assets": parts,
        "drawdown": fractions(drawdown(found.account.nav)),
        "holding": fractions(drawdown(held.nav)),
        "delta": [None, *fractions(found.delta)],
    }
