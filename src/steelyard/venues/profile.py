"""This file is the form that the table of differences of a venue fills in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias

from steelyard.venues.instruments import Instrument, Segment
from steelyard.venues.pager import Paging
from steelyard.venues.units import Measure


class Feature(Enum):
    """What may be asked of a venue."""

    SPOT = "spot"
    LINEAR = "linear perpetuals"
    INVERSE = "coin-margined perpetuals"
    DATED = "dated contracts"
    BARS = "hourly bars"
    MARK = "hourly mark price"
    FUNDING = "settled funding"
    OPEN_INTEREST = "open interest of the past"
    VOLATILITY = "implied volatility of the past"
    OPEN_INTEREST_NOW = "open interest now"
    FUNDING_NOW = "funding now"
    PREMIUM_NOW = "premium now"
    DATED_NOW = "dated prices now"
    VOLATILITY_NOW = "implied volatility now"


RECORDED_ONLY: Final = "it publishes none: record it (steelyard data record)"
"""Why a venue has no past of a series of which it tells the present."""

NO_VOLATILITY: Final[Mapping[Feature, str]] = {
    Feature.VOLATILITY: "only Deribit has an index of it",
    Feature.VOLATILITY_NOW: "only Deribit has an index of it",
}
"""Why every venue but Deribit lacks implied volatility."""

Step: TypeAlias = str | int
"""A key of a mapping or a place in a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One series of a venue: how it is asked for, how its pages come, where its numbers stand.

    Parameters
    ----------
    call : str
        The name that ccxt gives the endpoint.
    params : mapping of str to str
        What is always asked; ``{id}`` and other words of the instrument are filled in.
    rows : tuple of str or int
        Where the rows are in the answer.
    cells : tuple of str or int
        Where stamp and numbers are in a row, or the columns are where rows are ``columnar``.
    paging : Paging
        How the pages come.
    most : int
        Rows that a page may have.
    first, last, limit, number : str
        Names of the parameters; empty where the venue has none.
    shift_ms : tuple of int
        What is added to the first and the last stamp, because the venue leaves them out.
    unit_ms : int
        Of the venue's stamps, both ways: 1, or 1000 for seconds.
    measure : Measure
        What volume or open interest counts.
    columnar : bool
        Whether the answer has a list for each column.
    settled : bool
        Whether its rows are settlements, whose spacing is not known beforehand.
    keeps_days : int
        How far back it reaches; 0 where it reaches to the listing.
    """

    call: str
    params: Mapping[str, str]
    rows: tuple[Step, ...]
    cells: tuple[Step, ...]
    paging: Paging
    most: int
    first: str = "startTime"
    last: str = "endTime"
    limit: str = "limit"
    number: str = ""
    shift_ms: tuple[int, int] = (0, 0)
    unit_ms: int = 1
    measure: Measure = Measure.BASE
    columnar: bool = False
    settled: bool = False
    keeps_days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a venue says of an instrument now.

    Parameters
    ----------
    call : str
        The name that ccxt gives the endpoint.
    params : mapping of str to str
        What is asked.
    row : tuple of str or int
        Where the numbers are in the answer.
    cells : mapping of str to str or int
        Where each column of the record is in the row.
    stamp : str or int
        Where the time is in the row; empty where it is not.
    clock : tuple of str or int
        Where the time is in the answer, where it is not in the row; empty where it is nowhere.
    match : str
        Key of the symbol in a row, where the answer is a list of many.
    measure : Measure
        What open interest counts.
    """

    call: str
    params: Mapping[str, str]
    row: tuple[Step, ...]
    cells: Mapping[str, Step]
    stamp: Step = ""
    clock: tuple[Step, ...] = ()
    match: str = ""
    measure: Measure = Measure.BASE


Words: TypeAlias = Callable[[Instrument], Mapping[str, str]]


def _no_words(_instrument: Instrument) -> Mapping[str, str]:
    return {}


SEGMENT_OF: Final = {
    Feature.SPOT: Segment.SPOT,
    Feature.LINEAR: Segment.LINEAR,
    Feature.INVERSE: Segment.INVERSE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What sets a venue apart.

    Parameters
    ----------
    name : str
        As in the names of series.
    title : str
        As the venue writes itself.
    library : str
        What ccxt calls it.
    options : mapping
        How ccxt is to be told what to load.
    quotes : mapping of Segment to str
        What contracts are quoted in; a segment that is not here is not read.
    history : mapping of (Feature, Segment) to Endpoint
        What it has of the past.
    now : mapping of (Feature, Segment) to tuple of Look
        What it says now.
    lacks : mapping of Feature to str
        Why a feature is not there.
    measures : mapping of Segment to Measure
        What amounts count, where they are not lots of the instrument.
    words : callable
        More words of an instrument for parameters.
    has_dated : bool
        Whether dated contracts are read.
    """

    name: str
    title: str
    library: str
    options: Mapping[str, object]
    quotes: Mapping[Segment, str]
    history: Mapping[tuple[Feature, Segment], Endpoint]
    now: Mapping[tuple[Feature, Segment], tuple[Look, ...]]
    lacks: Mapping[Feature, str] = field(default_factory=dict)
    measures: Mapping[Segment, Measure] = field(default_factory=dict)
    words: Words = _no_words
    has_dated: bool = False

    def can(self, feature: Feature) -> bool:
        """Return whether a feature is there, for one segment at least."""
        if feature in SEGMENT_OF:
            return SEGMENT_OF[feature] in self.quotes
        if feature is Feature.DATED:
            return self.has_dated
        return any(one is feature for one, _ in (*self.history, *self.now))

    def segments(self, feature: Feature) -> tuple[Segment, ...]:
        """Return the segments for which a feature is there."""
        return tuple(segment for one, segment in (*self.history, *self.now) if one is feature)

    def reason(self, feature: Feature) -> str:
        """Return why a feature is not there, or for what alone it is; empty where it is whole."""
        if not self.can(feature):
            return self.lacks[feature]
        have = self.segments(feature)
        derivatives = [one for one in self.quotes if one is not Segment.SPOT]
        due = self.quotes if feature is Feature.BARS else derivatives
        if not have or Segment.INDEX in have or set(due) <= set(have):
            return ""
        return f"{' and '.join(one.value for one in have)} only: {self.lacks[feature]}"
