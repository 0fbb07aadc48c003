"""This file is Deribit's volatility index, hourly, which pages backwards."""

from collections.abc import Sequence
from typing import Final

from steelyard.data.columns import PRICES
from steelyard.data.months import month_parts
from steelyard.data.sources import Part, Rows, Span, Wanted, without
from steelyard.domain.errors import VenueBusy
from steelyard.domain.time import DAY_MS, HOUR_MS, stamp, text
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
        """Return the hours of a month; none where the index begins later.

        Raises
        ------
        VenueBusy
            If the last hour is not there, or nothing at all, not even of the last day.
        """
        rows = await self._rows(part.wanted.symbol, part.span)
        if not rows:  # an empty answer may be a lapse
            rows = await self._rows(part.wanted.symbol, part.span)
        if rows:
            _refuse_behind(part, rows)
        else:
            await self._refuse_silence(part.wanted.symbol)
        return kept(rows)

    async def _refuse_silence(self, symbol: str) -> None:
        """Refuse a venue that has nothing of the last day either.

        Raises
        ------
        VenueBusy
            If it has not.
        """
        now_ms = self._web.now_ms()
        if not await self._rows(symbol, Span(now_ms - DAY_MS, now_ms)):
            message = (
                f"{URL} answers with nothing of {symbol}; the venue may be in maintenance: try "
                f"again later"
            )
            raise VenueBusy(message)

    async def _rows(self, symbol: str, span: Span) -> list[_Row]:
        """Return the hours of a stretch of time, page after page from the last to the first.

        Raises
        ------
        VenueBusy
            If the pages do not come to an end.
        """
        rows: dict[float, _Row] = {}
        end_ms = span.end_ms - HOUR_MS
        for _ in range(_PAGES):
            answer = await self._web.get(
                URL,
                {
                    "currency": symbol,
                    "start_timestamp": span.first_ms,
                    "end_timestamp": end_ms,
                    "resolution": 3600,
                },
            )
            page, before_ms = read_json(answer, URL, _page)
            rows |= {row[0]: row for row in page}
            if before_ms is None or before_ms < span.first_ms:
                return [row for row in rows.values() if _is_within(row, span)]
            if before_ms >= end_ms:
                break
            end_ms = before_ms
        message = f"{URL} does not come to an end before {text(end_ms)}; try again later"
        raise VenueBusy(message)

    def read(self, part: Part, content: bytes) -> Rows:
        """Return the rows of a part."""
        return read_kept(part, content, PRICES)


def _refuse_behind(part: Part, rows: Sequence[_Row]) -> None:
    """Refuse hours that stop before their end; one that is missing before it is told as a gap.

    Raises
    ------
    VenueBusy
        If they do.
    """
    due_ms, last_ms = part.span.end_ms - HOUR_MS, int(max(row[0] for row in rows))
    if last_ms < due_ms:
        message = (
            f"{URL} is due to have {part.wanted.symbol} up to {text(due_ms)} and answers with "
            f"{text(last_ms)} as the last; the venue may be in maintenance: try again later"
        )
        raise VenueBusy(message)


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
