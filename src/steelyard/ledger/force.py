"""This file is what a venue does to a position unasked: liquidation, deleveraging, expiry."""

from steelyard.domain.codes import PART_BONUS, PART_LIQUIDATION, PERP, SPOT
from steelyard.domain.compiled import compiled_inside
from steelyard.domain.contracts import NONE, SPOT_COIN
from steelyard.domain.plan import Account, Costs
from steelyard.ledger.account import move_margin, pay_fee, result_of, revalue_leg, worth_of
from steelyard.ledger.groups import empty, gross_balance
from steelyard.ledger.margin import notional_of


@compiled_inside
def reduce_leg(account: Account, asset: int, leg: int, left: float) -> None:
    """Set what is left of a position at its mark, and hand its share of an isolated margin back."""
    held = account.quantity[asset, leg]
    account.quantity[asset, leg] = left
    if account.contracts[asset, leg]["parent"] != NONE:
        move_margin(account, asset, leg, held, account.price[asset, leg])


@compiled_inside
def close_by_force(
    account: Account, asset: int, leg: int, price: float, costs: Costs, slippage_bps: float
) -> float:
    """Close a position at a mark, worsened by slippage, with the liquidation fee (domain 11.4).

    The loss is limited to what backs the position: what would be below zero is the venue's. A loss
    of all takes balances, bonus and collateral of the margin group; so does ``worst_case``.
    Slippage, fee and that limit are attributed to liquidation.

    Returns
    -------
    float, quote
        What was charged beyond the price; negative where the venue bears a loss.
    """
    revalue_leg(account, asset, leg, price, (account.price[asset, leg], price))
    number = account.contracts[asset, leg]["settles"]
    group = account.balances[number]["group"]
    worth = worth_of(account, number)
    notional = notional_of(account, asset, leg) * worth
    cost = notional * (slippage_bps / 10_000.0 + costs.liquidation_fee)
    left = gross_balance(account, group)
    charged = left if costs.worst_case == 1 else min(cost, left)
    account.balance[number] -= charged / worth
    account.parts[asset, leg, PART_LIQUIDATION] -= charged
    if leg == PERP:
        account.futures_result[asset] -= charged
    if charged >= left:
        lose_all(account, group)
    reduce_leg(account, asset, leg, 0.0)
    return charged


@compiled_inside
def lose_all(account: Account, group: int) -> None:
    """Empty a group whose balances, bonus and collateral add up to nothing.

    What its bonus had to absorb is attributed to the bonus.
    """
    for number in range(account.balance.size):
        if account.balances[number]["group"] == group:
            absorbed = account.bonus[number] * worth_of(account, number)
            account.balance_parts[number, PART_BONUS] += absorbed
    empty(account, group)


@compiled_inside
def deleverage(account: Account, asset: int, leg: int, share: float) -> bool:
    """Let the venue close a share of a winning position at its mark (domain 11.7).

    Winning is a position whose mark is better than its average entry. No fee, no slippage.

    Parameters
    ----------
    share : float, in (0, 1]

    Returns
    -------
    bool
        Whether the position was reduced.
    """
    held = account.quantity[asset, leg]
    kind = account.contracts[asset, leg]["kind"]
    if held == 0.0 or kind == SPOT_COIN:
        return False
    entry = account.entry[asset, leg]
    if result_of(kind, held, entry, account.price[asset, leg]) <= 0.0:
        return False
    reduce_leg(account, asset, leg, held * (1.0 - share))
    return True


@compiled_inside
def expire(account: Account, asset: int, leg: int, price: float) -> tuple[float, float]:
    """Settle a dated leg at its final price; return the quantity that ended and the fee in quote.

    Parameters
    ----------
    price : float, quote per coin
        Settlement price: the mark moves there, the spot price stays, so that the move is basis.
    """
    index = account.price[asset, SPOT]
    revalue_leg(account, asset, leg, price, (index, index))
    held = account.quantity[asset, leg]
    contract = account.contracts[asset, leg]
    fee = notional_of(account, asset, leg) * contract["settlement_fee"]
    pay_fee(account, asset, leg, fee)
    worth = worth_of(account, contract["settles"])
    reduce_leg(account, asset, leg, 0.0)
    return held, fee * worth
