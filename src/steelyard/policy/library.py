"""The table of every function that a condition may call; nothing else is callable."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Result: TypeAlias = Literal["number", "condition", "same"]
"""What a call is worth; ``same`` is what its first open argument is worth."""

Grid: TypeAlias = Literal["pointwise", "bars", "funding", "series", "state"]
"""Where a call is worked out: wherever it is asked for, on bars, at settlements, on a side series,
or by the decision itself."""

Kind: TypeAlias = Literal[
    "number",
    "condition",
    "any",
    "window",
    "least",
    "rate",
    "share",
    "hours",
    "days",
    "bins",
    "factor",
    "flag",
]
"""What an argument may be: an expression worth a number, a condition or either; or a constant."""

CONSTANTS: Final = frozenset(
    {"window", "least", "rate", "share", "hours", "days", "bins", "factor", "flag"}
)
MAX_WINDOW: Final = 5000
MAX_DAYS: Final = 365
MAX_BINS: Final = 500


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: its name, its kind, and its default as a condition would write it.

    ``least`` is the shortest window that has a meaning.
    """

    name: str
    kind: Kind
    default: str | None = None
    least: int = 1


@dataclass(frozen=True, slots=True)
class Function:
    """One function of the library.

    Parameters
    ----------
    name : str
    arguments : tuple of Argument
        The last may repeat where ``repeats`` is set.
    result : Result
    grid : Grid
    about : str
        One sentence for the reference.
    bare : bool
        May be written without parentheses.
    event : bool
        True on single bars only, so that a release must end what it starts.
    """

    name: str
    arguments: tuple[Argument, ...]
    result: Result
    grid: Grid
    about: str
    bare: bool = False
    event: bool = False
    repeats: bool = False

    @property
    def signature(self) -> str:
        """Return the call as the reference prints it.

        Examples
        --------
        >>> FUNCTIONS["sma"].signature
        'sma(x = close, n)'
        """
        if self.bare and not self.arguments:
            return self.name
        parts = [a.name if a.default is None else f"{a.name} = {a.default}" for a in self.arguments]
        return f"{self.name}({', '.join(parts)}{', ...' if self.repeats else ''})"


_X = Argument("x", "number")
_ANY = Argument("x", "any")
_C = Argument("c", "condition")
_N = Argument("n", "window")
_UP_TO = Argument("n", "window", str(MAX_WINDOW))
_LEAST = Argument("least", "least", "n")
_CLOSES = Argument("x", "number", "close")


def _bar(name: str, about: str) -> Function:
    return Function(name, (), "number", "bars", about, bare=True)


def _indicator(name: str, about: str, *, n: str = "14", least: int = 1) -> Function:
    return Function(name, (Argument("n", "window", n, least),), "number", "bars", about)


def _window(name: str, about: str, *, x: Argument = _X, result: Result = "number") -> Function:
    return Function(name, (x, _N), result, "bars", about)


def _pointwise(
    name: str, arguments: tuple[Argument, ...], about: str, *, repeats: bool = False
) -> Function:
    return Function(name, arguments, "number", "pointwise", about, repeats=repeats)


def _paid(name: str, about: str, *arguments: Argument) -> Function:
    return Function(name, arguments, "number", "funding", about, bare=not arguments)


def _series(name: str, about: str) -> Function:
    return Function(name, (), "number", "series", about, bare=True)


def _structure(
    name: str,
    about: str,
    *arguments: Argument,
    event: bool = False,
    is_true: bool = False,
) -> Function:
    result: Result = "condition" if event or is_true else "number"
    return Function(name, arguments, result, "bars", about, event=event)


_A = Argument("a", "number")
_B = Argument("b", "number")
_LOW = Argument("lo", "number")
_HIGH = Argument("hi", "number")

_PRICES: Final = (
    _bar("open", "Price at which the bar opened."),
    _bar("high", "Highest price of the bar."),
    _bar("low", "Lowest price of the bar."),
    _bar("close", "Price at which the bar closed."),
    _bar("volume", "Coins traded in the bar."),
)

