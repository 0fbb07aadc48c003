"""This file is several assets and what they come to together."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np

from steelyard.domain import codes
from steelyard.domain.arrays import Floats
from steelyard.domain.errors import RequestError
from steelyard.domain.record import Walk
from steelyard.report import metrics
from steelyard.report.attribution import ROUNDING, Attribution, check_parts
from steelyard.report.daily import Daily, Metrics, hedge_ratios, performance, quotient
from steelyard.report.inputs import BENCHMARKS, JsonValue, PolicyFacts
from steelyard.report.result import Result, as_parquet
from steelyard.report.text import BY_FORCE
from steelyard.report.writing import Written

if TYPE_CHECKING:
    import polars as pl

JSON_FILE: Final = "portfolio.json"
PAGE_FILE: Final = "index.html"

SEPARATE: Final = "separate"
SHARED: Final = "shared"

_DRIFT: Final = (
    "each asset begins with its share of the cash and nothing is moved between them afterwards, so "
    "weights drift with what each comes to"
)

ASSUMPTIONS: Final[Mapping[str, Mapping[str, JsonValue]]] = {
    SEPARATE: {
        "margin": (
            "each asset is an account of its own, with its own margin: none saves another from "
            "liquidation, and none can be lost by another"
        ),
        "rebalancing": _DRIFT,
        "limits": (
            "limits of the policy, and amounts of it and of the account file such as min_notional "
            "or a bonus, hold for each account by itself"
        ),
    },
    SHARED: {
        "margin": (
            "one account holds all assets and backs all futures with all of its money: what one "
            "asset earns can carry another, and what one loses beyond its part the others bear; "
            "margin defence and liquidation look at the whole account; within an hour each mark is "
            "taken to its worst alone, and all of them to their lows and to their highs at once"
        ),
        "rebalancing": _DRIFT,
        "limits": (
            "every asset decides on its own part of the account, what it began with and what it "
            "brought since, and buys with its own money; limits hold for each part, and so for all "
            "together; an asset whose part is used up is closed; where initial margin is short, "
            "assets are served in the order of their names"
        ),
    },
}
"""What is assumed of the assets together, by margin; what of each is in its own result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fall:
    """The deepest drawdown of daily closes, the start included.

    Parameters
    ----------
    depth : float, fraction, <= 0
    high_ms, low_ms : int or None, milliseconds
        When the high before it and its lowest close were; None where nothing was lost.
    """

    depth: float
    high_ms: int | None
    low_ms: int | None


