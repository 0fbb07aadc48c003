"""This file writes small catalogues for tests: a good one, and the same with one thing wrong."""

from pathlib import Path

import polars as pl

FIRST_MS = 1_577_836_800_000
"""2020-01-01 00:00 UTC, a Wednesday."""

HOUR_MS = 3_600_000

SPOT = "binance.spot.BTCUSDT.1h"
PERP = "binance.perp.BTCUSDT.1h"
MARK = "binance.perp.BTCUSDT.mark.1h"
FUNDING = "binance.perp.BTCUSDT.funding"
TIERS = "binance.perp.leverage_tiers.2024-10"
IMPLIED_VOL = "deribit.BTC.dvol.1d"
OPEN_INTEREST_USD = "binance_coinm.perp.BTCUSD.open_interest.1d"


def stamps(first_ms: int, step_ms: int, count: int) -> pl.Series:
    """Return a column ts of evenly spaced stamps."""
    ms = [first_ms + step_ms * row for row in range(count)]
    return pl.Series("ts", ms).cast(pl.Datetime("ms", "UTC"))


def bars(count: int, *, with_volume: bool = True) -> pl.DataFrame:
    """Return hourly bars: bar i opens at 100 + i, closes at 101 + i, reaches 2 beyond both."""
    rows = range(count)
    frame = pl.DataFrame(
        {
            "open": [100.0 + row for row in rows],
            "high": [103.0 + row for row in rows],
            "low": [98.0 + row for row in rows],
            "close": [101.0 + row for row in rows],
            "volume": [10.0 for _ in rows],
        }
    ).insert_column(0, stamps(FIRST_MS, HOUR_MS, count))
    return frame if with_volume else frame.drop("volume")


def funding(count: int) -> pl.DataFrame:
    """Return settlements every 8 hours at 0.01 %."""
    ts = stamps(FIRST_MS + 8 * HOUR_MS, 8 * HOUR_MS, count)
    return pl.DataFrame([ts, pl.Series("rate", [0.0001] * count)])


def tiers() -> pl.DataFrame:
    """Return a ladder of three: 0.4 % to 50,000, 0.5 % to 250,000, 1 % to 1,000,000."""
    # cum_2 = 50,000 x 0.001 = 50; cum_3 = 50 + 250,000 x 0.005 = 1,300
    return pl.DataFrame(
        {
            "symbol": ["BTCUSDT"] * 3,
            "tier": [1, 2, 3],
            "min_notional": [0.0, 50_000.0, 250_000.0],
            "max_notional": [50_000.0, 250_000.0, 1_000_000.0],
            "maint_margin_rate": [0.004, 0.005, 0.01],
            "maint_amount": [0.0, 50.0, 1_300.0],
        }
    )


def daily(column: list[float]) -> pl.DataFrame:
    """Return daily closes from 2020-01-01 on."""
    ts = stamps(FIRST_MS, 24 * HOUR_MS, len(column))
    return pl.DataFrame([ts, pl.Series("close", column)])


def write_catalogue(folder: Path, *, hours: int = 96) -> Path:
    """Write a catalogue of BTC on binance, everything an account needs, and return its folder."""
    replace(folder, SPOT, bars(hours))
    replace(folder, PERP, bars(hours))
    replace(folder, MARK, bars(hours, with_volume=False))
    replace(folder, FUNDING, funding(hours // 8))
    replace(folder, TIERS, tiers())
    return folder


def replace(folder: Path, series: str, frame: pl.DataFrame) -> None:
    """Write one series of a catalogue."""
    frame.write_parquet(folder / f"{series}.parquet")


def with_cell(frame: pl.DataFrame, column: str, row: int, value: float | None) -> pl.DataFrame:
    """Return a frame with one cell changed; rows count from 0."""
    cells = frame[column].to_list()
    cells[row] = value
    return frame.with_columns(pl.Series(column, cells, dtype=frame.schema[column]))
