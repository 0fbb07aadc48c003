"""Runs made by hand for the report's tests: a small plain ledger, no kernel and no policy."""

from dataclasses import dataclass

import numpy as np

from steelyard.domain import codes
from steelyard.domain.arrays import Floats
from steelyard.domain.market import Bars, Facts, Funding, Hole, Market, Source, Tiers
from steelyard.domain.plan import Plan, Track
from steelyard.domain.record import (
    FILL_LIQUIDATION,
    FILL_REBALANCE,
    MAX_TRACE,
    Curve,
    Decisions,
    Fills,
    Walk,
)
from steelyard.domain.time import DAY_MS, HOUR_MS, stamp
from steelyard.report.inputs import BENCHMARKS, PolicyFacts, RunInputs
from tests.support.plans import Scene, cover, regime, step, track_of, trigger

START_MS = stamp(2021, 11, 10)
FEE = 0.001
SLIP = 0.0002
BASIS = 0.001
RATE = 0.00012
"""Every eight hours a long pays this fraction of its mark value to a short."""

TRIGGERS = ("atr_expansion", "support_breach")
REGIMES = ("breakdown", "range")
ROWS = {-1: (0.6, 0.4), 0: (0.3, -0.7), 1: (0.6, 0.4)}


@dataclass(frozen=True)
class Script:
    """What a made policy does on each day: regime and active triggers (domain numbers)."""

    regime: tuple[int, ...]
    active: tuple[frozenset[int], ...]

    def targets(self, day: int) -> tuple[float, float]:
        spot, futures = ROWS[self.regime[day]]
        if 0 in self.active[day] and futures > 0.0:
            spot, futures = spot + 0.15 * futures, 0.85 * futures
        if 1 in self.active[day]:
            futures = min(futures, -spot)
        return spot, futures


