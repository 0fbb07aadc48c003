"""Where in the text of a policy each key stands, so that a refusal can point there."""

import difflib
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from steelyard.domain.errors import PolicyError

Path: TypeAlias = tuple[str | int, ...]
"""Keys and list positions from the top of the file down to a value."""

_BLANK = " \t\n"
_ESCAPES = {"x": 4, "u": 6, "U": 10}


class Spot(NamedTuple):
    """Offsets in the text at which a key and its value begin."""

    key: int
    value: int


def nearest(word: str, known: Iterable[str]) -> str:
    """Return a hint at the most similar known name, or nothing.

    Examples
    --------
    >>> nearest("trigers", ["triggers", "regimes"])
    '; did you mean "triggers"?'
    >>> nearest("xyz", ["triggers"])
    ''
    """
    found = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f'; did you mean "{found[0]}"?' if found else ""


class _Scan:
    """Walk over TOML that ``tomllib`` has accepted and note the offset of every key."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.spots: dict[Path, Spot] = {}
        self.tables: dict[Path, int] = {}

    def document(self) -> dict[Path, Spot]:
        """Return the spots of all keys and values."""
        prefix: Path = ()
        self.blank()
        while self.at < len(self.text):
            prefix = self.header() if self.text[self.at] == "[" else self.pair(prefix)
            self.blank()
        return self.spots

    def blank(self) -> None:
        """Skip blanks, line ends and comments."""
        while self.at < len(self.text):
            if self.text[self.at] == "#":
                self.until("\n")
            elif self.text[self.at] not in _BLANK:
                return
            else:
                self.at += 1

    def until(self, stops: str) -> None:
        """Move to the next of these characters, or to the end."""
        while self.at < len(self.text) and self.text[self.at] not in stops:
            self.at += 1

    def header(self) -> Path:
        """Read ``[table]`` or ``[[list of tables]]`` and return its path."""
        start = self.at
        many = self.text.startswith("[[", start)
        self.at += 2 if many else 1
        path: Path = ()
        keys = self.keys()
        for position, key in enumerate(keys):
            path = (*path, key)
            last = position == len(keys) - 1
            if last and many:
                self.tables[path] = self.tables.get(path, -1) + 1
                self.spots.setdefault(path, Spot(start, start))
            if path in self.tables:
                path = (*path, self.tables[path])
        self.at += 2 if many else 1
        self.spots.setdefault(path, Spot(start, start))
        return path

    def keys(self) -> list[str]:
        """Read a dotted key."""
        found = []
        while True:
            self.blank()
            if self.text[self.at] in "\"'":
                start = self.at
                self.string()
                found.append(cooked(self.text[start + 1 : self.at - 1], self.text[start]))
            else:
                start = self.at
                self.until(" \t.=]\n")
                found.append(self.text[start : self.at])
            self.blank()
            if self.text[self.at] != ".":
                return found
            self.at += 1

    def pair(self, prefix: Path) -> Path:
        """Read ``key = value`` and return the path of the table it stands in."""
        start = self.at
        path = prefix
        parts = self.keys()
        self.at += 1
        self.blank()
        for key in parts:
            path = (*path, key)
            self.spots.setdefault(path, Spot(start, self.at))
        self.value(path)
        return prefix

    def value(self, path: Path) -> None:
        """Skip a value, noting the keys and elements inside."""
        opening = self.text[self.at]
        if opening in "\"'":
            self.string()
        elif opening in "[{":
            self.at += 1
            self.inside(path, "]" if opening == "[" else "}")
        else:
            self.until(",]}#\n")

    def inside(self, path: Path, closing: str) -> None:
        """Read the elements of a list or the pairs of an inline table."""
        position = 0
        self.blank()
        while self.text[self.at] != closing:
            if self.text[self.at] == ",":
                self.at += 1
            elif closing == "}":
                self.pair(path)
            else:
                self.spots[*path, position] = Spot(self.at, self.at)
                self.value((*path, position))
                position += 1
            self.blank()
        self.at += 1

    def string(self) -> None:
        """Skip a string of any of the four kinds."""
        quote = self.text[self.at]
        mark = quote * 3 if self.text.startswith(quote * 3, self.at) else quote
        self.at += len(mark)
        while not self.text.startswith(mark, self.at):
            self.at += 2 if quote == '"' and self.text[self.at] == "\\" else 1
        self.at += len(mark)
        while len(mark) > 1 and self.text[self.at : self.at + 1] == quote:
            self.at += 1


def _step(text: str, at: int, quote: str) -> tuple[int, bool]:
    """Return how many raw characters make the next one, and whether they make one at all."""
    if quote != '"' or text[at] != "\\":
        return 1, True
    following = text[at + 1 : at + 2]
    if following in _BLANK:
        rest = text[at + 1 :]
        return 1 + len(rest) - len(rest.lstrip(_BLANK)), False
    return _ESCAPES.get(following, 2), True


def cooked(raw: str, quote: str) -> str:
    """Return a quoted key as the parser gave it, escapes replaced."""
    if quote != '"' or "\\" not in raw:
        return raw
    import tomllib  # noqa: PLC0415 - only keys with escapes, which hardly anyone writes

    return next(iter(tomllib.loads(f'"{raw}" = 0')))


@dataclass(frozen=True, slots=True)
class Source:
    """A policy's text under the name the user gave it; makes every refusal.

    Parameters
    ----------
    name : str
        The file as the user wrote it.
    text : str
    spots : mapping from path to offsets
    settings : mapping from path to the setting that put it there
    """

    name: str
    text: str = ""
    spots: Mapping[Path, Spot] = field(default_factory=dict)
    settings: Mapping[Path, str] = field(default_factory=dict)

    def refuse(self, path: Path, sentence: str, inside: int | None = None) -> PolicyError:
        """Return the error for one place.

        Parameters
        ----------
        path : path
            What is at fault; the nearest table above it is named where it does not exist.
        sentence : str
            What was found, what is allowed, what to do.
        inside : int, optional
            Offset into the string at ``path``.

        Notes
        -----
        A setting may turn a place of the file wrong that it does not name, as a smaller leverage
        does the baseline; so every setting in force is told.
        """
        where = self.setting(path)
        if where is not None:
            column = "" if inside is None else f", column {inside + 1} of the condition"
            return PolicyError(f'setting "{where}"{column}: {sentence}')
        others = ", ".join(f'"{setting}"' for setting in self.settings.values())
        told = f"with setting {others}, {self.name}" if others else self.name
        known = path
        while known and known not in self.spots:
            known = known[:-1]
        if not known:
            return PolicyError(f"{told}: {sentence}")
        spot = self.spots[known]
        offset = spot.key
        if inside is not None and known == path:
            offset = self.within(spot.value, inside)
        line, column_number = self.line_and_column(offset)
        return PolicyError(f"{told}:{line}:{column_number}: {sentence}")

    def setting(self, path: Path) -> str | None:
        """Return the setting that put a value there, if one did."""
        for end in range(len(path), 0, -1):
            if path[:end] in self.settings:
                return self.settings[path[:end]]
        return None

    def within(self, start: int, inside: int) -> int:
        """Return the offset in the text of a character of the string value that begins at start."""
        quote = self.text[start]
        long = self.text.startswith(quote * 3, start)
        at = start + (3 if long else 1)
        if long and self.text[at : at + 1] == "\n":
            at += 1
        left = inside
        while left > 0 and at < len(self.text):
            length, makes_one = _step(self.text, at, quote)
            at += length
            left -= makes_one
        return at

    def line_and_column(self, offset: int) -> tuple[int, int]:
        """Return line and column, counted from 1."""
        ends = [position for position, letter in enumerate(self.text) if letter == "\n"]
        line = bisect_right(ends, offset - 1)
        return line + 1, offset - (ends[line - 1] + 1 if line else 0) + 1


def spots_of(text: str) -> dict[Path, Spot]:
    """Return where every key and value of a valid TOML text stands."""
    return _Scan(text).document()
