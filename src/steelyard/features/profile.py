"""The volume profile: at which prices the coins of the last days changed hands."""

import math
from typing import Final, NamedTuple

import numpy as np

from steelyard.domain.arrays import Floats, Ints
from steelyard.domain.compiled import compiled
from steelyard.features.stretches import plain

SLACK: Final = 1e-12
"""Relative; volumes closer than this are equal, and what misses a bound by less is on it."""


class Layout(NamedTuple):
    """How a profile is made.

    Parameters
    ----------
    window : int, bars
        How many it holds.
    bins : int
        Of equal width between the lowest and the highest price of the window.
    by_time : bool
        Count the bars that pass through each bin instead of spreading their volume.
    """

    window: int
    bins: int
    by_time: bool = False


class Profiles(NamedTuple):
    """The profiles at several moments.

    Parameters
    ----------
    low, high : float64[n], quote per coin
        Lowest and highest price of the window; NaN where the profile is unknown.
    volume : float64[n, n_bins], coins, or bars
        What each of the equal bins between them holds, from the lowest; 0 where unknown.
    """

    low: Floats
    high: Floats
    volume: Floats


@compiled
def _bin_of(edges: Floats, price: float, guess: int) -> int:
    """Return the bin that holds a price; an edge belongs to the bin above it, the last to both."""
    found = min(max(guess, 0), edges.size - 2)
    while found < edges.size - 2 and edges[found + 1] <= price:
        found += 1
    while found > 0 and edges[found] > price:
        found -= 1
    return found


@compiled
def _range(low: Floats, high: Floats, volume: Floats) -> tuple[float, float, int]:
    """Return the lowest and highest price of bars, and how many of them are known."""
    bottom, top, known = np.inf, -np.inf, 0
    for i in range(low.size):
        if not math.isnan(low[i] + high[i] + volume[i]):
            bottom, top = min(bottom, low[i]), max(top, high[i])
            known += 1
    return bottom, top, known


@compiled
def _spread(edges: Floats, low: Floats, high: Floats, weight: Floats, row: Floats) -> None:
    """Add bars to the bins of a row: over their ranges, or whole to the bin of an only price."""
    per_price = row.size / (edges[row.size] - edges[0])
    for t in range(low.size):
        bottom, top, held = low[t], high[t], weight[t]
        if math.isnan(bottom + top + held):
            continue
        i = _bin_of(edges, bottom, int((bottom - edges[0]) * per_price))
        if top <= edges[i + 1]:
            row[i] += held
            continue
        density = held / (top - bottom)
        while i < row.size and edges[i] < top:
            row[i] += density * (min(top, edges[i + 1]) - max(bottom, edges[i]))
            i += 1


@compiled
def _touch(edges: Floats, low: Floats, high: Floats, weight: Floats, row: Floats) -> None:
    """Count every bar once in each bin that it passes through."""
    for t in range(low.size):
        if not math.isnan(low[t] + high[t] + weight[t]):
            i = _bin_of(edges, low[t], 0)
            row[i] += 1.0
            while i + 1 < row.size and edges[i + 1] < high[t]:
                i += 1
                row[i] += 1.0


@compiled
def _fill(
    low: Floats, high: Floats, volume: Floats, row: Floats, layout: Layout
) -> tuple[float, float]:
    """Spread the bars of one window over a row, and return its lowest and highest price."""
    bottom, top, known = _range(low, high, volume)
    if 2 * known < layout.window or not top > bottom:
        return np.nan, np.nan
    edges = np.empty(layout.bins + 1)
    for i in range(layout.bins):
        edges[i] = i * ((top - bottom) / layout.bins) + bottom
    edges[layout.bins] = top
    if layout.by_time:
        _touch(edges, low, high, volume, row)
    else:
        _spread(edges, low, high, volume, row)
    if not row.sum() > 0.0:
        return np.nan, np.nan
    return bottom, top


@compiled
def _profiles(
    low: Floats, high: Floats, volume: Floats, ends: Ints, layout: Layout
) -> tuple[Floats, Floats, Floats]:
    bottoms, tops = np.full(ends.size, np.nan), np.full(ends.size, np.nan)
    rows = np.zeros((ends.size, layout.bins))
    for t in range(ends.size):
        begin, end = ends[t] - layout.window, ends[t]
        if begin >= 0:
            bottoms[t], tops[t] = _fill(
                low[begin:end], high[begin:end], volume[begin:end], rows[t], layout
            )
    return bottoms, tops, rows


def profiles(low: Floats, high: Floats, volume: Floats, ends: Ints, layout: Layout) -> Profiles:
    """Return the profile of the last bars at several moments (domain 3.14).

    Parameters
    ----------
    low, high : float64[n_bars], quote per coin
        NaN where a bar is missing.
    volume : float64[n_bars], coins
        Spread evenly over the range of its bar; a bar of one price goes to the bin of that price.
    ends : int64[n]
        How many bars are known at each moment.
    layout : Layout
        How far back the profile looks, and how it counts.

    Returns
    -------
    Profiles
        Unknown where fewer than ``window`` bars have begun, fewer than half of them are known, no
        coin was traded, or all prices are one. Missing bars are left out.
    """
    return Profiles(
        *_profiles(
            plain(low),
            plain(high),
            plain(volume),
            np.require(ends, np.int64, ["C", "W"]),
            layout,
        )
    )


