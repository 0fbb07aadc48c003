"""A policy as a plan: programs, rows that are shared, effects in order, what cannot run yet."""

from pathlib import Path

import numpy as np
import pytest

from steelyard.domain import codes
from steelyard.domain.errors import PolicyError
from steelyard.policy.compile import CompiledPolicy, compile_policy
from steelyard.policy.load import load_policy
from steelyard.policy.programs import stack_needed
from tests.support.policy_files import policy_of, trigger


def compiled(folder: Path, body: str) -> CompiledPolicy:
    return compile_policy(policy_of(folder, body))


def program(found: CompiledPolicy, entity: int, part: str) -> list[list[int]]:
    rule = found.plan.rules[entity]
    rows: list[list[int]] = found.plan.programs[
        rule[f"{part}_first"] : rule[f"{part}_end"]
    ].tolist()
    return rows


def named(one: str, body: str) -> str:
    return body.replace("id = 'one'", f"id = '{one}'")


def test_a_condition_without_state_is_one_row(tmp_path: Path) -> None:
    found = compiled(tmp_path, trigger("close > sma(20) and low > 1"))

    assert [node.text for node in found.series] == [
        "((close[1d] > sma(close[1d], 20)[1d]) and (low[1d] > 1))"
    ]
    assert program(found, 0, "entry") == [[codes.OP_SERIES, 0]]


def test_the_same_condition_is_the_same_row_however_it_is_written(tmp_path: Path) -> None:
    body = trigger("close > sma(20)") + named("two", trigger("close>sma(close, n=20)"))
    found = compiled(tmp_path, body)

    assert len(found.series) == 1


def test_a_part_left_out_has_an_empty_program(tmp_path: Path) -> None:
    found = compiled(tmp_path, trigger("close > 1"))

    assert program(found, 0, "release") == []
    assert program(found, 0, "strength") == []


def test_what_depends_on_the_entry_is_a_program_over_rows(tmp_path: Path) -> None:
    release = 'release = "close > at_entry(high) + 0.5 * atr(14) or since_entry() >= 14"'
    found = compiled(tmp_path, trigger("close > 1", release))
    row = {node.text: number for number, node in enumerate(found.series)}
    high, scaled = row["high[1d]"], row["(0.5 * atr(14)[1d])"]

    # Postfix: close, (frozen high, half an atr, +), >, (bars since, 14, >=), or.
    assert program(found, 0, "release") == [
        [codes.OP_SERIES, row["close[1d]"]],
        [codes.OP_AT_ENTRY, 0],
        [codes.OP_SERIES, scaled],
        [codes.OP_ADD, 0],
        [codes.OP_GT, 0],
        [codes.OP_SINCE_ENTRY, 0],
        [codes.OP_CONSTANT, 0],
        [codes.OP_GE, 0],
        [codes.OP_OR, 0],
    ]
    assert found.plan.slots.tolist() == [[high, -1, 0]]
    assert found.plan.constants.tolist() == [14.0]
    assert found.grids == ("1d",)


@pytest.mark.parametrize(
    ("when", "level"),
    [
        ("breached(3)", "broken_support(3)[1d]"),
        ("breached(2, bars = '1w')", "broken_support(2)[1w]"),
        ("breached(3) or close < 1 and breached(3)", "broken_support(3)[1d]"),
        ("close < support()", "broken_support(2)[1d]"),
    ],
)
def test_a_reclaim_speaks_of_the_level_that_the_entry_broke(
    tmp_path: Path, when: str, level: str
) -> None:
    body = trigger(when, 'release = "held_support(reclaim = true) >= 5"')
    found = compiled(tmp_path, body)
    slot, grid, longest = found.plan.slots[0]

    assert found.series[slot].text == level
    assert found.grids[grid] == "1d"
    assert longest == 5
    assert program(found, 0, "release")[0] == [codes.OP_HELD_RECLAIM, 0]


def test_every_trigger_freezes_the_same_value_in_the_same_slot(tmp_path: Path) -> None:
    body = trigger("close > 1", 'release = "close > at_entry(high)"')
    found = compiled(tmp_path, body + named("two", body))

    assert found.plan.slots.shape == (1, 3)


def test_effects_stand_by_priority_and_then_by_id(tmp_path: Path) -> None:
    body = (
        named("b", trigger("close > 1"))
        + named("a", trigger("close > 2"))
        + named("c", trigger("close > 3", 'severity = "critical"'))
        + named("d", trigger("close > 4", "priority = 60"))
    )
    found = compiled(tmp_path, body)

    assert found.effect_ids == ("c", "d", "a", "b")
    assert found.plan.effects["entity"].tolist() == [2, 3, 1, 0]


