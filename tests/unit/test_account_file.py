"""The account file: its shape, its defaults, what it is refused for, and what it becomes."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from steelyard.data.synthetic import synthetic_market
from steelyard.domain.codes import PERP, SPOT
from steelyard.domain.contracts import NONE, plain_balances, plain_holdings
from steelyard.domain.errors import PolicyError
from steelyard.domain.market import Market, Series
from steelyard.domain.plan import Account, Costs
from steelyard.domain.time import DAY_MS, stamp
from steelyard.engine.backtest import backtest
from steelyard.engine.terms import lay_costs, lay_track, open_on, purses, terms_assumed, worth_of
from steelyard.kernel.fill import fee_at
from steelyard.kernel.track import build_costs
from steelyard.policy.account import load_account
from steelyard.policy.load import load_policy
from tests.support.account_files import terms_of
from tests.support.rising import FIRST_MS, ms_at, rising_market

CASH = 100_000.0


def refusal(folder: Path, body: str) -> str:
    """Return why a file with a body is refused, its folder left out."""
    file = folder / "account.toml"
    file.write_text(body, encoding="utf-8")
    with pytest.raises(PolicyError) as refused:
        load_account(file)
    return str(refused.value).replace(f"{folder}/", "")


def opened(body: str) -> Account:
    """Return an account of 100,000 on the terms of a file."""
    terms = terms_of(body)
    market = rising_market()
    return open_on(lay_track(market, ms_at(72), market.end_ms, terms), CASH, terms)


def on_binance() -> Market:
    """Return the synthetic market with the fees of a real venue."""
    return replace(synthetic_market(), venue="binance")


def costs_on(body: str) -> Costs:
    return lay_costs(on_binance(), terms_of(body))


# -- the file -----------------------------------------------------------------------------------


def test_a_file_with_nothing_but_its_schema_is_a_plain_account() -> None:
    # As without a file: one balance in quote, cross margin at a leverage of 20.
    account = opened("")

    assert account.legs.tobytes() == plain_holdings(1, 2).tobytes()
    assert account.balances.tobytes() == plain_balances([CASH]).tobytes()
    assert lay_costs(rising_market(), terms_of()).fee.tolist() == [[0.0, 0.0]]


WRONG = [
    (
        "[fee]\n",
        (
            "account.toml:2:1: unknown key fee; allowed are: schema, fees, margin, cash, reserve, "
            'bonus, wallets; did you mean "fees"?'
        ),
    ),
    ("[margin]\nlever = 3.0\n", "account.toml:3:1: unknown key margin.lever; allowed are: mode, "),
    (
        '[margin]\nmode = "crossed"\n',
        (
            "account.toml:3:1: margin.mode is \"crossed\", must be 'cross' or 'isolated'; "
            'did you mean "cross"?'
        ),
    ),
    ("[margin]\nleverage = 0.5\n", "account.toml:3:1: margin.leverage is 0.5, must be at least 1"),
    (
        "[cash]\nyield = 3.0\n",
        "cash.yield is 3.0, must be at most 1; sizes are fractions, so 3 % is 0.03",
    ),
    ('[cash]\ncurrency = "usdt"\n', 'cash.currency is "usdt", must be the name of a currency'),
    ("[bonus]\namount = 10.0\n", "the key bonus.counts_as is missing"),
    ('[fees]\nopened = "2024-01-01"\n', "must be a day such as 2024-01-01, without quotes"),
    ("[fees]\nopened = 2024-01-01\n", "fees.opened is when discounts begin; name them"),
    ('[fees]\ndiscounts = "token"\n', 'fees.discounts is "token", must be a list'),
    ("[margin]\nhaircut = 0.1\n", "margin.haircut is of spot that backs futures; set margin.spot"),
    ("[cash]\nborrow = 0.1\n", "cash.borrow is never paid: money is owed against spot only"),
    (
        '[margin]\nmode = "isolated"\nspot_as_collateral = true\n',
        "margin.spot_as_collateral is true, but an isolated position has no margin but its own",
    ),
    (
        "[margin]\nspot_as_collateral = true\n[wallets]\nseparate = true\n",
        "margin.spot_as_collateral is true, but spot in a wallet of its own backs no futures",
    ),
    (
        '[margin]\nmode = "isolated"\n[bonus]\namount = 10.0\ncounts_as = "margin"\n',
        "account.toml:4:1: bonus backs nothing where margin is isolated",
    ),
    (
        '[margin]\nmode = "isolated"\n[reserve]\ncurrency = "USDC"\nshare = 0.1\n',
        "reserve backs nothing where margin is isolated",
    ),
    (
        '[reserve]\ncurrency = "USDT"\nshare = 0.1\n',
        "reserve.currency is that of the cash; name another",
    ),
    ("[wallets]\ntransfer_hours = 3\n", "wallets.transfer_hours is of separate wallets; set"),
    (
        "[wallets]\nseparate = true\ntransfer_hours = 0\n",
        "wallets.transfer_hours is 0, must be at least 1",
    ),
    (
        '[margin]\nfutures = "coin"\n',
        "account.toml:3:1: margin.futures is \"coin\", must be 'linear' or 'inverse'",
    ),
    (
        '[margin]\nfutures = "inverse"\nmode = "isolated"\n',
        'account.toml:4:1: margin.mode is "isolated", but inverse futures have cross margin',
    ),
    (
        '[margin]\nfutures = "inverse"\nspot_as_collateral = true\n',
        "account.toml:4:1: margin.spot_as_collateral is of linear futures: coins back inverse ones",
    ),
    (
        '[margin]\nfutures = "inverse"\nhaircut = 0.1\n',
        "margin.haircut is of linear futures: coins back inverse ones, all of spot, uncut",
    ),
    (
        '[margin]\nfutures = "inverse"\n[cash]\nborrow = 0.1\n',
        'cash.borrow is never paid where margin.futures is "inverse": no money is owed',
    ),
    (
        '[margin]\nfutures = "inverse"\n[bonus]\namount = 10.0\ncounts_as = "margin"\n',
        'account.toml:4:1: bonus backs no futures where margin.futures is "inverse": coins do',
    ),
    (
        '[margin]\nfutures = "inverse"\n[reserve]\ncurrency = "USDC"\nshare = 0.1\n',
        'reserve backs no futures where margin.futures is "inverse": coins do',
    ),
    (
        '[margin]\nfutures = "inverse"\n[wallets]\nseparate = true\n',
        "wallets.separate is true, but spot in a wallet of its own backs no futures",
    ),
]


@pytest.mark.parametrize(("body", "said"), WRONG)
def test_a_wrong_file_is_refused_with_its_place_and_what_to_do(
    tmp_path: Path, body: str, said: str
) -> None:
    assert said in refusal(tmp_path, f"schema = 1\n{body}")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("[cash]\n", "the key schema is missing; write schema = 1 at the top"),
        ("schema = 2\n", "account.toml:1:1: schema is 2; this version reads schema = 1 only"),
        ("schema = \n", "account.toml:1:10: is not valid TOML: Invalid value"),
        ("#" * 1_000_001, "account.toml is larger than 1000000 bytes, which no account file needs"),
    ],
)
def test_what_is_no_account_file_is_refused(tmp_path: Path, body: str, said: str) -> None:
    assert said in refusal(tmp_path, body)


def test_a_file_that_is_not_there_or_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "raw.toml").write_bytes(b"schema = 1\n\xff")
    with pytest.raises(PolicyError, match="there is no account file"):
        load_account(tmp_path / "none.toml")
    with pytest.raises(PolicyError, match="there is no account file"):
        load_account(tmp_path / "raw.toml" / "none.toml")
    with pytest.raises(PolicyError, match="cannot be read as an account file"):
        load_account(tmp_path)

    with pytest.raises(PolicyError, match=r"raw\.toml:2: is not UTF-8 text"):
        load_account(tmp_path / "raw.toml")


# -- what a market refuses ----------------------------------------------------------------------


def test_an_account_in_a_currency_of_another_market_is_refused() -> None:
    with pytest.raises(PolicyError) as refused:
        backtest("hold", rising_market(), account=terms_of('[cash]\ncurrency = "USDC"'))

    assert str(refused.value) == (
        "account.toml:3:1: cash.currency is USDC; BTC on rising is paid and settled in USDT: "
        "write USDT, or leave it out"
    )


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (
            '[fees]\ndiscounts = ["tokens"]',
            (
                "account.toml:3:1: fees.discounts: binance has no discount tokens; "
                "there are token, new_user; did you mean token?"
            ),
        ),
        (
            '[fees]\ndiscounts = ["new_user"]',
            "fees.discounts: discount new_user lasts 30 days; tell when the account was opened",
        ),
    ],
)
def test_a_discount_that_the_venue_does_not_give_is_refused(body: str, said: str) -> None:
    with pytest.raises(PolicyError) as refused:
        costs_on(body)

    assert said in str(refused.value)


def test_a_policy_that_would_exchange_a_stablecoin_for_itself_is_refused() -> None:
    setting = 'limits.depeg={outside=[0.98,1.02],inside=[0.99,1.01],rotate_to="USDT"}'
    with pytest.raises(PolicyError, match="rotate_to is USDT, which the account holds"):
        backtest(load_policy("hold", [setting]), synthetic_market())


# -- fees ---------------------------------------------------------------------------------------


def test_discounts_end_on_their_day() -> None:
    # Taker of futures 0.05 %: 10 % off for the token, and 10 % of the rest for 30 days; spot 0.1 %:
    # 25 % off, and 20 % of the rest for life.
    costs = costs_on('[fees]\ndiscounts = ["token", "new_user"]\nopened = 2024-01-01')
    day = stamp(2024, 1, 1)
    before, within, after = (
        fee_at(costs, PERP, day + ms) for ms in (-1, 30 * DAY_MS - 1, 30 * DAY_MS)
    )

    assert before == pytest.approx(0.0005 * 0.9)
    assert within == pytest.approx(0.0005 * 0.9 * 0.9)
    assert after == pytest.approx(0.0005 * 0.9)
    assert fee_at(costs, SPOT, day) == pytest.approx(0.001 * 0.75 * 0.8)


def test_a_maker_pays_its_fee_and_no_half_spread() -> None:
    costs = costs_on('[fees]\nexecution = "maker"')

    assert costs.fee.tolist() == [[0.001, 0.0002]]
    assert costs.half_spread_bps == 0.0
    assert costs.impact == build_costs(on_binance()).impact


def test_without_fees_in_the_file_they_are_those_without_a_file() -> None:
    market = on_binance()

    assert lay_costs(market, terms_of()).fee.tolist() == build_costs(market).fee.tolist()


def test_the_worst_case_of_a_liquidation_is_asked_for() -> None:
    assert costs_on("[margin]\nworst_case = true").worst_case == 1
    assert costs_on("").worst_case == 0


# -- margin and money ---------------------------------------------------------------------------


def test_leverage_is_the_inverse_of_initial_margin() -> None:
    assert opened("[margin]\nleverage = 8.0").legs["initial"][0, PERP] == 0.125


def test_spot_as_collateral_backs_the_futures_after_its_haircut() -> None:
    spot = opened("[margin]\nspot_as_collateral = true\nhaircut = 0.2").legs[0, SPOT]

    assert (spot["collateral"], spot["haircut"]) == (0, 0.2)


def test_an_isolated_position_takes_its_margin_from_the_cash() -> None:
    account = opened('[margin]\nmode = "isolated"')

    assert account.balances["amount"].tolist() == [CASH, 0.0]
    assert account.balances["group"].tolist() == [0, 1]
    assert account.legs[0, PERP][["settles", "parent"]].tolist() == (1, 0)
    assert account.legs[0, SPOT]["settles"] == 0


def test_interest_is_a_365th_of_the_year() -> None:
    account = opened("[margin]\nspot_as_collateral = true\n[cash]\nyield = 0.0365\nborrow = 0.073")

    assert account.balances["interest"].tolist() == pytest.approx([0.0001])
    assert account.balances["borrowing"].tolist() == pytest.approx([0.0002])


@pytest.mark.parametrize(("counts_as", "pays"), [("margin", 0), ("fees", 1)])
def test_a_bonus_is_beside_the_cash_and_no_part_of_it(counts_as: str, pays: int) -> None:
    account = opened(f'[bonus]\namount = 250.0\ncounts_as = "{counts_as}"')

    assert account.balances[0][["amount", "bonus", "pays_fees"]].tolist() == (CASH, 250.0, pays)


def test_separate_wallets_are_two_and_two_ways_between_them() -> None:
    # All money begins in the futures wallet, number 1; in transit it backs nothing and earns none.
    body = (
        "[wallets]\nseparate = true\ntransfer_hours = 3\ntransfer_cost = 2.0\n[cash]\nyield = 0.1"
    )
    account = opened(body)
    balances = account.balances

    assert [purse.name for purse in purses(terms_of(body).document)] == [
        "cash",
        "futures",
        "to_spot",
        "to_futures",
    ]
    assert balances["amount"].tolist() == [0.0, CASH, 0.0, 0.0]
    assert balances["group"].tolist() == [NONE, 0, NONE, NONE]
    assert balances["delay_ms"].tolist() == [0, 0, 10_800_000, 10_800_000]
    assert balances["goes_to"][2:].tolist() == [0, 1]
    assert balances["cost"].tolist() == [0.0, 0.0, 2.0, 2.0]
    assert (balances["interest"] > 0.0).tolist() == [True, True, False, False]
    assert account.legs["settles"].tolist() == [[0, 1]]


# -- stablecoins --------------------------------------------------------------------------------


def priced(**worth: list[float]) -> Market:
    """Return the rising market with hourly prices of stablecoins, known from hour 73 on."""
    money = {
        name: Series(
            known_ms=np.array([ms_at(73 + hour) for hour in range(len(values))]),
            value=np.array(values),
            max_age_ms=-1,
        )
        for name, values in worth.items()
    }
    return replace(rising_market(), money=money)


def test_a_reserve_has_its_own_price_and_the_cash_the_rest() -> None:
    # 25 % of 100,000 at 0.5 are 50,000 units; 75,000 at 1 beside it.
    terms = terms_of('[reserve]\ncurrency = "USDC"\nshare = 0.25\nhaircut = 0.1')
    market = priced(USDC=[0.5, 0.6])
    track = lay_track(market, ms_at(73), ms_at(76), terms)
    account = open_on(track, CASH, terms)

    assert track.start_worth.tolist() == [1.0, 0.5]
    assert track.worth.tolist() == [[1.0, 0.6], [1.0, 0.6], [1.0, 0.6]]
    assert account.balances["amount"].tolist() == [75_000.0, 50_000.0]
    assert account.balances["haircut"].tolist() == [0.0, 0.1]
    assert account.balances["currency"].tolist() == [0, 1]


def test_before_its_price_is_known_a_stablecoin_is_worth_one() -> None:
    worth = worth_of(priced(USDT=[0.9]), "USDT", np.array([FIRST_MS, ms_at(73), ms_at(400)]))

    assert worth.tolist() == [1.0, 0.9, 0.9]


# -- what a result says -------------------------------------------------------------------------


def test_a_result_tells_its_terms_and_how_they_are_read() -> None:
    body = (
        '[fees]\nexecution = "maker"\n[margin]\nspot_as_collateral = true\n'
        '[cash]\nyield = 0.05\n[bonus]\namount = 9.0\ncounts_as = "fees"\n'
        '[reserve]\ncurrency = "USDC"\nshare = 0.2'
    )
    told = backtest("hold", synthetic_market(), account=terms_of(body)).assumptions["account"]
    said = " ".join(told["readings"])  # type: ignore[index, call-overload, arg-type]

    assert told["terms"]["cash"] == {"currency": "USDT", "yield": 0.05, "borrow": 0.0}  # type: ignore[index, call-overload]
    assert told["terms"]["margin"]["leverage"] == 20.0  # type: ignore[index, call-overload]
    assert told["fees"]["half_spread_bps"] == 0.0  # type: ignore[index, call-overload]
    for words in ("assumed to fill whole", "after its haircut", "pays fees first", "365th"):
        assert words in said
    assert "USDT is worth 1 USD at all times: there is no series synthetic.stable.USDT.1h" in said
    assert "USDC is worth 1 USD at all times" in said
    assert "pays for no spot" in said


@pytest.mark.parametrize(
    ("body", "margin", "cash"),
    [
        ('[margin]\nfutures = "inverse"', {"mode", "leverage", "worst_case", "futures"}, set()),
        ("", {"mode", "leverage", "spot_as_collateral", "worst_case", "futures"}, set()),
        (
            "[margin]\nspot_as_collateral = true",
            {"mode", "leverage", "spot_as_collateral", "haircut", "worst_case", "futures"},
            {"borrow"},
        ),
    ],
)
def test_a_result_leaves_out_terms_that_say_nothing_beside_the_others(
    body: str, margin: set[str], cash: set[str]
) -> None:
    market = rising_market()
    told = terms_assumed(terms_of(body), market, build_costs(market))["terms"]

    assert told["margin"].keys() == margin  # type: ignore[index, call-overload, union-attr]
    assert told["cash"].keys() == {"currency", "yield"} | cash  # type: ignore[index, call-overload, union-attr]
    assert told["wallets"] == {"separate": False}  # type: ignore[index, call-overload]


def test_isolated_margin_and_wallets_are_read_in_words() -> None:
    body = '[margin]\nmode = "isolated"\n[wallets]\nseparate = true\ntransfer_cost = 2.5'
    told = backtest("hold", synthetic_market(), account=terms_of(body)).assumptions["account"]
    said = " ".join(told["readings"])  # type: ignore[index, call-overload, arg-type]

    assert "an isolated position has its initial margin and no more" in said
    assert "takes 1 hour and costs 2.5, and orders wait for it" in said


def test_without_a_file_no_terms_are_told() -> None:
    assert "account" not in backtest("hold", synthetic_market()).assumptions
