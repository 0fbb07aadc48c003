"""This file is a review as one JSON document: schema 1."""

import math
from dataclasses import asdict

from steelyard.report.explain_document import explain_document
from steelyard.report.inputs import JsonValue
from steelyard.report.ladder import ladder_document
from steelyard.report.review import Gauge, Review
from steelyard.report.words import iso


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _gauge(gauge: Gauge) -> dict[str, JsonValue]:
    return {
        "id": gauge.id,
        "expression": gauge.expression,
        "unit": gauge.unit,
        "value": _known(gauge.value),
        "rank": _known(gauge.rank),
        "missing": gauge.missing or None,
    }


def review_document(found: Review) -> dict[str, JsonValue]:
    """Return a review as the document that ``--json`` prints; unknown numbers are null."""
    shape = found.profile
    explained = explain_document(found.explained)
    return {
        "schema": 1,
        "policy": explained["policy"],
        "asset": found.explained.asset,
        "at": iso(found.explained.at_ms),
        "changes": list(found.changes),
        "explanation": explained,
        "ladder": None if found.ladder is None else ladder_document(found.ladder),
        "levels": [asdict(level) for level in found.levels],
        "atr": _known(found.atr),
        "profile": None
        if shape is None
        else {
            "poc": shape.poc,
            "val": shape.val,
            "vah": shape.vah,
            "shelves": [asdict(shelf) for shelf in shape.shelves],
        },
        "gauges": [_gauge(gauge) for gauge in found.gauges],
    }
