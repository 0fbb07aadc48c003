"""This file asks archives and venues over the network, politely, and believes no broken answer."""

import asyncio
import email.utils
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

import httpx

from steelyard.domain.errors import SteelyardError, VenueBusy, VenueRefused

BANNED: Final = 418
"""The status with which Binance says that it has banned an address."""

UNKNOWN: Final = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
SKEW_MS: Final = 60_000
"""An hour counts as ended this long after its end: a clock may be ahead of the venue's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How often and how long the network is given another chance.

    Parameters
    ----------
    tries : int
        Attempts at one answer.
    pause_s : float, seconds
        Before the second attempt; doubled before each further one.
    longest_s : float, seconds
        A venue that asks for a longer pause is not waited for.
    connections : int
        Answers under way at a time.
    """

    tries: int = 5
    pause_s: float = 0.5
    longest_s: float = 120.0
    connections: int = 4


class Web:
    """The network, with few connections, pauses where a venue asks for them, and no blind trust.

    Parameters
    ----------
    client : httpx.AsyncClient
        Who opens and closes it owns it.
    patience : Patience
    now_ms : callable
        The clock.
    """

    def __init__(
        self, client: httpx.AsyncClient, now_ms: Callable[[], int], patience: Patience
    ) -> None:
        self.now_ms = now_ms
        self._client = client
        self._patience = patience
        self._slots = asyncio.Semaphore(patience.connections)
        self._away: dict[str, SteelyardError] = {}
        self._last: dict[str, SteelyardError] = {}
        self._answered: set[str] = set()
        self._pause_until_ms: dict[str, int] = {}

    async def get(
        self, url: str, params: Mapping[str, str | int] | None = None
    ) -> httpx.Response | None:
        """Return an answer, its body read; None where there is no such thing (404).

        Raises
        ------
        VenueBusy
            If the host cannot be reached, is busy, or stays broken.
        VenueRefused
            If it will not answer.
        """
        host = urlsplit(url).hostname or url
        async with self._slots:
            for attempt in range(self._patience.tries):
                if host in self._away:
                    raise self._away[host]
                left_ms = self._pause_until_ms.get(host, 0) - self.now_ms()
                await asyncio.sleep(max(0, left_ms) / 1000)
                got = await self._attempt(host, url, params)
                if not isinstance(got, SteelyardError):
                    return got
                self._last[host] = got
                if host not in self._away:
                    await asyncio.sleep(self._patience.pause_s * 2**attempt)
        raise self._away.setdefault(host, self._last[host])

    async def _attempt(
        self, host: str, url: str, params: Mapping[str, str | int] | None
    ) -> httpx.Response | SteelyardError | None:
        """Return an answer, or why there was none although another attempt may bring it."""
        try:
            response = await self._client.get(url, params=dict(params or {}))
        except httpx.RequestError as error:  # also a body that is not packed as it says
            trouble = _unreachable(host, error)
            if isinstance(error, httpx.ConnectError) and host not in self._answered:
                self._away[host] = trouble
            return trouble
        self._answered.add(host)
        return self._judged(host, response)

    def _judged(
        self, host: str, response: httpx.Response
    ) -> httpx.Response | SteelyardError | None:
        status = response.status_code
        if status in UNKNOWN:
            return None
        if status in {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE, BANNED}:
            return self._paused(host, response)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return VenueBusy(f"{host} answers with status {status}; try again later")
        if status in {HTTPStatus.FORBIDDEN, HTTPStatus.UNAVAILABLE_FOR_LEGAL_REASONS}:
            message = (
                f"{host} refuses to answer (status {status}), as it does to some countries and "
                f"networks; ask it from another one"
            )
            self._away[host] = VenueRefused(message)
            return self._away[host]
        if response.is_redirect or _is_page(response):
            return VenueBusy(
                f"{host} answers with a web page in place of data; "
                f"look whether the network asks for a login, and try again"
            )
        return response

    def _paused(self, host: str, response: httpx.Response) -> SteelyardError:
        """Note how long a host wants to be left alone; give it up where that is too long."""
        pause_s = retry_after(response.headers.get("retry-after", ""), self.now_ms())
        status = response.status_code
        trouble = VenueBusy(
            f"{host} asks for a pause of {pause_s:.0f} s (status {status}); try again after it"
        )
        if status == BANNED or pause_s > self._patience.longest_s:
            self._away[host] = trouble
        until_ms = self.now_ms() + int(1000 * pause_s)
        self._pause_until_ms[host] = max(until_ms, self._pause_until_ms.get(host, 0))
        return trouble


def retry_after(told: str, now_ms: int) -> float:
    """Return the seconds that a header asks to wait: a number, or a date; else 0.

    Examples
    --------
    >>> retry_after("7", 0), retry_after("Thu, 01 Jan 1970 00:00:09 GMT", 4000), retry_after("", 0)
    (7.0, 5.0, 0.0)
    """
    if told.strip().isdigit():
        return float(told)
    try:
        moment = email.utils.parsedate_to_datetime(told)
    except (TypeError, ValueError):
        return 0.0
    return max(0.0, moment.timestamp() - now_ms / 1000)


def _is_page(response: httpx.Response) -> bool:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    begins = response.content[:64].lstrip().lower()
    return kind == "text/html" or begins.startswith((b"<!doctype html", b"<html"))


def _unreachable(host: str, error: httpx.RequestError) -> SteelyardError:
    why = str(error) or type(error).__name__
    return VenueBusy(
        f"{host} cannot be reached ({why}); check the network and run the command again: "
        f"what was fetched is kept"
    )
