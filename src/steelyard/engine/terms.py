"""This file turns the terms of an account file into what the kernel reads: book, bars, costs."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from steelyard.data.fees import fee_steps
from steelyard.data.names import stable_name
from steelyard.data.shipped import PRODUCTS, SPOT, midnight
from steelyard.domain import codes
from steelyard.domain.arrays import Floats, Ints, Table
from steelyard.domain.contracts import INVERSE, NONE, plain_balances, plain_holdings
from steelyard.domain.errors import RequestError
from steelyard.domain.market import Market
from steelyard.domain.plan import Account, Costs, Track
from steelyard.domain.sleeves import SLEEVES
from steelyard.domain.time import HOUR_MS, text
from steelyard.features.sampling import asof
from steelyard.kernel.track import build_costs, build_track
from steelyard.kernel.wallets import LEAST_SENT, SPARE
from steelyard.ledger.account import account_on
from steelyard.policy.account import AccountDocument, AccountTerms, Bonus, Wallets, idle_keys
from steelyard.policy.compile import CompiledPolicy
from steelyard.report.inputs import JsonValue
from steelyard.report.words import counted

DAYS_A_YEAR: Final = 365
"""Interest is simple: a rate of a year by the day."""

PLAIN: Final = AccountDocument()
"""An account without a file: cross margin, one balance, the venue's newest taker fees."""

