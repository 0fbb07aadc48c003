"""Plans, signals, tracks and costs made by hand, so that tests of the core show their numbers."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from steelyard.decision.state import State, new_state
from steelyard.decision.step import decide
from steelyard.domain import codes
from steelyard.domain.arrays import Floats, Table
from steelyard.domain.plan import EFFECT, LIMITS, RULE, Costs, Plan, Signals, Track
from steelyard.domain.sleeves import OFFER_COLUMNS, SLEEVE
from steelyard.domain.time import DAY_MS, HOUR_MS
from steelyard.domain.view import View
from steelyard.planning.orders import LEG, lowers_risk, plan_orders, set_change

TRUTH = {"T": 1.0, "F": 0.0, "U": math.nan}
Program = Sequence[tuple[int, int]]
"""Postfix operations; see ``codes.OP_*``."""


def program_of(part: "str | Program | Sequence[float]", row: int) -> list[tuple[int, int]]:
    """Return a program as it is, and what reads a row of values where there is none."""
    operations = [one for one in part if isinstance(one, tuple)]
    return operations or [(codes.OP_SERIES, row)]


LIMIT_DEFAULTS: Mapping[str, float] = {
    "leverage": 2.0,
    "net_short": 1,
    "hedge_cap": 0.5,
    "band": 0.02,
    "relative_band": 0.0,
    "min_notional": 100.0,
    "turnover_per_day": 1.0,
    "defence_ratio": math.inf,
    "defence_leverage": math.inf,
    "defence_until": math.inf,
}


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One effect: its kind, its size at strength 0 and at 1, and its flags."""

    kind: int
    size: float | tuple[float, float]
    futures: float | tuple[float, float] = 0.0
    flags: int = 0


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A trigger or regime, with what its conditions are worth at each evaluation.

    ``when`` and ``release`` are texts of T, F and U, one letter a moment, or programs. ``strength``
    is a list of numbers or a program. ``due`` is a text, ``x`` where its clock strikes; without one
    it always does. ``requires`` and ``ends`` are numbers of entities, ``after`` numbers of regimes,
    -1 the baseline.
    """

    when: str | Program
    release: str | Program | None = None
    strength: Sequence[float] | Program | None = None
    due: str | None = None
    rule: Mapping[str, float] = field(default_factory=dict)
    effects: Sequence[Effect] = ()
    requires: Sequence[int] = ()
    ends: Sequence[int] = ()
    after: Sequence[int] | None = None
    spot: float | tuple[float, float] = 0.6
    futures: float | tuple[float, float] = 0.4
    cap: float = math.inf


def trigger(
    when: str | Program, *effects: Effect, release: str | Program | None = None, **rule: float
) -> Actor:
    """Return a trigger that is evaluated at every moment."""
    return Actor(when=when, release=release, effects=effects, rule=rule)


def regime(
    when: str | Program,
    weights: tuple[float, float],
    *,
    release: str | Program | None = None,
    after: Sequence[int] | None = None,
    **rule: float,
) -> Actor:
    """Return a regime that is evaluated at every moment."""
    spot, futures = weights
    return Actor(when=when, release=release, after=after, spot=spot, futures=futures, rule=rule)


def step(cut: float | tuple[float, float], *, to_spot: bool = True) -> Effect:
    return Effect(kind=codes.STEP, size=cut, flags=codes.FREED_TO_SPOT if to_spot else 0)


def hedge(of_spot: float | tuple[float, float], flags: int = 0) -> Effect:
    return Effect(kind=codes.ADDITIVE, size=of_spot, flags=flags)


def cover(ratio: float | tuple[float, float]) -> Effect:
    return Effect(kind=codes.LEVEL, size=ratio)


def shift(of_equity: float) -> Effect:
    return Effect(kind=codes.SHIFT, size=of_equity)


def absolute(spot: float, futures: float) -> Effect:
    return Effect(kind=codes.ABSOLUTE, size=spot, futures=futures)


def leverage_cap(most: float) -> Effect:
    return Effect(kind=codes.LEVERAGE_CAP, size=most)


def limits_of(**changes: float) -> Table:
    """Return limits with the defaults of the policy file, LIMITS[1]; margin defence is off."""
    table = np.zeros(1, LIMITS)
    for key, value in {**LIMIT_DEFAULTS, **changes}.items():
        table[key] = value
    return table


def effect_table(effects: Sequence[tuple[int, Effect]]) -> Table:
    """Return effects with the entity of each, in the order given, EFFECT[n_effects]."""
    table = np.zeros(len(effects), EFFECT)
    for row, (entity, effect) in zip(table, effects, strict=True):
        low, high = ends_of(effect.size)
        low2, high2 = ends_of(effect.futures)
        row["entity"], row["kind"], row["flags"] = entity, effect.kind, effect.flags
        row["low"], row["high"] = (low, low2), (high, high2)
    return table


def ends_of(size: float | tuple[float, float]) -> tuple[float, float]:
    return size if isinstance(size, tuple) else (size, size)


def truths(text: str) -> list[float]:
    """Return what a text of T, F and U says: 1, 0, NaN."""
    return [TRUTH[letter] for letter in text]


@dataclass(kw_only=True)
class Scene:
    """A plan and the signals that it runs on, both made of actors.

    Row ``3 e`` of the values is the entry condition of entity ``e``, the next two are its release
    and its strength; rows of ``extra`` follow.
    """

    triggers: Sequence[Actor] = ()
    regimes: Sequence[Actor] = ()
    baseline: tuple[float, float] = (0.6, 0.4)
    limits: Mapping[str, float] = field(default_factory=dict)
    extra: Sequence[Sequence[float]] = ()
    constants: Sequence[float] = ()
    slots: Sequence[tuple[int, int, int]] = ()
    closes: Sequence[float] = ()
    level: float = math.nan
    moments: int = 0
    every_ms: int = DAY_MS

    @property
    def actors(self) -> list[Actor]:
        return [*self.triggers, *self.regimes]

    @property
    def size(self) -> int:
        """Return the number of moments: as many as the longest text."""
        texts = [len(a.when) for a in self.actors if isinstance(a.when, str)]
        return self.moments or max(texts, default=1)

    def extra_row(self, number: int = 0) -> int:
        return 3 * len(self.actors) + number

    def plan(self) -> Plan:
        operations: list[tuple[int, int]] = []
        rules = np.zeros(len(self.actors), RULE)
        for entity, actor in enumerate(self.actors):
            self._write_rule(rules, entity, actor, operations)
        triggers, regimes = len(self.triggers), len(self.regimes)
        owned = [(e, effect) for e, actor in enumerate(self.actors) for effect in actor.effects]
        base = [[*ends_of(self.baseline[0]), *ends_of(self.baseline[1]), math.inf, 0.0]]
        base += [[*ends_of(r.spot), *ends_of(r.futures), r.cap, 0.0] for r in self.regimes]
        after = np.zeros((regimes, regimes + 1), bool)
        for row, actor in enumerate(self.regimes):
            after[row, [1 + place for place in actor.after or ()]] = True
        return Plan(
            rules=rules,
            order=np.arange(triggers),
            requires=self._matrix([a.requires for a in self.actors], triggers),
            after=after,
            ends=self._matrix([a.ends for a in self.actors], len(self.actors)),
            programs=np.array(operations, np.int64).reshape(-1, 2),
            constants=np.array(self.constants, float),
            slots=np.array(self.slots, np.int64).reshape(-1, 3),
            effects=effect_table(owned),
            base=np.array(base),
            limits=limits_of(**self.limits),
            sleeves=np.zeros(0, SLEEVE),
        )

    def _write_rule(
        self, rules: Table, entity: int, actor: Actor, operations: list[tuple[int, int]]
    ) -> None:
        rule = rules[entity]
        defaults = {"confirm_needed": 1, "confirm_window": 1, "release_confirm": 1}
        settings = {**defaults, "failsafe_after": -1, "severity": codes.CAUTIONARY, "near": 0.05}
        settings |= actor.rule
        for key, value in settings.items():
            rule[key] = value
        rule["clock"] = entity
        rule["has_after"] = 0 if actor.after is None else 1
        parts = (("entry", actor.when), ("release", actor.release), ("strength", actor.strength))
        for number, (name, part) in enumerate(parts):
            rule[f"{name}_first"] = len(operations)
            if part is not None:
                operations.extend(program_of(part, 3 * entity + number))
            rule[f"{name}_end"] = len(operations)

    @staticmethod
    def _matrix(named: Sequence[Sequence[int]], columns: int) -> np.ndarray:
        table = np.zeros((len(named), columns), bool)
        for row, places in enumerate(named):
            table[row, list(places)] = True
        return table

    def signals(self) -> Signals:
        size, actors = self.size, self.actors
        values = np.full((3 * len(actors) + len(self.extra), size), np.nan)
        due = np.ones((max(1, len(actors)), size), bool)
        for entity, actor in enumerate(actors):
            if isinstance(actor.when, str):
                values[3 * entity, : len(actor.when)] = truths(actor.when)
            if isinstance(actor.release, str):
                values[3 * entity + 1, : len(actor.release)] = truths(actor.release)
            numbers = [x for x in actor.strength or () if not isinstance(x, tuple)]
            if numbers:
                values[3 * entity + 2, : len(numbers)] = numbers
            if actor.due is not None:
                due[entity] = [letter == "x" for letter in actor.due]
        for number, row in enumerate(self.extra):
            values[self.extra_row(number)] = row
        bars = np.array(self.closes if len(self.closes) else np.full(size, np.nan), float)
        ms = self.every_ms * np.arange(size, dtype=np.int64)
        return Signals(
            ms=ms,
            due=due,
            values=values,
            grid_index=np.arange(size, dtype=np.int64)[None],
            close=bars[None],
            level_row=np.zeros((1, bars.size), np.int64),
            level_price=np.array([[self.level]]),
            level_known_ms=np.zeros((1, 1), np.int64),
            bar_known_ms=self.every_ms * np.arange(bars.size, dtype=np.int64)[None],
            offers=np.zeros((0, OFFER_COLUMNS, size)),
        )


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a decision left: phases by name, targets, regime, leverage, and the trace by name."""

    phases: tuple[str, ...]
    targets: tuple[float, float]
    regime: int
    leverage: float
    trace: tuple[tuple[str, float, float], ...]

    @property
    def stages(self) -> tuple[str, ...]:
        return tuple(name for name, _, _ in self.trace)