def made_script(days: int) -> Script:
    """Quiet, then an expansion, a breach, a breakdown, and a range: each a fifth of the time."""
    fifth = max(days // 5, 1)
    regime = tuple((-1, -1, -1, 0, 1)[min(day // fifth, 4)] for day in range(days))
    sets = (frozenset[int](), frozenset({0}), frozenset({0, 1}), frozenset({1}), frozenset[int]())
    return Script(regime, tuple(sets[min(day // fifth, 4)] for day in range(days)))


def made_prices(days: int, seed: int = 7) -> Floats:
    """Hourly closes that rise, crash and recover, the first being the price at the start."""
    noise = np.random.default_rng(seed).normal(0.0, 0.006, days * 24)
    drift = 0.002 * np.sin(np.linspace(0.0, 2.5 * np.pi, days * 24))
    path: Floats = 50_000.0 * np.exp(np.concatenate([[0.0], np.cumsum(noise + drift * 0.4)]))
    return path


def _bars(path: Floats, start_ms: int, length: int) -> Bars:
    opens, closes = path[:-1], path[1:]
    count = closes.size // length
    grouped = path[: count * length + 1]
    blocks = [grouped[i * length : (i + 1) * length + 1] for i in range(count)]
    del opens
    return Bars(
        length_ms=length * HOUR_MS,
        open_ms=start_ms + np.arange(count, dtype=np.int64) * length * HOUR_MS,
        open=np.array([block[0] for block in blocks]),
        high=np.array([block.max() for block in blocks]) * 1.001,
        low=np.array([block.min() for block in blocks]) * 0.999,
        close=np.array([block[-1] for block in blocks]),
        volume=np.full(count, 1_000.0),
    )


def made_market(path: Floats, *, start_ms: int = START_MS, is_synthetic: bool = False) -> Market:
    hourly, settled = _bars(path, start_ms, 1), np.arange(8, path.size, 8)
    source = Source(
        series="binance.spot.BTCUSDT.1h",
        sha256="ab" * 32,
        first_ms=start_ms,
        last_ms=start_ms + (path.size - 2) * HOUR_MS,
    )
    return Market(
        asset="BTC",
        quote="USDT",
        venue="binance",
        spot=hourly,
        perp=hourly,
        mark=_bars(path * (1.0 + BASIS), start_ms, 1),
        funding=Funding(
            ms=start_ms + settled.astype(np.int64) * HOUR_MS,
            rate=np.full(settled.size, RATE),
            interval_hours=np.full(settled.size, 8.0),
            follows=np.ones(settled.size, dtype=np.bool_),
        ),
        tiers=Tiers(cap=np.array([np.inf]), rate=np.array([0.004]), deduction=np.array([0.0])),
        tiers_source="made for a test",
        facts=Facts(
            fee_spot=FEE,
            fee_perp=FEE,
            lot_spot=0.0,
            lot_perp=0.0,
            min_spot=0.0,
            min_perp=0.0,
            liquidation_fee=0.005,
            source="made for a test",
        ),
        bars={"1h": hourly, "1d": _bars(path, start_ms, 24), "1w": _bars(path, start_ms, 168)},
        sources=(source,),
        holes=(
            Hole(
                series=source.series,
                start_ms=start_ms + 30 * HOUR_MS,
                end_ms=start_ms + 33 * HOUR_MS,
                count=3,
            ),
        ),
        is_synthetic=is_synthetic,
    )


class _Ledger:
    """One account, hour by hour, booked part by part."""

    def __init__(self, cash: float, price: float) -> None:
        self.cash, self.price = cash, price
        self.coins = np.zeros(2)
        self.parts = np.zeros(len(codes.PARTS))
        self.costs = self.futures = 0.0
        self.traded = np.zeros(2)

    def equity(self) -> float:
        return self.cash + float(self.coins[0]) * self.price

    def trade(self, wanted: Floats) -> list[tuple[int, float, float, float, float, float]]:
        done = []
        for leg in range(2):
            size = float(wanted[leg] - self.coins[leg])
            if abs(size) * self.price < 1e-6:
                continue
            reference = self.price * (1.0 + BASIS * leg)
            price = reference * (1.0 + SLIP * np.sign(size))
            fee, slippage = abs(size) * price * FEE, size * (price - reference)
            self.cash -= fee + slippage + (size * reference if leg == 0 else 0.0)
            self.parts[codes.PART_FEES] -= fee
            self.parts[codes.PART_SLIPPAGE] -= slippage
            self.futures -= (fee + slippage) * leg
            self.coins[leg] += size
            self.traded[leg] += abs(size) * price
            done.append((leg, size, float(price), float(reference), float(fee), float(slippage)))
        return done

    def mark(self, price: float, *, settles: bool) -> None:
        change, spot, futures = price - self.price, self.coins[0], self.coins[1]
        self.parts[codes.PART_SPOT] += spot * change
        self.parts[codes.PART_FUTURES] += futures * change
        self.parts[codes.PART_BASIS] += futures * change * BASIS
        self.cash += futures * change * (1.0 + BASIS)
        self.futures += futures * change * (1.0 + BASIS)
        self.price = price
        if settles:
            received = -futures * price * (1.0 + BASIS) * RATE
            self.parts[codes.PART_FUNDING] += received
            self.cash += received
            self.futures += received


def made_walk(path: Floats, script: Script, cash: float = 100_000.0, start: int = START_MS) -> Walk:
    """One decision a day at 00:00, filled at once; everything booked every hour."""
    ledger, hours = _Ledger(cash, float(path[0])), path.size - 1
    decisions = made_decisions(script, start)
    curve = np.zeros((6, hours))
    parts, futures = np.zeros((hours, len(codes.PARTS))), np.zeros(hours)
    fills: list[tuple[int, int, float, float, float, float, float]] = []
    for hour in range(hours):
        day = hour // 24
        if hour % 24 == 0 and (day == 0 or script.targets(day) != script.targets(day - 1)):
            wanted = np.array(script.targets(day)) * ledger.equity() / ledger.price
            decisions.ordered[day] = wanted - ledger.coins
            fills += [(hour, *fill) for fill in ledger.trade(wanted)]
        ledger.mark(float(path[hour + 1]), settles=(hour + 1) % 8 == 0)
        short = float(ledger.coins[1]) * ledger.price * (1.0 + BASIS)
        spot = float(ledger.coins[0]) * ledger.price
        ratio = abs(short) * 0.004 / ledger.cash
        regime = script.regime[min((hour + 1) // 24, len(script.regime) - 1)]
        curve[:, hour] = (ledger.equity(), spot, short, ledger.cash, ratio, regime)
        parts[hour], futures[hour] = ledger.parts, ledger.futures
    return Walk(
        start_equity=cash,
        curve=Curve(
            ms=start + (1 + np.arange(hours, dtype=np.int64)) * HOUR_MS,
            equity=curve[0],
            spot=curve[1],
            futures=curve[2],
            cash=curve[3],
            margin_ratio=curve[4],
            regime=curve[5].astype(np.int64),
            sleeve_spot=np.zeros(hours),
            sleeve_futures=np.zeros(hours),
            backing=curve[3],
            coins=np.zeros(hours),
            worth=np.ones(hours),
            own_fees=np.zeros(hours),
            off_peg=np.zeros(hours, np.int64),
            borne=np.zeros(hours),
        ),
        decisions=decisions,
        fills=_fills(fills, start),
        parts=parts,
        futures_costs=futures,
        futures_price=parts[:, codes.PART_FUTURES] + parts[:, codes.PART_BASIS],
        traded=ledger.traded,
        too_small=0,
        capped=0,
        unpaid=0,
        waited=0,
        defended=0,
        restored=0,
        leg_parts=np.zeros((1, 2, len(codes.PARTS))),  # the made ledger does not tell legs apart
    )


def _fills(rows: list[tuple[int, int, float, float, float, float, float]], start: int) -> Fills:
    column = list(zip(*rows, strict=True)) if rows else [()] * 7
    ms = start + np.array(column[0], dtype=np.int64) * HOUR_MS
    return Fills(
        ms,
        ms,
        np.zeros(len(rows), dtype=np.int64),
        np.array(column[1], dtype=np.int64),
        np.full(len(rows), FILL_REBALANCE, dtype=np.int64),
        *(np.array(values, dtype=np.float64) for values in column[2:]),
    )


def made_decisions(script: Script, start: int = START_MS) -> Decisions:
    days, entities = len(script.regime), len(TRIGGERS) + len(REGIMES)
    phase = np.zeros((days, entities), dtype=np.int64)
    trace, length = np.zeros((days, MAX_TRACE, 3)), np.zeros(days, dtype=np.int64)
    for day in range(days):
        for active in script.active[day]:
            phase[day, active] = codes.ACTIVE
        if script.regime[day] >= 0:
            phase[day, len(TRIGGERS) + script.regime[day]] = codes.ACTIVE
        steps = [(float(codes.STAGE_BASE), *ROWS[script.regime[day]])]
        if script.active[day]:
            stage = codes.STAGE_LEVEL if 1 in script.active[day] else codes.FIRST_EFFECT
            steps.append((float(stage), *script.targets(day)))
        trace[day, : len(steps)], length[day] = steps, len(steps)
    return Decisions(
        ms=start + np.arange(days, dtype=np.int64) * DAY_MS,
        evaluated=np.ones((days, entities), dtype=np.bool_),
        condition=(phase == codes.ACTIVE).astype(np.float64),
        phase=phase,
        strength=np.full((days, entities), np.nan),
        regime=np.array(script.regime, dtype=np.int64),
        targets=np.array([script.targets(day) for day in range(days)]),
        trace=trace,
        trace_length=length,
        leverage=np.full(days, 2.0),
        ordered=np.zeros((days, 2)),
    )


@dataclass(frozen=True)
class Constant(Script):
    """A benchmark: the same targets every day."""

    spot: float = 1.0
    futures: float = 0.0

    def targets(self, day: int) -> tuple[float, float]:
        del day
        return self.spot, self.futures


CONSTANTS = {
    "hold": (1.0, 0.0),
    "static_70_30": (0.7, 0.3),
    "static_60_40": (0.6, 0.4),
    "constant_delta": (0.5, 0.0),
    "sma200_only": (0.0, 0.0),
}
POLICY = PolicyFacts(
    name="made",
    sha256="cd" * 32,
    about="A policy made for a test.",
    trigger_ids=TRIGGERS,
    regime_ids=REGIMES,
    effect_ids=TRIGGERS,
    effect_stages=(codes.FIRST_EFFECT, codes.STAGE_LEVEL),
    effects={"atr_expansion": "cuts long futures by 15 %", "support_breach": "short 100 % of spot"},
    conditions={"atr_expansion": "atr(14) / ago(atr(14), 7) - 1 >= 0.50"},
    why={"atr_expansion": "Ranges half again as wide within a week."},
    defence_margin_ratio=0.5,
)


def made_plan(more_triggers: int = 0) -> Plan:
    """The plan behind ``POLICY`` and ``ROWS``; nobody evaluates its conditions."""
    breach = trigger("F", cover(1.0), severity=codes.PROTECTIVE)
    return Scene(
        triggers=[trigger("F", step(0.15)), breach, *[trigger("F")] * more_triggers],
        regimes=[regime("F", ROWS[number]) for number in range(len(REGIMES))],
        baseline=ROWS[-1],
    ).plan()


def made_track(path: Floats, start_ms: int = START_MS) -> Track:
    """The bars of a path, with the mark and the funding of the plain ledger."""
    settled = {hour: RATE for hour in range(path.size - 1) if (hour + 1) % 8 == 0}
    track = track_of(path.tolist(), mark=(path * (1.0 + BASIS)).tolist(), funding=settled)
    return track._replace(open_ms=track.open_ms + start_ms)


def made_inputs(
    days: int = 60, *, seed: int = 7, is_synthetic: bool = False, script: Script | None = None
) -> RunInputs:
    path = made_prices(days, seed)
    still = (-1,) * days, (frozenset[int](),) * days
    return RunInputs(
        policy=POLICY,
        plan=made_plan(),
        market=made_market(path, is_synthetic=is_synthetic),
        track=made_track(path),
        start_ms=START_MS,
        end_ms=START_MS + days * DAY_MS,
        walk=made_walk(path, script or made_script(days)),
        benchmarks={
            name: made_walk(path, Constant(*still, *CONSTANTS[name])) for name in BENCHMARKS
        },
        assumptions={
            "fees": {"spot": FEE, "perpetual": FEE},
            "slippage": {"half_spread_bps": 2.0, "impact": 0.0},
            "tiers": "made for a test",
            "fill": "at once, at the last price",
        },
    )


def force_last_fill(inputs: RunInputs, charged: float) -> float:
    """Make the last fill of the policy a liquidation that charged this much; return its old costs.

    From its bar on the books and the equity are as if it had been one.
    """
    walk, fills = inputs.walk, inputs.walk.fills
    fee, slippage = float(fills.fee[-1]), float(fills.slippage[-1])
    later = walk.curve.ms > fills.filled_ms[-1]
    walk.parts[later, codes.PART_FEES] += fee
    walk.parts[later, codes.PART_SLIPPAGE] += slippage
    walk.parts[later, codes.PART_LIQUIDATION] -= charged
    for column in (walk.curve.equity, walk.curve.cash, walk.futures_costs):
        column[later] -= charged - fee - slippage
    fills.reason[-1], fills.fee[-1] = FILL_LIQUIDATION, charged - slippage
    return fee + slippage
