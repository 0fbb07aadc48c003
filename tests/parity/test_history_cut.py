"""No decision looks ahead: with history up to a moment it is the same as with all of it."""

import pytest

from steelyard.data.catalogue import open_market
from steelyard.data.synthetic import synthetic_market
from steelyard.domain.arrays import Floats
from steelyard.domain.market import Bars, Market
from steelyard.policy import measures
from steelyard.policy.compile import CompiledPolicy, compile_policy
from steelyard.policy.load import load_policy
from tests.support.data import real_data
from tests.support.looking_ahead import look_aheads, one_ahead, random_cuts

pytestmark = pytest.mark.parity


@pytest.fixture(scope="module")
def article() -> CompiledPolicy:
    return compile_policy(load_policy("article"))


@pytest.fixture(scope="module")
def synthetic() -> Market:
    return synthetic_market()


@pytest.fixture(scope="module")
def bitcoin() -> Market:
    return open_market(real_data(), asset="BTC")


def plant(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let a function of the library read one bar ahead."""
    honest = measures.BARS[name]

    def dishonest(bars: Bars, numbers: tuple[float, ...]) -> Floats:
        return one_ahead(honest(bars, numbers))

    monkeypatch.setitem(measures.BARS, name, dishonest)


def test_decisions_on_a_cut_synthetic_market_are_those_of_all_of_it(
    article: CompiledPolicy, synthetic: Market
) -> None:
    assert look_aheads(article, synthetic, random_cuts(synthetic, 25, seed=1)) == []


@pytest.mark.parametrize("name", ["close", "atr", "adx"])
def test_a_planted_look_ahead_is_found_on_a_synthetic_market(
    article: CompiledPolicy, synthetic: Market, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    cuts = random_cuts(synthetic, 25, seed=1)
    plant(monkeypatch, name)
    found = look_aheads(article, synthetic, cuts)

    assert any(one.startswith("values") for one in found)
    assert any(one.startswith("condition") for one in found)


@pytest.mark.real
@pytest.mark.slow
def test_decisions_at_two_hundred_random_moments_are_those_of_the_full_history(
    article: CompiledPolicy, bitcoin: Market
) -> None:
    assert look_aheads(article, bitcoin, random_cuts(bitcoin, 200, seed=2)) == []


@pytest.mark.real
@pytest.mark.slow
def test_a_planted_look_ahead_is_found_on_real_history(
    article: CompiledPolicy, bitcoin: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    cuts = random_cuts(bitcoin, 200, seed=2)[:20]
    plant(monkeypatch, "atr")
    found = look_aheads(article, bitcoin, cuts)

    assert any(one.startswith("values") for one in found)
    assert any(one.startswith("condition") for one in found)


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize("asset", ["XRP", "ADA", "LTC"])
def test_decisions_on_other_assets_do_not_look_ahead(article: CompiledPolicy, asset: str) -> None:
    market = open_market(real_data(), asset=asset)

    assert look_aheads(article, market, random_cuts(market, 20, seed=3)) == []
