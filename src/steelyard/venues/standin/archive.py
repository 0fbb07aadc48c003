"""This file answers as the archive of Binance does: a listing, and zipped tables with checksums."""

import hashlib
import io
import zipfile
from collections.abc import Sequence
from typing import Final
from xml.sax.saxutils import escape

import numpy as np

from steelyard.domain.time import DAY_MS, HOUR_MS, stamp
from steelyard.venues.standin.history import History
from steelyard.venues.standin.world import Answer, Key, Standin, settled_ms

FILES: Final = "data.binance.vision"
LISTING: Final = "s3-ap-northeast-1.amazonaws.com"
_PAGE: Final = 1000
_PLACES: Final = {"spot": "spot", "um": "futures/um", "cm": "futures/cm"}
_BAR_HEADER: Final = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,"
    "taker_buy_volume,taker_buy_quote_volume,ignore"
)
_HEADERS: Final = {
    "fundingRate": "calc_time,funding_interval_hours,last_funding_rate",
    "metrics": (
        "create_time,symbol,sum_open_interest,sum_open_interest_value,"
        "count_toptrader_long_short_ratio,sum_toptrader_long_short_ratio,"
        "count_long_short_ratio,sum_taker_long_short_vol_ratio"
    ),
}


def fill(world: Standin) -> None:
    """Make the files of all histories anew."""
    world.filled.clear()
    _fill_asked(world, "")


def file_answer(world: Standin, key: str) -> Answer:
    """Return a file."""
    _fill_asked(world, key)
    content = world.files.get(key)
    if content is None:
        return Answer(404, b"<Error><Code>NoSuchKey</Code></Error>", "application/xml")
    return Answer(200, content, "application/octet-stream", {"etag": f'"{_etag(content)}"'})


def listing_answer(world: Standin, prefix: str, marker: str) -> Answer:
    """Return a page of the listing: what begins with a prefix, folders closed."""
    _fill_asked(world, prefix)
    entries: dict[str, bytes | None] = {}
    for key, content in world.files.items():
        if not key.startswith(prefix):
            continue
        first, slash, _ = key[len(prefix) :].partition("/")
        entries[prefix + first + slash] = None if slash else content
    names = sorted(name for name in entries if name > marker)
    page = names[:_PAGE]
    cut = len(names) > len(page)
    tail = f"<IsTruncated>{str(cut).lower()}</IsTruncated>"
    tail += f"<NextMarker>{escape(page[-1])}</NextMarker>" if cut else ""
    told = "".join(_entry(name, entries[name]) for name in page)
    space = "http://s3.amazonaws.com/doc/2006-03-01/"
    body = f'<?xml version="1.0"?><ListBucketResult xmlns="{space}">{tail}{told}'
    return Answer(200, f"{body}</ListBucketResult>".encode(), "application/xml")


def put(world: Standin, key: str, table: bytes) -> None:
    """Put a table into the archive, zipped, with its checksum."""
    stem = key.rsplit("/", maxsplit=1)[-1].removesuffix(".zip")
    put_raw(world, key, zipped(f"{stem}.csv", table))


def put_raw(world: Standin, key: str, content: bytes) -> None:
    """Put some bytes into the archive, with their checksum."""
    name = key.rsplit("/", maxsplit=1)[-1]
    world.files[key] = content
    told = hashlib.sha256(content).hexdigest()
    world.files[f"{key}.CHECKSUM"] = f"{told}  {name}\n".encode()


def zipped(name: str, content: bytes) -> bytes:
    """Return a zip with one file in it, the same each time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), content)
    return packed.getvalue()


def _folder(key: Key) -> str:
    market, kind, symbol = key
    period = "daily" if kind == "metrics" else "monthly"
    interval = "1h/" if "lines" in kind else ""
    return f"data/{_PLACES[market]}/{period}/{kind}/{symbol}/{interval}"


def _fill_asked(world: Standin, path: str) -> None:
    """Make the files of the histories whose folder a path leads to, or into."""
    for key, history in world.history.items():
        if key in world.filled or key[0] not in _PLACES:
            continue
        folder = _folder(key)
        if folder.startswith(path) or path.startswith(folder):
            world.filled.add(key)
            _fill(world, key, history)


def _fill(world: Standin, key: Key, history: History) -> None:
    _, kind, symbol = key
    by_day = kind == "metrics"
    stamps = (history.ms - by_day).astype("datetime64[ms]")
    names = np.datetime_as_string(stamps, unit="D" if by_day else "M").tolist()
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        rows.setdefault(name, []).append(row)
    for name, picked in rows.items():
        if _end_ms(name) <= world.now_ms():
            stem = f"{symbol}-{kind if by_day or kind == 'fundingRate' else '1h'}-{name}"
            put(world, f"{_folder(key)}{stem}.zip", _table(world, key, history, picked))


def _end_ms(name: str) -> int:
    """Return when the day or the month of a file ends."""
    year, month, *day = (int(word) for word in name.split("-"))
    return (
        stamp(year, month, *day) + DAY_MS if day else stamp(year + month // 12, month % 12 + 1, 1)
    )


def _table(world: Standin, key: Key, history: History, picked: Sequence[int]) -> bytes:
    _, kind, symbol = key
    times = np.datetime_as_string(history.ms[picked].astype("datetime64[ms]"), unit="s")
    lines = [_HEADERS.get(kind, _BAR_HEADER)] if world.header or kind in _HEADERS else []
    for row, when in zip(picked, times.tolist(), strict=True):
        ms, numbers = int(history.ms[row]), history.rows[row].tolist()
        if kind == "fundingRate":
            lines.append(f"{settled_ms(ms)},{int(numbers[0])},{numbers[1]!r}")
        elif kind == "metrics":
            lines.append(f"{when.replace('T', ' ')},{symbol},{numbers[0]!r},{numbers[1]!r},1,1,1,1")
        else:
            lines.append(_kline(ms, numbers))
    return ("\n".join(lines) + "\n").encode()


def _kline(ms: int, numbers: Sequence[float]) -> str:
    opened, high, low, close, volume, quote = numbers
    return f"{ms},{opened},{high},{low},{close},{volume},{ms + HOUR_MS - 1},{quote},1,0,0,0"


def _entry(name: str, content: bytes | None) -> str:
    if content is None:
        return f"<CommonPrefixes><Prefix>{escape(name)}</Prefix></CommonPrefixes>"
    return (
        f"<Contents><Key>{escape(name)}</Key><ETag>&quot;{_etag(content)}&quot;</ETag>"
        f"<Size>{len(content)}</Size></Contents>"
    )


def _etag(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
