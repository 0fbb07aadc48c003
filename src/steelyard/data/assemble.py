"""This file assembles a market from hourly bars, and cuts one at a moment of the past."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.errors import DataError
from steelyard.domain.market import (
    Bars,
    Dated,
    Facts,
    Funding,
    Hole,
    Known,
    Market,
    Series,
    Source,
    Tiers,
)
from steelyard.domain.market import missing as missing_bars
from steelyard.domain.time import BAR_MS, FIRST_MONDAY_MS, HOUR_MS, text

_NEVER_HOURS = 24.0 * 365.0 * 200.0
"""After one settlement of unknown rate the next is due in 200 years: there is no funding."""

NO_TIERS = Tiers(cap=np.array([np.inf]), rate=np.array([1.0]), deduction=np.array([0.0]))
"""Where no futures can be held: what stands behind them is all of their notional."""

_NO_SERIES: Mapping[str, Series] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a venue lists: the asset, what it costs to trade and to hold.

    Parameters
    ----------
    asset, quote, venue : str
        Such as ``BTC``, ``USDT``, ``binance``.
    tiers : Tiers
        Maintenance margin of the perpetual.
    tiers_source : str
        Where the tiers come from, with their month.
    facts : Facts
    series_files : mapping of str to str
        Series of a catalogue that would supply what conditions read, by its name there.
    money : mapping of str to Series
        What stablecoins were worth, in USD, by currency.
    known : tuple of Known
        Of which time facts and tiers are known.
    no_futures : str
        Why there is spot alone, and what to do; empty where there are futures.
    futures : str
        ``linear`` or ``inverse``.
    is_synthetic : bool
        Whether the market is invented.
    """

    asset: str
    quote: str
    venue: str
    tiers: Tiers
    tiers_source: str
    facts: Facts
    series_files: Mapping[str, str]
    money: Mapping[str, Series] = field(default_factory=dict)
    known: tuple[Known, ...] = ()
    no_futures: str = ""
    futures: str = "linear"
    is_synthetic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hourly:
    """Hourly bars of spot, perpetual, mark price and dated futures, each on its own full grid."""

    spot: Bars
    perp: Bars
    mark: Bars
    dated: tuple[Dated, ...] = ()


def assemble_market(
    listing: Listing,
    hourly: Hourly,
    funding: Funding,
    *,
    series: Mapping[str, Series] = _NO_SERIES,
    sources: tuple[Source, ...] = (),
    holes: tuple[Hole, ...] = (),
) -> Market:
    """Return a market whose longer bars are made of its hourly spot bars.

    Parameters
    ----------
    listing : Listing
        The asset, and what it costs to trade and to hold.
    hourly : Hourly
        Spot, perpetual and mark bars.
    funding : Funding
        Settlements of the perpetual.
    series : mapping of str to Series
        Side series by the name that conditions use.
    sources : tuple of Source
        What was read.
    holes : tuple of Hole
        Every run of missing rows in what was read.
    """
    return Market(
        asset=listing.asset,
        quote=listing.quote,
        venue=listing.venue,
        spot=hourly.spot,
        perp=hourly.perp,
        mark=hourly.mark,
        funding=funding,
        tiers=listing.tiers,
        tiers_source=listing.tiers_source,
        facts=listing.facts,
        bars=bar_kinds(hourly.spot),
        series=series,
        dated=hourly.dated,
        series_files=listing.series_files,
        money=listing.money,
        sources=sources,
        holes=holes,
        known=listing.known,
        no_futures=listing.no_futures,
        futures=listing.futures,
        is_synthetic=listing.is_synthetic,
    )


def assemble_spot(
    listing: Listing,
    spot: Bars,
    *,
    series: Mapping[str, Series] = _NO_SERIES,
    sources: tuple[Source, ...] = (),
    holes: tuple[Hole, ...] = (),
) -> Market:
    """Return a market of spot alone; its ``listing`` says why, else as ``assemble_market``."""
    never = Funding(
        ms=spot.open_ms[:1],
        rate=np.array([np.nan]),
        interval_hours=np.array([_NEVER_HOURS]),
        follows=np.array([True]),
    )
    hourly = Hourly(spot=spot, perp=spot, mark=spot)
    return assemble_market(listing, hourly, never, series=series, sources=sources, holes=holes)


