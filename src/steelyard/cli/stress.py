"""This file is the command ``steelyard stress``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from steelyard.cli import options

if TYPE_CHECKING:
    from steelyard.report.stress import Stress


Shocks: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--shock",
        metavar="NAME[=SIZE]",
        help="Such as gap=-30 or adl=50; may be repeated: all that are given strike together.",
    ),
]
Struck: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="TIME",
        help="When shocks strike, UTC; else where the run is most exposed to them.",
    ),
]
Page: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="DIR",
        parser=options.folder_to_write,
        help="Also write the page, stress.html.",
    ),
]


def stress(
    policy: options.PolicyName,
    *,
    data: options.Data = None,
    asset: options.Asset = None,
    venue: options.Venue = "binance",
    start: options.Start = None,
    end: options.End = None,
    window: options.Window = None,
    shock: Shocks = None,
    at: Struck = None,
    cash: options.Cash = 100_000.0,
    account: options.AccountFile = None,
    settings: options.Settings = None,
    out: Page = None,
    json: options.Json = False,
) -> None:
    """Put a policy through bad times and through shocks, beside holding.

    Shocks: gap, adl, stable, funding, frozen, basis, tiers, spread. Without --shock each is run
    alone and all together; without dates every named window is run as it was, too.
    """
    from steelyard.cli.asked import account_of, dates_of, market_of
    from steelyard.cli.console import announce_compiling, say, waiting, width
    from steelyard.cli.folder import refuse_unwritable
    from steelyard.policy.load import load_policy
    from steelyard.report.document import as_json
    from steelyard.report.stress_document import stress_document
    from steelyard.report.stress_text import stress_text
    from steelyard.research.kinds import shocks_of
    from steelyard.research.stress import stress as stressed

    start, end = dates_of(start, end, window)
    shocks_of(shock := shock or [])
    if out is not None:
        refuse_unwritable(out)
    terms = account_of(account)
    loaded = load_policy(policy, settings or (), account=terms)
    market, dates = market_of(data, asset, venue, account=terms), {"start": start, "end": end}
    announce_compiling()
    with waiting(f"Stressing {loaded.name} on {market.asset}"):
        found = stressed(loaded, market, **dates, shocks=shock, at=at, cash=cash, account=terms)
    page = None if out is None else _written(found, out)
    say(as_json(stress_document(found)) if json else stress_text(found, page=page, width=width()))


def _written(found: "Stress", folder: Path) -> str:
    """Return where the page is, after writing it."""
    from steelyard.report.stress_page import stress_page
    from steelyard.report.writing import write_files

    return str(write_files(folder, {"stress.html": stress_page(found).encode("utf-8")})[-1])
