"""This file answers as the public REST of Binance does: spot, linear and coin-margined futures."""

import json
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from steelyard.domain.time import DAY_MS, HOUR_MS
from steelyard.venues.standin import binance_listing
from steelyard.venues.standin.binance_quotes import basis, book, day, front, mark, price, written
from steelyard.venues.standin.history import LENGTHS, History, Window, bars, end_of
from steelyard.venues.standin.refusal import Refusal
from steelyard.venues.standin.world import Answer, Asked, Contract, Standin, settled_ms

_MARKETS: Final = {"api.binance.com": "spot", "fapi.binance.com": "um", "dapi.binance.com": "cm"}
_ROOTS: Final = {"spot": "/api/v3/", "um": "/fapi/v1/", "cm": "/dapi/v1/"}
_DATA_ROOT: Final = "/futures/data/"
_MOST: Final = {"spot": 1000, "um": 1500, "cm": 1500}
_LONGEST_MS: Final = 200 * DAY_MS
"""Coin-margined bars are told of at most this long a time, and from its end."""

_KEPT_MS: Final = 30 * DAY_MS
_NO_SYMBOL: Final = Refusal(-1121, "Invalid symbol.")
_PERIODS: Final = {"5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d"}


def binance_answer(world: Standin, asked: Asked) -> Answer:
    """Return what Binance answers."""
    market = _MARKETS[asked.host]
    try:
        told = _route(market, asked)(world, market, asked.query)
    except Refusal as refusal:
        document = {"code": refusal.code, "msg": refusal.message}
        return Answer(refusal.status, json.dumps(document).encode())
    return Answer(200, json.dumps(told).encode())


_Route = Callable[[Standin, str, Mapping[str, str]], object]
_Written = Callable[[float], str]


def _route(market: str, asked: Asked) -> _Route:
    """Return what answers a path.

    Raises
    ------
    Refusal
        If nothing does.
    """
    root = _ROOTS[market]
    if asked.path.startswith(root):
        name = asked.path.removeprefix(root)
        found = _ROUTES.get(name)
        if found is not None and (market != "spot" or name in _SPOT):
            return found
    elif asked.path.startswith(_DATA_ROOT) and market != "spot":
        found = _DATA_ROUTES.get(asked.path.removeprefix(_DATA_ROOT))
        if found is not None:
            return found
    raise Refusal(-5000, f"Path {asked.path}, Method {asked.method} is invalid", 404)


def _ping(_world: Standin, _market: str, _query: Mapping[str, str]) -> object:
    return {}


def _time(world: Standin, _market: str, _query: Mapping[str, str]) -> object:
    return {"serverTime": world.now_ms()}


def _contract(world: Standin, market: str, query: Mapping[str, str]) -> Contract:
    """Return the contract that is asked for.

    Raises
    ------
    Refusal
        If none is, or there is no such one.
    """
    if "symbol" not in query:
        message = "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed."
        raise Refusal(-1102, message)
    found = world.contract(market, query["symbol"])
    if found is None:
        raise _NO_SYMBOL
    return found


def _whole(query: Mapping[str, str], name: str) -> int | None:
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
        raise Refusal(-1100, f"Illegal characters found in parameter '{name}'.")
    return int(words)


def _limit(query: Mapping[str, str], *, usual: int, most: int, clamped: bool = False) -> int:
    """Return how many rows may be answered.

    Raises
    ------
    Refusal
        If too many are asked for, and the venue does not just give fewer.
    """
    limit = _whole(query, "limit")
    if limit is None:
        return usual
    if limit > most and clamped:
        return most
    if not 1 <= limit <= most:
        raise Refusal(-1130, "Data sent for parameter 'limit' is not valid.")
    return limit


