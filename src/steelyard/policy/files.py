"""How a file that a person wrote is read: as text, then as TOML, with a place where it fails."""

import re
import tomllib
from pathlib import Path
from typing import Final, TypeAlias

from steelyard.domain.errors import PolicyError

MAX_BYTES: Final = 1_000_000
"""Largest file; the longest shipped policy is a hundredth of it."""

MAX_DOTS: Final = 1000
"""Dots in one line: the parser's cost grows with the square of a dotted key's parts."""

Table: TypeAlias = dict[str, object]

_PLACE = re.compile(r" \(at line (\d+), column (\d+)\)$")


def read_file(path: Path, what: str) -> str:
    """Return the text of a file, its line ends as single characters.

    Parameters
    ----------
    path : Path
        Where it is.
    what : str
        What it should be, such as ``policy``.

    Raises
    ------
    FileNotFoundError
        If there is none.
    PolicyError
        If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except NotADirectoryError:
        raise FileNotFoundError from None
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        article = "an" if what[0] in "aeiou" else "a"
        raise PolicyError(f"{str(path)!a} cannot be read as {article} {what}: {reason}") from None
    if len(content) > MAX_BYTES:
        raise PolicyError(f"{path} is larger than {MAX_BYTES} bytes, which no {what} needs")
    try:
        return content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise PolicyError(f"{path}:{line}: is not UTF-8 text; save the {what} as UTF-8") from None


def parsed(path_text: str, text: str, what: str) -> Table:
    """Return a text as TOML reads it.

    Parameters
    ----------
    path_text : str
        The file as the user named it.
    text : str
        What stands in it.
    what : str
        What it should be, such as ``policy``.

    Raises
    ------
    PolicyError
        If it is not valid TOML, with the place.
    """
    for number, line in enumerate(text.split("\n"), start=1):
        if line.count(".") > MAX_DOTS:
            sentence = f"has more than {MAX_DOTS} dots, which no {what} needs"
            raise PolicyError(f"{path_text}:{number}: the line {sentence}")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        found = _PLACE.search(message)
        where = f":{found[1]}:{found[2]}" if found else ""
        reason = _PLACE.sub("", message)
        raise PolicyError(f"{path_text}{where}: is not valid TOML: {reason}") from None
    except (ValueError, OverflowError) as error:
        raise PolicyError(f"{path_text}: is not valid TOML: {error}") from None
    except RecursionError:
        raise PolicyError(f"{path_text}: is not valid TOML: it nests too deep") from None
