"""This file is Deribit's volatility index, hourly, which pages backwards."""

from collections.abc import Sequence
from typing import Final

from steelyard.data.columns import PRICES
from steelyard.data.months import month_parts
from steelyard.data.sources import Part, Rows, Span, Wanted, without
from steelyard.domain.errors import VenueBusy
from steelyard.domain.time import HOUR_MS, stamp, text
from steelyard.venues.answers import kept, read_json, read_kept
from steelyard.venues.web import SKEW_MS, Web

NAME: Final = "deribit"
URL: Final = "https://www.deribit.com/api/v2/public/get_volatility_index_data"
CURRENCIES: Final = ("BTC", "ETH")
"""Those that have the index."""

FIRST_MS: Final = stamp(2021, 3, 1)
"""The index is published since March 2021."""

_PAGES: Final = 50
_Row = tuple[float, float, float, float, float]


class DeribitIndex:
    """The volatility index of BTC or ETH, as a source of history."""

    def __init__(self, web: Web) -> None:
        self._web = web

    async def parts(self, wanted: Wanted, spans: Sequence[Span]) -> tuple[Part, ...]:
        """Return the months, or parts of months, of some stretches of time; ended hours only."""
        ended_ms = (self._web.now_ms() - SKEW_MS) // HOUR_MS * HOUR_MS
        there = without(spans, [Span(0, FIRST_MS), Span(ended_ms, 1 << 62)])
        return tuple(
            Part(
                wanted=wanted,
                source=NAME,
                path=f"www.deribit.com/volatility_index/{wanted.symbol}-1h-{month}.json",
                url=URL,
                span=span,
            )
            for one in there
            for month, span in month_parts(one)
        )

    async def fetch(self, part: Part) -> bytes:
        """Return the hours of a month, page after page from the last to the first.

        Raises
        ------
        VenueBusy
            If the pages do not come to an end.
        """
        rows: dict[float, _Row] = {}
        end_ms = part.span.end_ms - HOUR_MS
        for _ in range(_PAGES):
            answer = await self._web.get(
                URL,
                {
                    "currency": part.wanted.symbol,
                    "start_timestamp": part.span.first_ms,
                    "end_timestamp": end_ms,
                    "resolution": 3600,
                },
            )
            page, before_ms = read_json(answer, URL, _page)
            rows |= {row[0]: row for row in page}
            if before_ms is None or before_ms < part.span.first_ms:
                within = [row for row in rows.values() if _is_within(row, part.span)]
                return kept(within)
            if before_ms >= end_ms:
                break
            end_ms = before_ms
        message = f"{URL} does not come to an end before {text(end_ms)}; try again later"
        raise VenueBusy(message)

    def read(self, part: Part, content: bytes) -> Rows:
        """Return the rows of a part."""
        return read_kept(part, content, PRICES)


def _is_within(row: _Row, span: Span) -> bool:
    return span.first_ms <= row[0] < span.end_ms


def _page(told: object) -> tuple[list[_Row], int | None]:
    """Return the rows of a page, and where the page before it ends; None where there is none."""
    result = told["result"]  # type: ignore[index]
    rows: list[_Row] = [
        (float(ms), float(first), float(high), float(low), float(last))
        for ms, first, high, low, last in result["data"]
    ]
    before = result["continuation"]
    return rows, None if before is None else int(before)
