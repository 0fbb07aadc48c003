"""This file is the main job: a policy over history, beside its benchmarks, as a result."""

from functools import partial

import numpy as np

from steelyard.domain.market import Market
from steelyard.domain.plan import Plan
from steelyard.domain.record import Walk
from steelyard.engine.backing import backing_warnings
from steelyard.engine.course import DEFAULT_CASH, Course, lay_course
from steelyard.engine.impact import size_warnings
from steelyard.engine.ladder import ladder_at_end
from steelyard.engine.outdated import outdated_facts
from steelyard.engine.terms import peg_warnings, terms_assumed, worth_warnings
from steelyard.kernel.fill import MOST_BPS
from steelyard.kernel.track import IMPACT, LIQUIDITY_DAYS
from steelyard.policy.account import AccountTerms
from steelyard.policy.compile import CompiledPolicy, compile_policy
from steelyard.policy.load import Policy, load_policy
from steelyard.policy.needs import absent_series
from steelyard.policy.sources import source_switches
from steelyard.report.inputs import BENCHMARKS, SPOT_BENCHMARKS, JsonValue, RunInputs
from steelyard.report.policy_facts import policy_facts
from steelyard.report.result import Result, build_result

_TWIN_LEVERAGE = 2.0
"""Leverage limit of the constant-delta twin: that of the policy it is made of."""


def constant_delta(walked: Walk, *, in_coins: bool = False) -> tuple[float, float]:
    """Return spot and futures weights with the average delta of a run, without its timing.

    Spot alone where it can; below 0 short futures, above 1 as much spot as still backs the futures.

    Parameters
    ----------
    walked : Walk
    in_coins : bool
        Whether coins back the futures: then below 0 as little spot as still does, above 1 all.
    """
    curve = walked.curve
    solvent = curve.equity > 0.0
    exposure = (curve.spot[solvent] + curve.futures[solvent]) / curve.equity[solvent]
    delta = float(np.mean(exposure)) if exposure.size else 0.0
    spot = min(max(delta, 0.0), 1.0)
    if in_coins:
        spot = min(-delta / (_TWIN_LEVERAGE - 1.0), 1.0) if delta < 0.0 else spot
        most = _TWIN_LEVERAGE * spot
        return spot, min(max(delta - spot, -most), most)
    if delta > 1.0:
        spot = max(0.0, (_TWIN_LEVERAGE - delta) / (_TWIN_LEVERAGE - 1.0))
    futures = min(max(delta - spot, -_TWIN_LEVERAGE), _TWIN_LEVERAGE * (1.0 - spot))
    return spot, futures


def _twin(walked: Walk, *, has_futures: bool, account: AccountTerms | None) -> Policy:
    """Return the constant-delta twin of a run as a policy."""
    in_coins = account is not None and account.document.in_coins
    spot, futures = constant_delta(walked, in_coins=in_coins)
    futures = futures if has_futures else 0.0  # a hair of rounding is no position
    settings = [f"baseline.spot={spot!r}", f"baseline.futures={futures!r}"]
    return load_policy("static-60-40", settings, account=account)


def _without_futures(market: Market) -> tuple[str, ...]:
    """Return a warning where benchmarks cannot be run, as they hold futures."""
    if market.has_futures:
        return ()
    names = " and ".join(name for name in BENCHMARKS if name not in SPOT_BENCHMARKS)
    return (
        (
            f"{market.asset} is spot alone here, so the benchmarks {names}, which hold futures, "
            f"could not be run and are null: {market.no_futures}."
        ),
    )


def _of_sleeves(plan: Plan) -> dict[str, JsonValue]:
    """Return what is assumed of sleeves, where a policy has any."""
    if plan.sleeves.size == 0:
        return {}
    return {
        "sleeves": {
            "marks": "dated futures are marked at their last trade, as no mark price is kept",
            "settlement": (
                "the mean of the index before expiry is worked out from hourly bars, within which "
                "the price is taken to move evenly"
            ),
            "liquidity": "volume is checked, order books and open interest of a contract are not",
        }
    }


def _of_others(beside: tuple[str, ...]) -> dict[str, JsonValue]:
    """Return what is assumed of an asset that shares its account with others."""
    if not beside:
        return {}
    return {
        "shared": (
            f"equity is the part of this asset in an account that holds {' and '.join(beside)} "
            "too: what it began with, what it brought, and what it bore of the others' losses; "
            "margin ratio, margin defence and liquidation are of the whole account; each "
            "benchmark is an account alone"
        )
    }