_WINDOWS: Final = (
    _window("ago", "The value n bars before.", x=_ANY, result="same"),
    _window("change", "Growth over n bars: x over x of n bars before, minus 1."),
    Function(
        "streak",
        (_C, _UP_TO),
        "number",
        "bars",
        "For how many bars in a row c is true, counted up to n.",
    ),
    _window(
        "within",
        "True if c is true now or was on one of the n bars before.",
        x=_C,
        result="condition",
    ),
    _window("count", "On how many of the last n bars c was true.", x=_C),
    _window("median", "Median of the last n bars, this one included."),
    Function(
        "quantile",
        (_X, Argument("q", "share"), _N, _LEAST),
        "number",
        "bars",
        "Quantile q (0 to 1, linear between neighbours) of the n bars before this one; "
        "at least `least` of them must be known.",
    ),
    Function(
        "percentile_rank",
        (_X, _N, _LEAST),
        "number",
        "bars",
        "Mid-rank of x among the n bars before this one, 0 to 100; "
        "at least `least` of them must be known.",
    ),
    _window("highest", "Largest of the last n bars, this one included."),
    _window("lowest", "Smallest of the last n bars, this one included."),
    _window("mean", "Mean of the last n bars, this one included."),
    _window("stdev", "Population standard deviation of the last n bars (divisor n)."),
    _window(
        "zscore",
        "Distance of x from its n-bar mean, in standard deviations of the same bars.",
        x=_CLOSES,
    ),
)

_CHOICES: Final = (
    _pointwise("ramp", (_X, _LOW, _HIGH), "0 at lo, 1 at hi, straight between, never outside."),
    _pointwise("clip", (_X, _LOW, _HIGH), "x, but not below lo and not above hi."),
    _pointwise("abs", (_X,), "x without its sign."),
    _pointwise("min", (_A, _B), "The smallest of two or more.", repeats=True),
    _pointwise("max", (_A, _B), "The largest of two or more.", repeats=True),
    _pointwise("select", (_C, _A, _B), "a where c is true, b where it is false."),
    Function(
        "first_known",
        (Argument("a", "any"), Argument("b", "any")),
        "same",
        "pointwise",
        "a, or b where a is unknown.",
    ),
)

_ENTRY: Final = (
    Function("at_entry", (_ANY,), "same", "state", "x on the bar that confirmed the entry."),
    Function("since_entry", (), "number", "state", "Bars since the entry was confirmed."),
)

_INDICATORS: Final = (
    _window("sma", "Simple moving average of the last n bars.", x=_CLOSES),
    _window("ema", "Exponential moving average, weight 2 / (n + 1).", x=_CLOSES),
    _indicator("atr", "Average true range by Wilder, in quote currency."),
    _indicator("natr", "Average true range by Wilder, per cent of the close."),
    _indicator("rsi", "Relative strength index by Wilder, 0 to 100.", least=2),
    _indicator("adx", "Average directional index by Wilder, 0 to 100.", least=2),
    _indicator("plus_di", "Directional indicator of rising bars, 0 to 100.", least=2),
    _indicator("minus_di", "Directional indicator of falling bars, 0 to 100.", least=2),
    _indicator("bandwidth", "Width of the two-deviation bands over their middle.", n="20"),
    _indicator("chop", "Choppiness index, 0 to 100: high where bars overlap.", least=2),
    _indicator("realised_vol", "Deviation of n log returns, per cent a year.", n="30", least=2),
    _indicator("parkinson_vol", "Volatility from the ranges of n bars, per cent a year.", n="30"),
    _indicator(
        "garman_klass_vol",
        "Volatility from the ranges and bodies of n bars, per cent a year.",
        n="30",
    ),
    Function(
        "crosses_above",
        (_A, _B),
        "condition",
        "bars",
        "True on the bar on which a rises above b; never where `first_known` inside changes over.",
        event=True,
    ),
    Function(
        "crosses_below",
        (_A, _B),
        "condition",
        "bars",
        "True on the bar on which a falls below b; never where `first_known` inside changes over.",
        event=True,
    ),
)

