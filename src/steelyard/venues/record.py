"""This file records what venues say now and keep no history of, tick after tick."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from steelyard.data.columns import INDEX, MARK, PREMIUM
from steelyard.data.manifest import RECORDING, sole_writer
from steelyard.data.recorded import RECORDED, Recorded, append
from steelyard.domain.errors import DataError, RequestError, SteelyardError
from steelyard.domain.time import DAY_MS
from steelyard.venues.exchange import Exchange, index_of
from steelyard.venues.instruments import Instrument, Segment, stem_of
from steelyard.venues.profile import Feature

_WORD: Final = {
    Feature.OPEN_INTEREST_NOW: "open_interest",
    Feature.FUNDING_NOW: "funding",
    Feature.PREMIUM_NOW: "premium",
    Feature.DATED_NOW: "price",
    Feature.VOLATILITY_NOW: "dvol",
}
"""What the name of a series calls each feature that is recorded."""

RECORDABLE: Final = tuple(_WORD)
INDEXED: Final = frozenset({"BTC", "ETH"})
"""Coins of which Deribit has an index of implied volatility."""


@dataclass(slots=True)
class Tick:
    """What one round of questions brought.

    Parameters
    ----------
    appended : list of str
        Series that have a row more.
    troubles : dict of str to SteelyardError
        What could not be learnt, and why.
    """

    appended: list[str] = field(default_factory=list)
    troubles: dict[str, SteelyardError] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """Who asks venues at each tick, and appends what they say.

    Parameters
    ----------
    folder : Path
        The catalogue.
    exchanges : mapping of str to Exchange
        The venues, by name.
    coins : sequence of str
        Such as ``BTC``.
    now_ms : callable
        The clock.
    sleep : callable
        Waits for some seconds.
    """

    folder: Path
    exchanges: Mapping[str, Exchange]
    coins: Sequence[str]
    now_ms: Callable[[], int]
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep

    async def run(self, every_ms: int, listener: Callable[[Tick], None]) -> None:
        """Record at every whole multiple of a time, until it is stopped; 0 records once.

        Raises
        ------
        RequestError
            If another process records into the folder, or it cannot be written.
        SteelyardError
            If the first tick brings nothing at all, the trouble that it met first.
        """
        with sole_writer(self.folder, RECORDING):
            first = await self.tick()
            if not first.appended:
                _refuse(first)
            listener(first)
            while every_ms:
                at_ms = (self.now_ms() // every_ms + 1) * every_ms
                await self.sleep((at_ms - self.now_ms()) / 1000)
                if at_ms % DAY_MS < every_ms:
                    self._forget()
                listener(await self.tick())

    def _forget(self) -> None:
        """Let every venue list its markets anew: dated contracts come and go."""
        for exchange in self.exchanges.values():
            exchange.forget_markets()

    async def tick(self) -> Tick:
        """Ask every venue once, and append what it says."""
        tick = Tick()
        rounds = (self._venue(exchange, tick) for exchange in self.exchanges.values())
        await asyncio.gather(*rounds)
        return tick

    async def _venue(self, exchange: Exchange, tick: Tick) -> None:
        for coin in self.coins:
            try:
                asked = await _instruments(exchange, coin)
            except SteelyardError as error:
                tick.troubles[f"{exchange.profile.name} {coin}"] = error
                continue
            for instrument in asked:
                await self._instrument(exchange, instrument, tick)

    async def _instrument(self, exchange: Exchange, instrument: Instrument, tick: Tick) -> None:
        """Ask for everything that is recorded of an instrument, and append it."""
        features = features_of(exchange, instrument)
        try:
            seen = await exchange.seen(features, instrument)
        except SteelyardError as error:
            tick.troubles[f"{exchange.profile.name} {instrument.id}"] = error
            seen = {} if len(features) == 1 else await _seen_one_by_one(exchange, instrument)
        for feature, (ms, columns) in seen.items():
            row = Recorded(
                series=series_name(feature, instrument),
                ms=ms,
                available_ms=max(ms, self.now_ms()),
                columns=_with_premium(columns),
            )
            self._append(row, tick)

    def _append(self, row: Recorded, tick: Tick) -> None:
        try:
            if append(self.folder, row):
                tick.appended.append(row.series)
        except DataError as error:
            tick.troubles[row.series] = error


async def _seen_one_by_one(
    exchange: Exchange, instrument: Instrument
) -> dict[Feature, tuple[int, dict[str, float]]]:
    """Return what can be learnt where not everything can."""
    seen: dict[Feature, tuple[int, dict[str, float]]] = {}
    for feature in features_of(exchange, instrument):
        with suppress(SteelyardError):  # told already
            seen |= await exchange.seen([feature], instrument)
    return seen


def _refuse(tick: Tick) -> None:
    """Refuse a tick that met nothing but trouble.

    Raises
    ------
    SteelyardError
        What it met first.
    """
    for trouble in tick.troubles.values():
        error: SteelyardError = trouble
        raise error


def _with_premium(columns: Mapping[str, float]) -> Mapping[str, float]:
    if MARK not in columns or INDEX not in columns:
        return columns
    return {**columns, PREMIUM: columns[MARK] / columns[INDEX] - 1.0}


async def _instruments(exchange: Exchange, coin: str) -> tuple[Instrument, ...]:
    """Return what a venue has of a coin: perpetuals, dated contracts, the index of volatility.

    Raises
    ------
    RequestError
        If it has nothing of it.
    """
    found: list[Instrument] = []
    refused: RequestError | None = None
    for segment in exchange.profile.quotes:
        if segment is Segment.SPOT:
            continue
        try:
            found.append(await exchange.instrument(coin, segment))
        except RequestError as error:
            refused = refused or error
    if exchange.profile.can(Feature.DATED_NOW):
        segments = exchange.profile.segments(Feature.DATED_NOW)
        dated = (await exchange.markets()).dated(coin)
        found += [one for one in dated if one.segment in segments]
    if exchange.profile.can(Feature.VOLATILITY_NOW) and coin in INDEXED:
        found.append(index_of(exchange.profile.name, coin))
    if not found and refused is not None:
        raise refused
    return tuple(found)


def features_of(exchange: Exchange, instrument: Instrument) -> list[Feature]:
    """Return what is recorded of an instrument."""
    return [
        feature
        for feature in _candidates(instrument)
        if (feature, instrument.segment) in exchange.profile.now
    ]


def _candidates(instrument: Instrument) -> Iterator[Feature]:
    if instrument.segment is Segment.INDEX:
        yield Feature.VOLATILITY_NOW
    elif instrument.expiry_ms:
        yield Feature.DATED_NOW
    else:
        yield from (Feature.OPEN_INTEREST_NOW, Feature.FUNDING_NOW, Feature.PREMIUM_NOW)


def series_name(feature: Feature, instrument: Instrument) -> str:
    """Return the name of a recorded series.

    Examples
    --------
    >>> from steelyard.venues.units import Contract
    >>> one = Instrument(venue="bybit", id="SHIB1000USDT", segment=Segment.LINEAR, coin="SHIB",
    ...                  quote="USDT", contract=Contract(multiple=1000.0), info={})
    >>> series_name(Feature.OPEN_INTEREST_NOW, one)
    'bybit.perp.SHIBUSDT.open_interest.recorded'
    """
    return f"{stem_of(instrument)}.{_WORD[feature]}{RECORDED}"
