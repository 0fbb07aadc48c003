"""This file runs a policy on several assets as one portfolio."""

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from numbers import Real
from typing import Final

from steelyard.domain.errors import RequestError
from steelyard.domain.market import Market
from steelyard.domain.record import Walk
from steelyard.domain.time import HOUR_MS, text
from steelyard.engine.backtest import result_of
from steelyard.engine.course import DEFAULT_CASH, amount_of, lay_course
from steelyard.engine.dates import period
from steelyard.engine.shared import refuse_unshared, walk_together
from steelyard.policy.account import AccountTerms
from steelyard.policy.compile import compile_policy
from steelyard.policy.load import Policy, load_policy
from steelyard.report.portfolio import SEPARATE, SHARED, Hours, Portfolio, build_portfolio

TOLERANCE: Final = 1e-9
"""How far from 1 shares may sum: rounding of written fractions, less than a cent of a million."""

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
"""Names of assets: the results of each go into a folder of its name."""


def shares_of(names: list[str], shares: Mapping[str, float] | None) -> dict[str, float]:
    """Return the share of the cash that each asset begins with.

    Parameters
    ----------
    names : list of str
        Of all assets.
    shares : mapping of name to float, or None
        Above 0 and summing to 1; None for equal ones.

    Raises
    ------
    RequestError
        If they are not, or some asset has none.
    """
    if not names:
        raise RequestError("a portfolio has no asset; name at least one")
    if shares is None:
        return dict.fromkeys(names, 1.0 / len(names))
    for name in shares:
        if name not in names:
            raise RequestError(f"there is a share of {name}, which is none of {', '.join(names)}")
    lacking = [name for name in names if name not in shares]
    if lacking:
        raise RequestError(
            f"{', '.join(shares)} has a share and {', '.join(lacking)} has none; give every asset "
            "a share, or none of them for equal shares"
        )
    found = {name: _share(name, shares[name]) for name in names}
    total = math.fsum(found.values())
    if abs(total - 1.0) > TOLERANCE:
        listed = ", ".join(f"{name} {share:.12g}" for name, share in found.items())
        raise RequestError(
            f"the shares sum to {total:.12g} ({listed}); they must sum to 1: change them, or leave "
            "out all of them for equal shares"
        )
    return found


def _share(name: str, share: object) -> float:
    is_flag = isinstance(share, bool)
    if isinstance(share, Real) and not is_flag and 0.0 < float(share) < math.inf:
        return float(share)
    raise RequestError(
        f"the share of {name} is {share}; it must be a fraction of the cash above 0, such as 0.6"
    )


def common_hours(markets: Mapping[str, Market], start: str | None, end: str | None) -> Hours:
    """Return the hours over which all assets can be run.

    Parameters
    ----------
    markets : mapping of name to Market
    start, end : str or None
        As of a backtest; None: as early, as late, as all assets allow.

    Raises
    ------
    RequestError
        If an asset does not reach the dates, or the assets have no hours in common.
    """
    spans = {name: period(market, start, end) for name, market in markets.items()}
    first = max(span[0] for span in spans.values())
    last = min(span[1] for span in spans.values())
    late = tuple(sorted(name for name, span in spans.items() if span[0] == first))
    early = tuple(sorted(name for name, span in spans.items() if span[1] == last))
    if first >= last:
        raise RequestError(
            f"the assets have no hours in common: {early[0]} ends at {text(last)} and {late[0]} "
            f"begins at {text(first)}; leave out one of them"
        )
    return Hours(
        start_ms=first,
        end_ms=last if end is not None else last // HOUR_MS * HOUR_MS,
        start_set_by=late if start is None else (),
        end_set_by=early if end is None else (),
    )


def _written(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, tz=UTC).strftime("%Y-%m-%dT%H:%MZ")


