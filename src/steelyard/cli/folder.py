"""This file makes sure, before the long work, that a folder can be written at the end of it."""

import errno
import os
import tempfile
from pathlib import Path

from steelyard.domain.errors import RequestError


def refuse_unwritable(folder: Path) -> None:
    """Do nothing where files can be written into a folder that is there or can be made.

    Parameters
    ----------
    folder : Path
        Where files will go. Nothing is left in it or beside it.

    Raises
    ------
    RequestError
        If the folder cannot be written.
    """
    above = folder.expanduser()
    try:
        while not above.exists():
            above = above.parent
        if not above.is_dir():
            raise RequestError(f"{above} is a file, not a folder; choose another --out folder")
        with tempfile.TemporaryFile(dir=above) as probe:
            probe.write(bytes(1))
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        raise RequestError(_why(error, folder)) from None


def _why(error: OSError, folder: Path) -> str:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return f"the disk of {folder} is full; free some space or choose another --out folder"
    reason = error.strerror or str(error)
    return f"{folder} cannot be written: {reason}; choose another --out folder"
