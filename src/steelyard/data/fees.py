"""This file tells which fees a venue charges at which time, with the discounts an account has."""

import difflib
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from steelyard.data.shipped import PRODUCTS, Discount, Fee, Venue, midnight, shipped
from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.errors import RequestError
from steelyard.domain.time import DAY_MS

_ALWAYS: Final = (0, 2**62)


class FeeSteps(NamedTuple):
    """Fees as steps of time.

    Parameters
    ----------
    from_ms : int64[n_steps], increasing
        From when on each step is in force; the first is 0, so that every bar has one.
    rates : float64[n_steps, 3, 2], fraction of notional
        Of spot, linear and inverse contracts (``PRODUCTS``), for makers and for takers. NaN where
        the venue has no such product.
    """

    from_ms: Ints
    rates: Floats


def fee_steps(
    venue: str, *, discounts: Sequence[str] = (), opened_ms: int | None = None
) -> FeeSteps:
    """Return the fees of a venue by time.

    Before the first known fee that fee is taken; of which time fees are known is told by
    ``facts_known``.

    Parameters
    ----------
    venue : str
        Such as ``binance``.
    discounts : sequence of str
        Those that the account has, such as ``token``. Of two on one product, each is taken off what
        the other leaves. A rebate stays as it is.
    opened_ms : int, stamp, optional
        When the account was opened, from which a discount of some days counts.

    Raises
    ------
    DataError
        If no facts are shipped for the venue.
    RequestError
        If the venue has no such discount, or one needs ``opened_ms``.

    Examples
    --------
    >>> fee_steps("binance").rates[0, 1].tolist()
    [0.0002, 0.0005]
    """
    told = shipped(venue)
    _check(venue, told, discounts)
    taken = [
        (one, _days(one, opened_ms))
        for one in told.get("discounts", [])
        if one["name"] in discounts
    ]
    begins = _begins(told["fees"])
    edges = {*begins, *(edge for _, span in taken for edge in span)}
    from_ms = np.array(sorted(edge for edge in edges if edge < _ALWAYS[1]), dtype=np.int64)
    rates = np.full((from_ms.size, len(PRODUCTS), 2), np.nan)
    for fee, begin in zip(told["fees"], begins, strict=True):
        rates[from_ms >= begin, PRODUCTS.index(fee["product"])] = fee["maker"], fee["taker"]
    for one, (first_ms, end_ms) in taken:
        within = (from_ms >= first_ms) & (from_ms < end_ms)
        charged = rates[within, PRODUCTS.index(one["product"])]
        rates[within, PRODUCTS.index(one["product"])] = np.where(
            charged > 0.0, charged * (1.0 - one["share"]), charged
        )
    return FeeSteps(from_ms, rates)


def fees_at(steps: FeeSteps, ms: Ints) -> Floats:
    """Return the fees in force, float64[n, 3, 2].

    Parameters
    ----------
    steps : FeeSteps
        Of the venue and the account.
    ms : int64[n], stamps
        From 0 on.
    """
    found: Floats = steps.rates[np.searchsorted(steps.from_ms, ms, side="right") - 1]
    return found


def _begin(fact: Fee | Discount) -> int:
    return midnight(fact["from"]) if "from" in fact else _ALWAYS[0]


def _begins(fees: Sequence[Fee]) -> list[int]:
    """Return from when on each fee is taken: the first of a product from the beginning of time."""
    first = {fee["product"]: row for row, fee in reversed(list(enumerate(fees)))}
    return [
        _ALWAYS[0] if first[fee["product"]] == row else _begin(fee) for row, fee in enumerate(fees)
    ]


def _check(venue: str, told: Venue, discounts: Sequence[str]) -> None:
    names = tuple(dict.fromkeys(one["name"] for one in told.get("discounts", [])))
    for name in discounts:
        if name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            hint = f"; did you mean {near[0]}?" if near else "; leave it out"
            raise RequestError(
                f"{venue} has no discount {name}; there are {', '.join(names) or 'none'}{hint}"
            )


def _days(one: Discount, opened_ms: int | None) -> tuple[int, int]:
    """Return from when up to when a discount is had.

    Raises
    ------
    RequestError
        If it counts from the opening of the account, which is not told.
    """
    first_ms, end_ms = _begin(one), midnight(one["until"]) if "until" in one else _ALWAYS[1]
    if "days" not in one:
        return first_ms, end_ms
    if opened_ms is None:
        raise RequestError(
            f"discount {one['name']} lasts {one['days']} days; tell when the account was opened"
        )
    return max(first_ms, opened_ms), min(end_ms, opened_ms + one["days"] * DAY_MS)
