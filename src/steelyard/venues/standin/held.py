"""This file makes the stand-in show a catalogue: what was downloaded of Binance, or written."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import numpy as np

from steelyard.data.catalogue import complete_assets, open_market
from steelyard.domain.errors import DataError
from steelyard.domain.market import Bars, Market
from steelyard.domain.time import DAY_MS, HOUR_MS
from steelyard.venues.standin.history import History
from steelyard.venues.standin.world import Contract, Key, Standin

_VENUE: Final = "binance"
_FINEST: Final = 8
"""Most decimals that a venue writes prices with."""


def held_world(folder: Path, now_ms: Callable[[], int]) -> Standin:
    """Return what a catalogue holds of Binance; after its last row the venue is as if it stood.

    The index is the price of spot: a catalogue holds no other.

    Parameters
    ----------
    folder : Path
        The catalogue.
    now_ms : callable
        The clock of every venue.

    Raises
    ------
    DataError
        If no asset is complete in it, or one cannot be read.
    """
    assets = complete_assets(folder, _VENUE)
    if not assets:
        message = (
            f"{folder} holds no asset of {_VENUE} that is complete; "
            f"download one, or leave out --data for an invented market"
        )
        raise DataError(message)
    world = Standin(now_ms)
    contracts: list[Contract] = []
    for asset in assets:
        market = open_market(folder, asset=asset, venue=_VENUE)
        contracts += _contracts(market)
        world.history |= dict(_histories(market))
        if "implied_vol" in market.series:
            world.volatility[asset] = _volatility(market)
        if "fear_greed" in market.series:
            mood = market.series["fear_greed"]
            days = (mood.known_ms - DAY_MS) // 1000
            world.mood = list(zip(days.tolist(), mood.value.tolist(), strict=True))
    world.contracts = contracts
    return world


def _contracts(market: Market) -> Iterator[Contract]:
    facts = market.facts
    for venue, bars, lot, least in (
        ("spot", market.spot, facts.lot_spot, facts.min_spot),
        ("um", market.perp, facts.lot_perp, facts.min_perp),
    ):
        yield Contract(
            market=venue,
            symbol=f"{market.asset}{market.quote}",
            base=market.asset,
            quote=market.quote,
            tick=f"{10.0 ** -_decimals(bars):.{_decimals(bars)}f}",
            step=np.format_float_positional(lot or 10.0**-_FINEST, trim="-"),
            least=f"{least:g}",
            onboard_ms=int(bars.open_ms[0]),
            funding_hours=int(market.funding.interval_hours[-1]) if venue == "um" else 8,
        )


def _decimals(bars: Bars) -> int:
    """Return with how many decimals the prices of some bars are written."""
    close = bars.close[~np.isnan(bars.close)]
    places = range(1, _FINEST)
    return next((n for n in places if np.array_equal(np.round(close, n), close)), _FINEST)


def _histories(market: Market) -> Iterator[tuple[Key, History]]:
    symbol, funding = f"{market.asset}{market.quote}", market.funding
    yield ("spot", "klines", symbol), _bars(market.spot)
    yield ("um", "klines", symbol), _bars(market.perp)
    yield ("um", "markPriceKlines", symbol), _bars(market.mark)
    yield ("um", "indexPriceKlines", symbol), _bars(market.spot)
    yield (
        ("um", "fundingRate", symbol),
        History(funding.ms, np.column_stack([funding.interval_hours, funding.rate])),
    )
    if "open_interest" in market.series:
        held = market.series["open_interest"]
        known = ~np.isnan(held.value)
        coins = held.value[known]
        yield ("um", "metrics", symbol), History(held.known_ms[known], np.column_stack([coins] * 2))


def _bars(bars: Bars) -> History:
    there = ~np.isnan(bars.close)
    volume = np.nan_to_num(bars.volume)
    columns = (bars.open, bars.high, bars.low, bars.close, volume, volume * bars.close)
    return History(bars.open_ms[there], np.column_stack(columns)[there])


def _volatility(market: Market) -> History:
    """Return every hour of a day with the value of the day."""
    index = market.series["implied_vol"]
    hours = (index.known_ms[:, None] - DAY_MS + HOUR_MS * np.arange(24)).ravel()
    return History(hours, np.repeat(index.value, 24)[:, None] * np.ones(4))
