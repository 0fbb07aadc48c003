"""This file is the command ``steelyard check``."""

from typing import TYPE_CHECKING, Annotated, Final, Never

import typer

from steelyard.cli import options
from steelyard.cli.console import announce_compiling, say, waiting, width
from steelyard.domain.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from steelyard.cli.asked import Dates
    from steelyard.domain.market import Market
    from steelyard.engine.lint import Examination
    from steelyard.engine.profile import Profile
    from steelyard.policy.account import AccountTerms
    from steelyard.policy.compile import CompiledPolicy
    from steelyard.policy.load import Policy

BENCHMARK: Final = "sma200-only"
"""The benchmark that asks for something; every backtest runs it beside the policy."""


def check(
    policy: options.PolicyName,
    *,
    data: options.Data = None,
    asset: options.Asset = None,
    venue: options.Venue = "binance",
    signals: options.Signals = None,
    start: options.Start = None,
    end: options.End = None,
    window: options.Window = None,
    settings: options.Settings = None,
    account: options.AccountFile = None,
    episodes: Annotated[
        bool, typer.Option("--episodes", help="Also list when each condition was true.")
    ] = False,
    profile: Annotated[
        bool, typer.Option("--profile", help="Also show what each sub-expression costs.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Check a policy; with data, also what it does there.

    With --data it says which rules never or always hold, do nothing, look ahead or lack a series,
    each with the moment that proves it, and ends with 1 where it found one; how often each
    condition was true, on the whole history of spot unless dates are given, and what followed.
    """
    from steelyard.cli.asked import account_of, dates_of, market_of
    from steelyard.cli.findings import document, lines
    from steelyard.engine.backing import surely_cut
    from steelyard.report.document import as_json

    dates = dates_of(start, end, window)
    _refuse_without_data(data is not None, asset, dates, listed=episodes, measured=profile)
    terms = account_of(account)
    compiled = _fitting(policy, settings or (), terms)
    cut = surely_cut(compiled, terms)
    market = None if data is None else market_of(data, asset, venue, signals, terms)
    found = None if market is None else _examined(compiled.policy, market, dates, terms)
    costs = _profiled(compiled.policy, market, found, dates) if profile else None
    if json:
        say(as_json(document(compiled, market, found, costs, cut=cut)))
    else:
        more = _more(found if episodes else None, costs)
        say("\n\n".join([lines(compiled, market, found, width(), cut=cut), *more]))
    if found is not None and found.findings:
        _end_with_findings()


def _fitting(
    policy: str, settings: "Sequence[str]", account: "AccountTerms | None"
) -> "CompiledPolicy":
    """Return a policy that can be run on an account."""
    from steelyard.engine.backing import refuse_unfit
    from steelyard.policy.compile import compile_policy
    from steelyard.policy.load import load_policy

    compiled = compile_policy(load_policy(policy, settings, account=account))
    refuse_unfit(compiled, account)
    return compiled


def _end_with_findings() -> Never:
    raise typer.Exit(1)


def _refuse_without_data(
    has_data: bool,  # noqa: FBT001 - private
    asset: list[str] | None,
    dates: "Dates",
    *,
    listed: bool,
    measured: bool,
) -> None:
    if has_data:
        return
    for option, is_given in (("--episodes", listed), ("--profile", measured)):
        if is_given:
            raise RequestError(f"{option} needs data; name its folder too, with --data DIR")
    if (asset or None, *dates) != (None, None, None):
        raise RequestError("an asset or dates need data; name its folder too, with --data DIR")


def _examined(
    policy: "Policy", market: "Market", dates: "Dates", account: "AccountTerms | None"
) -> "Examination":
    from steelyard.engine.course import lay_course
    from steelyard.engine.lint import check as examined

    lay_course(market, start=dates[0], end=dates[1], account=account)
    announce_compiling()
    with waiting(f"Checking {policy.name} on {market.asset}"):
        return examined(policy, market, start=dates[0], end=dates[1], account=account)


def _profiled(
    policy: "Policy", market: "Market | None", found: "Examination | None", dates: "Dates"
) -> "Profile | None":
    """Return the cost of a policy and of the benchmark with a condition, where both can be run."""
    from steelyard.engine.profile import profile

    if market is None or found is None or not found.regimes:
        return None
    with waiting(f"Measuring {policy.name} on {market.asset}"):
        return profile([policy, BENCHMARK], market, start=dates[0], end=dates[1])


def _more(listed: "Examination | None", costs: "Profile | None") -> list[str]:
    """Return what was asked for besides, each part with a head of its own."""
    from steelyard.cli.evidence_words import episode_lines
    from steelyard.cli.profile_words import profile_lines

    parts = [] if listed is None else [episode_lines(listed.evidence, width())]
    parts += [] if costs is None else [profile_lines(costs, width())]
    return ["\n".join(part) for part in parts]