def deepest_fall(account: Daily) -> Fall:
    """Return the deepest drawdown of an account that began with something."""
    below = metrics.drawdown(account.nav)
    low = int(np.argmin(below))
    if not below[low] < 0.0:
        return Fall(depth=0.0, high_ms=None, low_ms=None)
    high = int(np.argmax(account.nav[: low + 1]))
    depth, ms = float(below[low]), account.ms
    return Fall(depth=depth, high_ms=int(ms[high]), low_ms=int(ms[low]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One asset of a portfolio.

    Parameters
    ----------
    share : float
        Of the cash at the start.
    start_weight, end_weight : float or None
        Of the equity of all; None where that is not above zero.
    fall : Fall
    liquidations : int
    borne : float, quote
        Of the other assets' losses, below 0, or they of its own; 0 with separate margin.
    result : Result
        What its account, or its part of one, came to.
    """

    share: float
    start_weight: float | None
    end_weight: float | None
    fall: Fall
    liquidations: int
    borne: float
    result: Result = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strain:
    """The hour at which an account was nearest to its liquidation.

    Parameters
    ----------
    ratio : float
        Highest margin ratio at the end of an hour; 1 liquidates, 0 is without futures.
    ms : int or None, milliseconds
        When that was; None where it was 0 throughout.
    asset : str or None
        Whose account; None where one account holds all, or none held futures.
    """

    ratio: float
    ms: int | None
    asset: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """From when to when all assets were run, and which of them set it.

    Parameters
    ----------
    start_ms, end_ms : int, milliseconds
    start_set_by, end_set_by : tuple of str
        The assets whose data begin last and end first; empty where the dates were asked for.
    """

    start_ms: int
    end_ms: int
    start_set_by: tuple[str, ...]
    end_set_by: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Portfolio(Written):
    """What a policy came to on several assets; made by ``build_portfolio``.

    Parameters
    ----------
    policy : PolicyFacts
    quote : str
    margin : str
        ``separate`` or ``shared``.
    hours : Hours
    assets : mapping of name to Part
        By name.
    start_equity, end_equity : float, quote
        Of all accounts together, as everything below.
    metrics : Metrics
        The hedge ratio is that of all shorts over all spot; upside and downside are beside coins
        bought with each share at the start and kept, without costs.
    benchmarks : mapping of name to Metrics
        Of each asset's benchmark with its share, summed; without those that an asset lacks.
    attribution : Attribution
    fall : Fall
    delta : float64[n], fraction of equity
        Net exposure of all accounts at every daily close of ``account``; NaN without equity.
    warnings : tuple of str
        Liquidations first; each says of which assets it speaks.
    account : Daily
    benchmark_accounts : mapping of name to Daily
    """

    policy: PolicyFacts
    quote: str
    margin: str
    hours: Hours
    assets: Mapping[str, Part]
    start_equity: float
    end_equity: float
    metrics: Metrics
    benchmarks: Mapping[str, Metrics]
    attribution: Attribution
    fall: Fall
    warnings: tuple[str, ...]
    delta: Floats = field(repr=False)
    account: Daily = field(repr=False)
    benchmark_accounts: Mapping[str, Daily] = field(repr=False)

    @property
    def total_return(self) -> float:
        """Return the change of equity as a fraction of the starting equity."""
        return self.end_equity / self.start_equity - 1.0

    @cached_property
    def strain(self) -> Strain:
        """Return the highest margin ratio of any account."""
        curves = {name: part.result.inputs.walk.curve for name, part in self.assets.items()}
        name = max(curves, key=lambda each: float(curves[each].margin_ratio.max()))
        row = int(np.argmax(curves[name].margin_ratio))
        ratio = float(curves[name].margin_ratio[row])
        return Strain(
            ratio=ratio,
            ms=int(curves[name].ms[row]) if ratio > 0.0 else None,
            asset=None if self.margin == SHARED or ratio == 0.0 else name,
        )

    @property
    def results(self) -> tuple[Result, ...]:
        """Return the result of each asset, by name."""
        return tuple(part.result for part in self.assets.values())

    @cached_property
    def equity(self) -> "pl.DataFrame":
        """Return all accounts together at the start and at the end of every bar."""
        from steelyard.report.frames import portfolio_frame  # noqa: PLC0415 - polars loads slowly

        return portfolio_frame([result.inputs for result in self.results])

    def as_document(self) -> dict[str, JsonValue]:
        """Return the document of schema 1, as plain values."""
        from steelyard.report.portfolio_document import portfolio_document  # noqa: PLC0415 - cycle

        return portfolio_document(self)

    def contents(self) -> dict[str, bytes]:
        """Return the files of each asset in a folder of its name, then those of all together."""
        from steelyard.report.portfolio_page import portfolio_page  # noqa: PLC0415 - jinja2

        parts = {
            f"{asset}/{name}": content
            for asset, part in self.assets.items()
            for name, content in part.result.contents().items()
        }
        return parts | {
            JSON_FILE: self.to_json().encode(),
            "equity.parquet": as_parquet(self.equity),
            PAGE_FILE: portfolio_page(self).encode(),
        }


def _sum(columns: Sequence[Floats]) -> Floats:
    total: Floats = np.sum(np.stack(columns), axis=0)
    return total


def _together(walks: Sequence[Walk], accounts: Sequence[Daily]) -> Daily:
    """Return accounts that were run over the same hours as one."""
    first = accounts[0]
    rows = first.rows
    curves = [walk.curve for walk in walks]
    equity = _sum([curve.equity for curve in curves])
    spot = _sum([curve.spot - curve.sleeve_spot for curve in curves])
    short = _sum([np.maximum(curve.sleeve_futures - curve.futures, 0.0) for curve in curves])
    nav = _sum([account.nav for account in accounts])
    futures = _sum([np.diff(np.append(0.0, walk.futures_costs[rows])) for walk in walks])
    kept = [account.nav[0] / account.price[0] * account.price for account in accounts]
    return Daily(
        ms=first.ms,
        nav=nav,
        price=_sum(kept),
        rows=rows,
        hedge_ratio=hedge_ratios(spot, -short, equity)[rows],
        unhedged=quotient(nav[1:] - futures, nav[:-1]) - 1.0,
    )


def _attribution(walks: Sequence[Walk], results: Sequence[Result]) -> Attribution:
    """Return the sum of each part over all assets.

    Raises
    ------
    LedgerError
        If at a bar the sums leave more than rounding of the summed equity unexplained.
    """
    equity = _sum([walk.curve.equity for walk in walks])
    start = math.fsum(walk.start_equity for walk in walks)
    check_parts(walks[0].curve.ms, equity, start, _sum([walk.parts for walk in walks]))
    parts = {
        name: math.fsum(getattr(result.attribution, name) for result in results)
        for name in codes.PARTS
    }
    total = math.fsum(parts.values())
    return Attribution(**parts, total=total, residual=float(equity[-1]) - start - total)


def _delta(walks: Sequence[Walk], account: Daily) -> Floats:
    """Return the net exposure at every daily close: the mean of all, weighted by their equity."""
    net = _sum([walk.curve.spot + walk.curve.futures for walk in walks])
    return quotient(net[account.rows], account.nav[1:])


def gathered(warnings: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return what each asset warns of, liquidations first, what several warn of once."""
    found: dict[str, list[str]] = {}
    for name, told in warnings.items():
        for warning in told:
            found.setdefault(warning, []).append(name)
    said = sorted(found, key=lambda warning: not warning.startswith(BY_FORCE))
    return tuple(f"{', '.join(found[warning])}: {warning}" for warning in said)


def _part(result: Result, share: float, together: Daily) -> Part:
    there = np.where(together.nav > ROUNDING * together.nav[0], together.nav, 0.0)
    ends = quotient(result.account.nav[[0, -1]], there[[0, -1]])
    return Part(
        share=share,
        start_weight=metrics.defined(float(ends[0])),
        end_weight=metrics.defined(float(ends[1])),
        fall=deepest_fall(result.account),
        liquidations=result.counts.liquidations,
        borne=float(result.inputs.walk.curve.borne[-1]),
        result=result,
    )


def build_portfolio(
    results: Mapping[str, Result],
    shares: Mapping[str, float],
    hours: Hours,
    margin: str = SEPARATE,
) -> Portfolio:
    """Return several results of one policy together.

    Parameters
    ----------
    results : mapping of name to Result
        At least one, all over the same hours and in the same quote currency.
    shares : mapping of name to float
        Of the cash at the start, by the same names.
    hours : Hours
        Over which they were run.
    margin : str
        ``separate`` or ``shared``.

    Raises
    ------
    RequestError
        If they were not run over the same hours.
    LedgerError
        If the summed books disagree with themselves.
    """
    results = {name: results[name] for name in sorted(results)}
    listed = tuple(results.values())
    _refuse_other_hours(results)
    walks = [result.inputs.walk for result in listed]
    account = _together(walks, [result.account for result in listed])
    named = [name for name in BENCHMARKS if all(name in result.benchmarks for result in listed)]
    beside = {name: [result.inputs.benchmarks[name] for result in listed] for name in named}
    others = {
        name: _together(beside[name], [result.benchmark_accounts[name] for result in listed])
        for name in named
    }
    return Portfolio(
        policy=listed[0].policy,
        quote=listed[0].market.quote,
        margin=margin,
        hours=hours,
        assets={name: _part(result, shares[name], account) for name, result in results.items()},
        start_equity=float(account.nav[0]),
        end_equity=float(account.nav[-1]),
        metrics=performance(account, _sum([walk.traded for walk in walks])),
        benchmarks={
            name: performance(other, _sum([walk.traded for walk in beside[name]]))
            for name, other in others.items()
        },
        attribution=_attribution(walks, listed),
        fall=deepest_fall(account),
        warnings=gathered({name: result.warnings for name, result in results.items()}),
        delta=_delta(walks, account),
        account=account,
        benchmark_accounts=others,
    )


def _refuse_other_hours(results: Mapping[str, Result]) -> None:
    first, *others = results.items()
    for name, result in others:
        if not np.array_equal(result.inputs.walk.curve.ms, first[1].inputs.walk.curve.ms):
            raise RequestError(
                f"{name} was not run over the same hours as {first[0]}; run all of a portfolio "
                "from the same start to the same end"
            )
