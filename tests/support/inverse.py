"""Accounts whose futures are coin-margined, as an account file lays them, and bars for them."""

import numpy as np

from steelyard.domain.plan import Account, Costs, Plan, Signals, Track
from steelyard.engine.terms import open_on
from tests.support.account_files import terms_of
from tests.support.markets import random_run

INVERSE = terms_of('[margin]\nfutures = "inverse"')


def in_coins(track: Track) -> Track:
    """Return bars for an account of two balances: money, and the coins that futures settle in."""
    return track._replace(worth=np.ones((track.open_ms.size, 2)), start_worth=np.ones(2))


def inverse_account(track: Track, cash: float) -> Account:
    """Return an account of money whose futures are inverse contracts that its spot backs."""
    return open_on(in_coins(track), cash, INVERSE)


def random_inverse(seed: int) -> tuple[Plan, Signals, Track, Costs]:
    """Return a random policy on random bars; lots are contracts of 10, tiers in coins."""
    plan, signals, track, costs = random_run(seed)
    price = float(track.start_price[0, 0])
    costs = costs._replace(
        lot=np.array([[costs.lot[0, 0], 10.0]]),
        tier_cap=costs.tier_cap / price,
        tier_deduction=costs.tier_deduction / price,
    )
    return plan, signals, in_coins(track), costs
