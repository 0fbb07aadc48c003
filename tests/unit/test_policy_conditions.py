"""The language of conditions: what it accepts, what it means, what it refuses and where."""

from pathlib import Path

import pytest

from steelyard.domain.errors import PolicyError
from steelyard.policy.grammar import MAX_DEPTH, Refused
from steelyard.policy.nodes import Node
from steelyard.policy.parse import MAX_NODES, Definitions, parse
from tests.support.policy_files import policy_of, trigger


def tree(text: str, bars: str = "1d", **names: str) -> Node:
    return parse(text, bars, Definitions(names), "condition")


def refused(text: str, **names: str) -> Refused:
    with pytest.raises(Refused) as caught:
        tree(text, **names)
    return caught.value


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("close>1", "( close )  > 1.0"),
        ("close > 0.50", "close > .5"),
        ("sma(200) > 1", "sma(close, n = 200) > 1"),
        ("sma(200) > 1", "sma(n = 200, x = close) > 1"),
        ("atr() > 1", "atr(14) > 1"),
        ("zscore(20) >= 3", "zscore(close, 20) >= 3"),
        ("1 < close < 2", "1 < close and close < 2"),
        ("close > 1 and low > 1 and high > 1", "close > 1 and (low > 1 and high > 1)"),
        ("percentile_rank(close, 9) > 1", "percentile_rank(close, 9, least = 9) > 1"),
        ("held_support() > 1", "held_support(reclaim = false) > 1"),
        ("streak(close > 1) >= 3", "streak(close > 1, 3) >= 3"),
        ("streak(close > 1) >= 2.5", "streak(close > 1, 3) >= 2.5"),
        ("streak(close > 1) > 2", "streak(close > 1, 3) > 2"),
        ("streak(close > 1) < 3", "streak(close > 1, 3) < 3"),
        ("streak(close > 1) <= 2", "streak(close > 1, 3) <= 2"),
        ("streak(close > 1) == 2", "streak(close > 1, 3) == 2"),
        ("streak(close > 1) != 2", "streak(close > 1, n = 3) != 2"),
        ("3 <= streak(close > 1)", "3 <= streak(close > 1, 3)"),
        ("2 < streak(close > 1)", "2 < streak(close > 1, 3)"),
        ("streak(close > 1) >= -4", "streak(close > 1, 1) >= -4"),
        ("held_support() >= 5", "held_support(n = 5) >= 5"),
        ("held_support(reclaim = true) >= 5", "held_support(reclaim = true, n = 5) >= 5"),
        ("close > -0.03", "close > 0 - 0.03"),
        ("close > 1 / 4", "close > 0.25"),
        ("close > +1", "close > 1"),
        ("close > 1", "close(bars = '1d') > 1"),
        ("sma(9, bars = '1w') > 1", "sma(close(bars = '1w'), 9, bars = '1w') > 1"),
        ("close > 1", "\n  close\n\t> 1\n"),
        ("funding > 1", "funding() > 1"),
    ],
)
def test_two_ways_to_write_one_thing_have_one_text(one: str, other: str) -> None:
    assert tree(one).text == tree(other).text


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("close > 1", "close >= 1"),
        ("sma(20) > 1", "sma(20, bars = '1w') > 1"),
        ("close - low - high > 1", "close - (low - high) > 1"),
        ("within(close > 1, 2)", "within(close > 1, 3)"),
        ("held_support() > 1", "held_support(reclaim = true) > 1"),
        ("streak(close > 1, 2) >= 3", "streak(close > 1) >= 3"),
        ("percentile_rank(close, 9) > 1", "percentile_rank(close, 9, least = 8) > 1"),
    ],
)
def test_two_things_have_two_texts(one: str, other: str) -> None:
    assert tree(one).text != tree(other).text


def test_the_bars_of_the_trigger_are_those_of_every_call_that_states_none() -> None:
    node = tree("sma(20) > mean(high, 5, bars = '1w')", bars="1h")

    assert node.text == "(sma(close[1h], 20)[1h] > mean(high[1w], 5)[1w])"


def test_a_name_stands_for_what_define_says_on_the_bars_in_force() -> None:
    assert tree("calm", "1w", calm="atr(14) < 5").text == "(atr(14)[1w] < 5)"


