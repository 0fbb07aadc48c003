"""What each shock makes of a market, of an account's bars and of costs, computed by hand."""

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest

from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.errors import RequestError
from steelyard.domain.market import Dated, Funding, Market
from steelyard.domain.time import HOUR_MS
from steelyard.engine.course import Course, lay_course
from steelyard.report.stress import Placed
from steelyard.research.kinds import KINDS, Shock, shocks_of, usual_shocks
from steelyard.research.shocks import at_cap, gapped, off_basis, raised, shocked
from tests.support.rising import day_at, ms_at, rising_market

BEGIN = 72
"""The hour at which runs begin: two daily returns are known after three days."""


def course() -> Course:
    return lay_course(rising_market(), start=day_at(BEGIN), end=None)


def placed(written: str, hour: int = 125, side: int = 0) -> Placed:
    """Return a shock that strikes at an hour of the market."""
    (shock,) = shocks_of([written])
    kind = shock.kind
    return Placed(
        kind=shock.name,
        size=shock.size,
        unit=kind.unit,
        title=shock.title,
        does=kind.does,
        rule=kind.rule,
        bar=0 if kind.is_lasting else hour - BEGIN,
        ms=ms_at(BEGIN if kind.is_lasting else hour),
        is_lasting=kind.is_lasting,
        side=side,
        exposure=math.nan,
        measure=kind.measure,
    )


def under(*shocks: Placed) -> Course:
    return shocked(course(), shocks)


def test_a_gap_scales_every_price_from_its_open_on_and_none_before() -> None:
    market = gapped(rising_market(), ms_at(125), 0.7)

    for bars in (market.spot, market.perp, market.mark):
        assert bars.close[124] == 225.0  # 101 + 124
        assert bars.open[125] == pytest.approx(157.5)  # 0.7 x (100 + 125)
        assert bars.high[125] == pytest.approx(159.6)  # 0.7 x (103 + 125)
        assert bars.close[-1] == pytest.approx(406.0)  # 0.7 x (101 + 479)


def with_contract() -> Market:
    """Return the rising market with a dated contract whose bars are 10 % above spot."""
    market = rising_market()
    above = gapped(market, 0, 1.1).spot
    return replace(market, dated=(Dated(symbol="A", expiry_ms=ms_at(400), bars=above),))


def test_a_gap_leaves_a_dated_contract_at_its_distance_from_spot() -> None:
    (contract,) = gapped(with_contract(), ms_at(125), 0.7).dated

    assert contract.bars.close[124] == pytest.approx(247.5)  # 1.1 x (101 + 124)
    assert contract.bars.open[125] == pytest.approx(173.25)  # 1.1 x 0.7 x (100 + 125)
    assert contract.expiry_ms == ms_at(400)


def test_a_basis_shock_ties_a_dated_contract_to_spot_for_a_day() -> None:
    (contract,) = off_basis(with_contract(), ms_at(125), 0.9).dated

    assert contract.bars.open[125] == pytest.approx(202.5)  # 0.9 x (100 + 125)
    assert contract.bars.open[149] == pytest.approx(273.9)  # 1.1 x (100 + 149), a day later


def test_a_gap_within_a_day_shows_in_the_day_that_conditions_read() -> None:
    # Hours 120 to 143 are day 5: it opens before the gap and closes after it.
    days = gapped(rising_market(), ms_at(125), 0.7).bars["1d"]

    assert days.open[5] == 220.0  # 100 + 120
    assert days.high[5] == 227.0  # 103 + 124
    assert days.low[5] == pytest.approx(156.1)  # 0.7 x (98 + 125)
    assert days.close[5] == pytest.approx(170.8)  # 0.7 x (101 + 143)
    assert days.close[4] == 220.0  # 101 + 119
    assert days.volume[5] == 24e6  # coins, as before