def test_a_cut_with_a_hedge_branch_is_two_effects(tmp_path: Path) -> None:
    effect = '{ cut_longs = [0.10, 0.20], freed_to = "spot", else_hedge = [0.05, 0.15] }'
    found = compiled(tmp_path, trigger("close > 1", 'strength = "0.5"', effect))
    effects = found.plan.effects

    assert effects["kind"].tolist() == [codes.STEP, codes.ADDITIVE]
    assert effects["flags"].tolist() == [codes.FREED_TO_SPOT, codes.ELSE_HEDGE]
    assert effects["low"].tolist() == [[0.10, 0.0], [0.05, 0.0]]
    assert effects["high"].tolist() == [[0.20, 0.0], [0.15, 0.0]]


def test_every_effect_has_its_kind_and_size(tmp_path: Path) -> None:
    effect = (
        "{ hedge = 0.1, flatten_longs_first = true, shift = 0.2, cover = 0.3, leverage_cap = 1.5, "
        "set = { spot = [0.4, 0.5], futures = -0.6 }, alert = true }"
    )
    effects = compiled(tmp_path, trigger("close > 1", 'strength = "0"', effect)).plan.effects
    by_kind = {int(row["kind"]): row for row in effects}

    assert len(effects) == 5
    assert int(by_kind[codes.ADDITIVE]["flags"]) == codes.FLATTEN_LONGS_FIRST
    assert by_kind[codes.SHIFT]["low"].tolist() == [0.2, 0.0]
    assert by_kind[codes.LEVEL]["high"].tolist() == [0.3, 0.0]
    assert by_kind[codes.LEVERAGE_CAP]["low"].tolist() == [1.5, 0.0]
    assert by_kind[codes.ABSOLUTE]["low"].tolist() == [0.4, -0.6]
    assert by_kind[codes.ABSOLUTE]["high"].tolist() == [0.5, -0.6]


def test_the_life_cycle_goes_into_the_rules(tmp_path: Path) -> None:
    extra = (
        'confirm = [2, 5]\nrelease = "close < 1"\nrelease_confirm = 3\ndwell = 4\ncooldown = 6\n'
        'unwind = 7\nvalidity = 8\non_unknown = "failsafe"\nfailsafe_after = 9\n'
        'severity = "critical"\nonly_if = "hedge_in_profit"\nstrength = "0.5"\nratchet = 0.1\n'
        'review = "hourly"'
    )
    found = compiled(tmp_path, trigger("close > 1", extra, "{ hedge = [0.1, 0.2] }"))
    rule = found.plan.rules[0]
    counts = (
        "confirm_needed",
        "confirm_window",
        "release_confirm",
        "dwell",
        "cooldown",
        "unwind",
        "validity",
        "failsafe_after",
    )

    assert [int(rule[name]) for name in counts] == [2, 5, 3, 4, 6, 7, 8, 9]
    assert int(rule["on_unknown"]) == codes.FAILSAFE
    assert int(rule["severity"]) == codes.CRITICAL
    assert int(rule["guard"]) == codes.HEDGE_IN_PROFIT
    assert float(rule["ratchet"]) == 0.1
    assert found.clocks == ("daily", "hourly")
    assert int(rule["clock"]) == 1


def test_failsafe_that_waits_for_nothing_is_minus_one(tmp_path: Path) -> None:
    found = compiled(tmp_path, trigger("close > 1", 'on_unknown = "failsafe"'))

    assert int(found.plan.rules[0]["failsafe_after"]) == -1


def test_triggers_are_evaluated_after_those_they_require(tmp_path: Path) -> None:
    body = (
        named("a", trigger("close > 1", "while_active = ['c']"))
        + named("b", trigger("close > 1", "while_active = ['a']"))
        + named("c", trigger("close > 1"))
    )
    plan = compiled(tmp_path, body).plan

    assert plan.order.tolist() == [2, 0, 1]
    assert plan.requires.tolist() == [
        [False, False, True],
        [True, False, False],
        [False, False, False],
    ]


REGIMES = """
[[regimes]]
id = "first"
when = "close > 2"
spot = [0.5, 0.4]
futures = [-0.5, -0.6]
strength = "0.5"
leverage_cap = 1.5
releases = ["one"]

[[regimes]]
id = "second"
after = ["baseline", "first"]
when = "close > 1"
spot = 0.2
futures = 0.3
"""


