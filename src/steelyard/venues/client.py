"""This file asks a venue through ccxt, patiently, and believes no broken answer."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from http import HTTPStatus
from typing import Any, Final

from steelyard.domain.errors import RequestError, SteelyardError, VenueBusy
from steelyard.venues.profile import Profile
from steelyard.venues.trouble import Heard, Trouble, nonsense, sorted_out
from steelyard.venues.web import Patience

TIMEOUT_MS: Final = 30_000
_HEARD: Final[ContextVar[Heard]] = ContextVar("heard")
"""What was heard of the request that a task has under way; several may be at a time."""

_MISSHAPEN: Final = (
    TypeError,
    AttributeError,
    KeyError,
    ValueError,
    IndexError,
    ArithmeticError,
)
"""What ccxt stumbles with over an answer of another shape."""


class Client:
    """The network of one venue, asked without a key.

    Parameters
    ----------
    profile : Profile
        Of the venue.
    library : object
        A client of ccxt, as ``client_of`` makes one; another may answer in its place.
    now_ms : callable
        The clock.
    patience : Patience
        How often it is asked again, and how long a pause is waited for.
    sleep : callable
        Waits for some seconds.
    """

    def __init__(
        self,
        profile: Profile,
        library: Any,  # noqa: ANN401 - ccxt ships no types
        now_ms: Callable[[], int],
        patience: Patience | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.now_ms = now_ms
        self._title = profile.title
        self._library = library
        self._patience = patience or Patience()
        self._sleep = sleep
        self._answered = False
        self._pause_until_ms = 0
        self._banned: SteelyardError | None = None
        library.on_rest_response = self._hear

    def _hear(self, status: int, _reason: str, *rest: Any) -> Any:  # noqa: ANN401 - as ccxt calls it
        """Note an answer for the request that is under way in this task; the first error stays."""
        _url, _method, headers, body, *_ = rest
        self._answered = True
        heard = _HEARD.get()
        if heard.status < HTTPStatus.BAD_REQUEST:
            heard.status, heard.headers, heard.body = status, headers or {}, str(body or "")
        return body

    async def close(self) -> None:
        """Close what was opened; a session that was passed in is left open."""
        await self._library.close()

    async def markets(self) -> list[Mapping[str, Any]]:
        """Return what the venue lists, as ccxt parses it.

        Raises
        ------
        VenueBusy
            If the venue cannot be reached, asks for a pause, or answers with something else.
        VenueRefused
            If it refuses.
        """
        markets: list[Mapping[str, Any]] = await self._asked("markets", self._library.fetch_markets)
        return markets

    async def raw(self, call: str, params: Mapping[str, object]) -> object:
        """Return the answer of one endpoint, by the name that ccxt gives it.

        Raises
        ------
        VenueBusy
            If the venue cannot be reached, asks for a pause, or answers with something else.
        VenueRefused
            If it refuses.
        """
        return await self._asked(call, lambda: getattr(self._library, call)(dict(params)))

    async def _asked(self, route: str, ask: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401
        """Return an answer, after another attempt where that may help.

        Raises
        ------
        RequestError
            If not a single attempt is allowed.
        """
        for attempt in range(1, self._patience.tries + 1):
            await self._wait()
            try:
                return await self._attempt(route, ask)
            except _Again as again:
                trouble = again.trouble
                pause_s = trouble.pause_s or self._patience.pause_s * 2 ** (attempt - 1)
                self._note(trouble)
                last = attempt == self._patience.tries or not trouble.may_pass
                if last or pause_s > self._patience.longest_s:
                    raise trouble.error from None
                if not trouble.pause_s:
                    await self._sleep(pause_s)
        message = "no attempt was allowed; give Patience one or more tries"
        raise RequestError(message)

    def _note(self, trouble: Trouble) -> None:
        """Let every request wait for a pause that the venue asks for, or fail in a ban."""
        if trouble.pause_s:
            until_ms = self.now_ms() + int(1000 * trouble.pause_s)
            self._pause_until_ms = max(self._pause_until_ms, until_ms)
            self._banned = None if trouble.may_pass else trouble.error

    async def _wait(self) -> None:
        """Wait until the venue may be asked again.

        Raises
        ------
        VenueBusy
            If it has banned this address.
        """
        left_ms = self._pause_until_ms - self.now_ms()
        if left_ms <= 0:
            return
        if self._banned is not None:
            raise self._banned
        await self._sleep(left_ms / 1000)

    async def _attempt(self, route: str, ask: Callable[[], Awaitable[Any]]) -> Any:  # noqa: ANN401
        import ccxt  # noqa: PLC0415 - heavy, and an extra

        heard = Heard()
        _HEARD.set(heard)
        try:
            answer = await ask()
        except ccxt.BaseError as error:
            heard.ever = self._answered
            trouble = sorted_out(self._title, route, error, heard, self.now_ms())
            raise _Again(trouble) from None
        except _MISSHAPEN as error:
            if not heard.status:
                raise  # no answer that it could come from
            answer = heard.body or repr(error)
        if not isinstance(answer, dict | list):
            busy = VenueBusy(nonsense(self._title, route, answer))
            raise _Again(Trouble(error=busy, may_pass=True))
        return answer


class _Again(Exception):  # noqa: N818 - carries a trouble up to who decides
    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble


def client_of(profile: Profile, session: object = None) -> Any:  # noqa: ANN401 - ccxt ships no types
    """Return a client of ccxt as this project uses it: no key, no currencies, no retries.

    Raises
    ------
    RequestError
        If ccxt is not installed.
    """
    try:
        import ccxt.async_support as library  # noqa: PLC0415 - heavy, and an extra
    except ImportError:
        message = (
            "live venues need ccxt, which is not installed; install it with "
            "pip install 'steelyard[live]'"
        )
        raise RequestError(message) from None
    settings: dict[str, object] = {
        "enableRateLimit": True,
        "timeout": TIMEOUT_MS,
        "options": dict(profile.options),
    }
    if session is not None:
        settings["session"] = session
    client = getattr(library, profile.library)(settings)
    client.has["fetchCurrencies"] = False
    return client
