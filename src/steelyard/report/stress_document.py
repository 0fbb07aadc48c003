"""This file is a stress test as one JSON document: schema 1."""

import math

from steelyard.domain.time import HOUR_MS
from steelyard.report.inputs import JsonValue
from steelyard.report.stress import Placed, Stress, StressRun, Survival
from steelyard.report.words import iso


def stress_document(found: Stress) -> dict[str, JsonValue]:
    """Return a stress test as the document that ``--json`` prints; unknown numbers are null."""
    return {
        "schema": 1,
        "policy": {"name": found.policy, "sha256": found.sha256},
        "asset": found.asset,
        "quote": found.quote,
        "venue": found.venue,
        "cash": found.cash,
        "margin_call_at": _known(found.call_bound),
        "runs": [_run(run) for run in found.runs],
        "missing": [{"window": name, "why": why} for name, why in found.missing],
    }


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _run(run: StressRun) -> dict[str, JsonValue]:
    return {
        "run": run.title,
        "start": iso(run.start_ms),
        "end": iso(run.end_ms),
        "shocks": [_shock(shock) for shock in run.shocks],
        "policy": _survival(run.policy),
        "unshocked": _survival(run.unshocked),
        "hold": _survival(run.hold),
    }


def _shock(shock: Placed) -> dict[str, JsonValue]:
    return {
        "shock": shock.kind,
        "size": shock.size,
        "unit": shock.unit,
        "at": None if shock.is_lasting else iso(shock.ms),
        "rule": shock.rule,
        "exposure": _known(shock.exposure),
        "measure": shock.measure or None,
        "payer": {1: "longs", -1: "shorts", 0: None}[shock.side],
    }


def _survival(fell: Survival) -> dict[str, JsonValue]:
    is_near = math.isfinite(fell.nearest)
    return {
        "from": iso(fell.since_ms),
        "before": fell.before,
        "worst": fell.worst,
        "worst_at": iso(fell.worst_ms),
        "worst_change": _known(fell.worst_change),
        "end": fell.end,
        "end_change": _known(fell.end_change),
        "drawdown": fell.drawdown,
        "margin_ratio": _known(fell.margin_ratio),
        "margin_ratio_at": iso(fell.margin_ratio_ms) if fell.margin_ratio > 0.0 else None,
        "nearest_liquidation": _known(fell.nearest),
        "nearest_liquidation_at": iso(fell.nearest_ms) if is_near else None,
        "margin_call": None if fell.call_ms is None else iso(fell.call_ms),
        "liquidations": [
            {"at": iso(one.ms), "price": one.price, "cost": one.cost} for one in fell.liquidations
        ],
        "under_water_hours": None if fell.under_ms is None else fell.under_ms / HOUR_MS,
    }
