"""This file asks Binance for what a contract is like today: lots, smallest orders, margin."""

from typing import Final

from steelyard.data.facts import Today
from steelyard.data.shipped import Contract
from steelyard.domain.errors import VenueBusy
from steelyard.domain.time import text
from steelyard.venues.answers import read_json
from steelyard.venues.web import Web

SPOT: Final = "https://api.binance.com/api/v3/exchangeInfo"
PERP: Final = "https://fapi.binance.com/fapi/v1/exchangeInfo"


async def facts_today(web: Web, symbol: str) -> Today:
    """Return the facts of a symbol that need no key, dated.

    Raises
    ------
    VenueBusy
        If the venue does not tell them.
    """
    spot = read_json(await web.get(SPOT, {"symbol": symbol}), SPOT, lambda told: _of(told, symbol))
    perp = read_json(await web.get(PERP), PERP, lambda told: _of(told, symbol))
    if "maint_margin_rate" not in perp:
        message = f"{PERP} does not tell the maintenance margin of {symbol}; try again later"
        raise VenueBusy(message)
    return Today(date=text(web.now_ms())[:10], spot=spot, perp=perp)


def _of(told: object, symbol: str) -> Contract:
    listed = told["symbols"]  # type: ignore[index]
    one = next(row for row in listed if row["symbol"] == symbol)
    filters = {row["filterType"]: row for row in one["filters"]}
    least = filters.get("NOTIONAL", {}).get("minNotional")
    least = least or filters.get("MIN_NOTIONAL", {}).get("notional") or 0.0
    facts = Contract(lot=float(filters["LOT_SIZE"]["stepSize"]), min_notional=float(least))
    if "PRICE_FILTER" in filters:
        facts["tick"] = float(filters["PRICE_FILTER"]["tickSize"])
    if "liquidationFee" in one:
        facts["liquidation_fee"] = float(one["liquidationFee"])
    if "maintMarginPercent" in one:
        facts["maint_margin_rate"] = float(one["maintMarginPercent"]) / 100
    return facts
