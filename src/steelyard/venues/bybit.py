"""This file is what sets Bybit apart: one service for all, the newest rows first."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from steelyard.data.columns import INDEX, MARK, NEXT, OPEN_INTEREST, PRICE, RATE
from steelyard.venues.instruments import Instrument, Segment
from steelyard.venues.pager import Paging
from steelyard.venues.profile import NO_VOLATILITY, Endpoint, Feature, Look, Profile
from steelyard.venues.units import Measure

_LIST: Final = ("result", "list")
_SYMBOL: Final = {"category": "{category}", "symbol": "{id}"}
_OHLC: Final = (0, 1, 2, 3, 4)

_BARS: Final = Endpoint(
    call="publicGetV5MarketKline",
    params={**_SYMBOL, "interval": "60"},
    rows=_LIST,
    cells=(*_OHLC, 5),
    paging=Paging.WINDOWS,
    most=1000,
    first="start",
    last="end",
)
_INVERSE: Final = replace(_BARS, cells=(*_OHLC, 6))  # the sixth column counts dollars
_MARK: Final = replace(_BARS, call="publicGetV5MarketMarkPriceKline", cells=_OHLC)
_FUNDING: Final = Endpoint(
    call="publicGetV5MarketFundingHistory",
    params=_SYMBOL,
    rows=_LIST,
    cells=("fundingRateTimestamp", "fundingRate"),
    paging=Paging.BACKWARD,  # a beginning without an end is an error, and the end is what counts
    most=200,
    settled=True,
)
_OPEN_INTEREST: Final = Endpoint(
    call="publicGetV5MarketOpenInterest",
    params={**_SYMBOL, "intervalTime": "1h"},
    rows=_LIST,
    cells=("timestamp", "openInterest"),
    paging=Paging.WINDOWS,
    most=200,
)
_TICKER: Final = Look(
    call="publicGetV5MarketTickers",
    params=_SYMBOL,
    row=_LIST,
    cells={MARK: "markPrice", INDEX: "indexPrice"},
    clock=("time",),
    match="symbol",
)
_FUNDING_NOW: Final = replace(_TICKER, cells={RATE: "fundingRate", NEXT: "nextFundingTime"})
_OPEN_INTEREST_NOW: Final = replace(_TICKER, cells={OPEN_INTEREST: "openInterest"})
_PRICE: Final = replace(_TICKER, cells={PRICE: "lastPrice"})


def _words(instrument: Instrument) -> Mapping[str, str]:
    inverse = instrument.segment is Segment.INVERSE
    return {"category": "inverse" if inverse else instrument.segment.value}


BYBIT: Final = Profile(
    name="bybit",
    title="Bybit",
    library="bybit",
    options={"fetchMarkets": {"types": ["spot", "linear", "inverse"]}},
    quotes={Segment.SPOT: "USDT", Segment.LINEAR: "USDT", Segment.INVERSE: "USD"},
    measures={Segment.INVERSE: Measure.QUOTE},
    has_dated=True,
    history={
        (Feature.BARS, Segment.SPOT): _BARS,
        (Feature.BARS, Segment.LINEAR): _BARS,
        (Feature.BARS, Segment.INVERSE): _INVERSE,
        (Feature.MARK, Segment.LINEAR): _MARK,
        (Feature.MARK, Segment.INVERSE): _MARK,
        (Feature.FUNDING, Segment.LINEAR): _FUNDING,
        (Feature.FUNDING, Segment.INVERSE): _FUNDING,
        (Feature.OPEN_INTEREST, Segment.LINEAR): _OPEN_INTEREST,
        (Feature.OPEN_INTEREST, Segment.INVERSE): replace(_OPEN_INTEREST, measure=Measure.QUOTE),
    },
    now={
        (Feature.PREMIUM_NOW, Segment.LINEAR): (_TICKER,),
        (Feature.PREMIUM_NOW, Segment.INVERSE): (_TICKER,),
        (Feature.FUNDING_NOW, Segment.LINEAR): (_FUNDING_NOW,),
        (Feature.FUNDING_NOW, Segment.INVERSE): (_FUNDING_NOW,),
        (Feature.OPEN_INTEREST_NOW, Segment.LINEAR): (_OPEN_INTEREST_NOW,),
        (Feature.OPEN_INTEREST_NOW, Segment.INVERSE): (
            replace(_OPEN_INTEREST_NOW, measure=Measure.QUOTE),
        ),
        (Feature.DATED_NOW, Segment.LINEAR): (_PRICE,),
        (Feature.DATED_NOW, Segment.INVERSE): (_PRICE,),
    },
    lacks={
        **NO_VOLATILITY,
        Feature.VOLATILITY: "what it publishes is realised volatility; only Deribit has an index",
    },
    words=_words,
)
