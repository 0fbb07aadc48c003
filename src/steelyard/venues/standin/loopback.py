"""This file leads clients to the stand-in: every host name is loopback, so nothing else is met."""

import ssl
from pathlib import Path
from socket import AF_INET, AI_NUMERICHOST, AddressFamily
from typing import TYPE_CHECKING, NamedTuple

import httpx

from steelyard.domain.errors import RequestError

if TYPE_CHECKING:
    import aiohttp

LOOPBACK = "127.0.0.1"
VARIABLE = "STEELYARD_WORLD"
"""The environment names so where every request goes instead: ``127.0.0.1:PORT:CA_FILE``."""


class Place(NamedTuple):
    """Where a stand-in listens, and the certificate of the authority that vouches for it."""

    port: int
    ca: Path

    def __str__(self) -> str:
        """Return it as the environment names it."""
        return f"{LOOPBACK}:{self.port}:{self.ca}"

    def client(self, timeout_s: float = 30.0) -> httpx.AsyncClient:
        """Return a client to which every host is the stand-in; who opens it closes it."""
        return httpx.AsyncClient(transport=_Loopback(self), timeout=timeout_s)

    def session(self) -> "aiohttp.ClientSession":
        """Return the same for ccxt; made within a running loop, closed by who made it."""
        import aiohttp  # noqa: PLC0415 - the extra live

        return aiohttp.ClientSession(connector=_connector(self))

    def trust(self) -> ssl.SSLContext:
        """Return a context that believes this one authority and no other."""
        return ssl.create_default_context(cafile=str(self.ca))


def place_of(words: str) -> Place:
    """Return the place that the environment names.

    Raises
    ------
    RequestError
        If it is none, lies elsewhere than on loopback, or has no certificate.

    Examples
    --------
    >>> place_of("127.0.0.1:8443:ca.pem")
    Traceback (most recent call last):
    steelyard.domain.errors.RequestError: STEELYARD_WORLD names the certificate ca.pem, ...
    """
    host, _, rest = words.partition(":")
    port, _, ca = rest.partition(":")
    if host != LOOPBACK or not port.isdigit() or not ca:
        message = (
            f"{VARIABLE} is {words!r}, must be {LOOPBACK}:PORT:CA_FILE as steelyard fakevenue "
            f"prints it; set it anew, or unset it to reach the real venues"
        )
        raise RequestError(message)
    if not Path(ca).is_file():
        message = (
            f"{VARIABLE} names the certificate {ca}, which is not there; start steelyard "
            f"fakevenue again and set what it prints, or unset it to reach the real venues"
        )
        raise RequestError(message)
    return Place(int(port), Path(ca))


class _Loopback(httpx.AsyncBaseTransport):
    """Connects to the stand-in whatever the host of a request, whose name it must prove to bear."""

    def __init__(self, place: Place) -> None:
        self._port = place.port
        self._inner = httpx.AsyncHTTPTransport(verify=place.trust(), trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        request.headers["host"] = host
        request.extensions["sni_hostname"] = host
        request.url = request.url.copy_with(scheme="https", host=LOOPBACK, port=self._port)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


def _connector(place: Place) -> "aiohttp.TCPConnector":
    from aiohttp import TCPConnector  # noqa: PLC0415 - the extra live
    from aiohttp.abc import AbstractResolver, ResolveResult  # noqa: PLC0415

    class Resolver(AbstractResolver):
        """Resolves every name, and every port, to where the stand-in listens."""

        async def resolve(
            self, host: str, port: int = 0, family: AddressFamily = AF_INET
        ) -> list[ResolveResult]:
            del port, family
            return [
                ResolveResult(
                    hostname=host,
                    host=LOOPBACK,
                    port=place.port,
                    family=AF_INET,
                    proto=0,
                    flags=AI_NUMERICHOST,
                )
            ]

        async def close(self) -> None:
            pass

    return TCPConnector(resolver=Resolver(), ssl=place.trust())
