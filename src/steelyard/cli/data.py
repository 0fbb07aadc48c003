"""This file is the command ``steelyard data``: fetch history, bring it up to date, look at it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Never

import typer

from steelyard.cli import options
from steelyard.cli.console import complain, say
from steelyard.domain.errors import RequestError, SteelyardError

if TYPE_CHECKING:
    from steelyard.cli.bar import Bar
    from steelyard.data.sources import Span
    from steelyard.venues.catalogue import Request, World
    from steelyard.venues.download import Outcome
    from steelyard.venues.standin.loopback import Place

app = typer.Typer(help="Fetch history, bring it up to date, look at it.", rich_markup_mode=None)
_HERE: Final = Path("data")

Folder = Annotated[
    Path, typer.Option("--data", metavar="DIR", help="Folder of the history.", show_default=True)
]


@app.command("download")
def download(
    assets: Annotated[list[str], typer.Argument(metavar="ASSET...", help="Such as BTC ETH.")],
    *,
    first: Annotated[
        str, typer.Option("--from", metavar="DAY", help="First day, UTC; whole months are fetched.")
    ] = "2019-01-01",
    last: Annotated[
        str | None,
        typer.Option("--to", metavar="DAY", help="Last day, included wholly; else until now."),
    ] = None,
    venue: options.Venue = "binance",
    data: Folder = _HERE,
    tiers: Annotated[
        Path | None,
        typer.Option(
            "--tiers",
            metavar="FILE",
            help="Maintenance tiers of your own, as leverageBracket of the venue answers them.",
        ),
    ] = None,
    json: options.Json = False,
) -> None:
    """Fetch the history of assets: complete and checked, ready for a backtest.

    Bars, mark price, funding, open interest and dated contracts from the venue's archive, what the
    archive lacks from its public answers, implied volatility, fear and greed. No key is needed.
    Venues without an archive (see steelyard venues) are asked for all of it, page after page.
    What is there already is not fetched again; a run that was stopped goes on where it was.
    """
    from steelyard.venues.catalogue import Request, refuse_venue

    refuse_venue(venue)
    request = Request(assets=assets, venue=venue, span=_span(first, last), tiers=tiers)
    _fetch(data, request, as_json=json)


@app.command("update")
def update(*, data: Folder = _HERE, json: options.Json = False) -> None:
    """Bring every asset that was downloaded up to date."""
    from steelyard.data.sources import Span
    from steelyard.venues.catalogue import Request, asked

    for venue, (assets, first_ms) in asked(data).asked_of().items():
        span = Span(first_ms, _now_ms())
        _fetch(data, Request(assets=assets, venue=venue, span=span), as_json=json)


@app.command("list")
def listed(
    *,
    data: Folder = _HERE,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Also write the picture as a page, offline."),
    ] = None,
    json: options.Json = False,
) -> None:
    """Show what is there: how far each series reaches, and where it has gaps."""
    from steelyard.data.coverage import as_document, covered
    from steelyard.data.manifest import write_whole
    from steelyard.report.coverage_page import coverage_lines, coverage_page

    series = covered(data)
    lines = coverage_lines(series)
    if out is not None:
        page = out / "coverage.html"
        write_whole(page, coverage_page(series).encode())
        lines.append(str(page))
    if json:
        _say_document({"schema": 1, "series": as_document(series)})
        return
    say("\n".join(lines))


@app.command("check")
def check(*, data: Folder = _HERE, json: options.Json = False) -> None:
    """Look for what is wrong: impossible rows, damaged originals; gaps are told, and no fault.

    It ends with 1 where it found a fault.
    """
    from steelyard.data.coverage import as_document, covered, damaged
    from steelyard.report.coverage_page import gap_lines

    series, broken = covered(data), damaged(data)
    faults = [*(one.fault for one in series if one.fault), *broken]
    if json:
        _say_document({"schema": 1, "faults": faults, "series": as_document(series)})
    else:
        verdict = f"{len(series)} series, {len(faults)} faults"
        say("\n".join([*faults, *gap_lines(series), verdict]))
    if faults:
        _end_with_findings()


@app.command("tiers")
def tiers(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON of leverageBracket.")],
    *,
    month: Annotated[
        str | None,
        typer.Option("--month", metavar="YYYY-MM", help="Month of the tiers; else in the name."),
    ] = None,
    venue: options.Venue = "binance",
    data: Folder = _HERE,
    json: options.Json = False,
) -> None:
    """Take the maintenance tiers of a file into the history, every ladder checked.

    The file is what leverageBracket of the venue answers, or the same as rows of floor, cap, rate,
    largest leverage and cumulative amount by symbol. A file with a mistake is refused whole.
    """
    from steelyard.data.brackets import read_brackets
    from steelyard.data.manifest import sole_writer
    from steelyard.data.names import tiers_name
    from steelyard.data.shipped import shipped
    from steelyard.data.snapshot import keep_ladders

    shipped(venue)  # refuses a venue of which nothing is known
    named = _month(file, month)
    ladders = read_brackets(file)
    with sole_writer(data):
        keep_ladders(data, venue, named, ladders, f"supplied in {file.name}")
    series, rows = tiers_name(venue, named), sum(len(ladder) for ladder in ladders.values())
    if json:
        _say_document({"schema": 1, "series": series, "symbols": len(ladders), "tiers": rows})
    else:
        say(f"{series}: {len(ladders):,} symbols, {rows:,} tiers")


def _month(file: Path, given: str | None) -> str:
    """Return the month that is given, or stands in the name of a file.

    Raises
    ------
    RequestError
        If there is none.
    """
    import re

    month = r"(20\d{2}-(?:0[1-9]|1[0-2]))"
    found = re.search(rf"(?<!\d){month}(?!\d)", file.stem) if given is None else None
    named = found[1] if found else given
    if named is None or not re.fullmatch(month, named):
        told = "the name of FILE holds no month" if given is None else f"--month {given} is none"
        raise RequestError(f"{told}; tell which month the tiers are of: --month 2026-09")
    return named


def _end_with_findings() -> Never:
    raise typer.Exit(1)


def _fetch(data: Path, request: "Request", *, as_json: bool) -> None:
    """Download, print the report, and refuse at the end what had to be refused."""
    import asyncio

    from steelyard.cli.bar import Bar
    from steelyard.cli.outside import place
    from steelyard.venues.catalogue import VENUES, World, download, network

    bar = Bar()
    standin = place()
    world = World(client=network if standin is None else standin.client, now_ms=_now_ms)
    lacking: list[str] = []
    try:
        if request.venue in VENUES:
            outcome = asyncio.run(download(data, request, world, bar))
        else:
            outcome, lacking = asyncio.run(_fetch_live(data, request, world, bar, standin))
    finally:
        bar.end()
    report(data, request, outcome, as_json=as_json)
    for one in lacking:
        complain(f"the series of {request.venue} serve as signals alone. {one}")


async def _fetch_live(
    data: Path, request: "Request", world: "World", bar: "Bar", standin: "Place | None"
) -> "tuple[Outcome, list[str]]":
    from steelyard.cli.outside import opened
    from steelyard.venues.live_download import download_live

    async with opened([request.venue], standin) as exchanges:
        exchange = exchanges[request.venue]
        outcome, lacking = await download_live(data, request, exchange, world, bar)
    return outcome, list(lacking)


def report(data: Path, request: "Request", outcome: "Outcome", *, as_json: bool) -> None:
    """Print what a download did and what is there now; then refuse what was refused.

    Raises
    ------
    SteelyardError
        What was refused first.
    """
    from steelyard.data.coverage import as_document, covered
    from steelyard.report.coverage_page import coverage_lines, gap_lines

    series = covered(data) if data.is_dir() else ()
    if as_json:
        refused = {name: str(error) for name, error in outcome.refused.items()}
        counts = {"fetched": outcome.fetched, "bytes": outcome.size, "reissued": outcome.reissued}
        _say_document({"schema": 1, **counts, "refused": refused, "series": as_document(series)})
    elif series:
        told = [_told(outcome), *coverage_lines(series), *gap_lines(series)]
        say("\n".join([*told, *_margin(data, request)]))
    if outcome.refused:
        error: SteelyardError = _summed(outcome)
        raise error


def _told(outcome: "Outcome") -> str:
    if not outcome.fetched and not outcome.refused:
        return "nothing new: everything that there is was there already"
    again = f", {len(outcome.reissued)} of them issued anew" if outcome.reissued else ""
    return f"fetched {outcome.fetched:,} files, {outcome.size / 1e6:.1f} MB{again}"


def _margin(data: Path, request: "Request") -> list[str]:
    """Return what is to be said where a ladder is not the venue's own, or there is none."""
    from steelyard.data.catalogue import open_market
    from steelyard.data.names import symbol_of
    from steelyard.data.snapshot import has_ladder
    from steelyard.domain.errors import DataError
    from steelyard.venues.catalogue import VENUES

    for asset in request.assets:
        if request.venue not in VENUES and not has_ladder(data, request.venue, symbol_of(asset)):
            sentence = (
                f"The maintenance tiers of {request.venue} are not read: supply the ladder of "
                f"{asset} with --tiers FILE before a backtest on it."
            )
            return [sentence]
        try:
            source = open_market(data, asset=asset, venue=request.venue).tiers_source
        except DataError:
            continue
        if "one rung" in source:
            sentence = (
                f"The maintenance tiers of {request.venue} need a signed call, which is never made "
                f"here: {asset} is margined by {source}. Supply the ladder with --tiers FILE."
            )
            return [sentence]
    return []


