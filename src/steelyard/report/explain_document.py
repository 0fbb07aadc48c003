"""This file is an explanation as one JSON document: schema 1."""

import math
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Final

from steelyard.report.explanation import Explanation
from steelyard.report.inputs import JsonValue
from steelyard.report.words import iso

SCHEMA: Final = 1


def explain_document(explained: Explanation) -> dict[str, JsonValue]:
    """Return an explanation as the document that ``--json`` prints.

    Keys are the names of the values; a stamp loses its ``_ms`` and becomes a date, null where there
    is none. Unknown and infinite numbers are null.
    """
    content = _object(explained)
    name, sha256 = content.pop("policy"), content.pop("sha256")
    return {"schema": SCHEMA, "policy": {"name": name, "sha256": sha256}, **content}


def _object(value: object) -> dict[str, JsonValue]:
    found: dict[str, JsonValue] = {}
    if is_dataclass(value):
        for field in fields(value):
            content: object = getattr(value, field.name)
            if field.name.endswith("_ms") and isinstance(content, int):
                found[field.name.removesuffix("_ms")] = iso(content) if content else None
            else:
                found[field.name] = _plain(content)
    return found


def _plain(value: object) -> JsonValue:
    """Return a value of an explanation as JSON has it."""
    match value:
        case StrEnum():
            return value.value
        case bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else None
        case tuple():
            return [_plain(each) for each in value]
        case None:
            return None
        case _:
            return _object(value)
