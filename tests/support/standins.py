"""This file asks a stand-in without a server."""

import json
from urllib.parse import parse_qsl, urlsplit

from steelyard.venues.standin.hosts import answer
from steelyard.venues.standin.world import Asked, Standin
from tests.support.shapes import Json


def status_and_document(standin: Standin, url: str) -> tuple[int, Json]:
    """Return with which status and which document a stand-in answers."""
    parts = urlsplit(url)
    told = answer(standin, Asked("GET", parts.netloc, parts.path, dict(parse_qsl(parts.query))))
    document: Json = json.loads(told.body)
    return told.status, document


def document(standin: Standin, url: str) -> Json:
    """Return the document that a stand-in answers with."""
    return status_and_document(standin, url)[1]


def rows(standin: Standin, url: str) -> list[Json]:
    """Return the list that a stand-in answers with."""
    told = document(standin, url)
    assert isinstance(told, list), told
    return told
