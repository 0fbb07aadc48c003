"""How numbers and stamps are written for people: one way for text and pages."""

import math
import textwrap
from datetime import UTC, datetime

from steelyard.domain.time import DAY_MS

MINUS = "-"
UNDEFINED = "-"
"""What stands where a number is not defined."""


def iso(ms: int) -> str:
    """Return a stamp as ISO 8601 in UTC.

    Examples
    --------
    >>> iso(90_000_000)
    '1970-01-02T01:00:00Z'
    """
    moment = datetime.fromtimestamp(ms / 1000, tz=UTC)
    return moment.isoformat(timespec="milliseconds" if ms % 1000 else "seconds")[:-6] + "Z"


def last_day(end_ms: int) -> str:
    """Return the last day before a stamp.

    Examples
    --------
    >>> last_day(DAY_MS)
    '1970-01-01'
    """
    return datetime.fromtimestamp((end_ms - 1) / 1000, tz=UTC).strftime("%Y-%m-%d")


def money(value: float | None) -> str:
    """Return an amount of quote currency without decimals.

    Examples
    --------
    >>> money(71234.5), money(-0.2), money(None)
    ('71,234', '0', '-')
    """
    if value is None or not math.isfinite(value):
        return UNDEFINED
    return f"{round(value):,d}"


def price(value: float) -> str:
    """Return a price with five significant digits, more where it has more before the point.

    Examples
    --------
    >>> price(64995.4), price(0.0712344), price(123456.7)
    ('64,995', '0.071234', '123,457')
    """
    whole = 5
    decimals = whole - 1 - math.floor(math.log10(abs(value))) if value else 0
    return f"{value:,.{max(decimals, 0)}f}"


def signed_money(value: float | None) -> str:
    """Return an amount with its sign; no sign on zero.

    Examples
    --------
    >>> signed_money(1234.0), signed_money(0.3)
    ('+1,234', '0')
    """
    text = money(value)
    return f"+{text}" if value is not None and round(value) > 0 else text


def percent(value: float | None, decimals: int = 1) -> str:
    """Return a fraction in percent.

    Examples
    --------
    >>> percent(0.6123), percent(-0.0001), percent(None)
    ('61.2 %', '0.0 %', '-')
    """
    text = bare_percent(value, decimals)
    return text if text == UNDEFINED else f"{text} %"


def bare_percent(value: float | None, decimals: int = 1) -> str:
    """Return a fraction in percent without the sign of the unit, for a column that names it."""
    if value is None or not math.isfinite(value):
        return UNDEFINED
    return f"{round(value * 100.0, decimals) + 0.0:,.{decimals}f}"


def signed_percent(value: float | None) -> str:
    """Return a fraction in percent with its sign; no sign on zero.

    Examples
    --------
    >>> signed_percent(0.4), signed_percent(-0.287), signed_percent(0.0)
    ('+40.0 %', '-28.7 %', '0.0 %')
    """
    text = percent(value)
    return f"+{text}" if value is not None and round(value * 100.0, 1) > 0.0 else text


def unbroken(text: str) -> str:
    r"""Return a text in which no line can end between a number and its per cent.

    Examples
    --------
    >>> unbroken("(-76.7 %)")
    '(-76.7\xa0%)'
    """
    return text.replace(" %", "\u00a0%")


def wrapped(text: str, width: int, indent: str = "", hanging: str = "") -> list[str]:
    """Return a text as lines of a terminal, none of which ends between a number and its per cent.

    Examples
    --------
    >>> wrapped("it fell (-76.7 %)", 15)
    ['it fell', '(-76.7 %)']
    """
    lines = textwrap.wrap(unbroken(text), width, initial_indent=indent, subsequent_indent=hanging)
    return [line.replace("\u00a0", " ") for line in lines]


def number(value: float | None, decimals: int = 2) -> str:
    """Return a plain number.

    Examples
    --------
    >>> number(1.005), number(None)
    ('1.00', '-')
    """
    if value is None or not math.isfinite(value):
        return UNDEFINED
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def days(value: float) -> str:
    """Return a length of time in days with one decimal, ``12.0``."""
    return f"{value:.1f}"


def quantity(value: float, asset: str) -> str:
    """Return a size in coins with at most six significant digits.

    Examples
    --------
    >>> quantity(1.20000001, "BTC")
    '1.2 BTC'
    """
    text = f"{abs(value):.6g}" if abs(value) < 1e6 else f"{abs(value):,.0f}"  # noqa: PLR2004 - no exponent
    return f"{text} {asset}"


def coins(value: float, beside: float) -> str:
    """Return a number of coins as finely as three significant digits of another.

    Examples
    --------
    >>> coins(4.3983751, 4.7100405), coins(333_333.3, 333_333.3), coins(-0.0001, 4.7)
    ('4.40', '333,333', '0.00')
    """
    decimals = max(2 - math.floor(math.log10(beside)), 0)
    return f"{round(value, decimals) + 0.0:,.{decimals}f}"


def signed_coins(value: float, beside: float) -> str:
    """Return ``coins`` with its sign; no sign on zero.

    Examples
    --------
    >>> signed_coins(0.8510016, 4.7100405), signed_coins(0.0, 4.7100405)
    ('+0.85', '0.00')
    """
    text = coins(value, beside)
    return f"+{text}" if float(text.replace(",", "")) > 0.0 else text


def counted(count: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> counted(1, "bar"), counted(3, "bar"), counted(0, "series", "series")
    ('1 bar', '3 bars', '0 series')
    """
    return f"{count:,d} {noun if count == 1 else plural or noun + 's'}"


def length_in_days(ms: int) -> float:
    """Return a length of time in days, as a fraction where it is not whole."""
    return ms / DAY_MS
