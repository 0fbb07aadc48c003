"""This file is what is known of one asset on one venue: bars, funding, tiers and side series."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from steelyard.domain.arrays import Flags, Floats, Ints
from steelyard.domain.time import HOUR_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """Bars of equal length on a complete grid; a missing bar is a row of NaN.

    Parameters
    ----------
    length_ms : int, milliseconds
    open_ms : int64[n_bars]
        When each bar begins; it is known at ``open_ms + length_ms``, when the next one begins.
    open, high, low, close : float64[n_bars], quote per coin
    volume : float64[n_bars], coins
        NaN throughout for a mark price.
    """

    length_ms: int
    open_ms: Ints
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    @property
    def known_ms(self) -> Ints:
        """Return when each bar is final: the stamp of its end."""
        return self.open_ms + self.length_ms

    @property
    def end_ms(self) -> int:
        """Return the stamp at which the last bar ends."""
        return int(self.open_ms[-1]) + self.length_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """A dated linear future: its bars from its listing to its expiry.

    Parameters
    ----------
    symbol : str
        Such as ``BTCUSDT_240329``.
    expiry_ms : int, stamp
    bars : Bars
        Hourly, of trades; what it is marked at too, as no mark price is kept of it.
    """

    symbol: str
    expiry_ms: int
    bars: Bars


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A side series as a step function of time: implied volatility, open interest, sentiment.

    Parameters
    ----------
    known_ms : int64[n], increasing
        When each value could first have been known.
    value : float64[n]
        In the unit that the data README gives.
    max_age_ms : int
        After this long without a newer value it is unknown (domain 9.2).
    step_ms: int
        How far apart the values lie where none is missing. On bars a value is not carried on to
        where the next should stand, so that windows hold nothing filled in (domain 3.1); 0 where
        values are carried on by design, such as those of business days.
    """

    known_ms: Ints
    value: Floats
    max_age_ms: int
    step_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Funding:
    """Settled funding of a perpetual.

    Parameters
    ----------
    ms : int64[n], increasing
        Settlement, which is also when the rate is known.
    rate : float64[n], fraction of notional for the settlement's own interval
        Positive: longs pay shorts.
    interval_hours : float64[n]
        Hours that the settlement covers.
    follows : bool[n]
        True where the settlement comes exactly its own interval after the one before it.
    """

    ms: Ints
    rate: Floats
    interval_hours: Floats
    follows: Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiers:
    """Maintenance-margin tiers of a contract, by notional.

    Parameters
    ----------
    cap : float64[n], quote, increasing
        Largest notional of each tier, itself included; infinity for the last.
    rate : float64[n], fraction
    deduction : float64[n], quote
        Cumulative amount: maintenance margin = notional x rate - deduction.
    """

    cap: Floats
    rate: Floats
    deduction: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Of which time a fact is known; at any other time what it says is a guess.

    Parameters
    ----------
    what : str
        Its name in a message, such as ``fees``.
    noted : str
        The day, month or year in which it was noted.
    source : str
        Where it comes from.
    first_ms, end_ms : int, stamps
        It is known from the first up to the second.
    """

    what: str
    noted: str
    source: str
    first_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Dated facts of a venue that costs and order sizes need.

    Parameters
    ----------
    fee_spot, fee_perp : float, fraction of notional
        Taker rates, the newest.
    lot_spot, lot_perp : float, coins
        Smallest step of a quantity; 0 where unknown, then quantities are not rounded.
    min_spot, min_perp : float, quote
        Smallest notional the venue takes.
    liquidation_fee : float, fraction of notional
    source : str
        Where the facts come from, with their date.
    maker_spot, maker_perp : float, fraction of notional
        NaN where unknown.
    tick_spot, tick_perp : float, quote
        Smallest step of a price; 0 where unknown, then prices are not rounded.
    funding_cap : float, fraction of notional
        Largest funding rate, either way; NaN where unknown.
    settlement_fee : float, fraction of notional
        What the settlement of a dated contract costs; NaN where unknown.
    settlement_windows : tuple of (int, int)
        From which stamp on a dated contract settles at the mean of the index over how many
        minutes before its expiry, the oldest first; empty where unknown.
    """

    fee_spot: float
    fee_perp: float
    lot_spot: float
    lot_perp: float
    min_spot: float
    min_perp: float
    liquidation_fee: float
    source: str
    maker_spot: float = math.nan
    maker_perp: float = math.nan
    tick_spot: float = 0.0
    tick_perp: float = 0.0
    funding_cap: float = math.nan
    settlement_fee: float = math.nan
    settlement_windows: tuple[tuple[int, int], ...] = ()

    def settlement_minutes(self, expiry_ms: int) -> int:
        """Return over how many minutes the index is averaged at an expiry; 0 where unknown."""
        begun = [minutes for from_ms, minutes in self.settlement_windows if from_ms <= expiry_ms]
        return begun[-1] if begun else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One series that was read: its name, the digest of its file, and its first and last stamp."""

    series: str
    sha256: str
    first_ms: int
    last_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A run of missing bars or settlements of one series: from ``start_ms`` up to ``end_ms``."""

    series: str
    start_ms: int
    end_ms: int
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Everything that a policy and an account may read about one asset.

    ``bars`` are the spot bars that conditions read, by kind (``1h`` to ``1w``); ``spot``,
    ``perp`` and ``mark`` are the hourly bars that the account lives on. ``series`` holds what only
    conditions read (``implied_vol``, ``basis_apr``, ``vix``); what the data lacks is not in it,
    and ``series_files`` says which series of a catalogue would supply it. ``dated`` are the dated
    futures whose bars there are, the earliest to expire first. ``known`` says of which
    time each of the facts and the tiers is known.

    ``money`` holds what stablecoins were worth, in USD, by currency; one that is not in it is taken
    to be worth 1.

    ``no_futures`` is empty, or says which series are missing for futures and what to do. Then there
    is spot alone: ``perp`` and ``mark`` are its bars, which nothing is traded on or valued at, and
    funding is never settled.

    ``futures`` is ``linear`` or ``inverse``: what the perpetual, its mark, funding, tiers and facts
    are of. Tiers of an inverse one are in coins, its lot is a contract's face value in quote.
    """

    asset: str
    quote: str
    venue: str
    spot: Bars
    perp: Bars
    mark: Bars
    funding: Funding
    tiers: Tiers
    tiers_source: str
    facts: Facts
    bars: Mapping[str, Bars]
    series: Mapping[str, Series] = field(default_factory=dict)
    series_files: Mapping[str, str] = field(default_factory=dict)
    money: Mapping[str, Series] = field(default_factory=dict)
    sources: tuple[Source, ...] = ()
    holes: tuple[Hole, ...] = ()
    known: tuple[Known, ...] = ()
    no_futures: str = ""
    futures: str = "linear"
    dated: tuple[Dated, ...] = ()
    is_synthetic: bool = False

    @property
    def has_futures(self) -> bool:
        """Return whether futures can be held."""
        return not self.no_futures

    @property
    def in_coins(self) -> bool:
        """Return whether the futures are inverse contracts, which settle in coins."""
        return self.futures == "inverse"

    @property
    def futures_unit(self) -> str:
        """Return what a quantity of the perpetual counts: coins, or its face value in quote."""
        return self.quote if self.in_coins else self.asset

    @property
    def start_ms(self) -> int:
        """Return the first moment at which everything the account needs is there."""
        firsts = (self.spot.open_ms[0], self.perp.open_ms[0], self.mark.open_ms[0])
        return int(max(*firsts, self.funding.ms[0] - self.funding.interval_hours[0] * HOUR_MS))

    @property
    def end_ms(self) -> int:
        """Return the end of the last bar that everything the account needs covers."""
        funded = int(self.funding.ms[-1] + self.funding.interval_hours[-1] * HOUR_MS)
        return min(self.spot.end_ms, self.perp.end_ms, self.mark.end_ms, funded)


def missing(bars: Bars) -> Flags:
    """Return which bars are missing, bool[n_bars]."""
    return np.isnan(bars.close)