def _klines(kind: str) -> _Route:
    def answer(world: Standin, market: str, query: Mapping[str, str]) -> object:
        history = _priced(world, market, kind, query)
        interval = query.get("interval", "")
        if interval not in LENGTHS and interval != "1M":
            raise Refusal(-1120, "Invalid interval.")
        limit = _limit(query, usual=500, most=_MOST[market], clamped=market == "spot")
        window = Window(_whole(query, "startTime"), _whole(query, "endTime"), limit)
        if market == "cm":
            window = _coin_margined(window, world.now_ms())
        found = bars(history, interval, window, world.now_ms())
        write = _written(world, market, kind, query)
        return [
            _kline(int(ms), end_of(int(ms), interval) - 1, row, write)
            for ms, row in zip(found.ms, found.rows.tolist(), strict=True)
        ]

    return answer


def _priced(world: Standin, market: str, kind: str, query: Mapping[str, str]) -> History:
    """Return the bars that are asked for: of a symbol, or of the index of a pair.

    Raises
    ------
    Refusal
        If there are none.
    """
    symbol = query.get("pair", "") if kind == "indexPriceKlines" else ""
    symbol = symbol or _contract(world, market, query).symbol
    history = world.history.get((market, kind, symbol))
    if history is None:
        raise _NO_SYMBOL
    return history


def _written(world: Standin, market: str, kind: str, query: Mapping[str, str]) -> _Written:
    """Return how prices are written: by the tick, of spot with 8 decimals, of an index with 8."""
    contract = world.contract(market, query.get("symbol", ""))
    if kind != "klines" or contract is None:
        return lambda value: f"{value:.8f}"
    return lambda value: written(contract, value)


def _coin_margined(window: Window, now_ms: int) -> Window:
    """Return the window that coin-margined bars are told of: its last rows, of at most 200 days.

    Raises
    ------
    Refusal
        If a longer time is asked for.
    """
    first_ms, end_ms, limit, _ = window
    if first_ms is not None and end_ms is not None and end_ms - first_ms > _LONGEST_MS:
        raise Refusal(-4088, "Maximum time interval is 200 days.")
    if first_ms is not None and end_ms is None:
        end_ms = min(first_ms + _LONGEST_MS, now_ms)
    if first_ms is None and end_ms is not None:
        first_ms = end_ms - _LONGEST_MS
    return Window(first_ms, end_ms, limit, newest=True)


def _kline(open_ms: int, close_ms: int, row: list[float], write: _Written) -> list[int | str]:
    opened, high, low, close = map(write, row[:4])
    volume, quote, taker, taken = row[4], row[5], row[4] / 2, row[5] / 2
    count = int(volume) + 1
    told = f"{volume:.8f}", close_ms, f"{quote:.8f}", count, f"{taker:.8f}", f"{taken:.8f}", "0"
    return [open_ms, opened, high, low, close, *told]


def _funding(world: Standin, market: str, query: Mapping[str, str]) -> object:
    contract = _contract(world, market, query)
    history = world.history.get((market, "fundingRate", contract.symbol))
    if history is None:
        return []
    limit = _limit(query, usual=100, most=1000)
    window = Window(_whole(query, "startTime"), _whole(query, "endTime"), limit)
    stamps = np.array([settled_ms(int(ms)) for ms in history.ms], dtype=np.int64)
    stamps = stamps[stamps <= world.now_ms()]
    page = window.of(stamps)
    return [
        {"symbol": contract.symbol, "fundingTime": int(ms), "fundingRate": f"{row[1]:.8f}"}
        for ms, row in zip(stamps[page], history.rows[page].tolist(), strict=True)
    ]


def _open_interest(world: Standin, market: str, query: Mapping[str, str]) -> object:
    contract = _contract(world, market, query)
    amount = world.newest((market, "metrics", contract.symbol), 0)
    held = f"{amount:.0f}" if market == "cm" else f"{amount:.3f}"
    told = {"symbol": contract.symbol, "openInterest": held, "time": world.now_ms()}
    if market == "cm":
        told |= {
            "pair": contract.pair,
            "contractType": binance_listing.kind_of(contract, world.now_ms()),
        }
    return told


