"""A result: its numbers, its document and its frames, on runs made by hand."""

import json
import math
from dataclasses import asdict, fields, replace

import numpy as np
import polars as pl
import pytest

from steelyard.domain import codes
from steelyard.domain.errors import LedgerError, RequestError
from steelyard.domain.record import FILL_DEFENCE, Fills
from steelyard.domain.time import DAY_MS, HOUR_MS
from steelyard.report.document import as_json
from steelyard.report.inputs import BENCHMARKS, RunInputs
from steelyard.report.result import Result, build_result
from steelyard.report.tables import episodes as episode_table
from tests.support.made_runs import (
    BASIS,
    CONSTANTS,
    FEE,
    SLIP,
    START_MS,
    Script,
    force_last_fill,
    made_inputs,
    made_prices,
    made_script,
    made_track,
)

QUIET = frozenset[int]()


@pytest.fixture(scope="module")
def result() -> Result:
    return build_result(made_inputs(60))


def test_the_same_run_gives_the_same_bytes(result: Result) -> None:
    again = build_result(made_inputs(60))

    assert again.to_json() == result.to_json()


def test_a_document_holds_no_nan_and_says_null_instead() -> None:
    # The benchmark that stays in cash never moves: no ratio of it is defined.
    document = json.loads(build_result(made_inputs(30)).to_json())
    cash = document["benchmarks"]["sma200_only"]

    assert cash["volatility"] == 0.0
    assert cash["sharpe"] is None
    assert cash["mean_hedge_ratio"] is None
    assert "NaN" not in json.dumps(document)


def test_the_parts_of_the_attribution_sum_to_the_change_of_equity(result: Result) -> None:
    parts = asdict(result.attribution)
    total, residual = parts.pop("total"), parts.pop("residual")

    assert math.fsum(parts.values()) == total
    assert abs(residual) <= 1e-9 * result.start_equity
    assert result.end_equity - result.start_equity == pytest.approx(total + residual, abs=1e-12)


def test_the_parts_are_those_of_the_walk(result: Result) -> None:
    last = result.inputs.walk.parts[-1]

    assert result.attribution.funding == last[codes.PART_FUNDING]
    assert result.attribution.fees == last[codes.PART_FEES]
    assert result.attribution.spot == last[codes.PART_SPOT]


def test_holding_gains_what_the_price_gains_less_its_costs(result: Result) -> None:
    # All cash becomes coins at price x (1 + slippage) and a fee is paid on that.
    price = result.account.price
    bought = 100_000.0 / price[0]
    paid = bought * price[0] * (SLIP + (1.0 + SLIP) * FEE)
    expected = bought * price[-1] - paid

    assert result.benchmark_accounts["hold"].nav[-1] == pytest.approx(expected)


def test_without_futures_the_hedge_removed_exactly_nothing(result: Result) -> None:
    assert result.benchmarks["hold"].hedge_effectiveness == 0.0
    assert result.benchmarks["constant_delta"].hedge_effectiveness == 0.0


def test_a_full_hedge_removes_nearly_all_variance() -> None:
    # Short as many coins as are held, mark 0.1 % above spot: (0.001)^2 of the variance is left,
    # and what funding adds.
    days = 30
    hedged = Script((-1,) * days, (frozenset({1}),) * days)
    effectiveness = build_result(made_inputs(days, script=hedged)).metrics.hedge_effectiveness

    assert effectiveness == pytest.approx(1.0, abs=1e-3)


def test_the_unhedged_twin_earns_what_the_spot_earns() -> None:
    # Nothing is traded after the start: every later day the twin gains coins x change of price,
    # on the real account's equity of the day before.
    days = 30
    hedged = Script((-1,) * days, (frozenset({1}),) * days)
    account = build_result(made_inputs(days, script=hedged)).account
    coins = 0.6 * 100_000.0 / account.price[0]
    expected = coins * np.diff(account.price) / account.nav[:-1]

    assert account.unhedged[1:] == pytest.approx(expected[1:], rel=1e-9, abs=1e-12)


def test_a_number_that_is_none_never_reaches_the_text() -> None:
    with pytest.raises(ValueError, match="JSON"):
        as_json({"cagr": math.nan})


def test_a_hedged_day_is_counted_by_its_close() -> None:
    # Days 0 to 9 quiet, 10 to 19 breached. The closes 1 to 10 lie in quiet days, 11 to 20 do not:
    # half of the closes are hedged, at a ratio of mark over spot.
    script = Script((-1,) * 20, (QUIET,) * 10 + (frozenset({1}),) * 10)
    measured = build_result(made_inputs(20, script=script)).metrics

    assert measured.time_hedged == 0.5
    assert measured.mean_hedge_ratio == pytest.approx(0.5 * (1.0 + BASIS))


