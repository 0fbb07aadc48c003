"""This file is Binance's public REST, asked for what its archive lacks: recent hours and days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from steelyard.data.columns import CLOSE, INTERVAL_HOURS, PRICES, RATE, VOLUME
from steelyard.data.months import month_parts
from steelyard.data.settlements import JITTER_MS
from steelyard.data.sources import Kind, Part, Rows, Span, Wanted, without
from steelyard.domain.errors import DataError, VenueBusy
from steelyard.domain.time import DAY_MS, HOUR_MS, text
from steelyard.venues.answers import kept, read_json, read_kept
from steelyard.venues.pager import Ask, Paging, Row, Subject, Way, history
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
NO_SYMBOL: Final = -1121
"""The code with which the venue says that it does not know a symbol."""

_VOLUME: Final = {"spot": 5, "um": 5, "cm": 7}
_NAN: Final = float("nan")


@dataclass(frozen=True, slots=True)
class _Call:
    """One endpoint: where it is, what it is always asked, and how its pages come."""

    url: str
    params: Mapping[str, str]
    way: Way


class BinanceRecent:
    """What Binance answers without a key, as a source of history."""

    def __init__(self, web: Web) -> None:
        self._web = web

    async def parts(self, wanted: Wanted, spans: Sequence[Span]) -> tuple[Part, ...]:
        """Return the months, or parts of months, of which the venue has something.

        Raises
        ------
        VenueBusy
            If it tells nothing of a symbol that it lists, as it does in maintenance.
        """
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
        """Return from its first row to its last what the venue has; None for an unknown symbol.

        Raises
        ------
        VenueBusy
            If it tells nothing of a symbol that it lists.
        """
        end_ms = _end_ms(wanted.kind, now_ms)
        if wanted.expiry_ms:
            if wanted.expiry_ms < now_ms - FORGOTTEN_DAYS * DAY_MS:
                return None
            end_ms = min(end_ms, wanted.expiry_ms)
        if wanted.kind is Kind.OPEN_INTEREST:
            bars = await self._there(replace(wanted, kind=Kind.BARS), now_ms)
            first_ms = now_ms // DAY_MS * DAY_MS - OPEN_INTEREST_DAYS * DAY_MS
            return None if bars is None else Span(first_ms, min(end_ms, bars.end_ms + JITTER_MS))
        first = await self._page(wanted, _earliest(wanted))
        last = await self._page(wanted, {"limit": 1})
        if first and last:
            step_ms = _call(wanted).way.step_ms or 8 * HOUR_MS
            return Span(int(first[0][0]), min(end_ms, int(last[-1][0]) + step_ms))
        if await self.lists(wanted) and not 0 < wanted.expiry_ms <= now_ms:
            message = (
                f"{_call(wanted).url} lists {wanted.symbol} and answers with nothing of it; the "
                f"venue may be in maintenance: try again later"
            )
            raise VenueBusy(message)
        return None

    async def lists(self, wanted: Wanted) -> bool:
        """Return whether the venue knows a symbol: only bars of an unknown one are refused."""
        return await self._page(replace(wanted, kind=Kind.BARS), {"limit": 1}) is not None

    async def fetch(self, part: Part) -> bytes:
        """Return all rows of a stretch of time, complete.

        Raises
        ------
        DataError
            If rows are missing at the beginning or between others.
        VenueBusy
            If rows are missing at the end, or there are none.
        """
        wanted, span = part.wanted, part.span

        async def page(ask: Ask) -> Sequence[Row]:
            limits = {"startTime": ask.first_ms, "endTime": ask.last_ms, "limit": ask.limit}
            return await self._page(wanted, limits) or ()

        rows = await history(
            page,
            span,
            _call(wanted).way,
            Subject(venue="binance", symbol=wanted.symbol, kind=wanted.kind.value),
            now_ms=self._web.now_ms() - SKEW_MS,
        )
        _refuse_late(part, rows)
        return kept(rows)

    def read(self, part: Part, content: bytes) -> Rows:
        """Return the rows of a part."""
        return read_kept(part, content, _columns(part.wanted.kind))

    async def _page(self, wanted: Wanted, limits: Mapping[str, str | int]) -> list[Row] | None:
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


def _refuse_late(part: Part, rows: Sequence[Row]) -> None:
    """Refuse bars that begin after the first hour of which the venue itself says it has some.

    Of coin-margined contracts the first day is known, and not its first hour.

    Raises
    ------
    DataError
        If they do.
    """
    wanted, due_ms = part.wanted, part.span.first_ms
    exact = wanted.kind in {Kind.BARS, Kind.MARK} and wanted.market != "cm"
    if exact and rows and rows[0][0] != due_ms:
        message = (
            f"{part.url} has {wanted.symbol} from {text(due_ms)} on, and answers with "
            f"{text(int(rows[0][0]))} as the first; history is complete or not used: try later"
        )
        raise DataError(message)


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
            return _Call(f"{host}/fundingRate", symbol, Way(paging=Paging.FORWARD, most=1000))
        case Kind.OPEN_INTEREST if wanted.market == "cm":
            pair = wanted.symbol.partition("_")[0]
            asked = {"pair": pair, "contractType": "PERPETUAL", "period": "1h"}
            return _Call(_open_interest_url(host), asked, _hours(500))
        case Kind.OPEN_INTEREST:
            return _Call(_open_interest_url(host), {**symbol, "period": "1h"}, _hours(500))
        case Kind.MARK:
            return _Call(f"{host}/markPriceKlines", {**symbol, "interval": "1h"}, _hours(1000))
        case _:
            return _Call(f"{host}/klines", {**symbol, "interval": "1h"}, _hours(1000))


def _hours(most: int) -> Way:
    return Way(paging=Paging.WINDOWS, most=most, step_ms=HOUR_MS)


def _open_interest_url(host: str) -> str:
    return f"https://{host.split('/')[2]}/futures/data/openInterestHist"


def _rows(wanted: Wanted, told: object) -> list[Row] | None:
    """Return the rows of an answer; None for a symbol that the venue does not know.

    Raises
    ------
    TypeError
        If it is something else.
    """
    if isinstance(told, dict) and told.get("code") == NO_SYMBOL:
        return None
    if not isinstance(told, list):
        raise TypeError(str(told)[:120])
    match wanted.kind:
        case Kind.FUNDING:
            return [(int(row["fundingTime"]), float(row["fundingRate"]), _NAN) for row in told]
        case Kind.OPEN_INTEREST:
            return [(int(row["timestamp"]), float(row["sumOpenInterest"])) for row in told]
        case _:
            return _bars(wanted, told)


def _bars(wanted: Wanted, told: Sequence[Sequence[str]]) -> list[Row]:
    volume = [_VOLUME[wanted.market]] if wanted.kind is Kind.BARS else []
    return [tuple(float(row[place]) for place in (0, 1, 2, 3, 4, *volume)) for row in told]
