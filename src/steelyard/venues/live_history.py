"""This file is what live venues answer, as a source of history: months of it, each one proven."""

import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from steelyard.data.build import COLUMNS
from steelyard.data.months import month_parts
from steelyard.data.sources import Kind, Part, Rows, Span, Wanted, without
from steelyard.domain.errors import DataError, VenueBusy
from steelyard.domain.time import DAY_MS, HOUR_MS, text
from steelyard.venues.answers import kept, read_kept
from steelyard.venues.exchange import Exchange, index_of
from steelyard.venues.instruments import Instrument, Segment
from steelyard.venues.pager import Ask
from steelyard.venues.profile import Endpoint, Feature
from steelyard.venues.web import SKEW_MS

NAME: Final = "live"
FEATURES: Final = {
    Kind.BARS: Feature.BARS,
    Kind.MARK: Feature.MARK,
    Kind.FUNDING: Feature.FUNDING,
    Kind.OPEN_INTEREST: Feature.OPEN_INTEREST,
    Kind.VOLATILITY: Feature.VOLATILITY,
}
SEGMENTS: Final = {
    "spot": Segment.SPOT,
    "um": Segment.LINEAR,
    "cm": Segment.INVERSE,
    "": Segment.INDEX,
}
"""Segments by the markets of a wanted series."""


class LiveHistory:
    """One venue, as a source of history."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def parts(self, wanted: Wanted, spans: Sequence[Span]) -> tuple[Part, ...]:
        """Return the months, or parts of months, of which the venue has something.

        Settlements are one part: their pages are not asked for by date everywhere.

        Raises
        ------
        VenueBusy
            If it has nothing up to now, as it does in maintenance.
        """
        instrument, endpoint = await self._asked(wanted)
        end_ms = self._end_ms(wanted, endpoint)
        left = without(spans, [Span(end_ms, 1 << 62)])
        if endpoint.keeps_days:
            first_ms = self._exchange.now_ms() // DAY_MS * DAY_MS - endpoint.keeps_days * DAY_MS
            left = without(left, [Span(0, first_ms + DAY_MS)])
        if not left or endpoint.settled:
            return tuple(self._part(wanted, span) for span in left)
        whole = Span(left[0].first_ms, left[-1].end_ms)
        first_ms = await self._begins(FEATURES[wanted.kind], instrument, endpoint, whole)
        if first_ms == whole.end_ms == end_ms:
            message = (
                f"{self._exchange.profile.title} lists {wanted.symbol} and answers with no "
                f"{wanted.kind.value} of it; the venue may be in maintenance: try again later"
            )
            raise VenueBusy(message)
        return tuple(
            self._part(wanted, span)
            for one in without(left, [Span(0, first_ms)])
            for _, span in month_parts(one)
        )

    def _end_ms(self, wanted: Wanted, endpoint: Endpoint) -> int:
        """Return where what can be known now ends."""
        now_ms = self._exchange.now_ms() - SKEW_MS
        ended_ms = now_ms if endpoint.settled else now_ms // HOUR_MS * HOUR_MS
        return min(ended_ms, wanted.expiry_ms or ended_ms)

    def _part(self, wanted: Wanted, span: Span) -> Part:
        call = self._exchange.profile.history[FEATURES[wanted.kind], SEGMENTS[wanted.market]].call
        venue = self._exchange.profile.name
        path = f"{venue}/{call}/{wanted.symbol}-{wanted.market or 'index'}-{span.first_ms}.json"
        return Part(wanted=wanted, source=NAME, path=path, url=f"{venue} ({call})", span=span)

    async def _asked(self, wanted: Wanted) -> tuple[Instrument, Endpoint]:
        segment = SEGMENTS[wanted.market]
        venue = self._exchange.profile.name
        if segment is Segment.INDEX:
            instrument = index_of(venue, wanted.symbol)
        else:
            listed = await self._exchange.markets()
            instrument = next(
                one
                for one in listed.instruments
                if (one.id, one.segment) == (wanted.symbol, segment)
            )
        return instrument, self._exchange.profile.history[FEATURES[wanted.kind], segment]

    async def _begins(
        self, feature: Feature, instrument: Instrument, endpoint: Endpoint, span: Span
    ) -> int:
        """Return the stamp of the first row that a venue has of a stretch; its end for none."""
        step_ms = max(1, endpoint.most - 1) * HOUR_MS
        windows = -(-(span.end_ms - span.first_ms) // step_ms)

        async def there(window: int) -> list[int]:
            first_ms = span.first_ms + window * step_ms
            last_ms = min(span.end_ms, first_ms + step_ms) - 1
            page = await self._exchange.page(
                feature, instrument, Ask(first_ms, last_ms, endpoint.most)
            )
            return [int(row[0]) for row in page if first_ms <= row[0] <= last_ms]

        found = await _first_filled(windows, there)
        return min(found, default=span.end_ms)

    async def fetch(self, part: Part) -> bytes:
        """Return all rows of a stretch of time, complete from its first hour on.

        Raises
        ------
        DataError
            If rows are missing.
        """
        wanted, span = part.wanted, part.span
        instrument, endpoint = await self._asked(wanted)
        rows = await self._exchange.history(FEATURES[wanted.kind], instrument, span)
        due_ms = -(-span.first_ms // HOUR_MS) * HOUR_MS
        if rows and not endpoint.settled and rows[0][0] != due_ms:
            message = (
                f"{part.url} has {wanted.symbol} from {text(due_ms)} on, and answers with "
                f"{text(int(rows[0][0]))} as the first; history is complete or not used: try later"
            )
            raise DataError(message)
        more = (math.nan,) if wanted.kind is Kind.FUNDING else ()
        return kept([(*row, *more) for row in rows])

    def read(self, part: Part, content: bytes) -> Rows:
        """Return the rows of a part."""
        return read_kept(part, content, COLUMNS[part.wanted.kind])


async def _first_filled(windows: int, there: Callable[[int], Awaitable[list[int]]]) -> list[int]:
    """Return what stands in the first window that has something; later ones all have.

    An empty answer may be a lapse, so the window before the first one is asked once more: where
    it has something after all, the search goes on before it.
    """
    found: list[int] = []
    end = windows
    while end > 0:
        low, high, filled = 0, end, list[int]()
        while low < high:
            middle = (low + high) // 2
            rows = await there(middle)
            if rows:
                high, filled = middle, rows
            else:
                low = middle + 1
        found = filled or found
        if low == 0:
            break
        again = await there(low - 1)
        if not again:
            break
        found, end = again, low - 1
    return found
