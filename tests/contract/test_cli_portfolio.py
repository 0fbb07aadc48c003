"""This file proves what ``steelyard backtest`` prints, writes and refuses with several assets."""

import json
from pathlib import Path

import polars as pl
import pytest

import steelyard as sy
from tests.support import catalogues as made
from tests.support.commands import ran, refused
from tests.support.data import real_data

HOURS = 240
ASSET_FILES = [
    "decisions.parquet",
    "equity.parquet",
    "fills.parquet",
    "report.html",
    "result.json",
]
TOP = [
    "schema",
    "policy",
    "start",
    "end",
    "start_set_by",
    "end_set_by",
    "portfolio",
    "assets",
]
OWN = [
    "margin",
    "assumptions",
    "quote",
    "equity",
    "metrics",
    "benchmarks",
    "attribution",
    "drawdown",
    "net_delta",
    "margin_ratio",
    "liquidations",
    "parts",
    "warnings",
]


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Return a folder with ten days of BTC, and of ETH the same without the first day."""
    folder = tmp_path / "data"
    folder.mkdir()
    made.write_catalogue(folder, hours=HOURS)
    for series in (made.SPOT, made.PERP, made.MARK, made.FUNDING):
        frame = pl.read_parquet(folder / f"{series}.parquet")
        first = made.stamps(made.FIRST_MS + 24 * made.HOUR_MS, 1, 1)[0]
        later = frame.filter(pl.col("ts") >= first)
        made.replace(folder, series.replace("BTC", "ETH"), later)
    tiers = made.tiers()
    both = pl.concat([tiers, tiers.with_columns(pl.lit("ETHUSDT").alias("symbol"))])
    made.replace(folder, made.TIERS, both)
    return folder


def words(folder: Path, *assets: str) -> tuple[str | Path, ...]:
    named = [word for asset in assets for word in ("--asset", asset)]
    return ("backtest", "hold", "--data", folder, *named)


def test_the_document_has_the_portfolio_and_each_asset(catalogue: Path) -> None:
    done = ran(*words(catalogue, "BTC=0.75", "ETH=0.25"), "--cash", "1000", "--json")
    document = json.loads(done.stdout)
    together = document["portfolio"]
    quarter = ("--start", document["start"][:16], "--cash", "250", "--json")
    alone = json.loads(ran(*words(catalogue, "ETH"), *quarter).stdout)

    assert done.exit_code == 0
    assert list(document) == TOP
    assert list(together) == OWN
    assert list(document["assets"]) == ["BTC", "ETH"]
    assert document["assets"]["ETH"] == alone
    assert (document["start_set_by"], document["end_set_by"]) == (["ETH"], ["BTC", "ETH"])
    assert together["equity"]["start"] == 1000.0
    assert together["margin"] == "separate"
    assert together["margin_ratio"] == {"most": 0.0, "date": None, "asset": None}
    assert [part["share"] for part in together["parts"]] == [0.75, 0.25]
    assert list(together["assumptions"]) == ["margin", "rebalancing", "limits"]
    # The parts of the sum are the sums of the parts.
    for name, value in together["attribution"].items():
        if name != "residual":
            parts = [each["attribution"][name] for each in document["assets"].values()]
            assert value == pytest.approx(sum(parts), abs=1e-9)


def test_the_answer_has_the_portfolio_first_and_fits(catalogue: Path) -> None:
    lines = ran(*words(catalogue, "ETH", "BTC")).stdout.splitlines()
    head = next(row for row, line in enumerate(lines) if line.lstrip().startswith("end USDT"))

    assert lines[0].startswith("From 2020-01-0")
    assert [line.split()[0] for line in lines[head + 1 : head + 5]] == [
        "portfolio",
        "BTC",
        "ETH",
        "holding",
    ]
    assert max(map(len, lines)) <= 80


def test_the_folder_has_each_assets_files_and_those_of_all(catalogue: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = ran(*words(catalogue, "BTC", "ETH"), "--out", out, "--json")
    page = (out / "index.html").read_text(encoding="utf-8")
    document = json.loads(done.stdout)

    assert sorted(path.name for path in out.iterdir()) == [
        "BTC",
        "ETH",
        "equity.parquet",
        "index.html",
        "portfolio.json",
    ]
    assert [sorted(path.name for path in (out / name).iterdir()) for name in ("BTC", "ETH")] == [
        ASSET_FILES
    ] * 2
    assert (out / "portfolio.json").read_text(encoding="utf-8") == done.stdout
    assert json.loads((out / "ETH/result.json").read_text("utf-8")) == (document["assets"]["ETH"])
    assert 'href="BTC/report.html"' in page
    assert pl.read_parquet(out / "equity.parquet")["equity"][-1] == pytest.approx(
        document["portfolio"]["equity"]["end"]
    )


def test_the_last_line_is_the_path_of_the_page(catalogue: Path, tmp_path: Path) -> None:
    done = ran(*words(catalogue, "BTC", "ETH"), "--out", tmp_path / "out")

    assert done.stdout.splitlines()[-1] == f"Page: {tmp_path / 'out' / 'index.html'}"


def test_the_order_of_assets_changes_no_byte(catalogue: Path) -> None:
    first = ran(*words(catalogue, "BTC=0.3", "ETH=0.7"), "--json").stdout
    second = ran(*words(catalogue, "ETH=0.7", "BTC=0.3"), "--json").stdout

    assert first == second


def test_one_asset_with_all_of_the_cash_is_that_asset_alone(catalogue: Path) -> None:
    assert ran(*words(catalogue, "BTC=1")).stdout == ran(*words(catalogue, "BTC")).stdout


def test_one_account_holds_all_where_it_is_asked_for(catalogue: Path) -> None:
    words = ("backtest", "static-60-40", "--data", catalogue, "--asset", "BTC", "--asset", "ETH")
    alone, shared = (
        json.loads(ran(*words, "--margin", margin, "--json").stdout)
        for margin in ("separate", "shared")
    )
    together = shared["portfolio"]

    assert together["margin"] == "shared"
    assert together["assumptions"]["margin"].startswith("one account holds all assets")
    assert together["margin_ratio"]["asset"] is None
    assert 0.0 < together["margin_ratio"]["most"] < alone["portfolio"]["margin_ratio"]["most"]
    # Nothing is forced here, so each part comes to what it does alone.
    assert together["equity"]["end"] == pytest.approx(alone["portfolio"]["equity"]["end"])
    assert "holds ETH too" in shared["assets"]["BTC"]["assumptions"]["shared"]
    assert "shared" not in alone["assets"]["BTC"]["assumptions"]
    lines = " ".join(ran(*words, "--margin", "shared").stdout.split())
    assert "one account backed the futures of all, and could lose one for another" in lines
    assert "of the account on 2020-01-" in lines


def test_margin_that_cannot_be_had_is_refused(catalogue: Path, tmp_path: Path) -> None:
    terms = tmp_path / "account.toml"
    terms.write_text('schema = 1\n[margin]\nmode = "isolated"\n', encoding="utf-8")
    out = tmp_path / "out"
    both = words(catalogue, "BTC", "ETH")

    alone = refused(*words(catalogue, "BTC"), "--margin", "shared", "--out", out)
    wrong = refused(*both, "--margin", "cross", "--out", out)
    isolated = refused(*both, "--margin", "shared", "--account", terms, "--out", out)

    assert "--margin shared is of several assets, and there is one" in alone
    assert "margin is 'cross'; choose 'separate', each asset an account of its own" in wrong
    assert "margin.mode is 'isolated', and positions share no margin; choose margin" in isolated
    assert not out.exists()


def test_a_policy_and_an_account_count_for_every_asset(catalogue: Path, tmp_path: Path) -> None:
    terms = tmp_path / "account.toml"
    terms.write_text("schema = 1\n[cash]\nyield = 0.05\n", encoding="utf-8")
    settings = ("--set", "baseline.spot=0.5", "--account", terms, "--json")

    document = json.loads(ran(*words(catalogue, "BTC", "ETH"), *settings).stdout)
    earned = [each["attribution"]["interest"] for each in document["assets"].values()]

    assert min(earned) > 0.0
    assert document["portfolio"]["net_delta"]["most"] < 0.7


def test_a_folder_in_the_way_of_an_asset_leaves_nothing_written(
    catalogue: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "ETH").write_text("mine", encoding="utf-8")

    line = refused(*words(catalogue, "BTC", "ETH"), "--out", out)

    assert "is a file, not a folder" in line
    assert [path.name for path in out.iterdir()] == ["ETH"]


WRONG: list[tuple[tuple[str, ...], str]] = [
    (("BTC", "BTC"), "--asset BTC is given 2 times; name each asset once"),
    (("BTC=0.5", "BTC=0.5"), "--asset BTC is given 2 times"),
    (("BTC=0.6", "ETH"), "BTC has a share and ETH has none; give every asset a share"),
    (("BTC=0.6", "ETH=0.5"), "the shares sum to 1.1 (BTC 0.6, ETH 0.5); they must sum to 1"),
    (("BTC=0.6",), "the shares sum to 0.6 (BTC 0.6); they must sum to 1"),
    (("BTC=60%", "ETH=40%"), "'60%' is no share; write a fraction of the cash, without a unit"),
    (("BTC=60000USDT", "ETH=0.4"), "'60000USDT' is no share"),
    (("BTC=half", "ETH=0.5"), "'half' is no share"),
    (("BTC=", "ETH=1"), "'' is no share"),
    (("BTC=0.5=0.5", "ETH=0.5"), "'0.5=0.5' is no share"),
    (("BTC=nan", "ETH=0.5"), "'nan' is no share"),
    (("BTC=1.5", "ETH=-0.5"), "the share of ETH is -0.5; it must be a fraction of the cash above"),
    (("BTC=1", "ETH=0"), "the share of ETH is 0.0; it must be"),
    (("=0.5", "ETH=0.5"), "--asset '=0.5' names no asset; write it as BTC or BTC=0.6"),
]


@pytest.mark.parametrize(("assets", "said"), WRONG, ids=[" ".join(row[0]) for row in WRONG])
def test_assets_that_cannot_be_had_are_refused_and_nothing_is_written(
    catalogue: Path, tmp_path: Path, assets: tuple[str, ...], said: str
) -> None:
    out = tmp_path / "out"

    assert said in refused(*words(catalogue, *assets), "--out", out)
    assert not out.exists()


def test_an_unknown_asset_is_refused_as_it_is_alone(catalogue: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    line = refused(*words(catalogue, "BTC", "ETC"), "--out", out, code=3)

    assert "complete there: BTC, ETH" in line
    assert not out.exists()


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        (("--start", "2020-01-04"), "binance spot bars of ETH"),
        (("--end", "2020-02-01"), "lies outside the data: BTC has everything"),
        (("--window", "2022-drawdown"), "lies outside the data: BTC has everything"),
    ],
)
def test_an_asset_that_does_not_reach_the_dates_is_named(
    catalogue: Path, dates: tuple[str, str], said: str
) -> None:
    late = made.stamps(made.FIRST_MS + 96 * made.HOUR_MS, 1, 1)[0]
    name = made.SPOT.replace("BTC", "ETH")
    frame = pl.read_parquet(catalogue / f"{name}.parquet")
    made.replace(catalogue, name, frame.filter(pl.col("ts") >= late))

    assert said in refused(*words(catalogue, "BTC", "ETH"), *dates)


@pytest.mark.parametrize("command", ["check", "explain", "ladder", "review", "stress"])
def test_commands_of_one_asset_refuse_more_and_shares(catalogue: Path, command: str) -> None:
    one = (command, "hold", "--data", catalogue)

    several = refused(*one, "--asset", "BTC", "--asset", "ETH")
    share = refused(*one, "--asset", "BTC=0.5")

    assert "--asset names BTC, ETH, and this command takes one; leave out all but one" in several
    assert "--asset BTC=0.5 has a share" in share
    assert share.endswith("write --asset BTC")


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize("window", [("--window", "2022-drawdown"), ("--start", "2024-01-01")])
def test_on_real_history_a_portfolio_is_the_sum_of_its_backtests(window: tuple[str, str]) -> None:
    run = ("backtest", "article", "--data", real_data(), *window, "--json")
    both = ("--asset", "BTC=0.6", "--asset", "XRP=0.4")
    document = json.loads(ran(*run, *both).stdout)
    alone = [
        json.loads(ran(*run, "--asset", asset, "--cash", cash).stdout)
        for asset, cash in (("BTC", "60000"), ("XRP", "40000"))
    ]
    together = document["portfolio"]
    change = together["equity"]["end"] - together["equity"]["start"]

    assert list(document["assets"].values()) == alone
    assert together["equity"]["end"] == pytest.approx(
        sum(each["equity"]["end"] for each in alone), rel=1e-12
    )
    assert together["attribution"]["total"] == pytest.approx(change, abs=1e-9 * 100_000.0)
    assert abs(together["attribution"]["residual"]) <= 1e-9 * 100_000.0


@pytest.mark.real
@pytest.mark.slow
def test_on_real_history_the_shorter_history_sets_the_hours() -> None:
    markets = {asset: sy.open_market(real_data(), asset=asset) for asset in ("BTC", "XRP")}

    found = sy.portfolio("hold", markets)

    assert found.hours.start_set_by == ("XRP",)
    # Holding either is at worst what the deeper of both fell, and their sum never more.
    assert found.fall.depth >= min(part.fall.depth for part in found.assets.values())
    assert found.end_equity == pytest.approx(
        sum(part.result.end_equity for part in found.assets.values()), rel=1e-12
    )
