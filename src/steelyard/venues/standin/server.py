"""This file serves the stand-in over TLS on loopback, under the real names of its hosts."""

import asyncio
import json
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from aiohttp import web

from steelyard.venues.standin.authority import LOOPBACK, Authority, make_authority
from steelyard.venues.standin.faults import Fault, Kind, Stage, fault_of
from steelyard.venues.standin.hosts import HOSTS, answer
from steelyard.venues.standin.loopback import Place
from steelyard.venues.standin.world import Answer, Asked, Standin

_ADMIN: Final = frozenset({LOOPBACK, "localhost"})
_REMEMBERED: Final = 100_000
"""Requests in the log; a process that runs for weeks keeps no more."""


@dataclass(slots=True)
class Served:
    """A stand-in that runs: where, what it was asked, and how it fails.

    Parameters
    ----------
    standin : Standin
        May be changed while it runs.
    place : Place
        Where it listens.
    faults : list of Fault
        The first that strikes decides; may be changed while it runs.
    log : list of (float, Asked)
        When each request came, in seconds of a clock that only moves on.
    """

    standin: Standin
    place: Place
    faults: list[Fault] = field(default_factory=list)
    log: list[tuple[float, Asked]] = field(default_factory=list)

    def asked(self, ending: str = "") -> int:
        """Return how many requests went to places that end so."""
        return sum(one.place.endswith(ending) for _, one in self.log)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request, or fail as one of the faults says."""
        host = request.host.partition(":")[0]
        asked = Asked(request.method, host, request.path, dict(request.query))
        if host in _ADMIN:
            return await _administer(self, request)
        if len(self.log) < _REMEMBERED:
            self.log.append((time.monotonic(), asked))
        fault = next((one for one in self.faults if one.strikes(asked.place)), None)
        if fault is None:
            return _response(answer(self.standin, asked))
        done = fault.stage is Stage.AFTER or fault.kind is Kind.SHORT
        true = answer(self.standin, asked) if done else fault.answer
        return await _failed(request, fault, true)


@asynccontextmanager
async def listening(standin: Standin, authority: Authority, port: int = 0) -> AsyncIterator[Served]:
    """Serve a stand-in within a running loop until the end of the block.

    Parameters
    ----------
    standin : Standin
        Who answers.
    authority : Authority
        Who vouches for it.
    port : int
        0 takes a free one.
    """
    served = Served(standin, Place(port, authority.ca))
    server = web.Server(served.handle, access_log=None)
    runner = web.ServerRunner(server, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, LOOPBACK, port, ssl_context=authority.server())
    await site.start()
    served.place = Place(runner.addresses[0][1], authority.ca)
    try:
        yield served
    finally:
        await runner.cleanup()


@contextmanager
def serving(standin: Standin) -> Iterator[Served]:
    """Serve a stand-in in a thread of its own until the end of the block: for tests."""
    with tempfile.TemporaryDirectory() as folder:
        authority = make_authority(Path(folder) / "authority", list(HOSTS), real_ms())
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever, daemon=True)
        thread.start()
        block = listening(standin, authority)
        try:
            yield asyncio.run_coroutine_threadsafe(block.__aenter__(), loop).result()
            asyncio.run_coroutine_threadsafe(block.__aexit__(None, None, None), loop).result()
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.close()


def real_ms() -> int:
    """Return the real time, in which certificates hold, whatever the clock of the stand-in."""
    return time.time_ns() // 1_000_000


def _response(told: Answer) -> web.Response:
    return web.Response(
        status=told.status, body=told.body, content_type=told.kind, headers=told.headers
    )


async def _failed(request: web.BaseRequest, fault: Fault, told: Answer) -> web.StreamResponse:
    """Fail: answer something else, or drop the connection at once, late or in the middle."""
    if fault.kind is Kind.ANSWER:
        return _response(fault.answer)
    if fault.kind is Kind.HANG:
        await asyncio.Event().wait()
    response = web.StreamResponse(status=told.status, headers=told.headers)
    if fault.kind is Kind.SHORT:
        response.content_length = len(told.body)
        response.content_type = told.kind
        await response.prepare(request)
        await response.write(told.body[: len(told.body) // 2])
    if request.transport is not None:
        request.transport.abort()
    return response


async def _administer(served: Served, request: web.BaseRequest) -> web.StreamResponse:
    """Read and set the faults of a stand-in that runs as a process of its own."""
    if request.path != "/faults":
        return web.json_response({"allowed": ["GET /faults", "POST /faults", "DELETE /faults"]})
    if request.method == "POST":
        try:
            served.faults.append(fault_of(json.loads(await request.text())))
        except (TypeError, ValueError) as error:
            return web.Response(status=400, text=f"no such fault: {error}")
    if request.method == "DELETE":
        served.faults.clear()
    told = [{"at": one.at, "kind": one.kind.value, "done": one.done} for one in served.faults]
    return web.json_response(told)
