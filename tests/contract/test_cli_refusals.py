"""This file proves that bad input ends in one clear line, the right exit code, and no trace."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tests.support import catalogues as made
from tests.support.commands import one_line, process, ran, refused
from tests.support.policy_files import HEAD, trigger, written

Damage = Callable[[pl.DataFrame], pl.DataFrame]
DAYS = ("--start", "2020-01-04", "--end", "2020-01-04")


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Return a folder with four days of everything that an account needs."""
    folder = tmp_path / "data"
    folder.mkdir()
    return made.write_catalogue(folder)


def cell(column: str, value: float | None) -> Damage:
    return lambda frame: made.with_cell(frame, column, 2, value)


DAMAGE: list[tuple[str, Damage, str]] = [
    ("a column missing", lambda frame: frame.drop("low"), "has no column low"),
    ("text", lambda frame: frame.with_columns(pl.col("open").cast(pl.String)), "type String"),
    ("stamps without zone", lambda frame: frame.with_columns(pl.lit(1).alias("ts")), "column ts"),
    ("no rows", lambda frame: frame[:0], "holds no rows"),
    ("a repeated hour", lambda frame: pl.concat([frame[:4], frame[3:]]), "row 5"),
    ("disorder", lambda frame: pl.concat([frame[5:], frame[:5]]), "row 92"),
    ("NaN", cell("close", float("nan")), "row 3 (2020-01-01 02:00 UTC): close is empty or NaN"),
    ("an empty cell", cell("close", None), "row 3 (2020-01-01 02:00 UTC): close is empty or NaN"),
    ("infinity", cell("high", float("inf")), "row 3 (2020-01-01 02:00 UTC): high is inf"),
    ("a zero price", cell("open", 0.0), "row 3 (2020-01-01 02:00 UTC): open is 0;"),
    ("a negative price", cell("low", -5.0), "row 3 (2020-01-01 02:00 UTC): low is -5;"),
    ("high below low", cell("high", 97.0), "high 97 is below low 100"),
]


@pytest.mark.parametrize("series", [made.SPOT, made.PERP, made.MARK])
@pytest.mark.parametrize(
    ("damage", "said"), [row[1:] for row in DAMAGE], ids=[row[0] for row in DAMAGE]
)
def test_damaged_data_is_refused_by_file_and_row(
    catalogue: Path, series: str, damage: Damage, said: str
) -> None:
    made.replace(catalogue, series, damage(made.bars(96, with_volume=series != made.MARK)))
    out = catalogue.parent / "out"

    line = refused("backtest", "hold", "--data", catalogue, "--asset", "BTC", "--out", out, code=3)

    assert f"{series}.parquet" in line
    assert said in line
    assert not out.exists()


@pytest.mark.parametrize("series", [made.SPOT, made.PERP, made.MARK, made.FUNDING])
def test_a_missing_series_is_named(catalogue: Path, series: str) -> None:
    (catalogue / f"{series}.parquet").unlink()

    line = refused("backtest", "article", "--data", catalogue, "--asset", "BTC", code=3)

    assert f"lacks the series {series}" in line


@pytest.mark.parametrize("content", [b"", b"ts,open\n1,2\n", b"PAR1" + bytes(64) + b"PAR1"])
def test_a_corrupt_file_is_named(catalogue: Path, content: bytes) -> None:
    (catalogue / f"{made.SPOT}.parquet").write_bytes(content)

    line = refused("check", "hold", "--data", catalogue, "--asset", "BTC", code=3)

    assert f"{made.SPOT}.parquet is not a readable Parquet file" in line


def test_a_series_that_a_trigger_needs_and_the_data_lacks_is_named(catalogue: Path) -> None:
    policy = written(catalogue.parent, trigger("change(open_interest, 1) > 0.1"))

    line = refused("backtest", policy, "--data", catalogue, "--asset", "BTC", code=3)

    assert 'trigger "one", when, reads open_interest, which the data does not hold for BTC' in line


