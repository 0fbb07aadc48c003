"""This file turns what was asked for into a market, two dates and a run."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from steelyard.cli.console import announce_compiling, say, waiting, width
from steelyard.domain.errors import RequestError

if TYPE_CHECKING:
    from steelyard.domain.market import Market
    from steelyard.policy.account import AccountTerms
    from steelyard.policy.compile import CompiledPolicy
    from steelyard.policy.load import Policy
    from steelyard.report.portfolio import Portfolio
    from steelyard.report.result import Result


Dates: TypeAlias = tuple[str | None, str | None]
"""First and last day as they were written; None is as far as the data reaches."""


def market_of(
    data: Path | None,
    assets: Sequence[str] | None,
    venue: str,
    signals: str | None = None,
    account: "AccountTerms | None" = None,
) -> "Market":
    """Return the one market that was asked for, with the futures that the account holds.

    Raises
    ------
    RequestError
        If it was not said which, or more than one was named, or one with a share.
    DataError
        If the data cannot be used.
    """
    if data is None:
        raise RequestError(
            "there is no data to run on; name the folder of your history with --data DIR, "
            "or run steelyard demo, which needs none"
        )
    from steelyard.data.catalogue import complete_assets, open_market

    asset = only(assets or ())
    if asset is None:
        there = ", ".join(complete_assets(data, venue)) or f"none for venue {venue}"
        raise RequestError(f"name the asset with --asset NAME; complete in {data}: {there}")
    with waiting(f"Reading {asset}"):
        futures = "linear" if account is None else account.document.margin.futures
        return open_market(data, asset=asset, venue=venue, signals=signals, futures=futures)


def only(assets: Sequence[str]) -> str | None:
    """Return the asset that was named, None where none was.

    Raises
    ------
    RequestError
        If more than one was named, or one with a share.
    """
    if len(assets) > 1:
        raise RequestError(
            f"--asset names {', '.join(assets)}, and this command takes one; leave out all but "
            "one, or run steelyard backtest, which takes several"
        )
    if assets and "=" in assets[0]:
        name = assets[0].partition("=")[0]
        raise RequestError(
            f"--asset {assets[0]} has a share, which is for steelyard backtest on several; "
            f"write --asset {name}"
        )
    return assets[0] if assets else None


def account_of(file: Path | None) -> "AccountTerms | None":
    """Return the terms of the account that were asked for, None where they were not.

    Raises
    ------
    PolicyError
        If the file cannot be read as an account.
    """
    if file is None:
        return None
    from steelyard.policy.account import load_account

    return load_account(file)


def dates_of(start: str | None, end: str | None, window: str | None) -> Dates:
    """Return the first and the last day that were asked for, None where it is the data's.

    Raises
    ------
    RequestError
        If a window and dates were given, or there is no such window.
    """
    if window is None:
        return start, end
    if start is not None or end is not None:
        raise RequestError(
            f"--window {window} is a start and an end; leave out --start and --end, or --window"
        )
    from steelyard.engine.dates import window as named

    return named(window)


def refuse_early(
    policy: "CompiledPolicy",
    market: "Market",
    dates: Dates,
    cash: float,
    account: "AccountTerms | None" = None,
) -> None:
    """Do nothing where a run can begin; what can be refused is refused before the long work.

    Raises
    ------
    DataError
        If the market lacks a series that the policy needs.
    RequestError
        If the dates lie outside the data, or the cash is no amount to begin with.
    """
    from steelyard.engine.course import lay_course
    from steelyard.policy.needs import check_needs

    check_needs(policy, market)
    lay_course(market, start=dates[0], end=dates[1], cash=cash, account=account)


def run(
    policy: "Policy",
    market: "Market",
    dates: Dates,
    cash: float,
    account: "AccountTerms | None" = None,
) -> "Result":
    """Return the outcome of a policy between two dates, beside its benchmarks."""
    from steelyard.engine.backtest import backtest
    from steelyard.policy.compile import compile_policy

    refuse_early(compile_policy(policy, market), market, dates, cash, account)
    announce_compiling()
    with waiting(f"Running {policy.name} on {market.asset}"):
        return backtest(policy, market, start=dates[0], end=dates[1], cash=cash, account=account)


def written(result: "Result | Portfolio", folder: Path) -> Path:
    """Return where the page is, after writing all files of a result into a folder."""
    with waiting(f"Writing {folder}"):
        return result.write(folder)[-1]


def answer(result: "Result | Portfolio", page: Path | None, *, as_json: bool) -> None:
    """Print a result: as a document, or as an answer whose last line is the path of the page."""
    if as_json:
        say(result.to_json())
        return
    from steelyard.report.portfolio import Portfolio
    from steelyard.report.portfolio_text import portfolio_text
    from steelyard.report.text import answer_text

    if isinstance(result, Portfolio):
        show(portfolio_text(result, page=page, width=width()))
    else:
        show(answer_text(result, page=page, width=width()))


def show(text: str) -> None:
    """Print an answer, on a terminal with what colour means."""
    import sys

    if not sys.stdout.isatty():
        say(text)
        return
    from rich.console import Console

    from steelyard.report.text import coloured

    console = Console()
    with console.capture() as drawn:
        console.print(coloured(text), soft_wrap=True)
    say(drawn.get())
