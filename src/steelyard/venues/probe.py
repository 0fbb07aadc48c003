"""This file tries out what a venue can do, on BTC, and says what it cannot and why."""

from collections.abc import Mapping

from steelyard.data.sources import Span
from steelyard.domain.errors import SteelyardError, VenueBusy
from steelyard.domain.time import DAY_MS
from steelyard.venues.exchange import Exchange, index_of
from steelyard.venues.instruments import Instrument, Segment
from steelyard.venues.profile import SEGMENT_OF, Feature, Profile

_COIN = "BTC"


def capabilities(profile: Profile) -> Mapping[Feature, str]:
    """Return for each feature why a venue does not have it, or for what alone; empty where it does.

    Nothing is asked: it is what the table of the venue says.
    """
    return {feature: profile.reason(feature) for feature in Feature}


async def probed(exchange: Exchange) -> Mapping[Feature, str]:
    """Return the same after every feature was tried: a day of BTC, and what is said of it now.

    Raises
    ------
    VenueBusy
        If the venue does not even list its markets.
    VenueRefused
        If it refuses to.
    """
    await exchange.markets()
    told = dict(capabilities(exchange.profile))
    for feature in Feature:
        if not exchange.profile.can(feature):
            continue
        try:
            await _try(exchange, feature)
        except SteelyardError as error:
            told[feature] = str(error)
    return told


async def _try(exchange: Exchange, feature: Feature) -> None:
    """Use a feature once for each segment that has it.

    Raises
    ------
    VenueBusy
        If there is nothing of it.
    """
    if feature in SEGMENT_OF:
        await exchange.instrument(_COIN, SEGMENT_OF[feature])
    elif feature is Feature.DATED:
        if not (await exchange.markets()).dated(_COIN):
            message = f"{exchange.profile.title} lists no dated contract of {_COIN} now"
            raise VenueBusy(message)
    else:
        for segment in exchange.profile.segments(feature):
            for instrument in await _tried_on(exchange, feature, segment):
                await _use(exchange, feature, instrument)


async def _tried_on(
    exchange: Exchange, feature: Feature, segment: Segment
) -> tuple[Instrument, ...]:
    if segment is Segment.INDEX:
        return (index_of(exchange.profile.name, _COIN),)
    if feature is Feature.DATED_NOW:
        dated = (await exchange.markets()).dated(_COIN)
        return tuple(one for one in dated if one.segment is segment)[:1]
    return (await exchange.instrument(_COIN, segment),)


async def _use(exchange: Exchange, feature: Feature, instrument: Instrument) -> None:
    if (feature, instrument.segment) in exchange.profile.now:
        await exchange.seen([feature], instrument)
        return
    now_ms = exchange.now_ms()
    await exchange.history(feature, instrument, Span(now_ms - DAY_MS, now_ms))
