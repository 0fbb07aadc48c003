"""Downloads from a venue without an archive, which is asked for all of it, page after page."""

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import numpy as np
import polars as pl
import pytest

from steelyard.data.coverage import covered
from steelyard.data.manifest import read_manifest
from steelyard.data.sources import Span
from steelyard.domain.errors import RequestError, VenueBusy
from steelyard.domain.time import DAY_MS, HOUR_MS, stamp
from steelyard.venues.catalogue import Request, World
from steelyard.venues.client import Client, client_of
from steelyard.venues.download import Outcome
from steelyard.venues.exchange import Exchange
from steelyard.venues.live_download import download_live
from steelyard.venues.live_history import _first_filled
from steelyard.venues.profiles import PROFILES
from steelyard.venues.standin import faults
from steelyard.venues.standin.invented import invented_world
from steelyard.venues.standin.server import Served, serving
from steelyard.venues.web import Patience
from tests.support.fake_session import FakeSession
from tests.support.outside import outside
from tests.support.small_venues import FIRST_MS as SMALL_MS
from tests.support.small_venues import Truth, made_bars, okx

NOW_MS = stamp(2026, 3, 2, 10) + 5 * 60_000
FIRST_MS = stamp(2026, 1, 1)
HOURS = (stamp(2026, 3, 2, 10) - FIRST_MS) // HOUR_MS


class Silent:
    def begin(self, files: int, size: int) -> None: ...

    def advance(self, size: int) -> None: ...


@pytest.fixture(scope="module")
def where() -> Iterator[Served]:
    with serving(invented_world(lambda: NOW_MS)) as served:
        yield served


@pytest.fixture(autouse=True)
def _unbroken(where: Served) -> Iterator[None]:
    yield
    where.faults.clear()
    where.log.clear()


def fetched(
    folder: Path, where: Served, *assets: str, venue: str = "bybit", first_ms: int = FIRST_MS
) -> Outcome:
    world = outside(where)
    request = Request(assets=assets, venue=venue, span=Span(first_ms, NOW_MS))

    async def ask() -> Outcome:
        async with where.place.session() as session:
            library = client_of(PROFILES[venue], session)
            library.enableRateLimit = False  # it paces itself by the clock
            client = Client(PROFILES[venue], library, lambda: NOW_MS, world.patience)
            async with Exchange(PROFILES[venue], client) as exchange:
                outcome, _ = await download_live(folder, request, exchange, world, Silent())
        return outcome

    return asyncio.run(ask())


def test_a_download_is_complete_and_a_second_one_fetches_nothing(
    tmp_path: Path, where: Served
) -> None:
    first = fetched(tmp_path, where, "SOL")
    asked = len(where.log)
    second = fetched(tmp_path, where, "SOL")
    series = {one.series: one for one in covered(tmp_path)}
    funding = pl.read_parquet(tmp_path / "bybit.perp.SOLUSDT.funding.parquet")

    assert first.refused == {}
    assert second.fetched == 0
    assert len(where.log) - asked < asked
    for name in ("spot.SOLUSDT.1h", "perp.SOLUSDT.1h", "perp.SOLUSDT.mark.1h"):
        assert (series[f"bybit.{name}"].rows, series[f"bybit.{name}"].lacking) == (HOURS, 0)
    # Eight hours until 60 days ago, then four, hourly since ten days ago.
    assert set(funding["interval_hours"].to_list()) == {8.0, 4.0, 1.0}
    assert series["bybit.perp.SOLUSDT.funding"].holes == ()
    assert all(not one.fault for one in series.values())


def test_what_is_downloaded_is_what_the_venue_has(tmp_path: Path, where: Served) -> None:
    fetched(tmp_path, where, "BTC", first_ms=stamp(2026, 2, 20))
    held = where.standin.history["bybit_linear", "klines", "BTCUSDT"]
    frame = pl.read_parquet(tmp_path / "bybit.perp.BTCUSDT.1h.parquet")
    ms = frame["ts"].to_physical().to_numpy()
    due = held.rows[np.isin(held.ms, ms)]

    np.testing.assert_allclose(frame["close"].to_numpy(), due[:, 3], rtol=1e-6)
    np.testing.assert_allclose(frame["volume"].to_numpy(), due[:, 4], rtol=1e-3)
    assert "bybit.dated.BTCUSDT_260327.1h" in {one.series for one in covered(tmp_path)}
    assert "deribit.BTC.dvol.1d" in {one.series for one in covered(tmp_path)}