_FUTURES, _ISOLATED = 0, 1
"""Margin groups: the futures account, and that of an isolated position."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Purse:
    """One balance of money before anything is in it.

    Parameters
    ----------
    name : str
        ``cash``, ``futures``, ``to_spot``, ``to_futures``, ``reserve``, ``isolated`` or ``coins``.
    currency : str
        Empty where it holds coins of the asset.
    group : int
        Margin group that it backs; NONE for none.
    """

    name: str
    currency: str
    group: int = _FUTURES


def document_of(terms: AccountTerms | None) -> AccountDocument:
    """Return what an account file says; without one, what holds without one."""
    return PLAIN if terms is None else terms.document


def purses(document: AccountDocument) -> tuple[Purse, ...]:
    """Return the balances of an account, that which pays for spot first, by margin group."""
    currency = document.cash.currency
    found = [Purse(name="cash", currency=currency)]
    if document.in_coins:
        found = [replace(found[0], group=NONE), Purse(name="coins", currency="")]
    if document.wallets.separate:
        wallets = ("futures", "to_spot", "to_futures")
        found = [
            Purse(name=name, currency=currency, group=_FUTURES if name == "futures" else NONE)
            for name in ("cash", *wallets)
        ]
    if document.reserve is not None:
        found.append(Purse(name="reserve", currency=document.reserve.currency))
    if document.margin.mode == "isolated":
        found.append(Purse(name="isolated", currency=currency, group=_ISOLATED))
    return tuple(found)


def _row(document: AccountDocument, name: str, *others: str) -> int:
    """Return the number of the first of these balances that an account has."""
    names = [purse.name for purse in purses(document)]
    return next(names.index(each) for each in (name, *others) if each in names)


def lay_track(market: Market, start_ms: int, end_ms: int, terms: AccountTerms | None) -> Track:
    """Return the bars of a market with what the money of an account was worth.

    Raises
    ------
    DataError
        If a funding settlement is missing within.
    PolicyError
        If the account is in a currency that the market does not settle in, or holds other futures.
    RequestError
        If the market was opened with inverse futures, and there is no account file.
    """
    document = document_of(terms)
    _refuse_other_futures(market, terms)
    if terms is not None and document.cash.currency != market.quote:
        sentence = (
            f"cash.currency is {document.cash.currency}; {market.asset} on {market.venue} is "
            f"paid and settled in {market.quote}: write {market.quote}, or leave it out"
        )
        raise terms.source.refuse(("cash", "currency"), sentence)
    track = build_track(market, start_ms, end_ms)
    ends = np.concatenate([[start_ms], track.open_ms + track.length_ms])
    worth = np.stack([worth_of(market, purse.currency, ends) for purse in purses(document)], axis=1)
    return track._replace(worth=worth[1:].copy(), start_worth=worth[0].copy())


def _refuse_other_futures(market: Market, terms: AccountTerms | None) -> None:
    """Do nothing where a market has the futures that an account holds.

    Raises
    ------
    PolicyError
        If it has others.
    RequestError
        The same without an account file.
    """
    wanted = document_of(terms).margin.futures
    if wanted == market.futures:
        return
    sentence = (
        f"{market.asset} on {market.venue} was opened with {market.futures} futures, and the "
        f"account's margin.futures is {wanted}; open it with futures={wanted!r}, or change the "
        f"account"
    )
    if terms is None:
        raise RequestError(sentence)
    raise terms.source.refuse(("margin", "futures"), sentence)


def worth_of(market: Market, currency: str, at_ms: Ints) -> Floats:
    """Return the last known price of a stablecoin in USD, float64[n]; 1 while none is known."""
    if currency not in market.money:
        return np.ones(at_ms.size)
    series = market.money[currency]
    known = asof(at_ms, series.known_ms, series.value, series.max_age_ms)
    return np.where(np.isnan(known), 1.0, known)


def lay_costs(market: Market, terms: AccountTerms | None) -> Costs:
    """Return what trading a market costs an account.

    Raises
    ------
    PolicyError
        If the venue has no such fee or discount.
    """
    document, costs = document_of(terms), build_costs(market)
    costs = costs._replace(worst_case=int(document.margin.worst_case))
    if terms is None or document.fees is None:
        return costs
    fees = document.fees
    opened_ms = None if fees.opened is None else midnight(fees.opened)
    try:
        steps = fee_steps(market.venue, discounts=fees.discounts, opened_ms=opened_ms)
    except RequestError as error:
        raise terms.source.refuse(("fees", "discounts"), f"fees.discounts: {error}") from None
    is_maker = fees.execution == "maker"
    products = [PRODUCTS.index(SPOT), PRODUCTS.index(document.margin.futures)]
    rates = steps.rates[:, products, 0 if is_maker else 1]
    if np.isnan(rates).any():
        sentence = f"the {fees.execution} fees of {market.venue} are unknown; choose the other"
        raise terms.source.refuse(("fees", "execution"), sentence)
    half_spread = 0.0 if is_maker else costs.half_spread_bps
    return costs._replace(fee_from=steps.from_ms, fee=rates.copy(), half_spread_bps=half_spread)


def open_on(track: Track, cash: float, terms: AccountTerms | None) -> Account:
    """Return an account that holds its cash and nothing else.

    Parameters
    ----------
    track : Track
        From ``lay_track``, with the same terms.
    cash : float, quote
    terms : AccountTerms or None
    """
    document = document_of(terms)
    n_assets, n_legs, _ = track.first_fill.shape
    return account_on(
        _legs(document, n_assets, n_legs), _balances(document, cash, track.start_worth)
    )


def _legs(document: AccountDocument, n_assets: int, n_legs: int) -> Table:
    margin = document.margin
    legs = plain_holdings(n_assets, n_legs)
    futures = legs[:, codes.PERP :]
    futures["initial"] = 1.0 / margin.leverage
    futures["settles"] = _row(document, "coins", "isolated", "futures", "cash")
    if margin.mode == "isolated":
        futures["parent"] = _row(document, "futures", "cash")
    if document.in_coins:
        futures["kind"] = INVERSE
        legs[:, codes.SPOT]["collateral"] = _FUTURES
    if margin.spot_as_collateral:
        legs[:, codes.SPOT]["collateral"] = _FUTURES
        legs[:, codes.SPOT]["haircut"] = margin.haircut
    return legs


def _balances(document: AccountDocument, cash: float, worth: Floats) -> Table:
    kinds = purses(document)
    table = plain_balances([0.0] * len(kinds))
    table["worth"] = worth
    table["group"] = [purse.group for purse in kinds]
    table["interest"] = document.cash.earned / DAYS_A_YEAR
    table["borrowing"] = document.cash.borrow / DAYS_A_YEAR
    if document.wallets.separate:
        _lay_ways(document, table)
    if document.in_coins:
        row = _row(document, "coins")
        table["coin"][row], table["is_spot"][row], table["interest"][row] = 0, 1, 0.0
    home, reserved = _row(document, "futures", "cash"), 0.0
    if document.reserve is not None:
        row, reserved = _row(document, "reserve"), document.reserve.share
        table["currency"][row] = 1
        table["amount"][row] = cash * reserved / worth[row]
        table["haircut"][row] = document.reserve.haircut
    table["amount"][home] = cash * (1.0 - reserved) / worth[home]
    if document.bonus is not None:
        table["bonus"][home] = document.bonus.amount
        table["pays_fees"][home] = int(document.bonus.counts_as == "fees")
    return table


def _lay_ways(document: AccountDocument, table: Table) -> None:
    """Write down how money goes from wallet to wallet; on its way it earns nothing."""
    for way, wallet in (("to_spot", "cash"), ("to_futures", "futures")):
        row = _row(document, way)
        table["delay_ms"][row] = document.wallets.transfer_hours * HOUR_MS
        table["goes_to"][row] = _row(document, wallet)
        table["cost"][row] = document.wallets.transfer_cost
        table["interest"][row] = table["borrowing"][row] = 0.0


def terms_assumed(terms: AccountTerms, market: Market, costs: Costs) -> dict[str, JsonValue]:
    """Return what a result on an account's terms assumes: the file with its defaults, and why.

    Without the keys that say nothing beside the others.
    """
    document = terms.document
    written = document.model_dump(mode="json", by_alias=True, exclude_none=True)
    for (table, *keys), _ in idle_keys(document):
        for key in keys:
            written.get(str(table), {}).pop(key, None)
    fees: dict[str, JsonValue] = {
        "execution": "taker" if document.fees is None else document.fees.execution,
        "half_spread_bps": costs.half_spread_bps,
        "steps": [
            {"from": text(int(ms)), "spot": float(spot), "perpetual": float(perp)}
            for ms, (spot, perp) in zip(costs.fee_from, costs.fee, strict=True)
        ],
    }
    return {"terms": written, "fees": fees, "readings": list(_readings(document, market))}


def _readings(document: AccountDocument, market: Market) -> list[str]:
    """Return in sentences what an account's terms leave open and how it is read."""
    said = [_worth_words(market, purse.currency) for purse in _currencies(document)]
    said += [_inverse_words(market)] * document.in_coins
    if document.fees is not None and document.fees.execution == "maker":
        said.append(
            "every order rests in the book and is assumed to fill whole at the first price of its "
            "bar, with impact and without half-spread; a real one may not fill at all"
        )
    if document.margin.mode == "isolated":
        said.append(
            "an isolated position has its initial margin and no more: margin defence, which keeps "
            "the whole account within the policy's leverage, adds none to it"
        )
    if document.wallets.separate:
        said.append(_wallet_words(document.wallets))
    if document.margin.spot_as_collateral:
        said.append("spot counts as margin after its haircut and is lost with it in a liquidation")
    if document.bonus is not None:
        said.append(_bonus_words(document.bonus))
    if document.reserve is not None:
        said.append("the reserve backs futures, earns the same yield, and pays for no spot")
    if document.cash.earned > 0.0 or document.cash.borrow > 0.0:
        said.append("interest is simple, a 365th of the year's rate on what is held at 00:00 UTC")
    return said


