"""This file downloads what a live venue answers into a catalogue: complete, or refused by name."""

from collections.abc import Sequence
from pathlib import Path

from steelyard.data.brackets import read_brackets
from steelyard.data.manifest import read_manifest, sole_writer
from steelyard.data.snapshot import keep_ladders
from steelyard.data.sources import HistorySource
from steelyard.domain.time import text
from steelyard.venues import deribit_index, fear_greed, live_history
from steelyard.venues.catalogue import Request, World
from steelyard.venues.deribit_index import DeribitIndex
from steelyard.venues.download import Download, Outcome, Progress
from steelyard.venues.exchange import Exchange
from steelyard.venues.fear_greed import FearGreed
from steelyard.venues.live_history import LiveHistory
from steelyard.venues.live_series import supply
from steelyard.venues.web import Web


async def download_live(
    folder: Path, request: Request, exchange: Exchange, world: World, progress: Progress
) -> tuple[Outcome, Sequence[str]]:
    """Bring what a catalogue holds of some assets on a live venue up to date.

    Parameters
    ----------
    folder : Path
        The catalogue; made where it does not exist.
    request : Request
        What is asked for.
    exchange : Exchange
        The venue.
    world : World
        The network and the clock, for what comes from elsewhere.
    progress : Progress
        Who is told how far it is.

    Returns
    -------
    Outcome
    sequence of str
        What an account needs and the venue does not tell.

    Raises
    ------
    RequestError
        If an asset is not listed, the folder cannot be written, or the disk is full.
    DataError
        If what the catalogue holds cannot be read.
    VenueBusy
        If the venue cannot be reached.
    """
    ladders = None if request.tiers is None else read_brackets(request.tiers)
    with sole_writer(folder):
        manifest = read_manifest(folder)
        supplies = [await supply(exchange, asset) for asset in request.assets]
        async with world.client() as client:
            web = Web(client, world.now_ms, world.patience)
            run = Download(folder, manifest, _sources(exchange, web), world.now_ms, progress)
            for asset in request.assets:
                manifest.ask(asset, request.venue, request.span.first_ms)
            wanted = {one.series: one for each in supplies for one in each.wanted}
            outcome = await run.run(list(wanted.values()), request.span)
        if ladders is not None:
            month = text(world.now_ms())[:7]
            keep_ladders(folder, request.venue, month, ladders, f"supplied in {request.tiers}")
    return outcome, list(dict.fromkeys(one for each in supplies for one in each.lacking))


def _sources(exchange: Exchange, web: Web) -> dict[str, HistorySource]:
    return {
        live_history.NAME: LiveHistory(exchange),
        deribit_index.NAME: DeribitIndex(web),
        fear_greed.NAME: FearGreed(web),
    }
