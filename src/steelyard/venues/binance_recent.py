"""This file is Binance's public REST, asked for what its archive lacks: recent hours and days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from steelyard.data.columns import CLOSE, INTERVAL_HOURS, PRICES, RATE, VOLUME
from steelyard.data.months import month_parts
from steelyard.data.settlements import JITTER_MS
from steelyard.data.sources import Kind, Part, Rows, Span, Wanted, without
from steelyard.domain.errors import VenueBusy
from steelyard.domain.time import DAY_MS, HOUR_MS, text
from steelyard.venues.answers import kept, read_json, read_kept
from steelyard.venues.web import SKEW_MS, Web

NAME: Final = "rest"
OPEN_INTEREST_DAYS: Final = 29
"""Open interest is kept for 30 days; the first of them may end while it is asked for."""

FORGOTTEN_DAYS: Final = 45
"""After this long a settled contract is wholly in the archive, and the venue knows it no more."""

_HOSTS: Final = {
    "spot": "https://api.binance.com/api/v3",
    "um": "https://fapi.binance.com/fapi/v1",
    "cm": "https://dapi.binance.com/dapi/v1",
}
_NO_SYMBOL: Final = -1121
_VOLUME: Final = {"spot": 5, "um": 5, "cm": 7}
_NAN: Final = float("nan")
_Row = tuple[float, ...]


@dataclass(frozen=True, slots=True)
class _Call:
    """One endpoint: where it is, what it is always asked, how many rows a page may have."""

    url: str
    params: Mapping[str, str]
    limit: int
    step_ms: int


class BinanceRecent:
    """What Binance answers without a key, as a source of history."""

    def __init__(self, web: Web) -> None:
        self._web = web

    async def parts(self, wanted: Wanted, spans: Sequence[Span]) -> tuple[Part, ...]:
        """Return the months, or parts of months, of which the venue has something."""
        now_ms = self._web.now_ms()
        there = await self._there(wanted, now_ms) if without(spans, []) else None
        if there is None:
            return ()
        left = without(spans, [Span(0, there.first_ms), Span(there.end_ms, 1 << 62)])
        call = _call(wanted)
        host = call.url.removeprefix("https://").split("/")[0]
        what = call.url.rsplit("/", maxsplit=1)[-1]
        return tuple(
            Part(
                wanted=wanted,
                source=NAME,
                path=f"{host}/{what}/{wanted.symbol}-{span.first_ms}.json",
                url=call.url,
                span=span,
            )
            for one in left
            for _, span in month_parts(one)
        )

    async def _there(self, wanted: Wanted, now_ms: int) -> Span | None:
        """Return from its first row to its last what the venue has; None for an unknown symbol."""
        end_ms = _end_ms(wanted.kind, now_ms)
        if wanted.expiry_ms:
            if wanted.expiry_ms < now_ms - FORGOTTEN_DAYS * DAY_MS:
                return None
            end_ms = min(end_ms, wanted.expiry_ms)
        if wanted.kind is Kind.OPEN_INTEREST:
            first_ms = now_ms // DAY_MS * DAY_MS - OPEN_INTEREST_DAYS * DAY_MS
            return Span(first_ms, end_ms)
        first = await self._page(wanted, _earliest(wanted))
        last = await self._page(wanted, {"limit": 1})
        if not first or not last:
            return None
        step_ms = _call(wanted).step_ms
        return Span(int(first[0][0]), min(end_ms, int(last[-1][0]) + step_ms))

    async def fetch(self, part: Part) -> bytes:
        """Return all rows of a stretch of time, page after page.

        Raises
        ------
        VenueBusy
            If rows are lacking at the end that the venue itself says it has.
        """
        call = _call(part.wanted)
        rows: dict[float, _Row] = {}
        first_ms, end_ms = part.span
        while first_ms < end_ms:
            limits = {"startTime": first_ms, "endTime": end_ms - 1, "limit": call.limit}
            page = await self._page(part.wanted, limits)
            fresh = {row[0]: row for row in page if first_ms <= row[0] < end_ms}
            if not fresh:
                break
            rows |= fresh
            first_ms = int(max(fresh)) + 1
        _refuse_lacking(part, call, rows)
        return kept(list(rows.values()))

    def read(self, part: Part, content: bytes) -> Rows:
        """Return the rows of a part."""
        return read_kept(part, content, _columns(part.wanted.kind))

    async def _page(self, wanted: Wanted, limits: Mapping[str, str | int]) -> list[_Row]:
        call = _call(wanted)
        answer = await self._web.get(call.url, {**call.params, **limits})
        return read_json(answer, call.url, lambda told: _rows(wanted, told))


def _earliest(wanted: Wanted) -> Mapping[str, str | int]:
    """Return what asks for the first row: of coin-margined bars, of those of the last 200 days.

    Those are answered from the end of what is asked for, and never over more than 200 days.
    """
    if wanted.market == "cm" and wanted.kind in {Kind.BARS, Kind.MARK}:
        return {"interval": "1d", "limit": 1000}
    return {"startTime": 0, "limit": 1}


def _end_ms(kind: Kind, now_ms: int) -> int:
    """Return where what can be known now ends: with an ended hour, or a settlement just after."""
    ended_ms = (now_ms - SKEW_MS) // HOUR_MS * HOUR_MS
    return ended_ms + (JITTER_MS if kind in {Kind.FUNDING, Kind.OPEN_INTEREST} else 0)


def _refuse_lacking(part: Part, call: _Call, rows: Mapping[float, _Row]) -> None:
    """Refuse bars that stop before their end: the venue is in maintenance, or is behind.

    Raises
    ------
    VenueBusy
        If they do.
    """
    due_ms = part.span.end_ms - call.step_ms
    lacks = part.wanted.kind in {Kind.BARS, Kind.MARK} and max(rows, default=-1) < due_ms
    if lacks:
        last = text(int(max(rows))) if rows else "nothing"
        message = (
            f"{call.url} has {part.wanted.symbol} up to {text(due_ms)} and answers with {last} "
            f"as the last; the venue may be in maintenance: try again later"
        )
        raise VenueBusy(message)


def _columns(kind: Kind) -> tuple[str, ...]:
    match kind:
        case Kind.BARS:
            return (*PRICES, VOLUME)
        case Kind.FUNDING:
            return (RATE, INTERVAL_HOURS)
        case Kind.OPEN_INTEREST:
            return (CLOSE,)
        case _:
            return PRICES


def _call(wanted: Wanted) -> _Call:
    host = _HOSTS[wanted.market]
    symbol = {"symbol": wanted.symbol}
    match wanted.kind:
        case Kind.FUNDING:
            return _Call(f"{host}/fundingRate", symbol, 1000, 8 * HOUR_MS)
        case Kind.OPEN_INTEREST if wanted.market == "cm":
            pair = wanted.symbol.partition("_")[0]
            asked = {"pair": pair, "contractType": "PERPETUAL", "period": "1h"}
            return _Call(_open_interest_url(host), asked, 500, HOUR_MS)
        case Kind.OPEN_INTEREST:
            return _Call(_open_interest_url(host), {**symbol, "period": "1h"}, 500, HOUR_MS)
        case Kind.MARK:
            return _Call(f"{host}/markPriceKlines", {**symbol, "interval": "1h"}, 1000, HOUR_MS)
        case _:
            return _Call(f"{host}/klines", {**symbol, "interval": "1h"}, 1000, HOUR_MS)


def _open_interest_url(host: str) -> str:
    return f"https://{host.split('/')[2]}/futures/data/openInterestHist"


def _rows(wanted: Wanted, told: object) -> list[_Row]:
    """Return the rows of an answer; none for a symbol that the venue does not know.

    Raises
    ------
    TypeError
        If it is something else.
    """
    if isinstance(told, dict) and told.get("code") == _NO_SYMBOL:
        return []
    if not isinstance(told, list):
        raise TypeError(str(told)[:120])
    match wanted.kind:
        case Kind.FUNDING:
            return [(int(row["fundingTime"]), float(row["fundingRate"]), _NAN) for row in told]
        case Kind.OPEN_INTEREST:
            return [(int(row["timestamp"]), float(row["sumOpenInterest"])) for row in told]
        case _:
            return _bars(wanted, told)


def _bars(wanted: Wanted, told: Sequence[Sequence[str]]) -> list[_Row]:
    volume = [_VOLUME[wanted.market]] if wanted.kind is Kind.BARS else []
    return [tuple(float(row[place]) for place in (0, 1, 2, 3, 4, *volume)) for row in told]