def test_a_name_may_use_another() -> None:
    node = tree("both", both="low_atr and close > 1", low_atr="atr(14) < 5")

    assert node.text == tree("atr(14) < 5 and close > 1").text


# What is written, the character at fault (its index), and a part of the sentence.
REFUSALS = [
    ("", 0, "is empty"),
    ("   ", 0, "is empty"),
    ("close", 0, '"close" is a number, not a condition; compare it with something'),
    ("close > 1 and low", 14, '"low" is a number, not a condition'),
    ("not close", 4, '"close" is a number, not a condition'),
    ("(close > 1) + 1 > 0", 1, '"close > 1" is a condition, not a number; select(c, 1, 0)'),
    ("streak(close) > 1", 7, '"close" is a number, not a condition'),
    ("sma(close > 1, 5) > 1", 4, '"close > 1" is a condition, not a number'),
    ("clsoe > 1", 0, 'unknown name "clsoe"; did you mean "close"?'),
    ("close > smaa(20)", 8, 'unknown function "smaa"; did you mean "sma"?'),
    ("clam > 1", 0, 'did you mean "calm"?'),
    ("calm(3) > 1", 0, "calm of [define] takes no arguments"),
    ("sma > 1", 0, "sma is a function; write sma(x = close, n)"),
    ("support > 1", 0, "support is a function; write support()"),
    ("sma() > 1", 0, "n is missing; write sma(x = close, n)"),
    ("sma(close, 20, 3) > 1", 0, "too many arguments"),
    ("funding(3) > 1", 0, "too many arguments; write funding"),
    ("change(close, 5, n = 5) > 1", 14, "n is given twice"),
    ("highest(close, x = low, n = 5) > 1", 8, "x is given twice"),
    ("sma(n = 20, n = 20) > 1", 16, "n is given twice"),
    ("sma(20, bars = '1w', bars = '1d') > 1", 28, "bars is given twice"),
    ("sma(20, window = 3) > 1", 17, "sma has no argument window; it takes x, n, bars"),
    ("sma(20, bar = '1w') > 1", 14, 'did you mean "bars"?'),
    ("sma(20, bars = '2w') > 1", 15, 'bars is "2w", must be one of "1h", "4h", "1d", "1w"'),
    ("sma(20, bars = 1) > 1", 15, "bars is not text, must be one of"),
    ("funding_above(0.0005, bars = '1d') > 1", 29, "funding_above is not read from bars"),
    ("implied_vol(bars = '1d') > 1", 19, "implied_vol is not read from bars"),
    ("sma(0) > 1", 4, "n of sma is 0, must be a whole number of bars within 1 and 5000"),
    ("poc(0) > 1", 4, "days of poc is 0, must be a whole number of days within 1 and 365"),
    ("poc(30, 2) > 1", 8, "bins of poc is 2, must be a whole number of bins within 3 and 500"),
    ("shelf(share = 1.2)", 14, "share of shelf is 1.2, must be within 0 and 1"),
    ("poc(time = 1) > 1", 11, "time must be true or false"),
    ("sma(5001) > 1", 4, "n of sma is 5001, must be a whole number"),
    ("rsi(1) > 1", 4, "n of rsi is 1, must be a whole number of bars within 2 and 5000"),
    ("adx(1) > 1", 4, "n of adx is 1, must be a whole number of bars within 2 and 5000"),
    ("plus_di(1) > 1", 8, "n of plus_di is 1, must be a whole number of bars within 2"),
    ("minus_di(1) > 1", 9, "n of minus_di is 1, must be a whole number of bars within 2"),
    ("chop(1) > 1", 5, "n of chop is 1, must be a whole number of bars within 2"),
    ("realised_vol(1) > 1", 13, "n of realised_vol is 1, must be a whole number of bars within 2"),
    ("sma(2.5) > 1", 4, "n of sma is 2.5, must be a whole number"),
    ("sma(-3) > 1", 4, "n of sma is -3"),
    ("atr(close) > 1", 4, 'n of atr must be a number written out, not "close"'),
    ("quantile(close, 75, 365) > 1", 16, "q of quantile is 75, must be within 0 and 1"),
    (
        "percentile_rank(close, 9, least = 10) > 1",
        34,
        "least of percentile_rank is 10, must be a whole number within 1 and n, 9",
    ),
    (
        "funding_above(5) > 1",
        14,
        "rate of funding_above is 5, must be a fraction; 0.05 % is 0.0005",
    ),
    ("funding_mean(0) > 1", 13, "hours of funding_mean is 0, must be above 0"),
    ("near_resistance(atrs = 0)", 23, "atrs of near_resistance is 0, must be above 0"),
    ("held_support(reclaim = 1) > 1", 23, "reclaim must be true or false"),
    ("held_support(reclaim = True) > 1", 23, "reclaim must be true or false"),
    ("true", 0, "true is only allowed as the value of a yes-or-no argument"),
    ("True", 0, "True is not allowed; write a number or a condition"),
    ("None", 0, "None is not allowed"),
    ("first_known(close, close > 1)", 0, "first_known needs two numbers or two conditions"),
    ("min(close) > 1", 0, "min needs two or more values"),
    ("min(close, a = 1) > 1", 15, "min has no argument a; it takes bars"),
    ("ramp(close, 1, 1) > 0", 0, "ramp goes from 1 to 1; the two must differ"),
    ("mean(at_entry(close), 3) > 1", 0, "mean cannot look into at_entry, since_entry"),
    ("within(since_entry() > 3, 2)", 0, "within cannot look into"),
    ("at_entry(at_entry(close)) > 1", 0, "at_entry cannot look into"),
    ("streak(held_support(reclaim = true) > 1) > 1", 0, "streak cannot look into"),
    ("close / 0 > 1", 8, "this divides by zero"),
    ("close / (1 - 1) > 1", 9, "this divides by zero"),
    ("close ** 2 > 1", 0, "the power ** is not allowed"),
    ("close % 2 > 1", 0, "the sign % is not allowed"),
    ("close > 5%", 10, "cannot be read: invalid syntax; write 5 % as 0.05"),
    ("close // 2 > 1", 0, "the whole division // is not allowed"),
    ("close > 1 & low > 1", 8, "the sign & is not allowed; use and"),
    ("close > 1 && low > 1", 11, "cannot be read: invalid syntax; use and instead of &&"),
    ("close > 1 || low > 1", 11, "use or instead of ||"),
    ("!close > 1", 0, "use not instead of !"),
    ("close = 1", 0, "use == to compare"),
    ("close > 1 AND low > 1", 0, "write and, or, not in small letters"),
    ("close is 1", 0, "is is not allowed; use =="),
    ("close in (1, 2)", 9, "a comma outside a call is not allowed"),
    ("close[1] > 1", 0, "square brackets are not allowed; ago(x, n)"),
    ("close.real > 1", 0, "a dot after a name is not allowed"),
    ("().__class__", 0, "a dot after a name is not allowed"),
    ("().__class__.__bases__[0].__subclasses__()", 0, "a dot after a name is not allowed"),
    ("__import__('os')", 0, 'unknown function "__import__"'),
    ("open('/etc/passwd') > 1", 0, "too many arguments; write open"),
    ("eval(1)", 0, 'unknown function "eval"'),
    ("(lambda: 1)()", 1, "lambda is not allowed"),
    ("[c for c in close]", 0, "a comprehension is not allowed"),
    ("(c for c in close)", 0, "a comprehension is not allowed"),
    ("[1]", 0, "a list is not allowed"),
    ("{1: 2}", 0, "braces are not allowed"),
    ("f'{close}'", 0, "an f-string is not allowed"),
    ("'text' > 1", 0, 'text is only allowed in bars = "1w"'),
    ("b'text' > 1", 0, 'text is only allowed in bars = "1w"'),
    ("(a := 1) > 0", 1, "the assignment := is not allowed"),
    ("1 if close > 1 else 2", 0, "if ... else is not allowed; write select"),
    ("sma(*close) > 1", 4, "a star before an argument is not allowed"),
    ("sma(**close) > 1", 6, "two stars before an argument are not allowed"),
    ("~close > 1", 0, "the sign ~ is not allowed"),
    ("1j > 1", 0, "1j is not allowed"),
    ("... > 1", 0, "Ellipsis is not allowed"),
    ("close > 1e999", 8, "the number is too large"),
    ("close > 9999999999999999", 8, "the number is too large"),
    ("close > 999999999999999 * 999999999999999", 8, "the number is too large"),
    ("close > 1 # why", 10, "a comment inside a condition is not allowed"),
    ("close > 1; low > 1", 9, "the character ';' is not allowed"),
    ("close \\ > 1", 6, "is not allowed"),
    ("close > 1\0", 9, r"the character '\x00' is not allowed"),
    ("close > \u20181\u2019", 8, r"the character '\u2018' is not allowed"),
    ("\uff43lose > 1", 0, "is not allowed"),
    ("close > 1 low", 8, "cannot be read"),
    ("close >", 7, "cannot be read"),
    ("(close > 1", 0, "cannot be read: '(' was never closed"),
    ("import os", 0, "cannot be read"),
    ("yield close", 0, "cannot be read"),
]


