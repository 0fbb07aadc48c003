"""This file says which hosts the stand-in is, and who answers for each."""

from collections.abc import Callable
from typing import Final

from steelyard.venues.standin.archive import FILES, LISTING, file_answer, listing_answer
from steelyard.venues.standin.binance import binance_answer
from steelyard.venues.standin.bybit import bybit_answer
from steelyard.venues.standin.deribit import deribit_answer
from steelyard.venues.standin.mood import mood_answer
from steelyard.venues.standin.world import Answer, Asked, Standin


def _files(world: Standin, asked: Asked) -> Answer:
    return file_answer(world, asked.path.removeprefix("/"))


def _listing(world: Standin, asked: Asked) -> Answer:
    return listing_answer(world, asked.query.get("prefix", ""), asked.query.get("marker", ""))


HOSTS: Final[dict[str, Callable[[Standin, Asked], Answer]]] = {
    "api.binance.com": binance_answer,
    "fapi.binance.com": binance_answer,
    "dapi.binance.com": binance_answer,
    "api.bybit.com": bybit_answer,
    "www.deribit.com": deribit_answer,
    "api.alternative.me": mood_answer,
    FILES: _files,
    LISTING: _listing,
}
"""Every host that is answered for, by its real name."""


def answer(world: Standin, asked: Asked) -> Answer:
    """Return what a host answers; 421 for one that the stand-in is not."""
    answers = HOSTS.get(asked.host)
    if answers is None:
        return Answer(421, f"the stand-in is not {asked.host}".encode(), "text/plain")
    if asked.method != "GET":
        return Answer(405, b"the stand-in only answers what reads", "text/plain")
    return answers(world, asked)
