"""What an explanation says of conditions, on markets whose closes are counted by hand."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, reject

from steelyard.domain.market import Market, Series
from steelyard.domain.time import DAY_MS, HOUR_MS
from steelyard.engine.explain import explain
from steelyard.policy.grammar import Refused
from steelyard.policy.load import load_policy, policy_names
from steelyard.policy.parse import Definitions, parse
from steelyard.policy.plain import plain
from steelyard.policy.units import Unit, unit_of
from steelyard.report.explanation import Entity
from steelyard.report.terms import Kind, Term
from tests.support.days import day_stamp, market_of_days
from tests.support.policy_files import FIRST_MONDAY_MS, policy_of, trigger
from tests.support.policy_trees import Tree, some_conditions, written

RISING = [100.0 + day for day in range(12)]
"""Closes of days 0 to 11; the last is 111."""


@pytest.fixture(scope="module")
def rising() -> Market:
    return market_of_days(RISING)


def told(folder: Path, market: Market, when: str, extra: str = "", at: str | None = None) -> Entity:
    """Return what is said of a single trigger."""
    return explain(policy_of(folder, trigger(when, extra)), market, at=at).entities[0]


def sides(term: Term) -> tuple[float, float]:
    assert term.comparison is not None
    return term.comparison.left_value, term.comparison.right_value


def away(term: Term) -> dict[Unit, float]:
    assert term.comparison is not None
    return {each.unit: each.value for each in term.comparison.distances}


def test_a_comparison_has_both_values_and_what_is_still_to_go(
    rising: Market, tmp_path: Path
) -> None:
    one = told(tmp_path, rising, "close < sma(5)")

    # sma(5) = (107 + 108 + 109 + 110 + 111) / 5 = 109; the close must fall by 2, 2 / 111 of it.
    # atr(14) needs more than these 12 bars, so no distance is told in it.
    assert one.condition == 0.0
    assert sides(one.entry.term) == (111.0, 109.0)
    assert away(one.entry.term) == pytest.approx({"price": 2.0, "share": 2.0 / 111.0})
    assert {each.text: each.amount.value for each in one.entry.inputs} == {
        "close": 111.0,
        "sma(5)": 109.0,
    }


def test_a_price_is_also_told_in_true_ranges(tmp_path: Path) -> None:
    market = market_of_days([100.0 + day for day in range(30)])
    one = told(tmp_path, market, "close > 131")

    # Every day rises by 1 from the close before, so every true range is 1: 131 - 129 = 2 of them.
    assert away(one.entry.term)["atrs"] == pytest.approx(2.0)


def test_the_close_of_tomorrow_is_where_the_condition_turns(rising: Market, tmp_path: Path) -> None:
    found = told(tmp_path, rising, "close < sma(5)").tomorrow

    # c < (108 + 109 + 110 + 111 + c) / 5 is 4 c < 438, so c < 109.5.
    assert found is not None
    assert found.at_last == 0.0
    assert found.below == pytest.approx(109.5, rel=2e-7)
    assert found.below < 109.5
    assert math.isnan(found.above)


@pytest.mark.parametrize(("close", "fires"), [(109.4, 1.0), (109.6, 0.0)])
def test_setting_that_close_fires_it(close: float, fires: float, tmp_path: Path) -> None:
    assert told(tmp_path, market_of_days([*RISING, close]), "close < sma(5)").condition == fires


def test_what_holds_at_the_last_price_turns_at_a_close_too(rising: Market, tmp_path: Path) -> None:
    found = told(tmp_path, rising, "close > 108 and close < 120").tomorrow

    assert found is not None
    assert found.at_last == 1.0
    assert found.below == pytest.approx(108.0)
    assert found.above == pytest.approx(120.0)


def test_no_close_within_reach_is_unknown(rising: Market, tmp_path: Path) -> None:
    found = told(tmp_path, rising, "close > 1000").tomorrow

    assert found is not None
    assert math.isnan(found.below)
    assert math.isnan(found.above)


def test_what_reads_no_bar_has_no_close(rising: Market, tmp_path: Path) -> None:
    assert told(tmp_path, rising, "funding_8h > 0.0005").tomorrow is None


def test_the_close_of_a_release_is_told_while_it_is_active(rising: Market, tmp_path: Path) -> None:
    one = told(tmp_path, rising, "close > 105", "release = 'close < 104'")

    assert one.life.phase == "active"
    assert one.release is not None
    assert away(one.release.term)["price"] == 111.0 - 104.0
    assert one.release_tomorrow is not None
    assert one.release_tomorrow.below == pytest.approx(104.0)


def test_a_rate_is_told_for_eight_hours_and_for_a_year(rising: Market, tmp_path: Path) -> None:
    one = told(tmp_path, rising, "funding_8h > 0.0005")

    # 0.0005 - 0.0001 = 0.0004 each of 3 x 365 settlements.
    assert away(one.entry.term) == pytest.approx({"rate_8h": 0.0004, "rate_a_year": 0.438})


def test_a_rate_of_its_own_interval_is_told_for_a_year(rising: Market, tmp_path: Path) -> None:
    one = told(tmp_path, rising, "funding > 0.0005")

    assert away(one.entry.term) == pytest.approx({"rate": 0.0004, "rate_a_year": 0.438})


def test_hours_are_told_in_hours(rising: Market, tmp_path: Path) -> None:
    one = told(tmp_path, rising, "funding_above(0.00005) >= 300", "release = 'funding_8h < 0'")

    # 36 settlements of 8 hours, all above.
    assert sides(one.entry.term) == (288.0, 300.0)
    assert away(one.entry.term) == {"hours": 12.0}


def test_and_lists_every_comparison_that_fails(rising: Market, tmp_path: Path) -> None:
    term = told(tmp_path, rising, "110 < close < 105 and close > 200").entry.term

    assert term.kind == Kind.ALL
    assert [part.text for part in term.parts] == ["110 < close", "close < 105", "close > 200"]
    assert [part.text for part in term.unmet()] == ["close < 105", "close > 200"]


def test_of_or_any_part_suffices(rising: Market, tmp_path: Path) -> None:
    term = told(tmp_path, rising, "close < 105 or close > 200").entry.term

    assert term.kind == Kind.ANY
    assert [away(part)["price"] for part in term.parts] == [6.0, 89.0]


def test_under_not_the_opposite_is_still_to_go(rising: Market, tmp_path: Path) -> None:
    term = told(tmp_path, rising, "not (close > 105 or close < 50)").entry.term

    # not (a or b) needs both to be false: the close must fall by 6, and not by 61.
    assert term.kind == Kind.ALL
    assert [part.is_wanted for part in term.parts] == [False, False]
    assert [away(part)["price"] for part in term.parts] == [6.0, -61.0]
    assert [part.text for part in term.unmet()] == ["close > 105"]


def test_under_not_one_part_of_and_suffices(rising: Market, tmp_path: Path) -> None:
    term = told(tmp_path, rising, "not (close > 105 and close < 150)").entry.term

    assert term.kind == Kind.ANY
    assert [away(part)["price"] for part in term.parts] == [6.0, 39.0]


def test_a_threshold_that_is_met_is_at_zero(rising: Market, tmp_path: Path) -> None:
    strict = told(tmp_path, rising, "close > 111")
    loose = told(tmp_path, rising, "close >= 111")

    assert away(strict.entry.term)["price"] == away(loose.entry.term)["price"] == 0.0
    assert (strict.condition, loose.condition) == (0.0, 1.0)


@pytest.mark.parametrize(("sign", "to_go"), [("==", 11.0), ("!=", -11.0)])
def test_equality_is_as_far_as_the_sides_differ(
    sign: str, to_go: float, rising: Market, tmp_path: Path
) -> None:
    assert away(told(tmp_path, rising, f"close {sign} 100").entry.term)["price"] == to_go


def test_a_call_shows_what_it_looks_at_on_this_bar(rising: Market, tmp_path: Path) -> None:
    term = told(tmp_path, rising, "within(close > 115, 3)").entry.term

    assert term.kind == Kind.CALL
    assert away(term.parts[0])["price"] == 4.0


def test_a_cross_is_as_far_as_its_sides_lie_apart(rising: Market, tmp_path: Path) -> None:
    term = told(tmp_path, rising, "crosses_below(close, 105)", "release = 'close > 1'").entry.term

    assert (term.kind, away(term)["price"]) == (Kind.CALL, 6.0)


def test_a_condition_in_a_side_is_shown(rising: Market, tmp_path: Path) -> None:
    term = told(tmp_path, rising, "streak(close > 108) >= 5").entry.term

    # 109, 110 and 111 are above 108.
    assert sides(term) == (3.0, 5.0)
    assert away(term) == {"bars": 2.0}
    assert [part.text for part in term.parts] == ["close > 108"]


def test_what_was_frozen_at_entry_is_what_the_release_reads(rising: Market, tmp_path: Path) -> None:
    one = told(
        tmp_path,
        rising,
        "close > 105",
        "release = 'close < at_entry(close) and since_entry() >= 9'",
    )

    # It entered at the close of 106, day 6; day 11 is 5 bars later.
    assert one.release is not None
    fallen, waited = one.release.term.parts
    assert sides(fallen) == (111.0, 106.0)
    assert sides(waited) == (5.0, 9.0)
    assert away(waited) == {"bars": 4.0}


def test_nothing_was_active_whose_entry_could_be_spoken_of(rising: Market, tmp_path: Path) -> None:
    one = told(tmp_path, rising, "close > at_entry(close)", "release = 'close < 1'")

    assert math.isnan(one.condition)
    assert one.entry.term.is_unknown
    assert [(each.text, each.why) for each in one.entry.missing] == [
        ("at_entry(close)", "nothing was active whose entry it could speak of")
    ]


REASONS = [
    ("close > sma(50)", "sma(50)", "it needs more 1d bars in a row than 12"),
    ("close > support()", "support()", "no key level was known that it could speak of"),
    ("close / (volume - volume) > 1", "close / (volume - volume)", "it divides by zero"),
    ("ramp(close, volume, volume) > 0", "ramp(close, volume, volume)", "its two ends are equal"),
    ("close > sma(1, bars = '1w') * ago(1 / (close - close), 1)", "1 / (close - close)", "zero"),
    ("funding_mean(5000) > 0", "funding_mean(5000)", "more settlements in an unbroken row"),
]


@pytest.mark.parametrize(("when", "what", "why"), REASONS)
def test_what_is_unknown_is_named_with_its_reason(
    when: str, what: str, why: str, rising: Market, tmp_path: Path
) -> None:
    missing = told(tmp_path, rising, when).entry.missing

    assert [each.text for each in missing] == [what]
    assert why in missing[0].why


@pytest.mark.parametrize(
    ("series", "why"),
    [
        ({}, "the data holds no implied_vol; some.implied_vol.1d.parquet would supply it"),
        ({"first": 99, "value": 50.0}, "nothing of implied_vol was known yet"),
        ({"first": 12, "value": math.nan}, "its value known 1970-01-17 is missing"),
        ({"first": 5, "value": 50.0}, "last value was known 1970-01-10 and stays good for 26 h"),
    ],
)
def test_a_side_series_is_unknown_for_its_own_reason(
    series: dict[str, float], why: str, tmp_path: Path
) -> None:
    known = {}
    if series:
        known["implied_vol"] = Series(
            known_ms=np.array([FIRST_MONDAY_MS + int(series["first"]) * DAY_MS]),
            value=np.array([series["value"]]),
            max_age_ms=26 * HOUR_MS,
        )
    market = market_of_days(RISING, series=known)
    one = told(tmp_path, market, "first_known(implied_vol, realised_vol(30)) > 60")

    assert one.entry.missing[0].text == "implied_vol"
    assert why in one.entry.missing[0].why


def test_a_missing_bar_is_named(tmp_path: Path) -> None:
    one = told(tmp_path, market_of_days([*RISING[:-1], math.nan]), "close > 105")

    assert [each.why for each in one.entry.missing] == [
        "the 1d bar that ended 1970-01-17 is missing"
    ]
    assert one.tomorrow is None


def test_a_day_means_its_midnight(rising: Market, tmp_path: Path) -> None:
    # At 00:00 of day 9 the last close is that of day 8, 108.
    one = told(tmp_path, rising, "close > 150", at=day_stamp(9))

    assert sides(one.entry.term) == (108.0, 150.0)


def test_between_evaluations_the_last_one_is_told(rising: Market, tmp_path: Path) -> None:
    one = told(tmp_path, rising, "close > 150", at=f"{day_stamp(9)}T13:00")

    assert one.evaluated_ms == FIRST_MONDAY_MS + 9 * DAY_MS


@given(some_conditions)
def test_what_is_written_is_read_back_the_same(given_tree: Tree) -> None:
    try:
        tree = parse(written(given_tree), "1d", Definitions())
    except Refused:
        reject()

    assert parse(plain(tree, "1d"), "1d", Definitions()).text == tree.text


@pytest.mark.parametrize("sign", ["+", "-", "*", "/"])
def test_brackets_on_the_right_stay_and_on_the_left_go(sign: str) -> None:
    right = parse(f"close {sign} (high {sign} low) > 1", "1d", Definitions())
    left = parse(f"(close {sign} high) {sign} low > 1", "1d", Definitions())

    assert plain(right, "1d") == f"close {sign} (high {sign} low) > 1"
    assert plain(left, "1d") == f"close {sign} high {sign} low > 1"


@pytest.mark.parametrize("name", policy_names())
def test_every_shipped_condition_is_written_as_it_is_read(name: str) -> None:
    for trees in load_policy(name).conditions:
        for tree in trees.given.values():
            assert parse(plain(tree, "1d"), "1d", Definitions()).text == tree.text


UNITS: list[tuple[str, Unit]] = [
    ("sma(50) - close", "price"),
    ("close / sma(50) - 1", "ratio"),
    ("0.5 * natr(14)", "percent"),
    ("bandwidth(20)", "share"),
    ("zscore(20)", "deviations"),
    ("max(rsi(14), 5)", "points"),
    ("select(close > 1, atr(14), close)", "price"),
    ("first_known(implied_vol, realised_vol(30))", "percent_a_year"),
    ("volume", "coins"),
    ("close * close", "number"),
    ("close + volume", "number"),
    ("close / volume", "number"),
    ("-since_entry()", "bars"),
    ("2", "number"),
    ("close > 1", "truth"),
]


@pytest.mark.parametrize(("text", "unit"), UNITS)
def test_every_number_has_its_unit(text: str, unit: Unit) -> None:
    assert unit_of(parse(text, "1d", Definitions())) == unit
