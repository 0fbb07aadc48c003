"""This file is an explanation as values: a decision with everything that led to it."""

from dataclasses import dataclass
from enum import StrEnum

from steelyard.report.terms import Clause, Tomorrow


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """A trigger that ``while_active`` names, and whether it is active."""

    id: str
    is_active: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """Where a trigger or regime stands in its life; counts are evaluations of its own clock.

    Parameters
    ----------
    phase : str
        One of ``codes.PHASES``.
    confirmed, confirm, of : int
        Evaluations that count towards entry, of those needed, of the last that are looked at.
    confirm_left : int
        Further evaluations it needs at least; 0 while active.
    released, release_confirm : int
        Evaluations in a row that called for its end, of those needed.
    dwell_left, release_left : int
        Until it may end; until it ends if every one calls for it. 0 while it is not active.
    cooldown_left : int
        Evaluations of cooldown still to come.
    pending : int
        Evaluations that a confirmed entry still waits for its guard.
    slice_done, slices : int
        Of an unwind.
    strength : float, 0 to 1
        NaN where it has none.
    on_unknown : str
        What an unknown condition counts as.
    unknown_run : int
        Evaluations in a row at which its condition was unknown.
    """

    phase: str
    confirmed: int
    confirm: int
    of: int
    confirm_left: int
    released: int
    release_confirm: int
    dwell_left: int
    release_left: int
    cooldown_left: int
    pending: int
    slice_done: int
    slices: int
    strength: float
    on_unknown: str
    unknown_run: int


class Why(StrEnum):
    """What keeps a regime out of force."""

    FALSE = "condition_false"
    UNKNOWN = "condition_unknown"
    NOT_ACTIVE = "needs_trigger_active"
    NOT_AFTER = "only_after"
    UNCONFIRMED = "unconfirmed"
    GUARD = "guard"
    COOLDOWN = "cooldown"
    UNWINDING = "unwinding"
    SAFER_HOLDS = "safer_regime_not_released"
    SAFER_CHOSEN = "safer_regime_entered"
    RELEASED = "just_released"
    NOT_DUE = "not_evaluated_since"


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """One reason why a regime is not in force.

    Parameters
    ----------
    why : Why
    ids : tuple of str
        Triggers that would have to be active, regimes it may be entered from, the safer regime, or
        the guard.
    have, need : int
        Evaluations so far and in all, where the reason counts any.
    """

    why: Why
    ids: tuple[str, ...] = ()
    have: int = 0
    need: int = 0


