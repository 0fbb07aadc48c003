"""This file joins the bars, costs and holdings of several assets into those of one account."""

from collections.abc import Sequence

import numpy as np

from steelyard.domain.arrays import Floats
from steelyard.domain.codes import SPOT
from steelyard.domain.contracts import plain_holdings
from steelyard.domain.plan import Account, Costs, Track
from steelyard.ledger.account import account_on


def _padded(columns: Floats, axis: int, size: int, fill: Floats | float) -> Floats:
    """Return columns with more of them along an axis, up to a size."""
    shape = list(columns.shape)
    shape[axis] = size - shape[axis]
    return np.concatenate([columns, np.broadcast_to(fill, shape)], axis=axis)


def join_tracks(tracks: Sequence[Track]) -> Track:
    """Return the bars of all assets; one with fewer legs than another has some that idle.

    Parameters
    ----------
    tracks : sequence of Track
        Of one asset each, over the same bars.
    """
    size = max(track.first_fill.shape[1] for track in tracks)

    def by_leg(name: str, fill: float) -> Floats:
        return np.concatenate([_padded(getattr(track, name), 1, size, fill) for track in tracks])

    def by_bar(name: str) -> Floats:
        columns = [getattr(track, name) for track in tracks]
        return np.concatenate(
            [_padded(each, 2, size, each[:, :, SPOT : SPOT + 1]) for each in columns], axis=1
        )

    starts = [
        _padded(track.start_price, 1, size, track.start_price[:, SPOT : SPOT + 1])
        for track in tracks
    ]
    volumes = [
        _padded(track.daily_volume, 1, size, track.daily_volume[:, SPOT : SPOT + 1])
        for track in tracks
    ]
    return tracks[0]._replace(
        first_fill=by_leg("first_fill", np.nan),
        open=by_bar("open"),
        high=by_bar("high"),
        low=by_bar("low"),
        close=by_bar("close"),
        funding=by_leg("funding", np.nan),
        settled=by_leg("settled", np.nan),
        daily_volatility=np.concatenate([track.daily_volatility for track in tracks]),
        daily_volume=np.concatenate(volumes),
        start_price=np.concatenate(starts),
        worth=np.concatenate([track.worth for track in tracks], axis=1),
        start_worth=np.concatenate([track.start_worth for track in tracks]),
    )


def join_costs(costs: Sequence[Costs]) -> Costs:
    """Return what all legs cost.

    Parameters
    ----------
    costs : sequence of Costs
        Of one asset each. Each keeps its own maintenance tiers; what is of no asset, such as fees,
        is taken from the one with most legs.
    """
    size = max(each.lot.shape[1] for each in costs)
    widest = next(each for each in costs if each.lot.shape[1] == size)
    tiers = max(each.tier_cap.shape[1] for each in costs)

    def by_leg(name: str) -> Floats:
        return np.concatenate([_padded(getattr(each, name), 1, size, 0.0) for each in costs])

    def by_tier(name: str) -> Floats:
        columns = [getattr(each, name) for each in costs]
        return np.concatenate([_padded(each, 1, tiers, each[:, -1:]) for each in columns])

    return widest._replace(
        lot=by_leg("lot"),
        tick=by_leg("tick"),
        min_notional=by_leg("min_notional"),
        tier_cap=by_tier("tier_cap"),
        tier_rate=by_tier("tier_rate"),
        tier_deduction=by_tier("tier_deduction"),
    )


def join_accounts(accounts: Sequence[Account], costs: Sequence[Costs]) -> Account:
    """Return one account in which all of them are: each asset with its money, one margin for all.

    Money of an asset stays in balances of its own, which keep their order. A debt pays at least the
    interest that money earns, and of a bonus there is one, divided by what each begins with.

    Parameters
    ----------
    accounts : sequence of Account
        Of one asset each, on the same terms, without positions.
    costs : sequence of Costs
        Of the same assets.
    """
    size = max(account.legs.shape[1] for account in accounts)
    legs = plain_holdings(len(accounts), size)
    first_ladder, first_balance = 0, 0
    for asset, (account, each) in enumerate(zip(accounts, costs, strict=True)):
        row = legs[asset, : account.legs.shape[1]]
        row[:] = account.legs[0]
        legs["settles"][asset] += first_balance
        row["ladder"] += first_ladder
        first_ladder += each.tier_cap.shape[0]
        first_balance += account.balances.size
    balances = np.concatenate([account.balances for account in accounts])
    balances["borrowing"] = np.maximum(balances["borrowing"], balances["interest"])
    worth = [np.dot(each.balances["amount"], each.balances["worth"]) for each in accounts]
    sizes = [each.balances.size for each in accounts]
    balances["bonus"] *= np.repeat(worth, sizes) / sum(worth)
    return account_on(legs, balances)
