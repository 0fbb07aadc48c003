"""A fact that is used outside the time of which it is known is warned of, once."""

from dataclasses import replace

import pytest

from steelyard.data.catalogue import open_market
from steelyard.data.synthetic import synthetic_market
from steelyard.domain.market import Market
from steelyard.domain.time import stamp
from steelyard.engine.backtest import backtest
from steelyard.engine.outdated import outdated_facts
from tests.support import catalogues as made


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Market:
    return open_market(made.write_catalogue(tmp_path_factory.mktemp("data")), asset="BTC")


def test_each_fact_is_warned_of_once_with_its_date_and_those_of_the_run(market: Market) -> None:
    warned = [said for said in backtest("hold", market).warnings if "used from 2020-01-0" in said]

    assert [said.split(" as of ")[0] for said in warned] == [
        "Fees",
        "Spot lots",
        "Perpetual lots",
        "Liquidation fee",
        "Maintenance tiers",
    ]
    assert warned[0].startswith("Fees as of 2026-09 (Binance fee pages")
    assert "Maintenance tiers as of 2024-10 (binance.perp.leverage_tiers.2024-10)" in warned[4]


@pytest.mark.parametrize(
    ("start", "end", "count"),
    [
        (stamp(2024, 10, 1), stamp(2024, 11, 1), 0),
        (stamp(2024, 9, 30, 23), stamp(2024, 11, 1), 1),
        (stamp(2024, 10, 1), stamp(2024, 11, 1, 1), 1),
    ],
)
def test_a_month_covers_a_run_within_it_and_no_hour_more(
    market: Market, start: int, end: int, count: int
) -> None:
    tiers = replace(market, known=market.known[-1:])

    assert len(list(outdated_facts(tiers, start, end))) == count


def test_an_invented_market_has_invented_facts_of_any_time() -> None:
    found = list(outdated_facts(synthetic_market(), stamp(2001, 1, 1), stamp(2003, 1, 1)))

    assert found == []


def test_what_is_warned_of_says_what_follows(market: Market) -> None:
    for said in outdated_facts(market, stamp(2020, 1, 1), stamp(2021, 1, 1)):
        facts, _, meaning = said.partition("used from 2020-01-01 to 2021-01-01: ")

        assert facts
        assert " may have " in meaning or "refused below these" in meaning
