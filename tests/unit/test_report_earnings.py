"""What each rule earned and cost, by hand: prices, funding, costs, liquidation; hedge; coins."""

import math
from dataclasses import asdict, fields, replace

import pytest

from steelyard.domain import codes
from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.errors import LedgerError
from steelyard.domain.plan import Costs, Plan, Track
from steelyard.domain.record import FILL_LIQUIDATION, Walk
from steelyard.kernel.walk import walk
from steelyard.report.by_source import PARTS, Split, check_sources, split
from steelyard.report.earnings import Earned
from steelyard.report.in_coin import CoinAttribution, InCoin, in_coin
from steelyard.report.inputs import RunInputs
from steelyard.report.result import Result, build_result
from steelyard.report.tables import sources as source_table
from tests.support.made_runs import Script, made_inputs
from tests.support.plans import (
    Actor,
    Scene,
    absolute,
    costs_of,
    cover,
    moments_at,
    regime,
    track_of,
    trigger,
)

CASH = 100_000.0
FREE = costs_of()
QUIET = frozenset[int]()
BASE = 1
"""The base's first source behind one trigger: the baseline, or the regime where there is one."""


def run(scene: Scene, track: Track, costs: Costs = FREE) -> tuple[Plan, Track, Walk]:
    plan = scene.plan()
    return plan, track, walk(plan, moments_at(scene.signals(), track), track, costs, CASH)


def parts(found: Split, source: int, leg: int) -> dict[str, object]:
    """Return the parts of a source in a leg that are not 0."""
    row = zip(PARTS, found.amounts[source, leg].tolist(), strict=True)
    return {name: pytest.approx(part) for name, part in row if part != 0.0}


HEDGED = Scene(triggers=[trigger("T", cover(1.0))])
"""0.6 and +0.4 of the baseline, -1.0 of the trigger: 600, 400 and -1,000 coins at 100."""


# -- between fills ------------------------------------------------------------------------------


def test_a_trigger_and_the_baseline_earn_on_what_each_owns() -> None:
    # Spot from 100 to 110 while the mark goes to 111: 10 of spot price and 1 of basis a coin.
    found = split(*run(HEDGED, track_of([100, 110], mark=[100, 111])))

    assert parts(found, BASE, SPOT) == {"spot": 6_000.0}
    assert parts(found, BASE, PERP) == {"futures": 4_000.0, "basis": 400.0}
    assert parts(found, 0, PERP) == {"futures": -10_000.0, "basis": -1_000.0}
    assert parts(found, 0, SPOT) == {}


def test_both_pay_or_receive_funding_on_what_each_owns() -> None:
    # 0.1 % of a mark of 100: the 400 pay 40, the -1,000 receive 100.
    found = split(*run(HEDGED, track_of([100, 100], funding={0: 0.001})))

    assert parts(found, BASE, PERP) == {"funding": -40.0}
    assert parts(found, 0, PERP) == {"funding": 100.0}


def test_a_fee_is_shared_by_what_the_fill_moved() -> None:
    # -600 coins are sold at 100 for a fee of 60: of 1,400 coins moved the baseline's are 400.
    found = split(*run(HEDGED, track_of([100, 100]), costs_of(fee=(0.0, 0.001))))

    assert parts(found, BASE, PERP) == {"fees": -60.0 * 400.0 / 1_400.0}
    assert parts(found, 0, PERP) == {"fees": -60.0 * 1_000.0 / 1_400.0}


def test_slippage_is_a_part_of_its_own() -> None:
    # 1 bp of 60,000 in each leg; the trigger moved 1,000 of 1,400 coins of futures.
    found = split(*run(HEDGED, track_of([100, 100]), costs_of(half_spread_bps=1.0)))

    assert parts(found, BASE, SPOT) == {"slippage": -6.0}
    assert parts(found, 0, PERP) == {"slippage": -6.0 * 1_000.0 / 1_400.0}


def test_a_regime_takes_over_what_is_held_when_it_comes_into_force() -> None:
    # The same weights, so nothing is traded: 600 coins and 400 from 100 to 110, then to 121.
    scene = Scene(regimes=[regime("FT", (0.6, 0.4))])
    outcome = run(scene, track_of([100, 110, 121], moments=[0]))
    found = split(*outcome)

    assert outcome[2].fills.quantity.tolist() == [600.0, 400.0]
    assert parts(found, 1, SPOT) == {"spot": 6_000.0}
    assert parts(found, 0, SPOT) == {"spot": 6_600.0}
    assert parts(found, 0, PERP) == {"futures": 4_400.0}


def test_a_hedge_stays_its_triggers_until_it_is_bought_back() -> None:
    # Released at 110, bought back at the open after it, 110: it lost 10 on 1,000 coins, no more.
    scene = Scene(triggers=[trigger("TF", cover(1.0))], limits={"turnover_per_day": 100.0})
    found = split(*run(scene, track_of([100, 110, 120, 130], moments=[0])))

    assert parts(found, 0, PERP) == {"futures": -10_000.0}