def seen(state: State) -> Seen:
    """Return what a state says."""
    stance = state.stance[0]
    rows = state.trace[: int(stance["trace_length"])]
    return Seen(
        phases=tuple(codes.PHASES[phase] for phase in state.life["phase"]),
        targets=(float(stance["spot"]), float(stance["futures"])),
        regime=int(stance["regime"]),
        leverage=float(stance["leverage"]),
        trace=tuple((stage_name(int(r[0])), float(r[1]), float(r[2])) for r in rows),
    )


def stage_name(stage: int) -> str:
    """Return the name of a stage, ``#2`` for the third effect."""
    first = codes.FIRST_EFFECT
    return f"#{stage - first}" if stage >= first else codes.STAGES[stage]


def play(scene: Scene, views: Sequence[View] = ()) -> list[Seen]:
    """Decide at every moment of a scene and return what each decision left.

    ``views``: the account at each moment; where not given, it holds nothing and made nothing.
    """
    plan, signals = scene.plan(), scene.signals()
    state = new_state(plan, signals.grid_index.shape[0])
    left = []
    for moment in range(scene.size):
        view = views[moment] if views else View(0.0, 0.0)
        decide(plan, signals, state, moment, view)
        left.append(seen(state))
    return left


def phases(scene: Scene, entity: int = 0) -> list[str]:
    """Return the phase of one entity after every decision."""
    return [one.phases[entity] for one in play(scene)]


