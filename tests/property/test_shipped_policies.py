"""What holds for every shipped policy: units, unknown inputs, limits, the future."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.data.assemble import bar_kinds
from steelyard.data.synthetic import synthetic_market
from steelyard.decision.state import new_state
from steelyard.decision.step import decide
from steelyard.domain import codes
from steelyard.domain.market import Bars, Market
from steelyard.domain.plan import Signals
from steelyard.domain.record import Walk
from steelyard.domain.view import View
from steelyard.engine.course import lay_course
from steelyard.policy.compile import CompiledPolicy, compile_policy
from steelyard.policy.load import load_policy, policy_names
from tests.support.looking_ahead import DECIDED, look_aheads, random_cuts
from tests.support.markets import random_scene
from tests.support.plans import play, seen

CASH = 100_000.0
RULES = ("accumulation", "article", "prudent")
seeds = st.integers(0, 2**32 - 1)


@cache
def invented() -> Market:
    return synthetic_market()


@cache
def compiled(name: str) -> CompiledPolicy:
    return compile_policy(load_policy(name))


@cache
def signals_of(name: str) -> Signals:
    return lay_course(invented(), start=None, end=None, cash=CASH).prepare(compiled(name))[0]


# -- units ----------------------------------------------------------------------------------------


def scaled_bars(bars: Bars, factor: float) -> Bars:
    prices = {name: factor * getattr(bars, name) for name in ("open", "high", "low", "close")}
    return replace(bars, **prices)


def in_other_money(market: Market, factor: float) -> Market:
    """Return a market whose quote currency is worth less by a factor; coins stay coins."""
    spot = scaled_bars(market.spot, factor)
    tiers, facts = market.tiers, market.facts
    return replace(
        market,
        spot=spot,
        perp=scaled_bars(market.perp, factor),
        mark=scaled_bars(market.mark, factor),
        bars=bar_kinds(spot),
        tiers=replace(tiers, cap=factor * tiers.cap, deduction=factor * tiers.deduction),
        facts=replace(facts, min_spot=factor * facts.min_spot, min_perp=factor * facts.min_perp),
    )


def decided(name: str, market: Market, factor: float) -> Walk:
    policy = compile_policy(load_policy(name, [f"limits.min_notional={100.0 * factor!r}"]))
    return lay_course(market, start=None, end=None, cash=CASH * factor).run(policy)


@pytest.mark.parametrize("factor", [1.0 / 1024.0, 7.3])
@pytest.mark.parametrize("name", RULES)
def test_what_money_is_counted_in_changes_no_decision(name: str, factor: float) -> None:
    one = decided(name, invented(), 1.0).decisions
    other = decided(name, in_other_money(invented(), factor), factor).decisions
    for column in DECIDED:
        assert np.allclose(
            getattr(one, column), getattr(other, column), rtol=1e-9, atol=1e-12, equal_nan=True
        ), column


# -- unknown inputs -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", policy_names())
def test_where_nothing_is_known_nothing_fires(name: str) -> None:
    # Not the broken support either, whose failsafe is held for two evaluations and arms nothing.
    policy, signals = compiled(name), signals_of(name)
    blank = signals._replace(values=np.full_like(signals.values[:, :50], np.nan))
    state = new_state(policy.plan, signals.grid_index.shape[0])
    for moment in range(50):
        decide(policy.plan, blank, state, moment, View(0.6, 1.0))

        assert set(seen(state).phases) <= {"idle"}
        assert seen(state).regime == -1


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("seed", range(3))
def test_a_moment_at_which_nothing_is_known_starts_nothing(name: str, seed: int) -> None:
    # One moment in ten is blank; a guard that a confirmed entry waited for may still come true.
    policy, signals = compiled(name), signals_of(name)
    blank = np.random.default_rng(seed).random(signals.ms.size) < 0.1
    values = np.where(blank, np.nan, signals.values)
    lost = signals._replace(values=values)
    state = new_state(policy.plan, signals.grid_index.shape[0])
    before = seen(state).phases
    for moment in range(signals.ms.size):
        decide(policy.plan, lost, state, moment, View(0.6, 0.0))
        phases = seen(state).phases
        begun = [
            one
            for one, old, new in zip(policy.entity_ids, before, phases, strict=True)
            if new == "active" and old in {"idle", "cooldown"}
        ]

        assert not (blank[moment] and begun), begun
        before = phases


@given(seeds)
@settings(max_examples=60)
def test_only_a_failsafe_fires_where_everything_is_unknown(seed: int) -> None:
    scene = random_scene(seed, 12)
    actors = [*scene.triggers, *scene.regimes]
    safe = [
        actor.rule["on_unknown"] != codes.FAILSAFE or actor.rule["failsafe_after"] >= 0
        for actor in actors
    ]
    unknown = [replace(actor, when="U" * 12) for actor in actors]
    scene.triggers, scene.regimes = unknown[:3], unknown[3:]
    for left in play(scene):
        quiet = [phase for phase, held in zip(left.phases, safe, strict=True) if held]

        assert set(quiet) <= {"idle"}


# -- limits and the future ------------------------------------------------------------------------


@pytest.mark.parametrize("name", policy_names())
def test_every_target_of_a_shipped_policy_can_be_backed(name: str) -> None:
    decisions = decided(name, invented(), 1.0).decisions
    spot, futures = decisions.targets[:, 0], decisions.targets[:, 1]
    may_short = load_policy(name).document.limits.net_short

    assert np.all((spot >= 0.0) & (spot <= 1.0 + 1e-12))
    assert np.all(np.abs(futures) <= decisions.leverage * (1.0 - spot) + 1e-9)
    assert may_short or np.all(futures >= -spot - 1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["accumulation", "prudent"])
def test_more_history_changes_no_past_decision(name: str) -> None:
    cuts = random_cuts(invented(), 6, seed=5)

    assert look_aheads(compiled(name), invented(), cuts) == []