def test_turnover_counts_what_was_traded_a_year(result: Result) -> None:
    # Over 60 days: traded x 365 / 60 / mean of the 61 values, the start included.
    walk = result.inputs.walk
    expected = float(walk.traded[1]) * 365.0 / 60.0 / float(np.mean(result.account.nav))

    assert result.metrics.turnover_futures == pytest.approx(expected)


def test_an_episode_lasts_from_firing_to_release() -> None:
    # Active on days 2 and 3, and again on day 6: two episodes, three days.
    days: tuple[frozenset[int], ...] = (QUIET,) * 2 + (frozenset({0}),) * 2 + (QUIET,) * 2
    script = Script((-1,) * 8, (*days, frozenset({0}), QUIET))
    fired = build_result(made_inputs(8, script=script)).triggers[0]

    assert fired.episodes == 2
    assert fired.days_active == 3.0
    assert fired.first_ms == START_MS + 2 * DAY_MS
    assert fired.last_ms == START_MS + 6 * DAY_MS
    assert fired.evaluated == 8


def test_an_unwind_belongs_to_its_episode() -> None:
    script = Script((-1,) * 6, (QUIET, frozenset({0}), frozenset({0}), QUIET, QUIET, QUIET))
    inputs = made_inputs(6, script=script)
    inputs.walk.decisions.phase[3, 0] = codes.UNWINDING
    fired = build_result(inputs).triggers[0]

    assert (fired.episodes, fired.days_active) == (1, 3.0)


def test_an_episode_that_is_active_at_the_end_is_open_until_the_end() -> None:
    script = Script((-1,) * 5, (QUIET,) * 3 + (frozenset({1}),) * 2)
    (episode,) = build_result(made_inputs(5, script=script)).episodes

    assert episode.is_open
    assert episode.end_ms == START_MS + 5 * DAY_MS
    assert episode.before == (0.6, 0.4)
    assert episode.after == (0.6, -0.6)


def test_one_episode_that_covers_the_run_tells_the_whole_story() -> None:
    # From the first decision to the end: equity, funding and costs are those of the run.
    script = Script((-1,) * 5, (frozenset({1}),) * 5)
    result = build_result(made_inputs(5, script=script))
    (episode,) = result.episodes
    parts = result.attribution

    assert episode.equity_change == pytest.approx(result.end_equity - result.start_equity)
    assert episode.funding == pytest.approx(parts.funding)
    assert episode.costs == pytest.approx(-(parts.fees + parts.slippage))
    assert episode.futures_result == pytest.approx(parts.futures + parts.basis)
    assert episode.before == (0.6, 0.4)
    assert episode.after == (0.6, -0.6)


# -- what an episode itself did -----------------------------------------------------------------


def test_a_trigger_is_credited_with_its_own_step_and_not_with_that_of_a_regime() -> None:
    # On day 2 the regime goes to the breakdown, 0.3 and -0.7, in which a cover of 1.0 changes
    # nothing: -0.7 is already below -0.3.
    script = Script((-1, -1, 0, 0), (QUIET, QUIET, frozenset({1}), QUIET))
    inputs = made_inputs(4, script=script)
    trigger, regime = build_result(inputs).episodes

    assert (trigger.id, trigger.before, trigger.after) == (
        "support_breach",
        (0.3, -0.7),
        (0.3, -0.7),
    )
    assert (regime.id, regime.before, regime.after) == ("breakdown", (0.6, 0.4), (0.3, -0.7))


def test_a_trigger_that_only_alerts_is_credited_with_no_trade() -> None:
    # It fires on the day on which the regime goes to the breakdown.
    script = Script((-1, -1, 0, 0), (QUIET, QUIET, frozenset({0}), QUIET))
    inputs = made_inputs(4, script=script)
    alone = replace(inputs.policy, effect_ids=("support_breach",), effect_stages=(3,))
    result = build_result(replace(inputs, policy=alone))
    (row, _) = episode_table(result).rows

    assert result.episodes[0].after is None
    assert [cell.text for cell in row.cells][5] == "alert only, no trade"


