"""The page on how often the triggers fire is what its script writes from the real history."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

import steelyard as sy
from steelyard.engine.evidence import Evidence
from tests.support.data import real_data

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.real


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("evidence", ROOT / "scripts" / "evidence.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_what_its_script_writes() -> None:
    # The script refuses to write a number that differs from the published one without a reason.
    written = script().page(real_data())

    assert written == (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")


SHIPPED = {
    "atr_expansion": "atr_expansion",
    "funding_extreme": "funding_24h",
    "oi_divergence": "oi_divergence",
    "sma200_close": "below_sma200",
    "death_cross": "death_cross",
    "support_breach": "support_breach",
    "overbought": "overbought",
    "uptrend": "uptrend",
    "range": "range",
}


def days_of(row: Evidence) -> list[tuple[int, int, int]]:
    return [(episode.first_ms, episode.last_ms, episode.days) for episode in row.episodes]


def test_the_shipped_policy_fires_when_the_published_triggers_do() -> None:
    market = sy.open_market(real_data(), asset="BTC")
    shipped = {row.id: row for row in sy.check("article", market).evidence}
    page = sy.check(str(ROOT / "docs" / "evidence.toml"), market).evidence
    published = {row.id: row for row in page}

    for name, other in SHIPPED.items():
        assert days_of(shipped[name]) == days_of(published[other]), name
