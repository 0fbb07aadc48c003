"""This file answers as Deribit does: its volatility index, its instruments, the time."""

import json
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from steelyard.venues.standin.history import Window, bars
from steelyard.venues.standin.refusal import Refusal
from steelyard.venues.standin.world import Answer, Asked, Standin

_ROOT: Final = "/api/v2/public/"
_PAGE: Final = 1000
_RESOLUTIONS: Final = {"60": "1m", "3600": "1h", "43200": "12h", "1D": "1d"}
_PERPETUAL_END_MS: Final = 32_503_708_800_000
_NO_PARAMETER: Final = -32602
_NO_METHOD: Final = -32601


def deribit_answer(world: Standin, asked: Asked) -> Answer:
    """Return what Deribit answers."""
    now_us = world.now_ms() * 1000
    document: dict[str, object] = {"jsonrpc": "2.0", "usIn": now_us, "usOut": now_us, "usDiff": 0}
    document["testnet"] = False
    try:
        document["result"] = _result(world, asked)
    except Refusal as refusal:
        document["error"] = {"code": refusal.code, "message": refusal.message}
        return Answer(refusal.status, json.dumps(document).encode())
    return Answer(200, json.dumps(document).encode())


def _result(world: Standin, asked: Asked) -> object:
    """Return what a method tells.

    Raises
    ------
    Refusal
        If there is no such method.
    """
    tell = _ROUTES.get(asked.path.removeprefix(_ROOT))
    if tell is None:
        raise Refusal(_NO_METHOD, "Method not found")
    return tell(world, asked.query)


def _volatility(world: Standin, query: Mapping[str, str]) -> object:
    """Return a page of the index; it begins with the newest, and says where the next one ends.

    Raises
    ------
    Refusal
        If something that must be said is missing.
    """
    interval = _RESOLUTIONS.get(query.get("resolution", ""))
    first, end = query.get("start_timestamp", ""), query.get("end_timestamp", "")
    if interval is None or not first.isdigit() or not end.isdigit() or "currency" not in query:
        raise Refusal(_NO_PARAMETER, "Invalid params")
    history = world.volatility.get(query["currency"])
    if history is None:
        return {"data": [], "continuation": None}
    window = Window(int(first), int(end), _PAGE + 1, newest=True)
    found = bars(history, interval, window, world.now_ms())
    more = found.ms.size > _PAGE
    rows = [[int(ms), *row[:4]] for ms, row in zip(found.ms, found.rows.tolist(), strict=True)][
        -_PAGE:
    ]
    return {"data": rows, "continuation": int(found.ms[0]) if more else None}


def _instruments(world: Standin, query: Mapping[str, str]) -> object:
    """Return the futures of a currency, or of all: one perpetual, and what expires."""
    wanted = query.get("currency", "any")
    if query.get("kind", "future") != "future":
        return []
    return [
        _instrument(contract.base, contract.expiry_ms, contract.onboard_ms)
        for contract in world.listed("cm")
        if wanted in {"any", contract.base} and contract.trades(world.now_ms())
    ]


def _instrument(base: str, expiry_ms: int, onboard_ms: int) -> dict[str, object]:
    name, period = f"{base}-PERPETUAL", "perpetual"
    if expiry_ms:
        day = np.datetime64(expiry_ms, "ms").astype(object).strftime("%d%b%y").upper().lstrip("0")
        name, period = f"{base}-{day}", "month"
    return {
        "instrument_name": name,
        "kind": "future",
        "settlement_period": period,
        "base_currency": base,
        "quote_currency": "USD",
        "counter_currency": "USD",
        "settlement_currency": base,
        "instrument_type": "reversed",
        "future_type": "reversed",
        "is_active": True,
        "tick_size": 0.5,
        "contract_size": 10.0,
        "min_trade_amount": 10.0,
        "maker_commission": 0.0,
        "taker_commission": 0.0005,
        "block_trade_commission": 0.0001,
        "max_leverage": 50,
        "max_liquidation_commission": 0.0075,
        "creation_timestamp": onboard_ms,
        "expiration_timestamp": expiry_ms or _PERPETUAL_END_MS,
    }


def _time(world: Standin, _query: Mapping[str, str]) -> object:
    return world.now_ms()


_ROUTES: Final[dict[str, Callable[[Standin, Mapping[str, str]], object]]] = {
    "get_volatility_index_data": _volatility,
    "get_instruments": _instruments,
    "get_time": _time,
}
