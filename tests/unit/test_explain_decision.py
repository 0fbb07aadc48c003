"""What an explanation says of lives, regimes, composition and orders, counted by hand."""

import math
from pathlib import Path

import pytest

from steelyard.domain.market import Market
from steelyard.engine.explain import explain
from steelyard.engine.lives import confirmations_left
from steelyard.report.explain_text import explain_text
from steelyard.report.explanation import Explanation, Fate, Place, Why
from tests.support.days import day_stamp, market_of_days
from tests.support.policy_files import policy_of

RISING = [100.0 + day for day in range(12)]
"""Closes of days 0 to 11. The account begins at the end of day 2, when two returns are known, so
its 10 evaluations see the closes 102 to 111."""


@pytest.fixture(scope="module")
def rising() -> Market:
    return market_of_days(RISING)


def trigger(name: str, when: str, effect: str = "{ alert = true }", extra: str = "") -> str:
    return f"\n[[triggers]]\nid = '{name}'\nwhen = '{when}'\neffect = {effect}\n{extra}\n"


def regime(name: str, when: str, weights: tuple[float, float], extra: str = "") -> str:
    spot, futures = weights
    return (
        f"\n[[regimes]]\nid = '{name}'\nwhen = '{when}'\nspot = {spot}\nfutures = {futures}\n"
        f"{extra}\n"
    )


def told(folder: Path, market: Market, body: str, at: str | None = None) -> Explanation:
    return explain(policy_of(folder, body), market, at=at)


@pytest.mark.parametrize(
    ("window", "needed", "of", "left"),
    [(0b000, 3, 3, 3), (0b011, 3, 3, 1), (0b110, 3, 3, 3), (0b110, 2, 3, 0), (0b100, 2, 3, 2)],
)
def test_confirmations_left_count_what_leaves_the_window(
    window: int, needed: int, of: int, left: int
) -> None:
    # 110 of 3 of 3: the newest was false, so all three are needed anew.
    assert confirmations_left(window, needed, of) == left


def test_a_condition_that_confirms_says_how_often_it_has_and_must(
    rising: Market, tmp_path: Path
) -> None:
    life = told(tmp_path, rising, trigger("one", "close >= 110", extra="confirm = 3")).entities[0]

    # 110 and 111 count.
    assert (life.life.phase, life.life.confirmed, life.life.confirm) == ("arming", 2, 3)
    assert life.life.confirm_left == 1


def test_a_release_says_how_often_it_must_be_met(tmp_path: Path) -> None:
    market = market_of_days([*RISING, 100.0])
    body = trigger("one", "close > 105", extra="release = 'close < 104'\nrelease_confirm = 3")
    life = told(tmp_path, market, body).entities[0].life

    assert (life.phase, life.released, life.release_confirm) == ("active", 1, 3)
    assert life.release_left == 2


def test_a_dwell_keeps_what_is_released(tmp_path: Path) -> None:
    market = market_of_days([*RISING, 100.0])
    body = trigger("one", "close > 105", extra="release = 'close < 104'\ndwell = 20")
    life = told(tmp_path, market, body).entities[0].life

    # It entered at 106; 107, 108, 109, 110, 111 and 100 are 6 evaluations: 20 - 6.
    assert (life.phase, life.dwell_left, life.release_left) == ("active", 14, 14)


def test_a_cooldown_says_what_is_left(tmp_path: Path) -> None:
    market = market_of_days([*RISING, 100.0, 100.0])
    body = trigger("one", "close > 105", extra="cooldown = 3")
    life = told(tmp_path, market, body).entities[0].life

    # Released at the first 100; the second is one of the three that follow.
    assert (life.phase, life.cooldown_left) == ("cooldown", 2)


