"""The page draws in a real browser, where there is one: nothing but the file is asked for."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from steelyard.report.page import page
from steelyard.report.result import build_result
from tests.support.browser import needs_browser
from tests.support.made_runs import made_inputs

ROOT = Path(__file__).parents[2]

pytestmark = needs_browser


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page(build_result(made_inputs(400))), encoding="utf-8")
    return path


def seen(report: Path, view: str = "") -> dict[str, str]:
    command = [sys.executable, str(ROOT / "scripts" / "open_page.py"), str(report), view]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    told: dict[str, str] = json.loads(done.stdout)
    return told


def test_a_year_is_drawn_as_a_line_with_its_hours_and_profiles_at_hand(report: Path) -> None:
    # 400 days in less than 1000 pixels are less than 4 each. Profiles begin with day 30.
    told = seen(report)

    assert (told["candles"], told["hours"], told["profiles"]) == ("line", "9600", "371")


@pytest.mark.parametrize(
    ("view", "candles"),
    [("2022-01-01..2022-03-31", "day"), ("2022-01-01..2022-01-10", "hour"), ("nonsense", "line")],
)
def test_a_link_to_some_days_opens_there(report: Path, view: str, candles: str) -> None:
    assert seen(report, view)["candles"] == candles


def test_a_run_of_one_day_is_drawn_too(tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    report.write_text(page(build_result(made_inputs(1))), encoding="utf-8")

    assert seen(report)["profiles"] == "0"
