"""This file runs a policy bar by bar: the loop of replay and, later, of paper and live."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from steelyard.domain.compiled import entry
from steelyard.domain.plan import Account, Costs, Plan, Signals, Track
from steelyard.kernel import bar as kernel_bar
from steelyard.kernel import moment as kernel_moment
from steelyard.kernel.book import TURNS, Book
from steelyard.venues.sim import Execution

value_at = entry(kernel_bar.value_at)
open_bar = entry(kernel_bar.open_bar)
rest_of_bar = entry(kernel_bar.rest_of_bar)
rank_orders = entry(kernel_bar.rank_orders)
partner_is_closed = entry(kernel_bar.partner_is_closed)
covered = entry(kernel_bar.covered)
note_fill = entry(kernel_bar.note_fill)
evaluate = entry(kernel_moment.evaluate)
close_bar = entry(kernel_moment.close_bar)


class Broker(Protocol):
    """Where orders go."""

    def is_open(self, asset: int, leg: int, bar: int) -> bool:
        """Tell whether a leg trades now."""

    def execute(
        self, account: Account, asset: int, leg: int, order: float, bar: int
    ) -> Execution | None:
        """Fill an order and book it; None where nothing of it could be settled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Runner:
    """Drive one policy over bars as they come, with the functions the kernel walks with.

    Parameters
    ----------
    plan, signals : Plan, Signals
        The policy, and its conditions up to now.
    track : Track
        The bars; only the one that is stepped is read.
    costs : Costs
    book : Book
        Everything the run writes into.
    broker : Broker
    """

    plan: Plan
    signals: Signals
    track: Track
    costs: Costs
    book: Book
    broker: Broker

    def begin(self) -> None:
        """Value the empty account and make the first allocation, where the start is a moment."""
        value_at(self.book.account, self.track.start_price)
        if self.track.first_moment >= 0:
            first = self.track.first_moment
            evaluate(self.plan, self.signals, self.costs, self.book, first)

    def step(self, bar: int) -> None:
        """Live through one bar, in the order of domain 9.1."""
        open_bar(self.track, self.costs, self.book, bar)
        self._trade(bar)
        rest_of_bar(self.track, self.costs, self.book, bar)
        moment = int(self.track.moment[bar])
        if moment >= 0:
            evaluate(self.plan, self.signals, self.costs, self.book, moment)
        end_ms = int(self.track.open_ms[bar]) + self.track.length_ms
        close_bar(self.plan, self.costs, self.book, bar, end_ms)

    def _trade(self, bar: int) -> None:
        """Send what waits, in the order of the kernel."""
        if not rank_orders(self.book.account, self.book.orders):
            return
        turns = self.book.orders["turn"].copy()
        for turn in range(TURNS):
            for asset, leg in np.argwhere(turns == turn):
                self._send(int(asset), int(leg), bar)

    def _send(self, asset: int, leg: int, bar: int) -> None:
        desk, order = self.book.desk[asset], self.book.orders[asset, leg]
        waits = not self.broker.is_open(asset, leg, bar)
        if waits or partner_is_closed(self.book, self.track, asset, leg, bar):
            desk["waited"] += 1
            return
        pending = float(order["pending"])
        wanted = covered(self.book.account, self.costs, asset, leg, pending)
        order["pending"] = 0.0
        if wanted == 0.0:
            return
        done = self.broker.execute(self.book.account, asset, leg, wanted, bar)
        if done is None:
            desk["unpaid"] += 1
            return
        stamps = (int(order["decided_ms"]), int(self.track.open_ms[bar]))
        what = (asset, leg, int(order["reason"]))
        trade = (done.quantity, done.price, done.reference)
        note_fill(self.book, stamps, what, trade, (done.fee, done.slippage))
