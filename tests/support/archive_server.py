"""This file serves the archives in small on loopback, with faults, and leads the client to them."""

import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import httpx

from steelyard.venues.catalogue import World
from steelyard.venues.standin.archive import Answer, StandinArchive
from steelyard.venues.web import Patience

Fault = Callable[[int, str, str], Answer | str | None]
"""Told the number of the request, host and path; an answer in place of the true one, ``reset`` to
drop the connection, ``short`` to stop in the middle of the body, None for the true answer."""

QUICK = Patience(tries=5, pause_s=0.01)


@dataclass
class Served:
    """A server that runs: its port, and what it was asked."""

    archive: StandinArchive
    port: int = 0
    fault: Fault = lambda _number, _host, _path: None
    headers: dict[str, str] = field(default_factory=dict)
    asked: Counter[str] = field(default_factory=Counter)
    pause_s: float = 0.0

    def files(self) -> int:
        """Return how many archived tables were asked for."""
        return sum(count for path, count in self.asked.items() if path.endswith(".zip"))

    def world(self, patience: Patience = QUICK) -> World:
        """Return the outside in which every host is this server."""
        return loopback_world(self.port, self.archive.now_ms, patience)


class _Loopback(httpx.AsyncBaseTransport):
    """Leads every request to loopback, whatever its host; nothing else can be reached."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._inner = httpx.AsyncHTTPTransport(trust_env=False)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["host"] = request.url.host
        request.url = request.url.copy_with(scheme="http", host="127.0.0.1", port=self._port)
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


def loopback_world(port: int, now_ms: int, patience: Patience = QUICK) -> World:
    """Return the outside on loopback, at a moment from which the clock runs on."""
    start = time.monotonic()
    return World(
        client=lambda: httpx.AsyncClient(transport=_Loopback(port), timeout=5.0),
        now_ms=lambda: now_ms + int(1000 * (time.monotonic() - start)),
        patience=patience,
    )


@contextmanager
def served(archive: StandinArchive, fault: Fault | None = None) -> Iterator[Served]:
    """Serve the archives until the end of the block."""
    state = Served(archive)
    if fault is not None:
        state.fault = fault

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 20  # one packet, or the acknowledgement of the first is waited for

        def do_GET(self) -> None:
            _respond(self, state)

        def log_message(self, *_words: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _respond(handler: BaseHTTPRequestHandler, state: Served) -> None:
    parts = urlsplit(handler.path)
    host = handler.headers.get("host", "")
    state.asked[f"{host}{parts.path}"] += 1
    time.sleep(state.pause_s)
    broken = state.fault(state.asked.total(), host, parts.path)
    if broken == "reset":
        linger = struct.pack("ii", 1, 0)
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        handler.close_connection = True
        handler.connection.close()
        return
    answer = broken if isinstance(broken, Answer) else None
    answer = answer or state.archive.answer(host, parts.path, dict(parse_qsl(parts.query)))
    handler.send_response(answer.status)
    handler.send_header("content-type", answer.kind)
    handler.send_header("content-length", str(len(answer.body)))
    if answer.status in {418, 429, 503}:
        handler.send_header("retry-after", state.headers.get("retry-after", "0"))
    handler.end_headers()
    if broken == "short":
        handler.wfile.write(answer.body[: len(answer.body) // 2])
        handler.wfile.flush()
        handler.close_connection = True
        return
    handler.wfile.write(answer.body)
