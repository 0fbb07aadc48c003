"""This file is what sets Binance apart: spot, USD-M and COIN-M are three services."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from steelyard.data.columns import INDEX, MARK, NEXT, OPEN_INTEREST, PRICE, RATE
from steelyard.venues.instruments import Instrument, Segment
from steelyard.venues.pager import Paging
from steelyard.venues.profile import NO_VOLATILITY, Endpoint, Feature, Look, Profile
from steelyard.venues.units import Measure

_HOURLY: Final = {"symbol": "{id}", "interval": "1h"}
_OHLC: Final = (0, 1, 2, 3, 4)

_SPOT: Final = Endpoint(
    call="publicGetKlines",
    params=_HOURLY,
    rows=(),
    cells=(*_OHLC, 5),
    paging=Paging.WINDOWS,
    most=1000,
)
_LINEAR: Final = replace(_SPOT, call="fapiPublicGetKlines")
# Coin-margined bars count contracts in the sixth column, coins in the eighth. A request may span
# 200 days at most, and 1000 hours are 42.
_INVERSE: Final = replace(_SPOT, call="dapiPublicGetKlines", cells=(*_OHLC, 7))
_FUNDING: Final = Endpoint(
    call="fapiPublicGetFundingRate",
    params={"symbol": "{id}"},
    rows=(),
    cells=("fundingTime", "fundingRate"),
    paging=Paging.FORWARD,
    most=1000,
    settled=True,
)
_OPEN_INTEREST: Final = Endpoint(
    call="fapiDataGetOpenInterestHist",
    params={"symbol": "{id}", "period": "1h"},
    rows=(),
    cells=("timestamp", "sumOpenInterest"),
    paging=Paging.WINDOWS,
    most=500,
    keeps_days=29,  # 30, of which the first may end while it is asked for
)
_PREMIUM: Final = Look(
    call="fapiPublicGetPremiumIndex",
    params={"symbol": "{id}"},
    row=(),
    cells={MARK: "markPrice", INDEX: "indexPrice"},
    stamp="time",
    match="symbol",
)
_FUNDING_NOW: Final = replace(_PREMIUM, cells={RATE: "lastFundingRate", NEXT: "nextFundingTime"})
_OPEN_INTEREST_NOW: Final = Look(
    call="fapiPublicGetOpenInterest",
    params={"symbol": "{id}"},
    row=(),
    cells={OPEN_INTEREST: "openInterest"},
    stamp="time",
)
_PRICE: Final = Look(
    call="fapiPublicGetTickerPrice",
    params={"symbol": "{id}"},
    row=(),
    cells={PRICE: "price"},
    stamp="time",
    match="symbol",
)


def _words(instrument: Instrument) -> Mapping[str, str]:
    return {"pair": instrument.id.partition("_")[0]}


BINANCE: Final = Profile(
    name="binance",
    title="Binance",
    library="binance",
    options={"fetchMarkets": {"types": ["spot", "linear", "inverse"]}},
    quotes={Segment.SPOT: "USDT", Segment.LINEAR: "USDT", Segment.INVERSE: "USD"},
    measures={Segment.INVERSE: Measure.CONTRACTS},
    has_dated=True,
    history={
        (Feature.BARS, Segment.SPOT): _SPOT,
        (Feature.BARS, Segment.LINEAR): _LINEAR,
        (Feature.BARS, Segment.INVERSE): _INVERSE,
        (Feature.MARK, Segment.LINEAR): replace(
            _LINEAR, call="fapiPublicGetMarkPriceKlines", cells=_OHLC
        ),
        (Feature.MARK, Segment.INVERSE): replace(
            _INVERSE, call="dapiPublicGetMarkPriceKlines", cells=_OHLC
        ),
        (Feature.FUNDING, Segment.LINEAR): _FUNDING,
        (Feature.FUNDING, Segment.INVERSE): replace(_FUNDING, call="dapiPublicGetFundingRate"),
        (Feature.OPEN_INTEREST, Segment.LINEAR): _OPEN_INTEREST,
        (Feature.OPEN_INTEREST, Segment.INVERSE): replace(
            _OPEN_INTEREST,
            call="dapiDataGetOpenInterestHist",
            params={"pair": "{pair}", "contractType": "PERPETUAL", "period": "1h"},
            measure=Measure.CONTRACTS,
        ),
    },
    now={
        (Feature.PREMIUM_NOW, Segment.LINEAR): (_PREMIUM,),
        (Feature.PREMIUM_NOW, Segment.INVERSE): (
            replace(_PREMIUM, call="dapiPublicGetPremiumIndex"),
        ),
        (Feature.FUNDING_NOW, Segment.LINEAR): (_FUNDING_NOW,),
        (Feature.FUNDING_NOW, Segment.INVERSE): (
            replace(_FUNDING_NOW, call="dapiPublicGetPremiumIndex"),
        ),
        (Feature.OPEN_INTEREST_NOW, Segment.LINEAR): (_OPEN_INTEREST_NOW,),
        (Feature.OPEN_INTEREST_NOW, Segment.INVERSE): (
            replace(
                _OPEN_INTEREST_NOW, call="dapiPublicGetOpenInterest", measure=Measure.CONTRACTS
            ),
        ),
        (Feature.DATED_NOW, Segment.LINEAR): (_PRICE,),
        (Feature.DATED_NOW, Segment.INVERSE): (replace(_PRICE, call="dapiPublicGetTickerPrice"),),
    },
    lacks={
        **NO_VOLATILITY,
    },
    words=_words,
)
