"""The policy file: its shape, its defaults, and what it is refused for."""

from pathlib import Path

import pytest

from steelyard.domain.errors import PolicyError
from steelyard.policy.files import MAX_BYTES
from steelyard.policy.load import load_policy, policy_names
from tests.support.policy_files import HEAD, policy_of, trigger, written

RANGE = """
[[regimes]]
id = "calm"
when = "close > 1"
spot = 0.60
futures = 0.40
"""


def refusal(folder: Path, body: str, head: str = HEAD) -> str:
    with pytest.raises(PolicyError) as caught:
        policy_of(folder, body, head)
    return str(caught.value).replace(f"{folder}/", "")


def test_a_file_with_only_a_baseline_is_a_policy(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, "")

    assert policy.trigger_ids == ()
    assert policy.document.baseline.spot == 0.6


def test_what_a_file_leaves_out_has_the_documented_default(tmp_path: Path) -> None:
    document = policy_of(tmp_path, trigger("close > 1") + RANGE).document
    one, calm = document.triggers[0], document.regimes[0]

    assert (one.confirm, one.release_confirm, one.dwell) == ((1, 1), 1, 0)
    assert (one.cooldown, one.unwind, one.validity) == (0, 0, 2)
    assert (one.on_unknown, one.severity, one.rank) == ("hold", "cautionary", 50)
    assert calm.dwell == 3
    assert document.limits.model_dump()["margin_defence"] == {
        "margin_ratio": 0.50,
        "leverage": 3.0,
        "until": 0.30,
    }


@pytest.mark.parametrize(
    ("severity", "priority"),
    [("critical", 90), ("protective", 70), ("cautionary", 50), ("opportunistic", 30)],
)
def test_priority_follows_severity(tmp_path: Path, severity: str, priority: int) -> None:
    policy = policy_of(tmp_path, trigger("close > 1", f'severity = "{severity}"'))

    assert policy.document.triggers[0].rank == priority


def test_a_number_is_a_size_at_every_strength_and_a_range_is_two(tmp_path: Path) -> None:
    body = trigger("close > 1", 'strength = "0.5"', "{ hedge = 0.1, cover = [0.5, 0.75] }")
    effect = policy_of(tmp_path, body).document.triggers[0].effect

    assert effect.spans() == {"hedge": (0.1, 0.1), "cover": (0.5, 0.75)}


def test_margin_defence_can_be_switched_off(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, "[limits]\nmargin_defence = false\n")

    assert policy.document.limits.margin_defence is None


def test_the_digest_is_that_of_the_meaning_not_of_the_text(tmp_path: Path) -> None:
    plain = policy_of(tmp_path, "").sha256
    spelled_out = policy_of(tmp_path, "[limits]  # as by default\nband = 0.02\n").sha256
    other = policy_of(tmp_path, "[limits]\nband = 0.03\n").sha256

    assert plain == spelled_out
    assert plain != other


