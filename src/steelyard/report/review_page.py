"""The page of a review: one file with everything inside, made of the review alone."""

import numpy as np
from markupsafe import Markup

from steelyard.domain.time import text as date
from steelyard.report.inputs import JsonValue
from steelyard.report.ladder_figures import ladder_figures
from steelyard.report.page import asset, embedded, template
from steelyard.report.review import Gauge, Review
from steelyard.report.review_words import (
    answer,
    gauge_rank,
    gauge_value,
    level_rows,
    near_levels,
    news,
    profile_words,
    regime_rows,
    tomorrow_words,
    trigger_rows,
)
from steelyard.report.rounding import amount, amounts, fractions, integers
from steelyard.report.words import price, unbroken


def review_page(found: Review) -> str:
    """Return the review as HTML that opens offline and asks the network for nothing.

    Parameters
    ----------
    found : Review
        What to show.
    """
    explained = found.explained
    return template("review.html.j2").render(
        found=found,
        explained=explained,
        title=f"{explained.policy} on {explained.asset}, {date(explained.at_ms)}",
        answer=unbroken(answer(found)),
        news=unbroken(news(found)),
        reason=unbroken(explained.reason),
        triggers=trigger_rows(found),
        regimes=tuple(regime_rows(found)),
        levels=level_rows(found),
        close=price(explained.close),
        gauges=[(gauge, gauge_value(gauge), gauge_rank(gauge)) for gauge in found.gauges],
        profile_words=profile_words(found),
        ladder_words=tomorrow_words(found),
        date=date,
        figures=Markup(embedded(review_figures(found))),  # noqa: S704 - escaped by ``embedded``
        style=Markup(asset("report.css")),  # noqa: S704 - our own file
        script=Markup(asset("ladder.js") + asset("pictures.js") + asset("review.js")),  # noqa: S704 - our own file
        echarts=Markup(asset("echarts.min.js")),  # noqa: S704 - vendored file
    )


def review_figures(found: Review) -> dict[str, JsonValue]:
    """Return what the page's script draws; stamps in milliseconds, shares as fractions."""
    recent, explained = found.recent, found.explained
    candles: list[JsonValue] = [
        None if np.isnan(row[0]) else amounts(np.array(row))
        for row in zip(recent.open, recent.close, recent.low, recent.high, strict=True)
    ]
    return {
        "asset": explained.asset,
        "quote": explained.quote,
        "close": amount(explained.close),
        "ms": integers(recent.ms),
        "candles": candles,
        "fired": [[name, stamp] for name, stamp in recent.fired],
        "levels": [[amount(one.price), one.touches, one.age_weeks] for one in near_levels(found)],
        "profile": _profile(found),
        "gauges": [_gauge(gauge) for gauge in found.gauges if not gauge.missing],
        "ladder": None if found.ladder is None else ladder_figures(found.ladder),
    }


def _profile(found: Review) -> JsonValue:
    shape = found.profile
    if shape is None:
        return None
    return {
        "edges": amounts(shape.edges),
        "share": fractions(shape.volume / shape.volume.max()),
        "poc": amount(shape.poc),
        "val": amount(shape.val),
        "vah": amount(shape.vah),
    }


def _gauge(gauge: Gauge) -> JsonValue:
    scale = {"rate_8h": 100.0, "rate_a_year": 100.0}.get(gauge.unit, 1.0)
    units = {"rate_8h": "% per 8 h", "coins": "coins", "percent": "%"}
    return {
        "label": gauge.label,
        "unit": units.get(gauge.unit, "% a year"),
        "ms": integers(gauge.ms),
        "values": amounts(gauge.values * scale),
    }
