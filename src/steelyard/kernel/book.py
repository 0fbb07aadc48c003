"""This file is everything one run writes into, allocated before it begins."""

from typing import Final, NamedTuple

import numpy as np

from steelyard.decision.state import State, new_state
from steelyard.domain.arrays import Floats, Ints, Table
from steelyard.domain.codes import LEGS, PARTS
from steelyard.domain.contracts import NONE
from steelyard.domain.plan import Account, Plan, Signals, Track
from steelyard.domain.record import MAX_TRACE, Curve, Decisions, Fills
from steelyard.domain.sleeves import SLEEVES
from steelyard.ledger.account import open_account
from steelyard.planning.orders import LEG

ORDER: Final = np.dtype(
    [
        ("pending", np.float64),
        ("decided_ms", np.int64),
        ("reason", np.int64),
        ("turn", np.int64),
        ("waits", np.int64),
    ],
    align=True,
)
"""The order of one leg: coins that wait for the next existing bar, when and why ordered, and its
turn among those of that bar, ``NO_TURN`` where nothing waits; ``waits``: 1 where its money is on
its way."""

TURNS: Final = 4
NO_TURN: Final = TURNS

DESK: Final = np.dtype(
    [
        ("day", np.int64),
        ("turnover", np.float64),
        ("defending", np.int64),
        ("too_small", np.int64),
        ("capped", np.int64),
        ("unpaid", np.int64),
        ("waited", np.int64),
        ("defended", np.int64),
        ("hedge_lost", np.int64),
        ("restored", np.int64),
        ("open", np.int64, (len(SLEEVES),)),
        ("held", np.float64, (len(SLEEVES),)),
        ("transfers", np.int64),
        ("awaited", np.int64),
        ("outside", np.int64),
        ("inside", np.int64),
        ("off_peg", np.int64),
        ("held_back", np.int64),
        ("rotated_ms", np.int64),
        ("own_fees", np.float64),
    ],
    align=True,
)
"""Counters: ``turnover`` used of the cap of ``day`` (days since the epoch, fraction of equity),
whether margin defence is on, whether the venue took a hedge in this bar, the counts of
``record.Walk``, for how many hours the stablecoin has been outside and inside its bounds, whether
it is off its peg, and what transfers and its exchange cost, quote, below 0. Of each sleeve,
``open``: the leg of the future it has sold or orders sold, NONE without one; ``held``: coins of its
spot that are the core's. What is of the account and no asset is counted in the first row."""

FILL: Final = np.dtype(
    [
        ("decided_ms", np.int64),
        ("filled_ms", np.int64),
        ("asset", np.int64),
        ("leg", np.int64),
        ("reason", np.int64),
        ("quantity", np.float64),
        ("price", np.float64),
        ("reference", np.float64),
        ("fee", np.float64),
        ("slippage", np.float64),
    ],
    align=True,
)
"""One execution; see ``record.Fills``."""

BAR: Final = np.dtype(
    [
        ("equity", np.float64),
        ("spot", np.float64),
        ("futures", np.float64),
        ("cash", np.float64),
        ("margin_ratio", np.float64),
        ("regime", np.int64),
        ("sleeve_spot", np.float64),
        ("sleeve_futures", np.float64),
        ("parts", np.float64, (len(PARTS),)),
        ("futures_result", np.float64),
        ("futures_price", np.float64),
        ("backing", np.float64),
        ("coins", np.float64),
        ("worth", np.float64),
        ("own_fees", np.float64),
        ("off_peg", np.int64),
        ("borne", np.float64),
    ],
    align=True,
)
"""The account at the end of one bar; see ``record.Curve`` and ``record.Walk``."""

MOMENT: Final = np.dtype(
    [
        ("regime", np.int64),
        ("spot", np.float64),
        ("futures", np.float64),
        ("leverage", np.float64),
        ("trace_length", np.int64),
        ("ordered", np.float64, (len(LEGS),)),
    ],
    align=True,
)
"""One decision; see ``record.Decisions``."""

ENTITY: Final = np.dtype(
    [
        ("evaluated", np.int64),
        ("condition", np.float64),
        ("phase", np.int64),
        ("strength", np.float64),
    ],
    align=True,
)
"""One trigger or regime at one decision; see ``record.Decisions``."""


class Book(NamedTuple):
    """State, account and all records of one run.

    Parameters
    ----------
    state : State
    account : Account
    orders : ORDER[n_assets, n_legs]
    legs : LEG[2]
        The orders being planned.
    desk : DESK[n_assets]
    fills : FILL[most fills]
    filled : int64[1]
        How many of their rows are written.
    bars : BAR[n_bars]
    moments : MOMENT[n_moments]
    entities : ENTITY[n_moments, n_entities]
    trace : float64[n_moments, MAX_TRACE, 3]
    asset : int
        Number among the assets of all fills of the one that is decided on, which has row 0 here.
    """

    state: State
    account: Account
    orders: Table
    legs: Table
    desk: Table
    fills: Table
    filled: Ints
    bars: Table
    moments: Table
    entities: Table
    trace: Floats
    asset: int


def open_book(
    plan: Plan, signals: Signals, track: Track, cash: float, account: Account | None = None
) -> Book:
    """Return an empty book for one run.

    Parameters
    ----------
    cash : float, quote
        What the account begins with.
    account : Account, optional
        One with other terms than a plain one's, which holds ``cash``.
    """
    n_assets, n_legs, n_bars = track.first_fill.shape
    moments = signals.ms.size
    desk = np.zeros(n_assets, DESK)
    desk["day"] = -1
    desk["open"] = NONE
    return Book(
        state=new_state(plan, signals.grid_index.shape[0]),
        account=open_account(n_assets, n_legs, cash) if account is None else account,
        orders=np.zeros((n_assets, n_legs), ORDER),
        legs=np.zeros(2, LEG),
        desk=desk,
        fills=np.empty(4 * n_assets * n_legs * (n_bars + 1), FILL),
        filled=np.zeros(1, np.int64),
        bars=np.zeros(n_bars, BAR),
        moments=np.zeros(moments, MOMENT),
        entities=np.zeros((moments, plan.rules.size), ENTITY),
        trace=np.empty((moments, MAX_TRACE, 3)),
        asset=0,
    )


def curve_of(book: Book, track: Track) -> Curve:
    """Return the account at the end of every bar."""
    columns = (
        "equity",
        "spot",
        "futures",
        "cash",
        "margin_ratio",
        "regime",
        "sleeve_spot",
        "sleeve_futures",
        "backing",
        "coins",
        "worth",
        "own_fees",
        "off_peg",
        "borne",
    )
    return Curve(track.open_ms + track.length_ms, *(book.bars[name].copy() for name in columns))


def fills_of(book: Book) -> Fills:
    """Return every execution."""
    count = int(book.filled[0])
    columns = (book.fills[:count][name].copy() for name in FILL.names or ())
    return Fills(*columns)


def decisions_of(book: Book, signals: Signals) -> Decisions:
    """Return every decision."""
    moments = book.moments
    return Decisions(
        ms=signals.ms,
        evaluated=book.entities["evaluated"] == 1,
        condition=book.entities["condition"].copy(),
        phase=book.entities["phase"].copy(),
        strength=book.entities["strength"].copy(),
        regime=moments["regime"].copy(),
        targets=np.stack([moments["spot"], moments["futures"]], axis=1),
        trace=book.trace,
        trace_length=moments["trace_length"].copy(),
        leverage=moments["leverage"].copy(),
        ordered=moments["ordered"].copy(),
    )