# Every row: what the file says after its six first lines, then how the refusal begins and goes on.
FAULTS = [
    ("bnd = 1", "small.toml:7:1: unknown key baseline.bnd; allowed are: spot, futures"),
    (
        "[limit]",
        "small.toml:7:1: unknown key limit; allowed are: schema, name, about",
        'did you mean "limits"?',
    ),
    ("[limits]\nbnad = 0.1", "small.toml:8:1: unknown key limits.bnad", 'did you mean "band"?'),
    ("[limits]\nband = 2", "small.toml:8:1: limits.band is 2, must be at most 1", "2 % is 0.02"),
    ("[limits]\nband = '1'", 'small.toml:8:1: limits.band is "1", must be a number'),
    ("[limits]\nband = nan", "small.toml:8:1: limits.band is nan, must be a finite number"),
    ("[limits]\nleverage = 0", "small.toml:8:1: limits.leverage is 0, must be above 0"),
    ("[limits]\nleverage = inf", "small.toml:8:1: limits.leverage is inf, must be a finite number"),
    ("[limits]\nnet_short = 1", "small.toml:8:1: limits.net_short is 1, must be true or false"),
    ("[limits]\nmargin_defence = true", "limits.margin_defence is true, must be false or a table"),
    (
        "[limits]\nmargin_defence = { margin_ratio = 0.2 }",
        "until is 0.3, must be below margin_ratio, 0.2",
    ),
    (
        "[limits]\nleverage = 4.0",
        "small.toml",
        "margin defence would start at leverage 3, below limits.leverage, 4",
    ),
    (trigger("close > 1", "confirm = [3, 2]"), "confirm asks for 3 of the last 2 evaluations"),
    (trigger("close > 1", "confirm = 63"), "confirm looks back over 63 evaluations, at most 62"),
    (trigger("close > 1", "confirm = [1]"), "confirm is [1], must be n or [n, m]"),
    (trigger("close > 1", "confirm = 1.5"), "confirm is 1.5, must be n or [n, m]"),
    (trigger("close > 1", "confirm = true"), "confirm is true, must be n or [n, m]"),
    (
        trigger("close > 1", "dwell = -1"),
        "small.toml:12:1: triggers[1].dwell is -1, must be at least 0",
    ),
    (trigger("close > 1", "dwell = 1.5"), "triggers[1].dwell is 1.5, must be a whole number"),
    (trigger("close > 1", "release_confirm = 0"), "release_confirm is 0, must be at least 1"),
    (
        trigger("close > 1", "on_unknown = 'holt'"),
        "on_unknown is \"holt\", must be 'hold', 'ignore' or 'failsafe'",
        'did you mean "hold"?',
    ),
    (trigger("close > 1", "severity = 'high'"), 'severity is "high", must be'),
    (
        trigger("close > 1", "review = 'dayly'"),
        'review is "dayly", must be',
        'did you mean "daily"?',
    ),
    (
        trigger("close > 1", "review = ['monday', 'tursday']"),
        'review is ["monday", "tursday"], must be',
        'or a list of weekdays such as ["monday", "thursday"]; did you mean "thursday"?',
    ),
    (trigger("close > 1", "review = []"), "review is [], must be 'hourly', 'funding'"),
    (trigger("close > 1", "review = 'monday+friday'"), 'review is "monday+friday", must be'),
    (trigger("close > 1", "review = [1]"), "review is [1], must be"),
    (trigger("close > 1", "bars = '2d'"), 'bars is "2d", must be'),
    (trigger("close > 1", "only_if = 'rich'"), 'only_if is "rich", must be'),
    (
        trigger("close > 1", "only_if = 'spot_near_target'"),
        "a trigger has no target weight of its own; spot_near_target is for regimes",
    ),
    (
        trigger("close > 1", "failsafe_after = 2"),
        'failsafe_after needs on_unknown = "failsafe", it is "hold"',
    ),
    (trigger("close > 1", "ratchet = 0.1"), "ratchet needs a size given as a range"),
    (
        trigger("close > 1", "cooldwon = 1"),
        "unknown key triggers[1].cooldwon",
        'did you mean "cooldown"?',
    ),
    (trigger("close > 1", "after = []"), "unknown key triggers[1].after"),
    (trigger("close > 1", "releases = 'x'"), 'releases is "x", must be a list'),
    (trigger("close > 1", "releases = [1]"), "releases[1] is 1, must be text in quotes"),
    (trigger("close > 1", "releases = ['x']"), 'releases names an unknown trigger or regime "x"'),
    (trigger("close > 1", "releases = ['one']"), '"one" releases itself'),
    (trigger("close > 1", "while_active = ['one']"), 'trigger "one" waits for itself'),
    (
        trigger("close > 1", "while_active = ['oen']"),
        'small.toml:12:17: while_active names an unknown trigger "oen"; there are: one',
        'did you mean "one"?',
    ),
    (
        RANGE + "while_active = ['calm']",
        'while_active names the regime "calm"; only a trigger can stand here',
    ),
    (
        trigger("close > 1") + RANGE + "after = ['one']",
        'after names the trigger "one"; only a regime can stand here',
    ),
    (
        RANGE + "after = ['base']",
        'after names an unknown regime "base"; there are: baseline, calm',
        'did you mean "baseline"?',
    ),
    (RANGE + RANGE, 'small.toml:9:1: id "calm" is given 2 times'),
    (trigger("close > 1") + RANGE.replace("calm", "one"), 'id "one" is given 2 times'),
    (RANGE.replace("calm", "baseline"), 'id "baseline" is a word of every decision'),
    (RANGE.replace("calm", "margin"), 'id "margin" is a word of every decision'),
    ("[define]\ncalm = 'close > 1'\n" + RANGE, 'id "calm" is also a name in [define]'),
    ("[define]\nsma = 'close > 1'", '"sma" would hide a function of the library'),
    ("[define]\ntrue = 'close > 1'", '"true" would hide a word of the language'),
    (RANGE.replace('"calm"', '"Calm"'), 'id is "Calm", must begin with a small letter'),
    (
        RANGE.replace("spot = 0.60", "spot = 60"),
        "small.toml:11:1: regimes[1].spot is 60, must be within 0 and 1",
        "60 % is 0.6",
    ),
    (
        RANGE.replace("spot = 0.60", "spot = -0.1"),
        "regimes[1].spot is -0.1, must be within 0 and 1",
    ),
    (
        RANGE.replace("spot = 0.60", "spot = [0.1]"),
        "regimes[1].spot is [0.1], must be a number or a range",
    ),
    (RANGE.replace("spot = 0.60", "spot = [0.1, nan]"), "regimes[1].spot", "must be"),
    (RANGE.replace("spot = 0.60", ""), "small.toml:8:1: the key regimes[1].spot is missing"),
    (
        RANGE.replace("0.40", "0.90"),
        "spot 0.6 with futures +0.9 is outside the limits: 0.4 of cash at leverage 2 backs",
    ),
    (RANGE.replace("0.40", "-0.81"), "spot 0.6 with futures -0.81 is outside the limits"),
    (
        RANGE + "leverage_cap = 0.5",
        "0.4 of cash at leverage 0.5 backs futures up to 0.2 either way",
    ),
    (
        "[limits]\nnet_short = false\n" + RANGE.replace("0.40", "-0.61"),
        "spot 0.6 with futures -0.61 is net short, and limits.net_short is false",
    ),
    (
        "[limits]\nnet_short = false\n" + trigger("close > 1", effect="{ cover = 1.5 }"),
        "cover is 1.5, more than all spot",
    ),
    (
        RANGE.replace("0.40", "[0.3, 0.4]"),
        'regime "calm": futures is a range, so a strength must say where',
    ),
    (
        trigger("close > 1", effect="{ hedge = [0.1, 0.2] }"),
        'trigger "one": effect.hedge is a range, so a strength',
    ),
    (trigger("close > 1", effect="{}"), 'trigger "one" has an empty effect; { alert = true }'),
    (trigger("close > 1", effect="{ alert = false }"), "effect.alert is false, must be true"),
    (
        trigger("close > 1", effect="{ hedge = 0.1, freed_to = 'spot' }"),
        "freed_to needs cut_longs beside it",
    ),
    (
        trigger("close > 1", effect="{ hedge = 0.1, cut_of = 'equity' }"),
        "cut_of needs cut_longs beside it",
    ),
    (
        trigger("close > 1", effect="{ cut_longs = 0.1, cut_of = 'points' }"),
        "cut_of is \"points\", must be 'longs' or 'equity'",
    ),
    (
        RANGE.replace("0.40", "0.40\nnear = 0.1"),
        'regime "calm": near needs only_if = "spot_near_target" beside it',
    ),
    (
        RANGE.replace("0.40", "0.40\nonly_if = 'spot_near_target'\nnear = 5"),
        "near is 5, must be at most 1",
        "5 % is 0.05",
    ),
    (trigger("close > 1", effect="{ else_hedge = 0.1 }"), "else_hedge needs cut_longs beside it"),
    (
        trigger("close > 1", effect="{ cover = 1, flatten_longs_first = true }"),
        "flatten_longs_first needs hedge beside it",
    ),
    (
        trigger("close > 1", effect="{ hedge = 10 }"),
        "effect.hedge is 10, must be within 0 and 1",
        "10 % is 0.1",
    ),
    (
        trigger("close > 1", effect="{ hegde = 0.1 }"),
        "unknown key triggers[1].effect.hegde; allowed are: cut_longs",
        'did you mean "hedge"?',
    ),
    (
        trigger("close > 1", effect="{ set = { spot = 0.9, futures = 0.5 } }"),
        "spot 0.9 with futures +0.5 is outside",
    ),
    (trigger("close > 1", effect="0.1"), "triggers[1].effect is 0.1, must be a table"),
    (
        trigger("1 > 0"),
        'small.toml:10:1: trigger "one" has no way out: its condition never changes',
    ),
    (trigger("breached(2)"), 'trigger "one" has no way out: breached is true on single bars only'),
    (
        trigger("crosses_above(close, sma(20)) and close > 1"),
        "no way out: crosses_above is true on single bars",
    ),
    (trigger("rejection()"), "no way out: rejection is true on single bars only"),
    (
        trigger("select(breached(2), 1, 0) > 0.5"),
        'trigger "one" has no way out: breached is true on single bars only; state a release',
    ),
    (
        trigger("close > 1", "release = '1 > 2'"),
        'small.toml:12:1: trigger "one" has no way out: its release never changes',
    ),
    (
        RANGE + "after = []",
        'after names nothing, so "calm" can never be entered; name other regimes or baseline',
    ),
    (RANGE + "after = ['calm']", 'after names "calm" itself only, so "calm" can never be entered'),
    (
        trigger("breached(3) or breached(2)", "release = 'held_support(reclaim = true) >= 5'"),
        "small.toml:12:1: ",
        (
            'trigger "one", release: held_support(reclaim = true) speaks of the level that the '
            "breach in when broke, and when holds breached(2)[1d] and breached(3)[1d]; keep one of"
        ),
    ),
    ("[define]\nwhile = 'close > 1'", '"while" would hide a word of the language; choose another'),
    ("[define]\nfrom = 'close > 1'", '"from" would hide a word of the language'),
    ("[limits]\nband = [[[1]]]", "limits.band is [[a list]], must be a number"),
    (
        "[basis]\nallocation = 0.2\nonly_in = ['rnage']" + RANGE.replace("calm", "range"),
        'only_in names an unknown regime "rnage"',
    ),
    ("triggers = 1", "unknown key baseline.triggers"),
    ("[limits]\nband = 0x" + "f" * 9999, "small.toml:8:1: limits.band is a whole number beyond"),
    (trigger("close > 1", "confirm = [1, 99999999999999999999]"), "confirm[2] is a whole number"),
]