# -- by force -----------------------------------------------------------------------------------

SHORT = Scene(
    triggers=[trigger("T" * 9, absolute(0.0, -10.0))],
    baseline=(0.0, 0.0),
    limits={"leverage": 100.0},
)
"""The trigger is short 10,000 coins at 100 over 100,000 of cash."""

LIMIT = 1_100_000.0 / 10_050.0
"""Where it is liquidated at 0.5 % of maintenance: 109.4527 (domain 11.2)."""

FORCED = costs_of(tiers=((math.inf, 0.005, 0.0),), liquidation_fee=0.002)


def test_a_liquidation_within_a_bar_is_paid_by_who_owned_it() -> None:
    # All of the way to the limit is booked as spot price; the fee is 0.2 % of the notional there.
    # Bar 1 pays funding at its end, when nothing is left to pay on.
    track = track_of([100, 100, 101, 102], high={1: 109.5}, funding={1: 0.01})
    found = split(*run(SHORT, track, FORCED))

    assert parts(found, 0, PERP) == {
        "futures": -10_000.0 * (LIMIT - 100.0),
        "liquidation": -0.002 * 10_000.0 * LIMIT,
    }


def test_a_liquidation_at_an_opening_gap_is_at_its_mark() -> None:
    # 9.8 of the mark alone are basis: the spot stays at 100.
    track = track_of([100, 100, 100])
    track.open[1, 0, PERP] = 109.8
    found = split(*run(SHORT, track, costs_of(tiers=((math.inf, 0.005, 0.0),))))

    assert parts(found, 0, PERP) == {"basis": pytest.approx(-98_000.0)}


def test_a_liquidation_by_funding_has_paid_it() -> None:
    # 10 % of 1,000,000 is all there is; nothing is left to charge.
    plan, track, outcome = run(SHORT, track_of([100, 100, 100], funding={0: -0.1}), FORCED)
    found = split(plan, track, outcome)

    assert outcome.fills.reason[-1] == FILL_LIQUIDATION
    assert parts(found, 0, PERP) == {"funding": -100_000.0}
    check_sources(found, outcome)


def test_a_liquidation_by_funding_after_a_move_has_its_basis() -> None:
    # The spot goes to 101 and the mark to 102: 10,000 of spot price and 10,000 of basis; then
    # 10 % of 1,020,000 are more than the 80,000 left, and the venue bears what is below zero.
    track = track_of([100, 101, 101], mark=[100, 102, 102], funding={0: -0.1})
    plan, track, outcome = run(SHORT, track, FORCED)
    found = split(plan, track, outcome)

    assert parts(found, 0, PERP) == {
        "futures": -10_000.0,
        "basis": -10_000.0,
        "funding": -102_000.0,
        "liquidation": 22_000.0,
    }
    check_sources(found, outcome)


def test_a_second_leg_of_the_books_that_is_wrong_stops_everything() -> None:
    plan, track, outcome = run(HEDGED, track_of([100, 110, 120]))
    found = split(plan, track, outcome)
    outcome.parts[1, codes.PART_FUNDING] += 0.01
    outcome.parts[1, codes.PART_BASIS] -= 0.01

    with pytest.raises(LedgerError, match=r"from 1970-01-01 02:00 UTC on: 0\.01 of equity 100000"):
        check_sources(found, outcome)


# -- the table ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def result() -> Result:
    return build_result(made_inputs(60))


def test_the_sources_are_all_rules_the_baseline_first(result: Result) -> None:
    assert [(source.kind, source.id) for source in result.earnings.sources] == [
        ("baseline", "baseline"),
        ("regime", "breakdown"),
        ("regime", "range"),
        ("trigger", "atr_expansion"),
        ("trigger", "support_breach"),
        ("rule", "no_net_short"),
        ("rule", "margin"),
    ]


def test_every_column_sums_to_the_attribution_and_so_do_hedge_and_core(result: Result) -> None:
    found = result.earnings
    whole = asdict(result.attribution)

    for part in (*PARTS, "total"):
        column = math.fsum(getattr(source.earned, part) for source in found.sources)
        assert column == pytest.approx(whole[part], abs=1e-6)
        sides = getattr(found.hedge, part) + getattr(found.core, part)
        assert sides == pytest.approx(whole[part], abs=1e-6)


def test_the_hedge_is_the_futures_of_protective_triggers_and_of_short_rows(
    result: Result,
) -> None:
    # The breach is protective, the breakdown is 0.3 and -0.7; their spot is none of the hedge.
    found = split(result.inputs.plan, result.inputs.track, result.inputs.walk).amounts
    breach, breakdown = 1, 2
    expected = found[breach, PERP].sum() + found[breakdown, PERP].sum()

    assert result.earnings.hedge.total == pytest.approx(expected)
    assert result.earnings.hedge.spot == 0.0


