"""This file gives every series of a catalogue its name."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

QUOTE: Final = "USDT"
"""Currency that prices are quoted in."""

SYNTHETIC: Final = "synthetic"
"""Name of the venue that was invented."""

_INDEX_VENUE: Final = "deribit"
"""Where the volatility index of every real venue's assets is quoted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the series of one asset on one venue are called.

    Parameters
    ----------
    spot, perp, mark : str
        Hourly bars.
    funding : str
        Settlements of the perpetual.
    implied_vol : str
        Daily index, percent a year.
    open_interest, open_interest_usd : str
        Daily, in coins of the linear contract, or in dollars of the coin-margined one.
    front : str
        Daily settlement of the dated contract that expires next.
    dated : str
        What the hourly bars of a dated contract of the venue begin with.
    fear_greed, vix, dxy : str
        Daily mood and macro series, which are the same for every asset.
    """

    spot: str
    perp: str
    mark: str
    funding: str
    implied_vol: str
    open_interest: str
    open_interest_usd: str
    front: str
    dated: str
    fear_greed: str
    vix: str
    dxy: str

    @property
    def required(self) -> tuple[str, ...]:
        """Return the series without which there is no account, but for the tiers."""
        return (self.spot, self.perp, self.mark, self.funding)


def names_of(
    asset: str, venue: str, signals: str | None = None, *, futures: str = "linear"
) -> Names:
    """Return the names of the series of an asset.

    Parameters
    ----------
    asset, venue : str
        What is traded, and where.
    signals : str, optional
        The venue whose open interest conditions read; else the one that is traded on.
    futures : str
        ``linear``, or ``inverse`` for those that settle in coins.

    Examples
    --------
    >>> names_of("BTC", "binance").mark
    'binance.perp.BTCUSDT.mark.1h'
    >>> names_of("BTC", "bingx", signals="bybit").open_interest
    'bybit.perp.BTCUSDT.open_interest.1d'
    >>> names_of("BTC", "binance", futures="inverse").mark
    'binance_coinm.perp.BTCUSD.mark.1h'
    """
    pair = symbol_of(asset)
    perp = f"{venue}.perp.{pair}" if futures == "linear" else f"{venue}_coinm.perp.{asset}USD"
    told_by = signals or venue
    mood, macro = ("alternative", "macro") if venue != SYNTHETIC else (SYNTHETIC, SYNTHETIC)
    return Names(
        spot=f"{venue}.spot.{pair}.1h",
        perp=f"{perp}.1h",
        mark=f"{perp}.mark.1h",
        funding=f"{perp}.funding",
        implied_vol=f"{SYNTHETIC if venue == SYNTHETIC else _INDEX_VENUE}.{asset}.dvol.1d",
        open_interest=f"{told_by}.perp.{pair}.open_interest.1d",
        open_interest_usd=f"{told_by}_coinm.perp.{asset}USD.open_interest.1d",
        front=f"cme.{asset}.front.1d",
        dated=f"{venue}.dated.{pair}_",
        fear_greed=f"{mood}.fear_greed.1d",
        vix=f"{macro}.VIX.1d",
        dxy=f"{macro}.DXY.1d",
    )


def symbol_of(asset: str) -> str:
    """Return the symbol of an asset, spot and perpetual.

    Examples
    --------
    >>> symbol_of("BTC")
    'BTCUSDT'
    """
    return f"{asset}{QUOTE}"


def inverse_symbol(asset: str, venue: str) -> str:
    """Return what a venue calls the inverse perpetual of an asset.

    Examples
    --------
    >>> inverse_symbol("BTC", "binance"), inverse_symbol("BTC", "bybit")
    ('BTCUSD_PERP', 'BTCUSD')
    """
    return f"{asset}USD_PERP" if venue == "binance" else f"{asset}USD"


def is_inverse(symbol: str, venue: str) -> bool:
    """Tell whether a catalogue calls a contract of a venue so that settles in coins.

    Examples
    --------
    >>> is_inverse("BTCUSD_PERP", "binance"), is_inverse("BTCUSD", "bybit")
    (True, True)
    >>> is_inverse("BTCUSD_260327", "bybit"), is_inverse("BTCUSDT_260327", "bybit")
    (True, False)
    """
    pair, _, expiry = symbol.partition("_")
    return symbol.endswith(inverse_symbol("", venue)) or (pair.endswith("USD") and expiry.isdigit())


def dated_symbol(pair: str, expiry_ms: int) -> str:
    """Return what a dated contract is called in a catalogue, whatever its venue calls it.

    Examples
    --------
    >>> dated_symbol("BTCUSDT", 1_774_598_400_000)
    'BTCUSDT_260327'
    """
    day = datetime.fromtimestamp(expiry_ms / 1000, tz=UTC)
    return f"{pair}_{day:%y%m%d}"


def stable_name(venue: str, currency: str) -> str:
    """Return the name of what a stablecoin was worth, hourly, in USD.

    Examples
    --------
    >>> stable_name("binance", "USDT")
    'binance.stable.USDT.1h'
    """
    return f"{venue}.stable.{currency}.1h"


def currency_of(series: str, venue: str) -> str | None:
    """Return the stablecoin that a series of a venue is of; None where it is of something else.

    Examples
    --------
    >>> currency_of("binance.stable.USDC.1h", "binance")
    'USDC'
    """
    match series.split("."):
        case [name, "stable", currency, "1h"] if name == venue:
            return currency
        case _:
            return None


def tiers_name(venue: str, month: str) -> str:
    """Return the name of a snapshot of maintenance tiers.

    Examples
    --------
    >>> tiers_name("binance", "2024-10")
    'binance.perp.leverage_tiers.2024-10'
    """
    return f"{venue}.perp.leverage_tiers.{month}"


def month_of(tiers: str) -> str:
    """Return the month of a snapshot of tiers, which ends its name.

    Examples
    --------
    >>> month_of("binance.perp.leverage_tiers.2024-10")
    '2024-10'
    """
    return tiers.rsplit(".", maxsplit=1)[-1]


def tiers_note(tiers: str, source: str = "") -> str:
    """Return in words which tiers a market is margined by, and their source if it is known."""
    note = f"{tiers}: the ladder of {month_of(tiers)}, taken for all times"
    return f"{note}; {source}" if source else note
