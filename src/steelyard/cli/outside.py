"""This file says where a command's requests go: out, or to the stand-in the environment names."""

import os
from typing import TYPE_CHECKING

from steelyard.cli.console import complain

if TYPE_CHECKING:
    from steelyard.venues.standin.loopback import Place


def place() -> "Place | None":
    """Return the stand-in that ``STEELYARD_WORLD`` names, and say so; None for the real world.

    Raises
    ------
    RequestError
        If it names none.
    """
    from steelyard.venues.standin.loopback import VARIABLE, place_of

    words = os.environ.get(VARIABLE, "")
    if not words:
        return None
    found = place_of(words)
    complain(f"{VARIABLE} is set: every request goes to the stand-in at port {found.port}")
    return found
