"""This file finds the real history, and counts the tests that had to do without it."""

import os
from pathlib import Path

import pytest

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "data"
NO_DATA = "no real history"


def found_data() -> Path | None:
    """Return the folder of real history, ``STEELYARD_DATA`` or the one beside the checkout."""
    named = os.environ.get("STEELYARD_DATA")
    if named:
        return Path(named)
    return BESIDE if BESIDE.is_dir() else None


def real_data() -> Path:
    """Return the folder of real history; skip the test where there is none.

    A folder that ``STEELYARD_DATA`` names and that is not there is a mistake, not a reason to skip.
    """
    folder = found_data()
    if folder is None:
        pytest.skip(f"{NO_DATA}: STEELYARD_DATA is not set and ../shared/data is not there")
    if not folder.is_dir():
        pytest.fail(f"STEELYARD_DATA is {folder}, which is not a folder; name one or unset it")
    return folder


def shared_fixture(name: str) -> Path:
    """Return a recorded file beside the real history; skip the test where it is not there."""
    file = BESIDE.parent / "fixtures" / name
    if not file.is_file():
        pytest.skip(f"{NO_DATA}: ../shared/fixtures/{name} is not there")
    return file


def closing_line(skipped: list[pytest.TestReport]) -> str:
    """Return what a run says at its end: how many tests had to do without real history."""
    reasons = (report.longrepr for report in skipped)
    count = sum(isinstance(reason, tuple) and NO_DATA in reason[2] for reason in reasons)
    if count == 0:
        return "real history: no test was skipped for lack of it"
    tests = "1 test was" if count == 1 else f"{count} tests were"
    return f"{NO_DATA}: {tests} skipped; name the folder in STEELYARD_DATA"