def _assumptions(course: Course, plan: Plan) -> dict[str, JsonValue]:
    market, facts, costs = course.market, course.market.facts, course.costs
    terms = course.terms
    more = {} if terms is None else {"account": terms_assumed(terms, market, costs)}
    return {
        "fees": {"spot": facts.fee_spot, "perpetual": facts.fee_perp, "source": facts.source},
        "slippage": {
            "half_spread_bps": costs.half_spread_bps,
            "impact": IMPACT,
            "liquidity_days": LIQUIDITY_DAYS,
            "model": "half-spread + 10^4 x impact x daily volatility x sqrt(order / daily volume)",
            "largest_bps": MOST_BPS,
        },
        "tiers": {"source": market.tiers_source, "liquidation_fee": costs.liquidation_fee},
        "fill": (
            "decided on closed bars, filled at the open of the bar that begins then or the next "
            "one there is; the account begins in cash and first trades on the first decision, "
            "whatever regime that finds"
        ),
        **_of_sleeves(plan),
        **more,
    }


def _benchmarks(course: Course, walked: Walk) -> dict[str, Walk]:
    """Return the runs beside a policy's own: on spot alone those that hold no futures."""
    has_futures = course.market.has_futures
    policies = {
        "hold": load_policy("hold"),
        "static_70_30": load_policy("static-70-30"),
        "static_60_40": load_policy("static-60-40"),
        "constant_delta": _twin(walked, has_futures=has_futures, account=course.terms),
        "sma200_only": load_policy("sma200-only"),
    }
    names = BENCHMARKS if has_futures else SPOT_BENCHMARKS
    return {name: course.run(compile_policy(policies[name])) for name in names}


def _warnings(compiled: CompiledPolicy, course: Course, walked: Walk) -> tuple[str, ...]:
    market, start_ms, end_ms = course.market, course.start_ms, course.end_ms
    return (
        *_without_futures(market),
        *backing_warnings(compiled, walked),
        *peg_warnings(compiled, market, course.terms),
        *worth_warnings(market, course.terms, start_ms),
        *absent_series(compiled, market),
        *size_warnings(walked.fills, course.track_of(compiled.plan), in_coins=market.in_coins),
        *outdated_facts(market, start_ms, end_ms),
        *source_switches(compiled, market, start_ms, end_ms, course.memo),
    )


def backtest(
    policy: Policy | str,
    market: Market,
    *,
    start: str | None = None,
    end: str | None = None,
    cash: float = DEFAULT_CASH,
    account: AccountTerms | None = None,
) -> Result:
    """Return what a policy would have come to on a market, beside the five benchmarks.

    Parameters
    ----------
    policy : Policy or str
        A loaded policy, or the name or path of one.
    market : Market
    start, end : str, optional
        Days or hours, UTC, such as ``2021-11-10``; an end day is included. Without them the run
        covers all that the account's series have in common.
    cash : float, quote, > 0
        What the account begins with.
    account : AccountTerms, optional
        From ``load_account``, of the policy and its benchmarks; else plain accounts.

    Raises
    ------
    PolicyError
        If the policy cannot be run.
    DataError
        If the market lacks a series the policy needs, or a settlement is missing.
    RequestError
        If the dates lie outside the data, the cash is no amount to begin with, or its orders are
        beyond what the market can take.
    """
    loaded = load_policy(policy, account=account) if isinstance(policy, str) else policy
    compiled = compile_policy(loaded, market)
    course = lay_course(market, start=start, end=end, cash=cash, account=account)
    return result_of(compiled, course, course.run(compiled))


def result_of(
    compiled: CompiledPolicy, course: Course, walked: Walk, *, beside: tuple[str, ...] = ()
) -> Result:
    """Return the result of a policy that has walked a course.

    Parameters
    ----------
    beside : tuple of str
        The other assets whose futures the same account backs; the benchmarks have none beside them.

    Raises
    ------
    RequestError
        If the orders of a benchmark are beyond what the market can take.
    """
    ladder = {} if beside else {"ladder": partial(ladder_at_end, compiled, course)}
    return build_result(
        RunInputs(
            policy=policy_facts(compiled),
            plan=compiled.plan,
            market=course.market,
            track=course.track_of(compiled.plan),
            start_ms=course.start_ms,
            end_ms=course.end_ms,
            walk=walked,
            benchmarks=_benchmarks(course, walked),
            assumptions={**_assumptions(course, compiled.plan), **_of_others(beside)},
            warnings=_warnings(compiled, course, walked),
            **ladder,
        )
    )
