"""This file makes the world that the stand-in shows unless another is given: invented and seeded.

Its prices are those of the synthetic market, moved by whole weeks so that it goes on for four more
weeks after now. It has what real venues have and programs trip over: contracts that ended,
a symbol that counts in thousands, settlements every eight hours, then four, then one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from steelyard.data.synthetic import SEED, synthetic_world
from steelyard.data.synthetic import World as Synthetic
from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.time import DAY_MS, HOUR_MS, WEEK_MS
from steelyard.venues.standin.history import History
from steelyard.venues.standin.quarters import quarter_end_after, quarter_end_before
from steelyard.venues.standin.world import Contract, Key, Standin

_GOES_ON_MS: Final = 4 * WEEK_MS
_HALF_YEAR_MS: Final = 182 * DAY_MS
_CHANGES_DAYS: Final = ((60, 4), (10, 1))
"""So many days ago the hours between settlements of the third coin became these."""

_DELISTED_DAYS: Final = 200
_BASIS: Final = 0.05
"""What dated contracts stand over the index, a year."""

_BYBIT: Final = 1.0001
"""Bybit's prices over those of Binance."""

_DOLLARS: Final = {"BTC": 100.0}
_SPOT_TICKS: Final = {"BTC": "0.01", "ETH": "0.01", "SOL": "0.001", "1000PEPE": "0.00000001"}


@dataclass(frozen=True, slots=True)
class _Coin:
    """A coin of the invented world: where it ranks, its price beside BTC's, how it is written."""

    name: str
    number: int
    scale: float
    tick: str
    step: str


_COINS: Final = (
    _Coin("BTC", 0, 1.0, "0.10", "0.001"),
    _Coin("ETH", 1, 0.05, "0.01", "0.001"),
    _Coin("SOL", 2, 0.002, "0.0010", "0.1"),
    _Coin("1000PEPE", 3, 2e-7, "0.0000001", "1"),
    _Coin("FTT", 4, 5e-4, "0.001", "0.1"),
)


def invented_world(now_ms: Callable[[], int], seed: int = SEED) -> Standin:
    """Return an invented world, the same for equal seeds and weeks.

    Parameters
    ----------
    now_ms : callable
        The clock of every venue.
    seed : int, >= 0
        Of the noise, not of the plot.
    """
    start_ms = now_ms()
    world = Standin(now_ms)
    contracts: list[Contract] = []
    for coin in _COINS:
        market = _Market.of(coin, seed, start_ms)
        for contract, history in _contracts(market, start_ms):
            contracts.append(contract)
            world.history |= history
        world.history |= dict(_indices(market))
        if coin.name in {"BTC", "ETH"}:
            world.volatility[coin.name] = market.volatility()
        if coin.name == "BTC":
            world.mood = market.mood()
    world.contracts = contracts
    return world


