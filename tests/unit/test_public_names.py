"""The names of ``import steelyard``: there, complete, and loaded no earlier than they are used."""

import subprocess
import sys

import pytest

import steelyard

HEAVY = ("numba", "numpy", "polars", "pydantic", "talib", "jinja2", "typer", "rich")


@pytest.mark.parametrize("name", steelyard.__all__)
def test_a_public_name_can_be_loaded(name: str) -> None:
    value = getattr(steelyard, name)

    assert value.__name__ == name


def test_the_list_of_public_names_is_complete() -> None:
    loadable = {name for name in dir(steelyard) if not name.startswith("_")}

    assert set(steelyard.__all__) <= loadable


def test_an_unknown_name_is_refused_as_python_does() -> None:
    with pytest.raises(AttributeError, match="no attribute 'backtset'"):
        _ = steelyard.backtset


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = f"import sys, steelyard; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8"
    )

    assert done.stdout.strip() == "[]"
