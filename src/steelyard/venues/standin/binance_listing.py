"""This file is the listing of Binance in the stand-in: what ``exchangeInfo`` says."""

from collections.abc import Mapping, Sequence
from typing import Final

from steelyard.venues.standin.quarters import quarter_end_after
from steelyard.venues.standin.refusal import Refusal
from steelyard.venues.standin.world import Contract, Standin

_Document = dict[str, object]
_Named = tuple[str, Mapping[str, object]]
_NEVER_MS: Final = 4_133_404_800_000
"""The delivery date of what is never delivered."""

_CAP: Final = "0.02000000"
_LIMITS: Final = {
    "spot": (
        ("REQUEST_WEIGHT", "MINUTE", 1, 6000),
        ("ORDERS", "SECOND", 10, 100),
        ("ORDERS", "DAY", 1, 200_000),
        ("RAW_REQUESTS", "MINUTE", 5, 61_000),
    ),
    "um": (
        ("REQUEST_WEIGHT", "MINUTE", 1, 2400),
        ("ORDERS", "MINUTE", 1, 1200),
        ("ORDERS", "SECOND", 10, 300),
    ),
    "cm": (("REQUEST_WEIGHT", "MINUTE", 1, 2400), ("ORDERS", "MINUTE", 1, 1200)),
}
_PREVENTION: Final = ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT"]
_SPOT_ORDERS: Final = ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT"]
_SPOT_ALLOWED: Final = (
    "allowTrailingStop",
    "amendAllowed",
    "cancelReplaceAllowed",
    "icebergAllowed",
    "isMarginTradingAllowed",
    "isSpotTradingAllowed",
    "ocoAllowed",
    "otoAllowed",
    "quoteOrderQtyMarketAllowed",
)
_SPOT_PRECISION: Final = (
    "baseAssetPrecision",
    "baseCommissionPrecision",
    "quoteAssetPrecision",
    "quoteCommissionPrecision",
    "quotePrecision",
)
_FUTURES_ORDERS: Final = ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT"]


