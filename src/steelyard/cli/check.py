"""This file is the command ``steelyard check``."""

from typing import TYPE_CHECKING, Never

import typer

from steelyard.cli import options
from steelyard.cli.console import announce_compiling, say, waiting, width
from steelyard.domain.errors import RequestError

if TYPE_CHECKING:
    from steelyard.cli.asked import Dates
    from steelyard.domain.market import Market
    from steelyard.engine.lint import Examination
    from steelyard.policy.compile import CompiledPolicy


def check(
    policy: options.PolicyName,
    *,
    data: options.Data = None,
    asset: options.Asset = None,
    venue: options.Venue = "binance",
    start: options.Start = None,
    end: options.End = None,
    window: options.Window = None,
    settings: options.Settings = None,
    json: options.Json = False,
) -> None:
    """Check a policy; with data, also what it does there.

    With --data it says how often each trigger fired and which rules never or always hold, makes
    sure that no condition knows what comes after it, and ends with 1 where something was found.
    """
    from steelyard.cli.asked import dates_of, market_of
    from steelyard.cli.findings import document, lines
    from steelyard.policy.compile import compile_policy
    from steelyard.policy.load import load_policy
    from steelyard.report.document import as_json

    dates = dates_of(start, end, window)
    _refuse_without_data(data is not None, asset, dates)
    compiled = compile_policy(load_policy(policy, settings or ()))
    market = None if data is None else market_of(data, asset, venue)
    found = None if market is None else _examined(compiled, market, dates)
    say(
        as_json(document(compiled, market, found))
        if json
        else lines(compiled, market, found, width())
    )
    if found is not None and found.findings:
        _end_with_findings()


def _end_with_findings() -> Never:
    raise typer.Exit(1)


def _refuse_without_data(has_data: bool, asset: str | None, dates: "Dates") -> None:  # noqa: FBT001 - private
    if not has_data and (asset, *dates) != (None, None, None):
        raise RequestError("an asset or dates need data; name its folder too, with --data DIR")


def _examined(compiled: "CompiledPolicy", market: "Market", dates: "Dates") -> "Examination":
    from steelyard.cli.asked import refuse_early
    from steelyard.engine.backtest import DEFAULT_CASH
    from steelyard.engine.lint import examine

    refuse_early(compiled, market, dates, DEFAULT_CASH)
    announce_compiling()
    with waiting(f"Checking {compiled.policy.name} on {market.asset}"):
        return examine(compiled.policy, market, start=dates[0], end=dates[1])
