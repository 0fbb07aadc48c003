"""The ladder's days, rungs and changes, on markets and policies small enough to count by hand."""

import math
from pathlib import Path

import numpy as np
import pytest

from steelyard.data.assemble import cut_market
from steelyard.data.synthetic import synthetic_market
from steelyard.domain.errors import DataError, RequestError
from steelyard.domain.market import Market
from steelyard.domain.time import DAY_MS, HOUR_MS, stamp, text
from steelyard.engine.ladder import climb, closes, ladder
from steelyard.engine.standing import Standing, stand
from steelyard.engine.tomorrow import end_of_day, given_day, imagined_day, live_on
from steelyard.policy.load import load_policy
from steelyard.report.ladder import ladder_document
from steelyard.report.ladder_text import ladder_text
from tests.support.policy_files import written


@pytest.fixture(scope="module")
def market() -> Market:
    return synthetic_market()


def noon_day(market: Market) -> str:
    """Return a day in the middle of a market, as a person writes it."""
    middle = (market.start_ms + market.end_ms) // 2
    return text(middle - middle % DAY_MS)


THRESHOLD = """
[[triggers]]
id = "low"
when = "close < {price}"
effect = {{ cover = 1.0 }}
"""


@pytest.fixture
def standing(market: Market, tmp_path: Path) -> Standing:
    """Return where a policy stands that hedges on a close under 95 % of the last one."""
    at = noon_day(market)
    last = stand(load_policy("hold"), market, at=at).market.spot.close[-1]
    file = written(tmp_path, THRESHOLD.format(price=0.95 * last))
    return stand(load_policy(str(file)), market, at=at)


def test_rungs_lie_a_step_apart_with_the_last_close_among_them() -> None:
    # 30 % in steps of 10 %: three rungs each way.
    found = closes(200.0, reach=0.3, step=0.1)

    assert found == pytest.approx((140.0, 160.0, 180.0, 200.0, 220.0, 240.0, 260.0))


@pytest.mark.parametrize(("reach", "step"), [(1.0, 0.1), (0.1, 0.2), (0.3, 0.0), (math.nan, 0.1)])
def test_a_reach_or_step_out_of_range_is_refused(reach: float, step: float) -> None:
    with pytest.raises(RequestError, match=r"0 < step <= reach < 1, such as 0\.3 and 0\.01"):
        closes(100.0, reach=reach, step=step)


def test_too_many_rungs_are_refused() -> None:
    with pytest.raises(RequestError, match="more than 200 rungs each way; take longer steps"):
        closes(100.0, reach=0.3, step=0.001)


def test_a_change_is_found_at_the_very_close_the_condition_names(standing: Standing) -> None:
    found = climb(standing, imagined_day(standing.market), reach=0.1, step=0.02)
    turn = next(change for change in found.changes if change.below.phases != change.above.phases)

    threshold = 0.95 * found.last
    assert turn.below.close < threshold <= turn.above.close
    assert turn.above.close - turn.below.close <= 1e-7 * threshold
    # The baseline 0.6 and +0.4 above it; a full hedge of the 0.6 in spot below it.
    assert turn.above.targets == pytest.approx((0.6, 0.4))
    assert turn.below.targets == pytest.approx((0.6, -0.6))


def test_climbing_changes_nothing_where_it_begins(standing: Standing) -> None:
    before = standing.book.account.legs["quantity"].copy(), standing.book.state.life.copy()
    live_on(standing, imagined_day(standing.market), 0.5 * standing.market.spot.close[-1])

    assert np.array_equal(standing.book.account.legs["quantity"], before[0])
    assert standing.book.state.life.tobytes() == before[1].tobytes()


def test_an_imagined_day_runs_straight_to_its_close(market: Market) -> None:
    at_ms = (market.start_ms + market.end_ms) // 2 // DAY_MS * DAY_MS
    base = cut_market(market, at_ms)
    last = base.spot.close[-1]
    day = imagined_day(base)(last * 1.24)
    new = day.spot.known_ms > at_ms

    # 24 hours, each a 24th of 24 %, so 1 % of the last price.
    assert np.diff(day.spot.close[new]) == pytest.approx(np.full(23, 0.01 * last))
    assert day.spot.close[-1] == pytest.approx(1.24 * last)
    assert day.mark.close[-1] / day.mark.close[-25] == pytest.approx(1.24)
    assert day.end_ms == at_ms + DAY_MS
    assert day.funding.rate[-1] == base.funding.rate[-1]


