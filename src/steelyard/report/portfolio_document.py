"""This file is a portfolio as one JSON document: schema 1."""

from dataclasses import asdict

import numpy as np

from steelyard.domain.arrays import Floats
from steelyard.report.inputs import BENCHMARKS, JsonValue
from steelyard.report.metrics import defined
from steelyard.report.portfolio import ASSUMPTIONS, Fall, Part, Portfolio, Strain
from steelyard.report.words import iso

SCHEMA = 1


def portfolio_document(found: Portfolio) -> dict[str, JsonValue]:
    """Return a portfolio as the document that ``--json`` prints; unknown numbers are None.

    ``assets`` has the whole document of each asset's own backtest.
    """
    hours = found.hours
    return {
        "schema": SCHEMA,
        "policy": {"name": found.policy.name, "sha256": found.policy.sha256},
        "start": iso(hours.start_ms),
        "end": iso(hours.end_ms),
        "start_set_by": list(hours.start_set_by),
        "end_set_by": list(hours.end_set_by),
        "portfolio": {
            "margin": found.margin,
            "assumptions": dict(ASSUMPTIONS[found.margin]),
            "quote": found.quote,
            "equity": {"start": found.start_equity, "end": found.end_equity},
            "metrics": asdict(found.metrics),
            "benchmarks": {
                name: asdict(found.benchmarks[name]) if name in found.benchmarks else None
                for name in BENCHMARKS
            },
            "attribution": asdict(found.attribution),
            "drawdown": _fall(found.fall),
            "net_delta": net_delta(found.delta),
            "margin_ratio": _strain(found.strain),
            "liquidations": sum(part.liquidations for part in found.assets.values()),
            "parts": [part_document(name, part) for name, part in found.assets.items()],
            "warnings": list(found.warnings),
        },
        "assets": {name: part.result.as_document() for name, part in found.assets.items()},
    }


def net_delta(delta: Floats) -> dict[str, JsonValue]:
    """Return mean, least, most and last of net exposure; all None where it was never defined."""
    known = delta[np.isfinite(delta)]
    if known.size == 0:
        return dict.fromkeys(("mean", "least", "most", "end"))
    return {
        "mean": float(np.mean(known)),
        "least": float(np.min(known)),
        "most": float(np.max(known)),
        "end": defined(float(delta[-1])),
    }


def _strain(strain: Strain) -> dict[str, JsonValue]:
    return {
        "most": defined(strain.ratio),
        "date": None if strain.ms is None else iso(strain.ms),
        "asset": strain.asset,
    }


def _fall(fall: Fall) -> dict[str, JsonValue]:
    return {
        "depth": fall.depth,
        "high": None if fall.high_ms is None else iso(fall.high_ms),
        "low": None if fall.low_ms is None else iso(fall.low_ms),
    }


def part_document(name: str, part: Part) -> dict[str, JsonValue]:
    """Return what is said of one asset among all; its own document stands beside it."""
    return {
        "asset": name,
        "share": part.share,
        "weight": {"start": part.start_weight, "end": part.end_weight},
        "equity": {"start": part.result.start_equity, "end": part.result.end_equity},
        "attribution": asdict(part.result.attribution),
        "drawdown": _fall(part.fall),
        "liquidations": part.liquidations,
        "borne": part.borne,
    }
