"""This file reads the rows and numbers of an answer, and converts them at this edge alone."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from steelyard.data.columns import INDEX, MARK, PRICE
from steelyard.domain.errors import DataError
from steelyard.domain.time import stamp
from steelyard.venues.instruments import Instrument, Segment
from steelyard.venues.pager import Row
from steelyard.venues.profile import Endpoint, Feature, Look, Step
from steelyard.venues.units import Measure, coin_price, coins, dollars

_PRICES: Final = frozenset({MARK, INDEX, PRICE})
_EARLIEST_MS: Final = stamp(2009, 1, 1)
_LATEST_MS: Final = stamp(2100, 1, 1)
_MISSHAPEN: Final = (ValueError, KeyError, TypeError, IndexError, AttributeError, StopIteration)


class Misshapen(ValueError):  # noqa: N818 - what an answer is
    """An answer has another shape than was asked for; the words say where."""


def rows_of(
    feature: Feature, endpoint: Endpoint, answer: object, instrument: Instrument
) -> tuple[Row, ...]:
    """Return the rows of one page, prices per coin and amounts in coins.

    Parameters
    ----------
    feature : Feature
        What the rows hold: bars have open, high, low, close and volume, mark and volatility four
        prices, funding a rate, open interest a number.
    endpoint : Endpoint
        Where the numbers stand.
    answer : object
        As the venue gave it.
    instrument : Instrument
        What it is about. Open interest of a coin-margined contract is in quote currency.

    Raises
    ------
    Misshapen
        If it has another shape, or a number that cannot be true.
    """
    try:
        table = _table(answer, endpoint)
        return tuple(_row(feature, endpoint, one, instrument) for one in table)
    except Misshapen:
        raise
    except _MISSHAPEN as error:
        raise Misshapen(f"{type(error).__name__}: {error}") from None
    except DataError as error:
        raise Misshapen(str(error)) from None


def _table(answer: object, endpoint: Endpoint) -> Sequence[Any]:
    """Return the rows of an answer as they stand in it.

    Raises
    ------
    Misshapen
        If there is no list of them.
    """
    found = at(answer, endpoint.rows)
    table = _turned(found, endpoint.cells) if endpoint.columnar else found
    if not isinstance(table, list):
        message = f"{type(table).__name__} in place of a list of rows"
        raise Misshapen(message)
    return table


def at(answer: Any, path: Sequence[Step]) -> Any:  # noqa: ANN401 - an answer has any shape
    """Return what stands at a place of an answer."""
    for step in path:
        answer = answer[step]
    return answer


def _turned(table: Mapping[Step, Sequence[Any]], cells: Sequence[Step]) -> list[dict[Step, Any]]:
    """Return columns as rows.

    Raises
    ------
    Misshapen
        If they have different lengths.
    """
    columns = [table[cell] for cell in cells]
    if len({len(column) for column in columns}) > 1:
        raise Misshapen("columns of different lengths")
    return [dict(zip(cells, row, strict=True)) for row in zip(*columns, strict=True)]


def _row(feature: Feature, endpoint: Endpoint, row: Any, instrument: Instrument) -> Row:  # noqa: ANN401
    place, *cells = endpoint.cells
    ms = float(_stamped(row[place], endpoint.unit_ms))
    numbers = [_number(row[cell], str(cell)) for cell in cells]
    contract = instrument.contract
    match feature:
        case Feature.BARS:
            *prices, volume = [coin_price(contract, one) for one in numbers[:4]] + numbers[4:]
            return (ms, *prices, coins(contract, volume, endpoint.measure, prices[-1]))
        case Feature.MARK:
            return (ms, *(coin_price(contract, one) for one in numbers))
        case Feature.OPEN_INTEREST:
            return (ms, _open_interest(instrument, numbers[0], endpoint.measure, math.nan))
        case _:
            return (ms, *numbers)


def _open_interest(instrument: Instrument, amount: float, measure: Measure, price: float) -> float:
    """Return open interest in coins; in quote currency of a coin-margined contract."""
    counted = dollars if instrument.segment is Segment.INVERSE else coins
    return counted(instrument.contract, amount, measure, price)


def _stamped(told: object, unit_ms: int) -> int:
    """Return a stamp in milliseconds.

    Raises
    ------
    Misshapen
        If it is no time of a venue.
    """
    count = _number(told, "time")
    ms = int(count) * unit_ms
    if not (count.is_integer() and _EARLIEST_MS <= ms < _LATEST_MS):
        raise Misshapen(f"the time {told}, which is none in units of {unit_ms} ms since 1970")
    return ms


def _number(told: object, name: str) -> float:
    """Return a finite number.

    Raises
    ------
    Misshapen
        If it is none.
    """
    if told is None or told == "" or isinstance(told, bool) or "_" in str(told):
        raise Misshapen(f"no number as {name}")
    number = float(str(told))
    if not math.isfinite(number):
        raise Misshapen(f"{told} as {name}")
    return number


def seen_of(look: Look, answer: object, instrument: Instrument) -> tuple[int, dict[str, float]]:
    """Return what a venue says now, by column, and the time it says; 0 where it says none.

    Parameters
    ----------
    look : Look
        Where the numbers stand.
    answer : object
        As the venue gave it.
    instrument : Instrument
        What it is about. Prices are per coin. Open interest is as the venue counts it, because
        the price to convert it at may come with another answer.

    Raises
    ------
    Misshapen
        If it has another shape, or a number that cannot be true.
    """
    try:
        row = at(answer, look.row)
        if look.match and isinstance(row, list):
            row = next(one for one in row if one[look.match] == instrument.id)
        about = row.get(look.match, instrument.id) if look.match else instrument.id
        seen = {name: _number(row[cell], str(cell)) for name, cell in look.cells.items()}
        told = row[look.stamp] if look.stamp else at(answer, look.clock) if look.clock else None
        ms = 0 if told is None else _stamped(told, 1)
    except Misshapen:
        raise
    except _MISSHAPEN as error:
        raise Misshapen(f"{type(error).__name__}: {error}") from None
    if about != instrument.id:
        message = f"{about} in place of {instrument.id}"
        raise Misshapen(message)
    for name in _PRICES & seen.keys():
        seen[name] = coin_price(instrument.contract, seen[name])
        if not seen[name] > 0.0:
            raise Misshapen(f"a {name} of {seen[name]}")
    return ms, seen


def counted(instrument: Instrument, amount: float, measure: Measure, mark: float) -> float:
    """Return open interest now in coins; in quote currency of a coin-margined contract.

    Raises
    ------
    Misshapen
        If it is below 0, or a mark price is needed and is none.
    """
    if amount < 0.0:
        raise Misshapen(f"an open interest of {amount}")
    try:
        return _open_interest(instrument, amount, measure, mark)
    except DataError as error:
        raise Misshapen(str(error)) from None
