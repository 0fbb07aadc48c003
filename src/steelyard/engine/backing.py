"""This file holds the targets of a policy against what backs the futures of its account."""

import numpy as np

from steelyard.domain import codes
from steelyard.domain.arrays import Flags, Ints
from steelyard.domain.record import Decisions, Walk
from steelyard.domain.targets import SLACK
from steelyard.engine.terms import document_of, refuse_rotation, refuse_sleeves
from steelyard.policy.account import AccountTerms
from steelyard.policy.checks import check_targets, cut_by_coins
from steelyard.policy.compile import CompiledPolicy
from steelyard.report.activity import BASELINE
from steelyard.report.shares import owners
from steelyard.report.words import counted


def refuse_unfit(compiled: CompiledPolicy, terms: AccountTerms | None) -> None:
    """Do nothing where a policy can be run on an account.

    Raises
    ------
    PolicyError
        If it would exchange the account's stablecoin for itself, has sleeves that the account
        cannot hold, or targets that nothing would back.
    """
    policy = compiled.policy
    refuse_rotation(compiled, terms)
    check_targets(policy.document, policy.source, in_coins=document_of(terms).in_coins)
    refuse_sleeves(compiled, terms)


def surely_cut(compiled: CompiledPolicy, terms: AccountTerms | None) -> tuple[str, ...]:
    """Return whose futures an account cuts whenever they are in force, whatever else is."""
    return cut_by_coins(compiled.policy.document) if document_of(terms).in_coins else ()


def cut_in_run(compiled: CompiledPolicy, walked: Walk) -> dict[str, Ints]:
    """Return whose futures coins did not back in a run, each with when it was, the most first.

    Who asked for more than is backed, and whose cap of leverage made it more; stamps of
    evaluations. Empty where cash backs futures.
    """
    if not walked.in_coins:
        return {}
    decisions, policy = walked.decisions, compiled.policy
    cut, lines = _cut(decisions)
    owned, regime = _owned(compiled, decisions, cut, lines), decisions.regime[cut]
    of_base = owned[:, len(policy.trigger_ids)]
    found = {name: owned[:, number] for number, name in enumerate(policy.trigger_ids)}
    for number, name in enumerate((BASELINE, *policy.regime_ids), start=-1):
        found[name] = of_base & (regime == number)
    most = sorted(found.items(), key=lambda each: -int(each[1].sum()))
    return {name: decisions.ms[cut[rows]] for name, rows in most if rows.any()}


def backing_warnings(compiled: CompiledPolicy, walked: Walk) -> tuple[str, ...]:
    """Return a warning of futures that coins did not back in a run."""
    found = cut_in_run(compiled, walked)
    if not found:
        return ()
    listed = ", ".join(f"{name} in {ms.size:,d}" for name, ms in found.items())
    many = counted(walked.decisions.ms.size, "evaluation")
    return (
        (
            f"Coins back the futures of this account, and these held more than the leverage in "
            f"force times their spot and were cut to it, of {many}: {listed}."
        ),
    )


def _cut(decisions: Decisions) -> tuple[Ints, Ints]:
    """Return which decisions the margin rule changed, and the line of each that says so first."""
    lines = np.arange(decisions.trace.shape[1])
    written = lines < decisions.trace_length[:, None]
    margin = written & (decisions.trace[:, :, 0] == codes.STAGE_MARGIN)
    cut = np.flatnonzero(margin.any(axis=1))
    return cut, margin[cut].argmax(axis=1)


def _owned(compiled: CompiledPolicy, decisions: Decisions, cut: Ints, lines: Ints) -> Flags:
    """Return which sources asked for more than is backed, or made it more, bool[n, n_sources].

    The first are whose line of the trace was the last to go beyond it.
    """
    trace, most = decisions.trace[cut], decisions.leverage[cut, None]
    within = np.abs(trace[:, :, 2]) <= most * trace[:, :, 1] + SLACK
    after = np.arange(1, trace.shape[1] + 1)
    asked = np.where(within & (after <= lines[:, None]), after, 0).max(axis=1)
    asking = owners(compiled.plan, decisions, cut, asked)
    return asking | owners(compiled.plan, decisions, cut, lines)
