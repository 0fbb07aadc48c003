"""This file runs many scenarios and says what happened: ``python -m tests.referee [COUNT [SEED]]``.

It fails where product and referee depart, where too few positions were liquidated for the run to
prove anything, and where a kind of event did not occur.
"""

import sys
from collections import Counter

from tests.referee.contest import Outcome, contest
from tests.referee.expected import KINDS
from tests.referee.scenarios import scenario

COUNT = 2_200
LIQUIDATIONS = 200


def findings(outcomes: list[Outcome], kinds: Counter[str], liquidations: int) -> list[str]:
    """Return why a run fails; [] where it does not."""
    found = [line for outcome in outcomes for line in outcome.departures]
    found += [f"did not occur: {kind}" for kind in sorted(KINDS - kinds.keys())]
    if liquidations < LIQUIDATIONS:
        found.append(f"{liquidations} liquidations are too few, {LIQUIDATIONS} are needed")
    return found


def run(count: int, first: int) -> int:
    """Run scenarios, print what happened, and return the exit code."""
    outcomes = [contest(scenario(seed)) for seed in range(first, first + count)]
    kinds: Counter[str] = Counter()
    for outcome in outcomes:
        kinds.update(outcome.kinds)
    liquidations = sum(outcome.liquidations for outcome in outcomes)
    liquidated = sum(outcome.liquidations > 0 for outcome in outcomes)
    tied = sum(outcome.tied for outcome in outcomes)
    lines = [
        f"{count} scenarios from seed {first}, {sum(one.bars for one in outcomes)} bars",
        f"{liquidations} liquidations, in {liquidated} scenarios",
        f"{tied} scenarios within 1e-12 of a threshold, compared up to there",
        "bars in which each kind occurred:",
        *(f"{bars:8} {kind}" for kind, bars in sorted(kinds.items())),
    ]
    found = findings(outcomes, kinds, liquidations)
    verdict = "FAILED" if found else "product and referee agree to 1e-9"
    sys.stdout.write("\n".join([*lines, *found, verdict, ""]))
    return 1 if found else 0


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:]]
    raise SystemExit(run(*[*numbers, *(COUNT, 0)[len(numbers) :]]))
