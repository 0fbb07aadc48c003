"""This file lays the legs of sleeves beside those of the core: prices, costs and terms."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from steelyard.domain.arrays import Floats, Ints, Table
from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.contracts import SPOT_COIN
from steelyard.domain.market import Bars, Dated, Facts, Market
from steelyard.domain.plan import Costs, Plan, Track
from steelyard.domain.sleeves import BASIS_FUTURES, CARRY
from steelyard.domain.time import HOUR_MS
from steelyard.kernel.track import daily_volume

MINUTES_A_BAR: Final = HOUR_MS // 60_000


def contracts_of(dated: Sequence[Dated], place: int) -> tuple[Dated, ...]:
    """Return the contracts that take turns in one leg of the basis sleeve.

    With two legs the contract that expires next and the one after it are always both there.

    Parameters
    ----------
    dated : sequence of Dated
        By expiry.
    place : int
        Number of the leg among those of the sleeve's futures.
    """
    return tuple(dated[place::BASIS_FUTURES])


def settlement_price(market: Market, expiry_ms: int) -> float:
    """Return the price at which a contract settles: the mean of the index before its expiry.

    Of the index only hourly bars are kept, so within its last hour it is taken to move evenly from
    open to close: the mean of the last m minutes is close - (close - open) x m / 120. Where the
    venue's rule is unknown, it is the close.

    Parameters
    ----------
    market : Market
    expiry_ms : int, stamp
        Within the spot bars.
    """
    spot = market.spot
    row = (expiry_ms - int(spot.open_ms[0])) // spot.length_ms - 1
    known = np.flatnonzero(~np.isnan(spot.close[: row + 1]))[-1]
    first, last = float(spot.open[known]), float(spot.close[known])
    minutes = min(market.facts.settlement_minutes(expiry_ms), MINUTES_A_BAR)
    return last - (last - first) * minutes / (2.0 * MINUTES_A_BAR)


class _Leg:
    """The columns of one more leg, on the bars of a track."""

    def __init__(self, track: Track) -> None:
        """Begin as a copy of spot that does not trade."""
        self.first_fill = np.full(track.open_ms.size, np.nan)
        self.prices = [
            column[:, 0, SPOT].copy() for column in (track.open, track.high, track.low, track.close)
        ]
        self.volume = track.daily_volume[0, SPOT].copy()
        self.settled = np.full(track.open_ms.size, np.nan)
        self.funding = np.full(track.open_ms.size, np.nan)
        self.start = float(track.start_price[0, SPOT])


def _copied(track: Track, leg: int) -> _Leg:
    """Return a leg that is the same contract as one of the core."""
    made = _Leg(track)
    made.first_fill = track.first_fill[0, leg].copy()
    made.prices = [
        column[:, 0, leg].copy() for column in (track.open, track.high, track.low, track.close)
    ]
    made.volume = track.daily_volume[0, leg].copy()
    made.funding = track.funding[0, leg].copy()
    made.start = float(track.start_price[0, leg])
    return made


def _dated_leg(market: Market, track: Track, contracts: Sequence[Dated]) -> _Leg:
    """Return a leg in which contracts follow each other, each from the expiry of the one before.

    Where none is listed the leg stands at the spot price and does not trade.
    """
    made = _Leg(track)
    begins = 0
    for contract in contracts:
        bars, rows = _overlap(contract.bars, track.open_ms, begins, contract.expiry_ms)
        begins = contract.expiry_ms
        if rows.size == 0:
            continue
        _carry_basis(made, market, track, contract, int(rows[-1]) + 1)
        made.first_fill[rows] = contract.bars.open[bars]
        close = _carried(contract.bars.close[: bars[-1] + 1])[bars]
        before = np.concatenate([close[:1], close[:-1]])
        bar = contract.bars
        for column, values in zip(made.prices[:3], (bar.open, bar.high, bar.low), strict=True):
            column[rows] = np.where(np.isnan(values[bars]), before, values[bars])
        made.prices[3][rows] = close
        volume = daily_volume(bar, track.open_ms[rows])
        made.volume[rows] = np.where(volume > 0.0, volume, made.volume[rows])
        last = (contract.expiry_ms - int(track.open_ms[0])) // HOUR_MS - 1
        if last < track.open_ms.size:
            made.settled[last] = settlement_price(market, contract.expiry_ms)
    return made


def _carry_basis(made: _Leg, market: Market, track: Track, contract: Dated, begins: int) -> None:
    """Let a contract whose bars end before its expiry follow spot at its last distance from it."""
    bars = contract.bars
    spot = _carried(market.spot.close)
    row = (int(bars.open_ms[-1]) - int(market.spot.open_ms[0])) // market.spot.length_ms
    ratio = float(_carried(bars.close)[-1] / spot[row])
    ends = min(track.open_ms.size, (contract.expiry_ms - int(track.open_ms[0])) // HOUR_MS)
    for column in made.prices:
        column[begins:ends] *= ratio


def _overlap(bars: Bars, open_ms: Ints, begins: int, ends: int) -> tuple[Ints, Ints]:
    """Return rows of a contract's bars and of a track that are the same hours, in order."""
    first = max(int(bars.open_ms[0]), int(open_ms[0]), begins)
    end = min(bars.end_ms, int(open_ms[-1]) + HOUR_MS, ends)
    count = max(0, (end - first) // HOUR_MS)
    steps = np.arange(count)
    ours = (first - int(open_ms[0])) // HOUR_MS + steps
    return (first - int(bars.open_ms[0])) // HOUR_MS + steps, ours


def _carried(values: Floats) -> Floats:
    """Return values with each NaN replaced by the last known one; the first is known."""
    known = np.maximum.accumulate(np.where(np.isnan(values), 0, np.arange(values.size)))
    carried: Floats = values[known]
    return carried


def _legs(market: Market, track: Track, plan: Plan) -> list[_Leg]:
    legs = []
    for sleeve in plan.sleeves:
        legs.append(_copied(track, SPOT))
        if sleeve["kind"] == CARRY:
            legs.append(_copied(track, PERP))
            continue
        turns = [contracts_of(market.dated, place) for place in range(BASIS_FUTURES)]
        legs += [_dated_leg(market, track, contracts) for contracts in turns]
    return legs


def with_sleeves(track: Track, market: Market, plan: Plan) -> Track:
    """Return a track with the legs of a policy's sleeves beside those of the core."""
    if plan.sleeves.size == 0:
        return track
    legs = _legs(market, track, plan)

    def beside(columns: Floats, added: Sequence[Floats]) -> Floats:
        return np.concatenate([columns, np.stack(added)[None]], axis=1)

    def by_bar(columns: Floats, number: int) -> Floats:
        added = np.stack([leg.prices[number] for leg in legs], axis=1)[:, None]
        return np.concatenate([columns, added], axis=2)

    return track._replace(
        first_fill=beside(track.first_fill, [leg.first_fill for leg in legs]),
        open=by_bar(track.open, 0),
        high=by_bar(track.high, 1),
        low=by_bar(track.low, 2),
        close=by_bar(track.close, 3),
        funding=beside(track.funding, [leg.funding for leg in legs]),
        daily_volume=beside(track.daily_volume, [leg.volume for leg in legs]),
        settled=beside(track.settled, [leg.settled for leg in legs]),
        start_price=np.append(track.start_price[0], [leg.start for leg in legs])[None],
    )


def _columns_of(plan: Plan) -> list[int]:
    """Return which leg of the core costs what each leg of the sleeves costs."""
    found = []
    for sleeve in plan.sleeves:
        found += [SPOT, *[PERP] * int(sleeve["end_leg"] - sleeve["first_leg"])]
    return found


def sleeve_costs(costs: Costs, plan: Plan) -> Costs:
    """Return costs with those of sleeves: their futures cost what the perpetual does."""
    if plan.sleeves.size == 0:
        return costs
    taken = [SPOT, PERP, *_columns_of(plan)]
    return costs._replace(
        fee=costs.fee[:, taken],
        lot=costs.lot[:, taken],
        tick=costs.tick[:, taken],
        min_notional=costs.min_notional[:, taken],
    )


def lay_sleeves(legs: Table, plan: Plan, facts: Facts) -> None:
    """Write down what the legs of a policy's sleeves are.

    Parameters
    ----------
    legs : HOLDING[1, n_legs]
        Those of the core and of the sleeves; written into.
    plan : Plan
    facts : Facts
        Settling a contract costs what they say, or what trading it does where they do not.
    """
    fee = facts.settlement_fee
    for sleeve in plan.sleeves:
        futures = slice(int(sleeve["first_leg"]), int(sleeve["end_leg"]))
        legs["kind"][0, sleeve["spot_leg"]] = SPOT_COIN
        legs["covers"][0, futures] = sleeve["spot_leg"]
        legs["settlement_fee"][0, futures] = facts.fee_perp if np.isnan(fee) else fee
