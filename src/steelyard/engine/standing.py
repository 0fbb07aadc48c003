"""This file is where a policy and its account stand at one moment of history."""

from dataclasses import dataclass

from steelyard.data.assemble import cut_market
from steelyard.domain.errors import RequestError
from steelyard.domain.market import Market
from steelyard.domain.plan import Signals
from steelyard.domain.time import HOUR_MS, text
from steelyard.engine.course import DEFAULT_CASH, Course, lay_course
from steelyard.engine.dates import moment_of
from steelyard.engine.impact import refuse_beyond_market
from steelyard.kernel.book import Book, fills_of, open_book
from steelyard.kernel.walk import walk_bars
from steelyard.policy.account import AccountTerms
from steelyard.policy.compile import CompiledPolicy, compile_policy
from steelyard.policy.load import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A policy and its account right after the last evaluation at or before a moment.

    Parameters
    ----------
    compiled : CompiledPolicy
    course : Course
        The market as it was known at ``at_ms``, and the bars that the account has lived through.
    signals : Signals
        From the start of the account to ``at_ms``; the last moment is the one that is looked at.
    book : Book
        State, account, orders that wait, and the record of all evaluations.
    at_ms : int, milliseconds
        The moment; nothing known later is in here.
    """

    compiled: CompiledPolicy
    course: Course
    signals: Signals
    book: Book
    at_ms: int

    @property
    def market(self) -> Market:
        """Return the market as it was known."""
        return self.course.market

    @property
    def moment(self) -> int:
        """Return the number of the last evaluation."""
        return self.signals.ms.size - 1


def stand(
    policy: Policy,
    market: Market,
    *,
    at: str | None = None,
    start: str | None = None,
    cash: float = DEFAULT_CASH,
    account: AccountTerms | None = None,
) -> Standing:
    """Return where a policy and its account stand at a moment of history.

    Parameters
    ----------
    policy : Policy
    market : Market
        May reach beyond the moment; what lies beyond is cut off.
    at : str, optional
        A day, meaning its 00:00 UTC, when the bar of the day before is final; or an hour. Without
        it the end of the data.
    start : str, optional
        When the account begins; else as early as the data allows.
    cash : float, quote, > 0
    account : AccountTerms, optional
        On which terms; else a plain account's.

    Raises
    ------
    PolicyError
        If the policy cannot be run.
    DataError
        If the market lacks a series the policy needs, or a settlement is missing.
    RequestError
        If the moment lies outside the data or not after the start.
    """
    at_ms = market.end_ms if at is None else moment_of(at, "at")[0]
    if at_ms > market.end_ms:
        raise RequestError(
            f"at {text(at_ms)} is after the data of {market.asset}, which end at "
            f"{text(market.end_ms)}; choose a moment up to then"
        )
    whole = lay_course(market, start=start, end=None, cash=cash, account=account)
    if at_ms < whole.start_ms + HOUR_MS:
        raise RequestError(
            f"at {text(at_ms)} is not after the account's start, {text(whole.start_ms)}; "
            f"choose a later moment, or an earlier start where the data allows one"
        )
    return stand_at(compile_policy(policy, market), whole, at_ms)


def stand_at(compiled: CompiledPolicy, course: Course, at_ms: int) -> Standing:
    """Return where a policy stands at a stamp.

    Parameters
    ----------
    compiled : CompiledPolicy
    course : Course
        Its market may reach beyond the stamp; what lies beyond is cut off.
    at_ms : int, stamp
        ``course.start_ms + HOUR_MS <= at_ms <= course.market.end_ms``.

    Raises
    ------
    RequestError
        If its orders were beyond what the market can take.
    """
    known = lay_course(
        cut_market(course.market, at_ms),
        start=_hour(course.start_ms),
        end=_hour(at_ms),
        cash=course.cash,
        account=course.terms,
    )
    signals, track = known.prepare(compiled)
    plan = compiled.plan
    book = open_book(plan, signals, track, known.cash, known.account_of(plan))
    walk_bars(plan, signals, track, known.costs_of(plan), book)
    refuse_beyond_market(known.market, fills_of(book), track)
    return Standing(compiled=compiled, course=known, signals=signals, book=book, at_ms=at_ms)


def _hour(ms: int) -> str:
    """Return a stamp as ``lay_course`` reads an hour."""
    day, hour = divmod(ms // HOUR_MS, 24)
    return f"{text(day * 24 * HOUR_MS)}T{hour:02d}:00"
