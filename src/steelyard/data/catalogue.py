"""This file opens a catalogue, a folder with one Parquet file per series, as a market."""

import difflib
import re
from pathlib import Path
from typing import NamedTuple

from steelyard.data.assemble import (
    NO_TIERS,
    Hourly,
    Listing,
    assemble_market,
    assemble_spot,
    bar_holes,
    funding_holes,
    gridded,
)
from steelyard.data.check import check_bars
from steelyard.data.columns import PRICES, VOLUME
from steelyard.data.facts import facts_for, facts_known
from steelyard.data.funding import read_funding
from steelyard.data.money import read_money
from steelyard.data.names import (
    QUOTE,
    SYNTHETIC,
    Names,
    inverse_symbol,
    names_of,
    symbol_of,
    tiers_name,
    tiers_note,
)
from steelyard.data.read import read_series, source_of
from steelyard.data.shipped import INVERSE, LINEAR
from steelyard.data.side import read_side_series, series_files
from steelyard.data.tiers import ladder_source, read_tiers, tier_symbols, tiers_known
from steelyard.domain.errors import DataError, RequestError
from steelyard.domain.market import Bars, Market, Source
from steelyard.domain.time import HOUR_MS


def open_market(
    folder: str | Path,
    *,
    asset: str,
    venue: str = "binance",
    signals: str | None = None,
    futures: str = LINEAR,
) -> Market:
    """Return everything a catalogue knows of one asset on one venue, checked.

    Parameters
    ----------
    folder : str or Path
        The catalogue.
    asset : str
        Such as ``BTC``.
    venue : str
        Such as ``binance``; ``synthetic`` for a catalogue of the synthetic market.
    signals : str, optional
        The venue whose open interest conditions read, where the one that is traded on keeps none.
    futures : str
        ``linear``, or ``inverse`` for the perpetual that settles in coins.

    Returns
    -------
    Market
        What only conditions read is in its ``series``, where the catalogue has it. Of spot alone
        where a series that futures need is missing; its ``no_futures`` says which.

    Raises
    ------
    DataError
        If the folder or the spot bars are missing, or a series cannot be true.
    RequestError
        If there are no such futures.
    """
    if futures not in {LINEAR, INVERSE}:
        raise RequestError(f"futures is {futures!r}; choose {LINEAR!r} or {INVERSE!r}")
    path = Path(folder)
    held = _held(path)
    wanted = _Wanted(asset, venue, futures)
    names = names_of(asset, venue, signals, futures=futures)
    ladder = _newest_tiers(path, held, wanted)
    absent = [name for name in names.required if name not in held]
    if ladder is None:
        absent.append(tiers_name(venue, "YYYY-MM"))
    if names.spot not in held:
        message = _incomplete(path, held, wanted, absent)
        raise DataError(message)
    if absent or ladder is None:
        return _spot_market(path, held, names, wanted, absent)
    return _market(path, held, names, wanted, ladder)


class _Wanted(NamedTuple):
    """Whose market is opened, and with which futures."""

    asset: str
    venue: str
    futures: str

    @property
    def inverse(self) -> str:
        """Return what the venue calls its inverse perpetual; empty where that is not wanted."""
        return inverse_symbol(self.asset, self.venue) if self.futures == INVERSE else ""

    @property
    def symbol(self) -> str:
        """Return what the venue calls the perpetual that is wanted."""
        return self.inverse or symbol_of(self.asset)


def complete_assets(folder: str | Path, venue: str) -> tuple[str, ...]:
    """Return the assets of which a catalogue holds all that an account needs, sorted.

    Raises
    ------
    DataError
        If the folder cannot be read, or a snapshot of tiers.
    """
    path = Path(folder)
    held = _held(path)
    ladders = _snapshots(held, venue)
    tiers = frozenset(symbol for ladder in ladders for symbol in tier_symbols(path, ladder))
    return tuple(
        asset
        for asset in _assets(held, venue)
        if symbol_of(asset) in tiers and set(names_of(asset, venue).required) <= held
    )


def _held(folder: Path) -> frozenset[str]:
    try:
        files = [entry.name for entry in folder.iterdir()]
    except OSError as error:
        message = f"the data folder {folder} cannot be read ({error.strerror}); name a catalogue"
        raise DataError(message) from None
    return frozenset(name.removesuffix(".parquet") for name in files if name.endswith(".parquet"))


def _snapshots(held: frozenset[str], venue: str) -> list[str]:
    """Return the snapshots of maintenance tiers, the newest first."""
    shape = re.compile(re.escape(venue) + r"\.perp\.leverage_tiers\.\d{4}-(0[1-9]|1[0-2])")
    return sorted((name for name in held if shape.fullmatch(name)), reverse=True)


def _newest_tiers(folder: Path, held: frozenset[str], wanted: _Wanted) -> str | None:
    """Return the newest snapshot that holds a symbol, else the newest; None where there is none.

    One without an inverse symbol is none for it.
    """
    ladders = _snapshots(held, wanted.venue)
    holding = (name for name in ladders if wanted.symbol in tier_symbols(folder, name))
    return next(holding, ladders[0] if ladders and not wanted.inverse else None)


