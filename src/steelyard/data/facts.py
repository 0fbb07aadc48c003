"""This file reads contract facts, dated: the shipped ones, and newer ones of a catalogue."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, NamedTuple

from steelyard.data.shipped import (
    INVERSE,
    LINEAR,
    SPOT,
    Contract,
    Contracts,
    Fee,
    Settlement,
    Venue,
    known,
    midnight,
    shipped,
)
from steelyard.domain.errors import DataError
from steelyard.domain.market import Facts, Known

USUAL_LIQUIDATION: Final = 0.005
"""Fraction of notional that a liquidation charges where no venue says so (domain 11)."""

_UNROUNDED: Final = "(quantities are not rounded, any size of order is taken)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """The facts of one symbol on one day, as the venue tells everybody."""

    date: str
    spot: Contract
    perp: Contract


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


def _renewed(known: Venue, today: Today | None, symbol: str, venue: str) -> Venue:
    """Return what is shipped of a venue, with the newer facts of one symbol."""
    if today is None:
        return known
    source = f"exchangeInfo of {venue}"
    legs: dict[str, Contracts] = {
        leg: {"source": source, "noted": today.date, "symbols": {symbol: told}}
        for leg, told in (("spot", today.spot), ("perp", today.perp))
    }
    return {**known, "spot": legs["spot"], "perp": legs["perp"]}


def contract_of(venue: str, product: str, symbol: str) -> Contract:
    """Return what is shipped of a contract; empty where nothing is.

    Parameters
    ----------
    venue, product, symbol : str
        Such as ``binance``, ``inverse`` and ``BTCUSD_PERP``.

    Raises
    ------
    DataError
        If no facts are shipped for the venue.

    Examples
    --------
    >>> contract_of("binance", "inverse", "BTCUSD_PERP")["contract_size"]
    100.0
    """
    legs = shipped(venue)
    leg = {SPOT: legs.get("spot"), LINEAR: legs.get("perp"), INVERSE: legs.get("inverse")}[product]
    return {} if leg is None else leg["symbols"].get(symbol, {})


class _Item(NamedTuple):
    """One fact of a symbol: what it says, in words where it is from, and of which time it is."""

    contract: Contract
    words: str
    known: tuple[Known, ...] = ()


def _fees(venue: Venue, product: str) -> _Item:
    """Return the newest fees of spot and futures as one fact."""
    spot, futures = (known("fees", _newest(venue, each)) for each in (SPOT, product))
    source = spot.source if spot.source == futures.source else f"{spot.source}; {futures.source}"
    both = replace(
        futures,
        source=source,
        first_ms=max(spot.first_ms, futures.first_ms),
        end_ms=min(spot.end_ms, futures.end_ms),
    )
    return _Item({}, f"fees: {source}, {both.noted}", (both,))


def _newest(venue: Venue, product: str) -> Fee:
    """Return the newest fee of a product.

    Raises
    ------
    DataError
        If none is shipped.
    """
    rates = {fee["product"]: fee for fee in venue["fees"]}
    if product not in rates:
        message = (
            f"no fees of {product} contracts are shipped for this venue, only of "
            f"{', '.join(rates)}; choose linear futures, or another venue"
        )
        raise DataError(message)
    return rates[product]


def _lots(told: Contracts | None, what: str, symbol: str) -> _Item:
    if told is None or symbol not in told["symbols"]:
        return _Item({}, f"{what}: none shipped for {symbol} {_UNROUNDED}")
    fact = known(what, told)
    return _Item(told["symbols"][symbol], f"{what}: {fact.source}, {fact.noted}", (fact,))


def _liquidation(venue: Venue, perp: _Item, symbol: str) -> _Item:
    """Return what a liquidation charges: as the symbol has it, else the venue, else as usual."""
    what = "liquidation fee"
    if "liquidation_fee" in perp.contract:
        (fact,) = perp.known
        words = f"{what}: {fact.source}, {fact.noted}"
        return _Item(perp.contract, words, (replace(fact, what=what),))
    usual = venue.get("liquidation")
    if usual is None:
        words = f"{what}: none known, {USUAL_LIQUIDATION} assumed"
        return _Item({"liquidation_fee": USUAL_LIQUIDATION}, words)
    words = f"{what}: {usual['source']}, {usual['noted']}, as none is shipped for {symbol}"
    return _Item({"liquidation_fee": usual["fee"]}, words, (known(what, usual),))


def _items(venue: Venue, symbol: str, inverse: str) -> tuple[_Item, _Item, _Item, _Item]:
    """Return fees, spot lots, lots of the perpetual, and the liquidation fee of a symbol."""
    futures = venue.get("inverse") if inverse else venue.get("perp")
    perp = _lots(futures, "perpetual lots", inverse or symbol)
    spot = _lots(venue.get("spot"), "spot lots", symbol)
    fees = _fees(venue, INVERSE if inverse else LINEAR)
    return fees, spot, perp, _liquidation(venue, perp, inverse or symbol)


def _venue(name: str, symbol: str, folder: Path | None) -> Venue:
    today = {} if folder is None else read_today(folder, name)
    return _renewed(shipped(name), today.get(symbol), symbol, name)


def facts_known(
    venue: str, symbol: str, folder: Path | None = None, *, inverse: str = ""
) -> tuple[Known, ...]:
    """Return of which time each fact of a symbol is known, as ``facts_for`` returns them.

    Raises
    ------
    DataError
        If no facts are shipped for the venue.
    """
    items = _items(_venue(venue, symbol, folder), symbol, inverse)
    return tuple(fact for item in items for fact in item.known)


def facts_for(venue: str, symbol: str, folder: Path | None = None, *, inverse: str = "") -> Facts:
    """Return fees, ticks, lots, smallest orders and how a symbol is liquidated and settled.

    Parameters
    ----------
    venue : str
        Such as ``binance``.
    symbol : str
        Such as ``BTCUSDT``. For a symbol that the facts lack, ticks, lots and smallest orders are
        0, the liquidation fee is the venue's usual one, and ``source`` says so.
    folder : Path, optional
        A catalogue, whose own facts of the symbol count before the shipped ones.
    inverse : str
        Such as ``BTCUSD_PERP``, where the perpetual is that one: its lot is its contract size.

    Raises
    ------
    DataError
        If no facts are shipped for the venue, or no fees of such a perpetual.

    Examples
    --------
    >>> facts_for("binance", "BTCUSDT").lot_perp
    0.001
    >>> facts_for("binance", "BTCUSDT", inverse="BTCUSD_PERP").lot_perp
    100.0
    """
    told = _venue(venue, symbol, folder)
    items = _items(told, symbol, inverse)
    spot, perp, liquidation = (item.contract for item in items[1:])
    here, there = (_newest(told, each) for each in (SPOT, INVERSE if inverse else LINEAR))
    settled = told.get("settlement", [])
    caps = told["funding_caps"]["symbols"] if "funding_caps" in told else {}
    return Facts(
        fee_spot=here["taker"],
        fee_perp=there["taker"],
        maker_spot=here["maker"],
        maker_perp=there["maker"],
        tick_spot=spot.get("tick", 0.0),
        tick_perp=perp.get("tick", 0.0),
        lot_spot=spot.get("lot", 0.0),
        lot_perp=perp.get("contract_size", 0.0) if inverse else perp.get("lot", 0.0),
        min_spot=spot.get("min_notional", 0.0),
        min_perp=perp.get("min_notional", 0.0),
        liquidation_fee=liquidation["liquidation_fee"],
        funding_cap=caps.get(inverse or symbol, math.nan),
        settlement_fee=settled[-1]["fee"] if settled else math.nan,
        settlement_windows=_windows(settled),
        source="; ".join(item.words for item in items),
    )


def _windows(settled: Sequence[Settlement]) -> tuple[tuple[int, int], ...]:
    """Return from when on a settlement is the mean over how many minutes."""
    return tuple(
        (midnight(one["from"]) if "from" in one else 0, one["minutes"])
        for one in settled
        if "minutes" in one
    )
