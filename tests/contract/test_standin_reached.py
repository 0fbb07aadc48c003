"""The stand-in over TLS under the real names: real clients reach it, nothing else is reached."""

import asyncio
import ssl
import stat
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import ccxt.async_support as ccxt
import httpx
import pytest

from steelyard.domain.errors import RequestError
from steelyard.domain.time import HOUR_MS, stamp
from steelyard.venues.standin.authority import make_authority
from steelyard.venues.standin.faults import Fault, Kind, Stage, banned, busy, empty, page
from steelyard.venues.standin.invented import invented_world
from steelyard.venues.standin.loopback import Place, place_of
from steelyard.venues.standin.server import Served, real_ms, serving
from steelyard.venues.standin.world import Standin

NOW_MS = stamp(2026, 3, 2, 10) + 120_000
TIME = "https://fapi.binance.com/fapi/v1/time"
KLINES = "*/fapi/v1/klines"

Client = Any
"""A client of ccxt, which ships no types."""

Asks = Callable[[Client], Awaitable[Any]]


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    with serving(invented_world(lambda: NOW_MS)) as where:
        yield where


@pytest.fixture
def where(running: Served) -> Served:
    """Return the stand-in without a fault and with an empty log."""
    running.faults.clear()
    running.log.clear()
    return running


def asked(where: Served, venue: str, asks: Asks) -> Any:  # noqa: ANN401 - whatever ccxt returns
    """Return what a client of ccxt is told."""

    async def run() -> Any:  # noqa: ANN401
        async with where.place.session() as session:
            client = getattr(ccxt, venue)({"session": session, "timeout": 2000})
            try:
                return await asks(client)
            finally:
                await client.close()

    return asyncio.run(run())


async def hours(client: Client) -> Any:  # noqa: ANN401
    return await client.fapiPublicGetKlines({"symbol": "BTCUSDT", "interval": "1h", "limit": 2})


def got(place: Place, url: str) -> httpx.Response:
    async def run() -> httpx.Response:
        async with place.client(timeout_s=5.0) as client:
            return await client.get(url)

    return asyncio.run(run())


def test_ccxt_reads_binance_at_its_real_address(where: Served) -> None:
    async def asks(client: Client) -> tuple[set[str], list[Any], Any]:
        client.options["fetchMarkets"] = {"types": ["spot", "linear", "inverse"]}
        markets = set(await client.load_markets())
        candles = await client.fetch_ohlcv("BTC/USDT:USDT", "1h", limit=2)
        return markets, candles, await client.fetch_funding_rate("SOL/USDT:USDT")

    markets, candles, funding = asked(where, "binance", asks)

    assert {"BTC/USDT", "BTC/USDT:USDT", "BTC/USD:BTC", "1000PEPE/USDT:USDT"} <= markets
    assert {"BTC/USDT:USDT-260327", "BTC/USD:BTC-260327"} <= markets
    assert [candle[0] for candle in candles] == [stamp(2026, 3, 2, 9), stamp(2026, 3, 2, 10)]
    assert funding["fundingTimestamp"] == stamp(2026, 3, 2, 11)
    assert {one.host for _, one in where.log} == {
        "api.binance.com",
        "fapi.binance.com",
        "dapi.binance.com",
    }


def test_ccxt_reads_bybit_and_deribit_at_their_real_addresses(where: Served) -> None:
    async def bybit(client: Client) -> tuple[set[str], Any]:
        markets = set(await client.load_markets())
        return markets, await client.fetch_open_interest_history("BTC/USDT:USDT", "1h", limit=2)

    async def deribit(client: Client) -> Any:  # noqa: ANN401
        span = {"start_timestamp": NOW_MS - 2 * HOUR_MS, "end_timestamp": NOW_MS}
        return await client.publicGetGetVolatilityIndexData(
            {"currency": "BTC", "resolution": "3600", **span}
        )

    markets, interest = asked(where, "bybit", bybit)
    index = asked(where, "deribit", deribit)

    assert {"BTC/USDT", "BTC/USDT:USDT", "BTC/USD:BTC", "BTC/USDT:USDT-260327"} <= markets
    assert [one["timestamp"] for one in interest] == [stamp(2026, 3, 2, 9), stamp(2026, 3, 2, 10)]
    assert len(index["result"]["data"]) == 2


def test_a_host_that_the_stand_in_is_not_cannot_be_reached(where: Served) -> None:
    with pytest.raises(httpx.ConnectError, match="certificate"):
        got(where.place, "https://example.com/")
    with pytest.raises(ccxt.ExchangeNotAvailable):
        asked(where, "okx", lambda client: client.publicGetPublicTime())

    assert where.log == []


def test_nobody_who_was_not_handed_the_authority_believes_it(where: Served) -> None:
    async def run() -> None:
        connector = aiohttp.TCPConnector(ssl=ssl.create_default_context())
        async with aiohttp.ClientSession(connector=connector) as session:
            await session.get(f"https://127.0.0.1:{where.place.port}/faults")

    with pytest.raises(aiohttp.ClientConnectorCertificateError):
        asyncio.run(run())


