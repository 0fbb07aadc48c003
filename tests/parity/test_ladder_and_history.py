"""The ladder is the backtest: its rung at the close that came gives what the backtest then did."""

from typing import TYPE_CHECKING

import numpy as np
import pytest

from steelyard.data.catalogue import open_market
from steelyard.data.synthetic import synthetic_market
from steelyard.domain.market import Market
from steelyard.domain.record import Walk
from steelyard.domain.time import DAY_MS
from steelyard.engine.course import lay_course
from steelyard.engine.standing import stand_at
from steelyard.engine.tomorrow import Rung, given_day, live_on
from steelyard.policy.compile import CompiledPolicy, compile_policy
from steelyard.policy.load import load_policy
from tests.support.data import real_data

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

pytestmark = pytest.mark.parity


def days_of(market: Market, count: int, seed: int) -> tuple[int, list[int]]:
    """Return the start of an account and random midnights after which a whole day is known."""
    start_ms = lay_course(market, start=None, end=None).start_ms
    first = -(-start_ms // DAY_MS) + 1
    picked = np.random.default_rng(seed).choice(
        np.arange(first, market.end_ms // DAY_MS), count, replace=False
    )
    return start_ms, sorted(int(day) * DAY_MS for day in picked)


def true_close(market: Market, at_ms: int) -> float:
    """Return the last spot price there is of the day that begins at a moment; NaN if none."""
    rows = (market.spot.known_ms > at_ms) & (market.spot.known_ms <= at_ms + DAY_MS)
    closes = market.spot.close[rows]
    known = closes[~np.isnan(closes)]
    return float(known[-1]) if known.size else float("nan")


def differences(walked: Walk, rung: Rung, at_ms: int) -> list[str]:
    """Return in what a rung and the backtest's decision a day after ``at_ms`` are not the same."""
    row = int(np.searchsorted(walked.decisions.ms, at_ms + DAY_MS))
    decided = walked.decisions
    pairs: dict[str, tuple[ArrayLike, ArrayLike]] = {
        "targets": (rung.targets, decided.targets[row]),
        "regime": (rung.regime, decided.regime[row]),
        "phases": (rung.phases, decided.phase[row]),
        "conditions": (rung.conditions, decided.condition[row]),
        "orders": (rung.ordered, decided.ordered[row]),
    }
    return [
        f"{name} after {at_ms}: {one!r} is not {other!r}"
        for name, (one, other) in pairs.items()
        if not np.allclose(np.asarray(one), np.asarray(other), 1e-9, 1e-12, equal_nan=True)
    ]


def compared(compiled: CompiledPolicy, market: Market, count: int, seed: int) -> list[str]:
    """Return every difference on random past days."""
    course = lay_course(market, start=None, end=None)
    walked = course.run(compiled)
    _, days = days_of(market, count, seed)
    found = []
    for at_ms in days:
        standing = stand_at(compiled, course, at_ms)
        rung = live_on(standing, given_day(market, at_ms), true_close(market, at_ms))
        found += differences(walked, rung, at_ms)
    return found


@pytest.fixture(scope="module")
def article() -> CompiledPolicy:
    return compile_policy(load_policy("article"))


def test_the_rung_at_the_true_close_is_what_the_backtest_did_on_a_synthetic_market(
    article: CompiledPolicy,
) -> None:
    assert compared(article, synthetic_market(), 40, seed=4) == []


def test_a_rung_at_another_close_is_not_what_the_backtest_did(article: CompiledPolicy) -> None:
    market = synthetic_market()
    course = lay_course(market, start=None, end=None)
    walked = course.run(article)
    _, days = days_of(market, 20, seed=4)
    found = []
    for at_ms in days:
        standing = stand_at(article, course, at_ms)
        rung = live_on(standing, given_day(market, at_ms), 0.6 * true_close(market, at_ms))
        found += differences(walked, rung, at_ms)

    assert any(one.startswith("targets") for one in found)


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize(("asset", "count"), [("BTC", 100), ("XRP", 10), ("ADA", 10), ("LTC", 10)])
def test_the_rung_at_the_true_close_is_what_the_backtest_did_on_real_history(
    article: CompiledPolicy, asset: str, count: int
) -> None:
    assert compared(article, open_market(real_data(), asset=asset), count, seed=5) == []
