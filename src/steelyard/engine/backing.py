"""This file holds the targets of a policy against what backs the futures of its account."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from steelyard.domain import codes
from steelyard.domain.arrays import Ints
from steelyard.domain.record import Decisions, Walk
from steelyard.domain.targets import SLACK
from steelyard.engine.terms import document_of
from steelyard.policy.account import AccountTerms
from steelyard.policy.checks import check_targets, cut_by_coins
from steelyard.policy.compile import CompiledPolicy
from steelyard.report.activity import BASELINE
from steelyard.report.shares import owners
from steelyard.report.words import counted


def refuse_unbacked(compiled: CompiledPolicy, terms: AccountTerms | None) -> None:
    """Do nothing where what backs an account's futures is what a policy was loaded for.

    Raises
    ------
    PolicyError
        If a target is outside the limits.
    """
    policy = compiled.policy
    check_targets(policy.document, policy.source, in_coins=document_of(terms).in_coins)


def unbacked(compiled: CompiledPolicy, terms: AccountTerms | None) -> tuple[str, ...]:
    """Return whose futures an account cuts whenever they are in force, whatever else is."""
    return cut_by_coins(compiled.policy.document) if document_of(terms).in_coins else ()


def backing_warnings(compiled: CompiledPolicy, walked: Walk) -> tuple[str, ...]:
    """Return a warning of the decisions of a run whose futures coins did not back, and whose."""
    cut, lines = _cut(walked.decisions)
    if not walked.in_coins or cut.size == 0:
        return ()
    named = Counter(_whose(compiled, walked.decisions, cut, lines))
    listed = ", ".join(f"{name} in {count:,d}" for name, count in named.most_common())
    many = counted(len(walked.decisions.ms), "evaluation")
    return (
        (
            f"Coins back the futures of this account, and in {cut.size:,d} of {many} the targets "
            f"held more than the leverage in force times their spot, and their futures were cut "
            f"to it: {listed}."
        ),
    )


def _cut(decisions: Decisions) -> tuple[Ints, Ints]:
    """Return which decisions the margin rule changed, and the line of each that says so first."""
    lines = np.arange(decisions.trace.shape[1])
    written = lines < decisions.trace_length[:, None]
    margin = written & (decisions.trace[:, :, 0] == codes.STAGE_MARGIN)
    cut = np.flatnonzero(margin.any(axis=1))
    return cut, margin[cut].argmax(axis=1)


def _whose(compiled: CompiledPolicy, decisions: Decisions, cut: Ints, lines: Ints) -> Iterator[str]:
    """Yield who asked for more than is backed, and whose cap of leverage made it more."""
    trace, most = decisions.trace[cut], decisions.leverage[cut, None]
    within = np.abs(trace[:, :, 2]) <= most * trace[:, :, 1] + SLACK
    before = np.arange(trace.shape[1]) < lines[:, None]
    asked = np.where(within & before, np.arange(1, trace.shape[1] + 1), 0).max(axis=1)
    owned = owners(compiled.plan, decisions, cut, asked)
    owned |= owners(compiled.plan, decisions, cut, lines)
    policy, base = compiled.policy, len(compiled.policy.trigger_ids)
    for number, name in enumerate(policy.trigger_ids):
        yield from [name] * int(owned[:, number].sum())
    for regime in decisions.regime[cut[owned[:, base]]]:
        yield policy.regime_ids[regime] if regime >= 0 else BASELINE
