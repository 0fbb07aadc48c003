"""This file shows on a terminal how far a download is: files, bytes, and the time that is left."""

import sys
import time
from typing import Final

PATIENCE_S: Final = 1.0
_WIDTH: Final = 24


class Bar:
    """A line on standard error that is drawn anew, after a second; nothing without a terminal."""

    def __init__(self) -> None:
        self._files = self._size = self._done = self._got = 0
        self._start = time.monotonic()
        self._drawn = 0.0

    def begin(self, files: int, size: int) -> None:
        """Take note of how many files of how many bytes are lacking."""
        self._files, self._size = files, size
        self._start = time.monotonic()

    def advance(self, size: int) -> None:
        """Take note of one more file, and draw."""
        self._done += 1
        self._got += size
        now = time.monotonic()
        if sys.stderr.isatty() and now - self._start > PATIENCE_S and now - self._drawn > 0.1:  # noqa: PLR2004
            self._drawn = now
            sys.stderr.write(f"\r{self.line(now - self._start)}\x1b[K")
            sys.stderr.flush()

    def line(self, seconds: float) -> str:
        """Return the line: a bar, files, bytes, and the seconds that are left at this pace."""
        share = self._done / max(1, self._files)
        left = seconds / share - seconds if share else 0.0
        filled = "#" * int(share * _WIDTH)
        return (
            f"[{filled:<{_WIDTH}}] {self._done:,} of {self._files:,} files, "
            f"{self._got / 1e6:.1f} MB, {left:.0f} s left"
        )

    def end(self) -> None:
        """Remove the line."""
        if self._drawn:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
