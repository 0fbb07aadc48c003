"""The public contract of ``--json``: its keys, their order and their kinds, as designed."""

import json
from pathlib import Path

import pytest

from steelyard.report.result import build_result
from tests.support.made_runs import made_inputs
from tests.support.shapes import departures

SHAPE = Path(__file__).with_name("result_shape.json")


@pytest.mark.parametrize("days", [1, 2, 60])
def test_the_document_has_exactly_the_shape_of_schema_1(days: int) -> None:
    document = json.loads(build_result(made_inputs(days)).to_json())
    shape = json.loads(SHAPE.read_text(encoding="utf-8"))

    assert list(departures(document, shape, shape)) == []


def test_a_document_with_a_key_too_many_departs_from_the_shape() -> None:
    document = json.loads(build_result(made_inputs(2)).to_json())
    shape = json.loads(SHAPE.read_text(encoding="utf-8"))
    document["counts"]["surprises"] = 1

    assert len(list(departures(document, shape, shape))) == 1
