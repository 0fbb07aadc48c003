"""This file sorts what goes wrong with a venue into the project's tree: by who must act."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from steelyard.domain.errors import SteelyardError, VenueBusy, VenueRefused
from steelyard.venues.web import BANNED, UNKNOWN, retry_after

_TOO_OFTEN: Final = ("too frequent", "rate limit", "too many visits", "too many requests")
"""Bybit says so with status 403, which elsewhere means a country."""

_BAN_S: Final = 600.0
"""Bybit's ban of an address takes ten minutes."""

_WEB_PAGE: Final = ("<!doctype", "<html", "<?xml")
_SHOWN: Final = 160


@dataclass(slots=True)
class Heard:
    """What was last heard of a venue: status, headers, body; nothing where it was not reached.

    ``ever`` is whether it has ever answered: who never did is not asked again and again.
    """

    ever: bool = False
    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What went wrong, and how long to wait before another attempt may help.

    Parameters
    ----------
    error : SteelyardError
        What to raise.
    pause_s : float, seconds
        What the venue asks for; 0 where it asks for nothing.
    may_pass : bool
        Whether another attempt at once may bring the answer.
    """

    error: SteelyardError
    pause_s: float = 0.0
    may_pass: bool = False


def sorted_out(venue: str, route: str, error: Exception, heard: Heard, now_ms: int) -> Trouble:
    """Return what went wrong as an error of the project.

    Parameters
    ----------
    venue, route : str
        Who was asked, and for what.
    error : Exception
        As ccxt raised it.
    heard : Heard
        What the venue answered.
    now_ms : int, stamp
        The clock, for a pause that is told as a date.
    """
    where = f"{venue} ({route})"
    names = {one.__name__ for one in type(error).__mro__}
    pause = _pause(where, names, heard, now_ms)
    if pause is not None:
        return pause
    if not heard.status:
        why = str(error.__cause__ or error) or type(error).__name__
        message = (
            f"{where} cannot be reached ({_short(why)}); check the network and run the command "
            f"again: what was fetched is kept"
        )
        return Trouble(error=VenueBusy(message), may_pass=heard.ever)
    if heard.status in UNKNOWN:
        message = (
            f"{where} is not there any more (status {heard.status}): the venue has changed its "
            f"routes; look for a newer version of this program"
        )
        return Trouble(error=VenueRefused(message))
    if names & {"OnMaintenance", "ExchangeNotAvailable", "RequestTimeout", "OperationFailed"}:
        return _away(where, error, heard)
    return _refused(where, names, error, heard)


def _pause(where: str, names: set[str], heard: Heard, now_ms: int) -> Trouble | None:
    """Return a pause that the venue asks for, or a ban; None where it does neither."""
    asked_s = retry_after(_header(heard, "retry-after"), now_ms)
    often = any(word in heard.body.lower() for word in _TOO_OFTEN)
    banned = heard.status == BANNED or (heard.status == HTTPStatus.FORBIDDEN and often)
    if banned:
        pause_s = asked_s or _BAN_S
        message = (
            f"{where} has banned this address for asking too often (status {heard.status}); ask "
            f"nothing of it for {pause_s:.0f} s, and then less often"
        )
        return Trouble(error=VenueBusy(message), pause_s=pause_s)
    limited = heard.status == HTTPStatus.TOO_MANY_REQUESTS
    if limited or names & {"DDoSProtection", "RateLimitExceeded"}:
        message = f"{where} asks for a pause of {asked_s:.0f} s (too many requests); wait for it"
        return Trouble(error=VenueBusy(message), pause_s=asked_s, may_pass=True)
    return None


def _away(where: str, error: Exception, heard: Heard) -> Trouble:
    if heard.status in {HTTPStatus.FORBIDDEN, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS}:
        message = (
            f"{where} refuses to answer (status {heard.status}), as it does to some countries and "
            f"networks; ask it from another one"
        )
        return Trouble(error=VenueRefused(message))
    status = f"status {heard.status}: {_words(error, heard)}"
    message = f"{where} is away or in maintenance ({status}); try again later"
    return Trouble(error=VenueBusy(message), may_pass=True)


def _refused(where: str, names: set[str], error: Exception, heard: Heard) -> Trouble:
    words = _words(error, heard)
    if heard.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _away(where, error, heard)
    if heard.status in {HTTPStatus.FORBIDDEN, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS}:
        return _away(where, error, heard)
    if "BadSymbol" in names:
        message = f"{where} does not know the symbol: {words}; look at what it lists"
    elif "AuthenticationError" in names:
        message = f"{where} asks for a key, and none is ever sent to read: {words}; report it"
    else:
        message = f"{where} refuses what it was asked: {words}; ask for something else"
    return Trouble(error=VenueRefused(message))


def nonsense(venue: str, route: str, found: object) -> str:
    """Return what to say of an answer that is not what was asked for."""
    where = f"{venue} ({route})"
    if isinstance(found, str) and found.lstrip().lower().startswith(_WEB_PAGE):
        return (
            f"{where} answers with a web page in place of data; look whether the network asks for "
            f"a login, and try again"
        )
    shown = _short(str(found)) or "nothing"
    return f"{where} answers with something else than was asked for: {shown}; try again later"


def _header(heard: Heard, name: str) -> str:
    return next((text for key, text in heard.headers.items() if key.lower() == name), "")


def _words(error: Exception, heard: Heard) -> str:
    """Return the venue's own words; a web page has none."""
    body = heard.body.strip()
    if body.lower().startswith(_WEB_PAGE):
        return "a web page"
    return _short(body or str(error))


def _short(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}..."
