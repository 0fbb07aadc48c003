"""How a portfolio is asked for: shares, the hours that all assets have, and what is refused."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

import steelyard as sy
from steelyard.domain.errors import DataError, PolicyError, RequestError
from steelyard.domain.market import Market
from steelyard.engine.portfolio import common_hours, portfolio, shares_of
from tests.support.account_files import terms_of
from tests.support.rising import day_at, ms_at, rising_market

DAY_HOURS = 24


def cut(market: Market, name: str, first: int, last: int) -> Market:
    """Return a market whose mark prices lack the hours before the first and from the last on."""
    kept = slice(first, last)
    bars = market.mark
    less = replace(
        bars,
        **{
            field: getattr(bars, field)[kept]
            for field in ("open_ms", "open", "high", "low", "close", "volume")
        },
    )
    return replace(market, asset=name, mark=less)


@pytest.fixture(scope="module")
def markets() -> dict[str, Market]:
    """Return LATE, which begins four days later than EARLY and ends a day later too."""
    whole = rising_market()
    hours = whole.spot.close.size
    return {
        "LATE": cut(whole, "LATE", 4 * DAY_HOURS, hours),
        "EARLY": cut(whole, "EARLY", 0, hours - DAY_HOURS),
    }


def test_without_shares_all_are_equal() -> None:
    assert shares_of(["A", "B", "C", "D"], None) == dict.fromkeys("ABCD", 0.25)


def test_shares_may_be_rounded_by_less_than_a_billionth() -> None:
    # 3 x 0.3333333333 = 0.9999999999, which is 1e-10 from 1.
    assert shares_of(["A", "B", "C"], dict.fromkeys("ABC", 0.3333333333))["B"] == 0.3333333333


WRONG: list[tuple[Mapping[str, float], str]] = [
    ({"A": 0.6}, "A has a share and B has none; give every asset a share, or none of them"),
    ({"A": 0.6, "B": 0.5}, r"sum to 1\.1 \(A 0\.6, B 0\.5\); they must sum to 1: change them"),
    ({"A": 0.6, "B": 0.4 + 2e-9}, r"sum to 1\.000000002"),
    ({"A": 1.5, "B": -0.5}, r"the share of B is -0\.5; it must be a fraction of the cash above 0"),
    ({"A": 1.0, "B": 0.0}, r"the share of B is 0\.0; it must be a fraction"),
    ({"A": 0.5, "B": float("nan")}, "the share of B is nan"),
    ({"A": 0.5, "B": float("inf")}, "the share of B is inf"),
    ({"A": 0.5, "B": True}, "the share of B is True"),
    ({"A": 0.5, "B": 0.25, "C": 0.25}, "there is a share of C, which is none of A, B"),
]


@pytest.mark.parametrize(("shares", "said"), WRONG, ids=[str(row[0]) for row in WRONG])
def test_shares_that_cannot_be_had_are_refused(shares: Mapping[str, float], said: str) -> None:
    with pytest.raises(RequestError, match=said):
        shares_of(["A", "B"], shares)


def test_a_portfolio_of_nothing_is_refused() -> None:
    with pytest.raises(RequestError, match="a portfolio has no asset; name at least one"):
        portfolio("hold", {})


def test_without_dates_the_last_to_begin_and_the_first_to_end_set_the_hours(
    markets: dict[str, Market],
) -> None:
    hours = common_hours(markets, None, None)

    assert (hours.start_set_by, hours.end_set_by) == (("LATE",), ("EARLY",))
    assert hours.start_ms == ms_at(4 * DAY_HOURS)
    assert hours.end_ms == ms_at(19 * DAY_HOURS)


def test_a_date_that_was_asked_for_was_set_by_no_asset(markets: dict[str, Market]) -> None:
    start, end = day_at(5 * DAY_HOURS), day_at(7 * DAY_HOURS)

    hours = common_hours(markets, start, None)

    assert (hours.start_ms, hours.start_set_by) == (ms_at(5 * DAY_HOURS), ())
    assert hours.end_set_by == ("EARLY",)
    assert common_hours(markets, start, end).end_set_by == ()


def test_assets_of_the_same_hours_set_them_together() -> None:
    market = rising_market()

    hours = common_hours({"B": market, "A": market}, None, None)

    assert (hours.start_set_by, hours.end_set_by) == (("A", "B"), ("A", "B"))


def test_assets_without_a_common_hour_are_refused_by_name() -> None:
    whole = rising_market()
    apart = {"OLD": cut(whole, "OLD", 0, 240), "NEW": cut(whole, "NEW", 240, 480)}

    with pytest.raises(RequestError, match=r"no hours in common: OLD ends at .* and NEW begins at"):
        common_hours(apart, None, None)


def test_an_asset_that_does_not_reach_the_dates_is_refused_by_name(
    markets: dict[str, Market],
) -> None:
    with pytest.raises(RequestError, match="mark prices of LATE begin on 2021-03-05"):
        portfolio("hold", markets, start=day_at(75), end=day_at(240))
    with pytest.raises(RequestError, match=r"EARLY has everything an account needs from .* to"):
        portfolio("hold", markets, start=day_at(96), end=day_at(19 * DAY_HOURS + 8))


def test_all_assets_run_over_the_same_hours(markets: dict[str, Market]) -> None:
    found = sy.portfolio("hold", markets, shares={"LATE": 0.75, "EARLY": 0.25}, cash=1_000.0)
    spans = {(one.start_ms, one.end_ms) for one in found.results}

    assert spans == {(found.hours.start_ms, found.hours.end_ms)}
    assert found.start_equity == 1_000.0
    assert found.assets["LATE"].result.start_equity == 750.0
    assert list(found.assets) == ["EARLY", "LATE"]
    assert found.hours.start_ms >= ms_at(4 * DAY_HOURS)


def test_assets_in_other_currencies_are_refused() -> None:
    market = rising_market()
    other = replace(market, quote="USDC")

    with pytest.raises(RequestError, match=r"not quoted in one currency \(B in USDC, A in USDT\)"):
        portfolio("hold", {"A": market, "B": other})


@pytest.mark.parametrize("name", ["", "../A", "A/B", ".A", "index.html"])
def test_a_name_that_makes_no_folder_is_refused(name: str) -> None:
    with pytest.raises(RequestError, match="use letters, digits, - and _ only"):
        portfolio("hold", {name: rising_market(), "B": rising_market()})


@pytest.mark.parametrize("cash", [0.0, -1.0, float("nan"), "100000", True])
def test_cash_that_is_no_amount_is_refused(cash: float) -> None:
    with pytest.raises(RequestError, match="cash is"):
        portfolio("hold", {"A": rising_market(), "B": rising_market()}, cash=cash)


def test_an_asset_that_lacks_a_series_of_the_policy_is_refused_by_name() -> None:
    policy = sy.load_policy(
        "article", ["triggers.iv_percentile.when=percentile_rank(implied_vol(), 365) >= 0.8"]
    )
    market = replace(rising_market(), asset="XRP")

    with pytest.raises(DataError, match="does not hold for XRP"):
        portfolio(policy, {"XRP": market}, start=day_at(72))


def test_a_spot_market_makes_benchmarks_with_futures_null() -> None:
    market = rising_market()
    alone = replace(market, no_futures="there are none")

    found = portfolio("hold", {"A": market, "B": alone}, start=day_at(72))

    assert list(found.benchmarks) == ["hold", "constant_delta", "sma200_only"]


def test_one_asset_on_a_shared_account_is_alone() -> None:
    market = rising_market()
    shared = portfolio("static-60-40", {"A": market}, margin="shared")

    assert shared.account.nav == pytest.approx(portfolio("static-60-40", {"A": market}).account.nav)


def test_assets_of_two_venues_are_on_no_one_account() -> None:
    market = rising_market()
    other = replace(market, venue="other")

    with pytest.raises(RequestError, match="A is on rising and B on other; one account is at one"):
        portfolio("hold", {"A": market, "B": other}, margin="shared")


def test_assets_that_cost_otherwise_are_on_no_one_account() -> None:
    market = rising_market()
    other = replace(market, facts=replace(market.facts, fee_perp=0.001))

    with pytest.raises(RequestError, match="A and B differ in fee, and one account pays the same"):
        portfolio("hold", {"A": market, "B": other}, margin="shared")


NOT_SHARED = [
    ('[margin]\nfutures = "inverse"', "inverse", r"margin\.futures is 'inverse', and coins of one"),
    (
        '[margin]\nmode = "isolated"',
        "linear",
        r"margin\.mode is 'isolated', and positions share no",
    ),
    (
        "[wallets]\nseparate = true",
        "linear",
        r"wallets\.separate is True, and transfers are of one",
    ),
]


@pytest.mark.parametrize(("body", "futures", "said"), NOT_SHARED)
def test_an_account_that_can_share_nothing_is_refused(body: str, futures: str, said: str) -> None:
    market = replace(rising_market(), futures=futures)

    for names in ("AB", "A"):
        with pytest.raises(PolicyError, match=said):
            portfolio("hold", dict.fromkeys(names, market), account=terms_of(body), margin="shared")


def test_margin_of_another_name_is_refused() -> None:
    with pytest.raises(RequestError, match="margin is 'pooled'; choose 'separate', each asset an"):
        portfolio("hold", {"A": rising_market(), "B": rising_market()}, margin="pooled")