def _open_interest_hist(world: Standin, market: str, query: Mapping[str, str]) -> object:
    coin = market == "cm"
    contract = (binance_listing.of_kind if coin else _contract)(world, market, query)
    period = query.get("period", "")
    if period not in _PERIODS:
        raise Refusal(-1130, "parameter 'period' is invalid.")
    first_ms, end_ms = _whole(query, "startTime"), _whole(query, "endTime")
    oldest_ms = world.now_ms() - _KEPT_MS
    if first_ms is not None and first_ms < oldest_ms:
        raise Refusal(-1130, "parameter 'startTime' is invalid.")
    limit = _limit(query, usual=30, most=500)
    history = world.history.get((market, "metrics", contract.symbol))
    if history is None:
        return []
    step = max(LENGTHS[period], HOUR_MS)
    kept = (history.ms > oldest_ms) & (history.ms <= world.now_ms()) & (history.ms % step == 0)
    ms, rows = history.ms[kept], history.rows[kept]
    page = Window(first_ms, end_ms, limit).of(ms)
    whose = {"symbol": contract.symbol}
    if coin:
        whose = {"pair": contract.pair, "contractType": query["contractType"]}
    return [
        {
            **whose,
            "sumOpenInterest": f"{row[0]:.8f}",
            "sumOpenInterestValue": f"{row[1]:.8f}",
            "timestamp": int(stamp),
        }
        for stamp, row in zip(ms[page], rows[page].tolist(), strict=True)
    ]


def _info(world: Standin, market: str, query: Mapping[str, str]) -> object:
    wanted = query.get("symbol") if market == "spot" else None
    if wanted is not None and world.contract(market, wanted) is None:
        raise _NO_SYMBOL
    return binance_listing.exchange_info(world, market, wanted)


def _funding_info(world: Standin, market: str, _query: Mapping[str, str]) -> object:
    return binance_listing.funding_info(world, market)


def _each(tell: Callable[[Standin, Contract], object]) -> _Route:
    """Return what answers with one object for a symbol, and with all of them for none."""

    def answer(world: Standin, market: str, query: Mapping[str, str]) -> object:
        if "symbol" in query:
            told = tell(world, _contract(world, market, query))
            return [told] if market == "cm" else told
        names = json.loads(query["symbols"]) if "symbols" in query else None
        return [
            tell(world, contract)
            for contract in world.listed(market)
            if contract.trades(world.now_ms())
            and (names is None or contract.symbol in names)
            and query.get("pair", contract.pair) == contract.pair
        ]

    return answer


def _depth(world: Standin, market: str, query: Mapping[str, str]) -> object:
    contract = _contract(world, market, query)
    return book(world, contract, _limit(query, usual=100, most=1000, clamped=True))


def _basis(world: Standin, market: str, query: Mapping[str, str]) -> object:
    limit = _limit(query, usual=30, most=500)
    window = Window(_whole(query, "startTime"), _whole(query, "endTime"), limit)
    return basis(world, market, query, window)


_SPOT: Final = frozenset(
    {
        "ping",
        "time",
        "exchangeInfo",
        "klines",
        "depth",
        "ticker/24hr",
        "ticker/price",
        "ticker/bookTicker",
    }
)
_ROUTES: Final[dict[str, _Route]] = {
    "ping": _ping,
    "time": _time,
    "exchangeInfo": _info,
    "klines": _klines("klines"),
    "markPriceKlines": _klines("markPriceKlines"),
    "indexPriceKlines": _klines("indexPriceKlines"),
    "premiumIndexKlines": _klines("premiumIndexKlines"),
    "fundingRate": _funding,
    "fundingInfo": _funding_info,
    "premiumIndex": _each(mark),
    "openInterest": _open_interest,
    "depth": _depth,
    "ticker/24hr": _each(day),
    "ticker/price": _each(price),
    "ticker/bookTicker": _each(front),
}
_DATA_ROUTES: Final[dict[str, _Route]] = {
    "openInterestHist": _open_interest_hist,
    "basis": _basis,
}
