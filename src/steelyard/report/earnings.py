"""What each rule of a policy earned and cost, and what the hedge did apart from the core."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from steelyard.domain import codes
from steelyard.domain.arrays import Flags, Floats
from steelyard.domain.plan import Plan
from steelyard.domain.sleeves import SLEEVES
from steelyard.report.activity import BASELINE
from steelyard.report.by_source import PARTS, check_sources, split
from steelyard.report.inputs import PolicyFacts, RunInputs
from steelyard.report.shares import LIMITS

TITLES: Final = {"no_net_short": "no net short", "margin": "margin limit"}
"""What people call the limits of the composition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Earned:
    """Parts of a change of equity, in quote currency; a cost is negative (see ``Attribution``)."""

    spot: float
    futures: float
    basis: float
    funding: float
    fees: float
    slippage: float
    liquidation: float
    total: float

    @property
    def costs(self) -> float:
        """Return fees, slippage and liquidation, in quote; negative was paid."""
        return self.fees + self.slippage + self.liquidation

    @property
    def moved(self) -> bool:
        """Tell whether any part is other than 0."""
        return any(getattr(self, part) != 0.0 for part in PARTS)

    @property
    def gross(self) -> float:
        """Return what prices and funding brought, in quote, before costs."""
        return self.total - self.costs


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A rule of a policy and what its coins earned.

    Parameters
    ----------
    id : str
        Of a trigger or regime, ``baseline``, or the stage of the composition that is a limit.
    kind : str
        ``baseline``, ``regime``, ``trigger``, ``rule`` or ``sleeve``.
    earned : Earned
    """

    id: str
    kind: str
    earned: Earned

    @property
    def title(self) -> str:
        """Return what people call it."""
        return TITLES.get(self.id, self.id) if self.kind == "rule" else self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Earnings:
    """Where a run's result came from, by rule.

    Parameters
    ----------
    sources : tuple of Source
        The baseline, the regimes, the triggers, the limits, the sleeves. Their parts sum to the
        attribution.
    hedge : Earned
        Futures owned by protective triggers and by regimes with short futures (domain 10.8).
    core : Earned
        The rest but the sleeves.
    """

    sources: tuple[Source, ...]
    hedge: Earned
    core: Earned


def _earned(parts: Floats) -> Earned:
    named = {name: float(part) + 0.0 for name, part in zip(PARTS, parts, strict=True)}
    return Earned(**named, total=math.fsum(named.values()))


def _names(policy: PolicyFacts, plan: Plan) -> list[tuple[str, str]]:
    """Return kind and id of every source, as ``split`` numbers them."""
    return [
        *(("trigger", name) for name in policy.trigger_ids),
        *(("regime", name) for name in policy.regime_ids),
        ("baseline", BASELINE),
        *(("rule", codes.STAGES[stage]) for stage in LIMITS),
        *(("sleeve", SLEEVES[sleeve["kind"]]) for sleeve in plan.sleeves),
    ]


def _hedges(plan: Plan) -> Flags:
    """Return which sources hedge with the futures they own, bool[n_sources]."""
    short = plan.base[:, 2:4].min(axis=1) < 0.0
    protects = plan.rules["severity"][: plan.order.size] >= codes.PROTECTIVE
    others = np.zeros(len(LIMITS) + plan.sleeves.size, np.bool_)
    return np.concatenate([protects, short[1:], short[:1], others])


def earnings(inputs: RunInputs) -> Earnings:
    """Return what each rule of a run's policy earned and cost.

    Raises
    ------
    LedgerError
        If the sources and the books of the run disagree.
    """
    found = split(inputs.plan, inputs.track, inputs.walk)
    check_sources(found, inputs.walk)
    sources = [
        Source(id=name, kind=kind, earned=_earned(parts))
        for (kind, name), parts in zip(
            _names(inputs.policy, inputs.plan), found.amounts.sum(axis=1), strict=True
        )
    ]
    order = ("baseline", "regime", "trigger", "rule", "sleeve")
    hedging = np.zeros(found.amounts.shape[:2], np.bool_)
    hedging[:, codes.PERP] = _hedges(inputs.plan)
    lent = np.zeros_like(hedging)
    lent[:, codes.PERP + 1 :] = True
    return Earnings(
        sources=tuple(sorted(sources, key=lambda source: order.index(source.kind))),
        hedge=_earned(found.amounts[hedging].sum(axis=0)),
        core=_earned(found.amounts[~hedging & ~lent].sum(axis=0)),
    )
