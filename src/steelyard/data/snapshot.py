"""This file writes the facts of a day into a catalogue: contract facts, maintenance tiers."""

import io
import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from decimal import Decimal
from pathlib import Path
from typing import Final

import polars as pl

from steelyard.data.brackets import Bracket, Ladder
from steelyard.data.columns import CAP, DEDUCTION, FLOOR, LEVERAGE, MARGIN_RATE, SOURCE, SYMBOL
from steelyard.data.facts import Today, facts_file, read_today
from steelyard.data.manifest import write_whole
from steelyard.data.names import tiers_name
from steelyard.data.tiers import tier_symbols

_ENDLESS: Final = Decimal(10**12)
"""Quote; the market reads the last tier of a ladder as endless."""


def keep_today(folder: Path, venue: str, facts: Mapping[str, Today]) -> None:
    """Write the facts of some symbols beside those that a catalogue keeps."""
    kept = read_today(folder, venue) | dict(facts)
    told = {"schema": 1, "symbols": {symbol: asdict(one) for symbol, one in sorted(kept.items())}}
    content = (json.dumps(told, indent=1) + "\n").encode()
    write_whole(facts_file(folder, venue), content, lasting=True)


def has_ladder(folder: Path, venue: str, symbol: str) -> bool:
    """Return whether a snapshot of tiers in the catalogue holds a symbol.

    Raises
    ------
    DataError
        If a snapshot cannot be read.
    """
    files = folder.glob(f"{venue}.perp.leverage_tiers.*.parquet")
    return any(symbol in tier_symbols(folder, file.name.removesuffix(".parquet")) for file in files)


def one_rung(rate: float) -> Ladder:
    """Return the ladder that a single maintenance rate makes."""
    return [Bracket(Decimal(0), _ENDLESS, Decimal(str(rate)), Decimal("nan"), Decimal(0))]


def keep_ladders(
    folder: Path, venue: str, month: str, ladders: Mapping[str, Ladder], source: str
) -> None:
    """Write ladders into the snapshot of a month, in place of those of the same symbols.

    Parameters
    ----------
    folder : Path
        The catalogue.
    venue, month : str
        Such as ``binance`` and ``2026-11``.
    ladders : mapping of str to Ladder
        By symbol, checked.
    source : str
        Where they come from, in words.

    Raises
    ------
    DataError
        If there is such a snapshot, and it cannot be read.
    """
    name = tiers_name(venue, month)
    file = folder / f"{name}.parquet"
    rows = [
        (symbol, *map(float, tier), source)
        for symbol, ladder in sorted(ladders.items())
        for tier in ladder
    ]
    columns = (SYMBOL, FLOOR, CAP, MARGIN_RATE, LEVERAGE, DEDUCTION, SOURCE)
    new = pl.DataFrame(rows, schema=list(columns), orient="row")
    if file.exists():
        tier_symbols(folder, name)
        old = pl.read_parquet(file).filter(~pl.col(SYMBOL).is_in(list(ladders)))
        lacked = {LEVERAGE: pl.lit(math.nan), SOURCE: pl.lit("")}
        old = old.with_columns(
            **{key: value for key, value in lacked.items() if key not in old.columns}
        )
        new = pl.concat([old.select(columns), new])
    content = io.BytesIO()
    new.write_parquet(content)
    write_whole(file, content.getvalue(), lasting=True)