def test_a_day_imagined_from_an_hour_ends_at_midnight(market: Market) -> None:
    at_ms = (market.start_ms + market.end_ms) // 2 // DAY_MS * DAY_MS + 20 * HOUR_MS
    day = imagined_day(cut_market(market, at_ms))(50_000.0)

    assert end_of_day(at_ms) == at_ms + 4 * HOUR_MS
    assert day.spot.end_ms == at_ms + 4 * HOUR_MS


def test_dated_contracts_keep_their_distance_on_an_imagined_and_on_a_given_day(
    market: Market,
) -> None:
    at_ms = stamp(2002, 12, 1)  # its one contract is listed from September to March
    base = cut_market(market, at_ms)
    last = float(base.spot.close[-1])
    (before,) = base.dated
    (imagined,) = imagined_day(base)(1.1 * last).dated

    assert imagined.bars.end_ms == end_of_day(at_ms)
    assert imagined.bars.close[-1] == pytest.approx(1.1 * before.bars.close[-1])

    day = given_day(market, at_ms)
    true = float(cut_market(market, end_of_day(at_ms)).spot.close[-1])
    (known,), (given,) = day(true).dated, day(0.9 * true).dated

    assert given.bars.close[-1] == pytest.approx(0.9 * known.bars.close[-1])


def test_a_contract_whose_bars_have_ended_is_not_made_up(market: Market) -> None:
    base = cut_market(market, stamp(2003, 6, 1))
    (before,), (after,) = base.dated, imagined_day(base)(50_000.0).dated

    assert after.bars.end_ms == before.bars.end_ms < stamp(2003, 6, 1)


def test_a_given_day_keeps_all_but_its_close(market: Market) -> None:
    at_ms = (market.start_ms + market.end_ms) // 2 // DAY_MS * DAY_MS
    true = cut_market(market, at_ms + DAY_MS)
    given = given_day(market, at_ms)(2.0 * true.spot.close[-1])

    assert given.spot.close[-1] == pytest.approx(2.0 * true.spot.close[-1])
    assert given.spot.high[-1] == pytest.approx(2.0 * true.spot.close[-1])
    assert np.array_equal(given.spot.close[:-1], true.spot.close[:-1], equal_nan=True)
    assert np.array_equal(given.spot.open, true.spot.open, equal_nan=True)
    assert given.bars["1d"].close[-1] == pytest.approx(2.0 * true.spot.close[-1])


def test_a_given_day_beyond_the_data_is_refused(market: Market) -> None:
    with pytest.raises(RequestError, match=r"is not in the data of .*; choose an earlier moment"):
        given_day(market, market.end_ms)


def test_a_day_cannot_be_imagined_from_an_unknown_price(market: Market) -> None:
    known = cut_market(market, market.end_ms)
    known.spot.close[-1] = np.nan
    with pytest.raises(DataError, match="no day can be imagined from an unknown price"):
        imagined_day(known)


def test_a_moment_after_the_data_is_refused(market: Market) -> None:
    with pytest.raises(RequestError, match=r"is after the data of .*choose a moment up to then"):
        ladder(load_policy("hold"), market, at="2199-01-01")


def test_a_moment_before_the_account_is_refused(market: Market) -> None:
    with pytest.raises(RequestError, match="is not after the account's start"):
        ladder(load_policy("hold"), market, at="2000-06-01")


def test_the_text_answers_first_and_names_the_close_of_the_jump(
    market: Market, tmp_path: Path
) -> None:
    at = noon_day(market)
    last = float(stand(load_policy("hold"), market, at=at).market.spot.close[-1])
    file = written(tmp_path, THRESHOLD.format(price=0.95 * last))
    facts = ladder(load_policy(str(file)), market, at=at, spread=(0.1, 0.02))
    said = ladder_text(facts)

    assert "asks for spot 60.0 %, futures +40.0 % (baseline)" in " ".join(said.split())
    assert "its targets jump below" in " ".join(said.split())
    assert "(-5.0 %): above it low is idle, below it is active" in " ".join(said.split())
    assert all(len(line) <= 80 for line in said.splitlines())


def test_the_document_has_every_rung_and_tells_changes_of_orders_apart(
    market: Market, tmp_path: Path
) -> None:
    at = noon_day(market)
    last = float(stand(load_policy("hold"), market, at=at).market.spot.close[-1])
    file = written(tmp_path, THRESHOLD.format(price=0.95 * last))
    facts = ladder(load_policy(str(file)), market, at=at, spread=(0.1, 0.02))
    document = ladder_document(facts)
    rungs, changes = document["rungs"], document["changes"]

    assert isinstance(rungs, list)
    assert isinstance(changes, list)
    assert len(rungs) == 11
    assert [turn["only_orders"] for turn in changes if isinstance(turn, dict)].count(False) == 1
    assert document["until"] == f"{text(facts.until_ms)}T00:00:00Z"
