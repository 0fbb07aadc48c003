"""This file proves which contract facts are shipped and what is said where none are."""

import math
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from steelyard.data.facts import Today, contract_of, facts_for, facts_known
from steelyard.data.shipped import noted_ms
from steelyard.data.snapshot import keep_today
from steelyard.domain.errors import DataError
from steelyard.domain.time import stamp

VENUES = tomllib.loads(files("steelyard.data").joinpath("facts.toml").read_text("utf-8"))


def test_the_facts_of_bitcoin_are_those_of_the_venue() -> None:
    facts = facts_for("binance", "BTCUSDT")

    assert (facts.fee_spot, facts.fee_perp) == (0.001, 0.0005)
    assert (facts.lot_spot, facts.lot_perp) == (0.00001, 0.001)
    assert (facts.min_spot, facts.min_perp) == (5.0, 100.0)
    assert facts.liquidation_fee == 0.0125
    assert "exchangeInfo, 2025-08-07" in facts.source
    assert "none shipped" not in facts.source


def test_a_symbol_without_spot_facts_is_not_rounded_and_says_so() -> None:
    facts = facts_for("binance", "XRPUSDT")

    assert (facts.lot_spot, facts.min_spot) == (0.0, 0.0)
    assert (facts.lot_perp, facts.min_perp) == (0.1, 5.0)
    assert "spot lots: none shipped for XRPUSDT" in facts.source


def test_an_unknown_symbol_has_no_lots_and_the_usual_liquidation_fee() -> None:
    facts = facts_for("binance", "NEWUSDT")

    assert (facts.lot_perp, facts.min_perp) == (0.0, 0.0)
    assert facts.liquidation_fee == 0.0125
    assert "perpetual lots: none shipped for NEWUSDT" in facts.source
    assert "as none is shipped for NEWUSDT" in facts.source


def test_a_venue_without_facts_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(
        DataError, match=r"venue binanc; there are binance, bybit, .*; did you mean binance"
    ):
        facts_for("binanc", "BTCUSDT")


def test_invented_facts_say_that_they_are() -> None:
    assert "invented" in facts_for("synthetic", "BTCUSDT").source


def test_makers_pay_less_and_prices_move_in_ticks() -> None:
    facts = facts_for("binance", "BTCUSDT")

    assert (facts.maker_spot, facts.maker_perp) == (0.001, 0.0002)
    assert (facts.tick_spot, facts.tick_perp) == (0.01, 0.1)
    assert facts.funding_cap == 0.003


def test_a_settlement_is_an_hour_before_november_2024_and_half_an_hour_since() -> None:
    facts = facts_for("binance", "BTCUSDT")

    # 27 September 2024 and 27 December 2024 are last Fridays of a quarter; the 11th itself is new.
    assert facts.settlement_minutes(stamp(2024, 9, 27, 8)) == 60
    assert facts.settlement_minutes(stamp(2024, 11, 11)) == 30
    assert facts.settlement_minutes(stamp(2024, 12, 27, 8)) == 30
    assert facts.settlement_fee == facts.fee_perp == 0.0005


def test_a_venue_whose_settlement_and_liquidation_nobody_knows_says_so() -> None:
    facts = facts_for("okx", "BTCUSDT")

    assert math.isnan(facts.settlement_fee)
    assert facts.settlement_minutes(stamp(2025, 1, 1)) == 0
    # Domain 11 charges 0.5 percent where no venue says otherwise.
    assert facts.liquidation_fee == 0.005
    assert "liquidation fee: none known, 0.005 assumed" in facts.source
    assert [one.what for one in facts_known("okx", "BTCUSDT")] == ["fees"]


def test_inverse_contracts_are_of_100_dollars_of_bitcoin_and_10_of_others() -> None:
    sizes = {
        symbol: contract["contract_size"]
        for symbol, contract in VENUES["binance"]["inverse"]["symbols"].items()
    }

    assert sizes.pop("BTCUSD_PERP") == 100.0
    assert set(sizes.values()) == {10.0}
    assert contract_of("binance", "inverse", "BTCUSD_PERP")["liquidation_fee"] == 0.015
    assert contract_of("okx", "inverse", "BTCUSD_PERP") == {}


@pytest.mark.parametrize("venue", VENUES)
def test_every_shipped_rate_is_sane_and_says_where_it_is_from(venue: str) -> None:
    # exchanges.md 6: a rate outside -0.05 % and 0.5 % is a mistake of the source.
    for fee in VENUES[venue]["fees"]:
        assert -0.0005 <= fee["maker"] <= fee["taker"] <= 0.005
        assert fee["source"]
        assert noted_ms(fee["noted"])[0] >= stamp(2025, 1, 1)
    assert {"spot", "linear"} <= {fee["product"] for fee in VENUES[venue]["fees"]}


def test_a_fact_is_known_of_the_time_it_was_noted_or_told_of() -> None:
    fees, spot, perp, liquidation = facts_known("binance", "BTCUSDT")

    assert (fees.first_ms, fees.end_ms) == (stamp(2026, 9, 1), stamp(2026, 10, 1))
    assert (spot.first_ms, spot.end_ms) == (stamp(2025, 8, 7), stamp(2025, 8, 8))
    assert (perp.noted, liquidation.noted) == ("2025-08-07", "2025-08-07")


@pytest.mark.parametrize(
    ("noted", "first_ms", "end_ms"),
    [
        ("2024-02-29", stamp(2024, 2, 29), stamp(2024, 3, 1)),
        ("2024-12", stamp(2024, 12, 1), stamp(2025, 1, 1)),
        ("2024", stamp(2024, 1, 1), stamp(2025, 1, 1)),
    ],
)
def test_a_note_covers_its_day_its_month_or_its_year(
    noted: str, first_ms: int, end_ms: int
) -> None:
    assert noted_ms(noted) == (first_ms, end_ms)


def test_facts_of_the_day_in_a_catalogue_count_before_the_shipped_ones(tmp_path: Path) -> None:
    told = Today(
        date="2026-10-02", spot={"lot": 0.5, "tick": 0.25}, perp={"lot": 2.0, "min_notional": 7.0}
    )
    keep_today(tmp_path, "binance", {"BTCUSDT": told})
    facts = facts_for("binance", "BTCUSDT", tmp_path)
    known = facts_known("binance", "BTCUSDT", tmp_path)

    assert (facts.lot_spot, facts.tick_spot, facts.lot_perp, facts.min_perp) == (0.5, 0.25, 2, 7)
    # No liquidation fee was told that day, so the venue's usual one stands in.
    assert [one.noted for one in known] == ["2026-09", "2026-10-02", "2026-10-02", "2025-08-07"]
