"""What an explanation tells of orders: the legs and pairs of an account, and its margin."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One leg of the account and the order that waits in it.

    Parameters
    ----------
    name : str
        ``spot`` or ``futures``.
    unit : str
        What its quantities count: coins of the asset, or of an inverse contract quote of its face
        value.
    weight, target : float, signed fractions of equity
        Of the core: held now, and asked for beside what sleeves hold of it.
    band : float, fraction of equity
        A smaller difference is not traded.
    price : float, quote per coin
        Spot price or mark.
    order : float, units
        Positive buys; 0 is none.
    reason : str
        ``rebalance`` or ``margin_defence``; empty without an order.
    notional, fee, slippage : float, quote
        Of the order, at the last prices by the fill model of the backtest; a positive cost is paid.
    fills : float, units
        What of the order can be paid for.
    ordered : float, units
        What the last evaluation ordered.
    """

    name: str
    unit: str
    weight: float
    target: float
    band: float
    price: float
    order: float
    reason: str
    notional: float
    fee: float
    slippage: float
    fills: float
    ordered: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """What the futures position stands on.

    Parameters
    ----------
    equity, cash : float, quote
    spot, futures : float, signed fractions of equity
        Of the whole account, sleeves included.
    margin_ratio : float
        Maintenance margin over what backs the futures, cash or coins; liquidation at 1. Infinity
        without any.
    leverage : float
        Futures notional over the same; infinity without any.
    liquidation_price : float, quote per coin
        Mark at which futures are closed by force, all moving alike; NaN where no price does.
    """

    equity: float
    cash: float
    spot: float
    futures: float
    margin_ratio: float
    leverage: float
    liquidation_price: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The pair of a sleeve, in coins.

    Parameters
    ----------
    sleeve : str
        ``basis`` or ``carry``.
    spot, held : float, >= 0
        Spot of the pair, and what of it is the core's.
    futures : float
        Sold against it: negative.
    spot_order, futures_order : float
        What waits; positive buys.
    """

    sleeve: str
    spot: float
    held: float
    futures: float
    spot_order: float
    futures_order: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What is ordered, and what it makes of the account at the last prices.

    Parameters
    ----------
    legs : tuple of Leg
        Those of the core.
    pairs : tuple of Pair
        One for each sleeve of the policy.
    before, after : Margin
    """

    legs: tuple[Leg, ...]
    pairs: tuple[Pair, ...]
    before: Margin
    after: Margin