def futures(scene: Scene) -> list[float]:
    """Return the futures target of every decision, to nine digits."""
    return [round(one.targets[1], 9) for one in play(scene)]


def track_of(  # noqa: PLR0913 - the columns of a track
    spot: Sequence[float],
    *,
    mark: Sequence[float] | None = None,
    high: Mapping[int, float] | None = None,
    low: Mapping[int, float] | None = None,
    funding: Mapping[int, float] | None = None,
    closed: Sequence[tuple[int, int]] = (),
    moments: Sequence[int] = (),
    begins: bool = True,
) -> Track:
    """Return bars that open at the close before them; ``spot[0]`` is the price at the start.

    Parameters
    ----------
    spot, mark : n_bars + 1 prices
        Mark is spot where not given.
    high, low : bar to price
        Extremes of the mark; else those of open and close.
    funding : bar to rate settled at its end
    closed : (leg, bar) that does not trade
    moments : bars at whose end there is an evaluation
        Numbered from 1, or from 0 without ``begins``.
    begins : whether there is an evaluation, number 0, at the first open
    """
    prices = np.array([spot, spot if mark is None else mark], float)
    count = prices.shape[1] - 1
    opens, closes = prices[:, :-1], prices[:, 1:]
    highs, lows = np.maximum(opens, closes), np.minimum(opens, closes)
    for bar, price in (high or {}).items():
        highs[1, bar] = price
    for bar, price in (low or {}).items():
        lows[1, bar] = price
    first = opens.copy()
    for leg, bar in closed:
        first[leg, bar] = np.nan
    rates = np.full((1, 2, count), np.nan)
    for bar, rate in (funding or {}).items():
        rates[0, 1, bar] = rate
    moment = np.full(count, -1, np.int64)
    moment[list(moments)] = np.arange(len(moments)) + (1 if begins else 0)
    return Track(
        length_ms=HOUR_MS,
        open_ms=HOUR_MS * np.arange(count, dtype=np.int64),
        first_fill=first[None],
        open=opens.T[:, None].copy(),
        high=highs.T[:, None].copy(),
        low=lows.T[:, None].copy(),
        close=closes.T[:, None].copy(),
        funding=rates,
        daily_volatility=np.full((1, count), 0.03),
        daily_volume=np.full((1, 2, count), 1e9),
        start_price=prices[None, :, 0].copy(),
        settled=np.full((1, 2, count), np.nan),
        worth=np.ones((count, 1)),
        start_worth=np.ones(1),
        deleveraged=np.zeros(count),
        moment=moment,
        first_moment=0 if begins else -1,
    )


