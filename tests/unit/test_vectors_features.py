"""The features against the independently computed vectors; see ``tests/support/vectors.py``."""

import re
from dataclasses import replace

import numpy as np

from steelyard.domain.arrays import Flags, Floats, Ints
from steelyard.domain.market import Bars, Series
from steelyard.domain.time import DAY_MS
from steelyard.features.basis import compound_basis, continuous_basis, simple_basis
from steelyard.features.candles import Bounds, Prices, candle, rejection_tests
from steelyard.features.funding import compound_apy, hours_above, rate_8h, simple_apr
from steelyard.features.level_table import LevelTable, Pivots, levels_at, pivots
from steelyard.features.levels import breached, held_support, level_distance, near_resistance
from steelyard.features.oscillators import adx, atr, bandwidth, chop, minus_di, natr, plus_di, rsi
from steelyard.features.profile import Layout, Profiles, poc, profiles, shelf, vah, val
from steelyard.features.profile_shape import ProfileShape, profile_shape
from steelyard.features.trend import crosses_above, crosses_below, sma
from steelyard.features.volatility import garman_klass, parkinson, realised_vol
from steelyard.features.windows import (
    ago,
    change,
    highest,
    lowest,
    median,
    percentile_rank,
    quantile,
    stdev,
    streak,
    zscore,
)
from steelyard.planning.basis_pair import PairCosts, pair_yield
from steelyard.policy.evaluate import Evaluation, Grid
from steelyard.policy.parse import Definitions, parse
from tests.support.policy_files import small_market
from tests.support.vectors import Node, each_case


def first_known(values: Floats) -> int | None:
    return next((int(index) for index in np.flatnonzero(~np.isnan(values))), None)


def where_true(condition: Floats) -> list[int]:
    return [int(index) for index in np.flatnonzero(condition == 1.0)]


def known(flags: Flags, *values: Floats) -> Floats:
    """Return flags as a condition: unknown where a value that they compare is."""
    unknown = np.isnan(np.vstack(values)).any(axis=0)
    return np.where(unknown, np.nan, flags.astype(np.float64))


def one_level(price: float, bars: int) -> tuple[Ints, LevelTable]:
    """Return a table that has known one key level from the start."""
    table = LevelTable(
        known_ms=np.zeros(1, dtype=np.int64),
        price=np.array([[price]]),
        first_known_ms=np.zeros((1, 1), dtype=np.int64),
        touches=np.full((1, 1), 2.0),
        strength=np.ones((1, 1)),
        first_row=0,
    )
    return np.zeros(bars, dtype=np.int64), table


@each_case("ind_atr")
def test_the_average_true_range_its_expansion_and_its_median(case: Node) -> None:
    params, expected = case["params"], case["expected"]
    high, low, close = (case["input"][key].series() for key in ("high", "low", "close"))
    n, lag = params["n"].whole(), params["expansion_lag"].whole()
    value = atr(high, low, close, n)
    middle = median(value, params["median_window"].whole())
    growth = change(value, lag)
    computed = {
        "first_valid_atr_index": first_known(value),
        "first_valid_ratio_index": first_known(growth),
        "first_valid_median_index": first_known(middle),
        "atr": value,
        "atr_percent": natr(high, low, close, n),
        "ratio_atr_t_over_t_minus_7": value / ago(value, lag),
        "atr_median30": middle,
        "expansion_condition": known(growth >= params["expansion_threshold"].number(), growth),
        "atr_at_or_below_median": known(value <= middle, value, middle),
    }

    assert expected.differences(computed) == []


@each_case("ind_atr_boundary", "cases", "*")
def test_the_average_true_range_after_a_jump_of_the_true_range(case: Node) -> None:
    # 200 bars of the old range settle it (they are all alike); the close stays in the middle.
    jump = case["bars_after"].whole()
    ranges = np.full(200 + jump, case["tr_before"].number())
    ranges[200:] = case["tr_after"].number()
    close = np.full(ranges.size, 1000.0 + ranges.max())
    value = atr(close + ranges / 2, close - ranges / 2, close, 14)
    growth = change(value, jump)
    computed = {
        "atr_before": value[199],
        "atr_after": value[-1],
        "ratio": growth[-1] + 1.0,
        "fires": bool(growth[-1] >= 0.50),
    }

    assert case.differences(computed) == []


@each_case("ind_realised_vol")
def test_three_estimates_of_realised_volatility(case: Node) -> None:
    given = case["input"]
    open_, high, low, close = (given[key].series() for key in ("open", "high", "low", "close"))
    computed = {
        "rv30_close": realised_vol(close, 30),
        "parkinson30": parkinson(high, low, 30),
        "garman_klass30": garman_klass(open_, high, low, close, 30),
    }

    assert case["expected"].differences(computed) == []