def test_a_step_without_trace_changed_nothing() -> None:
    # An expansion cuts longs; in the breakdown there are none, and no step is written.
    script = Script((0,) * 3, (QUIET, frozenset({0}), QUIET))
    inputs = made_inputs(3, script=script)
    inputs.walk.decisions.trace_length[:] = 1
    (trigger,) = (one for one in build_result(inputs).episodes if one.kind == "trigger")

    assert (trigger.before, trigger.after) == ((0.3, -0.7), (0.3, -0.7))


def test_a_regime_in_force_from_the_first_decision_has_nothing_before() -> None:
    (episode,) = build_result(made_inputs(3, script=Script((0,) * 3, (QUIET,) * 3))).episodes

    assert (episode.before, episode.after) == (None, (0.3, -0.7))


def test_an_episode_pays_for_the_trade_that_closes_it() -> None:
    # Cover on days 1 and 2: the short of day 1 is sold and that of day 3 bought back, at 00:00.
    script = Script((-1,) * 5, (QUIET, frozenset({1}), frozenset({1}), QUIET, QUIET))
    result = build_result(made_inputs(5, script=script))
    (episode,) = result.episodes
    fills = result.inputs.walk.fills
    own = (fills.filled_ms >= START_MS + DAY_MS) & (fills.filled_ms <= START_MS + 3 * DAY_MS)

    assert set(fills.filled_ms[own].tolist()) == {START_MS + DAY_MS, START_MS + 3 * DAY_MS}
    assert episode.end_ms == START_MS + 3 * DAY_MS
    assert episode.costs == pytest.approx(float((fills.fee + fills.slippage)[own].sum()))


# -- the very end, the very beginning -----------------------------------------------------------


def _deciding_at_the_end(inputs: RunInputs) -> RunInputs:
    """Return a run whose last decision falls on its end, and orders a sale of spot."""
    decisions = inputs.walk.decisions
    decisions.ms[-1] = inputs.end_ms
    decisions.ordered[-1] = -1.0, 0.0
    return inputs


def test_orders_of_a_decision_at_the_very_end_are_not_counted_as_sent() -> None:
    inputs = made_inputs(5, script=Script((-1,) * 5, (QUIET,) * 5))
    result = build_result(_deciding_at_the_end(inputs))

    assert result.counts.orders == 2  # the first allocation, spot and futures
    assert result.counts.decisions == 5
    assert result.decisions["reason"][-1].endswith(
        "Ordered: sell 1 BTC spot, but the run ends here."
    )


def test_the_first_row_of_equity_is_in_the_regime_of_a_decision_at_the_start() -> None:
    begins = build_result(made_inputs(3, script=Script((0,) * 3, (QUIET,) * 3)))
    later = made_inputs(3, script=Script((0,) * 3, (QUIET,) * 3))
    later.walk.decisions.ms[0] += HOUR_MS

    assert begins.equity["regime"][0] == "breakdown"
    assert build_result(later).equity["regime"][0] == "baseline"


def test_a_first_allocation_that_could_not_be_placed_is_told() -> None:
    inputs = made_inputs(3)
    inputs.walk.decisions.ordered[0] = 0.0, 1.0
    told = build_result(inputs).warnings

    assert (
        "The first allocation could not be placed: spot 60.0 % of 100,000 USDT is less than the "
        "policy or the venue takes; begin with more cash."
    ) in told
    assert not any("first allocation" in line for line in build_result(made_inputs(3)).warnings)


# -- the books ----------------------------------------------------------------------------------


@pytest.mark.parametrize("whose", ["policy", "hold"])
def test_books_that_disagree_stop_everything(whose: str) -> None:
    inputs = made_inputs(3)
    wrong = inputs.walk if whose == "policy" else inputs.benchmarks[whose]
    wrong.curve.equity[30] += 0.01

    with pytest.raises(LedgerError, match=r"disagree from 2021-11-11 07:00 UTC on: 0\.01 of"):
        build_result(inputs)


def test_a_residual_of_unknown_size_stops_everything() -> None:
    inputs = made_inputs(3)
    inputs.walk.parts[-1, 0] = np.nan

    with pytest.raises(LedgerError, match="trust no number of this run"):
        build_result(inputs)


def test_less_than_a_billionth_is_rounding() -> None:
    # A billionth of 100,000 is 1e-4.
    inputs = made_inputs(3)
    inputs.walk.curve.equity[:] += 1e-5

    assert build_result(inputs).attribution.residual == pytest.approx(1e-5, rel=1e-3)


def test_days_in_regimes_sum_to_the_run(result: Result) -> None:
    # 60 days in fifths of 12: three of baseline, one of breakdown, one of range.
    found = [(regime.id, regime.entries, regime.days) for regime in result.regimes]

    assert found == [("baseline", 1, 36.0), ("breakdown", 1, 12.0), ("range", 1, 12.0)]


