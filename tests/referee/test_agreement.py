"""This file holds the product against the referee in a few scenarios; ``make referee`` in many."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.referee.__main__ import findings
from tests.referee.contest import Outcome, contest
from tests.referee.expected import KINDS
from tests.referee.scenarios import scenario

ROOT = Path(__file__).resolve().parents[2]


@settings(max_examples=300, derandomize=True, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_product_agrees_with_the_referee_on_random_accounts_in_random_markets(
    seed: int,
) -> None:
    assert contest(scenario(seed)).departures == []


def test_a_scenario_is_told_by_its_seed() -> None:
    one, other = scenario(7), scenario(7)

    assert one.bars == other.bars
    assert [leg.quantity for leg in one.book.legs] == [leg.quantity for leg in other.book.legs]


def test_every_number_of_a_scenario_is_one_that_a_float_holds() -> None:
    for seed in range(20):
        made = scenario(seed)
        numbers = [leg.quantity for leg in made.book.legs] + [leg.entry for leg in made.book.legs]
        numbers += [one.amount for one in made.book.balances]
        for bar in made.bars:
            numbers += [*bar.open, *bar.high, *bar.low, *bar.close, *bar.worth, *bar.fee]
            numbers += bar.orders.values()

        assert all(float(number) == number for number in numbers)


def test_a_run_without_liquidations_or_with_a_departure_fails() -> None:
    kinds = Counter(dict.fromkeys(KINDS, 1))
    departed = Outcome(seed=3, departures=["seed 3, bar 0: equity"])

    assert findings([], kinds, 200) == []
    assert findings([], kinds, 199) == ["199 liquidations are too few, 200 are needed"]
    assert findings([departed], kinds, 200) == ["seed 3, bar 0: equity"]
    del kinds["interest paid"]
    assert findings([], kinds, 200) == ["did not occur: interest paid"]


@pytest.fixture(scope="module")
def caught() -> dict[str, list[str]]:
    """Return what each planted bug is caught by, in the product as it runs uncompiled."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.referee.planted"],
        cwd=ROOT,
        env={**os.environ, "NUMBA_DISABLE_JIT": "1"},
        capture_output=True,
        check=True,
        text=True,
    )
    answer: dict[str, list[str]] = json.loads(done.stdout)
    return answer


def test_the_product_as_it_is_shows_no_bug(caught: dict[str, list[str]]) -> None:
    assert caught["none"] == []


@pytest.mark.parametrize(
    ("bug", "place"),
    [
        ("fee", ") fees is"),
        ("funding sign", ") funding is"),
        ("tier", "liquidation"),
        ("inverse profit", "(inverse) basis is"),
        ("settlement", ") basis is"),
    ],
)
def test_a_planted_bug_is_caught_where_it_shows(
    bug: str, place: str, caught: dict[str, list[str]]
) -> None:
    assert any(place in line for line in caught[bug])
