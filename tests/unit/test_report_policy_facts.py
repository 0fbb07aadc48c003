"""What a report says a policy does."""

import math

import pytest

from steelyard.policy.compile import compile_policy
from steelyard.policy.load import load_policy
from steelyard.report.policy_facts import policy_facts


def test_the_shipped_article_is_put_into_words() -> None:
    facts = policy_facts(compile_policy(load_policy("article")))
    told = facts.effects

    assert told["baseline"] == "spot 60.0 %, futures +40.0 % of equity"
    assert told["atr_expansion"].startswith("cuts long futures by 10.0 to 20.0 %, freed to spot; ")
    assert told["breakdown"] == "spot 30.0 %, futures -70.0 % of equity; left in 4 slices"
    assert facts.defence_margin_ratio == 0.5
    assert set(facts.effect_ids) <= set(facts.trigger_ids)
    assert facts.conditions["range"] == " ".join(facts.conditions["range"].split())


def test_every_effect_has_words() -> None:
    sizes = "hedge = 0.1, shift = 0.2, cover = [0.5, 0.75], leverage_cap = 1.5"
    setting = f"effect={{ {sizes}, set = {{ spot = 0.5, futures = -0.5 }} }}"
    policy = load_policy("article", [f"triggers.atr_expansion.{setting}"])
    told = policy_facts(compile_policy(policy)).effects["atr_expansion"]

    assert told == (
        "shorts 10.0 % of spot more; sells spot and shorts as much: 20.0 % of equity; "
        "short at least 50.0 to 75.0 % of spot; spot 50.0 %, futures -50.0 % of equity; "
        "leverage at most 1.5"
    )


def test_a_cut_in_points_is_said_to_be_one() -> None:
    settings = ['triggers.atr_expansion.effect={ cut_longs = 0.1, cut_of = "equity" }']
    told = policy_facts(compile_policy(load_policy("article", settings))).effects["atr_expansion"]

    assert told.startswith("cuts long futures by 10.0 % of equity, freed to cash")


def test_an_alert_is_said_to_trade_nothing() -> None:
    settings = ["triggers.atr_expansion.effect={ alert = true }"]
    told = policy_facts(compile_policy(load_policy("article", settings))).effects["atr_expansion"]

    assert told == "alert only, no trade"


def test_margin_defence_that_is_off_begins_never() -> None:
    facts = policy_facts(compile_policy(load_policy("article", ["limits.margin_defence=false"])))

    assert facts.defence_margin_ratio == math.inf


def test_a_cap_of_a_regime_is_told() -> None:
    facts = policy_facts(compile_policy(load_policy("article")))

    assert facts.effects["high_uncertainty"].endswith("leverage at most 1.0")


@pytest.mark.parametrize("name", ["hold", "static-70-30", "static-60-40", "sma200-only"])
def test_every_benchmark_is_put_into_words(name: str) -> None:
    facts = policy_facts(compile_policy(load_policy(name)))

    assert facts.effects["baseline"].startswith("spot ")
