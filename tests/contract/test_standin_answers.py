"""What the stand-in answers: how much a page, from which end, and which refusals."""

from itertools import pairwise

import numpy as np
import pytest

from steelyard.domain.time import DAY_MS, HOUR_MS, stamp
from steelyard.venues.standin.invented import invented_world
from steelyard.venues.standin.world import Standin
from tests.support.made_history import plain_archive, plain_bars
from tests.support.shapes import Json
from tests.support.standins import document, rows, status_and_document

SPOT, UM = "https://api.binance.com/api/v3", "https://fapi.binance.com/fapi/v1"
CM, DATA = "https://dapi.binance.com/dapi/v1", "https://fapi.binance.com/futures/data"
BYBIT, DERIBIT = "https://api.bybit.com/v5/market", "https://www.deribit.com/api/v2/public"
FIRST_MS = stamp(2024, 1, 30)
NOW_MS = stamp(2024, 3, 2, 10) + 120_000
HOURS = 779
"""2 days of January, 29 of February, 1 of March, and eleven hours of which the last has begun."""

BARS = "symbol=BTCUSDT&interval=1h"


@pytest.fixture(scope="module")
def plain() -> Standin:
    standin = plain_archive(FIRST_MS, NOW_MS)
    ms = standin.history["spot", "klines", "BTCUSDT"].ms
    standin.history["cm", "klines", "BTCUSD_PERP"] = plain_bars(ms)
    return standin


@pytest.fixture(scope="module")
def invented() -> Standin:
    return invented_world(lambda: NOW_MS)


def stamps(told: list[Json]) -> list[int]:
    return [row[0] for row in told if isinstance(row, list) and isinstance(row[0], int)]


def table(told: Json) -> dict[str, Json]:
    assert isinstance(told, dict), told
    return told


def listed(told: Json) -> list[dict[str, Json]]:
    result = table(table(told)["result"])["list"]
    assert isinstance(result, list)
    return [table(row) for row in result]


def test_the_last_candle_is_unfinished(plain: Standin) -> None:
    told = rows(plain, f"{SPOT}/klines?{BARS}&limit=1")

    # Hour 778 opens at 878 and will close at 879, so it falls to 876 in its first 20 minutes:
    # after two of them it is at 878 - 2 / 10, with 5 coins x 2 / 60 traded.
    begun = [stamp(2024, 3, 2, 10), "878.00000000", "878.00000000", "877.80000000", "877.80000000"]
    assert told == [
        [
            *begun,
            "0.16666667",
            stamp(2024, 3, 2, 11) - 1,
            "146.33333333",
            1,
            "0.08333333",
            "73.16666667",
            "0",
        ]
    ]


def test_klines_are_the_last_ones_unless_a_start_is_told(plain: Standin) -> None:
    last = stamps(rows(plain, f"{SPOT}/klines?{BARS}&limit=3"))
    first = stamps(rows(plain, f"{SPOT}/klines?{BARS}&limit=3&startTime={FIRST_MS + 1}"))
    until = stamps(rows(plain, f"{SPOT}/klines?{BARS}&limit=2&endTime={FIRST_MS + 5 * HOUR_MS}"))

    assert last == [stamp(2024, 3, 2, hour) for hour in (8, 9, 10)]
    assert first == [FIRST_MS + number * HOUR_MS for number in (1, 2, 3)]
    assert until == [FIRST_MS + number * HOUR_MS for number in (4, 5)]


def test_a_page_of_klines_has_its_limits(plain: Standin) -> None:
    minutes = BARS.replace("1h", "1m")

    assert len(rows(plain, f"{SPOT}/klines?{BARS}")) == 500
    assert len(rows(plain, f"{SPOT}/klines?{minutes}&limit=5000")) == 1000
    assert len(rows(plain, f"{UM}/klines?{minutes}&limit=1500")) == 1500
    assert len(rows(plain, f"{SPOT}/klines?{BARS}&limit=1000")) == HOURS
    told = status_and_document(plain, f"{UM}/klines?{minutes}&limit=1501")
    assert told == (400, {"code": -1130, "msg": "Data sent for parameter 'limit' is not valid."})


def test_coin_margined_klines_come_from_the_end_of_at_most_200_days(plain: Standin) -> None:
    asked = f"{CM}/klines?symbol=BTCUSD_PERP&interval=1h"
    both = f"{asked}&limit=2&startTime={FIRST_MS}&endTime={FIRST_MS + 9 * HOUR_MS}"
    long = f"{asked}&startTime={FIRST_MS - 200 * DAY_MS}&endTime={FIRST_MS + 1}"

    assert stamps(rows(plain, both)) == [FIRST_MS + number * HOUR_MS for number in (8, 9)]
    # From 1970 on 200 days end long before it was listed.
    assert rows(plain, f"{asked}&startTime=0") == []
    assert table(document(plain, long))["code"] == -4088


