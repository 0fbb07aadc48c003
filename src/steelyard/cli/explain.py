"""This file is the command ``steelyard explain``."""

from typing import Annotated

import typer

from steelyard.cli import options
from steelyard.domain.errors import RequestError


def explain(
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
    only: Annotated[
        list[str] | None,
        typer.Option(
            "--only", metavar="ID", help="Everything of one trigger or regime; may be repeated."
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Everything of all triggers and regimes.")
    ] = False,
    settings: options.Settings = None,
    json: options.Json = False,
) -> None:
    """Tell why the targets of a moment are what they are.

    Every trigger with its values, thresholds, distances and the close at which it would fire
    tomorrow; the regime and why no other; how the targets came about; the orders, their cost, and
    the margin after them.
    """
    from steelyard.cli.asked import account_of, market_of
    from steelyard.cli.console import announce_compiling, say, waiting, width
    from steelyard.engine.explain import explain as explained
    from steelyard.policy.load import load_policy
    from steelyard.report.document import as_json
    from steelyard.report.explain_document import explain_document
    from steelyard.report.explain_text import explain_text

    _refuse_both(json=json, everything=everything, only=bool(only))
    terms = account_of(account)
    loaded = load_policy(policy, settings or (), account=terms)
    market = market_of(data, asset, venue, signals, terms)
    announce_compiling()
    with waiting(f"Explaining {loaded.name} on {market.asset}"):
        found = explained(loaded, market, at=at, start=start, cash=cash, account=terms)
    text = explain_text(found, only=only or (), everything=everything, width=width())
    say(as_json(explain_document(found)) if json else text)


def _refuse_both(*, json: bool, everything: bool, only: bool) -> None:
    """Refuse options that contradict each other.

    Raises
    ------
    RequestError
        If they do.
    """
    if json and (everything or only):
        raise RequestError(
            "--only and --all choose what the text tells; --json holds everything, leave them out"
        )
    if everything and only:
        raise RequestError("leave out one of --all and --only: the first tells of all")
