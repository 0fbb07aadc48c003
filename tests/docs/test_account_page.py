"""The example files of the page on accounts are read as they stand there."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from steelyard.data.synthetic import synthetic_market
from steelyard.engine.backtest import backtest
from steelyard.policy.account import AccountDocument, load_account
from tests.support.policy_files import policy_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "account.md"
EXAMPLES = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
ACCOUNTS = [one for one in EXAMPLES if one.startswith("schema")]


def keys_of(document: AccountDocument) -> set[str]:
    """Return every key of an account file as the page writes it."""
    found = set()
    for table, info in AccountDocument.model_fields.items():
        part = getattr(document, table)
        if table == "version":
            continue
        fields = type(part).model_fields
        found |= {f"{table}.{one.alias or name}" for name, one in fields.items()}
        assert info.alias is None
    return found


@pytest.mark.parametrize("text", ACCOUNTS)
def test_an_example_is_an_account_that_runs(tmp_path: Path, text: str) -> None:
    (tmp_path / "account.toml").write_text(text, encoding="utf-8")
    terms = load_account(tmp_path / "account.toml")
    futures = terms.document.margin.futures
    market = replace(synthetic_market(), venue="binance", futures=futures)

    assert backtest("hold", market, account=terms).end_equity > 0.0


def test_the_complete_example_has_every_table_but_the_wallets_and_the_page_every_key(
    tmp_path: Path,
) -> None:
    # Spot as collateral and separate wallets cannot be had together.
    (tmp_path / "account.toml").write_text(ACCOUNTS[0], encoding="utf-8")
    document = load_account(tmp_path / "account.toml").document
    page = PAGE.read_text("utf-8").split("## Keys")[1]

    assert document.model_fields_set == {"version", *AccountDocument.model_fields} - {"wallets"}
    for key in keys_of(document):
        table, name = key.split(".")
        assert f"`{key}`" in page or (table == "reserve" and f"`{name}`" in page), key


def test_the_example_of_a_watched_peg_is_a_policy(tmp_path: Path) -> None:
    (text,) = (one for one in EXAMPLES if one.startswith("[limits.depeg]"))

    assert policy_of(tmp_path, text).document.limits.depeg is not None