def _currencies(document: AccountDocument) -> tuple[Purse, ...]:
    money = (purse for purse in reversed(purses(document)) if purse.currency)
    by_currency = {purse.currency: purse for purse in money}
    return tuple(reversed(by_currency.values()))


def _wallet_words(wallets: Wallets) -> str:
    return (
        f"money rests in the futures wallet; a purchase of spot fetches its cost and "
        f"{100.0 * SPARE:g} % more, a sale sends back what it brings, one transfer each way at a "
        f"time and none of less than {100.0 * LEAST_SENT:g} % of equity; each is sent at the open "
        f"of an hour, takes {counted(wallets.transfer_hours, 'hour')} and costs "
        f"{wallets.transfer_cost:g}, and orders wait for it"
    )


def _inverse_words(market: Market) -> str:
    return (
        f"futures are coin-margined: a position is its face value in dollars, taken as "
        f"{market.quote}, and all spot backs it, uncut; what it brings, its fees and its funding "
        f"are coins of that spot at once; limits.leverage is |futures| over spot, so futures are "
        f"cut to it and no spot is sold for them; coins that are initial margin are not sold; cash "
        f"backs nothing"
    )


def _bonus_words(bonus: Bonus) -> str:
    first = "pays fees first, and what is left of it " if bonus.counts_as == "fees" else ""
    return f"the bonus {first}backs futures, absorbs what a liquidation leaves, and is no equity"


