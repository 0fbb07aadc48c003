"""Downloads of assets that are unlike BTC: counted in thousands, delisted, not there at all."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from steelyard.cli.bar import Bar
from steelyard.data.catalogue import open_market
from steelyard.data.coverage import covered
from steelyard.data.facts import read_today
from steelyard.data.sources import Span
from steelyard.domain.errors import RequestError
from steelyard.domain.time import DAY_MS, stamp
from steelyard.venues.catalogue import Request, download
from steelyard.venues.download import Outcome
from steelyard.venues.standin.invented import invented_world
from steelyard.venues.standin.server import Served, serving
from tests.support.outside import outside

NOW_MS = stamp(2026, 3, 2, 10) + 5 * 60_000


@pytest.fixture(scope="module")
def where() -> Iterator[Served]:
    with serving(invented_world(lambda: NOW_MS)) as served:
        yield served


def fetched(folder: Path, where: Served, asset: str, days: int = 60) -> Outcome:
    request = Request(assets=[asset], venue="binance", span=Span(NOW_MS - days * DAY_MS, NOW_MS))
    return asyncio.run(download(folder, request, outside(where), Bar()))


def test_a_contract_of_a_thousand_coins_is_told_by_the_coin(tmp_path: Path, where: Served) -> None:
    outcome = fetched(tmp_path, where, "PEPE")
    market = open_market(tmp_path, asset="PEPE")
    contract = where.standin.contract("um", "1000PEPEUSDT")
    facts = read_today(tmp_path, "binance")["PEPEUSDT"]

    assert outcome.refused == {}
    assert market.no_futures == ""
    # The basis of the invented market is far below 2 %; a price for 1000 would be 1000 times it.
    np.testing.assert_allclose(market.perp.close, market.spot.close, rtol=0.02)
    np.testing.assert_allclose(market.mark.close, market.spot.close, rtol=0.02)
    assert contract is not None
    assert facts.perp["lot"] == pytest.approx(float(contract.step) * 1000)
    assert facts.perp["tick"] == pytest.approx(float(contract.tick) / 1000)


def test_volume_and_open_interest_of_a_thousand_coins_are_in_coins(
    tmp_path: Path, where: Served
) -> None:
    fetched(tmp_path, where, "PEPE")
    market = open_market(tmp_path, asset="PEPE")
    held = where.standin.history["um", "klines", "1000PEPEUSDT"]
    lots = held.rows[np.isin(held.ms, market.perp.open_ms), 4]

    np.testing.assert_allclose(market.perp.volume, lots * 1000, rtol=1e-6)


def test_a_contract_that_was_delisted_is_had_as_long_as_it_traded(
    tmp_path: Path, where: Served
) -> None:
    outcome = fetched(tmp_path, where, "FTT", days=400)
    series = {one.series: one for one in covered(tmp_path)}
    held = where.standin.history["um", "klines", "FTTUSDT"]

    assert "binance.perp.FTTUSDT.open_interest.1d" not in outcome.refused
    assert series["binance.perp.FTTUSDT.1h"].last_ms == held.ms[-1]


@pytest.mark.parametrize("asset", ["NOPE", "btc"])
def test_an_asset_that_is_not_listed_leaves_nothing(
    tmp_path: Path, where: Served, asset: str
) -> None:
    with pytest.raises(
        RequestError, match=f"{asset} is not listed on binance: neither its archive"
    ):
        fetched(tmp_path / "data", where, asset)

    assert not (tmp_path / "data").exists()