@pytest.mark.parametrize("row", FAULTS, ids=[str(number) for number in range(len(FAULTS))])
def test_a_fault_is_told_with_its_place_and_what_to_do(
    tmp_path: Path, row: tuple[str, ...]
) -> None:
    body, *fragments = row
    message = refusal(tmp_path, body)

    assert message.startswith("small.toml:")
    assert [fragment for fragment in fragments if fragment not in message] == [], message


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        ("", "small.toml: the key schema is missing; write schema = 1 at the top"),
        ("schema = 2", "small.toml:1:1: schema is 2; this version reads schema = 1 only"),
        ("schema = true", "small.toml:1:1: schema is true; this version reads schema = 1 only"),
        ("schema = 1", "small.toml: the key name is missing"),
        ("schema = 1\nname = 'x'", "small.toml: the key baseline is missing"),
        ("schema = = 1", "small.toml:1:10: is not valid TOML: Invalid value"),
        (
            "schema = 1\nschema = 1\n",
            "small.toml:2:11: is not valid TOML: Cannot overwrite a value",
        ),
        ("x = " + "[" * 5000, "small.toml: is not valid TOML: it nests too deep"),
        (HEAD + "\nanchor = 2024-01-02", "small.toml:8:1: unknown key baseline.anchor"),
        (
            "anchor = 2024-01-02\n" + HEAD,
            "is 2024-01-02, a Tuesday; must be a Monday such as 2024-01-01",
        ),
        ("anchor = 'x'\n" + HEAD, 'anchor is "x", must be a date such as 2024-01-01'),
        ("anchor = 2024-01-01T00:00:00\n" + HEAD, "must be a date such as 2024-01-01"),
        ("triggers = 5\n" + HEAD, "triggers is 5, must be tables, each headed by double brackets"),
        (
            HEAD.replace("small", "sm/all"),
            'name is "sm/all", must begin with a letter or digit and hold letters, digits,',
        ),
    ],
)
def test_a_fault_at_the_top_is_told(tmp_path: Path, head: str, sentence: str) -> None:
    message = refusal(tmp_path, "", head)

    assert sentence in message


