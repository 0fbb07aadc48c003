"""This file is the command ``steelyard backtest``."""

from pathlib import Path
from typing import Annotated

import typer

from steelyard.cli import options


def backtest(
    policy: options.PolicyName,
    *,
    data: options.Data = None,
    asset: options.Asset = None,
    venue: options.Venue = "binance",
    signals: options.Signals = None,
    start: options.Start = None,
    end: options.End = None,
    window: options.Window = None,
    cash: options.Cash = 100_000.0,
    account: options.AccountFile = None,
    settings: options.Settings = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="DIR",
            parser=options.folder_to_write,
            help="Also write the page, the document, the frames.",
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """Run a policy over history: what would have happened, and why."""
    from steelyard.cli.asked import account_of, answer, dates_of, market_of, run, written
    from steelyard.cli.folder import refuse_unwritable
    from steelyard.policy.load import load_policy

    dates = dates_of(start, end, window)
    if out is not None:
        refuse_unwritable(out)
    terms = account_of(account)
    loaded = load_policy(policy, settings or (), account=terms)
    result = run(loaded, market_of(data, asset, venue, signals, terms), dates, cash, terms)
    page = None if out is None else written(result, out)
    answer(result, page, as_json=json)
