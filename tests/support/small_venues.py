# ruff: noqa: C901, PLR0911, PLR0915 - a venue has a branch for each of its routes
"""This file is the eight venues in small, as their documents describe the answers.

One truth, hours and settlements of BTC, told by each venue in its own units, order and pages. It is
written from the venues' documents and knows nothing of the tables of differences.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from steelyard.domain.time import DAY_MS, HOUR_MS, stamp
from tests.support.fake_session import Query

FIRST_MS = stamp(2022, 1, 1)
EXPIRY_MS = stamp(2026, 3, 27, 8)
Bar = tuple[int, float, float, float, float, float]
"""Open, high, low, close, and volume in coins."""


def made_bars(count: int, first_ms: int = FIRST_MS) -> list[Bar]:
    """Return hours whose every number is another one, and exact in binary."""
    return [
        (
            first_ms + hour * HOUR_MS,
            40_000.0 + hour,
            40_000.5 + hour,
            39_999.5 + hour,
            40_000.25 + hour,
            2.0 + hour % 7 / 4,
        )
        for hour in range(count)
    ]


@dataclass
class Truth:
    """What happened: hours, settlements, and the open interest at each hour, in coins."""

    bars: list[Bar] = field(default_factory=lambda: made_bars(3000))
    funding: list[tuple[int, float]] = field(default_factory=list)
    now_ms: int = FIRST_MS + 3000 * HOUR_MS + 60_000
    open_interest: float = 1000.0
    mark: float = 50_000.0
    index: float = 49_900.0
    rate: float = 0.0001
    volatility: float = 55.0

    def between(self, first: float, last: float) -> list[Bar]:
        """Return the hours between two stamps, both included; the unfinished one is there too."""
        unfinished = self.now_ms // HOUR_MS * HOUR_MS
        bars = [*self.bars, (unfinished, 1.0, 2.0, 0.5, 1.5, 0.25)]
        return [bar for bar in bars if first <= bar[0] <= last]

    def settled(self, first: float = 0, last: float = 1 << 62) -> list[tuple[int, float]]:
        return [one for one in self.funding if first <= one[0] <= last]

    @property
    def next_ms(self) -> int:
        return (self.now_ms // (8 * HOUR_MS) + 1) * 8 * HOUR_MS


def whole(query: Query, name: str, default: int) -> int:
    return int(query.get(name, default))


def numbered(
    rows: Sequence[tuple[int, float]], query: Query, page: str, size: str
) -> list[tuple[int, float]]:
    number, most = whole(query, page, 1), min(100, whole(query, size, 20))
    return list(rows[::-1])[most * (number - 1) :][:most]


def bybit(truth: Truth, path: str, query: Query) -> object:
    def result(rows: object, category: str = "linear") -> object:
        return {
            "retCode": 0,
            "retMsg": "OK",
            "result": {"category": category, "list": rows, "nextPageCursor": ""},
            "time": truth.now_ms,
        }

    category = query.get("category", "")
    last = whole(query, "endTime", whole(query, "end", 1 << 62))
    first = whole(query, "startTime", whole(query, "start", 0))
    match path.removeprefix("/v5/market/"):
        case "instruments-info":
            launched = query.get("status") != "PreLaunch"
            return result(_bybit_lists(category) if launched else [], category)
        case "kline":
            bars = truth.between(first, last)[::-1][: whole(query, "limit", 200)]
            inverse = category == "inverse"
            return result(
                [
                    [
                        str(b[0]),
                        *(str(one) for one in b[1:5]),
                        *(
                            [str(b[5] * b[4]), str(b[5])]
                            if inverse
                            else [str(b[5]), str(b[5] * b[4])]
                        ),
                    ]
                    for b in bars
                ]
            )
        case "mark-price-kline":
            bars = truth.between(first, last)[::-1][: whole(query, "limit", 200)]
            return result([[str(b[0]), *(str(one) for one in b[1:5])] for b in bars])
        case "funding/history":
            if "startTime" in query and "endTime" not in query:
                return {"retCode": 10001, "retMsg": "params error: endTime", "result": {}}
            rows = truth.settled(first, last)[::-1][: whole(query, "limit", 200)]
            return result(
                [
                    {
                        "symbol": query["symbol"],
                        "fundingRate": str(rate),
                        "fundingRateTimestamp": str(ms),
                    }
                    for ms, rate in rows
                ]
            )
        case "open-interest":
            bars = truth.between(first, last)[::-1][: min(200, whole(query, "limit", 50))]
            return result(
                [{"openInterest": str(truth.open_interest), "timestamp": str(b[0])} for b in bars]
            )
        case "tickers":
            inverse = category == "inverse"
            interest = truth.open_interest * (truth.mark if inverse else 1.0)
            return result(
                [
                    {
                        "symbol": query["symbol"],
                        "lastPrice": str(truth.mark),
                        "markPrice": str(truth.mark),
                        "indexPrice": str(truth.index),
                        "fundingRate": str(truth.rate),
                        "nextFundingTime": str(truth.next_ms),
                        "openInterest": str(interest),
                    }
                ]
            )
        case _:
            raise KeyError(path)


def _bybit_lists(category: str) -> list[dict[str, object]]:
    def contract(
        symbol: str, kind: str, base: str, quote: str, settle: str, expiry: int = 0
    ) -> dict[str, object]:
        return {
            "symbol": symbol,
            "contractType": kind,
            "status": "Trading",
            "baseCoin": base,
            "quoteCoin": quote,
            "settleCoin": settle,
            "launchTime": "1585526400000",
            "deliveryTime": str(expiry),
            "deliveryFeeRate": "",
            "priceScale": "2",
            "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
            "priceFilter": {"minPrice": "0.10", "maxPrice": "1999999.80", "tickSize": "0.10"},
            "lotSizeFilter": {"maxOrderQty": "100", "minOrderQty": "0.001", "qtyStep": "0.001"},
            "unifiedMarginTrade": True,
            "fundingInterval": 480,
        }

    if category == "spot":
        return [
            {
                "symbol": "BTCUSDT",
                "baseCoin": "BTC",
                "quoteCoin": "USDT",
                "innovation": "0",
                "status": "Trading",
                "marginTrading": "both",
                "lotSizeFilter": {
                    "basePrecision": "0.000001",
                    "quotePrecision": "0.00000001",
                    "minOrderQty": "0.00004",
                    "maxOrderQty": "63",
                    "minOrderAmt": "1",
                    "maxOrderAmt": "100000",
                },
                "priceFilter": {"tickSize": "0.01"},
            }
        ]
    if category == "linear":
        return [
            contract("BTCUSDT", "LinearPerpetual", "BTC", "USDT", "USDT"),
            contract("SHIB1000USDT", "LinearPerpetual", "SHIB1000", "USDT", "USDT"),
            contract("1000PEPEUSDT", "LinearPerpetual", "1000PEPE", "USDT", "USDT"),
            contract("BTCUSDT-27MAR26", "LinearFutures", "BTC", "USDT", "USDT", EXPIRY_MS),
        ]
    return [
        contract("BTCUSD", "InversePerpetual", "BTC", "USD", "BTC"),
        contract("BTCUSDH26", "InverseFutures", "BTC", "USD", "BTC", EXPIRY_MS),
    ]


def binance(truth: Truth, path: str, query: Query) -> object:
    service, _, what = path.strip("/").partition("/v1/") if "/v1/" in path else ("api", "", path)
    first, last = whole(query, "startTime", 0), whole(query, "endTime", 1 << 62)
    limit = whole(query, "limit", 500)
    inverse = service == "dapi"
    symbol = query.get("symbol", "")
    match what.removeprefix("/api/v3/"):
        case "exchangeInfo":
            return _binance_lists(service)
        case "klines" | "markPriceKlines":
            rows = []
            for b in truth.between(first, last)[:limit]:
                volume, quote = (b[5] * b[4] / 100, b[5]) if inverse else (b[5], b[5] * b[4])
                rows.append(
                    [
                        b[0],
                        *(str(one) for one in b[1:5]),
                        str(volume),
                        b[0] + HOUR_MS - 1,
                        str(quote),
                        9,
                        "0",
                        "0",
                        "0",
                    ]
                )
            return rows
        case "fundingRate":
            return [
                {"symbol": symbol, "fundingTime": ms, "fundingRate": str(rate), "markPrice": "1"}
                for ms, rate in truth.settled(first, last)[:limit]
            ]
        case "premiumIndex":
            one = {
                "symbol": symbol,
                "markPrice": str(truth.mark),
                "indexPrice": str(truth.index),
                "lastFundingRate": str(truth.rate),
                "nextFundingTime": truth.next_ms,
                "time": truth.now_ms,
            }
            return [one] if inverse else one
        case "openInterest":
            held = truth.open_interest * (truth.mark / 100 if inverse else 1.0)
            return {"symbol": symbol, "openInterest": str(held), "time": truth.now_ms}
        case "ticker/price":
            one = {"symbol": symbol, "price": str(truth.mark), "time": truth.now_ms}
            return [one] if inverse else one
        case _:
            pass
    if path == "/futures/data/openInterestHist":
        if first < truth.now_ms - 30 * DAY_MS:
            return {"code": -1130, "msg": "parameter 'startTime' is invalid."}
        return [
            {
                "symbol": symbol,
                "sumOpenInterest": str(truth.open_interest),
                "sumOpenInterestValue": "1",
                "timestamp": b[0],
            }
            for b in truth.between(first, last)[:limit]
        ]
    raise KeyError(path)


def _binance_lists(service: str) -> object:
    def one(
        symbol: str, base: str, quote: str, margin: str, kind: str, expiry: int
    ) -> dict[str, object]:
        return {
            "symbol": symbol,
            "pair": symbol.partition("_")[0],
            "contractType": kind,
            "deliveryDate": expiry,
            "onboardDate": 1569398400000,
            "status": "TRADING",
            "contractStatus": "TRADING",
            "contractSize": 100,
            "baseAsset": base,
            "quoteAsset": quote,
            "marginAsset": margin,
            "pricePrecision": 2,
            "quantityPrecision": 3,
            "baseAssetPrecision": 8,
            "quotePrecision": 8,
            "filters": [],
            "orderTypes": ["LIMIT"],
            "permissions": ["SPOT"],
        }

    never = 4133404800000
    if service == "api":
        listed = [
            one("BTCUSDT", "BTC", "USDT", "", "", 0),
            one("SHIBUSDT", "SHIB", "USDT", "", "", 0),
        ]
        unknown = ("contractType", "marginAsset", "contractSize", "pair", "deliveryDate")
        for market in listed:
            for name in unknown:
                del market[name]
        return {"symbols": listed}
    if service == "fapi":
        return {
            "symbols": [
                one("BTCUSDT", "BTC", "USDT", "USDT", "PERPETUAL", never),
                one("1000SHIBUSDT", "1000SHIB", "USDT", "USDT", "PERPETUAL", never),
                one("BTCUSDT_260327", "BTC", "USDT", "USDT", "CURRENT_QUARTER", EXPIRY_MS),
            ]
        }
    return {
        "symbols": [
            one("BTCUSD_PERP", "BTC", "USD", "BTC", "PERPETUAL", never),
            one("BTCUSD_260327", "BTC", "USD", "BTC", "CURRENT_QUARTER", EXPIRY_MS),
        ]
    }


def bingx(truth: Truth, path: str, query: Query) -> object:
    first, last = whole(query, "startTime", 0), whole(query, "endTime", 1 << 62)
    newest = truth.between(first, last)[::-1][: whole(query, "limit", 500)]
    symbol = query.get("symbol", "")
    premium = {
        "symbol": symbol,
        "markPrice": str(truth.mark),
        "indexPrice": str(truth.index),
        "lastFundingRate": str(truth.rate),
        "nextFundingTime": truth.next_ms,
    }
    match path.removeprefix("/openApi"):
        case "/spot/v1/common/symbols":
            data: object = {
                "symbols": [
                    {
                        "symbol": "BTC-USDT",
                        "minNotional": 5,
                        "maxNotional": 20000,
                        "status": 1,
                        "tickSize": 0.01,
                        "stepSize": 0.00001,
                        "apiStateSell": True,
                        "apiStateBuy": True,
                    }
                ]
            }
        case "/swap/v2/quote/contracts":
            data = [
                {
                    "contractId": "1",
                    "symbol": f"{coin}-USDT",
                    "size": "0.0001",
                    "quantityPrecision": 4,
                    "pricePrecision": 1,
                    "feeRate": 0.0005,
                    "tradeMinLimit": 1,
                    "currency": "USDT",
                    "asset": coin,
                    "status": 1,
                }
                for coin in ("BTC", "1000PEPE")
            ]
        case "/cswap/v1/market/contracts":
            data = [
                {
                    "symbol": "BTC-USD",
                    "pricePrecision": 1,
                    "minTickSize": "100",
                    "minTradeValue": "100",
                    "minQty": "1",
                    "status": 1,
                    "timeOnline": 0,
                }
            ]
        case "/spot/v1/market/kline":
            data = [[*b, b[0] + HOUR_MS - 1, b[5] * b[4]] for b in newest]
        case "/swap/v3/quote/klines":
            data = [
                {
                    "open": str(b[1]),
                    "high": str(b[2]),
                    "low": str(b[3]),
                    "close": str(b[4]),
                    "volume": str(b[5]),
                    "time": b[0],
                }
                for b in newest
            ]
        case "/swap/v1/market/markPriceKlines":
            data = [
                {
                    "open": str(b[1]),
                    "high": str(b[2]),
                    "low": str(b[3]),
                    "close": str(b[4]),
                    "volume": "0.00",
                    "openTime": b[0],
                    "closeTime": b[0] + HOUR_MS - 1,
                }
                for b in newest
            ]
        case "/swap/v2/quote/fundingRate":
            rows = truth.settled(first, last)[::-1][: whole(query, "limit", 100)]
            data = [
                {"symbol": symbol, "fundingRate": str(rate), "fundingTime": ms} for ms, rate in rows
            ]
        case "/swap/v2/quote/premiumIndex":
            data = premium
        case "/cswap/v1/market/premiumIndex":
            data = [premium]
        case "/swap/v2/quote/openInterest":
            data = {
                "openInterest": str(truth.open_interest * truth.mark),
                "symbol": symbol,
                "time": truth.now_ms,
            }
        case "/cswap/v1/market/openInterest":
            data = [
                {
                    "openInterest": str(truth.open_interest),
                    "symbol": symbol,
                    "timestamp": truth.now_ms,
                }
            ]
        case _:
            raise KeyError(path)
    return {"code": 0, "msg": "", "data": data}


def weex(truth: Truth, path: str, query: Query) -> object:
    first, last = whole(query, "startTime", 0), whole(query, "endTime", 1 << 62)
    symbol = query.get("symbol", "")
    match path:
        case "/api/v3/exchangeInfo":
            return {
                "symbols": [
                    {
                        "symbol": "BTCUSDT",
                        "status": "TRADING",
                        "baseAsset": "BTC",
                        "quoteAsset": "USDT",
                        "tickSize": "0.01",
                        "stepSize": "0.00001",
                        "takerFeeRate": "0.001",
                        "makerFeeRate": "0.001",
                        "enableTrade": True,
                    }
                ]
            }
        case "/capi/v3/market/exchangeInfo":
            return {
                "symbols": [
                    {
                        "symbol": f"{coin}USDT",
                        "baseAsset": coin,
                        "quoteAsset": "USDT",
                        "marginAsset": "USDT",
                        "pricePrecision": "1",
                        "quantityPrecision": "3",
                        "contractVal": "0.001",
                        "delivery": ["00:00:00", "08:00:00", "16:00:00"],
                        "forwardContractFlag": True,
                        "minLeverage": "1",
                        "maxLeverage": "400",
                        "makerFeeRate": "0.0002",
                        "takerFeeRate": "0.0008",
                        "minOrderSize": "0.001",
                        "maxOrderSize": "1000000",
                    }
                    for coin in ("BTC", "1000SATS")
                ]
            }
        case "/capi/v3/market/historyKlines":
            bars = truth.between(first, last)[-min(100, whole(query, "limit", 100)) :]
            return [
                [b[0], *(str(one) for one in b[1:6]), b[0] + HOUR_MS - 1, str(b[5] * b[4])]
                for b in bars
            ]
        case "/capi/v3/market/fundingRate":
            rows = truth.settled(first, last)[-whole(query, "limit", 100) :]
            return [
                {"symbol": symbol, "fundingRate": str(rate), "fundingTime": ms, "markPrice": "1"}
                for ms, rate in rows
            ]
        case "/capi/v3/market/openInterest":
            return {
                "symbol": symbol,
                "openInterest": str(truth.open_interest),
                "time": truth.now_ms,
            }
        case "/capi/v3/market/premiumIndex":
            return [
                {
                    "symbol": one,
                    "markPrice": str(mark),
                    "indexPrice": str(truth.index),
                    "lastFundingRate": "9",
                    "forecastFundingRate": str(truth.rate),
                    "nextFundingTime": truth.next_ms,
                    "collectCycle": 480,
                    "time": truth.now_ms,
                }
                for one, mark in (("ETHUSDT", 3000.0), ("BTCUSDT", truth.mark))
            ]
        case _:
            raise KeyError(path)


def mexc(truth: Truth, path: str, query: Query) -> object:
    symbol = path.rsplit("/", maxsplit=1)[-1]
    size = {"BTC_USDT": 0.0001, "SHIB_USDT": 1000.0, "BTC_USD": 100.0}
    inverse = symbol == "BTC_USD"
    if path == "/api/v3/exchangeInfo":
        return {
            "symbols": [
                {
                    "symbol": "BTCUSDT",
                    "status": "1",
                    "baseAsset": "BTC",
                    "baseAssetPrecision": "8",
                    "quoteAsset": "USDT",
                    "quoteAssetPrecision": "2",
                    "isSpotTradingAllowed": True,
                    "permissions": ["SPOT"],
                    "filters": [],
                    "baseSizePrecision": "0.000001",
                    "maxQuoteAmount": "5000000",
                    "makerCommission": "0",
                    "takerCommission": "0.0005",
                    "quoteAmountPrecision": "5",
                }
            ]
        }
    if path == "/api/v3/klines":
        bars = truth.between(whole(query, "startTime", 0), whole(query, "endTime", 1 << 62) - 1)
        return [
            [b[0], *(str(one) for one in b[1:6]), b[0] + HOUR_MS, str(b[5] * b[4])]
            for b in bars[:500]
        ]
    data: object
    match path.removeprefix("/api/v1/contract/").partition("/")[0]:
        case "detail":
            data = [
                {
                    "symbol": name,
                    "baseCoin": name.split("_")[0],
                    "quoteCoin": name.split("_")[1],
                    "settleCoin": "BTC" if name.endswith("USD") else "USDT",
                    "contractSize": worth,
                    "minLeverage": 1,
                    "maxLeverage": 125,
                    "priceUnit": 0.1,
                    "volUnit": 1,
                    "minVol": 1,
                    "maxVol": 1000000,
                    "takerFeeRate": 0.0004,
                    "makerFeeRate": 0.0001,
                    "state": 0,
                }
                for name, worth in size.items()
            ]
        case "kline":
            bars = truth.between(
                1000 * whole(query, "start", 0), 1000 * whole(query, "end", 1 << 50)
            )[-2000:]
            vol = [b[5] * b[4] / 100.0 if inverse else b[5] / size[symbol] for b in bars]
            data = {
                "time": [b[0] // 1000 for b in bars],
                "open": [b[1] for b in bars],
                "close": [b[4] for b in bars],
                "high": [b[2] for b in bars],
                "low": [b[3] for b in bars],
                "vol": vol,
                "amount": vol,
            }
        case "funding_rate" if path.endswith("/history"):
            rows = numbered(truth.funding, query, "page_num", "page_size")
            data = {
                "pageSize": 100,
                "totalCount": len(truth.funding),
                "resultList": [
                    {"symbol": query["symbol"], "fundingRate": rate, "settleTime": ms}
                    for ms, rate in rows
                ],
            }
        case "funding_rate":
            data = {
                "symbol": symbol,
                "fundingRate": truth.rate,
                "maxFundingRate": 0.003,
                "minFundingRate": -0.003,
                "collectCycle": 8,
                "nextSettleTime": truth.next_ms,
                "timestamp": truth.now_ms,
            }
        case "ticker":
            name = query["symbol"]
            held = (
                truth.open_interest * truth.mark / 100.0
                if name == "BTC_USD"
                else truth.open_interest / size[name]
            )
            data = {
                "symbol": name,
                "lastPrice": truth.mark,
                "holdVol": held,
                "indexPrice": truth.index,
                "fairPrice": truth.mark,
                "fundingRate": truth.rate,
                "timestamp": truth.now_ms,
            }
        case _:
            raise KeyError(path)
    return {"success": True, "code": 0, "data": data}


def bitget(truth: Truth, path: str, query: Query) -> object:
    inverse = query.get("productType") == "COIN-FUTURES"
    symbol = query.get("symbol", "")
    # What lies before the end, and the candle that begins at the end is left out.
    newest = truth.between(0, whole(query, "endTime", 1 << 62) - 1)
    oldest_first = newest[-min(200, whole(query, "limit", 100)) :]
    data: object
    match path.removeprefix("/api/v2/"):
        case "spot/public/symbols":
            data = [
                {
                    "symbol": "BTCUSDT",
                    "baseCoin": "BTC",
                    "quoteCoin": "USDT",
                    "minTradeAmount": "0",
                    "maxTradeAmount": "10000",
                    "takerFeeRate": "0.001",
                    "makerFeeRate": "0.001",
                    "pricePrecision": "2",
                    "quantityPrecision": "6",
                    "quotePrecision": "8",
                    "status": "online",
                }
            ]
        case "margin/currencies":
            data = []
        case "mix/market/contracts":
            data = _bitget_lists(query["productType"])
        case "spot/market/history-candles" | "mix/market/history-candles":
            data = [
                [
                    str(b[0]),
                    *(str(one) for one in b[1:5]),
                    *([str(b[5] * b[4]), str(b[5])] if inverse else [str(b[5]), str(b[5] * b[4])]),
                ]
                for b in oldest_first
            ]
        case "mix/market/history-mark-candles":
            data = [[str(b[0]), *(str(one) for one in b[1:5]), "0", "0"] for b in oldest_first]
        case "mix/market/history-fund-rate":
            rows = numbered(truth.funding, query, "pageNo", "pageSize")
            data = [
                {"symbol": symbol, "fundingRate": str(rate), "fundingTime": str(ms)}
                for ms, rate in rows
            ]
        case "mix/market/ticker":
            data = [
                {
                    "symbol": symbol,
                    "lastPr": str(truth.mark),
                    "markPrice": str(truth.mark),
                    "indexPrice": str(truth.index),
                    "fundingRate": str(truth.rate),
                    "holdingAmount": str(truth.open_interest),
                    "ts": str(truth.now_ms),
                }
            ]
        case "mix/market/current-fund-rate":
            data = [
                {
                    "symbol": symbol,
                    "fundingRate": str(truth.rate),
                    "fundingRateInterval": "8",
                    "nextUpdate": str(truth.next_ms),
                }
            ]
        case _:
            raise KeyError(path)
    return {"code": "00000", "msg": "success", "requestTime": truth.now_ms, "data": data}


def _bitget_lists(product: str) -> list[dict[str, object]]:
    def one(symbol: str, base: str, quote: str, expiry: int = 0) -> dict[str, object]:
        return {
            "symbol": symbol,
            "baseCoin": base,
            "quoteCoin": quote,
            "makerFeeRate": "0.0002",
            "takerFeeRate": "0.0006",
            "supportMarginCoins": [quote if quote != "USD" else base],
            "minTradeNum": "0.001",
            "priceEndStep": "1",
            "volumePlace": "3",
            "pricePlace": "1",
            "sizeMultiplier": "0.001",
            "symbolType": "delivery" if expiry else "perpetual",
            "minTradeUSDT": "5",
            "symbolStatus": "normal",
            "deliveryTime": str(expiry or ""),
            "fundInterval": "8",
            "minLever": "1",
            "maxLever": "125",
        }

    if product == "USDT-FUTURES":
        return [one("BTCUSDT", "BTC", "USDT"), one("1000BONKUSDT", "1000BONK", "USDT")]
    if product == "COIN-FUTURES":
        return [one("BTCUSD", "BTC", "USD"), one("BTCUSDH26", "BTC", "USD", EXPIRY_MS)]
    return []


def okx(truth: Truth, path: str, query: Query) -> object:
    symbol = query.get("instId", "")
    inverse = "-USD-" in symbol or symbol.endswith("-USD-SWAP")
    spot = symbol.count("-") == 1
    first, last = whole(query, "before", -1) + 1, whole(query, "after", 1 << 62) - 1
    data: object
    match path.removeprefix("/api/v5/"):
        case "public/instruments":
            data = _okx_lists(query["instType"])
        case "market/history-candles":
            bars = truth.between(first, last)[::-1][: min(300, whole(query, "limit", 100))]
            data = [
                [
                    str(b[0]),
                    *(str(one) for one in b[1:5]),
                    *_okx_volumes(b, spot=spot, inverse=inverse),
                    "1",
                ]
                for b in bars
            ]
        case "market/history-mark-price-candles":
            bars = truth.between(first, last)[::-1][: min(100, whole(query, "limit", 100))]
            data = [[str(b[0]), *(str(one) for one in b[1:5]), "1"] for b in bars]
        case "public/funding-rate-history":
            rows = truth.settled(first, last)[::-1][: min(100, whole(query, "limit", 100))]
            data = [
                {
                    "instType": "SWAP",
                    "instId": symbol,
                    "fundingRate": "9",
                    "realizedRate": str(rate),
                    "fundingTime": str(ms),
                }
                for ms, rate in rows
            ]
        case "rubik/stat/contracts/open-interest-history":
            bars = truth.between(whole(query, "begin", -1) + 1, whole(query, "end", 1 << 62) - 1)[
                ::-1
            ][:100]
            held = truth.open_interest
            data = [[str(b[0]), str(held * 100), str(held), str(held * truth.mark)] for b in bars]
        case "public/funding-rate":
            data = [
                {
                    "instId": symbol,
                    "fundingRate": str(truth.rate),
                    "fundingTime": str(truth.next_ms),
                    "nextFundingTime": str(truth.next_ms + 8 * HOUR_MS),
                }
            ]
        case "public/open-interest":
            contracts = (
                truth.open_interest * truth.mark / 100 if inverse else truth.open_interest / 0.01
            )
            data = [
                {
                    "instId": symbol,
                    "instType": query["instType"],
                    "oi": str(contracts),
                    "oiCcy": str(truth.open_interest),
                    "ts": str(truth.now_ms),
                }
            ]
        case "public/mark-price":
            data = [{"instId": symbol, "markPx": str(truth.mark), "ts": str(truth.now_ms)}]
        case "market/index-tickers":
            data = [
                {
                    "instId": {"BTC-USDT": "BTC-USDT", "BTC-USD": "BTC-USD"}[symbol],
                    "idxPx": str(truth.index),
                    "ts": str(truth.now_ms),
                }
            ]
        case "market/ticker":
            data = [{"instId": symbol, "last": str(truth.mark), "ts": str(truth.now_ms)}]
        case _:
            raise KeyError(path)
    return {"code": "0", "msg": "", "data": data}


def _okx_volumes(bar: Bar, *, spot: bool, inverse: bool) -> list[str]:
    contracts = bar[5] * bar[4] / 100 if inverse else bar[5] / 0.01
    first = bar[5] if spot else contracts
    second = bar[5] * bar[4] if spot else bar[5]
    return [str(first), str(second), str(bar[5] * bar[4])]


def _okx_lists(kind: str) -> list[dict[str, object]]:
    def one(
        name: str, base: str, quote: str, settle: str, value: str, expiry: str = ""
    ) -> dict[str, object]:
        linear = settle == quote
        return {
            "alias": "",
            "baseCcy": base if kind == "SPOT" else "",
            "category": "1",
            "ctMult": "1",
            "ctType": "" if kind == "SPOT" else ("linear" if linear else "inverse"),
            "ctVal": value,
            "ctValCcy": base if linear else quote,
            "expTime": expiry,
            "instId": name,
            "instType": kind,
            "lever": "10",
            "listTime": "1548133413000",
            "lotSz": "1",
            "minSz": "1",
            "optType": "",
            "quoteCcy": quote if kind == "SPOT" else "",
            "settleCcy": settle,
            "state": "live",
            "stk": "",
            "tickSz": "0.1",
            "uly": "" if kind == "SPOT" else f"{base}-{quote}",
            "instFamily": "" if kind == "SPOT" else f"{base}-{quote}",
        }

    if kind == "SPOT":
        return [one("BTC-USDT", "BTC", "USDT", "", "")]
    if kind == "SWAP":
        return [
            one("BTC-USDT-SWAP", "BTC", "USDT", "USDT", "0.01"),
            one("BTC-USD-SWAP", "BTC", "USD", "BTC", "100"),
            one("SATS-USDT-SWAP", "SATS", "USDT", "USDT", "10000000"),
        ]
    return [
        one("BTC-USDT-260327", "BTC", "USDT", "USDT", "0.01", str(EXPIRY_MS)),
        one("BTC-USD-260327", "BTC", "USD", "BTC", "100", str(EXPIRY_MS)),
    ]


def deribit(truth: Truth, path: str, query: Query) -> object:
    first, last = whole(query, "start_timestamp", 0), whole(query, "end_timestamp", 1 << 62)
    result: object
    match path.removeprefix("/api/v2/public/"):
        case "get_instruments":
            result = [
                _deribit_lists("BTC-PERPETUAL", "BTC", "USD", "BTC", 10.0),
                _deribit_lists("BTC-27MAR26", "BTC", "USD", "BTC", 10.0, EXPIRY_MS),
                _deribit_lists("BTC_USDC-PERPETUAL", "BTC", "USDC", "USDC", 0.0001),
            ]
        case "get_tradingview_chart_data":
            bars = truth.between(first, last)[:5000]
            names = ("open", "high", "low", "close", "volume")
            result = {
                "ticks": [b[0] for b in bars],
                "status": "ok",
                "cost": [b[5] * b[4] for b in bars],
            }
            result |= {name: [b[place] for b in bars] for place, name in enumerate(names, start=1)}
        case "get_funding_rate_history":
            result = [
                {
                    "timestamp": b[0],
                    "index_price": 1.0,
                    "prev_index_price": 1.0,
                    "interest_8h": 9.0,
                    "interest_1h": 1e-5,
                }
                for b in truth.between(first, last)[-744:]
            ]
        case "get_volatility_index_data":
            page = truth.between(first, last)[-1000:]
            oldest = truth.between(first, last)[:1]
            older = page and page[0] != oldest[0]
            rows = [[b[0], 50.0, 60.0, 40.0, truth.volatility] for b in page]
            result = {"data": rows, "continuation": page[0][0] if older else None}
        case "ticker":
            held = truth.open_interest * (1.0 if "USDC" in query["instrument_name"] else truth.mark)
            result = {
                "open_interest": held,
                "mark_price": truth.mark,
                "index_price": truth.index,
                "last_price": truth.mark,
                "funding_8h": truth.rate,
                "current_funding": 0.0,
                "timestamp": truth.now_ms,
                "instrument_name": query["instrument_name"],
            }
        case _:
            raise KeyError(path)
    return {
        "jsonrpc": "2.0",
        "result": result,
        "usIn": 1,
        "usOut": 2,
        "usDiff": 1,
        "testnet": False,
    }


def _deribit_lists(
    name: str, base: str, quote: str, settle: str, size: float, expiry: int = 0
) -> dict[str, object]:
    return {
        "tick_size": 0.5,
        "taker_commission": 0.0005,
        "settlement_period": "month" if expiry else "perpetual",
        "settlement_currency": settle,
        "quote_currency": quote,
        "min_trade_amount": size,
        "max_leverage": 50,
        "maker_commission": 0.0,
        "kind": "future",
        "is_active": True,
        "instrument_name": name,
        "future_type": "linear" if settle == quote else "reversed",
        "expiration_timestamp": expiry or 32503708800000,
        "creation_timestamp": 1534242287000,
        "counter_currency": quote,
        "contract_size": size,
        "base_currency": base,
    }


VENUES: Mapping[str, Callable[[Truth, str, Query], object]] = {
    "binance": binance,
    "bybit": bybit,
    "bingx": bingx,
    "weex": weex,
    "mexc": mexc,
    "bitget": bitget,
    "okx": okx,
    "deribit": deribit,
}
