"""This file is what sets Deribit apart: data alone, the index of volatility, amounts in dollars."""

from typing import Final

from steelyard.data.columns import CLOSE, INDEX, MARK, OPEN_INTEREST, PRICE, RATE
from steelyard.venues.instruments import Segment
from steelyard.venues.pager import Paging
from steelyard.venues.profile import RECORDED_ONLY, Endpoint, Feature, Look, Profile
from steelyard.venues.units import Measure

_NAMED: Final = {"instrument_name": "{id}"}
_RESULT: Final = ("result",)

_BARS: Final = Endpoint(
    call="publicGetGetTradingviewChartData",
    params={**_NAMED, "resolution": "60"},
    rows=_RESULT,
    cells=("ticks", "open", "high", "low", "close", "volume"),
    paging=Paging.WINDOWS,
    most=5000,
    first="start_timestamp",
    last="end_timestamp",
    limit="",
    shift_ms=(-1, 0),  # a row at the first stamp may be left out
    columnar=True,
)
_FUNDING: Final = Endpoint(
    call="publicGetGetFundingRateHistory",
    params=_NAMED,
    rows=_RESULT,
    cells=("timestamp", "interest_1h"),  # paid all the time; told by the hour
    paging=Paging.WINDOWS,
    most=744,
    first="start_timestamp",
    last="end_timestamp",
    limit="",
    shift_ms=(-1, 0),
)
_VOLATILITY: Final = Endpoint(
    call="publicGetGetVolatilityIndexData",  # the unified call of ccxt gives realised volatility
    params={"currency": "{coin}", "resolution": "3600"},
    rows=("result", "data"),
    cells=(0, 1, 2, 3, 4),
    paging=Paging.BACKWARD,
    most=1000,
    first="start_timestamp",
    last="end_timestamp",
    limit="",
)


def _ticker(cells: dict[str, str], measure: Measure = Measure.BASE) -> tuple[Look, ...]:
    return (
        Look(
            call="publicGetTicker",
            params=_NAMED,
            row=_RESULT,
            cells=cells,
            stamp="timestamp",
            measure=measure,
        ),
    )


_FUNDED: Final = _ticker({RATE: "funding_8h"})

DERIBIT: Final = Profile(
    name="deribit",
    title="Deribit",
    library="deribit",
    options={},
    quotes={Segment.LINEAR: "USDC", Segment.INVERSE: "USD"},
    measures={Segment.INVERSE: Measure.QUOTE},
    has_dated=True,
    history={
        (Feature.BARS, Segment.LINEAR): _BARS,
        (Feature.BARS, Segment.INVERSE): _BARS,
        (Feature.FUNDING, Segment.LINEAR): _FUNDING,
        (Feature.FUNDING, Segment.INVERSE): _FUNDING,
        (Feature.VOLATILITY, Segment.INDEX): _VOLATILITY,
    },
    now={
        (Feature.PREMIUM_NOW, Segment.LINEAR): _ticker({MARK: "mark_price", INDEX: "index_price"}),
        (Feature.PREMIUM_NOW, Segment.INVERSE): _ticker({MARK: "mark_price", INDEX: "index_price"}),
        (Feature.FUNDING_NOW, Segment.LINEAR): _FUNDED,
        (Feature.FUNDING_NOW, Segment.INVERSE): _FUNDED,
        (Feature.OPEN_INTEREST_NOW, Segment.LINEAR): _ticker({OPEN_INTEREST: "open_interest"}),
        (Feature.OPEN_INTEREST_NOW, Segment.INVERSE): _ticker(
            {OPEN_INTEREST: "open_interest"}, Measure.QUOTE
        ),
        (Feature.DATED_NOW, Segment.LINEAR): _ticker({PRICE: "last_price"}),
        (Feature.DATED_NOW, Segment.INVERSE): _ticker({PRICE: "last_price"}),
        (Feature.VOLATILITY_NOW, Segment.INDEX): (
            Look(
                call="publicGetGetVolatilityIndexData",
                params={
                    "currency": "{coin}",
                    "resolution": "60",
                    "start_timestamp": "{hour_ago}",
                    "end_timestamp": "{now}",
                },
                row=("result", "data", -1),
                cells={CLOSE: 4},
                stamp=0,
            ),
        ),
    },
    lacks={
        Feature.SPOT: "its spot pairs are not read; it is a venue of data here",
        Feature.MARK: "it publishes none of the past",
        Feature.OPEN_INTEREST: RECORDED_ONLY,
    },
)
