"""This file asks Binance for what a contract is like today: lots, smallest orders, margin."""

from typing import Final

from steelyard.data.facts import Today
from steelyard.data.shipped import Contract
from steelyard.domain.errors import VenueBusy
from steelyard.domain.time import text
from steelyard.venues.answers import read_json
from steelyard.venues.binance_recent import NO_SYMBOL
from steelyard.venues.binance_series import coins_of_lot
from steelyard.venues.web import Web

SPOT: Final = "https://api.binance.com/api/v3/exchangeInfo"
PERP: Final = "https://fapi.binance.com/fapi/v1/exchangeInfo"
INVERSE: Final = "https://dapi.binance.com/dapi/v1/exchangeInfo"


async def facts_today(web: Web, spot: str, linear: str) -> Today | None:
    """Return the facts of an asset that need no key, dated; None where it has no futures now.

    Parameters
    ----------
    web : Web
        The network.
    spot, linear : str
        What the venue calls them, such as ``SHIBUSDT`` and ``1000SHIBUSDT``; facts are by the coin.

    Raises
    ------
    VenueBusy
        If the venue does not tell them.
    """
    coins = coins_of_lot(spot, linear)
    perp = read_json(await web.get(PERP), PERP, lambda told: _of(told, linear, coins))
    if perp is None:
        return None
    here = read_json(await web.get(SPOT, {"symbol": spot}), SPOT, lambda told: _of(told, spot))
    if here is None or "maint_margin_rate" not in perp:
        lacking = "the lots of spot" if here is None else "the maintenance margin"
        message = f"exchangeInfo of Binance does not tell {lacking} of {spot}; try again later"
        raise VenueBusy(message)
    return Today(date=text(web.now_ms())[:10], spot=here, perp=perp)


async def inverse_rate(web: Web, symbol: str) -> float | None:
    """Return the maintenance margin that is stated of a coin-margined contract; None without one.

    Parameters
    ----------
    web : Web
        The network.
    symbol : str
        Such as ``BTCUSD_PERP``.

    Raises
    ------
    VenueBusy
        If the venue does not answer.
    """
    told = read_json(await web.get(INVERSE), INVERSE, lambda told: _of(told, symbol))
    return None if told is None else told.get("maint_margin_rate")


def _of(told: object, symbol: str, coins: float = 1.0) -> Contract | None:
    """Return the facts of a symbol, by the coin; None where it is not listed and others are.

    Raises
    ------
    ValueError
        If nothing is listed.
    """
    if isinstance(told, dict) and told.get("code") == NO_SYMBOL:
        return None
    listed = {row["symbol"]: row for row in told["symbols"]}  # type: ignore[index]
    if not listed:
        raise ValueError("nothing is listed")
    if symbol not in listed:
        return None
    one = listed[symbol]
    filters = {row["filterType"]: row for row in one["filters"]}
    least = filters.get("NOTIONAL", {}).get("minNotional")
    least = least or filters.get("MIN_NOTIONAL", {}).get("notional") or 0.0
    lot = float(filters["LOT_SIZE"]["stepSize"]) * coins
    facts = Contract(lot=lot, min_notional=float(least))
    if "PRICE_FILTER" in filters:
        facts["tick"] = float(filters["PRICE_FILTER"]["tickSize"]) / coins
    if "liquidationFee" in one:
        facts["liquidation_fee"] = float(one["liquidationFee"])
    if "maintMarginPercent" in one:
        facts["maint_margin_rate"] = float(one["maintMarginPercent"]) / 100
    return facts
