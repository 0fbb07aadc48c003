"""The whole volume profile at one moment: bins, value area, shelves and nodes, to read and draw."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from steelyard.domain.arrays import Flags, Floats
from steelyard.features.profile import (
    Profiles,
    heavy_runs,
    is_massive,
    peak_bin,
    poc,
    run_share,
    vah,
    val,
    value_area_steps,
)

HIGH_NODE: Final = 1.25
"""Smoothed volume of a high-volume node, in mean volumes of a bin (domain 3.14)."""

LOW_NODE: Final = 0.5
"""Smoothed volume of a low-volume node, in mean volumes of a bin (domain 3.14)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A run of bins that each hold much more than the mean.

    Parameters
    ----------
    first_bin, last_bin : int
    low, high : float, quote per coin
        Lower edge of the first bin and upper edge of the last.
    volume_share : float, fraction
        Of the volume of the profile.
    centre : float, quote per coin
        Volume-weighted.
    centre_location : float, 0 to 1
        Where the centre lies between the lowest and the highest price of the profile.
    massive_at_peak : bool
    """

    first_bin: int
    last_bin: int
    low: float
    high: float
    volume_share: float
    centre: float
    centre_location: float
    massive_at_peak: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileShape:
    """A volume profile and what is read from it.

    Parameters
    ----------
    edges : float64[n_bins + 1], quote per coin
        NaN where the profile is unknown.
    volume : float64[n_bins], coins
    poc_bin : int
        The bin with most volume; -1 where the profile is unknown.
    poc, val, vah : float, quote per coin
        The middle of that bin, and the lower and upper edge of the value area; NaN where unknown.
    value_area_share : float, fraction
        Of the volume that lies in the value area.
    steps : tuple of int
        How the value area grew from the bin with most volume: bins added above, or below if
        negative.
    shelves : tuple of Shelf
        From the lowest price.
    high_nodes, low_nodes : tuple of int
        Bins around which much, or little, was traded.
    """

    edges: Floats
    volume: Floats
    poc_bin: int
    poc: float
    val: float
    vah: float
    value_area_share: float
    steps: tuple[int, ...]
    shelves: tuple[Shelf, ...]
    high_nodes: tuple[int, ...]
    low_nodes: tuple[int, ...]


def profile_shape(
    found: Profiles,
    moment: int,
    *,
    area: float = 0.70,
    heavy: float = 1.5,
    share: float = 0.20,
    top: float = 3.0,
) -> ProfileShape:
    """Return everything that is read from the profile at one moment (domain 3.14).

    Parameters
    ----------
    found : Profiles
        From ``profiles``.
    moment : int
        Which of them.
    area : float, fraction
        Of the volume, that the value area holds at least.
    heavy, share, top : float
        What makes a shelf, and a massive one at the peak, as in ``profile.shelf``.
    """
    one = Profiles(*(column[moment : moment + 1] for column in found))
    row = one.volume[0]
    edges = np.linspace(one.low[0], one.high[0], row.size + 1)
    if np.isnan(one.low[0]):
        return _unknown(edges, row)
    poc_bin = peak_bin(row)
    steps = value_area_steps(row, poc_bin, area).tolist()
    first = poc_bin + sum(step for step in steps if step < 0)
    last = poc_bin + sum(step for step in steps if step > 0)
    runs = heavy_runs(row, heavy).tolist()
    smooth = _smoothed(row)
    return ProfileShape(
        edges=edges,
        volume=row,
        poc_bin=poc_bin,
        poc=float(poc(one)[0]),
        val=float(val(one, area)[0]),
        vah=float(vah(one, area)[0]),
        value_area_share=float(row[first : last + 1].sum() / row.sum()),
        steps=tuple(steps),
        shelves=tuple(_shelf(edges, row, run, share, top) for run in runs),
        high_nodes=_indices(_peaks(smooth) & (smooth >= HIGH_NODE * row.mean())),
        low_nodes=_indices(_peaks(-smooth) & (smooth <= LOW_NODE * row.mean())),
    )


def _unknown(edges: Floats, row: Floats) -> ProfileShape:
    return ProfileShape(
        edges=edges,
        volume=row,
        poc_bin=-1,
        poc=np.nan,
        val=np.nan,
        vah=np.nan,
        value_area_share=np.nan,
        steps=(),
        shelves=(),
        high_nodes=(),
        low_nodes=(),
    )


def _shelf(edges: Floats, row: Floats, run: list[int], least: float, top: float) -> Shelf:
    first, last = run
    share, location = run_share(row, first, last)
    return Shelf(
        first_bin=first,
        last_bin=last,
        low=float(edges[first]),
        high=float(edges[last + 1]),
        volume_share=share,
        centre=float(edges[0] + location * (edges[-1] - edges[0])),
        centre_location=location,
        massive_at_peak=is_massive(share, location, least, top),
    )


def _smoothed(row: Floats) -> Floats:
    """Return the mean of each bin with its neighbours, of which the outermost have one."""
    padded = np.concatenate(([0.0], row, [0.0]))
    counts = np.full(row.size, 3.0)
    counts[0] -= 1.0
    counts[-1] -= 1.0
    means: Floats = (padded[:-2] + padded[1:-1] + padded[2:]) / counts
    return means


def _peaks(values: Floats) -> Flags:
    """Return which values are above the one before and not below the one after; ends count."""
    rises = np.concatenate(([True], values[1:] > values[:-1]))
    falls = np.concatenate((values[:-1] >= values[1:], [True]))
    both: Flags = rises & falls
    return both


def _indices(flags: Flags) -> tuple[int, ...]:
    return tuple(np.flatnonzero(flags).tolist())
