"""This file is what sets MEXC apart: contracts, seconds, columns, and numbered pages of funding."""

from dataclasses import replace
from typing import Final

from steelyard.data.columns import INDEX, INTERVAL_HOURS, MARK, NEXT, OPEN_INTEREST, RATE
from steelyard.venues.instruments import Segment
from steelyard.venues.pager import Paging
from steelyard.venues.profile import NO_VOLATILITY, RECORDED_ONLY, Endpoint, Feature, Look, Profile
from steelyard.venues.units import Measure

_SPOT: Final = Endpoint(
    call="spotPublicGetKlines",
    params={"symbol": "{id}", "interval": "60m"},
    rows=(),
    cells=(0, 1, 2, 3, 4, 5),
    paging=Paging.WINDOWS,
    most=500,  # the documents say 1000, the venue gives 500
    shift_ms=(0, 1),  # the end is left out
)
_SWAP: Final = Endpoint(
    call="contractPublicGetKlineSymbol",
    params={"symbol": "{id}", "interval": "Min60"},
    rows=("data",),
    cells=("time", "open", "high", "low", "close", "vol"),
    paging=Paging.WINDOWS,
    most=2000,
    first="start",
    last="end",
    limit="",
    unit_ms=1000,
    measure=Measure.CONTRACTS,
    columnar=True,
)
_MARK: Final = replace(
    _SWAP,
    call="contractPublicGetKlineFairPriceSymbol",
    cells=("time", "open", "high", "low", "close"),
)
_FUNDING: Final = Endpoint(
    call="contractPublicGetFundingRateHistory",
    params={"symbol": "{id}"},
    rows=("data", "resultList"),
    cells=("settleTime", "fundingRate"),
    paging=Paging.NUMBERED,  # it takes no dates
    most=100,
    first="",
    last="",
    limit="page_size",
    number="page_num",
    settled=True,
)
_TICKER: Final = Look(
    call="contractPublicGetTicker",
    params={"symbol": "{id}"},
    row=("data",),
    cells={MARK: "fairPrice", INDEX: "indexPrice"},
    stamp="timestamp",
)
_OPEN_INTEREST: Final = replace(
    _TICKER, cells={OPEN_INTEREST: "holdVol", MARK: "fairPrice"}, measure=Measure.CONTRACTS
)
_FUNDING_NOW: Final = Look(
    call="contractPublicGetFundingRateSymbol",
    params={"symbol": "{id}"},
    row=("data",),
    cells={RATE: "fundingRate", NEXT: "nextSettleTime", INTERVAL_HOURS: "collectCycle"},
    stamp="timestamp",
)

MEXC: Final = Profile(
    name="mexc",
    title="MEXC",
    library="mexc",
    options={"fetchMarkets": {"types": {"spot": True, "swap": {"linear": True, "inverse": True}}}},
    quotes={Segment.SPOT: "USDT", Segment.LINEAR: "USDT", Segment.INVERSE: "USD"},
    measures={Segment.LINEAR: Measure.CONTRACTS, Segment.INVERSE: Measure.CONTRACTS},
    history={
        (Feature.BARS, Segment.SPOT): _SPOT,
        (Feature.BARS, Segment.LINEAR): _SWAP,
        (Feature.BARS, Segment.INVERSE): _SWAP,
        (Feature.MARK, Segment.LINEAR): _MARK,
        (Feature.MARK, Segment.INVERSE): _MARK,
        (Feature.FUNDING, Segment.LINEAR): _FUNDING,
        (Feature.FUNDING, Segment.INVERSE): _FUNDING,
    },
    now={
        (Feature.PREMIUM_NOW, Segment.LINEAR): (_TICKER,),
        (Feature.PREMIUM_NOW, Segment.INVERSE): (_TICKER,),
        (Feature.FUNDING_NOW, Segment.LINEAR): (_FUNDING_NOW,),
        (Feature.FUNDING_NOW, Segment.INVERSE): (_FUNDING_NOW,),
        (Feature.OPEN_INTEREST_NOW, Segment.LINEAR): (_OPEN_INTEREST,),
        (Feature.OPEN_INTEREST_NOW, Segment.INVERSE): (_OPEN_INTEREST,),
    },
    lacks={
        Feature.DATED: "it lists none",
        Feature.DATED_NOW: "it lists no dated contracts",
        Feature.OPEN_INTEREST: RECORDED_ONLY,
        **NO_VOLATILITY,
    },
)
