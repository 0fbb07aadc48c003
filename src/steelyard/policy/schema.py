"""The shape of a policy file: every key with its kind, its limits and its default."""

from datetime import date
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from steelyard.policy.values import (
    Amount,
    Cap,
    Condition,
    Confirmation,
    Count,
    Cover,
    Currency,
    Fraction,
    Id,
    Ids,
    Leverage,
    Monday,
    Prose,
    Review,
    Several,
    Share,
    Signed,
    Span,
    Title,
    Worths,
    refused,
    shown,
)

BarKind: TypeAlias = Literal["1h", "4h", "1d", "1w"]
Severity: TypeAlias = Literal["critical", "protective", "cautionary", "opportunistic"]
OnUnknown: TypeAlias = Literal["hold", "ignore", "failsafe"]

PRIORITIES: Final[dict[Severity, int]] = {
    "critical": 90,
    "protective": 70,
    "cautionary": 50,
    "opportunistic": 30,
}
"""Priority of an effect by severity; the order is domain 4's, the numbers leave room between."""

DEFAULT_ANCHOR: Final = date(2024, 1, 1)
MAX_NAMES: Final = 200
"""Conditions that [define] may name."""

MAX_EFFECTS: Final = 48
"""Effects of one policy; with the fixed stages they fit into one composition trace."""


class Part(BaseModel):
    """One table of a policy file: no unknown key, no silent conversion, no change afterwards."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)


class Targets(Part):
    """Target weights as fractions of equity; ``futures`` is signed, long > 0.

    Ranges run from strength 0 to strength 1.
    """

    spot: Share
    futures: Signed


class Baseline(Part):
    """The weights at start and wherever no regime is in force."""

    spot: Fraction
    futures: Annotated[float, Field(ge=-10.0, le=10.0)]


class MarginDefence(Part):
    """When the account is shrunk at once (domain 11.6), and when that ends."""

    margin_ratio: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.50
    leverage: Leverage = 3.0
    until: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.30


class Depeg(Part):
    """When the collateral stablecoin counts as off its peg (domain 4, K2)."""

    outside: Worths
    hours: Several = 2
    inside: Worths
    inside_hours: Several = 24
    rotate_to: Currency | None = None


class Stale(Part):
    """What happens when prices or account state are missing (domain 9.2)."""

    minutes: Several = 15
    hedge_after_hours: Several = 24
    hedge: Fraction = 0.0


def _defence(value: object) -> object:
    if value is True:
        raise refused("is true, must be false or a table { margin_ratio, leverage, until }")
    return None if value is False else value


class Limits(Part):
    """What no target and no order may exceed."""

    leverage: Leverage = 2.0
    net_short: bool = True
    band: Fraction = 0.02
    relative_band: Fraction = 0.0
    min_notional: Amount = 100.0
    turnover_per_day: Annotated[float, Field(gt=0.0, le=1000.0)] = 1.0
    hedge_cap: Fraction = 0.50
    margin_defence: Annotated[MarginDefence | None, BeforeValidator(_defence)] = MarginDefence()
    depeg: Depeg | None = None
    stale: Stale | None = None


class Effect(Part):
    """What an active trigger does to the weights (domain 9.4); one table may hold several."""

    cut_longs: Share | None = None
    cut_of: Literal["longs", "equity"] = "longs"
    freed_to: Literal["spot", "cash"] = "cash"
    else_hedge: Share | None = None
    hedge: Share | None = None
    flatten_longs_first: bool = False
    cover: Cover | None = None
    absolute: Targets | None = Field(default=None, alias="set")
    shift: Share | None = None
    leverage_cap: Cap | None = None
    alert: Literal[True] | None = None

    def spans(self) -> dict[str, Span]:
        """Return every size of this effect under the key it was written with."""
        sizes = {
            "cut_longs": self.cut_longs,
            "else_hedge": self.else_hedge,
            "hedge": self.hedge,
            "cover": self.cover,
            "shift": self.shift,
            "leverage_cap": self.leverage_cap,
        }
        if self.absolute is not None:
            sizes |= {"set.spot": self.absolute.spot, "set.futures": self.absolute.futures}
        return {key: size for key, size in sizes.items() if size is not None}


class LifeCycle(Part):
    """The keys that triggers and regimes share (domain 9.3); ``id`` and ``when`` are needed."""

    id: Id
    when: Condition
    while_active: Ids = ()
    confirm: Confirmation = (1, 1)
    release: Condition | None = None
    release_confirm: Several = 1
    dwell: Count = 0
    cooldown: Count = 0
    unwind: Count = 0
    validity: Count = 2
    on_unknown: OnUnknown = "hold"
    failsafe_after: Count | None = None
    strength: Condition | None = None
    ratchet: Fraction = 0.0
    severity: Severity = "cautionary"
    priority: Annotated[int, Field(ge=0, le=1000)] | None = None
    releases: Ids = ()
    review: Review | None = None
    bars: BarKind | None = None
    only_if: Literal["hedge_in_profit", "spot_near_target"] | None = None
    why: Prose = ""

    @property
    def rank(self) -> int:
        """Return the priority, by severity where none is given."""
        return PRIORITIES[self.severity] if self.priority is None else self.priority


class Trigger(LifeCycle):
    """A condition with an effect."""

    effect: Effect


class Regime(LifeCycle):
    """A row of the matrix: a condition with target weights."""

    spot: Share
    futures: Signed
    leverage_cap: Leverage | None = None
    after: Ids | None = None
    near: Fraction = 0.05
    dwell: Count = 3


class Liquidity(Part):
    """The least liquidity for a sleeve's orders (domain 3.16)."""

    days: Count = 7
    spread_bps: Amount = 10.0
    depth: Amount = 5.0
    volume_share: Fraction = 0.01
    open_interest_share: Fraction = 0.01


class Basis(Part):
    """The basis sleeve: spot against a dated future (domain 7)."""

    allocation: Fraction
    source: Literal["held_first", "cash"] = "held_first"
    entry: Fraction = 0.15
    exit: Fraction = 0.05
    min_net: Fraction = 0.10
    liquidity: Liquidity = Liquidity()
    only_in: Ids = ()


class Carry(Part):
    """The carry sleeve: spot against the perpetual, for its funding (domain 7)."""

    allocation: Fraction
    source: Literal["held_first", "cash"] = "held_first"
    entry: Annotated[float, Field(ge=0.0, le=10.0)] = 0.20
    exit: Fraction = 0.05
    negative_settlements: Several = 3
    liquidity: Liquidity = Liquidity()
    only_in: Ids = ()


def _tables(value: object) -> object:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, tuple):
        return value
    raise refused(f"is {shown(value)}, must be tables, each headed by double brackets")


class PolicyDocument(Part):
    """A whole policy file, defaults filled in."""

    version: Literal[1] = Field(alias="schema")
    name: Title
    about: Prose = ""
    bars: BarKind = "1d"
    review: Review = "daily"
    anchor: Monday = DEFAULT_ANCHOR
    baseline: Baseline
    limits: Limits = Limits()
    define: dict[Id, Condition] = Field(default_factory=dict, max_length=MAX_NAMES)
    regimes: Annotated[tuple[Regime, ...], BeforeValidator(_tables)] = ()
    triggers: Annotated[tuple[Trigger, ...], BeforeValidator(_tables)] = ()
    basis: Basis | None = None
    carry: Carry | None = None

    @property
    def entities(self) -> tuple[LifeCycle, ...]:
        """Return triggers, then regimes, each in the file's order: the entities of a plan."""
        return (*self.triggers, *self.regimes)