def test_unknown_evaluations_are_counted_and_warned_of() -> None:
    inputs = made_inputs(10)
    inputs.walk.decisions.condition[:3, 1] = np.nan
    result = build_result(inputs)

    assert result.triggers[1].unknown == 3
    assert any("support_breach was unknown at 3 of its 10" in line for line in result.warnings)


def test_counts_are_those_of_the_walk(result: Result) -> None:
    walk = result.inputs.walk

    assert result.counts.decisions == 60
    assert result.counts.fills == walk.fills.price.size
    assert result.counts.orders == int(np.count_nonzero(walk.decisions.ordered))


def test_a_liquidation_is_counted_and_told_with_its_price() -> None:
    inputs = made_inputs(60)
    force_last_fill(inputs, 500.0)
    result = build_result(inputs)

    assert result.counts.liquidations == 1
    assert result.warnings[0].startswith("Liquidated on 2021-12-28")


def test_an_order_of_margin_defence_counts_as_an_order() -> None:
    plain = build_result(made_inputs(60)).counts.orders
    inputs = made_inputs(60)
    inputs.walk.fills.reason[-1] = FILL_DEFENCE
    defended = build_result(inputs).counts.orders

    assert defended == plain + 1


def test_every_hole_up_to_the_end_is_counted_and_listed() -> None:
    inputs = made_inputs(10)
    (hole,) = inputs.market.holes
    later = replace(hole, start_ms=inputs.end_ms + HOUR_MS, end_ms=inputs.end_ms + 2 * HOUR_MS)
    before = replace(hole, start_ms=START_MS - 9 * HOUR_MS, end_ms=START_MS - 8 * HOUR_MS, count=1)
    market = replace(inputs.market, holes=(hole, later, before))
    result = build_result(replace(inputs, market=market))
    (told,) = [line for line in result.warnings if "hole" in line]

    assert result.holes == (before, hole)
    assert "2 holes (4 missing) up to the end of the run, 1 of the holes within it" in told
    assert "2021-11-11 06:00 UTC to 2021-11-11 09:00 UTC (3)" in told


def test_a_synthetic_market_is_said_first() -> None:
    result = build_result(made_inputs(5, is_synthetic=True))

    assert result.warnings[0].startswith("The market is synthetic")


def test_warnings_of_the_engine_are_kept_once() -> None:
    inputs = replace(made_inputs(5), warnings=("Mind this.", "Mind this."))

    assert build_result(inputs).warnings.count("Mind this.") == 1


def test_waiting_and_refused_orders_and_defence_are_told() -> None:
    inputs = made_inputs(5)
    walk = inputs.walk._replace(waited=1, too_small=2, capped=1, unpaid=3, defended=3)
    told = "\n".join(build_result(replace(inputs, walk=walk)).warnings)

    assert "Margin defence sent orders on 3 bars: futures were cut below their targets" in told
    assert "Orders waited 1 bar because the bar was missing: they filled at the next" in told
    assert "2 orders not sent: less than the policy or the venue takes, or than one lot." in told
    assert "1 order not sent: the day's turnover cap left too little for it." in told
    assert "3 orders not filled: no cash, coins or initial margin were left for it." in told
    assert build_result(replace(inputs, walk=walk)).counts.rejected == 6


def test_a_run_without_all_benchmarks_is_refused_by_name() -> None:
    inputs = made_inputs(3)
    benchmarks = {name: inputs.benchmarks[name] for name in BENCHMARKS if name != "hold"}

    with pytest.raises(RequestError, match="benchmarks hold too"):
        build_result(replace(inputs, benchmarks=benchmarks))


def test_a_run_without_a_bar_is_refused() -> None:
    inputs = made_inputs(3)
    curve = inputs.walk.curve
    empty = curve._replace(ms=curve.ms[:0])

    with pytest.raises(RequestError, match="no bar between"):
        build_result(replace(inputs, walk=inputs.walk._replace(curve=empty)))


def test_the_equity_frame_begins_with_the_start_and_has_a_row_a_bar(result: Result) -> None:
    frame = result.equity

    assert frame.columns == [
        "ts",
        "equity",
        "spot",
        "futures",
        "cash",
        "delta",
        "hedge_ratio",
        "leverage",
        "margin_ratio",
        "regime",
    ]
    assert frame.height == 60 * 24 + 1
    assert frame["equity"][0] == 100_000.0
    assert frame["equity"][-1] == result.end_equity
    assert frame["hedge_ratio"][0] is None
    assert frame["ts"].dtype == pl.Datetime("ms", "UTC")


