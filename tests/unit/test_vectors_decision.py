"""The decision against the independently computed vectors; see ``tests/support/vectors.py``."""

import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from steelyard.decision.state import new_state
from steelyard.decision.step import decide
from steelyard.domain import codes
from steelyard.domain.market import Bars
from steelyard.domain.plan import Plan
from steelyard.domain.time import DAY_MS, WEEK_MS
from steelyard.domain.view import View
from steelyard.features.level_table import pivots
from steelyard.features.sampling import asof
from steelyard.planning.basis_pair import basis_pair
from steelyard.planning.orders import turnover_scale
from steelyard.policy.compile import CompiledPolicy, compile_policy
from steelyard.policy.evaluate import evaluate_signals
from steelyard.policy.load import load_policy
from tests.support.exposures import exposures
from tests.support.plans import (
    Actor,
    Scene,
    Seen,
    cover,
    limits_of,
    ordered,
    phases,
    play,
    regime,
    seen,
    trigger,
)
from tests.support.policy_files import FIRST_MONDAY_MS, policy_of, small_market
from tests.support.vectors import Node, each_case

WIDE = """schema = 1
name = "small"

[baseline]
spot = {spot!r}
futures = {futures!r}

[limits]
leverage = 100.0
hedge_cap = {hedge_cap!r}
margin_defence = false
"""


def composed(compiled: CompiledPolicy, plan: Plan) -> Seen:
    """Return what one decision leaves on a small market, on which every close is above zero."""
    start_ms = FIRST_MONDAY_MS + 40 * DAY_MS
    signals = evaluate_signals(compiled, small_market(), start_ms, start_ms)
    state = new_state(plan, signals.grid_index.shape[0])
    decide(plan, signals, state, 0, View(0.0, 0.0))
    return seen(state)


# -- life cycle ---------------------------------------------------------------------------------


@each_case("decision_confirmation", "cases", "*")
def test_the_life_of_a_trigger(case: Node) -> None:
    sequence = "".join(node.text() for node in case["sequence"])
    actor = trigger(
        sequence,
        confirm_needed=case["n"].whole(),
        confirm_window=case["m"].whole(),
        on_unknown=codes.ON_UNKNOWN.index(case["on_unknown"].text()),
        cooldown=case["cooldown_evaluations"].whole(),
        release_confirm=case["release_consecutive_false"].whole(),
    )
    lived = [phase.upper() for phase in phases(Scene(triggers=[actor]))]

    assert case["states"].differences(lived) == []


@each_case("decision_regime_precedence", "cases", "*")
def test_the_first_regime_that_is_true_is_selected(case: Node) -> None:
    order = [node.text() for node in case.root["order"]]
    flags = [case["flags"][name].text() for name in order]
    expected = case["selected"].text()
    regimes = [regime(flag, (0.6, 0.4), release="F") for flag in flags]
    selected = play(Scene(regimes=regimes))[0].regime

    assert selected == (-1 if expected == "PREVIOUS" else order.index(expected))


@each_case("decision_regime_precedence", "cases", "*")
def test_where_no_regime_is_true_the_previous_one_stays(case: Node) -> None:
    order = [node.text() for node in case.root["order"]]
    flags = [case["flags"][name].text() for name in order]
    stays = case["selected"].text() == "PREVIOUS"
    for previous in range(len(order)):
        before = ["T" if number == previous else "F" for number in range(len(order))]
        regimes = [
            regime(first + now, (0.6, 0.4), release="FF")
            for first, now in zip(before, flags, strict=True)
        ]
        went = [one.regime for one in play(Scene(regimes=regimes))]

        assert went[0] == previous
        assert went[1] == previous or not stays


@each_case("decision_exit_unwind", "unwind")
def test_the_slices_of_an_unwind(case: Node) -> None:
    # All in futures, so that the way from one weight to the other is the way of net delta.
    slices = case["slices"].whole()
    held = regime("T" + "F" * slices, (0.0, case["from"].number()), unwind=slices)
    scene = Scene(regimes=[held], baseline=(0.0, case["to"].number()), limits={"leverage": 100.0})
    first, *later = [one.targets[1] for one in play(scene)]

    assert case["from"].differences(first) == []
    assert case["w_f_after_each"].differences(later) == []