def test_after_a_gap_the_account_fills_at_the_new_price_and_volatility_follows() -> None:
    track, before = under(placed("gap=-30")).track, course().track
    bar = 125 - BEGIN

    assert track.first_fill[0, SPOT, bar] == pytest.approx(157.5)
    assert track.first_fill[0, SPOT, bar - 1] == 224.0
    # The first day whose return holds the gap is day 5, known from hour 144 on.
    assert track.daily_volatility[0, 144 - BEGIN] > 5.0 * before.daily_volatility[0, 144 - BEGIN]
    assert np.array_equal(
        track.daily_volatility[:, : 144 - BEGIN], before.daily_volatility[:, : 144 - BEGIN]
    )


def test_the_basis_ties_mark_and_perpetual_to_spot_for_a_day() -> None:
    market = off_basis(rising_market(), ms_at(125), 0.9)

    for bars in (market.perp, market.mark):
        assert bars.close[124] == 225.0
        assert bars.open[125] == pytest.approx(202.5)  # 0.9 x 225
        assert bars.close[148] == pytest.approx(224.1)  # 0.9 x (101 + 148)
        assert bars.open[149] == 249.0
    assert market.spot.close[125] == 226.0


def test_an_hour_without_spot_keeps_its_mark() -> None:
    market = off_basis(rising_market(missing=(130,)), ms_at(125), 0.9)

    assert market.mark.close[130] == 231.0  # 101 + 130, as it was
    assert market.mark.close[131] == pytest.approx(208.8)  # 0.9 x 232


def test_the_basis_after_a_gap_is_that_of_the_new_prices() -> None:
    track = under(placed("gap=-30"), placed("basis=-10")).track
    bar = 125 - BEGIN

    assert track.open[bar, 0, SPOT] == pytest.approx(157.5)
    assert track.open[bar, 0, PERP] == pytest.approx(141.75)  # 0.9 x 157.5


def test_funding_at_its_cap_is_settled_for_a_week_and_read_by_conditions() -> None:
    # From hour 128 on, itself a settlement that was due before, up to hour 296, a week later.
    stressed = under(placed("funding=0.3", hour=128, side=-1))
    rates = stressed.market.funding.rate
    hours = (stressed.market.funding.ms - ms_at(0)) // HOUR_MS

    assert rates[hours == 128] == 0.0001
    assert rates[(hours > 128) & (hours <= 296)].tolist() == [-0.003] * 21
    assert rates[hours == 304] == 0.0001
    # Settlement at hour 136 is that of the bar which ends there.
    assert stressed.track.funding[0, PERP, 135 - BEGIN] == -0.003


def test_a_shorter_interval_pays_its_part_of_the_cap() -> None:
    # 0.3 % per 8 hours is 0.15 % per 4 and 0.0375 % per hour.
    funding = Funding(
        ms=HOUR_MS * np.array([4, 5, 13]),
        rate=np.zeros(3),
        interval_hours=np.array([4.0, 1.0, 8.0]),
        follows=np.ones(3, np.bool_),
    )

    assert at_cap(funding, 0, 0.003).rate == pytest.approx([0.0015, 0.000375, 0.003])


def test_doubled_tiers_ask_for_twice_the_margin_everywhere() -> None:
    tiers = raised(rising_market().tiers, 2.0)

    assert tiers.rate.tolist() == [0.008, 0.01, 0.02]
    assert tiers.deduction == pytest.approx([0.0, 100.0, 2_600.0])  # twice 50, twice 1,300


def test_a_rate_of_maintenance_stays_below_one() -> None:
    # 0.01 x 25 = 0.25 is left alone; 0.5 x 25 would be more than everything.
    market = rising_market()
    steep = raised(market.tiers, 1.0)
    tiers = raised(raised(steep, 25.0), 25.0)

    assert tiers.rate == pytest.approx([0.99, 0.99, 0.99])
    assert tiers.deduction.tolist() == [0.0, 0.0, 0.0]


def test_a_frozen_venue_fills_nothing_for_so_many_hours_while_marks_run() -> None:
    track, before = under(placed("frozen=6")).track, course().track
    bar = 125 - BEGIN

    assert np.isnan(track.first_fill[:, :, bar : bar + 6]).all()
    assert not np.isnan(track.first_fill[:, :, bar - 1]).any()
    assert not np.isnan(track.first_fill[:, :, bar + 6]).any()
    assert np.array_equal(track.close, before.close)


