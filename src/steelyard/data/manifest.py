"""This file keeps the list of what was fetched: source, time and digest of every original.

The list is ``manifest.json`` in the catalogue; the originals lie beside it, in ``originals``.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from steelyard.data.sources import Span
from steelyard.domain.errors import DataError, RequestError

MANIFEST: Final = "manifest.json"
ORIGINALS: Final = "originals"
BEGUN: Final = ".begun"
"""Ends the name of a file that is being written."""

RECORDING: Final = ".recording"
"""Ends the name of a recorded series that is being written: a download leaves it alone."""

SCHEMA: Final = 1
_LOCKS: Final = {BEGUN: ".download.lock", RECORDING: ".record.lock"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """One file as its source gave it.

    Parameters
    ----------
    series : str
        The series that it belongs to.
    source : str
        Name of the source.
    url : str
        Where it came from.
    fetched_ms : int, stamp
        When.
    sha256 : str
        Of its content.
    size : int, bytes
    etag : str
        Changes when the source issues the file anew; empty where the source has none.
    first_ms, end_ms : int, stamps
        The stretch of time that it covers.
    """

    series: str
    source: str
    url: str
    fetched_ms: int
    sha256: str
    size: int
    etag: str
    first_ms: int
    end_ms: int

    @property
    def span(self) -> Span:
        """Return the stretch of time that it covers."""
        return Span(self.first_ms, self.end_ms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for, so that an update can ask for it again."""

    venue: str
    first_ms: int


@dataclass(slots=True)
class Manifest:
    """What a catalogue was made of.

    Parameters
    ----------
    files : dict of str to Original
        By path below the folder of originals.
    built : dict of str to str
        Digest of the originals that each series was made of.
    asked : dict of str to Asked
        By asset; ``BTC.bybit`` where another venue was asked for BTC before.
    """

    files: dict[str, Original] = field(default_factory=dict)
    built: dict[str, str] = field(default_factory=dict)
    asked: dict[str, Asked] = field(default_factory=dict)

    def of_series(self, series: str) -> dict[str, Original]:
        """Return the originals of one series, by path."""
        return {path: one for path, one in sorted(self.files.items()) if one.series == series}

    def ask(self, asset: str, venue: str, first_ms: int) -> None:
        """Remember an asset of a venue; from the earliest day that it was ever asked from."""
        held = self.asked.get(asset)
        name = asset if held is None or held.venue == venue else f"{asset}.{venue}"
        before = self.asked.get(name)
        if before is not None:
            first_ms = min(first_ms, before.first_ms)
        self.asked[name] = Asked(venue=venue, first_ms=first_ms)

    def asked_of(self) -> dict[str, tuple[list[str], int]]:
        """Return by venue which assets were asked for, and the earliest day of them."""
        found: dict[str, tuple[list[str], int]] = {}
        for name, one in self.asked.items():
            assets, first_ms = found.get(one.venue, ([], one.first_ms))
            asset = name.partition(".")[0]
            found[one.venue] = ([*assets, asset], min(first_ms, one.first_ms))
        return found


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a catalogue; an empty one where there is none yet.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    file = folder / MANIFEST
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return _manifest(told)
    except FileNotFoundError:
        return Manifest()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        message = (
            f"{file} is not a manifest of schema {SCHEMA} ({type(error).__name__}); "
            f"move it away and download again"
        )
        raise DataError(message) from None


def _manifest(told: dict[str, Any]) -> Manifest:
    """Return a manifest as it was written.

    Raises
    ------
    ValueError
        If it is of another schema.
    """
    if told["schema"] != SCHEMA:
        raise ValueError("schema")
    return Manifest(
        files={path: Original(**one) for path, one in told["files"].items()},
        built={str(name): str(made_of) for name, made_of in told["series"].items()},
        asked={asset: Asked(**one) for asset, one in told["asked"].items()},
    )


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest of a catalogue, whole or not at all."""
    told = {
        "schema": SCHEMA,
        "asked": {asset: asdict(one) for asset, one in sorted(manifest.asked.items())},
        "series": dict(sorted(manifest.built.items())),
        "files": {path: asdict(one) for path, one in sorted(manifest.files.items())},
    }
    write_whole(folder / MANIFEST, (json.dumps(told, indent=1) + "\n").encode(), lasting=True)


def write_whole(file: Path, content: bytes, *, lasting: bool = False, ending: str = BEGUN) -> None:
    """Write a file whole or not at all; its folder is made.

    Parameters
    ----------
    file : Path
        Where it goes.
    content : bytes
        The whole of it.
    lasting : bool
        Whether to wait until it would outlast a loss of power.
    ending : str
        Of the name that it has until it is whole.

    Raises
    ------
    RequestError
        If the disk does not take it.
    """
    begun = file.with_name(file.name + ending)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with begun.open("wb") as stream:
            stream.write(content)
            stream.flush()
            if lasting:
                os.fsync(stream.fileno())
        begun.replace(file)
    except OSError as error:
        begun.unlink(missing_ok=True)
        message = (
            f"{file} cannot be written ({error.strerror or error}); free some space or choose "
            f"another folder with --data, and run the command again: what is there is kept"
        )
        raise RequestError(message) from None


def digest(content: bytes) -> str:
    """Return the sha256 of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


@contextmanager
def sole_writer(folder: Path, ending: str = BEGUN) -> Iterator[None]:
    """Hold a catalogue for one writer, and clear away what a killed one had begun.

    Parameters
    ----------
    folder : Path
        Made where it does not exist.
    ending : str
        Of what this writer has begun: one may download while another one records.

    Raises
    ------
    RequestError
        If another process is writing, or the folder cannot be written.
    """
    made = [above for above in (folder, *folder.parents) if not above.exists()]
    lock = folder / _LOCKS[ending]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _held(lock, folder):
            for left in (*folder.glob(f"*{ending}"), *(folder / ORIGINALS).rglob(f"*{ending}")):
                left.unlink(missing_ok=True)
            try:
                yield
            finally:
                lock.unlink(missing_ok=True)
    except OSError as error:
        message = (
            f"{folder} cannot be written ({error.strerror or error}); "
            f"choose another folder with --data"
        )
        raise RequestError(message) from None
    finally:
        _remove_empty(made)


@contextmanager
def _held(lock: Path, folder: Path) -> Iterator[None]:
    """Hold a lock file, the one that bears the name: who held it before may have removed it."""
    while True:
        with lock.open("ab") as held:
            _hold(held.fileno(), folder)
            if lock.exists() and os.path.samestat(os.fstat(held.fileno()), lock.stat()):
                yield
                return


def _hold(descriptor: int, folder: Path) -> None:
    try:
        import fcntl  # noqa: PLC0415 - not on every system
    except ImportError:  # pragma: no cover
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        message = f"another process is writing {folder}; wait for it to end, or choose another"
        raise RequestError(message) from None


def _remove_empty(made: list[Path]) -> None:
    """Remove folders that were made and then not filled."""
    for folder in made:
        try:
            folder.rmdir()
        except OSError:
            return
