"""This file is the command ``steelyard ladder``."""

from typing import Annotated

import typer

from steelyard.cli import options


def ladder(
    policy: options.PolicyName,
    *,
    data: options.Data = None,
    asset: options.Asset = None,
    venue: options.Venue = "binance",
    signals: options.Signals = None,
    at: options.At = None,
    start: options.Start = None,
    cash: options.Cash = 100_000.0,
    account: options.AccountFile = None,
    reach: Annotated[
        float,
        typer.Option("--reach", metavar="SHARE", help="How far it reaches each way, such as 0.3."),
    ] = 0.30,
    step: Annotated[
        float, typer.Option("--step", metavar="SHARE", help="From rung to rung, such as 0.01.")
    ] = 0.01,
    settings: options.Settings = None,
    json: options.Json = False,
) -> None:
    """Tell at which of tomorrow's closes what happens.

    The targets, regime and orders that would follow each close of the daily bar now open, found by
    the evaluator that also runs the backtest, and the exact closes at which a decision changes.
    """
    from steelyard.cli.asked import account_of, market_of
    from steelyard.cli.console import announce_compiling, say, waiting, width
    from steelyard.engine.ladder import ladder as climbed
    from steelyard.policy.load import load_policy
    from steelyard.report.document import as_json
    from steelyard.report.ladder import ladder_document
    from steelyard.report.ladder_text import ladder_text

    terms = account_of(account)
    loaded = load_policy(policy, settings or (), account=terms)
    market = market_of(data, asset, venue, signals, terms)
    announce_compiling()
    with waiting(f"Climbing the ladder of {loaded.name} on {market.asset}"):
        facts = climbed(
            loaded, market, at=at, start=start, cash=cash, spread=(reach, step), account=terms
        )
    say(as_json(ladder_document(facts)) if json else ladder_text(facts, width=width()))
