"""This file is the outside of a download that meets nothing but a stand-in."""

import time

from steelyard.venues.catalogue import World
from steelyard.venues.standin.loopback import Place
from steelyard.venues.standin.server import Served
from steelyard.venues.web import Patience

QUICK = Patience(tries=5, pause_s=0.01)


def outside(where: Served, patience: Patience = QUICK) -> World:
    """Return the outside in which every host is a stand-in."""
    return loopback_world(where.place, where.standin.now_ms(), patience)


def loopback_world(place: Place, now_ms: int, patience: Patience = QUICK) -> World:
    """Return the outside on loopback, at a moment from which the clock runs on."""
    start = time.monotonic()
    return World(
        client=lambda: place.client(timeout_s=5.0),
        now_ms=lambda: now_ms + int(1000 * (time.monotonic() - start)),
        patience=patience,
    )
