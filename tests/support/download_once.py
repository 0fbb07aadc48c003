"""This file runs one download of BTC against loopback as a process of its own, to be killed.

Words: folder, the stand-in, the clock, the first stamp, and a limit on the size of files or 0.
It prints the most memory that it took, in MB.
"""

import asyncio
import resource
import sys
from pathlib import Path

from steelyard.cli.bar import Bar
from steelyard.data.sources import Span
from steelyard.domain.errors import SteelyardError
from steelyard.venues.catalogue import Request, download
from steelyard.venues.standin.loopback import place_of
from tests.support.outside import loopback_world


def most_mb() -> int:
    """Return the most memory that this process had.

    Not ``getrusage``: its peak is inherited from the process that started this one.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) // 1024


def main() -> int:
    """Download, and return what the command would end with."""
    folder, words, (now_ms, first_ms, limit) = *sys.argv[1:3], map(int, sys.argv[3:])
    world = loopback_world(place_of(words), now_ms)
    if limit:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    request = Request(assets=["BTC"], venue="binance", span=Span(first_ms, now_ms))
    try:
        outcome = asyncio.run(download(Path(folder), request, world, Bar()))
    except SteelyardError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    for name, why in outcome.refused.items():
        sys.stderr.write(f"{name}: {why}\n")
    print(most_mb())  # noqa: T201
    return 3 if outcome.refused else 0


if __name__ == "__main__":
    sys.exit(main())
