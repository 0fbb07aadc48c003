"""This file prints: answers on standard output, complaints and progress on standard error."""

import contextlib
import errno
import os
import shutil
import sys
import threading
from collections.abc import Iterator
from typing import Final

import typer

from steelyard.domain.errors import RequestError

BROKEN_PIPE: Final = 141
"""What shells report of a command whose reader went away: 128 and the number of the signal."""

COMPILE_SECONDS: Final = 40
"""About how long the first compile takes, on two cores."""

PATIENCE: Final = 1.0
"""Seconds of silence before progress is shown, and between its changes."""


def say(text: str) -> None:
    """Print an answer, and wait until it is out.

    Raises
    ------
    RequestError
        If standard output cannot be written.
    typer.Exit
        If nobody reads it any more.
    """
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    printable = text.encode(encoding, "backslashreplace").decode(encoding)
    try:
        sys.stdout.write(printable if printable.endswith("\n") else f"{printable}\n")
        sys.stdout.flush()
    except OSError as error:
        forget_output()
        if error.errno == errno.EPIPE:
            raise typer.Exit(BROKEN_PIPE) from None
        reason = error.strerror or str(error)
        message = f"standard output cannot be written: {reason}; send it somewhere else"
        raise RequestError(message) from None


def complain(sentence: str) -> None:
    """Print one line on standard error; what cannot be printed is written as an escape."""
    line = " ".join(sentence.split())
    plain = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in line)
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{plain}\n")
        sys.stderr.flush()


def forget_output() -> None:
    """Give up what standard output still holds, so that nothing tries to write it at the end."""
    with contextlib.suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def width() -> int:
    """Return the columns of the terminal; 80 where there is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 80


def announce_compiling() -> None:
    """Say that this run compiles, where it does: once for every version of the source."""
    from steelyard.domain.compiled import is_compiled

    if os.environ.get("NUMBA_DISABLE_JIT", "0") in {"", "0"} and not is_compiled():
        complain(f"Compiling the rules of the account, once; takes about {COMPILE_SECONDS} s.")


@contextlib.contextmanager
def waiting(what: str) -> Iterator[None]:
    """Show on a terminal what is going on and for how long, after a second of silence."""
    if not sys.stderr.isatty():
        yield
        return
    done = threading.Event()
    shown = threading.Thread(target=_tick, args=(what, done), daemon=True)
    shown.start()
    try:
        yield
    finally:
        done.set()
        shown.join()


def _tick(what: str, done: threading.Event) -> None:
    seconds = 0
    while not done.wait(PATIENCE):
        seconds += 1
        sys.stderr.write(f"\r{what}: {seconds} s ")
        sys.stderr.flush()
    if seconds:
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()
