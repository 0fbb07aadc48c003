"""A market whose prices rise by one every hour, so that tests of shocks can do their arithmetic."""

import numpy as np

from steelyard.data.assemble import Hourly, Listing, assemble_market
from steelyard.domain.market import Bars, Facts, Funding, Market, Tiers
from steelyard.domain.time import HOUR_MS, stamp

FIRST_MS = stamp(2021, 3, 1)
"""A Monday."""

LISTING = Listing(
    asset="BTC",
    quote="USDT",
    venue="rising",
    tiers=Tiers(
        cap=np.array([50_000.0, 250_000.0, np.inf]),
        rate=np.array([0.004, 0.005, 0.01]),
        deduction=np.array([0.0, 50.0, 1_300.0]),  # 50 + 250,000 x 0.005
    ),
    tiers_source="made up",
    facts=Facts(
        fee_spot=0.0,
        fee_perp=0.0,
        lot_spot=0.0,
        lot_perp=0.0,
        min_spot=0.0,
        min_perp=0.0,
        liquidation_fee=0.0125,
        source="made up",
    ),
    series_files={},
)


def ms_at(hour: int) -> int:
    """Return the stamp at which an hour of the market begins."""
    return FIRST_MS + hour * HOUR_MS


def day_at(hour: int) -> str:
    """Return that stamp as it is written on a command line, ``2021-03-06T08:00``."""
    moment = np.datetime64(ms_at(hour), "ms").astype("datetime64[m]")
    return str(moment)


def rising_market(days: int = 20, missing: tuple[int, ...] = ()) -> Market:
    """Return bars that open at 100 + i, close at 101 + i and reach 2 beyond both.

    Parameters
    ----------
    days : how long it lasts
    missing : hours without a spot bar
    """
    hours = 24 * days
    row = np.arange(hours, dtype=np.float64)
    bars = Bars(
        length_ms=HOUR_MS,
        open_ms=FIRST_MS + HOUR_MS * np.arange(hours),
        open=100.0 + row,
        high=103.0 + row,
        low=98.0 + row,
        close=101.0 + row,
        volume=np.full(hours, 1e6),
    )
    count = hours // 8
    funding = Funding(
        ms=FIRST_MS + 8 * HOUR_MS * np.arange(1, count + 1),
        rate=np.full(count, 0.0001),
        interval_hours=np.full(count, 8.0),
        follows=np.ones(count, np.bool_),
    )
    spot = bars
    if missing:
        gone = np.isin(np.arange(hours), missing)
        spot = Bars(
            length_ms=HOUR_MS,
            open_ms=bars.open_ms,
            open=np.where(gone, np.nan, bars.open),
            high=np.where(gone, np.nan, bars.high),
            low=np.where(gone, np.nan, bars.low),
            close=np.where(gone, np.nan, bars.close),
            volume=np.where(gone, np.nan, bars.volume),
        )
    return assemble_market(LISTING, Hourly(spot=spot, perp=bars, mark=bars), funding)
