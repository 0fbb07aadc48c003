"""Who asks a venue: pauses and bans count for every request, and each hears its own answer."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

import pytest

from steelyard.domain.errors import RequestError, VenueBusy, VenueRefused
from steelyard.venues.client import Client, client_of
from steelyard.venues.profiles import PROFILES
from steelyard.venues.web import Patience
from tests.support.fake_session import Answered, FakeSession, Query


class Clock:
    def __init__(self) -> None:
        self.ms = 1_700_000_000_000
        self.slept: list[float] = []

    def now_ms(self) -> int:
        return self.ms

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.ms += round(1000 * seconds)


def run(
    answers: Callable[[str, Query], object],
    what: Callable[[Client], Awaitable[object]],
    clock: Clock,
    patience: Patience | None = None,
) -> FakeSession:
    session = FakeSession(lambda _host, path, query: answers(path, query))

    async def ask() -> None:
        library = client_of(PROFILES["binance"], session)
        library.enableRateLimit = False
        client = Client(PROFILES["binance"], library, clock.now_ms, patience, clock.sleep)
        try:
            await what(client)
        finally:
            await client.close()

    asyncio.run(ask())
    return session


async def price(client: Client, symbol: str = "BTCUSDT") -> object:
    return await client.raw("fapiPublicGetTickerPrice", {"symbol": symbol})


def limited(seconds: str, times: int) -> Callable[[str, Query], object]:
    left = [times]

    def answers(_path: str, _query: Query) -> object:
        left[0] -= 1
        if left[0] >= 0:
            return Answered("{}", status=429, headers={"Retry-After": seconds})
        return {"price": "1"}

    return answers


def test_a_pause_is_waited_for_as_long_as_the_venue_says() -> None:
    clock = Clock()

    run(limited("7", 2), price, clock)

    assert clock.slept == [7.0, 7.0]


def test_a_pause_that_one_request_was_told_counts_for_the_next() -> None:
    clock = Clock()
    once = Patience(tries=1)

    async def two(client: Client) -> None:
        with pytest.raises(VenueBusy, match="asks for a pause of 7 s"):
            await price(client)
        await price(client)

    run(limited("7", 1), two, clock, once)

    assert clock.slept == [7.0]


def test_in_a_ban_nothing_is_asked_until_it_ends() -> None:
    clock = Clock()
    bans = [Answered("{}", status=418, headers={"Retry-After": "120"})]

    async def three(client: Client) -> None:
        for _ in range(2):
            with pytest.raises(VenueBusy, match=r"has banned this address.*for 120 s"):
                await price(client)
        clock.ms += 120_000
        await price(client)

    session = run(lambda _path, _query: bans.pop() if bans else {"price": "1"}, three, clock)

    # The second request of the ban was not made.
    assert len(session.asked) == 2
    assert clock.slept == []


def test_a_venue_that_was_never_reached_is_asked_once() -> None:
    clock = Clock()

    def nowhere(_path: str, _query: Query) -> object:
        return TimeoutError()

    async def ask(client: Client) -> None:
        with pytest.raises(
            VenueBusy, match=r"Binance .fapiPublicGetTickerPrice. cannot be reached"
        ):
            await price(client)

    session = run(nowhere, ask, clock)

    assert len(session.asked) == 1


def test_requests_at_a_time_hear_their_own_answers() -> None:
    clock = Clock()

    def answers(_path: str, query: Query) -> object:
        if query["symbol"] == "NONE":
            return Answered({"code": -1121, "msg": "Invalid symbol."}, status=400)
        return {"price": "1", "symbol": query["symbol"]}

    async def many(client: Client) -> None:
        names = ["BTCUSDT", "NONE"] * 5
        told = await asyncio.gather(*(price(client, one) for one in names), return_exceptions=True)
        refused = told[1::2]

        assert told[::2] == [{"price": "1", "symbol": "BTCUSDT"}] * 5
        assert all(isinstance(one, VenueRefused) for one in refused)
        assert all("does not know the symbol" in str(one) for one in refused)

    run(answers, many, clock)


def test_no_attempt_at_all_is_a_mistake() -> None:
    async def ask(client: Client) -> None:
        with pytest.raises(RequestError, match="one or more tries"):
            await price(client)

    run(lambda _path, _query: {}, ask, Clock(), Patience(tries=0))


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ccxt.async_support", None)

    with pytest.raises(RequestError, match=r"need ccxt.*pip install 'steelyard\[live\]'"):
        client_of(PROFILES["binance"])
