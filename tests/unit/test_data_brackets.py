"""Maintenance brackets from JSON: exact sums, and refusals by symbol and row."""

import json
import math
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from steelyard.data.brackets import read_brackets
from steelyard.data.coverage import covered
from steelyard.data.names import tiers_name
from steelyard.data.snapshot import keep_ladders
from steelyard.data.tiers import check_snapshot, read_tiers
from steelyard.domain.errors import DataError
from tests.support import catalogues as made
from tests.support.commands import ran, refused
from tests.support.data import shared_fixture

# cum_2 = 50,000 x (0.005 - 0.004) = 50; cum_3 = 50 + 250,000 x (0.01 - 0.005) = 1,300
GOOD = [
    [0, 50_000, 0.004, 125, 0],
    [50_000, 250_000, 0.005, 100, 50],
    [250_000, 1e6, 0.01, 50, 1300],
]
SNAPSHOT = "binance.perp.leverage_tiers.2026-09"


def written(folder: Path, tiers: object, name: str = "tiers_2026-09.json") -> Path:
    file = folder / name
    file.write_text(json.dumps({"tiers": tiers}), "utf-8")
    return file


def test_rows_become_the_tiers_of_a_month(tmp_path: Path) -> None:
    file = written(tmp_path, {"BTC/USDT:USDT": GOOD, "ETH/USDC:USDC-261225": GOOD[:1]})
    said = ran("data", "tiers", file, "--data", tmp_path / "data").stdout
    tiers, _ = read_tiers(tmp_path / "data", SNAPSHOT, "BTCUSDT")
    frame = pl.read_parquet(tmp_path / "data" / f"{SNAPSHOT}.parquet")

    assert said.split() == [f"{SNAPSHOT}:", "2", "symbols,", "4", "tiers"]
    assert tiers.rate.tolist() == [0.004, 0.005, 0.01]
    assert tiers.deduction.tolist() == [0.0, 50.0, 1300.0]
    assert frame["symbol"].unique(maintain_order=True).to_list() == ["BTCUSDT", "ETHUSDC_261225"]
    assert frame["max_leverage"].to_list() == [125.0, 100.0, 50.0, 125.0]
    assert frame["source"][0] == "supplied in tiers_2026-09.json"


def test_an_answer_of_the_venue_may_leave_leverage_out(tmp_path: Path) -> None:
    bracket = {"notionalFloor": 0, "notionalCap": 50000, "maintMarginRatio": 0.004, "cum": 0}
    file = tmp_path / "answer.json"
    file.write_text(json.dumps([{"symbol": "BTCUSDT", "brackets": [bracket]}]), "utf-8")
    (one,) = read_brackets(file)["BTCUSDT"]

    assert list(map(float, (one.floor, one.cap, one.rate, one.deduction))) == [0, 50_000, 0.004, 0]
    assert one.leverage.is_nan()


def in_coins(folder: Path, owed: float) -> Path:
    """Write the answer of coin-margined ``leverageBracket``: 0.4 % up to 5 coins, 0.5 % to 10."""
    keys = ("qtylFloor", "qtyCap", "maintMarginRatio", "initialLeverage", "cum")
    rows = [(0, 5, 0.004, 125, 0.0), (5, 10, 0.005, 100, owed)]
    brackets = [dict(zip(keys, row, strict=True)) for row in rows]
    file = folder / "coin_2026-09.json"
    file.write_text(json.dumps([{"symbol": "BTCUSD_PERP", "brackets": brackets}]), "utf-8")
    return file


def test_brackets_of_coin_margined_contracts_are_in_coins(tmp_path: Path) -> None:
    # cum_2 = 5 x (0.005 - 0.004) = 0.005 coins
    ran("data", "tiers", in_coins(tmp_path, 0.005), "--data", tmp_path / "data")
    tiers, _ = read_tiers(tmp_path / "data", SNAPSHOT, "BTCUSD_PERP", in_coins=True)

    assert tiers.cap.tolist() == [5.0, math.inf]
    assert tiers.deduction.tolist() == [0.0, 0.005]


def test_a_row_in_coins_that_lacks_a_number_is_refused_by_the_keys_in_coins(tmp_path: Path) -> None:
    file = in_coins(tmp_path, 0.005)
    file.write_text(file.read_text("utf-8").replace("qtylFloor", "floor"), "utf-8")

    with pytest.raises(DataError, match="a row is the numbers qtylFloor, qtyCap, maint"):
        read_brackets(file)