def _assets(held: frozenset[str], venue: str) -> list[str]:
    shape = re.compile(re.escape(venue) + r"\.(?:spot|perp)\.([^.]+)" + QUOTE + r"\..+")
    return sorted({found[1] for found in map(shape.fullmatch, held) if found})


def _incomplete(folder: Path, held: frozenset[str], wanted: _Wanted, absent: list[str]) -> str:
    asset, venue, futures = wanted
    if futures == INVERSE:
        return _incomplete_inverse(folder, held, wanted, absent)
    complete = complete_assets(folder, venue)
    if complete:
        there = f"complete there: {', '.join(complete)}"
        near = difflib.get_close_matches(asset.upper(), complete, n=1, cutoff=0.5)
        do = f"did you mean {near[0]}?" if near and near[0] != asset else "choose one, or add it"
    else:
        venues = sorted({name.split(".")[0] for name in held if ".spot." in name})
        there = f"no asset is complete there for venue {venue}"
        near = difflib.get_close_matches(venue, venues, n=1)
        do = f"venues with spot bars: {', '.join(venues) or 'none'}"
        do += f"; did you mean {near[0]}?" if near and near[0] != venue else ""
    kind = "series" if len(absent) > 1 else "the series"
    return f"{folder} lacks {kind} {', '.join(absent)}; {there}; {do}"


def _incomplete_inverse(
    folder: Path, held: frozenset[str], wanted: _Wanted, absent: list[str]
) -> str:
    asset, venue, _ = wanted
    linear = [name for name in names_of(asset, venue).required if name in held]
    return (
        f"{folder} lacks {', '.join(absent)} of the coin-margined {wanted.inverse}, its tiers in "
        f"coins; of {asset} it holds {', '.join(linear) or 'nothing'}, and linear futures do not "
        f"stand in for inverse ones; run steelyard data download {asset} --venue {venue}, and "
        f"supply the tiers with --tiers FILE"
    )


def _market(path: Path, held: frozenset[str], names: Names, wanted: _Wanted, ladder: str) -> Market:
    asset, venue, futures = wanted
    spot = _read_bars(path, names.spot, (*PRICES, VOLUME))
    perp = _read_bars(path, names.perp, (*PRICES, VOLUME))
    mark = _read_bars(path, names.mark, PRICES)
    funding, funding_source = read_funding(path, names.funding)
    tiers, tiers_source = read_tiers(path, ladder, wanted.symbol, in_coins=futures == INVERSE)
    bar_sources = ((names.spot, spot[0]), (names.perp, perp[0]), (names.mark, mark[0]))
    own = (spot[1], perp[1], mark[1])
    side = read_side_series(path, held, names, spot[0])
    money = read_money(path, held, venue)
    return assemble_market(
        Listing(
            asset=asset,
            quote=QUOTE,
            venue=venue,
            tiers=tiers,
            tiers_source=tiers_note(ladder, ladder_source(path, ladder, wanted.symbol)),
            facts=facts_for(venue, symbol_of(asset), path, inverse=wanted.inverse),
            series_files=series_files(names),
            money=money.worth,
            known=(
                *facts_known(venue, symbol_of(asset), path, inverse=wanted.inverse),
                tiers_known(ladder),
            ),
            futures=futures,
            is_synthetic=venue == SYNTHETIC,
        ),
        Hourly(spot=spot[0], perp=perp[0], mark=mark[0], dated=side.dated),
        funding,
        series=side.series,
        sources=(*own, funding_source, tiers_source, *side.sources, *money.sources),
        holes=(
            *(hole for name, bars in bar_sources for hole in bar_holes(name, bars)),
            *funding_holes(names.funding, funding),
            *side.holes,
            *money.holes,
        ),
    )


def _spot_market(
    path: Path, held: frozenset[str], names: Names, wanted: _Wanted, absent: list[str]
) -> Market:
    asset, venue, futures = wanted
    spot, source = _read_bars(path, names.spot, (*PRICES, VOLUME))
    side = read_side_series(path, held, names, spot)
    money = read_money(path, held, venue)
    listing = Listing(
        asset=asset,
        quote=QUOTE,
        venue=venue,
        tiers=NO_TIERS,
        tiers_source="none: there are no futures",
        facts=facts_for(venue, symbol_of(asset), path, inverse=wanted.inverse),
        series_files=series_files(names),
        money=money.worth,
        known=facts_known(venue, symbol_of(asset), path, inverse=wanted.inverse),
        futures=futures,
        no_futures=_incomplete(path, held, wanted, absent),
        is_synthetic=venue == SYNTHETIC,
    )
    return assemble_spot(
        listing,
        spot,
        series=side.series,
        sources=(source, *side.sources, *money.sources),
        holes=(*bar_holes(names.spot, spot), *side.holes, *money.holes),
    )


def _read_bars(folder: Path, series: str, columns: tuple[str, ...]) -> tuple[Bars, Source]:
    table = read_series(folder, series, columns)
    check_bars(table, "1h")
    return gridded(table.ms, table.columns, HOUR_MS), source_of(table)
