"""Conditions at random: worked out the slow way, run by the decision's step, cut, attacked."""

import math
from functools import cache

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from steelyard.data.assemble import cut_market
from steelyard.data.synthetic import synthetic_market
from steelyard.decision.conditions import value_of
from steelyard.decision.state import new_state
from steelyard.domain.errors import PolicyError
from steelyard.domain.market import Market
from steelyard.domain.time import DAY_MS
from steelyard.policy.compile import CompiledPolicy, compile_policy
from steelyard.policy.evaluate import Evaluation, Grid, evaluate_signals
from steelyard.policy.files import MAX_BYTES
from steelyard.policy.grammar import Refused
from steelyard.policy.library import FUNCTIONS
from steelyard.policy.load import Policy, load_policy, policy_names
from steelyard.policy.nodes import Node
from steelyard.policy.parse import MAX_NODES, Definitions, parse
from steelyard.policy.programs import Programs
from tests.support.policy_files import HEAD, small_market
from tests.support.policy_trees import Slow, Tree, Worth, some_conditions, written

DAYS = 40
UNREADABLE = ("divides by zero", "two must differ", "nests deeper", "too large")
"""Why a random condition may be refused: constants are worked out when they are read."""


@cache
def market_with_holes() -> Market:
    return small_market(days=DAYS, seed=7, holes=0.08)


@cache
def invented() -> Market:
    return synthetic_market()


@cache
def plain_policy() -> CompiledPolicy:
    return compile_policy(load_policy("sma200-only"))


def outcome(text: str, **names: str) -> Node | Refused:
    try:
        return parse(text, "1d", Definitions(names))
    except Refused as error:
        return error


def readable(tree: Tree, frozen: str = "{}") -> Node:
    """Return a random tree as it was read; leave it out where its constants cannot be."""
    found = outcome(written(tree, frozen))
    if isinstance(found, Refused):
        assert any(reason in found.sentence for reason in UNREADABLE)
        assume(condition=False)
    assert isinstance(found, Node)
    return found


def as_number(value: Worth) -> float:
    return math.nan if value is None else float(value)


@given(tree=some_conditions)
@settings(max_examples=300)
def test_a_condition_is_worth_what_its_definition_says(tree: Tree) -> None:
    market = market_with_holes()
    days = market.bars["1d"]
    found = Evaluation(market, {}).values(readable(tree), Grid("1d", days.known_ms))
    slow = Slow(days)
    expected = [as_number(slow.at(tree, bar)) for bar in range(DAYS)]

    assert np.array_equal(found, expected, equal_nan=True), written(tree)


@given(tree=some_conditions)
@settings(max_examples=150)
def test_the_step_runs_a_program_to_what_the_arrays_say(tree: Tree) -> None:
    market = market_with_holes()
    grid = Grid("1d", market.bars["1d"].known_ms)
    whole, split = readable(tree), readable(tree, "at_entry({})")
    programs = Programs()
    program = programs.add(split, whole)
    evaluation = Evaluation(market, {})
    rows = [evaluation.values(node, grid) for node in programs.rows.values()]
    columns = np.array(rows).reshape(len(rows), DAYS)
    plan = plain_policy().plan._replace(
        programs=np.array(programs.operations, dtype=np.int64).reshape(-1, 2),
        constants=np.array(programs.constants, dtype=np.float64),
        slots=np.array(programs.slots, dtype=np.int64).reshape(-1, 3),
    )
    signals = evaluate_signals(plain_policy(), market, 0, DAY_MS)._replace(values=columns)
    state = new_state(plan, 0)
    found = []
    for bar in range(DAYS):
        # Freezing every slot on this very bar makes at_entry(x) the value of x.
        state.slots[0, :] = columns[plan.slots[:, 0], bar]
        found.append(value_of(plan, signals, state, bar, 0, program))

    assert np.array_equal(found, evaluation.values(whole, grid), equal_nan=True), written(tree)


@given(tree=some_conditions)
def test_the_canonical_text_does_not_depend_on_blanks_and_brackets(tree: Tree) -> None:
    node = readable(tree)
    spaced = outcome(f"  ( {written(tree).replace('(', '( ').replace(',', ' ,')} )")

    assert isinstance(spaced, Node)
    assert spaced.text == node.text


words = st.sampled_from(
    [
        *FUNCTIONS,
        *"()[]{},.=<>%-+*/#\\'\"_é\n\0",
        *(
            "==",
            ":=",
            "**",
            "1",
            "0.5",
            "1e400",
            "0x",
            "and",
            "or",
            "not",
            "if",
            "else",
            "for",
            "in",
        ),
        *("bars", "'1w'", "lambda", "x", "true", "True", "f'", "await", "yield"),
    ]
)
attacks = st.text() | st.lists(words, max_size=40).map(" ".join) | st.lists(words).map("".join)


@given(text=attacks)
@example("1" * 4001)
@example("0" * 4000)
@example("\ud800")
@example("1_000 if 1else 2")
@example("'\\N{DIGIT ONE}'")
@settings(max_examples=500)
def test_no_text_does_more_than_be_refused(text: str) -> None:
    found = outcome(text, calm=text[:50])

    if isinstance(found, Refused):
        assert found.sentence
        assert 0 <= found.column <= max(len(text), 1)
    else:
        assert found.size <= MAX_NODES


pieces = st.sampled_from(
    [
        *"[]{}=\"'#.,\\é\n\r\0",
        *("'''", "schema", "limits", "band", "[[triggers]]", "[[regimes]]", "id", "when", "effect"),
        *("hedge", "0.1", "nan", "inf", "-1", "1e999", "true", "2024-01-01", "define", "[define]"),
        *("[limits]", "baseline", "spot", "close > 1", "9" * 5000),
    ]
)


def loaded(path: str, setting: str | None = None) -> Policy | PolicyError:
    try:
        return load_policy(path, [] if setting is None else [setting])
    except PolicyError as error:
        return error


@given(body=st.text() | st.lists(pieces, max_size=30).map(" ".join), headed=st.booleans())
@settings(max_examples=300)
def test_no_file_does_more_than_be_refused(
    tmp_path_factory: pytest.TempPathFactory, body: str, *, headed: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "attack.toml"
    text = ((HEAD if headed else "") + body).encode("utf-8", "surrogatepass")
    path.write_bytes(text[:MAX_BYTES])
    found = loaded(str(path))

    if isinstance(found, PolicyError):
        assert "attack.toml" in str(found)
        assert "\n" not in str(found)
    else:
        assert found.sha256


@given(setting=st.text() | st.lists(pieces, max_size=6).map(".".join))
@settings(max_examples=200)
def test_no_setting_does_more_than_be_refused(setting: str) -> None:
    found = loaded("article", setting)

    assert found.name if isinstance(found, Policy) else str(found)


@pytest.mark.slow
@pytest.mark.parametrize("name", policy_names())
def test_a_shipped_policy_sees_nothing_of_the_future(name: str) -> None:
    market = invented()
    policy = compile_policy(load_policy(name))
    whole = evaluate_signals(policy, market, market.start_ms, market.end_ms)
    rng = np.random.default_rng(11)
    for moment in rng.choice(whole.ms.size, 6, replace=False):
        now = int(whole.ms[moment])
        cut = evaluate_signals(policy, cut_market(market, now), now, now)

        assert np.array_equal(cut.values[:, 0], whole.values[:, moment], equal_nan=True)
        assert np.array_equal(cut.grid_index[:, 0], whole.grid_index[:, moment])