@each_case("ind_quantile_conventions")
def test_quantiles_and_ranks_of_a_small_set(case: Node) -> None:
    history = case["input"]["history"].series()
    n = history.size
    ahead = np.append(history, np.nan)
    computed: dict[str, object] = {"median": median(history, n)[-1]}
    for key in case["expected"].keys():  # noqa: SIM118 - a node, not a dict
        if share := re.fullmatch(r"q(\d+)_type7", key):
            computed[key] = quantile(ahead, int(share[1]) / 100, n, n)[-1]
    computed["mid_rank"] = {
        value: percentile_rank(np.append(history, float(value)), n, n)[-1]
        for value in case["expected"]["mid_rank"].keys()  # noqa: SIM118 - a node, not a dict
    }

    assert case["expected"].differences(computed) == []


@each_case("ind_iv_percentile")
def test_where_implied_volatility_stands_in_its_history(case: Node) -> None:
    iv = case["input"]["iv"].series()
    window = case["params"]["window"].whole()
    start = case["expected"]["from_index"].whole()
    bound = quantile(iv, case["params"]["quantile"].number(), window, window)
    before = ago(iv, 1)
    floor, ceiling = lowest(before, window), highest(before, window)
    is_high = known(iv > bound, iv, bound)
    computed = {
        "from_index": first_known(bound),
        "q75": bound[start:],
        "percentile_rank": percentile_rank(iv, window, window)[start:],
        "iv_rank": (100 * (iv - floor) / (ceiling - floor))[start:],
        "cross_up_indices": where_true(crosses_above(iv, bound)),
        # Down is "at most" after "above": where the state itself falls from 1 to 0.
        "cross_down_indices": where_true(crosses_below(is_high, np.full(iv.size, 0.5))),
    }

    assert case["expected"].differences(computed) == []


@each_case("ind_funding", "runs", "*")
def test_hours_of_unbroken_funding_above_a_rate(case: Node) -> None:
    events, threshold = case["events"], case["threshold_8h"].number()
    stamp = np.array([event["ts_h"].number() for event in events])
    interval = np.array([event["interval_h"].number() for event in events])
    rate = rate_8h(np.array([event["rate"].number() for event in events]), interval)
    follows = np.diff(stamp, prepend=np.nan) == interval
    hours = hours_above(rate, interval, follows, threshold)
    # A settlement that counts one hour makes the hours of a run its settlements.
    settlements = hours_above(rate, np.ones(rate.size), follows, threshold)
    sustained = hours >= case["hours_required"].number()
    computed = [
        {
            "ts_h": stamp[i],
            "f8": rate[i],
            "consecutive": int(settlements[i]),
            "coverage_h": hours[i],
            "sustained": sustained[i],
        }
        for i in range(rate.size)
    ]

    assert case["expected"].differences(computed) == []


@each_case("ind_funding", "annualisation", "*")
def test_a_settled_rate_over_a_year(case: Node) -> None:
    rate, interval = (np.array([case[key].number()]) for key in ("rate", "interval_h"))
    computed = {
        "f8": rate_8h(rate, interval)[0],
        "apr_simple": simple_apr(rate, interval)[0],
        "apy_compounded": compound_apy(rate, interval)[0],
    }

    assert case.differences(computed) == []


def trend_sample(index: int, series: dict[str, Floats]) -> dict[str, object]:
    """Return the inputs and the strength of M1 on one bar (domain 4.6)."""
    close, fast, slow, range_ = (series[key][index] for key in ("close", "sma50", "sma200", "atr"))
    depth = float(np.clip((slow - close) / (2 * range_), 0.0, 1.0))
    cross_state = float(fast < slow)
    strength = (depth + cross_state) / 2 if close < slow else None
    return {
        "index": index,
        "close": close,
        "sma50": fast,
        "sma200": slow,
        "atr14": range_,
        "below": bool(close < slow),
        "depth": depth,
        "cross_state": cross_state,
        "strength": strength,
        "target_hedge_ratio": None if strength is None else 0.50 + 0.25 * strength,
    }


