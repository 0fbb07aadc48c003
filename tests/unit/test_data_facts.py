"""This file proves which contract facts are shipped and what is said where none are."""

import pytest

from steelyard.data.facts import facts_for
from steelyard.domain.errors import DataError


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
    with pytest.raises(DataError, match=r"venue binanc; there are binance, synthetic; did you"):
        facts_for("binanc", "BTCUSDT")


def test_invented_facts_say_that_they_are() -> None:
    assert "invented" in facts_for("synthetic", "BTCUSDT").source
