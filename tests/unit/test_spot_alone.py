"""A market of spot alone: what runs on it, what is refused, and what is told."""

import json
from pathlib import Path

import numpy as np
import pytest

from steelyard.data.catalogue import open_market
from steelyard.data.synthetic import write_synthetic
from steelyard.domain.errors import DataError
from steelyard.domain.market import Market
from steelyard.engine.backtest import backtest
from steelyard.engine.lint import check
from steelyard.engine.review import review
from steelyard.engine.standing import stand
from steelyard.policy.compile import compile_policy
from steelyard.policy.load import load_policy, policy_names
from steelyard.policy.needs import needs_futures
from tests.support import catalogues as made
from tests.support.commands import ran

HEAD = 'schema = 1\nname = "p"\nabout = "One sentence."\nbars = "1d"\n'
BASE = "[baseline]\nspot = 0.6\nfutures = 0.0\n"
TRIGGER = '[[triggers]]\nid = "t"\nwhy = "For a test."\nwhen = "{}"\neffect = {{ {} }}\n'


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a catalogue with spot bars and nothing else."""
    folder = tmp_path_factory.mktemp("data")
    made.replace(folder, made.SPOT, made.bars(24 * 20))
    return folder


@pytest.fixture(scope="module")
def market(folder: Path) -> Market:
    return open_market(folder, asset="BTC")


def uses(folder: Path, words: str) -> list[str]:
    file = folder / "p.toml"
    file.write_text(HEAD + words, "utf-8")
    return list(needs_futures(compile_policy(load_policy(str(file)))))


def test_spot_alone_gives_what_the_same_spot_gives_beside_futures(tmp_path: Path) -> None:
    write_synthetic(tmp_path)
    both = open_market(tmp_path, asset="BTC", venue="synthetic")
    (tmp_path / "synthetic.perp.BTCUSDT.funding.parquet").unlink()
    alone = open_market(tmp_path, asset="BTC", venue="synthetic")
    start, end = "2001-09-01", "2001-12-31"

    beside = backtest("sma200-only", both, start=start, end=end)
    result = backtest("sma200-only", alone, start=start, end=end)

    assert (both.has_futures, alone.has_futures) == (True, False)
    assert result.counts.fills > 0
    assert result.end_equity == beside.end_equity


def test_holding_on_spot_alone_earns_what_the_price_does(market: Market) -> None:
    # Bar i opens at 100 + i and closes at 101 + i; two daily returns are known at hour 72, where
    # spot is bought at the open of 172 plus half a basis point and impact, for 0.1 % in fees.
    result = backtest("hold", market)
    opened, closed = 100.0 + 72.0, 100.0 + 24 * 20
    costs = result.attribution.fees + result.attribution.slippage

    assert result.attribution.spot + costs == pytest.approx(result.end_equity - 100_000.0)
    coins = float(result.fills["quantity"][0])
    assert result.attribution.spot == pytest.approx(coins * (closed - opened), rel=1e-9)
    assert result.attribution.futures == result.attribution.funding == 0.0


@pytest.mark.parametrize("name", ["hold", "sma200-only"])
def test_benchmarks_that_hold_futures_are_null_and_a_warning_says_why(
    market: Market, name: str
) -> None:
    result = backtest(name, market)
    document = json.loads(result.to_json())
    (told,) = [said for said in result.warnings if "spot alone" in said]

    assert document["benchmarks"]["static_70_30"] is None
    assert document["benchmarks"]["static_60_40"] is None
    assert set(result.benchmarks) == {"hold", "constant_delta", "sma200_only"}
    assert told.startswith(
        "BTC is spot alone here, so the benchmarks static_70_30 and static_60_40"
    )
    assert "lacks series binance.perp.BTCUSDT.1h" in told


def test_facts_of_futures_are_not_warned_of_where_there_are_none(market: Market) -> None:
    told = " ".join(backtest("hold", market).warnings)

    assert "Fees as of" in told
    assert "Spot lots as of" in told
    assert "Maintenance tiers" not in told
    assert "Liquidation fee" not in told


def test_the_page_and_the_answer_leave_out_what_could_not_be_run(
    folder: Path, tmp_path: Path
) -> None:
    words = ("backtest", "hold", "--data", folder, "--asset", "BTC", "--out", tmp_path)
    said = ran(*words).stdout
    page = (tmp_path / "report.html").read_text("utf-8")

    assert "static 70/30" not in said
    assert "holding" in said
    assert "static 70/30" not in page


@pytest.mark.parametrize("name", sorted({*policy_names()} - {"hold", "sma200-only"}))
def test_a_policy_that_may_hold_futures_is_refused_by_what_is_missing(
    market: Market, name: str
) -> None:
    with pytest.raises(
        DataError, match=rf"{name} needs futures \(.*binance\.perp\.BTCUSDT\.funding"
    ):
        backtest(name, market)


def test_a_check_finds_what_is_missing_and_the_other_looks_work(market: Market) -> None:
    found = check("static-60-40", market).findings
    day = review(load_policy("hold"), market)

    assert [(one.kind, one.id) for one in found] == [("missing_series", "static-60-40")]
    assert "baseline holds futures" in found[0].sentence
    assert check("hold", market).findings == ()
    assert stand(load_policy("hold"), market).moment >= 0
    assert day is not None


def test_the_perpetual_of_spot_alone_is_never_settled(market: Market) -> None:
    assert np.isnan(market.funding.rate).all()
    assert market.end_ms == market.spot.end_ms
    assert market.start_ms == int(market.spot.open_ms[0])
    assert not np.isfinite(market.tiers.cap).any()


@pytest.mark.parametrize(
    ("effect", "needs"),
    [
        ("cut_longs = 0.5", []),
        ("leverage_cap = 1.0", []),
        ("alert = true", []),
        ("set = { spot = 0.2, futures = 0.0 }", []),
        ("set = { spot = 0.2, futures = -0.1 }", ["t holds futures"]),
        ("hedge = 0.1", ["t holds futures"]),
        ("cover = 0.5", ["t holds futures"]),
        ("shift = 0.1", ["t holds futures"]),
        ("cut_longs = 0.5, else_hedge = 0.1", ["t holds futures"]),
    ],
)
def test_effects_that_can_sell_futures_need_them(
    tmp_path: Path, effect: str, needs: list[str]
) -> None:
    found = uses(tmp_path, BASE + TRIGGER.format("close > 1", effect))

    assert found == needs


def test_rows_reviews_and_conditions_need_futures_too(tmp_path: Path) -> None:
    regime = '[[regimes]]\nid = "r"\nwhy = "For a test."\nwhen = "close > 1"\n'

    assert uses(tmp_path, BASE) == []
    assert uses(tmp_path, BASE.replace("0.0", "0.1")) == ["baseline holds futures"]
    short = 'strength = "ramp(close, 1, 2)"\nspot = 0.2\nfutures = [-0.2, 0.0]\n'
    assert uses(tmp_path, BASE + regime + short) == ["r holds futures"]
    assert uses(tmp_path, 'review = "funding"\n' + BASE) == [
        "it is reviewed at settlements of funding"
    ]
    reading = TRIGGER.format("funding_8h > 0.001", "leverage_cap = 1.0")
    assert uses(tmp_path, BASE + reading) == ['trigger "t", when, reads funding']
