"""This file says which series of an asset there are on Binance, and where each comes from."""

from typing import Final

from steelyard.data.names import QUOTE, names_of, symbol_of
from steelyard.data.sources import Kind, Wanted
from steelyard.domain.errors import RequestError
from steelyard.venues import binance_archive, binance_recent, deribit_index, fear_greed
from steelyard.venues.binance_archive import BinanceArchive
from steelyard.venues.binance_recent import BinanceRecent
from steelyard.venues.units import coin_of

VENUE: Final = "binance"
_BOTH: Final = (binance_archive.NAME, binance_recent.NAME)
_DOLLARS: Final = {"BTC": 100.0}
_USUAL_DOLLARS: Final = 10.0
"""Size of a coin-margined contract: 100 dollars of BTC, 10 of anything else (exchangeInfo)."""


_LOTS: Final = ("", "1000", "1000000", "1M")
"""What the names of linear contracts of many coins begin with, such as 1000SHIBUSDT."""


async def linear_symbol(asset: str, archive: BinanceArchive, recent: BinanceRecent) -> str:
    """Return what Binance calls the linear perpetual of an asset, also where it is of many coins.

    Raises
    ------
    RequestError
        If not even spot of the asset was ever listed.
    """
    for lot in _LOTS:
        symbol = f"{lot}{symbol_of(asset)}"
        same = coin_of(f"{lot}{asset}")[0] == coin_of(asset)[0]
        if same and await archive.has("um", symbol):
            return symbol
    spot = required(asset, symbol_of(asset))[0]
    if not await archive.has("spot", spot.symbol) and not await recent.lists(spot):
        message = (
            f"{asset} is not listed on {VENUE}: neither its archive nor the venue knows "
            f"{spot.symbol}; name the coin alone, such as BTC, or choose another --venue"
        )
        raise RequestError(message)
    return spot.symbol


def coins_of_lot(spot: str, linear: str) -> float:
    """Return how many of what a spot pair is priced for a linear contract is priced for.

    Examples
    --------
    Of 1000SATS spot is priced for a thousand as well.

    >>> coins_of_lot("SHIBUSDT", "1000SHIBUSDT"), coins_of_lot("1000SATSUSDT", "1000SATSUSDT")
    (1000.0, 1.0)
    """
    here, there = (coin_of(symbol.removesuffix(QUOTE))[1] for symbol in (spot, linear))
    return there / here


def required(asset: str, linear: str) -> tuple[Wanted, ...]:
    """Return the series without which there is no account."""
    names, coins = names_of(asset, VENUE), coins_of_lot(symbol_of(asset), linear)
    return (
        _of(names.spot, Kind.BARS, "spot", symbol_of(asset)),
        _of(names.perp, Kind.BARS, "um", linear, unit=coins),
        _of(names.mark, Kind.MARK, "um", linear, unit=coins),
        _of(names.funding, Kind.FUNDING, "um", linear),
    )


def side(asset: str, linear: str) -> tuple[Wanted, ...]:
    """Return the series that only conditions read, and those of the coin-margined perpetual."""
    names, coins = names_of(asset, VENUE), coins_of_lot(symbol_of(asset), linear)
    coin, pair = f"{asset}USD_PERP", f"{VENUE}_coinm.perp.{asset}USD"
    usd = Kind.OPEN_INTEREST
    index = (
        Wanted(
            series=names.implied_vol,
            kind=Kind.VOLATILITY,
            market="",
            symbol=asset,
            sources=(deribit_index.NAME,),
        ),
    )
    return (
        _of(names.open_interest, Kind.OPEN_INTEREST, "um", linear, unit=coins),
        _of(f"{pair}.1h", Kind.BARS, "cm", coin),
        _of(f"{pair}.mark.1h", Kind.MARK, "cm", coin),
        _of(f"{pair}.funding", Kind.FUNDING, "cm", coin),
        _of(names.open_interest_usd, usd, "cm", coin, unit=_DOLLARS.get(asset, _USUAL_DOLLARS)),
        *(index if asset in deribit_index.CURRENCIES else ()),
        Wanted(
            series=names.fear_greed,
            kind=Kind.MOOD,
            market="",
            symbol="",
            sources=(fear_greed.NAME,),
        ),
    )


async def dated(asset: str, archive: BinanceArchive) -> tuple[Wanted, ...]:
    """Return the dated contracts of an asset that the archive lists, linear and coin-margined."""
    found = []
    for market, pair, venue in (
        ("um", symbol_of(asset), VENUE),
        ("cm", f"{asset}USD", f"{VENUE}_coinm"),
    ):
        for symbol, expiry_ms in await archive.dated(market, pair):
            name = f"{venue}.dated.{symbol}.1h"
            found.append(_of(name, Kind.BARS, market, symbol, expiry_ms=expiry_ms))
    return tuple(found)


def _of(
    series: str,
    kind: Kind,
    market: str,
    symbol: str,
    *,
    expiry_ms: int = 0,
    unit: float = 1.0,
) -> Wanted:
    return Wanted(
        series=series,
        kind=kind,
        market=market,
        symbol=symbol,
        sources=_BOTH,
        expiry_ms=expiry_ms,
        unit=unit,
    )
