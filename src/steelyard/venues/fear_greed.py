"""This file is the index of fear and greed of alternative.me, one number a day."""

from collections.abc import Sequence
from typing import Final

from steelyard.data.columns import VALUE
from steelyard.data.sources import Part, Rows, Span, Wanted
from steelyard.domain.errors import VenueBusy
from steelyard.domain.time import DAY_MS, stamp
from steelyard.venues.answers import kept, read_json, read_kept
from steelyard.venues.web import Web

NAME: Final = "alternative"
URL: Final = "https://api.alternative.me/fng/"
FIRST_MS: Final = stamp(2018, 2, 1)
"""The index begins here."""


class FearGreed:
    """The whole index in one answer, as a source of history."""

    def __init__(self, web: Web) -> None:
        self._web = web

    async def parts(self, wanted: Wanted, spans: Sequence[Span]) -> tuple[Part, ...]:
        """Return the one part there is, up to the last day that has ended."""
        end_ms = self._web.now_ms() // DAY_MS * DAY_MS
        if not any(span.end_ms > FIRST_MS for span in spans) or end_ms <= FIRST_MS:
            return ()
        path = "api.alternative.me/fng.json"
        span = Span(FIRST_MS, end_ms)
        return (Part(wanted=wanted, source=NAME, path=path, url=URL, span=span),)

    async def fetch(self, part: Part) -> bytes:
        """Return every day that has ended.

        Raises
        ------
        VenueBusy
            If there is none.
        """
        answer = await self._web.get(URL, {"limit": 0, "format": "json"})
        rows = [row for row in read_json(answer, URL, _days) if row[0] < part.span.end_ms]
        if not rows:
            message = f"{URL} answers without a single day; try again later"
            raise VenueBusy(message)
        return kept(rows)

    def read(self, part: Part, content: bytes) -> Rows:
        """Return the rows of the part."""
        return read_kept(part, content, (VALUE,))


def _days(told: object) -> list[tuple[float, float]]:
    rows = told["data"]  # type: ignore[index]
    return [(int(row["timestamp"]) * 1000, float(row["value"])) for row in rows]