def test_regimes_have_their_rows_after_the_baseline(tmp_path: Path) -> None:
    plan = compiled(tmp_path, trigger("close > 1") + REGIMES).plan

    assert plan.base.tolist() == [
        [0.6, 0.6, 0.4, 0.4, np.inf, 0],
        [0.5, 0.4, -0.5, -0.6, 1.5, 0],
        [0.2, 0.2, 0.3, 0.3, np.inf, 0],
    ]
    assert plan.rules["has_after"].tolist() == [0, 0, 1]
    assert plan.after.tolist() == [[False, False, False], [True, True, False]]
    assert plan.ends.tolist() == [[False] * 3, [True, False, False], [False] * 3]


def test_a_policy_without_triggers_has_empty_tables_of_the_right_shape(tmp_path: Path) -> None:
    plan = compiled(tmp_path, "").plan

    assert plan.requires.shape == (0, 0)
    assert plan.after.shape == (0, 1)
    assert plan.programs.shape == (0, 2)
    assert plan.slots.shape == (0, 3)
    assert plan.effects.shape == (0,)


def test_margin_defence_that_is_off_starts_at_infinity(tmp_path: Path) -> None:
    plan = compiled(tmp_path, "[limits]\nmargin_defence = false\nleverage = 1.5\n").plan

    assert float(plan.limits[0]["defence_ratio"]) == np.inf
    assert float(plan.limits[0]["defence_leverage"]) == np.inf
    assert float(plan.limits[0]["leverage"]) == 1.5


LATER = [
    ("[limits]\nstale = { minutes = 15 }", "small.toml:8:1: limits.stale needs a later version"),
]


@pytest.mark.parametrize(("body", "sentence"), LATER)
def test_what_this_version_cannot_run_is_valid_and_refused_when_it_should_run(
    tmp_path: Path, body: str, sentence: str
) -> None:
    policy = policy_of(tmp_path, body)
    with pytest.raises(PolicyError) as caught:
        compile_policy(policy)

    assert sentence in str(caught.value)


def test_the_stack_of_a_program_is_what_it_holds_at_most() -> None:
    # a b + c *: two values at once; a b c clip: three.
    two = [
        (codes.OP_SERIES, 0),
        (codes.OP_SERIES, 1),
        (codes.OP_ADD, 0),
        (codes.OP_SERIES, 2),
        (codes.OP_MULTIPLY, 0),
    ]
    three = [(codes.OP_SERIES, 0)] * 3 + [(codes.OP_CLIP, 0)]

    assert (stack_needed(two), stack_needed(three)) == (2, 3)


def test_the_deepest_condition_that_is_read_fits_on_the_stack(tmp_path: Path) -> None:
    # Every min holds its first value while the second is worked out: one value a level.
    deep = "at_entry(close)"
    for _ in range(21):
        deep = f"min(at_entry(low), {deep})"
    found = compiled(tmp_path, trigger("close > 1", f'release = "{deep} > 1"'))
    operations = [(code, argument) for code, argument in program(found, 0, "release")]

    assert stack_needed(operations) <= codes.MAX_STACK


def test_the_article_means_what_the_specification_says() -> None:
    found = compile_policy(load_policy("article"))
    rules = dict(zip(found.entity_ids, found.plan.rules, strict=True))

    assert found.clocks == ("daily", "funding")
    assert {name: int(rule["unwind"]) for name, rule in rules.items()} == {
        "atr_expansion": 4,
        "iv_percentile": 0,
        "funding_extreme": 0,
        "oi_divergence": 0,
        "oi_near_resistance": 0,
        "sma200_close": 4,
        "death_cross": 0,
        "support_breach": 4,
        "volatility_exit": 0,
        "breakdown": 4,
        "overbought": 4,
        "high_uncertainty": 0,
        "uptrend": 0,
        "range": 0,
    }
    assert [int(rules[name]["confirm_needed"]) for name in found.policy.regime_ids] == [
        1,
        1,
        1,
        3,
        3,
    ]
    assert [int(rules[name]["dwell"]) for name in found.policy.regime_ids] == [3] * 5
    assert found.plan.base[1:, [0, 2]].tolist() == [
        [0.30, -0.70],
        [0.50, -0.50],
        [0.65, 0.35],
        [0.75, 0.25],
        [0.60, 0.40],
    ]
    assert found.effect_ids == (
        "sma200_close",
        "support_breach",
        "atr_expansion",
        "atr_expansion",
        "funding_extreme",
        "iv_percentile",
        "iv_percentile",
        "oi_near_resistance",
    )
