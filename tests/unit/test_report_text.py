"""The terminal answer: the answer first, at most one screen, the page last."""

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from steelyard.report.attribution import futures_story
from steelyard.report.in_coin import CoinAttribution
from steelyard.report.result import Result, build_result
from steelyard.report.story import answer, caveat
from steelyard.report.tables import coin_sentence
from steelyard.report.text import answer_text, coloured
from steelyard.report.words import coins, money, percent, signed_money, signed_percent
from tests.support.made_runs import POLICY, Script, force_last_fill, made_inputs, made_plan

SCREEN_LINES = 40
NOTHING = CoinAttribution(**dict.fromkeys((each.name for each in fields(CoinAttribution)), 0.0))


@pytest.fixture(scope="module")
def result() -> Result:
    return build_result(made_inputs(60))


def test_the_first_words_are_the_answer_with_its_numbers(result: Result) -> None:
    said = answer(result)
    gain = signed_percent(result.end_equity / 100_000.0 - 1.0)

    assert said.startswith("From 2021-11-10 to 2022-01-08, made on BTC turned 100,000 into ")
    assert f"into {money(result.end_equity)} USDT ({gain})" in said
    assert f"hedged on {percent(result.metrics.time_hedged)} of days" in said
    assert answer_text(result).startswith(said[:60])


def test_the_answer_is_followed_by_what_it_does_not_prove(result: Result) -> None:
    lines = answer_text(result).split("\n\n")[0]

    assert "does not show what comes next" in " ".join(lines.split())
    assert "too seldom to tell skill from luck" in " ".join(lines.split())


def test_timing_is_measured_against_the_same_exposure_without_it(result: Result) -> None:
    twin = float(result.benchmark_accounts["constant_delta"].nav[-1])
    beyond = result.end_equity - twin
    lost = replace(result, end_equity=twin - 1_000.0)
    won = replace(result, end_equity=twin + 1_000.0)

    assert money(abs(beyond)) in caveat(result)
    assert "so the timing cost 1,000." in caveat(lost)
    assert "so no more than 1,000 can be due to timing." in caveat(won)


def test_a_synthetic_market_is_called_so_in_the_answer() -> None:
    result = build_result(made_inputs(5, is_synthetic=True))

    assert "on synthetic BTC turned" in answer(result)
    assert "nothing about money" in caveat(result)


def test_shorts_longs_and_costs_sum_to_the_result_of_the_futures(result: Result) -> None:
    walk = result.inputs.walk
    story = futures_story(walk)

    assert story.shorts + story.longs - story.costs == pytest.approx(walk.futures_costs[-1])
    assert story.liquidation == 0.0


@pytest.mark.parametrize(
    ("charged", "said"),
    [
        (5000.0, "in fees, slippage and funding, and liquidation cost 5,000."),
        (-700.0, ", and the venue bore 700 of a liquidation."),
    ],
)
def test_what_a_liquidation_charged_is_no_fee(result: Result, charged: float, said: str) -> None:
    # The costs of the fill that is made a liquidation are none any more; the others stay.
    before = futures_story(result.inputs.walk)
    inputs = made_inputs(60)
    no_more = force_last_fill(inputs, charged)
    story = futures_story(inputs.walk)

    assert story.liquidation == charged
    assert story.costs == pytest.approx(before.costs - no_more)
    assert said in answer(build_result(inputs)) + "."


def test_the_days_of_a_net_short_stand_beside_the_hedged_ones() -> None:
    # 60/40, then the breakdown at 0.3 and -0.7 for 2 of 5 days, net -0.4; a full hedge is none.
    covered = frozenset({1})
    script = Script((-1, -1, -1, 0, 0), (frozenset(), covered, covered, frozenset(), frozenset()))
    result = build_result(made_inputs(5, script=script))

    assert "It was hedged on 80.0 % of days and net short on 40.0 %;" in answer(result)
    assert "80.0 % of days and net short on 40.0 %;" in " ".join(answer_text(result).split())


def test_the_average_of_the_twin_is_said_to_have_been_unknown(result: Result) -> None:
    assert "without any timing, which nobody knew beforehand, ended at" in caveat(result)


def test_no_line_ends_between_a_number_and_its_per_cent(result: Result) -> None:
    lines = [
        line for width in range(80, 140) for line in answer_text(result, width=width).split("\n")
    ]

    assert not any(line.startswith("%") for line in lines)


def test_a_policy_without_futures_is_said_to_have_held_none() -> None:
    inputs = made_inputs(5)
    result = build_result(replace(inputs, walk=inputs.benchmarks["hold"]))

    assert answer(result).endswith("it held no futures.")


def test_a_liquidation_is_in_the_answer_and_red_on_a_terminal() -> None:
    inputs = made_inputs(60)
    force_last_fill(inputs, 500.0)
    result = build_result(inputs)
    shown = coloured(answer_text(result))
    red = [shown.plain[s.start : s.end] for s in shown.spans if "red" in str(s.style)]

    assert "The venue liquidated it 1 time." in answer(result)
    assert len(red) == 1
    assert red[0].startswith("! Liquidated on")


@pytest.mark.parametrize("width", [80, 100, 200])
def test_no_line_is_wider_than_the_terminal(result: Result, width: int) -> None:
    lines = answer_text(result, width=width).splitlines()

    assert max(map(len, lines)) <= width


def test_a_narrower_terminal_gets_eighty_columns(result: Result) -> None:
    assert answer_text(result, width=40) == answer_text(result, width=80)


