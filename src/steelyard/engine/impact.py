"""This file tells whether a run's orders are of a size that its cost model knows (domain 10.6)."""

from typing import Final

import numpy as np

from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.errors import RequestError
from steelyard.domain.market import Market
from steelyard.domain.plan import Track
from steelyard.domain.record import FILL_DELEVERAGED, FILL_LIQUIDATION, Fills, at_bar_end, values_of
from steelyard.domain.time import text
from steelyard.kernel.fill import MOST_BPS
from steelyard.report.words import counted, percent

LARGE: Final = 0.10
"""Executions of more than this share of what is traded a day are warned of: the square-root law
was measured on smaller ones (Donier and Bonart, 2015)."""


def _traded(fills: Fills) -> Fills:
    """Return the rows that met a market."""
    met = ~at_bar_end(fills)
    return Fills._make(column[met] for column in fills)


def _bars(fills: Fills, track: Track) -> Ints:
    bars: Ints = (fills.filled_ms - track.open_ms[0]) // track.length_ms
    return bars


def shares_of_volume(fills: Fills, track: Track, *, in_coins: bool = False) -> Floats:
    """Return each execution's notional over what its leg trades a day, float64[n_trades], >= 0."""
    made = _traded(fills)
    traded = track.daily_volume[made.asset, made.leg, _bars(made, track)]
    shares: Floats = np.abs(values_of(made, made.reference, in_coins=in_coins)) / traded
    return shares


def refuse_beyond_market(market: Market, fills: Fills, track: Track) -> None:
    """Do nothing where every execution moved its price by less than the bound of the cost model.

    Raises
    ------
    RequestError
        If one reached it.
    """
    made = _traded(fills)
    opened = track.first_fill[made.asset, made.leg, _bars(made, track)]
    by_venue = (made.reason == FILL_LIQUIDATION) | (made.reason == FILL_DELEVERAGED)
    first = np.where(by_venue, made.reference, opened)
    reached = np.abs(made.price / first - 1.0) >= (MOST_BPS - 1.0) / 10_000.0
    if not reached.any():
        return
    row = int(np.argmax(reached))
    share = float(shares_of_volume(fills, track, in_coins=market.in_coins)[row])
    message = (
        f"an order of {text(int(made.filled_ms[row]))} is {share:,.1f} times what is traded of "
        f"{market.asset} a day and would move its price by {MOST_BPS / 100.0:.0f} % or more, where "
        f"the cost model ends; begin with less cash"
    )
    raise RequestError(message)


def size_warnings(fills: Fills, track: Track, *, in_coins: bool = False) -> tuple[str, ...]:
    """Return a warning of the executions that are large for their market, if there are any."""
    shares = shares_of_volume(fills, track, in_coins=in_coins)
    count = int(np.count_nonzero(shares > LARGE))
    if count == 0:
        return ()
    return (
        (
            f"{counted(count, 'fill')} of more than {percent(LARGE, 0)} of what is traded a day, "
            f"at most {percent(float(shares.max()))}: what they cost is a guess."
        ),
    )
