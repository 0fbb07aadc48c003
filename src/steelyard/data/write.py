"""This file writes the synthetic market as a catalogue of Parquet files."""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from steelyard.data.columns import (
    CAP,
    CLOSE,
    DEDUCTION,
    EXPIRY,
    FLOOR,
    MARGIN_RATE,
    PRICES,
    RATE,
    SYMBOL,
    TS,
    VALUE,
    VOLUME,
)
from steelyard.data.names import SYNTHETIC, names_of, symbol_of
from steelyard.data.synthetic import ASSET, TIERS, World, dated_name, synthetic_tiers
from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.errors import RequestError
from steelyard.domain.market import Bars, Tiers

_LAST_CAP = 1e9
"""Quote; a file ends its ladder somewhere, the market reads the last tier as endless."""


def write_world(folder: Path, world: World) -> None:
    """Write every series of a synthetic world, each file whole or not at all.

    Parameters
    ----------
    folder : Path
        Made where it does not exist.
    world : World
        What was invented.

    Raises
    ------
    RequestError
        If the folder cannot be written.
    """
    names = names_of(ASSET, SYNTHETIC)
    hourly, dated = world.hourly, world.dated
    frames = {
        names.spot: _bars(hourly.spot, (*PRICES, VOLUME)),
        names.perp: _bars(hourly.perp, (*PRICES, VOLUME)),
        names.mark: _bars(hourly.mark, PRICES),
        names.funding: _stamped(world.funding.ms, {RATE: world.funding.rate}),
        names.implied_vol: _stamped(world.day_ms, {CLOSE: world.implied_vol}),
        names.open_interest: _stamped(world.day_ms, {CLOSE: world.open_interest}),
        names.fear_greed: _stamped(world.day_ms, {VALUE: world.fear_greed}),
        names.vix: _stamped(world.business_ms, {VALUE: world.vix}),
        names.dxy: _stamped(world.business_ms, {VALUE: world.dxy}),
        TIERS: _ladder(synthetic_tiers()),
        dated_name(dated.symbol): _bars(dated.bars, (*PRICES, VOLUME)).with_columns(
            _stamps(EXPIRY, np.full(dated.bars.open_ms.size, dated.expiry_ms))
        ),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for series, frame in frames.items():
            _write(folder / f"{series}.parquet", frame)
    except OSError as error:
        message = (
            f"the synthetic market cannot be written to {folder} ({error.strerror}); "
            f"name a folder that can be written"
        )
        raise RequestError(message) from None


def _write(file: Path, frame: pl.DataFrame) -> None:
    content = io.BytesIO()
    frame.write_parquet(content)
    begun = file.with_suffix(".begun")
    try:
        begun.write_bytes(content.getvalue())
        begun.replace(file)
    finally:
        begun.unlink(missing_ok=True)


def _bars(bars: Bars, columns: tuple[str, ...]) -> pl.DataFrame:
    values = (bars.open, bars.high, bars.low, bars.close, bars.volume)
    return _stamped(bars.open_ms, dict(zip(columns, values, strict=False)))


def _stamped(ms: Ints, columns: Mapping[str, Floats]) -> pl.DataFrame:
    return pl.DataFrame([_stamps(TS, ms), *(pl.Series(n, c) for n, c in columns.items())])


def _stamps(name: str, ms: Ints) -> pl.Series:
    return pl.Series(name, ms).cast(pl.Datetime("ms", "UTC"))


def _ladder(tiers: Tiers) -> pl.DataFrame:
    cap = np.where(np.isinf(tiers.cap), _LAST_CAP, tiers.cap)
    return pl.DataFrame(
        {
            SYMBOL: [symbol_of(ASSET)] * cap.size,
            FLOOR: np.concatenate(([0.0], cap[:-1])),
            CAP: cap,
            MARGIN_RATE: tiers.rate,
            DEDUCTION: tiers.deduction,
        }
    )
