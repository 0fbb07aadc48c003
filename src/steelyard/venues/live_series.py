"""This file says which series of an asset a live venue supplies, and which it lacks."""

from collections.abc import Iterator
from dataclasses import dataclass

from steelyard.data.names import names_of
from steelyard.data.sources import Kind, Wanted
from steelyard.domain.errors import RequestError
from steelyard.venues import deribit_index, fear_greed
from steelyard.venues.exchange import Exchange
from steelyard.venues.instruments import Instrument, Segment, stem_of
from steelyard.venues.live_history import FEATURES, NAME, SEGMENTS
from steelyard.venues.profile import Feature

_MARKETS = {segment: market for market, segment in SEGMENTS.items()}
_ENDINGS = {
    Kind.BARS: "1h",
    Kind.MARK: "mark.1h",
    Kind.FUNDING: "funding",
    Kind.OPEN_INTEREST: "open_interest.1d",
}
_NEEDED = (
    (Segment.SPOT, Kind.BARS),
    (Segment.LINEAR, Kind.BARS),
    (Segment.LINEAR, Kind.MARK),
    (Segment.LINEAR, Kind.FUNDING),
)
"""What an account needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """What a venue supplies of an asset.

    Parameters
    ----------
    wanted : tuple of Wanted
        Its series.
    lacking : tuple of str
        Why no account can be run on it: what an account needs and the venue does not tell.
    """

    wanted: tuple[Wanted, ...]
    lacking: tuple[str, ...]


async def supply(exchange: Exchange, asset: str) -> Supply:
    """Return what a venue supplies of an asset.

    Raises
    ------
    RequestError
        If it lists nothing of it.
    """
    profile, found = exchange.profile, list[Instrument]()
    refused: RequestError | None = None
    for segment in profile.quotes:
        try:
            found.append(await exchange.instrument(asset, segment))
        except RequestError as error:
            refused = refused or error
    if refused is not None and not found:
        raise refused
    if profile.has_dated:
        found += (await exchange.markets()).dated(asset)
    wanted = [one for instrument in found for one in _of_instrument(exchange, instrument)]
    there = {(SEGMENTS[one.market], one.kind) for one in wanted}
    lacking = tuple(
        f"{profile.title}, {segment.value} {FEATURES[kind].value}: "
        f"{profile.reason(FEATURES[kind]) or profile.lacks.get(Feature.SPOT) or 'not listed'}"
        for segment, kind in _NEEDED
        if (segment, kind) not in there
    )
    return Supply(wanted=(*wanted, *_moods(asset)), lacking=lacking)


def _of_instrument(exchange: Exchange, instrument: Instrument) -> Iterator[Wanted]:
    for kind, ending in _ENDINGS.items():
        if (FEATURES[kind], instrument.segment) not in exchange.profile.history:
            continue
        if instrument.expiry_ms and kind is not Kind.BARS:
            continue
        yield Wanted(
            series=f"{stem_of(instrument)}.{ending}",
            kind=kind,
            market=_MARKETS[instrument.segment],
            symbol=instrument.id,
            sources=(NAME,),
            expiry_ms=instrument.expiry_ms,
        )


def _moods(asset: str) -> Iterator[Wanted]:
    """Yield what every venue shares: the index of volatility, fear and greed."""
    names = names_of(asset, "")
    if asset in deribit_index.CURRENCIES:
        yield Wanted(
            series=names.implied_vol,
            kind=Kind.VOLATILITY,
            market="",
            symbol=asset,
            sources=(deribit_index.NAME,),
        )
    yield Wanted(
        series=names.fear_greed, kind=Kind.MOOD, market="", symbol="", sources=(fear_greed.NAME,)
    )
