"""This file runs several assets at once: it reads what ``--asset`` names, each with its share."""

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from steelyard.cli.asked import Dates, refuse_early
from steelyard.cli.console import announce_compiling, waiting
from steelyard.domain.errors import RequestError

if TYPE_CHECKING:
    from steelyard.domain.market import Market
    from steelyard.policy.account import AccountTerms
    from steelyard.policy.load import Policy
    from steelyard.report.portfolio import Portfolio

SHARE: Final = re.compile(r"-?([0-9]+(\.[0-9]*)?|\.[0-9]+)")
"""A plain decimal number, without a unit."""


def assets_of(words: Sequence[str]) -> tuple[list[str], dict[str, float] | None]:
    """Return the assets that were named, and their shares, None where none was given.

    Parameters
    ----------
    words : sequence of str
        Such as ``BTC`` or ``BTC=0.6``.

    Raises
    ------
    RequestError
        If an asset is named twice or not at all, or the shares cannot be had.
    """
    split = [word.partition("=") for word in words]
    names = [name for name, _, _ in split]
    for word, name in zip(words, names, strict=True):
        if not name.strip():
            raise RequestError(f"--asset {word!r} names no asset; write it as BTC or BTC=0.6")
        if names.count(name) > 1:
            raise RequestError(
                f"--asset {name} is given {names.count(name)} times; name each asset once, with "
                "all of its share"
            )
    if not any(sign for _, sign, _ in split):
        return names, None
    from steelyard.engine.portfolio import shares_of

    return names, shares_of(
        names, {name: _share(name, given) for name, sign, given in split if sign}
    )


def _share(name: str, given: str) -> float:
    if SHARE.fullmatch(given) is None:
        raise RequestError(
            f"--asset {name}={given}: {given!r} is no share; write a fraction of the cash, without "
            f"a unit, such as {name}=0.6"
        )
    return float(given)


def refuse_margin_of_one(margin: str | None) -> None:
    """Do nothing where a run of one asset says nothing of how several are margined.

    Raises
    ------
    RequestError
        If it does.
    """
    if margin is not None:
        raise RequestError(
            f"--margin {margin} is of several assets, and there is one; name more with --asset, or "
            "leave it out"
        )


def run_together(
    policy: "Policy",
    markets: "Mapping[str, Market]",
    shares: Mapping[str, float] | None,
    dates: Dates,
    *,
    cash: float,
    account: "AccountTerms | None",
    margin: str,
) -> "Portfolio":
    """Return the outcome of a policy on several assets between two dates."""
    from steelyard.engine.portfolio import common_hours, portfolio, refuse_margin
    from steelyard.policy.compile import compile_policy

    refuse_margin(margin, account)
    for market in markets.values():
        refuse_early(compile_policy(policy, market), market, dates, cash, account)
    start, end = dates
    common_hours(markets, start, end)
    announce_compiling()
    with waiting(f"Running {policy.name} on {', '.join(markets)}"):
        return portfolio(
            policy,
            markets,
            shares=shares,
            start=start,
            end=end,
            cash=cash,
            account=account,
            margin=margin,
        )
