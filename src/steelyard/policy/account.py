"""This file reads an account file: on which terms an account trades and holds money."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path as FilePath
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field

from steelyard.domain.contracts import DEFAULT_INITIAL
from steelyard.domain.errors import PolicyError
from steelyard.policy.faults import document_of
from steelyard.policy.files import parsed, read_file
from steelyard.policy.place import Path, Source, spots_of
from steelyard.policy.schema import Part
from steelyard.policy.values import Amount, Currency, Fraction, listed, refused, shown

MAX_TRANSFER_HOURS: Final = 720
"""Longest transfer, hours: a month."""


def _day(value: object) -> object:
    if type(value) is not date:
        raise refused(f"is {shown(value)}, must be a day such as 2024-01-01, without quotes")
    return value


class Fees(Part):
    """What trades cost: the venue's dated fees, less discounts."""

    execution: Literal["taker", "maker"] = "taker"
    discounts: Annotated[tuple[str, ...], BeforeValidator(listed)] = ()
    opened: Annotated[date, BeforeValidator(_day)] | None = None


class Margin(Part):
    """How positions are margined (domain 11)."""

    mode: Literal["cross", "isolated"] = "cross"
    leverage: Annotated[float, Field(ge=1.0, le=125.0)] = 1.0 / DEFAULT_INITIAL
    spot_as_collateral: bool = False
    haircut: Fraction = 0.05
    worst_case: bool = False
    futures: Literal["linear", "inverse"] = "linear"


class Cash(Part):
    """The money, what it earns and what a debt costs, fractions a year (domain 10.9)."""

    currency: Currency = "USDT"
    earned: Fraction = Field(default=0.0, alias="yield")
    borrow: Fraction = 0.0


class Reserve(Part):
    """A share of the money in another stablecoin, which backs futures and pays for nothing."""

    currency: Currency
    share: Annotated[float, Field(gt=0.0, lt=1.0)]
    haircut: Fraction = 0.0


class Bonus(Part):
    """Credit of the venue: it counts as margin or pays fees, and is never equity."""

    amount: Annotated[float, Field(gt=0.0, le=1e12)]
    counts_as: Literal["margin", "fees"]


class Wallets(Part):
    """Whether spot and futures have a wallet each, and what a transfer takes."""

    separate: bool = False
    transfer_hours: Annotated[int, Field(ge=1, le=MAX_TRANSFER_HOURS)] = 1
    transfer_cost: Amount = 0.0


class AccountDocument(Part):
    """A whole account file, defaults filled in: those of an account without one."""

    version: Literal[1] = Field(default=1, alias="schema")
    fees: Fees | None = None
    margin: Margin = Margin()
    cash: Cash = Cash()
    reserve: Reserve | None = None
    bonus: Bonus | None = None
    wallets: Wallets = Wallets()

    @property
    def in_coins(self) -> bool:
        """Return whether futures are inverse contracts, which the coins of spot back."""
        return self.margin.futures == "inverse"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTerms:
    """An account file that has passed every check.

    Parameters
    ----------
    document : AccountDocument
    source : Source
        Where each key stands, for later refusals.
    """

    document: AccountDocument
    source: Source = field(repr=False, compare=False)


def load_account(path: str | FilePath) -> AccountTerms:
    """Open an account file and check all of it that needs no market.

    Parameters
    ----------
    path : str or Path
        The file.

    Raises
    ------
    PolicyError
        With file, line, column, what is allowed and the nearest name.
    """
    name = str(path)
    try:
        text = read_file(FilePath(path), "account file")
    except FileNotFoundError:
        raise PolicyError(f"there is no account file {name!a}; name one, or leave it out") from None
    table = parsed(name, text, "account file")
    source = Source(name, text, spots_of(text), {})
    document = document_of(AccountDocument, table, source)
    _check(document, source)
    return AccountTerms(document=document, source=source)


def idle_keys(document: AccountDocument) -> tuple[tuple[Path, str], ...]:
    """Return which keys say nothing beside the others, given or not, and why."""
    keys = (*_not_inverse(document), *_idle(document))
    return tuple((path, why) for path, is_idle, why in keys if is_idle)


def _check(document: AccountDocument, source: Source) -> None:
    """Refuse what would have no effect: nothing is ignored silently."""
    for path, why in idle_keys(document):
        if path in source.spots:
            raise source.refuse(path, f"{'.'.join(map(str, path))} {why}")


def _not_inverse(document: AccountDocument) -> tuple[tuple[Path, bool, str], ...]:
    """Return which keys cannot stand beside futures that coins back, and why."""
    inverse, apart = document.in_coins, document.wallets.separate
    always = "is of linear futures: coins back inverse ones, all of spot, uncut; leave it out"
    money = 'backs no futures where margin.futures is "inverse": coins do; leave it out'
    own = 'is "isolated", but inverse futures have cross margin; leave out one of the two'
    wallet = "is true, but spot in a wallet of its own backs no futures; leave out one of the two"
    owed = 'is never paid where margin.futures is "inverse": no money is owed; leave it out'
    return (
        (("margin", "mode"), inverse and document.margin.mode == "isolated", own),
        (("margin", "spot_as_collateral"), inverse, always),
        (("margin", "haircut"), inverse, always),
        (("cash", "borrow"), inverse, owed),
        (("bonus",), inverse, money),
        (("reserve",), inverse, money),
        (("wallets", "separate"), inverse and apart, wallet),
    )


def _idle(document: AccountDocument) -> tuple[tuple[Path, bool, str], ...]:
    """Return which keys, where they are given, say nothing beside the others, and why."""
    margin, wallets, reserve = document.margin, document.wallets, document.reserve
    is_isolated, backs = margin.mode == "isolated", margin.spot_as_collateral
    is_joint, pays = not wallets.separate, document.fees is None or document.fees.discounts
    same = reserve is not None and reserve.currency == document.cash.currency
    alone = 'backs nothing where margin is isolated; set margin.mode = "cross", or leave it out'
    spot = "set margin.spot_as_collateral = true, or leave it out"
    apart = "is of separate wallets; set wallets.separate = true, or leave it out"
    own = "is true, but an isolated position has no margin but its own; leave out one of the two"
    wallet = "is true, but spot in a wallet of its own backs no futures; leave out one of the two"
    return (
        (("margin", "spot_as_collateral"), backs and is_isolated, own),
        (("margin", "spot_as_collateral"), backs and wallets.separate, wallet),
        (("margin", "haircut"), not backs, f"is of spot that backs futures; {spot}"),
        (("cash", "borrow"), not backs, f"is never paid: money is owed against spot only; {spot}"),
        (("bonus",), is_isolated, alone),
        (("reserve",), is_isolated, alone),
        (("wallets", "transfer_hours"), is_joint, apart),
        (("wallets", "transfer_cost"), is_joint, apart),
        (("fees", "opened"), not pays, "is when discounts begin; name them, or leave it out"),
        (("reserve", "currency"), same, "is that of the cash; name another, or leave reserve out"),
    )
