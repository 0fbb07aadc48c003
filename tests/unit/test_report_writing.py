"""Writing a result: all files or none, one clear sentence, and nothing left behind."""

import errno
from pathlib import Path

import pytest

from steelyard.domain.errors import RequestError
from steelyard.report.result import build_result
from steelyard.report.writing import save_bytes, write_files
from tests.support.made_runs import made_inputs

CONTENTS = {"one.txt": b"one", "two.txt": b"two"}


class FullDisk:
    """A disk that takes a number of files and has no room for the next, of which it keeps half."""

    def __init__(self, takes: int, code: int = errno.ENOSPC) -> None:
        self.takes, self.code = takes, code

    def __call__(self, path: Path, content: bytes) -> None:
        if self.takes == 0:
            path.write_bytes(content[: len(content) // 2])
            raise OSError(self.code, "no")
        self.takes -= 1
        save_bytes(path, content)


def _everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_files_are_written_into_a_new_folder(tmp_path: Path) -> None:
    written = write_files(tmp_path / "a" / "b", CONTENTS)

    assert [path.read_bytes() for path in written] == [b"one", b"two"]
    assert _everything(tmp_path) == ["a", "a/b", "a/b/one.txt", "a/b/two.txt"]


def test_files_of_the_same_name_are_replaced_and_others_kept(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("old")
    (tmp_path / "other.txt").write_text("kept")
    write_files(tmp_path, CONTENTS)

    assert (tmp_path / "one.txt").read_text() == "one"
    assert (tmp_path / "other.txt").read_text() == "kept"


@pytest.mark.parametrize("takes", [0, 1])
def test_a_full_disk_leaves_nothing_and_says_so(tmp_path: Path, takes: int) -> None:
    with pytest.raises(RequestError, match="the disk is full: nothing was written to"):
        write_files(tmp_path / "new" / "out", CONTENTS, FullDisk(takes))

    assert _everything(tmp_path) == []


def test_a_full_disk_keeps_the_files_of_the_run_before(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("before")

    with pytest.raises(RequestError, match="disk is full"):
        write_files(tmp_path, CONTENTS, FullDisk(1))

    assert _everything(tmp_path) == ["one.txt"]
    assert (tmp_path / "one.txt").read_text() == "before"


def test_a_move_that_fails_puts_back_what_was_moved_before(tmp_path: Path) -> None:
    # While the second file is written, a folder comes into its way: the first has been replaced
    # and a new one has been made when that is noticed.
    (tmp_path / "one.txt").write_text("before")

    def save(path: Path, content: bytes) -> None:
        save_bytes(path, content)
        if path.name == "two.txt":
            (tmp_path / "two.txt").mkdir()

    with pytest.raises(RequestError, match=r"nothing was written to .*: two\.txt is a folder"):
        write_files(tmp_path, {"new.txt": b"new", **CONTENTS}, save)

    assert _everything(tmp_path) == ["one.txt", "two.txt"]
    assert (tmp_path / "one.txt").read_text() == "before"


def test_a_folder_without_permission_is_named(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="cannot be written; choose another --out folder"):
        write_files(tmp_path, CONTENTS, FullDisk(0, errno.EACCES))


def test_another_failure_of_the_disk_is_passed_on_in_words(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match=r"nothing was written to .*: no; choose another"):
        write_files(tmp_path, CONTENTS, FullDisk(0, errno.EIO))


def test_a_file_in_the_way_of_the_folder_is_named(tmp_path: Path) -> None:
    in_the_way = tmp_path / "out"
    in_the_way.write_text("mine")

    with pytest.raises(RequestError, match="out is a file, not a folder"):
        write_files(in_the_way, CONTENTS)

    assert in_the_way.read_text() == "mine"


def test_a_file_above_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")

    with pytest.raises(RequestError, match="file is a file, not a folder"):
        write_files(tmp_path / "file" / "below", CONTENTS)


def test_a_folder_where_a_file_belongs_is_named(tmp_path: Path) -> None:
    (tmp_path / "two.txt").mkdir()

    with pytest.raises(RequestError, match=r"two\.txt is a folder where a file would be written"):
        write_files(tmp_path, CONTENTS)

    assert _everything(tmp_path) == ["two.txt"]


def test_a_name_too_long_for_the_disk_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="choose another --out folder"):
        write_files(tmp_path / ("x" * 300), CONTENTS)


def test_a_result_writes_its_document_frames_and_page(tmp_path: Path) -> None:
    written = build_result(made_inputs(3)).write(tmp_path / "out")
    names = ["result.json", "equity.parquet", "fills.parquet", "decisions.parquet", "report.html"]

    assert [path.name for path in written] == names
    assert _everything(tmp_path / "out") == sorted(names)


def test_a_result_asks_for_the_name_of_its_folder() -> None:
    with pytest.raises(RequestError, match="has no name; name one, such as out"):
        build_result(made_inputs(3)).write("")


def test_the_same_run_writes_the_same_bytes(tmp_path: Path) -> None:
    first = build_result(made_inputs(3)).write(tmp_path / "first")
    second = build_result(made_inputs(3)).write(tmp_path / "second")

    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_a_result_that_finds_no_room_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="disk is full"):
        build_result(made_inputs(3)).write(tmp_path / "out", save=FullDisk(2))

    assert _everything(tmp_path) == []
