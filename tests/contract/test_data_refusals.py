"""This file proves that every kind of bad series is refused with its place and with what to do."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from steelyard.data.catalogue import open_market
from steelyard.data.read import read_series
from steelyard.domain.errors import DataError
from steelyard.engine.backtest import backtest
from tests.support import catalogues as made

Damage = Callable[[pl.DataFrame], pl.DataFrame]


def message_of(folder: Path, series: str, frame: pl.DataFrame) -> str:
    """Return what opening a good catalogue with this one bad series says."""
    made.write_catalogue(folder)
    made.replace(folder, series, frame)
    with pytest.raises(DataError) as refused:
        open_market(folder, asset="BTC")
    return str(refused.value)


def refusal_of(policy: str, folder: Path) -> str:
    """Return why a policy cannot be run on what a catalogue has of BTC."""
    with pytest.raises(DataError) as refused:
        backtest(policy, open_market(folder, asset="BTC"))
    return str(refused.value)


def cell(column: str, row: int, value: float | None) -> Damage:
    return lambda frame: made.with_cell(frame, column, row, value)


PRICE_DAMAGE: list[tuple[str, Damage, str]] = [
    ("a zero price", cell("open", 2, 0.0), "open is 0; open must be above 0"),
    ("a negative price", cell("low", 2, -5.0), "low is -5; low must be above 0"),
    ("NaN", cell("close", 2, float("nan")), "close is empty or NaN; every cell holds a finite"),
    ("an empty cell", cell("close", 2, None), "close is empty or NaN; every cell holds a finite"),
    ("infinity", cell("high", 2, float("inf")), "high is inf; every cell holds a finite number"),
    ("high below low", cell("high", 2, 97.0), "high 97 is below low 100; high must be at least"),
    ("open above high", cell("open", 2, 110.0), "open 110 lies outside low 100 and high 105"),
    ("close below low", cell("close", 2, 99.0), "close 99 lies outside low 100 and high 105"),
]


@pytest.mark.parametrize("series", [made.SPOT, made.PERP, made.MARK])
@pytest.mark.parametrize(
    ("damage", "said"), [row[1:] for row in PRICE_DAMAGE], ids=[row[0] for row in PRICE_DAMAGE]
)
def test_an_impossible_bar_is_refused_with_file_row_and_time(
    tmp_path: Path, series: str, damage: Damage, said: str
) -> None:
    good = made.bars(96, with_volume=series != made.MARK)

    message = message_of(tmp_path, series, damage(good))

    # Index 2 is the third row; it opens two hours after midnight.
    assert f"{series}.parquet row 3 (2020-01-01 02:00 UTC): {said}" in message
    assert message.endswith("correct the row, or delete it: a missing row is a hole and allowed")


def test_negative_volume_is_refused(tmp_path: Path) -> None:
    frame = made.with_cell(made.bars(96), "volume", 4, -1.0)

    message = message_of(tmp_path, made.SPOT, frame)

    assert "row 5 (2020-01-01 04:00 UTC): volume is -1; volume must be at least 0" in message


def test_a_repeated_hour_is_refused(tmp_path: Path) -> None:
    good = made.bars(96)

    message = message_of(tmp_path, made.SPOT, pl.concat([good[:4], good[3:]]))

    assert "row 5 (2020-01-01 03:00 UTC): the ts is the same as in row 4; a time may" in message
    assert message.endswith("delete one of the two")


def test_rows_out_of_order_are_refused(tmp_path: Path) -> None:
    good = made.bars(96)

    message = message_of(tmp_path, made.SPOT, pl.concat([good[5:], good[:5]]))

    # The last row, 95:00 h after midnight of the 1st, stands before the first: row 92 of 96.
    assert "row 92 (2020-01-01): the ts is earlier than 2020-01-04 23:00 UTC in row 91" in message
    assert message.endswith("sort them")


def test_a_stamp_between_two_hours_is_refused(tmp_path: Path) -> None:
    good = made.bars(96)
    shifted = good.with_columns(pl.col("ts").dt.offset_by("90s"))

    message = message_of(tmp_path, made.SPOT, shifted)

    assert "row 1 (2020-01-01 00:01 UTC): the ts lies 90 s after the 1h grid" in message


def test_a_lacking_column_is_named_with_those_there_are(tmp_path: Path) -> None:
    message = message_of(tmp_path, made.SPOT, made.bars(96).drop("volume", "low"))

    assert f"{made.SPOT}.parquet has no column low, volume; it has ts, open, high, close" in message


def test_text_in_place_of_numbers_is_refused(tmp_path: Path) -> None:
    frame = made.bars(96).with_columns(pl.col("open").cast(pl.String))

    message = message_of(tmp_path, made.SPOT, frame)

    assert "column open is of type String, must be a number; convert it" in message


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (pl.Datetime("ms"), "Datetime(time_unit='ms', time_zone=None)"),
        (pl.Datetime("ms", "Europe/Berlin"), "time_zone='Europe/Berlin'"),
        (pl.Int64(), "Int64"),
    ],
)
def test_stamps_that_are_not_utc_are_refused(tmp_path: Path, kind: pl.DataType, said: str) -> None:
    frame = made.bars(96).with_columns(pl.col("ts").to_physical().cast(kind))

    message = message_of(tmp_path, made.SPOT, frame)

    assert "column ts is of type" in message
    assert said in message
    assert "must be a timestamp in UTC" in message


def test_stamps_finer_than_a_millisecond_are_refused(tmp_path: Path) -> None:
    good = made.bars(96)
    finer = good.with_columns(pl.col("ts").cast(pl.Datetime("us", "UTC")).dt.offset_by("7us"))

    message = message_of(tmp_path, made.SPOT, finer)

    assert "row 1 has the ts 2020-01-01 00:00:00.000007" in message
    assert "finer than a millisecond" in message


def test_an_empty_stamp_is_refused(tmp_path: Path) -> None:
    good = made.bars(96)
    ts = [*good["ts"][:9], None, *good["ts"][10:]]

    message = message_of(
        tmp_path, made.SPOT, good.with_columns(pl.Series("ts", ts).cast(good.schema["ts"]))
    )

    assert "row 10 has an empty ts" in message


def test_stamps_of_another_unit_are_refused_before_the_grid_of_millennia_is_made(
    tmp_path: Path,
) -> None:
    good = made.bars(96)
    scaled = good.with_columns((pl.col("ts").to_physical() * 1_000).cast(pl.Datetime("ms", "UTC")))

    message = message_of(tmp_path, made.SPOT, scaled)

    assert (
        "row 1 has the ts 1577836800000000 ms since 1970; it must lie between 1970-01-01" in message
    )


@pytest.mark.parametrize("unit", ["us", "ns"])
def test_other_units_of_time_are_taken_where_nothing_is_lost(tmp_path: Path, unit: str) -> None:
    made.write_catalogue(tmp_path)
    frame = made.bars(96).with_columns(pl.col("ts").dt.cast_time_unit(unit))  # type: ignore[arg-type]
    made.replace(tmp_path, made.SPOT, frame)

    market = open_market(tmp_path, asset="BTC")

    assert market.spot.open_ms[0] == made.FIRST_MS
    assert market.spot.open_ms[95] == made.FIRST_MS + 95 * made.HOUR_MS


def test_a_series_without_rows_is_refused(tmp_path: Path) -> None:
    message = message_of(tmp_path, made.PERP, made.bars(96)[:0])

    assert f"{made.PERP}.parquet holds no rows; a series needs at least one" in message


@pytest.mark.parametrize("content", [b"", b"ts,open\n1,2\n", b"PAR1" + bytes(64) + b"PAR1"])
def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path, content: bytes) -> None:
    made.write_catalogue(tmp_path)
    (tmp_path / f"{made.MARK}.parquet").write_bytes(content)

    with pytest.raises(DataError) as refused:
        open_market(tmp_path, asset="BTC")

    assert f"{made.MARK}.parquet is not a readable Parquet file ({len(content)} bytes" in str(
        refused.value
    )
    assert "download or write it again" in str(refused.value)


def test_a_parquet_file_cut_short_is_refused(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    file = tmp_path / f"{made.SPOT}.parquet"
    file.write_bytes(file.read_bytes()[:-40])

    with pytest.raises(DataError, match="is not a readable Parquet file"):
        open_market(tmp_path, asset="BTC")


def test_a_folder_in_the_place_of_a_file_is_refused(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    (tmp_path / f"{made.SPOT}.parquet").unlink()
    (tmp_path / f"{made.SPOT}.parquet").mkdir()

    with pytest.raises(DataError, match=r"1h\.parquet cannot be read \(Is a directory\); give"):
        open_market(tmp_path, asset="BTC")


def test_a_file_that_vanishes_while_the_folder_is_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=f"series {made.SPOT} is missing: there is no file"):
        read_series(tmp_path, made.SPOT, ("open",))


@pytest.mark.parametrize("series", [made.SPOT, made.PERP, made.MARK, made.FUNDING])
def test_a_missing_series_is_named_with_the_folder(tmp_path: Path, series: str) -> None:
    made.write_catalogue(tmp_path)
    (tmp_path / f"{series}.parquet").unlink()

    message = refusal_of("static-60-40", tmp_path)

    assert f"{tmp_path} lacks the series {series};" in message
    assert "no asset is complete there for venue binance" in message


def test_missing_tiers_are_named(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    (tmp_path / f"{made.TIERS}.parquet").unlink()

    message = refusal_of("static-60-40", tmp_path)

    assert "static-60-40 needs futures (baseline holds futures)" in message
    assert "lacks the series binance.perp.leverage_tiers.YYYY-MM" in message


def test_an_unknown_asset_is_answered_with_the_nearest_and_all_complete_ones(
    tmp_path: Path,
) -> None:
    made.write_catalogue(tmp_path)

    with pytest.raises(DataError, match=r"complete there: BTC; did you mean BTC\?"):
        open_market(tmp_path, asset="btc")


def test_an_unknown_venue_is_answered_with_the_nearest(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)

    with pytest.raises(DataError, match=r"venues with spot bars: binance; did you mean binance\?"):
        open_market(tmp_path, asset="BTC", venue="binanse")


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nowhere cannot be read \(No such file or directory\)"):
        open_market(tmp_path / "nowhere", asset="BTC")


def test_an_asset_cannot_name_a_file_outside_the_catalogue(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    made.write_catalogue(inside)

    with pytest.raises(DataError, match="lacks series"):
        open_market(inside, asset="../../etc/passwd")


@pytest.mark.parametrize("rate", [0.051, -0.051])
def test_a_funding_rate_beyond_belief_is_refused(tmp_path: Path, rate: float) -> None:
    frame = made.with_cell(made.funding(12), "rate", 1, rate)

    message = message_of(tmp_path, made.FUNDING, frame)

    assert f"row 2 (2020-01-01 16:00 UTC): rate is {rate}; rates are fractions between" in message
    assert message.endswith("divide percent by 100, or correct the row")


def test_the_largest_funding_rate_is_taken(tmp_path: Path) -> None:
    made.write_catalogue(tmp_path)
    made.replace(tmp_path, made.FUNDING, made.with_cell(made.funding(12), "rate", 1, 0.05))

    assert open_market(tmp_path, asset="BTC").funding.rate[1] == 0.05


@pytest.mark.parametrize("percent", [0.01, -0.004])
def test_funding_in_percent_is_refused_in_a_calm_time_too(tmp_path: Path, percent: float) -> None:
    # 0.01 % and -0.004 % written as percent: far below the largest rate that is taken.
    frame = made.funding(12).with_columns(pl.lit(percent).alias("rate"))

    message = message_of(tmp_path, made.FUNDING, frame)

    assert f"half of the rates are {abs(percent)} or more, either way" in message
    assert "half of them stay within 0.002: divide percent by 100" in message


def test_a_squeeze_inside_a_calm_history_is_taken(tmp_path: Path) -> None:
    # Five of twelve settlements at -2 %: the median is still 0.0001.
    rates = [0.0001] * 4 + [-0.02] * 5 + [0.0001] * 3
    made.write_catalogue(tmp_path)
    made.replace(tmp_path, made.FUNDING, made.funding(12).with_columns(pl.Series("rate", rates)))

    assert open_market(tmp_path, asset="BTC").funding.rate.tolist() == rates


def test_funding_between_two_hours_is_refused(tmp_path: Path) -> None:
    frame = made.funding(12).with_columns(pl.col("ts").dt.offset_by("61s"))

    message = message_of(tmp_path, made.FUNDING, frame)

    assert "row 1 (2020-01-01 08:01 UTC): the ts lies between two hours; funding settles" in message


def test_a_repeated_settlement_is_refused_even_where_the_jitter_differs(tmp_path: Path) -> None:
    good = made.funding(12)
    again = good[2:3].with_columns(pl.col("ts").dt.offset_by("5s"))

    message = message_of(tmp_path, made.FUNDING, pl.concat([good[:3], again, good[3:]]))

    assert "row 4 (2020-01-02): the ts is the same as in row 3" in message


@pytest.mark.parametrize("hours", [0.0, -8.0, 25.0, 1.5])
def test_an_impossible_funding_interval_is_refused(tmp_path: Path, hours: float) -> None:
    frame = made.funding(12).with_columns(pl.lit(8.0).alias("interval_hours"))

    message = message_of(tmp_path, made.FUNDING, made.with_cell(frame, "interval_hours", 0, hours))

    assert f"row 1 (2020-01-01 08:00 UTC): interval_hours is {hours:g}; an interval is" in message


TIER_DAMAGE: list[tuple[str, Damage, str]] = [
    ("a gap", cell("min_notional", 1, 60_000.0), "row 2: tier begins at 60000; tiers begin at 0"),
    ("no zero", cell("min_notional", 0, 1.0), "row 1: tier begins at 1; tiers begin at 0"),
    ("an empty tier", cell("max_notional", 0, 0.0), "row 1: tier from 0 to 0; a tier ends above"),
    ("a falling rate", cell("maint_margin_rate", 2, 0.005), "row 3: maint_margin_rate is 0.005;"),
    ("a percent", cell("maint_margin_rate", 2, 1.5), "row 3: maint_margin_rate is 1.5; rates are"),
    # cum_3 = 50 + 250,000 x (0.010 - 0.005) = 1,300
    (
        "a wrong sum",
        cell("maint_amount", 2, 1_250.0),
        "row 3: maint_amount is 1250; the tiers below make it 1300",
    ),
    ("an empty cell", cell("maint_amount", 1, None), "row 2: maint_amount is empty or NaN"),
]


@pytest.mark.parametrize(
    ("damage", "said"), [row[1:] for row in TIER_DAMAGE], ids=[row[0] for row in TIER_DAMAGE]
)
def test_a_ladder_that_does_not_add_up_is_refused(
    tmp_path: Path, damage: Damage, said: str
) -> None:
    message = message_of(tmp_path, made.TIERS, damage(made.tiers()))

    assert f"{made.TIERS}.parquet {said}" in message


def test_tiers_of_other_symbols_only_are_refused_by_name(tmp_path: Path) -> None:
    frame = made.tiers().with_columns(pl.lit("ETHUSDT").alias("symbol"))

    message = message_of(tmp_path, made.TIERS, frame)

    assert f"series {made.TIERS} has no tiers of BTCUSDT" in message
    assert "holds ETHUSDT" in message


def test_tiers_with_numbers_for_symbols_are_refused(tmp_path: Path) -> None:
    frame = made.tiers().with_columns(pl.lit(7).alias("symbol"))

    message = message_of(tmp_path, made.TIERS, frame)

    assert "column symbol is of type Int32, must be text such as BTCUSDT" in message


@pytest.mark.parametrize("series", [made.IMPLIED_VOL, made.OPEN_INTEREST_USD])
def test_a_damaged_side_series_is_refused_too(tmp_path: Path, series: str) -> None:
    message = message_of(tmp_path, series, made.daily([50.0, 0.0, 52.0]))

    assert f"{series}.parquet row 2 (2020-01-02): close is 0; close must be above 0" in message
