"""Each shipped policy over the synthetic market gives what it gave before.

``STEELYARD_RENEW=1`` writes the stored runs anew; a number that changes is explained in the
changelog, under numbers.
"""

import json
import os
from pathlib import Path

import pytest

from steelyard.data.synthetic import synthetic_market
from steelyard.engine.backtest import backtest
from steelyard.policy.load import policy_names

STORED = Path(__file__).with_name("shipped_policies.json")


def run_of(name: str) -> dict[str, float]:
    result = backtest(name, synthetic_market())
    attribution = {
        part: getattr(result.attribution, part)
        for part in ("spot", "futures", "basis", "funding", "fees", "slippage", "liquidation")
    }
    return {
        "end_equity": result.end_equity,
        "fills": result.counts.fills,
        "episodes": sum(trigger.episodes for trigger in result.triggers),
        **attribution,
    }


@pytest.mark.parametrize("name", policy_names())
def test_a_shipped_policy_gives_what_it_gave_before(name: str) -> None:
    stored = json.loads(STORED.read_text("utf-8")) if STORED.exists() else {}
    if os.environ.get("STEELYARD_RENEW") == "1":
        stored[name] = run_of(name)
        STORED.write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n", "utf-8")

    assert run_of(name) == pytest.approx(stored[name], rel=1e-9, abs=1e-6)
