"""Where compiled code is kept, and by what name."""

import tempfile
from pathlib import Path

import pytest

from steelyard.domain import compiled


def test_the_folder_is_named_by_the_source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEELYARD_CACHE", str(tmp_path))
    folder = compiled.cache_folder()

    assert folder.parent == tmp_path / "steelyard"
    assert folder.name == f"compiled-{compiled.source_digest()}"
    assert folder.is_dir()


def test_a_folder_that_cannot_be_written_is_replaced_by_a_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder", encoding="utf-8")
    monkeypatch.setenv("STEELYARD_CACHE", str(blocked))
    folder = compiled.cache_folder()

    assert folder.is_relative_to(tempfile.gettempdir())
    assert folder.name == f"compiled-{compiled.source_digest()}"


def test_code_is_compiled_once_something_lies_in_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "CACHE", tmp_path)
    before = compiled.is_compiled()
    (tmp_path / "walk.nbi").write_bytes(b"")

    assert (before, compiled.is_compiled()) == (False, True)


def test_any_change_of_the_source_changes_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kernel").mkdir()
    source = tmp_path / "kernel" / "walk.py"
    source.write_text("one", encoding="utf-8")
    monkeypatch.setattr(compiled, "_PACKAGE", tmp_path)
    before = compiled.source_digest()
    source.write_text("two", encoding="utf-8")

    assert compiled.source_digest() != before
