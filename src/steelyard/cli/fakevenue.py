"""This file is the command ``steelyard fakevenue``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from steelyard.cli.console import say
from steelyard.domain.errors import RequestError

if TYPE_CHECKING:
    from steelyard.venues.standin.server import Served
    from steelyard.venues.standin.world import Standin


def fakevenue(
    *,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="DIR", help="History to show; else an invented market that goes on."
        ),
    ] = None,
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="0 takes a free one.")
    ] = 0,
) -> None:
    """Stand in for the archives and venues on this machine, to try everything offline.

    It answers under the real names of its hosts what reads without a key, and nobody but who is
    pointed at it meets it. It ends with Ctrl-C. It needs the extra live.
    """
    import asyncio

    _refuse_without_extra()
    from steelyard.venues.standin.held import held_world
    from steelyard.venues.standin.invented import invented_world
    from steelyard.venues.standin.server import real_ms

    standin = invented_world(real_ms) if data is None else held_world(data, real_ms)
    asyncio.run(_serve(standin, port))


def _refuse_without_extra() -> None:
    """Do nothing where what serves is installed.

    Raises
    ------
    RequestError
        If it is not.
    """
    from importlib.util import find_spec

    missing = [name for name in ("aiohttp", "cryptography") if find_spec(name) is None]
    if missing:
        message = (
            f"steelyard fakevenue needs {' and '.join(missing)} to be installed; "
            f"install steelyard with its extra: pip install 'steelyard[live]'"
        )
        raise RequestError(message)


async def _serve(standin: "Standin", port: int) -> None:
    """Serve until a signal ends it.

    Raises
    ------
    RequestError
        If the port is taken.
    """
    import asyncio
    import signal
    import tempfile

    from steelyard.venues.standin.authority import make_authority
    from steelyard.venues.standin.hosts import HOSTS
    from steelyard.venues.standin.server import listening, real_ms

    ended = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, ended.set)
    with tempfile.TemporaryDirectory(prefix="steelyard-fakevenue-") as folder:
        authority = make_authority(Path(folder), list(HOSTS), real_ms())
        try:
            async with listening(standin, authority, port) as served:
                say(_screen(served))
                await ended.wait()
        except OSError as error:
            message = f"port {port} cannot be had ({error.strerror}); choose another with --port"
            raise RequestError(message) from None


def _screen(served: "Served") -> str:
    """Return how a command is pointed at a stand-in, and how it is made to fail."""
    from steelyard.venues.standin.hosts import HOSTS
    from steelyard.venues.standin.loopback import LOOPBACK, VARIABLE

    place = served.place
    traded = sorted({one.base for one in served.standin.contracts if one.market == "um"})
    fault = '{"at": "fapi.binance.com/*", "status": 429, "headers": {"retry-after": "3"}}'
    return "\n".join(
        [
            f"A stand-in for {', '.join(sorted(HOSTS))}.",
            f"Futures of {', '.join(traded)}. Nothing that it says is real. Ctrl-C ends it.",
            "",
            "In another terminal, so that every request goes to it:",
            f"  export {VARIABLE}={place}",
            "  steelyard data download BTC --data trial-data --from 2026-01-01",
            "",
            "To let it fail, and to mend it:",
            f"  curl --cacert {place.ca} https://{LOOPBACK}:{place.port}/faults -d '{fault}'",
            f"  curl --cacert {place.ca} https://{LOOPBACK}:{place.port}/faults -X DELETE",
        ]
    )