def test_the_first_version_of_the_answer_names_pairs_and_is_refused(tmp_path: Path) -> None:
    file = in_coins(tmp_path, 0.005)
    file.write_text(file.read_text("utf-8").replace("symbol", "pair"), "utf-8")

    with pytest.raises(DataError, match="each with symbol and brackets"):
        read_brackets(file)


def test_half_a_hundredth_of_a_coin_is_no_rounding(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"row 2: its cumulative amount is 0\.0; the tiers below"):
        read_brackets(in_coins(tmp_path, 0.0))


@pytest.mark.parametrize(
    ("venue", "symbol", "is_refused"),
    [
        ("binance", "BTCUSD_PERP", True),
        ("binance", "BTCUSD_261225", True),
        ("bybit", "BTCUSD", True),
        # In quote, half a hundredth is what two decimals leave.
        ("binance", "BTCUSDT", False),
        ("binance", "BTCBUSD", False),
        ("bybit", "BTCUSDT_261225", False),
    ],
)
def test_a_check_knows_a_ladder_in_coins_by_what_a_catalogue_calls_it(
    tmp_path: Path, venue: str, symbol: str, *, is_refused: bool
) -> None:
    # cum_2 is 5 x (0.005 - 0.004) = 0.005, and 0.0 is stated.
    snapshot = f"{venue}.perp.leverage_tiers.2026-09"
    pl.DataFrame(
        {
            "symbol": [symbol] * 2,
            "min_notional": [0.0, 5.0],
            "max_notional": [5.0, 10.0],
            "maint_margin_rate": [0.004, 0.005],
            "maint_amount": [0.0, 0.0],
        }
    ).write_parquet(tmp_path / f"{snapshot}.parquet")
    expected = pytest.raises(DataError, match=r"the tiers below make it 0\.005")

    with expected if is_refused else nullcontext():
        check_snapshot(tmp_path, snapshot)


def damaged(row: int, cell: int, value: object) -> list[list[object]]:
    rows: list[list[object]] = [list(one) for one in GOOD]
    rows[row][cell] = value
    return rows


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (damaged(0, 0, 5), "row 1: it begins at 5; tiers begin at 0, each where one ends"),
        (damaged(1, 1, 260_000), "row 3: it begins at 250000; tiers begin at 0"),
        (damaged(2, 1, 1000), "row 3: it ends at 1000; a tier ends above its beginning, 250000"),
        (damaged(1, 2, 0.4), "row 2: its cumulative amount is 50; the tiers below make it 19800.0"),
        (damaged(1, 2, 0.004), "row 2: its rate is 0.004; rates rise from 0.004 to 1 at most"),
        (damaged(2, 2, 1.1), "row 3: its rate is 1.1; rates rise from 0.005 to 1"),
        (damaged(1, 4, 50.02), "row 2: its cumulative amount is 50.02; the tiers below make it"),
        (damaged(1, 3, 126), "row 2: its leverage is 126; it is 1 at least and falls from 125"),
        (damaged(2, 3, 0.5), "row 3: its leverage is 0.5; it is 1 at least"),
        (damaged(0, 3, 251), "row 1: its leverage is 251; at a rate of 0.004 that is liquidated"),
        (damaged(0, 4, "none"), "row 1 is [Decimal('0'), Decimal('50000')"),
        ([GOOD[0][:4]], "row 1 is"),
        ([None], "row 1 is None; a row is the numbers notionalFloor"),
        ([], "has no rows; a ladder has one at least"),
    ],
)
def test_a_row_that_cannot_be_is_refused_by_symbol_and_row(
    tmp_path: Path, rows: object, said: str
) -> None:
    file = written(tmp_path, {"BTC/USDT:USDT": GOOD, "ETH/USDT:USDT": rows})
    line = refused("data", "tiers", file, "--data", tmp_path / "data", code=3)

    assert f"{file}: ETH/USDT:USDT {said}" in line
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("tiers", "said"),
    [
        ({"BTC/USD:BTC": GOOD}, "BTC/USD:BTC is no linear contract; symbols are as BTCUSDT or"),
        ({"BTC/USDT:USDT": GOOD, "BTCUSDT": GOOD}, "BTCUSDT: BTCUSDT is there twice"),
        ([GOOD], "is no answer of leverageBracket"),
    ],
)
def test_a_symbol_that_cannot_be_is_refused(tmp_path: Path, tiers: object, said: str) -> None:
    with pytest.raises(DataError) as error:
        read_brackets(written(tmp_path, tiers))

    assert said in str(error.value)


