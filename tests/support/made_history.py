"""This file makes history for the archives in small: plain months, the synthetic market."""

from pathlib import Path

import numpy as np
import polars as pl

from steelyard.data.names import names_of
from steelyard.data.synthetic import CONTRACT_EXPIRY_MS, FIRST_MS, synthetic_world, write_synthetic
from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.market import Bars
from steelyard.domain.time import DAY_MS, HOUR_MS, stamp, text
from steelyard.venues.standin.archive import fill
from steelyard.venues.standin.history import History
from steelyard.venues.standin.world import Contract, Standin

SHIFT_MS = stamp(2021, 3, 1) - FIRST_MS
"""From the Monday on which the synthetic market begins to one at which all archives had begun."""

CONTRACTS = (
    Contract(market="spot", symbol="BTCUSDT", base="BTC", tick="0.01", step="0.00001", least="5"),
    Contract(market="um", symbol="BTCUSDT", base="BTC", tick="0.01", step="0.001", least="100"),
    Contract(market="cm", symbol="BTCUSD_PERP", base="BTC", quote="USD", step="1", size=100.0),
)
"""Perpetuals have a maintenance margin of 2.5 % and a fee of 1.25 % for a liquidation."""


def dated(symbol: str, market: str, expiry_ms: int) -> Contract:
    """Return a dated contract."""
    quote = "USDT" if market == "um" else "USD"
    return Contract(market=market, symbol=symbol, base="BTC", quote=quote, expiry_ms=expiry_ms)


def hours(first_ms: int, end_ms: int) -> Ints:
    """Return the openings of the hours of a stretch of time."""
    return np.arange(first_ms, end_ms, HOUR_MS)


def plain_bars(ms: Ints, base: float = 100.0) -> History:
    """Return bars that open at base plus their number, close 1 higher, reach 2 beyond both."""
    opened = base + np.arange(ms.size) % 1000
    rows = np.column_stack([opened, opened + 3, opened - 2, opened + 1, 0 * opened + 5, opened * 5])
    return History(ms, rows)


def plain_funding(ms: Ints, hours_each: Ints) -> History:
    """Return settlements of 0.01 %."""
    return History(ms, np.column_stack([hours_each, np.full(ms.size, 0.0001)]))


def plain_metrics(first_ms: int, end_ms: int) -> History:
    """Return open interest every hour: 1,000 coins and the number of the row."""
    ms = np.arange(first_ms + HOUR_MS, end_ms + 1, HOUR_MS)
    coins = 1000.0 + np.arange(ms.size)
    return History(ms, np.column_stack([coins, coins * 100.0]))


