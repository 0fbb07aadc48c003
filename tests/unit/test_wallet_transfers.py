"""Separate wallets: what is sent between them, when it is there, and which orders wait for it.

Every test runs twice, in the compiled walk and bar by bar; trading is free and a coin costs 100.
"""

import pytest

from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.contracts import NONE
from steelyard.domain.plan import Account, Track
from steelyard.domain.record import Walk
from steelyard.engine.terms import open_on
from steelyard.ledger.account import open_account
from steelyard.ledger.transfer import way_to
from tests.support.account_files import terms_of
from tests.support.both_runs import Run, both
from tests.support.plans import Scene, costs_of, moments_at, regime, track_of
from tests.unit.test_bar_events import fills, moving, static

CASH = 100_000.0
TWO_HOURS = "[wallets]\nseparate = true\ntransfer_hours = 2\ntransfer_cost = 10.0"


def on(track: Track, body: str = TWO_HOURS) -> Account:
    """Return an account of 100,000, all of it in the futures wallet; its balances by number.

    Spot wallet, futures wallet, on the way to spot, on the way to futures.
    """
    return open_on(track._replace(start_worth=track.start_worth.repeat(4)), CASH, terms_of(body))


def ran(run: Run, scene: Scene, track: Track, body: str = TWO_HOURS) -> tuple[Walk, list[float]]:
    """Return the outcome and what each balance holds at the end."""
    track = track._replace(worth=track.worth.repeat(4, axis=1))
    account = on(track, body)
    signals = moments_at(scene.signals(), track)
    outcome = run(scene.plan(), signals, track, costs_of(), CASH, account)
    return outcome, account.balances["amount"].tolist()


@both
def test_a_purchase_waits_until_its_money_is_there(run: Run) -> None:
    # 600 coins need 60,000 and half a percent to spare: 60,300 leave at hour 0 and 60,290 arrive at
    # hour 2. What is left, 290, is less than 1 % of equity and stays.
    outcome, held = ran(run, static(0.6, 0.0), track_of([100] * 5))

    assert fills(outcome) == [(2, SPOT, 600.0)]
    assert held == pytest.approx([290.0, 39_700.0, 0.0, 0.0])
    assert (outcome.transfers, outcome.awaited, outcome.unpaid) == (1, 2, 0)


@both
def test_money_on_its_way_is_equity_and_its_cost_a_fee_of_no_order(
    run: Run,
) -> None:
    outcome, _ = ran(run, static(0.6, 0.0), track_of([100] * 5))

    assert outcome.curve.equity.tolist() == pytest.approx([99_990.0] * 4)
    assert outcome.curve.own_fees.tolist() == pytest.approx([-10.0] * 4)
    assert outcome.fills.fee.tolist() == [0.0]


@both
def test_what_a_sale_brings_goes_to_the_futures_wallet(run: Run) -> None:
    # Sold at hour 4: 60,000 and the 290 leave, 60,280 are there at hour 6.
    track = track_of([100] * 8, moments=[3])
    outcome, held = ran(run, moving("FT", (0.0, 0.0), (0.6, 0.0)), track)

    assert fills(outcome)[1:] == [(4, SPOT, -600.0)]
    assert held == pytest.approx([0.0, 39_700.0 + 60_280.0, 0.0, 0.0])


@both
def test_money_on_its_way_backs_nothing(run: Run) -> None:
    # The sale of hour 4 is on its way until hour 6; the run ends before.
    track = track_of([100] * 6, moments=[3])
    outcome, held = ran(run, moving("FT", (0.0, 0.0), (0.6, 0.0)), track)

    assert held == pytest.approx([0.0, 39_700.0, 0.0, 60_280.0])
    assert outcome.curve.cash[-1] == pytest.approx(99_980.0)


@both
def test_a_short_waits_for_the_money_of_the_sale_beside_it(run: Run) -> None:
    # All is in spot: 100,000 leave, 99,990 buy 999.9 coins. Then half short: 499.95 coins of each.
    # The futures wallet is empty; what the sale of hour 4 brings is there at hour 6.
    track = track_of([100] * 9, moments=[3])
    outcome, _ = ran(run, moving("FT", (0.5, -0.5), (1.0, 0.0)), track)

    assert fills(outcome) == [(2, SPOT, 999.9), (4, SPOT, -499.95), (6, PERP, -499.95)]
    assert (outcome.awaited, outcome.unpaid) == (2 + 2, 0)