DATES: list[tuple[tuple[str, ...], str]] = [
    (("--start", "2019-12-31"), "start 2019-12-31 is before the account's data"),
    (("--end", "2020-01-06"), "lies outside the data"),
    (("--start", "2021-01-01"), "lies outside the data"),
    (("--end", "2019-01-01"), "lies outside the data"),
    (("--end", "9999-12-31"), "its year must be 1970 to 2199"),
    (("--start", "0001-01-01T00:00+14:00"), "its year must be 1970 to 2199"),
    (("--start", "20200104", "--end", "20200105"), "start is '20200104'; write a day as"),
    (("--start", "2020-01-05", "--end", "2020-01-04"), "start 2020-01-05 is not before end"),
    (("--start", "yesterday"), "start is 'yesterday'; write a day as 2022-06-18"),
    (("--start", "2020-13-01"), "start is '2020-13-01'; write a day as 2022-06-18"),
    (("--end", "2020-01-04T10:30"), "end is '2020-01-04T10:30'; it must be a full hour"),
    (("--window", "2022-drawdwon"), "did you mean '2022-drawdown'?"),
    (("--window", "2022-drawdown"), "outside the data"),
    (("--window", "2022-drawdown", "--end", "2020-01-04"), "leave out --start and --end, or"),
]


@pytest.mark.parametrize(("dates", "said"), DATES, ids=[" ".join(row[0]) for row in DATES])
@pytest.mark.parametrize("command", ["backtest", "check"])
def test_dates_that_cannot_be_are_refused(
    catalogue: Path, command: str, dates: tuple[str, ...], said: str
) -> None:
    line = refused(command, "hold", "--data", catalogue, "--asset", "BTC", *dates)

    assert said in line


@pytest.mark.parametrize("cash", ["0", "-5", "nan", "inf", "1e300"])
def test_an_account_that_begins_with_nothing_or_all_is_refused(catalogue: Path, cash: str) -> None:
    line = refused("backtest", "hold", "--data", catalogue, "--asset", "BTC", "--cash", cash)

    assert "begin with an amount of USDT above 0" in line


ORDERS: list[tuple[tuple[str, ...], str]] = [
    (("backtset",), "Did you mean 'backtest'?; see steelyard --help"),
    (("backtest",), "missing argument 'POLICY'; see steelyard backtest --help"),
    (
        ("backtest", "hold", "--dat", "x"),
        "no such option: --dat (Possible options: --asset, --data",
    ),
    (("backtest", "hold", "--data"), "option '--data' requires an argument; see steelyard"),
    (("backtest", "hold", "--cash", "much"), "invalid value for '--cash': "),
    (("backtest", "hold", "BTC"), "unexpected extra argument"),
    (("--asset", "BTC", "backtest", "hold"), "no such option: --asset"),
    (
        ("backtest", "hold"),
        "name the folder of your history with --data DIR, or run steelyard demo",
    ),
    (("check", "hold", "--asset", "BTC"), "need data; name its folder too, with --data DIR"),
    (("check", "hold", "--end", "2020-01-04"), "need data; name its folder too, with --data DIR"),
    (("check", "hold", "--episodes"), "--episodes needs data; name its folder too, with --data"),
    (("check", "hold", "--profile"), "--profile needs data; name its folder too, with --data DIR"),
    (("check", "hold", "--episode", "1"), "no such option: --episode"),
    (("policies", "show"), "missing argument 'NAME'; see steelyard policies show --help"),
    (("policies", "shwo"), "no such command 'shwo'"),
    (("policies", "show", "artcle"), 'did you mean "article"?'),
    (("policies", "--json", "show", "hold"), "write steelyard policies show NAME --json"),
]


@pytest.mark.parametrize(("words", "said"), ORDERS, ids=[" ".join(row[0]) for row in ORDERS])
def test_a_command_line_that_is_wrong_is_answered_with_what_to_write(
    words: tuple[str, ...], said: str
) -> None:
    line = refused(*words)

    assert said in line


def test_an_asset_that_was_not_named_is_asked_for_with_those_there_are(catalogue: Path) -> None:
    line = refused("backtest", "hold", "--data", catalogue)

    assert line == f"name the asset with --asset NAME; complete in {catalogue}: BTC"


