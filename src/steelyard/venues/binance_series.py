"""This file says which series of an asset there are on Binance, and where each comes from."""

from typing import Final

from steelyard.data.names import names_of, symbol_of
from steelyard.data.sources import Kind, Wanted
from steelyard.venues import binance_archive, binance_recent, deribit_index, fear_greed
from steelyard.venues.binance_archive import BinanceArchive

VENUE: Final = "binance"
_BOTH: Final = (binance_archive.NAME, binance_recent.NAME)
_DOLLARS: Final = {"BTC": 100.0}
_USUAL_DOLLARS: Final = 10.0
"""Size of a coin-margined contract: 100 dollars of BTC, 10 of anything else (exchangeInfo)."""


def required(asset: str) -> tuple[Wanted, ...]:
    """Return the series without which there is no account."""
    names, symbol = names_of(asset, VENUE), symbol_of(asset)
    return (
        _of(names.spot, Kind.BARS, "spot", symbol),
        _of(names.perp, Kind.BARS, "um", symbol),
        _of(names.mark, Kind.MARK, "um", symbol),
        _of(names.funding, Kind.FUNDING, "um", symbol),
    )


def side(asset: str) -> tuple[Wanted, ...]:
    """Return the series that only conditions read, and those of the coin-margined perpetual."""
    names, symbol = names_of(asset, VENUE), symbol_of(asset)
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
        _of(names.open_interest, Kind.OPEN_INTEREST, "um", symbol),
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
