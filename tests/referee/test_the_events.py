"""This file shows the referee's other events by hand: what no vector covers."""

from fractions import Fraction

from tests.referee import book as events
from tests.referee.bar import Bar, Rules, Why, has_margin, live
from tests.referee.margin import liquidation_price, margin_balance
from tests.referee.terms import ZERO, Balance, Book, Kind, Leg, Tier, worsened

FREE = Rules(half_spread_bp=ZERO, impact=ZERO, worst_case=False)
HUNDRED = Fraction(100)


def tier(rate: str) -> tuple[Tier, ...]:
    return (Tier(cap=None, rate=Fraction(rate), deduction=ZERO),)


def spot(quantity: int = 0, collateral: int | None = None, haircut: str = "0") -> Leg:
    return Leg(
        asset=0,
        kind=Kind.SPOT,
        settles=0,
        price=HUNDRED,
        quantity=Fraction(quantity),
        collateral=collateral,
        haircut=Fraction(haircut),
    )


def contract(quantity: int = 0, kind: Kind = Kind.LINEAR, rate: str = "0.01") -> Leg:
    leg = Leg(asset=0, kind=kind, settles=0, price=HUNDRED, entry=HUNDRED, tiers=tier(rate))
    leg.quantity = Fraction(quantity)
    leg.initial = Fraction(1, 10)
    return leg


def money(amount: int, group: int | None = 0) -> Balance:
    return Balance(group=group, amount=Fraction(amount))


def quiet(book: Book, *, low: int = 100, high: int = 100) -> Bar:
    """Return a bar that opens and closes at 100, and may reach further; nothing else happens."""
    size = len(book.legs)
    nothing: list[Fraction | None] = [None] * size
    return Bar(
        open=[HUNDRED] * size,
        high=[Fraction(high)] * size,
        low=[Fraction(low)] * size,
        close=[HUNDRED] * size,
        worth=[one.worth for one in book.balances],
        first_fill=[HUNDRED] * size,
        funding=nothing,
        settled=nothing,
        fee=[ZERO] * size,
        daily_volatility=[ZERO] * size,
        daily_volume=[HUNDRED] * size,
        deleveraged=ZERO,
        ends_a_day=False,
        orders={},
    )


def test_a_fee_is_paid_from_a_credit_first_and_a_rebate_is_not() -> None:
    # 2 coins at 100 and 1 %: 2, of which the credit pays 1.5; the rebate of 2 is all money.
    leg, cash = contract(), Balance(group=0, bonus=Fraction(3, 2), bonus_pays_fees=True)
    book = Book(legs=[spot(), leg], balances=[cash])
    events.trade_future(book, leg, Fraction(2), HUNDRED, Fraction(1, 100))

    assert [cash.amount, cash.bonus] == [Fraction(-1, 2), 0]
    assert [leg.parts["fees"], cash.parts["bonus"]] == [-2, Fraction(3, 2)]

    cash.bonus = Fraction(5)
    events.trade_future(book, leg, Fraction(2), HUNDRED, Fraction(-1, 100))

    assert [cash.amount, cash.bonus] == [Fraction(3, 2), 5]


def test_an_isolated_position_takes_its_margin_and_gives_it_back() -> None:
    # Bought at 101 with the mark at 100 and a fee of 1 %: 10.1 of margin, less 1 and 1.01.
    leg = contract()
    leg.settles, leg.parent = 1, 0
    book = Book(legs=[spot(), leg], balances=[money(1000), money(0, group=1)])
    parent, own = book.balances
    events.trade_future(book, leg, Fraction(1), Fraction(101), Fraction(1, 100))

    assert [parent.amount, own.amount] == [Fraction("989.9"), Fraction("8.09")]

    # Half of it closed at the mark: half of 8.09 goes back.
    events.trade_future(book, leg, Fraction(-1, 2), HUNDRED, ZERO)

    assert [parent.amount, own.amount] == [Fraction("993.945"), Fraction("4.045")]

    # Turned: all of it goes back, and 1/2 of a coin takes 5.
    events.trade_future(book, leg, Fraction(-1), HUNDRED, ZERO)

    assert [parent.amount, own.amount] == [Fraction("992.99"), 5]


def test_the_average_entry_of_inverse_contracts_is_of_coins_per_dollar() -> None:
    # 100 USD at 100 and 100 USD at 50 are 1 + 2 coins: 200 / 3.
    leg = contract(100, Kind.INVERSE)

    assert events.entry_after(leg, HUNDRED, Fraction(50)) == Fraction(200, 3)
    assert events.entry_after(leg, Fraction(-50), Fraction(50)) == 100
    assert events.entry_after(leg, Fraction(-300), Fraction(50)) == 50
    assert events.entry_after(leg, Fraction(-100), Fraction(50)) == 0


def test_interest_is_earned_on_what_is_there_and_paid_on_a_debt() -> None:
    cash = Balance(
        yield_a_day=Fraction(1, 100), borrow_a_day=Fraction(2, 100), worth=Fraction(1, 2)
    )
    cash.amount = HUNDRED
    events.accrue_interest(cash)

    assert [cash.amount, cash.parts["interest"]] == [101, Fraction(1, 2)]

    cash.amount = -HUNDRED
    events.accrue_interest(cash)

    assert [cash.amount, cash.parts["interest"]] == [-102, Fraction(-1, 2)]


def test_only_winning_positions_are_deleveraged() -> None:
    winner, loser = contract(4), contract(-4)
    winner.entry = loser.entry = Fraction(90)
    book = Book(legs=[spot(), winner, loser], balances=[money(1000)])

    assert [events.is_winning(book, leg) for leg in (winner, loser)] == [True, False]

    events.deleverage(book, winner, Fraction(1, 4))

    assert [winner.quantity, book.balances[0].amount] == [3, 1000]
    assert winner.parts == {}


