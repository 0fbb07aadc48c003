"""This file is what a venue lists: its instruments, each with what one contract is worth."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from steelyard.data.names import dated_symbol
from steelyard.domain.errors import DataError, RequestError
from steelyard.venues.units import Contract, Measure, coin_of


class Segment(Enum):
    """What kind of market an instrument belongs to."""

    SPOT = "spot"
    LINEAR = "linear"
    INVERSE = "coin-margined"
    INDEX = "index"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One thing that a venue lists.

    Parameters
    ----------
    venue : str
    id : str
        As the venue calls it.
    segment : Segment
    coin : str
        What it is about: SHIB of 1000SHIBUSDT.
    quote : str
    contract : Contract
        What one is worth.
    measure : Measure
        What the venue counts amounts of it in.
    expiry_ms : int, stamp
        0 of spot and perpetuals.
    is_active : bool
        Whether it trades now.
    info : mapping of str to str
        Words of the venue's own that requests repeat.
    """

    venue: str
    id: str
    segment: Segment
    coin: str
    quote: str
    contract: Contract
    measure: Measure = Measure.BASE
    expiry_ms: int = 0
    is_active: bool = True
    info: Mapping[str, str]


def stem_of(one: Instrument) -> str:
    """Return what the names of the series of an instrument begin with.

    Coin-margined contracts are a service of their own; a dated contract is named by its expiry.
    """
    service = f"{one.venue}_coinm" if one.segment is Segment.INVERSE else one.venue
    pair = f"{one.coin}{one.quote}"
    match one.segment:
        case Segment.INDEX:
            return f"{one.venue}.{one.coin}"
        case Segment.SPOT:
            return f"{one.venue}.spot.{pair}"
        case _ if one.expiry_ms:
            return f"{service}.dated.{dated_symbol(pair, one.expiry_ms)}"
        case _:
            return f"{service}.perp.{pair}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """What a venue lists: what is read of it, and what is not, by name with the reason."""

    instruments: tuple[Instrument, ...]
    refused: Mapping[str, str]

    def perpetual(self, venue: str, coin: str, segment: Segment, quote: str) -> Instrument:
        """Return the spot pair or the perpetual of a coin.

        Raises
        ------
        RequestError
            If there is none that is read.
        """
        found = [
            one
            for one in self.instruments
            if (one.segment, one.quote, one.expiry_ms) == (segment, quote, 0)
        ]
        mine = [one for one in found if one.coin == coin]
        if mine:
            return min(mine, key=lambda one: (not one.is_active, one.contract.multiple))
        near = difflib.get_close_matches(coin, sorted({one.coin for one in found}), n=1)
        hint = f"did you mean {near[0]}?" if near else f"{len(found)} others are"
        message = f"{coin} in {quote} is not listed as {segment.value} on {venue}; {hint}"
        raise RequestError(message)

    def dated(self, coin: str) -> tuple[Instrument, ...]:
        """Return the dated contracts of a coin that trade now, by expiry."""
        mine = (one for one in self.instruments if one.coin == coin and one.expiry_ms)
        return tuple(sorted((one for one in mine if one.is_active), key=lambda one: one.expiry_ms))


_KEPT: tuple[str, ...] = ("pair", "uly", "instFamily", "contractType", "instType")


def listed(
    venue: str, markets: Iterable[Mapping[str, Any]], measures: Mapping[Segment, Measure]
) -> Listed:
    """Return what a venue lists, as ccxt has parsed it.

    Parameters
    ----------
    venue : str
        Its name.
    measures : mapping of Segment to Measure
        What the venue counts in, if not lots of the instrument. A size is believed only of what is
        counted in contracts: of others ccxt passes on numbers that mean something else.
    markets : iterable of mapping
        Markets of ccxt. Options are left out; what cannot be read is refused by its name.
    """
    instruments: list[Instrument] = []
    refused: dict[str, str] = {}
    for market in markets:
        name = str(market.get("id") or market.get("symbol"))
        if market.get("option"):
            continue
        try:
            instruments.append(_instrument(venue, market, measures))
        except (DataError, KeyError, TypeError, ValueError) as error:
            refused[name] = f"{venue} {name} is not read: {_why(error)}"
    return Listed(instruments=tuple(instruments), refused=refused)


def _why(error: Exception) -> str:
    return f"it has no {error}" if isinstance(error, KeyError) else str(error)


def _instrument(
    venue: str, market: Mapping[str, Any], measures: Mapping[Segment, Measure]
) -> Instrument:
    """Return a market of ccxt as an instrument.

    Raises
    ------
    DataError
        If it is of a kind that is not read.
    """
    segment = _segment(market)
    expiry_ms = int(market.get("expiry") or 0) if market.get("future") else 0
    if market.get("future") and expiry_ms <= 0:
        raise DataError("a dated contract without a date")
    coin, multiple = coin_of(str(market["base"]))
    if not coin:
        raise DataError("it is about no coin")
    measure = measures.get(segment, Measure.BASE)
    size = float(market["contractSize"]) if measure is Measure.CONTRACTS else 1.0
    info = market.get("info") or {}
    return Instrument(
        venue=venue,
        id=str(market["id"]),
        segment=segment,
        coin=coin,
        quote=str(market["quote"]),
        contract=Contract(size=size, is_inverse=segment is Segment.INVERSE, multiple=multiple),
        measure=measure,
        expiry_ms=expiry_ms,
        is_active=market.get("active") is not False,
        info={key: str(info[key]) for key in _KEPT if info.get(key)},
    )


def _segment(market: Mapping[str, Any]) -> Segment:
    """Return the segment of a market.

    Raises
    ------
    DataError
        If it is none of those that are read.
    """
    if market.get("spot"):
        return Segment.SPOT
    if not (market.get("swap") or market.get("future")):
        message = f"its kind is {market.get('type')}, neither spot nor perpetual nor dated"
        raise DataError(message)
    if market.get("linear"):
        return Segment.LINEAR
    if market.get("inverse"):
        return Segment.INVERSE
    raise DataError("it is settled neither in its quote currency nor in its coin")
