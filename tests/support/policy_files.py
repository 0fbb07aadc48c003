"""Small policies and a small market, for tests of the policy and its language."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from steelyard.domain.market import Bars, Facts, Funding, Market, Series, Tiers
from steelyard.domain.time import DAY_MS, HOUR_MS, WEEK_MS
from steelyard.policy.load import Policy, load_policy

FIRST_MONDAY_MS = 4 * DAY_MS
HEAD = """schema = 1
name = "small"

[baseline]
spot = 0.60
futures = 0.40
"""


def written(folder: Path, body: str, head: str = HEAD) -> Path:
    """Return a new policy file in a folder."""
    path = folder / "small.toml"
    path.write_text(head + body, encoding="utf-8")
    return path


def trigger(when: str, extra: str = "", effect: str = "{ hedge = 0.10 }") -> str:
    """Return one trigger as it stands in a file."""
    return f"\n[[triggers]]\nid = 'one'\nwhen = '''{when}'''\neffect = {effect}\n{extra}\n"


def policy_of(folder: Path, body: str, head: str = HEAD) -> Policy:
    """Return a policy read from a new file."""
    return load_policy(written(folder, body, head))


def walked(length_ms: int, count: int, seed: int, holes: float = 0.0) -> Bars:
    """Return bars of a random walk that begins on a Monday, some of them missing."""
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.03, count)))
    start = np.concatenate([[100.0], close[:-1]])
    high = np.maximum(start, close) * (1.0 + rng.uniform(0.0, 0.02, count))
    low = np.minimum(start, close) * (1.0 - rng.uniform(0.0, 0.02, count))
    columns = [start, high, low, close, rng.uniform(1.0, 2.0, count)]
    missing = rng.random(count) < holes
    for column in columns:
        column[missing] = np.nan
    stamps = FIRST_MONDAY_MS + length_ms * np.arange(count, dtype=np.int64)
    return Bars(
        length_ms=length_ms,
        open_ms=stamps,
        open=columns[0],
        high=columns[1],
        low=columns[2],
        close=columns[3],
        volume=columns[4],
    )


def paid(hours: int, seed: int) -> Funding:
    """Return settlements every eight hours, the first at the end of the first eight."""
    rng = np.random.default_rng(seed)
    count = hours // 8
    follows = np.ones(count, dtype=np.bool_)
    follows[0] = False
    return Funding(
        ms=FIRST_MONDAY_MS + 8 * HOUR_MS * np.arange(1, count + 1, dtype=np.int64),
        rate=rng.normal(0.0002, 0.0004, count),
        interval_hours=np.full(count, 8.0),
        follows=follows,
    )


def small_market(
    days: int = 60, seed: int = 1, holes: float = 0.0, series: Mapping[str, Series] | None = None
) -> Market:
    """Return a market whose kinds of bars are random walks of their own."""
    hours = walked(HOUR_MS, 24 * days, seed)
    nothing = np.array([np.inf]), np.array([0.01]), np.array([0.0])
    return Market(
        asset="BTC",
        quote="USDT",
        venue="small",
        spot=hours,
        perp=hours,
        mark=hours,
        funding=paid(24 * days, seed + 1),
        tiers=Tiers(cap=nothing[0], rate=nothing[1], deduction=nothing[2]),
        tiers_source="made up",
        facts=Facts(
            fee_spot=0.001,
            fee_perp=0.0005,
            lot_spot=0.0,
            lot_perp=0.0,
            min_spot=0.0,
            min_perp=0.0,
            liquidation_fee=0.005,
            source="made up",
        ),
        bars={
            "1h": hours,
            "1d": walked(DAY_MS, days, seed + 2, holes),
            "1w": walked(WEEK_MS, max(days // 7, 1), seed + 3),
        },
        series={} if series is None else series,
        is_synthetic=True,
    )
