"""This file converts what venues count in, contracts, dollars and multiples, to coins and back.

It is the one place that does. Past it an amount is in coins, and a price in quote per coin.
"""

import math
import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from steelyard.domain.errors import DataError

_MULTIPLE: Final = re.compile(r"(10{3,7})(?=[A-Z][A-Z0-9]*$)|(1M)(?=BABYDOGE$)")
"""What names of one lot of many coins begin with, such as 1000SHIB; 1INCH is a coin."""

_TRAILING: Final = re.compile(r"(?<=^SHIB)(10{3})$")
"""Bybit's name of 1000 SHIB ends with the number."""


class Measure(Enum):
    """What a number of a venue counts."""

    BASE = "lots of the instrument"
    CONTRACTS = "contracts"
    QUOTE = "quote currency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """What an instrument is worth.

    Parameters
    ----------
    size : float, > 0
        Of one contract: lots of the instrument, or quote currency where it is inverse. 1 of spot.
    is_inverse : bool
        Whether a contract is a fixed amount of quote currency, settled in coins.
    multiple : float, >= 1
        Coins in one lot, which its price is for: 1000 of 1000SHIB.

    Raises
    ------
    DataError
        If a number is not finite and above 0.
    """

    size: float = 1.0
    is_inverse: bool = False
    multiple: float = 1.0

    def __post_init__(self) -> None:
        """Refuse a contract that is worth nothing.

        Raises
        ------
        DataError
            If a number is not finite and above 0.
        """
        for name, number in (("size", self.size), ("multiple", self.multiple)):
            if not (math.isfinite(number) and number > 0.0):
                message = f"the {name} of a contract is {number}, must be above 0 and finite"
                raise DataError(message)


def coin_of(name: str) -> tuple[str, float]:
    """Return the coin of which a name is a lot, and how many of it.

    Examples
    --------
    >>> coin_of("1000SHIB"), coin_of("SHIB1000"), coin_of("1MBABYDOGE"), coin_of("1INCH")
    (('SHIB', 1000.0), ('SHIB', 1000.0), ('BABYDOGE', 1000000.0), ('1INCH', 1.0))
    """
    found = _MULTIPLE.match(name) or _TRAILING.search(name)
    if found is None:
        return name, 1.0
    number = found[0]
    return name.replace(number, "", 1), 1e6 if number == "1M" else float(number)


def coin_price(contract: Contract, price: float) -> float:
    """Return the price of one coin, where a venue quotes that of a lot.

    Examples
    --------
    >>> coin_price(Contract(multiple=1000.0), 0.025)
    2.5e-05
    """
    return price / contract.multiple


def venue_price(contract: Contract, price: float) -> float:
    """Return what a venue quotes where one coin has a price."""
    return price * contract.multiple


def coins(contract: Contract, amount: float, measure: Measure, price: float) -> float:
    """Return an amount of a venue in coins.

    Parameters
    ----------
    contract : Contract
        What it is an amount of.
    amount : float
        Signed, as the venue counts.
    measure : Measure
        What it counts.
    price : float, quote per coin
        Not read where neither the contract nor the measure is one of quote currency.

    Raises
    ------
    DataError
        If a price is needed and is not above 0.

    Examples
    --------
    3 contracts of 100 dollars at 60,000 are 300 / 60,000 coins; 20 lots of 1000SHIB are 20,000.

    >>> coins(Contract(size=100.0, is_inverse=True), 3.0, Measure.CONTRACTS, 60_000.0)
    0.005
    >>> coins(Contract(multiple=1000.0), 20.0, Measure.BASE, math.nan)
    20000.0
    """
    return amount * _coins_of_one(contract, measure, price)


def amount(contract: Contract, coins: float, measure: Measure, price: float) -> float:
    """Return coins as a venue counts them: the inverse of ``coins``.

    Raises
    ------
    DataError
        If a price is needed and is not above 0.

    Examples
    --------
    0.05 coins in contracts of 0.0001 coins are 500.

    >>> round(amount(Contract(size=0.0001), 0.05, Measure.CONTRACTS, math.nan), 9)
    500.0
    """
    return coins / _coins_of_one(contract, measure, price)


def dollars(contract: Contract, amount: float, measure: Measure, price: float) -> float:
    """Return an amount of a venue in quote currency; the price is not read where none is needed.

    Raises
    ------
    DataError
        If a price is needed and is not above 0.

    Examples
    --------
    >>> dollars(Contract(size=100.0, is_inverse=True), 3.0, Measure.CONTRACTS, math.nan)
    300.0
    """
    if measure is Measure.QUOTE:
        return amount
    if measure is Measure.CONTRACTS and contract.is_inverse:
        return amount * contract.size
    return coins(contract, amount, measure, price) * _priced(price)


def _coins_of_one(contract: Contract, measure: Measure, price: float) -> float:
    """Return the coins in one of what is counted.

    Raises
    ------
    DataError
        If a price is needed and is not above 0.
    """
    if measure is Measure.BASE:
        return contract.multiple
    if measure is Measure.CONTRACTS and not contract.is_inverse:
        return contract.size * contract.multiple
    return (contract.size if measure is Measure.CONTRACTS else 1.0) / _priced(price)


def _priced(price: float) -> float:
    """Return a price that can be true.

    Raises
    ------
    DataError
        If it is not above 0.
    """
    if not (math.isfinite(price) and price > 0.0):
        message = f"coins and quote currency are exchanged at a price of {price}, must be above 0"
        raise DataError(message)
    return price
