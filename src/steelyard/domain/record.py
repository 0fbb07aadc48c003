"""This file is what a run leaves behind: the decisions, the fills and the account at every bar."""

from typing import Final, NamedTuple

import numpy as np

from steelyard.domain.arrays import Flags, Floats, Ints
from steelyard.domain.codes import PERP

MAX_TRACE: Final = 64
"""Rows kept of one composition; the policy schema allows no more effects than fit."""

FILL_REBALANCE: Final = 0
FILL_DEFENCE: Final = 1
FILL_LIQUIDATION: Final = 2
FILL_DELEVERAGED: Final = 3
FILL_EXPIRY: Final = 4
FILL_RESTORED: Final = 5
FILL_SLEEVE: Final = 6
FILL_RETAGGED: Final = 7
FILL_COLLATERAL: Final = 8
FILL_REASONS: Final = (
    "rebalance",
    "margin_defence",
    "liquidation",
    "deleveraged",
    "expiry",
    "hedge_restored",
    "sleeve",
    "retagged",
    "collateral_lost",
)


class Decisions(NamedTuple):
    """What was decided at every evaluation, and why.

    Parameters
    ----------
    ms : int64[n_moments]
    evaluated : bool[n_moments, n_entities]
        Which triggers and regimes were due.
    condition : float64[n_moments, n_entities]
        Entry condition with ``while_active``: 1 true, 0 false, NaN unknown; the last where not due.
    phase : int64[n_moments, n_entities]
        Phase after the evaluation; see ``codes.PHASES``.
    strength : float64[n_moments, n_entities], 0 to 1
        NaN where the entity is idle or has none.
    regime : int64[n_moments]
        Number of the regime in force; -1 is the baseline.
    targets : float64[n_moments, 2], fractions of equity
        Spot and signed futures.
    trace : float64[n_moments, MAX_TRACE, 3]
        Rows (stage or ``FIRST_EFFECT`` + effect, spot, futures) of the composition.
    trace_length : int64[n_moments]
    leverage : float64[n_moments]
        Leverage limit in force.
    ordered : float64[n_moments, n_legs], coins
        Quantities ordered; 0 where there was nothing to do.
    """

    ms: Ints
    evaluated: Flags
    condition: Floats
    phase: Ints
    strength: Floats
    regime: Ints
    targets: Floats
    trace: Floats
    trace_length: Ints
    leverage: Floats
    ordered: Floats


class Fills(NamedTuple):
    """Every execution, oldest first.

    Parameters
    ----------
    decided_ms, filled_ms : int64[n]
        When the order was decided and when the bar that filled it began (a liquidation: both the
        bar's open; see also ``at_bar_end``).
    asset, leg, reason : int64[n]
    quantity : float64[n], coins, of an inverse contract its face value in quote; signed
    price : float64[n], quote per coin
        Fill price, slippage included.
    reference : float64[n], quote per coin
        Spot price or mark at the same instant.
    fee, slippage : float64[n], quote, >= 0 is a cost
        A fill better than its reference has a negative slippage. The fee of a liquidation is what
        it cost beyond its slippage, negative where the venue bears the loss; the attribution books
        both as liquidation.
    """

    decided_ms: Ints
    filled_ms: Ints
    asset: Ints
    leg: Ints
    reason: Ints
    quantity: Floats
    price: Floats
    reference: Floats
    fee: Floats
    slippage: Floats


def values_of(fills: Fills, price: Floats, *, in_coins: bool) -> Floats:
    """Return what was filled at some prices, float64[n], quote, signed.

    Parameters
    ----------
    fills : Fills
    price : float64[n], quote per coin
    in_coins : bool
        Whether quantities of futures are face values in quote.
    """
    is_face = in_coins & (fills.leg == PERP)
    return np.where(is_face, fills.quantity, fills.quantity * price)


def at_bar_end(fills: Fills) -> Flags:
    """Tell which rows happened when a bar ended, at its stamp, and were no trade of the account.

    Expiries, and coins retagged between the core and a sleeve.
    """
    ended: Flags = (fills.reason == FILL_EXPIRY) | (fills.reason == FILL_RETAGGED)
    return ended


class Curve(NamedTuple):
    """The account at the end of every bar, float64 or int64 [n_bars].

    Parameters
    ----------
    ms : int64, end of the bar
    equity, spot, futures, cash : quote
        ``futures`` is signed notional at the mark; equity = spot + cash. A balance of coins is
        spot.
    sleeve_spot, sleeve_futures : what of spot and futures belongs to sleeves, not to the core
    margin_ratio : maintenance margin over margin balance, 0 without a position
    regime : number of the regime in force, -1 the baseline
    backing : what backs the core's perpetual, in units of what it settles in
    coins : collateral of the core's asset after haircuts, which moves with its mark; 0 of an
        inverse one, whose coins are what it settles in
    worth : what a unit of money, which the linear perpetual settles in, was worth at the
        close, quote
    own_fees : fees that belong to balances, accumulated: transfers and exchanges; below 0, quote
    off_peg : 1 while the stablecoin was off its peg
    borne : of an asset that shares an account: what it bore of others, below 0, or others of it,
        accumulated, quote; part of liquidation
    """

    ms: Ints
    equity: Floats
    spot: Floats
    futures: Floats
    cash: Floats
    margin_ratio: Floats
    regime: Ints
    sleeve_spot: Floats
    sleeve_futures: Floats
    backing: Floats
    coins: Floats
    worth: Floats
    own_fees: Floats
    off_peg: Ints
    borne: Floats


class Walk(NamedTuple):
    """The outcome of one run of one policy over one track.

    Parameters
    ----------
    start_equity : float, quote
    curve, decisions, fills : as above
    parts : float64[n_bars, n_parts], quote
        Attribution accumulated up to the end of each bar, over all assets (``codes.PARTS``).
    futures_costs : float64[n_bars], quote
        Result of the core's futures accumulated, after fees, slippage, funding, liquidation.
    futures_price : float64[n_bars], quote
        The same by price alone: futures delta and basis.
    traded : float64[2], quote
        Sum of |notional| traded in spot and in futures.
    leg_parts : float64[n_assets, n_legs, n_parts], quote
        Attribution of the whole run by leg.
    too_small : int
        Orders not sent: less than the policy or the venue takes, or than one lot.
    capped : int
        Orders not sent: the day's turnover cap left too little for them.
    unpaid : int
        Orders of which nothing could be settled: no cash or coins were left for them.
    waited : int
        Bars that orders waited for because the bar was missing.
    defended : int
        Bars on which margin defence sent orders.
    restored : int
        Bars on which a hedge lost to the venue was ordered again (domain 4, K3).
    transfers : int
        Transfers between wallets.
    awaited : int
        Bars that orders waited for because their money was on its way.
    held_back : int
        Orders withdrawn because the stablecoin was off its peg (domain 4, K2).
    rotated_ms : int, stamp
        When it was exchanged for another; 0: never.
    in_coins : bool
        Whether the core's perpetual is an inverse contract: its quantities are face values in
        quote, and what it brings are coins of spot.
    """

    start_equity: float
    curve: Curve
    decisions: Decisions
    fills: Fills
    parts: Floats
    futures_costs: Floats
    futures_price: Floats
    traded: Floats
    leg_parts: Floats
    too_small: int
    capped: int
    unpaid: int
    waited: int
    defended: int
    restored: int
    transfers: int = 0
    awaited: int = 0
    held_back: int = 0
    rotated_ms: int = 0
    in_coins: bool = False

    @property
    def rejected(self) -> int:
        """Return how many orders came to nothing, whatever the cause."""
        return self.too_small + self.capped + self.unpaid
