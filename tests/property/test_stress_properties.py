"""What holds of every shock: nothing before it changes, and the order does nothing."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.engine.course import Course, lay_course
from steelyard.policy.compile import CompiledPolicy, compile_policy
from steelyard.policy.load import load_policy
from steelyard.report.stress import Placed
from steelyard.research.kinds import KINDS, shocks_of
from steelyard.research.shocks import gapped, shocked
from tests.support.rising import day_at, ms_at, rising_market

BEGIN = 72
BARS = 480 - BEGIN
TIMED = sorted(name for name, kind in KINDS.items() if not kind.is_lasting)

timed = st.sets(st.sampled_from(TIMED), min_size=1)
bars = st.integers(1, BARS - 1)


@pytest.fixture(scope="module")
def course() -> Course:
    return lay_course(rising_market(), start=day_at(BEGIN), end=None)


@pytest.fixture(scope="module")
def policy() -> CompiledPolicy:
    return compile_policy(load_policy("static-60-40", ["limits.band=0"]))


def struck(names: set[str], bar: int) -> list[Placed]:
    """Return shocks of usual size at the open of a bar."""
    return [
        Placed(
            kind=shock.name,
            size=shock.size,
            unit=shock.kind.unit,
            title=shock.title,
            does=shock.kind.does,
            rule=shock.kind.rule,
            bar=bar,
            ms=ms_at(BEGIN + bar),
            is_lasting=False,
            side=1,
            exposure=0.0,
            measure=shock.kind.measure,
        )
        for shock in shocks_of(sorted(names))
    ]


@given(names=timed, bar=bars)
@settings(max_examples=40)
def test_nothing_before_a_shock_changes(
    course: Course, policy: CompiledPolicy, names: set[str], bar: int
) -> None:
    plain, stressed = course.run(policy), shocked(course, struck(names, bar)).run(policy)
    before = stressed.fills.filled_ms < ms_at(BEGIN + bar)

    for name in ("equity", "spot", "futures", "cash", "margin_ratio"):
        found, was = getattr(stressed.curve, name), getattr(plain.curve, name)
        assert np.array_equal(found[:bar], was[:bar])
    assert np.array_equal(
        stressed.fills.quantity[before],
        plain.fills.quantity[plain.fills.filled_ms < ms_at(BEGIN + bar)],
    )


@given(names=timed, bar=bars)
@settings(max_examples=25)
def test_the_order_of_shocks_changes_nothing(course: Course, names: set[str], bar: int) -> None:
    shocks = struck(names, bar)
    one, other = shocked(course, shocks).track, shocked(course, shocks[::-1]).track

    for name in one._fields:
        assert np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True)


@given(size=st.floats(-0.9, 3.0), hour=st.integers(0, 479))
@settings(max_examples=25)
def test_a_gap_and_its_opposite_leave_every_price(size: float, hour: int) -> None:
    market = rising_market()
    there = gapped(market, ms_at(hour), 1.0 + size)
    back = gapped(there, ms_at(hour), 1.0 / (1.0 + size))

    for name in ("open", "high", "low", "close"):
        assert getattr(back.bars["1d"], name) == pytest.approx(getattr(market.bars["1d"], name))
        assert getattr(back.mark, name) == pytest.approx(getattr(market.mark, name))