@both
def test_an_order_for_which_no_money_comes_is_given_up(run: Run) -> None:
    # At a leverage of 1 a long of 300,000 needs more than there is, anywhere.
    body = TWO_HOURS + "\n[margin]\nleverage = 1.0"
    outcome, held = ran(run, static(0.0, 3.0), track_of([100] * 4), body)

    assert fills(outcome) == []
    assert held == [0.0, CASH, 0.0, 0.0]
    assert (outcome.awaited, outcome.unpaid) == (0, 1)


@both
def test_a_purchase_fetches_no_initial_margin(run: Run) -> None:
    # A short of 50,000 at a leverage of 1 leaves 50,000 free: of 60,300 wanted that much is sent,
    # and 49,990 buy 499.9 coins. The short is filled first.
    body = TWO_HOURS + "\n[margin]\nleverage = 1.0"
    scene = moving("FT", (0.6, -0.5), (0.0, -0.5))
    outcome, _ = ran(run, scene, track_of([100] * 8, moments=[3]), body)

    assert fills(outcome) == [(0, PERP, -500.0), (6, SPOT, 499.9)]


@both
def test_too_small_a_shortage_is_not_fetched(run: Run) -> None:
    # 6 coins more need 603, of which 290 are in the spot wallet: 313 are less than 1 % of equity,
    # so the 290 buy 2.9 coins.
    scene = moving("FT", (0.606, 0.0), (0.6, 0.0))
    scene = Scene(
        regimes=scene.regimes, baseline=scene.baseline, limits={**scene.limits, "band": 0.001}
    )
    outcome, _ = ran(run, scene, track_of([100] * 6, moments=[3]))

    assert fills(outcome)[1:] == [(4, SPOT, 2.9)]
    assert outcome.transfers == 1


@both
def test_a_short_from_a_full_wallet_is_filled_at_once(run: Run) -> None:
    outcome, held = ran(run, static(0.0, -0.5), track_of([100] * 3))

    assert fills(outcome) == [(0, PERP, -500.0)]
    assert held == [0.0, CASH, 0.0, 0.0]


@both
def test_an_isolated_position_is_margined_from_the_futures_wallet(
    run: Run,
) -> None:
    # 500 short at 100, a twentieth of it as margin in balance 4.
    body = TWO_HOURS + '\n[margin]\nmode = "isolated"'
    track = track_of([100] * 3)
    track = track._replace(worth=track.worth.repeat(5, axis=1))
    account = open_on(track._replace(start_worth=track.start_worth.repeat(5)), CASH, terms_of(body))
    scene = static(0.0, -0.5)
    run(scene.plan(), moments_at(scene.signals(), track), track, costs_of(), CASH, account)

    assert account.balances["amount"].tolist() == [0.0, 97_500.0, 0.0, 0.0, 2_500.0]


@both
def test_a_second_sale_waits_for_the_way_and_a_short_for_both(run: Run) -> None:
    # At a leverage of 1 a short of 15 % needs as much. A tenth is sold at hour 4 and there at hour
    # 6, the next is sold at hour 5, leaves at hour 6 and is there at hour 8.
    scene = Scene(
        regimes=[
            regime("FTFF", (0.9, 0.0)),
            regime("FFTF", (0.8, 0.0)),
            regime("FFFT", (0.8, -0.15)),
        ],
        baseline=(1.0, 0.0),
        limits={"leverage": 100.0, "turnover_per_day": 100.0},
    )
    body = TWO_HOURS + "\n[margin]\nleverage = 1.0"
    outcome, _ = ran(run, scene, track_of([100] * 11, moments=[3, 4, 5]), body)

    assert [(bar, leg) for bar, leg, _ in fills(outcome)] == [
        (2, SPOT),
        (4, SPOT),
        (5, SPOT),
        (8, PERP),
    ]
    assert outcome.transfers == 3


def test_in_a_plain_account_there_is_no_way() -> None:
    assert way_to(open_account(1, 2, CASH), 0) == NONE


@both
def test_futures_wait_for_a_sale_that_has_just_been_made(run: Run) -> None:
    # From all spot to 0.2 and 0.9 long, which makes the net position larger: 799.92 coins are sold
    # first, and their money is with the futures at hour 6.
    track = track_of([100] * 9, moments=[3])
    outcome, _ = ran(run, moving("FT", (0.2, 0.9), (1.0, 0.0)), track)

    assert fills(outcome)[1:] == [(4, SPOT, -799.92), (6, PERP, 899.91)]


@both
def test_in_one_wallet_nothing_is_waited_for(run: Run) -> None:
    track = track_of([100] * 4)
    scene, account = static(0.0, 3.0), open_on(track, CASH, terms_of("[margin]\nleverage = 1.0"))
    signals = moments_at(scene.signals(), track)
    outcome = run(scene.plan(), signals, track, costs_of(), CASH, account)

    assert (outcome.awaited, outcome.unpaid) == (0, 1)
