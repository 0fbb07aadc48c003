"""This file reads contract facts, dated: the shipped ones, and newer ones of a catalogue."""

import difflib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TypedDict

from steelyard.domain.errors import DataError
from steelyard.domain.market import Facts


class _Rates(TypedDict):
    spot: float
    perp: float
    source: str
    date: str


class Contract(TypedDict, total=False):
    """What a contract is like: lot in coins, smallest order in quote, fractions of notional."""

    lot: float
    min_notional: float
    liquidation_fee: float
    maint_margin_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The facts of one symbol on one day, as the venue tells everybody."""

    date: str
    spot: Contract
    perp: Contract


class _Leg(TypedDict):
    source: str
    date: str
    symbols: dict[str, Contract]


class _Venue(TypedDict):
    fees: _Rates
    liquidation: _Rates
    spot: _Leg
    perp: _Leg


@cache
def _venues() -> Mapping[str, _Venue]:
    content = files("steelyard.data").joinpath("facts.toml").read_text(encoding="utf-8")
    venues: Mapping[str, _Venue] = tomllib.loads(content)
    return venues


def _venue(name: str) -> _Venue:
    venues = _venues()
    if name in venues:
        return venues[name]
    near = difflib.get_close_matches(name, venues, n=1)
    hint = f"did you mean {near[0]}?" if near else "choose one of these"
    there = ", ".join(venues)
    message = f"no contract facts are shipped for venue {name}; there are {there}; {hint}"
    raise DataError(message)


def check_venue(name: str) -> None:
    """Refuse a venue of which no contract facts are shipped.

    Raises
    ------
    DataError
        If there are none.
    """
    _venue(name)


def _described(leg: _Leg, symbol: str, kind: str) -> str:
    if symbol in leg["symbols"]:
        return f"{kind} lots: {leg['source']}, {leg['date']}"
    return (
        f"{kind} lots: none shipped for {symbol} "
        f"(quantities are not rounded, any size of order is taken)"
    )


def _liquidation_described(venue: _Venue, symbol: str) -> str:
    if symbol in venue["perp"]["symbols"]:
        return f"liquidation fee: {venue['perp']['source']}, {venue['perp']['date']}"
    usual = venue["liquidation"]
    return f"liquidation fee: {usual['source']}, {usual['date']}, as none is shipped for {symbol}"


def facts_file(folder: Path, venue: str) -> Path:
    """Return where a catalogue keeps the facts of a venue's symbols."""
    return folder / f"{venue}.facts.json"


def read_today(folder: Path, venue: str) -> dict[str, Today]:
    """Return the facts that a catalogue keeps, by symbol; none where it keeps none.

    Raises
    ------
    DataError
        If they cannot be read.
    """
    file = facts_file(folder, venue)
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return {symbol: Today(**one) for symbol, one in told["symbols"].items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = f"{file} holds no contract facts ({error!r}); remove it and download again"
        raise DataError(message) from None


def _renewed(known: _Venue, today: Today | None, symbol: str, venue: str) -> _Venue:
    """Return what is shipped of a venue, with the newer facts of one symbol."""
    if today is None:
        return known
    source = f"exchangeInfo of {venue}"
    legs: dict[str, _Leg] = {
        leg: {"source": source, "date": today.date, "symbols": {symbol: told}}
        for leg, told in (("spot", today.spot), ("perp", today.perp))
    }
    return {**known, "spot": legs["spot"], "perp": legs["perp"]}


def facts_for(venue: str, symbol: str, folder: Path | None = None) -> Facts:
    """Return fees, lots, smallest orders and the liquidation fee of a symbol.

    Parameters
    ----------
    venue : str
        Such as ``binance``.
    symbol : str
        Such as ``BTCUSDT``. For a symbol that the facts lack, lots and smallest orders are 0, the
        liquidation fee is the venue's usual one, and ``source`` says so.
    folder : Path, optional
        A catalogue, whose own facts of the symbol count before the shipped ones.

    Raises
    ------
    DataError
        If no facts are shipped for the venue.

    Examples
    --------
    >>> facts_for("binance", "BTCUSDT").lot_perp
    0.001
    """
    today = {} if folder is None else read_today(folder, venue)
    known = _renewed(_venue(venue), today.get(symbol), symbol, venue)
    spot = known["spot"]["symbols"].get(symbol, {})
    perp = known["perp"]["symbols"].get(symbol, {})
    fees = known["fees"]
    return Facts(
        fee_spot=fees["spot"],
        fee_perp=fees["perp"],
        lot_spot=spot.get("lot", 0.0),
        lot_perp=perp.get("lot", 0.0),
        min_spot=spot.get("min_notional", 0.0),
        min_perp=perp.get("min_notional", 0.0),
        liquidation_fee=perp.get("liquidation_fee", known["liquidation"]["perp"]),
        source="; ".join(
            (
                f"fees: {fees['source']}, {fees['date']}",
                _described(known["spot"], symbol, "spot"),
                _described(known["perp"], symbol, "perpetual"),
                _liquidation_described(known, symbol),
            )
        ),
    )
