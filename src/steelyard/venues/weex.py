"""This file is what sets WEEX apart: no coin-margined contracts, and spot bars without dates."""

from dataclasses import replace
from typing import Final

from steelyard.data.columns import INDEX, MARK, NEXT, OPEN_INTEREST, RATE
from steelyard.venues.instruments import Segment
from steelyard.venues.pager import Paging
from steelyard.venues.profile import NO_VOLATILITY, RECORDED_ONLY, Endpoint, Feature, Look, Profile

_HOURLY: Final = {"symbol": "{id}", "interval": "1h"}

_LINEAR: Final = Endpoint(
    call="contractGetCapiV3MarketHistoryKlines",
    params=_HOURLY,
    rows=(),
    cells=(0, 1, 2, 3, 4, 5),  # the volume is in coins, although contracts have a size
    paging=Paging.WINDOWS,
    most=100,
)
_MARK: Final = replace(_LINEAR, params={**_HOURLY, "priceType": "MARK"}, cells=(0, 1, 2, 3, 4))
_FUNDING: Final = Endpoint(
    call="contractGetCapiV3MarketFundingRate",
    params={"symbol": "{id}"},
    rows=(),
    cells=("fundingTime", "fundingRate"),
    paging=Paging.WINDOWS,  # of 999 hours, whatever the interval: the page never fills up
    most=1000,
    settled=True,
)
_PREMIUM: Final = Look(
    call="contractGetCapiV3MarketPremiumIndex",
    params={"symbol": "{id}"},
    row=(),
    cells={MARK: "markPrice", INDEX: "indexPrice"},
    stamp="time",
    match="symbol",
)

WEEX: Final = Profile(
    name="weex",
    title="WEEX",
    library="weex",
    options={},
    quotes={Segment.SPOT: "USDT", Segment.LINEAR: "USDT"},
    history={
        (Feature.BARS, Segment.LINEAR): _LINEAR,
        (Feature.MARK, Segment.LINEAR): _MARK,
        (Feature.FUNDING, Segment.LINEAR): _FUNDING,
    },
    now={
        (Feature.PREMIUM_NOW, Segment.LINEAR): (_PREMIUM,),
        (Feature.FUNDING_NOW, Segment.LINEAR): (
            replace(_PREMIUM, cells={RATE: "forecastFundingRate", NEXT: "nextFundingTime"}),
        ),
        (Feature.OPEN_INTEREST_NOW, Segment.LINEAR): (
            Look(
                call="contractGetCapiV3MarketOpenInterest",
                params={"symbol": "{id}"},
                row=(),
                cells={OPEN_INTEREST: "openInterest"},
                stamp="time",
                match="symbol",
            ),
        ),
    },
    lacks={
        Feature.INVERSE: "it lists none",
        Feature.DATED: "it lists none",
        Feature.DATED_NOW: "it lists no dated contracts",
        Feature.BARS: "those of spot are the latest alone, and take no dates",
        Feature.OPEN_INTEREST: RECORDED_ONLY,
        **NO_VOLATILITY,
    },
)
