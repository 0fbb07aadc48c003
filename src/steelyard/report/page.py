"""The report page: one file with everything inside, made of the result alone."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from steelyard.domain.time import text as date
from steelyard.report import pictures, tables
from steelyard.report.figures import figures
from steelyard.report.findings import holes_met, warnings
from steelyard.report.inputs import JsonValue
from steelyard.report.ladder_figures import ladder_figures, ladder_words
from steelyard.report.story import MEANINGS, TITLES, answer, caveat
from steelyard.report.words import iso, last_day, unbroken

if TYPE_CHECKING:
    from steelyard.report.result import Result

ASSETS = files("steelyard.report") / "assets"
SCRIPTS = ("packed.js", "places.js", "ladder.js", "report.js")


@cache
def asset(name: str) -> str:
    """Return the text of one of the files that pages are made of."""
    return (ASSETS / name).read_text(encoding="utf-8")


def template(name: str) -> Template:
    """Return the template of a page: all it names must be given, and text is escaped."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(asset(name))


def embedded(content: Mapping[str, JsonValue]) -> str:
    r"""Return JSON that cannot end the script element it stands in.

    Examples
    --------
    >>> embedded({"a": "</script>"})
    '{"a":"\\u003c/script\\u003e"}'
    """
    text = json.dumps(content, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def page(result: "Result") -> str:
    """Return the report as HTML that opens offline and asks the network for nothing.

    Parameters
    ----------
    result : Result
        What to report.
    """
    ladder = result.inputs.ladder()
    drawn = {**figures(result), "ladder": None if ladder is None else ladder_figures(ladder)}
    return template("report.html.j2").render(
        result=result,
        answer=unbroken(answer(result)),
        caveat=unbroken(caveat(result)),
        title=f"{result.policy.name} on {result.market.asset}, "
        f"{date(result.start_ms)} to {last_day(result.end_ms)}",
        performance=tables.performance(result),
        episodes=tables.episodes(result),
        triggers=tables.triggers(result),
        regimes=tables.regimes(result),
        attribution=tables.attribution(result),
        sources=tables.sources(result),
        coin=unbroken(tables.coin_sentence(result)),
        funding=tables.funding_sentence(result),
        assumptions=tables.plain(result.assumptions),
        benchmarks=[(TITLES[name], MEANINGS[name]) for name in result.benchmarks],
        warnings=warnings(result.inputs, result.triggers, lists_holes=False),
        holes=holes_met(result.market, result.end_ms),
        date=date,
        iso=iso,
        main_picture=pictures.main_picture(result),
        waterfall=pictures.waterfall(result),
        ladder=ladder,
        ladder_words="" if ladder is None else ladder_words(ladder),
        figures=Markup(embedded(drawn)),  # noqa: S704 - escaped by ``embedded``
        style=Markup(asset("report.css")),  # noqa: S704 - our own file
        script=Markup("".join(map(asset, SCRIPTS))),  # noqa: S704 - our own files
        echarts=Markup(asset("echarts.min.js")),  # noqa: S704 - vendored file
    )