@each_case("decision_scaling", "cases", "*")
def test_the_size_of_an_effect_between_its_ends(case: Node) -> None:
    # strength = ramp(x, lo, hi), a program of three constants.
    numbers = [case[key].number() for key in ("x", "lo", "hi")]
    ramp = [(codes.OP_CONSTANT, 0), (codes.OP_CONSTANT, 1), (codes.OP_CONSTANT, 2)]
    sized = cover((case["out_lo"].number(), case["out_hi"].number()))
    actor = Actor(when="T", strength=[*ramp, (codes.OP_RAMP, 0)], effects=[sized])
    scene = Scene(triggers=[actor], constants=numbers)
    plan, signals = scene.plan(), scene.signals()
    state = new_state(plan, 1)
    decide(plan, signals, state, 0, View(0.0, 0.0))

    assert case["y"].differences(state.scaled[0, 0]) == []


# -- composition --------------------------------------------------------------------------------


def effect_text(effect: Node) -> str:
    """Return an effect of the vector as the policy file says it."""
    match effect["kind"].text():
        case "step":
            freed = effect["freed_to"].text()
            return f'{{ cut_longs = {effect["cut"].number()!r}, freed_to = "{freed}" }}'
        case "additive":
            return f"{{ hedge = {effect['of_spot'].number()!r} }}"
        case "level":
            return f"{{ cover = {effect['h'].number()!r} }}"
        case "absolute":
            spot, futures = effect["w_s"].number(), effect["w_f"].number()
            return f"{{ set = {{ spot = {spot!r}, futures = {futures!r} }} }}"
        case kind:
            return effect.skip(f"an effect of the kind {kind} has no key in the policy file")


def policy_with(folder: Path, case: Node) -> CompiledPolicy:
    """Return a policy whose triggers are the effects of a case, all true."""
    spot, futures = case["base_weights"].series().tolist()
    body = "".join(
        f"\n[[triggers]]\nid = 'x_{effect['id'].text()}'\nwhen = 'close > 0'\n"
        f"effect = {effect_text(effect)}\npriority = {effect['priority'].whole()}\n"
        for effect in case["effects"]
    )
    head = WIDE.format(spot=spot, futures=futures, hedge_cap=0.5)
    return compile_policy(policy_of(folder, body, head))


def limited(plan: Plan, options: Node) -> Plan:
    """Return a plan with the limits that a case names."""
    leverage = options["L"].number() if "L" in options else 2.0
    may_short = options["allow_net_short"].truth() if "allow_net_short" in options else True
    options.plain()
    return plan._replace(limits=limits_of(leverage=leverage, net_short=int(may_short)))


@each_case("decision_compose", "cases", "*")
def test_the_composition_of_effects_and_its_trace(case: Node, tmp_path: Path) -> None:
    compiled = policy_with(tmp_path, case)
    left = composed(compiled, limited(compiled.plan, case["options"]))
    names = {f"#{row}": name.removeprefix("x_") for row, name in enumerate(compiled.effect_ids)}
    for key in ("base", "effects"):
        case[key].plain()
    spot, futures = left.targets
    computed = {"w_s": spot, "w_f": futures, "w_cash": 1.0 - spot, "net_delta": spot + futures}
    trace = [[names.get(stage, stage), *weights] for stage, *weights in left.trace]

    assert case["expected"].differences(computed) == []
    assert case["trace"].differences(trace) == []


# -- exposure -----------------------------------------------------------------------------------


@each_case("exposure_map", "rows", "*")
def test_an_exposure_row_stated_as_targets(case: Node, tmp_path: Path) -> None:
    case["reading"].plain()
    weights = {"spot": case["w_spot"].number(), "futures": case["w_futures_net"].number()}
    compiled = compile_policy(policy_of(tmp_path, "", WIDE.format(**weights, hedge_cap=0.5)))
    left = composed(compiled, compiled.plan)

    assert case.differences(exposures(case, *left.targets)) == []


