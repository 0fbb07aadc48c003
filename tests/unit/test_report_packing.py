"""Numbers packed for the page come back as they were, in Python and in the page's own script."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.domain.market import Bars
from steelyard.domain.time import HOUR_MS
from steelyard.report.candles import hourly, price_tick
from steelyard.report.packing import packed, varints
from tests.support.page_script import in_the_page, needs_node, unpacked


def bars(closes: list[float], *, low: float = 1.0, high: float = 1.0) -> Bars:
    close = np.array(closes)
    opened = np.concatenate([[close[0]], close[:-1]])
    return Bars(
        length_ms=HOUR_MS,
        open_ms=np.arange(close.size, dtype=np.int64) * HOUR_MS,
        open=opened,
        high=np.maximum(opened, close) * high,
        low=np.minimum(opened, close) * low,
        close=close,
        volume=np.ones(close.size),
    )


def test_small_numbers_take_one_byte_and_the_sign_is_in_the_lowest_bit() -> None:
    # 63 -> 126 fits seven bits; 64 -> 128 = 0b1_0000000 needs two groups: 0x80, 0x01.
    assert varints(np.array([63, -64, 64])) == bytes([126, 127, 0x80, 0x01])


@given(st.lists(st.integers(-(2**62), 2**62), max_size=30))
def test_what_is_packed_can_be_unpacked(values: list[int]) -> None:
    assert unpacked(packed(np.array(values, dtype=np.int64))) == values


@needs_node
def test_the_page_unpacks_what_was_packed() -> None:
    values = [0, -1, 1, 127, 128, -300, 1_263_456, -(2**30), 2**30]
    told = in_the_page(f"Array.from(await unpacked('{packed(np.array(values))}'))")

    assert told == values


def test_hours_are_four_columns_of_ticks() -> None:
    # Tick of a lowest price of 99: 0.001. Closes 100, 99: the second bar opens at 100.
    told = hourly(bars([100.0, 99.0]), 0, 2 * HOUR_MS)

    assert isinstance(told, dict)
    assert (told["from"], told["rows"], told["tick"]) == (HOUR_MS, 2, 0.001)
    assert unpacked(str(told["packed"])) == [100_000, 0, 0, -1_000, 0, 0, 0, 0]


def test_a_missing_hour_is_named_and_the_next_one_follows_the_last_known() -> None:
    gone = bars([100.0, np.nan, 101.0])
    gone.open[2] = gone.low[2] = 100.5
    gone.high[2] = 101.0
    told = hourly(gone, 0, 3 * HOUR_MS)

    assert isinstance(told, dict)
    assert told["missing"] == [[1, 1]]
    # Tick 0.01 from the lowest price, 100: opens 100.00, -, 100.50 - 100.00.
    assert unpacked(str(told["packed"]))[:6] == [10_000, 0, 50, 0, 0, 50]


def test_a_run_that_begins_in_a_hole_starts_at_its_first_known_hour() -> None:
    gone = bars([np.nan, 100.0])
    gone.open[1] = gone.low[1] = gone.high[1] = 100.0
    told = hourly(gone, 0, 2 * HOUR_MS)

    assert isinstance(told, dict)
    assert told["missing"] == [[0, 1]]
    assert unpacked(str(told["packed"])) == [0, 10_000, 0, 0, 0, 0, 0, 0]


def test_a_run_without_a_known_hour_has_none() -> None:
    assert hourly(bars([np.nan, np.nan]), 0, 2 * HOUR_MS) is None


def test_only_hours_within_the_run_are_told() -> None:
    told = hourly(bars([100.0] * 10), 2 * HOUR_MS, 5 * HOUR_MS)

    assert isinstance(told, dict)
    assert (told["from"], told["rows"]) == (3 * HOUR_MS, 3)


@pytest.mark.parametrize(
    ("lowest", "tick"), [(3_156.0, 0.1), (100_000.0, 10.0), (0.99, 1e-5), (1.0, 1e-4)]
)
def test_the_lowest_price_keeps_five_digits(lowest: float, tick: float) -> None:
    assert price_tick(lowest) == tick


@needs_node
def test_the_page_has_every_price_within_half_a_tick() -> None:
    rng = np.random.default_rng(5)
    market = bars(
        (30_000.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, 400)))).tolist(), low=0.99, high=1.02
    )
    told = hourly(market, 0, 400 * HOUR_MS)
    assert isinstance(told, dict)
    read = in_the_page(
        f"await unpackedHours({json.dumps(told)}).then((h) => [h.open, h.high, h.low, h.close]"
        ".map((column) => Array.from(column)))"
    )
    tick = told["tick"]
    assert isinstance(tick, float)

    for column, prices in zip(
        np.array(read), (market.open, market.high, market.low, market.close), strict=True
    ):
        np.testing.assert_allclose(column * tick, prices, atol=tick * 0.500001, rtol=0.0)
