"""A spot and a future that a sleeve sells against it, made by hand beside the core's two legs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from steelyard.domain.contracts import SPOT_COIN, plain_balances, plain_holdings
from steelyard.domain.plan import Account, Costs, Plan, Signals, Track
from steelyard.domain.sleeves import ENTER, GROSS, LEAVE, MOST, NET, OFFER_COLUMNS, SLEEVE
from steelyard.ledger.account import account_on
from tests.support.plans import Scene, costs_of, moments_at, track_of

PAIR_SPOT, FUTURE, NEXT = 2, 3, 4
"""Legs of the sleeve: its spot, and two futures that take turns."""


@dataclass(kw_only=True)
class Pairing:
    """A scene with one sleeve, and what its futures offer.

    ``enter``, ``leave``: texts of 0 and 1, one letter a moment, of the first future and, after a
    blank, of the second; what is not said is 0. ``futures``: prices of both at the start and at
    the end of every bar; spot where not given. ``settled``: bar to price, of the first.
    """

    scene: Scene
    spot: Sequence[float]
    enter: str = "0"
    leave: str = "0"
    net: tuple[float, float] = (0.2, 0.2)
    gross: tuple[float, float] = (0.2, 0.2)
    most: float = 1e12
    futures: tuple[Sequence[float] | None, Sequence[float] | None] = (None, None)
    settled: Mapping[int, float] = field(default_factory=dict)
    closed: Sequence[tuple[int, int]] = ()
    allocation: float = 0.2
    held_first: bool = True
    allowed: Sequence[int] = ()
    moments: Sequence[int] = ()

    def plan(self) -> Plan:
        plan = self.scene.plan()
        row = (0, self.allocation, int(self.held_first), PAIR_SPOT, FUTURE, NEXT + 1, 0)
        base = plan.base.copy()
        base[:, 5] = [int(not self.allowed or place in self.allowed) for place in range(len(base))]
        return plan._replace(sleeves=np.array([row], SLEEVE), base=base)

    def signals(self, track: Track) -> Signals:
        signals = moments_at(self.scene.signals(), track)
        offers = np.zeros((2, OFFER_COLUMNS, signals.ms.size))
        for column, texts in ((ENTER, self.enter), (LEAVE, self.leave)):
            for row, text in enumerate(texts.split()):
                offers[row, column, : len(text)] = [float(letter) for letter in text]
        for row in range(2):
            offers[row, NET], offers[row, GROSS] = self.net[row], self.gross[row]
            offers[row, MOST] = self.most
        return signals._replace(offers=offers)

    def track(self) -> Track:
        base = track_of(self.spot, moments=self.moments or range(len(self.spot) - 1))
        bars = base.open_ms.size
        columns = [np.array(self.spot, float)]
        columns += [np.array(self.spot if one is None else one, float) for one in self.futures]
        first = np.stack([column[:-1] for column in columns])
        for leg, bar in self.closed:
            first[leg - PAIR_SPOT, bar] = np.nan
        settled = np.full((1, 5, bars), np.nan)
        for bar, price in self.settled.items():
            settled[0, FUTURE, bar] = price

        def beside(prices: np.ndarray, added: list[np.ndarray]) -> np.ndarray:
            return np.concatenate([prices, np.stack(added, axis=1)[:, None]], axis=2)

        opens = [column[:-1] for column in columns]
        closes = [column[1:] for column in columns]
        return base._replace(
            first_fill=np.concatenate([base.first_fill, first[None]], axis=1),
            open=beside(base.open, opens),
            high=beside(base.high, [np.maximum(*both) for both in zip(opens, closes, strict=True)]),
            low=beside(base.low, [np.minimum(*both) for both in zip(opens, closes, strict=True)]),
            close=beside(base.close, closes),
            funding=np.concatenate([base.funding, np.full((1, 3, bars), np.nan)], axis=1),
            daily_volume=np.full((1, 5, bars), 1e9),
            settled=settled,
            start_price=np.append(base.start_price[0], [one[0] for one in columns])[None],
        )


def pair_costs(fee: tuple[float, float] = (0.0, 0.0), lot: float = 0.0) -> Costs:
    """Return costs of five legs; trading is free where nothing is said."""
    costs = costs_of(fee=fee)
    taken = [0, 1, 0, 1, 1]
    return costs._replace(
        fee=costs.fee[:, taken],
        lot=np.full((1, 5), lot),
        tick=np.zeros((1, 5)),
        min_notional=np.zeros((1, 5)),
    )


def pair_account(cash: float, settlement_fee: float = 0.0) -> Account:
    """Return a plain account with the legs of a sleeve."""
    legs = plain_holdings(1, 5)
    legs["kind"][0, PAIR_SPOT] = SPOT_COIN
    legs["covers"][0, [FUTURE, NEXT]] = PAIR_SPOT
    legs["settlement_fee"] = settlement_fee
    return account_on(legs, plain_balances([cash]))