def test_an_unwind_says_how_many_slices_are_taken(tmp_path: Path) -> None:
    market = market_of_days([*RISING, 100.0, 100.0])
    body = trigger("one", "close > 105", "{ cover = 1.0 }", "unwind = 4")
    explained = told(tmp_path, market, body)
    life = explained.entities[0].life

    # From futures -0.6 to +0.4: two of four slices are -0.6 + 2 x 0.25.
    assert (life.phase, life.slice_done, life.slices) == ("unwinding", 2, 4)
    assert explained.futures == pytest.approx(-0.1)
    assert [stage.name for stage in explained.composition.stages] == ["base", "unwind"]
    assert explained.composition.stages[1].ids == ("one",)
    assert explained.composition.binding == 1


def test_what_waits_for_its_guard_says_so(rising: Market, tmp_path: Path) -> None:
    # The spot weight is 0.6 and its target 0: not near.
    body = regime("far", "close > 105", (0.0, -1.0), "only_if = 'spot_near_target'\nvalidity = 4")
    far = told(tmp_path, rising, body).entities[0]

    assert (far.guard, far.guard_holds, far.life.pending) == ("spot_near_target", 0.0, 4)
    assert far.standpoint is not None
    assert [(one.why, one.ids, one.have) for one in far.standpoint.obstacles] == [
        (Why.GUARD, ("spot_near_target",), 4)
    ]


MATRIX = (
    regime("low", "close < 50", (0.1, -0.5))
    + regime("needy", "close > 50", (0.2, -0.5), "while_active = ['idle_one']")
    + regime("unseen", "close > at_entry(close)", (0.3, -0.5), "release = 'close < 1'")
    + regime("chained", "close > 50", (0.3, -0.4), "after = ['low']")
    + regime("slow", "close > 50", (0.4, -0.4), "confirm = 30")
    + regime("held", "close > 50", (0.5, 0.0))
    + regime("bold", "close > 60", (0.9, 0.1))
    + trigger("idle_one", "close < 40")
)


def test_every_other_regime_says_why_it_is_not_in_force(rising: Market, tmp_path: Path) -> None:
    explained = told(tmp_path, rising, MATRIX)
    found = {}
    for one in explained.regimes:
        assert one.standpoint is not None
        reasons = [(each.why, each.ids, each.have, each.need) for each in one.standpoint.obstacles]
        found[one.id] = (one.standpoint.place, reasons)

    # held came into force first, at the account's start; its own entry is what at_entry speaks of,
    # so 111 > 102 is true there, and it has been since the second evaluation.
    assert explained.regime == "unseen"
    assert found == {
        "low": (Place.SAFER, [(Why.FALSE, (), 0, 0)]),
        "needy": (Place.SAFER, [(Why.NOT_ACTIVE, ("idle_one",), 0, 0)]),
        "unseen": (Place.IN_FORCE, []),
        "chained": (Place.BOLDER, [(Why.NOT_AFTER, ("low",), 0, 0)]),
        "slow": (Place.BOLDER, [(Why.UNCONFIRMED, (), 10, 30)]),
        "held": (Place.BOLDER, [(Why.SAFER_HOLDS, ("unseen",), 0, 0)]),
        "bold": (Place.BOLDER, [(Why.SAFER_HOLDS, ("unseen",), 0, 0)]),
    }


def test_a_bolder_regime_yields_to_a_safer_one_entered_now(tmp_path: Path) -> None:
    market = market_of_days([*RISING, 130.0])
    body = regime("safe", "close > 120", (0.5, -0.5)) + regime("bold", "close > 125", (0.9, 0.1))
    bold = told(tmp_path, market, body).entities[1]

    assert bold.standpoint is not None
    assert bold.standpoint.obstacles[0].why == Why.SAFER_CHOSEN


def test_an_unknown_condition_is_no_false_one(rising: Market, tmp_path: Path) -> None:
    long = told(tmp_path, rising, regime("long", "close > sma(50)", (0.9, 0.1))).entities[0]

    assert math.isnan(long.condition)
    assert long.standpoint is not None
    assert long.standpoint.obstacles[0].why == Why.UNKNOWN
    assert long.entry.missing[0].text == "sma(50)"