def test_deleveraging_and_a_lost_peg_stand_in_the_bars_of_the_account() -> None:
    track = under(placed("adl=50"), placed("stable=0.65")).track
    bar = 125 - BEGIN

    assert np.flatnonzero(track.deleveraged).tolist() == [bar]
    assert track.deleveraged[bar] == 0.5
    assert (track.worth[:bar] == 1.0).all()
    assert (track.worth[bar:] == 0.65).all()


def test_without_a_shock_nobody_is_deleveraged_and_the_peg_holds() -> None:
    track = course().track

    assert not track.deleveraged.any()
    assert (track.worth == 1.0).all()


def test_a_wider_spread_leaves_impact_and_fees() -> None:
    costs, before = under(placed("spread=10")).costs, course().costs

    assert costs.half_spread_bps == 10.0 * before.half_spread_bps
    assert (costs.impact, costs.fee.tolist()) == (before.impact, before.fee.tolist())


def test_what_was_worked_out_is_kept_where_conditions_read_the_same() -> None:
    unshocked = course()

    kept = shocked(unshocked, [placed("basis"), placed("tiers"), placed("adl")])
    anew = [shocked(unshocked, [placed(name, side=1)]) for name in ("gap", "funding")]

    assert kept.memo is unshocked.memo
    assert all(one.memo is not unshocked.memo for one in anew)


def test_the_order_in_which_shocks_are_named_changes_nothing() -> None:
    shocks = [placed("gap"), placed("basis"), placed("frozen"), placed("adl")]
    found = [shocked(course(), order).track for order in permutations(shocks)]

    for track in found[1:]:
        for name in ("first_fill", "open", "high", "low", "close", "deleveraged", "worth"):
            assert np.array_equal(getattr(track, name), getattr(found[0], name), equal_nan=True)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (["gap=0"], "shock gap is '0'; its size is -90 to 300 %, but not 0, such as gap=-30"),
        (["gap=-91"], "shock gap is '-91'; its size is -90 to 300 %"),
        (["gap=much"], "shock gap is 'much'; its size is"),
        (["gap=nan"], "shock gap is 'nan'; its size is"),
        (["gap="], "shock gap is ''; its size is"),
        (["frozen=1.5"], "its size is 1 to 720 hours, a whole number, such as frozen=24"),
        (["stable=65"], "its size is 0.01 to 0.99 quote per unit, such as stable=0.65"),
        (["funding=30"], "its size is 0.01 to 3 % per 8 h"),
        (["adl=0"], "its size is 1 to 100 %"),
        (["tiers=0.5"], "its size is 1 to 25 times"),
        (["gapp=-30"], "no shock is called 'gapp'; there are gap, adl, stable, funding, frozen, "),
        (["gap", "gap=-20"], "shock gap is given twice; leave one of them out"),
    ],
)
def test_a_shock_that_cannot_be_is_refused(written: Sequence[str], said: str) -> None:
    with pytest.raises(RequestError) as refused:
        shocks_of(written)

    assert said in str(refused.value)


def test_a_near_name_is_offered() -> None:
    with pytest.raises(RequestError, match=r"did you mean 'spread'\?"):
        shocks_of(["spred=3"])


def test_a_shock_without_a_size_has_its_usual_one_and_order_does_not_matter() -> None:
    found = shocks_of(["adl", "gap = -20"])

    assert found == (Shock("gap", -20.0), Shock("adl", 50.0))


def test_the_usual_sizes_are_those_asked_for_and_allowed() -> None:
    found = {shock.name: shock.size for shock in usual_shocks()}

    assert found == {
        "gap": -30.0,
        "adl": 50.0,
        "stable": 0.65,
        "funding": 0.3,
        "frozen": 24.0,
        "basis": -10.0,
        "tiers": 2.0,
        "spread": 10.0,
    }
    assert all(kind.least <= kind.usual <= kind.most for kind in KINDS.values())
