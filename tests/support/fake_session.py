"""This file is a session that answers without a socket, for ccxt to ask in place of the network."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Answered:
    """One answer: its body is JSON unless it is text already."""

    body: object = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        return str(self.status)

    async def text(self, **_words: object) -> str:
        return self.body if isinstance(self.body, str) else json.dumps(self.body)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass


Query = Mapping[str, str]
Answers = Callable[[str, str, Query], object]
"""Told host, path and query; a body, an ``Answered``, or an exception to raise."""


class FakeSession:
    """Answers every request by a function, and remembers what it was asked."""

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.headers: dict[str, str] = {}
        self.asked: list[tuple[str, str, Query]] = []

    def get(self, url: object, **_words: object) -> Answered:
        parts = urlsplit(str(url))
        query = dict(parse_qsl(parts.query))
        host = parts.hostname or ""
        self.asked.append((host, parts.path, query))
        body = self.answers(host, parts.path, query)
        if isinstance(body, Exception):
            raise body
        return body if isinstance(body, Answered) else Answered(body)
