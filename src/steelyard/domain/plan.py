"""This file is a policy as compiled code reads it: numbers and codes, no text."""

from typing import Final, NamedTuple

import numpy as np

from steelyard.domain.arrays import Flags, Floats, Ints, Table

RULE: Final = np.dtype(
    [
        ("clock", np.int64),
        ("confirm_needed", np.int64),
        ("confirm_window", np.int64),
        ("release_confirm", np.int64),
        ("dwell", np.int64),
        ("cooldown", np.int64),
        ("unwind", np.int64),
        ("validity", np.int64),
        ("on_unknown", np.int64),
        ("failsafe_after", np.int64),
        ("severity", np.int64),
        ("guard", np.int64),
        ("has_after", np.int64),
        ("entry_first", np.int64),
        ("entry_end", np.int64),
        ("release_first", np.int64),
        ("release_end", np.int64),
        ("strength_first", np.int64),
        ("strength_end", np.int64),
        ("ratchet", np.float64),
        ("near", np.float64),
    ],
    align=True,
)
"""Life-cycle rules of one trigger or regime; counts are evaluations of its own clock.

``clock``: row of ``Signals.due`` that says when it is evaluated. ``confirm_needed`` of the last
``confirm_window`` (at most ``MAX_CONFIRM``) evaluations. ``unwind``: slices, 0 for at once.
``on_unknown``, ``severity``, ``guard``: see ``codes``; a regime's severity is not read.
``failsafe_after``: -1 is failsafe at once; n >= 0 holds unknown for n evaluations and never starts
arming. ``has_after``: 1 where ``Plan.after`` restricts the regime. ``*_first``, ``*_end``:
operations of the entry, release and strength programs; an empty range means there is none.
``ratchet``: least growth of a scaled value, in its own unit, 0 is off. ``near``: how far the spot
weight may be from its target, fraction of equity, where the guard asks for that.
"""

EFFECT: Final = np.dtype(
    [
        ("entity", np.int64),
        ("kind", np.int64),
        ("flags", np.int64),
        ("low", np.float64, (2,)),
        ("high", np.float64, (2,)),
    ],
    align=True,
)
"""One effect: whose it is, its kind and flags (see ``codes``), its size at strength 0 and at 1.

Column 1 of the sizes is read by ABSOLUTE only (spot, futures); it is 0 for the others.
"""

LIMITS: Final = np.dtype(
    [
        ("leverage", np.float64),
        ("net_short", np.int64),
        ("hedge_cap", np.float64),
        ("band", np.float64),
        ("relative_band", np.float64),
        ("min_notional", np.float64),
        ("turnover_per_day", np.float64),
        ("defence_ratio", np.float64),
        ("defence_leverage", np.float64),
        ("defence_until", np.float64),
        ("peg_low", np.float64),
        ("peg_high", np.float64),
        ("peg_hours", np.int64),
        ("safe_low", np.float64),
        ("safe_high", np.float64),
        ("safe_hours", np.int64),
        ("rotates", np.int64),
    ],
    align=True,
)
"""Limits of a policy.

``leverage``: |futures| over the cash that backs it. ``net_short``: 1 where futures may exceed spot.
``hedge_cap``: sum of additive hedges, fraction of spot value. ``band``: fraction of equity;
``relative_band`` replaces it where it is not 0, as a fraction of the target weight.
``min_notional``: quote. ``turnover_per_day``: fraction of equity. ``defence_*``: margin ratio and
leverage that start margin defence, margin ratio that ends it; infinity is off. ``peg_*``: prices of
the stablecoin beyond which it is off its peg after so many hours, of which 0 is off; ``safe_*``:
within which it is back after so many. ``rotates``: 1 where it is then exchanged (domain 4, K2).
"""


class Plan(NamedTuple):
    """A compiled policy.

    *Entities* are the triggers in the file's order, then the regimes in the file's order, safest
    first. Regime ``r`` is entity ``n_triggers + r``, where ``n_triggers = order.size``; the
    baseline has number -1 among regimes and row 0 of ``base``.

    Parameters
    ----------
    rules : RULE[n_entities]
    order : int64[n_triggers]
        Triggers in evaluation order: each after those its ``while_active`` names.
    requires : bool[n_entities, n_triggers]
        ``while_active``.
    after : bool[n_regimes, n_regimes + 1]
        From where a regime may be entered: column 0 is the baseline, column r + 1 regime r.
    ends : bool[n_entities, n_entities]
        ``releases``: entities that the row's entity ends when it enters.
    programs : int64[n_ops, 2]
        Postfix operations (code, argument) of all conditions.
    constants : float64[n_constants]
    slots : int64[n_slots, 3]
        Row of ``Signals.values`` that each ``at_entry`` slot freezes; row of ``Signals.grid_index``
        of its bars, -1 where it is not needed; how far ``held_support`` counts, else 0.
    effects : EFFECT[n_effects]
        In order of priority descending, id ascending.
    base : float64[n_regimes + 1, 6]
        spot low, spot high, futures low, futures high, leverage cap, and the sleeves that may enter
        as the sum of 1 for the first and 2 for the second; row 0 is the baseline.
    limits : LIMITS[1]
    sleeves : SLEEVE[n_sleeves]
        See ``domain.sleeves``.
    """

    rules: Table
    order: Ints
    requires: Flags
    after: Flags
    ends: Flags
    programs: Ints
    constants: Floats
    slots: Ints
    effects: Table
    base: Floats
    limits: Table
    sleeves: Table


