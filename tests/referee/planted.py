"""This file plants one bug after the other in the product: ``python -m tests.referee.planted``.

It must run with NUMBA_DISABLE_JIT=1: compiled code does not notice that a function it calls was
replaced. It prints, as JSON, where each bug is caught first, and for the product as it is nothing.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from steelyard.domain.arrays import Floats
from steelyard.domain.contracts import INVERSE
from steelyard.domain.plan import Account
from steelyard.kernel import bar as kernel_bar
from steelyard.ledger import account as ledger_account
from steelyard.ledger import cash as ledger_cash
from steelyard.ledger import force as ledger_force
from steelyard.ledger import margin as ledger_margin
from tests.referee.contest import contest
from tests.referee.scenarios import scenario

SEEDS = range(40)

right_fee = ledger_account.pay_fee
right_funding = ledger_cash.settle_funding
right_tier = ledger_margin.tier_of
right_result = ledger_account.result_of
right_expiry = ledger_force.expire


def half_the_fee(account: Account, asset: int, leg: int, units: float) -> None:
    right_fee(account, asset, leg, units / 2.0)


def funding_with_the_other_sign(account: Account, asset: int, leg: int, rate: float) -> float:
    return right_funding(account, asset, leg, -rate)


def the_tier_below(notional: float, cap: Floats) -> int:
    return max(0, right_tier(notional, cap) - 1)


def inverse_profit_at_the_old_price(
    kind: int, quantity: float, before: float, after: float
) -> float:
    if kind == INVERSE:
        return quantity * (after - before) / before**2
    return right_result(kind, quantity, before, after)


def settlement_at_the_last_mark(
    account: Account, asset: int, leg: int, _: float
) -> tuple[float, float]:
    return right_expiry(account, asset, leg, float(account.legs[asset, leg]["price"]))


Bug = list[tuple[ModuleType, str, Callable[..., Any]]]
"""What stands where in place of which function: every module that knows it by name."""

BUGS: dict[str, Bug] = {
    "none": [],
    "fee": [(ledger_account, "pay_fee", half_the_fee), (ledger_force, "pay_fee", half_the_fee)],
    "funding sign": [(kernel_bar, "settle_funding", funding_with_the_other_sign)],
    "tier": [(ledger_margin, "tier_of", the_tier_below)],
    "inverse profit": [(ledger_account, "result_of", inverse_profit_at_the_old_price)],
    "settlement": [(kernel_bar, "expire", settlement_at_the_last_mark)],
}


@contextmanager
def planted(bug: Bug) -> Iterator[None]:
    """Let a bug be there for a while."""
    right = [getattr(module, name) for module, name, _ in bug]
    for module, name, wrong in bug:
        setattr(module, name, wrong)
    try:
        yield
    finally:
        for (module, name, _), function in zip(bug, right, strict=True):
            setattr(module, name, function)


def caught(bug: Bug) -> list[str]:
    """Return how the first scenario that shows a bug departs; [] where none does."""
    with planted(bug), np.errstate(all="ignore"):
        for seed in SEEDS:
            departures = contest(scenario(seed)).departures
            if departures:
                return departures
    return []


if __name__ == "__main__":
    json.dump({name: caught(bug) for name, bug in BUGS.items()}, sys.stdout)
