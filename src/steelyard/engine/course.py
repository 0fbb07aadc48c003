"""This file lays a course: one market between two moments, for any number of policies."""

import math
from dataclasses import dataclass
from numbers import Real
from typing import Final

from steelyard.domain.errors import RequestError
from steelyard.domain.market import Market
from steelyard.domain.plan import Account, Costs, Plan, Signals, Track
from steelyard.domain.record import Walk
from steelyard.engine.backing import refuse_unfit
from steelyard.engine.dates import period
from steelyard.engine.impact import refuse_beyond_market
from steelyard.engine.terms import lay_costs, lay_track, open_on
from steelyard.kernel.sleeve_track import lay_sleeves, sleeve_costs, with_sleeves
from steelyard.kernel.track import with_moments
from steelyard.kernel.walk import walk
from steelyard.policy.account import AccountTerms
from steelyard.policy.compile import CompiledPolicy
from steelyard.policy.evaluate import Memo, evaluate_signals

DEFAULT_CASH = 100_000.0
"""Quote currency an account begins with unless told otherwise."""

MOST_CASH: Final = 1e12
"""More than any market trades in years; up to here amounts keep their cents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One market between two moments, ready for any number of policies.

    Parameters
    ----------
    market : Market
    start_ms, end_ms : int, milliseconds
    track : Track
        Its bars; every policy has its own moments on them.
    costs : Costs
    cash : float, quote
    terms : AccountTerms or None
        What the account trades and is margined on; None for a plain one.
    memo : Memo
        Values of sub-expressions, shared by all policies on this market.
    """

    market: Market
    start_ms: int
    end_ms: int
    track: Track
    costs: Costs
    cash: float
    terms: AccountTerms | None = None
    memo: Memo

    def prepare(self, compiled: CompiledPolicy) -> tuple[Signals, Track]:
        """Return a policy's signals and the bars its account walks over.

        Raises
        ------
        PolicyError
            If it would exchange the account's stablecoin for itself, has sleeves that the account
            cannot hold, or targets that nothing would back.
        """
        refuse_unfit(compiled, self.terms)
        signals = evaluate_signals(compiled, self.market, self.start_ms, self.end_ms, self.memo)
        return signals, with_moments(self.track_of(compiled.plan), signals)

    def track_of(self, plan: Plan) -> Track:
        """Return the bars of every leg of a policy."""
        return with_sleeves(self.track, self.market, plan)

    def costs_of(self, plan: Plan) -> Costs:
        """Return what trading costs in every leg of a policy."""
        return sleeve_costs(self.costs, plan)

    def open_account(self) -> Account:
        """Return the account of a policy without sleeves at its beginning."""
        return open_on(self.track, self.cash, self.terms)

    def account_of(self, plan: Plan) -> Account:
        """Return the account that a run of a policy begins with."""
        account = open_on(self.track_of(plan), self.cash, self.terms)
        lay_sleeves(account.legs, plan, self.market.facts)
        return account

    def walked(self, plan: Plan, signals: Signals, track: Track) -> Walk:
        """Return the outcome of a plan over bars and signals that were prepared for its policy."""
        return walk(plan, signals, track, self.costs_of(plan), self.cash, self.account_of(plan))

    def run(self, compiled: CompiledPolicy) -> Walk:
        """Return the outcome of a policy.

        Raises
        ------
        RequestError
            If its orders are beyond what the market can take.
        """
        signals, track = self.prepare(compiled)
        walked = self.walked(compiled.plan, signals, track)
        refuse_beyond_market(self.market, walked.fills, track)
        return walked


def amount_of(cash: object, quote: str) -> float:
    """Return the cash of an account as a number.

    Raises
    ------
    RequestError
        If it is none, or no amount to begin with.
    """
    if isinstance(cash, bool) or not isinstance(cash, Real):
        raise RequestError(f"cash is {cash!r}, which is no number; write it as 100000")
    amount = float(cash)
    if math.isfinite(amount) and 0.0 < amount <= MOST_CASH:
        return amount
    raise RequestError(
        f"cash is {amount:g}; begin with an amount of {quote} above 0 and at most {MOST_CASH:,.0f}"
    )


def lay_course(
    market: Market,
    *,
    start: str | None,
    end: str | None,
    cash: float = DEFAULT_CASH,
    account: AccountTerms | None = None,
) -> Course:
    """Return the course of a run.

    Parameters
    ----------
    start, end : str or None
        Days or hours, UTC; an end day is included. None: as far as the data reaches.
    cash : float, quote, > 0
    account : AccountTerms, optional
        On which terms; else a plain account's.

    Raises
    ------
    RequestError
        If the dates lie outside the data, or the cash is no amount to begin with.
    DataError
        If a funding settlement is missing within.
    PolicyError
        If the account cannot be had on this market.
    """
    amount = amount_of(cash, market.quote)
    start_ms, end_ms = period(market, start, end)
    return Course(
        market=market,
        start_ms=start_ms,
        end_ms=end_ms,
        track=lay_track(market, start_ms, end_ms, account),
        costs=lay_costs(market, account),
        cash=amount,
        terms=account,
        memo={},
    )
