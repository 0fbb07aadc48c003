"""This file puts a review into words: the answer, gauges, triggers, levels."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from steelyard.features.level_facts import KeyLevel
from steelyard.report.explain_orders import ordered_words
from steelyard.report.explain_regimes import obstacle_words
from steelyard.report.explain_text import brief, nearness, state_words
from steelyard.report.explanation import Entity
from steelyard.report.ladder_figures import ladder_words
from steelyard.report.reasons import weights
from steelyard.report.review import Gauge, Review
from steelyard.report.words import number, percent, price, signed_percent

A_YEAR: Final = 3.0 * 365.0
"""Eight-hour settlements of a year."""

NEAR: Final = 6
"""Key levels that are shown, half of them above the close."""


def answer(found: Review) -> str:
    """Return the first sentence: the stance, and what is to be done now."""
    explained = found.explained
    asset = f"synthetic {explained.asset}" if found.is_synthetic else explained.asset
    return (
        f"{explained.policy} on {asset} is in {explained.regime} and asks for "
        f"{weights(explained.spot, explained.futures)}, net {signed_percent(explained.delta)}; "
        f"{ordered_words(explained)}."
    )


def news(found: Review) -> str:
    """Return what changed since the day before, in one text."""
    return " ".join(found.changes) or "Since yesterday nothing changed."


def gauge_value(gauge: Gauge) -> str:
    """Return a measure with its unit; funding per eight hours and per year beside each other.

    Examples of the outcome: ``0.0100 % per 8 h, 11.0 % a year``, ``24,109 coins``.
    """
    if gauge.missing or math.isnan(gauge.value):
        return "unknown"
    match gauge.unit:
        case "rate_8h":
            return f"{percent(gauge.value, 4)} per 8 h, {percent(gauge.value * A_YEAR)} a year"
        case "rate_a_year":
            return f"{percent(gauge.value)} a year"
        case "percent_a_year":
            return f"{number(gauge.value, 1)} % a year"
        case "coins":
            return f"{gauge.value:,.0f} coins"
        case _:
            return f"{number(gauge.value)} %"


def gauge_rank(gauge: Gauge) -> str:
    """Return where a measure stands in its year, or why that is not known."""
    if gauge.missing:
        return gauge.missing
    if math.isnan(gauge.rank):
        return "too little of the year is known"
    return f"above {gauge.rank:.0f} % of it"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerRow:
    """One trigger as a row: its state, what is still to go, and how near that is.

    Parameters
    ----------
    id, does : str
    state : str
    to_go : tuple of str
        Lines.
    nearness : float, 0 to 1
        1 is in force, 0 is as far as the ladder reaches or cannot be told.
    """

    id: str
    does: str
    state: str
    to_go: tuple[str, ...]
    nearness: float


def trigger_rows(found: Review) -> tuple[TriggerRow, ...]:
    """Return every trigger, those in force first, then the nearest."""
    return tuple(_row(found, one) for one in sorted(found.explained.triggers, key=nearness))


def _row(found: Review, entity: Entity) -> TriggerRow:
    _, *lines = (line for _, line in brief(found.explained, entity))
    kind, distance = nearness(entity)
    near = 1.0 if kind < 2 else max(0.0, 1.0 - distance)  # noqa: PLR2004 - idle
    return TriggerRow(
        id=entity.id,
        does=entity.does,
        state=state_words(entity),
        to_go=tuple(lines),
        nearness=near if math.isfinite(near) else 0.0,
    )


def regime_rows(found: Review) -> Iterator[tuple[str, str, str]]:
    """Yield every regime: its name, its targets, and why it is in force or not."""
    for entity in found.explained.regimes:
        yield entity.id, entity.does, "; ".join(obstacle_words(entity))


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelRow:
    """One key level: price, side, touches, age, strength, distance from the close."""

    price: str
    side: str
    touches: str
    age: str
    strength: str
    away: str


def near_levels(found: Review) -> tuple[KeyLevel, ...]:
    """Return the key levels nearest to the close, half of them above it, by price descending."""
    close = found.explained.close
    above = [level for level in found.levels if level.price > close][: NEAR // 2]
    below = [level for level in found.levels if level.price <= close][-(NEAR // 2) :]
    return tuple(reversed([*below, *above]))


def level_rows(found: Review) -> tuple[LevelRow, ...]:
    """Return the nearest key levels as rows, the highest first."""
    close = found.explained.close
    return tuple(
        LevelRow(
            price=price(level.price),
            side="resistance" if level.price > close else "support",
            touches=str(level.touches),
            age=f"{level.age_weeks} weeks",
            strength=number(level.strength),
            away=_away(level.price, close, found.atr),
        )
        for level in near_levels(found)
    )


def _away(level: float, close: float, atr: float) -> str:
    share = signed_percent(level / close - 1.0)
    return share if math.isnan(atr) else f"{share}, {number(abs(level - close) / atr, 1)} ATR"


def profile_words(found: Review) -> str:
    """Return what the volume profile says, or why there is none."""
    shape = found.profile
    if shape is None:
        return "No volume profile: fewer than half of the last 30 days' hours are known."
    shelves = [one for one in shape.shelves if one.massive_at_peak]
    shelf = (
        f"a massive shelf stands at the peak, {price(shelves[-1].low)} to {price(shelves[-1].high)}"
        if shelves
        else "no massive shelf stands at the peak"
    )
    return (
        f"Volume of 30 days: most at {price(shape.poc)}, {percent(shape.value_area_share)} of it "
        f"from {price(shape.val)} to {price(shape.vah)}; {shelf}."
    )


def tomorrow_words(found: Review) -> str:
    """Return what the picture of the ladder shows, or why there is none."""
    if found.ladder is None:
        return "No ladder: the last price is unknown, so no day can be imagined from it."
    return ladder_words(found.ladder)
