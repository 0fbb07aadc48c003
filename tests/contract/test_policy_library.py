"""What every function of the library, every shipped policy and their reference must satisfy."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from pydantic import BaseModel

from steelyard.data.assemble import cut_market
from steelyard.data.synthetic import synthetic_market
from steelyard.domain.market import Market
from steelyard.policy import schema
from steelyard.policy.compile import compile_policy
from steelyard.policy.evaluate import Evaluation, Grid, evaluate_signals
from steelyard.policy.library import CONSTANTS, FUNCTIONS, Argument, Function
from steelyard.policy.load import load_policy, policy_names
from steelyard.policy.measures import BARS, FUNDING, LEVEL_FACTS, LEVELS, PROFILE, WINDOWS
from steelyard.policy.nodes import STATE
from steelyard.policy.parse import Definitions, parse
from steelyard.policy.pointwise import POINTWISE
from steelyard.policy.programs import OPERATIONS
from tests.support.policy_files import small_market

DOCS = Path(__file__).resolve().parents[2] / "docs" / "policy.md"
SAMPLES = {
    "number": "close",
    "condition": "close > open",
    "any": "close",
    "window": "7",
    "least": "5",
    "rate": "0.0003",
    "share": "0.75",
    "hours": "24",
    "days": "10",
    "bins": "20",
    "factor": "2",
    "flag": "false",
    "lo": "low",
    "hi": "high",
}
WORTH = {"number": "number", "condition": "condition", "same": "as its argument"}


def sample(argument: Argument) -> str:
    return f"{argument.name} = {SAMPLES.get(argument.name, SAMPLES[argument.kind])}"


def call(function: Function) -> str:
    """Return a call of a function with every argument given."""
    if function.repeats:
        return f"{function.name}(open, close)"
    if function.name in LEVEL_FACTS:
        return f"{function.name}(support())"
    return f"{function.name}({', '.join(map(sample, function.arguments))})"


def as_condition(function: Function) -> str:
    return call(function) if function.result == "condition" else f"{call(function)} > 0"


@cache
def invented() -> Market:
    return synthetic_market()


@cache
def reference() -> str:
    return DOCS.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_can_be_called_as_its_table_says(name: str) -> None:
    node = parse(as_condition(FUNCTIONS[name]), "1d", Definitions(), "condition")

    assert name in {found.name for found in node.walk()}


def test_every_side_series_has_a_file_that_would_supply_it_named_as_the_venue_does() -> None:
    names = {name for name, function in FUNCTIONS.items() if function.grid == "series"}

    assert set(invented().series_files) == names
    assert invented().series_files["implied_vol"] == "synthetic.BTC.dvol.1d"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_is_in_the_reference_as_its_table_says(name: str) -> None:
    function = FUNCTIONS[name]
    row = f"| `{function.signature}` | {WORTH[function.result]} | {function.about}"

    assert row in reference()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_reference_says_which_functions_are_events(name: str) -> None:
    line = next(
        x for x in reference().splitlines() if x.startswith(f"| `{FUNCTIONS[name].signature}`")
    )

    assert ("An event" in line) is FUNCTIONS[name].event


def test_the_reference_names_no_function_that_does_not_exist() -> None:
    library = reference().split("## Library")[1].split("## Shipped")[0]
    named = set(re.findall(r"^\| `(\w+)", library, flags=re.MULTILINE))

    assert named == set(FUNCTIONS)


def test_every_function_is_worked_out_in_one_place() -> None:
    places = [
        set(BARS),
        set(WINDOWS),
        set(LEVELS),
        set(LEVEL_FACTS),
        set(PROFILE),
        set(FUNDING),
        set(POINTWISE) & set(FUNCTIONS),
    ]
    side = {name for name in FUNCTIONS if FUNCTIONS[name].grid == "series"}
    entry = STATE & set(FUNCTIONS)

    assert set(FUNCTIONS) == set().union(*places, side, entry)
    assert sum(map(len, places)) == len(set().union(*places))


def test_every_operator_has_an_array_form_and_a_step_form() -> None:
    assert set(POINTWISE) == set(OPERATIONS)


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if FUNCTIONS[name].grid != "state"])
def test_every_function_is_known_somewhere_and_sees_nothing_of_the_future(name: str) -> None:
    market = invented()
    days = market.bars["1d"]
    node = parse(call(FUNCTIONS[name]), "1d", Definitions())
    whole = Evaluation(market, {}).values(node, Grid("1d", days.known_ms))
    checked = np.linspace(days.open_ms.size // 3, days.open_ms.size - 1, 4).astype(int)
    for bar in checked:
        cut = cut_market(market, int(days.known_ms[bar]))
        part = Evaluation(cut, {}).values(node, Grid("1d", cut.bars["1d"].known_ms))

        assert part.size == bar + 1
        assert np.array_equal(part[-1], whole[bar], equal_nan=True)

    assert not np.isnan(whole).all()


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if FUNCTIONS[name].grid != "state"])
def test_every_condition_is_true_false_or_unknown(name: str) -> None:
    market = invented()
    node = parse(as_condition(FUNCTIONS[name]), "1d", Definitions())
    found = Evaluation(market, {}).values(node, Grid("1d", market.bars["1d"].known_ms))

    assert set(found[~np.isnan(found)]) <= {0.0, 1.0}


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if FUNCTIONS[name].grid == "bars"])
def test_a_function_of_bars_takes_other_bars(name: str) -> None:
    text = call(FUNCTIONS[name])[:-1]
    joined = f"{text}{'' if text.endswith('(') else ', '}bars = '1w')"
    node = parse(joined, "1d", Definitions())
    market = small_market(days=400)
    weeks = Grid("1w", market.bars["1w"].known_ms)

    assert node.bars == "1w"
    assert Evaluation(market, {}).values(node, weeks).size == weeks.ms.size


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_default_is_what_the_argument_takes(name: str) -> None:
    function = FUNCTIONS[name]
    for argument in function.arguments:
        if argument.default is None or argument.default == "n":
            continue
        given = {a.name: sample(a) for a in function.arguments if a.default is None}
        given[argument.name] = f"{argument.name} = {argument.default}"
        spelled = f"{name}({', '.join(given.values())})"
        short = f"{name}({', '.join(v for k, v in given.items() if k != argument.name)})"

        assert parse(spelled, "1d", Definitions()).text == parse(short, "1d", Definitions()).text
        assert argument.kind in CONSTANTS or argument.default == "close"


def tables() -> list[type[BaseModel]]:
    found = [thing for thing in vars(schema).values() if isinstance(thing, type)]
    return [thing for thing in found if issubclass(thing, schema.Part) and thing is not schema.Part]


@pytest.mark.parametrize("table", tables(), ids=lambda table: str(table.__name__))
def test_every_key_of_the_file_is_in_the_reference(table: type[BaseModel]) -> None:
    keys = [info.alias or name for name, info in table.model_fields.items()]
    missing = [
        key for key in keys if f"`{key}`" not in reference() and f"[{key}]" not in reference()
    ]
    lists = {"define", "regimes", "triggers"}

    assert set(missing) <= lists


def test_the_example_of_the_reference_is_a_policy(tmp_path: Path) -> None:
    example = re.findall(r"```toml\n(.*?)```", reference(), flags=re.DOTALL)[0]
    path = tmp_path / "example.toml"
    path.write_text(example, encoding="utf-8")
    policy = load_policy(path)

    assert (policy.trigger_ids, policy.regime_ids) == (("below_average",), ("storm",))


@pytest.mark.parametrize("name", policy_names())
def test_a_shipped_policy_explains_itself(name: str) -> None:
    document = load_policy(name).document

    assert document.name == name
    assert document.about.endswith(".")
    assert f"| `{name}` |" in reference()
    assert [entity.id for entity in document.entities if not entity.why.endswith(".")] == []


@pytest.mark.parametrize("name", policy_names())
def test_a_shipped_policy_runs_on_the_invented_market(name: str) -> None:
    market = invented()
    compiled = compile_policy(load_policy(name))
    signals = evaluate_signals(compiled, market, market.start_ms, market.end_ms)

    assert signals.values.shape == (len(compiled.series), signals.ms.size)
    assert signals.due.any(axis=1).all()
