"""What holds for the targets of every policy: limits, order of firing, order in the file."""

from collections.abc import Sequence

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from steelyard.decision.compose import compose, leverage_in_force
from steelyard.domain.plan import Plan
from steelyard.domain.record import MAX_TRACE
from steelyard.domain.targets import fit_margin
from tests.support.markets import random_effect, random_scene
from tests.support.plans import Actor, Effect, Scene, effect_table, limits_of, ordered, play

seeds = st.integers(0, 2**32 - 1)


def composed(seed: int) -> tuple[np.ndarray, float, bool]:
    """Return targets of random effects at random sizes, the leverage, and if shorts are allowed."""
    rng = np.random.default_rng(seed)
    effects = [random_effect(rng) for _ in range(int(rng.integers(0, 7)))]
    table = effect_table(list(enumerate(effects)))
    size = np.where(rng.random(table.size)[:, None] < 0.3, np.nan, table["low"])
    weights = np.array([rng.random(), rng.uniform(-3.0, 3.0)])
    may_short = bool(rng.random() < 0.7)
    limits = limits_of(net_short=int(may_short), leverage=float(rng.choice([1.0, 2.0, 7.0])))
    leverage = leverage_in_force(table, size, float(limits["leverage"][0]))
    compose(table, limits, size, weights, (leverage, False), np.empty((MAX_TRACE, 3)))
    return weights, leverage, may_short


@given(seeds)
def test_targets_can_always_be_backed(seed: int) -> None:
    (spot, futures), leverage, may_short = composed(seed)

    assert 0.0 <= spot <= 1.0 + 1e-12
    assert abs(futures) <= leverage * (1.0 - spot) + 1e-12
    assert may_short or futures >= -spot - 1e-12


@given(st.floats(0.0, 1.0), st.floats(-20.0, 20.0), st.floats(0.01, 20.0))
@example(spot=1e-308, futures=-2.0, leverage=1.0)
@example(spot=1e-12, futures=-2.0, leverage=1.0)
def test_the_margin_rule_is_satisfied_after_it_and_changes_no_more_than_it_must(
    spot: float, futures: float, leverage: float
) -> None:
    new_spot, new_futures = fit_margin(spot, futures, leverage)
    again = fit_margin(new_spot, new_futures, leverage)

    assert abs(new_futures) <= leverage * (1.0 - new_spot) + 1e-9
    assert np.allclose(again, (new_spot, new_futures), atol=1e-12)
    if abs(futures) <= leverage * (1.0 - spot) - 1e-9:
        assert np.allclose((new_spot, new_futures), (spot, futures), atol=1e-12)
    if futures < 0.0 and spot > 1e-3:  # a hedge keeps its ratio
        assert np.isclose(new_futures * spot, futures * new_spot, atol=1e-9)


@given(seeds)
@settings(max_examples=50)
def test_every_target_of_a_run_can_be_backed(seed: int) -> None:
    for left in play(random_scene(seed, 20)):
        spot, futures = left.targets

        assert 0.0 <= spot <= 1.0
        assert abs(futures) <= left.leverage * (1.0 - spot) + 1e-9


@given(seeds)
@settings(max_examples=50)
def test_the_slices_of_an_unwind_can_be_backed_where_no_cap_changes(seed: int) -> None:
    # Between two weights that can be backed, every weight on the way can.
    rng = np.random.default_rng(seed)
    held = Actor(
        when="TT" + "F" * 8,
        rule={"unwind": int(rng.integers(1, 7))},
        spot=float(rng.random()),
        futures=float(rng.uniform(-2.0, 2.0)),
    )
    scene = Scene(regimes=[held], baseline=(float(rng.random()), float(rng.uniform(-2.0, 2.0))))
    for left in play(scene):
        assert abs(left.targets[1]) <= 2.0 * (1.0 - left.targets[0]) + 1e-9


class Ranked(Scene):
    """A scene whose effects stand in a given order, each with the number of its entity."""

    ranked: Sequence[tuple[int, Effect]] = ()

    def plan(self) -> Plan:
        return super().plan()._replace(effects=effect_table(self.ranked))


def ranked_scene(actors: list[Actor], ranked: list[tuple[int, Effect]]) -> Ranked:
    scene = Ranked(triggers=actors)
    scene.ranked = ranked
    return scene


@given(seeds, st.permutations(range(6)))
@settings(max_examples=60)
def test_the_order_of_triggers_in_a_file_does_not_matter(seed: int, places: list[int]) -> None:
    # The same triggers written in another order; their effects keep the order of priority and id.
    rng = np.random.default_rng(seed)
    effects = [random_effect(rng) for _ in range(6)]
    texts = ["".join(rng.choice(list("TF"), 5)) for _ in range(6)]

    def targets(order: list[int]) -> list[tuple[float, float]]:
        actors = [Actor(when=texts[number], strength=[0.5] * 5) for number in order]
        ranked = [(order.index(number), effects[number]) for number in range(6)]
        return [left.targets for left in play(ranked_scene(actors, ranked))]

    assert targets(list(range(6))) == targets(list(places))


@given(seeds, st.permutations(range(5)))
@settings(max_examples=60)
def test_the_order_in_which_triggers_fire_does_not_matter(seed: int, places: list[int]) -> None:
    # Each fires at a moment of its own and stays; at the end all are active either way.
    rng = np.random.default_rng(seed)
    effects = [random_effect(rng) for _ in range(5)]

    def last(moments: list[int]) -> tuple[float, float]:
        actors = [
            Actor(when="F" * at + "T" * (5 - at), effects=[effect], strength=[0.3] * 5)
            for at, effect in zip(moments, effects, strict=True)
        ]
        return play(Scene(triggers=actors))[-1].targets

    assert last(list(range(5))) == last(list(places))


@given(
    st.tuples(st.floats(0.0, 1.0), st.floats(-2.0, 2.0)),
    st.tuples(st.floats(0.0, 1.0), st.floats(-2.0, 2.0)),
    st.sampled_from([0.0, 0.001, 0.01]),
)
def test_planning_twice_gives_no_second_order(
    held: tuple[float, float], wanted: tuple[float, float], lot: float
) -> None:
    # After perfect fills every leg is within half a lot, or a lot toward zero, of its target: at
    # most 0.01 x 50,000 = 500 of 100,000, far inside the band.
    first = ordered(held, wanted, room=np.inf, lot=lot)
    reached = tuple(w + q * 0.5 for w, q in zip(held, first.coins, strict=True))
    second = ordered((reached[0], reached[1]), wanted, room=np.inf, lot=lot)

    assert second.coins == (0.0, 0.0)
