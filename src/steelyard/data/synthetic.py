"""This file makes the synthetic market: invented, seeded, and in nothing a record of what was.

It exists so that everything can be shown and tested without anybody's data. It begins in 2001, when
there was no such market, so that nobody takes it for history. The plot is in ``scenario``.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from steelyard.data import scenario
from steelyard.data.assemble import Hourly, Listing, assemble_market
from steelyard.data.daily import (
    DXY,
    FEAR_GREED,
    IMPLIED_VOL,
    IMPLIED_VOL_MAX_AGE_MS,
    OPEN_INTEREST,
    OPEN_INTEREST_MAX_AGE_MS,
    VIX,
    business_series,
    daily_series,
)
from steelyard.data.dated import HOURLY_MAX_AGE_MS, basis_series
from steelyard.data.facts import facts_for
from steelyard.data.names import QUOTE, SYNTHETIC, names_of, symbol_of, tiers_name, tiers_note
from steelyard.data.settlements import settlements
from steelyard.data.side import series_files
from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.market import Bars, Dated, Funding, Market, Series, Source, Tiers
from steelyard.domain.time import DAY_MS, HOUR_MS, stamp

SEED: Final = 20_260_101
"""The seed of the embedded market."""

ASSET: Final = "BTC"
FIRST_MS: Final = stamp(2001, 1, 1)
"""A Monday."""

CONTRACT: Final = f"{symbol_of(ASSET)}_030328"
CONTRACT_EXPIRY_MS: Final = stamp(2003, 3, 28, 8)
"""The last Friday of the quarter, 08:00 UTC."""

TIERS: Final = tiers_name(SYNTHETIC, "2001-01")
_HOURS: Final = 24
_HIGH_OF_UNREST: Final = 7.0
"""A path of 24 steps of size 1 that comes home has a range of about 6; wicks add the rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that the generator invents, before it becomes a market.

    Parameters
    ----------
    hourly : Hourly
    funding : Funding
    day_ms : int64[n_days]
    open_interest : float64[n_days], coins
    implied_vol : float64[n_days], percent a year
    fear_greed : float64[n_days], 0 to 100
    business_ms : int64[n_business_days]
    vix : float64[n_business_days], percent a year
    dxy : float64[n_business_days]
    dated : Dated
    """

    hourly: Hourly
    funding: Funding
    day_ms: Ints
    open_interest: Floats
    implied_vol: Floats
    fear_greed: Floats
    business_ms: Ints
    vix: Floats
    dxy: Floats
    dated: Dated


def synthetic_market(seed: int = SEED) -> Market:
    """Return the synthetic market: three years of an invented coin.

    An accumulation, a parabolic rise that ends in an exhaustion candle, a crash through support, a
    quiet range and a recovery. Equal seeds give equal arrays.

    Parameters
    ----------
    seed : int, >= 0
        The plot is the same for every seed, the noise is not.
    """
    world = synthetic_world(seed)
    return assemble_market(
        Listing(
            asset=ASSET,
            quote=QUOTE,
            venue=SYNTHETIC,
            tiers=synthetic_tiers(),
            tiers_source=tiers_note(TIERS),
            facts=facts_for(SYNTHETIC, symbol_of(ASSET)),
            series_files=series_files(names_of(ASSET, SYNTHETIC)),
            is_synthetic=True,
        ),
        replace(world.hourly, dated=(world.dated,)),
        world.funding,
        series=_series(world),
        sources=_sources(world),
    )


def _series(world: World) -> dict[str, Series]:
    dated = world.dated
    bars = dated.bars
    expiry_ms = np.full(bars.close.size, float(dated.expiry_ms))
    return {
        IMPLIED_VOL: daily_series(world.day_ms, world.implied_vol, IMPLIED_VOL_MAX_AGE_MS),
        OPEN_INTEREST: daily_series(world.day_ms, world.open_interest, OPEN_INTEREST_MAX_AGE_MS),
        FEAR_GREED: business_series(world.day_ms, world.fear_greed),
        VIX: business_series(world.business_ms, world.vix),
        DXY: business_series(world.business_ms, world.dxy),
        **basis_series(bars.known_ms, bars.close, expiry_ms, world.hourly.spot, HOURLY_MAX_AGE_MS),
    }


def synthetic_tiers() -> Tiers:
    """Return an invented ladder of maintenance tiers."""
    rate = np.array([0.004, 0.005, 0.01, 0.025, 0.05, 0.10, 0.15])
    floor = np.array([0.0, 50e3, 250e3, 1e6, 10e6, 20e6, 50e6])
    steps = floor * np.diff(rate, prepend=0.0)
    return Tiers(
        cap=np.concatenate((floor[1:], [np.inf])),
        rate=rate,
        deduction=np.round(np.cumsum(steps), 2),
    )


def write_synthetic(folder: str | Path, seed: int = SEED) -> None:
    """Write the synthetic market as a catalogue that ``open_market`` reads, venue ``synthetic``.

    The bars of the quarterly contract, of which a market holds the basis, are written beside it.

    Parameters
    ----------
    folder : str or Path
        Made where it does not exist.
    seed : int, >= 0
        Of the noise.

    Raises
    ------
    RequestError
        If the folder cannot be written.
    """
    from steelyard.data.write import write_world  # noqa: PLC0415 - only writing needs polars

    write_world(Path(folder), synthetic_world(seed))


def synthetic_world(seed: int = SEED) -> World:
    """Return all arrays of the synthetic market, the quarterly contract among them.

    Only sums, products and rounding are used, so that every machine makes the same numbers.

    Parameters
    ----------
    seed : int, >= 0
        Of the noise.
    """
    dice = np.random.default_rng(seed)
    spot = _spot(dice)
    funding = _funding(dice)
    premium = _hourly_line(scenario.FUNDING) + 0.0001 * _noise(dice, spot.close.size)
    day = np.arange(scenario.DAYS)
    # A stream of its own: the series that came later leave the draws of the others alone.
    more = np.random.default_rng((seed, 1))
    business = day[day % 7 < scenario.BUSINESS_DAYS]
    return World(
        hourly=Hourly(
            spot=spot,
            perp=_scaled(spot, 1.0 + premium, np.round(1.6 * spot.volume, 3)),
            mark=_mark(spot, premium),
        ),
        funding=funding,
        day_ms=FIRST_MS + day * DAY_MS,
        open_interest=np.round(
            _line(scenario.OPEN_INTEREST, day) * (1.0 + 0.004 * _noise(dice, day.size)), 3
        ),
        implied_vol=np.round(_line(scenario.IMPLIED_VOL, day) + 1.2 * _noise(dice, day.size), 2),
        fear_greed=_mood(more),
        business_ms=FIRST_MS + business * DAY_MS,
        vix=np.round(_line(scenario.VIX, business) + 0.7 * _noise(more, business.size), 2),
        dxy=np.round(_line(scenario.DXY, business) + 0.15 * _noise(more, business.size), 3),
        dated=_dated(spot),
    )


def _mood(dice: np.random.Generator) -> Floats:
    """Return the index of fear and greed, whole numbers."""
    day = np.arange(scenario.DAYS)
    index: Floats = _line(scenario.FEAR_GREED, day) + 4.0 * _noise(dice, day.size)
    return np.floor(np.clip(index, 0.0, 100.0))


def _noise(dice: np.random.Generator, shape: int | tuple[int, int]) -> Floats:
    """Return noise of deviation 1, between -3.46 and 3.46: sums of four uniform numbers."""
    size = (4, shape) if isinstance(shape, int) else (4, *shape)
    first, second, third, fourth = dice.random(size)
    # Their sum has mean 2 and variance 4/12: sqrt(3) of it has variance 1.
    noise: Floats = ((first + second) + (third + fourth) - 2.0) * 1.7320508075688772
    return noise


def _line(rows: Sequence[tuple[int, float]], at: Floats | Ints) -> Floats:
    days, values = zip(*rows, strict=True)
    line: Floats = np.interp(at, days, values)
    return line


def _hourly_line(rows: Sequence[tuple[int, float]]) -> Floats:
    return _line(rows, np.arange(scenario.DAYS * _HOURS) / _HOURS)


def _spot(dice: np.random.Generator) -> Bars:
    """Return hourly spot bars: a path through the daily closes that comes home every midnight."""
    days = scenario.DAYS
    day = np.arange(days)
    unrest = _line(scenario.UNREST, day)
    stray = np.convolve(_noise(dice, days + 2), [0.8, 0.5, 0.3], mode="valid")
    stray *= np.minimum(scenario.STRAY * unrest, scenario.MAX_STRAY)
    closes = _line(scenario.CLOSES, day) * (1.0 + stray)
    before = np.concatenate(([scenario.FIRST_PRICE], closes[:-1]))
    part = np.arange(1, _HOURS + 1) / _HOURS
    plot = before[:, None] + (closes - before)[:, None] * part
    plot[scenario.EXHAUSTION_DAY] *= 1.0 + _line(scenario.EXHAUSTION_PATH, part * _HOURS)
    step = unrest[:, None] / _HIGH_OF_UNREST
    walk = np.cumsum(_noise(dice, (days, _HOURS)), axis=1)
    path = plot * (1.0 + step * (walk - walk[:, -1:] * part))
    close = np.round(path.ravel(), 2)
    opened = np.concatenate(([scenario.FIRST_PRICE], close[:-1]))
    wick = np.repeat(step.ravel(), _HOURS) * 0.5
    up = np.abs(_noise(dice, close.size))
    down = np.abs(_noise(dice, close.size))
    moved = np.abs(close / opened - 1.0) / (2.0 * wick)
    busy = 1.0 + np.minimum(moved, 3.0) * 0.3 + 0.15 * _noise(dice, close.size)
    return Bars(
        length_ms=HOUR_MS,
        open_ms=FIRST_MS + HOUR_MS * np.arange(close.size),
        open=opened,
        high=np.round(np.maximum(opened, close) * (1.0 + wick * up), 2),
        low=np.round(np.minimum(opened, close) * (1.0 - wick * down), 2),
        close=close,
        volume=np.round(_hourly_line(scenario.VOLUMES) * busy, 3),
    )


def _scaled(spot: Bars, factor: Floats, volume: Floats) -> Bars:
    """Return bars that stand over spot by a factor known at each close."""
    at_open = np.concatenate(([factor[0]], factor[:-1]))
    opened = np.round(spot.open * at_open, 2)
    close = np.round(spot.close * factor, 2)
    return Bars(
        length_ms=spot.length_ms,
        open_ms=spot.open_ms.copy(),
        open=opened,
        high=np.maximum(np.round(spot.high * factor, 2), np.maximum(opened, close)),
        low=np.minimum(np.round(spot.low * factor, 2), np.minimum(opened, close)),
        close=close,
        volume=volume,
    )


def _mark(spot: Bars, premium: Floats) -> Bars:
    first = scenario.MARK_FROM_DAY * _HOURS
    part = _part(spot, first, spot.close.size)
    return _scaled(part, 1.0 + 0.8 * premium[first:], np.full(part.close.size, np.nan))


def _part(bars: Bars, first: int, end: int) -> Bars:
    """Return the bars from one index up to another."""
    return Bars(
        length_ms=bars.length_ms,
        open_ms=bars.open_ms[first:end],
        open=bars.open[first:end],
        high=bars.high[first:end],
        low=bars.low[first:end],
        close=bars.close[first:end],
        volume=bars.volume[first:end],
    )


def _funding(dice: np.random.Generator) -> Funding:
    settlement = np.arange(1, scenario.DAYS * 3 + 1)
    rate = _line(scenario.FUNDING, settlement / 3.0)
    ms = FIRST_MS + settlement * 8 * HOUR_MS
    return settlements(ms, np.round(rate + 0.00003 * _noise(dice, rate.size), 6))


def _dated(spot: Bars) -> Dated:
    listed_ms = FIRST_MS + scenario.CONTRACT_LISTED_DAY * DAY_MS + 8 * HOUR_MS
    first = int(np.searchsorted(spot.open_ms, listed_ms))
    end = int(np.searchsorted(spot.open_ms, CONTRACT_EXPIRY_MS))
    life = _part(spot, first, end)
    years = (CONTRACT_EXPIRY_MS - life.known_ms) / (365.0 * DAY_MS)
    basis = _hourly_line(scenario.CONTRACT_BASIS)[first:end]
    bars = _scaled(life, 1.0 + basis * years, np.round(0.1 * life.volume, 3))
    return Dated(symbol=CONTRACT, expiry_ms=CONTRACT_EXPIRY_MS, bars=bars)


def _sources(world: World) -> tuple[Source, ...]:
    names = names_of(ASSET, SYNTHETIC)
    hourly, day_ms, bars = world.hourly, world.day_ms, world.dated.bars
    tiers = synthetic_tiers()
    return (
        _source(names.spot, hourly.spot.open_ms, _columns(hourly.spot)),
        _source(names.perp, hourly.perp.open_ms, _columns(hourly.perp)),
        _source(names.mark, hourly.mark.open_ms, _columns(hourly.mark)),
        _source(names.funding, world.funding.ms, (world.funding.rate,)),
        _source(TIERS, np.array([FIRST_MS]), (tiers.cap, tiers.rate, tiers.deduction)),
        _source(names.implied_vol, day_ms, (world.implied_vol,)),
        _source(names.open_interest, day_ms, (world.open_interest,)),
        _source(names.fear_greed, day_ms, (world.fear_greed,)),
        _source(names.vix, world.business_ms, (world.vix,)),
        _source(names.dxy, world.business_ms, (world.dxy,)),
        _source(dated_name(world.dated.symbol), bars.open_ms, _columns(bars)),
    )


def dated_name(symbol: str) -> str:
    """Return the name of the bars of a synthetic dated contract."""
    return f"{SYNTHETIC}.dated.{symbol}.1h"


def _columns(bars: Bars) -> tuple[Floats, ...]:
    return (bars.open, bars.high, bars.low, bars.close, bars.volume)


def _source(series: str, ms: Ints, columns: tuple[Floats, ...]) -> Source:
    """Return a source whose digest is of the invented numbers, as no file was read."""
    digest = hashlib.sha256(ms.astype("<i8").tobytes())
    for column in columns:
        digest.update(column.astype("<f8").tobytes())
    return Source(
        series=series, sha256=digest.hexdigest(), first_ms=int(ms[0]), last_ms=int(ms[-1])
    )
