"""This file is what Binance tells of the present in the stand-in: prices, books, mark, basis."""

from collections.abc import Mapping

import numpy as np

from steelyard.domain.time import DAY_MS, HOUR_MS
from steelyard.venues.standin import binance_listing
from steelyard.venues.standin.history import LENGTHS, Window, bars
from steelyard.venues.standin.refusal import Refusal
from steelyard.venues.standin.world import Contract, Standin

_Document = dict[str, object]


def price(world: Standin, contract: Contract) -> _Document:
    """Return the last price."""
    told: _Document = {
        "symbol": contract.symbol,
        "price": written(contract, _last(world, contract)),
    }
    if contract.market == "cm":
        told["ps"] = contract.pair
    return told | _stamped(world, contract)


def front(world: Standin, contract: Contract) -> _Document:
    """Return the best bid and ask: half a tick and more around the last price."""
    bids, asks = _levels(world, contract, 1)
    told: _Document = {"symbol": contract.symbol}
    told |= {"bidPrice": bids[0][0], "bidQty": bids[0][1]}
    told |= {"askPrice": asks[0][0], "askQty": asks[0][1]}
    if contract.market == "cm":
        told["pair"] = contract.pair
    return told | _stamped(world, contract)


def book(world: Standin, contract: Contract, depth: int) -> _Document:
    """Return the book: a level at every tick, each larger than the one before."""
    bids, asks = _levels(world, contract, depth)
    now_ms = world.now_ms()
    told: _Document = {"lastUpdateId": now_ms, "bids": bids, "asks": asks}
    if contract.market != "spot":
        told |= {"E": now_ms, "T": now_ms}
    if contract.market == "cm":
        told |= {"symbol": contract.symbol, "pair": contract.pair}
    return told


def day(world: Standin, contract: Contract) -> _Document:
    """Return what happened within the last 24 hours."""
    now_ms = world.now_ms()
    rows = world.last_day(contract)
    opened, last = float(rows[0, 0]), float(rows[-1, 3])
    volume, turnover = float(rows[:, 4].sum()), float(rows[:, 5].sum())
    mean = last
    if volume:
        coin = contract.market == "cm"
        mean = volume * contract.size / turnover if coin else turnover / volume
    prices = {
        "openPrice": opened,
        "highPrice": float(rows[:, 1].max()),
        "lowPrice": float(rows[:, 2].min()),
        "lastPrice": last,
        "priceChange": last - opened,
    }
    told: _Document = {
        "symbol": contract.symbol,
        **{name: written(contract, value) for name, value in prices.items()},
        "priceChangePercent": f"{100 * (last / opened - 1):.3f}",
        "weightedAvgPrice": f"{mean:.8f}",
        "lastQty": contract.step,
        "openTime": now_ms - DAY_MS,
        "closeTime": now_ms,
        "firstId": 0,
        "lastId": len(rows) - 1,
        "count": len(rows),
    }
    return told | _traded(world, contract, volume, turnover, opened)


def _traded(
    world: Standin, contract: Contract, volume: float, turnover: float, opened: float
) -> _Document:
    """Return the part of a day's summary that differs between the markets."""
    if contract.market == "cm":
        base = {"baseVolume": f"{turnover:.8f}", "volume": f"{volume:.0f}"}
        return {"pair": contract.pair, **base}
    told: _Document = {"volume": f"{volume:.3f}", "quoteVolume": f"{turnover:.2f}"}
    if contract.market == "spot":
        best = front(world, contract)
        told |= {name: best[name] for name in ("bidPrice", "bidQty", "askPrice", "askQty")}
        told["prevClosePrice"] = written(contract, opened)
    return told


def mark(world: Standin, contract: Contract) -> _Document:
    """Return mark and index price, and the funding that was settled last."""
    market, symbol = contract.market, contract.symbol
    perpetual = not contract.expiry_ms
    index = world.price(market, "indexPriceKlines", contract.pair)
    marked = world.price(market, "markPriceKlines", symbol) or _last(world, contract)
    now_ms, length_ms = world.now_ms(), contract.funding_hours * HOUR_MS
    rate = world.newest((market, "fundingRate", symbol), 1)
    told: _Document = {
        "symbol": symbol,
        "markPrice": f"{marked:.8f}",
        "indexPrice": f"{index:.8f}",
        "estimatedSettlePrice": f"{index:.8f}",
        "lastFundingRate": f"{rate:.8f}" if perpetual else "",
        "interestRate": "0.00010000" if perpetual else "",
        "nextFundingTime": (now_ms // length_ms + 1) * length_ms if perpetual else 0,
        "time": now_ms,
    }
    return told | ({"pair": contract.pair} if market == "cm" else {})


def basis(world: Standin, market: str, query: Mapping[str, str], window: Window) -> list[_Document]:
    """Return the basis of a pair over time, of a kind of contract.

    Raises
    ------
    Refusal
        If there is no such contract, or the period is none.
    """
    now_ms, pair, period = world.now_ms(), query.get("pair", ""), query.get("period", "")
    contract = binance_listing.of_kind(world, market, query)
    if period not in LENGTHS:
        raise Refusal(-1130, "parameter 'period' is invalid.")
    futures = bars(world.history[market, "klines", contract.symbol], period, window, now_ms)
    spot = world.history[market, "indexPriceKlines", pair]
    index = bars(spot, period, window, now_ms)
    at = np.searchsorted(index.ms, futures.ms)
    return [
        {
            "pair": pair,
            "contractType": query["contractType"],
            "timestamp": int(ms),
            "futuresPrice": written(contract, row[0]),
            "indexPrice": f"{under:.8f}",
            "basis": f"{row[0] - under:.8f}",
            "basisRate": f"{row[0] / under - 1:.4f}",
        }
        for ms, row, under in zip(
            futures.ms, futures.rows.tolist(), index.rows[at, 0].tolist(), strict=True
        )
    ]


def _levels(
    world: Standin, contract: Contract, depth: int
) -> tuple[list[list[str]], list[list[str]]]:
    last, tick = _last(world, contract), float(contract.tick)
    at = round(last / tick)
    sizes = [float(contract.step) * 100 * level for level in range(1, depth + 1)]
    decimals = len(contract.step.partition(".")[2])
    amounts = [f"{size:.{decimals}f}" for size in sizes]
    bids = [[written(contract, (at - k) * tick), size] for k, size in enumerate(amounts)]
    asks = [[written(contract, (at + k) * tick), size] for k, size in enumerate(amounts, start=1)]
    return bids, asks


def _last(world: Standin, contract: Contract) -> float:
    return world.price(contract.market, "klines", contract.symbol)


def written(contract: Contract, value: float) -> str:
    """Return a price by the tick of a contract; on spot with zeros up to 8 decimals."""
    told = round(value, contract.decimals)
    return f"{told:.{8 if contract.market == 'spot' else contract.decimals}f}"


def _stamped(world: Standin, contract: Contract) -> _Document:
    return {} if contract.market == "spot" else {"time": world.now_ms()}
