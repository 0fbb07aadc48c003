"""The grammar of conditions: Python's own parser behind a whitelist."""

import ast
import re
import warnings
from typing import Final

from steelyard.policy.values import MAX_EXPRESSION

MAX_DEPTH: Final = 24
"""Deepest nesting of what is written."""

BINARY: Final[dict[type[ast.AST], str]] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/"}
COMPARISONS: Final[dict[type[ast.AST], str]] = {
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
}

_FORBIDDEN: Final[dict[type[ast.AST], str]] = {
    ast.Attribute: "a dot after a name is not allowed",
    ast.Subscript: "square brackets are not allowed; ago(x, n) gives an earlier value",
    ast.Lambda: "lambda is not allowed",
    ast.IfExp: "if ... else is not allowed; write select(condition, a, b)",
    ast.ListComp: "a comprehension is not allowed",
    ast.SetComp: "a comprehension is not allowed",
    ast.DictComp: "a comprehension is not allowed",
    ast.GeneratorExp: "a comprehension is not allowed",
    ast.List: "a list is not allowed",
    ast.Tuple: "a comma outside a call is not allowed",
    ast.Set: "braces are not allowed",
    ast.Dict: "braces are not allowed",
    ast.JoinedStr: "an f-string is not allowed",
    ast.NamedExpr: "the assignment := is not allowed; name a condition in [define]",
    ast.Starred: "a star before an argument is not allowed",
    ast.Await: "await is not allowed",
    ast.Yield: "yield is not allowed",
    ast.YieldFrom: "yield is not allowed",
    ast.Pow: "the power ** is not allowed; multiply instead",
    ast.Mod: "the sign % is not allowed; write 5 % as 0.05",
    ast.FloorDiv: "the whole division // is not allowed; use /",
    ast.MatMult: "the sign @ is not allowed",
    ast.BitAnd: "the sign & is not allowed; use and",
    ast.BitOr: "the sign | is not allowed; use or",
    ast.BitXor: "the sign ^ is not allowed; multiply for powers",
    ast.LShift: "the sign << is not allowed; use <",
    ast.RShift: "the sign >> is not allowed; use >",
    ast.Invert: "the sign ~ is not allowed; use not",
    ast.Is: "is is not allowed; use ==",
    ast.IsNot: "is not is not allowed; use !=",
    ast.In: "in is not allowed; use comparisons",
    ast.NotIn: "not in is not allowed; use comparisons",
}

_HINTS: Final = (
    (re.compile(r"&&"), "use and instead of &&"),
    (re.compile(r"\|\|"), "use or instead of ||"),
    (re.compile(r"!(?!=)"), "use not instead of !"),
    (re.compile(r"(?<![<>=!:])=(?!=)"), "use == to compare"),
    (re.compile(r"\d\s*%"), "write 5 % as 0.05"),
    (
        re.compile(r"\b(?!and\b|or\b|not\b)(?i:and|or|not)\b"),
        "write and, or, not in small letters",
    ),
)
_BY_NAME: Final = re.compile(r"(?:(?<=\w\()|,)\s*\w+\s*=(?!=)")
"""An argument given by its name, whose = is in its place."""


class Refused(Exception):  # noqa: N818 - caught where the place in the file is known
    """A condition cannot be accepted; says why and at which character."""

    def __init__(self, sentence: str, column: int = 0) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.column = max(column, 0)


def _plain(text: str) -> str:
    """Return the text as one line of ASCII, character for character.

    Raises
    ------
    Refused
        If it is too long, empty, or holds a character that no condition needs.
    """
    if len(text) > MAX_EXPRESSION:
        raise Refused(f"is {len(text)} characters long, at most {MAX_EXPRESSION} are allowed")
    for column, letter in enumerate(text):
        if letter in "\n\r\t":
            continue
        if letter == "#":
            raise Refused("a comment inside a condition is not allowed", column)
        if not " " <= letter <= "~" or letter in "\\;`$?":
            raise Refused(f"the character {letter!a} is not allowed", column)
    if not text.strip():
        raise Refused("is empty")
    return re.sub(r"[\n\r\t]", " ", text)


def _hint(text: str) -> str:
    rest = _BY_NAME.sub("", text)
    for pattern, hint in _HINTS:
        if pattern.search(rest):
            return f"; {hint}"
    return ""


def syntax_tree(text: str) -> ast.expr:
    """Return Python's syntax tree of one expression; nothing is ever run.

    Offsets in the tree count from the first character of ``text``.

    Raises
    ------
    Refused
        If the text is no expression, is too long, or nests too deep.
    """
    line = _plain(text)
    shift = len(line) - len(line.lstrip())
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            body = ast.parse(line.lstrip(), mode="eval").body
    except SyntaxError as error:
        column = (error.offset or 1) - 1 + shift
        reason = (error.msg or "not an expression").split(". ")[0]
        raise Refused(f"cannot be read: {reason}{_hint(line)}", min(column, len(text))) from None
    except (ValueError, MemoryError, RecursionError, OverflowError):
        raise Refused(f"cannot be read: it nests deeper than {MAX_DEPTH}") from None
    _bounded(body, shift)
    return body


def _bounded(body: ast.expr, shift: int) -> None:
    # A loop, because what is refused here may nest deeper than Python can call.
    waiting: list[tuple[ast.AST, int]] = [(body, 1)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, ast.expr):
            node.col_offset += shift
            if depth > MAX_DEPTH:
                raise Refused(
                    f"nests deeper than {MAX_DEPTH}; name parts in [define]", node.col_offset
                )
            depth += 1
        waiting.extend((child, depth) for child in ast.iter_child_nodes(node))


def forbidden(node: ast.AST) -> str:
    """Return the sentence that refuses a kind of syntax."""
    return _FORBIDDEN.get(type(node), f"{type(node).__name__} is not allowed")
