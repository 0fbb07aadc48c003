"""This file finds the table of differences of a venue by its name."""

import difflib
from collections.abc import Mapping
from typing import Final

from steelyard.domain.errors import RequestError
from steelyard.venues.binance import BINANCE
from steelyard.venues.bingx import BINGX
from steelyard.venues.bitget import BITGET
from steelyard.venues.bybit import BYBIT
from steelyard.venues.deribit import DERIBIT
from steelyard.venues.mexc import MEXC
from steelyard.venues.okx import OKX
from steelyard.venues.profile import Profile
from steelyard.venues.weex import WEEX

PROFILES: Final[Mapping[str, Profile]] = {
    one.name: one for one in (BINANCE, BYBIT, BINGX, WEEX, MEXC, BITGET, OKX, DERIBIT)
}


def profile_of(name: str) -> Profile:
    """Return what sets a venue apart.

    Raises
    ------
    RequestError
        If no such venue is known.
    """
    found = PROFILES.get(name.lower())
    if found is None:
        near = difflib.get_close_matches(name.lower(), PROFILES, n=1)
        hint = f"did you mean {near[0]}?" if near else "choose one of these"
        raise RequestError(f"venue {name} is not known; there are {', '.join(PROFILES)}: {hint}")
    return found