def test_a_regime_that_was_just_released_says_so(tmp_path: Path) -> None:
    market = market_of_days([*RISING, 100.0])
    left = regime("left", "close > 50", (0.5, 0.0), "release = 'close < 104'\ndwell = 0")
    one = told(tmp_path, market, left).entities[0]

    assert one.standpoint is not None
    assert one.standpoint.obstacles[0].why == Why.RELEASED
    assert one.release is not None
    assert one.release.term.is_met


def test_a_regime_that_cools_down_or_unwinds_says_so(tmp_path: Path) -> None:
    market = market_of_days([*RISING, 40.0])
    cools = regime("cools", "close > 50", (0.5, 0.0), "cooldown = 5\ndwell = 0")
    unwinds = regime("unwinds", "close > 50", (0.5, -0.5), "unwind = 4\ndwell = 0")
    one = told(tmp_path, market, cools).entities[0].standpoint
    other = told(tmp_path, market, unwinds).entities[0].standpoint

    assert one is not None
    assert other is not None
    assert (one.obstacles[0].why, one.obstacles[0].have) == (Why.COOLDOWN, 5)
    assert (other.obstacles[0].why, other.obstacles[0].have) == (Why.UNWINDING, 1)


def test_a_weekly_regime_was_not_evaluated_since(rising: Market, tmp_path: Path) -> None:
    body = regime("daily_one", "close >= 108", (0.5, -0.5)) + regime(
        "weekly_one", "close > 1", (0.9, 0.1), "review = 'weekly'"
    )
    # Day 7 is a Monday: the weekly one came into force then, the daily one on day 9.
    weekly = told(tmp_path, rising, body).entities[1]

    assert weekly.evaluated_ms == market_ms(7)
    assert weekly.standpoint is not None
    assert weekly.standpoint.obstacles[0].why == Why.NOT_DUE


def market_ms(day: int) -> int:
    """Return the stamp of the beginning of a day of the market."""
    return (4 + day) * 24 * 3_600_000


FIRES = "close > 50"


def stages(explained: Explanation) -> list[tuple[str, tuple[str, ...], float, float]]:
    return [
        (one.name, one.ids, round(one.spot, 9), round(one.futures, 9))
        for one in explained.composition.stages
    ]


def fates(explained: Explanation) -> dict[str, Fate]:
    return {one.id: one.fate for one in explained.composition.effects}


def test_a_cut_is_a_line_of_its_own(rising: Market, tmp_path: Path) -> None:
    cut = trigger("cut", FIRES, '{ cut_longs = 0.25, freed_to = "cash" }')
    explained = told(tmp_path, rising, cut)

    # 0.4 x 0.75 = 0.3.
    assert stages(explained) == [
        ("base", ("baseline",), 0.6, 0.4),
        ("effect", ("cut",), 0.6, 0.3),
    ]
    assert explained.composition.binding == 1


def test_a_cover_skips_cuts_and_the_largest_binds(rising: Market, tmp_path: Path) -> None:
    body = (
        trigger("cut", FIRES, "{ cut_longs = 0.25 }")
        + trigger("half", FIRES, "{ cover = 0.5 }")
        + trigger("full", FIRES, "{ cover = 1.0 }")
    )
    explained = told(tmp_path, rising, body)

    assert stages(explained) == [
        ("base", ("baseline",), 0.6, 0.4),
        ("level", ("full",), 0.6, -0.6),
    ]
    assert fates(explained) == {
        "cut": Fate.SKIPPED_LEVEL,
        "half": Fate.OUTRANKED,
        "full": Fate.APPLIED,
    }


def test_added_hedges_are_one_line_cut_to_their_cap(rising: Market, tmp_path: Path) -> None:
    body = trigger("a", FIRES, "{ hedge = 0.4 }") + trigger("b", FIRES, "{ hedge = 0.3 }")
    explained = told(tmp_path, rising, body)

    # 0.4 + 0.3 is more than the cap of 0.5; 0.4 - 0.5 x 0.6 = 0.1.
    assert stages(explained)[1] == ("additive", ("a", "b"), 0.6, 0.1)
    assert explained.composition.is_capped


