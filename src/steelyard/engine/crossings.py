"""This file finds the closes of the open day at which a condition turns."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from steelyard.domain.codes import ACTIVE, IGNORE
from steelyard.domain.errors import DataError
from steelyard.engine.ladder import EXACT, closes
from steelyard.engine.standing import Standing
from steelyard.engine.tomorrow import Close, Day, imagined_day, live_on
from steelyard.report.terms import Tomorrow


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What becomes of every trigger and regime if the day closes at a price.

    Parameters
    ----------
    condition : tuple of float
        Entry conditions: 1, 0, NaN for unknown.
    ends : tuple of float
        1 where the end of what was active is called for, else 0.
    evaluated : tuple of bool
        Whether it is evaluated until the day's end at all.
    """

    condition: tuple[float, ...]
    ends: tuple[float, ...]
    evaluated: tuple[bool, ...]


Asked = Callable[[Outcome], float]
"""Which condition of an outcome is asked about: 1, 0 or NaN."""


def open_day(standing: Standing) -> Day | None:
    """Return how the day goes on that is open; None where the last price is unknown."""
    try:
        return imagined_day(standing.market)
    except DataError:
        return None


class Crossings:
    """The day that is open, lived to the end at as many closes as are asked for.

    Parameters
    ----------
    standing : Standing
    day : Day
    """

    def __init__(self, standing: Standing, day: Day) -> None:
        self.standing = standing
        self.day = day
        self.last = float(standing.market.spot.close[-1])
        self.known: dict[Close, Outcome] = {}

    def outcome(self, close: Close) -> Outcome:
        """Return what becomes of everything at a close; worked out once."""
        if close not in self.known:
            self.known[close] = self._lived(close)
        return self.known[close]

    def _lived(self, close: Close) -> Outcome:
        book = live_on(self.standing, self.day, close).book
        evaluated = book.entities["evaluated"].max(axis=0) > 0
        life = book.state.life
        counted = (life["unknown_run"] == 0) | (
            self.standing.compiled.plan.rules["on_unknown"] == IGNORE
        )
        ends = (life["phase"] != ACTIVE) | ((life["false_run"] > 0) & counted)
        return Outcome(
            condition=tuple(life["condition"].tolist()),
            ends=tuple(ends.astype(np.float64).tolist()),
            evaluated=tuple(evaluated.tolist()),
        )

    def entry(self, entity: int) -> Tomorrow | None:
        """Return what closes do to an entry condition; None where it is not evaluated."""
        return self._of(entity, lambda outcome: outcome.condition[entity])

    def release(self, entity: int) -> Tomorrow | None:
        """Return what closes do to the end of what is active; None where it is not evaluated."""
        return self._of(entity, lambda outcome: outcome.ends[entity])

    def _of(self, entity: int, asked: Asked) -> Tomorrow | None:
        here = self.outcome(self.last)
        if not here.evaluated[entity]:
            return None
        rungs = closes(self.last)
        middle = len(rungs) // 2
        return Tomorrow(
            at_last=asked(here),
            below=self._nearest(asked, rungs[middle::-1]),
            above=self._nearest(asked, rungs[middle:]),
        )

    def _nearest(self, asked: Asked, rungs: tuple[Close, ...]) -> Close:
        """Return the nearest close of a row of rungs at which a condition turns; NaN at none."""
        here = asked(self.outcome(self.last)) == 1.0
        near = self.last
        for far in rungs:
            if (asked(self.outcome(far)) == 1.0) != here:
                return self._between(asked, near, far)
            near = far
        return math.nan

    def _between(self, asked: Asked, near: Close, far: Close) -> Close:
        """Return where a condition turns between two closes, at most ``EXACT`` beyond the place."""
        here = asked(self.outcome(near)) == 1.0
        while abs(far - near) > EXACT * near:
            middle = (near + far) / 2.0
            if (asked(self.outcome(middle)) == 1.0) == here:
                near = middle
            else:
                far = middle
        return far
