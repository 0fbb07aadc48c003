"""This file proves what resampling and cutting keep, whatever is missing."""

import io
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.data.assemble import (
    bar_holes,
    bar_kinds,
    cut_market,
    gridded,
    resampled,
)
from steelyard.data.catalogue import open_market
from steelyard.data.synthetic import synthetic_market
from steelyard.domain.arrays import Flags, Floats
from steelyard.domain.errors import DataError
from steelyard.domain.market import Bars
from steelyard.domain.time import DAY_MS, HOUR_MS, stamp
from tests.support import catalogues as made

FIRST_MS = stamp(2021, 3, 3)
COLUMNS = ("open", "high", "low", "close", "volume")
MARKET = synthetic_market()


def present(bars: Bars) -> Flags:
    return ~np.isnan(bars.close)


def columns(bars: Bars) -> tuple[Floats, ...]:
    return (bars.open, bars.high, bars.low, bars.close, bars.volume)


@st.composite
def holed_bars(draw: st.DrawFn) -> Bars:
    """Draw 1 to 600 hours beginning at any hour, any of them missing but the first and last."""
    count = draw(st.integers(1, 600))
    start = draw(st.integers(0, 200))
    dice = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    kept = dice.random(count) < draw(st.floats(0.2, 1.0))
    kept[[0, -1]] = True
    price = np.round(100.0 + 10.0 * dice.random(count), 2)
    values = {
        "open": price,
        "high": price + 2.0,
        "low": price - 2.0,
        "close": price + 1.0,
        "volume": dice.integers(0, 1000, count).astype(np.float64),
    }
    ms = FIRST_MS + (start + np.arange(count)) * HOUR_MS
    return gridded(ms[kept], {name: value[kept] for name, value in values.items()}, HOUR_MS)


@given(holed_bars())
def test_daily_bars_hold_exactly_the_hours_of_their_days(bars: Bars) -> None:
    days = resampled(bars, "1d")

    for row, open_ms in enumerate(days.open_ms):
        inside = (bars.open_ms >= open_ms) & (bars.open_ms < open_ms + DAY_MS) & present(bars)
        if inside.sum() < 12:
            assert np.isnan([column[row] for column in columns(days)]).all()
        else:
            assert days.open[row] == bars.open[inside][0]
            assert days.high[row] == bars.high[inside].max()
            assert days.low[row] == bars.low[inside].min()
            assert days.close[row] == bars.close[inside][-1]
            assert days.volume[row] == bars.volume[inside].sum()


@given(holed_bars())
def test_every_day_that_has_ended_is_there_once_and_in_order(bars: Bars) -> None:
    days = resampled(bars, "1d")

    first = bars.open_ms[0] // DAY_MS * DAY_MS
    assert days.open_ms.tolist() == list(range(first, bars.end_ms - DAY_MS + 1, DAY_MS))


@given(holed_bars())
def test_resampling_loses_no_volume_of_a_week_whose_days_are_all_there(bars: Bars) -> None:
    days, weeks = resampled(bars, "1d"), resampled(bars, "1w")

    for row, open_ms in enumerate(weeks.open_ms):
        inside = (days.open_ms >= open_ms) & (days.open_ms < open_ms + 7 * DAY_MS)
        if present(weeks)[row] and present(days)[inside].all():
            assert weeks.volume[row] == days.volume[inside].sum()


@given(holed_bars())
def test_holes_are_exactly_the_missing_hours(bars: Bars) -> None:
    listed = [
        ms for hole in bar_holes("s", bars) for ms in range(hole.start_ms, hole.end_ms, HOUR_MS)
    ]

    assert listed == bars.open_ms[~present(bars)].tolist()
    assert sum(hole.count for hole in bar_holes("s", bars)) == len(listed)


@given(holed_bars(), st.integers(1, 600))
def test_cutting_hours_and_resampling_equals_resampling_and_truncating(
    bars: Bars, hours: int
) -> None:
    hours = min(hours, bars.open_ms.size)
    at_ms = int(bars.open_ms[0]) + hours * HOUR_MS
    cut = Bars(
        length_ms=HOUR_MS,
        open_ms=bars.open_ms[:hours],
        **{name: getattr(bars, name)[:hours] for name in COLUMNS},
    )

    for kind, whole in bar_kinds(bars).items():
        known = whole.known_ms <= at_ms
        made_anew = bar_kinds(cut)[kind]
        assert made_anew.open_ms.tolist() == whole.open_ms[known].tolist()
        for early, late in zip(columns(made_anew), columns(whole), strict=True):
            assert np.array_equal(early, late[known], equal_nan=True)


@settings(max_examples=30)
@given(st.integers(MARKET.start_ms + 8 * HOUR_MS, MARKET.end_ms))
def test_a_cut_market_is_the_beginning_of_the_whole_one(at_ms: int) -> None:
    cut = cut_market(MARKET, at_ms)

    for kind in ("1h", "4h", "1d", "1w"):
        size = cut.bars[kind].open_ms.size
        assert size == int((MARKET.bars[kind].known_ms <= at_ms).sum())
        for early, late in zip(columns(cut.bars[kind]), columns(MARKET.bars[kind]), strict=True):
            assert np.array_equal(early, late[:size], equal_nan=True)
    assert cut.funding.ms.size == int((MARKET.funding.ms <= at_ms).sum())
    for name, series in cut.series.items():
        assert series.known_ms.size == int((MARKET.series[name].known_ms <= at_ms).sum())
    assert cut.end_ms <= at_ms


@settings(max_examples=60)
@given(st.data())
def test_a_damaged_file_is_refused_or_read_but_never_anything_else(data: st.DataObject) -> None:
    content = io.BytesIO()
    made.funding(12).write_parquet(content)
    raw = bytearray(content.getvalue())
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with tempfile.TemporaryDirectory() as name:
        folder = made.write_catalogue(Path(name))
        (folder / f"{made.FUNDING}.parquet").write_bytes(raw)
        try:
            rate = open_market(folder, asset="BTC").funding.rate
        except DataError as refused:
            assert made.FUNDING in str(refused)  # noqa: PT017 - both outcomes are allowed
        else:
            assert (np.abs(rate) <= 0.05).all()


def test_a_written_catalogue_of_random_holes_opens_with_just_these_holes(tmp_path: Path) -> None:
    dice = np.random.default_rng(3)
    kept = dice.random(96) < 0.8
    kept[[0, -1]] = True
    made.write_catalogue(tmp_path)
    made.replace(tmp_path, made.SPOT, made.bars(96).filter(pl.Series(kept)))

    market = open_market(tmp_path, asset="BTC")

    assert (~present(market.spot)).tolist() == (~kept).tolist()
    assert sum(hole.count for hole in market.holes) == int((~kept).sum())
