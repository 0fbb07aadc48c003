"""Whether a JSON document has a shape: the same keys in the same order, of the kinds it names."""

import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
KINDS = {"int": int, "float": float, "str": str}


def _is(value: Json, kind: str) -> bool:
    """Tell whether a value is of a kind: that type, a stamp, anything, or null if allowed."""
    if kind.endswith(" or null"):
        return value is None or _is(value, kind.removesuffix(" or null"))
    if kind == "any":
        return value is not None
    if kind == "stamp":
        return isinstance(value, str) and STAMP.fullmatch(value) is not None
    return type(value) is KINDS[kind]


def departures(value: Json, shape: Json, whole: Mapping[str, Json], at: str = "") -> Iterator[str]:
    """Yield where a document departs from a shape; a kind may name another part of the shape."""
    match shape:
        case str() if isinstance(whole.get(shape), dict):
            yield from departures(value, whole[shape], whole, at)
        case dict():
            yield from _of_table(value, shape, whole, at)
        case list() if isinstance(value, list):
            for number, item in enumerate(value):
                yield from departures(item, shape[0], whole, f"{at}[{number}]")
        case str() if _is(value, shape):
            return
        case _:
            yield f"{at} is {value!r}, not {shape}"


def _of_table(
    value: Json, shape: Mapping[str, Json], whole: Mapping[str, Json], at: str
) -> Iterator[str]:
    keys = list(value) if isinstance(value, dict) else None
    if not isinstance(value, dict) or keys != list(shape):
        yield f"{at} has the keys {keys}, not {list(shape)}"
        return
    for key, inner in shape.items():
        yield from departures(value[key], inner, whole, f"{at}.{key}")
