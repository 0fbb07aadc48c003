"""This file is what is written down of an account at the end of a bar."""

from steelyard.domain.arrays import Table
from steelyard.domain.codes import PART_BASIS, PART_FUTURES, PERP, SPOT
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.contracts import INVERSE, NONE, SPOT_COIN
from steelyard.domain.plan import Account, Costs
from steelyard.ledger.account import equity, worth_of
from steelyard.ledger.groups import moving_coins
from steelyard.ledger.margin import backing_of


@compiled_inside
def value_of(account: Account, asset: int, leg: int) -> float:
    """Return the signed value of a leg in quote: of spot, or notional of futures."""
    quantity = account.legs[asset, leg]["quantity"]
    if account.legs[asset, leg]["kind"] == INVERSE:
        return quantity
    return quantity * account.legs[asset, leg]["price"]


@compiled_inside
def in_coins(account: Account) -> bool:
    """Tell whether the core's perpetual is an inverse contract, which coins back."""
    return bool(account.legs[0, PERP]["kind"] == INVERSE)


@compiled_inside
def note_margin(account: Account, costs: Costs, asset: int, bars: Table, bar: int) -> None:
    """Write down what backs an asset's perpetual at the end of a bar, and what money is worth.

    Of an inverse one that are coins, which do not move with its mark, and the money is that which
    spot is paid in.

    Parameters
    ----------
    bars : BAR[n_bars]
    """
    row = bars[bar]
    settles = account.legs[asset, PERP]["settles"]
    worth = worth_of(account, settles)
    row["worth"] = worth
    row["backing"] = backing_of(account, asset, PERP, costs) / worth
    group = account.balances[settles]["group"]
    if in_coins(account):
        row["worth"] = worth_of(account, account.legs[asset, SPOT]["settles"])
    else:
        row["coins"] = moving_coins(account, group, asset, PERP) / worth


@compiled_inside
def futures_price(account: Account, asset: int) -> float:
    """Return what an asset's perpetual has brought by price alone, quote."""
    parts = account.legs[asset, PERP]["parts"]
    return float(parts[PART_FUTURES] + parts[PART_BASIS])


@compiled_inside
def note_account(account: Account, bars: Table, bar: int, ratio: float, regime: int) -> None:
    """Write down the account at the end of a bar.

    Parameters
    ----------
    bars : BAR[n_bars]
    ratio : float
        Margin ratio.
    regime : int
        Number of the regime in force.
    """
    row = bars[bar]
    row["margin_ratio"] = ratio
    row["regime"] = regime
    total = 0.0
    for number in range(account.balances.size):
        value = account.balances[number]["amount"] * worth_of(account, number)
        total += value
        if account.balances[number]["coin"] == NONE:
            row["cash"] += value
        else:
            row["spot"] += value
    for asset in range(account.legs.shape[0]):
        row["futures_result"] += account.futures_result[asset]
        row["futures_price"] += futures_price(account, asset)
        for leg in range(account.legs.shape[1]):
            value = value_of(account, asset, leg)
            if account.legs[asset, leg]["kind"] == SPOT_COIN:
                total += value
                row["spot"] += value
                row["sleeve_spot"] += value if leg != SPOT else 0.0
            else:
                row["futures"] += value
                row["sleeve_futures"] += value if leg != PERP else 0.0
    row["equity"] = total
    for part in range(account.total.size):
        row["parts"][part] = account.total[part]


@compiled_inside
def has_futures(account: Account) -> bool:
    """Tell whether any futures position is open."""
    for asset in range(account.legs.shape[0]):
        for leg in range(PERP, account.legs.shape[1]):
            is_spot = account.legs[asset, leg]["kind"] == SPOT_COIN
            if not is_spot and account.legs[asset, leg]["quantity"] != 0.0:
                return True
    return False


@compiled_inside
def weight_of(account: Account, asset: int, leg: int) -> float:
    """Return the value of a leg as a signed fraction of equity, at the account's prices."""
    return float(value_of(account, asset, leg) / equity(account))
