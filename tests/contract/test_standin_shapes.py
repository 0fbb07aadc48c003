"""The stand-in against recorded answers of Binance: the same keys and the same JSON types."""

import json
from collections.abc import Iterator
from functools import cache

import pytest

from steelyard.domain.time import stamp
from steelyard.venues.standin.invented import invented_world
from steelyard.venues.standin.world import Standin
from tests.support.data import BESIDE
from tests.support.shapes import Json
from tests.support.standins import document

FILE = BESIDE.parent / "fixtures" / "gct_binance_http.json"
NOW_MS = stamp(2025, 8, 7, 12) + 1_234_000
HOSTS = {"api": "api.binance.com", "fapi": "fapi.binance.com", "dapi": "dapi.binance.com"}
CM = "dapi.binance.com"

# Path, the query that was recorded, the query that asks the stand-in for the same. Left out is the
# list of premiumIndex of linear futures: it is of 2020, and had a key less than one symbol in 2023.
SAME = ""
ASKED = [
    ("/api/v3/exchangeInfo", "", SAME),
    ("/api/v3/klines", "interval=5m&limit=24&symbol=BTCUSDT", SAME),
    ("/api/v3/depth", "limit=1000&symbol=BTCUSDT", SAME),
    ("/api/v3/ticker/24hr", "symbol=BTCUSDT", SAME),
    ("/api/v3/ticker/24hr", "", SAME),
    ("/api/v3/ticker/24hr", "symbols=%5B%22BTCUSDT%22%2C%22ETHUSDT%22%5D", SAME),
    ("/api/v3/ticker/bookTicker", "symbol=BTCUSDT", SAME),
    ("/api/v3/ticker/price", "symbol=BTCUSDT", SAME),
    ("/fapi/v1/exchangeInfo", "", SAME),
    ("/fapi/v1/klines", "interval=1d&limit=5&symbol=BTCUSDT", SAME),
    ("/fapi/v1/depth", "limit=100&symbol=BTCUSDT", SAME),
    ("/fapi/v1/fundingRate", "symbol=BTCUSDT", SAME),
    ("/fapi/v1/fundingRate", "limit=1&symbol=BTCUSDT", SAME),
    ("/fapi/v1/fundingInfo", "", SAME),
    ("/fapi/v1/openInterest", "symbol=BTCUSDT", SAME),
    ("/fapi/v1/premiumIndex", "symbol=BTCUSDT", SAME),
    ("/fapi/v1/ticker/24hr", "symbol=BTCUSDT", SAME),
    ("/fapi/v1/ticker/24hr", "", SAME),
    ("/fapi/v1/ticker/24hr", "symbol=BTCUSD_201225", SAME),
    ("/fapi/v1/ticker/bookTicker", "symbol=BTCUSDT", SAME),
    ("/fapi/v1/ticker/bookTicker", "", SAME),
    ("/fapi/v1/ticker/price", "symbol=BTCUSDT", SAME),
    ("/fapi/v1/ticker/price", "", SAME),
    ("/fapi/v1/time", "", SAME),
    ("/dapi/v1/exchangeInfo", "", SAME),
    ("/dapi/v1/klines", "interval=1M&limit=5&symbol=BTCUSD_PERP", SAME),
    (
        "/dapi/v1/klines",
        "endTime=1577836800000&interval=1d&limit=1000&startTime=1546300800000&symbol=BTCUSD_PERP",
        SAME,
    ),
    ("/dapi/v1/markPriceKlines", "interval=1M&limit=5&symbol=BTCUSD_PERP", SAME),
    ("/dapi/v1/indexPriceKlines", "interval=1M&limit=5&pair=BTCUSD", SAME),
    ("/dapi/v1/depth", "limit=5&symbol=BTCUSD_PERP", SAME),
    ("/dapi/v1/fundingRate", "limit=5&symbol=BTCUSD_PERP", SAME),
    ("/dapi/v1/openInterest", "symbol=BTCUSD_PERP", SAME),
    ("/dapi/v1/premiumIndex", "symbol=BTCUSD_PERP", SAME),
    ("/dapi/v1/premiumIndex", "", SAME),
    ("/dapi/v1/premiumIndex", "pair=BTCUSD", SAME),
    ("/dapi/v1/ticker/24hr", "symbol=BTCUSD_201225", "symbol=BTCUSD_250926"),
    ("/dapi/v1/ticker/24hr", "symbol=BTCUSD_PERP", SAME),
    ("/dapi/v1/ticker/24hr", "", SAME),
    ("/dapi/v1/ticker/bookTicker", "symbol=BTCUSD_PERP", SAME),
    ("/dapi/v1/ticker/bookTicker", "", SAME),
    ("/dapi/v1/ticker/price", "symbol=BTCUSD_PERP", SAME),
    ("/futures/data/openInterestHist", "limit=1&period=5m&symbol=BTCUSDT", SAME),
    ("/futures/data/openInterestHist", "contractType=CURRENT_QUARTER&pair=BTCUSD&period=5m", SAME),
    ("/futures/data/basis", "contractType=CURRENT_QUARTER&pair=BTCUSD&period=5m", SAME),
]