@pytest.mark.parametrize(
    ("url", "code"),
    [
        (f"{UM}/klines?symbol=NONEUSDT&interval=1h", -1121),
        (f"{UM}/klines?interval=1h", -1102),
        (f"{UM}/klines?symbol=BTCUSDT&interval=7h", -1120),
        (f"{UM}/klines?{BARS}&startTime=now", -1100),
        (f"{UM}/klines?{BARS}&limit=0", -1130),
        (f"{UM}/premiumIndexKlines?{BARS}", -1121),
        (f"{UM}/fundingRate?symbol=BTCUSDT&limit=1001", -1130),
        (f"{DATA}/openInterestHist?symbol=BTCUSDT&period=7h", -1130),
        (f"{DATA}/openInterestHist?symbol=BTCUSDT&period=1h&limit=501", -1130),
        (f"{DATA}/basis?pair=BTCUSDT&period=1h&contractType=CURRENT_QUARTER", -1130),
        (f"{DATA}/basis?pair=NONEUSDT&period=1h&contractType=CURRENT_QUARTER", -1121),
        (f"{SPOT}/fundingRate?symbol=BTCUSDT", -5000),
        (f"{UM}/account", -5000),
    ],
)
def test_what_is_wrong_is_refused_by_number(plain: Standin, url: str, code: int) -> None:
    assert table(document(plain, url))["code"] == code


def test_open_interest_reaches_back_30_days(plain: Standin) -> None:
    asked = f"{DATA}/openInterestHist?symbol=BTCUSDT&period=1h&limit=500"
    oldest_ms = NOW_MS - 30 * DAY_MS
    told = rows(plain, f"{asked}&startTime={oldest_ms}")
    first = table(told[0])

    # 1 February 10:02 was 30 days ago: 11:00 of that day is the first hour kept.
    assert first["timestamp"] == stamp(2024, 2, 1, 11)
    # It is the 59th hour after 00:00 of 30 January, whose first is 1,000 coins.
    assert first["sumOpenInterest"] == "1058.00000000"
    assert len(told) == 500
    assert table(document(plain, f"{asked}&startTime={oldest_ms - 1}"))["code"] == -1130


def test_settlements_are_a_little_late_and_none_is_told_early(plain: Standin) -> None:
    told = [table(row) for row in rows(plain, f"{UM}/fundingRate?symbol=BTCUSDT&limit=1000")]
    moments = [row["fundingTime"] for row in told]
    late = [moment % HOUR_MS for moment in moments if isinstance(moment, int)]

    # 97 settlements: 3 a day of 32 days, and 08:00 of the last.
    assert len(told) == 97
    assert set(late) <= set(range(10))
    assert len(set(late)) > 1
    assert len(rows(plain, f"{UM}/fundingRate?symbol=BTCUSDT")) == 97
    assert rows(plain, f"{UM}/fundingRate?symbol=BTCUSDT&startTime={NOW_MS}") == []


def test_the_interval_of_a_coin_went_from_eight_hours_to_four_to_one(invented: Standin) -> None:
    found: list[int] = []
    while page := rows(
        invented,
        f"{UM}/fundingRate?symbol=SOLUSDT&startTime={max(found, default=-1) + 1}&limit=1000",
    ):
        found += [int(str(table(row)["fundingTime"])) for row in page]
    gaps = [round((after - before) / HOUR_MS) for before, after in pairwise(found)]
    changes = [gap for before, gap in pairwise([0, *gaps]) if gap != before]

    assert changes == [8, 4, 1]
    # Ten days ago at midnight it became one hour: 10 x 24 hours and ten of today.
    assert gaps.count(1) == 250
    assert gaps.count(4) == 50 * 6


def test_only_what_is_not_settled_every_eight_hours_is_in_funding_info(invented: Standin) -> None:
    told = [table(row) for row in rows(invented, f"{UM}/fundingInfo")]

    assert [(one["symbol"], one["fundingIntervalHours"]) for one in told] == [("SOLUSDT", 1)]


