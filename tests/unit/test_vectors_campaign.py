"""The case study against the vectors: ``accumulation.toml`` driven by what each day is told."""

from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

import numpy as np

from steelyard.domain import codes
from steelyard.domain.view import View
from steelyard.ledger.account import book_fill, equity, open_account, revalue
from steelyard.policy.compile import CompiledPolicy, compile_policy
from steelyard.policy.load import load_policy
from tests.support.exposures import exposures
from tests.support.told import Days, Told
from tests.support.vectors import Node, each_case

T1: Told = {"funding_above": 48.0}
T2: Told = {"zscore": 3.0}
SHELF: Told = {"shelf": 1.0}
REJECTION: Told = {"rejection": 1.0}
EXIT: Told = {"val": 100.0}
"""The value area's lower edge is as high as the close: 6.3 a."""

SIGNS = {"t1": T1, "t2": T2, "shelf": SHELF, "rejection": REJECTION, "exit": EXIT}
STATES = {
    "baseline": "ACCUMULATION",
    "profit_taking": "PROFIT_TAKING",
    "full_hedge": "FULL_HEDGE",
    "full_hedge_again": "FULL_HEDGE",
    "tactical_short": "TACTICAL_SHORT",
}
EVENTS = {
    "profit_taking": "T1",
    "full_hedge": "T2",
    "tactical_short": "T3",
    "baseline": "EXIT",
}
NO_LIMITS = ("limits.leverage=100", "limits.margin_defence=false")


def accumulation(*settings: str) -> CompiledPolicy:
    return compile_policy(load_policy("accumulation", settings))


def told(day: Node) -> Told:
    """Return a day of the vector as what the library says on it."""
    signs = [SIGNS[key] for key in day.keys() if key in SIGNS and day[key].number()]  # noqa: SIM118
    return {name: worth for sign in signs for name, worth in sign.items()}


# -- the state machine ----------------------------------------------------------------------------


def events(life: Days, before: str, waited: Sequence[int], validity: int) -> list[str]:
    """Return what happened on a day, from the regime before and the waits of the last two days."""
    if life.regime != before:
        return [EVENTS[life.regime]]
    if life.pending("tactical_short") == validity:
        return ["T3_PENDING"]
    return ["T3_EXPIRED"] if waited[-2:] == [1, 0] and life.regime == "full_hedge" else []


@each_case("decision_campaign", "cases", "*")
def test_the_campaign_of_the_case_study(case: Node) -> None:
    params = case.root["params"]
    validity, shelf_life = params["pending_validity"].whole(), params["shelf_life"].whole()
    case["days"].plain()  # a day may be empty
    compiled = accumulation(
        f"regimes.tactical_short.validity={validity}",
        f"define.exhausted=rejection() and within(shelf(), {shelf_life})",
    )
    life = Days(compiled, [told(day) for day in case["days"]])
    waited = [0]
    left: list[dict[str, object]] = []
    for day in case["days"]:
        before = life.regime
        result = day["hedge_pnl"].number() if "hedge_pnl" in day else 0.0
        hedged = STATES[before] == "FULL_HEDGE"
        after = life.live(View(0.6, 1000.0 + result if hedged else 1000.0))
        _, spot, futures = after.trace[0]
        left.append(
            {
                "state": STATES[life.regime],
                "events": events(life, before, waited, validity),
                "target": [spot, futures],
            }
        )
        waited.append(life.pending("tactical_short"))

    assert case["expected"].differences(left) == []


# -- the end states under every reading ------------------------------------------------------------

DAYS: dict[str, list[Told]] = {
    "start": [{}],
    "T1": [T1],
    "T2": [T1, T2],
    "T3": [T1, T2, {**SHELF, **REJECTION}],
}
REGIMES = {"T1": "profit_taking", "T2": "full_hedge", "T3": "tactical_short"}


def weights_of(step: str, reading: str) -> tuple[float, float] | None:
    """Return what another reading writes into the step's regime; None for the shipped one.

    From 0.85 and +0.15: 10 points of equity or 10 % of the spot for T1, another 15 points for T2.
    """
    others = {
        ("T1", "pct_of=spot"): (0.85 * 0.90, 0.15 - 0.85 * 0.10),
        ("T1", "overlay"): (0.85, 0.15 - 0.10),
        ("T1", "literal_end_state"): (0.75, 0.25),
        ("T2", "matrix_target"): (0.50, -0.50),
        ("T2", "overlay"): (0.75, -0.75),
        ("T2", "increment_only"): (0.75 - 0.15, 0.05 - 0.15),
        ("T3", "net_tactical"): (0.60, -0.60 - 0.10),
        ("T3", "keep_hedge"): (0.60, -0.60),
    }
    return others.get((step, reading.split(maxsplit=1)[0].rstrip(":")))