def _summed(outcome: "Outcome") -> SteelyardError:
    """Return the first refusal, which says how many others there were."""
    first, *others = outcome.refused.items()
    name, error = first
    same = {str(one) for _, one in others} <= {str(error)}
    more = "" if same else f" (and {len(others)} more: {', '.join(name for name, _ in others[:5])})"
    return type(error)(f"{error}{more}" if same else f"{name} was left as it was: {error}{more}")


def _span(first: str, last: str | None) -> "Span":
    """Return the stretch of time that was asked for.

    Raises
    ------
    RequestError
        If a day is none, or the last comes before the first.
    """
    from steelyard.data.sources import Span

    span = Span(_day(first, "--from"), _now_ms() if last is None else _day(last, "--to", after=1))
    if span.first_ms >= span.end_ms:
        raise RequestError(f"--from {first} is not before the end; choose an earlier day")
    return span


def _day(words: str, option: str, *, after: int = 0) -> int:
    """Return the stamp of a day, or of one some days after it.

    Raises
    ------
    RequestError
        If it is no day.
    """
    from datetime import date

    from steelyard.domain.time import DAY_MS, stamp

    try:
        day = date.fromisoformat(words)
    except ValueError:
        message = f"{option} {words} is no day; write it as 2021-11-10"
        raise RequestError(message) from None
    return stamp(day.year, day.month, day.day) + after * DAY_MS


def _now_ms() -> int:
    import time

    return time.time_ns() // 1_000_000


def _say_document(document: dict[str, object]) -> None:
    import json

    say(json.dumps(document, indent=1))
