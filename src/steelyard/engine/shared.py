"""This file lays the courses of several assets as one account that backs all of their futures."""

from collections.abc import Mapping, Sequence

import numpy as np

from steelyard.domain.arrays import Floats
from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.contracts import plain_holdings
from steelyard.domain.errors import RequestError
from steelyard.domain.plan import Account, Costs, Track
from steelyard.domain.record import Walk
from steelyard.engine.course import Course
from steelyard.engine.impact import refuse_beyond_market
from steelyard.engine.terms import document_of
from steelyard.kernel.book import Book, open_book
from steelyard.kernel.shared import Seat, seat_book, walk_shared
from steelyard.kernel.walk import outcome
from steelyard.ledger.account import account_on
from steelyard.policy.account import AccountTerms
from steelyard.policy.compile import CompiledPolicy
from steelyard.report.attribution import check_parts


def refuse_unshared(terms: AccountTerms | None) -> None:
    """Do nothing where an account's margin can back several assets.

    Raises
    ------
    PolicyError
        If each position has margin of its own.
    """
    document = document_of(terms)
    if terms is None:
        return
    said = (
        (("margin", "mode"), document.margin.mode == "isolated", "margin of its own"),
        (("margin", "futures"), document.in_coins, "its own coins behind it"),
    )
    for path, is_own, what in said:
        if is_own:
            value = document.margin.mode if path[1] == "mode" else document.margin.futures
            sentence = (
                f"{'.'.join(path)} is {value!r}, so every position has {what} and assets share "
                f'none; choose margin = "separate", or change the account'
            )
            raise terms.source.refuse(path, sentence)


def refuse_other_venues(courses: Mapping[str, Course]) -> None:
    """Do nothing where assets can be held on one account.

    Raises
    ------
    RequestError
        If they are on different venues, or trading them does not cost the same.
    """
    first, *others = courses.items()
    for name, course in others:
        if course.market.venue != first[1].market.venue:
            raise RequestError(
                f"{first[0]} is on {first[1].market.venue} and {name} on {course.market.venue}; "
                'one account is at one venue: choose one, or margin = "separate"'
            )
        for what in ("fee_from", "fee", "liquidation_fee"):
            if not np.array_equal(getattr(course.costs, what), getattr(first[1].costs, what)):
                raise RequestError(
                    f"{first[0]} and {name} differ in {what.replace('_', ' ')}, and one account "
                    'pays the same for both; choose margin = "separate"'
                )


def _padded(columns: Floats, axis: int, size: int, fill: Floats | float) -> Floats:
    """Return columns with more of them along an axis, up to a size."""
    shape = list(columns.shape)
    shape[axis] = size - shape[axis]
    return np.concatenate([columns, np.broadcast_to(fill, shape)], axis=axis)


def _track_of_all(tracks: Sequence[Track]) -> Track:
    """Return the bars of all assets; an asset with fewer legs than another has some that idle."""
    size = max(track.first_fill.shape[1] for track in tracks)

    def by_leg(name: str, fill: float) -> Floats:
        return np.concatenate([_padded(getattr(track, name), 1, size, fill) for track in tracks])

    def by_bar(name: str) -> Floats:
        columns = [getattr(track, name) for track in tracks]
        return np.concatenate(
            [_padded(each, 2, size, each[:, :, SPOT : SPOT + 1]) for each in columns], axis=1
        )

    starts = [
        _padded(track.start_price, 1, size, track.start_price[:, SPOT : SPOT + 1])
        for track in tracks
    ]
    volumes = [
        _padded(track.daily_volume, 1, size, track.daily_volume[:, SPOT : SPOT + 1])
        for track in tracks
    ]
    return tracks[0]._replace(
        first_fill=by_leg("first_fill", np.nan),
        open=by_bar("open"),
        high=by_bar("high"),
        low=by_bar("low"),
        close=by_bar("close"),
        funding=by_leg("funding", np.nan),
        settled=by_leg("settled", np.nan),
        daily_volatility=np.concatenate([track.daily_volatility for track in tracks]),
        daily_volume=np.concatenate(volumes),
        start_price=np.concatenate(starts),
    )


