"""The page on bad times is what its script writes."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

import steelyard as sy
from tests.support.data import real_data

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "stress.md"


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("stress_page", ROOT / "scripts" / "stress.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.real
def test_the_page_is_what_its_script_writes() -> None:
    written = script().page(sy.open_market(real_data(), asset="BTC"))

    assert written == PAGE.read_text(encoding="utf-8")


def test_the_page_has_every_window_of_both_policies() -> None:
    page = PAGE.read_text(encoding="utf-8")
    headings = [line[4:] for line in page.splitlines() if line.startswith("### ")]

    assert headings == [
        f"{policy}, {window}"
        for policy in ("article", "prudent")
        for window in ("2020-03", "2021-05", "2022-11")
    ]


def test_a_paragraph_has_a_line_for_each_sentence() -> None:
    assert script().lines("It fell by 1.5 %. Margin was called.") == (
        "It fell by 1.5 %.\nMargin was called."
    )
