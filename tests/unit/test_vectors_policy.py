"""The review clocks against the vector ``decision_clocks``."""

from datetime import UTC, datetime

import numpy as np

from steelyard.domain.time import DAY_MS, HOUR_MS
from steelyard.policy.clocks import strikes
from tests.support.vectors import Node, each_case

CLOCKS = {
    "hourly": "hourly",
    "funding": "funding_8h",
    "daily": "daily",
    "weekly": "weekly",
    "biweekly": "biweekly",
}


def stamp_of(node: Node) -> int:
    """Return a stamp as the vector writes it: 2024-01-15T08:00Z."""
    moment = datetime.strptime(node.text(), "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1000


@each_case("decision_clocks", "cases", "*")
def test_each_clock_strikes_when_the_vector_says(case: Node) -> None:
    now, anchor = stamp_of(case["utc"]), stamp_of(case.root["anchor"])
    settled = np.arange(now - now % DAY_MS, now + DAY_MS, 8 * HOUR_MS, dtype=np.int64)
    found = {
        key: bool(strikes(review, now, now, settled, anchor).size) for review, key in CLOCKS.items()
    }

    assert case.differences(found) == []
