"""What several accounts come to together: sums, weights and falls, worked out by hand."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from steelyard.domain import codes
from steelyard.domain.errors import LedgerError, RequestError
from steelyard.domain.time import DAY_MS
from steelyard.report.attribution import attribution
from steelyard.report.daily import Daily, performance
from steelyard.report.portfolio import Hours, Portfolio, build_portfolio, deepest_fall
from steelyard.report.portfolio_document import net_delta, part_document
from steelyard.report.portfolio_words import (
    answer,
    attribution_rows,
    caveat,
    exposure,
    hours_words,
    rows,
    weights,
)
from steelyard.report.result import Result, build_result
from tests.support.made_runs import START_MS, made_inputs

HOURS = Hours(
    start_ms=START_MS, end_ms=START_MS + 2 * DAY_MS, start_set_by=("B",), end_set_by=("A", "B")
)
SHARES = {"A": 0.6, "B": 0.4}


@pytest.fixture(scope="module")
def plain() -> Result:
    """Return a run of two days, of which only what is not a number is kept."""
    return build_result(made_inputs(2))


def days(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return two days as hours that each have the value of their end."""
    return np.repeat(np.array(values), 24)


def held(  # noqa: PLR0913 - one argument a column
    plain: Result,
    nav: Sequence[float],
    price: Sequence[float],
    *,
    spot: Sequence[float],
    futures: Sequence[float] = (0.0, 0.0),
    costs: Sequence[float] = (0.0, 0.0),
    traded: tuple[float, float] = (0.0, 0.0),
) -> Result:
    """Return the result of an account with these values at its start and its two daily closes.

    ``costs`` is what the futures leg has come to; all the rest of the change is the spot price's.
    """
    before = plain.inputs.walk
    parts = np.zeros((48, len(codes.PARTS)))
    parts[:, codes.PART_FUTURES] = days(*costs)
    parts[:, codes.PART_SPOT] = days(*nav[1:]) - nav[0] - days(*costs)
    curve = before.curve._replace(
        equity=days(*nav[1:]),
        spot=days(*spot),
        futures=days(*futures),
        cash=days(*nav[1:]) - days(*spot),
    )
    walk = before._replace(
        start_equity=nav[0],
        curve=curve,
        parts=parts,
        futures_costs=days(*costs),
        traded=np.array(traded),
    )
    account = replace(plain.account, nav=np.array(nav), price=np.array(price))
    return replace(
        plain,
        inputs=replace(plain.inputs, walk=walk, benchmarks=dict.fromkeys(plain.benchmarks, walk)),
        account=account,
        start_equity=nav[0],
        end_equity=nav[-1],
        metrics=performance(account, walk.traded),
        attribution=attribution(walk),
        benchmark_accounts=dict.fromkeys(plain.benchmarks, account),
        counts=replace(plain.counts, liquidations=0),
        warnings=("Both say this.",),
    )


@pytest.fixture(scope="module")
def pair(plain: Result) -> dict[str, Result]:
    """Return A, all in spot, and B, half in spot and short."""
    return {
        "B": held(
            plain,
            (40.0, 30.0, 60.0),
            (2.0, 1.0, 1.0),
            spot=(20.0, 20.0),
            futures=(-10.0, -30.0),
            costs=(5.0, 25.0),
            traded=(20.0, 40.0),
        ),
        "A": held(
            plain,
            (60.0, 90.0, 45.0),
            (10.0, 15.0, 7.5),
            spot=(90.0, 45.0),
            traded=(60.0, 0.0),
        ),
    }


@pytest.fixture(scope="module")
def found(pair: dict[str, Result]) -> Portfolio:
    return build_portfolio(pair, SHARES, HOURS)


def test_equity_is_the_sum_at_every_close(found: Portfolio) -> None:
    # 60 + 40, 90 + 30, 45 + 60
    assert found.account.nav.tolist() == [100.0, 120.0, 105.0]
    assert (found.start_equity, found.end_equity) == (100.0, 105.0)
    assert found.total_return == pytest.approx(0.05)


def test_the_metrics_are_those_of_the_sum(found: Portfolio) -> None:
    metrics = found.metrics
    # Returns 120 / 100 - 1 = 0.2 and 105 / 120 - 1 = -0.125; their mean 0.0375, and for two values
    # the sample deviation is the difference over the root of 2: 0.325 / 1.41421.
    spread = 0.325 / np.sqrt(2.0)

    assert metrics.volatility == pytest.approx(spread * np.sqrt(365.0))
    assert metrics.sharpe == pytest.approx(0.0375 / spread * np.sqrt(365.0))
    assert metrics.max_drawdown == pytest.approx(-0.125)
    assert metrics.cagr == pytest.approx(1.05 ** (365.0 / 2.0) - 1.0)
    # The mean of 100, 120 and 105 is 325 / 3; spot traded 80, futures 40, in two days.
    assert metrics.turnover_spot == pytest.approx(80.0 / (325.0 / 3.0) * 365.0 / 2.0)
    assert metrics.turnover_futures == pytest.approx(40.0 / (325.0 / 3.0) * 365.0 / 2.0)