def test_a_delisted_symbol_is_listed_and_has_its_history_but_no_price(invented: Standin) -> None:
    info = table(document(invented, f"{UM}/exchangeInfo"))["symbols"]
    assert isinstance(info, list)
    told = {one["symbol"]: one for one in map(table, info)}
    bars = stamps(rows(invented, f"{UM}/klines?symbol=FTTUSDT&interval=1h&limit=1"))
    prices = [table(row)["symbol"] for row in rows(invented, f"{UM}/ticker/price")]
    ended_ms = stamp(2024, 3, 2) - 200 * DAY_MS

    assert told["FTTUSDT"]["status"] == "SETTLING"
    assert told["FTTUSDT"]["deliveryDate"] == ended_ms
    assert bars == [ended_ms - HOUR_MS]
    assert "FTTUSDT" not in prices
    assert "1000PEPEUSDT" in prices


def test_a_thousand_coins_cost_a_thousand_times_as_much(invented: Standin) -> None:
    spot = table(document(invented, f"{SPOT}/ticker/price?symbol=PEPEUSDT"))
    perp = table(document(invented, f"{UM}/ticker/price?symbol=1000PEPEUSDT"))

    assert float(str(perp["price"])) / float(str(spot["price"])) == pytest.approx(1000, rel=0.01)


def test_a_quarter_is_the_next_one_until_the_one_before_expires(invented: Standin) -> None:
    info = table(document(invented, f"{UM}/exchangeInfo"))["symbols"]
    assert isinstance(info, list)
    told = {str(one["symbol"]): one["contractType"] for one in map(table, info)}
    dated = {symbol: kind for symbol, kind in told.items() if "_" in symbol}

    # Of December's contract, which was delivered, nothing is told.
    assert dated == {"BTCUSDT_240329": "CURRENT_QUARTER", "BTCUSDT_240628": "NEXT_QUARTER"}


def test_the_basis_is_that_of_futures_over_index(invented: Standin) -> None:
    asked = "pair=BTCUSDT&contractType=CURRENT_QUARTER&period=1h&limit=3"
    told = [table(row) for row in rows(invented, f"{DATA}/basis?{asked}")]
    one = {name: float(str(told[0][name])) for name in ("futuresPrice", "indexPrice", "basisRate")}

    assert len(told) == 3
    # 27 days before expiry a year's 5 % are 5 % x 27 / 365 = 0.37 %.
    assert one["basisRate"] == pytest.approx(0.0037, abs=1e-4)
    assert one["futuresPrice"] / one["indexPrice"] - 1 == pytest.approx(one["basisRate"], abs=5e-5)


def test_bybit_refuses_a_start_without_an_end(invented: Standin) -> None:
    asked = f"{BYBIT}/funding/history?category=linear&symbol=BTCUSDT"
    status, told = status_and_document(invented, f"{asked}&startTime=1")

    assert (status, table(told)["retCode"]) == (200, 10001)
    assert table(document(invented, f"{asked}&startTime=1&endTime={NOW_MS}"))["retCode"] == 0


def test_bybits_settlements_page_backwards_200_at_a_time(invented: Standin) -> None:
    asked = f"{BYBIT}/funding/history?category=linear&symbol=SOLUSDT&limit=1000"
    found: list[int] = []
    sizes = []
    while True:
        end = f"&startTime=0&endTime={found[-1] - 1}" if found else ""
        page = [
            int(str(row["fundingRateTimestamp"])) for row in listed(document(invented, asked + end))
        ]
        sizes.append(len(page))
        found += page
        if len(page) < 200:
            break
    history = invented.history["bybit_linear", "fundingRate", "SOLUSDT"].ms

    assert set(sizes[:-1]) == {200}
    assert found == sorted(found, reverse=True)
    assert found[::-1] == history[history <= NOW_MS].tolist()


def test_bybits_open_interest_reaches_back_to_the_launch(invented: Standin) -> None:
    asked = f"{BYBIT}/open-interest?category=linear&symbol=BTCUSDT&intervalTime=1d&limit=200"
    found: list[int] = []
    cursor = ""
    while True:
        told = document(invented, asked + (f"&cursor={cursor}" if cursor else ""))
        found += [int(str(row["timestamp"])) for row in listed(told)]
        cursor = str(table(table(told)["result"])["nextPageCursor"])
        if not cursor:
            break
    history = invented.history["bybit_linear", "metrics", "BTCUSDT"].ms
    days = history[(history <= NOW_MS) & (history % DAY_MS == 0)]

    assert found[::-1] == days.tolist()
    assert len(found) > 1000