def test_a_shift_and_a_set_are_lines(rising: Market, tmp_path: Path) -> None:
    shift = told(tmp_path, rising, trigger("s", FIRES, "{ shift = 0.1 }"))
    fixed = told(tmp_path, rising, trigger("x", FIRES, "{ set = { spot = 0.2, futures = 0.1 } }"))

    assert stages(shift)[1] == ("shift", ("s",), 0.5, 0.3)
    assert stages(fixed)[1] == ("effect", ("x",), 0.2, 0.1)


def test_of_two_sets_the_second_is_outranked(rising: Market, tmp_path: Path) -> None:
    body = trigger("a", FIRES, "{ set = { spot = 0.2, futures = 0.1 } }") + trigger(
        "b", FIRES, "{ set = { spot = 0.3, futures = 0.1 } }"
    )

    assert fates(told(tmp_path, rising, body)) == {"a": Fate.APPLIED, "b": Fate.OUTRANKED}


def test_a_hedge_branch_waits_for_longs_to_be_gone(rising: Market, tmp_path: Path) -> None:
    body = trigger("v", FIRES, "{ cut_longs = 0.1, else_hedge = 0.1 }")
    found = [one.fate for one in told(tmp_path, rising, body).composition.effects]
    short = regime("short", FIRES, (0.6, -0.2)) + body
    later = [one.fate for one in told(tmp_path, rising, short).composition.effects]

    assert set(found) == {Fate.APPLIED, Fate.SKIPPED_LONGS}
    assert set(later) == {Fate.APPLIED, Fate.SKIPPED_NO_LONGS}


def test_an_opportunistic_effect_is_dropped_beside_a_protective_one(
    rising: Market, tmp_path: Path
) -> None:
    body = trigger(
        "bold", FIRES, "{ set = { spot = 0.9, futures = 0.1 } }", "severity = 'opportunistic'"
    ) + trigger("shield", FIRES, "{ hedge = 0.1 }", "severity = 'protective'")

    assert fates(told(tmp_path, rising, body))["bold"] == Fate.DROPPED


def test_the_tightest_cap_binds_at_the_margin_rule(rising: Market, tmp_path: Path) -> None:
    body = trigger("tight", FIRES, "{ leverage_cap = 0.5 }") + trigger(
        "loose", FIRES, "{ leverage_cap = 0.8 }"
    )
    explained = told(tmp_path, rising, body)

    # Long futures of at most 0.5 x 0.4 of cash.
    assert stages(explained)[1] == ("margin", ("tight",), 0.6, 0.2)
    assert explained.composition.leverage == 0.5
    assert fates(explained) == {"tight": Fate.APPLIED, "loose": Fate.OUTRANKED}


@pytest.fixture
def jump(tmp_path: Path) -> Explanation:
    """Return a full hedge ordered at the last evaluation, the day after a flat price of 100."""
    market = market_of_days([*[100.0] * 11, 110.0])
    return told(tmp_path, market, trigger("hedge", "close > 105", "{ cover = 1.0 }"))


def test_orders_come_with_notional_fee_and_slippage(jump: Explanation) -> None:
    spot, futures = jump.orders.legs

    assert spot.order == 0.0
    assert futures.order < 0.0
    assert futures.reason == "rebalance"
    assert futures.notional == pytest.approx(-futures.order * 110.0)
    # A taker pays 5 bp; the half-spread of 1 bp is lost at least, the rest is impact.
    assert futures.fee == pytest.approx(0.0005 * futures.notional, rel=1e-2)
    assert futures.slippage > 0.0001 * futures.notional
    assert futures.order == futures.ordered == futures.fills


