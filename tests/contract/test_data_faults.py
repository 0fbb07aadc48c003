"""Every fault of an archive or a venue ends whole and right, or refused by name: nothing silent."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import polars as pl
import pytest
import pytest_socket

from steelyard.cli.bar import Bar
from steelyard.data.catalogue import open_market
from steelyard.data.coverage import covered
from steelyard.data.sources import Span
from steelyard.domain.errors import SteelyardError, VenueBusy
from steelyard.domain.time import HOUR_MS, stamp
from steelyard.venues.catalogue import Request, download
from steelyard.venues.download import Outcome
from steelyard.venues.standin.faults import Fault, empty
from steelyard.venues.standin.loopback import LOOPBACK, VARIABLE
from steelyard.venues.standin.server import serving
from steelyard.venues.standin.world import Standin
from steelyard.venues.web import Patience, Web
from tests.support.commands import process
from tests.support.made_history import plain_archive
from tests.support.outside import outside

FIRST_MS = stamp(2024, 1, 30)
NOW_MS = stamp(2024, 3, 2, 10) + 120_000
SPOT = "binance.spot.BTCUSDT.1h"
FUNDING = "binance.perp.BTCUSDT.funding"
INTEREST = "binance.perp.BTCUSDT.open_interest.1d"
ROUTES = {
    SPOT: "api.binance.com/api/v3/klines",
    "binance.perp.BTCUSDT.1h": "fapi.binance.com/fapi/v1/klines",
    "binance.perp.BTCUSDT.mark.1h": "fapi.binance.com/fapi/v1/markPriceKlines",
    FUNDING: "fapi.binance.com/fapi/v1/fundingRate",
    INTEREST: "fapi.binance.com/futures/data/openInterestHist",
}


@pytest.fixture
def archive() -> Standin:
    return plain_archive(FIRST_MS, NOW_MS)


def fetched(
    folder: Path, archive: Standin, *faults: Fault, first_ms: int = stamp(2019, 1, 1)
) -> Outcome:
    span = Span(first_ms, archive.now_ms())
    with serving(archive) as where:
        where.faults += faults
        request = Request(assets=["BTC"], venue="binance", span=span)
        return asyncio.run(download(folder, request, outside(where), Bar()))


def contents(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    return {
        one.stem: pl.read_parquet(one).rows()
        for one in folder.glob("*.parquet")
        if "leverage_tiers" not in one.name
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    folder = tmp_path_factory.mktemp("whole") / "data"
    fetched(folder, plain_archive(FIRST_MS, NOW_MS))
    return contents(folder)


@pytest.mark.parametrize("times", [None, 1])
@pytest.mark.parametrize("skip", [0, 1, 2, 3])
@pytest.mark.parametrize("series", ROUTES)
def test_an_empty_list_at_any_request_is_no_end_of_history(
    tmp_path: Path,
    archive: Standin,
    whole: dict[str, list[tuple[object, ...]]],
    series: str,
    skip: int,
    times: int | None,
) -> None:
    outcome = fetched(tmp_path / "data", archive, empty(ROUTES[series], skip=skip, times=times))
    there = contents(tmp_path / "data")

    # Whole, or not written and refused by its name: never shorter without a word.
    assert set(outcome.refused) | set(there) == set(whole)
    assert not set(outcome.refused) & set(there)
    assert there == {name: whole[name] for name in there}
    # Whether there is open interest is told by the bars of the contract.
    assert set(outcome.refused) <= {series, INTEREST}


def test_a_refused_tail_is_fetched_by_the_next_run(
    tmp_path: Path, archive: Standin, whole: dict[str, list[tuple[object, ...]]]
) -> None:
    fetched(tmp_path / "data", archive, *(empty(route) for route in ROUTES.values()))
    outcome = fetched(tmp_path / "data", archive)

    assert outcome.refused == {}
    assert contents(tmp_path / "data") == whole


@pytest.mark.parametrize("skip", [0, 2])
def test_a_volatility_index_in_maintenance_is_refused(
    tmp_path: Path, archive: Standin, skip: int
) -> None:
    body = b'{"jsonrpc": "2.0", "result": {"data": [], "continuation": null}}'
    fault = Fault(at="www.deribit.com/*", body=body, skip=skip)
    outcome = fetched(tmp_path / "data", archive, fault, first_ms=FIRST_MS)
    again = fetched(tmp_path / "data", archive, first_ms=FIRST_MS)

    # Three months are asked for; where one is let through, the last day is not.
    assert "deribit.BTC.dvol.1d" in outcome.refused
    assert "may be in maintenance" in str(outcome.refused["deribit.BTC.dvol.1d"])
    assert again.refused == {}
    assert len(contents(tmp_path / "data")["deribit.BTC.dvol.1d"]) == 32


@pytest.mark.parametrize(
    ("kind", "series", "gone_ms", "said"),
    [
        ("klines", SPOT, stamp(2024, 3, 1, 7), "missing from 2024-03-01 07:00 UTC to"),
        ("klines", SPOT, stamp(2024, 3, 1), "answers with 2024-03-01 01:00 UTC as the first"),
        ("klines", SPOT, stamp(2024, 3, 2, 9), "rows are due up to 2024-03-02 10:00 UTC"),
        ("fundingRate", FUNDING, stamp(2024, 3, 1, 16), "missing between 2024-03-01 08:00 UTC and"),
    ],
)
def test_what_rest_leaves_out_is_refused_by_its_time(
    tmp_path: Path, archive: Standin, kind: str, series: str, gone_ms: int, said: str
) -> None:
    market = "spot" if series == SPOT else "um"
    for key in [key for key in archive.files if "daily" in key and f"/{market}/" in key]:
        del archive.files[key]
    held = archive.history[market, kind, "BTCUSDT"]
    kept = held.ms != gone_ms
    archive.history[market, kind, "BTCUSDT"] = type(held)(held.ms[kept], held.rows[kept])
    outcome = fetched(tmp_path / "data", archive)

    assert set(outcome.refused) == {series}
    assert said in str(outcome.refused[series])


@pytest.mark.parametrize(
    "fault",
    [
        Fault(at="data.binance.vision/*", body=b"nonsense", headers={"content-encoding": "gzip"}),
        Fault(at="data.binance.vision/*", status=302, headers={"location": "https://login/"}),
        Fault(at="api.binance.com/*", body=b'{"code": 0', every=1),
        Fault(at="fapi.binance.com/fapi/v1/exchangeInfo", body=b'{"symbols": []}'),
        Fault(at="*.binance.com/*", body=b"null"),
        Fault(at="*.binance.com/*", body=b"[null]"),
        Fault(at="*.binance.com/*", body=b'[["1709251200000"]]'),
        Fault(at="*.binance.com/*", body=b'[[1709251200000, "1", "x", "1", "1", "1"]]'),
        Fault(at="s3-ap-northeast-1.amazonaws.com/*", body=b"<ListBucketResult/", skip=3),
        Fault(at="www.deribit.com/*", body=b'{"result": {"data": [[1]], "continuation": null}}'),
        Fault(at="www.deribit.com/*", body=b'{"result": {"data": [], "continuation": "x"}}'),
        Fault(at="api.alternative.me/*", body=b'{"data": []}'),
        Fault(at="api.alternative.me/*", body=b'{"data": [{"value": "many", "timestamp": "1"}]}'),
    ],
    ids=lambda fault: f"{fault.at[:12]} {fault.body[:24]!r} {fault.status}",
)
def test_nonsense_is_refused_and_what_is_there_is_whole(
    tmp_path: Path,
    archive: Standin,
    whole: dict[str, list[tuple[object, ...]]],
    fault: Fault,
) -> None:
    try:
        refused = fetched(tmp_path / "data", archive, fault).refused
    except SteelyardError as error:  # nothing at all can be had
        refused = {"all": error}
    there = contents(tmp_path / "data")

    assert refused
    assert all(str(error) for error in refused.values())
    assert there == {name: whole[name] for name in there}
    assert not [one for one in tmp_path.rglob("*") if one.name.endswith((".begun", ".lock"))]


def test_three_years_of_hours_are_26_280_of_26_280(tmp_path: Path) -> None:
    # 2021, 2022 and 2023 are 3 x 365 days: 26,280 hours and, from 08:00 on, 3,284 settlements.
    first_ms = stamp(2021, 1, 1)
    archive = plain_archive(first_ms, stamp(2024, 1, 1) + 120_000)
    outcome = fetched(tmp_path / "data", archive, first_ms=first_ms)
    market = open_market(tmp_path / "data", asset="BTC")

    assert outcome.refused == {}
    assert market.spot.open_ms.size == market.perp.open_ms.size == market.mark.open_ms.size == 26280
    assert np.array_equal(market.spot.open_ms, first_ms + HOUR_MS * np.arange(26_280))
    assert market.funding.ms.size == 3 * 365 * 3
    assert market.holes == ()


def test_open_interest_of_more_than_30_days_ago_comes_from_the_archive(
    tmp_path: Path,
) -> None:
    archive = plain_archive(stamp(2023, 9, 1), NOW_MS)
    fetched(tmp_path / "data", archive)
    found = next(one for one in covered(tmp_path / "data") if one.series == INTEREST)
    for key in [key for key in archive.files if "metrics" in key]:
        del archive.files[key]
    fetched(tmp_path / "lacking", archive)
    recent = next(one for one in covered(tmp_path / "lacking") if one.series == INTEREST)

    # September to 1 March: 30 + 31 + 30 + 31 + 31 + 29 + 1 days.
    assert (found.first_ms, found.rows, found.lacking) == (stamp(2023, 9, 1), 183, 0)
    # The venue has 29 days, from the midnight on that ends 1 February: 29 of that month, 1 March.
    assert (recent.first_ms, recent.rows) == (stamp(2024, 2, 1), 30)


def test_a_body_that_is_not_packed_as_it_says_is_a_busy_host() -> None:
    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-encoding": "gzip"}, content=b"nonsense")

    async def ask() -> None:
        async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
            await Web(client, lambda: NOW_MS, Patience(tries=2, pause_s=0.0)).get("https://x/")

    with pytest.raises(VenueBusy, match=r"^x cannot be reached"):
        asyncio.run(ask())


@pytest.fixture
def authority(archive: Standin) -> Iterator[Path]:
    with serving(archive) as where:
        yield where.place.ca


def test_a_first_run_without_a_network_is_one_sentence(tmp_path: Path, authority: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    # Nothing listens at port 1.
    world = {VARIABLE: f"{LOOPBACK}:1:{authority}", "HOME": str(home)}
    done = process("data", "download", "BTC", "--data", home / "data", environment=world)
    pointed, *said = done.stderr.splitlines()

    assert done.returncode == 3
    assert done.stdout == ""
    assert pointed.startswith(VARIABLE)
    assert len(said) == 1
    assert "cannot be reached" in said[0]
    assert "check the network and run the command again" in said[0]
    assert list(home.iterdir()) == []


@pytest.mark.filterwarnings("ignore:A test tried to use socket")
def test_no_test_reaches_anything_but_this_machine() -> None:
    with pytest.raises(pytest_socket.SocketConnectBlockedError):
        socket.create_connection(("192.0.2.1", 443), timeout=0.1)
