"""This file is a daily review as values: what a page and a terminal show of one moment."""

from dataclasses import dataclass

from steelyard.domain.arrays import Floats, Ints
from steelyard.features.level_facts import KeyLevel
from steelyard.features.profile_shape import ProfileShape
from steelyard.report.explanation import Explanation
from steelyard.report.ladder import LadderFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class Gauge:
    """One measure against its own history of a year of daily closes.

    Parameters
    ----------
    id, label : str
        What it is called in documents, and by people.
    expression : str
        Which expression of the policy language it is.
    unit : str
        ``rate_8h``, ``coins``, ``percent_a_year``, ``rate_a_year`` or ``percent``.
    value : float
        At the last daily close; NaN where it is unknown.
    rank : float, 0 to 100
        Mid-rank among the year before; NaN where too little of it is known.
    ms : int64[n], milliseconds
        Daily closes of the year, the last one included.
    values : float64[n]
        NaN where unknown.
    missing : str
        Why there is nothing; empty where there is.
    """

    id: str
    label: str
    expression: str
    unit: str
    value: float
    rank: float
    ms: Ints
    values: Floats
    missing: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """The daily candles of the last months, and which triggers fired on them.

    Parameters
    ----------
    ms : int64[n], milliseconds
        Ends of the days.
    open, high, low, close : float64[n], quote per coin
        NaN where a day is missing.
    fired : tuple of (str, int)
        Trigger and stamp of every entry within.
    """

    ms: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    fired: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Where a policy stands at a moment, what surrounds it, and what would change it tomorrow.

    Parameters
    ----------
    explained : Explanation
    ladder : LadderFacts or None
        None where the last price is unknown.
    changes : tuple of str
        What is another than a day before, in sentences; empty where nothing is.
    levels : tuple of KeyLevel
        Key levels known now, by price ascending.
    atr : float, quote per coin
        Average true range of 14 days; NaN where unknown.
    profile : ProfileShape or None
        Of the last 30 days; None where it is unknown.
    gauges : tuple of Gauge
    recent : Recent
    is_synthetic : bool
    """

    explained: Explanation
    ladder: LadderFacts | None
    changes: tuple[str, ...]
    levels: tuple[KeyLevel, ...]
    atr: float
    profile: ProfileShape | None
    gauges: tuple[Gauge, ...]
    recent: Recent
    is_synthetic: bool
