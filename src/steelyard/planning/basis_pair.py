"""This file is the arithmetic of the basis pair: spot against a dated future (domain 7)."""

from typing import NamedTuple

from steelyard.domain.compiled import entry
from steelyard.planning import sleeves

unhedged_spot = entry(sleeves.unhedged_spot)

DAYS_A_YEAR = 365.0


class Pair(NamedTuple):
    """An account with a basis pair in it, signed fractions of equity.

    Parameters
    ----------
    core : float
        Spot that is not part of the pair; hedge ratios are those of this spot alone.
    spot : float
        All spot, that of the pair included.
    dated : float
        The short in the dated future.
    """

    core: float
    spot: float
    dated: float


def basis_pair(spot: float, futures: float, allocation: float, *, held_first: bool) -> Pair:
    """Return what a basis pair makes of an account's spot.

    Parameters
    ----------
    spot, futures : float, signed fractions of equity
        Of the core, before; ``futures`` short hedges that much of the spot.
    allocation : float, fraction of equity, >= 0
        Spot of the pair, and its short in the dated future.
    held_first : bool
        Unhedged core spot becomes part of the pair as far as there is any, which lowers net delta;
        the rest is bought with cash, which does not.

    Examples
    --------
    >>> basis_pair(0.6, 0.4, 0.25, held_first=True)
    Pair(core=0.35, spot=0.6, dated=-0.25)
    >>> basis_pair(0.6, -0.5, 0.25, held_first=True)
    Pair(core=0.5, spot=0.75, dated=-0.25)
    """
    unhedged = unhedged_spot(spot, futures) if held_first else 0.0
    held = min(allocation, unhedged)
    return Pair(core=spot - held, spot=spot + allocation - held, dated=-allocation)


class PairCosts(NamedTuple):
    """What a basis pair costs that is held to expiry, fractions.

    Parameters
    ----------
    spot_fee, future_fee, settlement_fee : float, of the notional of their leg
    slippage : float
        Of each trade's notional.
    margin : float
        Initial margin of the future, of its notional.
    """

    spot_fee: float
    future_fee: float
    settlement_fee: float
    slippage: float
    margin: float


class PairYield(NamedTuple):
    """What a basis pair held to expiry earns, fractions of the spot notional at entry.

    Parameters
    ----------
    gross, cost, net : float
        Until expiry.
    on_spot, on_capital : float, a year
        ``net`` as a simple rate, over the spot, and over the spot and the margin of the future.
    """

    gross: float
    cost: float
    net: float
    on_spot: float
    on_capital: float


def pair_yield(spot_ask: float, future_bid: float, days: float, costs: PairCosts) -> PairYield:
    """Return the yield of a pair entered at executable prices and held to expiry.

    Parameters
    ----------
    spot_ask, future_bid : float, quote per coin
        What is paid for the spot, and what the future is sold at.
    days : float, > 0
        To expiry, with their fraction.
    costs : PairCosts
        Spot is sold again at the end; for the cost of that, at the price it was bought at.
    """
    ratio = future_bid / spot_ask
    spot_trade = costs.spot_fee + costs.slippage
    cost = 2.0 * spot_trade + (costs.future_fee + costs.slippage) * ratio + costs.settlement_fee
    gross = ratio - 1.0
    net = gross - cost
    on_spot = net * DAYS_A_YEAR / days
    return PairYield(gross, cost, net, on_spot, on_spot / (1.0 + costs.margin * ratio))