def test_a_month_comes_from_the_name_or_is_asked_for(tmp_path: Path) -> None:
    file = written(tmp_path, {"BTCUSDT": GOOD}, "tiers.json")
    line = refused("data", "tiers", file, "--data", tmp_path / "data")
    other = refused("data", "tiers", file, "--month", "2026-13", "--data", tmp_path / "data")
    told = ran("data", "tiers", file, "--month", "2026-08", "--data", tmp_path, "--json").stdout

    assert "the name of FILE holds no month; tell which month the tiers are of" in line
    assert "--month 2026-13 is none" in other
    assert json.loads(told)["series"] == tiers_name("binance", "2026-08")


def test_a_ladder_replaces_that_of_its_symbol_alone(tmp_path: Path) -> None:
    # The snapshot that is there has BTCUSDT of 0.4, 0.5, 1 % and no leverage by symbol ETHUSDT.
    old = made.tiers().drop("tier")
    both = pl.concat([old, old.with_columns(symbol=pl.lit("ETHUSDT"))])
    made.replace(tmp_path, SNAPSHOT, both)
    ladder = read_brackets(written(tmp_path, {"BTCUSDT": GOOD[:1]}))
    keep_ladders(tmp_path, "binance", "2026-09", ladder, "new")
    frame = pl.read_parquet(tmp_path / f"{SNAPSHOT}.parquet")

    assert frame["symbol"].to_list() == ["ETHUSDT"] * 3 + ["BTCUSDT"]
    assert frame["source"].to_list() == [""] * 3 + ["new"]


def test_a_snapshot_that_cannot_be_read_is_not_replaced(tmp_path: Path) -> None:
    there = tmp_path / f"{SNAPSHOT}.parquet"
    there.write_bytes(b"no table")
    file = written(tmp_path, {"BTCUSDT": GOOD})
    line = refused("data", "tiers", file, "--data", tmp_path, code=3)

    assert f"{there} is not a readable Parquet file" in line
    assert there.read_bytes() == b"no table"


# -- the 907 symbols of September 2026 ----------------------------------------------------------


def test_all_brackets_of_a_venue_load_and_sum_up_exactly(tmp_path: Path) -> None:
    file = shared_fixture("binance_um_tiers_2026-09.json")
    told = json.loads(file.read_text("utf-8"), parse_float=Decimal)["tiers"]
    ran("data", "tiers", file, "--data", tmp_path)
    ladders = {
        key[0]: part
        for key, part in pl.read_parquet(tmp_path / f"{SNAPSHOT}.parquet").group_by(
            "symbol", maintain_order=True
        )
    }

    assert (len(told), len(ladders)) == (907, 907)
    for name, rows in told.items():
        base, quote, *expiry = name.replace("/", ":").replace("-", ":").split(":")
        symbol = f"{base}{quote}" + "".join(f"_{day}" for day in expiry[1:])
        # cum_1 = 0, cum_n = floor_n (rate_n - rate_{n-1}) + cum_{n-1}
        due: list[Decimal] = []
        rate = Decimal(0)
        for floor, _, higher, _, _ in rows:
            due.append(floor * (higher - rate) + (due[-1] if due else Decimal(0)))
            rate = higher
        kept = ladders[symbol]

        assert [row[4] for row in rows] == due, name
        assert kept["maint_amount"].to_list() == [float(one) for one in due], name
        assert kept["max_leverage"].to_list() == [float(row[3]) for row in rows], name
        assert kept["max_leverage"].is_sorted(descending=True), name
    tiers, _ = read_tiers(tmp_path, SNAPSHOT, "BTCUSDT")
    # Above 3,000,000 at 1 %, less 12,000: 5,000,000 needs 50,000 - 12,000 = 38,000.
    row = int((tiers.cap < 5e6).sum())
    assert 5e6 * tiers.rate[row] - tiers.deduction[row] == 38_000.0
    assert [one.fault for one in covered(tmp_path)] == [""]