def moments_at(signals: Signals, track: Track) -> Signals:
    """Return signals whose stamps are those of a track's evaluations."""
    at = np.flatnonzero(track.moment >= 0)
    ends = track.open_ms[at] + track.length_ms
    stamps = np.concatenate([track.open_ms[:1] if track.first_moment >= 0 else [], ends])
    return signals._replace(ms=stamps.astype(np.int64))


def costs_of(  # noqa: PLR0913 - the columns of costs
    *,
    fee: tuple[float, float] = (0.0, 0.0),
    half_spread_bps: float = 0.0,
    impact: float = 0.0,
    liquidation_fee: float = 0.0,
    lot: tuple[float, float] = (0.0, 0.0),
    least: tuple[float, float] = (0.0, 0.0),
    tiers: Sequence[tuple[float, float, float]] = ((50_000, 0.004, 0.0), (math.inf, 0.005, 50.0)),
) -> Costs:
    """Return costs; without arguments trading is free. A tier is (cap, rate, deduction)."""
    ladder: Floats = np.array(tiers, float).T
    return Costs(
        fee_from=np.zeros(1, np.int64),
        fee=np.array([fee]),
        half_spread_bps=half_spread_bps,
        impact=impact,
        liquidation_fee=liquidation_fee,
        worst_case=0,
        lot=np.array([lot]),
        tick=np.zeros((1, 2)),
        min_notional=np.array([least]),
        tier_cap=ladder[:1].copy(),
        tier_rate=ladder[1:2].copy(),
        tier_deduction=ladder[2:3].copy(),
    )


@dataclass(frozen=True, kw_only=True)
class Ordered:
    """What was ordered: coins per leg, why one is dropped, turnover, whether it lowers risk."""

    coins: tuple[float, float]
    change: tuple[float, float]
    dropped: tuple[int, int]
    turnover: float
    is_safer: bool


def ordered(  # noqa: PLR0913 - everything that planning looks at
    weights: tuple[float, float],
    targets: tuple[float, float],
    *,
    nav: float = 100_000.0,
    price: float = 50_000.0,
    band: float = 0.02,
    room: float = 1.0,
    lot: float = 0.0,
    least: float = 100.0,
) -> Ordered:
    """Return the orders that lead from weights to targets; price and sizes are those of both."""
    legs = np.zeros(2, LEG)
    legs["weight"], legs["target"] = weights, targets
    legs["price"], legs["lot"], legs["least"] = price, lot, least
    for leg in legs:
        set_change(leg, nav, band)
    turnover = plan_orders(legs, nav, room)
    spot, futures_coins = legs["order"].tolist()
    spot_change, futures_change = legs["change"].tolist()
    return Ordered(
        coins=(spot, futures_coins),
        change=(spot_change, futures_change),
        dropped=tuple(legs["dropped"].tolist()),
        turnover=turnover,
        is_safer=bool(lowers_risk(legs)),
    )