@each_case("ind_sma_trend")
def test_moving_averages_their_crosses_and_the_strength_of_the_trend(case: Node) -> None:
    high, low, close = (case["input"][key].series() for key in ("high", "low", "close"))
    fast, slow = sma(close, 50), sma(close, 200)
    below = streak(known(close < slow, close, slow), 2)
    was_above = ago(known(close >= slow, close, slow), 2) == 1.0
    seconds = np.flatnonzero((below == 2.0) & was_above).tolist()
    series = {"close": close, "sma50": fast, "sma200": slow, "atr": atr(high, low, close, 14)}
    samples = case["expected"]["hedge_strength_samples"]
    computed = {
        "sma200_first_index": first_known(slow),
        "sma50": fast,
        "sma200": slow,
        "death_cross_indices": where_true(crosses_below(fast, slow)),
        "golden_cross_indices": where_true(crosses_above(fast, slow)),
        "first_close_below_sma200_indices": where_true(crosses_below(close, slow)),
        "second_consecutive_close_below_indices": seconds,
        "hedge_strength_samples": [
            trend_sample(sample["index"].whole(), series) for sample in samples
        ],
    }

    assert case["expected"].differences(computed) == []


@each_case("ind_oscillators")
def test_oscillators_and_the_three_signs_of_a_range(case: Node) -> None:
    params = case["params"]
    high, low, close = (case["input"][key].series() for key in ("high", "low", "close"))
    width = bandwidth(close, 20)
    window = params["bbw_window"].whole()
    width_rank = percentile_rank(width, window, window)
    strength, choppiness = adx(high, low, close, 14), chop(high, low, close, 14)
    signs = np.vstack(
        (
            known(strength < params["adx_max"].number(), strength),
            known(width_rank <= params["bbw_pct_max"].number(), width_rank),
            known(choppiness >= params["chop_min"].number(), choppiness),
        )
    )
    yes, no = (signs == 1.0).sum(axis=0), (signs == 0.0).sum(axis=0)
    score = zscore(close, 20)
    computed = {
        "sma20": sma(close, 20),
        "sd20_population": stdev(close, 20),
        "z": score,
        "z_sample_sd": score * np.sqrt(19 / 20),
        "z_ge_3_indices": where_true(known(score >= 3.0, score)),
        "bbw": width,
        "bbw_percentile": width_rank,
        "rsi14": rsi(close, 14),
        "adx14": strength,
        "plus_di14": plus_di(high, low, close, 14),
        "minus_di14": minus_di(high, low, close, 14),
        "chop14": choppiness,
        "range_votes": np.where(yes + no == 3, yes, np.nan),
        "range_bound": np.where(yes >= 2, 1.0, np.where(no >= 2, 0.0, np.nan)),
        "upper_bound_on_z_population_n20": np.sqrt(19),
    }

    assert case["expected"].differences(computed) == []


def weekly_pivots(case: Node) -> Pivots:
    high, low, volume = (case.root["input"][key].series() for key in ("high", "low", "volume"))
    left, right = (case.root["params"][key].whole() for key in ("left", "right"))
    return pivots(high, low, volume, left=left, right=right)


def weeks_of(found: Pivots, *, high: bool, last: int | None = None) -> list[int]:
    """Return the weeks of the pivot highs or lows, of those known at the close of a week."""
    mine = found.is_high == high
    if last is not None:
        mine &= found.known_week <= last
    return sorted(int(week) for week in found.week[mine])


@each_case("ind_weekly_levels", "expected")
def test_the_pivots_of_the_weekly_chart(case: Node) -> None:
    found = weekly_pivots(case)
    computed = {
        "pivot_low_indices": weeks_of(found, high=False),
        "pivot_high_indices": weeks_of(found, high=True),
    }

    assert case.differences(computed) == []


@each_case("ind_weekly_levels", "expected", "snapshots", "*")
def test_the_levels_known_at_the_close_of_a_week(case: Node) -> None:
    found = weekly_pivots(case)
    last = case["last_closed_week_index"].whole()
    levels = levels_at(found, last, tolerance=case.root["params"]["cluster_tol"].number())
    computed = {
        "known_pivot_lows": weeks_of(found, high=False, last=last),
        "known_pivot_highs": weeks_of(found, high=True, last=last),
        "levels": [
            {
                "price": level.price,
                "touches": level.touches,
                "weight": level.weight,
                "pivot_indices": list(level.weeks),
            }
            for level in levels
        ],
    }

    assert case.differences(computed) == []


@each_case("ind_breach_and_near", "breach")
def test_the_second_close_in_a_row_below_a_level_breaches_it(case: Node) -> None:
    level = case.root["level"].number()
    close = np.array([row["close"].number() for row in case])
    # The level has held so far: two closes at it stand before the first bar.
    below = streak(np.concatenate(([0.0, 0.0], close < level)), close.size)[2:]
    rows, table = one_level(level, close.size + 2)
    event = breached(np.concatenate(([level, level], close)), rows, table, 2)[2:]
    computed = [
        {"index": i, "consecutive_below": int(below[i]), "breach_event": event[i]}
        for i in range(close.size)
    ]

    assert case.differences(computed) == []