def test_equity_is_spot_and_cash_on_every_row(result: Result) -> None:
    gap = result.equity.select((pl.col("spot") + pl.col("cash") - pl.col("equity")).abs().max())

    assert gap.item() < 1e-6


def test_delta_and_leverage_are_fractions_of_the_row(result: Result) -> None:
    row = result.equity.row(24 * 40, named=True)

    assert row["delta"] == pytest.approx((row["spot"] + row["futures"]) / row["equity"])
    assert row["leverage"] == pytest.approx(abs(row["futures"]) / row["cash"])
    assert row["hedge_ratio"] == pytest.approx(-row["futures"] / row["spot"])
    assert row["regime"] == "breakdown"


def test_the_fills_frame_has_a_row_a_fill(result: Result) -> None:
    frame = result.fills

    assert frame.height == result.counts.fills
    assert frame["leg"].to_list()[:2] == ["spot", "futures"]
    assert frame["reason"].unique().to_list() == ["rebalance"]
    paid = float(frame.select(pl.col("fee").sum() + pl.col("slippage").sum()).item())
    assert paid == pytest.approx(-(result.attribution.fees + result.attribution.slippage))


def test_the_decisions_frame_has_state_value_targets_and_reason(result: Result) -> None:
    frame = result.decisions
    names = ("atr_expansion", "support_breach", "breakdown", "range")
    pairs = [f"{name}.{part}" for name in names for part in ("state", "value")]

    assert frame.columns == ["ts", *pairs, "target_spot", "target_futures", "regime", "reason"]
    assert frame.height == 60
    assert frame["support_breach.state"][24] == "active"
    assert frame["support_breach.value"][24] == 1.0
    assert frame["reason"].null_count() == 0


def test_an_unknown_condition_is_null_in_the_decisions() -> None:
    inputs = made_inputs(5)
    inputs.walk.decisions.condition[2, 0] = np.nan

    assert build_result(inputs).decisions["atr_expansion.value"].to_list()[2] is None


def test_a_run_of_part_of_a_day_counts_as_a_day() -> None:
    # 60 days cut 5 hours after midnight of day 2: closes at 24 h, 48 h and 53 h.
    inputs = made_inputs(60, script=made_script(60))
    hours = 53
    walk = inputs.walk
    curve = walk.curve
    cut = curve._replace(
        ms=curve.ms[:hours],
        equity=curve.equity[:hours],
        spot=curve.spot[:hours],
        futures=curve.futures[:hours],
        cash=curve.cash[:hours],
        sleeve_spot=curve.sleeve_spot[:hours],
        sleeve_futures=curve.sleeve_futures[:hours],
        worth=curve.worth[:hours],
        own_fees=curve.own_fees[:hours],
        off_peg=curve.off_peg[:hours],
        borne=curve.borne[:hours],
    )
    short = walk._replace(
        curve=cut,
        parts=walk.parts[:hours],
        futures_costs=walk.futures_costs[:hours],
        futures_price=walk.futures_price[:hours],
        decisions=walk.decisions._replace(
            **{name: column[:3] for name, column in walk.decisions._asdict().items()}
        ),
        fills=Fills(*(column[walk.fills.filled_ms < cut.ms[-1]] for column in walk.fills)),
    )
    track = made_track(made_prices(60)[: hours + 1])
    end_ms = START_MS + hours * HOUR_MS
    account = build_result(replace(inputs, walk=short, track=track, end_ms=end_ms)).account

    assert account.ms.tolist() == [START_MS + h * HOUR_MS for h in (0, 24, 48, 53)]


def test_prices_before_the_first_close_are_the_first_open(result: Result) -> None:
    # The made market begins with the run, so the start is priced at the first open.
    assert result.account.price[0] == result.market.spot.open[0]


def test_a_missing_close_is_priced_at_the_one_before() -> None:
    inputs = made_inputs(3)
    inputs.market.spot.close[23] = np.nan

    assert build_result(inputs).account.price[1] == inputs.market.spot.close[22]


def test_every_metric_of_every_benchmark_is_in_the_document(result: Result) -> None:
    document = json.loads(result.to_json())
    names = [field.name for field in fields(result.metrics)]

    assert list(document["benchmarks"]) == list(CONSTANTS)
    assert all(list(each) == names for each in document["benchmarks"].values())
