"""The two ways to run a policy over bars, which must agree: the compiled walk, and bar by bar."""

from typing import Protocol

import pytest

from steelyard.domain.plan import Account, Costs, Plan, Signals, Track
from steelyard.domain.record import Walk
from steelyard.engine.replay import replay
from steelyard.kernel.walk import walk


class Run(Protocol):
    """Either way; takes what ``kernel.walk.walk`` takes."""

    def __call__(
        self,
        plan: Plan,
        signals: Signals,
        track: Track,
        costs: Costs,
        cash: float,
        account: Account | None = None,
    ) -> Walk: ...


both = pytest.mark.parametrize("run", [walk, replay])
"""Run a test twice, once in each way."""
