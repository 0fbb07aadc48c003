"""Measure what users wait for, and how fast the kernel walks; medians, nothing fails on time.

Real history is read from STEELYARD_DATA, or from ../shared/data beside the checkout; without it the
synthetic market stands in and the table says so. Every process starts afresh; interleaved, after
a warm-up; the floor is one pass over the columns that the walk reads.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from steelyard.data.catalogue import open_market
from steelyard.data.synthetic import synthetic_market, write_synthetic
from steelyard.domain.arrays import Ints
from steelyard.domain.market import Market
from steelyard.domain.time import text
from steelyard.engine.course import Course, lay_course
from steelyard.engine.replay import replay
from steelyard.policy.compile import compile_policy
from steelyard.policy.evaluate import evaluate_signals
from steelyard.policy.load import load_policy

RUNS = 7
COMMAND = str(Path(sys.executable).with_name("steelyard"))


def seconds(work: Callable[[], object]) -> float:
    """Return how long a piece of work takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def process(*arguments: str, cache: str | None = None) -> float:
    """Return how long a command takes from start to end, in seconds."""
    environment = dict(os.environ)
    if cache is not None:
        environment["STEELYARD_CACHE"] = cache

    def run() -> None:
        command = [COMMAND, *arguments]
        subprocess.run(command, env=environment, check=True, capture_output=True)  # noqa: S603

    return seconds(run)


def median(work: Callable[[], float]) -> float:
    """Return the median of several runs after one that does not count."""
    work()
    return statistics.median(work() for _ in range(RUNS))


def history(folder: str) -> tuple[Path, str, Market, dict[str, str]]:
    """Return the data to measure on: folder, what it is, market, dates."""
    beside = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    real = Path(os.environ.get("STEELYARD_DATA", beside))
    if real.is_dir():
        dates = {"start": "2020-01-01", "end": "2025-04-30"}
        return real, "BTC hourly, 2020-01-01 to 2025-04-30", open_market(real, asset="BTC"), dates
    write_synthetic(folder)
    return Path(folder), "synthetic market, 3 years hourly", synthetic_market(), {}


def kernel(course: Course) -> list[tuple[str, float]]:
    """Return the times of signals, walk, bar-by-bar runner and floor, in seconds."""
    compiled = compile_policy(load_policy("article"), course.market)
    plan = compiled.plan
    signals, track = course.prepare(compiled)
    columns = [track.open, track.high, track.low, track.close, track.first_fill, track.funding]
    timed: dict[str, list[float]] = {"signals": [], "walk": [], "floor": []}
    for _ in range(RUNS + 1):
        course.memo.clear()
        timed["signals"].append(seconds(lambda: course.prepare(compiled)))
        timed["walk"].append(seconds(lambda: course.walked(plan, signals, track)))
        timed["floor"].append(seconds(lambda: [np.nansum(column) for column in columns]))
    lines = [(name, statistics.median(times[1:])) for name, times in timed.items()]
    costs, account = course.costs_of(plan), course.account_of(plan)
    slow = seconds(lambda: replay(plan, signals, track, costs, course.cash, account))
    return [*lines, ("runner", slow)]


def whole_history(market: Market) -> tuple[str, float]:
    """Return what the whole article takes: all conditions everywhere, the account where it can be.

    Features and signals reach from the first daily bar of spot to the last, nothing remembered;
    decisions, orders and fills from the day on which everything that an account needs is there.
    """
    compiled = compile_policy(load_policy("article"), market)
    course = lay_course(market, start=None, end=None)
    first_ms = int(market.bars["1d"].known_ms[0])

    def work() -> float:
        course.memo.clear()
        whole = seconds(
            lambda: evaluate_signals(compiled, market, first_ms, course.end_ms, course.memo)
        )
        return whole + seconds(lambda: course.run(compiled))

    what = f"signals from {text(first_ms)[:10]}, decisions from {text(course.start_ms)[:10]}"
    return what, median(work)


def ten_years(folder: Path) -> Path:
    """Write ten years of hours and days, of every kind that a catalogue has, and return where."""
    folder.mkdir()
    hours, days = np.arange(10 * 8766), np.arange(3653)
    dice = np.random.default_rng(1)
    price = np.exp(10.0 + np.cumsum(dice.normal(0.0, 0.005, hours.size)))
    values = {"open": price, "high": price * 1.01, "low": price * 0.99, "close": price}
    bars = _stamped(1_420_070_400_000 + hours * 3_600_000).with_columns(
        *(pl.Series(name, column) for name, column in values.items()), volume=pl.lit(5.0)
    )
    settled = _stamped(1_420_070_400_000 + hours[::8] * 3_600_000)
    daily = _stamped(1_420_070_400_000 + days * 86_400_000)
    expiry = (pl.col("ts").last() + pl.duration(hours=1)).alias("expiry")
    ladder = {"symbol": ["BTCUSDT"], "min_notional": [0.0], "max_notional": [1e12]}
    frames = {
        "binance.spot.BTCUSDT.1h": bars,
        "binance.perp.BTCUSDT.1h": bars,
        "binance.perp.BTCUSDT.mark.1h": bars,
        "binance.perp.BTCUSDT.funding": settled.with_columns(rate=1e-4, interval_hours=8.0),
        "binance.perp.BTCUSDT.open_interest.1d": daily.with_columns(close=pl.lit(1000.0)),
        "deribit.BTC.dvol.1d": daily.with_columns(close=pl.lit(50.0)),
        "alternative.fear_greed.1d": daily.with_columns(value=pl.lit(50.0)),
        "binance.dated.BTCUSDT_250328.1h": bars.tail(4000).with_columns(expiry),
        "binance.perp.leverage_tiers.2024-10": pl.DataFrame(ladder).with_columns(
            maint_margin_rate=0.004, maint_amount=0.0
        ),
    }
    for name, frame in frames.items():
        frame.write_parquet(folder / f"{name}.parquet")
    return folder


def _stamped(ms: Ints) -> pl.DataFrame:
    return pl.DataFrame([pl.Series("ts", ms).cast(pl.Datetime("ms", "UTC"))])


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        data, what, market, dates = history(folder)
        venue = ["--venue", market.venue]
        options = [f"--{name}={value}" for name, value in dates.items()]
        backtest = ["backtest", "article", "--data", str(data), "--asset", "BTC", *venue, *options]
        first = process(*backtest, cache=str(Path(folder) / "cold"))
        print(f"{what}; medians of {RUNS} after a warm-up")
        print(f"first run ever, compiling    {first:8.2f} s")
        print(f"backtest, whole process      {median(lambda: process(*backtest)):8.2f} s")
        print(f"steelyard --help             {median(lambda: process('--help')):8.2f} s")
        course = lay_course(market, start=dates.get("start"), end=dates.get("end"))
        lines = dict(kernel(course))
        what, whole = whole_history(market)
        long = ten_years(Path(folder) / "ten")
        opening = median(lambda: seconds(lambda: open_market(long, asset="BTC")))
    print(f"article: features, signals   {lines['signals'] * 1000:8.1f} ms")
    print(f"article: walk of every hour  {lines['walk'] * 1000:8.1f} ms")
    print(f"  over one pass of its input {lines['walk'] / lines['floor']:8.1f} x")
    print(f"article: {what}  {whole * 1000:.1f} ms in all")
    print(f"opening ten years of hours   {opening * 1000:8.1f} ms")
    print(f"article: bar-by-bar runner   {lines['runner'] * 1000:8.1f} ms (once)")


if __name__ == "__main__":
    main()