def test_the_hedge_is_all_shorts_over_all_spot(found: Portfolio) -> None:
    # 10 of 110, below a tenth, and 30 of 65.
    assert found.account.hedge_ratio == pytest.approx([1.0 / 11.0, 6.0 / 13.0])
    assert found.metrics.time_hedged == 0.5


def test_the_unhedged_twin_lacks_what_all_futures_brought(found: Portfolio) -> None:
    # (120 - 5) / 100 - 1 and (105 - 20) / 120 - 1; for two values variances are to each other as
    # their differences squared.
    unhedged = [0.15, 85.0 / 120.0 - 1.0]
    ratio = 0.325 / (unhedged[0] - unhedged[1])

    assert found.account.unhedged == pytest.approx(unhedged)
    assert found.metrics.hedge_effectiveness == pytest.approx(1.0 - ratio**2)


def test_capture_is_beside_coins_bought_with_each_share(found: Portfolio) -> None:
    # 60 / 10 = 6 coins of A and 40 / 2 = 20 of B: 100, then 6 x 15 + 20 = 110, then 45 + 20 = 65.
    assert found.account.price == pytest.approx([100.0, 110.0, 65.0])
    assert found.metrics.upside_capture == pytest.approx(0.2 / 0.1)
    assert found.metrics.downside_capture == pytest.approx(0.125 / (45.0 / 110.0))


def test_weights_drift_with_what_each_account_comes_to(found: Portfolio) -> None:
    ends = {name: (part.start_weight, part.end_weight) for name, part in found.assets.items()}

    assert ends["A"] == pytest.approx((0.6, 45.0 / 105.0))
    assert ends["B"] == pytest.approx((0.4, 60.0 / 105.0))
    assert "A 60.0 % and 42.9 %; B 40.0 % and 57.1 %" in weights(found)


def test_net_exposure_is_weighted_by_equity(found: Portfolio) -> None:
    # (90 + 20 - 10) / 120: A's 90 / 90 with weight 90 / 120 and B's 10 / 30 with 30 / 120.
    assert found.delta == pytest.approx([100.0 / 120.0, (45.0 + 20.0 - 30.0) / 105.0])
    assert "58.3 % on average, 33.3 % to 83.3 %, 33.3 % at the end" in exposure(found)


def test_a_fall_says_from_which_high_to_which_low(found: Portfolio) -> None:
    day = START_MS + DAY_MS
    falls = {name: part.fall for name, part in found.assets.items()}

    assert (found.fall.high_ms, found.fall.low_ms) == (day, day + DAY_MS)
    assert falls["A"].depth == pytest.approx(-0.5)
    # B fell from its start, 40 to 30, though A rose meanwhile.
    assert falls["B"].depth == pytest.approx(-0.25)
    assert (falls["B"].high_ms, falls["B"].low_ms) == (START_MS, day)


def test_an_account_that_never_fell_has_no_fall(plain: Result) -> None:
    rising = replace(plain.account, nav=np.array([1.0, 2.0, 2.0]))

    fall = deepest_fall(rising)

    assert (fall.depth, fall.high_ms, fall.low_ms) == (0.0, None, None)


def test_every_part_of_the_change_is_the_sum_over_the_assets(found: Portfolio) -> None:
    # A: -15 by spot. B: +25 by futures and 20 - 25 = -5 by spot.
    parts = found.attribution

    assert (parts.spot, parts.futures, parts.total) == pytest.approx((-20.0, 25.0, 5.0))
    assert parts.residual == pytest.approx(0.0, abs=1e-12)
    assert attribution_rows(found) == [
        ["", "change", "spot", "futures"],
        ["portfolio", "+5", "-20", "+25"],
        ["A", "-15", "-15", "0"],
        ["B", "+20", "-5", "+25"],
    ]


def test_books_whose_sums_disagree_give_no_result(pair: dict[str, Result]) -> None:
    walk = pair["B"].inputs.walk
    wrong = walk._replace(parts=walk.parts + 1e-6)
    other = replace(pair["B"], inputs=replace(pair["B"].inputs, walk=wrong))

    with pytest.raises(LedgerError, match="the books disagree from 2021-11-10 01:00 UTC on"):
        build_portfolio({**pair, "B": other}, SHARES, HOURS)


def test_accounts_over_other_hours_are_refused(pair: dict[str, Result]) -> None:
    longer = build_result(made_inputs(3))

    with pytest.raises(RequestError, match="B was not run over the same hours as A"):
        build_portfolio({"A": pair["A"], "B": longer}, SHARES, HOURS)