def test_costs_and_gross_are_the_total() -> None:
    earned = Earned(
        spot=10.0,
        futures=-2.0,
        basis=1.0,
        funding=0.5,
        fees=-3.0,
        slippage=-1.0,
        liquidation=-0.25,
        total=5.25,
    )

    assert (earned.gross, earned.costs) == (9.5, -4.25)


def test_the_page_lists_limits_only_where_they_did_something(result: Result) -> None:
    rows = [[cell.text for cell in row.cells] for row in source_table(result).rows]

    assert [row[0] for row in rows] == [
        "baseline",
        "breakdown",
        "range",
        "atr_expansion",
        "support_breach",
        "hedge",
        "core",
    ]


def test_a_limit_that_did_something_is_called_by_its_name() -> None:
    # A breach at 0.3 and -0.7 under a limit of -0.3: what the trace says the limit took back.
    inputs = limited(made_inputs(5, script=Script((0,) * 5, (QUIET,) * 5)))
    rows = {row.cells[0].text: row for row in source_table(build_result(inputs)).rows}

    assert rows["no net short"].cells[1].text == "limit"


def limited(inputs: RunInputs) -> RunInputs:
    """Return a run of which every decision says that a limit took futures from -0.9 to -0.7."""
    decisions = inputs.walk.decisions
    decisions.trace[:, 0] = codes.STAGE_BASE, 0.3, -0.9
    decisions.trace[:, 1] = codes.STAGE_NO_NET_SHORT, 0.3, -0.7
    decisions.trace_length[:] = 2
    return inputs


# -- in coins -----------------------------------------------------------------------------------


def test_holding_coins_neither_gains_nor_loses_any() -> None:
    scene = Scene(triggers=[Actor(when="F")], baseline=(1.0, 0.0))
    _, track, outcome = run(scene, track_of([100, 110, 50]))
    seen = in_coin(outcome, track)

    assert (seen.start, seen.end) == (1_000.0, 1_000.0)
    assert seen.written() == {}
    assert all(part == pytest.approx(0.0) for part in asdict(seen.attribution).values())


def test_cash_loses_coins_while_the_price_rises() -> None:
    # 40,000 of cash are 400 coins at 100 and 320 at 125.
    scene = Scene(triggers=[Actor(when="F")], baseline=(0.6, 0.0))
    _, track, outcome = run(scene, track_of([100, 125]))
    seen = in_coin(outcome, track)

    assert seen.end == pytest.approx(920.0)
    assert seen.attribution.cash == pytest.approx(-80.0)
    assert seen.attribution.total == pytest.approx(-80.0)


def test_a_short_earns_coins_at_the_price_that_ends_the_bar() -> None:
    # 500 coins, 500 short, 50,000 of cash. From 100 to 80 the short earns 10,000, at 80 worth 125
    # coins; the cash buys 625 coins after 500. Funding of 1 % on 40,000 is 5 coins.
    scene = Scene(triggers=[Actor(when="F")], baseline=(0.5, -0.5))
    _, track, outcome = run(scene, track_of([100, 80], funding={0: 0.01}))
    seen = in_coin(outcome, track)

    assert seen.attribution.futures == pytest.approx(125.0)
    assert seen.attribution.funding == pytest.approx(5.0)
    assert seen.end == pytest.approx(1_255.0)
    assert seen.written() == {"cash": "+125", "futures": "+125", "funding": "+5"}


def test_coins_are_written_as_finely_as_the_smaller_of_start_and_end() -> None:
    nothing = dict.fromkeys((field.name for field in fields(CoinAttribution)), 0.0)
    lost = CoinAttribution(**{**nothing, "cash": -12.3456})

    assert InCoin(start=13.3, end=0.954, attribution=lost).written() == {"cash": "-12.346"}
    assert InCoin(start=13.3, end=0.0, attribution=lost).written() == {"cash": "-12.3"}


def test_coins_bought_within_a_bar_miss_its_opening_gap() -> None:
    # In cash until bar 1, which opens at 125 after a close of 100: 100,000 buy 800 coins, not
    # 1,000; then the price is 100 again and 800 coins are what is left.
    scene = Scene(triggers=[Actor(when="FF")], regimes=[regime("FT", (1.0, 0.0))])
    scene = replace(scene, baseline=(0.0, 0.0))
    track = track_of([100, 100, 100], moments=[0])
    track.open[1], track.first_fill[0, SPOT, 1] = 125.0, 125.0
    _, track, outcome = run(scene, track)
    seen = in_coin(outcome, track)

    assert seen.end == pytest.approx(outcome.curve.equity[-1] / 100.0)
    assert seen.attribution.cash == pytest.approx(seen.end - 1_000.0)
    assert abs(seen.attribution.residual) < 1e-9
