"""The kinds of value a policy file may hold, with their limits."""

from collections.abc import Callable
from datetime import date
from typing import Annotated, Final, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from steelyard.domain.codes import MAX_CONFIRM
from steelyard.policy.clocks import JOINED, REVIEWS, WEEKDAYS
from steelyard.policy.place import nearest

MAX_EXPRESSION: Final = 4000
"""Longest condition, in characters."""

MAX_COUNT: Final = 5000
"""Longest wait and longest window: more than thirteen years of days."""

_PAIR: Final = 2

Span: TypeAlias = tuple[float, float]
"""A size at strength 0 and at strength 1; twice the same where it does not depend on strength."""


def refused(sentence: str) -> PydanticCustomError:
    """Return an error whose sentence goes to the user as it is."""
    return PydanticCustomError("policy", "{sentence}", {"sentence": sentence})


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def shown(value: object, levels: int = 2) -> str:
    """Return a value as the file would write it, lists inside lists down to a few levels.

    Examples
    --------
    >>> shown(True), shown([1, 0.5]), shown("x"), shown([[[1]]])
    ('true', '[1, 0.5]', '"x"', '[[a list]]')
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= 60 else f'"{value[:57]}..."'  # noqa: PLR2004 - a line
    if isinstance(value, list | tuple):
        if levels == 0:
            return "a list"
        return f"[{', '.join(shown(item, levels - 1) for item in value[:6])}]"
    if isinstance(value, dict):
        return "a table"
    return str(value)[:60]


def _pair(value: object) -> object:
    if _is_number(value):
        return (value, value)
    if isinstance(value, list) and len(value) == _PAIR and all(map(_is_number, value)):
        return tuple(value)
    raise refused(f"is {shown(value)}, must be a number or a range [from, to]")


def span(low: float, high: float) -> Callable[[Span], Span]:
    """Return the check that both ends of a size lie within limits."""

    def check(value: Span) -> Span:
        for end in value:
            if not low <= end <= high:
                raise refused(
                    f"is {end:g}, must be within {low:g} and {high:g}{percent(end, high)}"
                )
        return value

    return check


def percent(value: float, high: float) -> str:
    """Return a hint where a fraction was probably written as a percentage."""
    fraction = abs(value) / 100.0
    if 1.0 < abs(value) <= 100.0 and fraction <= high:  # noqa: PLR2004 - a hundred per cent
        return f"; sizes are fractions, so {abs(value):g} % is {value / 100.0:g}"
    return ""


def listed(value: object) -> object:
    """Return a list of the file as a tuple.

    Raises
    ------
    refused
        If it is none.
    """
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, tuple):
        return value
    raise refused(f"is {shown(value)}, must be a list")


def _confirmation(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return (value, value)
    whole = isinstance(value, list) and all(type(item) is int for item in value)
    if whole and isinstance(value, list) and len(value) == _PAIR:
        return tuple(value)
    raise refused(f"is {shown(value)}, must be n or [n, m] for n of the last m evaluations")


def _confirmed(value: tuple[int, int]) -> tuple[int, int]:
    needed, window = value
    if window > MAX_CONFIRM:
        raise refused(f"looks back over {window} evaluations, at most {MAX_CONFIRM} are possible")
    if not 1 <= needed <= window:
        raise refused(f"asks for {needed} of the last {window} evaluations; n must be 1 to m")
    return value


def _monday(value: object) -> object:
    try:
        day = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        day = None
    if type(day) is not date:
        raise refused(f"is {shown(value)}, must be a date such as 2024-01-01")
    if day.weekday() != 0:
        monday = date.fromordinal(day.toordinal() - day.weekday())
        raise refused(f"is {day}, a {day:%A}; must be a Monday such as {monday}")
    return day


def _review(value: object) -> object:
    if isinstance(value, str) and value in REVIEWS:
        return value
    if isinstance(value, list) and value and all(day in WEEKDAYS for day in value):
        return JOINED.join(day for day in WEEKDAYS if day in value)
    listed = value if isinstance(value, list) else []
    wrong = next((day for day in listed if day not in WEEKDAYS), value)
    options = ", ".join(f"'{name}'" for name in REVIEWS)
    days = f"a list of weekdays such as [{shown(WEEKDAYS[0])}, {shown(WEEKDAYS[3])}]"
    hint = nearest(wrong, [*REVIEWS, *WEEKDAYS]) if isinstance(wrong, str) else ""
    raise refused(f"is {shown(value)}, must be {options} or {days}{hint}")


def _currency(value: str) -> str:
    if not (value.isascii() and value.isalnum() and value.isupper()):
        raise refused(f"is {shown(value)}, must be the name of a currency such as USDT")
    return value


Currency = Annotated[str, AfterValidator(_currency)]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Title = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$", max_length=80)]
Condition = Annotated[str, StringConstraints(min_length=1, max_length=MAX_EXPRESSION)]
Prose = Annotated[str, StringConstraints(max_length=MAX_EXPRESSION)]

Count = Annotated[int, Field(ge=0, le=MAX_COUNT)]
Several = Annotated[int, Field(ge=1, le=MAX_COUNT)]
Confirmation = Annotated[
    tuple[int, int], BeforeValidator(_confirmation), AfterValidator(_confirmed)
]
Ids = Annotated[tuple[Id, ...], BeforeValidator(listed)]
Review = Annotated[str, BeforeValidator(_review)]
Monday = Annotated[date, BeforeValidator(_monday)]

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Leverage = Annotated[float, Field(gt=0.0, le=125.0)]
Amount = Annotated[float, Field(ge=0.0, le=1e12)]

Share = Annotated[Span, BeforeValidator(_pair), AfterValidator(span(0.0, 1.0))]
Signed = Annotated[Span, BeforeValidator(_pair), AfterValidator(span(-10.0, 10.0))]
Cover = Annotated[Span, BeforeValidator(_pair), AfterValidator(span(0.0, 5.0))]
Worths = Annotated[Span, BeforeValidator(_pair), AfterValidator(span(0.0, 2.0))]
Cap = Annotated[Span, BeforeValidator(_pair), AfterValidator(span(0.01, 125.0))]
