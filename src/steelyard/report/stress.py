"""This file is a stress test as values: what shocks did to an account, and to holding beside it."""

import math
from dataclasses import dataclass
from typing import Final

from steelyard.domain.arrays import Floats, Ints

WATCHED_DAYS: Final = 90
"""For so long after a shock its lowest equity counts as its doing; later falls have other causes.
A quarter is longer than any cascade so far took to end."""


def change(after: float, before: float) -> float:
    """Return a change as a fraction of what was before; NaN where that was nothing.

    Examples
    --------
    >>> change(75.0, 100.0), change(0.0, 0.0)
    (-0.25, nan)
    """
    return after / before - 1.0 if before > 0.0 else math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One shock at the moment it struck.

    Parameters
    ----------
    kind : str
        What it is called on the command line.
    size : float
        In ``unit``.
    unit : str
        ``%``, ``% per 8 h``, ``hours``, ``times`` or ``quote per unit``.
    title : str
        Kind and size, such as ``gap -30 %``.
    does : str
        What it does, in half a sentence.
    rule : str
        Where it strikes unless told otherwise, in half a sentence.
    bar : int, >= 0
        Bar at whose open it strikes; 0 where it is in force from start to end.
    ms : int, milliseconds
        That open.
    is_lasting : bool
        Whether it is in force from start to end.
    side : int
        Of the funding rate: 1 where longs pay, -1 where shorts pay; 0 of other shocks.
    exposure : float, fraction of equity
        How exposed the unshocked run was there, in the measure of the rule; 0 is not at all, below
        0 it gains. NaN where it is in force from start to end.
    measure : str
        What ``exposure`` counts, such as ``of equity lost by it alone``.
    """

    kind: str
    size: float
    unit: str
    title: str
    does: str
    rule: str
    bar: int
    ms: int
    is_lasting: bool
    side: int
    exposure: float
    measure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Liquidation:
    """A position closed by force: when, at which mark, and what it cost beyond that, in quote."""

    ms: int
    price: float
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Survival:
    """What became of an account, at the ends of hours from a moment to the end of the run.

    Parameters
    ----------
    since_ms : int, milliseconds
        The moment at which shocks strike, else the start.
    before, worst, end : float, quote
        Equity at that moment, the lowest after it, and the last. The lowest is that of the
        ``WATCHED_DAYS`` after the moment; of the whole run where nothing strikes at a moment.
    worst_ms : int, milliseconds
    drawdown : float, fraction, <= 0
        Deepest fall below an earlier high over the same time, that at the moment included.
    margin_ratio : float
        Highest maintenance margin over margin balance; 0 without a futures position.
    margin_ratio_ms : int, milliseconds
    nearest : float, fraction
        Smallest move of the mark that would have liquidated, signed; NaN where none would.
    nearest_ms : int, milliseconds
    call_ms : int or None, milliseconds
        First hour at whose end the margin ratio had reached the policy's bound, or in which a
        position was liquidated; None where neither, or the policy has no bound.
    liquidations : tuple of Liquidation
    recovered_ms : int or None, milliseconds
        First hour from the lowest on at whose end equity was what it had been at the moment; None
        where it never was.
    """

    since_ms: int
    before: float
    worst: float
    worst_ms: int
    end: float
    drawdown: float
    margin_ratio: float
    margin_ratio_ms: int
    nearest: float
    nearest_ms: int
    call_ms: int | None
    liquidations: tuple[Liquidation, ...]
    recovered_ms: int | None

    @property
    def worst_change(self) -> float:
        """Return how far the lowest equity lies from that at the moment, as a fraction of it."""
        return change(self.worst, self.before)

    @property
    def end_change(self) -> float:
        """Return how far the last equity lies from that at the moment, as a fraction of it."""
        return change(self.end, self.before)

    @property
    def under_ms(self) -> int | None:
        """Return how long it took until equity was seen again: 0 if it never fell below it."""
        if self.worst >= self.before:
            return 0
        return None if self.recovered_ms is None else self.recovered_ms - self.since_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class StressRun:
    """A policy and holding through one period with the same shocks.

    Parameters
    ----------
    title : str
        ``no shock``, the name of a window, the title of one shock, or ``all together``.
    start_ms, end_ms : int, milliseconds
    shocks : tuple of Placed
    policy, hold : Survival
    unshocked : Survival
        Of the policy without the shocks, from the same moment on.
    ms : int64[n], milliseconds
        Hours around the moment at which shocks strike, else of the whole run; some left out where
        there are many.
    equity, hold_equity, unshocked_equity : float64[n], quote
        At the ends of these hours.
    """

    title: str
    start_ms: int
    end_ms: int
    shocks: tuple[Placed, ...]
    policy: Survival
    hold: Survival
    unshocked: Survival
    ms: Ints
    equity: Floats
    hold_equity: Floats
    unshocked_equity: Floats

    @property
    def is_timed(self) -> bool:
        """Tell whether any of the shocks strikes at a moment."""
        return any(not shock.is_lasting for shock in self.shocks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stress:
    """A stress test of one policy on one asset.

    Parameters
    ----------
    policy, sha256 : str
        Name and digest.
    asset, quote, venue : str
    is_synthetic : bool
    cash : float, quote
        What every account began with.
    call_bound : float
        Margin ratio at which the policy's margin defence begins; infinity where it has none.
    windows : tuple of StressRun
        Named windows without a shock.
    unshocked : StressRun
        The period that was shocked, without a shock.
    shocked : tuple of StressRun
        The same period with shocks.
    missing : tuple of (str, str)
        Named windows that could not be run, and why.
    """

    policy: str
    sha256: str
    asset: str
    quote: str
    venue: str
    is_synthetic: bool
    cash: float
    call_bound: float
    windows: tuple[StressRun, ...]
    unshocked: StressRun
    shocked: tuple[StressRun, ...]
    missing: tuple[tuple[str, str], ...]

    @property
    def runs(self) -> tuple[StressRun, ...]:
        """Return all runs in the order in which they are shown."""
        return (*self.windows, self.unshocked, *self.shocked)
