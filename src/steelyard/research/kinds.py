"""This file names the shocks of a stress test: units, allowed sizes, and where each strikes."""

import difflib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from steelyard.domain.errors import RequestError

SETTLED_HOURS: Final = 168
"""Hours that funding stays at its cap: a week."""

BASIS_HOURS: Final = 24
"""Hours that the basis stays away: a day, as that of SOL did on 2022-11-09."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of shock.

    Parameters
    ----------
    unit : str
        Of its size.
    usual, least, most : float
        Its size unless told otherwise, and the smallest and largest allowed.
    written : str
        How a size is shown: a format that takes one.
    does, rule, measure : str
        See ``report.stress.Placed``.
    is_signed : bool
        Whether 0 is no size, because either sign is one.
    is_whole : bool
        Whether its size is a whole number.
    """

    unit: str
    usual: float
    least: float
    most: float
    written: str
    does: str
    rule: str = "from start to end"
    measure: str = ""
    is_signed: bool = False
    is_whole: bool = False

    @property
    def is_lasting(self) -> bool:
        """Tell whether it is in force from start to end."""
        return not self.measure


LOST: Final = "of equity lost by it alone"

KINDS: Final = {
    "gap": Kind(
        unit="%",
        usual=-30.0,
        least=-90.0,
        most=300.0,
        written="gap {:+g} %",
        does="spot, futures and their marks jump between a close and the next open, and stay there",
        rule="at the open at which the unshocked run would lose the largest share of equity by it",
        measure=LOST,
        is_signed=True,
    ),
    "adl": Kind(
        unit="%",
        usual=50.0,
        least=1.0,
        most=100.0,
        written="adl {:g} %",
        does="the venue closes this share of winning futures at their mark",
        rule="at the open of the hour in which a winning short earned the largest share of equity",
        measure="of equity earned by the short then",
    ),
    "stable": Kind(
        unit="quote per unit",
        usual=0.65,
        least=0.01,
        most=0.99,
        written="stable {:g}",
        does="the stablecoin that the account holds falls to this price and stays there",
        rule="at the open at which the unshocked run held the largest share of equity in it",
        measure=LOST,
    ),
    "funding": Kind(
        unit="% per 8 h",
        usual=0.3,
        least=0.01,
        most=3.0,
        written="funding {:g} %",
        does="every settlement of a week is at this rate, against the position held",
        rule="in the week over whose settlements the unshocked run held the most futures, one way",
        measure=LOST,
    ),
    "frozen": Kind(
        unit="hours",
        usual=24.0,
        least=1.0,
        most=720.0,
        written="frozen {:g} h",
        does="no order is filled, while marks, funding and liquidation go on",
        rule="from the hour of a trade on, where the unshocked run traded the most in these hours",
        measure="of equity traded then",
        is_whole=True,
    ),
    "basis": Kind(
        unit="%",
        usual=-10.0,
        least=-50.0,
        most=50.0,
        written="basis {:+g} %",
        does="futures and their marks stand this far from spot for a day, and come back",
        rule="at the open at which the unshocked run would lose the largest share of equity by it",
        measure=LOST,
        is_signed=True,
    ),
    "tiers": Kind(
        unit="times",
        usual=2.0,
        least=1.0,
        most=25.0,
        written="tiers x {:g}",
        does="maintenance rates are multiplied, at most 99 %",
    ),
    "spread": Kind(
        unit="times",
        usual=10.0,
        least=1.0,
        most=1000.0,
        written="spread x {:g}",
        does="the half-spread of every fill is multiplied",
    ),
}
"""Every kind. The cap of funding is that of BTCUSDT on Binance, 0.3 % per 8 hours; other contracts
have 2 to 3 %. The other sizes are those that stress tests of such accounts are asked for."""


@dataclass(frozen=True, slots=True)
class Shock:
    """One shock before it is known where it strikes."""

    name: str
    size: float

    @property
    def kind(self) -> Kind:
        """Return what is fixed about it."""
        return KINDS[self.name]

    @property
    def title(self) -> str:
        """Return its name and size, such as ``gap -30 %``."""
        return self.kind.written.format(self.size)


def usual_shocks() -> tuple[Shock, ...]:
    """Return every kind of shock in its usual size."""
    return tuple(Shock(name, kind.usual) for name, kind in KINDS.items())


def shocks_of(written: Sequence[str]) -> tuple[Shock, ...]:
    """Return shocks as they were written, in the order in which they are applied.

    Parameters
    ----------
    written : sequence of str
        ``gap=-30``, or ``gap`` for the usual size.

    Raises
    ------
    RequestError
        If one is unknown, has a size it cannot have, or is given twice.
    """
    found: dict[str, Shock] = {}
    for one in written:
        shock = _shock_of(one)
        if shock.name in found:
            raise RequestError(f"shock {shock.name} is given twice; leave one of them out")
        found[shock.name] = shock
    return tuple(found[name] for name in KINDS if name in found)


def _shock_of(written: str) -> Shock:
    name, equals, size = written.partition("=")
    name = name.strip()
    if name not in KINDS:
        near = difflib.get_close_matches(name, KINDS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise RequestError(f"no shock is called {name!r}; there are {', '.join(KINDS)}{hint}")
    kind = KINDS[name]
    if not equals:
        return Shock(name, kind.usual)
    try:
        value = float(size)
    except ValueError:
        value = math.nan
    is_allowed = kind.least <= value <= kind.most
    is_allowed &= not (kind.is_signed and value == 0.0)
    is_allowed &= not (kind.is_whole and value != math.floor(value))
    if not is_allowed:
        raise RequestError(f"shock {name} is {size.strip()!r}; {_allowed(name, kind)}")
    return Shock(name, value)


def _allowed(name: str, kind: Kind) -> str:
    """Return which sizes a kind may have, as half a sentence."""
    whole = ", a whole number" if kind.is_whole else ""
    nonzero = ", but not 0" if kind.is_signed else ""
    return (
        f"its size is {kind.least:g} to {kind.most:g} {kind.unit}{whole}{nonzero}, "
        f"such as {name}={kind.usual:g}"
    )