_SETTLEMENTS: Final = (
    _paid("funding", "The rate last settled, for its own interval."),
    _paid("funding_8h", "The rate last settled, for eight hours."),
    _paid(
        "funding_above",
        "For how many unbroken hours the eight-hour rate has been above `rate`.",
        Argument("rate", "rate"),
    ),
    _paid(
        "funding_below",
        "For how many unbroken hours the eight-hour rate has been at or below `rate`.",
        Argument("rate", "rate"),
    ),
    _paid(
        "funding_mean",
        "Mean eight-hour rate over the last `hours` of unbroken settlements.",
        Argument("hours", "hours"),
    ),
)

_SIDE: Final = (
    _series("open_interest", "Open contracts, in coins."),
    _series("implied_vol", "Implied volatility index, per cent a year."),
    _series("basis_apr", "Simple annualised basis of a dated contract over spot, a fraction."),
    _series("days_to_expiry", "Days that this contract had left at its last price."),
    _series("fear_greed", "Fear and greed index, 0 to 100."),
    _series("vix", "Implied volatility of the stock market, per cent a year."),
    _series("dxy", "Index of the dollar."),
)

_PROFILE: Final = (
    Argument("days", "days", "30"),
    Argument("bins", "bins", "50", 3),
    Argument("time", "flag", "false"),
)
_AREA: Final = Argument("area", "share", "0.70")

_LEVELS: Final = (
    _structure("support", "Nearest key level at or below the close, from weekly pivots."),
    _structure("resistance", "Nearest key level at or above the close, from weekly pivots."),
    _structure(
        "breached",
        "True on the n-th close in a row below a key level that held before.",
        Argument("n", "window", "2"),
        event=True,
    ),
    _structure(
        "broken_support",
        "Price of the level that the latest breach by n closes broke.",
        Argument("n", "window", "2"),
    ),
    _structure(
        "held_support",
        "For how many closes in a row no support that they stood on has been lost; "
        "with `reclaim = true` only the level broken at entry, "
        "or a support first known after it, counts.",
        Argument("reclaim", "flag", "false"),
        _UP_TO,
    ),
    _structure(
        "near_resistance",
        "True where the close is below resistance by at most `atrs` times atr(14).",
        Argument("atrs", "factor", "1.0"),
        is_true=True,
    ),
    _structure("level_touches", "How many weekly pivots form the key level at price x.", _X),
    _structure("level_age", "Weeks since the oldest pivot of the key level at price x.", _X),
    _structure(
        "level_strength",
        "Strength of the key level at price x: its pivots, each halved every 52 weeks.",
        _X,
    ),
    _structure("poc", "Price with most volume in the profile.", *_PROFILE),
    _structure(
        "vah",
        "Upper edge of the profile's value area, which holds `area` of the volume.",
        *_PROFILE,
        _AREA,
    ),
    _structure(
        "val",
        "Lower edge of the profile's value area, which holds `area` of the volume.",
        *_PROFILE,
        _AREA,
    ),
    _structure(
        "shelf",
        "True where neighbouring bins of at least `heavy` times the mean hold `share` of all "
        "volume, centred in the top 1 / `top` of the profile's range.",
        *_PROFILE,
        Argument("heavy", "factor", "1.5"),
        Argument("share", "share", "0.20"),
        Argument("top", "factor", "3"),
        is_true=True,
    ),
    _structure(
        "rejection",
        "True on a sharp rejection candle at the peak: upper wick at least `wick` of the range "
        "and `body` bodies, close at most `location` of the range above the low, range at least "
        "`range` times atr(14) of the bar before, high at most `peak` of those below the highest "
        "of the n bars before.",
        Argument("wick", "share", "0.50"),
        Argument("location", "share", "0.35"),
        Argument("body", "factor", "2"),
        Argument("range", "factor", "1.25"),
        Argument("peak", "share", "0.25"),
        Argument("n", "window", "20"),
        event=True,
    ),
)

GROUPS: Final = {
    "Prices": _PRICES,
    "Windows": _WINDOWS,
    "Choices and bounds": _CHOICES,
    "Since the entry": _ENTRY,
    "Indicators": _INDICATORS,
    "Funding": _SETTLEMENTS,
    "Side series": _SIDE,
    "Levels and profile": _LEVELS,
}
"""Every function, in the order and under the headings of the reference."""

FUNCTIONS: Final = {function.name: function for group in GROUPS.values() for function in group}
"""Every function by name."""
