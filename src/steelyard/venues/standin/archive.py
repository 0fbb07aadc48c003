"""This file answers as the archives and public endpoints do, out of history that it is given.

It holds no socket: a server hands it the host, the path and the query, and sends what it returns.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import escape

import numpy as np

from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.time import DAY_MS, HOUR_MS, stamp, text

_PAGE: Final = 1000
_FILES: Final = "data.binance.vision"
_LISTING: Final = "s3-ap-northeast-1.amazonaws.com"
_INDEX_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    status: int
    body: bytes
    kind: str = "application/json"
    etag: str = ""


@dataclass(slots=True)
class History:
    """Rows of one symbol: stamps, and the numbers in the order in which the venue gives them.

    Bars: open, high, low, close, volume, volume in quote. Funding: hours, rate.
    Open interest: contracts or coins, value.
    """

    ms: Ints
    rows: Floats


@dataclass(slots=True)
class StandinArchive:
    """The archive of Binance, its REST, Deribit's index and the index of fear and greed.

    Parameters
    ----------
    history : dict of (market, kind, symbol) to History
        Kinds are those of the archive, such as ``klines`` or ``markPriceKlines``.
    now_ms : int, stamp
        Months that ended before it are in the archive; what came after is answered by REST.
    volatility : dict of str to History
        Hourly index by currency.
    mood : sequence of (int, float)
        Days in seconds, values.
    symbols : dict of str to dict
        What ``exchangeInfo`` lists of ``spot`` and ``um``.
    """

    history: dict[tuple[str, str, str], History]
    now_ms: int
    volatility: dict[str, History] = field(default_factory=dict)
    mood: Sequence[tuple[int, float]] = ()
    symbols: Mapping[str, Sequence[Mapping[str, object]]] = field(default_factory=dict)
    header: bool = True
    """Whether bars have a header in the archive."""

    files: dict[str, bytes] = field(default_factory=dict)

    def fill(self) -> None:
        """Make the archive's files of the history."""
        for (market, kind, symbol), one in self.history.items():
            self._fill(market, kind, symbol, one)

    def _fill(self, market: str, kind: str, symbol: str, history: History) -> None:
        by_day = kind == "metrics"
        interval = "1h" if "lines" in kind else ""
        names = [text(int(ms) - by_day)[: 10 if by_day else 7] for ms in history.ms]
        place = {"spot": "spot", "um": "futures/um", "cm": "futures/cm"}[market]
        period = "daily" if by_day else "monthly"
        folder = f"data/{place}/{period}/{kind}/{symbol}/" + (f"{interval}/" if interval else "")
        for name in sorted(set(names)):
            numbers = [int(word) for word in name.split("-")]
            if by_day:
                end_ms = stamp(*numbers) + DAY_MS
            else:
                end_ms = stamp(numbers[0] + numbers[1] // 12, numbers[1] % 12 + 1, 1)
            if end_ms > self.now_ms:
                continue
            picked = [row for row, told in enumerate(names) if told == name]
            stem = f"{symbol}-{interval or kind}-{name}"
            self.put(f"{folder}{stem}.zip", self._table(kind, symbol, history, picked))

    def put(self, key: str, table: bytes) -> None:
        """Put a table into the archive, zipped, with its checksum."""
        stem = key.rsplit("/", maxsplit=1)[-1].removesuffix(".zip")
        self.put_raw(key, zipped(f"{stem}.csv", table))

    def put_raw(self, key: str, content: bytes) -> None:
        """Put some bytes into the archive, with their checksum."""
        name = key.rsplit("/", maxsplit=1)[-1]
        self.files[key] = content
        told = hashlib.sha256(content).hexdigest()
        self.files[f"{key}.CHECKSUM"] = f"{told}  {name}\n".encode()

    def _table(self, kind: str, symbol: str, history: History, picked: Sequence[int]) -> bytes:
        lines = [_HEADERS[kind]] if self.header or kind in {"metrics", "fundingRate"} else []
        for row in picked:
            ms, numbers = int(history.ms[row]), history.rows[row].tolist()
            if kind == "fundingRate":
                lines.append(f"{ms + 7},{int(numbers[0])},{numbers[1]!r}")
            elif kind == "metrics":
                when = (
                    f"{text(ms)[:10]} {ms % DAY_MS // HOUR_MS:02d}:{ms % HOUR_MS // 60_000:02d}:00"
                )
                lines.append(f"{when},{symbol},{numbers[0]!r},{numbers[1]!r},1,1,1,1")
            else:
                lines.append(_kline(ms, numbers))
        return ("\n".join(lines) + "\n").encode()

    def answer(self, host: str, path: str, query: Mapping[str, str]) -> Answer:
        """Return what one of the hosts answers."""
        if host == _FILES:
            return self._file(path.removeprefix("/"))
        if host == _LISTING:
            return self._listing(query.get("prefix", ""), query.get("marker", ""))
        if host == "www.deribit.com":
            return self._volatility(query)
        if host == "api.alternative.me":
            days = [{"value": f"{value:g}", "timestamp": str(s)} for s, value in self.mood]
            return _json({"name": "Fear and Greed Index", "data": days[::-1]})
        market = {"api": "spot", "fapi": "um", "dapi": "cm"}.get(host.split(".", maxsplit=1)[0])
        if market is None:
            return Answer(404, b"")
        return self._rest(market, path.rsplit("/", maxsplit=1)[-1], query)

    def _file(self, key: str) -> Answer:
        content = self.files.get(key)
        if content is None:
            return Answer(404, b"<Error><Code>NoSuchKey</Code></Error>", "application/xml")
        return Answer(200, content, "application/octet-stream", _etag(content))

    def _listing(self, prefix: str, marker: str) -> Answer:
        entries: dict[str, bytes | None] = {}
        for key, content in self.files.items():
            if not key.startswith(prefix):
                continue
            inner = key[len(prefix) :].partition("/")
            entries[prefix + inner[0] + inner[1] if inner[1] else key] = (
                None if inner[1] else content
            )
        names = sorted(name for name in entries if name > marker)
        page = names[:_PAGE]
        told = "".join(_entry(name, entries[name]) for name in page)
        cut = len(names) > len(page)
        tail = f"<IsTruncated>{str(cut).lower()}</IsTruncated>"
        tail += f"<NextMarker>{escape(page[-1])}</NextMarker>" if cut else ""
        space = "http://s3.amazonaws.com/doc/2006-03-01/"
        body = f'<?xml version="1.0"?><ListBucketResult xmlns="{space}">{tail}{told}'
        return Answer(200, f"{body}</ListBucketResult>".encode(), "application/xml")

    def _volatility(self, query: Mapping[str, str]) -> Answer:
        history = self.volatility.get(query["currency"])
        if history is None:
            return _json({"result": {"data": [], "continuation": None}})
        first, end = int(query["start_timestamp"]), int(query["end_timestamp"])
        inside = np.flatnonzero((history.ms >= first) & (history.ms <= end))
        page = inside[-_INDEX_PAGE:]
        rows = [[int(history.ms[row]), *history.rows[row].tolist()] for row in page]
        before = int(history.ms[page[0]]) - HOUR_MS if inside.size > page.size else None
        return _json({"result": {"data": rows, "continuation": before}})

    def _rest(self, market: str, what: str, query: Mapping[str, str]) -> Answer:
        if what == "exchangeInfo":
            return _json({"symbols": list(self.symbols.get(market, ()))})
        kind = "metrics" if what == "openInterestHist" else what
        symbol = query.get("symbol") or f"{query.get('pair')}_PERP"
        history = self.history.get((market, kind, symbol))
        if history is None:
            return _json({"code": -1121, "msg": "Invalid symbol."}, 400)
        there = history.ms <= self.now_ms
        if kind == "metrics":
            there &= (history.ms > self.now_ms - 30 * DAY_MS) & (history.ms % HOUR_MS == 0)
        first, end = int(query.get("startTime", -1)), int(query.get("endTime", self.now_ms))
        inside = np.flatnonzero(there & (history.ms >= max(first, 0)) & (history.ms <= end))
        limit = int(query.get("limit", 500))
        page = inside[:limit] if first >= 0 else inside[-limit:]
        return _json([_told(kind, history, int(row)) for row in page])


_BAR_HEADER: Final = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
    "taker_buy_volume,taker_buy_quote_volume,ignore"
)
_HEADERS: Final = {
    "klines": _BAR_HEADER,
    "markPriceKlines": _BAR_HEADER,
    "fundingRate": "calc_time,funding_interval_hours,last_funding_rate",
    "metrics": (
        "create_time,symbol,sum_open_interest,sum_open_interest_value,"
        "count_toptrader_long_short_ratio,sum_toptrader_long_short_ratio,"
        "count_long_short_ratio,sum_taker_long_short_vol_ratio"
    ),
}


def zipped(name: str, content: bytes) -> bytes:
    """Return a zip with one file in it, the same each time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


def _kline(ms: int, numbers: Sequence[float]) -> str:
    opened, high, low, close, volume, quote = numbers
    return f"{ms},{opened},{high},{low},{close},{volume},{ms + HOUR_MS - 1},{quote},1,0,0,0"


def _told(kind: str, history: History, row: int) -> object:
    ms, numbers = int(history.ms[row]), history.rows[row].tolist()
    match kind:
        case "fundingRate":
            return {"symbol": "X", "fundingTime": ms + 7, "fundingRate": repr(numbers[1])}
        case "metrics":
            return {"timestamp": ms, "sumOpenInterest": repr(numbers[0])}
        case _:
            opened, high, low, close, volume, quote = map(repr, numbers)
            return [ms, opened, high, low, close, volume, ms + HOUR_MS - 1, quote, 1, "0", "0", "0"]


def _entry(name: str, content: bytes | None) -> str:
    if content is None:
        return f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>"
    return (
        f"<Contents><Key>{escape(name)}</Key><ETag>&quot;{_etag(content)}&quot;</ETag>"
        f"<Size>{len(content)}</Size></Contents>"
    )


def _etag(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _json(told: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(told).encode())