def test_the_account_after_has_paid_for_its_orders(jump: Explanation) -> None:
    before, after = jump.orders.before, jump.orders.after
    costs = jump.orders.legs[1].fee + jump.orders.legs[1].slippage

    assert before.equity - after.equity == pytest.approx(costs)
    # The short is 0.6 of the equity that it was decided on.
    assert after.futures * after.equity == pytest.approx(-0.6 * before.equity)
    assert after.leverage == pytest.approx(-after.futures * after.equity / after.cash)
    # The tier asks for 1 % of the notional.
    assert after.margin_ratio == pytest.approx(0.01 * after.leverage)


def test_the_price_of_liquidation_is_where_cash_meets_the_maintenance(jump: Explanation) -> None:
    after, leg = jump.orders.after, jump.orders.legs[1]
    coins = -after.futures * after.equity / leg.price
    mark = after.liquidation_price

    # cash - coins x (mark - 110) = 0.01 x coins x mark
    assert after.cash - coins * (mark - 110.0) == pytest.approx(0.01 * coins * mark)
    assert mark > 110.0


def test_a_filled_order_no_longer_waits(tmp_path: Path) -> None:
    market = market_of_days([*[100.0] * 10, 110.0, 110.0])
    body = trigger("hedge", "close > 105", "{ cover = 1.0 }")
    later = told(tmp_path, market, body, at=f"{day_stamp(11)}T05:00")
    futures = later.orders.legs[1]

    assert futures.order == 0.0
    assert futures.ordered < 0.0
    assert later.orders.before == later.orders.after


def test_the_reason_is_that_of_the_report(jump: Explanation) -> None:
    assert jump.reason.startswith("hedge fired. Active: hedge. Targets: baseline spot 60.0 %")


def test_the_first_day_that_is_open_ends_at_the_next_midnight(jump: Explanation) -> None:
    assert jump.until_ms == jump.at_ms + 24 * 3_600_000
    assert jump.reach == 0.3


def test_what_a_weekly_trigger_froze_is_read_as_it_was(rising: Market, tmp_path: Path) -> None:
    # It entered on the Monday of day 7 at the close of 106; day 11 is before its next evaluation,
    # and a daily trigger has moved the state on since.
    weekly = trigger(
        "weekly_one",
        "close > 1",
        extra="review = 'weekly'\nrelease = 'close < at_entry(close) or since_entry() > 90'",
    )
    daily = trigger("daily_one", "close > at_entry(close)", extra="release = 'close < 1'")
    one = told(tmp_path, rising, weekly + daily).entities[0]

    assert one.evaluated_ms == market_ms(7)
    assert one.release is not None
    assert [
        (part.comparison.left_value, part.comparison.right_value)
        for part in one.release.term.parts
        if part.comparison is not None
    ] == [(106.0, 106.0), (0.0, 90.0)]


def test_a_regime_reads_the_entry_of_the_one_that_was_in_force_then(
    rising: Market, tmp_path: Path
) -> None:
    # On Monday, day 7, the early one was in force since day 3, when 102 had closed; on day 10 the
    # late one takes over. The weekly one still says what it read on Monday: 106 against 102.
    body = (
        regime("late", "close >= 109", (0.5, -0.5))
        + regime("weekly_one", "close > at_entry(close) + 50", (0.4, -0.2), "review = 'weekly'")
        + regime("early", "close > 1", (0.5, 0.0))
    )
    body = body.replace("review = 'weekly'", "review = 'weekly'\nrelease = 'close < 1'")
    weekly = told(tmp_path, rising, body).entities[1]

    assert weekly.entry.term.comparison is not None
    assert weekly.entry.term.comparison.left_value == 106.0
    assert weekly.entry.term.comparison.right_value == 152.0


def test_a_trigger_not_evaluated_yet_is_read_as_it_stands(rising: Market, tmp_path: Path) -> None:
    # The account begins on day 3, a Thursday; day 5 is before its first Monday.
    body = trigger("weekly_one", "close > 500", extra="review = 'weekly'")
    one = told(tmp_path, rising, body, at=day_stamp(5)).entities[0]

    assert one.evaluated_ms == 0
    assert math.isnan(one.condition)
    assert one.entry.term.comparison is not None
    assert one.entry.term.comparison.left_value == 104.0


