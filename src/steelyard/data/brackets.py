"""This file reads maintenance brackets from JSON, in exact decimals, and refuses what cannot be."""

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

from steelyard.domain.errors import DataError, RequestError

_CENT: Final = Decimal("0.01")
"""Quote; venues print cumulative amounts with two decimals."""

_KEYS: Final = ("notionalFloor", "notionalCap", "maintMarginRatio", "initialLeverage", "cum")
"""What a bracket holds, in the order of the columns of a row."""

_COIN_KEYS: Final = ("qtylFloor", "qtyCap", *_KEYS[2:])
"""The same of a coin-margined contract, whose amounts are coins; spelt as the venue spells it."""

_COIN_CENT: Final = Decimal("1e-6")
"""Coins; how far the cumulative amounts of such a contract may be off."""

_UNIFIED: Final = re.compile(r"([^/:]+)/([^/:]+):\2(?:-(\d{6}))?")
"""A linear contract as ``BTC/USDT:USDT``, dated as ``BTC/USDT:USDT-260925``."""

_FIX: Final = "fetch the brackets of the symbol again; nothing of the file was taken"


class Bracket(NamedTuple):
    """One maintenance tier as its venue states it.

    Parameters
    ----------
    floor, cap : Decimal, quote; coins of a coin-margined contract
        Notional above which it begins, and up to which it goes.
    rate : Decimal, fraction
        Maintenance margin of the notional.
    leverage : Decimal
        Largest that may be chosen for such a notional; NaN where it is not stated.
    deduction : Decimal, quote, or coins
        Cumulative amount: maintenance margin = notional x rate - deduction.
    """

    floor: Decimal
    cap: Decimal
    rate: Decimal
    leverage: Decimal
    deduction: Decimal


Ladder = Sequence[Bracket]
"""Tiers from small to large."""


def read_brackets(file: Path) -> Mapping[str, Ladder]:
    """Return the ladders of a JSON file by symbol, each checked.

    Parameters
    ----------
    file : Path
        An answer of Binance's ``leverageBracket``, that of coin-margined contracts too, or
        ``{"tiers": {"BTC/USDT:USDT": [[floor, cap, maintenance rate, largest leverage, cumulative
        amount], ...]}}``.

    Raises
    ------
    RequestError
        If the file cannot be read.
    DataError
        If it is of another shape, or a ladder does not add up (domain 11.1); by symbol and row.
    """
    told = _told(file)
    ladders: dict[str, Ladder] = {}
    for name, rows in told:
        place = f"{file}: {name}"
        symbol = _symbol(place, name)
        if symbol in ladders:
            message = f"{place}: {symbol} is there twice; a symbol has one ladder: {_FIX}"
            raise DataError(message)
        brackets = (_bracket(f"{place} row {row}", cells) for row, cells in enumerate(rows, 1))
        ladders[symbol] = sorted(brackets, key=lambda one: one.floor)
        _check(place, ladders[symbol], _COIN_CENT if any(map(_in_coins, rows)) else _CENT)
    return ladders


def _told(file: Path) -> list[tuple[str, list[object]]]:
    """Return the rows of every symbol, as they stand in the file.

    Raises
    ------
    RequestError
        If it cannot be read.
    DataError
        If it is of another shape.
    """
    try:
        told = json.loads(file.read_text("utf-8"), parse_float=Decimal, parse_int=Decimal)
        if isinstance(told, dict):
            return [(name, list(rows)) for name, rows in told["tiers"].items()]
        return [(str(one["symbol"]), list(one["brackets"])) for one in told]
    except OSError as error:
        raise RequestError(f"{file} cannot be read ({error.strerror}); name another file") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        message = (
            f"{file} is no answer of leverageBracket ({error!r}); it is a JSON list of symbols, "
            f"each with symbol and brackets: notionalFloor, notionalCap, maintMarginRatio, cum (of "
            f"coin-margined contracts qtylFloor and qtyCap, by symbol and not by pair); or an "
            f"object whose tiers hold rows of floor, cap, rate, leverage, cumulative amount"
        )
        raise DataError(message) from None


def _symbol(place: str, name: str) -> str:
    """Return the name of a contract as its venue spells it: ``BTCUSDT``, ``BTCUSDT_260925``.

    Raises
    ------
    DataError
        If it is no linear contract.
    """
    if re.fullmatch(r"[^/:.]+", name):
        return name
    found = _UNIFIED.fullmatch(name)
    if found is None:
        message = f"{place} is no linear contract; symbols are as BTCUSDT or BTC/USDT:USDT: {_FIX}"
        raise DataError(message)
    base, quote, expiry = found.groups()
    return f"{base}{quote}" + (f"_{expiry}" if expiry else "")


def _in_coins(cells: object) -> bool:
    return isinstance(cells, dict) and _COIN_KEYS[1] in cells


def _bracket(place: str, cells: object) -> Bracket:
    keys = _COIN_KEYS if _in_coins(cells) else _KEYS
    if isinstance(cells, dict):
        values = [cells.get(key) for key in keys]
        values[3] = cells.get(_KEYS[3], Decimal("nan"))
    else:
        values = list(cells) if isinstance(cells, list) else []
    numbers = [value for value in values if isinstance(value, Decimal)]
    if not len(numbers) == len(values) == len(_KEYS):
        message = f"{place} is {cells!r}; a row is the numbers {', '.join(keys)}: {_FIX}"
        raise DataError(message)
    return Bracket(*numbers)


def _check(place: str, ladder: Ladder, cent: Decimal) -> None:
    """Refuse a ladder that breaks domain 11.1, or a leverage that it could not hold.

    Raises
    ------
    DataError
        If it does.
    """
    if not ladder:
        message = f"{place} has no rows; a ladder has one at least: {_FIX}"
        raise DataError(message)
    before = Bracket(*(Decimal(0),) * 3, Decimal("inf"), Decimal(0))
    for row, one in enumerate(ladder, 1):
        due = before.deduction + one.floor * (one.rate - before.rate)
        wrong = _wrong(before._replace(floor=before.cap, deduction=due), one, cent)
        if wrong:
            message = f"{place} row {row}: {wrong}: {_FIX}"
            raise DataError(message)
        before = one


def _wrong(due: Bracket, one: Bracket, cent: Decimal) -> str:
    """Return what is wrong with a tier, in words; empty where nothing is.

    Parameters
    ----------
    due : Bracket
        Floor and cumulative amount that the tiers below make it, and their rate and leverage.
    one : Bracket
        As stated.
    cent : Decimal
        How far its cumulative amount may be off.
    """
    falls = one.leverage.is_nan() or 1 <= one.leverage <= due.leverage
    holds = one.leverage.is_nan() or one.rate * one.leverage <= 1
    rules = (
        (one.floor == due.floor, "it begins at {0.floor}; tiers begin at 0, each where one ends"),
        (one.cap > one.floor, "it ends at {0.cap}; a tier ends above its beginning, {0.floor}"),
        (due.rate < one.rate <= 1, "its rate is {0.rate}; rates rise from {1.rate} to 1 at most"),
        (
            abs(one.deduction - due.deduction) <= cent,
            "its cumulative amount is {0.deduction}; the tiers below make it {1.deduction}",
        ),
        (falls, "its leverage is {0.leverage}; it is 1 at least and falls from {1.leverage}"),
        (holds, "its leverage is {0.leverage}; at a rate of {0.rate} that is liquidated at once"),
    )
    return next((said.format(one, due) for is_right, said in rules if not is_right), "")
