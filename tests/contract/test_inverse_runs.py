"""This file proves that every command runs on coin-margined futures, or says why it cannot."""

import json
from pathlib import Path

import polars as pl
import pytest

import steelyard as sy
from steelyard.data.names import names_of
from tests.support import catalogues as made
from tests.support.commands import ran, refused
from tests.support.made_history import write_inverse, write_shifted

ACCOUNT = 'schema = 1\n[margin]\nfutures = "inverse"\n'
HEDGED = """schema = 1
name = "hedged"
about = "All in spot, its dollars sold."
[baseline]
spot = 1.0
futures = -1.0
"""


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a catalogue of three years whose futures are coin-margined."""
    return write_inverse(tmp_path_factory.mktemp("inverse") / "data")


@pytest.fixture
def account(tmp_path: Path) -> Path:
    file = tmp_path / "account.toml"
    file.write_text(ACCOUNT, encoding="utf-8")
    return file


def asked(
    command: str, data: Path, account: Path, policy: str = "article"
) -> tuple[str | Path, ...]:
    return command, policy, "--data", data, "--asset", "BTC", "--account", account


@pytest.mark.slow
def test_a_backtest_is_of_the_coin_margined_series(history: Path, account: Path) -> None:
    told = json.loads(ran(*asked("backtest", history, account), "--json").stdout)
    inverse = names_of("BTC", "binance", futures="inverse")
    read = {each["series"] for each in told["data"]}
    start, end = told["equity"]["start"], told["equity"]["end"]
    slack = 1e-9 * max(start, end)

    assert {inverse.perp, inverse.mark, inverse.funding} <= read
    assert not {"binance.perp.BTCUSDT.1h", "binance.perp.BTCUSDT.funding"} & read
    assert told["attribution"]["total"] == pytest.approx(end - start, abs=slack)
    assert abs(told["attribution"]["residual"]) <= slack
    assert abs(told["attribution_in_coin"]["residual"]) <= slack
    assert told["assumptions"]["account"]["terms"]["margin"]["futures"] == "inverse"
    assert any("coin-margined" in each for each in told["assumptions"]["account"]["readings"])
    # breakdown asks for 0.30 and -0.70: 0.60 is what 0.30 backs.
    assert any("held more" in one and "breakdown" in one for one in told["warnings"])


@pytest.mark.slow
@pytest.mark.parametrize("command", ["stress", "explain", "ladder", "review"])
def test_the_other_commands_run_too(history: Path, account: Path, command: str) -> None:
    assert ran(*asked(command, history, account)).exit_code == 0


@pytest.mark.slow
def test_a_portfolio_is_the_sum_of_its_coin_margined_accounts(history: Path, account: Path) -> None:
    market = sy.open_market(history, asset="BTC", futures="inverse")
    terms, shares = sy.load_account(account), {"ONE": 0.7, "TWO": 0.3}
    found = sy.portfolio(
        "static-60-40", dict.fromkeys(shares, market), shares=shares, account=terms
    )
    alone = sy.backtest("static-60-40", market, cash=30_000.0, account=terms)

    assert found.assets["TWO"].result.to_json() == alone.to_json()
    assert found.end_equity == pytest.approx(sum(one.end_equity for one in found.results))
    assert abs(found.attribution.residual) <= 1e-9 * found.account.nav.max()


@pytest.mark.slow
def test_orders_of_futures_are_told_in_dollars(history: Path, account: Path) -> None:
    told = ran(*asked("ladder", history, account)).stdout

    assert "those of futures in USDT" in " ".join(told.split())


def test_a_full_hedge_needs_the_account_to_be_asked_for(
    history: Path, account: Path, tmp_path: Path
) -> None:
    policy = tmp_path / "hedged.toml"
    policy.write_text(HEDGED, encoding="utf-8")
    command = asked("backtest", history, account, str(policy))
    told = json.loads(ran(*command, "--json").stdout)
    line = refused(*command[:-2], code=2)

    parts = told["attribution"]

    # The coin's price doubles; of that a hedge sees what its band of 2 % leaves.
    assert abs(parts["spot"] + parts["futures"]) <= 0.02 * told["equity"]["end"]
    assert parts["spot"] > 0.5 * told["equity"]["start"]
    assert "0 of cash at leverage 2 backs futures up to 0 either way" in line


def test_a_check_is_against_what_backs_the_account(account: Path, tmp_path: Path) -> None:
    policy = tmp_path / "hedged.toml"
    policy.write_text(HEDGED.replace("-1.0", "-3.0"), encoding="utf-8")
    said = ran("check", policy, "--account", account).stdout
    told = json.loads(ran("check", policy, "--account", account, "--json").stdout)
    line = refused("check", policy, code=2)

    assert "hedged is valid" in said
    assert "Coins back futures; to leverage times spot are cut: baseline." in said
    assert told["unbacked"] == ["baseline"]
    assert "0 of cash at leverage 2 backs futures up to 0 either way" in line


@pytest.mark.slow
def test_a_check_on_data_tells_when_futures_were_cut(history: Path, account: Path) -> None:
    told = json.loads(ran(*asked("check", history, account), "--json").stdout)
    (found,) = [each for each in told["market"]["remarks"] if each["id"] == "breakdown"]

    assert found["kind"] == "unbacked"
    assert found["count"] > 0
    assert "breakdown: its futures were cut to what coins back" in found["sentence"]
    assert found["moment"][:10] in found["sentence"]


def test_linear_series_never_stand_in_for_inverse_ones(tmp_path: Path, account: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    made.write_catalogue(data)
    line = refused(*asked("backtest", data, account), code=3)

    assert "lacks binance_coinm.perp.BTCUSD.1h" in line
    assert "binance.perp.leverage_tiers.YYYY-MM of the coin-margined BTCUSD_PERP" in line
    assert "it holds binance.spot.BTCUSDT.1h, binance.perp.BTCUSDT.1h" in line
    assert "steelyard data download BTC --venue binance" in line


def test_tiers_of_another_symbol_are_none(history: Path, tmp_path: Path, account: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for file in history.glob("*.parquet"):
        (data / file.name).symlink_to(file)
    tiers = data / "binance.perp.leverage_tiers.2024-10.parquet"
    tiers.unlink()
    made.tiers().write_parquet(tiers)

    assert "lacks binance.perp.leverage_tiers" in refused(*asked("backtest", data, account), code=3)


def test_deductions_in_coins_are_held_to_a_millionth(history: Path, tmp_path: Path) -> None:
    # 5 x 0.001 = 0.005 coins are 200 dollars and more: a cent's slack would not see them.
    tiers = pl.read_parquet(history / "binance.perp.leverage_tiers.2024-10.parquet")
    data = tmp_path / "data"
    data.mkdir()
    for file in history.glob("*.parquet"):
        if "tiers" not in file.name:
            (data / file.name).symlink_to(file)
    tiers.with_columns(maint_amount=pl.lit(0.0)).write_parquet(
        data / "binance.perp.leverage_tiers.2024-10.parquet"
    )

    with pytest.raises(sy.DataError, match=r"the tiers below make it 0\.005"):
        sy.open_market(data, asset="BTC", futures="inverse")


def test_a_market_and_an_account_of_other_futures_do_not_meet(
    history: Path, tmp_path: Path, account: Path
) -> None:
    inverse = sy.open_market(history, asset="BTC", futures="inverse")
    linear = sy.open_market(write_shifted(tmp_path / "linear"), asset="BTC")

    with pytest.raises(sy.RequestError, match="opened with inverse futures"):
        sy.backtest("article", inverse)
    with pytest.raises(sy.PolicyError, match=r"account\.toml:3.*opened with linear futures"):
        sy.backtest("hold", linear, account=sy.load_account(account))


def test_unknown_futures_are_refused(history: Path) -> None:
    with pytest.raises(sy.RequestError, match="futures is 'coin'; choose 'linear' or 'inverse'"):
        sy.open_market(history, asset="BTC", futures="coin")


def test_a_venue_without_fees_of_them_is_refused(history: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    for file in history.glob("binance*.parquet"):
        (data / file.name.replace("binance", "weex")).symlink_to(file)

    with pytest.raises(sy.DataError, match="no fees of inverse contracts are shipped"):
        sy.open_market(data, asset="BTC", venue="weex", futures="inverse")


@pytest.mark.slow
def test_pairs_need_linear_futures_and_stay_idle(history: Path, account: Path) -> None:
    # There are dated contracts in this catalogue, of which linear futures would make pairs.
    plain = sy.load_account(account)
    market = sy.open_market(history, asset="BTC", futures="inverse")
    settings = ["basis.allocation=0"]
    idle = sy.backtest("article", market, account=plain)
    off = sy.backtest(sy.load_policy("article", settings, account=plain), market, account=plain)

    assert market.dated
    assert sum("the basis sleeve stays idle" in one for one in idle.warnings) == 1
    assert not any("stays idle" in one or "download" in one for one in off.warnings)
    assert idle.equity.equals(off.equity)