def test_forty_nine_effects_are_one_too_many(tmp_path: Path) -> None:
    # Seven effects in each of seven triggers: 49.
    effect = (
        "{ cut_longs = 0.1, else_hedge = 0.1, hedge = 0.1, cover = 1, shift = 0.1, "
        "leverage_cap = 1, set = { spot = 0.5, futures = 0.0 } }"
    )
    seven = [trigger("close > 1", "", effect).replace("one", f"t{n}") for n in range(7)]
    fewer = trigger("close > 1", "", effect.replace("shift = 0.1, ", "")).replace("one", "t0")
    policy_of(tmp_path, fewer + "".join(seven[1:]))

    assert "the triggers have 49 effects, at most 48 are possible" in refusal(
        tmp_path, "".join(seven)
    )


def test_a_hundred_and_one_triggers_are_one_too_many(tmp_path: Path) -> None:
    many = "".join(
        trigger("close > 1", effect="{ alert = true }").replace("one", f"t{n}") for n in range(101)
    )

    assert "there are 101 triggers and 0 regimes, at most 100" in refusal(tmp_path, many)


def test_a_circle_of_required_triggers_is_found(tmp_path: Path) -> None:
    first = trigger("close > 1", "while_active = ['two']")
    second = trigger("close > 1", "while_active = ['one']").replace("id = 'one'", "id = 'two'")

    assert 'trigger "one" waits for itself' in refusal(tmp_path, first + second)


