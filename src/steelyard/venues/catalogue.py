"""This file downloads the history of assets into a catalogue that a backtest opens."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from steelyard.data.brackets import read_brackets
from steelyard.data.catalogue import open_market
from steelyard.data.facts import read_today
from steelyard.data.manifest import Manifest, read_manifest, sole_writer
from steelyard.data.names import inverse_symbol, names_of, symbol_of
from steelyard.data.snapshot import has_ladder, keep_ladders, keep_today, one_rung
from steelyard.data.sources import HistorySource, Span
from steelyard.domain.errors import DataError, RequestError, SteelyardError
from steelyard.domain.time import text
from steelyard.venues import (
    binance_archive,
    binance_recent,
    binance_series,
    deribit_index,
    fear_greed,
)
from steelyard.venues.binance_archive import BinanceArchive
from steelyard.venues.binance_facts import facts_today, inverse_rate
from steelyard.venues.binance_recent import BinanceRecent
from steelyard.venues.deribit_index import DeribitIndex
from steelyard.venues.download import Download, Outcome, Progress
from steelyard.venues.fear_greed import FearGreed
from steelyard.venues.profiles import profile_of
from steelyard.venues.web import Patience, Web

VENUES: Final = (binance_series.VENUE,)
_TIMEOUT_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is asked for.

    Parameters
    ----------
    assets : sequence of str
        Such as ``BTC``.
    venue : str
    span : Span
        Whole months that touch it are fetched.
    tiers : Path, optional
        Maintenance tiers of one's own, as ``leverageBracket`` answers them.
    """

    assets: Sequence[str]
    venue: str
    span: Span
    tiers: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """The outside: the network and the clock.

    Parameters
    ----------
    client : callable
        Opens the client that asks.
    now_ms : callable
        The clock.
    patience : Patience
    """

    client: Callable[[], httpx.AsyncClient]
    now_ms: Callable[[], int]
    patience: Patience = field(default_factory=Patience)


def network() -> httpx.AsyncClient:
    """Return a client of the real network, with no key and no cookie."""
    return httpx.AsyncClient(timeout=_TIMEOUT_S, headers={"user-agent": "steelyard"})


def refuse_venue(venue: str) -> None:
    """Do nothing for a venue whose history can be downloaded.

    Raises
    ------
    RequestError
        For any other, with the nearest name.
    """
    profile_of(venue)


async def download(folder: Path, request: Request, world: World, progress: Progress) -> Outcome:
    """Bring what a catalogue holds of some assets up to date.

    Parameters
    ----------
    folder : Path
        The catalogue; made where it does not exist.
    request : Request
        What is asked for.
    world : World
        The network and the clock.
    progress : Progress
        Who is told how far it is.

    Raises
    ------
    RequestError
        If the venue has no archive, the folder cannot be written, or the disk is full.
    DataError
        If what the catalogue holds cannot be read.
    VenueBusy
        If nothing at all can be reached.
    """
    if request.venue not in VENUES:
        there = ", ".join(VENUES)
        message = f"no archive of venue {request.venue} is known; there are {there}: choose one"
        raise RequestError(message)
    ladders = None if request.tiers is None else read_brackets(request.tiers)
    with sole_writer(folder):
        manifest = read_manifest(folder)
        async with world.client() as client:
            web = Web(client, world.now_ms, world.patience)
            run = Download(folder, manifest, _sources(web), world.now_ms, progress)
            linear = await _linear_symbols(run, request)
            outcome = await _filled(run, request, linear)
            if run.manifest.built:
                await _facts(folder, linear, web, outcome)
                await _inverse_ladders(folder, request.assets, web, outcome)
        if ladders is not None:
            month = text(world.now_ms())[:7]
            keep_ladders(folder, request.venue, month, ladders, f"supplied in {request.tiers}")
    _try_to_open(folder, request, outcome)
    return outcome


def _sources(web: Web) -> dict[str, HistorySource]:
    return {
        binance_archive.NAME: BinanceArchive(web),
        binance_recent.NAME: BinanceRecent(web),
        deribit_index.NAME: DeribitIndex(web),
        fear_greed.NAME: FearGreed(web),
    }