def test_an_asset_that_is_not_there_is_answered_with_those_there_are(catalogue: Path) -> None:
    line = refused("backtest", "hold", "--data", catalogue, "--asset", "ETH", code=3)

    assert "complete there: BTC; choose one, or add it" in line


def test_an_asset_in_the_wrong_case_is_answered_with_the_right_one(catalogue: Path) -> None:
    line = refused("backtest", "hold", "--data", catalogue, "--asset", "btc", code=3)

    assert line.endswith("complete there: BTC; did you mean BTC?")


def test_a_folder_of_data_that_is_not_there_is_named(tmp_path: Path) -> None:
    line = refused("backtest", "hold", "--data", tmp_path / "no", "--asset", "BTC", code=3)

    assert "cannot be read (No such file or directory); name a catalogue" in line


SETTINGS: list[tuple[str, str]] = [
    ("limits.bnad=0.01", 'did you mean "band"?'),
    ("limits.band", "must be PATH=VALUE, such as limits.band=0.01"),
    ("triggers.atr_expnasion.dwell=2", 'did you mean "atr_expansion"?'),
    ("triggers.atr_expansion.dwell=soon", "must be a whole number"),
    ("bars=2d", "bars is \"2d\", must be '1h', '4h', '1d' or '1w'"),
    ("review=dialy", "'daily'"),
    ("baseline.spot=60", "must be at most 1"),
    ("baseline.spot=-0.1", "must be at least 0"),
    ("baseline.futures=3", "leverage"),
    ("triggers.atr_expansion.effect.cut_longs=20", "must be within 0 and 1"),
    ('regimes.breakdown.after=["upternd"]', 'did you mean "uptrend"?'),
    ('triggers.atr_expansion.while_active=["suport_breach"]', 'did you mean "support_breach"?'),
    ('triggers.atr_expansion.releases=["nobody"]', "nobody"),
    ("triggers.atr_expansion.severity=severe", "'critical'"),
    ("schema=2", "this version reads schema = 1 only"),
]


@pytest.mark.parametrize(("setting", "said"), SETTINGS, ids=[row[0] for row in SETTINGS])
@pytest.mark.parametrize("command", ["backtest", "check"])
def test_an_unknown_key_name_unit_or_regime_is_refused_with_what_is_allowed(
    catalogue: Path, command: str, setting: str, said: str
) -> None:
    data = ("--data", str(catalogue), "--asset", "BTC") if command == "backtest" else ()

    line = refused(command, "article", *data, "--set", setting)

    assert said in line


CONDITIONS: list[tuple[str, str, str]] = [
    ("too deep", "(" * 400 + "close > 1" + ")" * 400, "nested"),
    ("deep calls", "abs(" * 100 + "close" + ")" * 100 + " > 1", "deep"),
    ("a tower of nots", "not " * 900 + "close > 1", "deep"),
    ("much too deep", "(" * 100_000 + "close > 1" + ")" * 100_000, "at most 4000 characters"),
    ("a long sum", " + ".join(["close"] * 20_000) + " > 1", "at most 4000 characters"),
    ("a number", "close", "is a number, not a condition; compare it with something"),
    ("a condition for a number", "sma(close > 1, 5) > 2", "is a condition, not a number"),
    ("an unknown function", "smaa(200) > close", 'did you mean "sma"?'),
    ("an unknown name", "clsoe > 1", 'did you mean "close"?'),
    ("an unknown unit", "close > 5m", "cannot be read"),
    ("an unknown kind of bars", "sma(close, bars = '2d', n = 5) > 1", '"1h", "4h", "1d", "1w"'),
    ("no sense", "close >", "cannot be read"),
    ("a call of the system", "__import__('os').system('true')", "is not allowed"),
    ("an attribute", "().__class__.__bases__[0] > 1", "are not allowed"),
    ("a power", "9 ** 9 ** 9 ** 9 > close", "** is not allowed"),
    ("a lambda", "(lambda: 1)() > close", "lambda is not allowed"),
    ("a comprehension", "[x for x in close] > 1", "is not allowed"),
    ("an assignment", "(close := 1) > 0", ":= is not allowed"),
    ("a huge number", f"close > {'9' * 3_900}", ""),
    ("an infinite number", "close > 1e999", ""),
    ("a window without end", "sma(999999999) > 1", "within 1 and 5000"),
    ("a zero byte", "close > 1 \\u0000", "is not allowed"),
]


