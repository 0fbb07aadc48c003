"""This file is a portfolio in words: what it came to, what that does not prove, and its rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from steelyard.domain import codes
from steelyard.domain.time import text as date
from steelyard.report.attribution import Attribution
from steelyard.report.daily import Daily, Metrics
from steelyard.report.portfolio import SHARED, Fall, Part, Portfolio, deepest_fall
from steelyard.report.story import TITLES, timing
from steelyard.report.words import (
    UNDEFINED,
    bare_percent,
    counted,
    last_day,
    money,
    number,
    percent,
    signed_money,
    signed_percent,
)

TOGETHER: Final = "portfolio"
"""What the row of all assets is called."""

HEAD: Final = ("end", "gain %", "a year %", "vol %", "Sharpe", "worst %", "worst on")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One account, or all together: of the policy, or of a benchmark, which has no part."""

    name: str
    account: Daily
    metrics: Metrics
    fall: Fall
    part: Part | None = None

    def cells(self) -> list[str]:
        """Return what stands below ``HEAD``."""
        start, end = self.account.nav[[0, -1]].tolist()
        low = self.fall.low_ms
        return [
            money(end),
            bare_percent(end / start - 1.0),
            bare_percent(self.metrics.cagr),
            bare_percent(self.metrics.volatility),
            number(self.metrics.sharpe),
            bare_percent(self.fall.depth),
            UNDEFINED if low is None else date(low)[:10],
        ]


def rows(found: Portfolio) -> Iterator[Row]:
    """Yield all assets together, each asset, and the benchmarks of all together."""
    yield Row(name=TOGETHER, account=found.account, metrics=found.metrics, fall=found.fall)
    for name, part in found.assets.items():
        own = part.result
        yield Row(name=name, account=own.account, metrics=own.metrics, fall=part.fall, part=part)
    for name, metrics in found.benchmarks.items():
        account = found.benchmark_accounts[name]
        yield Row(name=TITLES[name], account=account, metrics=metrics, fall=deepest_fall(account))


def attribution_rows(found: Portfolio) -> list[list[str]]:
    """Return the head, all assets together and each asset, without parts that round to nothing."""
    parts = {TOGETHER: found.attribution}
    parts |= {name: part.result.attribution for name, part in found.assets.items()}
    named = [
        part for part in codes.PARTS if any(round(getattr(own, part)) for own in parts.values())
    ]

    def row(name: str, own: Attribution) -> list[str]:
        amounts = (own.total, *(getattr(own, part) for part in named))
        return [name, *map(signed_money, amounts)]

    return [["", "change", *named], *(row(*one) for one in parts.items())]


def _listed(words: list[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def answer(found: Portfolio) -> str:
    """Return what would have happened, in three sentences."""
    held = found.benchmark_accounts["hold"].nav
    shares = [f"{name} {percent(part.share)}" for name, part in found.assets.items()]
    low = found.fall.low_ms
    worst = "It was never below its highest before"
    if low is not None:
        worst = f"It was at worst {percent(-found.fall.depth)} below its highest, on {date(low)}"
    return (
        f"From {date(found.hours.start_ms)} to {last_day(found.hours.end_ms)}, "
        f"{found.policy.name} on {_listed(shares)} turned {money(found.start_equity)} into "
        f"{money(found.end_equity)} {found.quote} ({signed_percent(found.total_return)}); holding "
        f"ended at {money(float(held[-1]))} "
        f"({signed_percent(float(held[-1] / held[0]) - 1.0)}). {worst}; "
        f"{_listed([_earned(name, part) for name, part in found.assets.items()])}."
        f"{_forced(found)}"
    )


def _earned(name: str, part: Part) -> str:
    change = part.result.end_equity - part.result.start_equity
    return f"{name} {'earned' if change >= 0.0 else 'lost'} {money(abs(change))}"


def _forced(found: Portfolio) -> str:
    forced = [
        f"{name} {counted(part.liquidations, 'time')}"
        for name, part in found.assets.items()
        if part.liquidations
    ]
    borne = [
        f"{name} bore {money(-part.borne)} of the others' losses"
        for name, part in found.assets.items()
        if round(part.borne) < 0
    ]
    said = f" The venue liquidated {_listed(forced)}." if forced else ""
    return f"{said} {_listed(borne)}." if borne else said


def caveat(found: Portfolio) -> str:
    """Return what the answer does not prove, in as plain words as the answer itself."""
    many = counted(len(found.assets), "asset")
    market = f"This is one past of {many}, with assumed costs: it does not show what comes next."
    if any(result.market.is_synthetic for result in found.results):
        market = (
            "The market is synthetic, so this shows how the rules work and nothing about money."
        )
    margin = "each was an account of its own, and none could save another from liquidation"
    if found.margin == SHARED:
        margin = "one account backed the futures of all, and could lose one for another"
    return (
        f"{market} Nothing was moved between the assets, so weights drifted; {margin}. "
        f"{timing(found.benchmark_accounts['constant_delta'].nav, found.end_equity)}"
    )


def weights(found: Portfolio) -> str:
    """Return what part of the equity each asset was at the start and at the end."""
    listed = [
        f"{name} {percent(part.start_weight)} and {percent(part.end_weight)}"
        for name, part in found.assets.items()
    ]
    return f"Of equity at the start and at the end: {'; '.join(listed)}."


def exposure(found: Portfolio) -> str:
    """Return the net exposure of all assets at daily closes."""
    known = found.delta[np.isfinite(found.delta)]
    if known.size == 0:
        return "There was no equity at any daily close, so net exposure is undefined."
    mean, least, most = (percent(float(of(known))) for of in (np.mean, np.min, np.max))
    return (
        f"Net exposure, weighted by equity: {mean} on average, {least} to {most}, "
        f"{percent(float(found.delta[-1]))} at the end."
    )


def margin_words(found: Portfolio) -> str:
    """Return how near to liquidation an account was; empty where none held futures."""
    strain = found.strain
    if strain.ms is None:
        return ""
    whose = "the account" if strain.asset is None else strain.asset
    ratio = percent(strain.ratio) if np.isfinite(strain.ratio) else "beyond 100 %"
    return (
        f"The highest margin ratio at the end of an hour was {ratio}, of {whose} on "
        f"{date(strain.ms)}; at 100 % the venue liquidates."
    )


def hours_words(found: Portfolio) -> str:
    """Return which asset set the hours; empty where both dates were asked for."""
    hours = found.hours
    sides = [
        _set_by(hours.start_set_by, "begin", "last", found),
        _set_by(hours.end_set_by, "end", "first", found),
    ]
    told = [side for side in sides if side]
    return f"The hours are those that all assets have: {_listed(told)}." if told else ""


def _set_by(names: tuple[str, ...], does: str, when: str, found: Portfolio) -> str:
    if not names:
        return ""
    if len(names) == len(found.assets):
        return f"all {does} together"
    return f"{_listed(list(names))} {does}{'s' if len(names) == 1 else ''} {when}"
