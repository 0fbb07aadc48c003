"""This file lays the courses of several assets as one account that backs all of their futures."""

from collections.abc import Mapping

import numpy as np

from steelyard.domain.codes import PART_LIQUIDATION
from steelyard.domain.errors import RequestError
from steelyard.domain.record import Walk
from steelyard.engine.course import Course
from steelyard.engine.impact import refuse_beyond_market
from steelyard.kernel.shared import Alone, walk_parts
from steelyard.policy.account import AccountTerms
from steelyard.policy.compile import CompiledPolicy
from steelyard.report.attribution import check_parts


def refuse_unshared(terms: AccountTerms | None) -> None:
    """Do nothing where an account's margin can back several assets.

    Raises
    ------
    PolicyError
        If nothing in it can be shared, or its wallets are separate.
    """
    if terms is None:
        return
    document = terms.document
    said = (
        (("margin", "mode"), document.margin.mode == "isolated", "positions share no margin"),
        (("margin", "futures"), document.in_coins, "coins of one asset back no other"),
        (("wallets", "separate"), document.wallets.separate, "transfers are of one asset alone"),
    )
    for path, is_own, what in said:
        if is_own:
            part = document.model_dump(mode="json")[path[0]]
            sentence = (
                f"{'.'.join(path)} is {part[path[1]]!r}, and {what}; choose "
                f'margin = "separate", or change the account'
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


def walk_together(
    compiled: Mapping[str, CompiledPolicy], courses: Mapping[str, Course]
) -> dict[str, Walk]:
    """Return what each asset's part of one account came to; the parts sum to the account.

    Parameters
    ----------
    compiled : mapping of name to CompiledPolicy
        One policy, on the market of each asset.
    courses : mapping of name to Course
        By the same names, over the same hours; each with its share of the cash.

    Raises
    ------
    RequestError
        If the assets cannot be held on one account, or orders are beyond what a market can take.
    PolicyError
        If the account cannot hold what the policy wants.
    LedgerError
        If the parts do not sum to the account.
    """
    refuse_other_venues(courses)
    alone, names = [], sorted(courses)
    for name in names:
        course, plan = courses[name], compiled[name].plan
        signals, track = course.prepare(compiled[name])
        costs, account = course.costs_of(plan), course.account_of(plan)
        alone.append(Alone(plan, signals, track, costs, course.cash, account))
    found, whole = walk_parts(alone)
    parts = np.sum([walked.parts for walked in found], axis=0)
    parts[:, PART_LIQUIDATION] -= np.sum([walked.curve.borne for walked in found], axis=0)
    check_parts(found[0].curve.ms, whole, sum(each.cash for each in alone), parts)
    for name, own, walked in zip(names, alone, found, strict=True):
        refuse_beyond_market(courses[name].market, walked.fills, own.track)
    return dict(zip(names, found, strict=True))
