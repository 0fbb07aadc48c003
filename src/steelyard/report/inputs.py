"""What a report is made of: the policy's words, the market, the walks, the assumptions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from steelyard.domain.market import Market
from steelyard.domain.plan import Plan, Track
from steelyard.domain.record import Walk

if TYPE_CHECKING:
    from steelyard.report.ladder import LadderFacts

JsonValue: TypeAlias = "bool | int | float | str | list[JsonValue] | Mapping[str, JsonValue] | None"
"""What a JSON document may hold; an unknown number is None, never NaN."""

BENCHMARKS = ("hold", "static_70_30", "static_60_40", "constant_delta", "sma200_only")
"""Benchmarks that stand next to every policy (domain 12), in the order they are shown."""


SPOT_BENCHMARKS = ("hold", "constant_delta", "sma200_only")
"""Those that need no futures: all there are on a market of spot alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyFacts:
    """What a report says about a policy, as plain text and numbers.

    Parameters
    ----------
    name, sha256 : str
        ``sha256`` is that of the canonical effective document.
    about : str
        The policy's own sentence about itself.
    trigger_ids, regime_ids : tuple of str
        In the order of the plan's entities: triggers first, then regimes, safest first.
    effect_ids : tuple of str
        The entity behind each effect row of the plan; names the rows of a composition trace.
    effect_stages : tuple of int
        The stage of the composition trace to which each effect row belongs (``codes.STAGE_*``).
    effects : mapping of id to str
        What the trigger or regime does, in a few words (``"short 100 % of spot"``).
    conditions : mapping of id to str
        Its condition as the policy file has it.
    why : mapping of id to str
        The policy's own reason for it.
    defence_margin_ratio : float, fraction
        Margin ratio at which margin defence begins; infinity when it is off.
    """

    name: str
    sha256: str
    about: str = ""
    trigger_ids: tuple[str, ...]
    regime_ids: tuple[str, ...]
    effect_ids: tuple[str, ...]
    effect_stages: tuple[int, ...]
    effects: Mapping[str, str] = field(default_factory=dict)
    conditions: Mapping[str, str] = field(default_factory=dict)
    why: Mapping[str, str] = field(default_factory=dict)
    defence_margin_ratio: float = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInputs:
    """One run of a policy with its benchmarks, from which everything reported is computed.

    Parameters
    ----------
    policy : PolicyFacts
    plan : Plan
    market : Market
    track : Track
    start_ms, end_ms : int, milliseconds
        The account lives on the bars from ``start_ms`` up to ``end_ms``.
    walk : Walk
        Of the policy: its plan over its track.
    benchmarks : mapping of name to Walk
        All of ``BENCHMARKS``, or of ``SPOT_BENCHMARKS`` where the market has no futures, over the
        same bars with the same starting equity.
    assumptions : mapping
        Exactly the keys ``fees``, ``slippage``, ``tiers``, ``fill``.
    warnings : tuple of str
        What the engine and the policy compiler have to say. Liquidations, holes, waiting orders,
        synthetic data and too few events need not be in it: the report finds those itself.
    ladder : callable
        Climbs the ladder of the day that is open at the end; asked by the page only, as it takes
        a second.
    """

    policy: PolicyFacts
    plan: Plan
    market: Market
    track: Track
    start_ms: int
    end_ms: int
    walk: Walk
    benchmarks: Mapping[str, Walk]
    assumptions: Mapping[str, JsonValue]
    warnings: tuple[str, ...] = ()
    ladder: "Callable[[], LadderFacts | None]" = lambda: None
