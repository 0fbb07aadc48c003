"""Accounts on the terms of a file written in a test."""

import tomllib

from steelyard.policy.account import AccountDocument, AccountTerms
from steelyard.policy.place import Source, spots_of


def terms_of(body: str = "") -> AccountTerms:
    """Return the terms of an account file whose body follows its first line."""
    text = f"schema = 1\n{body}\n"
    document = AccountDocument.model_validate(tomllib.loads(text))
    return AccountTerms(document=document, source=Source("account.toml", text, spots_of(text), {}))