def test_bybits_klines_come_newest_first(invented: Standin) -> None:
    asked = f"{BYBIT}/kline?category=linear&symbol=BTCUSDT&interval=60&limit=2"
    start = f"&start={FIRST_MS}"

    def told(more: str) -> list[int]:
        result = table(table(document(invented, asked + more))["result"])["list"]
        assert isinstance(result, list)
        return [int(str(row[0])) for row in result if isinstance(row, list)]

    assert told("") == [stamp(2024, 3, 2, 10), stamp(2024, 3, 2, 9)]
    assert told(start) == [FIRST_MS + HOUR_MS, FIRST_MS]
    assert told(f"{start}&end={FIRST_MS + 9 * HOUR_MS}") == [
        FIRST_MS + number * HOUR_MS for number in (9, 8)
    ]


@pytest.mark.parametrize(
    "path",
    [
        "kline?category=linear&symbol=NONE&interval=60",
        "kline?category=linear&symbol=BTCUSDT&interval=61",
        "kline?symbol=BTCUSDT&interval=60",
        "kline?category=linear&symbol=BTCUSDT&interval=60&limit=many",
        "open-interest?category=linear&symbol=BTCUSDT&intervalTime=2h",
        "mark-price-kline?category=spot&symbol=BTCUSDT&interval=60",
        "tickers?category=linear&symbol=NONE",
    ],
)
def test_bybit_refuses_with_a_code_of_its_own(invented: Standin, path: str) -> None:
    status, told = status_and_document(invented, f"{BYBIT}/{path}")

    assert (status, table(told)["retCode"], table(told)["result"]) == (200, 10001, {})


def test_bybits_listing_has_pages(invented: Standin) -> None:
    asked = f"{BYBIT}/instruments-info?category=linear&limit=2"
    found: list[str] = []
    cursor = "0"
    while cursor:
        told = document(invented, f"{asked}&cursor={cursor}")
        found += [str(row["symbol"]) for row in listed(told)]
        cursor = str(table(table(told)["result"])["nextPageCursor"])
    closed = listed(document(invented, f"{BYBIT}/instruments-info?category=linear&status=Closed"))

    assert sorted(found) == [
        "1000PEPEUSDT",
        "BTCUSDT",
        "BTCUSDT-28JUN24",
        "BTCUSDT-29MAR24",
        "ETHUSDT",
        "SOLUSDT",
    ]
    assert [row["symbol"] for row in closed] == ["BTCUSDT-29DEC23"]


def test_the_volatility_index_pages_backwards_to_its_beginning(invented: Standin) -> None:
    asked = f"{DERIBIT}/get_volatility_index_data?currency=BTC&resolution=3600&start_timestamp=0"
    found: list[int] = []
    end_ms: Json = NOW_MS
    while end_ms is not None:
        result = table(table(document(invented, f"{asked}&end_timestamp={end_ms}"))["result"])
        data = result["data"]
        assert isinstance(data, list)
        found = stamps(data) + found
        end_ms = result["continuation"]
    history = invented.volatility["BTC"].ms

    assert found == history[history <= NOW_MS].tolist()
    assert len(found) > 20_000
    assert set(np.diff(found).tolist()) == {HOUR_MS}


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("get_volatility_index_data?currency=BTC&resolution=3600", -32602),
        (
            "get_volatility_index_data?currency=BTC&resolution=7&start_timestamp=0&end_timestamp=1",
            -32602,
        ),
        ("get_order_book?instrument_name=BTC-PERPETUAL", -32601),
    ],
)
def test_deribit_refuses_by_number(invented: Standin, path: str, code: int) -> None:
    status, told = status_and_document(invented, f"{DERIBIT}/{path}")

    assert (status, table(table(told)["error"])["code"]) == (400, code)


def test_deribit_has_no_index_of_other_coins(invented: Standin) -> None:
    asked = "currency=SOL&resolution=1D&start_timestamp=0&end_timestamp=1"
    told = table(document(invented, f"{DERIBIT}/get_volatility_index_data?{asked}"))

    assert told["result"] == {"data": [], "continuation": None}


def test_equal_seeds_make_equal_worlds(invented: Standin) -> None:
    again, other = invented_world(lambda: NOW_MS), invented_world(lambda: NOW_MS, seed=1)

    assert again.history.keys() == invented.history.keys() == other.history.keys()
    assert all(
        np.array_equal(one.rows, again.history[key].rows) for key, one in invented.history.items()
    )
    key = "spot", "klines", "BTCUSDT"
    assert not np.array_equal(other.history[key].rows, invented.history[key].rows)


def test_the_invented_world_goes_on_for_four_weeks(invented: Standin) -> None:
    end_ms = int(invented.history["um", "klines", "BTCUSDT"].ms[-1]) + HOUR_MS

    assert NOW_MS + 28 * DAY_MS <= end_ms < NOW_MS + 35 * DAY_MS
