"""This file reads the dates people ask for: a start, an end, or a window with a name."""

import difflib
import re
from datetime import UTC, datetime
from typing import Final

from steelyard.domain.errors import RequestError
from steelyard.domain.market import Market
from steelyard.domain.time import DAY_MS, HOUR_MS, text
from steelyard.kernel.track import first_start

WINDOWS: Final = {
    "2020-03": ("2020-03-01", "2020-03-31"),
    "2021-05": ("2021-05-01", "2021-05-31"),
    "2022-drawdown": ("2021-11-10", "2022-12-31"),
    "2022-11": ("2022-11-01", "2022-11-30"),
    "2025-10": ("2025-10-01", "2025-10-31"),
}
"""Periods people ask for: the crash of March 2020, the deleveraging of May 2021, the fall from the
2021 high to the end of 2022, an exchange's failure in November 2022, the cascade of October
2025."""


SPELLING: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
"""A day, or an hour with its zone, UTC where there is none."""

YEARS: Final = (1970, 2199)
"""Years that a date may name: stamps count from the first, and no data reaches the last."""


def window(name: str) -> tuple[str, str]:
    """Return the first and last day of a named window.

    Raises
    ------
    RequestError
        If there is no such window.
    """
    if name not in WINDOWS:
        near = difflib.get_close_matches(name, WINDOWS, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        raise RequestError(f"no window is called {name!r}; there are {', '.join(WINDOWS)}{hint}")
    return WINDOWS[name]


def moment_of(given: str, what: str) -> tuple[int, bool]:
    """Return the stamp of a date or hour, UTC, and whether it names a whole day.

    Raises
    ------
    RequestError
        If it is neither ``2022-06-18`` nor ``2022-06-18T14:00``, with or without a zone.
    """
    message = f"{what} is {given!r}; write a day as 2022-06-18 or an hour as 2022-06-18T14:00"
    if SPELLING.fullmatch(given) is None:
        raise RequestError(message)
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise RequestError(message) from None
    if not YEARS[0] <= moment.year <= YEARS[1]:
        raise RequestError(f"{what} is {given!r}; its year must be {YEARS[0]} to {YEARS[1]}")
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    ms = int(moment.timestamp() * 1000)
    if ms % HOUR_MS:
        raise RequestError(f"{what} is {given!r}; it must be a full hour, UTC")
    return ms, len(given) == len("2022-06-18")


def period(market: Market, start: str | None, end: str | None) -> tuple[int, int]:
    """Return the stamps between which an account lives; an ``end`` day is included wholly.

    Parameters
    ----------
    start, end : str or None
        None: as early, as late, as everything the account needs is there.

    Raises
    ------
    RequestError
        If they lie outside the data or the wrong way round.
    """
    first, last = first_start(market), market.end_ms
    start_ms = -(-first // HOUR_MS) * HOUR_MS if start is None else moment_of(start, "start")[0]
    end_ms = last
    if end is not None:
        given_ms, is_day = moment_of(end, "end")
        end_ms = given_ms + DAY_MS if is_day else given_ms
    if start_ms >= end_ms and start is not None and end is not None:
        raise RequestError(f"start {start} is not before end {end}; swap them")
    _check_start(market, start_ms, first)
    if not start_ms < end_ms <= last:
        message = (
            f"the period {text(start_ms)} to {text(end_ms)} lies outside the data: {market.asset} "
            f"has everything an account needs from {text(first)} to {text(last)}"
        )
        raise RequestError(message)
    return start_ms, end_ms


def _check_start(market: Market, start_ms: int, first: int) -> None:
    """Refuse a start before the last series the account needs, and name that series.

    Raises
    ------
    RequestError
        If it is.
    """
    if start_ms >= first:
        return
    begins = {
        f"{market.venue} spot bars": int(market.spot.open_ms[0]),
        f"{market.venue} perpetual bars": int(market.perp.open_ms[0]),
        f"{market.venue} mark prices": int(market.mark.open_ms[0]),
        f"{market.venue} funding": int(market.funding.ms[0]),
    }
    latest = max(begins, key=begins.__getitem__)
    message = (
        f"start {text(start_ms)} is before the account's data: {latest} of {market.asset} begin on "
        f"{text(begins[latest])}; start at {text(first)} or later"
    )
    raise RequestError(message)