def _archive(run: Download) -> BinanceArchive:
    archive = run.sources[binance_archive.NAME]
    assert isinstance(archive, BinanceArchive)  # noqa: S101 - as it was made above
    return archive


async def _linear_symbols(run: Download, request: Request) -> dict[str, str]:
    """Return what the linear perpetual of each asset is called."""
    recent = run.sources[binance_recent.NAME]
    assert isinstance(recent, BinanceRecent)  # noqa: S101 - as it was made above
    return {
        asset: await binance_series.linear_symbol(asset, _archive(run), recent)
        for asset in request.assets
    }


async def _filled(run: Download, request: Request, linear: Mapping[str, str]) -> Outcome:
    wanted = {}
    for asset, symbol in linear.items():
        found = await binance_series.dated(asset, _archive(run))
        needed = binance_series.required(asset, symbol)
        for one in (*needed, *binance_series.side(asset, symbol), *found):
            wanted[one.series] = one
        run.manifest.ask(asset, request.venue, request.span.first_ms)
    return await run.run(list(wanted.values()), request.span)


async def _facts(folder: Path, linear: Mapping[str, str], web: Web, outcome: Outcome) -> None:
    """Keep the contract facts of today, once a day, and a ladder where there is none at all."""
    venue, today = binance_series.VENUE, text(web.now_ms())[:10]
    known = read_today(folder, venue)
    for asset, perpetual in linear.items():
        symbol = symbol_of(asset)
        if symbol in known and known[symbol].date == today and has_ladder(folder, venue, symbol):
            continue
        try:
            facts = await facts_today(web, symbol, perpetual)
        except SteelyardError as error:
            outcome.refused.setdefault(f"{venue}.facts of {symbol}", error)
            continue
        if facts is None:
            continue
        keep_today(folder, venue, {symbol: facts})
        if not has_ladder(folder, venue, symbol):
            rate = facts.perp["maint_margin_rate"]
            source = f"one rung of {rate:.2%} from exchangeInfo of {today}; not the venue's ladder"
            keep_ladders(folder, venue, today[:7], {symbol: one_rung(rate)}, source)


async def _inverse_ladders(folder: Path, assets: Sequence[str], web: Web, outcome: Outcome) -> None:
    """Keep a ladder of each coin-margined perpetual whose bars there are, where there is none."""
    venue, today = binance_series.VENUE, text(web.now_ms())[:10]
    for asset in assets:
        symbol = inverse_symbol(asset, venue)
        bars = names_of(asset, venue, futures="inverse").perp
        if has_ladder(folder, venue, symbol) or not (folder / f"{bars}.parquet").exists():
            continue
        try:
            rate = await inverse_rate(web, symbol)
        except SteelyardError as error:
            outcome.refused.setdefault(f"{venue}.facts of {symbol}", error)
            continue
        if rate is not None:
            source = f"one rung of {rate:.2%} from exchangeInfo of {today}; not the venue's ladder"
            keep_ladders(folder, venue, today[:7], {symbol: one_rung(rate)}, source)


def _try_to_open(folder: Path, request: Request, outcome: Outcome) -> None:
    """Refuse a catalogue that a backtest would not open, unless it was said why already."""
    for asset in request.assets:
        try:
            market = open_market(folder, asset=asset, venue=request.venue)
            lacking = DataError(market.no_futures) if market.no_futures else None
        except DataError as error:
            lacking = error
        if lacking is not None and not outcome.refused:
            outcome.refused[asset] = lacking


def asked(folder: Path) -> Manifest:
    """Return the manifest of a catalogue that was downloaded.

    Raises
    ------
    RequestError
        If nothing was downloaded into it.
    """
    manifest = read_manifest(folder)
    if not manifest.asked:
        message = (
            f"nothing was downloaded into {folder}; begin with steelyard data download ASSET, "
            f"or name the folder with --data"
        )
        raise RequestError(message)
    return manifest
