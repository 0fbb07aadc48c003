"""Where conditions change over from one source to another, which a cross does not count."""

from collections.abc import Iterator

from steelyard.domain.market import Market
from steelyard.domain.time import text
from steelyard.policy.compile import CompiledPolicy
from steelyard.policy.evaluate import CROSSES, Evaluation, Grid, Memo
from steelyard.policy.needs import named_trees


def source_switches(
    compiled: CompiledPolicy, market: Market, start_ms: int, end_ms: int, memo: Memo
) -> Iterator[str]:
    """Yield a sentence for each cross whose ``first_known`` changes over in a run.

    Parameters
    ----------
    compiled : CompiledPolicy
        What is asked.
    market : Market
        What is known.
    start_ms, end_ms : int, stamps
        The run, both included.
    memo : Memo
        That of the market.
    """
    evaluation = Evaluation(market, memo)
    for name, key, tree in named_trees(compiled):
        for node in tree.walk():
            if node.name not in CROSSES:
                continue
            known_ms = market.bars[node.bars].known_ms
            flags = evaluation.switched(node, Grid(node.bars, known_ms))
            at = known_ms[flags & (known_ms >= start_ms) & (known_ms <= end_ms)]
            if at.size:
                first = f"the first known at {text(int(at[0]))}"
                yield (
                    f"{name}, {key}: first_known inside {node.name} changes over on {at.size} "
                    f"bars, {first}; nothing counts as a cross there"
                )
