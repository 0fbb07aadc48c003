"""This file holds the walk that crosses quiet bars at once against the referee."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.domain.compiled import entry
from steelyard.kernel import stretch
from steelyard.kernel.walk import walk_bars
from tests.referee import book as events
from tests.referee.bar import live
from tests.referee.contest import TIE, TOLERANCE, Largest, values_apart
from tests.referee.product import Product
from tests.referee.scenarios import Scenario, plain_scenario
from tests.support.plans import Actor, Scene

is_quiet = entry(stretch.is_quiet)
SCENE = Scene(triggers=[Actor(when="F")], baseline=(0.0, 0.0))


def is_crossed(product: Product) -> bool:
    """Tell whether the walk takes all bars at once."""
    last = product.track.open_ms.size - 1
    limits = SCENE.plan().limits
    return bool(is_quiet(limits, product.track, product.costs, product.book, 0, last))


def walked(scenario: Scenario) -> tuple[Product, bool]:
    """Return the product at the end of its walk, and whether that crossed the bars at once."""
    product = Product(scenario)
    crossed = is_crossed(product)
    walk_bars(SCENE.plan(), SCENE.signals(), product.track, product.costs, product.book)
    return product, crossed


@settings(max_examples=200, derandomize=True, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_a_walk_agrees_with_the_referee_on_accounts_that_only_hold(seed: int) -> None:
    scenario = plain_scenario(seed)
    product, _ = walked(scenario)
    book, largest, equity = scenario.book, Largest(scenario.book), []
    for bar in scenario.bars:
        live(book, bar, scenario.rules)
        largest.see(book)
        equity.append(float(events.equity(book)))
    slack = float(TOLERANCE * largest.money)

    if book.narrowest >= TIE:
        assert list(values_apart(book, product, largest)) == []
        assert np.allclose(product.book.bars["equity"], equity, rtol=0.0, atol=slack)


def test_some_of_these_walks_cross_quiet_bars_and_some_do_not() -> None:
    crossed = [walked(plain_scenario(seed))[1] for seed in range(60)]

    assert 10 < sum(crossed) < 50