SHIPPED_ROWS = {
    "baseline": "baseline",
    "range_bound": "range",
    "uptrend": "uptrend",
    "overbought_high_funding": "overbought",
    "breakdown": "breakdown",
    "high_uncertainty": "high_uncertainty",
}
"""The vector's name of a row, and its id in the shipped policy."""


def shipped_weights(row: str, strength: int) -> tuple[float, float]:
    """Return what the shipped policy states for a row, at strength 0 or 1."""
    document = load_policy("article").document
    if row == "baseline":
        return document.baseline.spot, document.baseline.futures
    found = next(one for one in document.regimes if one.id == SHIPPED_ROWS[row])
    return found.spot[strength], found.futures[strength]


@each_case("exposure_map", "rows")
def test_the_shipped_policy_takes_the_default_reading(case: Node) -> None:
    default = [row for row in case if row["reading"].text().startswith("default")]
    assert {row["row"].text() for row in case} >= set(SHIPPED_ROWS)
    shipped = [row for row in default if row["row"].text() in SHIPPED_ROWS]
    for row in shipped:
        strength = 1 if "strength 1" in row["reading"].text() else 0
        spot, futures = shipped_weights(row["row"].text(), strength)

        assert row["w_spot"].differences(spot) == []
        assert row["w_futures_net"].differences(futures) == []

    assert shipped


def action_text(case: Node) -> tuple[str, str]:
    """Return the effect and the strength that say a trigger and its reading; ("", "") for none."""
    reading = case["reading"].text()
    name = case["trigger"].text()
    if name == "atr_expansion":
        freed = "cash" if "freed_to=cash" in reading else "spot"
        ratio = case["ratio"].number()
        return f'{{ cut_longs = [0.10, 0.20], freed_to = "{freed}" }}', f"ramp({ratio}, 1.5, 2.0)"
    if name == "close_below_sma200":
        strength = re.search(r"strength ([\d.]+)", reading)
        assert strength is not None
        return "{ cover = [0.50, 0.75] }", strength[1]
    effects = {
        "iv_percentile": "{ cut_longs = 0.25 }",
        "funding_extreme": "{ shift = 0.10 }" if "carry" in reading else "{ hedge = 0.10 }",
        "oi_near_resistance": "{ hedge = 0.15 }",
        "support_breach": "{ hedge = 1.0 }" if "incremental" in reading else "{ cover = 1.0 }",
    }
    return effects.get(name, ""), ""


def basis_row(case: Node) -> dict[str, object]:
    """Return every column of the baseline with a basis pair in it."""
    reading = case["reading"].text()
    share = re.search(r"(\d+)% NAV", reading)
    assert share is not None
    pair = basis_pair(0.60, 0.40, float(share[1]) / 100.0, held_first="held" in reading)
    return exposures(case, pair.spot, 0.40, pair.dated)


@each_case("exposure_map", "trigger_actions_from_baseline", "*")
def test_a_trigger_acting_on_the_baseline(case: Node, tmp_path: Path) -> None:
    effect, strength = action_text(case)
    if not effect:
        assert case["trigger"].text() == "basis"
        assert case.differences(basis_row(case)) == []
        return
    extra = f"strength = '{strength}'" if strength else ""
    body = f"\n[[triggers]]\nid = 'one'\nwhen = 'close > 0'\neffect = {effect}\n{extra}\n"
    base = {"spot": 0.60, "futures": 0.40, "hedge_cap": 1.0}
    compiled = compile_policy(policy_of(tmp_path, body, WIDE.format(**base)))
    left = composed(compiled, compiled.plan)
    computed = exposures(case, *left.targets)
    if "cut" in case:  # what is left of the long futures tells the cut
        computed["cut"] = 1.0 - left.targets[1] / 0.40

    assert case.differences(computed) == []


