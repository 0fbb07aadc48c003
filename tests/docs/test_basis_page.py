"""The page on the basis and its picture are what their script writes from the real history."""

import importlib.util
import re
import sys
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import numpy as np
import polars as pl
import pytest

from steelyard.domain.time import DAY_MS, stamp
from steelyard.planning.basis_pair import PairYield
from tests.support.data import real_data

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "basis.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("basis", ROOT / "scripts" / "basis.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["basis"] = module  # its dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@pytest.mark.real
def test_the_page_and_its_picture_are_what_the_script_writes(script: ModuleType) -> None:
    found, episodes = script.read(real_data())

    assert script.page(found, episodes) == PAGE
    assert script.picture(found) == (ROOT / "docs/images/basis.svg").read_text(encoding="utf-8")


@pytest.mark.real
def test_the_counts_of_the_page_are_those_of_another_way() -> None:
    folder = real_data()
    front = pl.read_parquet(folder / "cme.BTC.front.1d.parquet")
    spot = pl.read_parquet(folder / "binance.spot.BTCUSDT.1h.parquet").select(
        (pl.col("ts") + timedelta(hours=1)).alias("ts"), pl.col("close").alias("spot")
    )
    left = (pl.col("expiry") - pl.col("ts")).dt.total_milliseconds() / DAY_MS
    days = (
        front.join(spot, on="ts")
        .with_columns(left.alias("left"))
        .filter((pl.col("ts").dt.year() >= 2020) & (pl.col("left") >= 7.0))
        .with_columns(
            ((pl.col("close") / pl.col("spot") - 1.0) * 365.0 / pl.col("left")).alias("b")
        )
        .group_by(pl.col("ts").dt.year().alias("year"))
        .agg(pl.len(), (pl.col("b") > 0.15).sum().alias("rich"))
        .sort("year")
    )
    told = re.findall(r"^\| (20\d\d) \| (\d+) \| (\d+) \|", PAGE, flags=re.MULTILINE)

    assert [tuple(map(int, row)) for row in told] == days.rows()


def test_days_more_than_seven_apart_are_two_episodes(script: ModuleType) -> None:
    # Days 0, 7 and 15 above 15 %: 7 apart is one episode, 8 apart another. Day 3 is below.
    ms = stamp(2024, 1, 1) + DAY_MS * np.array([0, 3, 7, 15])
    expiry = np.full(4, stamp(2024, 1, 26))
    days = script.Days(
        ms=ms,
        spot=np.full(4, 100.0),
        future=np.full(4, 102.0),
        days=(expiry - ms) / DAY_MS,
        expiry_ms=expiry,
        basis=np.array([0.2, 0.1, 0.2, 0.2]),
        pairs=(PairYield(0.02, 0.003, 0.017, 0.2, 0.18),) * 4,
        late=0,
    )
    # At the expiry spot is 90 and the future 89: 1 apart, of 100 paid.
    first, second = script.episodes(days, {int(expiry[0]): (90.0, 89.0)})
    (alone, _) = script.episodes(days, {})

    assert (first.first, first.last, first.count, first.gap) == (0, 2, 2, 0.01)
    assert (second.first, second.last, second.count) == (3, 3, 1)
    assert np.isnan(alone.gap)


def test_a_pair_costs_what_domain_7_says(script: ModuleType) -> None:
    # Twice 0.1 % + 1 bp for spot, 0.05 % + 1 bp for the future, 0.05 % to settle it.
    paid = script.costs()

    assert tuple(paid) == pytest.approx((0.001, 0.0005, 0.0005, 0.0001, 0.10))


def test_the_page_promises_nothing() -> None:
    for word in ("riskless", "guaranteed", "locked in"):
        assert word not in PAGE.lower()
    assert "derived from the roll rule" in PAGE
    assert "annualised basis is noisy" in PAGE
    assert "not of a quarterly contract of Binance" in PAGE
