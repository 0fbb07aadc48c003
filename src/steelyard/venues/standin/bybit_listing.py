"""This file is the listing of Bybit in the stand-in: what ``instruments-info`` says."""

from collections.abc import Mapping
from typing import Final

from steelyard.venues.standin.world import Contract, Standin

_Document = dict[str, object]
_OPEN: Final = "Trading"
_CLOSED: Final = "Closed"
_TYPES: Final = {
    ("bybit_linear", False): "LinearPerpetual",
    ("bybit_linear", True): "LinearFutures",
    ("bybit_inverse", False): "InversePerpetual",
    ("bybit_inverse", True): "InverseFutures",
}


def instruments(
    world: Standin, category: str, *, wanted: Mapping[str, str], limit: int, first: int
) -> _Document:
    """Return a page of the listing of a category.

    Parameters
    ----------
    world : Standin
        Whose contracts.
    category : str
        ``spot``, ``linear``, ``inverse`` or ``option``, of which there are none.
    wanted : mapping of str to str
        ``symbol``, ``baseCoin`` and ``status``; where no status is named, what trades.
    limit, first : int
        How many, and how many before them are left out; spot comes whole.
    """
    now_ms = world.now_ms()
    named = wanted.get("symbol")
    status = wanted.get("status", _OPEN if named is None else None)
    rows = [
        _told(contract, now_ms)
        for contract in world.listed(f"bybit_{category}")
        if named in {None, contract.symbol}
        and wanted.get("baseCoin", contract.base) == contract.base
        and status in {None, _status(contract, now_ms)}
    ]
    if category == "spot":
        return {"category": category, "list": rows}
    page = rows[first : first + limit]
    following = first + len(page)
    cursor = str(following) if following < len(rows) else ""
    return {"category": category, "list": page, "nextPageCursor": cursor}


def _status(contract: Contract, now_ms: int) -> str:
    return _OPEN if contract.trades(now_ms) else _CLOSED


def _told(contract: Contract, now_ms: int) -> _Document:
    common: _Document = {
        "symbol": contract.symbol,
        "baseCoin": contract.base,
        "quoteCoin": contract.quote,
        "status": _status(contract, now_ms),
    }
    return common | (_spot(contract) if contract.market == "bybit_spot" else _futures(contract))


def _spot(contract: Contract) -> _Document:
    return {
        "innovation": "0",
        "marginTrading": "both",
        "stTag": "0",
        "lotSizeFilter": {
            "basePrecision": contract.step,
            "quotePrecision": "0.00000001",
            "minOrderQty": contract.step,
            "maxOrderQty": "9000",
            "minOrderAmt": contract.least,
            "maxOrderAmt": "4000000",
        },
        "priceFilter": {"tickSize": contract.tick},
        "riskParameters": {"priceLimitRatioX": "0.01", "priceLimitRatioY": "0.02"},
    }


def _futures(contract: Contract) -> _Document:
    linear = contract.market == "bybit_linear"
    perpetual = not contract.expiry_ms
    return {
        "contractType": _TYPES[contract.market, not perpetual],
        "launchTime": str(contract.onboard_ms),
        "deliveryTime": str(contract.expiry_ms or contract.delisted_ms),
        "deliveryFeeRate": "" if perpetual else "0.0005",
        "priceScale": str(contract.decimals),
        "leverageFilter": {"minLeverage": "1", "maxLeverage": "100.00", "leverageStep": "0.01"},
        "priceFilter": {
            "minPrice": contract.tick,
            "maxPrice": "1999999",
            "tickSize": contract.tick,
        },
        "lotSizeFilter": {
            "maxOrderQty": "1190.000",
            "minOrderQty": contract.step,
            "qtyStep": contract.step,
            "postOnlyMaxOrderQty": "1190.000",
            "maxMktOrderQty": "119.000",
            "minNotionalValue": contract.least,
        },
        "unifiedMarginTrade": True,
        "fundingInterval": contract.funding_hours * 60 if perpetual else 0,
        "settleCoin": contract.quote if linear else contract.base,
        "copyTrading": "none",
        "upperFundingRate": "0.00375" if perpetual else "",
        "lowerFundingRate": "-0.00375" if perpetual else "",
        "isPreListing": False,
        "preListingInfo": None,
    }