def _costs_of_all(costs: Sequence[Costs]) -> Costs:
    """Return what all legs cost; each asset keeps its maintenance tiers, below those before it."""
    size = max(each.lot.shape[1] for each in costs)
    widest = next(each for each in costs if each.lot.shape[1] == size)
    tiers = max(each.tier_cap.shape[1] for each in costs)

    def by_leg(name: str) -> Floats:
        return np.concatenate([_padded(getattr(each, name), 1, size, 0.0) for each in costs])

    def by_tier(name: str) -> Floats:
        columns = [getattr(each, name) for each in costs]
        return np.concatenate([_padded(each, 1, tiers, each[:, -1:]) for each in columns])

    return widest._replace(
        lot=by_leg("lot"),
        tick=by_leg("tick"),
        min_notional=by_leg("min_notional"),
        tier_cap=by_tier("tier_cap"),
        tier_rate=by_tier("tier_rate"),
        tier_deduction=by_tier("tier_deduction"),
    )


def _account_of_all(accounts: Sequence[Account], costs: Sequence[Costs]) -> Account:
    """Return one account that holds what all of them do."""
    size = max(account.legs.shape[1] for account in accounts)
    legs = plain_holdings(len(accounts), size)
    first_ladder = 0
    for asset, (account, each) in enumerate(zip(accounts, costs, strict=True)):
        row = legs[asset, : account.legs.shape[1]]
        row[:] = account.legs[0]
        row["ladder"] += first_ladder
        legs["settles"][asset, row.size :] = account.legs["settles"][0, PERP]
        first_ladder += each.tier_cap.shape[0]
    balances = accounts[0].balances.copy()
    balances["amount"] = np.sum([account.balances["amount"] for account in accounts], axis=0)
    return account_on(legs, balances)


def walk_together(
    compiled: Mapping[str, CompiledPolicy], courses: Mapping[str, Course]
) -> dict[str, Walk]:
    """Return what each asset's part of one account came to; the parts sum to the account.

    Parameters
    ----------
    compiled : mapping of name to CompiledPolicy
        One policy, on the market of each asset.
    courses : mapping of name to Course
        By the same names, in the same order, over the same hours; each with its share of the cash.

    Raises
    ------
    RequestError
        If the assets cannot be held on one account, or orders are beyond what a market can take.
    PolicyError
        If the account cannot hold what the policy wants.
    LedgerError
        If the parts do not sum to the account.
    """
    refuse_unshared(next(iter(courses.values())).terms)
    refuse_other_venues(courses)
    names, plans = list(courses), [one.plan for one in compiled.values()]
    laid = [courses[name].prepare(compiled[name]) for name in names]
    costs = [courses[name].costs_of(plan) for name, plan in zip(names, plans, strict=True)]
    accounts = [courses[name].account_of(plan) for name, plan in zip(names, plans, strict=True)]
    track = _track_of_all([each for _, each in laid])
    cash = sum(course.cash for course in courses.values())
    book = open_book(plans[0], laid[0][0], track, cash, _account_of_all(accounts, costs))
    seats = tuple(
        Seat(
            plan=plans[asset],
            signals=laid[asset][0],
            costs=costs[asset],
            book=seat_book(book, plans[asset], *laid[asset], asset),
            moment=laid[asset][1].moment,
            first_moment=laid[asset][1].first_moment,
            share=courses[name].cash / cash,
            cash=courses[name].cash,
        )
        for asset, name in enumerate(names)
    )
    walk_shared(seats, track, _costs_of_all(costs), book)
    walks = {
        name: _told(book, seat, own)
        for name, seat, (_, own) in zip(names, seats, laid, strict=True)
    }
    whole = np.sum([walk.parts for walk in walks.values()], axis=0)
    check_parts(next(iter(walks.values())).curve.ms, book.bars["equity"], cash, whole)
    for name, (_, own) in zip(names, laid, strict=True):
        refuse_beyond_market(courses[name].market, walks[name].fills, own)
    return walks


def _told(book: Book, seat: Seat, track: Track) -> Walk:
    """Return the outcome of one asset, its fills apart from those of the others."""
    written = book.fills[: book.filled[0]]
    fills = written[written["asset"] == seat.book.asset]
    fills["asset"] = 0
    desk = seat.book.desk.copy()
    desk["rotated_ms"] = book.desk["rotated_ms"][0]
    own = seat.book._replace(fills=fills, filled=np.array([fills.size]), desk=desk)
    return outcome(own, seat.signals, track, seat.cash)
