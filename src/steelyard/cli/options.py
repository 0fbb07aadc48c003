"""This file names the options that commands share, each with its help."""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from steelyard.domain.errors import RequestError

PolicyName: TypeAlias = Annotated[
    str, typer.Argument(metavar="POLICY", help="Name of a shipped policy, or a file.")
]
Data: TypeAlias = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Folder of the history, one Parquet file a series."),
]
Asset: TypeAlias = Annotated[
    list[str] | None, typer.Option("--asset", metavar="NAME", help="What to trade, such as BTC.")
]
Assets: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--asset",
        metavar="NAME[=SHARE]",
        help="What to trade, such as BTC; several make a portfolio, each with its share of the "
        "cash, such as BTC=0.6, or equal ones.",
    ),
]
Margin: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--margin",
        metavar="NAME",
        help="Of several assets: separate, each an account of its own, or shared, one account "
        "that backs the futures of all. [default: separate]",
    ),
]
Venue: TypeAlias = Annotated[
    str, typer.Option("--venue", metavar="NAME", help="Where it is traded.", show_default=True)
]
Signals: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--signals",
        metavar="NAME",
        help="Venue whose open interest conditions read, if not that of --venue.",
    ),
]
Start: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--start",
        metavar="DAY",
        help="First day or hour, UTC, such as 2021-11-10; else as early as the data allows.",
    ),
]
End: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--end",
        metavar="DAY",
        help="Last day, included wholly, or hour; else as late as the data allows.",
    ),
]
Window: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--window",
        metavar="NAME",
        help="A period by name in place of --start and --end, such as 2022-drawdown.",
    ),
]
At: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--at",
        metavar="TIME",
        help="Moment, UTC: a day, meaning its 00:00, or an hour; else the end of the data.",
    ),
]
Settings: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Change the policy for this run, such as limits.band=0.01; may be repeated.",
    ),
]
Cash: TypeAlias = Annotated[
    float,
    typer.Option("--cash", metavar="AMOUNT", help="What the account begins with, quote currency."),
]

AccountFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--account",
        metavar="FILE",
        help="Terms of the account: fees, margin, interest, bonus, wallets; else a plain one.",
    ),
]


def folder_to_write(given: str | Path) -> Path:
    """Return a folder that was named, or is the default.

    Raises
    ------
    RequestError
        If its name is empty: that would be the current folder, which nobody asked for.
    """
    if not str(given).strip():
        raise RequestError("--out is empty; name a folder, such as --out out")
    return Path(given)


PageFolder: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="DIR", parser=folder_to_write, help="Also write the page, review.html."
    ),
]
ResultFolder: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="DIR",
        parser=folder_to_write,
        help="Also write the page, the document, the frames.",
    ),
]
Json: TypeAlias = Annotated[
    bool, typer.Option("--json", help="Print one JSON document and nothing else.")
]
