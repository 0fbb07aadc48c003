"""This file reads the shipped contract facts: fees, lots and smallest orders, dated."""

import difflib
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TypedDict

from steelyard.domain.errors import DataError
from steelyard.domain.market import Facts


class _Rates(TypedDict):
    spot: float
    perp: float
    source: str
    date: str


class _Contract(TypedDict, total=False):
    lot: float
    min_notional: float
    liquidation_fee: float


class _Leg(TypedDict):
    source: str
    date: str
    symbols: dict[str, _Contract]


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


def facts_for(venue: str, symbol: str) -> Facts:
    """Return fees, lots, smallest orders and the liquidation fee of a symbol.

    Parameters
    ----------
    venue : str
        Such as ``binance``.
    symbol : str
        Such as ``BTCUSDT``. For a symbol that the facts lack, lots and smallest orders are 0, the
        liquidation fee is the venue's usual one, and ``source`` says so.

    Raises
    ------
    DataError
        If no facts are shipped for the venue.

    Examples
    --------
    >>> facts_for("binance", "BTCUSDT").lot_perp
    0.001
    """
    known = _venue(venue)
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
