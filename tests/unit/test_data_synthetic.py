"""This file proves that the synthetic market is the same each time and has its moments."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from steelyard.data import scenario
from steelyard.data.catalogue import open_market
from steelyard.data.synthetic import (
    ASSET,
    FIRST_MS,
    SEED,
    synthetic_market,
    synthetic_world,
    write_synthetic,
)
from steelyard.domain.arrays import Flags, Floats
from steelyard.domain.errors import RequestError
from steelyard.domain.market import Bars, Market
from steelyard.domain.time import DAY_MS, HOUR_MS, stamp
from steelyard.features.funding import hours_above, rate_8h
from steelyard.features.level_table import level_rows, level_table
from steelyard.features.levels import breached, held_support, near_resistance
from steelyard.features.oscillators import adx, atr, bandwidth, chop, minus_di, plus_di, rsi
from steelyard.features.sampling import asof
from steelyard.features.trend import crosses_below, sma
from steelyard.features.windows import (
    ago,
    change,
    median,
    percentile_rank,
    quantile,
    within,
    zscore,
)

SEEDS = (SEED, 1, 2)
PEAK = range(760, 800)
"""Days on which a shelf is looked for, which takes long."""

SIDE = {
    "implied_vol",
    "open_interest",
    "fear_greed",
    "vix",
    "dxy",
    "basis_apr",
    "days_to_expiry",
}
BARS = ("open", "high", "low", "close", "volume")


@dataclass(frozen=True)
class Moments:
    """On which days of a market each condition of domain 4 and 5 holds."""

    atr_expansion: Flags
    funding_extreme: Flags
    funding_48h: Flags
    three_sigma: Flags
    rejection: Flags
    shelf: Flags
    below_sma200: Flags
    death_cross: Flags
    support_breach: Flags
    implied_high: Flags
    implied_cross: Flags
    calm: Flags
    exit_held: Flags
    overbought: Flags
    uptrend: Flags
    quiet: Flags
    divergence: Flags
    near_resistance: Flags


def recent(flags: Flags, bars: int) -> Flags:
    """Return where a flag is up or was on one of the last bars."""
    up: Flags = within(flags.astype(np.float64), bars) == 1.0
    return up


def steady(flags: Flags, bars: int) -> Flags:
    """Return where a flag has been up on this many bars in a row."""
    rows = [np.concatenate((np.zeros(k, bool), flags[: flags.size - k])) for k in range(bars)]
    whole: Flags = np.logical_and.reduce(rows)
    return whole


def rejections(bars: Bars) -> Flags:
    """Return the rejection candles of domain 3.15."""
    top = np.maximum(bars.open, bars.close)
    size, wick, body = bars.high - bars.low, bars.high - top, np.abs(bars.close - bars.open)
    before = ago(atr(bars.high, bars.low, bars.close, 14), 1)
    peak = np.full(bars.high.size, np.nan)
    for day in range(20, bars.high.size):
        peak[day] = bars.high[day - 20 : day].max()
    shape = (wick / size >= 0.5) & ((bars.close - bars.low) / size <= 0.35) & (wick >= 2.0 * body)
    found: Flags = shape & (size >= 1.25 * before) & (bars.high >= peak - 0.25 * before)
    return found


def has_shelf(hours: Bars, day: int) -> bool:
    """Tell whether the last 30 days have a massive shelf at the peak, domain 3.14."""
    part = slice((day - 29) * 24, (day + 1) * 24)
    low, high, volume = hours.low[part], hours.high[part], hours.volume[part]
    edges = np.linspace(low.min(), high.max(), 51)
    overlap = np.minimum(high[:, None], edges[1:]) - np.maximum(low[:, None], edges[:-1])
    profile = (volume[:, None] * np.maximum(overlap, 0.0) / (high - low)[:, None]).sum(axis=0)
    heavy = np.concatenate(([False], profile >= 1.5 * profile.mean(), [False]))
    edge = np.flatnonzero(heavy[1:] != heavy[:-1])
    middle = (edges[1:] + edges[:-1]) / 2.0
    for begin, end in zip(edge[::2], edge[1::2], strict=True):
        share = profile[begin:end].sum() / profile.sum()
        centre = np.average(middle[begin:end], weights=profile[begin:end])
        if share >= 0.2 and centre >= edges[0] + (edges[-1] - edges[0]) * 2.0 / 3.0:
            return True
    return False


def moments_of(market: Market) -> Moments:
    """Return the moments of a market, from the features alone."""
    days, weeks = market.bars["1d"], market.bars["1w"]
    high, low, close = days.high, days.low, days.close
    ranges = atr(high, low, close, 14)
    slow, fast = sma(close, 200), sma(close, 50)
    funding = market.funding
    rate = rate_8h(funding.rate, funding.interval_hours)
    hot = hours_above(rate, funding.interval_hours, funding.follows, 0.0005) >= 24
    very_hot = hours_above(rate, funding.interval_hours, funding.follows, 0.001) >= 48
    table = level_table(weeks.high, weeks.low, weeks.volume, weeks.known_ms)
    rows = level_rows(days.known_ms, table)
    volatility = daily(market, "implied_vol")
    edge = quantile(volatility, 0.75, 365, 180)
    interest = daily(market, "open_interest")
    strong = adx(high, low, close, 14)
    up = (close > fast) & (fast > slow) & (strong >= 25.0) & (change(close, 90) > 0.0)
    up &= plus_di(high, low, close, 14) > minus_di(high, low, close, 14)
    narrow = percentile_rank(bandwidth(close, 20), 120, 120) <= 35.0
    still = (strong < 20.0).astype(int) + narrow + (chop(high, low, close, 14) >= 61.8)
    stretched = (rsi(close, 14) >= 80.0) | (zscore(close, 20) >= 3.0)
    hot_days = asof(days.known_ms, funding.ms, hot.astype(np.float64), 8 * HOUR_MS) == 1.0
    flat = (change(close, 7) >= -0.03) & (change(close, 7) <= 0.01)
    calm = ranges <= median(ranges, 30)
    return Moments(
        atr_expansion=ranges / ago(ranges, 7) - 1.0 >= 0.5,
        funding_extreme=hot,
        funding_48h=very_hot,
        three_sigma=zscore(close, 20) >= 3.0,
        rejection=rejections(days),
        shelf=np.array([day in PEAK and has_shelf(market.spot, day) for day in range(close.size)]),
        below_sma200=close < slow,
        death_cross=crosses_below(fast, slow) == 1.0,
        support_breach=breached(close, rows, table, 2) == 1.0,
        implied_high=percentile_rank(volatility, 365, 180) >= 75.0,
        implied_cross=(volatility > edge) & (ago(volatility, 1) <= ago(edge, 1)),
        calm=calm,
        exit_held=calm & (held_support(close, rows, table, 5) >= 5.0),
        overbought=recent(stretched, 3) & recent(hot_days, 3),
        uptrend=steady(up, 3),
        quiet=steady(still >= 2, 3),
        divergence=(change(interest, 7) >= 0.15) & flat,
        near_resistance=near_resistance(close, ranges, rows, table, 1.0) == 1.0,
    )


def daily(market: Market, name: str) -> Floats:
    """Return a side series on the days of a market."""
    series = market.series[name]
    return asof(market.bars["1d"].known_ms, series.known_ms, series.value, series.max_age_ms)


@pytest.fixture(scope="module", params=SEEDS)
def market(request: pytest.FixtureRequest) -> Market:
    return synthetic_market(request.param)


@pytest.fixture(scope="module")
def moments(market: Market) -> Moments:
    return moments_of(market)


def between(flags: Flags, first: int, last: int) -> bool:
    """Tell whether a flag is up on any day from ``first`` to ``last``."""
    return bool(flags[first : last + 1].any())


def test_equal_seeds_make_equal_markets() -> None:
    one, two = synthetic_market(7), synthetic_market(7)

    assert one.sources == two.sources
    assert one.spot.close.tobytes() == two.spot.close.tobytes()
    assert one.funding.rate.tobytes() == two.funding.rate.tobytes()


def test_another_seed_makes_another_market() -> None:
    digests = {synthetic_market(seed).sources[0].sha256 for seed in SEEDS}

    assert len(digests) == len(SEEDS)


def test_a_synthetic_market_says_so_wherever_it_shows(market: Market) -> None:
    assert market.is_synthetic
    assert market.venue == "synthetic"
    assert all(source.series.startswith("synthetic.") for source in market.sources)
    assert market.tiers_source.startswith("synthetic.")
    assert "invented" in market.facts.source


def test_it_begins_on_a_monday_before_there_was_a_market(market: Market) -> None:
    assert market.spot.open_ms[0] == market.perp.open_ms[0] == FIRST_MS == stamp(2001, 1, 1)
    assert market.end_ms == FIRST_MS + scenario.DAYS * DAY_MS
    assert market.bars["1w"].open_ms[0] == FIRST_MS
    assert market.holes == ()


@pytest.mark.parametrize("leg", ["spot", "perp", "mark"])
def test_its_bars_are_possible(market: Market, leg: str) -> None:
    bars: Bars = getattr(market, leg)

    assert (bars.low > 0.0).all()
    assert (bars.high >= np.maximum(bars.open, bars.close)).all()
    assert (bars.low <= np.minimum(bars.open, bars.close)).all()
    assert leg == "mark" or (bars.volume >= 0.0).all()


def test_futures_stay_near_spot(market: Market) -> None:
    # The premium heads for the funding rate, 0.16 % at most, and strays by 0.035 % at most.
    for bars in (market.perp, market.mark):
        same = market.spot.close[-bars.close.size :]

        assert np.abs(bars.close / same - 1.0).max() < 0.0025


def test_an_account_can_begin_when_the_mark_price_does(market: Market) -> None:
    # 60 days before it, so that a month of traded volume is known to the cost model.
    assert market.start_ms == FIRST_MS + 60 * DAY_MS


def test_two_years_pass_before_the_drama(moments: Moments) -> None:
    # Implied volatility is ranked within 365 days, key levels are 26 weeks old, SMA200 is slow.
    first = int(np.argmax(moments.funding_48h[2::3]))

    assert first >= 2 * 365


def test_funding_gets_rich_and_then_richer_for_two_days(moments: Moments) -> None:
    first_rich = int(np.argmax(moments.funding_extreme[2::3]))
    first_richer = int(np.argmax(moments.funding_48h[2::3]))

    assert 690 < first_rich < first_richer < 752


def test_the_parabola_ends_in_a_three_sigma_close_a_shelf_and_a_rejection(
    moments: Moments,
) -> None:
    peak = scenario.EXHAUSTION_DAY

    assert between(moments.three_sigma, 775, 776)
    assert between(moments.shelf, peak - 10, peak)
    assert moments.rejection[peak]
    assert between(moments.overbought, 775, 783)


def test_the_peak_is_the_high_of_the_whole_market(market: Market) -> None:
    assert int(np.argmax(market.bars["1d"].high)) == scenario.EXHAUSTION_DAY


def test_the_crash_widens_ranges_and_raises_implied_volatility(moments: Moments) -> None:
    assert between(moments.atr_expansion, 785, 795)
    assert moments.implied_high[786:800].all()


def test_the_crash_breaks_a_key_support_below_the_slow_average(moments: Moments) -> None:
    broken = np.flatnonzero(moments.support_breach[785:900]) + 785

    assert broken.size >= 1
    assert moments.below_sma200[broken].all()
    assert between(moments.death_cross, 785, 900)


def test_a_sudden_fall_is_an_hour_of_high_uncertainty(moments: Moments) -> None:
    both = recent(moments.atr_expansion, 5) & moments.implied_high & ~moments.overbought

    assert between(both, 358, 372)
    assert not between(moments.overbought, 358, 372)


def test_every_expansion_is_followed_by_the_exit(moments: Moments) -> None:
    for first in np.flatnonzero(moments.atr_expansion):
        assert moments.exit_held[first + 1 :].any()


def test_the_quiet_range_and_the_uptrends_are_seen(moments: Moments) -> None:
    assert moments.quiet[890:1001].sum() > 50
    assert moments.uptrend[1030:].sum() > 50
    assert moments.uptrend[684:752].sum() > 40


def test_the_close_comes_back_above_the_slow_average(moments: Moments) -> None:
    assert not moments.below_sma200[1025:].any()


def test_implied_volatility_crosses_its_quantile(moments: Moments) -> None:
    assert between(moments.implied_cross, 355, 362)


def test_open_interest_climbs_while_price_is_stuck_under_resistance(moments: Moments) -> None:
    prepared = recent(moments.divergence, 5)

    assert between(moments.divergence, 436, 450)
    assert between(prepared & moments.near_resistance, 436, 452)


def test_the_quarterly_contract_converges_to_spot_at_its_expiry() -> None:
    world = synthetic_world()
    dated, spot = world.dated, world.hourly.spot
    last = int(np.flatnonzero(spot.known_ms == dated.expiry_ms)[0])

    assert dated.expiry_ms == stamp(2003, 3, 28, 8)
    assert dated.bars.end_ms == dated.expiry_ms
    assert dated.bars.close[-1] == spot.close[last]


def test_the_quarterly_basis_passes_fifteen_percent_a_year_in_the_parabola() -> None:
    world = synthetic_world()
    dated, spot = world.dated, world.hourly.spot
    first = int(np.flatnonzero(spot.open_ms == dated.bars.open_ms[0])[0])
    ratio = dated.bars.close / spot.close[first : first + dated.bars.close.size]
    days = (dated.expiry_ms - dated.bars.known_ms) / DAY_MS
    apr = (ratio[:-1] - 1.0) * 365.0 / days[:-1]
    hour = (760 - scenario.CONTRACT_LISTED_DAY) * 24

    assert apr[hour] > 0.15
    assert apr[240] < 0.10


def test_a_written_catalogue_reads_back_as_the_same_market(tmp_path: Path) -> None:
    write_synthetic(tmp_path)
    made = synthetic_market()

    read = open_market(tmp_path, asset=ASSET, venue="synthetic")

    for leg in ("spot", "perp", "mark"):
        for name in ("open_ms", *BARS):
            one, two = getattr(getattr(read, leg), name), getattr(getattr(made, leg), name)
            assert np.array_equal(one, two, equal_nan=name == "volume")
    for name in ("ms", "rate", "interval_hours", "follows"):
        assert np.array_equal(getattr(read.funding, name), getattr(made.funding, name))
    for name in ("cap", "rate", "deduction"):
        assert np.array_equal(getattr(read.tiers, name), getattr(made.tiers, name))
    assert set(read.series) == set(made.series) == SIDE
    for name, series in read.series.items():
        assert np.array_equal(series.known_ms, made.series[name].known_ms)
        assert np.array_equal(series.value, made.series[name].value, equal_nan=True)
        assert series.max_age_ms == made.series[name].max_age_ms
    assert read.is_synthetic
    assert read.holes == ()
    assert (read.tiers_source, read.facts) == (made.tiers_source, made.facts)


def test_the_written_catalogue_holds_the_quarterly_contract(tmp_path: Path) -> None:
    write_synthetic(tmp_path)

    frame = pl.read_parquet(tmp_path / "synthetic.dated.BTCUSDT_030328.1h.parquet")

    assert frame.columns == ["ts", "open", "high", "low", "close", "volume", "expiry"]
    assert frame["expiry"].dt.timestamp("ms").unique().to_list() == [stamp(2003, 3, 28, 8)]


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")

    with pytest.raises(RequestError, match=r"cannot be written to .*taken \(.+\); name a folder"):
        write_synthetic(tmp_path / "taken")
