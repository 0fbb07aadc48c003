"""This file is the port that a source of history implements, and what passes through it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, Protocol

import numpy as np

from steelyard.domain.arrays import Floats, Ints


class Span(NamedTuple):
    """A stretch of time: stamps, the first included, the end not."""

    first_ms: int
    end_ms: int


class Kind(Enum):
    """What a series of a catalogue holds, which says how it is made of rows."""

    BARS = "hourly bars"
    MARK = "hourly mark price"
    FUNDING = "settled funding"
    OPEN_INTEREST = "daily open interest"
    VOLATILITY = "daily implied volatility"
    MOOD = "daily index"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One series that a catalogue should hold.

    Parameters
    ----------
    series : str
        Its name in the catalogue.
    kind : Kind
    market : str
        ``spot``, ``um`` (linear futures), ``cm`` (coin-margined futures), or empty.
    symbol : str
        As the source calls it, such as ``BTCUSDT`` or ``BTCUSD_PERP``.
    sources : tuple of str
        Names of the sources, the first to be asked first; later ones fill what it lacks.
    expiry_ms : int, stamp
        Of a dated contract; 0 where there is none.
    unit : float
        Coins in one lot of the source, which its prices are for; of open interest what a number is
        multiplied by, coins of a lot or dollars of a coin-margined contract.
    """

    series: str
    kind: Kind
    market: str
    symbol: str
    sources: tuple[str, ...]
    expiry_ms: int = 0
    unit: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A stretch of one series that is fetched at once, and kept as it came.

    Parameters
    ----------
    wanted : Wanted
        The series.
    source : str
        Name of the source.
    path : str
        Where the original is kept, below the folder of originals; forward slashes.
    url : str
        Where it comes from.
    span : Span
        Of the stamps of its rows.
    etag : str
        Changes when the source issues the file anew; empty where the source has none.
    size : int, bytes
        0 where it is not known before.
    """

    wanted: Wanted
    source: str
    path: str
    url: str
    span: Span
    etag: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows as a source gives them.

    Parameters
    ----------
    ms : int64[n], stamps
        In any order.
    columns : mapping of str to float64[n]
        By the names of the catalogue; an empty cell is NaN.
    """

    ms: Ints
    columns: Mapping[str, Floats]


class HistorySource(Protocol):
    """A source of history: says what it has of a series, fetches a part of it, reads the part."""

    async def parts(self, wanted: Wanted, spans: Sequence[Span]) -> tuple[Part, ...]:
        """Return what the source has of a series within some stretches of time."""

    async def fetch(self, part: Part) -> bytes:
        """Return the content of a part, whole and proven to be so."""

    def read(self, part: Part, content: bytes) -> Rows:
        """Return the rows of a part; refuse one that is not what its name says."""


def joined(rows: Sequence[Rows], columns: Sequence[str]) -> Rows:
    """Return rows one after the other."""
    if not rows:
        return Rows(ms=np.empty(0, np.int64), columns={name: np.empty(0) for name in columns})
    return Rows(
        ms=np.concatenate([one.ms for one in rows]),
        columns={name: np.concatenate([one.columns[name] for one in rows]) for name in columns},
    )


def without(spans: Iterable[Span], covered: Iterable[Span]) -> tuple[Span, ...]:
    """Return what is left of some stretches of time when others are taken away.

    Examples
    --------
    >>> without([Span(0, 10)], [Span(2, 4), Span(8, 12)])
    (Span(first_ms=0, end_ms=2), Span(first_ms=4, end_ms=8))
    """
    left = [span for span in spans if span.end_ms > span.first_ms]
    for gone in sorted(covered):
        left = (
            [
                Span(first, end)
                for span in left
                for first, end in (
                    (span.first_ms, min(span.end_ms, gone.first_ms)),
                    (max(span.first_ms, gone.end_ms), span.end_ms),
                )
                if end > first
            ]
            if gone.end_ms > gone.first_ms
            else left
        )
    return tuple(left)
