"""This file keeps the parts of an account that backs several assets: who owns what, who bears what.

Money of an asset rests in balances of its own, all in one margin group. What a liquidation takes
of one asset for the losses of another, and the debt of an asset that holds nothing any more, are
booked over, so that the part of an asset is at every bar what is there.
"""

from typing import Final, NamedTuple

from steelyard.domain.arrays import Floats, Table
from steelyard.domain.codes import PART_FEES, PART_LIQUIDATION
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.plan import Account
from steelyard.kernel.noted import note_account
from steelyard.ledger.account import attribute_to_balance, equity, worth_of

ROUNDING: Final = 1e-9
"""Less than this share of a part is rounding, and nobody's loss."""


class Parts(NamedTuple):
    """The parts of an account, in the order of its assets.

    Parameters
    ----------
    cash : float64[n_assets], quote
        What each began with.
    total : float64[n_assets, n_parts], quote
        Attribution of each since the start.
    borne : float64[n_assets], quote
        What each has borne of others, below 0, or others of it.
    bars : BAR[n_assets, n_bars]
        Each at the end of every bar, as an account alone is written down.
    """

    cash: Floats
    total: Floats
    borne: Floats
    bars: Table


@compiled_inside
def own_account(account: Account, asset: int, total: Floats) -> Account:
    """Return the rows of an account that are an asset's: its legs and its balances.

    Parameters
    ----------
    total : float64[n_parts], quote
        Its attribution since the start.
    """
    size = account.balances.size // account.legs.shape[0]
    return Account(
        account.legs[asset : asset + 1],
        account.balances[asset * size : (asset + 1) * size],
        total,
        account.futures_result[asset : asset + 1],
    )


@compiled_inside
def add_up(own: Account) -> float:
    """Set the attribution of an asset to that of its legs and its money; return the sum, quote."""
    whole = 0.0
    for part in range(own.total.size):
        own.total[part] = 0.0
        for leg in range(own.legs.shape[1]):
            own.total[part] += own.legs[0, leg]["parts"][part]
        for number in range(own.balances.size):
            own.total[part] += own.balances[number]["parts"][part]
        whole += own.total[part]
    return whole


@compiled_inside
def bear(own: Account, parts: Parts, asset: int, value: float) -> None:
    """Attribute to an asset what it bears of others, below 0, or others bear of it, in quote."""
    attribute_to_balance(own, 0, PART_LIQUIDATION, value)
    parts.borne[asset] += value


@compiled_inside
def holds_nothing(own: Account) -> bool:
    """Tell whether an asset holds neither spot nor futures."""
    held = 0.0
    for leg in range(own.legs.shape[1]):
        held += abs(own.legs[0, leg]["quantity"])
    return held == 0.0


@compiled_inside
def hand_over(account: Account, parts: Parts, debtor: int) -> None:
    """Let the other assets bear the debt of one, each in proportion to what it has.

    What they do not have stays its debt: an account may be worth less than nothing until something
    is liquidated, as one alone may be.
    """
    size = parts.cash.size
    debt, others = -equity(own_account(account, debtor, parts.total[debtor])), 0.0
    for asset in range(size):
        others += max(0.0, equity(own_account(account, asset, parts.total[asset])))
    moved = min(debt, others)
    if moved <= 0.0:
        return
    for asset in range(size):
        own = own_account(account, asset, parts.total[asset])
        if asset == debtor:
            for number in range(own.balances.size):
                own.balances[number]["amount"] = 0.0
            own.balances[0]["amount"] = (moved - debt) / worth_of(own, 0)
            bear(own, parts, asset, moved)
        else:
            taken = moved * max(0.0, equity(own)) / others
            own.balances[0]["amount"] -= taken / worth_of(own, 0)
            bear(own, parts, asset, -taken)


@compiled_inside
def square_parts(account: Account, parts: Parts) -> None:
    """Book over what one asset has lost of another's, at the end of a bar."""
    for asset in range(parts.cash.size):
        own = own_account(account, asset, parts.total[asset])
        booked = parts.cash[asset] + add_up(own)
        missing = equity(own) - booked
        if abs(missing) > ROUNDING * (abs(booked) + parts.cash[asset]):
            bear(own, parts, asset, missing)
    for asset in range(parts.cash.size):
        own = own_account(account, asset, parts.total[asset])
        if holds_nothing(own) and equity(own) < -ROUNDING * parts.cash[asset]:
            hand_over(account, parts, asset)


@compiled_inside
def note_part(
    account: Account, parts: Parts, asset: int, bar: int, ratio: float, regime: int
) -> None:
    """Write down an asset's part of the account at the end of a bar.

    Parameters
    ----------
    ratio : float
        Margin ratio of the account.
    regime : int
        Number of the regime in force.
    """
    own = own_account(account, asset, parts.total[asset])
    add_up(own)
    bars = parts.bars[asset]
    note_account(own, bars, bar, ratio, regime)
    bars[bar]["borne"] = parts.borne[asset]
    for number in range(own.balances.size):
        bars[bar]["own_fees"] += own.balances[number]["parts"][PART_FEES]
