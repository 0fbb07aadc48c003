"""This file is what sets BingX apart: no open interest of the past, and less of coin-margined."""

from dataclasses import replace
from typing import Final

from steelyard.data.columns import INDEX, MARK, NEXT, OPEN_INTEREST, RATE
from steelyard.venues.instruments import Segment
from steelyard.venues.pager import Paging
from steelyard.venues.profile import NO_VOLATILITY, RECORDED_ONLY, Endpoint, Feature, Look, Profile
from steelyard.venues.units import Measure

_HOURLY: Final = {"symbol": "{id}", "interval": "1h"}
_DATA: Final = ("data",)

_SPOT: Final = Endpoint(
    call="spotV1PublicGetMarketKline",
    params={**_HOURLY, "timeZone": "0"},
    rows=_DATA,
    cells=(0, 1, 2, 3, 4, 5),
    paging=Paging.WINDOWS,
    most=1440,
    shift_ms=(-1, 0),  # a bar that begins with the first stamp may be left out
)
_LINEAR: Final = replace(
    _SPOT,
    call="swapV3PublicGetQuoteKlines",
    params=_HOURLY,
    cells=("time", "open", "high", "low", "close", "volume"),
)
_MARK: Final = replace(
    _LINEAR,
    call="swapV1PublicGetMarketMarkPriceKlines",
    cells=("openTime", "open", "high", "low", "close"),
)
_FUNDING: Final = Endpoint(
    call="swapV2PublicGetQuoteFundingRate",
    params={"symbol": "{id}"},
    rows=_DATA,
    cells=("fundingTime", "fundingRate"),
    paging=Paging.WINDOWS,  # of 999 hours, whatever the interval: the page never fills up
    most=1000,
    settled=True,
)
_PREMIUM: Final = Look(
    call="swapV2PublicGetQuotePremiumIndex",
    params={"symbol": "{id}"},
    row=_DATA,
    cells={MARK: "markPrice", INDEX: "indexPrice"},
    match="symbol",
)
_FUNDING_NOW: Final = replace(_PREMIUM, cells={RATE: "lastFundingRate", NEXT: "nextFundingTime"})
_OPEN_INTEREST: Final = Look(
    call="swapV2PublicGetQuoteOpenInterest",
    params={"symbol": "{id}"},
    row=_DATA,
    cells={OPEN_INTEREST: "openInterest"},
    stamp="time",
    measure=Measure.QUOTE,
)
_INVERSE: Final = "cswapV1PublicGetMarketPremiumIndex"

BINGX: Final = Profile(
    name="bingx",
    title="BingX",
    library="bingx",
    options={},
    quotes={Segment.SPOT: "USDT", Segment.LINEAR: "USDT", Segment.INVERSE: "USD"},
    measures={Segment.INVERSE: Measure.CONTRACTS},
    history={
        (Feature.BARS, Segment.SPOT): _SPOT,
        (Feature.BARS, Segment.LINEAR): _LINEAR,
        (Feature.MARK, Segment.LINEAR): _MARK,
        (Feature.FUNDING, Segment.LINEAR): _FUNDING,
    },
    now={
        (Feature.PREMIUM_NOW, Segment.LINEAR): (_PREMIUM,),
        (Feature.PREMIUM_NOW, Segment.INVERSE): (replace(_PREMIUM, call=_INVERSE),),
        (Feature.FUNDING_NOW, Segment.LINEAR): (_FUNDING_NOW,),
        (Feature.FUNDING_NOW, Segment.INVERSE): (replace(_FUNDING_NOW, call=_INVERSE),),
        (Feature.OPEN_INTEREST_NOW, Segment.LINEAR): (_PREMIUM, _OPEN_INTEREST),
        (Feature.OPEN_INTEREST_NOW, Segment.INVERSE): (
            replace(_PREMIUM, call=_INVERSE),
            replace(
                _OPEN_INTEREST,
                call="cswapV1PublicGetMarketOpenInterest",
                stamp="timestamp",
                match="symbol",
                measure=Measure.BASE,
            ),
        ),
    },
    lacks={
        Feature.DATED: "it lists none",
        Feature.DATED_NOW: "it lists no dated contracts",
        Feature.BARS: "what their volume counts is not documented",
        Feature.MARK: "it publishes none of the others",
        Feature.FUNDING: "it publishes none of the others",
        Feature.OPEN_INTEREST: RECORDED_ONLY,
        **NO_VOLATILITY,
    },
)
