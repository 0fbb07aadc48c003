"""No feature looks ahead, remembers what is gone, or depends on the unit of the price."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.domain.arrays import Floats, Ints
from steelyard.features import (
    basis,
    candles,
    funding,
    level_facts,
    levels,
    oscillators,
    profile,
    trend,
    volatility,
    windows,
)
from steelyard.features.level_table import LevelTable, level_rows, level_table
from steelyard.features.profile import Layout, Profiles
from steelyard.features.profile_shape import profile_shape
from steelyard.features.sampling import asof

DAY = 86_400_000
WEEK = 7 * DAY
Bars = dict[str, Floats]
Feature = Callable[[Bars], Floats]


def random_bars(seed: int, bars: int, holes: float) -> Bars:
    """Return bars of a random walk, some of them missing, with ties and flat stretches."""
    rng = np.random.default_rng(seed)
    steps = np.where(rng.random(bars) < 0.2, 0.0, rng.normal(0.0, 0.05, bars))
    close = np.round(100.0 * np.exp(np.cumsum(steps)), 1)
    open_ = np.concatenate(([100.0], close[:-1]))
    high = np.maximum(open_, close) + np.round(rng.random(bars), 1)
    low = np.minimum(open_, close) - np.round(rng.random(bars), 1)
    made = {"open": open_, "high": high, "low": low, "close": close, "volume": rng.random(bars)}
    missing = rng.random(bars) < holes
    return {name: np.where(missing, np.nan, column) for name, column in made.items()}


def condition(bars: Bars) -> Floats:
    """Return a condition that is unknown where the close is."""
    above = (bars["close"] > 100.0).astype(np.float64)
    return np.where(np.isnan(bars["close"]), np.nan, above)


def hlc(bars: Bars) -> tuple[Floats, Floats, Floats]:
    return bars["high"], bars["low"], bars["close"]


def weeks(bars: Bars) -> tuple[LevelTable, Ints]:
    """Return the key levels of bars that are taken as weeks, and the rows known at their closes."""
    known = (np.arange(bars["close"].size, dtype=np.int64) + 1) * WEEK
    table = level_table(bars["high"], bars["low"], bars["volume"], known)
    return table, level_rows(known, table)


def on_levels(feature: Callable[[Floats, Ints, LevelTable], Floats]) -> Feature:
    def run(bars: Bars) -> Floats:
        table, rows = weeks(bars)
        return feature(bars["close"], rows, table)

    return run


def near(bars: Bars) -> Floats:
    table, rows = weeks(bars)
    return levels.near_resistance(bars["close"], oscillators.atr(*hlc(bars), 3), rows, table, 1.0)


def profiled(feature: Callable[[Profiles], Floats], *, by_time: bool = False) -> Feature:
    """Return a reading of the profile of the last nine bars at every one of them."""

    def run(bars: Bars) -> Floats:
        ends = np.arange(1, bars["close"].size + 1)
        layout = Layout(9, 7, by_time)
        return feature(profile.profiles(bars["low"], bars["high"], bars["volume"], ends, layout))

    return run


def at_support(fact: Callable[[Floats, Ints, LevelTable], Floats]) -> Feature:
    """Return what is known of the support under every close."""

    def of(close: Floats, rows: Ints, table: LevelTable) -> Floats:
        return fact(levels.support(close, rows, table), rows, table)

    return on_levels(of)


def rejected(bars: Bars) -> Floats:
    prices = candles.Prices(bars["open"], *hlc(bars))
    bounds = candles.Bounds(wick=0.2, location=0.6, body=0.1, range=0.5, peak=1.0)
    return candles.rejection(prices, 3, bounds)


def settlements(bars: Bars) -> tuple[Floats, Floats, Floats]:
    """Return rates, intervals, and which settlements follow the one before, made from bars."""
    rate = bars["close"] / 1e5 - 1e-3
    interval = np.where(bars["volume"] > 0.5, 8.0, 4.0)
    return rate, interval, (bars["volume"] > 0.1).astype(np.float64)


def funded(
    feature: Callable[[Floats, Floats, np.ndarray[tuple[int], np.dtype[np.bool_]], float], Floats],
    argument: float,
) -> Feature:
    def run(bars: Bars) -> Floats:
        rate, interval, follows = settlements(bars)
        return feature(rate, interval, follows == 1.0, argument)

    return run


RATIOS: dict[str, Feature] = {
    "change": lambda bars: windows.change(bars["close"], 3),
    "zscore": lambda bars: windows.zscore(bars["close"], 5),
    "percentile_rank": lambda bars: windows.percentile_rank(bars["close"], 9, 4),
    "natr": lambda bars: oscillators.natr(*hlc(bars), 3),
    "rsi": lambda bars: oscillators.rsi(bars["close"], 3),
    "adx": lambda bars: oscillators.adx(*hlc(bars), 3),
    "plus_di": lambda bars: oscillators.plus_di(*hlc(bars), 3),
    "minus_di": lambda bars: oscillators.minus_di(*hlc(bars), 3),
    "bandwidth": lambda bars: oscillators.bandwidth(bars["close"], 5),
    "chop": lambda bars: oscillators.chop(*hlc(bars), 4),
    "realised_vol": lambda bars: volatility.realised_vol(bars["close"], 4),
    "parkinson": lambda bars: volatility.parkinson(bars["high"], bars["low"], 4),
    "garman_klass": lambda bars: volatility.garman_klass(bars["open"], *hlc(bars), 4),
    "crosses_above": lambda bars: trend.crosses_above(bars["close"], trend.sma(bars["close"], 4)),
    "crosses_below": lambda bars: trend.crosses_below(bars["close"], trend.sma(bars["close"], 4)),
    "breached": on_levels(lambda close, rows, table: levels.breached(close, rows, table, 2)),
    "held_support": on_levels(
        lambda close, rows, table: levels.held_support(close, rows, table, 5)
    ),
    "near_resistance": near,
    "level_touches": at_support(level_facts.level_touches),
    "level_age": at_support(level_facts.level_age),
    "level_strength": at_support(level_facts.level_strength),
    "shelf": profiled(lambda found: profile.shelf(found, 1.2, 0.2, 2.0)),
    "rejection": rejected,
    "simple_basis": lambda bars: basis.simple_basis(
        bars["high"], bars["low"], 50.0 - np.arange(bars["close"].size, dtype=np.float64)
    ),
}
PRICES: dict[str, Feature] = {
    "ago": lambda bars: windows.ago(bars["close"], 3),
    "highest": lambda bars: windows.highest(bars["high"], 3),
    "lowest": lambda bars: windows.lowest(bars["low"], 3),
    "mean": lambda bars: windows.mean(bars["close"], 3),
    "stdev": lambda bars: windows.stdev(bars["close"], 3),
    "median": lambda bars: windows.median(bars["close"], 4),
    "quantile": lambda bars: windows.quantile(bars["close"], 0.7, 9, 4),
    "sma": lambda bars: trend.sma(bars["close"], 4),
    "ema": lambda bars: trend.ema(bars["close"], 4),
    "atr": lambda bars: oscillators.atr(*hlc(bars), 3),
    "poc": profiled(profile.poc),
    "poc_by_time": profiled(profile.poc, by_time=True),
    "val": profiled(lambda found: profile.val(found, 0.7)),
    "vah": profiled(lambda found: profile.vah(found, 0.7)),
    "support": on_levels(levels.support),
    "resistance": on_levels(levels.resistance),
    "broken_support": on_levels(
        lambda close, rows, table: levels.broken_support(close, rows, table, 2)
    ),
}
CONDITIONS: dict[str, Feature] = {
    "within": lambda bars: windows.within(condition(bars), 3),
    "count": lambda bars: windows.count(condition(bars), 3),
    "streak": lambda bars: windows.streak(condition(bars), 3),
    "hours_above": funded(funding.hours_above, 0.0),
    "hours_below": funded(funding.hours_below, 0.0),
    "mean_over": funded(funding.mean_over, 20.0),
}
ALL = RATIOS | PRICES | CONDITIONS
NEEDS_WEEKS = {
    "breached",
    "held_support",
    "near_resistance",
    "support",
    "resistance",
    "broken_support",
    "level_touches",
    "level_age",
    "level_strength",
}


def length_for(name: str) -> int:
    """Return how many bars show something: key levels need half a year of weeks."""
    return 90 if name in NEEDS_WEEKS else 45


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), holes=st.sampled_from([0.0, 0.05, 0.3]), data=st.data())
def test_more_history_changes_no_past_value(
    name: str, seed: int, holes: float, data: st.DataObject
) -> None:
    bars = random_bars(seed, length_for(name), holes)
    cut = data.draw(st.integers(0, length_for(name)))
    past = ALL[name]({column: values[:cut] for column, values in bars.items()})

    np.testing.assert_array_equal(past, ALL[name](bars)[:cut])


@pytest.mark.parametrize("name", ALL)
def test_every_feature_of_these_tests_says_something(name: str) -> None:
    known = [ALL[name](random_bars(seed, length_for(name), 0.0)) for seed in range(9)]

    assert np.unique(np.concatenate(known)[~np.isnan(np.concatenate(known))]).size > 1


def test_a_feature_that_reads_one_bar_ahead_is_caught() -> None:
    def ahead(bars: Bars) -> Floats:
        return np.append(bars["close"][1:], np.nan)

    bars = random_bars(1, 30, 0.0)
    past = ahead({column: values[:20] for column, values in bars.items()})

    assert not np.array_equal(past, ahead(bars)[:20], equal_nan=True)


@pytest.mark.parametrize("name", RATIOS | PRICES)
@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), power=st.integers(-30, 30))
def test_another_unit_of_the_price_changes_no_ratio(name: str, seed: int, power: int) -> None:
    # A power of two scales floating-point prices exactly, so nothing may change at all.
    bars = random_bars(seed, length_for(name), 0.05)
    unit = 2.0**power
    scaled = {column: values * unit for column, values in bars.items()} | {"volume": bars["volume"]}
    expected = ALL[name](bars) * (unit if name in PRICES else 1.0)

    np.testing.assert_array_equal(ALL[name](scaled), expected)


@given(seed=st.integers(0, 10_000), bins=st.integers(3, 12), holes=st.sampled_from([0.0, 0.3]))
def test_a_profile_holds_all_volume_and_its_value_area_enough_of_it(
    seed: int, bins: int, holes: float
) -> None:
    bars = random_bars(seed, 12, holes)
    known = ~np.isnan(bars["close"])
    columns = (bars["low"], bars["high"], bars["volume"])
    found = profile.profiles(*columns, np.array([12]), Layout(12, bins))
    shape = profile_shape(found, 0)

    if known.sum() < 6:
        assert np.isnan(shape.poc)
        return
    inside = slice(*np.searchsorted(shape.edges, [shape.val, shape.vah]))
    assert found.volume[0].sum() == pytest.approx(bars["volume"][known].sum())
    assert (found.volume[0] >= 0.0).all()
    assert shape.val <= shape.poc <= shape.vah
    assert shape.value_area_share >= 0.70 - 1e-9
    assert shape.volume[inside].sum() / shape.volume.sum() == pytest.approx(shape.value_area_share)
    assert any(one.massive_at_peak for one in shape.shelves) == profile.shelf(found, 1.5, 0.2, 3)[0]


numbers = st.lists(
    st.one_of(st.just(np.nan), st.integers(-5, 5).map(float), st.floats(-1e6, 1e6)), max_size=40
)


def known_windows(x: Floats, n: int) -> list[tuple[int, Floats]]:
    """Return the full windows of n known values, with the index of their last one."""
    ends = ((t, x[t - n + 1 : t + 1]) for t in range(n - 1, x.size))
    return [(t, window) for t, window in ends if not np.isnan(window).any()]


@given(numbers, st.integers(1, 12))
def test_window_functions_are_what_numpy_makes_of_each_window_alone(
    values: list[float], n: int
) -> None:
    x = np.array(values, dtype=np.float64)
    expected = {name: np.full(x.size, np.nan) for name in ("mean", "std", "median", "max", "min")}
    for t, window in known_windows(x, n):
        for name, column in expected.items():
            column[t] = getattr(np, name)(window)

    scale = np.nanmax(np.abs(x), initial=1.0)
    close = {"rtol": 1e-12, "atol": 1e-12 * scale}
    np.testing.assert_allclose(windows.mean(x, n), expected["mean"], **close)
    np.testing.assert_allclose(windows.stdev(x, n), expected["std"], **close)
    np.testing.assert_allclose(windows.median(x, n), expected["median"], **close)
    np.testing.assert_array_equal(windows.highest(x, n), expected["max"])
    np.testing.assert_array_equal(windows.lowest(x, n), expected["min"])


@given(numbers, st.integers(1, 12), st.integers(1, 12), st.floats(0, 1))
def test_quantiles_and_ranks_are_what_numpy_makes_of_the_window_before(
    values: list[float], n: int, least: int, share: float
) -> None:
    x = np.array(values, dtype=np.float64)
    quantile, rank = np.full(x.size, np.nan), np.full(x.size, np.nan)
    for t in range(x.size):
        before = x[max(t - n, 0) : t]
        known = before[~np.isnan(before)]
        if known.size >= least:
            quantile[t] = np.quantile(known, share)
            below, equal = (known < x[t]).sum(), (known == x[t]).sum()
            rank[t] = np.nan if np.isnan(x[t]) else 100 * (below + equal / 2) / known.size

    scale = np.nanmax(np.abs(x), initial=1.0)
    np.testing.assert_allclose(windows.quantile(x, share, n, least), quantile, atol=1e-9 * scale)
    np.testing.assert_allclose(windows.percentile_rank(x, n, least), rank, rtol=1e-12)


@given(st.lists(st.sampled_from([0.0, 1.0, np.nan]), max_size=30), st.integers(0, 6))
def test_within_is_what_kleene_makes_of_every_way_the_unknown_could_be(
    values: list[float], n: int
) -> None:
    # What lies before the data is unknown as well.
    c = np.array([np.nan] * n + values)
    best, worst = np.where(np.isnan(c), 1.0, c), np.where(np.isnan(c), 0.0, c)
    ends = range(n, c.size)
    surely = [worst[t - n : t + 1].max() for t in ends]
    perhaps = [best[t - n : t + 1].max() for t in ends]
    expected = [a if a == b else np.nan for a, b in zip(surely, perhaps, strict=True)]

    np.testing.assert_array_equal(windows.within(np.array(values), n), expected)


@given(st.lists(st.sampled_from([0.0, 1.0, np.nan]), max_size=20), st.integers(1, 6))
def test_a_streak_of_n_is_true_false_or_unknown_as_n_conditions_in_a_row_are(
    values: list[float], n: int
) -> None:
    # Kleene: false if one of them is false, else unknown if one is unknown or before the first.
    c = np.array(values)
    found = windows.streak(c, n)
    anywhere_false = windows.within(1.0 - c, n - 1)

    known = ~np.isnan(found)
    assert np.array_equal(found[known] >= n, anywhere_false[known] == 0.0)
    assert np.array_equal(found == n, anywhere_false == 0.0)


@given(
    seed=st.integers(0, 10_000),
    now=st.integers(0, 89),
    entry=st.integers(0, 89),
    n=st.integers(1, 9),
)
def test_held_since_counts_what_a_plain_walk_over_the_closes_counts(
    seed: int, now: int, entry: int, n: int
) -> None:
    bars = random_bars(seed, 90, 0.05)
    table, rows = weeks(bars)
    known = (np.arange(90, dtype=np.int64) + 1) * WEEK
    close = bars["close"]
    broken = 100.0
    reclaimed, held, level = 0, 0, -np.inf
    sure = [True, True]
    for t in range(entry + 1, now + 1):
        if np.isnan(close[t]):
            reclaimed, held, level, sure = 0, 0, -np.inf, [False, False]
            continue
        reclaimed = reclaimed + 1 if close[t] >= broken else 0
        new = table.first_known_ms[rows[t]] > known[entry]
        below = table.price[rows[t]][new & (table.price[rows[t]] <= close[t])]
        is_lost = close[t] < level
        level = max(level, below.max()) if rows[t] >= 0 and below.size and not is_lost else level
        held = 0 if is_lost or level == -np.inf else held + 1
        level = -np.inf if is_lost else level
        sure = [sure[0] or reclaimed == 0, sure[1] or held == 0]
    count = max(reclaimed, held)
    is_known = now >= 0 and not np.isnan(close[now]) and (all(sure) or count >= n)
    result = levels.held_since(
        close, rows, table.price, table.first_known_ms, known, entry, now, broken, float(n)
    )
    expected = float(min(count, n)) if is_known else np.nan

    np.testing.assert_equal(result, expected)


@given(
    st.lists(st.integers(0, 50), max_size=15, unique=True).map(sorted),
    st.lists(st.integers(0, 60), max_size=15),
    st.integers(-1, 20),
)
def test_a_sample_is_the_last_value_known_by_then(
    known: list[int], moments: list[int], age: int
) -> None:
    value = np.array(known, dtype=np.float64) * 10
    expected = []
    for moment in moments:
        usable = [k for k in known if k <= moment and (age < 0 or moment - k <= age)]
        expected.append(usable[-1] * 10.0 if usable else np.nan)
    stamps = np.array(known, dtype=np.int64)

    sampled = asof(np.array(moments, dtype=np.int64), stamps, value, age)

    np.testing.assert_array_equal(sampled, expected)
