"""The same policy on downloaded data and on a written catalogue of the same period."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from steelyard.cli.bar import Bar
from steelyard.data.catalogue import open_market
from steelyard.data.sources import Span
from steelyard.domain.market import Market
from steelyard.domain.record import Walk
from steelyard.domain.time import stamp
from steelyard.engine.course import lay_course
from steelyard.policy.compile import compile_policy
from steelyard.policy.load import load_policy
from steelyard.venues.catalogue import Request, download
from steelyard.venues.standin.server import serving
from tests.support.compare import departures
from tests.support.made_history import synthetic_archive, write_shifted
from tests.support.outside import outside


@pytest.mark.parity
@pytest.mark.slow
def test_downloaded_and_written_data_give_the_same_decisions(tmp_path: Path) -> None:
    written = write_shifted(tmp_path / "written")
    archive = synthetic_archive()
    span = Span(stamp(2021, 3, 1), archive.now_ms())
    with serving(archive) as where:
        request = Request(assets=["BTC"], venue="binance", span=span)
        outcome = asyncio.run(download(tmp_path / "fetched", request, outside(where), Bar()))
    for name in ("binance.facts.json", "binance.perp.leverage_tiers.2024-04.parquet"):
        shutil.copy(tmp_path / "fetched" / name, written / name)
    one, other = (open_market(tmp_path / name, asset="BTC") for name in ("fetched", "written"))

    assert outcome.refused == {}
    assert json.dumps(sorted(one.series)) == json.dumps(sorted(other.series))
    for name in ("static-60-40", "article"):
        assert departures(_walked(name, one), _walked(name, other), 100_000.0) == [], name


def _walked(name: str, market: Market) -> Walk:
    course = lay_course(market, start=None, end=None)
    return course.run(compile_policy(load_policy(name)))