def test_a_benchmark_is_the_sum_and_absent_where_one_asset_lacks_it(
    pair: dict[str, Result],
) -> None:
    known = {name: each for name, each in pair["B"].benchmarks.items() if name != "static_60_40"}
    found = build_portfolio({**pair, "B": replace(pair["B"], benchmarks=known)}, SHARES, HOURS)
    document = found.as_document()["portfolio"]
    assert isinstance(document, dict)

    assert found.benchmark_accounts["hold"].nav.tolist() == [100.0, 120.0, 105.0]
    assert "static_60_40" not in found.benchmarks
    assert document["benchmarks"]["static_60_40"] is None
    assert document["benchmarks"]["hold"]["max_drawdown"] == pytest.approx(-0.125)


def test_an_account_that_lost_all_leaves_weights_and_exposure_undefined(plain: Result) -> None:
    lost = held(plain, (50.0, -1.0, 0.0), (10.0, 5.0, 5.0), spot=(0.0, 0.0))
    found = build_portfolio({"A": lost, "B": lost}, {"A": 0.5, "B": 0.5}, HOURS)

    assert [part.end_weight for part in found.assets.values()] == [None, None]
    assert set(net_delta(found.delta).values()) == {None}
    assert "net exposure is undefined" in exposure(found)
    assert "NaN" not in found.to_json()


def test_the_frame_sums_every_hour_from_the_start_on(found: Portfolio) -> None:
    frame = found.equity

    assert frame.columns == ["ts", "equity", "spot", "futures", "cash", "delta"]
    assert frame.height == 49
    assert frame.row(0)[1:] == (100.0, 0.0, 0.0, 100.0, 0.0)
    # 45 + 60 of equity, 45 + 20 of spot, cash 0 + 40.
    assert frame.row(-1)[1:] == pytest.approx((105.0, 65.0, -30.0, 40.0, 35.0 / 105.0))
    assert frame["ts"].dtype == pl.Datetime("ms", "UTC")


def test_what_several_assets_warn_of_is_said_once_and_liquidations_first(
    pair: dict[str, Result],
) -> None:
    forced = replace(
        pair["B"],
        warnings=("Both say this.", "Liquidated on a day."),
        counts=replace(pair["B"].counts, liquidations=2),
    )
    found = build_portfolio({**pair, "B": forced}, SHARES, HOURS)

    assert found.warnings == ("B: Liquidated on a day.", "A, B: Both say this.")
    assert found.assets["B"].liquidations == 2
    assert answer(found).endswith("The venue liquidated B 2 times.")


def test_the_answer_is_in_words_with_numbers(found: Portfolio) -> None:
    assert answer(found) == (
        "From 2021-11-10 to 2021-11-11, made on A 60.0 % and B 40.0 % turned 100 into 105 USDT "
        "(+5.0 %); holding ended at 105 (+5.0 %). It was at worst 12.5 % below its highest, on "
        "2021-11-12; A lost 15 and B earned 20."
    )
    assert "none could save another from liquidation" in caveat(found)


def test_the_hours_say_who_set_them(found: Portfolio) -> None:
    asked = replace(found, hours=replace(HOURS, start_set_by=(), end_set_by=()))
    early = replace(found, hours=replace(HOURS, start_set_by=(), end_set_by=("A",)))

    assert hours_words(found).endswith("all assets have: B begins last and all end together.")
    assert hours_words(early).endswith("all assets have: A ends first.")
    assert hours_words(asked) == ""


def test_the_portfolio_comes_first_then_each_asset_then_the_benchmarks(found: Portfolio) -> None:
    listed = list(rows(found))

    assert [row.name for row in listed[:4]] == ["portfolio", "A", "B", "holding"]
    assert listed[1].cells()[:2] == ["45", "-25.0"]
    assert listed[1].cells()[-2:] == ["-50.0", "2021-11-12"]


def test_daily_values_keep_their_stamps(found: Portfolio, plain: Result) -> None:
    account: Daily = found.account

    assert account.ms.tolist() == plain.account.ms.tolist()
    assert account.rows.tolist() == [23, 47]


def test_what_an_asset_bore_of_another_is_told(pair: dict[str, Result]) -> None:
    shared = {}
    for name, borne in (("A", -12.0), ("B", 12.0)):
        inputs = pair[name].inputs
        curve = inputs.walk.curve
        curve = curve._replace(borne=np.linspace(0.0, borne, curve.ms.size))
        walk = inputs.walk._replace(curve=curve)
        shared[name] = replace(pair[name], inputs=replace(inputs, walk=walk))

    found = build_portfolio(shared, SHARES, HOURS, "shared")
    told = {name: part_document(name, part)["borne"] for name, part in found.assets.items()}

    assert told == {"A": -12.0, "B": 12.0}
    assert answer(found).endswith(" A bore 12 of the others' losses.")
