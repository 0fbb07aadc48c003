"""The harness of the vectors: it must notice what differs, and what nobody read."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.vector_report import lines, unread_files, vectors_with_tests
from tests.support.vectors import (
    FIRST_STEP,
    NOT_YET,
    Json,
    Node,
    Vector,
    cases,
    folder,
    found,
    place,
)

PROJECT = Path(__file__).resolve().parents[2]


def node(data: Json, name: str = "made") -> Node:
    return Node(Vector(name, name, data), (), data)


@pytest.mark.vectors
def test_every_file_that_must_be_read_has_a_test_that_reads_it() -> None:
    here = {vector.name for vector in found()}
    read = set().union(*vectors_with_tests().values())

    assert sorted((here & set(FIRST_STEP)) - read) == []


@pytest.mark.vectors
def test_every_reason_to_leave_a_part_out_is_about_a_file_that_a_step_names() -> None:
    copies = {path.stem for path in (PROJECT / "tests" / "vectors").glob("*.json")}

    assert {start.partition(":")[0] for start in NOT_YET} <= copies


def test_a_number_within_the_tolerance_agrees_and_one_outside_is_named() -> None:
    # 1e-9 of 1000 is 1e-6; of 0.5 it is 1e-9, because the scale is at least 1.
    case = node({"tolerance_rel": 1e-9, "large": 1000.0, "small": 0.5})

    assert case.differences({"large": 1000.0000009, "small": 0.5 + 0.9e-9}) == []
    assert case["large"].differences(1000.0000011) == ["made:large is 1000.0, got 1000.0000011"]
    assert case["small"].differences(0.5 + 1.1e-9) != []


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (None, 0.0),
        (1.0, None),
        (1.0, float("nan")),
        (3, 4),
        (True, 0.0),
        (False, None),
        (True, 1),
        (1.0, True),
        ("idle", "active"),
        ([1.0, 2.0], [1.0]),
        ([1.0], [1.0, 2.0]),
        ([], [1.0]),
        ([1.0, None], [1.0, 2.0]),
        ({"a": 1.0}, {"a": 2.0}),
        ({"a": 1.0}, 1.0),
        ([1.0], "1"),
    ],
)
def test_what_differs_is_not_equal(expected: Json, actual: object) -> None:
    assert node(expected).differences(actual) != []


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        (None, None),
        (None, float("nan")),
        (3, 3),
        (3, 3.0),
        (3.0, 3),
        (True, 1.0),
        (False, False),
        ("idle", "idle"),
        ([1.0, None, False], [1.0, float("nan"), 0.0]),
        ({"a": 1.0, "b": 2.0}, {"a": 1.0}),
    ],
)
def test_what_agrees_is_equal(expected: Json, actual: object) -> None:
    assert node(expected).differences(actual) == []


def test_a_result_that_the_file_does_not_know_is_refused() -> None:
    with pytest.raises(LookupError, match="has no 'b'; there are a"):
        node({"a": 1.0}).differences({"b": 1.0})


def test_a_star_makes_one_case_of_every_item() -> None:
    data: Json = {"rows": [{"x": [1]}, {"x": [2, 3]}]}
    nodes = cases(Vector("made", "made", data), ("rows", "*", "x", "*"))

    assert [place(node.path) for node in nodes] == ["rows[0].x[0]", "rows[1].x[0]", "rows[1].x[1]"]


def test_values_that_no_test_took_out_are_named_and_prose_is_not() -> None:
    rows: Json = [{"name": "a", "x": 1, "y": 2}, {"name": "b", "x": 3, "y": 4}]
    whole = node({"about": "text", "rows": rows, "n": 5})
    whole["rows"][0]["x"].number()

    assert lines(whole.vector, complete=True) == [
        "made: rows[0].y, rows[1] 'b', n: NO TEST READS IT"
    ]


def test_a_file_that_was_read_wholly_is_not_named() -> None:
    whole = node({"about": "text", "tolerance_rel": 1e-9, "rows": [{"x": 1, "empty": []}]})
    whole["rows"].plain()

    assert lines(whole.vector, complete=True) == []


def test_a_part_is_left_out_with_the_reason_that_its_test_gave() -> None:
    whole = node({"rows": [{"x": 1}, {"x": 2}]})
    whole["rows"][0]["x"].number()
    whole["rows"][1].leave("step 3: another contract")

    assert lines(whole.vector, complete=True) == ["made: rows[1]: step 3: another contract"]


def test_a_file_of_a_later_step_is_left_out_with_its_reason() -> None:
    whole = node({"qty": 1, "marks": [1, 2]}, "stat_dsr")

    assert lines(whole.vector, complete=True) == [f"stat_dsr: {NOT_YET['stat_dsr']}"]


def test_a_file_that_must_be_read_and_was_not_fails_the_run() -> None:
    unread, read = node({"x": 1}, "ind_atr"), node({"x": 1}, "metrics")
    later = node({"x": 1}, "stat_dsr")
    read["x"].number()

    assert unread_files([unread.vector, read.vector, later.vector]) == ["ind_atr"]


def test_another_folder_may_be_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("STEELYARD_VECTORS", str(tmp_path))

    assert folder() == tmp_path


@pytest.mark.slow
def test_a_changed_expectation_in_another_folder_fails_and_is_named(tmp_path: Path) -> None:
    # One annual rate is raised by a millionth; a second row is added; the other files are absent.
    vector = json.loads((PROJECT / "tests" / "vectors" / "ind_funding.json").read_text("utf-8"))
    rows = vector["annualisation"]
    vector["annualisation"] = [*rows, rows[0] | {"apr_simple": rows[0]["apr_simple"] * 1.000001}]
    (tmp_path / "ind_funding.json").write_text(json.dumps(vector), "utf-8")
    module = str(PROJECT / "tests" / "unit" / "test_vectors_features.py")
    run = subprocess.run(  # noqa: S603 - our own tests
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", module],
        cwd=PROJECT,
        env=os.environ | {"STEELYARD_VECTORS": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 1
    assert f"1 failed, {len(rows) + len(vector['runs'])} passed" in run.stdout
    assert f"ind_funding:annualisation[{len(rows)}].apr_simple is" in run.stdout
    assert "ind_atr.json is not among the vectors" in run.stdout