@pytest.mark.parametrize(("text", "column", "sentence"), REFUSALS)
def test_what_is_not_allowed_is_refused_by_name_and_character(
    text: str, column: int, sentence: str
) -> None:
    error = refused(text, calm="close > 1")

    assert sentence in error.sentence
    assert (error.column == column) or "cannot be read" in error.sentence


@pytest.mark.parametrize(
    "text",
    [
        "close < 20000 and and close > 2",
        "close > 1 or (close",
        "not not (close",
        "count(c = close > 1, n = 5) >",
    ],
)
def test_what_is_written_rightly_gets_no_hint(text: str) -> None:
    sentence = refused(text).sentence

    assert "small letters" not in sentence
    assert "use == to compare" not in sentence


@pytest.mark.parametrize("word", ["AND", "And", "OR", "Not"])
def test_words_in_capital_letters_get_a_hint(word: str) -> None:
    assert "small letters" in refused(f"close > 1 {word} low > 1").sentence


def test_an_assignment_beside_an_argument_by_name_gets_its_hint() -> None:
    assert "use == to compare" in refused("sma(x = close, n = 5) = 1").sentence


def test_the_length_of_a_condition_is_bounded() -> None:
    assert "is 4001 characters long, at most 4000" in refused("close > 1 ".ljust(4001)).sentence