@each_case("ind_breach_and_near", "hold")
def test_closes_in_a_row_that_held_a_level(case: Node) -> None:
    level = case.root["level"].number()
    close = np.array([row["close"].number() for row in case.root["breach"]])
    # A close below the level stands before the first bar, so that the count begins there.
    held = held_support(np.append(level - 1, close), *one_level(level, close.size + 1), 99)[1:]
    computed = [{"index": i, "consecutive_hold": held[i]} for i in range(close.size)]

    assert case.differences(computed) == []


@each_case("ind_breach_and_near", "near_resistance", "*")
def test_a_close_less_than_one_average_range_below_a_level_is_near_it(case: Node) -> None:
    close, range_ = (np.array([case[key].number()]) for key in ("close", "atr14"))
    level = case["resistance"].number()
    near = near_resistance(close, range_, *one_level(level, 1), 1.0)
    computed = {
        "distance_atr": level_distance(np.array([level]), close, range_)[0],
        "near": near[0],
    }

    assert case.differences(computed) == []


@each_case("decision_exit_unwind", "exit_series")
def test_the_exit_needs_a_calm_market_and_five_closes_above_support(case: Node) -> None:
    series = {key: np.array([row[key].number() for row in case]) for key in ("atr14", "median30")}
    close = np.array([row["close"].number() for row in case])
    level = case.root["key_support"].number()
    # A close below the level stands before the first day, so that the count begins there.
    held = held_support(np.append(level - 1, close), *one_level(level, close.size + 1), 99)[1:]
    leaves = (series["atr14"] <= series["median30"]) & (held >= 5)
    computed = [{"hold_count": held[i], "exit": leaves[i]} for i in range(close.size)]

    assert case.differences(computed) == []
    assert case.root["first_exit_index"].differences(int(np.argmax(leaves))) == []


def shape_as_written(found: ProfileShape) -> dict[str, object]:
    """Return a profile under the keys of the vector."""
    words = {1: "up", -1: "down"}
    shelves = [
        {
            "first_bin": one.first_bin,
            "last_bin": one.last_bin,
            "low": one.low,
            "high": one.high,
            "volume_share": one.volume_share,
            "centre": one.centre,
            "centre_location": one.centre_location,
            "massive_at_peak": one.massive_at_peak,
        }
        for one in found.shelves
    ]
    return {
        "edges": found.edges,
        "bin_volume": found.volume,
        "poc_bin": found.poc_bin,
        "poc_price": found.poc,
        "val": found.val,
        "vah": found.vah,
        "value_area_share": found.value_area_share,
        "steps": [f"{words[int(np.sign(step))]}{abs(step)}" for step in found.steps],
        "shelves": shelves,
    }


@each_case("ind_volume_profile")
def test_the_volume_profile_of_bars(case: Node) -> None:
    low, high, volume = (case["input"][key].series() for key in ("low", "high", "volume"))
    layout = Layout(low.size, case["input"]["bins"].whole())
    found = profiles(low, high, volume, np.array([low.size]), layout)
    computed = shape_as_written(profile_shape(found, 0))
    read = {"poc_price": poc(found)[0], "val": val(found, 0.70)[0], "vah": vah(found, 0.70)[0]}
    massive = [one["massive_at_peak"].truth() for one in case["expected"]["shelves"]]

    assert case["expected"].differences(computed) == []
    assert case["expected"].differences(read) == []
    assert shelf(found, 1.5, 0.20, 3.0)[0] == any(massive)


@each_case("ind_volume_profile", "histogram_only")
def test_the_value_area_of_given_bins(case: Node) -> None:
    # Bins of width 1 from 0: the value area begins at its first bin, and ends after its last.
    volume = case["bin_volume"].series()
    found = profile_shape(Profiles(np.zeros(1), np.array([float(volume.size)]), volume[None]), 0)
    written = shape_as_written(found)
    computed = {
        "poc_bin": found.poc_bin,
        "val_bin": round(found.val),
        "vah_bin": round(found.vah) - 1,
        "share": found.value_area_share,
        "steps": written["steps"],
    }

    assert case.differences(computed) == []