def test_the_keys_of_the_authority_are_its_owners_alone(tmp_path: Path) -> None:
    made = make_authority(tmp_path / "authority", ["api.binance.com"], real_ms())
    modes = [stat.S_IMODE(one.stat().st_mode) for one in (made.ca.parent, made.ca, made.chain)]

    assert modes == [0o700, 0o600, 0o600]
    assert b"PRIVATE KEY" not in made.ca.read_bytes()
    # The key of the authority itself is kept nowhere: it vouches for nothing else ever.
    assert made.chain.read_bytes().count(b"PRIVATE KEY-----\n") == 2
    assert sorted(one.name for one in made.ca.parent.iterdir()) == ["ca.pem", "server.pem"]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (busy(KLINES, retry_after="7"), ccxt.DDoSProtection),
        (banned(KLINES), ccxt.DDoSProtection),
        (page(KLINES, status=502), ccxt.ExchangeNotAvailable),
        (Fault(at=KLINES, status=400, body=b'{"code": -1121, "msg": "x"}'), ccxt.BadSymbol),
        (Fault(at=KLINES, kind=Kind.RESET), ccxt.ExchangeNotAvailable),
        (Fault(at=KLINES, kind=Kind.SHORT), ccxt.ExchangeError),
    ],
)
def test_a_fault_is_the_error_that_a_client_knows(
    where: Served, fault: Fault, error: type[Exception]
) -> None:
    where.faults.append(fault)
    with pytest.raises(error):
        asked(where, "binanceusdm", hours)

    # aiohttp itself asks a second time where the connection was dropped.
    assert where.asked("/klines") == (2 if fault.kind is Kind.RESET else 1)


def test_a_hang_ends_with_the_patience_of_the_client(where: Served) -> None:
    where.faults.append(Fault(at=KLINES, kind=Kind.HANG))

    async def asks(client: Client) -> Any:  # noqa: ANN401
        client.timeout = 200
        return await hours(client)

    with pytest.raises(ccxt.RequestTimeout):
        asked(where, "binanceusdm", asks)


def test_a_page_or_nothing_in_place_of_rows_is_no_error_to_ccxt(where: Served) -> None:
    where.faults += [page(KLINES, times=1), empty(KLINES)]

    async def asks(client: Client) -> list[Any]:
        return [await hours(client), await hours(client)]

    told = asked(where, "binanceusdm", asks)

    assert told == ["<html><body>Bad gateway</body></html>", []]


def test_a_fault_strikes_where_when_and_as_often_as_it_says(where: Served) -> None:
    where.faults.append(Fault(at="*/time", status=500, every=2, skip=1, times=2))
    statuses = [got(where.place, TIME).status_code for _ in range(7)]

    # The first is let through, then every second one fails, but only two of them.
    assert statuses == [200, 200, 500, 200, 500, 200, 200]
    assert got(where.place, TIME.replace("time", "ping")).status_code == 200


@pytest.mark.parametrize(("stage", "times_told"), [(Stage.BEFORE, 0), (Stage.AFTER, 1)])
def test_after_means_that_the_venue_has_done_it(stage: Stage, times_told: int) -> None:
    told: list[int] = []

    def now_ms() -> int:
        told.append(NOW_MS)
        return NOW_MS

    with serving(Standin(now_ms)) as where:
        where.faults.append(Fault(kind=Kind.RESET, stage=stage))
        with pytest.raises(httpx.TransportError):
            got(where.place, TIME)

    assert len(told) == times_told


def test_faults_can_be_set_from_another_process(where: Served) -> None:
    admin = f"https://127.0.0.1:{where.place.port}/faults"
    fault = {"at": "*/time", "status": 429, "headers": {"retry-after": "3"}, "body": "{}"}

    async def run() -> list[tuple[int, str]]:
        async with where.place.client() as client:
            told = [(await client.post(admin, json=fault)).text]
            busy_now = await client.get(TIME)
            told.append((await client.get(admin)).text)
            await client.delete(admin)
            mended = await client.get(TIME)
            wrong = await client.post(admin, json={"at": "*", "kinds": "reset"})
        answers = [busy_now, mended, wrong]
        assert busy_now.headers["retry-after"] == "3"
        assert told[0] == '[{"at": "*/time", "kind": "answer", "done": 0}]'
        assert told[1] == '[{"at": "*/time", "kind": "answer", "done": 1}]'
        return [(one.status_code, one.text[:40]) for one in answers]

    assert asyncio.run(run()) == [
        (429, "{}"),
        (200, f'{{"serverTime": {NOW_MS}}}'),
        (400, "no such fault: Fault.__init__() got an u"),
    ]
    assert where.faults == []


def test_what_changes_something_is_not_answered_yet(where: Served) -> None:
    async def asks(client: Client) -> Any:  # noqa: ANN401
        client.apiKey, client.secret = "nobody", "nothing"
        return await client.fapiPrivatePostOrder({"symbol": "BTCUSDT"})

    with pytest.raises(ccxt.ExchangeNotAvailable, match="405"):
        asked(where, "binanceusdm", asks)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "is '', must be 127.0.0.1:PORT:CA_FILE"),
        ("api.binance.com:443:ca.pem", "must be 127.0.0.1:PORT:CA_FILE"),
        ("127.0.0.1:ca.pem", "must be 127.0.0.1:PORT:CA_FILE"),
        ("127.0.0.1:8443:nowhere.pem", "names the certificate nowhere.pem, which is not there"),
    ],
)
def test_a_place_elsewhere_is_refused(words: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        place_of(words)


def test_a_place_is_read_as_it_is_written(where: Served) -> None:
    assert place_of(str(where.place)) == where.place