@compiled
def peak_bin(row: Floats) -> int:
    """Return the bin with most volume; of equal ones the nearest to the middle, then the lower."""
    most = row.max()
    middle = (row.size - 1) / 2.0
    found = -1
    for i in range(row.size):
        near = found < 0 or abs(i - middle) < abs(found - middle)
        if row[i] >= most * (1.0 - SLACK) and near:
            found = i
    return found


@compiled
def value_area_steps(row: Floats, start: int, area: float) -> Ints:
    """Return by how many bins the value area grows, step by step: above, or below if negative.

    Parameters
    ----------
    row : float64[n_bins]
        The volume of each bin.
    start : int
        The bin that it begins with.
    area : float, fraction
        It stops when it holds this much of the volume.

    Notes
    -----
    Each step takes the larger of the next two bins above and the next two below (one where only
    one is left); of equal ones those above.
    """
    steps = np.empty(row.size, np.int64)
    count = 0
    first, last = start, start
    held = row[start]
    enough = (area - SLACK) * row.sum()
    while held < enough and last - first + 1 < row.size:
        up, down = min(2, row.size - 1 - last), min(2, first)
        above = row[last + 1 : last + 1 + up].sum()
        below = row[first - down : first].sum()
        if up > 0 and (down == 0 or above >= below * (1.0 - SLACK)):
            last += up
            held += above
            steps[count] = up
        else:
            first -= down
            held += below
            steps[count] = -down
        count += 1
    return steps[:count]


@compiled
def heavy_runs(row: Floats, heavy: float) -> Ints:
    """Return the first and last bin of each run of bins of at least ``heavy`` mean volumes.

    int64[n_runs, 2], from the lowest price.
    """
    runs = np.empty((row.size, 2), np.int64)
    count = 0
    enough = heavy * row.mean() * (1.0 - SLACK)
    for i in range(row.size):
        if row[i] < enough:
            continue
        if count == 0 or runs[count - 1, 1] != i - 1:
            runs[count, 0] = i
            count += 1
        runs[count - 1, 1] = i
    return runs[:count]


@compiled
def run_share(row: Floats, first: int, last: int) -> tuple[float, float]:
    """Return the share of a run of bins in the volume, and where its centre lies, 0 to 1."""
    held, moment = 0.0, 0.0
    for i in range(first, last + 1):
        held += row[i]
        moment += row[i] * (i + 0.5)
    return held / row.sum(), moment / held / row.size


@compiled
def is_massive(share: float, location: float, least: float, top: float) -> bool:
    """Tell whether a run holds at least a share, with its centre in the top ``1 / top``."""
    return share >= least - SLACK and location >= 1.0 - 1.0 / top - SLACK


@compiled
def _pocs(low: Floats, high: Floats, rows: Floats) -> Floats:
    result = np.full(low.size, np.nan)
    for t in range(low.size):
        if not math.isnan(low[t]):
            step = (high[t] - low[t]) / rows.shape[1]
            result[t] = low[t] + (peak_bin(rows[t]) + 0.5) * step
    return result


@compiled
def _value_areas(low: Floats, high: Floats, rows: Floats, area: float) -> tuple[Floats, Floats]:
    lower, upper = np.full(low.size, np.nan), np.full(low.size, np.nan)
    for t in range(low.size):
        if math.isnan(low[t]):
            continue
        first = last = peak_bin(rows[t])
        for step in value_area_steps(rows[t], first, area):
            first, last = first + min(step, 0), last + max(step, 0)
        width = (high[t] - low[t]) / rows.shape[1]
        lower[t] = low[t] + first * width
        upper[t] = high[t] if last + 1 == rows.shape[1] else low[t] + (last + 1) * width
    return lower, upper


@compiled
def _shelves(low: Floats, rows: Floats, heavy: float, least: float, top: float) -> Floats:
    result = np.full(low.size, np.nan)
    for t in range(low.size):
        if math.isnan(low[t]):
            continue
        result[t] = 0.0
        for run in heavy_runs(rows[t], heavy):
            share, location = run_share(rows[t], run[0], run[1])
            if is_massive(share, location, least, top):
                result[t] = 1.0
    return result


def poc(found: Profiles) -> Floats:
    """Return the middle of the bin with most volume, quote per coin; NaN where unknown."""
    return _pocs(found.low, found.high, found.volume)


def val(found: Profiles, area: float) -> Floats:
    """Return the lower edge of the value area that holds ``area`` of the volume; NaN if unknown."""
    return _value_areas(found.low, found.high, found.volume, area)[0]


def vah(found: Profiles, area: float) -> Floats:
    """Return the upper edge of the value area that holds ``area`` of the volume; NaN if unknown."""
    return _value_areas(found.low, found.high, found.volume, area)[1]


def shelf(found: Profiles, heavy: float, share: float, top: float) -> Floats:
    """Tell whether there is a massive shelf at the peak (domain 3.14).

    Parameters
    ----------
    found : Profiles
        At each moment.
    heavy : float, > 0
        Every bin of a shelf holds at least this many mean volumes of a bin.
    share : float, fraction
        Of all volume, that a massive shelf holds at least.
    top : float, > 0
        Its volume-weighted centre lies in the top ``1 / top`` of the profile's range.

    Returns
    -------
    float64[n]
        1 or 0; NaN where the profile is unknown. Every bound itself counts.
    """
    return _shelves(found.low, found.volume, heavy, share, top)