def exchange_info(world: Standin, market: str, wanted: str | None) -> _Document:
    """Return the listing of a market, of one symbol or of all."""
    now_ms = world.now_ms()
    tell = _spot if market == "spot" else _futures
    document: _Document = {
        "timezone": "UTC",
        "serverTime": now_ms,
        "rateLimits": [_rate_limit(*one) for one in _LIMITS[market]],
        "exchangeFilters": [],
        "symbols": [
            tell(contract, now_ms)
            for contract in world.listed(market)
            if wanted in {None, contract.symbol} and _is_told(contract, now_ms)
        ],
    }
    if market == "um":
        asset = {"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}
        document |= {"futuresType": "U_MARGINED", "assets": [asset]}
    return document


def funding_info(world: Standin, market: str) -> list[_Document]:
    """Return today's interval of what is not settled every eight hours, and of nothing else."""
    return [
        {
            "symbol": contract.symbol,
            "adjustedFundingRateCap": _CAP,
            "adjustedFundingRateFloor": f"-{_CAP}",
            "fundingIntervalHours": contract.funding_hours,
            "disclaimer": False,
            "updateTime": contract.onboard_ms,
        }
        for contract in world.listed(market)
        if contract.funding_hours != 8 and contract.trades(world.now_ms())  # noqa: PLR2004
    ]


def kind_of(contract: Contract, now_ms: int) -> str:
    """Return the type of a futures contract, as the venue calls it."""
    if not contract.expiry_ms:
        return "PERPETUAL"
    near = contract.expiry_ms <= quarter_end_after(now_ms)
    return "CURRENT_QUARTER" if near else "NEXT_QUARTER"


def of_kind(world: Standin, market: str, query: Mapping[str, str]) -> Contract:
    """Return the contract of a pair that is of a type now.

    Raises
    ------
    Refusal
        If there is none.
    """
    now_ms = world.now_ms()
    mine = [one for one in world.listed(market) if one.pair == query.get("pair")]
    if not mine:
        raise Refusal(-1121, "Invalid symbol.")
    for contract in mine:
        if contract.trades(now_ms) and kind_of(contract, now_ms) == query.get("contractType"):
            return contract
    raise Refusal(-1130, "parameter 'contractType' is invalid.")


def _is_told(contract: Contract, now_ms: int) -> bool:
    """Tell whether the venue still lists a contract: a delivered one it does not."""
    return not contract.expiry_ms or now_ms < contract.expiry_ms


def _rate_limit(kind: str, interval: str, count: int, limit: int) -> _Document:
    return {
        "rateLimitType": kind,
        "interval": interval,
        "intervalNum": count,
        "limit": limit,
    }


def _status(contract: Contract, now_ms: int, ended: str) -> str:
    return "TRADING" if contract.trades(now_ms) else ended


def _filters(rows: Sequence[_Named]) -> list[_Document]:
    return [{"filterType": name, **told} for name, told in rows]


def _quantities(step: str, most: str) -> _Document:
    return {"minQty": step, "maxQty": most, "stepSize": step}


def _spot(contract: Contract, now_ms: int) -> _Document:
    return {
        "symbol": contract.symbol,
        "status": _status(contract, now_ms, "BREAK"),
        "baseAsset": contract.base,
        "quoteAsset": contract.quote,
        **dict.fromkeys(_SPOT_PRECISION, 8),
        **dict.fromkeys(_SPOT_ALLOWED, True),
        "orderTypes": _SPOT_ORDERS,
        "filters": _filters(_spot_rules(contract)),
        "permissions": [],
        "permissionSets": [["SPOT", "MARGIN"]],
        "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
        "allowedSelfTradePreventionModes": _PREVENTION,
    }


def _spot_rules(contract: Contract) -> list[_Named]:
    least = {"minNotional": f"{float(contract.least):.8f}", "maxNotional": "9000000.00000000"}
    applied = {"applyMinToMarket": True, "applyMaxToMarket": False, "avgPriceMins": 5}
    trailing = dict.fromkeys(("minTrailingAboveDelta", "minTrailingBelowDelta"), 10)
    trailing |= dict.fromkeys(("maxTrailingAboveDelta", "maxTrailingBelowDelta"), 2000)
    sides = dict.fromkeys(("bidMultiplierUp", "askMultiplierUp"), "5")
    sides |= dict.fromkeys(("bidMultiplierDown", "askMultiplierDown"), "0.2")
    return [
        ("PRICE_FILTER", _prices(contract)),
        ("LOT_SIZE", _quantities(contract.step, "9000.00000000")),
        ("ICEBERG_PARTS", {"limit": 10}),
        ("MARKET_LOT_SIZE", _quantities("0.00000000", "100.00000000")),
        ("TRAILING_DELTA", trailing),
        ("PERCENT_PRICE_BY_SIDE", {**sides, "avgPriceMins": 5}),
        ("NOTIONAL", {**least, **applied}),
        ("MAX_NUM_ORDERS", {"maxNumOrders": 200}),
        ("MAX_NUM_ALGO_ORDERS", {"maxNumAlgoOrders": 5}),
    ]


def _futures(contract: Contract, now_ms: int) -> _Document:
    linear = contract.market == "um"
    status = _status(contract, now_ms, "SETTLING")
    own: _Document = {"status": status, "permissionSets": ["GRID", "COPY"]}
    if not linear:
        size = int(contract.size)
        own = {"contractStatus": status, "contractSize": size, "equalQtyPrecision": 4}
    return {
        "symbol": contract.symbol,
        "pair": contract.pair,
        "contractType": kind_of(contract, now_ms),
        "deliveryDate": contract.expiry_ms or contract.delisted_ms or _NEVER_MS,
        "onboardDate": contract.onboard_ms,
        "baseAsset": contract.base,
        "quoteAsset": contract.quote,
        "marginAsset": contract.quote if linear else contract.base,
        **_risk(linear=linear),
        "pricePrecision": contract.decimals,
        "quantityPrecision": len(contract.step.partition(".")[2]),
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": ["PoW"],
        "filters": _filters(_futures_rules(contract)),
        "orderTypes": _FUTURES_ORDERS,
        "timeInForce": ["GTC", "IOC", "FOK", "GTX"],
        **own,
    }


def _futures_rules(contract: Contract) -> list[_Named]:
    linear = contract.market == "um"
    share = {"multiplierUp": "1.0500", "multiplierDown": "0.9500", "multiplierDecimal": "4"}
    rules: list[_Named] = [
        ("PRICE_FILTER", _prices(contract)),
        ("LOT_SIZE", _quantities(contract.step, "1000000")),
        ("MARKET_LOT_SIZE", _quantities(contract.step, "60000")),
        ("MAX_NUM_ORDERS", {"limit": 200}),
        ("MAX_NUM_ALGO_ORDERS", {"limit": 10 if linear else 20}),
        ("PERCENT_PRICE", share),
    ]
    if linear:
        rules += [
            ("MIN_NOTIONAL", {"notional": contract.least}),
            ("POSITION_RISK_CONTROL", {"positionControlSide": "NONE"}),
        ]
    return rules


def _prices(contract: Contract) -> _Document:
    return {"minPrice": contract.tick, "maxPrice": "4529764", "tickSize": contract.tick}


def _risk(*, linear: bool) -> _Document:
    """Return margin in percent and the fee of a liquidation as a fraction, as recorded in 2025."""
    return {
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "liquidationFee": "0.012500" if linear else "0.015000",
        "triggerProtect": "0.0500",
        "marketTakeBound": "0.05",
        "maxMoveOrderLimit": 10_000,
    }