def test_the_venue_bears_what_a_liquidation_loses_beyond_the_account() -> None:
    # 10 coins bought at 100 with 500: at 40 the account is at 500 - 600, the venue gives 100.
    leg = contract(10)
    book = Book(legs=[spot(), leg], balances=[money(500)])
    events.liquidate(book, leg, Fraction(40), ZERO)

    assert [book.balances[0].amount, leg.quantity] == [0, 0]
    assert [leg.parts["futures"], leg.parts["liquidation"]] == [-600, 100]


def test_a_liquidation_can_cost_collateral_and_bonus_too() -> None:
    # 500 + 50 bonus + 1 coin of 100 back it: of a loss of 800 the venue bears 150.
    leg, cash = contract(10), money(500)
    cash.bonus = Fraction(50)
    book = Book(legs=[spot(1, collateral=0, haircut="0.5"), leg], balances=[cash])
    events.liquidate(book, leg, Fraction(20), ZERO)

    assert [cash.amount, cash.bonus, book.legs[0].quantity] == [0, 0, 0]
    assert [leg.parts["liquidation"], cash.parts["bonus"]] == [150, 50]
    assert events.attributed(book) == -600  # 500 and a coin of 100 are gone


def test_the_worst_case_takes_everything_that_backs_a_position() -> None:
    leg = contract(1)
    book = Book(legs=[spot(), leg], balances=[money(500), money(70, group=1)])
    events.liquidate(book, leg, Fraction(90), ZERO, worst_case=True)

    assert [one.amount for one in book.balances] == [0, 70]
    assert leg.parts["liquidation"] == -490


def test_a_haircut_is_taken_off_what_is_owned_and_not_off_a_debt() -> None:
    cash = Balance(group=0, haircut=Fraction(1, 10), amount=HUNDRED)
    book = Book(legs=[spot(1, collateral=0, haircut="0.5")], balances=[cash])

    assert margin_balance(book, 0) == 90 + 50

    cash.amount = -HUNDRED

    assert margin_balance(book, 0) == -100 + 50


def test_the_haircut_of_a_balance_applies_to_the_result_in_it() -> None:
    # 0.9 (1000 + 20 (P - 100)) = 0.01 x 20 P at 900 / 17.8.
    leg = contract(20)
    cash = Balance(group=0, haircut=Fraction(1, 10), amount=Fraction(1000))
    book = Book(legs=[spot(), leg], balances=[cash])

    assert liquidation_price(book, leg) == 900 / Fraction("17.8")


def test_coins_in_the_margin_account_move_with_a_short_that_they_back() -> None:
    # 100 + 5 P - 10 (P - 100) = 0.01 x 10 P at 1100 / 5.1; without the coins at 1100 / 10.1.
    leg = contract(-10)
    book = Book(legs=[spot(5, collateral=0), leg], balances=[money(100)])

    assert liquidation_price(book, leg) == 1100 / Fraction("5.1")

    book.legs[0].collateral = None

    assert liquidation_price(book, leg) == 1100 / Fraction("10.1")


def test_a_position_is_closed_at_its_price_only_if_the_bar_reaches_it() -> None:
    # 500 + 10 (P - 100) = 0.1 P at 500 / 9.9 = 50.5.
    for low, closed in ((51, False), (50, True)):
        leg = contract(10)
        book = Book(legs=[spot(), leg], balances=[money(500)])
        trades = live(book, quiet(book, low=low), FREE)

        assert [one.why for one in trades] == [Why.LIQUIDATION] * closed
        assert [one.price for one in trades] == [Fraction(5000, 99)] * closed


def test_a_futures_order_without_its_initial_margin_is_refused() -> None:
    # 10 at 100 need 100 of 105; at 101 they cost 10 more than the mark, and 95 are left.
    leg = contract()
    book = Book(legs=[spot(), leg], balances=[money(105)])

    assert has_margin(book, leg, Fraction(10), HUNDRED, ZERO)
    assert not has_margin(book, leg, Fraction(10), Fraction(101), ZERO)

    leg.quantity = Fraction(-12)

    assert has_margin(book, leg, Fraction(20), Fraction(101), ZERO)  # 8 long after 12 short


def test_a_fill_price_is_on_the_tick_that_is_worse() -> None:
    # 100 +- 10 bp is 100.1 and 99.9; in ticks of a quarter 100.25 and 99.75.
    ten, quarter = Fraction(10), Fraction(1, 4)

    assert worsened(HUNDRED, buys=True, bp=ten, tick=quarter) == Fraction("100.25")
    assert worsened(HUNDRED, buys=False, bp=ten, tick=quarter) == Fraction("99.75")
    assert worsened(HUNDRED, buys=False, bp=ten, tick=ZERO) == Fraction("99.9")


def test_what_the_money_is_worth_changes_what_spot_costs_and_is_a_part_of_its_own() -> None:
    # A stable worth 0.8: 2 coins of 100 cost 250 units. Back at 1, what is left gained a fifth.
    coins = spot()
    cash = Balance(group=0, amount=Fraction(1000), worth=Fraction(4, 5))
    book = Book(legs=[coins], balances=[cash])
    events.trade_spot(book, coins, Fraction(2), HUNDRED, ZERO)

    assert [cash.amount, events.equity(book)] == [750, 800]

    events.change_prices(book, [HUNDRED], [Fraction(1)])

    assert [cash.parts["depeg"], events.equity(book)] == [150, 950]