def test_the_depth_of_a_condition_is_bounded() -> None:
    # "-close > 1" nests three deep; every further sign one deeper.
    fits = "-" * (MAX_DEPTH - 2) + "close > 1"

    assert tree(fits).depth == MAX_DEPTH
    assert f"nests deeper than {MAX_DEPTH}" in refused("-" + fits).sentence


def test_names_count_as_written_out_for_the_depth() -> None:
    half = "-" * 12
    names = {"a": f"{half}close", "b": f"{half}a"}

    assert f"nests deeper than {MAX_DEPTH}" in refused("b > 1", **names).sentence


def test_the_operations_of_a_condition_are_bounded() -> None:
    # Each name doubles the one before: 2 to the ninth closes are more than 400.
    names = {"n0": "close"} | {f"n{k}": f"n{k - 1} + n{k - 1}" for k in range(1, 10)}

    assert tree("n6 > 1", **names).size == 2**7 - 1 + 2
    assert f"at most {MAX_NODES} are allowed" in refused("n9 > 1", **names).sentence


def test_names_in_a_circle_are_refused_with_the_circle() -> None:
    error = refused("a", a="b and close > 1", b="a or low > 1")

    assert "a in [define] leads back to itself: a -> b -> a" in error.sentence


def test_a_long_row_of_names_is_refused() -> None:
    names = {"n0": "close > 1"} | {f"n{k}": f"n{k - 1}" for k in range(1, 2000)}

    assert f"[define] nests deeper than {MAX_DEPTH}" in refused("n1999", **names).sentence


@pytest.mark.parametrize(
    "attack",
    [
        "(" * 1999 + ")" * 1999,
        "-" * 3999 + "1",
        "not " * 999 + "1",
        "[" * 3999,
        "f(" * 1999,
        "1+" * 1999 + "1",
        "close" + ".x" * 1900,
        "close" + "()" * 1900,
        "1" * 3999,
        "lambda:" * 500 + "1",
        "{" * 3999,
        "a<" * 1999 + "a",
    ],
)
def test_an_attack_on_the_parser_is_refused(attack: str) -> None:
    with pytest.raises(Refused):
        tree(attack)