@each_case("ind_rejection_candle", "cases", "*")
def test_the_five_signs_of_a_rejection_candle(case: Node) -> None:
    params, context = case.root["params"], case.root["context"]
    bars = Prices(*(np.array([case[key].number()]) for key in ("o", "h", "l", "c")))
    bounds = Bounds(
        wick=params["upper_wick_share_min"].number(),
        location=params["clv_max"].number(),
        body=params["wick_to_body_min"].number(),
        range=params["range_atr_min"].number(),
        peak=params["peak_tolerance_atr"].number(),
    )
    ranges, peak = (
        np.array([context[key].number()]) for key in ("atr_prev", "highest_high_prev20")
    )
    tests = rejection_tests(bars, ranges, peak, bounds)
    names = {
        "upper_wick_share": tests.wick,
        "close_location": tests.location,
        "wick_vs_body": tests.body,
        "range_vs_atr": tests.range,
        "at_peak": tests.peak,
    }
    computed: dict[str, object] = {"rejection": tests.all[0]}
    if "tests" in case:
        shape = candle(bars)
        computed |= {
            "tests": {name: test[0] for name, test in names.items()},
            "upper_wick": shape.upper_wick[0],
            "lower_wick": shape.lower_wick[0],
            "body": shape.body[0],
            "range": shape.range[0],
            "upper_wick_share": shape.wick_share[0],
            "close_location_value": shape.location[0],
        }

    assert case.differences(computed) == []


def last_of(text: str, close: Floats, open_interest: Floats) -> float:
    """Return what a condition of the policy language is worth on the last of some days."""
    market = small_market(days=close.size)
    days = market.bars["1d"]
    flat = Bars(
        length_ms=DAY_MS,
        open_ms=days.open_ms,
        open=close,
        high=close,
        low=close,
        close=close,
        volume=np.ones(close.size),
    )
    held = Series(known_ms=days.known_ms, value=open_interest, max_age_ms=DAY_MS)
    market = replace(market, bars={"1d": flat}, series={"open_interest": held})
    node = parse(text, "1d", Definitions())
    return float(Evaluation(market, {}).values(node, Grid("1d", days.known_ms))[-1])


@each_case("ind_open_interest", "cases", "*")
def test_open_interest_rises_in_coins_while_the_price_is_flat(case: Node) -> None:
    lag = case["lookback_bars"].whole()
    close, held = (
        np.repeat([case[f"{name}_then"].number(), case[f"{name}_now"].number()], [lag, 1])
        for name in ("price", "oi_coin")
    )
    flat = f"-0.03 <= change(close, {lag}) <= 0.01"
    texts = {
        "oi_change_coin": f"change(open_interest, {lag})",
        "oi_change_usd": f"change(open_interest * close, {lag})",
        "price_return": f"change(close, {lag})",
        "flat_or_slightly_down": flat,
        "condition": f"change(open_interest, {lag}) >= 0.15 and {flat}",
    }
    computed = {key: last_of(text, close, held) for key, text in texts.items()}

    assert case.differences(computed) == []


@each_case("ind_basis", "cases", "*")
def test_the_basis_of_a_dated_contract_over_a_year(case: Node) -> None:
    names = ("future_bid", "spot_ask", "days_to_expiry")
    future, spot, days = (np.array([case[name].number()]) for name in names)
    simple = simple_basis(future, spot, days)
    computed = {
        "basis_abs": (future - spot)[0],
        "basis_pct": (future / spot - 1.0)[0],
        "annualised_simple": simple[0],
        "annualised_compounded": compound_basis(future, spot, days)[0],
        "annualised_continuous": continuous_basis(future, spot, days)[0],
        "exceeds_15pct_simple": bool(simple[0] > 0.15),
        "min_days_ok": bool(days[0] >= 7.0),
    }

    assert case.differences(computed) == []


@each_case("ind_basis", "net_example")
def test_the_yield_of_a_basis_pair_after_its_costs(case: Node) -> None:
    costs = PairCosts(
        spot_fee=case["spot_fee"].number(),
        future_fee=case["future_fee"].number(),
        settlement_fee=case["settlement_fee"].number(),
        slippage=case["slippage_each"].number(),
        margin=case["initial_margin_rate"].number(),
    )
    prices = case["spot_ask"].number(), case["future_bid"].number()
    found = pair_yield(*prices, case["days"].number(), costs)
    computed = {
        "gross_pct": found.gross,
        "round_trip_cost_pct_of_spot": found.cost,
        "net_pct": found.net,
        "net_annualised_on_spot_notional": found.on_spot,
        "net_annualised_on_capital_spot_plus_margin": found.on_capital,
    }

    assert case.differences(computed) == []
