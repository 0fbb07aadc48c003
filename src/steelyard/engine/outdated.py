"""This file warns of contract facts that a run uses outside the time of which they are known."""

from collections.abc import Iterator, Mapping
from typing import Final

from steelyard.domain.market import Market
from steelyard.domain.time import text

MEANINGS: Final[Mapping[str, str]] = {
    "fees": (
        "what the venue charged then may have been more or less: read the costs as those of these "
        "rates, and compare only runs with the same ones"
    ),
    "spot lots": (
        "orders are rounded by these and refused below these: where the account is small, see how "
        "many orders came to nothing"
    ),
    "perpetual lots": (
        "orders are rounded by these and refused below these: where the account is small, see how "
        "many orders came to nothing"
    ),
    "liquidation fee": (
        "a liquidation may have cost more or less then: it matters only where the run has one"
    ),
    "maintenance tiers": (
        "the venue may have liquidated earlier or later then: do not rely on a margin ratio that "
        "comes near 1"
    ),
}
"""What it means for a run that a fact is of another time, and what to do."""


_OF_FUTURES: Final = ("perpetual lots", "liquidation fee", "maintenance tiers")


def outdated_facts(market: Market, start_ms: int, end_ms: int) -> Iterator[str]:
    """Yield a sentence for each fact whose time does not cover a run.

    Parameters
    ----------
    market : Market
        With what is known of its facts; an invented market has invented facts, of any time.
    start_ms, end_ms : int, stamps
        The run.
    """
    if market.is_synthetic:
        return
    for fact in market.known:
        if not market.has_futures and fact.what in _OF_FUTURES:
            continue
        if fact.first_ms <= start_ms and end_ms <= fact.end_ms:
            continue
        yield (
            f"{fact.what.capitalize()} as of {fact.noted} ({fact.source}), used from "
            f"{text(start_ms)} to {text(end_ms)}: {MEANINGS[fact.what]}."
        )
