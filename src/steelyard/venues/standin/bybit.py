"""This file answers as the public market REST of Bybit does, version 5."""

import json
from collections.abc import Callable, Mapping
from typing import Final

from steelyard.domain.time import HOUR_MS
from steelyard.venues.standin import bybit_listing
from steelyard.venues.standin.history import LENGTHS, MINUTE_MS, History, Window, bars
from steelyard.venues.standin.refusal import Refusal
from steelyard.venues.standin.world import Answer, Asked, Contract, Standin

_ROOT: Final = "/v5/market/"
_Document = dict[str, object]
_Query = Mapping[str, str]
_PARAMETERS: Final = 10_001
_CATEGORIES: Final = ("spot", "linear", "inverse", "option")
_MINUTES: Final = {"1", "3", "5", "15", "30", "60", "120", "240", "360", "720"}
_NAMED: Final = {"D": "1d", "W": "1w", "M": "1M"}
_PERIODS: Final = {
    "5min": "5m",
    "15min": "15m",
    "30min": "30m",
    "1h": "1h",
    "4h": "4h",
    "1d": "1d",
}
_PAGE: Final = 200


def bybit_answer(world: Standin, asked: Asked) -> Answer:
    """Return what Bybit answers: status 200 for whatever it knows, with a code of its own."""
    document: _Document = {"retCode": 0, "retMsg": "OK", "result": {}}
    tell = _ROUTES.get(asked.path.removeprefix(_ROOT))
    if tell is None:
        return Answer(404, b"Not Found", "text/plain")
    try:
        document["result"] = tell(world, asked.query)
    except Refusal as refusal:
        document |= {"retCode": refusal.code, "retMsg": refusal.message}
    document |= {"retExtInfo": {}, "time": world.now_ms()}
    return Answer(200, json.dumps(document).encode())


def _category(query: _Query) -> str:
    """Return the category that is asked for.

    Raises
    ------
    Refusal
        If it is none.
    """
    category = query.get("category", "")
    if category not in _CATEGORIES:
        raise Refusal(_PARAMETERS, "params error: category is required")
    return category


def _contract(world: Standin, query: _Query) -> Contract:
    """Return the contract that is asked for.

    Raises
    ------
    Refusal
        If there is no such one.
    """
    found = world.contract(f"bybit_{_category(query)}", query.get("symbol", ""))
    if found is None:
        raise Refusal(_PARAMETERS, "params error: symbol invalid")
    return found


def _whole(query: _Query, name: str) -> int | None:
    """Return a whole number that is asked for; None where it is not.

    Raises
    ------
    Refusal
        If it is none.
    """
    words = query.get(name)
    if words is None:
        return None
    if not words.isdigit():
        raise Refusal(_PARAMETERS, f"params error: {name} invalid")
    return int(words)


def _limit(query: _Query, *, usual: int, most: int) -> int:
    """Return how many rows are answered; the venue gives fewer than are asked for in silence."""
    return min(max(_whole(query, "limit") or usual, 1), most)