def _worth_words(market: Market, currency: str) -> str:
    name = stable_name(market.venue, currency)
    if currency in market.money:
        return f"{currency} is worth what {name} says, in USD; prices in it are taken as USD"
    return f"{currency} is worth 1 USD at all times: there is no series {name}"


def refuse_rotation(compiled: CompiledPolicy, terms: AccountTerms | None) -> None:
    """Do nothing where a policy would exchange the account's stablecoin for another one.

    Raises
    ------
    PolicyError
        If it is the same.
    """
    depeg, currency = compiled.policy.document.limits.depeg, document_of(terms).cash.currency
    if depeg is not None and depeg.rotate_to == currency:
        sentence = f"rotate_to is {currency}, which the account holds; name another, or none"
        raise compiled.policy.source.refuse(("limits", "depeg", "rotate_to"), sentence)


def refuse_sleeves(compiled: CompiledPolicy, terms: AccountTerms | None) -> None:
    """Do nothing where an account can hold the pairs of a policy's sleeves, if it has any.

    Raises
    ------
    PolicyError
        If it is isolated, or its wallets are separate.
    """
    document, sleeves = document_of(terms), compiled.plan.sleeves
    if terms is None or sleeves.size == 0:
        return
    said = (
        (("margin", "mode"), document.margin.mode == "isolated", 'margin.mode is "isolated"'),
        (("wallets", "separate"), document.wallets.separate, "wallets.separate is true"),
    )
    for path, forbids, found in said:
        if forbids:
            off = " and ".join(f"{SLEEVES[one['kind']]}.allocation=0" for one in sleeves)
            sentence = (
                f"{found}, and {compiled.policy.name} has sleeves, whose pairs need cross margin "
                f"on one balance; change the account, or set {off}"
            )
            raise terms.source.refuse(path, sentence)


def peg_warnings(
    compiled: CompiledPolicy, market: Market, terms: AccountTerms | None
) -> tuple[str, ...]:
    """Return a warning where a policy watches a peg of which no price is known."""
    currency = document_of(terms).cash.currency
    if compiled.policy.document.limits.depeg is None or currency in market.money:
        return ()
    name = stable_name(market.venue, currency)
    return (
        (
            f"limits.depeg watches {currency}, and there is no series {name}: it was taken to be "
            f"worth 1 USD at all times, so the peg was never lost; add the series."
        ),
    )


def worth_warnings(market: Market, terms: AccountTerms | None, start_ms: int) -> tuple[str, ...]:
    """Return a warning of each stablecoin whose price begins only within a run."""
    document = document_of(terms)
    late = [
        (purse.currency, int(market.money[purse.currency].known_ms[0]))
        for purse in _currencies(document)
        if purse.currency in market.money
    ]
    return tuple(
        f"What {currency} was worth is known from {text(first)} on; before, 1 USD is taken."
        for currency, first in late
        if first > start_ms + HOUR_MS
    )
