"""This file reads the contract facts that are shipped, and of which time each is known."""

import difflib
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Final, NotRequired, TypedDict

from steelyard.domain.errors import DataError
from steelyard.domain.market import Known
from steelyard.domain.time import stamp

SPOT: Final = "spot"
LINEAR: Final = "linear"
INVERSE: Final = "inverse"
PRODUCTS: Final = (SPOT, LINEAR, INVERSE)
"""What fees are told of: spot, futures in quote currency, futures in coins."""


Dates = TypedDict(
    "Dates",
    {"source": str, "noted": str, "from": NotRequired[date], "until": NotRequired[date]},
)
"""Where a fact comes from, when that was noted; its first day, and the first on which it ended."""


class Fee(Dates):
    """Fees of a product, fractions of notional."""

    product: str
    maker: float
    taker: float


class Discount(Dates):
    """What a discount takes off the fees of a product, and for how many days of an account."""

    name: str
    product: str
    share: float
    days: NotRequired[int]


class Settlement(Dates):
    """How a dated contract settles: minutes of the index in the mean, fee as a fraction."""

    minutes: NotRequired[int]
    fee: float


class Liquidation(Dates):
    """What a liquidation charges where the symbol has no fee of its own."""

    fee: float


class Contract(TypedDict, total=False):
    """What a contract is like: lot in coins, smallest order in quote, fractions of notional.

    ``tick`` is in quote currency, ``contract_size`` dollars a contract of an inverse one.
    """

    tick: float
    lot: float
    min_notional: float
    contract_size: float
    liquidation_fee: float
    maint_margin_rate: float


class Contracts(Dates):
    """The contracts of a product by symbol."""

    symbols: Mapping[str, Contract]


class Caps(Dates):
    """Largest funding rate of a symbol, either way."""

    symbols: Mapping[str, float]


class Venue(TypedDict, total=False):
    """All that is shipped of a venue; of several rows the older comes first."""

    fees: list[Fee]
    discounts: list[Discount]
    settlement: list[Settlement]
    liquidation: Liquidation
    funding_caps: Caps
    spot: Contracts
    perp: Contracts
    inverse: Contracts


@cache
def _venues() -> Mapping[str, Venue]:
    content = files("steelyard.data").joinpath("facts.toml").read_text(encoding="utf-8")
    venues: Mapping[str, Venue] = tomllib.loads(content)
    return venues


def shipped(name: str) -> Venue:
    """Return what is shipped of a venue.

    Raises
    ------
    DataError
        If nothing is.
    """
    venues = _venues()
    if name in venues:
        return venues[name]
    near = difflib.get_close_matches(name, venues, n=1)
    hint = f"did you mean {near[0]}?" if near else "choose one of these"
    there = ", ".join(venues)
    message = f"no contract facts are shipped for venue {name}; there are {there}; {hint}"
    raise DataError(message)


def midnight(day: date) -> int:
    """Return the stamp at which a day begins."""
    return stamp(day.year, day.month, day.day)


def noted_ms(noted: str) -> tuple[int, int]:
    """Return the stamps at which a day, a month or a year begins and has ended.

    Examples
    --------
    >>> noted_ms("2026-09") == (stamp(2026, 9, 1), stamp(2026, 10, 1))
    True
    """
    year, month, day = (*map(int, noted.split("-")), 0, 0)[:3]
    first = date(year, month or 1, day or 1)
    if day:
        return midnight(first), midnight(date.fromordinal(first.toordinal() + 1))
    later = 12 * year + (month or 12)
    return midnight(first), stamp(later // 12, later % 12 + 1, 1)


def known(what: str, fact: Dates, source: str = "") -> Known:
    """Return of which time a fact is known.

    Parameters
    ----------
    what : str
        Its name in a message.
    fact : Dates
        A fact with its source.
    source : str
        In place of its own.
    """
    noted_first, noted_end = noted_ms(fact["noted"])
    from_, until = fact.get("from"), fact.get("until")
    return Known(
        what=what,
        noted=fact["noted"],
        source=source or fact["source"],
        first_ms=midnight(from_) if from_ else noted_first,
        end_ms=midnight(until) if until else noted_end,
    )
