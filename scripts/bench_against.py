"""Measure the kernel against an older commit: ``make bench-against COMMIT=b5b1d39``.

Both walk the same policies, those of the older one, over the same history, in turns, each time in a
process of its own. One line a policy: medians of processor time, and their ratio, old first.
"""

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROUNDS = 5
ROOT = Path(__file__).resolve().parents[1]
POLICIES = ("article", "prudent", "static-60-40")

WALKS = """
import statistics, sys, time
from dataclasses import replace
from pathlib import Path
from steelyard.data.catalogue import open_market
from steelyard.data.synthetic import synthetic_market
from steelyard.engine.course import lay_course
from steelyard.kernel.walk import walk
from steelyard.policy.compile import compile_policy
from steelyard.policy.load import load_policy

data, *paths = sys.argv[1:]
market = open_market(data, asset="BTC") if data else synthetic_market()
course = lay_course(market, start="2020-01-01" if data else None, end=None)
for path in paths:
    policy = compile_policy(load_policy(path))
    if hasattr(policy.plan, "sleeves"):  # the core alone, which every commit has
        policy = replace(policy, plan=policy.plan._replace(sleeves=policy.plan.sleeves[:0]))
    signals, track = course.prepare(policy)
    times = []
    for _ in range(22):
        start = time.process_time()
        walk(policy.plan, signals, track, course.costs, course.cash)
        times.append(time.process_time() - start)
    print(statistics.median(times[1:]))
"""


def times(tree: Path, data: str, policies: list[str]) -> list[float]:
    """Return how long a tree's kernel takes for each policy, in seconds."""
    command = [sys.executable, "-c", WALKS, data, *policies]
    environment = {**os.environ, "PYTHONPATH": str(tree / "src")}
    ended = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)  # noqa: S603
    return [float(line) for line in ended.stdout.splitlines()]


def git(*arguments: str) -> None:
    """Run git in this repository."""
    subprocess.run(["git", "-C", str(ROOT), *arguments], check=True, capture_output=True)  # noqa: S603, S607


def main(commit: str) -> None:
    """Print the table."""
    beside = Path(os.environ.get("STEELYARD_DATA", ROOT.parent / "shared" / "data"))
    data = str(beside) if beside.is_dir() else ""
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "old"
        git("worktree", "add", "--detach", str(tree), commit)
        try:
            policies = [str(tree / f"src/steelyard/policies/{name}.toml") for name in POLICIES]
            rounds = [[times(each, data, policies) for each in (tree, ROOT)] for _ in range(ROUNDS)]
        finally:
            git("worktree", "remove", "--force", str(tree))
    for number, name in enumerate(POLICIES):
        before, after = (
            statistics.median(both[side][number] for both in rounds) for side in (0, 1)
        )
        print(
            f"walk of {name:14} {before * 1000:6.1f} ms {after * 1000:6.1f} ms"
            f"  ratio {after / before:.2f}"
        )


if __name__ == "__main__":
    main(sys.argv[1])
