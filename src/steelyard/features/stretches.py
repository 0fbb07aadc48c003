"""How indicators that know no holes are carried over them: one stretch at a time."""

from collections.abc import Callable

import numpy as np

from steelyard.domain.arrays import Flags, Floats
from steelyard.domain.errors import PolicyError


def plain(values: Floats) -> Floats:
    """Return an array as compiled code and TA-Lib take it: float64, contiguous, writable.

    Nothing is copied where it is so already. One layout keeps one compiled version.
    """
    return np.require(values, np.float64, ["C", "W"])


def check_window(name: str, bars: int, least: int = 1) -> None:
    """Refuse a window that is too short for what is computed over it.

    Parameters
    ----------
    name : str
        The function as the policy names it.
    bars, least : int, bars
        The window as written, and the shortest that has a meaning.

    Raises
    ------
    PolicyError
        If ``bars`` is smaller than ``least``.
    """
    if bars < least:
        raise PolicyError(
            f"{name} has a window of {bars} bars, must have at least {least}; write a longer one"
        )


def stretches(known: Flags) -> list[tuple[int, int]]:
    """Return where each unbroken run of known bars begins and ends (the end is excluded).

    Examples
    --------
    >>> stretches(np.array([True, True, False, True]))
    [(0, 2), (3, 4)]
    """
    edges = np.diff(known.astype(np.int8), prepend=0, append=0)
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return list(zip(begins.tolist(), ends.tolist(), strict=True))


def over_known(function: Callable[..., Floats], inputs: tuple[Floats, ...], bars: int) -> Floats:
    """Return a TA-Lib indicator of window ``bars``, started afresh after every hole.

    Parameters
    ----------
    function : callable
        Takes the inputs and ``timeperiod``, returns one array of their length.
    inputs : tuple of float64[n_bars]
        A bar is a hole where any of them is NaN.
    bars : int, bars
        Length of the window.

    Returns
    -------
    float64[n_bars]
        NaN in holes, and in each stretch until the indicator's own warm-up is over.
    """
    known = ~np.isnan(inputs[0])
    for column in inputs[1:]:
        known &= ~np.isnan(column)
    arrays = tuple(plain(column) for column in inputs)
    result = np.full(known.size, np.nan)
    for begin, end in stretches(known):
        if end - begin >= bars:
            parts = (column[begin:end] for column in arrays)
            result[begin:end] = function(*parts, timeperiod=bars)
    return result