@pytest.mark.parametrize(
    ("when", "said"), [row[1:] for row in CONDITIONS], ids=[row[0] for row in CONDITIONS]
)
def test_a_condition_that_is_too_deep_of_the_wrong_type_or_an_attack_is_refused_with_its_place(
    tmp_path: Path, when: str, said: str
) -> None:
    body = f'\n[[triggers]]\nid = "one"\nwhen = "{when}"\neffect = {{ hedge = 0.1 }}\n'
    policy = written(tmp_path, body)

    line = refused("check", policy)

    # The trigger begins below the head and an empty line; its condition is two lines further.
    assert line.startswith(f"{policy}:{HEAD.count(chr(10)) + 4}:")
    assert said in line


@pytest.mark.parametrize("depth", range(300, 501, 20))
@pytest.mark.parametrize("place", ["name = ", "limits.band = ", "triggers = ", "x = ", "about = "])
def test_a_list_nested_hundreds_deep_is_refused_in_one_line(
    tmp_path: Path, place: str, depth: int
) -> None:
    policy = tmp_path / "deep.toml"
    policy.write_text(f"schema = 1\n{place}{'[' * depth}{']' * depth}\n", encoding="utf-8")

    assert str(policy) in refused("check", policy)


def test_the_range_of_depths_is_refused_by_the_command_as_a_process(tmp_path: Path) -> None:
    policy = tmp_path / "deep.toml"
    policy.write_text(f"schema = 1\nname = {'[' * 332}{']' * 332}\n", encoding="utf-8")

    done = process("check", policy)

    assert done.returncode == 2
    assert "name is [[a list]], must be text in quotes" in one_line(done.stderr)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"schema = 1\nname = ", "is not valid TOML"),
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"", "the key schema is missing"),
        (b"[" * 20_000, "is not valid TOML"),
        (b"#" * 1_000_001, "is larger than 1000000 bytes"),
    ],
    ids=["cut short", "not text", "empty", "nested", "too large"],
)
def test_a_file_that_is_no_policy_is_refused_by_name(
    tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(content)

    line = refused("check", file)

    assert str(file) in line
    assert said in line


def test_a_name_with_control_characters_cannot_write_to_the_terminal() -> None:
    line = refused("check", "no\x1b[31m\nsuch")

    assert r"\x1b[31m" in line


@pytest.mark.parametrize("command", [("demo",), ("backtest", "hold", "--data", "x")])
def test_an_output_folder_that_is_a_file_is_refused_before_anything_is_read(
    tmp_path: Path, command: tuple[str, ...]
) -> None:
    taken = tmp_path / "taken"
    taken.write_text("mine", encoding="utf-8")

    line = refused(*command, "--out", taken / "below")

    assert line == f"{taken} is a file, not a folder; choose another --out folder"
    assert taken.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("name", ["", " "])
@pytest.mark.parametrize("command", [("demo",), ("backtest", "hold", "--data", "x")])
def test_an_output_folder_without_a_name_is_refused(command: tuple[str, ...], name: str) -> None:
    assert refused(*command, "--out", name) == "--out is empty; name a folder, such as --out out"


def test_an_output_folder_with_too_long_a_name_is_refused(tmp_path: Path) -> None:
    line = refused("demo", "--out", tmp_path / ("x" * 300))

    assert "cannot be written: File name too long; choose another --out folder" in line
    assert list(tmp_path.iterdir()) == []


def test_what_is_refused_leaves_no_folder_behind(catalogue: Path) -> None:
    out = catalogue.parent / "a" / "b"

    refused("backtest", "nobody", "--data", catalogue, "--asset", "BTC", "--out", out)

    assert sorted(path.name for path in catalogue.parent.iterdir()) == ["data"]


def test_the_good_catalogue_is_not_refused(catalogue: Path) -> None:
    done = ran("backtest", "hold", "--data", catalogue, "--asset", "BTC", *DAYS, "--json")

    assert done.exit_code == 0, done.stderr
