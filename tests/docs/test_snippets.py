"""How the commands of Markdown snippets are read."""

import pytest

from tests.support.snippets import commands, needs_data


def test_a_plain_snippet_is_one_command_a_line() -> None:
    found = commands("make demo  # once\n\nsteelyard check \\\n  article\n")

    assert found == [["make", "demo"], ["steelyard", "check", "article"]]


def test_what_a_session_prints_is_no_command() -> None:
    found = commands("$ make test\n12 passed\n$ steelyard policies\narticle\n")

    assert found == [["make", "test"], ["steelyard", "policies"]]


@pytest.mark.parametrize(
    "text",
    [
        "steelyard backtest article --data data --asset BTC",
        "steelyard backtest article --data=../shared/data",
        "sy.open_market('data/', asset='BTC')",
        'sy.open_market(\n    "../shared/data", asset="BTC")',
    ],
)
def test_a_document_that_opens_the_catalogue_needs_data(text: str) -> None:
    found = needs_data(text)

    assert found


@pytest.mark.parametrize("text", ["the data is here", "steelyard data check", "--data mine"])
def test_a_document_that_only_speaks_of_data_needs_none(text: str) -> None:
    found = needs_data(text)

    assert not found