def _time(world: Standin, _query: _Query) -> object:
    now_ms = world.now_ms()
    return {"timeSecond": str(now_ms // 1000), "timeNano": str(now_ms * 1_000_000)}


def _klines(kind: str) -> Callable[[Standin, _Query], object]:
    def answer(world: Standin, query: _Query) -> object:
        contract = _contract(world, query)
        interval = _interval(query.get("interval", ""))
        first_ms, end_ms = _whole(query, "start"), _whole(query, "end")
        limit = _limit(query, usual=200, most=1000)
        window = Window(first_ms, end_ms, limit, newest=end_ms is not None)
        history = _history(world, contract, kind)
        found = bars(history, interval, window, world.now_ms())
        wide = 6 if kind == "klines" else 4
        decimals = 6 if kind == "premiumIndexKlines" else contract.decimals
        rows = [
            [str(int(ms)), *_told(row, decimals)[:wide]]
            for ms, row in zip(found.ms, found.rows.tolist(), strict=True)
        ]
        return {"category": query["category"], "symbol": contract.symbol, "list": rows[::-1]}

    return answer


def _interval(words: str) -> str:
    """Return an interval by the name that Binance gives it.

    Raises
    ------
    Refusal
        If it is none.
    """
    if words in _MINUTES:
        by_length = {length: name for name, length in LENGTHS.items()}
        return by_length[int(words) * MINUTE_MS]
    if words not in _NAMED:
        raise Refusal(_PARAMETERS, "params error: interval invalid")
    return _NAMED[words]


def _history(world: Standin, contract: Contract, kind: str) -> History:
    """Return a history of a contract, or of the index it follows.

    Raises
    ------
    Refusal
        If there is none.
    """
    whose = contract.pair if kind == "indexPriceKlines" else contract.symbol
    found = world.history.get((contract.market, kind, whose))
    if found is None:
        raise Refusal(_PARAMETERS, "params error: symbol invalid")
    return found


def _told(row: list[float], decimals: int) -> list[str]:
    return [*(f"{value:.{decimals}f}" for value in row[:4]), *(f"{v:.4f}" for v in row[4:])]


def _funding(world: Standin, query: _Query) -> object:
    """Return settlements, the newest first; the venue wants an end where a start is told.

    Raises
    ------
    Refusal
        If there is a start alone.
    """
    contract = _contract(world, query)
    first_ms, end_ms = _whole(query, "startTime"), _whole(query, "endTime")
    if first_ms is not None and end_ms is None:
        raise Refusal(_PARAMETERS, "params error: endTime is required when startTime is given")
    history = _history(world, contract, "fundingRate")
    window = Window(first_ms, end_ms, _limit(query, usual=_PAGE, most=_PAGE), newest=True)
    seen = history.ms[history.ms <= world.now_ms()]
    page = window.of(seen)
    rows = [
        {
            "symbol": contract.symbol,
            "fundingRate": f"{row[1]:.8f}",
            "fundingRateTimestamp": str(int(ms)),
        }
        for ms, row in zip(seen[page], history.rows[page].tolist(), strict=True)
    ]
    return {"category": query["category"], "list": rows[::-1]}


def _open_interest(world: Standin, query: _Query) -> object:
    """Return open interest, the newest first, and where the page before ends.

    Raises
    ------
    Refusal
        If the interval is none.
    """
    contract = _contract(world, query)
    period = _PERIODS.get(query.get("intervalTime", ""))
    if period is None:
        raise Refusal(_PARAMETERS, "params error: intervalTime invalid")
    history = _history(world, contract, "metrics")
    step = max(LENGTHS[period], HOUR_MS)
    kept = (history.ms <= world.now_ms()) & (history.ms % step == 0)
    ms, rows = history.ms[kept], history.rows[kept]
    first_ms, end_ms = _whole(query, "startTime"), _whole(query, "endTime")
    cursor = _whole(query, "cursor")
    end_ms = end_ms if cursor is None else cursor
    page = Window(first_ms, end_ms, _limit(query, usual=50, most=_PAGE), newest=True).of(ms)
    told = [
        {"openInterest": f"{row[0]:.8f}", "timestamp": str(int(stamp))}
        for stamp, row in zip(ms[page], rows[page].tolist(), strict=True)
    ]
    before = page.start > 0 and (first_ms is None or int(ms[page.start - 1]) >= first_ms)
    return {
        "category": query["category"],
        "symbol": contract.symbol,
        "list": told[::-1],
        "nextPageCursor": str(int(ms[page.start - 1])) if before else "",
    }


def _instruments(world: Standin, query: _Query) -> object:
    return bybit_listing.instruments(
        world,
        _category(query),
        wanted=query,
        limit=_limit(query, usual=500, most=1000),
        first=_whole(query, "cursor") or 0,
    )


def _tickers(world: Standin, query: _Query) -> object:
    category = _category(query)
    if "symbol" in query:
        _contract(world, query)
    rows = [
        _ticker(world, contract)
        for contract in world.listed(f"bybit_{category}")
        if contract.trades(world.now_ms())
        and query.get("symbol", contract.symbol) == contract.symbol
    ]
    return {"category": category, "list": rows}


def _ticker(world: Standin, contract: Contract) -> _Document:
    symbol, market = contract.symbol, contract.market
    day = world.last_day(contract)
    last, before = float(day[-1, 3]), float(day[0, 0])
    tick = float(contract.tick)
    told: _Document = {
        "symbol": symbol,
        "lastPrice": _price(contract, last),
        "highPrice24h": _price(contract, float(day[:, 1].max())),
        "lowPrice24h": _price(contract, float(day[:, 2].min())),
        "prevPrice24h": _price(contract, before),
        "price24hPcnt": f"{last / before - 1:.6f}",
        "volume24h": f"{float(day[:, 4].sum()):.4f}",
        "turnover24h": f"{float(day[:, 5].sum()):.4f}",
        "bid1Price": _price(contract, last),
        "bid1Size": contract.step,
        "ask1Price": _price(contract, last + tick),
        "ask1Size": contract.step,
    }
    if market == "bybit_spot":
        return told | {"usdIndexPrice": _price(contract, last)}
    return told | _derived(world, contract, float(day[-1, 0]))


def _derived(world: Standin, contract: Contract, hour_ago: float) -> _Document:
    """Return what only futures have in their ticker."""
    market, now_ms = contract.market, world.now_ms()
    marked = world.price(market, "markPriceKlines", contract.symbol)
    index = world.price(market, "indexPriceKlines", contract.pair)
    interest = world.newest((market, "metrics", contract.symbol), 0)
    perpetual = not contract.expiry_ms
    length_ms = contract.funding_hours * HOUR_MS
    value = interest / marked if market == "bybit_inverse" else interest * marked
    rate = world.newest((market, "fundingRate", contract.symbol), 1)
    return {
        "markPrice": _price(contract, marked),
        "indexPrice": _price(contract, index),
        "prevPrice1h": _price(contract, hour_ago),
        "openInterest": f"{interest:.3f}",
        "openInterestValue": f"{value:.2f}",
        "fundingRate": f"{rate:.8f}" if perpetual else "",
        "nextFundingTime": str((now_ms // length_ms + 1) * length_ms) if perpetual else "0",
        "predictedDeliveryPrice": "",
        "basisRate": "" if perpetual else f"{marked / index - 1:.8f}",
        "basis": "" if perpetual else _price(contract, marked - index),
        "deliveryFeeRate": "" if perpetual else "0.0005",
        "deliveryTime": str(contract.expiry_ms),
    }


def _book(world: Standin, query: _Query) -> object:
    contract = _contract(world, query)
    last, tick = world.price(contract.market, "klines", contract.symbol), float(contract.tick)
    depth = _limit(query, usual=25, most=500)
    now_ms = world.now_ms()
    sizes = [f"{float(contract.step) * 100 * level:.6f}" for level in range(1, depth + 1)]
    bids = [[_price(contract, last - k * tick), size] for k, size in enumerate(sizes)]
    asks = [[_price(contract, last + k * tick), size] for k, size in enumerate(sizes, start=1)]
    told = {"s": contract.symbol, "b": bids, "a": asks}
    return told | {"ts": now_ms, "u": now_ms, "seq": now_ms, "cts": now_ms}


def _price(contract: Contract, value: float) -> str:
    return f"{value:.{contract.decimals}f}"


_ROUTES: Final[dict[str, Callable[[Standin, _Query], object]]] = {
    "time": _time,
    "instruments-info": _instruments,
    "kline": _klines("klines"),
    "mark-price-kline": _klines("markPriceKlines"),
    "index-price-kline": _klines("indexPriceKlines"),
    "premium-index-price-kline": _klines("premiumIndexKlines"),
    "funding/history": _funding,
    "open-interest": _open_interest,
    "tickers": _tickers,
    "orderbook": _book,
}
