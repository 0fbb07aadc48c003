"""This file is what sets Bitget apart: products, two services of candles, numbered funding."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from steelyard.data.columns import INDEX, INTERVAL_HOURS, MARK, NEXT, OPEN_INTEREST, PRICE, RATE
from steelyard.domain.time import HOUR_MS
from steelyard.venues.instruments import Instrument, Segment
from steelyard.venues.pager import Paging
from steelyard.venues.profile import NO_VOLATILITY, RECORDED_ONLY, Endpoint, Feature, Look, Profile

_MIX: Final = {"symbol": "{id}", "productType": "{product}"}
_OHLC: Final = (0, 1, 2, 3, 4)
_DATA: Final = ("data",)

_SPOT: Final = Endpoint(
    call="publicSpotGetV2SpotMarketHistoryCandles",
    params={"symbol": "{id}", "granularity": "1h"},
    rows=_DATA,
    cells=(*_OHLC, 5),
    paging=Paging.BACKWARD,  # it takes no beginning, and gives what lies before the end
    most=200,
    first="",
    shift_ms=(0, HOUR_MS),  # the candle that begins at the end is left out
)
_LINEAR: Final = replace(
    _SPOT,
    call="publicMixGetV2MixMarketHistoryCandles",
    params={**_MIX, "granularity": "1H"},
)
_INVERSE: Final = replace(_LINEAR, cells=(*_OHLC, 6))
_MARK: Final = replace(_LINEAR, call="publicMixGetV2MixMarketHistoryMarkCandles", cells=_OHLC)
_FUNDING: Final = Endpoint(
    call="publicMixGetV2MixMarketHistoryFundRate",
    params=_MIX,
    rows=_DATA,
    cells=("fundingTime", "fundingRate"),
    paging=Paging.NUMBERED,  # it takes no dates
    most=100,
    first="",
    last="",
    limit="pageSize",
    number="pageNo",
    settled=True,
)
_TICKER: Final = Look(
    call="publicMixGetV2MixMarketTicker",
    params=_MIX,
    row=_DATA,
    cells={MARK: "markPrice", INDEX: "indexPrice"},
    stamp="ts",
    match="symbol",
)
_OPEN_INTEREST: Final = replace(_TICKER, cells={OPEN_INTEREST: "holdingAmount", MARK: "markPrice"})
_FUNDING_NOW: Final = Look(
    call="publicMixGetV2MixMarketCurrentFundRate",
    params=_MIX,
    row=_DATA,
    cells={RATE: "fundingRate", NEXT: "nextUpdate", INTERVAL_HOURS: "fundingRateInterval"},
    clock=("requestTime",),
    match="symbol",
)
_PRICE: Final = replace(_TICKER, cells={PRICE: "lastPr"})


def _words(instrument: Instrument) -> Mapping[str, str]:
    if instrument.segment is Segment.INVERSE:
        return {"product": "COIN-FUTURES"}
    return {"product": f"{instrument.quote}-FUTURES"}


BITGET: Final = Profile(
    name="bitget",
    title="Bitget",
    library="bitget",
    options={"fetchMarkets": {"types": ["spot", "swap"]}},
    quotes={Segment.SPOT: "USDT", Segment.LINEAR: "USDT", Segment.INVERSE: "USD"},
    has_dated=True,
    history={
        (Feature.BARS, Segment.SPOT): _SPOT,
        (Feature.BARS, Segment.LINEAR): _LINEAR,
        (Feature.BARS, Segment.INVERSE): _INVERSE,
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
        (Feature.DATED_NOW, Segment.INVERSE): (_PRICE,),
    },
    lacks={
        Feature.DATED_NOW: "it lists no others",
        Feature.OPEN_INTEREST: RECORDED_ONLY,
        **NO_VOLATILITY,
    },
    words=_words,
)
