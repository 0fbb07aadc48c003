"""The result of a run: its numbers, its frames, its document and its files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from io import BytesIO
from typing import TYPE_CHECKING

from steelyard.domain.errors import RequestError
from steelyard.domain.market import Hole, Market
from steelyard.domain.sleeves import spot_legs
from steelyard.report.activity import (
    Counts,
    Episode,
    RegimeActivity,
    TriggerActivity,
    counts,
    episodes,
    regime_activity,
    trigger_activity,
)
from steelyard.report.attribution import Attribution, attribution, check_books
from steelyard.report.daily import Daily, Metrics, daily, performance
from steelyard.report.document import document
from steelyard.report.earnings import Earnings, earnings
from steelyard.report.findings import holes_met, warnings
from steelyard.report.in_coin import InCoin, in_coin
from steelyard.report.inputs import BENCHMARKS, SPOT_BENCHMARKS, JsonValue, PolicyFacts, RunInputs
from steelyard.report.writing import Written

if TYPE_CHECKING:
    import polars as pl

__all__ = ["BENCHMARKS", "JsonValue", "PolicyFacts", "Result", "RunInputs", "build_result"]

JSON_FILE = "result.json"
PAGE_FILE = "report.html"


@dataclass(frozen=True, kw_only=True)
class Result(Written):
    """What a run of a policy came to, and why; made by ``build_result``.

    Parameters
    ----------
    policy : PolicyFacts
    market : Market
    assumptions : mapping
        ``fees``, ``slippage``, ``tiers``, ``fill``.
    start_ms, end_ms : int, milliseconds
    start_equity, end_equity : float, quote
    metrics : Metrics
    benchmarks : mapping of name to Metrics
        ``hold``, ``static_70_30``, ``static_60_40``, ``constant_delta``, ``sma200_only``; the
        static ones are not in it where the market has no futures.
    attribution : Attribution
    earnings : Earnings
        The same by rule of the policy, and by hedge and core.
    in_coin : InCoin
        The same in coins of the asset.
    counts : Counts
    triggers : tuple of TriggerActivity
    regimes : tuple of RegimeActivity
        The baseline first.
    warnings : tuple of str
    holes : tuple of Hole
        Everything missing in what was read up to the end of the run.
    account : Daily
        The account once a day.
    benchmark_accounts : mapping of name to Daily
    inputs : RunInputs
        What all of this was computed from.
    """

    policy: PolicyFacts
    market: Market
    assumptions: Mapping[str, JsonValue]
    start_ms: int
    end_ms: int
    start_equity: float
    end_equity: float
    metrics: Metrics
    benchmarks: Mapping[str, Metrics]
    attribution: Attribution
    earnings: Earnings
    in_coin: InCoin
    counts: Counts
    triggers: tuple[TriggerActivity, ...]
    regimes: tuple[RegimeActivity, ...]
    warnings: tuple[str, ...]
    holes: tuple[Hole, ...]
    account: Daily = field(repr=False)
    benchmark_accounts: Mapping[str, Daily] = field(repr=False)
    inputs: RunInputs = field(repr=False)

    @property
    def total_return(self) -> float:
        """Return the change of equity as a fraction of the starting equity."""
        return self.end_equity / self.start_equity - 1.0

    @cached_property
    def episodes(self) -> tuple[Episode, ...]:
        """Return every episode of every trigger and regime, by start."""
        return episodes(self.inputs)

    @cached_property
    def equity(self) -> "pl.DataFrame":
        """Return the account at the start and at the end of every bar; built on first use."""
        from steelyard.report.frames import equity_frame  # noqa: PLC0415 - polars loads slowly

        return equity_frame(self.inputs)

    @cached_property
    def fills(self) -> "pl.DataFrame":
        """Return every execution, oldest first; built on first use."""
        from steelyard.report.frames import fills_frame  # noqa: PLC0415 - polars loads slowly

        return fills_frame(self.inputs)

    @cached_property
    def decisions(self) -> "pl.DataFrame":
        """Return every evaluation with its reason; built on first use."""
        from steelyard.report.frames import decisions_frame  # noqa: PLC0415 - polars loads slowly

        return decisions_frame(self.inputs)

    def as_document(self) -> dict[str, JsonValue]:
        """Return the document of schema 1, as plain values."""
        return document(self)

    def contents(self) -> dict[str, bytes]:
        """Return the document, the frames and, last, the page, by the name of the file."""
        from steelyard.report.page import page  # noqa: PLC0415 - jinja2 only for the page

        return {
            JSON_FILE: self.to_json().encode(),
            "equity.parquet": as_parquet(self.equity),
            "fills.parquet": as_parquet(self.fills),
            "decisions.parquet": as_parquet(self.decisions),
            PAGE_FILE: page(self).encode(),
        }


def as_parquet(frame: "pl.DataFrame") -> bytes:
    """Return a frame as the bytes of a Parquet file."""
    buffer = BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def _refuse_incomplete(inputs: RunInputs) -> None:
    needed = BENCHMARKS if inputs.market.has_futures else SPOT_BENCHMARKS
    absent = [name for name in needed if name not in inputs.benchmarks]
    if absent:
        names = ", ".join(absent)
        raise RequestError(f"a result needs the benchmarks {names} too; walk them first")
    if inputs.walk.curve.ms.size == 0:
        raise RequestError("the run has no bar between its start and its end; choose a longer time")


def build_result(inputs: RunInputs) -> Result:
    """Return the result of a run.

    Parameters
    ----------
    inputs : RunInputs
        The run of the policy and of all benchmarks.

    Raises
    ------
    RequestError
        If a benchmark is missing, or there was no bar to walk over.
    LedgerError
        If the books of a run disagree with themselves, or with what its rules earned.
    """
    _refuse_incomplete(inputs)
    for each in (inputs.walk, *inputs.benchmarks.values()):
        check_books(each)
    walk, market = inputs.walk, inputs.market
    account = daily(walk, market, inputs.start_ms)
    others = {
        name: daily(inputs.benchmarks[name], market, inputs.start_ms)
        for name in BENCHMARKS
        if name in inputs.benchmarks
    }
    triggers = trigger_activity(inputs)
    return Result(
        policy=inputs.policy,
        market=market,
        assumptions=inputs.assumptions,
        start_ms=inputs.start_ms,
        end_ms=inputs.end_ms,
        start_equity=float(walk.start_equity),
        end_equity=float(walk.curve.equity[-1]),
        metrics=performance(account, walk.traded),
        benchmarks={
            name: performance(other, inputs.benchmarks[name].traded)
            for name, other in others.items()
        },
        attribution=attribution(walk),
        earnings=earnings(inputs),
        in_coin=in_coin(walk, inputs.track, spot_legs(inputs.plan.sleeves)),
        counts=counts(walk),
        triggers=triggers,
        regimes=regime_activity(inputs),
        warnings=warnings(inputs, triggers),
        holes=holes_met(market, inputs.end_ms),
        account=account,
        benchmark_accounts=others,
        inputs=inputs,
    )
