"""This file reads what a venue answers in JSON, and refuses what has another shape."""

import json
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import httpx
import numpy as np

from steelyard.data.sources import Part, Rows
from steelyard.domain.errors import DataError, VenueBusy

Value = TypeVar("Value")
_SHAPE: Final = (ValueError, KeyError, TypeError, IndexError, AttributeError)


def read_json(answer: httpx.Response | None, url: str, reads: Callable[[object], Value]) -> Value:
    """Return what is made of an answer in JSON.

    Raises
    ------
    VenueBusy
        If there is no answer, or it has another shape.
    """
    if answer is None:
        message = f"{url} is not there (status 404); try again later"
        raise VenueBusy(message)
    try:
        return reads(json.loads(answer.content))
    except _SHAPE as error:
        message = f"{url} answers with something else than was asked for ({error!r}); try later"
        raise VenueBusy(message) from None


def kept(rows: Sequence[tuple[float, ...]]) -> bytes:
    """Return rows of a stamp and numbers as they are kept: JSON, one row a line, in order."""
    lines = ",\n".join(json.dumps(list(row)) for row in sorted(rows))
    return f"[\n{lines}\n]\n".encode()


def read_kept(part: Part, content: bytes, columns: Sequence[str]) -> Rows:
    """Return rows that were kept.

    Raises
    ------
    DataError
        If they are not as they were written.
    """
    try:
        rows = np.array(json.loads(content), dtype=np.float64).reshape(-1, 1 + len(columns))
    except ValueError:
        message = f"{part.path} is damaged; remove it and run the command again"
        raise DataError(message) from None
    told = {name: rows[:, place] for place, name in enumerate(columns, start=1)}
    return Rows(ms=rows[:, 0].astype(np.int64), columns=told)
