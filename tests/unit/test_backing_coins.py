"""What a run says of futures that were cut to what coins back, and whose they were."""

from dataclasses import replace
from pathlib import Path

import pytest

from steelyard.engine.backing import backing_warnings, surely_cut
from steelyard.engine.course import lay_course
from steelyard.policy.compile import compile_policy
from steelyard.policy.load import Policy, load_policy
from tests.support.inverse import INVERSE
from tests.support.policy_files import small_market, trigger, written

ALWAYS, NEVER = "close > 0", "close < 0"
COVER = trigger(ALWAYS, effect="{ cover = 2.5 }")
CAP = trigger(ALWAYS, effect="{ leverage_cap = 0.5 }")


def loaded(folder: Path, body: str, *settings: str) -> Policy:
    """Return a policy whose baseline, 0.60 and +0.40 at leverage 2, coins back."""
    return load_policy(written(folder, body), settings, account=INVERSE)


def warned(policy: Policy) -> str:
    market = replace(small_market(days=4), futures="inverse")
    compiled = compile_policy(policy, market)
    walked = lay_course(market, start=None, end=None, account=INVERSE).run(compiled)
    return " ".join(backing_warnings(compiled, walked))


def row(name: str, spot: float, futures: float, extra: str = "") -> str:
    return (
        f"\n[[regimes]]\nid = '{name}'\nwhen = '{ALWAYS}'\nspot = {spot}\nfutures = {futures}\n"
        f"dwell = 0\nrelease = '{NEVER}'\n{extra}\n"
    )


@pytest.mark.parametrize(
    ("body", "whose"),
    [
        # 2.5 x 0.6 = 1.5 short, of which 0.6 back 1.2.
        (COVER, "one in"),
        # Of the baseline's 0.4 the cap leaves 0.5 x 0.6 = 0.3.
        (CAP, "one in 2, baseline in"),
        # A regime's cap, of 0.5 x 0.6.
        (row("bear", 0.6, -0.4, "leverage_cap = 0.5"), "bear in"),
        (row("bear", 0.3, -0.7), "bear in"),
    ],
)
def test_what_was_cut_is_told_with_whose_it_was(tmp_path: Path, body: str, whose: str) -> None:
    said = warned(loaded(tmp_path, body))

    assert said == (
        "Coins back the futures of this account, and these held more than the leverage in force "
        f"times their spot and were cut to it, of 2 evaluations: {whose} 2."
    )


@pytest.mark.parametrize("body", ["", COVER.replace(ALWAYS, NEVER), CAP.replace("0.5", "0.7")])
def test_what_was_never_cut_is_not_told(tmp_path: Path, body: str) -> None:
    assert warned(loaded(tmp_path, body)) == ""


def test_a_hedge_beside_a_short_that_is_cut_is_not_named(tmp_path: Path) -> None:
    # Of the regime's -0.7 the spot of 0.3 backs 0.6; a hedge adds nothing to a full hedge.
    body = row("bear", 0.3, -0.7) + trigger(ALWAYS)

    assert "evaluations: bear in 2." in warned(loaded(tmp_path, body))


def test_a_file_tells_what_is_cut_whatever_else_is_in_force(tmp_path: Path) -> None:
    body = COVER + row("bear", 0.3, -0.7) + row("calm", 0.6, 0.4)
    policy = loaded(tmp_path, body)

    assert surely_cut(compile_policy(policy), INVERSE) == ("bear", "one")
    assert surely_cut(compile_policy(loaded(tmp_path, CAP)), INVERSE) == ()
    assert surely_cut(compile_policy(load_policy("article")), None) == ()
