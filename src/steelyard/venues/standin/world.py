"""This file is what the stand-in knows: contracts, their history, indices and the time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from steelyard.domain.arrays import Floats
from steelyard.domain.time import DAY_MS, HOUR_MS
from steelyard.venues.standin.history import History, Window, bars

Key = tuple[str, str, str]
"""Market, kind and symbol of a history."""

FUNDING_LATE_MS: Final = 10
"""Settlements are stamped less than this after the hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What can be traded, as a venue lists it.

    Parameters
    ----------
    market : str
        ``spot``, ``um``, ``cm`` of Binance; ``bybit_spot``, ``bybit_linear``, ``bybit_inverse``.
    symbol, base, quote : str
        As the venue writes them.
    tick, step, least : str
        Smallest change of the price and of the quantity, smallest notional.
    size : float
        Dollars of one coin-margined contract.
    onboard_ms, expiry_ms : int, stamps
        An expiry of 0 is none.
    delisted_ms : int, stamp
        When trading in it ended, 0 where it did not.
    funding_hours : int
        Today's interval of a perpetual.
    """

    market: str
    symbol: str
    base: str
    quote: str = "USDT"
    tick: str = "0.01"
    step: str = "0.001"
    least: str = "5"
    size: float = 1.0
    onboard_ms: int = 0
    expiry_ms: int = 0
    delisted_ms: int = 0
    funding_hours: int = 8

    @property
    def decimals(self) -> int:
        """Return with how many decimals prices are written."""
        return len(self.tick.partition(".")[2])

    @property
    def pair(self) -> str:
        """Return the pair that a contract belongs to."""
        return f"{self.base}{self.quote}"

    def trades(self, now_ms: int) -> bool:
        """Tell whether it trades at a moment."""
        ends = [ms for ms in (self.expiry_ms, self.delisted_ms) if ms]
        return self.onboard_ms <= now_ms < min(ends, default=now_ms + 1)


class Asked(NamedTuple):
    """One request."""

    method: str
    host: str
    path: str
    query: Mapping[str, str] = {}

    @property
    def place(self) -> str:
        """Return where it is directed, without the query."""
        return f"{self.host}{self.path}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    status: int
    body: bytes
    kind: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Standin:
    """Everything that the stand-in answers from.

    Parameters
    ----------
    now_ms : callable
        The clock of every venue. Months that ended before it are in the archive.
    history : dict of (market, kind, symbol) to History
        Kinds are those of the archive, such as ``klines`` or ``markPriceKlines``; ``metrics`` is
        open interest.
    contracts : sequence of Contract
        What the venues list.
    volatility : dict of str to History
        Hourly index by currency.
    mood : sequence of (int, float)
        Days in seconds, values.
    header : bool
        Whether bars have a header in the archive.
    files : dict of str to bytes
        Of the archive, by key; made of the history when they are first asked for.
    """

    now_ms: Callable[[], int]
    history: dict[Key, History] = field(default_factory=dict)
    contracts: Sequence[Contract] = ()
    volatility: dict[str, History] = field(default_factory=dict)
    mood: Sequence[tuple[int, float]] = ()
    header: bool = True
    files: dict[str, bytes] = field(default_factory=dict)
    filled: set[Key] = field(default_factory=set)

    def listed(self, market: str) -> list[Contract]:
        """Return the contracts of a market that have been listed by now, if it knows their bars."""
        now_ms = self.now_ms()
        return [
            one
            for one in self.contracts
            if one.market == market
            and one.onboard_ms <= now_ms
            and (market, "klines", one.symbol) in self.history
        ]

    def contract(self, market: str, symbol: str) -> Contract | None:
        """Return a listed contract by its symbol; None where there is none."""
        return next((one for one in self.listed(market) if one.symbol == symbol), None)

    def last_day(self, contract: Contract) -> Floats:
        """Return the hours of the last day; where it had none, one at the last price."""
        history, now_ms = self.history[contract.market, "klines", contract.symbol], self.now_ms()
        day = bars(history, "1h", Window(now_ms - DAY_MS, None, 25), now_ms).rows
        if len(day):
            return day
        last = float(history.rows[-1, 3])
        return np.array([[last, last, last, last, 0.0, 0.0]])

    def newest(self, key: Key, column: int) -> float:
        """Return the newest number of a history of settlements or open interest; else 0."""
        one = self.history.get(key)
        seen = 0 if one is None else int(np.searchsorted(one.ms, self.now_ms(), side="right"))
        return float(one.rows[seen - 1, column]) if one is not None and seen else 0.0

    def price(self, market: str, kind: str, symbol: str) -> float:
        """Return the price of a contract now; 0 where it has no history of that kind."""
        one = self.history.get((market, kind, symbol))
        seen = None if one is None else one.until(self.now_ms())
        return float(seen.rows[-1, 3]) if seen is not None and seen.ms.size else 0.0


def settled_ms(ms: int) -> int:
    """Return when a settlement of an hour is stamped: some milliseconds after it.

    Examples
    --------
    >>> [settled_ms(hour * HOUR_MS) - hour * HOUR_MS for hour in (0, 8, 16)]
    [0, 8, 6]
    """
    return ms + ms // HOUR_MS % FUNDING_LATE_MS