@dataclass(frozen=True, slots=True)
class _Market:
    """The synthetic market of one coin, moved to now."""

    coin: _Coin
    synthetic: Synthetic
    shift_ms: int

    @staticmethod
    def of(coin: _Coin, seed: int, start_ms: int) -> "_Market":
        synthetic = synthetic_world(seed + coin.number)
        late_ms = start_ms + _GOES_ON_MS - synthetic.hourly.spot.end_ms
        return _Market(coin, synthetic, -(-late_ms // WEEK_MS) * WEEK_MS)

    @property
    def ms(self) -> Ints:
        """Return the hours."""
        return self.synthetic.hourly.spot.open_ms + self.shift_ms

    def bars(self, over: Floats | float = 1.0, *, decimals: int = 8) -> History:
        """Return the bars of spot, times something known at each close."""
        bars = self.synthetic.hourly.spot
        factor = np.broadcast_to(np.asarray(over) * self.coin.scale, bars.close.shape)
        before = np.concatenate((factor[:1], factor[:-1]))
        opened, close = bars.open * before, bars.close * factor
        top, bottom = np.maximum(opened, close), np.minimum(opened, close)
        prices = (
            opened,
            np.maximum(bars.high * factor, top),
            np.minimum(bars.low * factor, bottom),
        )
        rounded = [np.round(column, decimals) for column in (*prices, close)]
        volume = np.round(bars.volume / self.coin.scale, 3)
        return History(self.ms, np.column_stack([*rounded, volume, volume * rounded[3]]))

    def premium(self) -> Floats:
        """Return by how much futures stand over spot, as a fraction, at each close."""
        hourly = self.synthetic.hourly
        told: Floats = hourly.perp.close / hourly.spot.close - 1.0
        return told

    def funding(self, start_ms: int) -> History:
        """Return settlements; those of the third coin come more often from two days on."""
        made = self.synthetic.funding
        ms, rate = made.ms + self.shift_ms, made.rate
        if self.coin.name != "SOL":
            return History(ms, np.column_stack([np.full(ms.size, 8.0), rate]))
        changes = [(0, 8)] + [
            ((start_ms // DAY_MS - days) * DAY_MS, hours) for days, hours in _CHANGES_DAYS
        ]
        at = np.arange(int(ms[0]), int(ms[-1]) + 1, HOUR_MS)
        hours = np.full(at.size, 8)
        for from_ms, every in changes:
            hours[at > from_ms] = every
        due = at % (hours * HOUR_MS) == 0
        rates = np.round(np.interp(at[due], ms, rate) * hours[due] / 8.0, 8)
        return History(at[due], np.column_stack([hours[due], rates]))

    def interest(self, unit: Floats | float = 1.0) -> History:
        """Return open interest every hour, in coins or by another unit, and its value."""
        hours = self.ms[1:]
        day_ms = self.synthetic.day_ms + self.shift_ms + DAY_MS
        coins = np.interp(hours, day_ms, self.synthetic.open_interest) / self.coin.scale
        price = self.synthetic.hourly.spot.close[1:] * self.coin.scale
        amount = np.round(coins * np.broadcast_to(unit, price.shape), 3)
        return History(hours, np.column_stack([amount, np.round(coins * price, 3)]))

    def volatility(self) -> History:
        """Return the volatility index, hourly: a day's value at noon, a line between."""
        noon = self.synthetic.day_ms + self.shift_ms + DAY_MS // 2
        value = np.interp(self.ms, noon, self.synthetic.implied_vol)
        after = np.append(value[1:], value[-1])
        rows = (value, np.maximum(value, after), np.minimum(value, after), after)
        return History(self.ms, np.round(np.column_stack(rows), 2))

    def mood(self) -> list[tuple[int, float]]:
        """Return the days of fear and greed."""
        days = (self.synthetic.day_ms + self.shift_ms) // 1000
        return list(zip(days.tolist(), self.synthetic.fear_greed.tolist(), strict=True))

    def end_at(self, history: History, end_ms: int) -> History:
        """Return what of a history lies before a moment."""
        count = int(np.searchsorted(history.ms, end_ms))
        return History(history.ms[:count], history.rows[:count])


_Listed = Iterator[tuple[Contract, dict[Key, History]]]


def _contracts(market: _Market, start_ms: int) -> _Listed:
    coin = market.coin
    if coin.name == "FTT":
        yield _linear(market, "um", start_ms, delisted_ms=_ago(start_ms, _DELISTED_DAYS))
        return
    yield from _spot(market)
    yield _linear(market, "um", start_ms)
    yield _linear(market, "bybit_linear", start_ms)
    if coin.name in {"BTC", "ETH"}:
        yield _inverse(market, "cm", f"{coin.name}USD_PERP", start_ms)
        yield _inverse(market, "bybit_inverse", f"{coin.name}USD", start_ms)
    if coin.name == "BTC":
        current = quarter_end_after(start_ms)
        for expiry_ms in (quarter_end_before(start_ms), current, quarter_end_after(current)):
            yield _dated(market, "um", expiry_ms)
            yield _dated(market, "cm", expiry_ms)
            yield _dated(market, "bybit_linear", expiry_ms)


def _ago(start_ms: int, days: int) -> int:
    return (start_ms // DAY_MS - days) * DAY_MS


def _spot(market: _Market) -> _Listed:
    coin = market.coin
    thousand = 1000 if coin.name.startswith("1000") else 1
    base = coin.name.removeprefix("1000")
    for venue, over in (("spot", 1.0), ("bybit_spot", _BYBIT)):
        listed = Contract(
            market=venue,
            symbol=f"{base}USDT",
            base=base,
            tick=_SPOT_TICKS[coin.name],
            step="0.00001" if coin.name in {"BTC", "ETH"} else "0.1",
            onboard_ms=int(market.ms[0]),
        )
        bars = market.bars(over / thousand, decimals=listed.decimals)
        yield listed, {(venue, "klines", listed.symbol): bars}


def _linear(
    market: _Market, venue: str, start_ms: int, delisted_ms: int = 0
) -> tuple[Contract, dict[Key, History]]:
    coin, premium = market.coin, market.premium()
    over = _BYBIT if venue.startswith("bybit") else 1.0
    listed = Contract(
        market=venue,
        symbol=f"{coin.name}USDT",
        base=coin.name,
        tick=coin.tick,
        step=coin.step,
        least="100" if coin.name == "BTC" and venue == "um" else "5",
        onboard_ms=int(market.ms[0]),
        delisted_ms=delisted_ms,
        funding_hours=_CHANGES_DAYS[-1][1] if coin.name == "SOL" else 8,
    )
    kinds = {
        "klines": market.bars((1.0 + premium) * over, decimals=listed.decimals),
        "markPriceKlines": market.bars((1.0 + 0.8 * premium) * over),
        "premiumIndexKlines": _premium(market, premium),
        "fundingRate": market.funding(start_ms),
        "metrics": market.interest(),
    }
    end_ms = delisted_ms or int(market.ms[-1]) + DAY_MS
    return listed, {
        (venue, kind, listed.symbol): market.end_at(one, end_ms) for kind, one in kinds.items()
    }


def _premium(market: _Market, premium: Floats) -> History:
    before = np.concatenate((premium[:1], premium[:-1]))
    none = np.zeros(premium.size)
    top, bottom = np.maximum(before, premium), np.minimum(before, premium)
    rows = np.column_stack([before, top, bottom, premium, none, none])
    return History(market.ms, np.round(rows, 8))


def _inverse(
    market: _Market, venue: str, symbol: str, start_ms: int
) -> tuple[Contract, dict[Key, History]]:
    coin = market.coin
    size = 1.0 if venue == "bybit_inverse" else _DOLLARS.get(coin.name, 10.0)
    listed = Contract(
        market=venue,
        symbol=symbol,
        base=coin.name,
        quote="USD",
        tick=coin.tick,
        step="1",
        size=size,
        onboard_ms=int(market.ms[0]),
    )
    premium = market.premium()
    price = market.synthetic.hourly.spot.close[1:] * coin.scale
    return listed, {
        (venue, "klines", symbol): _in_contracts(
            market.bars(1.0 + premium, decimals=listed.decimals), size
        ),
        (venue, "markPriceKlines", symbol): market.bars(1.0 + 0.8 * premium),
        (venue, "premiumIndexKlines", symbol): _premium(market, premium),
        (venue, "fundingRate", symbol): market.funding(start_ms),
        (venue, "metrics", symbol): market.interest(price / size),
    }


def _in_contracts(bars: History, size: float) -> History:
    """Return bars whose volume counts contracts, and coins in place of the quote currency."""
    rows = bars.rows.copy()
    rows[:, 4], rows[:, 5] = np.floor(bars.rows[:, 5] / size), bars.rows[:, 4]
    return History(bars.ms, rows)


def _dated(market: _Market, venue: str, expiry_ms: int) -> tuple[Contract, dict[Key, History]]:
    coin = market.coin
    inverse = venue == "cm"
    day = np.datetime64(expiry_ms, "ms").astype(object)
    pair = f"{coin.name}USD" if inverse else f"{coin.name}USDT"
    name = f"{day:%y%m%d}" if venue in {"um", "cm"} else f"{day:%d%b%y}".upper()
    listed = Contract(
        market=venue,
        symbol=f"{pair}_{name}" if venue in {"um", "cm"} else f"{pair}-{name}",
        base=coin.name,
        quote="USD" if inverse else "USDT",
        tick=coin.tick,
        step="1" if inverse else coin.step,
        size=_DOLLARS[coin.name] if inverse else 1.0,
        onboard_ms=expiry_ms - _HALF_YEAR_MS,
        expiry_ms=expiry_ms,
    )
    years = np.maximum(expiry_ms - market.ms - HOUR_MS, 0) / (365.0 * DAY_MS)
    life = (market.ms >= listed.onboard_ms) & (market.ms < expiry_ms)
    over = 1.0 + _BASIS * years
    bars, marked = market.bars(over, decimals=listed.decimals), market.bars(over)
    bars = _in_contracts(bars, listed.size) if inverse else bars
    return listed, {
        (venue, "klines", listed.symbol): History(bars.ms[life], bars.rows[life]),
        (venue, "markPriceKlines", listed.symbol): History(marked.ms[life], marked.rows[life]),
        (venue, "metrics", listed.symbol): market.interest(0.1),
    }


def _indices(market: _Market) -> Iterator[tuple[Key, History]]:
    """Return the index that each futures market follows: spot."""
    spot = market.bars()
    spot.rows[:, 4:] = 0.0
    for venue, quote in (
        ("um", "USDT"),
        ("cm", "USD"),
        ("bybit_linear", "USDT"),
        ("bybit_inverse", "USD"),
    ):
        yield (venue, "indexPriceKlines", f"{market.coin.name}{quote}"), spot
