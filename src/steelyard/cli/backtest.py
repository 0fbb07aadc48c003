"""This file is the command ``steelyard backtest``."""

from typing import TYPE_CHECKING

from steelyard.cli import options

if TYPE_CHECKING:
    from steelyard.report.portfolio import Portfolio
    from steelyard.report.result import Result


def backtest(
    policy: options.PolicyName,
    *,
    data: options.Data = None,
    asset: options.Assets = None,
    venue: options.Venue = "binance",
    signals: options.Signals = None,
    start: options.Start = None,
    end: options.End = None,
    window: options.Window = None,
    cash: options.Cash = 100_000.0,
    account: options.AccountFile = None,
    margin: options.Margin = None,
    settings: options.Settings = None,
    out: options.ResultFolder = None,
    json: options.Json = False,
) -> None:
    """Run a policy over history: what would have happened, and why.

    With several assets each begins with its share of the cash and has its own signals, and nothing
    is moved between them afterwards; each is an account of its own, or one account backs the
    futures of all.
    """
    from steelyard.cli.asked import account_of, answer, dates_of, market_of, run, written
    from steelyard.cli.folder import refuse_unwritable
    from steelyard.cli.several import assets_of, refuse_margin_of_one, run_together
    from steelyard.policy.load import load_policy

    dates = dates_of(start, end, window)
    names, shares = assets_of(asset or ())
    if out is not None:
        refuse_unwritable(out)
    terms = account_of(account)
    loaded = load_policy(policy, settings or (), account=terms)
    if len(names) > 1:
        markets = {name: market_of(data, [name], venue, signals, terms) for name in names}
        found: Result | Portfolio = run_together(
            loaded, markets, shares, dates, cash=cash, account=terms, margin=margin or "separate"
        )
    else:
        refuse_margin_of_one(margin)
        found = run(loaded, market_of(data, names, venue, signals, terms), dates, cash, terms)
    page = None if out is None else written(found, out)
    answer(found, page, as_json=json)