# -- orders -------------------------------------------------------------------------------------


@each_case("decision_orders", "cases", "*")
def test_the_orders_that_lead_to_the_targets(case: Node) -> None:
    nav, price = case["nav"].number(), case["price"].number()
    cap = case["turnover_cap"].number()
    names = ("spot", "futures")
    current = (case["current"]["spot"].number(), case["current"]["futures"].number())
    target = (case["target"]["spot"].number(), case["target"]["futures"].number())
    wanted = ordered(
        current,
        target,
        nav=nav,
        price=price,
        band=case["band_abs"].number(),
        room=cap,
        least=case["min_notional"].number(),
    )
    total = abs(wanted.change[0]) + abs(wanted.change[1])
    is_exempt = case["risk_reducing_exempt"].truth() and wanted.is_safer
    scale = turnover_scale(total, cap, is_exempt)
    quantity = [change * scale * nav / price for change in wanted.change]
    computed = {
        name: {"delta_weight": q * price / nav, "notional": q * price, "qty": q}
        for name, q in zip(names, quantity, strict=True)
    }

    assert case["scale"].differences(scale) == []
    assert case["orders"].differences(computed) == []

    if is_exempt == wanted.is_safer:  # the exemption that orders always have is that of the case
        assert list(wanted.coins) == pytest.approx(quantity, abs=1e-12)


# -- knowledge time -----------------------------------------------------------------------------


def stamp_of(text: str) -> int:
    """Return a stamp written as 2024-03-05T00:00:00Z or 2024-03-05."""
    form = "%Y-%m-%dT%H:%M:%SZ" if "T" in text else "%Y-%m-%d"
    return int(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()) * 1000


def bars_from(start_ms: int, length_ms: int, lows: list[float]) -> Bars:
    low = np.array(lows)
    stamps = start_ms + length_ms * np.arange(low.size, dtype=np.int64)
    return Bars(
        length_ms=length_ms,
        open_ms=stamps,
        open=low,
        high=low + 1.0,
        low=low,
        close=low,
        volume=np.ones(low.size),
    )


def known_at(item: str) -> int | None:
    """Return when the product says that an item is first known; None where it has no rule of it."""
    day = re.search(r"\d{4}-\d{2}-\d{2}", item)
    assert day is not None
    start_ms = stamp_of(day[0])
    if item.startswith("daily bar"):
        return int(bars_from(start_ms, DAY_MS, [1.0]).known_ms[0])
    if item.startswith("weekly bar"):
        return int(bars_from(start_ms, WEEK_MS, [1.0]).known_ms[0])
    pivot = re.fullmatch(r"weekly pivot low in week of \S+ \(k=(\d+)\)", item)
    if pivot:  # a valley in the week, k rising weeks on either side
        k = int(pivot[1])
        weeks = bars_from(start_ms - k * WEEK_MS, WEEK_MS, [abs(i) + 1.0 for i in range(-k, k + 1)])
        found = pivots(weeks.high, weeks.low, weeks.volume, left=k, right=k)
        return int(weeks.known_ms[found.known_week[~found.is_high][0]])
    return None


@each_case("decision_visibility", "decisions", "*")
def test_a_decision_sees_what_was_available_by_then(case: Node) -> None:
    at = np.array([stamp_of(case["t"].text())])
    visible = []
    for item in case.root["items"]:
        available = np.array([stamp_of(item["available_at"].text())])
        if not np.isnan(asof(at, available, np.ones(1), -1)[0]):
            visible.append(item["item"].text())

    assert case["visible"].differences(visible) == []


@each_case("decision_visibility", "items")
def test_bars_and_pivots_are_known_when_they_are_final(case: Node) -> None:
    stated = [stamp_of(item["available_at"].text()) for item in case]
    known = [known_at(item["item"].text()) for item in case]
    ruled = [number for number, ms in enumerate(known) if ms is not None]

    assert [known[number] for number in ruled] == [stated[number] for number in ruled]
    assert ruled