def test_a_way_out_through_another_trigger_counts(tmp_path: Path) -> None:
    ending = trigger("close > 1", "releases = ['one']", "{ alert = true }").replace(
        "id = 'one'", "id = 'two'"
    )
    policy = policy_of(tmp_path, trigger("breached(2)") + ending)

    assert policy.trigger_ids == ("one", "two")


def test_an_event_within_some_bars_ends_by_itself(tmp_path: Path) -> None:
    policy = policy_of(tmp_path, trigger("within(breached(2), 5) or close < sma(20)"))

    assert policy.trigger_ids == ("one",)


def test_the_nearest_shipped_name_is_offered() -> None:
    with pytest.raises(PolicyError) as caught:
        load_policy("artcle")

    assert str(caught.value).startswith('there is no policy "artcle", neither shipped (accumu')
    assert str(caught.value).endswith('nor a file; did you mean "article"?')


def test_a_folder_is_not_a_policy(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read as a policy: Is a directory"):
        load_policy(tmp_path)


def test_a_name_with_a_null_byte_is_refused() -> None:
    with pytest.raises(PolicyError, match="cannot be read as a policy"):
        load_policy("a\0b")


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "#" * MAX_BYTES)

    with pytest.raises(PolicyError, match="is larger than 1000000 bytes"):
        load_policy(path)


def test_a_key_of_very_many_parts_is_refused_before_it_costs_anything(tmp_path: Path) -> None:
    message = refusal(tmp_path, ".".join("a" * 1002) + " = 1\n")

    assert message == "small.toml:7: the line has more than 1000 dots, which no policy needs"


def test_a_file_that_is_no_text_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_bytes(b"schema = 1\nname = '\xff'\n")

    with pytest.raises(PolicyError, match=r"small\.toml:2: is not UTF-8 text"):
        load_policy(path)


def test_line_ends_of_windows_count_as_one(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_bytes((HEAD + "[limits]\nbnad = 1\n").replace("\n", "\r\n").encode())

    with pytest.raises(PolicyError, match=r"small\.toml:8:1: unknown key limits\.bnad"):
        load_policy(path)


def test_a_setting_replaces_what_the_file_says(tmp_path: Path) -> None:
    path = written(tmp_path, trigger("close > 1") + RANGE)
    settings = [
        "limits.band=0.01",
        "triggers.one.when=close > 2",
        "regimes.calm.spot=0.5",
        "triggers.one.on_unknown=ignore",
        "define.x=close > 3",
    ]
    document = load_policy(path, settings).document

    assert document.limits.band == 0.01
    assert (document.triggers[0].when, document.triggers[0].on_unknown) == ("close > 2", "ignore")
    assert document.regimes[0].spot == (0.5, 0.5)
    assert document.define == {"x": "close > 3"}


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("limits.bnad=1", 'setting "limits.bnad=1": unknown key limits.bnad'),
        ("limits.band=2", 'setting "limits.band=2": limits.band is 2, must be at most 1'),
        ("limits.band", 'setting "limits.band" must be PATH=VALUE'),
        ("=1", 'setting "=1" must be PATH=VALUE'),
        ("triggers.oen.dwell=1", 'has no "oen" among its triggers: one; did you mean "one"?'),
        ("triggers.one=1", '"triggers" is not a table; name a key inside a table'),
        ("name.x=1", '"name" is not a table'),
        (
            "triggers.one.when=clsoe > 1",
            'column 1 of the condition: trigger "one", when: unknown name "clsoe"',
        ),
        ("trigers.one.dwell=1", "unknown key trigers"),
        (
            "limits.band=0.01\nname=3",
            "limits.band=0.01\\nname=3' holds a line end; write its value",
        ),
        (
            "limits.leverage=0.5",
            (
                'with setting "limits.leverage=0.5", small.toml:6:1: '
                "spot 0.6 with futures +0.4 is outside the limits"
            ),
        ),
    ],
)
def test_a_wrong_setting_is_told_as_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, trigger("close > 1"))
    with pytest.raises(PolicyError) as caught:
        load_policy("small.toml", [setting])

    assert sentence in str(caught.value)


def test_the_shipped_names_are_sorted() -> None:
    names = policy_names()

    assert {"article", "hold", "static-70-30", "static-60-40", "sma200-only"} <= set(names)
    assert list(names) == sorted(names)