@pytest.mark.parametrize(
    ("text", "is_event"),
    [
        ("breached(2)", True),
        ("breached(2) and close > 1", True),
        ("breached(2) or rejection()", True),
        ("breached(2) or close > 1", False),
        ("not breached(2)", False),
        ("within(breached(2), 5)", False),
        ("close > 1", False),
        ("ago(breached(2), 1)", True),
        ("count(breached(2), 1) >= 1", True),
        ("count(breached(2), 5) >= 1", False),
        ("streak(breached(2)) > 0", True),
        ("select(breached(2), 1, 0) > 0.5", True),
        ("0.5 < select(breached(2), 1, 0)", True),
        ("select(breached(2), 1, 0) < 0.5", False),
        ("select(breached(2), 0, 1) > 0.5", False),
        ("select(breached(2), close, 0) > 100", False),
        ("first_known(ago(breached(2), 1), breached(2))", True),
    ],
)
def test_an_event_is_told_from_a_state(text: str, is_event: bool) -> None:  # noqa: FBT001 - a table
    assert tree(text).is_event is is_event


def test_a_refusal_points_at_the_character_in_the_file(tmp_path: Path) -> None:
    # The trigger begins after six lines and a blank one: its condition stands in line 10, and
    # begins in column 11, behind the three quotes.
    with pytest.raises(PolicyError) as caught:
        policy_of(tmp_path, trigger("close > smaa(20)"))

    assert str(caught.value).endswith(
        'small.toml:10:19: trigger "one", when: unknown function "smaa"; did you mean "sma"?'
    )


@pytest.mark.parametrize(
    ("when", "place"),
    [
        ('when = "clsoe > 1"', "10:9"),
        ("when = 'clsoe > 1'", "10:9"),
        ('when = """clsoe > 1"""', "10:11"),
        ("when = '''\n  close > 1\n  and clsoe > 1'''", "12:7"),
        ('when = """close > 1 \\\n     and clsoe > 1"""', "11:10"),
        ('when = "close > 1 \\u0061nd clsoe > 1"', "10:28"),
        ("when    =    'close > 1 and clsoe > 1'", "10:29"),
        ('"when" = "clsoe > 1"', "10:11"),
        ('effect.alert = true\nwhen = "clsoe > 1"', "11:9"),
    ],
)
def test_the_place_is_right_in_every_kind_of_string(tmp_path: Path, when: str, place: str) -> None:
    effect = "" if "effect" in when else "effect = { alert = true }"
    with pytest.raises(PolicyError) as caught:
        policy_of(tmp_path, f"\n[[triggers]]\nid = 'one'\n{when}\n{effect}\n")

    assert f"small.toml:{place}: " in str(caught.value)


def test_triggers_written_as_one_list_have_places_too(tmp_path: Path) -> None:
    head = "schema = 1\nname = 'small'\nbaseline = { spot = 0.6, futures = 0.4 }\n"
    first = "{ id = 'a', when = 'close > 1', effect = { hedge = 0.1 } }"
    second = "{ id = 'b', when = 'clsoe > 1', effect = { hedge = 0.1 } }"
    body = f"triggers = [ # two\n  {first},\n  {second} ]\n"
    with pytest.raises(PolicyError) as caught:
        policy_of(tmp_path, body, head)

    assert 'small.toml:6:23: trigger "b", when: unknown name' in str(caught.value)


def test_the_effect_may_stand_in_a_table_of_its_own(tmp_path: Path) -> None:
    body = "\n[[triggers]]\nid = 'one'\nwhen = 'close > 1'\n\n[triggers.effect]\nhedge = 20\n"
    with pytest.raises(PolicyError) as caught:
        policy_of(tmp_path, body)

    assert "small.toml:13:1: triggers[1].effect.hedge is 20" in str(caught.value)


def test_a_fault_in_define_points_there(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        policy_of(tmp_path, '[define]\ncalm = "atr(14) < mdian(atr(14), 30)"\n')

    assert 'small.toml:8:19: "calm": unknown function "mdian"; did you mean "median"?' in str(
        caught.value
    )