def _refuse_unlike(markets: Mapping[str, Market]) -> None:
    for name in markets:
        if NAME.fullmatch(name) is None:
            raise RequestError(
                f"an asset is called {name!r}; use letters, digits, - and _ only, as a folder is "
                "named after it"
            )
    quotes = {market.quote: name for name, market in markets.items()}
    if len(quotes) > 1:
        listed = ", ".join(f"{name} in {quote}" for quote, name in sorted(quotes.items()))
        raise RequestError(
            f"the assets are not quoted in one currency ({listed}), so their equity cannot be "
            "summed; leave out one of them"
        )


def portfolio(  # noqa: PLR0913 - a policy, markets with shares, a period, an account
    policy: Policy | str,
    markets: Mapping[str, Market],
    *,
    shares: Mapping[str, float] | None = None,
    start: str | None = None,
    end: str | None = None,
    cash: float = DEFAULT_CASH,
    account: AccountTerms | None = None,
    margin: str = SEPARATE,
) -> Portfolio:
    """Return what a policy would have come to on several assets.

    Parameters
    ----------
    policy : Policy or str
        A loaded policy, or the name or path of one; every asset has its own signals.
    markets : mapping of name to Market
        All quoted in one currency.
    shares : mapping of name to float, optional
        Of the cash that each asset begins with, above 0 and summing to 1; else equal ones.
        Nothing is moved between the assets afterwards.
    start, end : str, optional
        Days or hours, UTC, that every asset must reach; an end day is included. Without them the
        run covers all that the assets have in common.
    cash : float, quote, > 0
        What all assets together begin with.
    account : AccountTerms, optional
        From ``load_account``, of every account and its benchmarks; else plain accounts.
    margin : str
        ``separate``: each asset is an account of its own. ``shared``: one account holds all, and
        what one asset earns backs the futures of the others.

    Raises
    ------
    PolicyError
        If the policy cannot be run, or the account has no margin to share.
    DataError
        If a market lacks a series the policy needs, or a settlement is missing.
    RequestError
        If the shares are none, an asset does not reach the dates, the cash is no amount to begin
        with, the margin is neither, assets cannot be on one account, or orders are beyond what a
        market can take.
    LedgerError
        If the parts of the assets do not sum to their account.
    """
    refuse_margin(margin, account)
    loaded = load_policy(policy, account=account) if isinstance(policy, str) else policy
    parts = shares_of(list(markets), shares)
    _refuse_unlike(markets)
    hours = common_hours(markets, start, end)
    dates = {"start": _written(hours.start_ms), "end": _written(hours.end_ms)}
    whole = amount_of(cash, next(iter(markets.values())).quote)
    compiled = {name: compile_policy(loaded, market) for name, market in markets.items()}
    courses = {
        name: lay_course(market, **dates, cash=whole * parts[name], account=account)
        for name, market in markets.items()
    }
    if margin == SHARED and len(markets) > 1:
        walks = walk_together(compiled, courses)
    else:
        walks = {name: course.run(compiled[name]) for name, course in courses.items()}
    results = {
        name: result_of(compiled[name], courses[name], walked, beside=_beside(name, walks, margin))
        for name, walked in walks.items()
    }
    return build_portfolio(results, parts, hours, margin)


def _beside(name: str, walks: Mapping[str, Walk], margin: str) -> tuple[str, ...]:
    """Return the other assets on an asset's account."""
    return tuple(sorted(walks.keys() - {name})) if margin == SHARED else ()


def refuse_margin(margin: object, account: AccountTerms | None) -> None:
    """Do nothing where margin is one of the two, and the account can be had with it.

    Parameters
    ----------
    margin : object
        ``separate`` or ``shared``.
    account : AccountTerms or None
        None for a plain one, which can be shared.

    Raises
    ------
    RequestError
        If it is neither.
    PolicyError
        If it is shared, and the account has nothing to share.
    """
    if margin not in (SEPARATE, SHARED):
        raise RequestError(
            f"margin is {margin!r}; choose {SEPARATE!r}, each asset an account of its own, or "
            f"{SHARED!r}, one account for all"
        )
    if margin == SHARED:
        refuse_unshared(account)
