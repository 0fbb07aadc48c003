"""This file is the command ``steelyard review``."""

from pathlib import Path
from typing import TYPE_CHECKING

from steelyard.cli import options

if TYPE_CHECKING:
    from steelyard.report.review import Review


def review(
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
    settings: options.Settings = None,
    out: options.PageFolder = None,
    json: options.Json = False,
) -> None:
    """Review a policy as one would every day: where it stands, what is near, what is new.

    State and distance of every trigger, the regime, key levels, the volume profile, funding, open
    interest, volatility and basis against their year, and the ladder of tomorrow's closes.
    """
    from steelyard.cli.asked import account_of, market_of
    from steelyard.cli.console import announce_compiling, say, waiting, width
    from steelyard.cli.folder import refuse_unwritable
    from steelyard.engine.review import review as reviewed
    from steelyard.policy.load import load_policy
    from steelyard.report.document import as_json
    from steelyard.report.review_document import review_document
    from steelyard.report.review_text import review_text

    if out is not None:
        refuse_unwritable(out)
    terms = account_of(account)
    loaded = load_policy(policy, settings or (), account=terms)
    market = market_of(data, asset, venue, signals, terms)
    announce_compiling()
    with waiting(f"Reviewing {loaded.name} on {market.asset}"):
        found = reviewed(loaded, market, at=at, start=start, cash=cash, account=terms)
    page = None if out is None else _written(found, out)
    if json:
        say(as_json(review_document(found)))
        return
    say(review_text(found, page=page, width=width()))


def _written(found: "Review", folder: Path) -> str:
    """Return where the page is, after writing it."""
    from steelyard.report.review_page import review_page
    from steelyard.report.writing import write_files

    return str(write_files(folder, {"review.html": review_page(found).encode("utf-8")})[-1])
