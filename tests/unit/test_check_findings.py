"""This file proves what a check finds in a policy, each with the moment that proves it."""

from dataclasses import replace
from pathlib import Path

import pytest

from steelyard.data.catalogue import open_market
from steelyard.domain.market import Market
from steelyard.domain.time import DAY_MS
from steelyard.engine.lint import Examination, check
from steelyard.engine.witnesses import Finding
from steelyard.policy.load import load_policy
from tests.support import catalogues as made
from tests.support.policy_files import trigger, written

DAYS = 45


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Market:
    """Return 45 days whose day i closes at 124 + 24 i; a run evaluates at the ends of days 2 on."""
    folder = made.write_catalogue(tmp_path_factory.mktemp("findings"), hours=24 * DAYS)
    return open_market(folder, asset="BTC")


def end_of(day: int) -> int:
    return made.FIRST_MS + (day + 1) * DAY_MS


def regime(name: str, when: str, extra: str = "", spot: float = 0.5) -> str:
    return f"\n[[regimes]]\nid = '{name}'\nwhen = '{when}'\nspot = {spot}\nfutures = 0.0\n{extra}\n"


def examined(folder: Path, market: Market, body: str) -> Examination:
    return check(load_policy(written(folder, body)), market)


def only(findings: tuple[Finding, ...], kind: str) -> Finding:
    (found,) = [each for each in findings if each.kind == kind]
    return found


def test_never_true_names_how_often_it_was_looked_at(tmp_path: Path, market: Market) -> None:
    # Evaluations: the ends of days 2 to 44, and the start, which is the end of day 2.
    found = only(examined(tmp_path, market, trigger("close < 1")).findings, "never")

    assert found.sentence == "one never fires here: its condition was true at 0 of 43 evaluations."
    assert (found.moment_ms, found.count) == (end_of(2), 43)


def test_true_and_never_confirmed_names_the_first_time_it_was_true(
    tmp_path: Path, market: Market
) -> None:
    # Day 10 closes at 364: true once, and two in a row are asked for.
    body = trigger("360 < close < 370", "confirm = 2")

    found = only(examined(tmp_path, market, body).findings, "never")

    assert "true at 1 of 43 evaluations, first 2020-01-12, never confirmed" in found.sentence
    assert (found.moment_ms, found.count) == (end_of(10), 1)


def test_unknown_throughout_names_the_first_moment(tmp_path: Path, market: Market) -> None:
    found = only(examined(tmp_path, market, trigger("close > sma(200)")).findings, "never")

    assert "it was unknown at all 43 evaluations" in found.sentence
    assert (found.moment_ms, found.count) == (end_of(2), 43)


def test_a_trigger_that_waits_for_another_says_how_often_that_one_was_active(
    tmp_path: Path, market: Market
) -> None:
    # `one` is active on the end of day 10 alone, and `two` is false there.
    second = trigger("close < 300", "while_active = ['one']").replace("'one'\nw", "'two'\nw")
    body = trigger("360 < close < 370") + second

    found = only(examined(tmp_path, market, body).findings, "never")

    assert found.sentence.endswith(
        "0 of 43 evaluations; one, which it needs, was active at 1 of them."
    )


def test_always_true_names_since_when(tmp_path: Path, market: Market) -> None:
    found = only(examined(tmp_path, market, trigger("close > 1")).findings, "always")

    assert found.sentence.endswith("all 43 evaluations at which it was known, from 2020-01-04 on.")
    assert (found.moment_ms, found.count) == (end_of(2), 43)


def test_a_regime_kept_out_by_a_safer_one_says_by_which_and_how_often(
    tmp_path: Path, market: Market
) -> None:
    # Both are true from day 10 (364) on: 35 evaluations, all of them the safer one's.
    body = regime("safe", "close > 350") + regime("bold", "close > 350")

    found = only(examined(tmp_path, market, body).findings, "unreachable")

    assert found.sentence == (
        "regime bold is never entered here: its condition was true at 35 of 43 evaluations, "
        "first 2020-01-12: at 35 the safer safe was in force."
    )
    assert (found.id, found.moment_ms, found.count) == ("bold", end_of(10), 35)


def test_a_regime_kept_out_by_its_confirmation_says_so(tmp_path: Path, market: Market) -> None:
    # Days 10 and 11 close at 364 and 388: two true closes where three are asked for.
    body = regime("brief", "360 < close < 390", "confirm = 3")

    found = only(examined(tmp_path, market, body).findings, "unreachable")

    assert "first 2020-01-12: at 2 not confirmed, which takes 3 of 3." in found.sentence


def test_a_regime_that_may_only_follow_another_says_after_which(
    tmp_path: Path, market: Market
) -> None:
    body = regime("first", "close < 1") + regime("second", "close > 1000", "after = ['first']")

    found = examined(tmp_path, market, body).findings

    said = next(each.sentence for each in found if each.id == "second")
    # Day 37 closes at 1012, so days 37 to 44 are eight evaluations.
    assert "at 8 baseline was in force, and it may follow first only." in said