def gross_legs(step: str, futures: float) -> float:
    """Return both futures legs: at T1 a short stands beside the 0.15 long, else there is one."""
    return 0.15 + abs(futures - 0.15) if step == "T1" else abs(futures)


@each_case("case_study_states", "steps", "*")
def test_an_end_state_of_the_case_study(case: Node) -> None:
    step, reading = case["step"].text(), case["reading"].text()
    other = weights_of(step, reading)
    assert other or reading.startswith("default")
    settings = list(NO_LIMITS)
    if other is not None:
        name = f"regimes.{REGIMES[step]}"
        settings += [f"{name}.spot={other[0]!r}", f"{name}.futures={other[1]!r}"]
    life = Days(accumulation(*settings), DAYS[step])
    spot = futures = 0.0
    for _ in DAYS[step]:
        profit = 1.0 if life.regime == "full_hedge" else 0.0
        spot, futures = life.live(View(0.6, profit)).targets
    computed = exposures(case, spot, futures)
    legs = gross_legs(step, futures)
    if "gross" in case:
        case["gross"].plain()
    if "gross_futures_legs" in case:
        computed["gross_futures_legs"] = legs
        computed["share_pair_spot_futures"] = [spot / (spot + legs), legs / (spot + legs)]

    assert case.differences(computed) == []


# -- the path ----------------------------------------------------------------------------------

MATRIX_AFTERWARDS = """
[[regimes]]
id = "accumulation"
after = ["baseline"]
when = "close > 0"
release = "close < 0"
cooldown = 5000
spot = 0.85
futures = 0.15
why = "Accumulated before; whoever has left it once goes to the matrix."
"""


def campaign_in_the_matrix(folder: Path) -> CompiledPolicy:
    """Return the case study with the matrix's 60/40 as the place that it ends in."""
    path = folder / "accumulation.toml"
    text = files("steelyard").joinpath("policies", "accumulation.toml").read_text("utf-8")
    path.write_text(text + MATRIX_AFTERWARDS, "utf-8")
    settings = [
        "baseline.spot=0.60",
        "baseline.futures=0.40",
        'regimes.profit_taking.after=["accumulation"]',
        'regimes.full_hedge.after=["accumulation", "profit_taking"]',
        "regimes.tactical_short.unwind=0",
    ]
    return compile_policy(load_policy(path, settings))


@each_case("case_study_path")
def test_the_path_of_the_case_study(case: Node, tmp_path: Path) -> None:
    steps = list(case["steps"])
    days: list[Told] = [{}, T1, T2, {**SHELF, **REJECTION}, EXIT]
    assert len(steps) == len(days)
    life = Days(campaign_in_the_matrix(tmp_path), days)
    fees = (case["fees"]["spot"].number(), case["fees"]["futures"].number())
    account = open_account(1, 2, steps[0]["nav_before"].number())
    for step in steps:
        price = step["price"].number()
        before = account.parts[0].sum(axis=0)
        revalue(account, 0, np.full(2, price))
        gained = account.parts[0].sum(axis=0) - before
        nav = equity(account)
        held = account.quantity[0] * price / nav
        left = life.live(View(float(held[0]), float(account.futures_result[0])))
        coins = np.array(left.targets) * nav / price - account.quantity[0]
        paid = [book_fill(account, 0, leg, coins[leg], price, fees[leg])[0] for leg in range(2)]
        computed = {
            "spot_pnl": gained[codes.PART_SPOT],
            "futures_pnl": gained[codes.PART_FUTURES] + gained[codes.PART_BASIS],
            "nav_before": nav,
            "w_spot_before": held[0],
            "w_fut_before": held[1],
            "target": list(left.targets),
            "trade_spot_btc": coins[0],
            "trade_fut_btc": coins[1],
            "fee_spot": paid[0],
            "fee_fut": paid[1],
            "spot_btc": account.quantity[0, 0],
            "fut_btc": account.quantity[0, 1],
            "cash": float(account.balance[0]),
            "nav_after": equity(account),
        }

        assert step.differences(computed) == []

    first, last = steps[0]["price"].number(), steps[-1]["price"].number()
    assert (
        case["buy_and_hold_nav"].differences(steps[0]["nav_before"].number() * last / first) == []
    )
