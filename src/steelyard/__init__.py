"""This file is the front door: the public names of steelyard, each loaded on its first use.

>>> import steelyard as sy
>>> sy.load_policy("article").name
'article'
"""

import os
from importlib import import_module
from typing import TYPE_CHECKING

# Sums over a history are done before a second thread has woken up, which then spins for nothing.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

if TYPE_CHECKING:
    from steelyard.data.catalogue import open_market
    from steelyard.data.synthetic import synthetic_market
    from steelyard.domain.errors import DataError, PolicyError, RequestError, SteelyardError
    from steelyard.domain.market import Market
    from steelyard.engine.backtest import backtest
    from steelyard.engine.explain import explain
    from steelyard.engine.ladder import ladder
    from steelyard.engine.lint import Examination, check
    from steelyard.engine.portfolio import portfolio
    from steelyard.engine.profile import Profile, profile
    from steelyard.engine.review import review
    from steelyard.policy.account import AccountTerms, load_account
    from steelyard.policy.load import Policy, load_policy, policy_names
    from steelyard.report.portfolio import Portfolio
    from steelyard.report.result import Result
    from steelyard.report.stress import Stress
    from steelyard.research.stress import stress

__all__ = [
    "AccountTerms",
    "DataError",
    "Examination",
    "Market",
    "Policy",
    "PolicyError",
    "Portfolio",
    "Profile",
    "RequestError",
    "Result",
    "SteelyardError",
    "Stress",
    "backtest",
    "check",
    "explain",
    "ladder",
    "load_account",
    "load_policy",
    "open_market",
    "policy_names",
    "portfolio",
    "profile",
    "review",
    "stress",
    "synthetic_market",
]

_HOMES = {
    "AccountTerms": "steelyard.policy.account",
    "DataError": "steelyard.domain.errors",
    "Examination": "steelyard.engine.lint",
    "Market": "steelyard.domain.market",
    "Policy": "steelyard.policy.load",
    "PolicyError": "steelyard.domain.errors",
    "Portfolio": "steelyard.report.portfolio",
    "Profile": "steelyard.engine.profile",
    "RequestError": "steelyard.domain.errors",
    "Result": "steelyard.report.result",
    "SteelyardError": "steelyard.domain.errors",
    "Stress": "steelyard.report.stress",
    "backtest": "steelyard.engine.backtest",
    "check": "steelyard.engine.lint",
    "explain": "steelyard.engine.explain",
    "ladder": "steelyard.engine.ladder",
    "load_account": "steelyard.policy.account",
    "load_policy": "steelyard.policy.load",
    "open_market": "steelyard.data.catalogue",
    "policy_names": "steelyard.policy.load",
    "portfolio": "steelyard.engine.portfolio",
    "profile": "steelyard.engine.profile",
    "review": "steelyard.engine.review",
    "stress": "steelyard.research.stress",
    "synthetic_market": "steelyard.data.synthetic",
}


def __getattr__(name: str) -> object:
    """Return a public name, importing its module now and not before.

    Raises
    ------
    AttributeError
        If the name is none of ``__all__``.
    """
    if name not in _HOMES:
        raise AttributeError(f"module 'steelyard' has no attribute {name!r}")
    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Return the public names, loaded or not."""
    return sorted({*globals(), *__all__})
