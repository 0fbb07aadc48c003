"""The documentation of the result names everything that a result holds."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from steelyard.report.result import build_result
from tests.support.made_runs import made_inputs

ROOT = Path(__file__).resolve().parents[2]
NAMED = set(
    re.findall(r"`([a-z_0-9]+)`", (ROOT / "docs" / "result.md").read_text(encoding="utf-8"))
)


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)


def test_every_key_of_the_document_is_explained() -> None:
    document = json.loads(build_result(made_inputs(5)).to_json())
    document["assumptions"] = dict.fromkeys(document["assumptions"])

    assert set(_keys(document)) - NAMED == set()


def test_every_column_of_every_file_is_explained() -> None:
    result = build_result(made_inputs(5))
    columns = {*result.equity.columns, *result.fills.columns, *result.decisions.columns}

    assert {column for column in columns if "." not in column} - NAMED == set()