def plain_archive(first_ms: int, now_ms: int) -> Standin:
    """Return the archives with BTC, from a moment until now: everything an account needs."""
    ms = hours(first_ms, now_ms)
    settled = np.arange(first_ms + 8 * HOUR_MS, now_ms + 1, 8 * HOUR_MS)
    day_s = range(first_ms // 1000, now_ms // 1000, DAY_MS // 1000)
    steady = np.full(ms.size, 50.0)
    archive = Standin(
        now_ms=lambda: now_ms,
        history={
            ("spot", "klines", "BTCUSDT"): plain_bars(ms),
            ("um", "klines", "BTCUSDT"): plain_bars(ms, 101.0),
            ("um", "markPriceKlines", "BTCUSDT"): plain_bars(ms, 100.5),
            ("um", "fundingRate", "BTCUSDT"): plain_funding(settled, np.full(settled.size, 8)),
            ("um", "metrics", "BTCUSDT"): plain_metrics(first_ms, now_ms),
        },
        volatility={"BTC": History(ms, np.column_stack([steady, steady + 2, steady - 2, steady]))},
        mood=[(second, 40.0) for second in day_s],
        contracts=CONTRACTS,
    )
    fill(archive)
    return archive


def synthetic_archive() -> Standin:
    """Return the archives with the synthetic market, moved to years in which all of them exist."""
    world = synthetic_world()
    hourly = world.hourly
    symbol = shifted_contract()
    end_ms = int(hourly.spot.open_ms[-1]) + HOUR_MS + SHIFT_MS
    settled = History(
        world.funding.ms + SHIFT_MS,
        np.column_stack([world.funding.interval_hours, world.funding.rate]),
    )
    archive = Standin(
        now_ms=lambda: end_ms + 120_000,
        history={
            ("spot", "klines", "BTCUSDT"): _bars(hourly.spot),
            ("um", "klines", "BTCUSDT"): _bars(hourly.perp),
            ("um", "markPriceKlines", "BTCUSDT"): _bars(hourly.mark),
            ("um", "klines", symbol): _bars(world.dated.bars),
            ("um", "fundingRate", "BTCUSDT"): settled,
            ("um", "metrics", "BTCUSDT"): History(
                world.day_ms + SHIFT_MS + DAY_MS,
                np.column_stack([world.open_interest, world.open_interest]),
            ),
        },
        volatility={"BTC": _hourly(world.day_ms, world.implied_vol)},
        mood=[
            (int(ms + SHIFT_MS) // 1000, float(value))
            for ms, value in zip(world.day_ms, world.fear_greed, strict=True)
        ],
        contracts=(*CONTRACTS, dated(symbol, "um", world.dated.expiry_ms + SHIFT_MS)),
    )
    fill(archive)
    return archive


def shifted_contract() -> str:
    """Return the symbol of the dated contract, by its expiry as it is moved."""
    year, month, day = text(CONTRACT_EXPIRY_MS + SHIFT_MS)[:10].split("-")
    return f"BTCUSDT_{year[2:]}{month}{day}"


def _bars(bars: Bars) -> History:
    volume = np.nan_to_num(bars.volume)
    columns = (bars.open, bars.high, bars.low, bars.close, volume, volume * bars.close)
    return History(bars.open_ms + SHIFT_MS, np.column_stack(columns))


def _hourly(day_ms: Ints, value: Floats) -> History:
    ms = (day_ms[:, None] + SHIFT_MS + HOUR_MS * np.arange(24)).ravel()
    return History(ms, np.repeat(value, 24)[:, None] * np.ones(4))


def write_shifted(folder: Path) -> Path:
    """Write the synthetic market as a catalogue of Binance, moved as the archives have it."""
    made = folder.parent / "invented"
    write_synthetic(made)
    folder.mkdir()
    there, here = names_of("BTC", "synthetic"), names_of("BTC", "binance")
    for name in ("spot", "perp", "mark", "funding", "implied_vol", "open_interest", "fear_greed"):
        _move(made, getattr(there, name), folder, getattr(here, name))
    _move(
        made, "synthetic.dated.BTCUSDT_030328.1h", folder, f"binance.dated.{shifted_contract()}.1h"
    )
    return folder


def write_inverse(folder: Path) -> Path:
    """Write the same, with the perpetual and its funding as those of the coin-margined one only.

    Its tiers are in coins: 0.4 % up to 5, 0.5 % up to 10, 1 % beyond.
    """
    write_shifted(folder)
    linear, inverse = names_of("BTC", "binance"), names_of("BTC", "binance", futures="inverse")
    for name in ("perp", "mark", "funding"):
        file = folder / f"{getattr(linear, name)}.parquet"
        file.rename(folder / f"{getattr(inverse, name)}.parquet")
    # cum_2 = 5 x 0.001 = 0.005; cum_3 = 0.005 + 10 x 0.005 = 0.055
    pl.DataFrame(
        {
            "symbol": ["BTCUSD_PERP"] * 3,
            "min_notional": [0.0, 5.0, 10.0],
            "max_notional": [5.0, 10.0, 10_000.0],
            "maint_margin_rate": [0.004, 0.005, 0.01],
            "maint_amount": [0.0, 0.005, 0.055],
        }
    ).write_parquet(folder / "binance.perp.leverage_tiers.2024-10.parquet")
    return folder


def _move(made: Path, there: str, folder: Path, here: str) -> None:
    frame = pl.read_parquet(made / f"{there}.parquet")
    stamped = [name for name in ("ts", "expiry") if name in frame.columns]
    moved = frame.with_columns(
        pl.col(name) + pl.duration(milliseconds=SHIFT_MS) for name in stamped
    )
    moved.write_parquet(folder / f"{here}.parquet")