def bar_kinds(spot: Bars) -> dict[str, Bars]:
    """Return the hourly bars and the longer ones made of them, by kind."""
    return {"1h": spot} | {kind: resampled(spot, kind) for kind in ("4h", "1d", "1w")}


def gridded(ms: Ints, columns: Mapping[str, Floats], length_ms: int) -> Bars:
    """Return bars on the complete grid from the first to the last stamp.

    Parameters
    ----------
    ms : int64[n], increasing, n >= 1
        Openings, whole multiples of ``length_ms``.
    columns : mapping of str to float64[n]
        ``open``, ``high``, ``low``, ``close``, and ``volume`` if there is one.
    length_ms : int, milliseconds
        Length of a bar.

    Returns
    -------
    Bars
        A missing row is NaN; without a volume column the volume is NaN throughout.
    """
    first = int(ms[0])
    rows = (ms - first) // length_ms
    count = int(rows[-1]) + 1
    filled = {name: np.full(count, np.nan) for name in ("open", "high", "low", "close", "volume")}
    for name, column in columns.items():
        filled[name][rows] = column
    return Bars(length_ms=length_ms, open_ms=first + length_ms * np.arange(count), **filled)


def resampled(bars: Bars, kind: str) -> Bars:
    """Return longer bars made of shorter ones (domain 3.1).

    Parameters
    ----------
    bars : Bars
        On a grid that divides the longer one.
    kind : str
        ``4h`` begins at 00:00, 04:00 and so on, ``1d`` at 00:00 UTC, ``1w`` on Monday at 00:00.

    Returns
    -------
    Bars
        From the interval in which the first bar lies to the last interval that has ended by the
        end of ``bars``. An interval with less than half of its bars is a row of NaN. Open and
        close are those of the first and last bar there is; volume is the sum.
    """
    length_ms = BAR_MS[kind]
    anchor_ms = FIRST_MONDAY_MS if kind == "1w" else 0
    per = length_ms // bars.length_ms
    first_ms = int((bars.open_ms[0] - anchor_ms) // length_ms * length_ms + anchor_ms)
    count = max(0, (bars.end_ms - first_ms) // length_ms)
    lead = (int(bars.open_ms[0]) - first_ms) // bars.length_ms
    blocks = [
        _blocks(column, lead, count, per)
        for column in (bars.open, bars.high, bars.low, bars.close, bars.volume)
    ]
    enough = 2 * np.sum(~np.isnan(blocks[3]), axis=1) >= per
    there = ~np.isnan(blocks[3])
    rows = np.arange(count)
    values = (
        blocks[0][rows, np.argmax(there, axis=1)],
        np.fmax.reduce(blocks[1], axis=1, initial=np.nan),
        np.fmin.reduce(blocks[2], axis=1, initial=np.nan),
        blocks[3][rows, per - 1 - np.argmax(there[:, ::-1], axis=1)],
        np.where(np.isnan(blocks[4]).all(axis=1), np.nan, np.nansum(blocks[4], axis=1)),
    )
    names = ("open", "high", "low", "close", "volume")
    kept = {
        name: np.where(enough, value, np.nan) for name, value in zip(names, values, strict=True)
    }
    return Bars(length_ms=length_ms, open_ms=first_ms + length_ms * rows, **kept)


def _blocks(column: Floats, lead: int, count: int, per: int) -> Floats:
    """Return a column as rows of ``per`` bars, NaN before it begins, without the rest."""
    padded = np.full(count * per, np.nan)
    taken = max(0, min(column.size, count * per - lead))
    padded[lead : lead + taken] = column[:taken]
    return padded.reshape(count, per)


def bar_holes(series: str, bars: Bars) -> tuple[Hole, ...]:
    """Return every run of missing bars."""
    gone = np.concatenate(([False], missing_bars(bars), [False]))
    edges = np.flatnonzero(gone[1:] != gone[:-1])
    first_ms = int(bars.open_ms[0])
    return tuple(
        Hole(
            series=series,
            start_ms=first_ms + int(begin) * bars.length_ms,
            end_ms=first_ms + int(end) * bars.length_ms,
            count=int(end - begin),
        )
        for begin, end in zip(edges[::2], edges[1::2], strict=True)
    )


def stamp_holes(series: str, ms: Ints, step_ms: Ints) -> tuple[Hole, ...]:
    """Return every run of missing rows between stamps that should lie ``step_ms`` apart.

    Parameters
    ----------
    series : str
        Name that the holes carry.
    ms : int64[n], increasing
        What is there.
    step_ms : int64[n]
        What should separate each stamp from the one before; the first is not read.
    """
    gaps, steps = np.diff(ms), step_ms[1:]
    return tuple(
        Hole(
            series=series,
            start_ms=int(ms[row] + steps[row]),
            end_ms=int(ms[row + 1]),
            count=max(1, int(gaps[row] // steps[row]) - 1),
        )
        for row in np.flatnonzero(gaps > steps)
    )


def funding_holes(series: str, funding: Funding) -> tuple[Hole, ...]:
    """Return every run of missing settlements."""
    step_ms = (funding.interval_hours * HOUR_MS).astype(np.int64)
    return stamp_holes(series, funding.ms, step_ms)


def cut_market(market: Market, at_ms: int) -> Market:
    """Return exactly what was known of a market at a moment.

    Bars that had ended, settlements up to it, side values known by it, and holes as far as they
    had been seen. Longer bars are made anew of the hourly ones that are left.

    Parameters
    ----------
    market : Market
        The whole history.
    at_ms : int, stamp
        The moment.

    Raises
    ------
    DataError
        If not one bar of spot, perpetual and mark and one settlement were known.
    """
    earliest = max(market.start_ms + HOUR_MS, int(market.funding.ms[0]))
    if at_ms < earliest:
        message = (
            f"{market.asset} cannot be cut at {text(at_ms)}: spot, perpetual, mark and funding "
            f"are all known from {text(earliest)} on; cut there or later"
        )
        raise DataError(message)
    spot = _bars_until(market.spot, at_ms)
    return replace(
        market,
        spot=spot,
        perp=_bars_until(market.perp, at_ms),
        mark=_bars_until(market.mark, at_ms),
        funding=_funding_until(market.funding, at_ms),
        bars=bar_kinds(spot),
        series={name: _series_until(one, at_ms) for name, one in market.series.items()},
        dated=tuple(
            replace(one, bars=_bars_until(one.bars, at_ms))
            for one in market.dated
            if one.bars.known_ms[0] <= at_ms
        ),
        money={name: _series_until(one, at_ms) for name, one in market.money.items()},
        holes=_holes_until(market.holes, at_ms),
    )


def _bars_until(bars: Bars, at_ms: int) -> Bars:
    end = int(np.searchsorted(bars.known_ms, at_ms, side="right"))
    return Bars(
        length_ms=bars.length_ms,
        open_ms=bars.open_ms[:end],
        open=bars.open[:end],
        high=bars.high[:end],
        low=bars.low[:end],
        close=bars.close[:end],
        volume=bars.volume[:end],
    )


def _funding_until(funding: Funding, at_ms: int) -> Funding:
    end = int(np.searchsorted(funding.ms, at_ms, side="right"))
    return Funding(
        ms=funding.ms[:end],
        rate=funding.rate[:end],
        interval_hours=funding.interval_hours[:end],
        follows=funding.follows[:end],
    )


def _series_until(series: Series, at_ms: int) -> Series:
    end = int(np.searchsorted(series.known_ms, at_ms, side="right"))
    return replace(series, known_ms=series.known_ms[:end], value=series.value[:end])


def _holes_until(holes: tuple[Hole, ...], at_ms: int) -> tuple[Hole, ...]:
    seen = []
    for hole in holes:
        step = (hole.end_ms - hole.start_ms) // hole.count
        count = min(hole.count, (at_ms - hole.start_ms) // step)
        if count > 0:
            end = hole.end_ms if count == hole.count else hole.start_ms + count * step
            seen.append(replace(hole, end_ms=end, count=count))
    return tuple(seen)