def test_a_regime_whose_guard_fails_says_which(tmp_path: Path, market: Market) -> None:
    # Only long futures are held and the price rises, but there is no hedge: spot 0.60 against 0.10.
    body = regime("kept", "close > 1000", "only_if = 'spot_near_target'", spot=0.10)

    found = only(examined(tmp_path, market, body).findings, "unreachable")

    assert "at 8 its guard spot_near_target failed while baseline was in force." in found.sentence


def test_a_regime_without_its_trigger_says_how_often_that_was_active(
    tmp_path: Path, market: Market
) -> None:
    body = regime("lost", "close > 1", "while_active = ['one']") + trigger("close < 1")

    found = only(examined(tmp_path, market, body).findings, "unreachable")

    assert "; one, which it needs, was active at 0 of them." in found.sentence


def test_regimes_that_overlap_say_on_how_many_days_and_who_wins(
    tmp_path: Path, market: Market
) -> None:
    # `safe` from day 10 (364) to day 20 (604), `bold` from day 15 (484) on: days 15 to 20.
    body = regime("safe", "350 < close < 620") + regime("bold", "close > 480")

    found = only(examined(tmp_path, market, body).remarks, "overlap")

    assert found.sentence == ("safe wins over bold: both confirmed on 6 days, first 2020-01-17.")
    assert (found.moment_ms, found.count) == (end_of(15), 6)


def test_regimes_that_follow_different_ones_do_not_overlap(tmp_path: Path, market: Market) -> None:
    body = regime("first", "close > 350", "after = ['baseline']") + regime(
        "second", "close > 480", "after = ['first']"
    )

    assert "overlap" not in {each.kind for each in examined(tmp_path, market, body).remarks}


def test_what_did_not_end_says_since_when_and_for_how_long(tmp_path: Path, market: Market) -> None:
    # Day 10 is true and over at once; from day 30 (844) it lasts to the end of day 44: 14 days.
    body = trigger("360 < close < 370 or close > 840")

    found = only(examined(tmp_path, market, body).remarks, "open")

    assert found.sentence == (
        "trigger one never ended from 2020-02-01 on, 14.0 days; the longest that did took 1.0."
    )
    assert (found.moment_ms, found.count) == (end_of(30), 14)


def test_what_did_not_end_is_no_news_where_longer_ones_did(tmp_path: Path, market: Market) -> None:
    # Days 10 to 20 are eleven, days 43 and 44 are two.
    body = trigger("350 < close < 620 or close > 1150")

    assert "open" not in {each.kind for each in examined(tmp_path, market, body).remarks}


def test_an_effect_that_changes_no_target_is_found(tmp_path: Path, market: Market) -> None:
    # A hedge of half of spot stands beside a full cover, which is larger at every moment.
    small = trigger("close > 350", effect="{ cover = 0.5 }")
    large = trigger("close > 340", effect="{ cover = 1.0 }").replace("'one'", "'large'")

    found = only(examined(tmp_path, market, small + large).findings, "no_effect")

    # Day 10 closes at 364, above both.
    assert found.sentence == (
        "one never changes a target here: it was active at 35 evaluations, first 2020-01-12, and "
        "without its effects every target is the same."
    )
    assert (found.moment_ms, found.count) == (end_of(10), 35)


def test_an_effect_that_changes_one_target_and_an_alert_are_not_found(
    tmp_path: Path, market: Market
) -> None:
    alert = trigger("close > 350", effect="{ alert = true }").replace("'one'", "'told'")
    body = trigger("close > 350", effect="{ cover = 0.5 }") + alert

    assert examined(tmp_path, market, body).findings == ()


def test_a_series_that_is_lacking_is_found_with_its_file_and_no_account_is_run(
    tmp_path: Path, market: Market
) -> None:
    other = trigger("close > 350").replace("'one'", "'other'")
    body = trigger("open_interest > 1 and change(open_interest, 2) > 1") + other

    found = examined(tmp_path, market, body)

    (lacking,) = found.findings
    assert (lacking.kind, lacking.id, lacking.moment_ms) == ("missing_series", "one", None)
    assert "add binance.perp.BTCUSDT.open_interest.1d.parquet" in lacking.sentence
    assert (found.triggers, found.regimes, found.cuts, found.remarks) == ((), (), (), ())
    assert [row.true_days for row in found.evidence] == [0, 35]


def test_a_kind_of_bars_that_is_lacking_is_found(tmp_path: Path, market: Market) -> None:
    poor = replace(market, bars={kind: market.bars[kind] for kind in ("1h", "1d", "1w")})
    (lacking,) = examined(tmp_path, poor, trigger("close > 1", "bars = '4h'")).findings

    assert lacking.sentence.endswith("reads 4h bars; of BTC there are only 1h, 1d, 1w.")


def test_a_series_with_a_stand_in_is_a_remark(tmp_path: Path, market: Market) -> None:
    body = trigger("first_known(implied_vol, close) > 400")

    found = only(examined(tmp_path, market, body).remarks, "stand_in")

    assert found.sentence.startswith('BTC has no implied_vol: trigger "one", when, goes by what')