def test_the_answer_fits_on_a_screen_with_many_triggers_and_warnings() -> None:
    names = tuple(f"trigger_{number}" for number in range(20))
    inputs = made_inputs(20)
    wide, plan = inputs.walk.decisions, made_plan(more_triggers=18)
    decisions = wide._replace(
        phase=wide.phase[:, [0] * 20 + [2, 3]],
        condition=wide.condition[:, [0] * 20 + [2, 3]],
        evaluated=wide.evaluated[:, [0] * 20 + [2, 3]],
        strength=wide.strength[:, [0] * 20 + [2, 3]],
    )
    crowded = replace(
        inputs,
        plan=plan,
        policy=replace(POLICY, trigger_ids=names),
        walk=inputs.walk._replace(decisions=decisions),
        warnings=tuple(f"Warning {number}." for number in range(9)),
    )
    lines = answer_text(build_result(crowded), page=Path("out/report.html")).splitlines()

    assert len(lines) <= SCREEN_LINES
    assert re.fullmatch(r"and \d+ more rules", lines[-7])
    assert lines[-2].startswith("! and ")


def test_the_last_line_is_where_the_page_is(result: Result) -> None:
    text = answer_text(result, page=Path("out/report.html"))

    assert text.splitlines()[-1] == "Page: out/report.html"


def test_the_answer_is_plain_ascii_without_colour_codes(result: Result) -> None:
    text = answer_text(result, page=Path("out/report.html"))

    assert text.isascii()
    assert "\x1b" not in text


def test_every_benchmark_stands_below_the_policy(result: Result) -> None:
    text = answer_text(result)
    order = ["made  ", "holding  ", "static 70/30", "static 60/40", "constant delta", "SMA200 only"]
    table = text.split("\n\n")[1].splitlines()[1:]

    assert [line.startswith(name) for line, name in zip(table, order, strict=True)] == [True] * 6


def test_triggers_that_never_fired_are_said_to_have_never_fired() -> None:
    script = Script((-1,) * 5, (frozenset[int](),) * 5)
    result = build_result(made_inputs(5, script=script))

    assert caveat(result).endswith("None of its triggers fired.")
    assert re.search(r"(?m)^support_breach +0 +0\.0 +- +0 +0 +0$", answer_text(result))


def test_the_text_tells_what_each_rule_earned_and_cost(result: Result) -> None:
    found = {source.id: source.earned for source in result.earnings.sources}
    (line,) = [one for one in answer_text(result).splitlines() if one.startswith("breakdown ")]
    earned = found["breakdown"]

    assert line.split()[-2:] == [signed_money(earned.gross), signed_money(earned.costs)]
    assert "no net short" not in answer_text(result)


def test_hedge_and_core_have_a_line_each_and_sum_to_the_change(result: Result) -> None:
    lines = answer_text(result).splitlines()
    (hedge,) = [line for line in lines if line.startswith("Hedge ")]
    (core,) = [line for line in lines if line.startswith("Core ")]
    sides = result.earnings

    assert hedge.startswith(f"Hedge {signed_money(sides.hedge.total)} = price ")
    assert core.endswith(f"costs {signed_money(sides.core.costs)}.")
    assert sides.hedge.total + sides.core.total == pytest.approx(result.attribution.total)


def test_a_policy_that_never_hedges_has_no_line_of_it() -> None:
    script = Script((-1,) * 5, (frozenset[int](),) * 5)

    assert "Hedge" not in answer_text(build_result(made_inputs(5, script=script)))


def test_the_account_is_counted_in_coins_too(result: Result) -> None:
    # 100,000 are two coins at 50,000.
    (line,) = [one for one in answer_text(result).splitlines() if one.startswith("BTC ")]

    end = result.in_coin.end

    assert line.startswith(f"BTC {coins(2.0, end)} to {coins(end, end)}: cash ")


def test_an_account_that_holds_coins_alone_has_no_change_in_them(result: Result) -> None:
    holding = replace(result, in_coin=replace(result.in_coin, attribution=NOTHING))

    assert ": no change.\n" in answer_text(holding)
    assert "no change. Cash is" in coin_sentence(holding)


def test_an_account_that_trades_nothing_still_changes_in_coins() -> None:
    # Cash alone: the only part.
    inputs = made_inputs(5)
    idle = replace(inputs, walk=inputs.benchmarks["sma200_only"])

    assert re.search(r"(?m)^BTC 2\.00 to \S+: cash \S+$", answer_text(build_result(idle)))


def test_a_policy_without_triggers_has_its_regimes_alone() -> None:
    inputs = made_inputs(5)
    decisions = inputs.walk.decisions
    bare = decisions._replace(
        phase=decisions.phase[:, 2:],
        condition=decisions.condition[:, 2:],
        evaluated=decisions.evaluated[:, 2:],
        strength=decisions.strength[:, 2:],
    )
    bare.trace_length[:] = 1
    policy = replace(POLICY, trigger_ids=())
    walk = inputs.walk._replace(decisions=bare)
    plan = inputs.plan._replace(
        order=inputs.plan.order[:0], rules=inputs.plan.rules[2:], effects=inputs.plan.effects[:0]
    )
    result = build_result(replace(inputs, policy=policy, plan=plan, walk=walk))
    table = answer_text(result).split("\n\n")[3].splitlines()

    assert [line.split()[0] for line in table] == ["rule", "baseline", "breakdown", "range"]
