"""This file lets the stand-in fail on purpose: refuse, lie, hang, cut an answer short."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from fnmatch import fnmatchcase
from typing import Any

from steelyard.venues.standin.world import Answer


class Kind(Enum):
    """How a request fails."""

    ANSWER = "answer"
    """Something else is answered."""

    RESET = "reset"
    """The connection is dropped."""

    HANG = "hang"
    """Nothing is answered, until the client goes."""

    SHORT = "short"
    """The true body ends in its middle, so the venue has done what was asked."""


class Stage(Enum):
    """When it fails: the difference matters to requests that change something."""

    BEFORE = "before"
    AFTER = "after"


@dataclass(slots=True, kw_only=True)
class Fault:
    """One way to fail, for requests to some places.

    Parameters
    ----------
    at : str
        Host and path, with ``*`` and ``?``, such as ``fapi.binance.com/fapi/v1/klines`` or
        ``*/klines``.
    kind : Kind
    stage : Stage
        ``BEFORE`` the venue has done what was asked, or ``AFTER``.
    status : int
    body : bytes
    content : str
        Type of the body.
    headers : mapping of str to str
        Such as ``retry-after``.
    every : int, >= 1
        Every how many of the requests fails.
    skip : int
        How many are let through first.
    times : int, optional
        How often it fails at most.
    """

    at: str = "*"
    kind: Kind = Kind.ANSWER
    stage: Stage = Stage.BEFORE
    status: int = 200
    body: bytes = b""
    content: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    every: int = 1
    skip: int = 0
    times: int | None = None
    met: int = 0
    done: int = 0

    @property
    def answer(self) -> Answer:
        """Return what is answered in place of the truth."""
        return Answer(self.status, self.body, self.content, self.headers)

    def strikes(self, place: str) -> bool:
        """Count a request, and tell whether it fails."""
        if not fnmatchcase(place, self.at):
            return False
        self.met += 1
        counted = self.met - self.skip
        due = counted > 0 and counted % self.every == 0
        if not due or (self.times is not None and self.done >= self.times):
            return False
        self.done += 1
        return True


def fault_of(words: dict[str, Any]) -> Fault:
    """Return the fault that a document describes: its fields by name, kind and stage in words.

    Raises
    ------
    TypeError, ValueError
        If it describes none.
    """
    kind, stage = Kind(words.pop("kind", "answer")), Stage(words.pop("stage", "before"))
    body = str(words.pop("body", "")).encode()
    return Fault(**words, kind=kind, stage=stage, body=body)


def busy(at: str = "*", *, retry_after: str = "0", times: int | None = 1) -> Fault:
    """Return too many requests: 429, with the seconds or the date to wait for."""
    headers = {"retry-after": retry_after}
    body = b'{"code": -1003, "msg": "Too many requests."}'
    return Fault(at=at, status=429, body=body, headers=headers, times=times)


def banned(at: str = "*", *, retry_after: str = "120") -> Fault:
    """Return a ban of the address: 418."""
    headers = {"retry-after": retry_after}
    body = b'{"code": -1003, "msg": "Way too many requests; IP banned."}'
    return Fault(at=at, status=418, body=body, headers=headers)


def page(at: str = "*", *, status: int = 200, times: int | None = None) -> Fault:
    """Return a web page in place of data, as gateways and logins answer."""
    body = b"<html><body>Bad gateway</body></html>"
    return Fault(at=at, status=status, body=body, content="text/html", times=times)


def empty(at: str, *, skip: int = 0, times: int | None = None) -> Fault:
    """Return an empty list in place of rows."""
    return Fault(at=at, body=b"[]", skip=skip, times=times)
