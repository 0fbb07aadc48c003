"""Touches, age and strength of key levels by hand."""

import numpy as np
import pytest

from steelyard.domain.arrays import Ints
from steelyard.features.level_facts import (
    KeyLevel,
    key_levels,
    level_age,
    level_strength,
    level_touches,
)
from steelyard.features.level_table import LevelTable, level_rows, level_table
from steelyard.features.levels import support

WEEK = 7 * 86_400_000


def table() -> tuple[LevelTable, Ints]:
    """Return key levels of 60 weeks at 100 with dips to 90 in weeks 2 and 28, and their closes."""
    low = np.full(60, 100.0)
    low[[2, 28]] = 90.0
    known = (np.arange(60, dtype=np.int64) + 1) * WEEK
    return level_table(np.full(60, 200.0), low, np.ones(60), known), known


def test_a_level_is_told_by_its_touches_age_and_strength() -> None:
    levels, known = table()
    rows = level_rows(known, levels)
    close = np.full(60, 95.0)
    price = support(close, rows, levels)

    # The dip of week 28 is known at the close of week 30; until then one touch is no key level.
    assert np.isnan(level_touches(price, rows, levels)[:30]).all()
    assert level_touches(price, rows, levels)[30:].tolist() == [2.0] * 30
    assert level_age(price, rows, levels)[[30, 31, 59]].tolist() == [28.0, 29.0, 57.0]
    # In week 54 the dips are 52 and 26 weeks old: 0.5 + 0.5 ^ 0.5.
    assert level_strength(price, rows, levels)[54] == pytest.approx(0.5 + 0.5**0.5)


def test_a_price_that_is_no_level_has_none_of_them() -> None:
    levels, known = table()
    rows = level_rows(known, levels)
    off = np.full(60, 90.5)

    for fact in (level_touches, level_age, level_strength):
        assert np.isnan(fact(off, rows, levels)).all()
        assert np.isnan(fact(np.full(60, np.nan), rows, levels)).all()


def test_the_levels_of_a_moment_are_listed_with_what_was_known_then() -> None:
    levels, known = table()
    strength = 0.5 ** (28 / 52) + 0.5 ** (2 / 52)

    for early in (20, 29):
        assert key_levels(levels, int(known[early])) == ()
    found = key_levels(levels, int(known[30]) + 5)

    assert found == (KeyLevel(price=90.0, touches=2, age_weeks=28, strength=found[0].strength),)
    assert found[0].strength == pytest.approx(strength)