def lines(explained: Explanation, *only: str) -> str:
    """Return a text with single spaces, after proving that no line is too long."""
    said = explain_text(explained, only=only)
    assert all(len(line) <= 80 for line in said.splitlines())
    return " ".join(said.split())


def test_the_text_says_why_every_other_regime_is_not_in_force(
    rising: Market, tmp_path: Path
) -> None:
    said = lines(told(tmp_path, rising, MATRIX))

    assert "low: safer, not entered: condition false: close < 50: 111.00 against 50.000" in said
    assert "needy: safer, not entered: needs idle_one active" in said
    assert "unseen: in force" in said
    assert "chained: bolder, not entered: may only follow low" in said
    assert "slow: bolder, not entered: confirmed 10 of 30, 20 evaluations to go" in said
    assert "bold: bolder, not entered: unseen is safer and not released" in said


def test_the_text_says_what_binds_and_what_was_outranked(rising: Market, tmp_path: Path) -> None:
    body = trigger("half", FIRES, "{ cover = 0.5 }") + trigger("full", FIRES, "{ cover = 1.0 }")
    said = lines(told(tmp_path, rising, body))

    assert "hedge level (full): spot 60.0 %, futures -60.0 % <- binding" in said
    assert "half cover 50.0 %: another goes further" in said


def test_the_text_counts_the_life_of_a_trigger(tmp_path: Path) -> None:
    cool = trigger("cool", "close > 105", extra="cooldown = 3")
    slow = trigger("slow", "close < 105", extra="confirm = [4, 5]")
    left = trigger("left", "close > 105", "{ cover = 1.0 }", "unwind = 4")
    held = trigger("held", "close > 105", extra="release = 'close < 104'\ndwell = 20")
    market = market_of_days([*RISING, 100.0, 100.0])
    said = lines(told(tmp_path, market, cool + slow + left + held), "cool", "slow", "left", "held")

    assert "cool (trigger): cooldown; condition false; 2 evaluations left" in said
    assert (
        "slow (trigger): arming; condition true; confirmed 2 of 4 (of the last 5), 2 to go" in said
    )
    assert "left (trigger): unwinding; condition false; slice 2 of 4" in said
    assert (
        "held (trigger): active; condition false; release 2 of 1, 13 to go, dwell 13 more" in said
    )


def test_the_text_says_what_waits_for_a_guard(rising: Market, tmp_path: Path) -> None:
    body = regime("far", "close > 105", (0.0, -1.0), "only_if = 'spot_near_target'\nvalidity = 4")
    said = lines(told(tmp_path, rising, body), "far")

    assert "waits for spot_near_target, 4 evaluations left" in said
    assert "only_if spot_near_target: false on the account as it is" in said


def test_the_text_tells_orders_and_the_margin_before_and_after(jump: Explanation) -> None:
    said = lines(jump)

    assert "; ordered: sell " in said
    assert "before" in said
    assert "after" in said


def test_the_text_of_a_filled_order_says_so(tmp_path: Path) -> None:
    market = market_of_days([*[100.0] * 10, 110.0, 110.0])
    body = trigger("hedge", "close > 105", "{ cover = 1.0 }")
    said = lines(told(tmp_path, market, body, at=f"{day_stamp(11)}T05:00"))

    assert "nothing is ordered: what was asked for last has been filled or dropped" in said


def test_triggers_in_force_come_first_then_the_nearest(rising: Market, tmp_path: Path) -> None:
    body = (
        trigger("far", "close > 140")
        + trigger("never", "close > 1000")
        + trigger("near", "close > 112")
        + trigger("on", "close > 50")
        + trigger("rich", "funding_8h > 0.01")
    )
    said = explain_text(told(tmp_path, rising, body))
    places = [said.index(f"\n  {name}: ") for name in ("on", "near", "far")]

    assert places == sorted(places)
    assert "Farther: never, rich." in said
