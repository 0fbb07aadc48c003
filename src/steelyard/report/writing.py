"""The way what a run came to is written: all of its files, or none and no trace."""

import contextlib
import errno
import os
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from steelyard.domain.errors import RequestError
from steelyard.report.document import as_json
from steelyard.report.inputs import JsonValue

Save: TypeAlias = Callable[[Path, bytes], None]
"""The port to the disk: put these bytes at this path, or raise OSError."""


def save_bytes(path: Path, content: bytes) -> None:
    """Write a file and wait until the disk has it, so that a full disk is noticed here."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _make_folders(folder: Path, undo: contextlib.ExitStack) -> None:
    """Make a folder and those above it that are not there, to be removed again on failure."""
    absent = [path for path in (folder, *folder.parents) if not path.exists()]
    for path in reversed(absent):
        path.mkdir()
        undo.callback(_remove_empty, path)


def _remove_empty(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()


def _refuse_what_is_in_the_way(folder: Path, names: list[str]) -> None:
    inside = {(folder / name).parent for name in names} - {folder}
    for path in (folder, *folder.parents, *sorted(inside)):
        if path.exists() and not path.is_dir():
            raise RequestError(f"{path} is a file, not a folder; choose another --out folder")
    for name in names:
        if (folder / name).is_dir():
            raise RequestError(
                f"{folder / name} is a folder where a file would be written; "
                "move it away or choose another --out folder"
            )


def _why(error: OSError, folder: Path) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"the disk is full: nothing was written to {folder}; free some space and try again"
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return f"{folder} cannot be written; choose another --out folder or change its permissions"
    reason = error.strerror or str(error)
    return f"nothing was written to {folder}: {reason}; choose another --out folder"


def _put(draft: Path, target: Path, undo: contextlib.ExitStack) -> None:
    """Move a file to where it belongs; undoing puts what was there back.

    Raises
    ------
    IsADirectoryError
        If a folder has come into the way. What the disk refuses is passed on.
    """
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, f"{target.name} is a folder", str(target))
    if target.exists():
        aside = draft.with_name(f"{draft.name}.before")
        target.replace(aside)
        undo.callback(aside.replace, target)
    else:
        undo.callback(target.unlink, missing_ok=True)
    draft.replace(target)


def named_folder(folder: str | Path) -> Path:
    """Return a folder to write into.

    Raises
    ------
    RequestError
        If it has no name.
    """
    if not str(folder).strip():
        raise RequestError("the folder to write into has no name; name one, such as out")
    return Path(folder)


def write_files(
    folder: Path, contents: Mapping[str, bytes], save: Save = save_bytes
) -> tuple[Path, ...]:
    """Write files into a folder, which is made if need be; existing ones are replaced.

    Parameters
    ----------
    folder : Path
        Where the files go.
    contents : mapping of file name to bytes
        What goes into each; a name may have a folder of its own, ``BTC/result.json``.
    save : callable
        Writes one file.

    Returns
    -------
    tuple of Path
        Where the files are, in the order given.

    Raises
    ------
    RequestError
        If the folder cannot be written, something is in the way, or the disk is full. Then the
        folder is as it was, and no temporary file is left.

    Notes
    -----
    Everything is written beside the target first and moved into place at the end; a move within
    one file system needs no space. What a move replaces is set aside until all of them are done,
    and put back if one fails.
    """
    folder = folder.expanduser()
    try:
        with contextlib.ExitStack() as undo:
            _refuse_what_is_in_the_way(folder, list(contents))
            for path in dict.fromkeys([folder, *((folder / name).parent for name in contents)]):
                _make_folders(path, undo)
            draft = Path(tempfile.mkdtemp(prefix=".steelyard-", dir=folder))
            undo.callback(shutil.rmtree, draft, ignore_errors=True)
            for name, content in contents.items():
                (draft / name).parent.mkdir(parents=True, exist_ok=True)
                save(draft / name, content)
            for name in contents:
                _put(draft / name, folder / name, undo)
            undo.pop_all()
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise RequestError(_why(error, folder)) from error
    return tuple(folder / name for name in contents)


class Written(ABC):
    """What one or several runs came to: one document, and files that hold it all."""

    @abstractmethod
    def as_document(self) -> dict[str, JsonValue]:
        """Return the document of schema 1, as plain values."""

    @abstractmethod
    def contents(self) -> dict[str, bytes]:
        """Return what ``write`` writes, by the name of the file; the page is last."""

    def to_json(self) -> str:
        """Return the document of schema 1 as text; the same run gives the same bytes."""
        return as_json(self.as_document())

    def write(self, folder: str | Path, *, save: Save = save_bytes) -> tuple[Path, ...]:
        """Write the document, the frames and the page into a folder.

        Parameters
        ----------
        folder : str or Path
            Made if it is not there; files of the same names are replaced.
        save : callable
            Writes one file.

        Returns
        -------
        tuple of Path
            Where the files of ``contents`` are, in its order.

        Raises
        ------
        RequestError
            If the folder has no name or cannot be written, or the disk is full; nothing is left
            half-written.
        """
        return write_files(named_folder(folder), self.contents(), save)
