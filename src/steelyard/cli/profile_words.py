"""This file words what a policy's sub-expressions cost: as lines, and as a document."""

import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from steelyard.report.text import columns
from steelyard.report.words import counted

if TYPE_CHECKING:
    from steelyard.engine.profile import Profile, SubExpression
    from steelyard.report.inputs import JsonValue

SHOWN: Final = 15
"""Sub-expressions of the table; the document holds all."""

_GRIDS: Final = frozenset({"1h", "4h", "1d", "1w", "funding"})


def profile_lines(profile: "Profile", width: int) -> list[str]:
    """Return the dearest sub-expressions, then what each policy added.

    Parameters
    ----------
    profile : Profile
        What was measured.
    width : int, columns
        No line is longer.
    """
    said = (
        f"{counted(len(profile.expressions), 'distinct sub-expression')}: asked for "
        f"{profile.asked:,d} times, worked out {profile.computed:,d} times, "
        f"{_ms(profile.seconds)} ms in all."
    )
    table = [["asked", "computed", "ms", "on", "sub-expression"]]
    table += [_row(each) for each in profile.expressions[:SHOWN]]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)][:4]
    lines = [
        "  ".join([*(cell.rjust(size) for cell, size in zip(row, widths, strict=False)), row[-1]])
        for row in table
    ]
    left_out = len(profile.expressions) - SHOWN
    more = (
        [f"and {counted(left_out, 'cheaper sub-expression')}: see --json"] if left_out > 0 else []
    )
    costs = [["policy", "asked", "computed", "ms"]]
    costs += [
        [each.name, f"{each.asked:,d}", f"{each.computed:,d}", _ms(each.seconds)]
        for each in profile.policies
    ]
    below = ["", *lines, *more, "", *columns(costs)]
    return [*textwrap.wrap(said, width), *(_cut(line, width) for line in below)]


def _row(each: "SubExpression") -> list[str]:
    on = each.grid if each.grid in _GRIDS else "review"
    return [f"{each.asked:,d}", f"{each.computed:,d}", _ms(each.seconds), on, each.text]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000.0:.1f}"


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else f"{line[: width - 4]} ..."


def profile_document(profile: "Profile") -> "dict[str, JsonValue]":
    """Return the same as a document, all sub-expressions in it."""
    return {
        "asked": profile.asked,
        "computed": profile.computed,
        "seconds": profile.seconds,
        "expressions": [asdict(each) for each in profile.expressions],
        "policies": [asdict(each) for each in profile.policies],
    }