def test_a_stretch_that_stays_empty_refuses_the_series_and_keeps_the_others(
    tmp_path: Path, where: Served
) -> None:
    body = b'{"retCode": 0, "retMsg": "OK", "result": {"list": []}, "time": 1}'
    where.faults.append(faults.Fault(at="*/mark-price-kline", body=body, skip=4))

    outcome = fetched(tmp_path, where, "SOL")
    there = {one.series for one in covered(tmp_path)}

    assert set(outcome.refused) == {"bybit.perp.SOLUSDT.mark.1h"}
    assert "bybit.perp.SOLUSDT.1h" in there
    assert "bybit.perp.SOLUSDT.mark.1h" not in there


@pytest.mark.parametrize("series", ["kline", "mark-price-kline", "open-interest"])
def test_a_venue_that_answers_with_nothing_from_the_first_is_refused(
    tmp_path: Path, where: Served, series: str
) -> None:
    body = b'{"retCode": 0, "retMsg": "OK", "result": {"list": []}, "time": 1}'
    where.faults.append(faults.Fault(at=f"*/{series}", body=body))

    outcome = fetched(tmp_path, where, "SOL")
    told = next(iter(outcome.refused.values()))

    assert re.search("Bybit lists SOLUSD.* and answers with no .* may be in maintenance", str(told))
    assert not set(outcome.refused) & {one.series for one in covered(tmp_path)}


def test_two_venues_live_in_one_catalogue(tmp_path: Path, where: Served) -> None:
    fetched(tmp_path, where, "SOL", first_ms=stamp(2026, 2, 25))
    manifest = read_manifest(tmp_path)
    manifest.ask("SOL", "binance", 5)

    assert manifest.asked_of() == {
        "bybit": (["SOL"], stamp(2026, 2, 25)),
        "binance": (["SOL"], 5),
    }


def test_an_asset_that_is_not_listed_is_refused(tmp_path: Path, where: Served) -> None:
    with pytest.raises(RequestError, match="SOLL in USDT is not listed as spot on bybit; did you"):
        fetched(tmp_path / "data", where, "SOLL")

    assert not (tmp_path / "data").exists()


def test_without_a_venue_nothing_is_left_behind(tmp_path: Path, where: Served) -> None:
    where.faults.append(faults.page("*/instruments-info", status=503))

    with pytest.raises(VenueBusy, match="away or in maintenance"):
        fetched(tmp_path / "data", where, "SOL")

    assert not (tmp_path / "data").exists()


def test_what_a_venue_forgets_later_is_kept(tmp_path: Path) -> None:
    # OKX keeps 90 days of funding; 60 days after the first download its first 60 are gone.
    settled = [(SMALL_MS + 8 * place * HOUR_MS, 1e-4) for place in range(150 * 3 + 1)]
    bars = made_bars(150 * 24)
    for days in (90, 150):
        now_ms = SMALL_MS + days * DAY_MS + 60_000
        there = [one for one in settled if now_ms - 90 * DAY_MS <= one[0] <= now_ms]
        told = [one for one in bars if one[0] + HOUR_MS <= now_ms]
        truth = Truth(bars=told, funding=there, now_ms=now_ms)
        _download_okx(tmp_path, truth)
    frame = pl.read_parquet(tmp_path / "okx.perp.BTCUSDT.funding.parquet")

    # Without the first day, which may end while it is asked for, and the settlement of just now.
    assert frame.height == 149 * 3
    assert frame["ts"].diff().drop_nulls().unique().to_list() == [timedelta(hours=8)]


def _download_okx(folder: Path, truth: Truth) -> None:
    request = Request(assets=["BTC"], venue="okx", span=Span(SMALL_MS, truth.now_ms))
    away = httpx.MockTransport(lambda _request: httpx.Response(404))
    world = World(
        client=lambda: httpx.AsyncClient(transport=away),
        now_ms=lambda: truth.now_ms,
        patience=Patience(tries=1, pause_s=0.0),
    )

    async def ask() -> None:
        session = FakeSession(lambda _host, path, query: okx(truth, path, query))
        library = client_of(PROFILES["okx"], session)
        library.enableRateLimit = False
        client = Client(PROFILES["okx"], library, lambda: truth.now_ms)
        async with Exchange(PROFILES["okx"], client) as exchange:
            outcome, _ = await download_live(folder, request, exchange, world, Silent())
        # What comes from elsewhere is away.
        assert set(outcome.refused) == {"deribit.BTC.dvol.1d", "alternative.fear_greed.1d"}

    asyncio.run(ask())


@pytest.mark.parametrize("begins", [0, 1, 6, 12])
@pytest.mark.parametrize("lapse", [None, 1, 2, 3])
def test_the_first_window_is_found_though_an_answer_lapses(begins: int, lapse: int | None) -> None:
    asked: list[int] = []

    async def there(window: int) -> list[int]:
        asked.append(window)
        return [window] if window >= begins and len(asked) != lapse else []

    found = asyncio.run(_first_filled(13, there))

    assert found == [begins]
