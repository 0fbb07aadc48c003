"""The result as one JSON document: schema 1, the public contract of ``--json``."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

from steelyard.report.activity import TriggerActivity
from steelyard.report.daily import Metrics
from steelyard.report.inputs import BENCHMARKS, JsonValue
from steelyard.report.words import iso

if TYPE_CHECKING:
    from steelyard.report.result import Result

SCHEMA = 1


def _metrics(metrics: Metrics) -> dict[str, JsonValue]:
    return asdict(metrics)


def _trigger(trigger: TriggerActivity) -> dict[str, JsonValue]:
    return {
        "id": trigger.id,
        "evaluated": trigger.evaluated,
        "unknown": trigger.unknown,
        "episodes": trigger.episodes,
        "days_active": trigger.days_active,
        "first": None if trigger.first_ms is None else iso(trigger.first_ms),
        "last": None if trigger.last_ms is None else iso(trigger.last_ms),
    }


def document(result: "Result") -> dict[str, JsonValue]:
    """Return everything of a result but its frames, in a fixed order; unknown numbers are None."""
    return {
        "schema": SCHEMA,
        "policy": {"name": result.policy.name, "sha256": result.policy.sha256},
        "data": [
            {
                "series": source.series,
                "sha256": source.sha256,
                "from": iso(source.first_ms),
                "to": iso(source.last_ms),
            }
            for source in result.market.sources
        ],
        "assumptions": dict(result.assumptions),
        "asset": result.market.asset,
        "start": iso(result.start_ms),
        "end": iso(result.end_ms),
        "equity": {"start": result.start_equity, "end": result.end_equity},
        "metrics": _metrics(result.metrics),
        "benchmarks": {
            name: _metrics(result.benchmarks[name]) if name in result.benchmarks else None
            for name in BENCHMARKS
        },
        "attribution": asdict(result.attribution),
        "attribution_by_source": [
            {"id": source.id, "kind": source.kind, **asdict(source.earned)}
            for source in result.earnings.sources
        ],
        "hedge": asdict(result.earnings.hedge),
        "core": asdict(result.earnings.core),
        "attribution_in_coin": asdict(result.in_coin.attribution),
        "equity_in_coin": {"start": result.in_coin.start, "end": result.in_coin.end},
        "counts": asdict(result.counts),
        "triggers": [_trigger(trigger) for trigger in result.triggers],
        "regimes": [asdict(regime) for regime in result.regimes],
        "warnings": list(result.warnings),
    }


def as_json(content: Mapping[str, JsonValue]) -> str:
    """Return a document as text: the same document always gives the same bytes."""
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
