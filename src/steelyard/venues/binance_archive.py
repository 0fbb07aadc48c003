"""This file is the archive of Binance: monthly and daily files, each with its checksum."""

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as ET

import numpy as np

from steelyard.data.columns import CLOSE, HIGH, INTERVAL_HOURS, LOW, OPEN, RATE, VOLUME
from steelyard.data.delimited import numbers, stamps, table, times
from steelyard.data.manifest import digest
from steelyard.data.months import named_span
from steelyard.data.sources import Kind, Part, Rows, Span, Wanted, without
from steelyard.domain.errors import DataError, VenueBusy
from steelyard.venues.web import Web

NAME: Final = "archive"
HOST: Final = "https://data.binance.vision"
LISTING: Final = "https://s3-ap-northeast-1.amazonaws.com/data.binance.vision"
_LARGEST: Final = 64 * 1024 * 1024
"""Bytes of an unpacked file; a month of hours has 100 kB, a day of five minutes 40 kB."""

_FOLDERS: Final = {"spot": "spot", "um": "futures/um", "cm": "futures/cm"}
_TYPES: Final = {
    Kind.BARS: "klines",
    Kind.MARK: "markPriceKlines",
    Kind.FUNDING: "fundingRate",
    Kind.OPEN_INTEREST: "metrics",
}
_KLINE_WIDTH: Final = 11
_KLINE: Final = {"open_time": 0, OPEN: 1, HIGH: 2, LOW: 3, CLOSE: 4}
_VOLUME: Final = {"spot": 5, "um": 5, "cm": 7}
"""Coin-margined files count contracts in the sixth column, coins in the eighth."""

