"""This file finds recorded answers of venues, which are not shipped."""

import functools
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.fake_session import Query

BESIDE = Path(__file__).resolve().parents[3] / "shared" / "fixtures"


@functools.cache
def recorded(name: str) -> Any:  # noqa: ANN401 - an answer has any shape
    """Return a recorded file; skip the test where there is none."""
    file = BESIDE / name
    if not file.is_file():
        pytest.skip(f"no recorded answers: ../shared/fixtures/{name} is not there")
    return json.loads(file.read_text(encoding="utf-8"))


def binance_routes() -> Mapping[str, Any]:
    """Return every recorded answer of Binance, by path and method."""
    routes: Mapping[str, Any] = recorded("gct_binance_http.json")["routes"]
    return routes


def binance_listing(_host: str, path: str, _query: Query) -> object:
    """Answer as Binance did on the day of the recording."""
    return binance_routes()[path]["GET"][0]["data"]
