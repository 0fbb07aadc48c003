"""Accounts on which the pairs of sleeves cannot be held."""

from pathlib import Path

import pytest

from steelyard.data.synthetic import synthetic_market
from steelyard.domain.errors import PolicyError
from steelyard.engine.backtest import backtest
from steelyard.policy.load import load_policy
from tests.support.account_files import terms_of
from tests.support.policy_files import policy_of


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ('[margin]\nmode = "isolated"', 'margin.mode is "isolated"'),
        ("[wallets]\nseparate = true", "wallets.separate is true"),
    ],
)
def test_sleeves_need_cross_margin_on_one_balance(tmp_path: Path, body: str, found: str) -> None:
    policy = policy_of(tmp_path, "[carry]\nallocation = 0.1\n")
    with pytest.raises(PolicyError, match="need cross margin on one balance") as refused:
        backtest(policy, synthetic_market(), end="2001-06-01", account=terms_of(body))

    assert found in str(refused.value)
    assert "set carry.allocation=0" in str(refused.value)


def test_the_basis_trade_of_a_shipped_policy_can_be_switched_off_for_an_account() -> None:
    terms = terms_of('[margin]\nmode = "isolated"')
    with pytest.raises(PolicyError, match=r"set basis.allocation=0$"):
        backtest("article", synthetic_market(), end="2001-06-01", account=terms)
    policy = load_policy("article", ["basis.allocation=0"])

    assert backtest(policy, synthetic_market(), end="2001-06-01", account=terms).end_equity > 0.0