class Signals(NamedTuple):
    """What a plan's conditions are worth on one market, at every moment it is evaluated.

    Parameters
    ----------
    ms : int64[n_moments], increasing
        Evaluation moments: the union of the clocks.
    due : bool[n_clocks, n_moments]
        Which clocks strike at each moment.
    values : float64[n_series, n_moments]
        State-free parts of conditions: 1 true, 0 false, or a number; NaN unknown. A row is only
        meaningful at moments at which an entity that reads it is due.
    grid_index : int64[n_grids, n_moments]
        For each kind of bars that the step counts on: index of the last bar final at the moment,
        -1 before the first.
    close : float64[n_grids, n_bars]
        Closes of these bars, padded with NaN at the end.
    level_row : int64[n_grids, n_bars]
        Row of the level table known at the close of each bar; -1 while none can be known.
    level_price, level_known_ms : float64, int64 [n_rows, n_levels]
        Key levels by price ascending, padded with NaN; when the oldest pivot of each was confirmed.
    bar_known_ms : int64[n_grids, n_bars]
        When each of these bars was final.
    offers : float64[n_offers, 5, n_moments]
        What each future that a sleeve may sell is worth at each moment; columns are numbered in
        ``domain.sleeves``. NaN is unknown.
    """

    ms: Ints
    due: Flags
    values: Floats
    grid_index: Ints
    close: Floats
    level_row: Ints
    level_price: Floats
    level_known_ms: Ints
    bar_known_ms: Ints
    offers: Floats


class Account(NamedTuple):
    """Holdings, balances and where every unit of equity came from; see ``domain.contracts``.

    Parameters
    ----------
    legs : HOLDING[n_assets, n_legs]
        Leg 0 is the core's spot, leg 1 its perpetual.
    balances : BALANCE[n_balances]
        Balance 0 pays for spot.
    total : float64[n_parts], quote
        Attribution since the start, over all legs and balances: sums to the change of equity.
    futures_result : float64[n_assets], quote
        Profit and loss of the core's perpetual since the start, after its costs and funding.
    """

    legs: Table
    balances: Table
    total: Floats
    futures_result: Floats


class Track(NamedTuple):
    """The bars that an account walks over, oldest first.

    Stamps: bar ``i`` covers ``[open_ms[i], open_ms[i] + length_ms)``. Settlement and
    evaluation ``i`` happen at its end.

    Parameters
    ----------
    length_ms : int
    open_ms : int64[n_bars]
    first_fill : float64[n_assets, n_legs, n_bars], quote per coin
        First tradable price of each bar (its open); NaN where the bar is missing.
    open, high, low, close : float64[n_bars, n_assets, n_legs], quote per coin
        Prices the account is valued at: spot price (the last known one where the bar is missing)
        and mark price.
    funding : float64[n_assets, n_legs, n_bars], fraction
        Rate settled at the end of the bar; NaN where there is no settlement.
    daily_volatility : float64[n_assets, n_bars], fraction
        Standard deviation of daily log returns, known at the bar's open.
    daily_volume : float64[n_assets, n_legs, n_bars], quote
        Average traded per day, known at the bar's open.
    start_price : float64[n_assets, n_legs]
        Prices known at the first open.
    settled : float64[n_assets, n_legs, n_bars], quote per coin
        Price at which a dated leg expires at the end of the bar; NaN where none does.
    worth : float64[n_bars, n_balances], quote per unit
        What money is worth at the end of the bar; of coins not read.
    start_worth : float64[n_balances], quote per unit
        What money is worth at the first open.
    deleveraged : float64[n_bars], fraction
        Share of every winning futures position that the venue closes at the bar's open.
    moment : int64[n_bars]
        Index of the evaluation at the end of the bar, -1 where there is none.
    first_moment : int
        Index of the evaluation at the first open; -1 where there is none.
    """

    length_ms: int
    open_ms: Ints
    first_fill: Floats
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    funding: Floats
    daily_volatility: Floats
    daily_volume: Floats
    start_price: Floats
    settled: Floats
    worth: Floats
    start_worth: Floats
    deleveraged: Floats
    moment: Ints
    first_moment: int


class Costs(NamedTuple):
    """What trading and being liquidated cost, and which quantities a venue takes.

    Parameters
    ----------
    fee_from : int64[n_steps], stamps, increasing
        From when each row of fees is in force; the first also before.
    fee : float64[n_steps, n_legs], fraction of notional
    half_spread_bps : float, bp
    impact : float
        Y of domain 10.6: bp of impact = 10^4 x Y x volatility x sqrt(notional / volume), daily.
    liquidation_fee : float, fraction of notional
    worst_case : int
        1: a liquidation takes the whole margin balance, whatever would be left of it.
    lot : float64[n_assets, n_legs], coins
        0: not rounded. Of an inverse contract its size in quote.
    tick : float64[n_assets, n_legs], quote per coin
        Step of a fill price, rounded against the trader; 0: not rounded.
    min_notional : float64[n_assets, n_legs], quote
    tier_cap, tier_rate, tier_deduction : float64[n_ladders, n_tiers]
        Maintenance tiers, padded with the last one, in the currency that the contract settles in;
        ``CONTRACT.ladder`` says which row is whose.
    """

    fee_from: Ints
    fee: Floats
    half_spread_bps: float
    impact: float
    liquidation_fee: float
    worst_case: int
    lot: Floats
    tick: Floats
    min_notional: Floats
    tier_cap: Floats
    tier_rate: Floats
    tier_deduction: Floats
