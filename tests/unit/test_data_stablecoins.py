"""Prices of stablecoins: read where a catalogue has them, and refused where they cannot be true."""

from pathlib import Path

import polars as pl
import pytest

from steelyard.data.assemble import cut_market
from steelyard.data.catalogue import open_market
from steelyard.data.coverage import covered
from steelyard.domain.errors import DataError
from steelyard.domain.time import HOUR_MS
from tests.support import catalogues as made

USDT = "binance.stable.USDT.1h"


def prices(values: list[float], hours: list[int] | None = None) -> pl.DataFrame:
    """Return hourly closes, from the first hour of the catalogue on or at these hours."""
    at = range(len(values)) if hours is None else hours
    ms = pl.Series("ts", [made.FIRST_MS + hour * HOUR_MS for hour in at])
    return pl.DataFrame([ms.cast(pl.Datetime("ms", "UTC")), pl.Series("close", values)])


def test_a_price_is_known_at_the_end_of_its_hour_and_cut_with_the_market(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    made.replace(tmp_path, USDT, prices([1.0, 0.99, *[1.0] * 60]))
    market = open_market(tmp_path, asset="BTC")
    known = market.money["USDT"]
    cut = cut_market(market, made.FIRST_MS + 48 * HOUR_MS)

    assert known.known_ms[:2].tolist() == [made.FIRST_MS + HOUR_MS, made.FIRST_MS + 2 * HOUR_MS]
    assert known.value[:2].tolist() == [1.0, 0.99]
    assert cut.money["USDT"].value.size == 48
    assert any(source.series == USDT for source in market.sources)


def test_a_missing_hour_is_a_hole(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    made.replace(tmp_path, USDT, prices([1.0, 1.0, 1.0], hours=[0, 1, 4]))
    (hole,) = (one for one in open_market(tmp_path, asset="BTC").holes if one.series == USDT)

    assert (hole.start_ms, hole.count) == (made.FIRST_MS + 2 * HOUR_MS, 2)


def test_a_series_of_another_venue_is_not_read(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    made.replace(tmp_path, "bybit.stable.USDT.1h", prices([1.0]))

    assert open_market(tmp_path, asset="BTC").money == {}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([1.0, 99.8], "close is 99.8; a stablecoin is worth at most 2 USD"),
        ([1.0, 0.0], "close is 0; close must be above 0"),
        ([1.0, float("nan")], "close is empty or NaN"),
    ],
)
def test_a_price_that_cannot_be_true_is_refused(
    tmp_path: Path, values: list[float], said: str
) -> None:
    made.write_catalogue(tmp_path)
    made.replace(tmp_path, USDT, prices(values))
    with pytest.raises(DataError) as refused:
        open_market(tmp_path, asset="BTC")

    assert f"{USDT}.parquet row 2" in str(refused.value)
    assert said in str(refused.value)


def test_a_catalogue_tells_what_it_has_of_it(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    made.replace(tmp_path, USDT, prices([1.0, 1.0]))
    (found,) = (one for one in covered(tmp_path) if one.series == USDT)

    assert (found.rows, found.lacking, found.fault) == (2, 0, "")
