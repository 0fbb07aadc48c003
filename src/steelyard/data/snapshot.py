"""This file writes the facts of a day into a catalogue: contract facts, maintenance tiers."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import polars as pl

from steelyard.data.columns import CAP, DEDUCTION, FLOOR, MARGIN_RATE, SOURCE, SYMBOL
from steelyard.data.facts import Today, facts_file, read_today
from steelyard.data.manifest import write_whole
from steelyard.data.names import tiers_name
from steelyard.data.tiers import read_tiers, tier_symbols
from steelyard.domain.errors import DataError, RequestError

Ladder = Sequence[tuple[float, float, float, float]]
"""Tiers from small to large: floor and cap of notional, rate, deduction."""

_ENDLESS: Final = 1e12
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
    return [(0.0, _ENDLESS, rate, 0.0)]


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
        By symbol.
    source : str
        Where they come from, in words.

    Raises
    ------
    DataError
        If a ladder does not add up; nothing is written then.
    """
    name = tiers_name(venue, month)
    file = folder / f"{name}.parquet"
    rows = [
        (symbol, *tier, source) for symbol, ladder in sorted(ladders.items()) for tier in ladder
    ]
    columns = (SYMBOL, FLOOR, CAP, MARGIN_RATE, DEDUCTION, SOURCE)
    new = pl.DataFrame(rows, schema=list(columns), orient="row")
    if file.exists():
        old = pl.read_parquet(file).filter(~pl.col(SYMBOL).is_in(list(ladders)))
        old = old.with_columns(pl.lit("").alias(SOURCE)) if SOURCE not in old.columns else old
        new = pl.concat([old.select(columns), new])
    content = io.BytesIO()
    new.write_parquet(content)
    trial = folder / f"{name}.trial"
    write_whole(trial / f"{name}.parquet", content.getvalue())
    try:
        for symbol in ladders:
            read_tiers(trial, name, symbol)
    finally:
        (trial / f"{name}.parquet").unlink()
        trial.rmdir()
    write_whole(file, content.getvalue(), lasting=True)


def read_brackets(file: Path) -> Mapping[str, Ladder]:
    """Return the ladders of an answer of Binance's leverageBracket, as its owner saved it.

    Raises
    ------
    RequestError
        If the file cannot be read.
    DataError
        If it is no such answer.
    """
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
        return {str(one["symbol"]): _ladder(one["brackets"]) for one in told}
    except OSError as error:
        raise RequestError(f"{file} cannot be read ({error.strerror}); name another file") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = (
            f"{file} is no answer of leverageBracket ({error!r}); it is a JSON list of symbols, "
            f"each with its brackets: notionalFloor, notionalCap, maintMarginRatio, cum"
        )
        raise DataError(message) from None


def _ladder(brackets: Sequence[Mapping[str, float]]) -> Ladder:
    ordered = sorted(brackets, key=lambda one: float(one["notionalFloor"]))
    return [
        (
            float(one["notionalFloor"]),
            float(one["notionalCap"]),
            float(one["maintMarginRatio"]),
            float(one["cum"]),
        )
        for one in ordered
    ]
