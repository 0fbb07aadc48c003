"""This file proves what each command prints, and what it leaves behind."""

import json
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest

from steelyard.data.synthetic import write_synthetic
from steelyard.engine.dates import WINDOWS
from steelyard.policy import measures
from steelyard.policy.load import load_policy, policy_names
from tests.support import catalogues as made
from tests.support.commands import ran
from tests.support.policy_files import trigger, written
from tests.support.shapes import departures

ROOT = Path(__file__).resolve().parents[2]
SHAPE = json.loads((ROOT / "tests/golden/result_shape.json").read_text(encoding="utf-8"))
FILES = ["decisions.parquet", "equity.parquet", "fills.parquet", "report.html", "result.json"]


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    """Return a folder with four days of everything that an account needs."""
    folder = tmp_path / "data"
    folder.mkdir()
    return made.write_catalogue(folder)


@pytest.fixture(scope="module", autouse=True)
def compiled(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Let what compiles on a fresh machine compile now, and say so here."""
    folder = made.write_catalogue(tmp_path_factory.mktemp("compiled"))
    assert ran("backtest", "hold", "--data", folder, "--asset", "BTC").exit_code == 0


@pytest.fixture(scope="module")
def invented(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a catalogue of the synthetic market."""
    folder = tmp_path_factory.mktemp("invented")
    write_synthetic(folder)
    return folder


def test_without_a_command_the_help_is_printed() -> None:
    alone, asked = ran(), ran("--help")

    assert (alone.exit_code, asked.exit_code) == (0, 0)
    assert alone.stdout == asked.stdout
    assert alone.stdout.startswith("Usage: steelyard [OPTIONS] COMMAND")


def test_the_version_is_that_of_the_package() -> None:
    done = ran("--version")

    assert (done.exit_code, done.stdout) == (0, f"steelyard {version('steelyard')}\n")


def test_policies_lists_every_shipped_policy_with_its_sentence() -> None:
    done = ran("policies")
    document = json.loads(ran("policies", "--json").stdout)

    assert done.exit_code == 0
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    assert tuple(each["name"] for each in document["policies"]) == policy_names()
    for each in document["policies"]:
        assert f"{each['name']} " in done.stdout
        assert each["about"] == load_policy(each["name"]).document.about


@pytest.mark.parametrize("name", policy_names())
def test_a_shown_policy_is_its_file_and_can_be_checked_as_one(tmp_path: Path, name: str) -> None:
    done = ran("policies", "show", name)
    document = json.loads(ran("policies", "show", name, "--json").stdout)
    copy = tmp_path / "copy.toml"
    copy.write_text(done.stdout, encoding="utf-8")

    assert document["text"] == done.stdout
    assert document["sha256"] == load_policy(copy).sha256
    assert ran("check", copy).exit_code == 0


def test_a_check_without_data_says_what_a_policy_reads_and_does_in_a_line_each() -> None:
    done = ran("check", "article")
    document = json.loads(ran("check", "article", "--json").stdout)
    policy = load_policy("article")
    ids = (*policy.regime_ids, *policy.trigger_ids)

    assert done.exit_code == 0
    size = f"{len(policy.regime_ids)} regimes, {len(policy.trigger_ids)} triggers"
    assert done.stdout.startswith(f"article is valid: {size}, reviewed daily, fund")
    assert "Reads 1d, 1w, funding, implied_vol, open_interest." in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    assert [sum(line.startswith(f"  {name} ") for line in done.stdout.splitlines()) for name in ids]
    assert [each["id"] for each in document["triggers"]] == list(policy.trigger_ids)
    assert document["reads"] == ["1d", "1w", "funding", "implied_vol", "open_interest"]
    assert document["market"] is None


def test_what_never_and_what_always_happens_is_found(catalogue: Path) -> None:
    # Closes are 101 to 196: above 1 on every day and below 1 on none.
    always = trigger("close > 1").replace("'one'", "'high'")
    never = trigger("close < 1").replace("'one'", "'low'")
    regime = (
        "\n[[regimes]]\nid = 'lost'\nwhen = 'close < 2'\nspot = 0.5\nfutures = 0.0\n"
        "\n[[regimes]]\nid = 'won'\nwhen = 'close > 2'\nspot = 0.5\nfutures = 0.0\n"
    )
    policy = written(catalogue.parent, regime + always + never)
    words = ("check", policy, "--data", catalogue, "--asset", "BTC")

    done, document = ran(*words), json.loads(ran(*words, "--json").stdout)
    found = [(each["kind"], each["id"]) for each in document["market"]["findings"]]

    assert done.exit_code == 1
    assert done.stderr == ""
    assert found == [("always", "high"), ("never", "low"), ("unreachable", "lost")]
    assert "3 findings" in done.stdout.splitlines()[0]
    assert "! low never fires here: its condition was true at 0 of" in done.stdout


def test_a_condition_that_is_unknown_throughout_is_found(catalogue: Path) -> None:
    # Two hundred days of history are needed and four are there.
    policy = written(catalogue.parent, trigger("close > sma(200)"))

    done = ran("check", policy, "--data", catalogue, "--asset", "BTC")

    assert done.exit_code == 1
    assert "one never fires here: it was unknown at all" in done.stdout


def test_a_check_that_finds_nothing_ends_with_0(catalogue: Path) -> None:
    # Closes rise by 1 an hour and day i, from 0 on, closes at 124 + 24 i. The run evaluates at the
    # ends of day 2 (172) and day 3 (196), so 180 is not passed and then it is.
    policy = written(catalogue.parent, trigger("close > 180"))
    words = ("check", policy, "--data", catalogue, "--asset", "BTC")

    done = ran(*words)

    assert (done.exit_code, done.stderr) == (0, "")


@pytest.mark.slow
def test_a_condition_that_reads_one_bar_ahead_is_found(
    invented: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = written(tmp_path, trigger("close > sma(5)", "release = 'close < sma(5)'"))
    words = ("check", policy, "--data", invented, "--asset", "BTC", "--venue", "synthetic")
    honest = json.loads(ran(*words, "--json").stdout)["market"]["findings"]

    past = measures.WINDOWS["sma"]
    monkeypatch.setitem(
        measures.WINDOWS, "sma", lambda parts, numbers: np.append(past(parts, numbers)[1:], np.nan)
    )
    planted = json.loads(ran(*words, "--json").stdout)["market"]["findings"]

    assert honest == []
    assert "look_ahead" in {each["kind"] for each in planted}


@pytest.mark.slow
def test_a_check_on_the_synthetic_market_sees_every_trigger_fire_and_no_foresight(
    invented: Path,
) -> None:
    words = ("check", "article", "--data", invented, "--asset", "BTC", "--venue", "synthetic")
    done, document = ran(*words), json.loads(ran(*words, "--json").stdout)

    assert (done.exit_code, done.stderr) == (0, "")
    assert document["market"]["findings"] == []
    assert len(document["market"]["cuts"]) == 5
    assert all(each["episodes"] > 0 for each in document["market"]["triggers"])
    assert "synthetic BTC" in done.stdout.splitlines()[0]


def test_a_backtest_gives_the_whole_document_and_the_same_one_in_the_folder(
    catalogue: Path,
) -> None:
    out = catalogue.parent / "out"
    words = ("backtest", "hold", "--data", catalogue, "--asset", "BTC", "--out", out)

    first, second = ran(*words, "--json"), ran(*words, "--json")

    assert (first.exit_code, first.stderr) == (0, "")
    assert first.stdout == second.stdout
    assert first.stdout == (out / "result.json").read_text(encoding="utf-8")
    assert list(departures(json.loads(first.stdout), SHAPE, SHAPE)) == []
    assert sorted(path.name for path in out.iterdir()) == FILES


def test_a_backtest_in_text_ends_with_the_path_of_the_page(catalogue: Path) -> None:
    out = catalogue.parent / "new" / "out"

    done = ran("backtest", "hold", "--data", catalogue, "--asset", "BTC", "--out", out)

    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith("From 2020-01-04 to 2020-01-04, hold on BTC turned 100,000")
    assert done.stdout.splitlines()[-1] == f"Page: {out / 'report.html'}"


def test_a_backtest_without_a_folder_leaves_nothing(
    catalogue: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(catalogue.parent)

    done = ran("backtest", "hold", "--data", catalogue, "--asset", "BTC")

    assert done.exit_code == 0
    assert "Page:" not in done.stdout
    assert [path.name for path in catalogue.parent.iterdir()] == ["data"]


def test_what_is_set_changes_the_policy_and_its_digest(catalogue: Path) -> None:
    words = ("backtest", "hold", "--data", catalogue, "--asset", "BTC", "--json")

    plain = json.loads(ran(*words).stdout)
    changed = json.loads(ran(*words, "--set", "baseline.spot=0", "--cash", "500").stdout)

    # Without spot nothing is bought, so the account ends with what it began with.
    assert changed["equity"] == {"start": 500.0, "end": 500.0}
    assert plain["policy"]["sha256"] != changed["policy"]["sha256"]


@pytest.mark.slow
def test_the_demo_says_that_it_is_synthetic_and_writes_its_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    done = ran("demo")
    document = ran("demo", "--out", "other", "--json")

    assert (done.exit_code, done.stderr) == (0, "")
    assert "synthetic BTC" in done.stdout.split(";")[0]
    assert done.stdout.splitlines()[-1] == "Page: steelyard-demo/report.html"
    assert sorted(path.name for path in (tmp_path / "steelyard-demo").iterdir()) == FILES
    assert document.stdout == (tmp_path / "other/result.json").read_text(encoding="utf-8")
    # The synthetic market has a dated contract: what is assumed of the basis trade is said too.
    shape = SHAPE | {"assumptions": SHAPE["assumptions"] | {"sleeves": "any"}}
    assert list(departures(json.loads(document.stdout), shape, shape)) == []


def test_the_windows_of_the_help_are_known() -> None:
    # The help names one period; the four are all there.
    assert {"2020-03", "2021-05", "2022-drawdown", "2025-10"} <= set(WINDOWS)
    assert WINDOWS["2022-drawdown"] == ("2021-11-10", "2022-12-31")
    assert "2022-drawdown" in ran("backtest", "--help").stdout
