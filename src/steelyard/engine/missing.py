"""This file tells why a part of a condition is unknown."""

import numpy as np

from steelyard.domain.market import Bars
from steelyard.domain.time import HOUR_MS, text
from steelyard.engine.reading import Reading
from steelyard.policy.clocks import last_before
from steelyard.policy.evaluate import LATE_MS
from steelyard.policy.measures import FUNDING, LEVEL_FACTS, LEVELS
from steelyard.policy.nodes import STATE, Node
from steelyard.policy.parse import COUNTS


def why_unknown(reading: Reading, node: Node) -> str:
    """Return why a part is unknown though nothing within it is, as half a sentence.

    Parameters
    ----------
    reading : Reading
        Whose part it is.
    node : Node
    """
    if node.name in STATE:
        return _no_entry(reading)
    if node.name in FUNDING:
        return _unpaid(reading)
    if node.bars:
        return _barless(reading, node)
    if node.name == "/":
        return "it divides by zero"
    if node.name == "ramp":
        return "its two ends are equal"
    return _unseen(reading, node.name)


def _no_entry(reading: Reading) -> str:
    if reading.entered or reading.is_active:
        return "it was unknown when the entry was confirmed"
    return "nothing was active whose entry it could speak of"


def _unpaid(reading: Reading) -> str:
    paid = reading.market.funding
    row = int(last_before(np.array([reading.ms]), paid.ms)[0])
    if row < 0:
        return "no funding had been settled yet"
    last = int(paid.ms[row])
    if reading.ms - last > paid.interval_hours[row] * HOUR_MS:
        return f"the last funding known was settled {text(last)}, and the next is overdue"
    return "it needs more settlements in an unbroken row"


def _barless(reading: Reading, node: Node) -> str:
    bars = reading.market.bars[node.bars]
    row = int(last_before(np.array([reading.ms]), bars.known_ms)[0])
    if row < 0:
        return f"no {node.bars} bar had ended yet"
    ended = int(bars.known_ms[row])
    if reading.ms - ended > bars.length_ms + LATE_MS:
        return f"the last {node.bars} bar known ended {text(ended)}, and the next is overdue"
    if np.isnan(bars.close[row]):
        return f"the {node.bars} bar that ended {text(ended)} is missing"
    if node.name in COUNTS and _unbroken(bars, row) > node.numbers[0]:
        return "how long it has run is not known: it began before what it counts was known"
    if node.name in LEVELS or node.name in LEVEL_FACTS:
        return "no key level was known that it could speak of"
    return f"it needs more {node.bars} bars in a row than {_unbroken(bars, row)}"


def _unbroken(bars: Bars, row: int) -> int:
    """Return how many bars up to a row there are without a missing one."""
    lost = np.flatnonzero(np.isnan(bars.close[: row + 1]))
    return row - int(lost[-1]) if lost.size else row + 1


def _unseen(reading: Reading, name: str) -> str:
    series = reading.market.series.get(name)
    if series is None:
        file = reading.market.series_files.get(name)
        return f"the data holds no {name}" + (f"; {file}.parquet would supply it" if file else "")
    row = int(last_before(np.array([reading.ms]), series.known_ms)[0])
    if row < 0:
        return f"nothing of {name} was known yet"
    if np.isnan(series.value[row]):
        return f"its value known {text(int(series.known_ms[row]))} is missing"
    hours = series.max_age_ms / HOUR_MS
    known = text(int(series.known_ms[row]))
    return f"its last value was known {known} and stays good for {hours:g} h"
