"""A stablecoin off its peg: when it counts as that, what is held back, and its exchange (K2).

Every test runs twice, in the compiled walk and bar by bar; trading is free and a coin costs 100.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from steelyard.data.synthetic import synthetic_market
from steelyard.domain.codes import PART_DEPEG, PERP, SPOT
from steelyard.domain.contracts import INVERSE, NONE, plain_balances, plain_holdings
from steelyard.domain.errors import PolicyError
from steelyard.domain.market import Market, Series
from steelyard.domain.plan import Account, Track
from steelyard.domain.record import Walk
from steelyard.domain.time import HOUR_MS
from steelyard.engine.backtest import backtest
from steelyard.ledger.account import account_on
from steelyard.policy.load import load_policy
from tests.support.account_files import terms_of
from tests.support.both_runs import Run, both
from tests.support.plans import Scene, costs_of, moments_at, track_of
from tests.unit.test_bar_events import fills, moving, static

CASH = 100_000.0
K2 = {
    "peg_low": 0.98,
    "peg_high": 1.02,
    "peg_hours": 2,
    "safe_low": 0.995,
    "safe_high": 1.005,
    "safe_hours": 24,
}
MARCH = [1.0, 0.97, 0.93, 0.87, 0.92, 0.96, 0.99, *[0.998] * 30]
"""As USDC in March 2023: 0.87 at the lowest, and back within three days; here within hours."""


def watched(scene: Scene, **limits: float) -> Scene:
    """Return a scene whose policy watches the peg."""
    return replace(scene, limits={**scene.limits, **K2, **limits})


def priced(worth: Sequence[float], moments: Sequence[int] = ()) -> Track:
    """Return bars at the ends of which the stablecoin is worth so much."""
    track = track_of([100] * (len(worth) + 1), moments=moments)
    return track._replace(worth=np.array(worth)[:, None])


def ran(
    run: Run, scene: Scene, track: Track, fee: float = 0.0, account: Account | None = None
) -> Walk:
    signals = moments_at(scene.signals(), track)
    return run(scene.plan(), signals, track, costs_of(fee=(fee, fee)), CASH, account)


# -- when it is off its peg ---------------------------------------------------------------------


@both
def test_two_hours_outside_are_off_the_peg_and_a_day_inside_is_back(run: Run) -> None:
    # Outside from the end of hour 1 on, for the second time at that of hour 2; inside from that of
    # hour 7 on, for the 24th time at that of hour 30.
    outcome = ran(run, watched(static(0.6, 0.0)), priced(MARCH))

    assert np.flatnonzero(outcome.curve.off_peg).tolist() == list(range(2, 30))


@both
def test_one_hour_outside_is_none(run: Run) -> None:
    outcome = ran(run, watched(static(0.6, 0.0)), priced([1.0, 0.9, 1.0, 0.9, 1.0]))

    assert not outcome.curve.off_peg.any()


@both
def test_too_dear_is_off_the_peg_too_and_a_bound_is_not(run: Run) -> None:
    dear = ran(run, watched(static(0.6, 0.0)), priced([1.03] * 3))
    bound = ran(run, watched(static(0.6, 0.0)), priced([0.98] * 3))

    assert dear.curve.off_peg.tolist() == [0, 1, 1]
    assert bound.curve.off_peg.tolist() == [0, 0, 0]


@both
def test_an_hour_between_the_bounds_begins_the_day_inside_anew(run: Run) -> None:
    # 23 hours inside, one at 0.99, 24 inside: back with the last.
    path = [0.9, 0.9, *[1.0] * 23, 0.99, *[1.0] * 24]
    outcome = ran(run, watched(static(0.6, 0.0)), priced(path))

    assert np.flatnonzero(outcome.curve.off_peg).tolist() == list(range(1, 49))


@both
def test_a_price_that_stays_outside_without_moving_is_seen(run: Run) -> None:
    # It is 0.9 from the start on, and the policy decides at the start only.
    account = account_on(plain_holdings(1, 2), plain_balances([CASH / 0.9]))
    account.balances["worth"] = 0.9
    outcome = ran(run, watched(static(0.6, 0.0)), priced([0.9] * 5), account=account)

    assert outcome.curve.off_peg.tolist() == [0, 1, 1, 1, 1]


@both
def test_a_policy_that_does_not_watch_acts_on_nothing(run: Run) -> None:
    scene = moving("FT", (0.6, -0.3), (0.6, 0.0))
    outcome = ran(run, scene, priced(MARCH, moments=[4]))

    assert not outcome.curve.off_peg.any()
    assert [leg for _, leg, _ in fills(outcome)] == [SPOT, PERP]


# -- what is held back --------------------------------------------------------------------------


def decided(run: Run, before: tuple[float, float], after: tuple[float, float]) -> Walk:
    """Return what becomes of a decision at the end of hour 4, at 0.92."""
    limits = {"band": 0.05}
    return ran(run, watched(moving("FT", after, before), **limits), priced(MARCH, moments=[4]))


def signs(outcome: Walk) -> list[tuple[int, int]]:
    """Return leg and sign of every fill after the first allocation."""
    return [(leg, int(np.sign(coins))) for bar, leg, coins in fills(outcome) if bar > 0]


@both
def test_futures_do_not_grow_while_off_the_peg(run: Run) -> None:
    outcome = decided(run, (0.6, 0.0), (0.6, -0.3))

    assert signs(outcome) == []
    assert outcome.held_back == 1


@both
def test_futures_shrink_while_off_the_peg(run: Run) -> None:
    assert signs(decided(run, (0.6, -0.5), (0.6, 0.0))) == [(PERP, 1)]


@both
def test_a_sale_of_spot_that_pays_for_futures_is_held_back_with_them(run: Run) -> None:
    # 600 coins; then 0.3 and 0.35 of 96,800 at 100 are 629.2 coins net: not fewer.
    outcome = decided(run, (0.6, 0.0), (0.3, 0.35))

    assert signs(outcome) == []
    assert outcome.held_back == 2


@both
def test_a_sale_of_spot_that_lowers_the_net_position_goes_ahead(run: Run) -> None:
    with_short = decided(run, (0.6, 0.0), (0.3, -0.2))
    alone = decided(run, (0.6, 0.0), (0.3, 0.0))

    assert signs(with_short) == [(SPOT, -1)]
    assert signs(alone) == [(SPOT, -1)]
    assert (with_short.held_back, alone.held_back) == (1, 0)


@both
def test_once_back_orders_are_sent_again(run: Run) -> None:
    # The end of hour 30 is the 24th inside: what is decided at that of hour 31 is filled.
    scene = watched(moving("FT", (0.6, -0.3), (0.6, 0.0)))
    outcome = ran(run, scene, priced(MARCH, moments=[31]))

    assert [(bar, leg) for bar, leg, _ in fills(outcome)] == [(0, SPOT), (32, PERP)]


@both
def test_futures_backed_by_coins_grow(run: Run) -> None:
    # An inverse short of 30 % of equity settles in coins, which no stablecoin backs.
    legs, balances = plain_holdings(1, 2), plain_balances([CASH, 1_000.0])
    legs["kind"][0, PERP] = INVERSE
    legs["settles"][0, PERP] = 1
    balances["coin"] = [NONE, 0]
    balances["group"] = [0, 1]
    track = priced(MARCH, moments=[4])
    track = track._replace(worth=np.repeat(track.worth, 2, axis=1))
    scene = watched(moving("FT", (0.2, -0.3), (0.2, 0.0)))
    outcome = ran(run, scene, track, account=account_on(legs, balances))

    assert (PERP, -1) in signs(outcome)
    assert outcome.held_back == 0


# -- its exchange -------------------------------------------------------------------------------


@both
def test_a_stablecoin_off_its_peg_is_exchanged_at_its_price_for_a_fee(run: Run) -> None:
    # 60,000 in spot cost 60 at 0.1 %; 39,940 are worth 37,144.2 at 0.93, less 0.1 %: 37.1442.
    outcome = ran(run, watched(static(0.6, 0.0), rotates=1), priced(MARCH), fee=0.001)
    left = 39_940.0 * 0.93 * 0.999

    assert outcome.rotated_ms == 3 * HOUR_MS
    assert outcome.curve.cash[2:].tolist() == pytest.approx([left] * (len(MARCH) - 2))
    assert outcome.curve.own_fees[-1] == pytest.approx(-37.1442)
    assert outcome.parts[-1, PART_DEPEG] == pytest.approx(-39_940.0 * 0.07)
    assert outcome.curve.off_peg.tolist()[:4] == [0, 0, 1, 0]


@both
def test_after_an_exchange_orders_are_sent(run: Run) -> None:
    scene = watched(moving("FT", (0.6, -0.3), (0.6, 0.0)), rotates=1)
    outcome = ran(run, scene, priced(MARCH, moments=[4]))

    assert signs(outcome) == [(PERP, -1)]
    assert outcome.held_back == 0


@both
def test_a_debt_and_a_bonus_are_exchanged_and_a_reserve_is_not(run: Run) -> None:
    # At 0.9 and 1 %: a debt of 100 is 90 and costs 0.9; a bonus of 50 is 45.
    legs, balances = plain_holdings(1, 2), plain_balances([CASH, -100.0, 70.0])
    balances["bonus"][0] = 50.0
    balances["currency"][2] = 1
    track = priced([0.9, 0.9])
    track = track._replace(worth=np.array([[0.9, 0.9, 1.0]] * 2))
    account = account_on(legs, balances)
    ran(run, watched(static(0.0, 0.0), rotates=1), track, fee=0.01, account=account)

    assert account.balances["amount"].tolist() == pytest.approx([89_100.0, -90.9, 70.0])
    assert account.balances["bonus"].tolist() == [45.0, 0.0, 0.0]
    assert account.balances["rotated"].tolist() == [1, 1, 0]


# -- what a policy says of it, and what a result does ---------------------------------------------


def depegged() -> Market:
    """Return the synthetic market with a stablecoin that goes the way of March in its middle."""
    market = synthetic_market()
    known = market.spot.known_ms
    middle = known.size // 2
    worth = np.ones(known.size)
    worth[middle : middle + 7] = MARCH[:7]
    money = {"USDT": Series(known_ms=known, value=worth, max_age_ms=-1)}
    return replace(market, money=money)


WATCH = "limits.depeg={outside=[0.98,1.02],inside=[0.995,1.005]}"
ROTATE = WATCH[:-1] + ',rotate_to="USDC"}'


def test_a_result_tells_when_how_long_and_at_which_price_the_peg_was_lost() -> None:
    # 28 hours: from the second outside to the 24th inside.
    result = backtest(load_policy("article", [WATCH]), depegged(), account=terms_of())
    told = [one for one in result.warnings if "off its peg" in one]

    assert result.counts.off_peg == 1
    assert len(told) == 1
    assert " for 28 hours, at 0.87 to 1: no order" in told[0]
    assert abs(result.attribution.residual) < 1e-6


def test_a_result_tells_that_the_stablecoin_was_exchanged() -> None:
    result = backtest(load_policy("article", [ROTATE]), depegged())
    told = [one for one in result.warnings if "off its peg" in one]

    assert "at 0.93 to 0.93: all of it was exchanged for money worth 1." in told[0]
    assert result.attribution.depeg < 0.0


def test_a_peg_without_a_price_is_warned_of_by_the_name_of_the_series() -> None:
    result = backtest(load_policy("hold", [WATCH]), synthetic_market())

    assert any("there is no series synthetic.stable.USDT.1h" in one for one in result.warnings)


def test_a_price_that_begins_within_a_run_is_warned_of() -> None:
    market = synthetic_market()
    late = Series(known_ms=market.spot.known_ms[5000:6000], value=np.ones(1000), max_age_ms=-1)
    result = backtest("hold", replace(market, money={"USDT": late}))

    assert any("before, 1 USD is taken" in one for one in result.warnings)


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ("outside=[1.02,0.98],inside=[0.99,1.01]", "outside is 1.02 to 0.98; write a range"),
        ("outside=0.98,inside=[0.99,1.01]", "outside is 0.98 to 0.98; write a range [from, to]"),
        ("outside=[0.98,1.02],inside=[0.97,1.01]", "inside is 0.97 to 1.01, must be a range"),
        ("outside=[0.98,1.02],inside=[1.01,0.99]", "inside is 1.01 to 0.99, must be a range"),
        ("outside=[0.98,102],inside=[0.99,1.01]", "is 102, must be within 0 and 2"),
        ("outside=[0.98,1.02]", "the key limits.depeg.inside is missing"),
    ],
)
def test_bounds_between_which_nothing_lies_are_refused(bounds: str, said: str) -> None:
    with pytest.raises(PolicyError) as refused:
        load_policy("hold", [f"limits.depeg={{{bounds}}}"])

    assert said in str(refused.value)
