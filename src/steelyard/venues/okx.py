"""This file is what sets OKX apart: amounts in contracts, bounds left out, short memories."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from steelyard.data.columns import INDEX, MARK, NEXT, OPEN_INTEREST, PRICE, RATE
from steelyard.venues.instruments import Instrument, Segment
from steelyard.venues.pager import Paging
from steelyard.venues.profile import NO_VOLATILITY, Endpoint, Feature, Look, Profile
from steelyard.venues.units import Measure

_DATA: Final = ("data",)
_OHLC: Final = (0, 1, 2, 3, 4)
_KIND: Final = {"instType": "{kind}", "instId": "{id}"}

_SPOT: Final = Endpoint(
    call="publicGetMarketHistoryCandles",
    params={"instId": "{id}", "bar": "1H"},
    rows=_DATA,
    cells=(*_OHLC, 5),
    paging=Paging.WINDOWS,
    most=300,
    first="before",
    last="after",
    shift_ms=(-1, 1),  # both bounds are left out
)
_SWAP: Final = replace(_SPOT, cells=(*_OHLC, 6))  # the sixth column counts contracts
_MARK: Final = replace(_SPOT, call="publicGetMarketHistoryMarkPriceCandles", cells=_OHLC, most=100)
_FUNDING: Final = Endpoint(
    call="publicGetPublicFundingRateHistory",
    params={"instId": "{id}"},
    rows=_DATA,
    cells=("fundingTime", "realizedRate"),
    paging=Paging.BACKWARD,
    most=100,
    first="before",
    last="after",
    shift_ms=(-1, 1),
    settled=True,
    keeps_days=90,
)
_OPEN_INTEREST: Final = Endpoint(
    call="publicGetRubikStatContractsOpenInterestHistory",
    params={"instId": "{id}", "period": "1H"},
    rows=_DATA,
    cells=(0, 2),
    paging=Paging.WINDOWS,
    most=100,
    first="begin",
    last="end",
    shift_ms=(-1, 1),
    keeps_days=59,  # 1,440 rows
)
_INDEX: Final = Look(
    call="publicGetMarketIndexTickers",
    params={"instId": "{pair}"},
    row=("data", 0),
    cells={INDEX: "idxPx"},
    stamp="ts",
)
_MARK_NOW: Final = Look(
    call="publicGetPublicMarkPrice",
    params=_KIND,
    row=("data", 0),
    cells={MARK: "markPx"},
    stamp="ts",
)
_FUNDING_NOW: Final = Look(
    call="publicGetPublicFundingRate",
    params={"instId": "{id}"},
    row=("data", 0),
    cells={RATE: "fundingRate", NEXT: "fundingTime"},
)
_OPEN_INTEREST_NOW: Final = Look(
    call="publicGetPublicOpenInterest",
    params=_KIND,
    row=("data", 0),
    cells={OPEN_INTEREST: "oi"},
    stamp="ts",
    measure=Measure.CONTRACTS,
)
_PRICE: Final = Look(
    call="publicGetMarketTicker",
    params={"instId": "{id}"},
    row=("data", 0),
    cells={PRICE: "last"},
    stamp="ts",
)


def _words(instrument: Instrument) -> Mapping[str, str]:
    return {
        "kind": "FUTURES" if instrument.expiry_ms else "SWAP",
        "pair": "-".join(instrument.id.split("-")[:2]),
    }


OKX: Final = Profile(
    name="okx",
    title="OKX",
    library="okx",
    options={"fetchMarkets": {"types": ["spot", "swap", "future"]}},
    quotes={Segment.SPOT: "USDT", Segment.LINEAR: "USDT", Segment.INVERSE: "USD"},
    measures={Segment.LINEAR: Measure.CONTRACTS, Segment.INVERSE: Measure.CONTRACTS},
    has_dated=True,
    history={
        (Feature.BARS, Segment.SPOT): _SPOT,
        (Feature.BARS, Segment.LINEAR): _SWAP,
        (Feature.BARS, Segment.INVERSE): _SWAP,
        (Feature.MARK, Segment.LINEAR): _MARK,
        (Feature.MARK, Segment.INVERSE): _MARK,
        (Feature.FUNDING, Segment.LINEAR): _FUNDING,
        (Feature.FUNDING, Segment.INVERSE): _FUNDING,
        (Feature.OPEN_INTEREST, Segment.LINEAR): _OPEN_INTEREST,
        (Feature.OPEN_INTEREST, Segment.INVERSE): replace(
            _OPEN_INTEREST, cells=(0, 3), measure=Measure.QUOTE
        ),
    },
    now={
        (Feature.PREMIUM_NOW, Segment.LINEAR): (_MARK_NOW, _INDEX),
        (Feature.PREMIUM_NOW, Segment.INVERSE): (_MARK_NOW, _INDEX),
        (Feature.FUNDING_NOW, Segment.LINEAR): (_FUNDING_NOW,),
        (Feature.FUNDING_NOW, Segment.INVERSE): (_FUNDING_NOW,),
        (Feature.OPEN_INTEREST_NOW, Segment.LINEAR): (_OPEN_INTEREST_NOW,),
        (Feature.OPEN_INTEREST_NOW, Segment.INVERSE): (_OPEN_INTEREST_NOW,),
        (Feature.DATED_NOW, Segment.LINEAR): (_PRICE,),
        (Feature.DATED_NOW, Segment.INVERSE): (_PRICE,),
    },
    lacks={
        **NO_VOLATILITY,
    },
    words=_words,
)