@cache
def recorded() -> dict[str, dict[str, list[dict[str, Json]]]]:
    """Return what was recorded, by route and method."""
    if not FILE.is_file():
        pytest.skip("no recorded answers: ../shared/fixtures is not there")
    routes: dict[str, dict[str, list[dict[str, Json]]]] = json.loads(FILE.read_text())["routes"]
    return routes


@pytest.fixture(scope="module")
def standin() -> Standin:
    return invented_world(lambda: NOW_MS)


def url(path: str, query: str) -> str:
    """Return the address of a route; both kinds of futures have their data under one path."""
    root = path.split("/")[1]
    host = HOSTS.get(root, CM if "pair=" in query else HOSTS["fapi"])
    return f"https://{host}{path}?{query}"


def departures(mine: Json, theirs: Json, at: str = "") -> Iterator[str]:
    """Yield where an answer has other keys or other types than the recorded one."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        if set(mine) != set(theirs):
            yield f"{at} has {sorted(set(mine) ^ set(theirs))} in one of the two alone"
            return
        for key, inner in mine.items():
            yield from departures(inner, theirs[key], f"{at}.{key}")
    elif isinstance(mine, list) and isinstance(theirs, list):
        yield from _of_list(mine, theirs, at)
    elif type(mine) is not type(theirs):
        yield f"{at} is {mine!r}, was recorded as {theirs!r}"


def _of_list(mine: list[Json], theirs: list[Json], at: str) -> Iterator[str]:
    """Yield how lists differ: mixed rows by place, others by what may stand in them."""
    if bool(mine) != bool(theirs):
        yield f"{at} has {len(mine)} elements, was recorded with {len(theirs)}"
    elif len({type(one) for one in theirs}) > 1:
        if len(mine) != len(theirs):
            yield f"{at} has {len(mine)} places, was recorded with {len(theirs)}"
        for place, (one, other) in enumerate(zip(mine, theirs, strict=False)):
            yield from departures(one, other, f"{at}[{place}]")
    else:
        for place, one in enumerate(mine):
            found = min((list(departures(one, other)) for other in theirs), key=len, default=[])
            yield from (f"{at}[{place}]{what}" for what in found)
        for place, other in enumerate(theirs):
            if not any(not list(departures(one, other)) for one in mine):
                yield f"{at} has nothing of the shape that was recorded at place {place}"


@pytest.mark.parametrize(("path", "query", "own"), ASKED)
def test_an_answer_has_the_recorded_shape(
    standin: Standin, path: str, query: str, own: str
) -> None:
    known = {str(one["queryString"]): one["data"] for one in recorded()[path]["GET"]}
    found = list(departures(document(standin, url(path, own or query)), known[query]))

    assert found == []


def test_every_recorded_route_that_is_answered_is_held_to_its_record(standin: Standin) -> None:
    held = {path for path, _, _ in ASKED}
    # Recorded without an answer: the coin-margined venue had no symbol with another interval.
    held.add("/dapi/v1/fundingInfo")
    for path, methods in recorded().items():
        root = path.split("/")[1]
        if "GET" not in methods or root not in {*HOSTS, "futures"} or path in held:
            continue
        for host in ("fapi.binance.com", CM) if root == "futures" else (HOSTS[root],):
            told = document(standin, f"https://{host}{path}?symbol=BTCUSDT")

            assert isinstance(told, dict), path
            assert told["code"] == -5000, path


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": 1, "b": 1}),
        ([1, "x"], [1, "x", "y"]),
        ([{"a": 1}], [{"a": 1}, {"b": 1}]),
        ([], [1]),
        ({"a": [["1", 2]]}, {"a": [[1, "2"]]}),
    ],
)
def test_another_shape_is_noticed(mine: Json, theirs: Json) -> None:
    assert list(departures(mine, theirs))