_FUNDING: Final = {"calc_time": 0, INTERVAL_HOURS: 1, RATE: 2}
_METRICS: Final = {"create_time": 0, "symbol": 1, CLOSE: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One object of a listing."""

    key: str
    etag: str
    size: int


class BinanceArchive:
    """The files of data.binance.vision, as a source of history."""

    def __init__(self, web: Web) -> None:
        self._web = web

    async def parts(self, wanted: Wanted, spans: Sequence[Span]) -> tuple[Part, ...]:
        """Return the files that touch some stretches of time; months before days."""
        found: list[Part] = []
        for period in ("monthly", "daily"):
            left = without(spans, [part.span for part in found])
            if left and _has(wanted.kind, period):
                found += await self._of_period(wanted, period, left)
        return tuple(sorted(found, key=lambda part: part.span))

    async def _of_period(self, wanted: Wanted, period: str, spans: Sequence[Span]) -> list[Part]:
        kind = _TYPES[wanted.kind]
        interval = "1h" if wanted.kind in {Kind.BARS, Kind.MARK} else ""
        folder = f"data/{_FOLDERS[wanted.market]}/{period}/{kind}/{wanted.symbol}/"
        folder += f"{interval}/" if interval else ""
        shape = re.compile(
            re.escape(f"{folder}{wanted.symbol}-{interval or kind}-")
            + (r"(\d{4}-\d{2})" if period == "monthly" else r"(\d{4}-\d{2}-\d{2})")
            + r"\.zip"
        )
        objects, _ = await self.listed(folder)
        parts = (_part(wanted, one, shape) for one in objects)
        return [
            part
            for part in parts
            if part is not None and without([part.span], spans) != (part.span,)
        ]

    async def listed(self, prefix: str) -> tuple[list[Listed], list[str]]:
        """Return the objects and the folders whose names begin with a prefix.

        Raises
        ------
        VenueBusy
            If the listing is no listing.
        """
        objects: list[Listed] = []
        folders: list[str] = []
        marker = ""
        while True:
            answer = await self._web.get(
                LISTING, {"delimiter": "/", "prefix": prefix, "marker": marker}
            )
            page = _page(b"" if answer is None else answer.content)
            objects += page.objects
            folders += page.folders
            if not page.marker:
                return objects, folders
            if page.marker <= marker:
                message = f"the listing of {HOST}/{prefix} does not go on after {marker}; try later"
                raise VenueBusy(message)
            marker = page.marker

    async def fetch(self, part: Part) -> bytes:
        """Return a file whose digest is that of its checksum file.

        Raises
        ------
        DataError
            If it is not, at the second attempt too, or one of the two files is missing.
        """
        content, due = await self._pair(part)
        if digest(content) != due:  # issued anew between the two answers, perhaps
            content, due = await self._pair(part)
        if digest(content) == due:
            return content
        message = (
            f"{part.url} has the sha256 {digest(content)[:12]}..., its checksum file says "
            f"{due[:12]}...; it was damaged on the way or at the source: "
            f"run the command again later"
        )
        raise DataError(message)

    async def _pair(self, part: Part) -> tuple[bytes, str]:
        """Return a file, and the digest that its checksum file tells.

        Raises
        ------
        DataError
            If one of the two is missing.
        """
        checksum = await self._web.get(f"{part.url}.CHECKSUM")
        answer = await self._web.get(part.url)
        if answer is None or checksum is None:
            gone = part.url if answer is None else f"{part.url}.CHECKSUM"
            message = f"{gone} is listed and missing; run the command again later"
            raise DataError(message)
        return answer.content, _told_digest(part, checksum.text)

    def read(self, part: Part, content: bytes) -> Rows:
        """Return the rows of a file.

        Raises
        ------
        DataError
            If it is not what its name says.
        """
        raw = unpacked(part.url, content)
        rows = _rows(part, raw)
        _refuse_foreign(part, rows)
        return rows

    async def has(self, market: str, symbol: str) -> bool:
        """Return whether the archive has bars of a symbol."""
        objects, folders = await self.listed(f"data/{_FOLDERS[market]}/monthly/klines/{symbol}/")
        return bool(objects or folders)

    async def dated(self, market: str, pair: str) -> list[tuple[str, int]]:
        """Return the dated contracts that the archive has of a pair, each with its expiry."""
        prefix = f"data/{_FOLDERS[market]}/monthly/klines/{pair}_"
        _, folders = await self.listed(prefix)
        return list(_contracts(pair, folders))


def expiry_of(name: str) -> int:
    """Return the stamp at which a dated contract expires: 08:00 UTC of the day in its name.

    Raises
    ------
    ValueError
        If there is no such day.

    Examples
    --------
    >>> from steelyard.domain.time import text
    >>> text(expiry_of("240329"))
    '2024-03-29 08:00 UTC'
    """
    day = named_span(f"20{name[:2]}-{name[2:4]}-{name[4:]}")
    return day.first_ms + 8 * 3_600_000


def _contracts(pair: str, folders: Sequence[str]) -> Iterator[tuple[str, int]]:
    for folder in folders:
        found = re.fullmatch(rf".*/({re.escape(pair)}_(\d{{6}}))/", folder)
        with suppress(ValueError):  # no day: no contract
            if found:
                yield found[1], expiry_of(found[2])


def _has(kind: Kind, period: str) -> bool:
    """Return whether the archive has files of a period: metrics by day, funding by month."""
    if kind is Kind.OPEN_INTEREST:
        return period == "daily"
    return period == "monthly" or kind is not Kind.FUNDING


def _part(wanted: Wanted, one: Listed, shape: re.Pattern[str]) -> Part | None:
    """Return a listed object as a part; None for a checksum file or anything else."""
    found = shape.fullmatch(one.key)
    if found is None:
        return None
    try:
        span = named_span(found[1])
    except ValueError:
        return None
    return Part(
        wanted=wanted,
        source=NAME,
        path=f"{HOST.removeprefix('https://')}/{one.key}",
        url=f"{HOST}/{one.key}",
        span=span,
        etag=one.etag,
        size=one.size,
    )


@dataclass(frozen=True, slots=True)
class _Page:
    objects: list[Listed]
    folders: list[str]
    marker: str


def _root(content: bytes) -> ET.Element:
    """Return what a listing holds.

    Raises
    ------
    ValueError
        If it is something else.
    """
    if b"<!DOCTYPE" in content:
        raise ValueError("a document type")
    root = ET.fromstring(content)  # noqa: S314 - no document type, so no entities
    if not root.tag.endswith("ListBucketResult"):
        raise ValueError(root.tag)
    return root


def _page(content: bytes) -> _Page:
    """Return one page of a listing; its marker is empty where it is the last.

    Raises
    ------
    VenueBusy
        If it is no listing.
    """
    try:
        root = _root(content)
        space = root.tag.removesuffix("ListBucketResult")
        objects = [
            Listed(
                key=one.findtext(f"{space}Key", ""),
                etag=one.findtext(f"{space}ETag", "").strip('"'),
                size=int(one.findtext(f"{space}Size", "0")),
            )
            for one in root.iter(f"{space}Contents")
        ]
    except (ET.ParseError, ValueError):
        message = f"{LISTING} answers with something that is no listing; try again later"
        raise VenueBusy(message) from None
    folders = [one.findtext(f"{space}Prefix", "") for one in root.iter(f"{space}CommonPrefixes")]
    if root.findtext(f"{space}IsTruncated", "false") != "true":
        return _Page(objects, folders, "")
    last = max([one.key for one in objects] + folders, default="")
    return _Page(objects, folders, root.findtext(f"{space}NextMarker", "") or last)


def _told_digest(part: Part, text: str) -> str:
    """Return the digest that a checksum file tells of the file it is named after.

    Raises
    ------
    DataError
        If it tells none.
    """
    words = text.split()
    name = part.url.rsplit("/", maxsplit=1)[-1]
    told = len(words) == 2 and re.fullmatch(r"[0-9a-fA-F]{64}", words[0])  # noqa: PLR2004
    if not told or words[1].lstrip("*") != name:
        message = (
            f"{part.url}.CHECKSUM does not tell the sha256 of {name}: {text.strip()[:80]!r}; "
            f"run the command again later"
        )
        raise DataError(message)
    return words[0].lower()


def unpacked(name: str, content: bytes) -> bytes:
    """Return the one file inside a zip; nothing is written anywhere.

    Raises
    ------
    DataError
        If the zip is broken, or holds anything but the table of its own name.
    """
    due = name.rsplit("/", maxsplit=1)[-1].removesuffix(".zip") + ".csv"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside = archive.infolist()
            if [one.filename for one in inside] != [due]:
                held = ", ".join(repr(one.filename) for one in inside[:3]) or "nothing"
                message = f"{name} holds {held}, must hold {due} alone; it is not used"
                raise DataError(message)
            if inside[0].file_size > _LARGEST:
                message = (
                    f"{name} unpacks to {inside[0].file_size} bytes, at most {_LARGEST} are "
                    f"allowed; it is not used"
                )
                raise DataError(message)
            return archive.read(inside[0])
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError, ValueError) as error:
        message = f"{name} is no whole zip ({error}); run the command again later"
        raise DataError(message) from None
    except NotImplementedError as error:  # what zipfile raises for a packing it cannot read
        message = f"{name} is packed in a way that is not read ({error}); it is not used"
        raise DataError(message) from None


def _rows(part: Part, raw: bytes) -> Rows:
    wanted, name = part.wanted, part.url
    match wanted.kind:
        case Kind.FUNDING:
            cells = table(name, raw, _FUNDING, len(_FUNDING))
            ms = stamps(name, cells.pop("calc_time"))
        case Kind.OPEN_INTEREST:
            cells = table(name, raw, _METRICS, len(_METRICS))
            ms = times(name, cells.pop("create_time"))
            _refuse_other_symbol(part, set(cells.pop("symbol")))
        case _:
            places = dict(_KLINE)
            if wanted.kind is Kind.BARS:
                places[VOLUME] = _VOLUME[wanted.market]
            cells = table(name, raw, places, _KLINE_WIDTH)
            ms = stamps(name, cells.pop("open_time"))
    return Rows(ms=ms, columns={one: numbers(name, column) for one, column in cells.items()})


def _refuse_other_symbol(part: Part, symbols: set[str]) -> None:
    """Refuse rows of another symbol than the name of the file says.

    Raises
    ------
    DataError
        If there are some.
    """
    others = symbols - {part.wanted.symbol}
    if others:
        message = (
            f"{part.url} has rows of {min(others)}, must hold {part.wanted.symbol} alone; "
            f"it is not used"
        )
        raise DataError(message)


def _refuse_foreign(part: Part, rows: Rows) -> None:
    """Refuse rows of another time than the name of the file says; midnight ends a day.

    Raises
    ------
    DataError
        If there are some.
    """
    late = 1 if part.wanted.kind is Kind.OPEN_INTEREST else 0
    outside = (rows.ms < part.span.first_ms) | (rows.ms >= part.span.end_ms + late)
    if outside.any():
        row = int(np.argmax(outside))
        message = (
            f"{part.url} row {row + 1} has the stamp {int(rows.ms[row])}, which lies outside of "
            f"the time in its name; it is not used"
        )
        raise DataError(message)