class Place(StrEnum):
    """How a regime stands to the one in force."""

    IN_FORCE = "in_force"
    SAFER = "safer"
    BOLDER = "bolder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standpoint:
    """Where a regime stands, and why it is not in force."""

    place: Place
    obstacles: tuple[Obstacle, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One trigger or regime.

    Parameters
    ----------
    id : str
    kind : str
        ``trigger`` or ``regime``.
    does, why : str
        What it does, and the policy's own reason.
    evaluated_ms : int, milliseconds
        Its last evaluation, to which all values here belong; 0 where there was none yet.
    condition : float
        Entry condition with ``while_active`` at that evaluation: 1, 0, NaN for unknown.
    needs : tuple of Needed
        ``while_active``.
    guard : str
        ``only_if``; empty without one.
    guard_holds : float
        1 or 0 on the account as it is; NaN without a guard.
    life : Life
    entry : Clause
    release : Clause or None
        Where it is active, or was before the evaluation; None where it ends with its own condition.
    tomorrow, release_tomorrow : Tomorrow or None
        What closes do to the entry condition and, while it is active, to its release; None where
        this was not asked, or the close does not enter the condition.
    standpoint : Standpoint or None
        Of a regime.
    """

    id: str
    kind: str
    does: str
    why: str
    evaluated_ms: int
    condition: float
    needs: tuple[Needed, ...]
    guard: str
    guard_holds: float
    life: Life
    entry: Clause
    release: Clause | None
    tomorrow: Tomorrow | None
    release_tomorrow: Tomorrow | None
    standpoint: Standpoint | None

    @property
    def is_in_force(self) -> bool:
        """Tell whether it is active or unwinds."""
        return self.life.phase in {"active", "unwinding"}


class Fate(StrEnum):
    """What became of an effect in force (domain 9.5)."""

    APPLIED = "applied"
    DROPPED = "dropped_beside_protective"
    SKIPPED_LEVEL = "skipped_beside_level"
    SKIPPED_NO_LONGS = "skipped_without_long_futures"
    SKIPPED_LONGS = "skipped_while_long_futures"
    OUTRANKED = "outranked"


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """An effect in force: whose, its kind, its size now, and what became of it.

    Parameters
    ----------
    id, kind : str
        Trigger; one of ``codes.EFFECTS``.
    size : float
        In the effect's own unit; spot of a ``set``.
    second : float
        Futures of a ``set``; 0 for others.
    fate : Fate
    """

    id: str
    kind: str
    size: float
    second: float
    fate: Fate


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One line of the composition trace.

    Parameters
    ----------
    name : str
        ``base``, ``effect``, or a rule of ``codes.STAGES``.
    ids : tuple of str
        The regime of a base, the triggers whose effects the line holds.
    spot, futures : float, signed fractions of equity
        Weights after it.
    """

    name: str
    ids: tuple[str, ...]
    spot: float
    futures: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """How the targets came about.

    Parameters
    ----------
    stages : tuple of Stage
        By rules 1 to 8 of domain 9.5.
    effects : tuple of InForce
    leverage : float
        Leverage limit in force.
    hedge_cap : float
        Most that added hedges may come to, as a fraction of spot value.
    is_capped : bool
        Whether they were cut to it.
    binding : int
        Row of the last stage that changed the weights: what the targets are due to.
    """

    stages: tuple[Stage, ...]
    effects: tuple[InForce, ...]
    leverage: float
    hedge_cap: float
    is_capped: bool
    binding: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One leg of the account and the order that waits in it.

    Parameters
    ----------
    name : str
        ``spot`` or ``futures``.
    weight, target : float, signed fractions of equity
        Of the core: held now, and asked for beside what sleeves hold of it.
    band : float, fraction of equity
        A smaller difference is not traded.
    price : float, quote per coin
        Spot price or mark.
    order : float, coins
        Positive buys; 0 is none.
    reason : str
        ``rebalance`` or ``margin_defence``; empty without an order.
    notional, fee, slippage : float, quote
        Of the order, at the last prices by the fill model of the backtest; a positive cost is paid.
    fills : float, coins
        What of the order can be paid for.
    ordered : float, coins
        What the last evaluation ordered.
    """

    name: str
    weight: float
    target: float
    band: float
    price: float
    order: float
    reason: str
    notional: float
    fee: float
    slippage: float
    fills: float
    ordered: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """What the futures position stands on.

    Parameters
    ----------
    equity, cash : float, quote
    spot, futures : float, signed fractions of equity
        Of the whole account, sleeves included.
    margin_ratio : float
        Maintenance margin over cash; liquidation at 1. Infinity without cash.
    leverage : float
        Futures notional over cash; infinity without cash.
    liquidation_price : float, quote per coin
        Mark at which futures are closed by force, all moving alike; NaN where no price does.
    """

    equity: float
    cash: float
    spot: float
    futures: float
    margin_ratio: float
    leverage: float
    liquidation_price: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The pair of a sleeve, in coins.

    Parameters
    ----------
    sleeve : str
        ``basis`` or ``carry``.
    spot, held : float, >= 0
        Spot of the pair, and what of it is the core's.
    futures : float
        Sold against it: negative.
    spot_order, futures_order : float
        What waits; positive buys.
    """

    sleeve: str
    spot: float
    held: float
    futures: float
    spot_order: float
    futures_order: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What is ordered, and what it makes of the account at the last prices.

    Parameters
    ----------
    legs : tuple of Leg
        Those of the core.
    pairs : tuple of Pair
        One for each sleeve of the policy.
    before, after : Margin
    """

    legs: tuple[Leg, ...]
    pairs: tuple[Pair, ...]
    before: Margin
    after: Margin


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Where a policy and its account stand at a moment, and why.

    Parameters
    ----------
    policy, sha256 : str
        Name and digest.
    asset, quote : str
    at_ms, decided_ms : int, milliseconds
        The moment, and the last evaluation at or before it.
    close : float, quote per coin
        Last spot price; NaN where it is unknown.
    regime : str
        ``baseline`` where none is in force.
    spot, futures : float, signed fractions of equity
        Targets.
    reason : str
        What the last evaluation changed, in one sentence or more.
    entities : tuple of Entity
        Triggers, then regimes, safest first.
    composition : Composition
    orders : Orders
    until_ms : int, milliseconds
        End of the day whose closes were tried.
    reach : float
        How far they reach, as a fraction of the last; 0 where none were tried.
    """

    policy: str
    sha256: str
    asset: str
    quote: str
    at_ms: int
    decided_ms: int
    close: float
    regime: str
    spot: float
    futures: float
    reason: str
    entities: tuple[Entity, ...]
    composition: Composition
    orders: Orders
    until_ms: int
    reach: float

    @property
    def delta(self) -> float:
        """Return the net exposure, as a signed fraction of equity."""
        return self.spot + self.futures

    @property
    def triggers(self) -> tuple[Entity, ...]:
        """Return the triggers."""
        return tuple(one for one in self.entities if one.kind == "trigger")

    @property
    def regimes(self) -> tuple[Entity, ...]:
        """Return the regimes, safest first."""
        return tuple(one for one in self.entities if one.kind == "regime")
