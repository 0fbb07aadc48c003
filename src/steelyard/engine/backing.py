"""This file holds the targets of a policy against what backs the futures of its account."""

from steelyard.engine.terms import document_of
from steelyard.policy.account import AccountTerms
from steelyard.policy.checks import check_targets, cut_by_coins
from steelyard.policy.compile import CompiledPolicy


def refuse_unbacked(compiled: CompiledPolicy, terms: AccountTerms | None) -> None:
    """Do nothing where what backs an account's futures is what a policy was loaded for.

    Raises
    ------
    PolicyError
        If a target is outside the limits.
    """
    policy = compiled.policy
    check_targets(policy.document, policy.source, in_coins=document_of(terms).in_coins)


def backing_warnings(compiled: CompiledPolicy, terms: AccountTerms | None) -> tuple[str, ...]:
    """Return a warning of the targets that coins do not back, and which are cut."""
    names = cut_by_coins(compiled.policy.document) if document_of(terms).in_coins else ()
    if not names:
        return ()
    return (
        (
            f"Coins back the futures of this account, and these targets hold more than the limit "
            f"of leverage times their spot: {', '.join(names)}; their futures were cut to it."
        ),
    )
